"""Zones, plans and holdings against each other: can everything be shown, found and carried out?"""

from __future__ import annotations

from alerts.people import wall
from sensors.model import Text
from strongroom.folder.building import OUTSIDE
from strongroom.folder.facts import Facts
from strongroom.folder.ledger import Ledger, Spot, nearest


def check_rescue(facts: Facts, ledger: Ledger, now: float | None) -> None:
    """Shapes for zones, ways to the assembly point, steps that drills expect, plans due for review."""
    if ledger.is_complete("zone"):
        _shapes(facts, ledger)
        _ways_out(facts, ledger)
    _expected_steps(facts, ledger)
    if now is not None:
        _reviews(facts, ledger, now)


def _shapes(facts: Facts, ledger: Ledger) -> None:
    files = {floor.id: floor.plan for floor in facts.house.floors}
    for name, zone in facts.house.zones.items():
        plan = facts.plans.get(zone.floor)
        shape = zone.shape or name
        if plan is None or shape in plan.shapes or (zone.kind == OUTSIDE and not zone.shape):
            continue
        near = nearest(shape, plan.shapes - set(facts.house.zones))
        file = files[zone.floor]
        ledger.warn(
            facts.house.spots[name],
            Text(
                f"平面图 {file} 中没有编号为“{shape}”的图形。",
                f'The plan {file} has no shape with the id "{shape}".',
            ),
            Text(f'把图形“{near}”的 id 改为 "{shape}"', f'Change the id of the shape "{near}" to "{shape}"')
            if near
            else Text(
                f'在 {file} 中画出这个分区，id="{shape}"', f'Draw the zone in {file} with id="{shape}"'
            ),
        )


def _ways_out(facts: Facts, ledger: Ledger) -> None:
    house = facts.house
    if not facts.register.holdings:
        return
    if not house.assembly:
        if not ledger.is_complete("zone"):
            return
        ledger.warn(
            Spot("building.toml"),
            Text("没有写抢救出来的馆藏送往哪里。", "It does not say where rescued holdings go."),
            Text('补上：assembly = "car-park"', 'Add: assembly = "car-park"'),
        )
        return
    if house.assembly not in house.zones:
        return
    ways: dict[str, set[str]] = {name: set() for name in house.zones}
    for name, zone in house.zones.items():
        for door in zone.doors:
            if door.to in ways:
                ways[name].add(door.to)
                ways[door.to].add(name)
    misnamed = {name for name, zone in house.zones.items() if any(door.to not in ways for door in zone.doors)}
    reached = {house.assembly, *misnamed}
    todo = [*reached]
    while todo:
        for other in ways[todo.pop()] - reached:
            reached.add(other)
            todo.append(other)
    for name in dict.fromkeys(holding.zone for holding in facts.register.holdings.values()):
        if name in house.zones and name not in reached:
            ledger.warn(
                house.spots[name],
                Text(f"没有路从这里通到集合点“{house.assembly}”，馆藏搬不出来。",
                     f'No way leads from here to "{house.assembly}", so nothing can be carried out.'),
                Text('补上：doors = [{ to = "…", walk_s = 10 }]', 'Add: doors = [{ to = "…", walk_s = 10 }]'),
            )  # fmt: skip


def _expected_steps(facts: Facts, ledger: Ledger) -> None:
    if ledger.referred("playbook") - set(facts.playbooks):
        return  # a plan is missing, and its steps with it
    steps = {step.id for planned in facts.playbooks.values() for step in planned.playbook.steps}
    if not ledger.is_complete("playbook") or any(
        planned.table.doc.damaged or not planned.table.doc.whole for planned in facts.playbooks.values()
    ):
        return
    for script in facts.drills.values():
        for index, expect in enumerate(script.drill.expect):
            if expect.step and expect.step not in steps:
                near = nearest(expect.step, steps)
                known = ", ".join(sorted(steps)[:8])
                ledger.error(
                    script.table.spot("expect", index, "step"),
                    Text(f"没有预案含有步骤“{expect.step}”。", f'No playbook has a step "{expect.step}".'),
                    Text(f'改为：step = "{near}"', f'Write: step = "{near}"')
                    if near
                    else Text(f"可用的有：{known}", f"Known ones: {known}"),
                )


def _reviews(facts: Facts, ledger: Ledger, now: float) -> None:
    today = f"{wall(now, facts.house.timezone):%Y-%m-%d}"
    for planned in facts.playbooks.values():
        due = planned.playbook.review_by
        if due and due < today:
            ledger.warn(
                planned.table.spot("review_by"),
                Text(f"预案应在 {due} 前复审，已过期。", f"This plan was due for review by {due}."),
                Text("复审后写新的日期。", "Review it, then write the next date."),
            )
