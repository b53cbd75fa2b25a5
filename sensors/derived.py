"""Calculated sensors: dew point and the like as readings, at the moment their inputs arrive.

A calculated sensor is declared like any other, with ``dialect = "derived"`` and one of the quantities of
:data:`FORMULAS`; ``path`` names its input sensors, separated by blanks ("t-1 rh-1"), or is empty where its
zone has exactly one sensor of each needed quantity. A mould index may name its material's class in ``channel``
("very sensitive", "sensitive", "medium", "resistant"; paper counts as sensitive). A value exists only from
inputs that are both trusted and measured within each other's silence limit: nothing is calculated from a
sensor that has gone silent, so that the calculated sensor falls silent with it. Pure: no clock, no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sensors.climate import (
    SENSITIVITY,
    Mould,
    absolute_humidity,
    dew_point,
    moisture_content,
    mould_after,
    preservation_index,
    surface_humidity,
)
from sensors.model import Quality, Reading, Sensor, Text

DIALECT = "derived"
DRY_AGAIN_S = 24 * 3600.0  # so long without water before the wet clock stops
AIR = ("temperature", "humidity")
NEEDS: dict[str, tuple[str, ...]] = {
    "dew_point": AIR,
    "absolute_humidity": AIR,
    "moisture_content": AIR,
    "preservation_index": AIR,
    "weighted_preservation_index": AIR,
    "mould_index": AIR,
    "surface_humidity": (*AIR, "surface_temperature"),
    "wet_hours": ("water_leak",),
}
FORMULAS: dict[str, Callable[..., float]] = {
    "dew_point": lambda t, rh: dew_point(t, max(rh, 1.0)),
    "absolute_humidity": absolute_humidity,
    "moisture_content": moisture_content,
    "preservation_index": preservation_index,
    "surface_humidity": surface_humidity,
}


class Memory(Struct, omit_defaults=True):
    """What a calculated sensor must remember over a restart. Times in Unix seconds, ``years`` in TWPI's
    unit.
    """

    at: float = 0.0  # of the newest pair of inputs
    temperature: float = 0.0
    humidity: float = 0.0
    mould: Mould = Mould()
    known_s: float = 0.0
    decay: float = 0.0  # sum of seconds divided by PI
    wet_at: float = 0.0  # when water came; 0 while dry
    dry_at: float = 0.0  # when it was last seen gone; 0 while wet


class Recipe(Struct, frozen=True):
    """A calculated sensor and the sensors it is calculated from, in the order of :data:`NEEDS`."""

    sensor: Sensor
    inputs: tuple[Sensor, ...]


class Unmade(Struct, frozen=True):
    """A calculated sensor that cannot be made, and what to write instead."""

    sensor: str
    words: Text


def recipes(sensors: Mapping[str, Sensor]) -> tuple[list[Recipe], list[Unmade]]:
    """Every calculated sensor with its inputs, and those whose inputs cannot be told."""
    made: list[Recipe] = []
    unmade: list[Unmade] = []
    for sensor in sensors.values():
        if sensor.dialect != DIALECT:
            continue
        found = _inputs(sensor, sensors)
        if isinstance(found, Text):
            unmade.append(Unmade(sensor.id, found))
        else:
            made.append(Recipe(sensor, found))
    return made, unmade


def _inputs(sensor: Sensor, sensors: Mapping[str, Sensor]) -> tuple[Sensor, ...] | Text:
    needs = NEEDS.get(sensor.quantity)
    if needs is None:
        known = ", ".join(sorted(NEEDS))
        return Text(
            f"不能计算 {sensor.quantity}；可以计算：{known}",
            f"{sensor.quantity} cannot be calculated; these can: {known}",
        )
    if sensor.channel and (sensor.quantity != "mould_index" or sensor.channel not in SENSITIVITY):
        classes = ", ".join(SENSITIVITY)
        return Text(
            f"channel 只用于 mould_index，可写：{classes}",
            f"channel is for mould_index only and may be: {classes}",
        )
    named = sensor.path.split()
    if named:
        inputs = [sensors[name] for name in named if name in sensors]
        if tuple(i.quantity for i in inputs) != needs or len(inputs) != len(named):
            wanted = " ".join(needs)
            return Text(
                f"path 应依次写出这些量的传感器：{wanted}",
                f"path must name sensors of these quantities, in this order: {wanted}",
            )
        return tuple(inputs)
    chosen: list[Sensor] = []
    for quantity in needs:
        here = [
            s
            for s in sensors.values()
            if s.zone == sensor.zone and s.quantity == quantity and s.dialect != DIALECT
        ]
        if len(here) != 1:
            return Text(
                f"本区域有 {len(here)} 个 {quantity} 传感器；请在 path 中写明用哪一个",
                f"this zone has {len(here)} {quantity} sensors; name the one to use in path",
            )
        chosen.append(here[0])
    return tuple(chosen)


class Deriver:
    """Calculates what the new readings change. One per building; ``memories`` are what :meth:`take_dirty`
    gave.

    Readings of a drill are combined with live ones into readings of that drill and leave no trace in the
    live memory. :attr:`unmade` lists declared sensors without usable inputs.
    """

    def __init__(self, sensors: Mapping[str, Sensor], memories: Mapping[str, bytes] | None = None) -> None:
        made, self.unmade = recipes(sensors)
        self._of_input: dict[str, list[Recipe]] = {}
        for recipe in made:
            for source in recipe.inputs:
                self._of_input.setdefault(source.id, []).append(recipe)
        self._wet = [r for r in made if r.sensor.quantity == "wet_hours"]
        self._latest: dict[tuple[str, str], Reading] = {}
        self._memories: dict[tuple[str, str], Memory] = {}
        self._dirty: set[str] = set()
        for recipe in made:
            stored = (memories or {}).get(_key(recipe.sensor.id))
            if stored:
                try:
                    memory = msgspec.json.decode(stored, type=Memory)
                except msgspec.MsgspecError:
                    continue  # begins anew: an index of the past is no safety matter
                self._memories["", recipe.sensor.id] = memory

    def observe(self, readings: Iterable[Reading]) -> list[Reading]:
        """Readings of one message in, the calculated readings they make out.

        All of a message is taken in before anything is calculated, so that temperature and humidity that were
        measured together are used together.
        """
        touched: dict[tuple[str, str], tuple[Recipe, Reading]] = {}
        for reading in readings:
            if reading.sensor not in self._of_input or not _usable(reading):
                continue
            last = self._latest.get((reading.drill, reading.sensor))
            if last is not None and last.measured_at > reading.measured_at:
                continue
            self._latest[reading.drill, reading.sensor] = reading
            for recipe in self._of_input[reading.sensor]:
                touched[reading.drill, recipe.sensor.id] = (recipe, reading)
        made: list[Reading] = []
        for recipe, reading in touched.values():
            value = self._value(recipe, reading.drill, reading.measured_at)
            if value is not None:
                made.append(_reading(recipe, value, reading.measured_at, reading))
        return made

    def tick(self, now: float) -> list[Reading]:
        """The wet clocks that run, as readings of this moment; wanted every few minutes."""
        made: list[Reading] = []
        for recipe in self._wet:
            memory = self._memories.get(("", recipe.sensor.id))
            last = self._latest.get(("", recipe.inputs[0].id))
            if memory is None or not memory.wet_at or last is None:
                continue
            if now - last.measured_at <= recipe.inputs[0].silent_after_s:
                made.append(_reading(recipe, self._wet_hours(recipe, "", now), now, last))
        return made

    def take_dirty(self) -> dict[str, bytes]:
        """Memories that changed since last asked, by key, for the next group commit."""
        taken = {_key(name): msgspec.json.encode(self._memories["", name]) for name in self._dirty}
        self._dirty.clear()
        return taken

    def end_drill(self, drill: str) -> None:
        """Forget what a drill made believe."""
        if drill:
            for store in (self._latest, self._memories):
                for key in [key for key in store if key[0] == drill]:
                    del store[key]

    # --- inside ---------------------------------------------------------------------------------------

    def _memory(self, drill: str, sensor: str) -> Memory:
        memory = self._memories.get((drill, sensor))
        if memory is None:
            live = self._memories.get(("", sensor)) if drill else None
            memory = self._memories[drill, sensor] = replace(live) if live else Memory()
        if not drill:
            self._dirty.add(sensor)
        return memory

    def _value(self, recipe: Recipe, drill: str, at: float) -> float | None:
        values: list[float] = []
        for source in recipe.inputs:
            last = self._latest.get((drill, source.id)) or self._latest.get(("", source.id))
            if last is None or at - last.measured_at > source.silent_after_s:
                return None
            values.append(last.value)
        if recipe.sensor.quantity == "wet_hours":
            return self._wet_hours(recipe, drill, at, wet=values[0] >= 0.5)
        temperature, humidity = values[0], min(values[1], 100.0)
        formula = FORMULAS.get(recipe.sensor.quantity)
        if formula is not None:
            return formula(temperature, humidity, *values[2:])
        return self._remembering(recipe, drill, at, temperature, humidity)

    def _remembering(
        self, recipe: Recipe, drill: str, at: float, temperature: float, humidity: float
    ) -> float | None:
        """Mould index and TWPI: the climate between two pairs of inputs is their mean, if they are not too
        far apart.

        Over a gap neither grows nor falls: what was not measured is not made up.
        """
        memory = self._memory(drill, recipe.sensor.id)
        passed = at - memory.at
        longest = max(source.silent_after_s for source in recipe.inputs)
        if memory.at and 0.0 < passed <= longest:
            middle_t = (memory.temperature + temperature) / 2
            middle_rh = (memory.humidity + humidity) / 2
            if recipe.sensor.quantity == "mould_index":
                memory.mould = mould_after(
                    memory.mould,
                    middle_t,
                    middle_rh,
                    passed / 3600,
                    SENSITIVITY[recipe.sensor.channel or "sensitive"],
                )
            else:
                memory.known_s += passed
                memory.decay += passed / preservation_index(middle_t, middle_rh)
        if passed >= 0.0:
            memory.at, memory.temperature, memory.humidity = at, temperature, humidity
        if recipe.sensor.quantity == "mould_index":
            return memory.mould.index
        return memory.known_s / memory.decay if memory.decay else preservation_index(temperature, humidity)

    def _wet_hours(self, recipe: Recipe, drill: str, at: float, wet: bool | None = None) -> float:
        """Hours since water came; it counts on for a day after the last of it, because things stay wet."""
        memory = self._memory(drill, recipe.sensor.id)
        if wet:
            memory.wet_at = memory.wet_at or at
            memory.dry_at = 0.0
        elif wet is False and memory.wet_at:
            memory.dry_at = memory.dry_at or at
        if memory.dry_at and at - memory.dry_at >= DRY_AGAIN_S:
            memory.wet_at = memory.dry_at = 0.0
        return (at - memory.wet_at) / 3600 if memory.wet_at else 0.0


def _key(sensor: str) -> str:
    return f"derived:{sensor}"


def _usable(reading: Reading) -> bool:
    return reading.quality is Quality.GOOD or bool(reading.drill and reading.quality is Quality.SIMULATED)


def _reading(recipe: Recipe, value: float, at: float, source: Reading) -> Reading:
    return Reading(
        sensor=recipe.sensor.id,
        value=round(value, 4),
        measured_at=at,
        received_at=max(at, source.received_at),
        quality=source.quality,
        drill=source.drill,
    )
