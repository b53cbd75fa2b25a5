"""The mark in the browser's tab is there before anybody signs in."""

from __future__ import annotations

from pathlib import Path

from defusedxml.ElementTree import parse

from dashboard import routes
from dashboard.door import _OPEN


def test_the_icon_is_a_picture_and_open() -> None:
    root = parse(Path(routes.__file__).parent / "parts" / "icon.svg").getroot()
    assert root.tag.endswith("svg")
    assert _OPEN.fullmatch("/favicon.ico")
    assert not _OPEN.fullmatch("/favicon.ico/../setup")
