"""Why an alarm is as it is, and why somebody was or was not told: sentences from the record (C15); pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from alerts.alarm import state_name
from alerts.model import Alarm, AlarmEvent, NoticeEvent, NoticeState
from alerts.notices import LOST, PAPER
from alerts.reasons import duration, number
from alerts.rule import Cause, Rule
from sensors.model import Sensor, Text
from sensors.quantities import quantity


class Line(Struct, frozen=True):
    """One thing that happened, and what it meant. ``about`` is the person a message went to, or the sensor a sample
    came from."""

    at: float
    words: Text
    by: str = "system"
    about: str = ""


class Explanation(Struct, frozen=True):
    """An alarm explained: the rule and its delays, the samples that decided, what happened, and who was told."""

    alarm: Alarm
    state: Text
    rule: Text
    samples: tuple[Line, ...]
    course: tuple[Line, ...]
    told: tuple[Line, ...]
    people: dict[str, Text]  # person -> why they were told, or were not


_KINDS = {
    "alarm.raised": Text("发出警报", "raised"),
    "alarm.returned": Text("再次触发", "active again"),
    "alarm.cleared": Text("恢复", "cleared"),
    "alarm.unknown": Text("数据中断，状态保持", "data lost, kept as it was"),
    "alarm.known": Text("数据恢复", "data back"),
    "alarm.worse": Text("加重", "worse"),
    "alarm.acknowledged": Text("确认", "acknowledged"),
    "alarm.reset": Text("复位", "reset"),
    "alarm.shelved": Text("搁置", "shelved"),
    "alarm.unshelved": Text("解除搁置", "brought back"),
    "alarm.muted": Text("抑制", "held"),
    "alarm.unmuted": Text("解除抑制", "released"),
    "alarm.out_of_service": Text("屏蔽", "out of service"),
    "alarm.in_service": Text("恢复投用", "back in service"),
    "alarm.comment": Text("备注", "comment"),
    "alarm.confirmed": Text("确认为真", "confirmed"),
    "alarm.chattering": Text("频繁动作标记", "chattering mark"),
    "alarm.realarmed": Text("再次提醒", "called again"),
    "alarm.investigated": Text("核实后取消", "looked at and cancelled"),
    "alarm.closed": Text("关闭", "closed"),
}


STATES: dict[NoticeState, Text] = {
    NoticeState.DUE: Text("待发", "due"),
    NoticeState.SENDING: Text("发送中", "being sent"),
    NoticeState.UNCERTAIN: Text("不确定", "uncertain"),
    NoticeState.ACCEPTED: Text("已受理", "accepted"),
    NoticeState.RINGING: Text("响铃中", "ringing"),
    NoticeState.SENT: Text("已发出", "sent"),
    NoticeState.DELIVERED: Text("已送达", "delivered"),
    NoticeState.ANSWERED: Text("已答复", "answered"),
    NoticeState.UNDELIVERED: Text("无法送达", "not delivered"),
    NoticeState.BUSY: Text("占线", "busy"),
    NoticeState.NO_ANSWER: Text("无人接听", "no answer"),
    NoticeState.FAILED_TRY_AGAIN: Text("失败，将重试", "failed, to be tried again"),
    NoticeState.FAILED: Text("失败", "failed"),
    NoticeState.EXPIRED: Text("已过期", "expired"),
    NoticeState.CANCELLED: Text("已取消", "cancelled"),
    NoticeState.NOTED: Text("已记录", "noted"),
}
_ASKS_WHY = LOST | {NoticeState.FAILED_TRY_AGAIN, NoticeState.UNCERTAIN, NoticeState.CANCELLED}
CHANNELS = {"sms": Text("短信", "SMS"), "voice": Text("电话", "call"), "mail": Text("邮件", "mail")}


def explain(
    alarm: Alarm,
    rules: Mapping[str, Rule],
    events: Iterable[AlarmEvent],
    notices: Iterable[NoticeEvent] = (),
    people: Iterable[str] = (),
    sensors: Mapping[str, Sensor] | None = None,
    names: Mapping[str, Text] | None = None,
) -> Explanation:
    """Explain ``alarm`` from the journal. ``notices`` of all alarms may be given; only those about this one
    count.

    ``people`` are asked about even where nothing was ever sent to them; ``sensors`` give samples their names,
    ``names`` the people who acted.
    """
    own = sorted((e for e in events if e.alarm.id == alarm.id), key=lambda e: e.at)
    sent = sorted((n for n in notices if _about(n, alarm.id)), key=lambda n: n.at)
    asked = dict.fromkeys([*people, *(n.notice.person for n in sent if n.notice.person)])
    return Explanation(
        alarm=alarm,
        state=state_name(alarm),
        rule=rule_words(alarm, rules.get(alarm.rule)),
        samples=tuple(
            Line(cause.measured_at, cause_words(cause, (sensors or {}).get(cause.sensor)), about=cause.sensor)
            for cause in alarm.evidence or ((alarm.cause,) if alarm.cause else ())
        ),
        course=tuple(Line(e.at, _event_words(e), e.by) for e in own),
        told=tuple(_messages(sent)),
        people={person: why_told(person, alarm, sent, names) for person in asked},
    )


def rule_words(alarm: Alarm, rule: Rule | None) -> Text:
    """The rule, its revision, its delays and where its limit comes from, in one sentence."""
    if rule is None:
        return Text(f"规则 {alarm.rule} 已不在目录中", f"rule {alarm.rule} is no longer in the folder")
    parts_zh, parts_en = [f"规则 {rule.id}"], [f"rule {rule.id}"]
    revision = alarm.rule_revision or rule.revision
    if revision:
        parts_zh.append(f"版本 {revision}")
        parts_en.append(f"revision {revision}")
    for seconds, zh, en in (
        (rule.for_s, "须持续", "must last"),
        (rule.clear_for_s, "恢复须持续", "clears after"),
    ):
        if seconds:
            parts_zh.append(f"{zh}{duration(seconds).zh}")
            parts_en.append(f"{en} {duration(seconds).en}")
    if rule.latch:
        parts_zh.append("须人工复位")
        parts_en.append("must be reset")
    if rule.clause:
        parts_zh.append(f"依据 {rule.clause}")
        parts_en.append(f"from {rule.clause}")
    return Text("，".join(parts_zh), ", ".join(parts_en))


def cause_words(cause: Cause, sensor: Sensor | None = None) -> Text:
    """One sample: sensor, value and the limit it was held against; a contact's state by its word."""
    name = sensor.name if sensor is not None else Text(cause.sensor, cause.sensor)
    known = quantity(cause.quantity)
    if known is not None and known.contact and cause.value is not None:
        state = known.state_word(cause.value)
        return Text(f"{name.zh}：{state.zh}", f"{name.en}: {state.en}")
    value = f"{cause.sign}{number(cause.value)} {cause.unit}".strip() if cause.value is not None else "–"
    if cause.limit is None:
        return Text(f"{name.zh}：{value}", f"{name.en}: {value}")
    limit = cause.sign + number(cause.limit)
    return Text(f"{name.zh}：{value}（限值 {limit}）", f"{name.en}: {value} (limit {limit})")


