"""Sentences that say why a rule spoke, in both languages; pure."""

from __future__ import annotations

import math
from typing import Literal

from alerts.rule import (
    Cause,
    Condition,
    Contact,
    Count,
    Disagree,
    Distance,
    Implausible,
    Rate,
    Rise,
    Rule,
    Silent,
    Stuck,
    Swing,
    Threshold,
    Troubled,
    Verdict,
)
from alerts.slots import Slot
from sensors.model import Text
from sensors.quantities import QUANTITIES
from sensors.state import WORDS


def number(value: float) -> str:
    """At most one decimal, none where it says nothing, three digits where the value is small."""
    if value == 0.0 or abs(value) >= 0.1:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.3g}"


def duration(seconds: float) -> Text:
    """A duration in the largest unit that keeps it readable."""
    for size, zh, en in ((86400.0, "天", "d"), (3600.0, "小时", "h"), (60.0, "分钟", "min")):
        if seconds >= size:
            return Text(f"{number(seconds / size)}{zh}", f"{number(seconds / size)} {en}")
    return Text(f"{number(seconds)}秒", f"{number(seconds)} s")


def unit_of(quantity: str, declared: str = "") -> str:
    """The unit in which a quantity's values are held, or what the sensor declares."""
    known = QUANTITIES.get(quantity)
    return known.unit if known is not None else declared


def cause_of(slot: Slot) -> Cause:
    """The sample behind a slot's verdict."""
    sensor = slot.seen.sensor
    unit = unit_of(sensor.quantity, sensor.unit)
    at = slot.at if math.isfinite(slot.at) else 0.0  # never measured; the journal's JSON knows no infinity
    if isinstance(slot.leaf.kind, Rate):
        unit = f"{unit}/min"
    elif isinstance(slot.leaf.kind, Troubled):
        return Cause(
            sensor=sensor.id, quantity=sensor.quantity, value=None, unit="", limit=None, measured_at=at
        )
    elif isinstance(slot.leaf.kind, Silent | Stuck):
        return Cause(
            sensor=sensor.id,
            quantity=sensor.quantity,
            value=None,
            unit="s",
            limit=slot.limit,
            measured_at=at,
        )
    return Cause(
        sensor=sensor.id,
        quantity=sensor.quantity,
        value=slot.value,
        unit=unit,
        limit=slot.limit,
        measured_at=at,
        sign=_sign(slot.leaf.kind),
    )


def _sign(kind: Condition) -> Literal["", "+", "-"]:
    """A change read as a temperature would be taken for a cold room in the middle of a fire."""
    if isinstance(kind, Rise | Rate):
        return "+" if kind.rising else "-"
    return ""


def _what(kind: Condition, cause: Cause) -> Text:
    """What was found, without the place."""
    value = number(cause.value) if cause.value is not None else "–"
    limit = number(cause.limit) if cause.limit is not None else "–"
    unit = f" {cause.unit}" if cause.unit else ""
    match kind:
        case Threshold(above=True):
            return Text(f"{value}{unit}，高于 {limit}{unit}", f"{value}{unit}, above {limit}{unit}")
        case Threshold():
            return Text(f"{value}{unit}，低于 {limit}{unit}", f"{value}{unit}, below {limit}{unit}")
        case Contact():
            known = QUANTITIES.get(cause.quantity)
            if known is None or not known.contact or cause.value is None:
                return Text(f"触点为 {value}", f"the contact stands at {value}")
            return known.said(cause.value)
        case Rate(rising=rising):
            over = duration(kind.over_s)
            return Text(
                f"{over.zh}内{'上升' if rising else '下降'}达 {value}{unit}，限值 {limit}{unit}",
                f"{'rising' if rising else 'falling'} by {value}{unit} over {over.en}, limit {limit}{unit}",
            )
        case Rise(rising=rising):
            over = duration(kind.over_s)
            return Text(
                f"比此前{over.zh}的{'最高' if rising else '最低'}值{'高' if rising else '低'} {value}{unit}",
                f"{value}{unit} {'above the highest' if rising else 'below the lowest'} of the last {over.en}",
            )
        case Swing():
            over = duration(kind.over_s)
            return Text(
                f"{over.zh}内波动 {value}{unit}，限值 {limit}{unit}",
                f"swung {value}{unit} within {over.en}, limit {limit}{unit}",
            )
        case Distance():
            return Text(
                f"{value}{unit}，偏离设定值 {number(kind.set_point)}{unit} 超过 {limit}{unit}",
                f"{value}{unit}, more than {limit}{unit} from the set point {number(kind.set_point)}{unit}",
            )
        case Silent():
            over = duration(cause.limit or 0.0)
            return Text(f"超过{over.zh}没有新测量", f"no new measurement for {over.en}")
        case Stuck():
            over = duration(cause.limit or 0.0)
            return Text(f"读数{over.zh}丝毫未变", f"exactly the same value for {over.en}")
        case Implausible():
            return Text(f"读数 {value}{unit} 不可能", f"impossible value {value}{unit}")
        case Disagree():
            return Text(
                f"{value}{unit}，与相邻传感器中位数相差超过 {limit}{unit}",
                f"{value}{unit}, more than {limit}{unit} from the median of its neighbours",
            )
        case Troubled(by=by):
            return WORDS[by]
        case Count():
            over = duration(kind.within_s)
            return Text(f"{over.zh}内动作 {value} 次", f"acted {value} times within {over.en}")
        case _:
            return Text("", "")


