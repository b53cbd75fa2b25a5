"""How the alarm system itself is doing: the figures of ISA-18.2-2016 clause 16, with their targets; pure.

They are meant over thirty days or more and per operator; the targets are those of the standard's table as
commonly quoted (mean rate about 6 an hour at most, floods under 1 % of the time, fewer than 5 stale alarms on
any day, priorities about 5 / 15 / 80 %, nothing chattering, nothing suppressed without control).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct

from alerts.model import Alarm, AlarmEvent
from sensors.model import Text

WINDOW_S = 600.0
FLOOD_BEGINS = 10  # more than so many in ten minutes
FLOOD_ENDS = 5  # fewer than so many in ten minutes
STALE_S = 86400.0
FLEETING_S = 10.0
FLEETING_QUIET_S = 60.0
TOP = 10
FEWEST_RULES = 20  # below that a share says nothing
FEWEST_ALARMS = 100  # the same of alarms: of ten alarms the ten most frequent are all
MOST_URGENT = 0.2
LEAST_LOW = 0.5
RAISING = frozenset({"alarm.raised", "alarm.returned", "alarm.realarmed"})


class Figure(Struct, frozen=True):
    """One figure: ``value`` in ``unit``, the target in words, whether it is met, and whether there were alarms enough
    to say."""

    id: str
    name: Text
    value: float
    unit: str
    target: Text
    good: bool
    judged: bool = True


class Frequent(Struct, frozen=True):
    """One of the rules and places that alarm most, with its share of all alarms."""

    rule: str
    scope: str
    count: int
    share: float


class AlarmHealth(Struct, frozen=True):
    """The figures, the ten most frequent, and what is being kept quiet right now."""

    from_at: float
    until_at: float
    alarms: int
    figures: tuple[Figure, ...]
    top: tuple[Frequent, ...]
    stale: tuple[str, ...]  # alarm ids
    chattering: tuple[str, ...]  # rule@scope
    fleeting: tuple[str, ...]
    shelved: tuple[str, ...]
    out_of_service: tuple[str, ...]
    split: tuple[int, int, int] = (0, 0, 0)  # alarms of priority 1, 2 and 3


def alarm_health(
    events: Iterable[AlarmEvent], alarms: Iterable[Alarm], from_at: float, until_at: float
) -> AlarmHealth:
    """The figures over ``from_at`` to ``until_at`` (Unix seconds) from the journal's alarm events, drills
    left out.

    ``alarms`` are the open ones at the end. ValueError where the span is empty.
    """
    if until_at <= from_at:
        raise ValueError("the span must be longer than nothing")
    told = [e for e in events if from_at <= e.at < until_at and not e.alarm.drill]
    listed = [alarm for alarm in alarms if not alarm.drill]
    raised = sorted((e for e in told if e.kind in RAISING), key=lambda e: e.at)
    times = [e.at for e in raised]
    hours = (until_at - from_at) / 3600.0
    counted = Counter((e.alarm.rule, e.alarm.scope) for e in raised)
    top = tuple(
        Frequent(rule, scope, count, round(count / len(raised), 4))
        for (rule, scope), count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    )
    stale = tuple(a.id for a in listed if a.active and until_at - a.active_at > STALE_S)
    chattering = tuple(sorted({_place(e.alarm) for e in told if e.alarm.chattering}))
    fleeting = _fleeting(told)
    busy, peak = _windows(times, from_at, until_at)
    split = Counter(e.alarm.priority for e in raised)
    urgent = split[1] / len(raised) if raised else 0.0
    long_enough = until_at - from_at >= STALE_S
    enough = len(raised) >= FEWEST_ALARMS
    top_share = sum(one.share for one in top)
    figures = (
        _figure(
            "rate",
            ("平均每小时警报数", "Alarms per hour"),
            len(raised) / hours,
            "1/h",
            ("不超过 6", "at most 6"),
            6.0,
            judged=long_enough,
        ),
        _figure(
            "busy",
            ("10 分钟内超过 10 个的时段", "Ten-minute spans with more than 10"),
            busy * 100,
            "%",
            ("少于 1 %", "under 1 %"),
            1.0,
        ),
        _figure(
            "peak",
            ("10 分钟内最多警报数", "Most in ten minutes"),
            float(peak),
            "",
            ("不超过 10", "at most 10"),
            10.0,
        ),
        _figure(
            "flood",
            ("警报泛滥时间", "Time in flood"),
            _flood_share(times, from_at, until_at) * 100,
            "%",
            ("少于 1 %", "under 1 %"),
            1.0,
        ),
        _figure(
            "top",
            ("前十项所占比例", "Share of the top ten"),
            top_share * 100,
            "%",
            ("不超过 5 %，各有对策", "at most 5 %, a plan for each"),
            5.0,
            judged=enough,
        ),
        _figure(
            "stale",
            ("持续超过 24 小时的警报", "Active for over 24 h"),
            float(len(stale)),
            "",
            ("少于 5", "fewer than 5"),
            4.0,
        ),
        _figure("chattering", ("频繁动作的警报", "Chattering"), float(len(chattering)), "", ("0", "0"), 0.0),
        _figure("fleeting", ("一闪即逝的警报", "Fleeting"), float(len(fleeting)), "", ("0", "0"), 0.0),
        _figure(
            "urgent",
            ("紧急警报比例", "Share of urgent alarms"),
            urgent * 100,
            "%",
            ("约 5 %", "about 5 %"),
            10.0,
            judged=enough,
        ),
    )
    return AlarmHealth(
        from_at=from_at,
        until_at=until_at,
        alarms=len(raised),
        figures=figures,
        top=top,
        stale=stale,
        chattering=chattering,
        fleeting=fleeting,
        shelved=tuple(a.id for a in listed if a.shelved),
        out_of_service=tuple(a.id for a in listed if a.out_of_service),
        split=(split[1], split[2], split[3]),
    )


def priority_drift(priorities: Iterable[int]) -> Text | None:
    """A warning where the rules' priorities drift from 5 / 15 / 80 % (ISA-18.2, urgent to low); None where they
    do not or are too few to say.

    An archive has many hazards that are urgent by nature, so what warns is far from the ideal: more than a fifth
    urgent, or less than half low.
    """
    split = Counter(priorities)
    total = sum(split.values())
    if total < FEWEST_RULES:
        return None
    urgent, high, low = (round(100 * split[priority] / total) for priority in (1, 2, 3))
    shares = Text(
        f"紧急 {urgent} %、重要 {high} %、注意 {low} %", f"{urgent} % urgent, {high} % high, {low} % low"
    )
    if split[1] > MOST_URGENT * total:
        return Text(
            f"规则的优先级：{shares.zh}；紧急约占 5 % 为宜，否则紧急不再醒目。",
            f"The rules' priorities: {shares.en}; about 5 % keeps urgent urgent.",
        )
    if split[3] < LEAST_LOW * total:
        return Text(
            f"规则的优先级：{shares.zh}；注意约占 80 % 为宜，否则没有轻重。",
            f"The rules' priorities: {shares.en}; about 80 % should be low, or nothing stands out.",
        )
    return None


def _figure(
    id: str,
    name: tuple[str, str],
    value: float,
    unit: str,
    target: tuple[str, str],
    most: float,
    *,
    judged: bool = True,
) -> Figure:
    return Figure(id, Text(*name), round(value, 3), unit, Text(*target), value <= most, judged)


def _place(alarm: Alarm) -> str:
    return f"{alarm.rule}@{alarm.scope}"


def _windows(times: list[float], from_at: float, until_at: float) -> tuple[float, int]:
    """(share of ten-minute spans with more than ten, most in any ten minutes)."""
    spans = max(1, round((until_at - from_at) / WINDOW_S))
    counted = Counter(int((at - from_at) // WINDOW_S) for at in times)
    busy = sum(1 for count in counted.values() if count > FLOOD_BEGINS)
    peak, first = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - WINDOW_S:
            first += 1
        peak = max(peak, last - first + 1)
    return busy / spans, peak


def _flood_share(times: list[float], from_at: float, until_at: float) -> float:
    """Share of the time in flood: from more than ten in ten minutes until fewer than five in ten minutes."""
    spans = max(1, round((until_at - from_at) / WINDOW_S))
    counted = Counter(int((at - from_at) // WINDOW_S) for at in times)
    flooded, on = 0, False
    for span in range(spans):
        on = counted[span] > FLOOD_BEGINS or (on and counted[span] >= FLOOD_ENDS)
        flooded += on
    return flooded / spans


def _fleeting(told: list[AlarmEvent]) -> tuple[str, ...]:
    """Rules and places whose alarm cleared within ten seconds and was not back within a minute."""
    by_place: dict[str, list[AlarmEvent]] = defaultdict(list)
    for event in sorted(told, key=lambda e: e.at):
        if event.kind in RAISING or event.kind == "alarm.cleared":
            by_place[_place(event.alarm)].append(event)
    found = []
    for place, life in by_place.items():
        for here, (event, after) in enumerate(pairwise(life)):
            short = (
                event.kind in RAISING and after.kind == "alarm.cleared" and after.at - event.at < FLEETING_S
            )
            back = any(e.kind in RAISING and e.at - after.at < FLEETING_QUIET_S for e in life[here + 2 :])
            if short and not back:
                found.append(place)
                break
    return tuple(sorted(found))
