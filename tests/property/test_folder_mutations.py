"""Whatever is done to a folder's files, reading them gives problems in words, never an exception."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from strongroom.folder.load import load
from strongroom.places import places
from strongroom.problems import exit_status, render
from tests.folders import GOOD, NOW, write

DEMO = Path(__file__).resolve().parents[2] / "buildings" / "demo"

PIECES = st.sampled_from([
    '"', "'", '"""', "“", "”", "，", "：", "＝", "[", "]", "[[", "]]", "{", "}", "=", "\n", "\\", "#", "\x00", ",",
    "nan", "inf", "-1", "1e999", "99999999999999999999", "true", "2026-13-45", "[]", "{}", '""', "\ufffd", "é", "𝔘",
    "id = 1\n", "\u3000",
    "[[zone]]\n", "[zone]\n", "[[rule]]\n", "when = {}\n", "vote = []\n", "<", "&", "<!ENTITY x 'y'>", "\ud7ff",
    "stack-2b", "zone = 5\n", "0x", "1_0", "+", "..", "a.b.c = 1\n", "\t", "]]]]]]]]", "[" * 200, "{a=" * 100,
])  # fmt: skip


@st.composite
def mutation(draw: st.DrawFn, text: str) -> str:
    """A text with a few passages cut out, doubled, swapped or replaced."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["cut", "put", "double", "replace", "tail"]))
        piece = draw(PIECES)
        match kind:
            case "cut":
                text = text[:start] + text[end:]
            case "put":
                text = text[:start] + piece + text[start:]
            case "double":
                text = text[:end] + text[start:]
            case "replace":
                text = text[:start] + piece + text[end:]
            case _:
                text = text[:start]
    return text


def check_reads(folder: Path) -> None:
    found = load(folder, NOW)
    for language in ("zh", "en"):
        shown = render(found.problems, language)
        assert "Traceback" not in shown
    assert exit_status(found.problems) in {0, 1, 2}
    assert (found.building is None) == (exit_status(found.problems) == 2)
    for problem in found.problems:
        assert problem.says.zh and problem.says.en and problem.file
        assert 0 <= problem.line <= 100_000


@pytest.mark.parametrize("name", sorted(GOOD))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(data=st.data())
def test_a_mutated_file_never_raises(name: str, data: st.DataObject) -> None:
    text = data.draw(mutation(GOOD[name]))
    with tempfile.TemporaryDirectory() as folder:
        check_reads(write(Path(folder), {name: text.encode("utf-8", "replace")}))


@pytest.mark.parametrize(
    "name", ["sensors.toml", "rules.toml", "playbooks/water.toml", "holdings.csv", "plans/1F.svg"]
)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_mutated_file_of_the_example_building_never_raises(name: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "demo"
        shutil.copytree(DEMO, folder)
        text = data.draw(mutation((folder / name).read_text(encoding="utf-8")))
        (folder / name).write_bytes(text.encode("utf-8", "replace"))
        check_reads(folder)


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(max_size=400), name=st.sampled_from(sorted(GOOD)))
def test_any_bytes_never_raise(raw: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_reads(write(Path(folder), {name: raw}))


@given(st.text(alphabet="[]{}=.\"'\n#, \\ab1", max_size=80))
@example('[[a]]\nb.c = [1, {d = "]"}]\n')
@example('a = """\n""""\nb = 1')
def test_places_never_raises(text: str) -> None:
    assert all(line >= 1 for line in places(text).values())
