"""The climate report: figures of rooms whose course is known, months of the calendar, CSV and PDF."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs
from typer.testing import CliRunner

from ingest.series_memory import MemorySeries
from ingest.series_sqlite import SqliteSeries
from sensors.climate import preservation_index
from sensors.model import Quality, Reading, Sensor, Text, Zone
from strongroom.cli import app
from strongroom.climate_pdf import plain, write_pdf
from strongroom.climate_report import climate_report, months
from strongroom.climate_tables import COLUMNS, rows, write_csv
from strongroom.datadir import keep_last_good
from strongroom.model import Building

SHANGHAI = "Asia/Shanghai"
HOUR = 3600.0
DAY = 86400.0
START = datetime(2026, 3, 1, tzinfo=ZoneInfo(SHANGHAI)).timestamp()
END = datetime(2026, 5, 1, tzinfo=ZoneInfo(SHANGHAI)).timestamp()
NOW = END + DAY


def sensor(name: str, zone: str, quantity: str, topic: str = "") -> Sensor:
    return Sensor(
        id=name,
        name=Text(name, name),
        zone=zone,
        quantity=quantity,
        topic=topic or name,
        dialect="json",
        every_s=600,
        silent_after_s=1800,
    )


def house() -> Building:
    kinds = {"2b": "stack", "rare": "special", "yard": "outside", "read": "reading"}
    sensors = [
        sensor("2b-t", "2b", "temperature", "dev"),
        sensor("2b-rh", "2b", "humidity", "dev"),
        sensor("rare-t", "rare", "temperature"),
        sensor("yard-t", "yard", "temperature"),
        sensor("read-rh", "read", "humidity"),
        sensor("2b-leak", "2b", "water_leak"),
    ]
    return Building(
        id="b",
        name=Text("市<档案>馆", "City archive"),
        timezone=SHANGHAI,
        languages=("zh", "en"),
        assembly="",
        floors=(),
        zones={z: Zone(id=z, name=Text(f"{z}库", f"=Room {z}"), kind=k, floor="1") for z, k in kinds.items()},
        sensors={s.id: s for s in sensors},
        rules={},
        people={},
        ladders=(),
        duties=(),
        playbooks={},
        holdings={},
        drills={},
        folder="",
        revision="r",
    )


def course(series: MemorySeries | SqliteSeries) -> None:
    """2b: 20 °C, 50 %; in March six hours a day at 62 %; ten whole days of April missing. Others steady."""
    readings = []
    for i in range(int((END - START) / 600)):
        at = START + 600 * i
        hour = (at - START) % DAY / HOUR
        missing = START + 40 * DAY <= at < START + 50 * DAY
        if not missing:
            damp = 62.0 if at < START + 31 * DAY and 6 <= hour < 12 else 50.0
            readings += [Reading("2b-t", 20.0, at, at), Reading("2b-rh", damp, at, at)]
        readings += [
            Reading("rare-t", 21.0, at, at),
            Reading("yard-t", -3.0, at, at),
            Reading("read-rh", 55.0, at, at),
        ]
    readings.append(Reading("2b-t", 85.0, START + 301, START + 301, Quality.IMPLAUSIBLE))
    series.write(readings)


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], dict[str, str]]:
    series = MemorySeries()
    course(series)
    report = climate_report(series, house(), START, END, NOW)
    return {(row["sensor"], row["month"]): row for row in rows(report)}


def test_months_are_those_of_the_calendar_where_the_building_stands() -> None:
    found = months(START + 3 * DAY, END + DAY, SHANGHAI)
    assert [m.name for m in found] == ["2026-03", "2026-04", "2026-05"]
    assert [(m.to_at - m.from_at) / DAY for m in found] == [28, 30, 1]
    year = months(START, START + 400 * DAY, SHANGHAI)
    assert [m.name for m in year][9:11] == ["2026-12", "2027-01"]


def test_time_in_band_against_the_clause_of_the_room(table: dict[tuple[str, str], dict[str, str]]) -> None:
    march = table["2b-rh", "2026-03"]
    assert march["clause"] == "JGJ 25-2010 5.2.1, 5.2.3"
    assert (march["low_limit"], march["high_limit"]) == ("45.0", "60.0")
    # six of 24 hours at 62 %; the ramps of ten minutes are below 60 % for ten twelfths of their way
    assert float(march["in_band_percent"]) == pytest.approx(100 - 100 * (6 - 1 / 6 + 2 / 36) / 24, abs=0.1)
    assert float(march["above_hours"]) == pytest.approx(31 * (6 - 1 / 6 + 2 / 36), abs=0.3)
    assert march["below_hours"] == "0.0"
    assert table["2b-rh", "2026-04"]["in_band_percent"] == "100.0"
    assert table["rare-t", "2026-03"]["in_band_percent"] == "0.0"
    assert table["rare-t", "2026-03"]["high_limit"] == "20.0"


def test_swing_of_day_and_night(table: dict[tuple[str, str], dict[str, str]]) -> None:
    march, april = table["2b-rh", "2026-03"], table["2b-rh", "2026-04"]
    assert (march["widest_24h_swing"], march["swing_limit"]) == ("12.0", "10.0")
    assert (march["days_over_swing"], march["days_judged"]) == ("31", "31")
    assert (april["days_over_swing"], april["days_judged"]) == ("0", "20")


def test_gaps_are_counted_and_hold_nothing_against_the_room(
    table: dict[tuple[str, str], dict[str, str]],
) -> None:
    april = table["2b-t", "2026-04"]
    assert april["gaps"] == "1"
    assert float(april["unknown_hours"]) == pytest.approx(240, abs=0.5)
    assert float(april["known_percent"]) == pytest.approx(100 * 20 / 30, abs=0.1)
    assert april["in_band_percent"] == "100.0"
    assert table["2b-t", "2026-03"]["max"] == "20.0"  # 85 °C was implausible


def test_ageing_and_mould_stand_with_the_hygrometer(table: dict[tuple[str, str], dict[str, str]]) -> None:
    april = table["2b-rh", "2026-04"]
    assert float(april["twpi_years"]) == pytest.approx(preservation_index(20, 50), abs=0.06)
    assert april["lifetime"] == "1.00"
    assert april["emc_max_percent"] == "9.3"
    assert april["mould_index_max"] == "0.00"
    assert float(table["2b-rh", "2026-03"]["twpi_years"]) < 41.0
    assert table["2b-t", "2026-04"]["twpi_years"] == ""
    assert table["read-rh", "2026-04"]["twpi_years"] == ""


def test_rooms_without_a_clause_are_reported_without_a_verdict(
    table: dict[tuple[str, str], dict[str, str]],
) -> None:
    yard = table["yard-t", "2026-03"]
    assert (yard["clause"], yard["in_band_percent"], yard["mean"]) == ("", "", "-3.00")
    assert table["read-rh", "2026-03"]["in_band_percent"] == ""
    assert ("2b-leak", "2026-03") not in table


def test_mould_goes_on_from_month_to_month() -> None:
    series = MemorySeries()
    times = [START + HOUR * i for i in range(61 * 24)]
    series.write(
        [Reading("2b-t", 25.0, at, at) for at in times] + [Reading("2b-rh", 92.0, at, at) for at in times]
    )
    slow = house()
    for name in ("2b-t", "2b-rh"):
        slow.sensors[name] = Sensor(
            **{f: getattr(slow.sensors[name], f) for f in Sensor.__struct_fields__} | {"silent_after_s": 7200}
        )
    found = {
        r["month"]: r for r in rows(climate_report(series, slow, START, END, NOW)) if r["sensor"] == "2b-rh"
    }
    assert 0 < float(found["2026-03"]["mould_index"]) < float(found["2026-04"]["mould_index"])
    assert float(found["2026-03"]["mould_hours"]) == pytest.approx(31 * 24, abs=1)


def test_old_hourly_roll_ups_are_no_gaps(tmp_path: Path) -> None:
    series = SqliteSeries(tmp_path / "readings.db")
    course(series)
    later = START + 1000 * DAY
    series.write([Reading(name, 20.0, later, later) for name in house().sensors])
    while series.upkeep(later):
        pass
    assert len(series.downsample("2b-rh", START, START + DAY, 300)) == 24
    found = {(r["sensor"], r["month"]): r for r in rows(climate_report(series, house(), START, END, later))}
    assert found["2b-rh", "2026-03"]["known_percent"] == "100.0"
    assert float(found["2b-rh", "2026-03"]["in_band_percent"]) == pytest.approx(
        100 - 100 * (5 + 1 / 3) / 24, abs=0.3
    )
    assert float(found["2b-t", "2026-04"]["unknown_hours"]) == pytest.approx(240, abs=2)
    series.close()


def of_room(
    readings: list[Reading], timezone: str, first: datetime, last: datetime
) -> dict[str, dict[str, str]]:
    """One hygrometer's rows by month."""
    series = MemorySeries()
    series.write(readings)
    there = structs.replace(house(), timezone=timezone)
    span = (
        first.replace(tzinfo=ZoneInfo(timezone)).timestamp(),
        last.replace(tzinfo=ZoneInfo(timezone)).timestamp(),
    )
    report = climate_report(series, there, *span, span[1] + DAY)
    return {row["month"]: row for row in rows(report) if row["sensor"] == "2b-rh"}


