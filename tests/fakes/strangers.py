"""Unregistered devices, calibrations and sensors out of service, for tests of the setup page."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sensors.model import Calibration, RawMessage
from sensors.newcomer import Newcomer
from sensors.newcomers import Newcomers
from strongroom.folder.calibrations import corrected
from strongroom.folder.templates import standard_templates
from strongroom.model import Aside, Board, Building, Strangers

DAY = 86_400.0
MESSAGES = (
    ("zigbee2mqtt/attic-leak", b'{"water_leak": false, "battery": 97, "device": {"model": "SJCGQ11LM"}}'),
    ("lab/box7", b'{"temperature": 18.5, "humidity": 48.2}'),
    ("cellar/<script>alert(1)</script>", b"{'t': 20"),
)


def newcomers(now: float) -> list[Newcomer]:
    """Three sources: one whose model is known, one that is plain JSON, one that cannot be read."""
    inbox = Newcomers({}, "Asia/Shanghai")
    for minute in range(3):
        for topic, payload in MESSAGES:
            at = now - 180.0 + 60.0 * minute
            inbox.observe(RawMessage(topic, payload, at), at)
    return inbox.listed()


def equipped(building: Building, now: float) -> Building:
    """The building with the product's templates and two calibrations, one of them ended."""

    def day(shift: float) -> str:
        return datetime.fromtimestamp(now + shift * DAY, ZoneInfo(building.timezone)).date().isoformat()

    rows = (
        Calibration(
            sensor="2B-T1", on=day(-400), offset=-0.3, certificate="K-2025-114", by="Lab", due=day(-3)
        ),
        Calibration(
            sensor="2B-H1", on=day(-340), offset=1.2, gain=1.02, certificate="K-2025-115", due=day(25)
        ),
    )
    return replace(
        building,
        templates=standard_templates(),
        calibrations=rows,
        sensors=corrected(building.sensors, rows, building.timezone),
    )


def troubled(board: Board) -> Board:
    """The board with a sensor out of service, an ended calibration and a flood in the inbox."""
    aside = Aside(
        sensor="2B-W1", by="wang", reason="cable torn", since_at=board.at - 600, until_at=board.at + 3 * DAY
    )
    return replace(board, aside=(aside,), uncalibrated=("2B-T1",), strangers=Strangers(2, 1, 4321, 99_000))
