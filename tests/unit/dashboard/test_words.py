"""Both languages say the same things, with the same holes, and pages ask only for what exists."""

from __future__ import annotations

import ast
import re
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


def test_one_term_for_an_alarm() -> None:
    """警报 is the thing (docs/terms.md); 警情 nowhere; 报警 only where somebody or something does it, or in a name."""
    said = ("".join(catalogue("zh").values()), *(path.read_text(encoding="utf-8") for path in _sources()))
    assert not [words for words in said if "警情" in words or "核查后取消" in words]
    things = re.compile(r"(?:条|个|起|未结|该|这类|新增|生命安全)报警|报警(?:短信|通道|会在|已|可能|不受)")
    assert not [found.group() for words in said for found in things.finditer(words)]


def _sources() -> list[Path]:
    rooms = ("alerts", "playbooks", "strongroom", "dashboard")
    return [path for room in rooms for path in (ROOM.parent / room).rglob("*.py")]
