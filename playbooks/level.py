"""Response level of an incident, 1 (highest) to 4, from people, holdings, spread and capacity; pure.

The criteria are each archive's own (Emergency Response Law 2024 art. 71); these defaults follow the usual
three bands (own staff, beyond own strength, major loss): IV one room and no graded holdings, III graded
holdings or two rooms, II confirmed fire in a store or first-grade holdings, and level I is for people to
declare. Levels only rise here; lowering is a person's act.
"""

from __future__ import annotations

from collections.abc import Mapping

from playbooks.model import Holding
from sensors.model import Text, Zone

_SLOW = {"climate", "power"}


def level(
    threat: str,
    stage: str,
    zones: tuple[str, ...],
    site_zones: Mapping[str, Zone],
    holdings: Mapping[str, Holding],
) -> tuple[int, Text]:
    """The level and the sentence that explains it. ``stage`` is the alarm's: "", prealarm or confirmed."""
    here = [holding for holding in holdings.values() if holding.zone in zones]
    best = min((holding.grade for holding in here), default=4)
    stores = any(site_zones[zone].kind == "stack" for zone in zones if zone in site_zones)
    if threat == "fire" and stage == "confirmed" and (stores or here):
        return 2, Text("库房火灾已确认：二级", "Confirmed fire where holdings are: level II")
    if threat in {"fire", "gas", "structure", "intrusion"} and stage != "prealarm":
        if best == 1 and threat != "gas":
            return 2, Text("涉及一级档案：二级", "Grade 1 holdings at stake: level II")
        return 3, Text("危及人员或安全：三级", "People or security at stake: level III")
    if threat in _SLOW:
        return (3, Text("多个库房：三级", "Several rooms: level III")) if len(zones) > 2 else _least()
    if best <= 2:
        return 3, Text("涉及重要等级档案：三级", "Graded holdings at stake: level III")
    if len(zones) > 1:
        return 3, Text("涉及两个以上区域：三级", "Two zones or more: level III")
    return _least()


def _least() -> tuple[int, Text]:
    return 4, Text("单一区域，自有力量可处置：四级", "One zone, own staff can cope: level IV")
