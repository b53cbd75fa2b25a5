"""Which alarm speaks for which, among those that stand now; pure.

``mutes`` lets one alarm speak for others in the zones it covers. Somebody must be left who speaks: alarms whose rules
mute each other, directly or in a ring, never silence one another.
"""

from __future__ import annotations

from collections.abc import Mapping

from alerts.model import Alarm
from alerts.quiet import BROKER_RULE, LINKS, muters, zones_covered
from alerts.rule import Rule
from alerts.table import Table
from sensors.model import Zone


class Speakers:
    """Looks at the open alarms in ``table``; ``rules`` may grow."""

    def __init__(self, table: Table, rules: Mapping[str, Rule], zones: Mapping[str, Zone]) -> None:
        self._table = table
        self._rules = rules
        self._zones = zones
        self._muters = muters(rules.values())

    def find(self, rule: Rule, zone: str, drill: str, about: str = "") -> str:
        """The id of an active alarm that speaks for this rule in this zone, or nothing; ``about`` is the rule's own
        alarm where there is one already.
        """
        for source_rule in self._muters.get(rule.id, ()):
            for source in self._table.of_rule(source_rule):
                covered = zones_covered(source.scope, source.zone, self._rules[source_rule], self._zones)
                if (
                    self._loud(source)
                    and source.drill == drill
                    and (covered is None or zone in covered)
                    and not (about and self._leans_on(source, about))
                ):
                    return source.id
        return ""

    def of(self, alarm: Alarm) -> str:
        """Who speaks for an alarm now."""
        rule = self._rules.get(alarm.rule)
        return self.find(rule, alarm.zone, alarm.drill, alarm.id) if rule is not None else ""

    def stands(self, name: str) -> bool:
        """Whether the alarm ``name`` is one that can speak for others."""
        source = self._table.alarms.get(name)
        return source is not None and self._loud(source)

    def linked(self, alarm: Alarm) -> bool:
        """Whether a lost link or the broker speaks for it, which is no matter of ``mutes``."""
        source = self._table.alarms.get(alarm.muted_by)
        return source is not None and self._loud(source) and source.rule in (*LINKS, BROKER_RULE)

    @staticmethod
    def _loud(source: Alarm) -> bool:
        return source.active and source.out_of_service is None

    def _leans_on(self, source: Alarm, name: str) -> bool:
        """Whether the alarm ``name`` speaks, through others or by itself, for ``source``."""
        seen: set[str] = set()
        while source.muted_by and source.muted_by not in seen:
            if source.muted_by == name:
                return True
            seen.add(source.muted_by)
            following = self._table.alarms.get(source.muted_by)
            if following is None:
                return False
            source = following
        return False
