"""Colours and marks in one table. Grey until something is wrong; colour never speaks alone.

The idea of a grey ground with colour kept for the abnormal follows ISA-101 and high-performance HMI practice.
Contrast is computed with the WCAG 2.2 formula and held to it by a test: text 4.5:1, symbols and edges 3:1.
"""

from __future__ import annotations

from msgspec import Struct


class Mark(Struct, frozen=True):
    """How one class of alarm looks: fill, edge and ink colours, the shape's name and the sign inside it."""

    fill: str
    edge: str
    ink: str
    shape: str
    sign: str


GROUND = "#E4E4E4"
PANEL = "#D6D6D6"
ROOM = "#C9C9C9"
EDGE = "#6B6B6B"
TEXT = "#1E1E1E"
QUIET = "#4F4F4F"
BLUE = "#0B4F9E"
PAPER = "#F2F2F2"

MARKS: dict[str, Mark] = {
    "1": Mark("#B3001B", "#B3001B", "#FFFFFF", "square", "1"),
    "2": Mark("#B84A00", "#B84A00", "#FFFFFF", "up", "2"),
    "3": Mark("#F2C200", "#1E1E1E", "#1E1E1E", "down", "3"),
    "F": Mark("#8E1F8E", "#8E1F8E", "#FFFFFF", "diamond", "F"),
}

NIGHT_GROUND = "#2B2B2B"
NIGHT_PANEL = "#363636"
NIGHT_ROOM = "#3D3D3D"
NIGHT_EDGE = "#9A9A9A"
NIGHT_TEXT = "#F0F0F0"
NIGHT_QUIET = "#C4C4C4"
NIGHT_BLUE = "#8FC1FF"

# Lines of a chart that compares rooms; each has its own dashes and letter as well.
LINES = (TEXT, BLUE, "#00594F", "#6E3B00", "#4B4E00", "#5A2D6E")
NIGHT_LINES = (NIGHT_TEXT, NIGHT_BLUE, "#7FD6C2", "#E8B878", "#D6D66B", "#D3B3E3")

NIGHT_MARKS: dict[str, Mark] = {
    "1": Mark("#FF6B6B", "#FF6B6B", "#1E1E1E", "square", "1"),
    "2": Mark("#FF9F40", "#FF9F40", "#1E1E1E", "up", "2"),
    "3": Mark("#FFD84D", "#FFD84D", "#1E1E1E", "down", "3"),
    "F": Mark("#E38CE3", "#E38CE3", "#1E1E1E", "diamond", "F"),
}

# Outlines of the marks in a 24 by 24 box, so that the shape alone tells the class apart.
SHAPES: dict[str, str] = {
    "square": "M2.5 2.5h19v19h-19z",
    "up": "M12 1.5 23.2 21.5H.8z",
    "down": "M12 22.5.8 2.5h22.4z",
    "diamond": "M12 .8 23.2 12 12 23.2.8 12z",
}
# Where the sign stands inside the outline (its base line), so that it looks centred.
SIGN_Y: dict[str, float] = {"square": 17.2, "up": 18.6, "down": 13.8, "diamond": 16.8}


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB`` by WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours by WCAG 2.2, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _variables(
    ground: str,
    panel: str,
    room: str,
    edge: str,
    text: str,
    quiet: str,
    blue: str,
    marks: dict[str, Mark],
    lines: tuple[str, ...],
) -> str:
    pairs = {
        "ground": ground,
        "panel": panel,
        "room": room,
        "edge": edge,
        "text": text,
        "quiet": quiet,
        "blue": blue,
    }
    pairs |= {f"l{number}": colour for number, colour in enumerate(lines)}
    for name, mark in marks.items():
        pairs |= {f"m{name}": mark.fill, f"m{name}-edge": mark.edge, f"m{name}-ink": mark.ink}
    return "".join(f"--sr-{name}:{value};" for name, value in pairs.items())


def style() -> str:
    """The colour variables that every style sheet of ours builds on, day and night."""
    day = _variables(GROUND, PANEL, ROOM, EDGE, TEXT, QUIET, BLUE, MARKS, LINES) + f"--sr-paper:{PAPER};"
    night = (
        _variables(
            NIGHT_GROUND,
            NIGHT_PANEL,
            NIGHT_ROOM,
            NIGHT_EDGE,
            NIGHT_TEXT,
            NIGHT_QUIET,
            NIGHT_BLUE,
            NIGHT_MARKS,
            NIGHT_LINES,
        )
        + f"--sr-paper:{NIGHT_PANEL};"
    )
    return f":root{{{day}}}\n.sr-night{{{night}}}\n"