def test_months_begin_at_local_midnight_over_both_clock_changes() -> None:
    """Berlin, 62 % from local midnight to six every day, else 50 %: on 29 March those are five hours, on 25 October
    seven. March has 743 hours, October 745. A ramp of five minutes is above 60 % for a sixth of it, so each day
    gains one sixth before midnight and loses five before six."""
    berlin = ZoneInfo("Europe/Berlin")
    begin, end = (
        datetime(2026, 3, 1, tzinfo=berlin).timestamp(),
        datetime(2026, 11, 1, tzinfo=berlin).timestamp(),
    )
    readings = [
        Reading("2b-rh", 62.0 if datetime.fromtimestamp(at, berlin).hour < 6 else 50.0, at, at)
        for at in (begin + 300 * n for n in range(int((end - begin) / 300)))
    ]
    found = of_room(readings, "Europe/Berlin", datetime(2026, 3, 1), datetime(2026, 11, 1))
    assert list(found) == [f"2026-{number:02}" for number in range(3, 11)]
    for name, hours, days in (
        ("2026-03", 31 * 6 - 1, 31),
        ("2026-04", 30 * 6, 30),
        ("2026-10", 31 * 6 + 1, 31),
    ):
        assert float(found[name]["above_hours"]) == pytest.approx(hours - days * (4 / 6) * 5 / 60, abs=0.1)
        assert found[name]["known_percent"] == "100.0"
        assert (found[name]["days_over_swing"], found[name]["days_judged"]) == (str(days), str(days))
    whole = sum(
        float(row["above_hours"]) / (1 - float(row["in_band_percent"]) / 100) for row in found.values()
    )
    assert whole == pytest.approx((end - begin) / HOUR, rel=0.01)


