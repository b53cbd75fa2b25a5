"""The bench over real recordings judges what the product would: in the quantity's own unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.recordings import DEMO, measured
from strongroom.folder.load import load
from strongroom.replay.recording import read


@pytest.mark.parametrize(("value", "alarms"), [(70.0, 0), (90.0, 1)])  # 21 °C and 32 °C
def test_a_column_in_fahrenheit_is_judged_in_celsius(tmp_path: Path, value: float, alarms: int) -> None:
    lines = [f"2025-06-{day:02d} {hour:02d}:00:00,{value},0,0" for day in (1, 2) for hour in range(24)]
    path = tmp_path / "warm_office.csv"
    path.write_text("\n".join(["timestamp,value,in_anomaly_window,anomaly_label", *lines]), encoding="utf-8")
    building = load(DEMO, None).building
    assert building is not None
    found = measured(read(path), building)
    for side in ("before", "after"):
        assert found[side]["false_fire_alarms"] == 0, "57 °C is not 57 °F"
        assert found[side]["limit_alarms"] == alarms
