"""What really happens in and around the building: hazards, devices and their faults, clocks. Knows no engine.

Everything comes from one random source, so a seed is a life. Times are true Unix seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from heapq import heappop, heappush
from math import pi, sin
from random import Random

from msgspec import Struct

from tests.simulation.site import DEVICES, Device, quantity_of, zone_of

DAY_S = 86400.0
NORMAL = {"temperature": 19.0, "humidity": 52.0, "oxygen": 20.9, "mains": 1.0}
HOT = 32.0  # the limit of the rule "heat"
FILM = {"temperature": 14.0, "humidity": 40.0}
SPEAKS_AT = {"temperature": 1.5, "humidity": 3.0, "oxygen": 0.5}  # a change that a device reports at once
CONTACTS = frozenset(
    {"water_leak", "smoke", "manual_call_point", "fire_confirmed", "contact_open", "motion", "mains"}
)


class Sent(Struct, frozen=True):
    """One message: what it says of which sensors, by which time of the device (None: it tells none)."""

    topic: str
    payload: bytes
    values: tuple[tuple[str, float], ...]
    measured_at: float | None
    retain: bool = False


class Told(Struct, frozen=True):
    """Something that happens to the engine or its people rather than to the air: ``what`` and ``value``."""

    what: str
    value: float = 0.0


Happens = Sent | Told


class World:
    """A life of the building; :meth:`upto` gives what happens until a moment, in order."""

    def __init__(self, random: Random, start_at: float, days: float) -> None:
        self._random = random
        self.end_at = start_at + days * DAY_S
        self._queue: list[tuple[float, int, str, object]] = []
        self._pushed = 0
        self._shift: dict[str, float] = {}
        self._spoken: dict[str, float] = {}
        self._away: dict[str, float] = {}  # topic -> until when it cannot be heard
        self._stores: dict[str, list[Sent]] = {}  # what a device that cannot be heard keeps for later
        self._drift = {device.topic: random.choice((0.0, 0.0, -40.0, 90.0)) for device in DEVICES}
        for device in DEVICES:
            self._push(start_at + random.uniform(1.0, 60.0), "speak", device)
        self._plan_day(start_at)

    def next_at(self) -> float:
        """When something happens next."""
        return self._queue[0][0]

    def upto(self, at: float) -> Iterator[Happens]:
        """Everything that happens until ``at``."""
        while self._queue and self._queue[0][0] <= at:
            when, _, what, about = heappop(self._queue)
            yield from self._happen(when, what, about)

    def value(self, sensor: str, at: float) -> float:
        """What a sensor that works shows."""
        quantity = quantity_of(sensor)
        normal = (FILM if zone_of(sensor) == "film-1" else NORMAL).get(quantity, NORMAL.get(quantity, 0.0))
        if quantity in CONTACTS:
            return 1.0 - normal if self._shift.get(sensor) else normal
        daily = {"temperature": 0.5, "humidity": 1.5}.get(quantity, 0.05) * sin(2 * pi * at / DAY_S)
        return round(normal + daily + self._shift.get(sensor, 0.0), 2)

    # --- inside ---------------------------------------------------------------------------------------

    def _push(self, at: float, what: str, about: object) -> None:
        self._pushed += 1
        heappush(self._queue, (at, self._pushed, what, about))

    def _happen(self, at: float, what: str, about: object) -> Iterator[Happens]:
        if what == "day":
            self._plan_day(at)
        elif what == "speak":
            assert isinstance(about, Device)
            self._push(at + about.every_s * self._random.uniform(0.985, 1.015), "speak", about)
            yield from self._speak(about, at)
        elif what == "shift":
            sensor, amount = about  # type: ignore[misc]
            self._shift[sensor] = amount
            device = next(d for d in DEVICES if sensor in d.sensors)
            now, quantity = self.value(sensor, at), quantity_of(sensor)
            moved = abs(now - self._spoken.get(sensor, now))
            if moved >= SPEAKS_AT.get(quantity, 0.5):
                yield from self._speak(device, at)
        elif what == "away":
            topic, until, stores = about  # type: ignore[misc]
            self._away[topic] = max(until, self._away.get(topic, 0.0))
            if stores:
                self._stores.setdefault(topic, [])
            self._push(until, "back", topic)
        elif what == "back":
            yield from self._stores.pop(about, [])  # type: ignore[call-overload]
        elif what == "sent":
            assert isinstance(about, Sent)
            yield about
        else:
            yield Told(what, about)  # type: ignore[arg-type]

    def _speak(self, device: Device, at: float) -> Iterator[Sent]:
        random = self._random
        values = tuple((sensor, self.value(sensor, at)) for sensor in device.sensors)
        chance = random.random()
        if chance < 0.002:  # a probe that has come loose, for one message
            values = tuple((s, v if quantity_of(s) in CONTACTS else -127.0) for s, v in values)
        measured_at = round(at + self._drift[device.topic], 3) if device.stamped else None
        body: dict[str, float] = dict(values)
        if measured_at is not None:
            body["ts"] = measured_at
        payload = json.dumps(body).encode()
        if 0.002 <= chance < 0.004:
            payload, values = random.choice((b"{", b"\xff\xfe", b"[]", b"{}", b"null")), ()
        sent = Sent(device.topic, payload, values, measured_at, device.retain)
        if self._away.get(device.topic, 0.0) > at:
            if device.topic in self._stores and measured_at is not None and values:
                self._stores[device.topic].append(sent)
            return
        urgent = any(quantity_of(s) in CONTACTS and self._spoken.get(s, v) != v for s, v in values)
        self._spoken.update(values)
        if 0.004 <= chance < 0.012 and not urgent:
            return  # lost on the air; a change is repeated by the device until it is heard
        if 0.012 <= chance < 0.02 and device.stamped and not urgent:
            self._push(at + random.choice((5.0, 60.0, 200.0, 900.0, 5000.0)), "sent", sent)  # on a detour
            return
        yield sent
        if 0.02 <= chance < 0.03:
            yield sent  # doubled by the device
        elif 0.03 <= chance < 0.035 and device.stamped:
            self._push(at + random.uniform(1.0, 4000.0), "sent", sent)  # doubled by a gateway, much later

    # --- a day's plan ---------------------------------------------------------------------------------

    def _plan_day(self, at: float) -> None:
        self._push(at + DAY_S, "day", None)
        random = self._random
        for hazard, a_day in (
            (self._fire, 0.35), (self._leak, 0.3), (self._heat, 0.4), (self._damp, 0.25), (self._door, 2.0),
            (self._theft, 0.3), (self._power, 0.25), (self._gas, 0.25), (self._lost, 0.6),
        ):  # fmt: skip
            for _ in range(self._times(a_day)):
                hazard(at + random.uniform(0.0, DAY_S))
        for what, a_day in (("kill", 2.0), ("restart", 0.3), ("link", 0.5), ("provider", 0.2)):
            for _ in range(self._times(a_day)):
                self._push(at + random.uniform(0.0, DAY_S), what, random.random())
        if random.random() < 0.12:
            began = at + random.uniform(0.0, DAY_S)
            shift = random.choice((-7200.0, -3600.0, -400.0, -31.0, 45.0, 200.0, 3600.0, 90000.0))
            self._push(began, "clock", shift)
            self._push(began + random.uniform(60.0, 20000.0), "clock", 0.0)

    def _times(self, a_day: float) -> int:
        """How often something happens today that happens so often a day on average."""
        return int(a_day + self._random.random())

    def _set(self, at: float, sensor: str, amount: float) -> None:
        self._push(at, "shift", (sensor, amount))

    def _pulse(self, at: float, length: float, *sensors: str) -> None:
        for sensor in sensors:
            self._set(at, sensor, 1.0)
            self._set(at + length, sensor, 0.0)

    def _ramp(self, at: float, sensor: str, peak: float, rise_s: float, length: float, steps: int) -> None:
        for step in range(1, steps + 1):
            self._set(at + rise_s * step / steps, sensor, peak * step / steps)
            self._set(at + rise_s + length + rise_s * step / steps, sensor, peak * (1.0 - step / steps))

    def _fire(self, at: float) -> None:
        random = self._random
        length = random.uniform(30.0, 3600.0)
        place = random.choice(("a", "b", "f", "r"))
        self._pulse(at, length, f"{place}-s")
        grows = random.random()
        if grows < 0.5 and place in ("a", "b"):
            self._pulse(at + random.uniform(5.0, 400.0), length, "b-s" if place == "a" else "a-s")
        if grows < 0.35:
            for probe in ("a-t1", "a-t2", "b-t1") if place in ("a", "b") else (f"{place}-t1",):
                self._ramp(
                    at + random.uniform(30.0, 90.0), probe, random.uniform(20.0, 70.0), 240.0, length, 24
                )
        if grows < 0.3:
            self._pulse(at + random.uniform(60.0, 300.0), length, "c-mcp")
        if grows < 0.2:
            self._pulse(at + random.uniform(20.0, 120.0), length, "c-panel")

    def _leak(self, at: float) -> None:
        sensor = self._random.choice(("a-w", "p-w"))
        if self._random.random() < 0.2:  # a rope that is only just wetted
            for n in range(self._random.randint(2, 9)):
                self._pulse(at + 40.0 * n, self._random.choice((2.0, 15.0)), sensor)
        self._pulse(at, self._random.choice((3.0, 20.0, 900.0, 20000.0)), sensor)

    def _heat(self, at: float) -> None:
        random = self._random
        sensor = random.choice(("a-t1", "b-t1", "r-t1"))
        peak, rise_s = random.uniform(8.0, 22.0), random.uniform(3600.0, 9000.0)
        self._ramp(at, sensor, peak, rise_s, random.uniform(0.0, 14000.0), 40)
        crosses = (HOT - NORMAL["temperature"] + 1.0) / peak
        if (
            crosses < 1.0 and random.random() < 0.5
        ):  # then nothing is heard for a while too short to be missed
            device = next(d for d in DEVICES if sensor in d.sensors)
            began = at + rise_s * crosses + random.uniform(0.0, 900.0)
            self._push(
                began, "away", (device.topic, began + device.every_s * random.uniform(3.0, 4.5), False)
            )

    def _damp(self, at: float) -> None:
        sensor = self._random.choice(("a-h1", "b-h1", "r-h1"))
        self._ramp(at, sensor, self._random.uniform(10.0, 30.0), self._random.uniform(10000.0, 40000.0),
                   self._random.uniform(0.0, 40000.0), 60)  # fmt: skip

    def _door(self, at: float) -> None:
        self._pulse(at, self._random.choice((4.0, 20.0, 600.0, 9000.0)), self._random.choice(("b-d", "f-d")))

    def _theft(self, at: float) -> None:
        self._pulse(at, 40.0, "b-d")
        self._pulse(at + self._random.uniform(5.0, 500.0), 30.0, "b-m")
        if self._random.random() < 0.3:
            for n in range(6):
                self._pulse(at + 60.0 + 50.0 * n, 20.0, "b-d")

    def _power(self, at: float) -> None:
        length = self._random.choice((4.0, 60.0, 4000.0, 30000.0))
        self._pulse(at, length, "p-m")
        for device in DEVICES:
            if device.mains and length > 10.0:
                self._push(at, "away", (device.topic, at + length + 30.0, False))

    def _gas(self, at: float) -> None:
        self._set(at, "f-o2", -self._random.uniform(0.6, 6.0))
        self._set(at + self._random.choice((60.0, 200.0, 2000.0, 9000.0)), "f-o2", 0.0)

    def _lost(self, at: float) -> None:
        length = self._random.choice((600.0, 3000.0, 5000.0, 7500.0, 15000.0, 60000.0))
        chosen = self._random.sample(DEVICES, self._random.choice((1, 1, 2, len(DEVICES) - 1)))
        for device in chosen:
            self._push(at, "away", (device.topic, at + length, self._random.random() < 0.5))
