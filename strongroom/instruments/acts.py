"""What people do to instruments, as data. All of them change the building folder or what counts as watched."""

from __future__ import annotations

from msgspec import Struct


class AdoptDevice(Struct, frozen=True, kw_only=True, tag="device.adopt"):
    """Register a source of the inbox in a zone. ``stem`` begins the ids, ``quantities`` limits what is taken,
    ``template`` names a device model; "" chooses by what the device says."""

    newcomer: str
    zone: str
    name_zh: str
    name_en: str = ""
    stem: str = ""
    template: str = ""
    quantities: tuple[str, ...] = ()


class ReplaceDevice(Struct, frozen=True, kw_only=True, tag="device.replace"):
    """Another device at the place of a sensor: ids, names and history of the place stay."""

    sensor: str
    newcomer: str
    reason: str


class MoveDevice(Struct, frozen=True, kw_only=True, tag="device.move"):
    """The device of a sensor goes to another zone: the old place ends, its history stays under its id."""

    sensor: str
    zone: str
    name_zh: str
    name_en: str = ""
    stem: str = ""
    reason: str


class Calibrate(Struct, frozen=True, kw_only=True, tag="device.calibrate"):
    """A calibration: value * gain + offset from now on; ``on`` and ``due`` are ISO days, ``by_whom`` who did it."""

    sensor: str
    on: str
    offset: float
    gain: float = 1.0
    certificate: str = ""
    by_whom: str = ""
    due: str = ""
    note: str = ""


class DismissDevice(Struct, frozen=True, kw_only=True, tag="device.dismiss"):
    """Put a source of the inbox aside: seen, and not ours. It comes back by itself when it becomes another one."""

    newcomer: str
    reason: str


class RecallDevice(Struct, frozen=True, kw_only=True, tag="device.recall"):
    """List a dismissed source again."""

    newcomer: str


class SensorOut(Struct, frozen=True, kw_only=True, tag="sensor.out_of_service"):
    """Take a sensor out of service until a moment, with a reason; the person who does it owns it."""

    sensor: str
    until_at: float
    reason: str


class SensorBack(Struct, frozen=True, kw_only=True, tag="sensor.in_service"):
    """Back into service before its time."""

    sensor: str


class TakeFolder(Struct, frozen=True, kw_only=True, tag="folder.take"):
    """Go on with the building folder as it is now, if it passes the check."""


FolderAct = AdoptDevice | ReplaceDevice | MoveDevice | Calibrate | TakeFolder
ServiceAct = SensorOut | SensorBack
StrangerAct = DismissDevice | RecallDevice
InstrumentAct = FolderAct | ServiceAct | StrangerAct
MAY = frozenset(("coordinator", "administrator", "it"))
"""Roles that may do any of this; rosters also call the administrator "it"."""
LONGEST_OUT_S = 30 * 86_400.0
