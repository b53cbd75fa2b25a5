"""``strongroom check`` shows the longest case of every text, as it would be sent; reserved words are refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts import wording
from alerts.segments import count
from strongroom.cli import app, load
from strongroom.clock import SystemClock
from strongroom.folder.load import load as load_folder
from strongroom.text_sizes import worst_cases

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "tests" / "houses" / "small", ROOT / "buildings" / "demo"]
load("check")


@pytest.mark.parametrize("folder", FOLDERS, ids=["small", "demo"])
def test_every_kind_in_every_language_fits_and_names_where_it_comes_from(folder: Path) -> None:
    building = load_folder(folder, SystemClock().now()).building
    assert building is not None
    cases = worst_cases(building)
    assert len(cases) == 7 * len(building.languages)
    for case in cases:
        assert case.words and case.size == count(case.words)
        assert wording.reserved(case.words) == "" or "START" in case.words
        if "call" not in case.kind.en:
            assert case.size.parts <= wording.MAX_PARTS
    page = next(c for c in cases if c.kind.en == "page by text" and c.language == "en")
    assert page.words.startswith("[DRILL] (may be a repeat) ")
    assert "Ref A12345. Reply 1234A = on it" in page.words
    mainland = next(c for c in cases if "+86" in c.kind.en and c.language == "zh")
    assert "回复" not in mainland.words and "A12345" in mainland.words
    rule, _, place = page.about.partition(" · ")
    assert rule and (not place or place in page.words)


def test_the_command_prints_them_and_json_holds_them(tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDERS[0], tmp_path / "house")
    for lang, words in (("en", "roster gap [zh]  UCS-2"), ("zh", "警报短信 [en]  GSM")):
        said = CliRunner().invoke(app, ["check", str(folder), "--lang", lang])
        assert words in said.stdout, said.stdout
    said = CliRunner().invoke(app, ["check", str(folder), "--json"])
    texts = json.loads(said.stdout)["texts"]
    assert {"kind", "language", "about", "words", "alphabet", "characters", "parts"} == set(texts[0])


@pytest.mark.parametrize("key", ["advice", "name"])
def test_a_rule_that_asks_for_a_reserved_word_is_refused(tmp_path: Path, key: str) -> None:
    folder = shutil.copytree(FOLDERS[0], tmp_path / "house")
    rules = folder / "rules.toml"
    text = rules.read_text(encoding="utf-8")
    old = {"advice": 'advice.en = "Power off first, then go in."', "name": 'name.en = "Water in a stack"'}[
        key
    ]
    assert old in text
    rules.write_text(text.replace(old, f'{key}.en = "Reply YES if it is dry"'), encoding="utf-8")
    loaded = load_folder(folder, SystemClock().now())
    assert loaded.building is None
    assert any('"YES" is a word carriers keep' in p.says.en for p in loaded.problems)
