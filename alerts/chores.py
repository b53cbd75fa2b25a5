"""Messages that are not about an alarm: hand-over, gaps ahead, a channel that fails. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from alerts import phrases
from alerts.crew import BROKEN, Crew, contact_id
from alerts.drafts import Drafts
from alerts.model import Notice, NoticeEvent, NoticeState
from alerts.notices import LOST, SAID, Fault, event
from alerts.people import EmptyRung, Gap, Handover, wall
from alerts.proof import administrators, proven
from sensors.model import Text

S = NoticeState
ROSTER_HOUR = 9  # local hour at which gaps ahead are told
NOTE_VALID_S = 12 * 3600.0


def due(desk: Drafts, now: float) -> list[NoticeEvent]:
    """Hand-over notices of the last hour, and once a week what nobody covers in the next 30 days."""
    out: list[NoticeEvent] = []
    for change in desk.crew.handovers_near(now):
        if change.at <= now:
            for who in change.into:
                id_ = f"handover:{change.role}:{change.at:.0f}:{who}"
                if who in desk.crew.people and id_ not in desk.book.notices:
                    out.append(_handover(desk, change, who, id_, now))
    hour = wall(now, desk.crew.timezone).hour
    if hour == ROSTER_HOUR:
        out += _gaps(desk, now)
    return out


def task(desk: Drafts, name: str, words: Text, now: float) -> list[NoticeEvent]:
    """One message to each administrator, by mail where there is one, once per ``name``."""
    return _to_administrators(desk, "task", name, words, now)


def next_at(crew: Crew, now: float) -> float | None:
    """The next hand-over within the hour."""
    return min((h.at for h in crew.handovers_near(now) if h.at > now), default=None)


def contact(desk: Drafts, notice: Notice, now: float) -> list[NoticeEvent]:
    """What a result says about the person's channel, and about our own account."""
    if not notice.person or not notice.channel:
        return []
    id_ = contact_id(notice.person, notice.channel)
    record = desk.book.notices.get(id_)
    arrived = notice.state in (S.DELIVERED, S.ANSWERED) or (notice.kind == "test" and proven(notice))
    if arrived and record is not None and record.fault:
        return [event(_record(notice.person, notice.channel, "", now), now, WORKS_AGAIN)]
    person = desk.crew.people.get(notice.person)
    fault = Fault(notice.fault) if notice.fault else Fault.NONE
    if notice.kind == "test" and notice.state in LOST and fault.value not in BROKEN and person is not None:
        unanswered = notice.state in (S.NO_ANSWER, S.BUSY)
        why = NO_KEY if unanswered else SAID[fault] if fault else NO_WORD
        channel = phrases.channel(notice.channel)
        reason = Text(
            f"{person.name.zh} {channel.zh}：{FAILED_TEST.zh}（{why.zh}）。",
            f"{person.name.en} by {channel.en}: {FAILED_TEST.en} ({why.en}).",
        )
        made = _record(
            notice.person,
            notice.channel,
            (fault or Fault.UNKNOWN).value,
            now,
            reason=reason,
            error=notice.error,
        )
        return [event(made, now, reason), *_tell_administrators(desk, made, now)]
    if fault.value in BROKEN and person is not None and (record is None or record.fault != fault.value):
        reason = phrases.unreachable(person, notice.channel, SAID[fault])
        made = _record(notice.person, notice.channel, fault.value, now, reason=reason)
        return [event(made, now, reason), *_tell_administrators(desk, made, now)]
    if fault is Fault.CONFIGURATION and notice.state is S.FAILED:
        return _misconfigured(desk, notice, now)
    return []


def _misconfigured(desk: Drafts, notice: Notice, now: float) -> list[NoticeEvent]:
    """Our own account is set up wrongly: shown, and told once by every other channel."""
    word = phrases.channel(notice.channel)
    reason = Text(
        f"{word.zh}通道配置有误（{notice.error}），请运行 strongroom doctor。",
        f"The {word.en} channel is set up wrongly ({notice.error}); run strongroom doctor.",
    )
    id_ = contact_id("", notice.channel)
    before = desk.book.notices.get(id_)
    if before is not None and before.error == notice.error:
        return []
    made = _record("", notice.channel, Fault.CONFIGURATION.value, now, reason=reason, error=notice.error)
    return [event(made, now, reason), *_tell_administrators(desk, made, now)]


