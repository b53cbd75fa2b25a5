"""``strongroom replay`` end to end over the embedded broker: own small recordings, real engine, real journal."""

from __future__ import annotations

import gzip
import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from strongroom import cli
from strongroom.replay import mapping as mappings
from strongroom.replay.recording import ReplayError, find, number, read
from strongroom.replay.timeline import moments, pace

cli.load("replay")

HOUSE = Path(__file__).resolve().parents[1] / "houses" / "small"
HEIGHTS = ("25 mm", "0.3 m", "0.6 m")
HEADER = ["Time", *(f"Quadrant {q} Temperature {h} Below Ceiling" for q in "AB" for h in HEIGHTS)]


def fire(path: Path, *, dead: int | None = None, spike_at: int | None = None) -> Path:
    """Two minutes of quiet, then heat that spreads down from the ceiling; one probe may be dead or spike."""
    rows = []
    for second in range(-120, 120):
        row: list[str] = [str(second)]
        for k, _ in enumerate(HEADER[1:]):
            heat = 25.0 * max(0.0, second - 5 * k) / 20.0 if second > 0 else 0.0
            value = 20.0 + heat + 0.2 * math.sin(second + k)
            if k == spike_at and second == -30:
                value = 80.0
            row.append("" if k == dead else f"{value:.2f}")
        rows.append(row)
    text = "\n".join(",".join(row) for row in [HEADER, *rows]) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, "utf-8")
    return path


def replay(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(
        cli.app, ["replay", *(str(a) for a in arguments), "--building", str(HOUSE), "--json"]
    )
    return result.exit_code, result.output


class TestFire:
    def test_a_folder_of_fires_in_figures(self, tmp_path: Path) -> None:
        fire(tmp_path / "a_room.csv")
        fire(tmp_path / "b_room.csv.gz", dead=0, spike_at=3)
        (tmp_path / "events.csv").write_text("experiment,time,event\n", "utf-8")
        code, output = replay(tmp_path)
        assert code == 0
        runs = json.loads(output.splitlines()[-1])["runs"]
        assert [run["recording"] for run in runs] == ["a_room", "b_room"]
        for run in runs:
            assert set(run) == {
                "recording", "prealarm_s", "confirmed_s", "fixed_heat_57c_s", "false_before", "incident", "message_s",
            }  # fmt: skip
            assert run["false_before"] == 0
            assert 0 < run["prealarm_s"] <= run["confirmed_s"] < run["fixed_heat_57c_s"] or run is runs[1]
            assert run["prealarm_s"] <= run["message_s"] <= run["prealarm_s"] + 2
        assert runs[1]["confirmed_s"] is not None

    def test_what_did_not_happen_is_null(self, tmp_path: Path) -> None:
        path = fire(tmp_path / "quiet.csv")
        lines = path.read_text("utf-8").splitlines()
        path.write_text("\n".join(lines[:121]) + "\n", "utf-8")
        _, output = replay(path)
        (run,) = json.loads(output.splitlines()[-1])["runs"]
        assert [
            run[key] for key in ("prealarm_s", "confirmed_s", "fixed_heat_57c_s", "incident", "message_s")
        ] == [None] * 5


class TestClimate:
    def test_alarms_per_month_and_labelled_windows(self, tmp_path: Path) -> None:
        path = tmp_path / "office.csv"
        lines = ["timestamp,value,in_anomaly_window,anomaly_label"]
        for hour in range(24 * 20):
            hot = 200 <= hour < 230
            lines.append(
                f"2026-01-{1 + hour // 24:02d} {hour % 24:02d}:00:00,{95.0 if hot else 70.0},{int(hot)},0"
            )
        path.write_text("\n".join(lines), "utf-8")
        code, output = replay(path)
        assert code == 0
        (run,) = json.loads(output.splitlines()[-1])["runs"]
        assert run["windows_alarmed"] == len(run["windows"]) == 1
        assert run["alarms"] >= 1
        assert run["months"] == pytest.approx(0.66, abs=0.01)


class TestBadInput:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("a,b\n1,2\n", "no mapping fits"),
            ("", "first line"),
            ("Time,Quad A\nx,y\n", "sensor to the mapping"),
        ],
    )
    def test_is_told_in_words(self, tmp_path: Path, content: str, words: str) -> None:
        path = tmp_path / "bad.csv"
        path.write_text(content, "utf-8")
        code, output = replay(path)
        assert code == 2
        assert words in output
        assert "Traceback" not in output

    def test_a_file_that_is_no_gzip(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.csv.gz"
        path.write_bytes(b"no gzip")
        code, output = replay(path)
        assert code == 2
        assert "cannot be read" in output

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ReplayError, match="no such file"):
            find([tmp_path / "nothing.csv"])

    def test_a_wrong_mapping_file(self, tmp_path: Path) -> None:
        path = tmp_path / "m.toml"
        path.write_text("report = 'fire'\nsurprise = 1\n", "utf-8")
        with pytest.raises(ReplayError, match="mapping is wrong"):
            mappings.load(path)

    @pytest.mark.parametrize("cell", ["", "nan", "inf", "x"])
    def test_cells_without_a_number(self, cell: str) -> None:
        assert number(cell) is None


class TestTimeline:
    def of(self, tmp_path: Path, *stamps: str) -> list[float]:
        path = tmp_path / "t.csv"
        path.write_text(
            "timestamp,value,in_anomaly_window\n" + "\n".join(f"{s},70,0" for s in stamps), "utf-8"
        )
        recording = read(path)
        mapping = mappings.choose(recording, mappings.built_in())
        every_s = pace(recording, mapping, 0, "UTC")
        return [m.at for m in moments(recording, mapping, (1,), 0, 2, "UTC", 0.0, every_s)]

    def test_a_clock_set_back_does_not_set_back_the_world(self, tmp_path: Path) -> None:
        at = self.of(
            tmp_path,
            "2026-01-01 10:00:00",
            "2026-01-01 10:05:00",
            "2026-01-01 09:15:00",
            "2026-01-01 09:20:00",
        )
        assert [b - a for a, b in pairwise(at)] == [300.0, 300.0, 300.0]

    def test_gaps_stay_gaps(self, tmp_path: Path) -> None:
        at = self.of(tmp_path, "2026-01-01 10:00:00", "2026-01-01 10:05:00", "2026-01-02 10:05:00")
        assert at[2] - at[1] == 86400.0
