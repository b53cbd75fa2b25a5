"""The ``when`` of a rule: TOML tables to the closed language of conditions in :mod:`alerts.rule`.

The kind of a condition is told by its keys: ``is`` a contact, ``above`` or ``below`` a threshold, ``rising`` or
``falling`` a rate, ``swing``, ``distance``, ``silent``, ``stuck_for_s``, and the combining ``vote``, ``all``, ``any``,
``not`` and ``first``/``then``.
"""

from __future__ import annotations

from collections.abc import Callable

from alerts.rule import (
    After,
    AllOf,
    AnyOf,
    Condition,
    Contact,
    Count,
    Disagree,
    Distance,
    Implausible,
    Not,
    Rate,
    Rise,
    Select,
    Silent,
    Stuck,
    Swing,
    Threshold,
    Troubled,
    Vote,
)
from sensors.model import Text
from sensors.quantities import Quantity
from sensors.state import Trouble
from strongroom.folder import measures
from strongroom.folder.keys import KEYS
from strongroom.folder.table import Table

DAY_S = 86_400.0
MAX_DEPTH = 8
TROUBLES = tuple(
    one.value for one in Trouble if one is not Trouble.DISAGREES
)  # that one has a key of its own

_KINDS = (
    ("vote", "vote"), ("all", "all"), ("any", "any"), ("not", "not"), ("first", "after"), ("then", "after"),
    ("silent", "silent"), ("silent_for_s", "silent"), ("stuck_for_s", "stuck"), ("implausible", "implausible"),
    ("trouble", "troubled"), ("disagrees_by", "disagree"), ("swing", "swing"),
    ("distance", "distance"), ("set_point", "distance"),
    ("rises_by", "rise"), ("falls_by", "rise"),
    ("rising", "rate"), ("falling", "rate"), ("above", "threshold"), ("below", "threshold"),
    ("at_least", "count"), ("is", "contact"),
)  # fmt: skip
_COMBINING = {"vote", "all", "any", "not", "after"}


def read_condition(table: Table, depth: int = 0) -> Condition | None:
    """The condition a table describes; None (with problems in the ledger) where it describes none."""
    kind = _kind(table)
    if depth > MAX_DEPTH:
        table.ledger.error(
            table.spot(),
            Text("条件嵌套太深。", "Conditions are nested too deeply."),
            Text("拆成几条规则。", "Split it into several rules."),
        )
        return None
    if not kind:
        table.only("select", *{kind for _, kind in _KINDS})
        kind = _kind(table)  # a misspelt key counts as the one that was meant
    if not kind:
        _no_kind(table)
        return None
    if kind in _COMBINING:
        table.only(kind)
        return _combined(kind, table, depth)
    table.only("select", kind)
    select, quantity = _select(table, kind)
    return _MAKERS[kind](table, select, quantity)


def _kind(table: Table) -> str:
    return next((kind for key, kind in _KINDS if table.has(key)), "")


def _no_kind(table: Table) -> None:
    if table.damaged() or _unknown_keys(table):
        return
    table.ledger.error(
        table.spot(),
        Text("条件没有写比较的方式。", "The condition does not say what to compare with."),
        Text('补上其中一个：is = "wet"、above = 60、below = 40、rising = 8、silent = true',
             'Add one of: is = "wet", above = 60, below = 40, rising = 8, silent = true'),
    )  # fmt: skip


def _unknown_keys(table: Table) -> bool:
    known = {key for _, kind in _KINDS for key in KEYS[kind]} | set(KEYS["select"])
    return any(key not in known for key in table.data)


# --- selecting ---------------------------------------------------------------------------------------


def _select(table: Table, kind: str) -> tuple[Select, Quantity | None]:
    any_quantity = kind in {"silent", "stuck", "implausible", "troubled"}
    quantity = measures.read_quantity(
        table, required="" if any_quantity or _sensors_named(table) else "temperature"
    )
    zones = _one_or_many(table, "zone", "zones")
    kinds = _one_or_many(table, "zone_kind", "zone_kinds")
    sensors = _one_or_many(table, "sensor", "sensors")
    for key, names in (("zone", zones), ("zone_kind", kinds), ("sensor", sensors)):
        if table.has(key) and names:
            table.refer(key, key, names[0], "warning" if key == "zone_kind" else "error")
        elif names:
            table.refer_each(key, f"{key}s", names)
    select = Select(quantity=quantity.id if quantity else "", zones=zones, zone_kinds=kinds, sensors=sensors)
    return select, quantity


def _sensors_named(table: Table) -> bool:
    return table.has("sensor") or table.has("sensors")


def _one_or_many(table: Table, one: str, many: str) -> tuple[str, ...]:
    if table.has(one) and isinstance(table.data[one], list):
        table.mistyped(one, Text("文字", "text"), f'{many} = ["…"]')
        return ()
    single = table.string(one)
    return (single,) if single else table.strings(many)


