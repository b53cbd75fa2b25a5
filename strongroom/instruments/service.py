"""Sensors out of service: by whom, why, until when; nothing is out without an end. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sensors.model import Sensor, Text
from strongroom.instruments.acts import LONGEST_OUT_S, MAY, SensorBack, SensorOut, ServiceAct
from strongroom.instruments.records import Record

OUT = "sensor.out_of_service"
BACK = "sensor.in_service"
EXPIRED = "expired"  # the reason of a return that nobody asked for


class Service:
    """Which sensors of one building are out of service. :meth:`restore` each record of the journal, in order."""

    def __init__(self, sensors: Mapping[str, Sensor]) -> None:
        self._sensors = sensors
        self.out: dict[str, Record] = {}

    def restore(self, record: Record) -> None:
        """Put back what the journal says; a sensor that is gone from the folder is not out of service."""
        if record.kind == OUT and record.sensor in self._sensors:
            self.out[record.sensor] = record
        elif record.kind == BACK:
            self.out.pop(record.sensor, None)

    def decide(self, what: ServiceAct, by: str, roles: Collection[str], now: float) -> Record | Text:
        """What an act makes true, or why it is refused."""
        if refused := not_allowed(roles):
            return refused
        if what.sensor not in self._sensors:
            return Text(f"没有传感器“{what.sensor}”。", f"There is no sensor {what.sensor!r}.")
        if isinstance(what, SensorBack):
            if what.sensor not in self.out:
                return Text("该传感器没有停用。", "That sensor is not out of service.")
            return self._put(Record(kind=BACK, sensor=what.sensor, at=now, by=by))
        return self._go_out(what, by, now)

    def _go_out(self, what: SensorOut, by: str, now: float) -> Record | Text:
        if not what.reason.strip():
            return Text("停用必须写明原因。", "Out of service needs a reason.")
        if not now < what.until_at <= now + LONGEST_OUT_S + 60.0:
            return Text(
                "结束时间须在将来，最多 30 天。", "It needs an end in the future, 30 days away at most."
            )
        reason = what.reason.strip()[:200]
        return self._put(
            Record(kind=OUT, sensor=what.sensor, at=now, by=by, reason=reason, until_at=what.until_at)
        )

    def expired(self, now: float) -> list[Record]:
        """Those whose time has come, now back in service."""
        names = [name for name, record in self.out.items() if record.until_at <= now]
        return [
            self._put(Record(kind=BACK, sensor=name, at=now, by="system", reason=EXPIRED)) for name in names
        ]

    def next_due(self) -> float | None:
        """When the next one returns."""
        return min((record.until_at for record in self.out.values()), default=None)

    def _put(self, record: Record) -> Record:
        self.restore(record)
        return record


def not_allowed(roles: Collection[str]) -> Text | None:
    """Why somebody with these roles may not change instruments; None where they may."""
    if MAY.intersection(roles):
        return None
    return Text(
        "只有协调员和管理员可以更改传感器。", "Only coordinators and administrators may change instruments."
    )