def _tell_administrators(desk: Drafts, record: Notice, now: float) -> list[NoticeEvent]:
    """The trouble in a message by a channel other than the troubled one."""
    out = []
    for person in administrators(desk.crew):
        ways = [w for w in desk.crew.ways(person, "", desk.book.notices.get) if w != record.channel]
        id_ = f"{record.id}:{now:.0f}:{person.id}"
        if ways and person.id != record.person and id_ not in desk.book.notices:
            note = desk.note(
                id_=id_,
                kind="trouble",
                person=person,
                words=record.reason,
                reason=record.reason,
                now=now,
                channel=ways[0],
                expires_at=now + NOTE_VALID_S,
            )
            out.append(event(note, now))
    return out


def handover_words(role_id: str, names: Sequence[Text]) -> Text:
    """What whoever comes on duty is told; ``names`` are those who went."""
    out = Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
    role = Text("值班", "duty") if role_id == "on-duty" else Text(role_id, role_id)
    return Text(
        f"您现在开始{role.zh}" + (f"，接替{out.zh}。" if out.zh else "。"),
        f"Your {role.en} begins now" + (f", after {out.en}." if out.en else "."),
    )


def _handover(desk: Drafts, change: Handover, who: str, id_: str, now: float) -> NoticeEvent:
    words = handover_words(
        change.role, [desk.crew.people[p].name for p in change.out if p in desk.crew.people]
    )
    note = desk.note(
        id_=id_,
        kind="handover",
        person=desk.crew.people[who],
        words=words,
        reason=words,
        now=now,
        expires_at=now + NOTE_VALID_S,
    )
    return event(note, now)


def _gaps(desk: Drafts, now: float) -> list[NoticeEvent]:
    found = desk.crew.gaps_ahead(now)
    if not found:
        return []
    first = found[0]
    year, week, _ = wall(now, desk.crew.timezone).isocalendar()
    words = gap_words(first, len(found), desk.crew.timezone)
    what = first.role if isinstance(first, Gap) else f"P{first.priority}.{first.rung}"
    return _to_administrators(desk, "roster", f"{year}-{week}:{what}", words, now)


def _to_administrators(desk: Drafts, kind: str, name: str, words: Text, now: float) -> list[NoticeEvent]:
    """One message to each administrator, by mail where there is one, once per ``kind`` and ``name``."""
    out = []
    for person in administrators(desk.crew):
        id_ = f"{kind}:{name}:{person.id}"
        if id_ in desk.book.notices:
            continue
        ways = desk.crew.ways(person, "mail", desk.book.notices.get)
        note = desk.note(
            id_=id_,
            kind=kind,
            person=person,
            words=words,
            reason=words,
            now=now,
            channel=ways[0] if ways else "",
            expires_at=now + NOTE_VALID_S,
        )
        out.append(event(note, now))
    return out


def uncovered_words(one: Gap | EmptyRung, timezone: str) -> Text:
    """What nobody covers, and when, in local wall time."""
    start, stop = wall(one.from_at, timezone), wall(one.until_at, timezone)
    span = f"{start:%Y-%m-%d %H:%M} 至 {stop:%Y-%m-%d %H:%M}"
    spell = f"{start:%Y-%m-%d %H:%M} to {stop:%Y-%m-%d %H:%M}"  # plain signs keep an English text in GSM-7
    if isinstance(one, Gap):
        return Text(f"{span} 无人担任“{one.role}”", f"nobody is {one.role} {spell}")
    step = one.rung + 1
    return Text(
        f"{span} {one.priority} 级警报的第 {step} 级通知无人",
        f"step {step} of the ladder for priority {one.priority} reaches nobody {spell}",
    )


def gap_words(one: Gap | EmptyRung, many: int, timezone: str) -> Text:
    """What administrators are told of the first of ``many`` gaps ahead."""
    said = uncovered_words(one, timezone)
    more = Text(f"，另有 {many - 1} 处", f", and {many - 1} more") if many > 1 else Text("", "")
    return Text(
        f"值班表空缺：{said.zh}{more.zh}。请补排。", f"Roster gap: {said.en}{more.en}. Please fill it."
    )


def _record(
    person: str, channel: str, fault: str, now: float, *, reason: Text | None = None, error: str = ""
) -> Notice:
    return Notice(
        id=contact_id(person, channel),
        about=person,
        reference="",
        person=person,
        channel=channel,
        words="",
        reason=reason or WORKS_AGAIN,
        rung=-1,
        due_at=now,
        state=S.NOTED,
        kind="trouble",
        fault=fault,
        error=error,
    )


FAILED_TEST = Text("通道测试未成功", "The test of the channel failed")
NO_KEY = Text("电话无人按键", "Nobody took the call and pressed a key")
NO_WORD = Text("没有送达回执", "No word of its delivery came")
WORKS_AGAIN = Text("该通道恢复可用。", "This channel works again.")