def test_uneven_sampling_weighs_by_time_not_by_readings() -> None:
    """Twelve hours at 50 % read every ten minutes, twelve at 62 % read every ten seconds: half the time above."""
    readings: list[Reading] = []
    for day in range(31):
        start = START + day * DAY
        readings += [Reading("2b-rh", 50.0, start + 600 * n, start + 600 * n) for n in range(72)]
        readings += [Reading("2b-rh", 62.0, at, at) for at in (start + DAY / 2 + 10 * n for n in range(4320))]
    march = of_room(readings, SHANGHAI, datetime(2026, 3, 1), datetime(2026, 4, 1))["2026-03"]
    assert float(march["in_band_percent"]) == pytest.approx(50.0, abs=0.6)
    assert float(march["mean"]) == pytest.approx(56.0, abs=0.1)


def test_a_logger_read_out_later_measured_at_its_own_pace() -> None:
    """Every hour, into a sensor that may be silent for half an hour; one night of ten hours is missing."""
    hours = [n for n in range(31 * 24) if not 240 <= n < 250]
    readings = [
        Reading("2b-rh", 62.0 if n % 24 < 6 else 50.0, START + HOUR * n, START + HOUR * n, Quality.HISTORICAL)
        for n in hours
    ]
    march = of_room(readings, SHANGHAI, datetime(2026, 3, 1), datetime(2026, 4, 1))["2026-03"]
    assert (march["gaps"], march["unknown_hours"]) == ("1", "11.0")
    assert float(march["known_percent"]) == pytest.approx(100 * (744 - 11) / 744, abs=0.1)
    # Of thirty days five whole hours and a sixth of either ramp; the first has no ramp before it.
    assert float(march["above_hours"]) == pytest.approx(30 * (5 + 2 / 6) - 1 / 6, abs=0.1)


