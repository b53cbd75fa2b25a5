"""Old readings into the store: matched to sensors, taken once, never over what is there; by hand and by command."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from msgspec import json as msgjson
from typer.testing import CliRunner

from ingest.series_memory import MemorySeries
from ingest.series_sqlite import SqliteSeries
from sensors.loggers.read import Export, read_export
from sensors.model import Quality, Reading, Sensor, Text
from strongroom.cli import app
from strongroom.history_import import BATCH, match, take
from strongroom.inbox import Inbox
from strongroom.model import HistoryImported
from tests.folders import write

NOW = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
START = datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()


def sensor(id: str, quantity: str, topic: str = "") -> Sensor:
    return Sensor(id=id, name=Text(id, id), zone="stack", quantity=quantity, topic=topic, dialect="json")


SENSORS = {
    one.id: one
    for one in (
        sensor("2B-T1", "temperature", "zigbee2mqtt/0412-00317"),
        sensor("2B-H1", "humidity", "zigbee2mqtt/0412-00317"),
        sensor("3A-T1", "temperature"),
    )
}


def export(text: str) -> Export:
    found = read_export(text.encode(), "x.csv", zone=UTC, now=NOW)
    assert isinstance(found, Export)
    return found


def table(rows: int, value: float = 18.0) -> str:
    return "Time,Temp °C\n" + "".join(
        f"{datetime.fromtimestamp(START + 60 * n, UTC):%Y-%m-%d %H:%M:%S},{value}\n" for n in range(rows)
    )


def test_serial_numbers_and_names_propose_the_sensor() -> None:
    by_serial = export("Serial No:,0412-00317\n\nTime,Temp °C,RH %\n2026-03-01 08:00,18,50\n")
    targets, problems = match(by_serial, SENSORS, {})
    assert ([one.sensor.id for one in targets], problems) == (["2B-T1", "2B-H1"], [])
    by_name = export("Time,3A T1 Temp °C\n2026-03-01 08:00,18\n")
    assert [one.sensor.id for one in match(by_name, SENSORS, {})[0]] == ["3A-T1"]
    assert match(export(table(1)), SENSORS, {})[0] == []  # two thermometers: a person has to say


def test_what_is_said_wins_and_mistakes_are_named() -> None:
    found = export("Time,Temp °C,RH %\n2026-03-01 08:00,18,50\n")
    targets, problems = match(found, SENSORS, {"temperature": "3A-T1", "2": "2B-H1"})
    assert [(one.number, one.sensor.id) for one in targets] == [(1, "3A-T1"), (2, "2B-H1")]
    assert problems == []
    for said, word in (
        ({"9": "3A-T1"}, "1 to 2"),
        ({"1": "3A-T2"}, "Near: 3A-T1"),
        ({"humidity": "3A-T1"}, "is humidity"),
    ):
        targets, problems = match(found, SENSORS, said)
        assert targets == []
        assert word in problems[0].en
    two = export("Time,A Temp °C,B Temp °C\n2026-03-01 08:00,18,19\n")
    assert "channels 1, 2" in match(two, SENSORS, {"temperature": "3A-T1"})[1][0].en
    assert "both point" in match(two, SENSORS, {"1": "3A-T1", "2": "3A-T1"})[1][0].en


def test_readings_are_taken_once_and_never_over_what_is_there() -> None:
    series = MemorySeries()
    series.write(
        [Reading("3A-T1", 21.5, START + 60, START + 61), Reading("3A-T1", 18.0, START + 120, START + 121)]
    )
    (target,), _ = match(export(table(2 * BATCH)), SENSORS, {"1": "3A-T1"})
    heard: list[int] = []
    preview = take(target, series, NOW, write=False)
    assert len(series.window("3A-T1", 0, NOW)) == 2
    taken = take(target, series, NOW, write=True, on_done=heard.append)
    assert (preview.written, preview.present) == (taken.written, taken.present) == (2 * BATCH - 2, 1)
    assert [(one.line, "21.5" in one.says.en) for one in taken.refused] == [(3, True)]
    assert sum(heard) == 2 * BATCH - 2
    stored = series.window("3A-T1", 0, NOW).readings()
    assert len(stored) == 2 * BATCH
    assert stored[1].value == 21.5
    assert {one.quality for one in stored[3:]} == {Quality.HISTORICAL}
    again = take(target, series, NOW, write=True)
    assert (again.written, again.present, len(again.refused)) == (0, 2 * BATCH - 1, 1)


def run(*args: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["import-history", *map(str, args)])
    return result.exit_code, result.output


def test_the_command_previews_writes_and_leaves_a_name(tmp_path: Path) -> None:
    folder, data, file = tmp_path / "house", tmp_path / "data", tmp_path / "old.csv"
    write(folder, {})
    file.write_text(table(10) + "2026-03-01 09:00:00,kaputt\n", encoding="utf-8")
    code, said = run(file, "--building", folder, "--data", data, "--map", "1=2B-T1", "--timezone", "UTC")
    assert (code, "preview" in said, "kaputt" in said) == (1, True, True)
    assert not (data / "readings.db").exists()
    options = ("--building", folder, "--data", data, "--map", "1=2B-T1", "--timezone", "UTC", "--write")
    code, said = run(file, *options)
    assert (code, "--by" in said) == (2, True)
    code, said = run(file, *options, "--by", "wang", "--json")
    told = json.loads(said.strip().splitlines()[-1])
    assert (code, told["written"], told["refused"], told["refusals"][0]["line"]) == (1, 10, 1, 12)
    stored = SqliteSeries(data / "readings.db", read_only=True).window("2B-T1", START, NOW)
    assert stored.value.tolist() == [18.0] * 10
    ((_, act),) = Inbox(data / "inbox.db").after(0)
    assert act is not None
    assert isinstance(act.what, HistoryImported)
    assert (act.by, act.what.rows, act.what.from_at) == ("wang", {"2B-T1": 10}, START)
    code, said = run(file, *options, "--by", "wang", "--json")
    assert json.loads(said.strip().splitlines()[-1])["present"] == 10
    assert msgjson.decode(msgjson.encode(act)) is not None


def test_the_command_says_what_to_write_instead(tmp_path: Path) -> None:
    folder, file = tmp_path / "house", tmp_path / "old.csv"
    write(folder, {})
    file.write_text(table(2), encoding="utf-8")
    for wrong, word in (
        (("--timezone", "Mars/Base"), "Asia/Shanghai or +08:00"),
        (("--dates", "ydm"), "dmy mdy ymd"),
        (("--map", "1"), "LEFT=RIGHT"),
        (("--map", "1=2B-T9"), "Near: 2B-T1"),
    ):
        code, said = run(file, "--building", folder, "--data", tmp_path / "data", *wrong)
        assert (code, word in said) == (2, True), said
    code, said = run(tmp_path / "none.csv", "--building", folder)
    assert (code, "cannot be read" in said) == (2, True)
