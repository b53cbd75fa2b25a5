"""People against the rest: whom nobody reaches, and when nobody is on duty."""

from __future__ import annotations

from alerts.people import gaps, wall
from sensors.model import Text
from strongroom.folder.facts import Facts
from strongroom.folder.ledger import Ledger, Spot

AHEAD_S = 14 * 86_400.0


def check_people(facts: Facts, ledger: Ledger, now: float | None) -> None:
    """Ladders against rules, phones against each other, and the roster of the next 14 days."""
    _ladders(facts, ledger)
    _phones(facts, ledger)
    if now is not None:
        _roster(facts, ledger, now)


def _ladders(facts: Facts, ledger: Ledger) -> None:
    if not ledger.is_complete("person", "rule"):
        return
    if len({ladder.priority for ladder in facts.staff.ladders}) < len(facts.staff.ladders):
        return  # a ladder with a repeated priority was meant for another one
    have = {ladder.priority for ladder in facts.staff.ladders}
    for priority in (1, 2, 3):
        paging = [
            name
            for name, rule in facts.rulebook.rules.items()
            if rule.priority == priority and rule.page != "never"
        ]
        if paging and priority not in have:
            ledger.warn(
                Spot("people.toml"),
                Text(f"没有优先级 {priority} 的通知阶梯，这类警报（如“{paging[0]}”）不会通知任何人。",
                     f'No ladder for priority {priority}: its alarms (such as "{paging[0]}") reach nobody.'),
                Text(f'补上：[[ladder]]  priority = {priority}  rungs = [{{ role = "on-duty", after_min = 0 }}]',
                     f'Add: [[ladder]]  priority = {priority}  rungs = [{{ role = "on-duty", after_min = 0 }}]'),
            )  # fmt: skip


def _phones(facts: Facts, ledger: Ledger) -> None:
    seen: dict[str, str] = {}
    for name, person in facts.staff.people.items():
        if not person.phone:
            continue
        first = seen.setdefault(person.phone, name)
        if first != name:
            ledger.warn(
                facts.staff.tables[name].spot("phone"),
                Text(f"与“{first}”的电话号码相同，回复时分不清是谁。",
                     f'The same number as "{first}"; a reply could be from either.'),
                Text("每人写自己的号码。", "Write each person's own number."),
            )  # fmt: skip


def _roster(facts: Facts, ledger: Ledger, now: float) -> None:
    duties = facts.staff.duties
    if (
        not duties
        or not ledger.is_complete("person")
        or any(table.damaged() for table in facts.staff.duty_tables)
    ):
        return
    zone = facts.house.timezone
    try:
        found = gaps(duties, zone, now, now + AHEAD_S)
    except (ValueError, OverflowError):  # a duty whose own problem is already reported
        return
    for gap in found:
        since, until = (f"{wall(at, zone):%Y-%m-%d %H:%M}" for at in (gap.from_at, gap.until_at))
        last = [t for t, d in zip(facts.staff.duty_tables, duties, strict=True) if d.role == gap.role]
        line = last[-1].spot(show=False).line if last else 0
        ledger.warn(
            Spot("people.toml", 0, f'role "{gap.role}"' if gap.role != "on-duty" else ""),
            Text(f"{since} 至 {until} 无人值班。", f"Nobody is on duty from {since} to {until}."),
            Text(f"补上覆盖这段时间的 [[duty]]，或延长第 {line} 行的那一项。",
                 f"Add a [[duty]] that covers this time, or extend the one on line {line}."),
        )  # fmt: skip
