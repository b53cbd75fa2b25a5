"""rescue.toml: a site's own order, its measured times and its drying, read with every slip named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from playbooks.rescue.measured import Figure, SiteTimes
from playbooks.rescue.own import DEFAULT_OWN
from strongroom.folder.load import Loaded, load
from strongroom.folder.rescue import with_times

DEMO = Path(__file__).resolve().parents[3] / "buildings" / "demo"
OWN = """
order = "own"
factor = 3
mode = "weighted"
catalogues = "last"
dry_kg = 350
[[tier]]
name.zh = "地契"
name.en = "Deeds"
tests = ["irreplaceable", "grade1"]
[[tier]]
name.zh = "其余"
name.en = "The rest"
tests = ["any"]
"""


def loaded(tmp_path: Path, words: str) -> Loaded:
    folder = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    if words:
        (folder / "rescue.toml").write_text(words, encoding="utf-8")
    return load(folder)


def test_without_the_file_the_defaults_stand(tmp_path: Path) -> None:
    building = loaded(tmp_path, "").building
    assert building is not None
    assert building.rescue == DEFAULT_OWN


def test_an_order_of_ones_own_is_read(tmp_path: Path) -> None:
    building = loaded(tmp_path, OWN).building
    assert building is not None
    rules = building.rescue.rules
    assert [tier.name.zh for tier in rules.tiers] == ["地契", "其余"]
    assert (rules.mode, rules.factor, rules.catalogues) == ("weighted", 3.0, "last")
    assert building.rescue.dry_kg == 350.0


def test_measured_times_survive_writing_and_reading(tmp_path: Path) -> None:
    times = SiteTimes(
        walk=Figure(value=1.35, spread=0.2, samples=12, date="2026-11-01", source='drill "K7" \\ east'),
        boxes_per_min=0.8,
    )
    building = loaded(tmp_path, with_times("", times)).building
    assert building is not None
    assert building.rescue.times.walk.value == 1.35
    assert building.rescue.times.walk.samples == 12
    assert building.rescue.times.boxes_per_min == 0.8
    assert building.rescue.times.shelf.is_default


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ('order = "heritage"', "heritage-wheel"),
        ('order = "own"', "[[tier]]"),
        (OWN.replace("grade1", "grade9"), "grade9"),
        (OWN.replace("factor = 3", "factor = 0.5"), "factor"),
        ("[walk]\nvalue = 50", "value"),
        ("[walk]\nspread = 0.2", "value"),
        ("speed = 2", "speed"),
        (OWN.replace('"last"', '"middle"'), "middle"),
    ],
)
def test_every_slip_is_named(tmp_path: Path, words: str, says: str) -> None:
    found = loaded(tmp_path, words)
    assert found.building is None
    problems = [problem for problem in found.problems if problem.file == "rescue.toml"]
    assert problems
    assert any(says in f"{one.where} {one.says.en} {one.write.en}" for one in problems)
