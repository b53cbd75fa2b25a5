"""Carries a plan into the building folder: checked on a copy first, written whole, read back. The only writer of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from sensors.model import Text
from sensors.newcomer import Newcomer
from strongroom.folder.load import SUFFIXES, load
from strongroom.folder.sensors import FILE as SENSORS
from strongroom.instruments.acts import FolderAct
from strongroom.instruments.edit import EditError
from strongroom.instruments.plan import CALIBRATIONS, Plan, planned
from strongroom.model import Building
from strongroom.problems import Problem

WRITTEN = (CALIBRATIONS, SENSORS)
_BOM = b"\xef\xbb\xbf"


class Applied(Struct, frozen=True):
    """An act as it would be, or was, carried out: the plan and the building that follows from it."""

    plan: Plan
    building: Building


class Register:
    """The building folder as the register of its instruments."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def apply(
        self, what: FolderAct, building: Building, newcomer: Newcomer | None, by: str, now: float
    ) -> Applied:
        """Change the folder; raises :class:`EditError` with the reason, and then nothing is changed."""
        applied, files = self._made(what, building, newcomer, by, now)
        self._write(files)
        loaded = load(self._folder, now)
        if loaded.building is None:  # somebody else wrote at the same moment
            raise EditError(_first(loaded.problems))
        return Applied(applied.plan, loaded.building)

    def preview(
        self, what: FolderAct, building: Building, newcomer: Newcomer | None, by: str, now: float
    ) -> Applied:
        """The same without writing."""
        return self._made(what, building, newcomer, by, now)[0]

    def _made(
        self, what: FolderAct, building: Building, newcomer: Newcomer | None, by: str, now: float
    ) -> tuple[Applied, dict[str, bytes]]:
        raw = {name: path.read_bytes() for name in WRITTEN if (path := self._folder / name).is_file()}
        texts = {name: _text(name, body) for name, body in raw.items()}
        plan = planned(what, building, texts, newcomer, by, now)
        files = {name: _bytes(text, raw.get(name, b"")) for name, text in plan.files.items()}
        return Applied(plan, self._trial(files, now)), files

    def _trial(self, files: Mapping[str, bytes], now: float) -> Building:
        """The whole folder with the changed files in it must pass the check."""
        try:
            with tempfile.TemporaryDirectory(prefix="strongroom-") as made:
                copy = Path(made) / self._folder.name
                shutil.copytree(self._folder, copy, ignore=_only_ours)
                for name, body in files.items():
                    (copy / name).write_bytes(body)
                loaded = load(copy, now)
        except OSError as error:
            raise EditError(_unwritable(error)) from None
        if loaded.building is None:
            raise EditError(_first(loaded.problems))
        return loaded.building

    def _write(self, files: Mapping[str, bytes]) -> None:
        """Each file whole or not at all; if a later one fails, the earlier ones are put back."""
        done: dict[Path, bytes | None] = {}
        try:
            for name, body in files.items():
                path = (self._folder / name).resolve()
                old = path.read_bytes() if path.is_file() else None
                _replace(path, body)
                done[path] = old
        except OSError as error:
            for path, old in done.items():
                if old is None:
                    path.unlink(missing_ok=True)
                else:
                    _replace(path, old)
            raise EditError(_unwritable(error)) from None


def _replace(path: Path, body: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        if path.exists():
            shutil.copymode(path, fresh)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _text(name: str, body: bytes) -> str:
    try:
        return body.removeprefix(_BOM).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise EditError(
            Text(f"{name} 不是 UTF-8 编码；请先另存。", f"{name} is not UTF-8; save it as UTF-8 first.")
        ) from None


def _bytes(text: str, before: bytes) -> bytes:
    """The text with the byte-order mark and the line ends that the file had."""
    if b"\r\n" in before:
        text = text.replace("\n", "\r\n")
    return (_BOM if before.startswith(_BOM) else b"") + text.encode()


def _only_ours(directory: str, names: list[str]) -> set[str]:
    """What no check reads is not copied."""
    here = Path(directory)
    return {
        name
        for name in names
        if name.startswith(".") or not ((here / name).is_dir() or Path(name).suffix.casefold() in SUFFIXES)
    }


def _first(problems: tuple[Problem, ...]) -> Text:
    worst = problems[0]
    place = f"{Path(worst.file).name}:{worst.line}" if worst.line else Path(worst.file).name
    more = len([one for one in problems if one.severity == "error"]) - 1
    zh = f"检查未通过：{place} {worst.where} {worst.says.zh}" + (f"（另有 {more} 处）" if more > 0 else "")
    en = f"The folder would not pass the check: {place} {worst.where} {worst.says.en}"
    return Text(zh, en + (f" ({more} more)" if more > 0 else ""))


def _unwritable(error: OSError) -> Text:
    why = error.strerror or str(error)
    return Text(f"档案馆文件夹无法写入（{why}）。", f"The building folder cannot be written ({why}).")
