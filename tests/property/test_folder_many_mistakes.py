"""Any twenty mistakes that do not touch each other give exactly twenty messages: none hides or breeds another."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from strongroom.problems import render
from tests.folders import GOOD, loaded
from tests.unit.folder.test_mistakes import CASES, Case

# These change what another mistake means: no plan at all, or a priority that asks for no advice.
ALONE = {"broken-xml", "no-view-box", "priority"}


def picked(seed: int) -> tuple[dict[str, str | bytes | None], list[str]]:
    """A folder with twenty mistakes on lines of their own, and their names."""
    texts: dict[str, str] = dict(GOOD)
    touched: dict[str, set[int]] = {}
    names: list[str] = []
    cases = [(str(entry.id), entry.values[0]) for entry in CASES]  # type: ignore[attr-defined]
    Random(seed).shuffle(cases)
    for name, case in cases:
        assert isinstance(case, Case)
        if name in ALONE or len(names) == 20 or case.old not in texts[case.file]:
            continue
        start = GOOD[case.file][: GOOD[case.file].index(case.old)].count("\n")
        lines = set(range(start - 1, start + case.old.count("\n") + 2))
        if lines & touched.setdefault(case.file, set()):
            continue
        texts[case.file] = texts[case.file].replace(case.old, case.new, 1)
        touched[case.file] |= lines
        names.append(name)
    return dict(texts), names


@pytest.mark.parametrize("seed", range(25))
def test_twenty_mistakes_give_twenty_messages(seed: int, tmp_path: Path) -> None:
    files, names = picked(seed)
    found = loaded(tmp_path, files)
    assert len(names) == 20
    assert len(found.problems) == 20, f"{names}\n{render(found.problems, 'en')}"
    assert "Traceback" not in render(found.problems, "zh")
