"""Every value of a TOML text is found on the line where it stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from strongroom.places import Path as KeyPath
from strongroom.places import line_of, places

DEMO = Path(__file__).resolve().parents[3] / "buildings" / "demo"

TEXT = '''\
a.b = 1 # [not.this]
"q k" = "x # no comment"
[[rule]]
id = "x"
when = { quantity = "t", vote = [ { a = 1 },
  { b = 2 }, ] }
words = """
[[rule]]
id = "inside a string"
"""
[rule.advice]
zh = '#'
[[rule.sub]]
k = [1,
  2]
[[rule.sub]]
k = 3
[[rule]]
name.zh = "a"
name.en = "b"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a", "b"), 1),
        (("q k",), 2),
        (("rule", 0), 3),
        (("rule", 0, "when", "vote", 0, "a"), 5),
        (("rule", 0, "when", "vote", 1, "b"), 6),
        (("rule", 0, "words"), 7),
        (("rule", 0, "advice", "zh"), 12),
        (("rule", 0, "sub", 0, "k", 1), 15),
        (("rule", 0, "sub", 1, "k"), 17),
        (("rule", 1), 18),
        (("rule", 1, "name", "en"), 20),
    ],
)
def test_place(path: KeyPath, line: int) -> None:
    assert places(TEXT)[path] == line


def test_an_unknown_path_is_where_its_nearest_ancestor_is() -> None:
    found = places(TEXT)
    assert line_of(found, ("rule", 1, "name", "fr")) == 19
    assert line_of(found, ("rule", 0, "when", "none")) == 5
    assert line_of(found, ("nothing",)) == 0


def leaves(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


@pytest.mark.parametrize("file", sorted(DEMO.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_value_of_the_example_building_has_its_line(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    found, lines = places(text), text.split("\n")
    for path in leaves(tomllib.loads(text)):
        line = lines[found[path] - 1]
        key = next(part for part in reversed(path) if isinstance(part, str))
        assert key in line or line.lstrip().startswith(('"', "{", "[")), (path, line)
