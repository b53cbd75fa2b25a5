"""Which climate limits a building takes, and the warning when everything is urgent (ISA-18.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.rule import AnyOf, Threshold
from tests.folders import BUILDING, RULES, changed, loaded

WATCHED = RULES.split('[[rule]]\nid = "humid-stack"')[0]


def humidity_limits(folder: Path, profile: str) -> set[float]:
    top = (
        BUILDING
        if not profile
        else BUILDING.replace("[[floor]]", f'climate_profile = "{profile}"\n\n[[floor]]', 1)
    )
    found = loaded(folder, {"building.toml": top, "rules.toml": WATCHED})
    assert found.building is not None, found.problems
    when = found.building.rules["stack-humidity-band"].when
    assert isinstance(when, AnyOf)
    return {part.limit for part in when.of if isinstance(part, Threshold)}


@pytest.mark.parametrize(
    ("profile", "limits"),
    [
        ("", {45.0, 60.0}),
        ("jgj25-2010", {45.0, 60.0}),
        ("bs4971-2017", {35.0, 60.0}),
        ("ashrae-a", {35.0, 65.0}),
    ],
)
def test_a_paper_store_is_watched_by_the_chosen_profile_without_a_rule(
    tmp_path: Path, profile: str, limits: set[float]
) -> None:
    assert humidity_limits(tmp_path, profile) == limits


def test_an_unknown_profile_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    files = changed(
        "building.toml", 'timezone = "Asia/Shanghai"', 'timezone = "Asia/Shanghai"\nclimate_profile = "jgj25"'
    )
    found = loaded(tmp_path, files)
    assert found.building is None
    problem = next(p for p in found.problems if "profile" in p.says.en)
    assert problem.line == 5
    assert 'climate_profile = "jgj25-2010"' in problem.write.en


def rule_of(number: int, priority: int) -> str:
    return f"""
[[rule]]
id = "extra-{number}"
name.zh = "规则 {number}"
name.en = "Rule {number}"
when = {{ quantity = "temperature", zone = "stack-2b", above = {30 + number} }}
priority = {priority}
advice.zh = "查看空调。"
advice.en = "Look at the air conditioning."
"""


@pytest.mark.parametrize(("priority", "warned"), [(1, True), (2, True), (3, False)])
def test_check_warns_when_too_much_is_urgent(tmp_path: Path, priority: int, warned: bool) -> None:
    rules = RULES + "".join(rule_of(n, priority) for n in range(20))
    found = loaded(tmp_path, {"rules.toml": rules})
    drift = [p for p in found.problems if "priorities" in p.says.en]
    assert bool(drift) is warned
    for problem in drift:
        assert (problem.severity, problem.file) == ("warning", "rules.toml")
        assert "priority = 1" in problem.write.zh
