"""The life of one alarm as orthogonal facts: ``step(alarm, happening, now) -> (alarm, events)``, pure.

Active, acknowledged, latched, shelved, muted and out of service are independent facts; the names people see are
derived. Words and transitions follow ISA-18.2-2016 (figure of alarm states), IEC 62682 and OPC UA Part 9: clearing
never acknowledges, acknowledging never clears, a latched alarm waits for a person's reset, and nothing but a person
ever acknowledges.
"""

from __future__ import annotations

from msgspec.structs import replace

from alerts.birth import raised
from alerts.happenings import (
    Acknowledged,
    Adopted,
    Chattering,
    Cleared,
    Commented,
    Confirmed,
    Happening,
    Investigated,
    Met,
    Muted,
    Orphaned,
    Passed,
    ResetBy,
    Serviced,
    Shelved,
    Unclear,
    Unshelved,
)
from alerts.model import Alarm, AlarmEvent, Comment, Refused, Shelf, Signed
from alerts.rule import Change, Rule, Verdict
from sensors.model import Text

TWICE_S = 60.0
"""The same words of the same person within so long are a second click; later they are said anew, and are progress."""
SHELF_LIMIT_S = 8 * 3600.0  # one shift (docs: shelving default cap)

Events = list[AlarmEvent | Refused]


def suppressed(alarm: Alarm) -> bool:
    """Whether it makes no noise although it may be active."""
    return bool(alarm.shelved or alarm.out_of_service or alarm.muted_by)


def state_name(alarm: Alarm) -> Text:
    """The name people see, derived from the facts (ISA-18.2 states A to H)."""
    if alarm.closed_at is not None:
        return Text("正常", "normal")
    if alarm.out_of_service is not None:
        return Text("屏蔽", "out of service")
    if alarm.shelved is not None:
        return Text("搁置", "shelved")
    if alarm.muted_by:
        return Text("抑制", "suppressed")
    if alarm.active and alarm.orphan:
        return Text("规则已撤，待复位", "its rule is gone, waiting for reset")
    if alarm.active and alarm.unknown_since_at is not None:
        if alarm.acked is None:
            return Text("未确认，数据中断", "unacknowledged, data lost")
        return Text("已确认，数据中断", "acknowledged, data lost")
    if alarm.active:
        return Text("未确认", "unacknowledged") if alarm.acked is None else Text("已确认", "acknowledged")
    if alarm.acked is None:
        return Text("已恢复，未确认", "cleared, unacknowledged")
    if alarm.latched:
        return Text("锁存，待复位", "latched, waiting for reset")
    return Text("正常", "normal")