# --- single conditions -------------------------------------------------------------------------------


def _threshold(table: Table, select: Select, quantity: Quantity | None) -> Condition | None:
    above = table.has("above")
    if above and table.has("below"):
        table.ledger.error(
            table.spot(),
            Text("above 和 below 只能写一个。", "Write only one of above and below."),
            Text("写成两条规则，或用 any = [{ … }, { … }]", "Write two rules, or any = [{ … }, { … }]"),
        )
    key = "above" if above else "below"
    unit = quantity.unit if quantity else ""
    limit = measures.limit(table, key, quantity)
    if quantity and quantity.contact:
        _contact_needs_is(table, key, quantity)
        return None
    if limit is None:
        return None
    clear_at = limit
    if not table.has("clear_at"):
        gap = measures.deadband(quantity)
        clear_at = limit - gap if above else limit + gap
    else:
        given = measures.limit(table, "clear_at", quantity)
        clear_at = limit if given is None else given
        wrong = clear_at > limit if above else clear_at < limit
        if wrong:
            _flickers(table, above, limit, clear_at, unit, quantity)
            clear_at = limit
    return Threshold(select=select, above=above, limit=limit, clear_at=clear_at)


def _flickers(
    table: Table, above: bool, limit: float, clear_at: float, unit: str, quantity: Quantity | None
) -> None:
    of = f" {unit}" if unit else ""
    gap = measures.deadband(quantity)
    meant = limit - gap if above else limit + gap
    side_zh, side_en = ("高于", "above") if above else ("低于", "below")
    other_zh, other_en = ("小于", "below") if above else ("大于", "above")
    table.ledger.error(
        table.spot("clear_at"),
        Text(
            f"警报会在 {clear_at:g}{of} 解除，而这{side_zh}限值 {limit:g}{of}，警报将反复跳动。",
            f"The alarm would clear at {clear_at:g}{of}, {side_en} its limit of {limit:g}{of}, and so would flicker.",
        ),
        Text(
            f"改为{other_zh} {limit:g} 的值，例如：clear_at = {meant:g}",
            f"Write a value {other_en} {limit:g}, for example: clear_at = {meant:g}",
        ),
    )


def _contact_needs_is(table: Table, key: str, quantity: Quantity) -> None:
    states = " / ".join(f'"{state.en}"' for state in quantity.states)
    table.wrong(
        key,
        Text(
            f"{quantity.name.zh}只有两种状态，没有限值。", f"{quantity.name.en} has two states and no limit."
        ),
        f'is = "{quantity.states[1].en if quantity.states else "on"}"  ({states})',
    )


def _contact(table: Table, select: Select, quantity: Quantity | None) -> Condition | None:
    is_ = measures.state(table, "is", quantity)
    return None if is_ is None else Contact(select=select, is_=is_)


def _rate(table: Table, select: Select, _quantity: Quantity | None) -> Condition | None:
    rising = table.has("rising")
    if rising and table.has("falling"):
        table.wrong("falling", Text("rising 和 falling 只能写一个。", "Write only one of rising and falling."),
                    "(remove one)")  # fmt: skip
    limit = table.number("rising" if rising else "falling", low=1e-9, high=1e9)
    over_s = table.number("over_s", required="60", default=60.0, low=1, high=7 * DAY_S, unit="s")
    clear_at = table.number("clear_at", default=limit / 2, low=0, high=1e9)
    if clear_at > limit:
        table.wrong("clear_at", Text("解除值应小于触发值。", "It must lie below the rate that triggers."),
                    f"clear_at = {limit / 2:g}")  # fmt: skip
    return Rate(select=select, rising=rising, limit=limit, over_s=over_s, clear_at=clear_at)


def _rise(table: Table, select: Select, _quantity: Quantity | None) -> Condition | None:
    rising = table.has("rises_by")
    if rising and table.has("falls_by"):
        table.wrong("falls_by", Text("rises_by 和 falls_by 只能写一个。", "Write only one of rises_by and falls_by."),
                    "(remove one)")  # fmt: skip
    limit = table.number("rises_by" if rising else "falls_by", low=1e-9, high=1e9)
    over_s = table.number("over_s", default=600.0, low=2, high=7 * DAY_S, unit="s")
    lag_s = table.number("lag_s", default=min(60.0, over_s / 2), low=1, high=DAY_S, unit="s")
    clear_at = table.number("clear_at", default=limit / 2, low=0, high=1e9)
    if lag_s >= over_s:
        table.wrong("lag_s", Text("应小于 over_s。", "It must lie below over_s."), f"lag_s = {over_s / 2:g}")
    return Rise(select=select, rising=rising, limit=limit, clear_at=clear_at, over_s=over_s, lag_s=lag_s)


def _swing(table: Table, select: Select, quantity: Quantity | None) -> Condition | None:
    return Swing(
        select=select,
        limit=table.number("swing", low=1e-9, high=measures.width(quantity)),
        over_s=table.number("over_s", default=DAY_S, low=60, high=31 * DAY_S, unit="s"),
    )


