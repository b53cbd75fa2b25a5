"""The pager's position is its notices and the alarms: started again anywhere, it goes on the same way."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.model import Duty, Rung
from tests.fakes.scripted import ScriptedSender
from tests.reach import World, alarm, ladder, person

PEOPLE = (
    person("li"),
    person("wang", language="zh", phone="+8613800000001"),
    person("zhao", roles=("coordinator",), channels=("mail", "sms"), mail="z@example.org"),
)
LADDERS = (
    ladder(
        Rung(role="on-duty"),
        Rung(person="wang", after_min=2, each_confirms=True),
        Rung(role="coordinator", after_min=4),
        repeat_min=3,
        forgotten_min=6,
    ),
    ladder(Rung(role="coordinator", after_min=1), priority=2),
)
DUTIES = (Duty(weekly="Tue 00:05", order=("li", "zhao"), start="2025-11-18"),)
OUTCOMES = (
    "delivered",
    "accepted",
    "temporary",
    "number",
    "undelivered",
    "no_answer",
    "lost",
    "refused_lost",
    "configuration",
)

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("raise"),
            st.integers(0, 1),
            st.sampled_from([1, 1, 1, 2, 3]),
            st.sampled_from(["", "", "life", "drill"]),
        ),
        st.tuples(st.just("acknowledge"), st.integers(0, 20), st.sampled_from([p.id for p in PEOPLE])),
        st.tuples(st.just("clear"), st.integers(0, 20)),
        st.tuples(st.just("close"), st.integers(0, 20)),
        st.tuples(st.just("worse"), st.integers(0, 20)),
        st.tuples(st.just("mute"), st.integers(0, 20)),
        st.tuples(st.just("run"), st.sampled_from([1, 5, 30, 61, 200, 400])),
        st.tuples(
            st.just("script"),
            st.sampled_from([p.id for p in PEOPLE]),
            st.sampled_from(["sms", "voice", "mail"]),
            st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=3),
        ),
        st.tuples(
            st.just("reply"),
            st.sampled_from([p.phone for p in PEOPLE]),
            st.sampled_from("12"),
            st.sampled_from("AES"),
        ),
    ),
    min_size=4,
    max_size=20,
)


def play(story: list[tuple[object, ...]], kills: frozenset[int]) -> World:
    """Act the story in a new world, killing it after the steps named."""
    sender = ScriptedSender()
    w = World(sender, PEOPLE, LADDERS, DUTIES)
    for n, (what, *args) in enumerate(story):
        known = list(w.alarms.values())
        chosen = known[int(str(args[0])) % len(known)] if known and isinstance(args[0], int) else None
        if what == "raise":
            zone, priority, extra = args
            w.raise_(
                alarm(
                    n,
                    zone=f"z{zone}",
                    priority=priority,
                    life_safety=extra == "life",
                    drill="d" if extra == "drill" else "",
                )
            )
        elif what == "run":
            w.run(float(str(args[0])), every=10.0)
        elif what == "script":
            sender.script(str(args[0]), str(args[1]), *args[2])  # type: ignore[misc]
        elif what == "reply":
            w.reply(str(args[0]), f"{args[1]}{args[2]}")
        elif chosen is not None and what == "acknowledge":
            w.acknowledge(chosen.id, str(args[1]))
        elif chosen is not None and what == "clear":
            w.happen("alarm.cleared", replace(chosen, active=False, cleared_at=w.clock.now()))
        elif chosen is not None and what == "close":
            w.happen("alarm.closed", replace(chosen, active=False, closed_at=w.clock.now()))
        elif chosen is not None and what == "worse":
            w.happen("alarm.worse", replace(chosen, priority=1, stage="confirmed"))
        elif chosen is not None and what == "mute":
            w.happen("alarm.muted", replace(chosen, muted_by="" if chosen.muted_by else "gw"))
        w.run(1)
        if n in kills:
            w.kill()
    w.run(700, every=10.0)
    return w


def said(w: World) -> list[tuple[object, ...]]:
    return [
        (e.at, e.kind, e.notice.id, e.notice.state, e.notice.words, e.reason, e.notice.at) for e in w.journal
    ]


@example(story=[("raise", 0, 1, "life"), ("raise", 0, 1, "life"), ("close", 0)])
@example(story=[("raise", 0, 1, "life"), ("raise", 0, 1, ""), ("raise", 0, 1, "drill"), ("run", 61)])
@example(story=[("raise", 0, 1, ""), ("raise", 0, 1, ""), ("run", 61)])
@example(story=[("raise", 0, 1, ""), ("mute", 0), ("acknowledge", 0, "li"), ("worse", 0)])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_a_restart_after_every_step_changes_nothing(story: list[tuple[object, ...]]) -> None:
    assert said(play(story, frozenset(range(len(story))))) == said(play(story, frozenset()))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_nobody_waits_for_ever_and_nothing_is_sent_after_an_answer(story: list[tuple[object, ...]]) -> None:
    w = play(story, frozenset())
    for one in w.alarms.values():
        course = w.pager.book.course(one.id)
        if one.acked is None and one.priority == 1 and one.active and not one.muted_by:
            assert course is not None
            assert course.status == "running"
            told = [n for n in w.pages() if any(s.alarm == one.id for s in n.spoken)]
            assert told, "an urgent alarm of which nobody was told"
    for happened in w.journal:
        if happened.kind == "notice.sending" and happened.notice.kind == "page":
            about = {s.alarm for s in happened.notice.spoken}
            assert happened.notice.words
            assert any(s in happened.notice.words for s in ("K0", "。", ". ")), about