def step(alarm: Alarm | None, happening: Happening, now: float) -> tuple[Alarm | None, Events]:
    """Apply one happening. An act that is not allowed changes nothing and comes back as Refused."""
    if isinstance(happening, Met):
        return _met(alarm, happening, now)
    if alarm is None or alarm.closed_at is not None:
        return alarm, []
    match happening:
        case Cleared():
            return _cleared(alarm, happening, now)
        case Unclear(change):
            if not alarm.active or alarm.unknown_since_at is not None:
                return alarm, []
            return _told(replace(alarm, unknown_since_at=now), "alarm.unknown", now, change.reason)
        case Orphaned(reason):
            lost = replace(alarm, orphan=True, unknown_since_at=alarm.unknown_since_at or now)
            return _told(lost, "alarm.unknown", now, reason)
        case Adopted(reason):
            return _told(replace(alarm, orphan=False), "alarm.known", now, reason)
        case Acknowledged(by, note):
            if alarm.acked is not None:
                return alarm, []
            acked = replace(alarm, acked=Signed(by, now, note))
            return _close(*_told(acked, "alarm.acknowledged", now, by=by), now)
        case ResetBy():
            return _reset(alarm, happening, now)
        case Shelved():
            return _shelve(alarm, happening, now)
        case Unshelved(by):
            if alarm.shelved is None:
                return alarm, []
            return _back(replace(alarm, shelved=None), "alarm.unshelved", now, by)
        case Serviced():
            return _serviced(alarm, happening, now)
        case Muted(by):
            return _muted(alarm, by, now)
        case Commented(by, words):
            if not words.strip():
                return alarm, [_refuse(alarm, by, "备注不能为空。", "A comment needs words.")]
            if any(
                c.by == by and c.words == words and abs(now - c.at) < TWICE_S for c in alarm.comments[-1:]
            ):
                return alarm, []
            said = replace(alarm, comments=(*alarm.comments, Comment(by, now, words)))
            return _told(said, "alarm.comment", now, by=by)
        case Confirmed():
            return _confirmed(alarm, happening, now)
        case Investigated(by, reason):
            return _investigated(alarm, by, reason, now)
        case Chattering(on):
            if alarm.chattering == on:
                return alarm, []
            mark = (
                Text("频繁动作，通知已合并", "comes and goes too often; messages are held together")
                if on
                else Text("不再频繁动作", "no longer comes and goes")
            )
            return _told(replace(alarm, chattering=on), "alarm.chattering", now, mark)
        case Passed(realarm_s):
            return _passed(alarm, realarm_s, now)


# --- what each happening does ----------------------------------------------------------------------------


def _met(alarm: Alarm | None, met: Met, now: float) -> tuple[Alarm, Events]:
    change = met.change
    if alarm is None or alarm.closed_at is not None:
        born = raised(met, now)
        return born, [_event("alarm.raised", born, now, change.reason)]
    fresh = replace(
        alarm,
        cause=change.cause or alarm.cause,
        evidence=change.evidence or alarm.evidence,
        reason=change.reason,
        unknown_since_at=None,
        unverified=change.unverified and (alarm.unverified or not alarm.active),
    )
    if alarm.active:
        if alarm.unknown_since_at is not None:
            return _told(fresh, "alarm.known", now, change.reason)
        if fresh == alarm:
            return alarm, []
        return _told(fresh, "alarm.worse", now, change.reason)
    again = replace(
        fresh,
        active=True,
        active_at=now,
        cleared_at=None,
        acked=None,
        latched=alarm.latched or alarm.latch,
        zone=change.zone or alarm.zone,
        raised_count=alarm.raised_count + 1,
        muted_by=met.muted_by or alarm.muted_by,
        chattering=alarm.chattering or met.chattering,
    )
    if alarm.raised_count == 0:  # was on the list only because it is out of service
        again = replace(again, raised_at=now)
    return _told(again, "alarm.returned", now, change.reason)


def _cleared(alarm: Alarm, happening: Cleared, now: float) -> tuple[Alarm, Events]:
    if not alarm.active or alarm.confirmed_by is not None:
        return alarm, []  # what a person saw is cleared by a person, not by a sensor
    cleared = replace(alarm, active=False, cleared_at=now, unknown_since_at=None, orphan=False)
    return _close(*_told(cleared, "alarm.cleared", now, happening.change.reason), now)


def _reset(alarm: Alarm, reset: ResetBy, now: float) -> tuple[Alarm, Events]:
    if reset.holds:
        if alarm.unknown_since_at is not None:
            zh, en = (
                "数据中断，无法确认原因已消除；请先恢复传感器或屏蔽该规则。",
                (
                    "The data stopped, so nobody can say that the cause is gone: restore the sensor or take the"
                    " rule out of service first."
                ),
            )
        else:
            zh, en = "原因仍然存在，不能复位。", "The cause persists; it cannot be reset."
        return alarm, [_refuse(alarm, reset.by, zh, en)]
    if not alarm.latched and alarm.confirmed_by is None and not alarm.active:
        return alarm, []
    released = replace(
        alarm,
        latched=False,
        active=False,
        confirmed_by=None,
        unknown_since_at=None,
        orphan=False,
        investigate_until_at=None,
        cleared_at=alarm.cleared_at if not alarm.active else now,
    )
    words = Text(reset.note, reset.note)
    return _close(*_told(released, "alarm.reset", now, words, reset.by), now)


