"""Rules that could never speak, numbers that are none, and rules that would silence each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from strongroom.problems import Problem
from tests.folders import GOOD, loaded

HEAD = '[[rule]]\nid = "odd"\nname.zh = "奇"\nname.en = "Odd"\n'


def problems(tmp_path: Path, *bodies: str) -> list[Problem]:
    """What is said of rules put before those of the small building."""
    rules = GOOD["rules.toml"]
    written = "".join(HEAD.replace('"odd"', f'"odd{n or ""}"') + body + "\n" for n, body in enumerate(bodies))
    found = loaded(tmp_path, {**GOOD, "rules.toml": written + rules})
    return [one for one in found.problems if one.file == "rules.toml"]


def said(tmp_path: Path, *bodies: str) -> list[tuple[int, str, str]]:
    return [
        (one.line, one.says.en, one.write.en) for one in problems(tmp_path, *bodies) if "odd" in one.where
    ]


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        ("for_s = nan", "for_s", "0"),
        ("realarm_s = nan", "realarm_s", "0"),
        ("priority = nan", "priority", "3"),
    ],
)
def test_nan_is_no_number_and_is_never_proposed(tmp_path: Path, key: str, written: str, meant: str) -> None:
    found = said(tmp_path, f'when = {{ quantity = "temperature", above = 30 }}\n{key}')
    assert found[0] == (6, "An ordinary number is wanted here.", f"Write: {written} = {meant}")


@pytest.mark.parametrize(
    ("when", "write"),
    [
        ("above = nan", "above = 1"), ("above = inf", "above = 100"), ("above = 30, clear_at = nan", "clear_at = 1"),
        ("rising = nan, over_s = 60", "rising = 1"), ("swing = -3", "swing = 3"), ("set_point = nan, distance = 2",
        "set_point = 1"), ("above = 1e308", "above = 100"), ("above = -1e308", "above = -60"),
    ],
)  # fmt: skip
def test_absurd_limits_are_refused_with_something_that_can_be_written(
    tmp_path: Path, when: str, write: str
) -> None:
    found = said(tmp_path, f'when = {{ quantity = "temperature", {when} }}')
    assert [(line, wanted) for line, _, wanted in found] == [(5, f"Write: {write}")]


def test_a_sign_too_many_is_taken_for_a_slip(tmp_path: Path) -> None:
    found = said(tmp_path, 'when = { quantity = "temperature", above = 30 }\nfor_s = -300')
    assert found == [(6, "It must lie between 0 and 2678400 s.", "Write: for_s = 300")]


@pytest.mark.parametrize("mark", ["@", "|"])
def test_an_id_that_would_read_as_a_place_is_refused(tmp_path: Path, mark: str) -> None:
    rules = HEAD.replace('"odd"', f'"a{mark}b"') + 'when = { quantity = "temperature", above = 30 }\n'
    found = loaded(tmp_path / "more", {**GOOD, "rules.toml": rules + GOOD["rules.toml"]}).problems
    (wrong,) = (one for one in found if one.severity == "error")
    assert (wrong.line, wrong.write.en) == (2, 'Write: id = "a-b"')


def test_rules_that_mute_each_other_are_refused(tmp_path: Path) -> None:
    when = 'when = { quantity = "temperature", above = 30 }\n'
    found = said(tmp_path, when + 'mutes = ["odd1"]', when + 'mutes = ["odd2"]', when + 'mutes = ["odd"]')
    assert [(line, says.rpartition(": ")[2], write) for line, says, write in found] == [
        (6, "odd → odd1 → odd2 → odd.", 'Remove "odd1" from mutes'),
        (12, "odd1 → odd2 → odd → odd1.", 'Remove "odd2" from mutes'),
        (18, "odd2 → odd → odd1 → odd2.", 'Remove "odd" from mutes'),
    ]


def test_the_products_own_life_safety_rules_cannot_be_muted_either(tmp_path: Path) -> None:
    found = said(tmp_path, 'when = { quantity = "temperature", above = 30 }\nmutes = ["fire-prealarm"]')
    assert [(line, write) for line, _, write in found] == [(6, 'Remove "fire-prealarm" from mutes')]


@pytest.mark.parametrize(
    ("body", "write"),
    [
        # water in the stack and the corridor's door, judged in each room by itself
        ('when = { all = [{ quantity = "temperature", above = 30 }, { quantity = "smoke", is = "smoke", '
         'zone = "corridor-2" }] }', ""),
        ('when = { vote = [{ quantity = "temperature", above = 30 }], at_least = 9 }',
         "Add sensors, or lower at_least."),
        ('scope = "sensor"\nwhen = { all = [{ quantity = "temperature", above = 30 }, { quantity = "humidity", '
         'above = 80 }] }', 'Write: scope = "zone"'),
    ],
)  # fmt: skip
def test_a_rule_whose_parts_never_meet_is_warned_of(tmp_path: Path, body: str, write: str) -> None:
    found = said(tmp_path, body)
    never = [one for one in found if "never alarm" in one[1]]
    assert len(never) == 1
    assert never[0][2] == write or not write


def test_a_rule_over_the_whole_building_is_not(tmp_path: Path) -> None:
    body = (
        'scope = "zone"\nwhen = { all = [{ quantity = "temperature", above = 30 }, '
        '{ not = { quantity = "humidity", above = 80 } }] }'
    )
    assert not [one for one in said(tmp_path, body) if "never alarm" in one[1]]