def _shown(cause: Cause) -> Text:
    """A value as a person says it: with its unit, or the word for a contact's state."""
    known = QUANTITIES.get(cause.quantity)
    if cause.value is not None and known is not None and known.contact and cause.value in (0.0, 1.0):
        return known.state_word(cause.value)
    value = f"{number(cause.value)} {cause.unit}".strip() if cause.value is not None else "–"
    return Text(value, value)


def _not_so(kind: Condition, cause: Cause) -> Text:
    """What was found where a rule waits for the opposite ("not")."""
    match kind:
        case Contact():
            return _what(kind, cause)
        case Silent():
            return Text("有新测量", "measures")
        case Troubled(by=by):
            return Text(f"没有“{WORDS[by].zh}”", f"not “{WORDS[by].en}”")
        case Threshold(above=above) if cause.value is not None:
            unit = f" {cause.unit}" if cause.unit else ""
            value, limit = number(cause.value), number(cause.limit or 0.0)
            return Text(
                f"{value}{unit}，不{'高' if above else '低'}于 {limit}{unit}",
                f"{value}{unit}, not {'above' if above else 'below'} {limit}{unit}",
            )
        case _:
            shown = f"{number(cause.value)} {cause.unit}".strip() if cause.value is not None else "–"
            return Text(f"{shown}，在限值之内", f"{shown}, within its limit")


def _no_data(silent: list[Slot]) -> Text:
    name = silent[0].seen.sensor.name
    more = len({slot.seen.sensor.id for slot in silent} - {silent[0].seen.sensor.id})
    return Text(
        f"{name.zh}没有数据，状态未知" + (f"（另有 {more} 处）" if more else ""),
        f"no data from {name.en}: state unknown" + (f" ({more} more)" if more else ""),
    )


def reason_for(
    rule: Rule, verdict: Verdict, slots: list[Slot], silent: list[Slot], *, guessed: bool = False
) -> Text:
    """Why the rule says what it says: the first sample named, the rest counted.

    ``slots`` are the ones that speak for it (or, for CLEAR, the newest samples); ``silent`` those without word;
    ``guessed``: nothing but the rule's branch for the unknown makes it an alarm.
    """
    if verdict is Verdict.UNKNOWN and silent:
        return _no_data(silent)
    if guessed and silent:
        none = _no_data(silent)
        return Text(f"{none.zh}，按本规则视为警报", f"{none.en}, which this rule takes for an alarm")
    if not slots:
        now = verdict is Verdict.MET
        return Text(
            f"{rule.name.zh}：条件{'成立' if now else '不再成立'}",
            f"{rule.name.en}: the condition {'holds' if now else 'no longer holds'}",
        )
    first = slots[0]
    name, cause = first.seen.sensor.name, cause_of(first)
    if verdict is Verdict.CLEAR and isinstance(first.leaf.kind, Silent):
        return Text(f"{name.zh}恢复上报", f"{name.en} reports again")
    if verdict is Verdict.CLEAR and isinstance(first.leaf.kind, Troubled):
        was = WORDS[first.leaf.kind.by]
        return Text(f"{name.zh}恢复正常（此前：{was.zh}）", f"{name.en} is back to normal (was: {was.en})")
    if verdict is Verdict.CLEAR:
        shown = _shown(cause)
        return Text(
            f"{name.zh}恢复正常" + (f"：{shown.zh}" if shown.zh != "正常" else ""),
            f"{name.en} is back to normal" + (f": {shown.en}" if shown.en != "normal" else ""),
        )
    what = (_not_so if first.leaf.turned else _what)(first.leaf.kind, cause)
    held = duration(rule.for_s) if rule.for_s else None
    others = len({slot.seen.sensor.id for slot in slots} - {first.seen.sensor.id})
    return Text(
        f"{name.zh} {what.zh}"
        + (f"，已持续{held.zh}" if held else "")
        + (f"；另有 {others} 个传感器" if others else ""),
        f"{name.en}: {what.en}"
        + (f", for {held.en}" if held else "")
        + (f"; {others} more sensors" if others > 1 else "; 1 more sensor" if others else ""),
    )
