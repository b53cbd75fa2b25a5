"""Both languages say the same things, with the same holes, and pages ask only for what exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dashboard
from dashboard.words import Words, catalogue, holes

ROOM = Path(dashboard.__file__).parent


def test_both_catalogues_have_the_same_keys() -> None:
    assert set(catalogue("zh")) == set(catalogue("en"))


@pytest.mark.parametrize("key", sorted(catalogue("en")))
def test_a_sentence_has_the_same_holes_in_both(key: str) -> None:
    zh, en = catalogue("zh")[key], catalogue("en")[key]
    assert zh.strip() and en.strip()
    assert holes(zh) == holes(en)
    assert len(en) <= 40 + 6 * len(zh), "one of the two says much more than the other"


def _asked() -> set[str]:
    """Every literal key that code of the room asks for: first argument of w(...), scene.w(...), Words(...)(...)."""
    found: set[str] = set()
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in ("w", "words", "both") and isinstance(node.args[0].value, str):
                found.add(node.args[0].value)
    return found


def test_every_key_asked_for_exists() -> None:
    asked = _asked()
    assert len(asked) > 100
    assert asked <= set(catalogue("en")), sorted(asked - set(catalogue("en")))


def test_an_open_hole_is_an_error() -> None:
    with pytest.raises(KeyError):
        Words("zh")("banner.more", other=1)
    assert Words("fr")("nav.status") == "Status"