def _shelve(alarm: Alarm, shelf: Shelved, now: float) -> tuple[Alarm, Events]:
    if alarm.life_safety:
        return alarm, [
            _refuse(alarm, shelf.by, "生命安全警报不能搁置。", "A life-safety alarm cannot be shelved.")
        ]
    if not shelf.reason.strip():
        return alarm, [_refuse(alarm, shelf.by, "搁置必须写明原因。", "Shelving needs a reason.")]
    if shelf.until_at <= now:
        return alarm, [
            _refuse(alarm, shelf.by, "搁置的结束时间已过。", "The end of the shelving lies in the past.")
        ]
    if shelf.until_at > now + SHELF_LIMIT_S + 60.0:
        return alarm, [_refuse(alarm, shelf.by, "最多搁置 8 小时。", "Shelving lasts 8 hours at most.")]
    before = alarm.shelved
    if before is not None and (before.by, before.until_at, before.reason) == (
        shelf.by,
        shelf.until_at,
        shelf.reason,
    ):
        return alarm, []
    put = replace(alarm, shelved=Shelf(shelf.by, now, shelf.until_at, shelf.reason))
    return _told(put, "alarm.shelved", now, Text(shelf.reason, shelf.reason), shelf.by)


def _serviced(alarm: Alarm, serviced: Serviced, now: float) -> tuple[Alarm, Events]:
    if serviced.until_at is None:
        if alarm.out_of_service is None:
            return alarm, []
        return _back(replace(alarm, out_of_service=None), "alarm.in_service", now, serviced.by)
    before = alarm.out_of_service
    if before is not None and (before.by, before.until_at, before.reason) == (
        serviced.by,
        serviced.until_at,
        serviced.reason,
    ):
        return alarm, []
    out = replace(alarm, out_of_service=Shelf(serviced.by, now, serviced.until_at, serviced.reason))
    reason = Text(serviced.reason, serviced.reason)
    return _told(out, "alarm.out_of_service", now, reason, serviced.by)


def _muted(alarm: Alarm, by: str, now: float) -> tuple[Alarm, Events]:
    if alarm.muted_by == by:
        return alarm, []
    if by and alarm.life_safety:
        return alarm, []  # never held
    if by:
        words = Text(f"由 {by} 代为报告", f"{by} speaks for it")
        return _told(replace(alarm, muted_by=by), "alarm.muted", now, words)
    return _back(replace(alarm, muted_by=""), "alarm.unmuted", now, "system")


def _confirmed(alarm: Alarm, confirmed: Confirmed, now: float) -> tuple[Alarm, Events]:
    if alarm.confirmed_by is not None:
        return alarm, []
    person = confirmed.by != "system"
    sure = replace(
        alarm,
        stage="confirmed",
        priority=1 if alarm.hazard or alarm.life_safety else alarm.priority,
        investigate_until_at=None,
        unverified=False,
        confirmed_by=Signed(confirmed.by, now, confirmed.note) if person else None,
        active=alarm.active or person,
        cleared_at=None if person else alarm.cleared_at,
        active_at=now if person and not alarm.active else alarm.active_at,
        latched=True,
        acked=None,
    )
    words = Text(confirmed.note, confirmed.note)
    return _told(sure, "alarm.confirmed", now, words, confirmed.by)


def _investigated(alarm: Alarm, by: str, reason: str, now: float) -> tuple[Alarm, Events]:
    if alarm.investigate_until_at is None:
        return alarm, []
    if not reason.strip():
        return alarm, [_refuse(alarm, by, "取消核实必须写明原因。", "Cancelling needs a reason.")]
    looked = replace(alarm, investigate_until_at=None)
    return _close(*_told(looked, "alarm.investigated", now, Text(reason, reason), by), now)


