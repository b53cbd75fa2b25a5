"""What an answer from a phone does. Pure.

Only the code of a message that was sent to the very phone it comes back from counts. A wrong answer changes
nothing, is logged, and gets one clear reply, at most five in a row; an unknown number gets none. All a phone
can do is to acknowledge, to pass an alarm on and to ask how it stands: nothing a text message says
releases a hold or stands anyone down, since a sender's number can be forged.
"""

from __future__ import annotations

from msgspec import Struct

from alerts import phrases
from alerts.acts import Acknowledge, CommentAlarm
from alerts.course import position, running
from alerts.crew import contact_id
from alerts.drafts import Drafts
from alerts.model import Notice, NoticeEvent, NoticeState, Person, Refused, Signed, Spoken
from alerts.notices import WAITING, Fault, become, event
from alerts.people import wall
from alerts.replies import Command, parse, pressed
from sensors.model import Text

S = NoticeState
WRONG_IN_A_ROW = 5
ANSWER_VALID_S = 600.0
WRONG = "wrong"  # ``Notice.means`` of an answer to something we could not follow


class Inbound(Struct, frozen=True, kw_only=True):
    """One answer as it came: ``means`` sms, voice or phone page; ``id`` the provider's."""

    phone: str
    words: str
    means: str
    at: float
    notice: str = ""
    id: str = ""


class PersonAct(Struct, frozen=True, kw_only=True):
    """An act to be done in a person's name."""

    by: str
    act: Acknowledge | CommentAlarm
    means: str


class PassOn(Struct, frozen=True, kw_only=True):
    """Open the next step of these alarms now, if it has not moved since."""

    spoken: tuple[Spoken, ...]


Said = NoticeEvent | Refused | PersonAct | PassOn


def heard(desk: Drafts, inbound: Inbound) -> list[Said]:
    """What one answer does."""
    here = inbound.means == "phone page"  # proven by sign-in or PIN; who has no telephone goes by id there
    senders = [
        p
        for p in desk.crew.people.values()
        if (p.phone and p.phone == inbound.phone) or (here and p.id == inbound.phone)
    ]
    if not senders:
        return [Refused(about=inbound.phone, reason=UNKNOWN_PHONE)]
    if inbound.id and any(
        n.after == inbound.id for p in senders for n in desk.book.of_person(p.id) if n.kind == "answer"
    ):
        return []
    command = pressed(inbound.words) if inbound.means == "voice" else parse(inbound.words)
    person, notice = _meant(desk, senders, command, inbound)
    if command.verb in ("opt_out", "opt_in"):
        return [_preference(person, command, inbound)]
    if notice is None or command.verb == "unclear":
        return _wrong(desk, person, command, inbound)
    if command.verb == "status":
        return [_answer(desk, person, inbound, _status(desk, notice))]
    if command.verb == "pass_on":
        return _pass_on(desk, person, notice, inbound)
    return _acknowledge(desk, person, notice, inbound)


def _meant(
    desk: Drafts, senders: list[Person], command: Command, inbound: Inbound
) -> tuple[Person, Notice | None]:
    """The newest message with this code on this phone; the call's own message for pressed keys."""
    found: list[tuple[float, Person, Notice]] = []
    for person in senders:
        for notice in desk.book.of_person(person.id):
            if notice.kind not in ("page", "test") or notice.state in WAITING:
                continue
            if inbound.notice:
                hit = notice.id == inbound.notice
            elif inbound.means == "phone page":
                hit = bool(command.code) and command.code in (notice.code, notice.reference.upper())
            else:
                hit = bool(command.code) and command.code == notice.code
            if hit:
                found.append((notice.due_at, person, notice))
    if not found:
        return senders[0], None
    _, person, notice = max(found, key=lambda f: f[0])
    return person, notice


def _acknowledge(desk: Drafts, person: Person, notice: Notice, inbound: Inbound) -> list[Said]:
    out: list[Said] = []
    if notice.state is not S.ANSWERED:
        done = become(notice, S.ANSWERED, inbound.at, means=inbound.means)
        out.append(event(done, inbound.at, phrases.ACTED, person.id))
    if notice.kind == "test":
        return [*out, _answer(desk, person, inbound, Text("测试已确认。", "Test confirmed."))]
    fresh, before = [], []
    for alarm_id in dict.fromkeys(s.alarm for s in notice.spoken):
        alarm = desk.book.alarms.get(alarm_id)
        if alarm is None or alarm.closed_at is not None:
            continue
        course = desk.book.course(alarm_id)
        if alarm.acked is None:
            fresh.append(alarm)
            out.append(
                PersonAct(
                    by=person.id, act=Acknowledge(alarm=alarm_id, means=inbound.means), means=inbound.means
                )
            )
        elif running(course):  # it paged again because nothing moved: being on it is progress
            fresh.append(alarm)
            note = STILL_ON_IT.in_(person.language)
            out.append(
                PersonAct(by=person.id, act=CommentAlarm(alarm=alarm_id, words=note), means=inbound.means)
            )
        else:
            before.append(alarm)
    if fresh:
        words = taken_words(person.name, notice.reference)
    elif before and before[0].acked is not None:
        by = before[0].acked.by
        name = desk.crew.named(by)
        when = wall(before[0].acked.at, desk.crew.timezone).strftime("%H:%M")
        words = Text(
            f"{name.zh} 已于 {when} 接警，无需再回复。", f"{name.en} took it at {when}; nothing to do."
        )
    else:
        words = Text(
            f"编号{notice.reference}已结束，无需再回复。", f"{notice.reference} is over; nothing to do."
        )
    return [*out, _answer(desk, person, inbound, words)]


