"""What the plan view needs beside the board: the question a plan answered, and its curves. Kept per plan, since pages
are drawn every two seconds and a plan does not change."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from msgspec.structs import replace

from playbooks.holdings.register import Defect, DefectKind, defects
from playbooks.model import Access, Incident, RescuePlan
from playbooks.rescue.planner import Request
from playbooks.rescue.series import ValueSeries, value_series
from playbooks.response import OUT, Response
from strongroom.model import Building

KEPT = 8
_kept: OrderedDict[tuple[str, str, float], tuple[Request, ValueSeries]] = OrderedDict()
_wants: dict[tuple[str, str], dict[DefectKind, list[Defect]]] = {}
_lock = Lock()


def wants_of(building: Building, today: str) -> dict[DefectKind, list[Defect]]:
    """What is wrong with the register by kind, worked out once a day and register."""
    key = (building.revision, today)
    with _lock:
        if key in _wants:
            return _wants[key]
    found: dict[DefectKind, list[Defect]] = {}
    for one in defects(building.holdings.values(), today, set(building.zones)):
        found.setdefault(one.kind, []).append(one)
    with _lock:
        _wants.clear()
        _wants[key] = found
    return found


def question_and_curves(
    building: Building, incident: Incident, plan: RescuePlan
) -> tuple[Request, ValueSeries]:
    """What the planner was asked for this plan, and value over time for the plan and the printed list."""
    key = (building.revision, incident.id, plan.made_at)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    request = question(building, incident, plan)
    found = request, value_series(plan, request)
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def question(building: Building, incident: Incident, plan: RescuePlan) -> Request:
    """The incident as it stood when the plan was made, put to the planner's own front door."""
    known = building
    response = Response(
        known.playbooks,
        known.holdings,
        known.zones,
        known.people,
        known.revision,
        known.assembly,
        own=known.rescue,
    )
    before = {
        id_: item
        for id_, item in incident.items.items()
        if item.state not in OUT or (item.said_at or item.at) < plan.made_at
    }
    access = {
        zone: Access(state="cleared", at=min(state.at, plan.made_at))
        if zone in plan.cleared
        else Access(state="closed", at=state.at)
        for zone, state in incident.access.items()
    }
    then = replace(
        incident, items=before, access=access, crews=plan.crews, budget_min=plan.budget_min, budget_at=None
    )
    return response.request_for(then, plan.made_at)
