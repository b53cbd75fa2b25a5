"""Bytes of a folder's file to text: encodings, byte-order marks and line ends."""

from __future__ import annotations

import codecs
from pathlib import Path

from msgspec import Struct

from sensors.model import Text
from strongroom.folder.ledger import Ledger, Spot

MAX_BYTES = 16 * 1024 * 1024
REGISTER_BYTES = 128 * 1024 * 1024
"""The register of holdings may be larger: 100,000 rows with every column filled are about 30 MB."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


class Source(Struct, frozen=True):
    """A file's text with ``\\n`` line ends. ``whole`` is False where bytes could not be understood."""

    file: str
    text: str
    whole: bool = True


def read_source(folder: Path, file: str, ledger: Ledger, most: int = MAX_BYTES) -> Source | None:
    """The text of ``folder/file``; problems go to the ledger. None if there is nothing to read."""
    path = folder / file
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            ledger.error(
                Spot(file),
                Text("文件指向档案馆文件夹之外。", "The file lies outside the building folder."),
                Text("把文件放进文件夹内。", "Put the file inside the folder."),
            )
            return None
        size = path.stat().st_size
        raw = path.read_bytes() if size <= most else b""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        ledger.error(
            Spot(file),
            Text(f"文件无法读取（{reason}）。", f"The file cannot be read ({reason})."),
            Text("请确认它是文件而不是文件夹，并有读取权限。", "Check that it is a file and may be read."),
        )
        return None
    if size > most:
        ledger.error(
            Spot(file),
            Text(
                f"文件有 {size // 1_048_576} MB，上限是 {most // 1_048_576} MB。",
                f"The file has {size // 1_048_576} MB; at most {most // 1_048_576} MB are read.",
            ),
        )
        return None
    return decode(file, raw, ledger)


def decode(file: str, raw: bytes, ledger: Ledger) -> Source:
    """UTF-8 with or without a mark; anything else is named, reported and read as well as possible."""
    for mark, codec, name in _MARKS:
        if raw.startswith(mark):
            return _foreign(file, raw, codec, name, ledger)
    if raw.startswith(codecs.BOM_UTF8):
        raw = raw[len(codecs.BOM_UTF8) :]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        for codec, name in () if _mostly_utf8(raw) else _guesses(raw):
            try:
                raw.decode(codec)
            except UnicodeDecodeError:
                continue
            return _foreign(file, raw, codec, name, ledger)
        line = raw.count(b"\n", 0, error.start) + 1
        ledger.error(
            Spot(file, line),
            Text(
                f"第 {line} 行的字节不是 UTF-8，也认不出是哪种编码。",
                f"Line {line} holds bytes that are not UTF-8, nor any encoding we recognise.",
            ),
            _SAVE_AS,
        )
        return Source(file, _ends(raw.decode("utf-8", errors="replace")), whole=False)
    if "\x00" in text:
        even, odd = raw[0::2].count(0), raw[1::2].count(0)
        if max(even, odd) * 4 > len(raw):
            return _foreign(file, raw, "utf-16-le" if odd > even else "utf-16-be", "UTF-16", ledger)
    return Source(file, _ends(text))


_SAVE_AS = Text("用编辑器另存为 UTF-8 编码。", "Save the file again with the encoding UTF-8.")


def _mostly_utf8(raw: bytes) -> bool:
    """A UTF-8 text in which only a few bytes are broken: more characters beyond ASCII came through than not."""
    text = raw.decode("utf-8", errors="replace")
    return text.count("\ufffd") * 3 < sum(ord(mark) > 127 for mark in text)


def _guesses(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Chinese Windows programs write GBK; a UTF-16 file may have lost its mark."""
    if b"\x00" in raw:
        return (("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"))
    return (("gb18030", "GBK"),)


def _foreign(file: str, raw: bytes, codec: str, name: str, ledger: Ledger) -> Source:
    text = raw.decode(codec, errors="replace")
    ledger.error(
        Spot(file),
        Text(f"文件编码是 {name}，应为 UTF-8。", f"The file is encoded in {name}; it must be UTF-8."),
        _SAVE_AS,
    )
    return Source(file, _ends(text.lstrip("\ufeff")), whole="\ufffd" not in text)


def _ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
