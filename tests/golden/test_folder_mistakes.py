"""A folder with forty mistakes in eight files yields forty clear messages, in both languages, and no traceback.

The whole output is kept in ``folder-mistakes.en.txt`` and ``folder-mistakes.zh.txt``; ``STRONGROOM_GOLDEN=1``
rewrites them, and the difference is then reviewed like code.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from strongroom.cli import app
from strongroom.problems import CANNOT_RUN, exit_status, render
from tests.folders import GOOD, loaded

HERE = Path(__file__).parent

# file -> passages replaced; each is one mistake
MISTAKES: dict[str, list[tuple[str, str]]] = {
    "building.toml": [
        ('timezone = "Asia/Shanghai"', 'timezone = "Asia/Beijing"'),
        ('assembly = "yard"', 'assembly = "yrad"'),
        ("people_limit = 4", "people_limit = -4"),
        ('name.en = "Corridor 2"', "name.en = “Corridor 2”"),
        ("walk_s = 95", 'walk_s = "95 s"'),
        ('languages = ["zh", "en"]', 'languages = ["zh", "en", "de"]'),
    ],
    "sensors.toml": [
        ('zone = "stack-2b"', 'zone = "stack-2B"'),
        ("every_s = 60", "evry_s = 60"),
        ("[0.31, 0.42]", "[31, 42]"),
        ('quantity = "humidity"', 'quantity = "humidty"'),
        ("every_s = 600", "every_s ＝ 600"),
        ("essential = true", 'essential = "yes"'),
        ('topic = "city/2b/w1/state"', 'topic = "city/+/state"'),
        ("words = { wet = 1, dry = 0 }", "words = { wet = 1, dry = 2 }"),
    ],
    "rules.toml": [
        ("for_s = 5", "for_s = 5 min"),
        ("priority = 1", "priority = 0"),
        ('playbook = "water"', 'playbook = "watr"'),
        ("clear_at = 57", "clear_at = 62"),
        ("for_s = 1800\nclear", "for_min = 30\nclear"),
        ("above = 24, clear_at = 23.5", "above = 104"),
        ('mutes = ["humid-stack"]', 'mutes = ["humid-stak"]'),
        ('advice.en = "Check the air conditioning."', ""),
    ],
    "people.toml": [
        ('phone = "+8610000000002"', 'phone = "138 0000 0002"'),
        ('roles = ["archivist", "guard"]', 'roles = "archivist, guard"'),
        ('role = "coordinator"', 'role = "cordinator"'),
        ('person = "wang", after', 'person = "wong", after'),
        ('weekly = "Mon 09:00"', 'weekly = "Monday at nine"'),
    ],
    "holdings.csv": [
        ("排3架2层5,1,95", "排3架2层5,A,95"),
        ("stack-2b,排7", "stack-2c,排7"),
        ("排7架1层1", ""),
        ("60,paper", "60,papper"),
    ],
    "playbooks/water.toml": [
        ('threat = "water"', 'threat = "flood"'),
        ('"管道 pipe" = "valve"', '"管道 pipe" = "vlave"'),
        ('after = ["power"]', 'after = ["powr"]'),
        ("Cut power to the zone.", "Go along the corridor and cut the power to the whole zone."),
        ('kind = "rescue"', 'kind = "resuce"'),
    ],
    "drills/water-2b.toml": [
        ('value = "wet"', 'value = "soggy"'),
        ("acknowledge water-in-stack", "acknowlege water-in-stack"),
        ('zone = "stack-2b"', 'zone = "stack_2b"'),
    ],
    "plans/2F.svg": [
        ("</svg>", "<script>alert(1)</script></svg>"),
    ],
}
COUNT = sum(len(passages) for passages in MISTAKES.values())


def broken() -> dict[str, str | bytes | None]:
    files: dict[str, str | bytes | None] = {}
    for name, passages in MISTAKES.items():
        text = GOOD[name]
        for old, new in passages:
            assert old in text, f"{old!r} is not in {name}"
            text = text.replace(old, new, 1)
        files[name] = text
    return files


@pytest.mark.parametrize("language", ["zh", "en"])
def test_forty_mistakes_give_forty_messages(language: str, tmp_path: Path) -> None:
    found = loaded(tmp_path, broken())
    shown = render(found.problems, language)
    golden = HERE / f"folder-mistakes.{language}.txt"
    if os.environ.get("STRONGROOM_GOLDEN"):
        golden.write_text(shown, encoding="utf-8")
    assert len(found.problems) == COUNT == 40, shown
    assert exit_status(found.problems) == CANNOT_RUN and found.building is None
    assert shown == golden.read_text(encoding="utf-8")


def test_each_message_names_its_own_place(tmp_path: Path) -> None:
    found = loaded(tmp_path, broken())
    assert {problem.file for problem in found.problems} == set(MISTAKES)
    for name, passages in MISTAKES.items():
        assert sum(problem.file == name for problem in found.problems) == len(passages)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_prints_them_and_ends_with_two(language: str, tmp_path: Path) -> None:
    loaded(tmp_path, broken())
    result = CliRunner().invoke(app, ["check", str(tmp_path), "--lang", language])
    assert result.exit_code == CANNOT_RUN
    assert "Traceback" not in result.output
    closing = result.output.strip().splitlines()[-1]
    assert ("个错误" in closing) if language == "zh" else ("errors" in closing)


def test_the_command_gives_one_json_object_on_its_last_line(tmp_path: Path) -> None:
    import json

    loaded(tmp_path, broken())
    result = CliRunner().invoke(app, ["check", str(tmp_path), "--json"])
    report = json.loads(result.output.strip().splitlines()[-1])
    assert result.exit_code == report["exit_status"] == CANNOT_RUN
    assert report["errors"] + report["warnings"] == len(report["problems"]) >= COUNT
    assert all(problem["says"]["zh"] and problem["says"]["en"] for problem in report["problems"])