def test_a_room_without_readings_has_a_row_that_claims_nothing() -> None:
    march = of_room([], SHANGHAI, datetime(2026, 3, 1), datetime(2026, 4, 1))["2026-03"]
    assert (march["known_percent"], march["gaps"], march["unknown_hours"]) == ("0.0", "1", "744.0")
    for name in (
        "in_band_percent",
        "mean",
        "min",
        "max",
        "widest_24h_swing",
        "twpi_years",
        "mould_index_max",
    ):
        assert march[name] == "", name


def test_csv_has_every_column_and_no_formulas() -> None:
    series = MemorySeries()
    course(series)
    out = io.StringIO()
    write_csv(out, climate_report(series, house(), START, END, NOW))
    found = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert list(found[0]) == list(COLUMNS)
    assert {row["name"] for row in found} == {"'=Room 2b", "'=Room rare", "'=Room yard", "'=Room read"}
    assert next(row for row in found if row["sensor"] == "yard-t")["mean"] == "-3.00"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pdf_is_a_whole_document(tmp_path: Path, language: str) -> None:
    series = MemorySeries()
    course(series)
    path = tmp_path / "report.pdf"
    write_pdf(path, climate_report(series, house(), START, END, NOW), language)
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert b"STSong-Light" in content or b"FontFile2" in content


def test_the_paper_uses_only_signs_that_viewers_fonts_have() -> None:
    assert plain("20 °C · 14–24") == "20 ℃, 14-24"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    keep_last_good(house(), tmp_path)
    store = SqliteSeries(tmp_path / "readings.db")
    course(store)
    store.close()
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["report", "climate", *words])
    return result.exit_code, result.output


def test_the_command_writes_both(data: Path, tmp_path: Path) -> None:
    out = [str(tmp_path / "c.csv"), str(tmp_path / "c.pdf")]
    code, said = run(
        "--data", str(data), "--from", "2026-03-01", "--to", "2026-05-01", "--csv", out[0], "--pdf", out[1]
    )
    assert code == 0, said
    assert "4 个房间" in said
    with Path(out[0]).open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == 10
    assert Path(out[1]).stat().st_size > 5000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--csv"),
        (["--csv", "x", "--profile", "none"], "jgj25-2010"),
        (["--csv", "x", "--language", "fr"], "zh | en"),
        (["--csv", "x", "--from", "soon"], "2026-03-01"),
        (["--csv", "x", "--from", "now"], "--from"),
        (["--csv", "/nowhere/x.csv"], "nowhere"),
    ],
)
def test_mistakes_are_said_and_end_with_2(data: Path, words: list[str], said: str) -> None:
    code, output = run("--data", str(data), *words)
    assert code == 2
    assert said in output


def test_without_a_building_or_readings_it_says_so(tmp_path: Path) -> None:
    code, output = run("--data", str(tmp_path), "--csv", "x")
    assert (code, "run the engine once" in output) == (2, True)
    keep_last_good(house(), tmp_path)
    code, output = run("--data", str(tmp_path), "--csv", "x")
    assert (code, "no readings yet" in output) == (2, True)