def _passed(alarm: Alarm, realarm_s: float, now: float) -> tuple[Alarm, Events]:
    events: Events = []
    # A shelf that begins ahead of us was put up by a clock that has been set back since: nobody knows its end.
    if alarm.shelved is not None and (alarm.shelved.until_at <= now or alarm.shelved.at > now + 1.0):
        alarm, more = _back(replace(alarm, shelved=None), "alarm.unshelved", now, "system")
        events += more
    if alarm.out_of_service is not None and alarm.out_of_service.until_at <= now and alarm.closed_at is None:
        alarm, more = _back(replace(alarm, out_of_service=None), "alarm.in_service", now, "system")
        events += more
    if alarm.investigate_until_at is not None and alarm.investigate_until_at <= now:
        words = "investigation time ran out without a cancel"
        alarm, more = _confirmed(alarm, Confirmed("system", words), now)
        timeout = Text("核实时间已到，无人取消", "The investigation time ran out and nobody cancelled")
        events += [
            replace(event, reason=timeout) if isinstance(event, AlarmEvent) else event for event in more
        ]
    due = realarm_due(alarm, realarm_s)
    if due is not None and due <= now:
        alarm, more = _told(
            replace(alarm, acked=None),
            "alarm.realarmed",
            now,
            Text("确认后一直未恢复，再次提醒", "Still active long after it was acknowledged"),
        )
        events += more
    return alarm, events


def realarm_due(alarm: Alarm, realarm_s: float) -> float | None:
    """When an acknowledged alarm that is still active calls again."""
    if realarm_s <= 0.0 or not alarm.active or alarm.acked is None or suppressed(alarm):
        return None
    return alarm.acked.at + realarm_s


def open_after(alarm: Alarm) -> bool:
    """Whether anything still keeps it on the list."""
    return bool(
        alarm.active
        or alarm.latched
        or (alarm.acked is None and alarm.raised_count > 0)
        or alarm.shelved
        or alarm.out_of_service
        or alarm.investigate_until_at is not None
    )


# --- helpers -----------------------------------------------------------------------------------------------


def _back(alarm: Alarm, kind: str, now: float, by: str) -> tuple[Alarm, Events]:
    """It may speak again; what is already true raises at once (C6)."""
    alarm, events = _told(alarm, kind, now, by=by)
    if alarm.active and not suppressed(alarm):
        again = replace(alarm, acked=None, raised_count=alarm.raised_count + 1)
        alarm, more = _told(again, "alarm.returned", now, alarm.reason)
        events += more
    return _close(alarm, events, now)


def _close(alarm: Alarm, events: Events, now: float) -> tuple[Alarm, Events]:
    if open_after(alarm):
        return alarm, events
    closed = replace(alarm, closed_at=now)
    return closed, [*events, _event("alarm.closed", closed, now)]


def _told(
    alarm: Alarm, kind: str, now: float, reason: Text | None = None, by: str = "system"
) -> tuple[Alarm, Events]:
    return alarm, [_event(kind, alarm, now, reason, by)]


def _event(kind: str, alarm: Alarm, at: float, reason: Text | None = None, by: str = "system") -> AlarmEvent:
    return AlarmEvent(kind=kind, alarm=alarm, at=at, by=by, reason=reason or Text("", ""))


def _refuse(alarm: Alarm, by: str, zh: str, en: str) -> Refused:
    return Refused(about=alarm.id, by=by, reason=Text(zh, en))


def happening_of(change: Change, rule: Rule) -> Met | Cleared | Unclear:
    """What a change means for an alarm that is already there."""
    if change.verdict is Verdict.MET:
        return Met(change, rule)
    return Cleared(change) if change.verdict is Verdict.CLEAR else Unclear(change)
