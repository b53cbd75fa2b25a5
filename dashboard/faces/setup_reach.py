"""Setup, the part about reaching people: what the last test of everyone proved, and who is missing in 30 days."""

from __future__ import annotations

import json
from collections.abc import Iterable

from alerts.chores import uncovered_words
from alerts.crew import uncovered
from alerts.model import Notice, NoticeState, Person
from alerts.notices import LOST
from alerts.proof import proven
from dashboard.faces.chrome import card, empty
from dashboard.html import button, esc, join, mark, tag
from dashboard.scene import Scene
from strongroom.localtime import local

GAPS_SHOWN = 12
DAY = "%Y-%m-%d %H:%M"


def proof(scene: Scene) -> str:
    """Every person with their last test on each channel, what does not work, and a button to test now."""
    w = scene.w
    notices = scene.board.notices if scene.board else ()
    tests = _newest(n for n in notices if n.kind == "test")
    troubles = {(n.person, n.channel): n for n in notices if n.kind == "trouble" and n.fault and not n.words}
    heard = max((n.due_at for n in notices if n.kind == "canary"), default=None)
    lead = (
        w("setup.proof_never")
        if heard is None
        else w("setup.proof_heard", at=local(heard, scene.building.timezone, DAY))
    )
    ours = [n for (person, _), n in troubles.items() if not person]
    rows = join(
        _person(scene, person, tests, troubles)
        for person in sorted(
            scene.building.people.values(),
            key=lambda p: not any(key[0] == p.id for key in troubles),
        )
    )
    table = tag("table", tag("tbody", rows), class_="sr-table") if rows else empty(w("setup.no_people"))
    wrong = join(tag("p", mark("F", size=18), " ", esc(w.of(n.reason))) for n in ours)
    return card(
        w("setup.proof"),
        wrong,
        tag("p", esc(lead)),
        tag("div", table, class_="sr-scroll"),
        key="proof",
    )


def gaps(scene: Scene) -> str:
    """What nobody covers in the next 30 days, soonest first."""
    w, house = scene.w, scene.building
    found = uncovered(house.people, house.ladders, house.duties, house.timezone, scene.now // 3600.0 * 3600.0)
    if not found:
        return card(w("setup.gaps"), empty(w("setup.no_gaps")), key="gaps")
    rows = join(
        tag("li", mark("F", size=18), tag("span", esc(w.of(uncovered_words(one, house.timezone)))))
        for one in found[:GAPS_SHOWN]
    )
    more = len(found) - GAPS_SHOWN
    rest = tag("p", esc(w("setup.more_gaps", n=more)), class_="sr-empty") if more > 0 else ""
    return card(w("setup.gaps"), tag("ul", rows, class_="sr-facts"), rest, key="gaps")


def _person(
    scene: Scene,
    person: Person,
    tests: dict[tuple[str, str], Notice],
    troubles: dict[tuple[str, str], Notice],
) -> str:
    w = scene.w
    channels = dict.fromkeys([*person.channels, *(c for p, c in (*tests, *troubles) if p == person.id)])
    lines = join(
        _channel(scene, channel, tests.get((person.id, channel)), troubles.get((person.id, channel)))
        for channel in channels
    )
    may = scene.viewer.may("test") or scene.viewer.person == person.id
    act = json.dumps({"type": "contact.test", "person": person.id})
    ask = button(w("setup.test_now"), data_act=act, data_key=f"test-{person.id}") if may else ""
    return tag(
        "tr",
        tag("th", esc(w.of(person.name)), scope="row"),
        tag("td", tag("ul", lines, class_="sr-facts") if lines else esc(w("setup.no_channel"))),
        tag("td", ask),
        data_key=f"proof-{person.id}",
    )


def _channel(scene: Scene, channel: str, test: Notice | None, trouble: Notice | None) -> str:
    """One channel of one person: well, failed, under way, or never tried."""
    w = scene.w
    name = w.named("channel", channel)
    if trouble is not None:
        return tag("li", mark("F", size=18), tag("span", esc(f"{name}: {w.of(trouble.reason)}")))
    if test is None:
        return tag("li", tag("span", esc(f"{name}: {w('setup.never_tested')}")))
    at = local(test.due_at, scene.building.timezone, DAY)
    state = w.named("notice", test.state.value)
    bad = not proven(test) and (test.state in LOST or test.state is NoticeState.CANCELLED)
    said = f"{name}: {state} · {at}" + (f" · {test.error}" if bad and test.error else "")
    return tag("li", mark("F", size=18) if bad else "", tag("span", esc(said)))


def _newest(notices: Iterable[Notice]) -> dict[tuple[str, str], Notice]:
    found: dict[tuple[str, str], Notice] = {}
    for notice in sorted(notices, key=lambda n: n.due_at):
        found[notice.person, notice.channel] = notice
    return found
