"""docs/folder.md names every key and column that the folder knows, and its examples are true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from playbooks.holdings.rows import KNOWN
from strongroom.folder.document import parse
from strongroom.folder.keys import KEYS
from strongroom.folder.ledger import Ledger
from strongroom.folder.source import Source

DOC = (Path(__file__).resolve().parents[2] / "docs" / "folder.md").read_text(encoding="utf-8")
CODE = " ".join(re.findall(r"```.*?```|`[^`\n]+`", DOC, re.DOTALL))


def named(key: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", CODE) is not None


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_every_key_is_explained(kind: str) -> None:
    assert not [key for key in KEYS[kind] if not named(key)]


def test_every_column_is_explained() -> None:
    assert not [column for column in KNOWN if not named(column)]


@pytest.mark.parametrize(
    "example", re.findall(r"```toml\n(.*?)```", DOC, re.DOTALL), ids=lambda text: text[:24]
)
def test_the_examples_are_toml(example: str) -> None:
    assert tomllib.loads(example)
    ledger = Ledger()
    parse(Source("example.toml", example), ledger, "building")
    assert not ledger.problems


def test_the_test_itself_can_fail() -> None:
    assert not named("no_such_key")
