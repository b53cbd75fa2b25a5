"""Quantities, units, limits and state words as the folder writes them, held against the table of quantities."""

from __future__ import annotations

from math import inf, isnan

from sensors.model import Text
from sensors.quantities import QUANTITIES, Quantity, quantity
from sensors.units import scale
from strongroom.folder.ledger import nearest
from strongroom.folder.table import Table

# Deadbands where a rule gives none, in the quantity's unit: temperature 0.5 °C and humidity 2 %RH are the usual
# starting values for archives; others take 1 % of the limits of the believable, at most a fiftieth of 1,000.
_DEADBAND = {"temperature": 0.5, "surface_temperature": 0.5, "dew_point": 0.5, "humidity": 2.0, "oxygen": 0.2}


def read_quantity(table: Table, required: str = "temperature") -> Quantity | None:
    """The quantity a table names, by id, alias or name in either language."""
    name = table.string("quantity", required=required)
    if not name:
        return None
    known = quantity(name)
    if known is None:
        names = {alias: entry.id for entry in QUANTITIES.values() for alias in (entry.id, *entry.also)}
        near = nearest(name, names)
        table.wrong(
            "quantity",
            Text(f"不认识的量“{name}”。", f'There is no quantity "{name}".'),
            f'quantity = "{near or "temperature"}"',
        )
    return known


def check_unit(table: Table, known: Quantity | None, unit: str) -> None:
    """Report a unit that does not fit the quantity."""
    if known is None or not unit:
        return
    if known.contact:
        table.wrong("unit", Text(f"{known.name.zh}没有单位。", f"{known.name.en} has no unit."), 'unit = ""')
    elif scale(known.id, unit) is None:
        table.wrong(
            "unit",
            Text(
                f"单位“{unit}”不是{known.name.zh}的单位。", f'"{unit}" is no unit of {known.name.en.lower()}.'
            ),
            f'unit = "{known.unit}"',
        )


def limit(table: Table, key: str, known: Quantity | None, required: str = "") -> float | None:
    """A limit in the quantity's unit; limits that no room can show are reported with what was likely meant."""
    if known is not None and known.contact:
        return None
    number = table.number(key, default=float("nan"), required=required, unit=known.unit if known else "")
    if isnan(number):
        return None
    if known is None:
        return number
    if known.low <= number <= known.high and not _a_share(known, number):
        return number
    meant, as_ = _meant(known, number)
    says = Text(
        f"{known.name.zh} {number:g} {known.unit} 不可能出现{as_.zh}。",
        f"{known.name.en} cannot be {number:g} {known.unit}{as_.en}.",
    )
    table.wrong(key, says, f"{key} = {meant:g}")
    return meant


def _a_share(known: Quantity, number: float) -> bool:
    """A percentage written as a share of one: humidity 0.6 instead of 60."""
    return known.id in {"humidity", "oxygen", "battery"} and 0 < number < 1


def _meant(known: Quantity, number: float) -> tuple[float, Text]:
    if _a_share(known, number):
        return round(number * 100, 6), Text("（写成了小数？）", " (was it written as a share of one?)")
    converted = {
        "temperature": (round((number - 32) / 1.8, 1), Text("（是华氏度？）", " (is it in °F?)")),
        "surface_temperature": (round((number - 32) / 1.8, 1), Text("（是华氏度？）", " (is it in °F?)")),
        "pressure": (number * 100, Text("（是 hPa？）", " (is it in hPa?)")),
    }.get(known.id)
    if converted and known.low <= converted[0] <= known.high:
        return converted
    return min(max(number, known.low), known.high), Text("", "")


def deadband(known: Quantity | None) -> float:
    """The distance between limit and clearing where a rule does not give it, in the quantity's unit."""
    if known is None or known.high == inf or known.low == -inf:
        return 0.0
    return _DEADBAND.get(known.id, min((known.high - known.low) / 100, 20.0))


def width(known: Quantity | None) -> float:
    """The widest difference two values of a quantity can have."""
    return known.high - known.low if known else 1e9


def state(table: Table, key: str, known: Quantity | None) -> float | None:
    """A contact's state from its word in either language, or from 1, 0, true and false."""
    value = table.data.get(key)
    if value is None:
        return None
    if known is None:
        if isinstance(value, (bool, int, float)) and value in (0, 1):
            return float(value)
        return 1.0 if not table.has("quantity") else None
    if not known.contact:
        example = f"above = {_example(known):g}"
        table.wrong(key, Text(f"{known.name.zh}是数值，没有“{value}”这种状态。",
                              f'{known.name.en} is a number and has no state "{value}".'), example)  # fmt: skip
        return None
    if isinstance(value, (bool, int, float)) and value in (0, 1):
        return float(value)
    found = known.state_value(value) if isinstance(value, str) else None
    if found is not None:
        return found
    words = {word: word for state in known.states for word in (state.en, state.zh)}
    near = nearest(str(value), words) or [state.en for state in known.states][-1]
    listed = " / ".join(f"{state.en} {state.zh}" for state in known.states)
    says = Text(f"{known.name.zh}的状态是 {listed}。", f"The states of {known.name.en.lower()} are {listed}.")
    table.wrong(key, says, f'{key} = "{near}"')
    return None


def _example(known: Quantity) -> float:
    return {"temperature": 24.0, "humidity": 60.0, "oxygen": 19.5, "co2": 1000.0}.get(
        known.id, min(known.high, 100.0)
    )
