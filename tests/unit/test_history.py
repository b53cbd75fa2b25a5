"""``strongroom history`` and what stands behind it: moments, spans, slices and the three formats."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from ingest.series import Series, SeriesDownError
from ingest.series_memory import MemorySeries
from ingest.series_sqlite import SqliteSeries
from sensors.model import Quality, Reading
from strongroom.cli import app, load
from strongroom.cli.common import waiting
from strongroom.clock import SetClock
from strongroom.history import CsvWriter, Extract, JsonWriter, ParquetWriter, csv_table, slices
from strongroom.readings import UnreadableError, midnights, open_series, read_moment, read_span, read_width
from strongroom.settings import Influx

T0 = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
NOW = T0 + 10 * 86400
SHANGHAI = "Asia/Shanghai"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = SqliteSeries(tmp_path / "readings.db")
    store.write(
        [Reading("库 1-T", round(20 + i % 10 / 10, 1), T0 + 600 * i, T0 + 600 * i + 2) for i in range(500)]
    )
    store.write([Reading("库 1-T", 99.0, T0 + 300, T0 + 300, Quality.SIMULATED, raw=98.5, drill="spring")])
    store.close()
    return tmp_path


def extract(every_s: float = 0.0, to_at: float = T0 + 86400) -> Extract:
    return Extract(sensor="库 1-T", from_at=T0, to_at=to_at, every_s=every_s, timezone=SHANGHAI)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("300", 300),
        ("5m", 300),
        ("1h", 3600),
        ("1.5 h", 5400),
        ("2d", 172800),
        ("1w", 604800),
        ("5分钟", 300),
        ("1天", 86400),
    ],
)
def test_spans(words: str, seconds: float) -> None:
    assert read_span(words) == seconds


@pytest.mark.parametrize("words", ["", "0", "-5m", "five", "5y", "1e3", "9999999999d"])
def test_what_is_no_span_is_said_with_what_to_write(words: str) -> None:
    with pytest.raises(UnreadableError, match="5m, 1h, 1d"):
        read_span(words)


def test_moments() -> None:
    assert read_moment("now", NOW, SHANGHAI) == NOW
    assert read_moment("-2d", NOW, SHANGHAI) == NOW - 172800
    assert read_moment("2026-03-01", NOW, SHANGHAI) == T0 - 8 * 3600
    assert read_moment("2026/03/01", NOW, SHANGHAI) == T0 - 8 * 3600
    assert read_moment("2026-03-01T08:30", NOW, SHANGHAI) == T0 + 1800
    assert read_moment("2026-03-01T00:00:00Z", NOW, SHANGHAI) == T0
    for words in ("the other day", "2026-13-01", "", "99999-01-01"):
        with pytest.raises(UnreadableError, match="2026-03-01"):
            read_moment(words, NOW, SHANGHAI)


def test_moments_as_people_write_them() -> None:
    day = T0 - 8 * 3600
    for words in (
        "2026-3-1",
        "2026/3/1",
        "2026.3.1",
        "20260301",
        "2026年3月1日",
        "２０２６－０３－０１",
        " 2026年03月01日 ",
    ):
        assert read_moment(words, NOW, SHANGHAI) == day, words
    for words in (
        "2026-3-1 8:30",
        "2026年3月1日8:30",
        "2026年3月1日 8时30分",
        "2026年3月1日8点30分",
        "2026/3/1 ８：３０",
    ):
        assert read_moment(words, NOW, SHANGHAI) == day + 30600, words
    assert read_moment("2026年3月1日8点", NOW, SHANGHAI) == day + 28800
    assert read_moment("今天", NOW, SHANGHAI) == read_moment("today", NOW, SHANGHAI) == day + 10 * 86400
    assert read_moment("昨天", NOW, SHANGHAI) == day + 9 * 86400
    assert read_moment("-３天", NOW, SHANGHAI) == NOW - 3 * 86400
    for words in (
        "2026-2-30",
        "2026年13月1日",
        "2026-3-1 25:00",
        "1/3/2026",
        "3月1日",
        "0001-01-01",
        "9999-12-31",
    ):
        with pytest.raises(UnreadableError, match="2026-03-01"):
            read_moment(words, NOW, SHANGHAI)


def test_moments_around_a_change_of_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    skipped = read_moment("2026-03-29T02:30", NOW, "Europe/Berlin")
    assert datetime.fromtimestamp(skipped, berlin).isoformat() == "2026-03-29T03:30:00+02:00"
    twice = read_moment("2026-10-25T02:30", NOW, "Europe/Berlin")
    assert datetime.fromtimestamp(twice, berlin).isoformat() == "2026-10-25T02:30:00+02:00"


@pytest.mark.parametrize("kind", ["memory", "sqlite", "sqlite, thinned"])
@pytest.mark.parametrize(
    ("zone", "first"),
    [(SHANGHAI, "2026-03-01"), ("Europe/Berlin", "2026-10-23"), ("Asia/Kolkata", "2026-03-01")],
)
def test_days_and_weeks_are_those_of_the_calendar(kind: str, zone: str, first: str, tmp_path: Path) -> None:
    """Against every reading sorted by hand into its local day: a day of 25 hours, and one that begins at half past."""
    start = read_moment(first, NOW, zone)
    here = ZoneInfo(zone)
    readings = [
        Reading("s", float(n * n % 97), start + 613.0 * n, start + 613.0 * n)
        for n in range(1800)
        if n % 400 < 330
    ]
    store: Series = MemorySeries() if kind == "memory" else SqliteSeries(tmp_path / "r.db")
    store.write(readings)
    if kind == "sqlite, thinned":
        while store.upkeep(start + 200 * 86400):
            pass
    for days, words in ((1, "1d"), (7, "1w")):
        wanted: dict[str, list[float]] = {}
        for one in readings:
            day = datetime.fromtimestamp(one.measured_at, here).date()
            day -= timedelta(days=day.weekday() if days == 7 else 0)
            wanted.setdefault(day.isoformat(), []).append(one.value)
        asked = Extract(
            sensor="s",
            from_at=start - 3 * 86400,
            to_at=start + 20 * 86400,
            every_s=read_width(words),
            timezone=zone,
        )
        rows = [row for _, part in slices(store, asked) for row in part]
        assert [row[0][:10] for row in rows] == list(wanted)
        for row, values in zip(rows, wanted.values(), strict=True):
            assert row[0][11:19] == "00:00:00"
            assert row[5] == len(values)
            assert (row[2], row[4]) == (min(values), max(values))
            assert row[3] == pytest.approx(sum(values) / len(values), abs=1e-5)
    store.close()


def test_years_without_a_reading_are_soon_passed_over(data: Path) -> None:
    series = open_series(data, Influx())
    asked = Extract(sensor="库 1-T", from_at=0.0, to_at=T0 + 40 * 365 * 86400.0, timezone=SHANGHAI)
    parts = list(slices(series, asked))
    assert sum(len(rows) for _, rows in parts) == 501
    assert len(parts) < 6000, "of 35,000 days"


def test_midnights_over_both_clock_changes() -> None:
    spring = midnights(
        datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp(),
        datetime(2026, 3, 30, 12, tzinfo=UTC).timestamp(),
        "Europe/Berlin",
    )
    assert [b - a for a, b in pairwise(spring)] == [86400, 23 * 3600, 86400]
    autumn = midnights(
        datetime(2026, 10, 24, 12, tzinfo=UTC).timestamp(),
        datetime(2026, 10, 25, 12, tzinfo=UTC).timestamp(),
        "Europe/Berlin",
    )
    assert [b - a for a, b in pairwise(autumn)] == [86400, 25 * 3600]


def test_slices_give_every_row_once(data: Path) -> None:
    series = open_series(data, Influx())
    rows = [row for _, part in slices(series, extract(to_at=T0 + 5 * 86400)) for row in part]
    assert len(rows) == 501
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    hours = [row for _, part in slices(series, extract(3600, T0 + 5 * 86400)) for row in part]
    assert sum(row[5] for row in hours) == 500


def test_csv_json_and_parquet_say_the_same(data: Path, tmp_path: Path) -> None:
    series = open_series(data, Influx())
    texts = {"csv": io.StringIO(), "json": io.StringIO()}
    path = tmp_path / "out.parquet"
    writers = [
        CsvWriter(texts["csv"], extract()),
        JsonWriter(texts["json"], extract()),
        ParquetWriter(path, extract()),
    ]
    for _, rows in slices(series, extract()):
        for writer in writers:
            writer.rows(rows)
    for writer in writers:
        writer.close()
    lines = list(csv.DictReader(io.StringIO(texts["csv"].getvalue())))
    found = json.loads(texts["json"].getvalue())
    table = pq.read_table(path)
    assert len(lines) == len(found["rows"]) == table.num_rows == 145
    assert (
        [float(line["value"]) for line in lines]
        == [row["value"] for row in found["rows"]]
        == table["value"].to_pylist()
    )
    assert lines[0]["time"] == found["rows"][0]["time"] == "2026-03-01T08:00:00.000+08:00"
    assert table["at"][0].as_py().timestamp() == T0
    assert lines[1]["quality"] == "simulated"
    assert found["rows"][1] == {
        "time": "2026-03-01T08:05:00.000+08:00",
        "unix": T0 + 300,
        "value": 99.0,
        "quality": "simulated",
        "delay_s": 0,
        "raw": 98.5,
        "drill": "spring",
    }
    assert table.schema.metadata[b"sensor"].decode() == "库 1-T"


def test_an_empty_extract_is_still_a_whole_file(data: Path, tmp_path: Path) -> None:
    nothing = Extract(sensor="库 1-T", from_at=0, to_at=60, timezone=SHANGHAI)
    text = io.StringIO()
    writers = [JsonWriter(text, nothing), ParquetWriter(tmp_path / "none.parquet", nothing)]
    for writer in writers:
        writer.rows([])
        writer.close()
    assert json.loads(text.getvalue())["rows"] == []
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0


def test_a_store_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SeriesDownError, match="no readings yet"):
        open_series(tmp_path, Influx())


def run(*words: str) -> tuple[int, str, str]:
    from strongroom.cli import app

    result = CliRunner().invoke(app, ["history", *words])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_writes_csv_to_standard_output(data: Path) -> None:
    code, out, err = run(
        "库 1-T", "--data", str(data), "--from", "2026-03-01T00:00Z", "--to", "2026-03-01T01:00Z"
    )
    assert code == 0, err
    assert out.splitlines()[0] == "sensor,time,unix,value,quality,delay_s,raw,drill"
    assert len(out.splitlines()) == 1 + 7
    assert "7 行" in err


def test_the_command_writes_statistics_to_a_file(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "hours.parquet"
    span = ["--from", "2026-03-01T00:00Z", "--to", "2026-03-03T00:00Z"]
    code, _, err = run(
        "库 1-T", "--data", str(data), *span, "--every", "1h", "--format", "parquet", "--out", str(out)
    )
    assert code == 0, err
    assert pq.read_table(out)["count"].to_pylist() == [6] * 48


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["库 2-T"], "库 1-T"),
        (["库 1-T", "--from", "soon"], "2026-03-01"),
        (["库 1-T", "--every", "often"], "5m"),
        (["库 1-T", "--from", "now", "--to", "-1d"], "--from"),
        (["库 1-T", "--format", "xls"], "parquet"),
        (["库 1-T", "--format", "parquet"], "--out"),
        (["库 1-T", "--timezone", "Mars/Base"], "Mars"),
        (["库 1-T", "--out", "/nowhere/at/all.csv"], "nowhere"),
    ],
)
def test_mistakes_are_said_and_end_with_2(data: Path, words: list[str], said: str) -> None:
    code, _, err = run(*words, "--data", str(data))
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_thinned_readings_are_said_to_be_statistics_now(tmp_path: Path) -> None:
    store = SqliteSeries(tmp_path / "readings.db")
    store.write([Reading("t", 20.0, T0 + 600 * i, T0 + 600 * i) for i in range(144)])
    store.write([Reading("t", 20.0, T0 + 200 * 86400, T0 + 200 * 86400)])
    while store.upkeep(T0 + 200 * 86400):
        pass
    store.close()
    span = ["--data", str(tmp_path), "--from", "2026-03-01T00:00Z", "--to", "2026-03-02T00:00Z"]
    code, _, err = run("t", *span)
    assert code == 2
    assert "--every 1h" in err
    assert run("t", *span, "--every", "1h")[0] == 0


class Terminal(io.StringIO):
    """Standard error as a person sees it."""

    def isatty(self) -> bool:
        return True


def test_progress_comes_after_a_second_and_never_before() -> None:
    clock, log = SetClock(T0), io.StringIO()
    with waiting("库 1-T", 100.0, clock, out=log) as reached:
        clock.move_to(T0 + 0.9)
        reached(10.0)
        assert log.getvalue() == ""
        clock.move_to(T0 + 1.1)
        reached(20.0)
        clock.move_to(T0 + 3.0)
        reached(30.0)
        clock.move_to(T0 + 6.2)
        reached(60.0)
    assert log.getvalue().splitlines() == ["库 1-T: 20 %", "库 1-T: 60 %"]


def test_on_a_terminal_progress_is_a_bar_that_goes_away() -> None:
    clock, screen = SetClock(T0), Terminal()
    with waiting("库 1-T", 100.0, clock, out=screen) as reached:
        reached(50.0)
        assert screen.getvalue() == ""
        clock.move_to(T0 + 2.0)
        reached(50.0)
    assert "库 1-T" in screen.getvalue()
    quiet = Terminal()
    with waiting("库 1-T", 100.0, clock, shown=False, out=quiet) as reached:
        clock.move_to(T0 + 60.0)
        reached(50.0)
    assert quiet.getvalue() == ""


def test_a_file_is_there_only_when_it_is_whole(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise SeriesDownError("the store went away")

    out = tmp_path / "some.csv"
    with monkeypatch.context() as patch:
        patch.setattr(SqliteSeries, "window", broken)
        code, _, err = run(
            "库 1-T", "--data", str(data), "--from", "2026-03-01", "--to", "2026-03-03", "--out", str(out)
        )
    assert (code, "went away" in err) == (2, True)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("some.csv")]


def test_no_cell_is_a_formula() -> None:
    out = io.StringIO()
    csv_table(out, ("a",), [("=1+1",), ("+86 1",), ("-3.5",), ("@x",), ("\tx",), ("库",), (None,), (-2.0,)])
    assert [row[0] for row in csv.reader(io.StringIO(out.getvalue()))][1:] == [
        "'=1+1", "'+86 1", "-3.5", "'@x", "'\tx", "库", "", "-2.0",
    ]  # fmt: skip


def test_the_command_says_what_is_near_and_when_there_was_something(data: Path) -> None:
    def asked(*words: str) -> tuple[int, str]:
        ran = CliRunner().invoke(app, ["history", *words, "--data", str(data)])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.output

    load()
    code, said = asked("库 1-t")
    assert code == 2 and "库 1-T" in said
    code, said = asked("库 1-T", "--from", "2030-1-1", "--to", "2030年2月1日")
    assert code == 0 and "0 行" in said and "2026-03-04 11:10" in said
    for words in (
        ("--from", "now", "--to", "-1d"),
        ("--every", "0.001"),
        ("--every", "five"),
        ("--timezone", "Mars/X"),
    ):
        code, said = asked("库 1-T", *words)
        assert code == 2 and said.strip(), words
    (data / "site.db").write_bytes(b"no database" * 1000)
    code, said = asked("库 1-T", "--from", "2026-03-01", "--to", "2026-03-02", "--every", "90min")
    assert code == 0 and "16 行" in said
