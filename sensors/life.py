"""The life of a sensor: the one record of what is known of it beside its values.

Three kinds of facts stay apart. *Freshness* comes from the sensor's own live measurements alone: retained, stored,
late and future readings are not new (C3, C12), and a living session does not prove a living probe. *Words* are what a
dialect says of the device or of the gateway before it (last will, availability, node death). What the device *tells*
of itself (battery, tamper, fault, self-test) counts until it says otherwise: an absent key says nothing.

The record is persisted whole; :mod:`sensors.state` says what follows from it at a moment. Times are Unix seconds UTC.
"""

from __future__ import annotations

from math import inf, nan, nextafter

import msgspec
from msgspec import Struct

from sensors.model import Quality, Reading, Sensor
from sensors.quantities import quantity
from sensors.rows import MEASURED, RECEIVED, STEP, VALUE, Row, Rows

AHEAD_S = 300.0  # nothing that was measured can lie further ahead of us (quarantined otherwise, C12)
CLOCK_GRACE = 1.5  # expected intervals for which the clock alone may go on proving a state
SAMPLE_GRACE = 2.5  # expected intervals between two samples that still prove what lies between (one lost)
LOW_BATTERY, BATTERY_AGAIN = 15.0, 20.0
"""Per cent below which a battery is low where the device does not say so itself, and from which it is good again.
EN 54-25 wants radio-linked fire parts to warn 30 days before the end; 15 % of the usual cells lasts longer."""
SPIKES = 3
"""So many values within a day that leap and return make a sensor implausible (a loose contact, a bad supply)."""
DAY_S = 86_400.0
_NOISE = 1e-6  # of floating point: 20.4 - 20.3 is not quite a tenth
_SPIKE_WITHIN_S = (
    600.0  # only samples at most this far apart can show a spike: a room changes within the hour
)

STUCK_AFTER_S = DAY_S
STUCK_COUNT = 24
STUCK_MOST_DAYS = 7.0
STUCK_TIMES_LONGEST = 3.0
MOVES = {"temperature": 0.1, "surface_temperature": 0.1, "humidity": 1.0, "pressure": 10.0, "co2": 1.0}
"""By how much a quantity surely moves within a day, in its unit: the minimum variability that I. Zahumenský,
"Guidelines on Quality Control Procedures for Data from Automatic Weather Stations" (WMO, 2004), table of the
persistence test, asks of one hour outdoors (0.1 °C, 1 %RH, 0.1 hPa), asked of 24 hours here because stacks are calm.
CO₂: one step of usual instruments, whose noise is larger."""
SPIKE = {"temperature": 9.0, "surface_temperature": 15.0, "humidity": 30.0, "pressure": 150.0}
"""A leap between neighbouring samples that returns with the next one: three times the step within a minute that the
same guideline calls suspect (3 °C, 5 °C at the ground, 10 %RH, 0.5 hPa). Only the return makes it a spike: a fire
does not go back."""
TOLD = frozenset(("battery", "battery_low", "tamper", "fault", "test"))
"""Quantities by which a device speaks of itself and not of the place."""


class Told(Struct, frozen=True, array_like=True):
    """What a device said of itself last: the value, when, and since when it says so."""

    value: float
    at: float
    since: float


class Word(Struct, frozen=True, array_like=True):
    """A dialect's last word on a device or gateway. ``gateway``: it speaks for more than one device."""

    online: bool
    at: float
    gateway: bool = False


class RecordState(Struct, frozen=True, array_like=True):
    """The stored form of :class:`Record`; later fields have defaults, so that older stores are read."""

    known_at: float
    measured_at: float
    seen_at: float
    value: float | None
    silent: bool
    retained_at: float = 0.0
    step_s: float = 0.0
    same_s: float = 0.0
    same_count: int = 0
    longest_s: float = 0.0
    resolution: float = 0.0
    implausible_at: float = 0.0
    spikes: list[float] = []
    told: dict[str, Told] = {}
    words: dict[str, Word] = {}
    expire_after_s: float = 0.0
    received_at: float = 0.0
    before: float | None = None
    lagging: tuple[float, float] | None = None
    since: float = 0.0


