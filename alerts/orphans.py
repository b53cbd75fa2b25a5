"""Alarms against a folder that has changed: whose rule is gone, or no longer looks at their place; pure.

Such an alarm can be neither raised nor cleared by any sample. It stands, says so, and a person ends it by a reset after
looking. The fault of a sensor that left the folder ends by itself: there is nothing left that could be faulty.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable

from alerts.happenings import Adopted, Cleared, Orphaned
from alerts.model import Alarm
from alerts.quiet import LINKS
from alerts.rule import Change, Verdict
from sensors.model import Text

Found = tuple[Alarm, Adopted | Cleared | Orphaned]

NOBODY_LOOKS = Text(
    "档案馆文件夹里已没有规则看这一处，系统无法判断是否恢复；请到现场查看后复位。",
    "No rule of the folder looks at this place any more, so nothing can say that it is over: look, then reset it.",
)
LOOKS_AGAIN = Text("规则又看这一处。", "A rule looks at this place again.")
GONE = Text("传感器已不在档案馆文件夹里。", "The sensor is no longer in the folder.")
NOTHING_BEHIND = Text("其后已没有登记的传感器。", "No registered sensor is behind it any more.")


def sort_out(
    alarms: Iterable[Alarm],
    looked: Container[tuple[str, str]],
    own: Container[str],
    sensors: Container[str],
    parents: Container[str],
) -> list[Found]:
    """What the folder as it is now means for the open alarms.

    ``looked``: rule and scope of everything that is evaluated; ``own``: rules that are not held against sensors;
    ``parents``: gateways and devices that some sensor hangs behind.
    """
    found: list[Found] = []
    for alarm in alarms:
        if alarm.drill or alarm.rule in own:
            continue
        if alarm.rule in LINKS:
            if alarm.active and alarm.scope not in parents:
                found.append((alarm, Cleared(_over(alarm, NOTHING_BEHIND))))
        elif (alarm.rule, alarm.scope) in looked:
            if alarm.orphan:
                found.append((alarm, Adopted(LOOKS_AGAIN)))
        elif alarm.active and alarm.confirmed_by is None and not alarm.orphan:
            gone = alarm.fault and _left(alarm, sensors)
            found.append((alarm, Cleared(_over(alarm, GONE)) if gone else Orphaned(NOBODY_LOOKS)))
    return found


def _left(alarm: Alarm, sensors: Container[str]) -> bool:
    """Whether every sensor that the alarm is about has left the folder."""
    named: Collection[str] = {cause.sensor for cause in alarm.evidence}
    return bool(named) and not any(name in sensors for name in named)


def _over(alarm: Alarm, why: Text) -> Change:
    return Change(
        rule=alarm.rule,
        scope=alarm.scope,
        zone=alarm.zone,
        verdict=Verdict.CLEAR,
        at=alarm.active_at,
        reason=why,
    )
