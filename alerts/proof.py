"""Proof that the chain reaches people: the daily test, and a test of one person's channels on request. Pure.

The daily test begins with a virtual sensor whose word travels over the broker and through a rule (see
``strongroom.canary``); :func:`heard` is what that rule sets off. Everybody on duty then gets one message on each
of their channels, marked as a test, calls on Mondays only. :func:`trouble` says what of it is late or missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from alerts import phrases
from alerts.crew import Crew
from alerts.drafts import Drafts
from alerts.model import Notice, NoticeEvent, NoticeState, Person, Refused
from alerts.notices import LOST, WITH_RECEIPT, event
from alerts.people import on_duty, wall
from alerts.schedule import instant, local_day
from alerts.segments import country
from sensors.model import Text

S = NoticeState
WINDOW_S = 4 * 3600.0  # an engine that was down at the time catches up this long, then not: never at night
HEARD_S = 180.0  # the virtual sensor's word must have come back by then
LATE_S = 600.0  # a page is worthless after five minutes; twice that is late for a test too
VALID_S = 3600.0
CALL_DAY = 0  # Monday: calls disturb more than texts do
AGAIN_S = 60.0  # a test on request may be asked for this often for one person
ADMINISTRATORS = ("administrator", "coordinator")


def moment(crew: Crew, now: float) -> float:
    """When the latest daily test was to begin."""
    day = local_day(now, crew.timezone)
    today = instant(day, crew.test_at, crew.timezone)
    return today if today <= now else instant(day - timedelta(days=1), crew.test_at, crew.timezone)


def record_id(crew: Crew, at: float) -> str:
    """The id of the record that the test which began at ``at`` went through the rule."""
    return f"canary:{local_day(at, crew.timezone).isoformat()}"


def owed(desk: Drafts, now: float) -> bool:
    """Whether the virtual sensor must speak: the day's test has begun and has not come through yet."""
    if not desk.crew.test_at:
        return False
    began = moment(desk.crew, now)
    return now < began + WINDOW_S and record_id(desk.crew, began) not in desk.book.notices


def heard(desk: Drafts, now: float) -> list[NoticeEvent]:
    """The virtual sensor's word came through its rule: the day's test messages, once."""
    if not owed(desk, now):
        return []
    crew = desk.crew
    began = moment(crew, now)
    record = Notice(
        id=record_id(crew, began),
        about="canary",
        reference="",
        person="",
        channel="",
        words="",
        reason=HEARD,
        rung=-1,
        due_at=now,
        state=S.NOTED,
        kind="canary",
        at={S.NOTED.value: now},
    )
    out = [event(record, now)]
    calls = wall(began, crew.timezone).weekday() == CALL_DAY
    for person in _tested(crew, now):
        ways = crew.ways(person, "", desk.book.notices.get)
        texts = tuple(w for w in ways if w != "voice")
        for way in ways if calls or not texts else texts:
            id_ = f"test:{local_day(began, crew.timezone).isoformat()}:{person.id}/{way}"
            out.append(event(_test(desk, person, way, id_, DAILY, now), now))
    return out


def asked(desk: Drafts, person_id: str, act_id: str, by: str, now: float) -> list[NoticeEvent | Refused]:
    """A test of every channel of one person because somebody asked for it; refused where there is none."""
    person = desk.crew.people.get(person_id)
    if person is None:
        return [Refused(about=person_id, reason=NO_PERSON, by=by)]
    ways = desk.crew.ways(
        person, "", lambda _: None
    )  # also what failed: a test is how it is found well again
    if not ways:
        return [Refused(about=person_id, reason=NO_WAY, by=by)]
    latest = max((n.due_at for n in desk.book.of_person(person_id) if n.kind == "test"), default=0.0)
    if now - latest < AGAIN_S:
        return [Refused(about=person_id, reason=TOO_SOON, by=by)]
    name = desk.crew.named(by)
    reason = Text(f"{name.zh} 发起的通道测试。", f"A test of the channel, asked for by {name.en}.")
    return [
        event(_test(desk, person, way, f"test:{act_id}:{person.id}/{way}", reason, now), now, by=by)
        for way in ways
    ]


