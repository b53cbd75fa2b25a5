"""calibrations.csv: when each sensor was calibrated, by whom, with which correction. Rows are added, never changed."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime, time
from math import isfinite
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sensors.model import Calibration, Sensor, Text
from strongroom.folder.ledger import Ledger, Spot
from strongroom.folder.source import Source

FILE = "calibrations.csv"
COLUMNS = ("sensor", "date", "offset", "gain", "certificate", "by", "due", "note")
ALSO = {
    "传感器": "sensor", "编号": "sensor", "日期": "date", "校准日期": "date", "修正值": "offset", "偏移": "offset",
    "系数": "gain", "增益": "gain", "证书": "certificate", "证书号": "certificate", "校准人": "by", "机构": "by",
    "到期": "due", "有效期至": "due", "备注": "note",
}  # fmt: skip
NEEDED = ("sensor", "date", "offset")
_SEPARATORS = ",;\t"


def separator_of(head: str) -> str:
    """The separator that the header line uses."""
    return max(_SEPARATORS, key=head.count) if any(mark in head for mark in _SEPARATORS) else ","


def columns_of(head: str) -> list[str]:
    """The proper names of the header's columns, in the file's order; "" for one we do not know."""
    cells = next(csv.reader([head], delimiter=separator_of(head)), [])
    plain = [cell.strip().strip("\ufeff").casefold() for cell in cells]
    return [ALSO.get(cell, cell if cell in COLUMNS else "") for cell in plain]


def read_calibrations(source: Source, ledger: Ledger) -> tuple[Calibration, ...]:
    """All rows in the order of the file; wrong ones are reported and left out."""
    lines = source.text.split("\n")
    start = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if start is None:
        return ()
    columns = columns_of(lines[start])
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        listed = ",".join(COLUMNS)
        ledger.error(
            Spot(FILE, start + 1),
            Text(f"表头缺少列：{'、'.join(missing)}。", f"The header lacks: {', '.join(missing)}."),
            Text(f"第一行写：{listed}", f"Write as the first line: {listed}"),
        )
        return ()
    found: list[Calibration] = []
    spots: dict[str, Spot] = {}
    reader = csv.reader(lines[start + 1 :], delimiter=separator_of(lines[start]))
    for cells in reader:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        one = _row(
            row, Spot(FILE, start + 1 + reader.line_num, f'calibration "{row.get("sensor", "")}"'), ledger
        )
        if one is not None:
            found.append(one)
            spots[one.sensor] = Spot(FILE, start + 1 + reader.line_num, f'calibration "{one.sensor}"')
    for name, last in newest(tuple(found)).items():
        if (
            last.due or not last.note
        ):  # a last row with a note and no end closes the record of a place given up
            ledger.refer(
                "sensor", name, spots[name], lambda near: Text(f"改为 {near}", f"Write {near}"), "warning"
            )
    return tuple(found)


def _row(row: Mapping[str, str], spot: Spot, ledger: Ledger) -> Calibration | None:
    good = True
    for key in ("date", "due"):
        word = row.get(key, "")
        if (word or key == "date") and _date(word) is None:
            ledger.error(
                spot,
                Text(f"{key} 列“{word}”不是日期。", f'{key}: "{word}" is no date.'),
                Text("写成 2026-03-01。", "Write it like 2026-03-01."),
            )
            good = False
    numbers = {}
    for key, default in (("offset", 0.0), ("gain", 1.0)):
        number = _number(row.get(key, ""), default)
        if number is None or (key == "gain" and not 0.1 <= number <= 10.0):
            ledger.error(
                spot,
                Text(
                    f"{key} 列“{row.get(key)}”不是可用的数。", f'{key}: "{row.get(key)}" is no usable number.'
                ),
                Text(
                    "offset 写如 -0.3；gain 在 0.1 到 10 之间。",
                    "Write offset like -0.3, gain from 0.1 to 10.",
                ),
            )
            good = False
            number = default
        numbers[key] = number
    if not row.get("sensor"):
        ledger.error(
            spot,
            Text("缺少传感器编号。", "The sensor is missing."),
            Text("写 sensors.toml 里的 id。", "Write its id from sensors.toml."),
        )
        good = False
    if not good:
        return None
    on, due = _date(row["date"]), _date(row.get("due", ""))
    return Calibration(
        sensor=row["sensor"],
        on=on.isoformat() if on else "",
        offset=numbers["offset"],
        gain=numbers["gain"],
        certificate=row.get("certificate", ""),
        by=row.get("by", ""),
        due=due.isoformat() if due else "",
        note=row.get("note", ""),
    )


def _date(word: str) -> date | None:
    try:
        return date.fromisoformat(word.strip().replace("/", "-").replace(".", "-"))
    except ValueError:
        return None


def _number(word: str, default: float) -> float | None:
    if not word.strip():
        return default
    try:
        number = float(word.strip().replace(",", ".").replace("−", "-"))
    except ValueError:
        return None
    return number if isfinite(number) else None


def newest(rows: tuple[Calibration, ...]) -> dict[str, Calibration]:
    """The calibration that counts, by sensor: that of the latest date, of one date the last written."""
    found: dict[str, Calibration] = {}
    for row in rows:
        old = found.get(row.sensor)
        if old is None or row.on >= old.on:
            found[row.sensor] = row
    return found


def corrected(
    sensors: Mapping[str, Sensor], rows: tuple[Calibration, ...], timezone: str
) -> dict[str, Sensor]:
    """The sensors with the corrections and ends of their newest calibrations; ``offset`` of a row replaces theirs.

    A calibration ends with its due day, in the building's wall time.
    """
    found = dict(sensors)
    for name, row in newest(rows).items():
        sensor = found.get(name)
        if sensor is not None:
            found[name] = replace(
                sensor,
                offset=row.offset,
                gain=row.gain,
                calibrate_by_at=end_of_day(row.due, timezone) if row.due else None,
            )
    return found


def end_of_day(day: str, timezone: str) -> float:
    """Unix seconds of the last second of an ISO day in wall time."""
    return datetime.combine(date.fromisoformat(day), time(23, 59, 59), ZoneInfo(timezone)).timestamp()
