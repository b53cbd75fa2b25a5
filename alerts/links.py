"""Is it the sensor or the link? The silence of everything behind a gateway is one fault; pure."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.quiet import MISSED_WORDS, children_by_parent, parents_of
from alerts.seen import Seen
from sensors.model import Sensor


class Links:
    """Gateways, network servers and the site link, and when each was last heard through."""

    def __init__(self, sensors: Mapping[str, Sensor], records: Mapping[str, Seen]) -> None:
        self._children = children_by_parent(sensors)
        self._records = records
        self._asked: dict[str, tuple[float, bool]] = {}

    def lost(self, sensor: Sensor, now: float) -> str:
        """The widest parent of a sensor through which nothing at all is heard, or an empty string.

        Nothing is heard when, by the pace of all its children, at least five messages are missing since the
        last one, and its fastest child is overdue: one silent sensor among talking ones never makes its
        gateway lost.
        """
        found = ""
        for parent in parents_of(sensor):
            if parent in self._children and self._silent(parent, now):
                found = parent
        return found

    def _silent(self, parent: str, now: float) -> bool:
        asked = self._asked.get(parent)
        if asked is not None and asked[0] == now:
            return asked[1]
        children = [self._records[name] for name in self._children[parent] if name in self._records]
        heard_at = max(max(child.seen_at, child.heard_at, child.known_at) for child in children)
        passed = now - heard_at
        missed = sum(passed / child.step_s for child in children)
        talked = any(child.seen_at > 0.0 for child in children)
        overdue = passed > min(child.gap_s for child in children)
        silent = talked and overdue and missed >= MISSED_WORDS
        self._asked[parent] = (now, silent)
        return silent
