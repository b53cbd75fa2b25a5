"""Exports of data loggers: every style reads right, and what cannot be known is asked or refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from sensors.loggers.read import Channel, Export, Options, read_export
from sensors.model import Text

SAMPLES = Path(__file__).parents[3] / "samples" / "loggers"
LONDON = ZoneInfo("Europe/London")
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def read(raw: bytes | str, name: str = "x.csv", zone: Any = UTC, **options: Any) -> Export:
    body = raw.encode() if isinstance(raw, str) else raw
    found = read_export(body, name, zone=zone, now=NOW, options=Options(**options))
    assert isinstance(found, Export), found
    return found


def sample(name: str, zone: Any = UTC) -> Export:
    return read((SAMPLES / name).read_bytes(), name, zone)


def words(raw: str, **options: Any) -> str:
    found = read_export(raw.encode(), "x.csv", zone=UTC, now=NOW, options=Options(**options))
    assert isinstance(found, Text), found
    return found.en


def one(export: Export, quantity: str, name: str = "") -> Channel:
    found = [one for one in export.channels if one.quantity == quantity and name in one.name]
    assert len(found) == 1, [one.name for one in export.channels]
    return found[0]


def at(*when: int, zone: Any = UTC) -> float:
    return datetime(*when, tzinfo=zone).timestamp()  # type: ignore[misc,arg-type]


def test_hanwell_logger() -> None:
    export = sample("hanwell.csv", LONDON)
    temperature, humidity = one(export, "temperature"), one(export, "humidity")
    assert export.style == "Hanwell"
    assert temperature.serial == "0412-00317"
    assert temperature.value == [18.5, 18.4, 18.4, 18.3]
    assert temperature.at[0] == at(2026, 3, 30, 22, zone=LONDON)
    assert humidity.value == [41.5, 41.6, 41.2]
    assert [(bad.line, bad.cell) for bad in export.refused] == [(16, "999.9")]


def test_hanwell_system_export_ends_at_its_mark() -> None:
    export = sample("hanwell-ems.csv")
    assert one(export, "temperature").value == [17.8, 17.9]
    assert one(export, "humidity").value == [55.2, 55.0, 55.1]
    assert one(export, "humidity").at[0] == at(2026, 2, 1, 0, 6, 3)
    assert (export.blank, export.refused_count) == (1, 0)
    assert export.after == 6
    assert "Store 4 east" in one(export, "humidity").name


def test_meaco_holds_several_transmitters_in_one_file() -> None:
    export = sample("meaco.csv")
    assert one(export, "temperature", "Strongroom 1").value == [17.06, 17.05, 17.04]
    assert one(export, "humidity", "Strongroom 2").value == [49.14, 49.10, 49.08]
    assert one(export, "temperature", "Strongroom 1").assumed  # no unit is written, and that is said


def test_a_short_file_is_read_in_its_makers_order_of_day_and_month() -> None:
    export = sample("meaco-new.csv")
    assert one(export, "temperature").at[0] == at(2026, 3, 4, 7, 15)


def test_rotronic_text_named_xls() -> None:
    export = sample("rotronic.xls")
    assert export.encoding == "cp1252"
    assert one(export, "humidity").value == [41.8, 41.6, 41.5]
    assert one(export, "temperature").unit == "°C"
    assert one(export, "temperature").serial == "60771234"
    assert one(export, "temperature").at[0] == at(2026, 2, 24, 13, 8, 35)


def test_tandd_units_stand_in_a_row_of_their_own() -> None:
    export = sample("tandd.csv")
    assert one(export, "temperature").value == [17.7, 17.7]
    assert one(export, "illuminance").value == [21.53, 24.52]
    assert one(export, "humidity").assumed
    assert [label for label, _ in export.left_out] == ["No.5 Cumulative Illuminance"]
    assert [one.quantity for one in export.channels if "mW/cm" in one.unit] == [""]


def test_tinytag_values_carry_their_units() -> None:
    export = sample("tinytag.csv")
    assert one(export, "temperature").value == [20.873, 20.879, 20.881]
    assert one(export, "temperature").assumed == ()
    assert one(export, "humidity").unit == "%RH"
    assert one(export, "humidity").serial == "718203"


def test_trend_twelve_at_night_and_at_noon() -> None:
    export = sample("trend.csv")
    assert one(export, "temperature").at == [at(2026, 2, 1, 0, 30), at(2026, 2, 1, 1), at(2026, 2, 1, 12)]


def test_hobo_fahrenheit_fixed_offset_and_events() -> None:
    export = sample("hobo.csv", LONDON)
    temperature = one(export, "temperature")
    assert temperature.value[0] == pytest.approx(18.0)
    assert temperature.at[0] == at(2026, 2, 3, 1, zone=timezone(timedelta(hours=-8)))
    assert len(temperature.at) == 3
    assert temperature.serial == "20173910"
    assert export.refused_count == 0


def test_testo_decimal_commas_and_statistics_below() -> None:
    export = sample("testo.csv", ZoneInfo("Europe/Berlin"))
    assert one(export, "temperature").value == [18.4, 18.5]
    assert one(export, "humidity").value == [52.1, 52.0, 52.0, 51.9]
    assert export.after == 2
    assert [bad.cell for bad in export.refused] == ["OVER"]


def test_chinese_headings_in_gb18030() -> None:
    export = sample("chinese.csv", SHANGHAI)
    assert export.encoding == "gb18030"
    assert one(export, "temperature").value == [20.1, 20.3]
    assert one(export, "humidity").at[1] == at(2026, 3, 1, 13, zone=SHANGHAI)
    assert [(bad.line, bad.cell) for bad in export.refused] == [(4, "断线")]


def test_workbook_times_are_whole_seconds() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Site", "Sensor", "Date", "Temp", "RH"])
    sheet.append(["London", "Room 1", datetime(2026, 1, 1, 0, 29, 59, 990000), 21.8, 36.8])
    sheet.append(["London", "Room 1", datetime(2026, 1, 1, 1, 0), 21.7, None])
    sheet.append(["London", "Room 2", datetime(2026, 1, 1, 1, 0), 19.7, 40.0])
    out = BytesIO()
    book.save(out)
    export = read(out.getvalue(), "x.xlsx")
    assert one(export, "temperature", "Room 1").at == [at(2026, 1, 1, 0, 30), at(2026, 1, 1, 1)]
    assert one(export, "humidity", "Room 1").value == [36.8]
    assert one(export, "temperature", "Room 2").value == [19.7]


def test_one_reading_a_line_with_its_name_and_unit() -> None:
    export = read(
        "Time,Channel,Value,Unit\n"
        "2026-03-01T00:00:00Z,Store A Temperature,68.0,°F\n"
        "2026-03-01T00:00:00Z,Store A Humidity,45,%RH\n"
        "2026-03-01T01:00:00+08:00,Store A Temperature,68.9,°F\n"
    )
    assert one(export, "temperature").value == [20.0, 20.5]
    assert one(export, "temperature").at[1] == at(2026, 2, 28, 17)
    assert one(export, "humidity").value == [45.0]


def test_day_and_month_are_told_by_the_course_of_the_file() -> None:
    rows = "".join(f"{day:02d}/03/2026 12:00,18.{day}\n" for day in range(1, 10))
    assert one(read("Time,Temp C\n" + rows), "temperature").at[-1] == at(2026, 3, 9, 12)
    rows = "".join(f"03/{day:02d}/2026 12:00,18.{day}\n" for day in range(1, 10))
    assert one(read("Time,Temp C\n" + rows), "temperature").at[-1] == at(2026, 3, 9, 12)


def test_day_and_month_that_stay_open_are_asked() -> None:
    raw = "Time,Temp C\n03/04/2026 12:00,18.1\n03/04/2026 13:00,18.2\n"
    assert "--dates dmy" in words(raw)
    assert one(read(raw, order="mdy"), "temperature").at[0] == at(2026, 3, 4, 12)
    assert one(read(raw, order="dmy"), "temperature").at[0] == at(2026, 4, 3, 12)


def test_a_date_that_would_lie_in_the_future_is_not_meant() -> None:
    raw = "Time,Temp C\n10/12/2026 12:00,18.1\n10/12/2026 13:00,18.2\n"  # 10 December is after NOW
    assert one(read(raw), "temperature").at[0] == at(2026, 10, 12, 12)


def test_thousands_or_decimals_that_stay_open_are_asked() -> None:
    raw = 'Time,Light lux\n2026-03-01 12:00,"1,234"\n2026-03-01 13:00,"2,345"\n'
    assert "--decimal" in words(raw)
    assert one(read(raw, decimal="."), "illuminance").value == [1234.0, 2345.0]
    assert one(read(raw, decimal=","), "illuminance").value == [1.234, 2.345]


def test_clocks_that_change() -> None:
    spring = "Time,Temp C\n2026-03-29 00:30,18.1\n2026-03-29 01:30,18.2\n2026-03-29 02:30,18.3\n"
    export = read(spring, zone=LONDON)
    assert [(bad.line, bad.cell) for bad in export.refused] == [(3, "2026-03-29 01:30")]
    assert read(spring, zone=timezone(timedelta())).refused_count == 0
    autumn = "Time,Temp C\n" + "".join(
        f"2026-10-25 {clock},18.{n}\n"
        for n, clock in enumerate(("00:30", "01:00", "01:30", "01:00", "01:30", "02:00"))
    )
    moments = one(read(autumn, zone=LONDON), "temperature").at
    assert [after - before for before, after in pairwise(moments)] == [1800.0] * 5


def test_newest_first_is_the_same() -> None:
    head, *rows = (SAMPLES / "hanwell-ems.csv").read_text().split("\n")[6:10]
    upright = one(read("\n".join([head, *rows]), order="dmy"), "humidity")
    turned = one(read("\n".join([head, *reversed(rows)]), order="dmy"), "humidity")
    assert (turned.at, turned.value) == (upright.at, upright.value)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-02-30 12:00,18.1", "no such day"),
        ("2027-03-01 12:00,18.1", "future"),
        ("1970-01-01 00:00,18.1", "clock was not set"),
        ("yesterday,18.1", "no time"),
        ("2026-03-01 12:00,Error", "no number"),
        ("2026-03-01 12:00,-327.68", "not believable"),
        ("2026-03-01 11:00,19.9", "already has 18"),
    ],
)
def test_every_bad_row_is_refused_with_its_line(row: str, says: str) -> None:
    export = read(f"Time,Temp C\n2026-03-01 11:00,18\n{row}\n2026-03-01 13:00,18.2\n")
    assert one(export, "temperature").value == [18.0, 18.2]
    assert [(bad.line, says in bad.says.en) for bad in export.refused] == [(3, True)]


def test_the_same_reading_twice_is_a_repeat() -> None:
    export = read("Time,Temp C\n2026-03-01 11:00,18\n2026-03-01 11:00,18.0\n")
    assert (export.repeats, export.refused_count, one(export, "temperature").value) == (1, 0, [18.0])


def test_statistics_limits_and_foreign_units_are_left_out() -> None:
    export = read(
        "Time,Temp min (°C),Temp max (°C),Temp avg (°C),Alarm limit %RH,Dew Point °C,Pressure (psi),UV (mW/cm2)\n"
        "2026-03-01 11:00,17,19,18,60,9.1,14.7,0.1\n2026-03-01 12:00,17,19,18.2,60,9.2,14.7,0.1\n"
    )
    assert one(export, "temperature").value == [18.0, 18.2]
    assert one(export, "dew_point").value == [9.1, 9.2]
    assert one(export, "pressure").value[0] == pytest.approx(101_353, abs=1)
    assert {label.split(" (")[0] for label, _ in export.left_out} == {
        "Temp min",
        "Temp max",
        "Alarm limit %RH",
        "UV",
    }


def test_a_place_that_sounds_like_a_sensor_is_a_place() -> None:
    export = read("Time,Door 3 Temperature (°C),Window RH (%)\n2026-03-01 11:00,17,55\n")
    assert sorted(one.quantity for one in export.channels) == ["humidity", "temperature"]


def test_a_unit_can_be_said() -> None:
    export = read("Time,Temp\n2026-03-01 11:00,68\n", units={"temperature": "°F"})
    assert one(export, "temperature").value == [20.0]


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"hello", b"Time,Temp\n", b"\x00\xff\xfe\x00", b"PK\x03\x04 no zip"]
)
def test_what_is_no_export_gets_words(raw: bytes) -> None:
    found = read_export(raw, "x.csv", zone=UTC, now=NOW)
    assert isinstance(found, Text)
    assert found.zh
    assert found.en


def test_progress_reaches_the_end() -> None:
    heard: list[tuple[int, int]] = []
    raw = "Time,Temp C\n" + "".join(f"2026-03-01 {n // 60:02d}:{n % 60:02d},18\n" for n in range(600))
    read_export(
        raw.encode(), "x.csv", zone=UTC, now=NOW, on_step=lambda done, total: heard.append((done, total))
    )
    assert heard[-1] == (600, 600)
