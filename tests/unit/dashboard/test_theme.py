"""Contrast by the WCAG formula, for every pair of colours that pages put together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard import theme
from dashboard.chart import LETTERS

DAY = (theme.GROUND, theme.ROOM, theme.PANEL)
NIGHT = (theme.NIGHT_GROUND, theme.NIGHT_PANEL, theme.NIGHT_ROOM)


def test_the_formula_gives_the_published_extremes() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert theme.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ground", [*DAY, theme.PAPER])
def test_text_is_readable_by_day(ground: str) -> None:
    assert theme.contrast(theme.TEXT, ground) >= 7
    assert theme.contrast(theme.QUIET, ground) >= 4.5
    assert theme.contrast(theme.BLUE, ground) >= 4.5


@pytest.mark.parametrize("ground", NIGHT)
def test_text_is_readable_by_night(ground: str) -> None:
    assert theme.contrast(theme.NIGHT_TEXT, ground) >= 7
    assert theme.contrast(theme.NIGHT_QUIET, ground) >= 4.5
    assert theme.contrast(theme.NIGHT_BLUE, ground) >= 4.5


@pytest.mark.parametrize("kind", theme.MARKS)
def test_marks_stand_out_and_carry_their_sign(kind: str) -> None:
    for marks, grounds in ((theme.MARKS, DAY), (theme.NIGHT_MARKS, NIGHT)):
        mark = marks[kind]
        assert theme.contrast(mark.ink, mark.fill) >= 4.5
        for ground in grounds:
            assert max(theme.contrast(mark.fill, ground), theme.contrast(mark.edge, ground)) >= 3


def test_every_mark_has_its_own_shape() -> None:
    assert len({mark.shape for mark in theme.MARKS.values()}) == len(theme.MARKS)
    assert {mark.shape for mark in theme.MARKS.values()} <= set(theme.SHAPES)


def test_style_sheets_use_only_colours_of_the_table() -> None:
    sheets = (Path(theme.__file__).parent / "parts").glob("*.css")
    sheet = "".join(path.read_text(encoding="utf-8") for path in sheets)
    used = set(re.findall(r"var\((--sr-[\w-]+)\)", sheet))
    defined = set(re.findall(r"(--sr-[\w-]+):", theme.style()))
    assert used <= defined, f"not in the table: {used - defined}"


def test_lines_that_are_compared_stand_out_from_the_chart_and_its_band() -> None:
    for lines, grounds in ((theme.LINES, DAY), (theme.NIGHT_LINES, NIGHT)):
        assert len(set(lines)) == len(lines) == len(LETTERS)
        assert all(theme.contrast(line, ground) >= 3 for line in lines for ground in grounds)