def _distance(table: Table, select: Select, quantity: Quantity | None) -> Condition | None:
    set_point = measures.limit(table, "set_point", quantity, required="20")
    limit = table.number("distance", required="2", default=1.0, low=1e-9, high=measures.width(quantity))
    return None if set_point is None else Distance(select=select, set_point=set_point, limit=limit)


def _silent(table: Table, select: Select, _quantity: Quantity | None) -> Condition | None:
    if table.has("silent") and not table.flag("silent"):
        table.wrong("silent", Text("只能写 true。", "It can only be true."), "silent = true")
    after_s = (
        table.number("silent_for_s", low=1, high=31 * DAY_S, unit="s") if table.has("silent_for_s") else None
    )
    return Silent(select=select, after_s=after_s)


def _stuck(table: Table, select: Select, _quantity: Quantity | None) -> Condition | None:
    return Stuck(
        select=select, after_s=table.number("stuck_for_s", default=DAY_S, low=60, high=366 * DAY_S, unit="s")
    )


def _implausible(table: Table, select: Select, _quantity: Quantity | None) -> Condition | None:
    if not table.flag("implausible"):
        table.wrong("implausible", Text("只能写 true。", "It can only be true."), "implausible = true")
    return Implausible(select=select)


def _troubled(table: Table, select: Select, _quantity: Quantity | None) -> Condition | None:
    by = table.choice("trouble", TROUBLES, default=TROUBLES[0])
    return Troubled(select=select, by=Trouble(by)) if by in TROUBLES else None


def _disagree(table: Table, select: Select, quantity: Quantity | None) -> Condition | None:
    return Disagree(
        select=select, limit=table.number("disagrees_by", low=1e-9, high=measures.width(quantity))
    )


def _count(table: Table, select: Select, quantity: Quantity | None) -> Condition | None:
    is_ = measures.state(table, "is", quantity)
    at_least = table.whole("at_least", default=2, low=1, high=10_000)
    within_s = table.number("within_s", required="600", default=600.0, low=1, high=31 * DAY_S, unit="s")
    if not table.has("is"):
        table.missing("is", 'is = "open"')
    return None if is_ is None else Count(select=select, is_=is_, at_least=at_least, within_s=within_s)


_Maker = Callable[[Table, Select, Quantity | None], Condition | None]
_MAKERS: dict[str, _Maker] = {
    "threshold": _threshold, "contact": _contact, "rate": _rate, "rise": _rise, "swing": _swing, "distance": _distance,
    "silent": _silent, "stuck": _stuck, "implausible": _implausible, "troubled": _troubled, "disagree": _disagree,
    "count": _count,
}  # fmt: skip


# --- combining ---------------------------------------------------------------------------------------


def _combined(kind: str, table: Table, depth: int) -> Condition | None:
    if kind == "vote":
        return _vote(table, depth)
    if kind == "after":
        first = _part(table, "first", depth)
        then = _part(table, "then", depth)
        within_s = table.number("within_s", required="120", default=120.0, low=1, high=7 * DAY_S, unit="s")
        return After(first=first, then=then, within_s=within_s) if first and then else None
    if kind == "not":
        part = _part(table, "not", depth)
        return Not(of=part) if part else None
    parts = _parts(table, kind, depth)
    if not parts:
        return None
    return AllOf(of=parts) if kind == "all" else AnyOf(of=parts)


def _vote(table: Table, depth: int) -> Condition | None:
    of = _parts(table, "vote", depth)
    panel = _parts(table, "panel", depth) if table.has("panel") else ()
    at_least = table.whole("at_least", default=2, low=1, high=100)
    if not of:
        return None
    degrade = table.choice("degrade", ("hold", "reduce"), "hold")
    return Vote(
        of=of,
        at_least=at_least,
        within_s=table.number("within_s", default=300.0, low=1, high=7 * DAY_S, unit="s"),
        distinct_quantities=table.flag("distinct_quantities"),
        panel=panel,
        degrade="reduce" if degrade == "reduce" else "hold",
    )


def _part(table: Table, key: str, depth: int) -> Condition | None:
    if not table.has(key):
        table.missing(key, f'{key} = {{ quantity = "water", is = "wet" }}')
        return None
    inner = table.table(key, "select", table.label)
    return read_condition(inner, depth + 1) if inner else None


def _parts(table: Table, key: str, depth: int) -> tuple[Condition, ...]:
    tables = table.tables(key, "select", table.label)
    if not tables and isinstance(table.data.get(key), list) and not table.data[key]:
        table.wrong(
            key,
            Text("列表是空的。", "The list is empty."),
            f'{key} = [{{ quantity = "smoke", is = "smoke" }}]',
        )
    found = (read_condition(entry, depth + 1) for entry in tables)
    return tuple(condition for condition in found if condition is not None)