class Record(Row):
    """What is remembered of one sensor.

    ``measured_at`` orders measurements (the latest by measurement time is the latest, C12); ``seen_at`` is our own
    time of the newest proof of life; ``known_at`` when this building first knew the sensor, so that one that never
    reports becomes silent too; ``heard_at`` of any message at all, also one that proves nothing. ``stirred`` is set
    when a trouble may have come or gone, for whoever holds rules against it. What changes with every measurement lies
    in a row of ``rows``, which the sensors of a world share.
    """

    __slots__ = (
        "before", "course", "expire_after_s", "finer", "heard_at", "implausible_at", "known_at", "lagging", "leap",
        "limit_s", "longest_s", "moves", "resolution", "retained_at", "same_count", "same_s", "sensor", "silent",
        "since", "spikes", "stirred", "stuck", "told", "words",
    )  # fmt: skip

    def __init__(self, sensor: Sensor, rows: Rows | None = None) -> None:
        self.sensor = sensor
        self.known_at = 0.0
        self.heard_at = -inf
        self.before: float | None = None  # after a leap, the value before it, and how long before
        self.since = 0.0
        self.silent = False
        self.retained_at = 0.0
        self.lagging: tuple[float, float] | None = None
        self.same_s = 0.0
        self.same_count = 0
        self.longest_s = 0.0
        self.resolution = 0.0  # the smallest difference ever seen, 0 before any
        self.finer = inf  # a smaller difference than this is news
        self.implausible_at = 0.0
        self.spikes: list[float] = []
        self.told: dict[str, Told] = {}
        self.words: dict[str, Word] = {}
        self.expire_after_s = 0.0
        self.limit_s = sensor.silent_after_s
        known = quantity(sensor.quantity)
        # A calculated value may rightly stand still; only instruments freeze.
        self.moves = MOVES.get(known.id, 0.0) if known is not None and sensor.topic else 0.0
        self.course = self.moves > 0.0  # whether it is followed how the value moves
        self.leap = SPIKE.get(known.id, inf) if known is not None else inf
        self.stuck = False
        self.stirred = False
        super().__init__(Rows() if rows is None else rows, sensor.every_s, self.leap)

    # --- paces ----------------------------------------------------------------------------------------

    @property
    def gap_s(self) -> float:
        """Two samples further apart than this do not prove what lay between them."""
        return SAMPLE_GRACE * max(self.step_s, 1.0)

    @property
    def clock_s(self) -> float:
        """For so long after a sample its state may be taken to last: until the next one is overdue."""
        return CLOCK_GRACE * max(self.step_s, 1.0)

    # --- facts ----------------------------------------------------------------------------------------

    def take(self, reading: Reading, now: float) -> bool:
        """Note a good measurement; False if a newer one is known already.

        A device whose clock was set back would be ignored until its time caught up. Two readings in a row
        that lie before the newest but follow each other at the pace they arrive are such a device, not a
        redelivery: its new time is adopted.
        """
        numbers, row, measured_at = self.rows.numbers, self.row, reading.measured_at
        last_at, last = (
            numbers[row + MEASURED],
            numbers[row + VALUE],
        )  # nan, and so equal to nothing, before any
        since = measured_at - last_at
        # Without a time of its own a reading is as new as its arrival; and what we noted by a clock that has been
        # set back since cannot be the measure of what comes now.
        told = measured_at != reading.received_at and last_at <= now + AHEAD_S
        if told and since <= 0.0 and not (since == 0.0 and reading.value != last):
            # of two in the same second the later to arrive is the newer
            before, self.lagging = self.lagging, (measured_at, now)
            self.doubt()
            if before is None:
                return False
            paced = now - before[1] >= 0.5 * (measured_at - before[0]) > 0.0
            if not paced:
                return False
        self.lagging = None
        value = reading.value
        if self.course and last == last:  # noqa: PLR0124 - any value yet
            if value == last:
                self.before = None
                if 0.0 < since <= SAMPLE_GRACE * max(numbers[row + STEP], 1.0):
                    self._stands(value, since)
            else:
                step = value - last if value > last else last - value
                if step < self.finer or step > self.leap or self.same_s:
                    self._moved(value, last, step, since)
                # only a leap can be one half of a spike
                self.before, self.since = (last, since) if step > self.leap else (None, 0.0)
            if self.spikes and measured_at - self.spikes[0] >= DAY_S:
                self.spikes = self.spikes[1:]
                self.stir()
        self.rows.note(row, value, measured_at, now)
        if self.implausible_at:
            self.implausible_at = 0.0
            self.stir()
        return True

    def late(self, reading: Reading) -> None:
        """A late measurement proves that the sensor lived when it measured, and nothing else."""
        if reading.quality is Quality.LATE and reading.measured_at > self.seen_at:
            self.seen_at = reading.measured_at

    def refuse(self, reading: Reading) -> None:
        """Note a value the quantity cannot have; an older one than the newest good says nothing now."""
        if reading.measured_at >= max(self.measured_at, self.implausible_at):
            self.implausible_at = reading.measured_at
            self.stir()

    def tell(self, name: str, value: float, at: float) -> bool:
        """Note what the device says of itself (``TOLD``); False where that is nothing newer.

        Of two words of the same moment the worse counts, whichever came first.
        """
        last = self.told.get(name)
        if name == "battery" and last is not None and last.value < LOW_BATTERY <= value < BATTERY_AGAIN:
            value = last.value  # a cell near its end recovers a little in warm hours
        if last is not None:
            worse = value < last.value if name == "battery" else value > last.value
            if at < last.at or (at == last.at and not worse):
                return False
        same = last is not None and last.value == value
        self.told[name] = Told(value, at, last.since if same and last is not None else at)
        self.stir()
        return not same

    def say(self, about: str, word: Word, *, again: bool = False) -> bool:
        """Note a dialect's word on ``about``, a device or gateway of this sensor; False where it says so already.

        With ``again`` (not the broker's old copy) a second "offline" is a second death, with a time of its own.
        """
        last = self.words.get(about)
        same = last is not None and last.online == word.online and last.gateway == word.gateway
        if same and (word.online or not again):
            return False
        self.words[about] = word
        self.stir()
        return True

    def expire(self, after_s: float) -> bool:
        """Note that the device declares its values void after ``after_s`` (0: it no longer does); True if new.

        The shorter of that and the folder's own limit counts: a value that its own device calls void proves nothing.
        """
        if after_s == self.expire_after_s:
            return False
        self.expire_after_s = after_s
        self.limit_s = min(self.sensor.silent_after_s, after_s or inf)
        return True

    def begin(self, now: float) -> bool:
        """Nothing we noted can lie ahead of us: where it does, the clock was set back since. True if that was so."""
        ahead = self.known_at > now or self.seen_at > now or self.implausible_at > now
        self.known_at, self.seen_at = min(self.known_at, now), min(self.seen_at, now)
        self.implausible_at = min(self.implausible_at, now)
        for name, told in self.told.items():
            if told.at > now or told.since > now:
                self.told[name] = Told(told.value, min(told.at, now), min(told.since, now))
                ahead = True
        for about, word in self.words.items():
            if word.at > now:
                self.words[about] = Word(word.online, now, word.gateway)
                ahead = True
        return ahead

    def stir(self) -> None:
        """A trouble may have come or gone."""
        self.stirred = True
        self.doubt()

    # --- for the site database ------------------------------------------------------------------------

    def dump(self) -> bytes:
        """Everything, as bytes for the site database."""
        return msgspec.json.encode(
            RecordState(
                self.known_at,
                self.measured_at if self.value is not None else 0.0,
                self.seen_at if self.seen_at > 0.0 else 0.0,
                self.value,
                self.silent,
                self.retained_at,
                self.step_s,
                self.same_s,
                self.same_count,
                self.longest_s,
                self.resolution,
                self.implausible_at,
                self.spikes,
                self.told,
                self.words,
                self.expire_after_s,
                self.received_at if self.received_at > 0.0 else 0.0,
                self.before,
                self.lagging,
                self.since,
            )
        )

    def load(self, stored: bytes) -> None:
        """Take back what :meth:`dump` gave; ``msgspec.MsgspecError`` if it is not that."""
        state = msgspec.json.decode(stored, type=RecordState)
        self.known_at = state.known_at
        numbers, row = self.rows.numbers, self.row
        if state.value is not None:
            numbers[row + MEASURED] = state.measured_at
        if state.seen_at > 0.0:
            self.seen_at = state.seen_at
        numbers[row + VALUE] = nan if state.value is None else state.value
        numbers[row + STEP] = state.step_s or self.sensor.every_s
        numbers[row + RECEIVED] = state.received_at or -inf
        self.doubt()
        self.silent = state.silent
        self.retained_at = state.retained_at
        self.same_s, self.same_count = state.same_s, state.same_count
        self.longest_s, self.resolution = state.longest_s, state.resolution
        self.implausible_at = state.implausible_at
        self.spikes = list(state.spikes)
        self.told, self.words = dict(state.told), dict(state.words)
        self.expire(state.expire_after_s)
        self.before, self.lagging, self.since = state.before, state.lagging, state.since
        self.finer = state.resolution - _NOISE if state.resolution else inf
        self.stuck = self.value is not None and self._frozen(self.value)

    # --- the course of values -------------------------------------------------------------------------

    def _stands(self, value: float, since: float) -> None:
        """The very same value again, ``since`` seconds of measurement later, and none missed between."""
        if not self.same_s:
            self.same_count = 1
            self.doubt()
        self.same_count += 1
        self.same_s += since
        if not self.stuck and self.same_s >= STUCK_AFTER_S and self._frozen(value):
            self.stuck = True
            self.stir()

    def _moved(self, value: float, last: float, step: float, since: float) -> None:
        """Another value, and something to learn from it: a finer step, a leap, the end of a standstill."""
        step = round(step, 6)
        if step > 0.0 and (not self.resolution or step < self.resolution):
            self.resolution = step
            self.finer = step - _NOISE
        paced_s = min(self.gap_s, _SPIKE_WITHIN_S)
        if step > self.leap and self.before is not None and since <= paced_s and self.since <= paced_s:
            self._spike(value, last, self.before)
        if self.stuck:
            self.stuck = False
            self.stir()
        elif self.same_s > self.longest_s:
            self.longest_s = min(self.same_s, STUCK_MOST_DAYS * DAY_S)
        self.same_s, self.same_count = 0.0, 1

    def _spike(self, value: float, last: float, before: float) -> None:
        if abs(last - before) > self.leap and abs(value - before) <= self.leap / 2:
            kept = [at for at in self.spikes if self.measured_at - at < DAY_S]
            self.spikes = [*kept, self.measured_at][-SPIKES:]
            self.stir()

    def _frozen(self, value: float) -> bool:
        known = quantity(self.sensor.quantity)
        if not self.moves or known is None or value in (known.low, known.high):
            return False  # 100 %RH may stand for days
        return self.same_count >= STUCK_COUNT and self.same_s >= stuck_after_s(self, value)


