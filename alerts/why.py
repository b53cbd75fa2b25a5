"""Why was I told, why not: one sentence for every person and alarm, from the notices alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts import phrases
from alerts.course import course_id
from alerts.crew import contact_id
from alerts.model import Notice, NoticeState, Person
from alerts.notices import FIRST, SAID, Fault
from alerts.people import wall
from sensors.model import Text

S = NoticeState

STATES: dict[NoticeState, Text] = {
    S.DUE: Text("等待发送", "waiting to be sent"),
    S.SENDING: Text("正在发送", "being sent"),
    S.UNCERTAIN: Text("服务商是否收到不明", "handed over, the answer lost"),
    S.ACCEPTED: Text("服务商已受理", "taken by the provider"),
    S.RINGING: Text("正在呼叫", "ringing"),
    S.SENT: Text("已发出", "sent"),
    S.DELIVERED: Text("已送达，未应答", "delivered, not answered"),
    S.UNDELIVERED: Text("未送达", "not delivered"),
    S.BUSY: Text("占线", "engaged"),
    S.NO_ANSWER: Text("无人按键", "nobody pressed a key"),
    S.FAILED: Text("失败", "failed"),
    S.FAILED_TRY_AGAIN: Text("失败，将重试", "failed, to be tried again"),
    S.EXPIRED: Text("过期未送达", "expired before delivery"),
    S.CANCELLED: Text("发送前取消", "cancelled before sending"),
    S.ANSWERED: Text("已应答", "answered"),
    S.NOTED: Text("仅记录", "recorded only"),
}


def why(person: Person, alarm: str, notices: Mapping[str, Notice], timezone: str) -> Text:
    """One sentence: what ``person`` was told of ``alarm`` (its id) and why, or why nothing."""
    told = [
        n
        for n in notices.values()
        if n.kind == "page" and n.person == person.id and any(s.alarm == alarm for s in n.spoken)
    ]
    if told:
        parts = [_message(n, timezone) for n in sorted(told, key=lambda n: n.due_at)]
        zh = "；".join(p.zh for p in parts)
        en = "; ".join(p.en for p in parts)
        return Text(f"{person.name.zh}：{zh}。", f"{person.name.en}: {en}.")
    reason = _why_not(person, alarm, notices)
    return Text(
        f"{person.name.zh} 没有被通知：{reason.zh}", f"{person.name.en} was not told: {_lower(reason.en)}"
    )


def everyone(
    alarm: str, people: Iterable[Person], notices: Mapping[str, Notice], timezone: str
) -> list[Text]:
    """The course of an alarm and the sentence of every person."""
    course = notices.get(course_id(alarm))
    head = [course.reason] if course is not None else []
    return [*head, *(why(p, alarm, notices, timezone) for p in people)]


def _message(notice: Notice, timezone: str) -> Text:
    """One message: when, how, what became of it, and why it was made."""
    how = phrases.channel(notice.channel)
    state = STATES[notice.state]
    sent = notice.at.get(FIRST)
    means = phrases.channel(notice.means) if notice.means else None
    by = Text(f"（{means.zh}）", f" by {means.en}") if means and notice.state is S.ANSWERED else Text("", "")
    fault = (
        SAID[Fault(notice.fault)] if notice.fault and notice.state not in (S.DELIVERED, S.ANSWERED) else None
    )
    trouble = Text(f"，{fault.zh}", f", {_lower(fault.en)}") if fault else Text("", "")
    clock = wall(sent if sent is not None else notice.due_at, timezone).strftime("%H:%M:%S")
    why_made = notice.reason
    return Text(
        f"{clock} {how.zh}{state.zh}{by.zh}{trouble.zh}（{why_made.zh.rstrip('。')}）",
        f"{clock} {how.en}, {state.en}{by.en}{trouble.en} ({_lower(why_made.en.rstrip('.'))})",
    )


def _why_not(person: Person, alarm: str, notices: Mapping[str, Notice]) -> Text:
    course = notices.get(course_id(alarm))
    if course is None:
        return NEVER_STARTED
    if course.status == "stopped" and not any(":" in key for key in course.at):
        return course.reason
    meant = any(key.endswith(f":{person.id}") for key in course.at)
    if meant and course.status == "running":
        return HELD
    if meant:
        return Text(f"轮到之前：{course.reason.zh}", f"Before it was sent: {course.reason.en}")
    broken = [
        record
        for name in ("sms", "voice", "mail", *person.channels)
        if (record := notices.get(contact_id(person.id, name))) is not None and record.fault
    ]
    if broken:
        return broken[0].reason
    if not person.phone and not person.mail:
        return NO_ADDRESS
    if course.status == "running":
        return NOT_YET
    return Text(f"没有轮到其所在的级：{course.reason.zh}", f"Their step was not reached: {course.reason.en}")


def _lower(words: str) -> str:
    """A sentence inside another one; names and capitals of their own stay."""
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


NEVER_STARTED = Text("该警报没有通知过任何人。", "Nobody was told of this alarm.")
HELD = Text("短时间内消息过多，合并后再发。", "Too many messages in a short time; it goes with the next one.")
NOT_YET = Text("通知阶梯还没有到其所在的级。", "The ladder has not come to their step.")
NO_ADDRESS = Text("没有登记电话或邮箱。", "No phone or mail address is known.")
