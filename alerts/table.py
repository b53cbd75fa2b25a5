"""The open alarms of a building, found by id, by rule and scope, by rule, and by zone."""

from __future__ import annotations

from alerts.chatter import Key
from alerts.model import Alarm


class Table:
    """Exactly one open alarm per drill, rule and scope; closed ones leave."""

    def __init__(self) -> None:
        self.alarms: dict[str, Alarm] = {}
        self._open: dict[Key, str] = {}
        self._of_rule: dict[str, dict[str, None]] = {}
        self._of_zone: dict[str, dict[str, None]] = {}

    def current(self, drill: str, rule: str, scope: str) -> Alarm | None:
        """The open alarm of a rule and scope."""
        return self.alarms.get(self._open.get((drill, rule, scope), ""))

    def of_rule(self, rule: str) -> list[Alarm]:
        """The open alarms of a rule, oldest first."""
        return [self.alarms[name] for name in self._of_rule.get(rule, ())]

    def of_zone(self, zone: str) -> list[Alarm]:
        """The open alarms of a zone, oldest first."""
        return [self.alarms[name] for name in self._of_zone.get(zone, ())]

    def keep(self, alarm: Alarm) -> None:
        """Put in how an alarm stands now."""
        key = (alarm.drill, alarm.rule, alarm.scope)
        before = self.alarms.get(alarm.id)
        if before is not None and (before.zone != alarm.zone or alarm.closed_at is not None):
            self._of_zone[before.zone].pop(alarm.id, None)
        if alarm.closed_at is not None:
            self.alarms.pop(alarm.id, None)
            self._of_rule.get(alarm.rule, {}).pop(alarm.id, None)
            if self._open.get(key) == alarm.id:
                del self._open[key]
            return
        self.alarms[alarm.id] = alarm
        self._open[key] = alarm.id
        self._of_rule.setdefault(alarm.rule, {})[alarm.id] = None
        self._of_zone.setdefault(alarm.zone, {})[alarm.id] = None