def trouble(desk: Drafts, begun_at: float, now: float) -> Text | None:
    """What the latest daily test did not prove; None if it did or has time left. ``begun_at``: our own start."""
    if not desk.crew.test_at:
        return None
    began = moment(desk.crew, now)
    record = desk.book.notices.get(record_id(desk.crew, began))
    if record is None:
        before = any(n.kind == "canary" for n in desk.book.notices.values())
        tried = begun_at < began + WINDOW_S
        waited = now - max(began, begun_at) >= HEARD_S
        return NOT_HEARD if waited and (tried or before) else None
    if now - record.due_at < LATE_S and not any(n.state in LOST for n in _of(desk, record)):
        return None
    tests = list(_of(desk, record))
    if not tests:
        return NOBODY
    bad = [n for n in tests if not proven(n)]
    if not bad:
        return None
    zh = "、".join(f"{_name(desk, n).zh} {phrases.channel(n.channel).zh}" for n in bad)
    en = ", ".join(f"{_name(desk, n).en} by {phrases.channel(n.channel).en}" for n in bad)
    return Text(f"未送达：{zh}。", f"Did not arrive: {en}.")


def proven(notice: Notice) -> bool:
    """Whether a test did what its channel can show: a call answered by a key, a text delivered, else taken."""
    if notice.channel == "voice":
        return notice.state is S.ANSWERED
    if notice.state in (S.DELIVERED, S.ANSWERED):
        return True
    return notice.channel not in WITH_RECEIPT and notice.state is S.SENT


def administrators(crew: Crew) -> list[Person]:
    """Who looks after the system: people with that role."""
    return [p for p in crew.people.values() if set(p.roles) & set(ADMINISTRATORS)]


def _tested(crew: Crew, now: float) -> list[Person]:
    """Everybody on duty; where the roster names nobody, whoever looks after the system."""
    on = dict.fromkeys(s.person for s in on_duty(crew.people, crew.duties, crew.timezone, now))
    return [crew.people[who] for who in on] or administrators(crew)


def _of(desk: Drafts, record: Notice) -> Iterator[Notice]:
    """The messages of one day's test."""
    head = f"test:{record.id.partition(':')[2]}:"
    for person in desk.crew.people:
        yield from (n for n in desk.book.of_person(person) if n.kind == "test" and n.id.startswith(head))


def _name(desk: Drafts, notice: Notice) -> Text:
    return desk.crew.people[notice.person].name


def trial_words(site: Text, way: str, code: str) -> Text:
    """What a test says on a channel; a call says itself which key to press."""
    if way == "voice":
        return Text(
            f"这是测试。{site.zh}警报通道测试。", f"This is a test. {site.en}: test of the alarm channel."
        )
    end = (
        Text(f"回复{code}A确认。", f"Reply {code}A to confirm.")
        if code
        else Text("无需处理。", "Nothing to do.")
    )
    return Text(
        f"【测试】{site.zh}警报通道测试。{end.zh}", f"[TEST] {site.en}: test of the alarm channel. {end.en}"
    )


def _test(desk: Drafts, person: Person, way: str, id_: str, reason: Text, now: float) -> Notice:
    code = desk.code(person, (), now) if way == "sms" and country(person.phone).replies else ""
    words = trial_words(desk.site, way, code)
    return desk.note(
        id_=id_,
        kind="test",
        person=person,
        words=words,
        reason=reason,
        now=now,
        channel=way,
        code=code,
        expires_at=now + VALID_S,
    )


HEARD = Text("测试信号已从传感器经规则到达。", "The test signal came from the sensor through its rule.")
DAILY = Text("每日通道测试。", "The daily test of the channel.")
NOT_HEARD = Text(
    "测试传感器的信号没有经消息服务器回来。", "The test sensor's word did not come back through the broker."
)
NOBODY = Text(
    "测试时无人值班，也没有管理员可通知。", "At the time nobody was on duty, and there is no administrator."
)
NO_PERSON = Text("没有这个人。", "There is no such person.")
NO_WAY = Text("此人没有可用的通道。", "No channel of this person can be used.")
TOO_SOON = Text("一分钟内刚测试过，请稍候。", "Tested less than a minute ago; wait a little.")