def taken_words(name: Text, reference: str) -> Text:
    """The answer to whoever takes an alarm."""
    return Text(
        f"已登记：{name.zh} 接警，编号{reference}。", f"Recorded: {name.en} is on it. Ref {reference}."
    )


def _pass_on(desk: Drafts, person: Person, notice: Notice, inbound: Inbound) -> list[Said]:
    still = tuple(s for s in notice.spoken if _stands(desk, s))
    if not still:
        return [_answer(desk, person, inbound, MOVED_ON)]
    return [PassOn(spoken=still), _answer(desk, person, inbound, PASSED_ON)]


def _stands(desk: Drafts, spoken: Spoken) -> bool:
    course = desk.book.course(spoken.alarm)
    return course is not None and running(course) and position(course) == spoken


def _status(desk: Drafts, notice: Notice) -> Text:
    """How the alarms of a message stand."""
    open_ = [desk.book.alarms[s.alarm] for s in notice.spoken if s.alarm in desk.book.alarms]
    if not open_:
        return Text(f"编号{notice.reference}已结束。", f"{notice.reference} is over.")
    worst = open_[0]
    state = Text("仍在", "still active") if worst.active else Text("已恢复", "back to normal")
    if worst.acked is None:
        return Text(
            f"{worst.name.zh}：{state.zh}，尚无人接警。", f"{worst.name.en}: {state.en}, nobody is on it."
        )
    by = worst.acked.by
    name = desk.crew.named(by)
    when = wall(worst.acked.at, desk.crew.timezone).strftime("%H:%M")
    return Text(
        f"{worst.name.zh}：{state.zh}，{name.zh} {when} 接警。",
        f"{worst.name.en}: {state.en}, {name.en} took it at {when}.",
    )


def _signed(desk: Drafts, signed: Signed) -> tuple[Text, str]:
    """A signature as name and wall time."""
    return desk.crew.named(signed.by), wall(signed.at, desk.crew.timezone).strftime("%H:%M")


def _preference(person: Person, command: Command, inbound: Inbound) -> Said:
    """The phone blocked us or let us in again: the provider acts on that word, so we must know it."""
    out = command.verb == "opt_out"
    reason = OPTED_OUT if out else OPTED_IN
    id_ = contact_id(person.id, "sms")
    record = Notice(
        id=id_,
        about=person.id,
        reference="",
        person=person.id,
        channel="sms",
        words="",
        reason=reason,
        rung=-1,
        due_at=inbound.at,
        state=S.NOTED,
        kind="trouble",
        fault=Fault.OPTED_OUT.value if out else "",
        after=inbound.id,
    )
    return event(record, inbound.at, reason, person.id)


def _wrong(desk: Drafts, person: Person, command: Command, inbound: Inbound) -> list[Said]:
    reason = UNKNOWN_CODE if command.code else HOW_TO if command.verb == "help" else NOT_UNDERSTOOD
    out: list[Said] = [Refused(about=inbound.phone, reason=reason, by=person.id)]
    row = 0
    answers = [n for n in desk.book.of_person(person.id) if n.kind == "answer"]
    for notice in reversed(answers):
        if notice.means != WRONG:
            break
        row += 1
    if inbound.means == "sms":
        out.append(_answer(desk, person, inbound, reason, means=WRONG, sent=row < WRONG_IN_A_ROW))
    return out


def _answer(
    desk: Drafts, person: Person, inbound: Inbound, words: Text, *, means: str = "", sent: bool = True
) -> NoticeEvent:
    """Our answer; sent as a text message only to who wrote one, otherwise kept for the record."""
    by_text = sent and inbound.means == "sms"
    count = sum(1 for n in desk.book.of_person(person.id) if n.kind == "answer")
    notice = desk.note(
        id_=f"answer:{person.id}:{inbound.id or f'{inbound.at:.3f}.{count}'}",
        kind="answer",
        person=person,
        words=words,
        reason=words,
        now=inbound.at,
        channel="sms" if by_text else "",
        state=S.DUE if by_text else S.NOTED,
        after=inbound.id,
        means=means,
        expires_at=inbound.at + ANSWER_VALID_S,
    )
    return event(notice, inbound.at)


UNKNOWN_PHONE = Text("来自未登记号码，未处理。", "From a number we do not know; nothing was done.")
UNKNOWN_CODE = Text(
    "没有该编码的消息，未作任何处理。请照原消息上的编码回复。",
    "No message with that code went to this phone; nothing was done. Use the code printed in the message.",
)
NOT_UNDERSTOOD = Text(
    "看不懂该回复，未作任何处理。请回复编码加A，例如 12A。",
    "Not understood; nothing was done. Reply with the code and A, like 12A.",
)
HOW_TO = Text(
    "回复：编码加A接警（如 12A），编码加E转他人，编码加S查看情况。",
    "Reply with the code and A to take it (like 12A), E to pass it on, S to ask how it stands.",
)
MOVED_ON = Text("该警报已有人处理或已转出，无需再转。", "It is already taken or passed on; nothing to do.")
PASSED_ON = Text("已转下一位。", "Passed on to the next person.")
STILL_ON_IT = Text("仍在处理。", "Still on it.")
OPTED_OUT = Text(
    "该手机已退订短信，改用电话；用该手机发送 START 可恢复。",
    "This phone opted out of texts, so it is called instead; a text of START from it cures that.",
)
OPTED_IN = Text("该手机恢复接收短信。", "This phone takes texts again.")
