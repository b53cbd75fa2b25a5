"""What a message says: templates per language with named holes, shortened without losing what matters.

A page always keeps its drill mark, repeat mark, level, place, number of alarms, action, reference and reply
code. Everything else is optional and goes in only while the message stays within as few parts as the kept
pieces need anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from alerts.segments import count, country, plain, without_links
from sensors.model import Text

MAX_PARTS = 3

# Words a carrier or the provider eats before we see them (Twilio's default opt-out handling and Advanced
# Opt-Out, https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out; CTIA guidelines).
OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN = frozenset({"START", "YES", "UNSTOP"})
RESERVED = OPT_OUT | OPT_IN | frozenset({"HELP", "INFO"})

LEVELS = {1: Text("紧急", "URGENT"), 2: Text("重要", "HIGH"), 3: Text("注意", "LOW")}
CONFIRMED = Text("已确认", "CONFIRMED")
FAULT = Text("故障", "FAULT")
UNVERIFIED = Text("未证实", "UNVERIFIED")


class Page(Struct, frozen=True, kw_only=True):
    """The facts of one page. ``zones`` counts places when several alarms stand in more than one."""

    site: Text
    level: Text
    place: Text
    what: Text
    action: Text
    reference: str
    detail: Text = Text("", "")
    at: str = ""  # wall time of the alarm, printed when it is not of this minute
    code: str = ""
    counted: int = 1
    zones: int = 1
    drill: bool = False
    may_repeat: bool = False


class Piece(Struct, frozen=True):
    """One part of a template: the hole it fills, its text, and when it may be dropped (0: never)."""

    hole: str
    text: str
    drop: int = 0


# Pieces in the order they are read. A higher ``drop`` goes first.
SMS: dict[str, tuple[Piece, ...]] = {
    "zh": (
        Piece("drill", "【演练】"),
        Piece("repeat", "【可能重复】"),
        Piece("site", "【{value}】", 2),
        Piece("level", "{value}："),
        Piece("at", "{value} ", 3),
        Piece("place", "{value}"),
        Piece("what", "{value}", 1),
        Piece("detail", "（{value}）", 4),
        Piece("counted", "，{value}"),
        Piece("action", "。{value}"),
        Piece("reference", "。编号{value}"),
        Piece("code", "，回复{value}A接警"),
    ),
    "en": (
        Piece("drill", "[DRILL] "),
        Piece("repeat", "(may be a repeat) "),
        Piece("site", "{value}: ", 2),
        Piece("level", "{value} "),
        Piece("at", "{value} ", 3),
        Piece("place", "{value}"),
        Piece("what", " - {value}", 1),
        Piece("detail", " ({value})", 4),
        Piece("counted", ", {value}"),
        Piece("action", ". {value}"),
        Piece("reference", ". Ref {value}"),
        Piece("code", ". Reply {value}A = on it"),
    ),
}
VOICE: dict[str, tuple[Piece, ...]] = {
    "zh": (
        Piece("drill", "演练，演练。"),
        Piece("repeat", "可能重复。"),
        Piece("site", "{value}。"),
        Piece("level", "{value}。"),
        Piece("place", "{value}，"),
        Piece("what", "{value}。"),
        Piece("counted", "{value}。"),
        Piece("action", "{value}。"),
    ),
    "en": (
        Piece("drill", "This is a drill. "),
        Piece("repeat", "This may be a repeat. "),
        Piece("site", "{value}. "),
        Piece("level", "{value}. "),
        Piece("place", "{value}. "),
        Piece("what", "{value}. "),
        Piece("counted", "{value}. "),
        Piece("action", "{value}. "),
    ),
}

PRESS = Text("收到请按 1。要转给下一位请按 3。", "Press 1 to confirm. Press 3 to pass it on.")
NOT_BY_KEY = Text("请到屏幕上确认。", "Please confirm on screen.")
HEARD = Text("已登记，谢谢。", "Recorded, thank you.")
PASSED = Text("已转下一位。", "Passed on.")
NO_KEY = Text("没有收到按键。", "No key was pressed.")


def page(facts: Page, language: str, phone: str = "", *, limit: int = MAX_PARTS) -> str:
    """The text message for ``facts`` to ``phone``, at most ``limit`` parts.

    Numbers of countries without two-way messages get no reply code, those that refuse links get none.
    """
    rules = country(phone)
    pieces = SMS[_known(language)]
    values = _values(facts, language, replies=rules.replies)
    if not rules.links:
        values = {k: without_links(v) for k, v in values.items()}
    return _fit(pieces, values, limit)


def spoken(facts: Page, language: str) -> str:
    """The words a call says before it asks for a key."""
    values = _values(facts, language, replies=False)
    return "".join(p.text.format(value=values[p.hole]) for p in VOICE[_known(language)] if values.get(p.hole))


def long(facts: Page, language: str, others: tuple[str, ...] = ()) -> str:
    """The message where length does not matter (mail, chat): everything, and the other alarms below."""
    values = _values(facts, language, replies=False)
    first = "".join(p.text.format(value=values[p.hole]) for p in SMS[_known(language)] if values.get(p.hole))
    return "\n".join((first, *others))


def digits(code: str) -> str:
    """``code`` spelled one sign at a time for a voice."""
    return " ".join(code)


def _known(language: str) -> str:
    return "zh" if language == "zh" else "en"


def _values(facts: Page, language: str, *, replies: bool) -> dict[str, str]:
    zh = language == "zh"
    counted = ""
    if facts.counted > 1:
        where = f"{facts.zones}处" if facts.zones > 1 else ""
        places = f" in {facts.zones} places" if facts.zones > 1 else ""
        counted = f"{where}共{facts.counted}起" if zh else f"{facts.counted} alarms{places}"
    values = {
        "drill": "x" if facts.drill else "",
        "repeat": "x" if facts.may_repeat else "",
        "site": facts.site.in_(language),
        "level": facts.level.in_(language),
        "at": facts.at,
        "place": facts.place.in_(language),
        "what": facts.what.in_(language),
        "detail": facts.detail.in_(language),
        "counted": counted,
        "action": facts.action.in_(language).rstrip("。. "),
        "reference": facts.reference,
        "code": facts.code if replies else "",
    }
    return {k: _one_line(v if zh else plain(v)) for k, v in values.items()}


def _one_line(words: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def _fit(pieces: tuple[Piece, ...], values: dict[str, str], limit: int) -> str:
    """The template filled: kept pieces always, the others while they need no further part."""
    kept = {p.hole for p in pieces if p.drop == 0 and values.get(p.hole)}

    def written(holes: set[str], **other: str) -> str:
        said = {**values, **other}
        return "".join(p.text.format(value=said[p.hole]) for p in pieces if p.hole in holes)

    target = count(written(kept)).parts
    if target > limit:
        short = shortened(values["action"], lambda w: count(written(kept, action=w)).parts <= limit)
        return written(kept, action=short)
    for piece in sorted((p for p in pieces if p.drop and values.get(p.hole)), key=lambda p: p.drop):
        holes = kept | {piece.hole}
        if count(written(holes)).parts > target:
            if piece.hole != "what":
                continue
            # What happened may be shortened; if hardly any of it would be left, one more part is worth it.
            short = _what(piece.hole, values[piece.hole], holes, written, target)
            if len(short) < min(6, len(values["what"])) and target < limit:
                target += 1
                short = _what(piece.hole, values[piece.hole], holes, written, target)
            if not short:
                continue
            values = {**values, "what": short}
        kept = holes
    return written(kept)


def _what(hole: str, words: str, holes: set[str], written: Callable[..., str], target: int) -> str:
    return shortened(words, lambda w: count(written(holes, **{hole: w})).parts <= target)


def shortened(words: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of ``words`` that ``fits``, with dots where it was cut; empty if none does."""
    if fits(words):
        return words
    dots = ".." if words.isascii() else "…"  # the template's full stop follows
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(words[:middle].rstrip() + dots):
            low = middle
        else:
            high = middle - 1
    return words[:low].rstrip() + dots if low else ""


def reserved(words: str) -> str:
    """The carrier-reserved word a text tells its reader to reply with, or an empty string.

    Such a reply never reaches us: the carrier or the provider takes it and may block the sender.
    """
    asked = re.compile(r"(?i)(?:reply|text|answer|回复|回覆|发送)\W*([a-z]+)\b")
    return next((m.group(1).upper() for m in asked.finditer(words) if m.group(1).upper() in RESERVED), "")