def stuck_after_s(record: Record, value: float) -> float:
    """For how long a value may stand exactly still, in seconds of measurements that follow each other.

    A day for each multiple of ``MOVES`` that one step of the instrument is (a probe that shows whole degrees may
    stand ten times as long as one that shows tenths), seven days at most; and three times the longest standstill it
    ever ended by itself. Of n + 1 exchangeable runs the newest is the longest with probability 1 / (n + 1) (theory of
    records, K. N. Chandler, J. R. Stat. Soc. B 14, 1952), so a run far beyond all before it is no chance. The step is
    the smallest difference ever seen, before that the decimals of the value.
    """
    step = record.resolution or _decimals(value)
    days = min(max(1.0, step / record.moves), STUCK_MOST_DAYS) if record.moves else STUCK_MOST_DAYS
    return max(days * STUCK_AFTER_S, STUCK_TIMES_LONGEST * record.longest_s)


def battery_band(level: float) -> tuple[float, float]:
    """The levels, in per cent, between which nothing new is said of a battery: low, recovering, or good."""
    if level < LOW_BATTERY:
        return 0.0, nextafter(LOW_BATTERY, 0.0)
    return (LOW_BATTERY, nextafter(BATTERY_AGAIN, 0.0)) if level < BATTERY_AGAIN else (BATTERY_AGAIN, 100.0)


def _decimals(value: float) -> float:
    for places in range(4):
        if round(value, places) == value:
            return float(10.0**-places)
    return 0.0001
