"""Twenty slips of the pen in the example building, wherever they fall, give twenty messages on their lines."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from random import Random

import pytest

from strongroom.folder.load import load
from strongroom.problems import render
from tests.folders import NOW

DEMO = Path(__file__).resolve().parents[2] / "buildings" / "demo"
FILES = sorted(path.relative_to(DEMO).as_posix() for path in DEMO.rglob("*.toml"))
PAIR = re.compile(r"^(\s*)([\w.]+)(\s*=\s*)(.*)$")


def slip(line: str, random: Random) -> str | None:
    """The line with one slip, or None where this one takes none."""
    match = PAIR.match(line)
    if not match:
        return None
    indent, key, equals, value = match.groups()
    text = value.strip()
    is_text = text.startswith('"') and text.endswith('"') and text.count('"') == 2
    kinds = [
        "letters",
        "wide-equals",
        *(["unquoted", "wide-quotes", "open", "colon"] if is_text else ["typed"]),
    ]
    match random.choice(kinds):
        case "letters" if "." not in key and len(key) > 3 and key[1] != key[2]:
            return f"{indent}{key[0]}{key[2]}{key[1]}{key[3:]}{equals}{value}"
        case "wide-equals":
            return f"{indent}{key} ＝ {value}"
        case "unquoted":
            return f"{indent}{key}{equals}{text[1:-1]}"
        case "wide-quotes":
            return f"{indent}{key}{equals}“{text[1:-1]}”"
        case "open":
            return f"{indent}{key}{equals}{text[:-1]}"
        case "colon":
            return f"{indent}{key}: {value}"
        case "typed" if re.fullmatch(r"[\d.]+", text):
            return f'{indent}{key}{equals}"{text}"'
    return None


@pytest.mark.parametrize("seed", range(8))
def test_twenty_slips_give_twenty_messages(seed: int, tmp_path: Path) -> None:
    folder = tmp_path / "house"
    shutil.copytree(DEMO, folder)
    random, slips = Random(seed), set[tuple[str, int]]()
    while len(slips) < 20:
        name = random.choice(FILES)
        lines = (folder / name).read_text(encoding="utf-8").split("\n")
        at = random.randrange(len(lines))
        changed = None if {(name, at + n) for n in (0, 1, 2)} & slips else slip(lines[at], random)
        if changed is None:
            continue
        lines[at] = changed
        slips.add((name, at + 1))
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    found = load(folder, NOW).problems
    assert sorted((problem.file, problem.line) for problem in found) == sorted(slips), render(found, "en")
