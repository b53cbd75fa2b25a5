"""Messages of the check write numbers as people do."""

from __future__ import annotations

from pathlib import Path

from tests.folders import changed, loaded


def test_limits_are_written_without_exponents(tmp_path: Path) -> None:
    found = loaded(tmp_path, changed("rules.toml", "for_s = 5", "for_s = -5"))
    said = " ".join(problem.says.zh + problem.says.en for problem in found.problems)
    assert "2678400 s" in said and "e+0" not in said
