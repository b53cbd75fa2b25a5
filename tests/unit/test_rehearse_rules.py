"""``strongroom rehearse-rules`` on a real folder and store, before and after a change of a rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.series_sqlite import SqliteSeries
from sensors.model import Reading
from strongroom.cli import app
from strongroom.datadir import keep_last_good
from strongroom.folder.load import load
from tests.folders import GOOD, write

SPAN = ["--from", "2026-11-12T00:00Z", "--to", "2026-11-14T00:00Z"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two days in which the stack is at 70 %RH for three hours of each."""
    building = load(write(tmp_path / "old", {})).building
    assert building is not None
    path = tmp_path / "data"
    keep_last_good(building, path)
    store = SqliteSeries(path / "readings.db")
    readings = []
    start = 1_794_441_600.0  # 2026-11-12 00:00 UTC
    for i in range(2 * 24 * 60):
        at = start + 60 * i
        damp = 70.0 if 8 <= i // 60 % 24 < 11 else 50.0
        readings += [
            Reading("2B-T1", 20.0, at, at),
            Reading("2B-H1", damp, at, at),
            Reading("2B-W1", 0.0, at, at),
        ]
    store.write(readings)
    store.close()
    return path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["rehearse-rules", *words], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def damp_rule(told: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    return next(one for one in told["rules"] if one["rule"] == "humid-stack")


def test_the_rules_in_use(data: Path, tmp_path: Path) -> None:
    code, output = run(str(tmp_path / "old"), "--data", str(data), *SPAN, "--json")
    assert code == 0, output
    told = json.loads(output.splitlines()[-1])
    assert "old" not in told
    rule = damp_rule(told["new"])
    assert rule["alarms"] == 2
    assert 2 * 3600 < rule["longest_s"] < 4 * 3600  # type: ignore[operator]


def test_a_changed_rule_beside_the_one_in_use(data: Path, tmp_path: Path) -> None:
    loose = GOOD["rules.toml"].replace("above = 60, clear_at = 57", "above = 75, clear_at = 72")
    assert loose != GOOD["rules.toml"]
    write(tmp_path / "new", {"rules.toml": loose})
    code, output = run(str(tmp_path / "new"), "--data", str(data), *SPAN)
    assert code == 0, output
    assert "2 → 0" in output
    assert "不再出现 no longer: 2" in output
    code, output = run(str(tmp_path / "old"), "--data", str(data), "--against", str(tmp_path / "new"), *SPAN)
    assert "0 → 2" in output
    assert "新增警报 new: 2" in output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "soon"], "2026-03-01"),
        (["--from", "now", "--to", "-1d"], "--from"),
        (["--rule", "nothing"], "nothing"),
        (["--answer", "soon"], "5m"),
        (["--from", "2020-01-01", "--to", "2020-01-02"], "no readings in that time"),
        (["--against", "nowhere"], "no such folder"),
    ],
)
def test_mistakes_are_said_and_end_with_2(data: Path, tmp_path: Path, words: list[str], said: str) -> None:
    code, output = run(str(tmp_path / "old"), "--data", str(data), *words)
    assert code == 2, output
    assert said in output