def why_told(
    person: str, alarm: Alarm, notices: Iterable[NoticeEvent], names: Mapping[str, Text] | None = None
) -> Text:
    """In one sentence: why this person was, or was not, told of the alarm."""
    own = [n for n in notices if n.notice.person == person and n.notice.state is not NoticeState.NOTED]
    if own:
        last = own[-1].notice
        why = last.reason
        state = STATES[last.state]
        channel = CHANNELS.get(last.channel, Text(last.channel, last.channel))
        return Text(
            f"已通知（{channel.zh}，{state.zh}）：{why.zh}", f"told ({channel.en}, {state.en}): {why.en}"
        )

    def called(who: str) -> Text:
        return (names or {}).get(who, Text(who, who))

    if alarm.drill:
        return Text("演练中，未发送", "not told: it is a drill")
    if alarm.muted_by:
        return Text(f"未通知：由 {alarm.muted_by} 代为报告", f"not told: {alarm.muted_by} speaks for it")
    if alarm.shelved is not None:
        by = called(alarm.shelved.by)
        return Text(f"未通知：{by.zh} 已搁置", f"not told: shelved by {by.en}")
    if alarm.out_of_service is not None:
        by = called(alarm.out_of_service.by)
        return Text(f"未通知：{by.zh} 已屏蔽", f"not told: taken out of service by {by.en}")
    if alarm.page == "never":
        return Text("未通知：该规则只列出，不通知", "not told: this rule is listed and pages nobody")
    if alarm.acked is not None:
        if alarm.acked.by == person:
            return Text("未通知：本人已确认", "not told: acknowledged it without being told")
        by = called(alarm.acked.by)
        return Text(
            f"未通知：{by.zh} 已确认，升级停止", f"not told: {by.en} acknowledged first, the ladder stopped"
        )
    if alarm.page == "day":
        return Text("未通知：该规则只在工作时间通知", "not told: this rule pages in working hours only")
    return Text("未通知：升级尚未轮到", "not told: the ladder has not come to them")


def _messages(sent: Iterable[NoticeEvent]) -> Iterator[Line]:
    """One line for each message: when it was due, on which channel, what became of it and why it went."""
    whole: dict[str, list[NoticeEvent]] = {}
    for one in sent:
        if one.notice.person:
            whole.setdefault(one.notice.id, []).append(one)
    for events in whole.values():
        first, last = events[0], events[-1]
        notice = last.notice
        channel = CHANNELS.get(notice.channel, Text(notice.channel, notice.channel))
        state, took = STATES[notice.state], duration(round(last.at - first.at))
        words = Text(f"{channel.zh}，{state.zh}", f"{channel.en}, {state.en}") if notice.channel else state
        if last.at - first.at >= 1.0:
            words = _both(words, Text(f"（{took.zh}后）", f" after {took.en}"))
        if notice.tries > 1:
            words = _both(words, Text(f"，第 {notice.tries} 次发送", f", try {notice.tries}"))
        words = _both(words, Text(f"：{notice.reason.zh}", f": {notice.reason.en}"))
        if last.reason != notice.reason and (notice.state in _ASKS_WHY or notice.status == PAPER):
            words = _both(words, Text(last.reason.zh, f" {last.reason.en}"))
        yield Line(first.at, words, first.by, notice.person)


def _about(event: NoticeEvent, alarm: str) -> bool:
    return event.notice.about == alarm or any(spoken.alarm == alarm for spoken in event.notice.spoken)


def _event_words(event: AlarmEvent) -> Text:
    kind = _KINDS.get(event.kind, Text(event.kind, event.kind))
    if event.kind == "alarm.comment" and event.alarm.comments:
        said = event.alarm.comments[-1].words
        return Text(f"{kind.zh}：{said}", f"{kind.en}: {said}")
    return _both(Text(f"{kind.zh}：", f"{kind.en}: "), event.reason) if event.reason.en else kind


def _both(head: Text, tail: Text) -> Text:
    return Text(head.zh + tail.zh, head.en + tail.en)
