"""What the turn of decisions needs of a building's instruments: strangers, service, calibrations. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from alerts.evaluate import Evaluator
from alerts.rule import Change
from sensors.model import Decoded, RawMessage, Reading, Text
from sensors.newcomers import Newcomers
from strongroom.instruments.acts import RecallDevice, ServiceAct, StrangerAct
from strongroom.instruments.due import Calibrations, Task
from strongroom.instruments.records import Record
from strongroom.instruments.service import BACK, Service, not_allowed
from strongroom.model import Building

NAMED = 5  # overdue sensors named in the alarm


class Instruments:
    """The instruments of one building beside their readings. ``states`` are those the last run committed."""

    def __init__(self, building: Building, states: Mapping[str, bytes]) -> None:
        self.newcomers = Newcomers(building.sensors, building.timezone, states)
        self.service = Service(building.sensors)
        self.calibrations = Calibrations(building.sensors.values(), building.timezone)

    def hear(self, raw: RawMessage, decoded: Decoded, now: float) -> None:
        """Look whether a message tells of a device that nobody registered."""
        strange = not decoded.known or bool(decoded.declarations)
        if strange or self.newcomers.wants(raw.topic, now, empty=not decoded.readings):
            self.newcomers.observe(raw, now)

    def judged(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """The readings that may decide anything: a drill's own, and those of sensors in service."""
        out = self.service.out
        if not out:
            return readings
        return [reading for reading in readings if reading.drill or reading.sensor not in out]

    def is_out(self, reading: Reading) -> bool:
        """Whether a reading is kept and shown, and not believed."""
        return reading.sensor in self.service.out and not reading.drill

    def resume(self, evaluator: Evaluator, now: float) -> list[Change]:
        """Set aside what was out of service when the last run ended."""
        return [change for name in self.service.out for change in evaluator.set_aside(name, now)]

    def decide(self, what: ServiceAct, by: str, roles: Collection[str], now: float) -> Record | Text:
        """What an act makes true, or why it is refused."""
        return self.service.decide(what, by, roles, now)

    def judge(self, what: StrangerAct, by: str, roles: Collection[str], now: float) -> Text | None:
        """Dismiss a source of the inbox or list it again; the reason where that is refused."""
        if refused := not_allowed(roles):
            return refused
        if isinstance(what, RecallDevice):
            done = self.newcomers.recall(what.newcomer)
        elif not what.reason.strip():
            return Text("忽略设备必须写明原因。", "Dismissing a device needs a reason.")
        else:
            done = self.newcomers.dismiss(what.newcomer, by, what.reason.strip()[:200], now)
        if done:
            return None
        return Text(
            f"收件箱里没有“{what.newcomer}”。", f"There is no such device in the inbox: {what.newcomer!r}."
        )

    def follow(
        self, record: Record, evaluator: Evaluator, latest: Mapping[str, Reading], now: float
    ) -> list[Change]:
        """A sensor went out of service or came back. What it has said of late is judged at its return; a value older
        than its limit of silence is not, as it would not be of any other sensor: it raises and clears nothing.
        """
        if record.kind != BACK:
            return evaluator.set_aside(record.sensor, now)
        back = evaluator.bring_back(record.sensor, now)
        newest, seen = latest.get(record.sensor), evaluator.seen(record.sensor)
        if newest is None or seen is None or now - newest.received_at > seen.limit_s:
            return back
        return [*back, *evaluator.observe(newest, now)]

    def overdue(self, now: float) -> Text | None:
        """Which calibrations have ended; None where none has."""
        names = self.calibrations.overdue(now)
        if not names:
            return None
        listed = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
        return Text(f"已到期：{listed}", f"overdue: {listed}")

    def tasks(self, now: float) -> list[Task]:
        """Calibrations to be told of at this hour."""
        return self.calibrations.tasks(now) if self.calibrations.is_told_now(now) else []
