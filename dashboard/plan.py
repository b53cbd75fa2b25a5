"""Building and board to the SVG text of one floor: rooms, marks, bands, silent sensors. Pure.

Rooms are the shapes of the operator's own plan whose id is a zone's id (or the zone's ``shape``). The plan
text was sanitised when the folder was read; what is added here is escaped. A floor without a plan gets rooms
in a grid, so that a missing drawing never hides an alarm.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from defusedxml.ElementTree import fromstring
from msgspec import Struct

from dashboard.looks import Look, Reading, readings_of, sensor_mark, sensor_names, zone_look
from dashboard.route_lines import Way, draw
from dashboard.scene import Scene
from dashboard.theme import SHAPES, SIGN_Y
from strongroom.model import Floor

SVG = "http://www.w3.org/2000/svg"
ET.register_namespace("", SVG)
Matrix = tuple[float, float, float, float, float, float]
_ONE: Matrix = (1, 0, 0, 1, 0, 0)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_SHAPES = frozenset({"rect", "polygon", "polyline", "path", "circle", "ellipse", "g"})


class Box(Struct, frozen=True):
    """A rectangle in the units of the plan."""

    x: float
    y: float
    w: float
    h: float


def floor_svg(
    scene: Scene,
    floor: Floor,
    *,
    night: bool = False,
    controls: bool = True,
    routes: Sequence[Way] | None = None,
) -> str:
    """One floor as SVG text. ``controls``: rooms can be focused and opened (not on the wall). With ``routes`` the
    ways of rescue trips are drawn instead of readings."""
    root = _parse(scene.building.plans.get(floor.id, "")) or _grid(scene, floor)
    view = _view(root)
    root.set("viewBox", f"{_n(view.x)} {_n(view.y)} {_n(view.w)} {_n(view.h)}")
    for name in ("width", "height", "style", "class"):
        root.attrib.pop(name, None)
    root.set("class", "sr-plan sr-night" if night else "sr-plan")
    root.set("style", f"--u:{_n(view.w * 0.0165)}px")
    root.set("role", "group")
    root.set("aria-label", scene.w("plan.label", floor=scene.w.of(floor.name)))
    boxes: dict[str, Box] = {}
    edges: list[ET.Element] = []
    shapes = {
        zone.shape or zone.id: zone.id for zone in scene.building.zones.values() if zone.floor == floor.id
    }
    _find(root, _ONE, shapes, boxes, edges, scene, controls)
    over = ET.SubElement(root, f"{{{SVG}}}g", {"class": "sr-over", "aria-hidden": "true"})
    over.extend(edges)
    if routes is None:
        _dots(over, scene, floor, view, suffering=False)  # below the numbers, which must stay readable
    for zone in scene.building.zones.values():
        if zone.id in boxes:
            _label(over, scene, zone.id, boxes[zone.id], view, readings=routes is None)
    if routes is None:
        _dots(over, scene, floor, view, suffering=True)
    else:
        middles = {zone: (box.x + box.w / 2, box.y + box.h / 2) for zone, box in boxes.items()}
        draw(over, middles, view.w, routes, scene.w("picture.crew_short"))
    return ET.tostring(root, encoding="unicode")


def _parse(text: str) -> ET.Element | None:
    if not text:
        return None
    try:
        root: ET.Element = fromstring(text)
    except (ET.ParseError, ValueError):
        return None
    return root if root.tag == f"{{{SVG}}}svg" else None


def _grid(scene: Scene, floor: Floor) -> ET.Element:
    zones = [zone for zone in scene.building.zones.values() if zone.floor == floor.id]
    columns = max(1, math.ceil(math.sqrt(len(zones) * 1.6)))
    rows = max(1, math.ceil(len(zones) / columns))
    root = ET.Element(f"{{{SVG}}}svg", {"viewBox": f"0 0 {columns * 200 + 20} {rows * 130 + 20}"})
    for number, zone in enumerate(zones):
        place = {"x": 10 + number % columns * 200, "y": 10 + number // columns * 130}
        size = {"id": zone.shape or zone.id, "width": "192", "height": "122"}
        ET.SubElement(root, f"{{{SVG}}}rect", size | {key: str(value) for key, value in place.items()})
    return root


def _view(root: ET.Element) -> Box:
    numbers = [float(word) for word in _NUMBER.findall(root.get("viewBox", ""))]
    if len(numbers) == 4 and numbers[2] > 0 and numbers[3] > 0:
        return Box(*numbers)
    width, height = (_NUMBER.match(root.get(name, "")) for name in ("width", "height"))
    return Box(0, 0, float(width[0]) if width else 1000, float(height[0]) if height else 600)


def _find(
    element: ET.Element,
    matrix: Matrix,
    shapes: dict[str, str],
    boxes: dict[str, Box],
    edges: list[ET.Element],
    scene: Scene,
    controls: bool,
) -> None:
    matrix = _times(matrix, _transform(element.get("transform", "")))
    local = element.tag.rpartition("}")[2]
    zone = shapes.get(element.get("id", ""))
    if zone is not None and local in _SHAPES and zone not in boxes:
        corners = _corners(element, local)
        if corners:
            boxes[zone] = _box(matrix, corners)
            look = zone_look(scene, zone)
            if look.alarms:
                edges.append(_edge(element, matrix, look, zone))
            element.set("class", "sr-zone " + look.classes)
            element.attrib.pop("style", None)
            element.set("data-key", f"zone-{zone}")
            element.set("aria-label", look.spoken)
            element.set("role", "img")
            if controls:
                element.set("role", "link")
                element.set("tabindex", "0")
                element.set("data-set", f'{{"zone": "{_json(zone)}"}}')
    for child in element:
        _find(child, matrix, shapes, boxes, edges, scene, controls)


def _edge(element: ET.Element, matrix: Matrix, look: Look, zone: str) -> ET.Element:
    """The outline of a room again, for drawing over walls and neighbours that would cover the room's own."""
    place = "matrix(" + " ".join(_n(value) for value in matrix) + ")"
    holder = ET.Element(f"{{{SVG}}}g", {"class": f"sr-edge {look.classes}", "data-key": f"edge-{zone}"})
    holder.set("transform", place)
    twin = copy.deepcopy(element)
    for part in twin.iter():
        for name in ("id", "class", "style", "fill", "stroke", "stroke-width", "transform"):
            if part is twin or name != "transform":
                part.attrib.pop(name, None)
    holder.append(twin)
    return holder


def _json(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _corners(element: ET.Element, local: str) -> list[tuple[float, float]]:
    def number(name: str) -> float:
        found = _NUMBER.match(element.get(name, ""))
        return float(found[0]) if found else 0.0

    if local == "rect":
        x, y, w, h = number("x"), number("y"), number("width"), number("height")
        return [(x, y), (x + w, y + h), (x, y + h), (x + w, y)]
    if local in ("circle", "ellipse"):
        rx, ry = (number("r"),) * 2 if local == "circle" else (number("rx"), number("ry"))
        x, y = number("cx"), number("cy")
        return [(x - rx, y - ry), (x + rx, y + ry)]
    if local in ("polygon", "polyline"):
        flat = [float(word) for word in _NUMBER.findall(element.get("points", ""))]
        return list(zip(flat[::2], flat[1::2], strict=False))
    if local == "path":
        return _path(element.get("d", ""))
    corners: list[tuple[float, float]] = []
    for child in element:
        inner = _transform(child.get("transform", ""))
        corners += [_apply(inner, point) for point in _corners(child, child.tag.rpartition("}")[2])]
    return corners


def _path(text: str) -> list[tuple[float, float]]:
    """Where a path turns; curves by their end points, which is near enough for placing a label."""
    points: list[tuple[float, float]] = []
    x = y = 0.0
    for command, rest in re.findall(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)", text):
        flat = [float(word) for word in _NUMBER.findall(rest)]
        step = {"H": 1, "V": 1, "M": 2, "L": 2, "T": 2, "Q": 4, "S": 4, "C": 6, "A": 7}.get(
            command.upper(), 0
        )
        if not step:
            continue
        for start in range(0, len(flat) - step + 1, step):
            part = flat[start : start + step]
            move = command.islower()
            if command in "Hh":
                x = x + part[0] if move else part[0]
            elif command in "Vv":
                y = y + part[0] if move else part[0]
            else:
                x = x + part[-2] if move else part[-2]
                y = y + part[-1] if move else part[-1]
            points.append((x, y))
    return points


def _transform(text: str) -> Matrix:
    matrix = _ONE
    for name, rest in re.findall(r"(translate|scale|matrix)\s*\(([^)]*)\)", text):
        n = [float(word) for word in _NUMBER.findall(rest)]
        if name == "translate" and n:
            matrix = _times(matrix, (1, 0, 0, 1, n[0], n[1] if len(n) > 1 else 0))
        elif name == "scale" and n:
            matrix = _times(matrix, (n[0], 0, 0, n[1] if len(n) > 1 else n[0], 0, 0))
        elif name == "matrix" and len(n) == 6:
            matrix = _times(matrix, (n[0], n[1], n[2], n[3], n[4], n[5]))
    return matrix


def _times(m: Matrix, o: Matrix) -> Matrix:
    return (
        m[0] * o[0] + m[2] * o[1],
        m[1] * o[0] + m[3] * o[1],
        m[0] * o[2] + m[2] * o[3],
        m[1] * o[2] + m[3] * o[3],
        m[0] * o[4] + m[2] * o[5] + m[4],
        m[1] * o[4] + m[3] * o[5] + m[5],
    )


def _apply(m: Matrix, point: tuple[float, float]) -> tuple[float, float]:
    return (m[0] * point[0] + m[2] * point[1] + m[4], m[1] * point[0] + m[3] * point[1] + m[5])


def _box(matrix: Matrix, corners: list[tuple[float, float]]) -> Box:
    points = [_apply(matrix, corner) for corner in corners]
    left, top = min(p[0] for p in points), min(p[1] for p in points)
    return Box(left, top, max(p[0] for p in points) - left, max(p[1] for p in points) - top)


# --- what is written over the rooms ----------------------------------------------------------------------


def width_of(words: str) -> float:
    """Width of a text in ems: a Chinese glyph is one em, a Latin one a little over half."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.56 for letter in words)


def _label(over: ET.Element, scene: Scene, zone: str, box: Box, view: Box, *, readings: bool = True) -> None:
    look = zone_look(scene, zone)
    name = scene.building.zones[zone].name
    first, second = (name.zh, name.en) if scene.language == "zh" else (name.en, name.zh)
    base = view.w * 0.0165
    pad = base * 0.5
    room = box.w - 2 * pad - (base * 1.9 if look.alarms else 0)
    size = min(base, room / max(1.0, width_of(first)), box.h * 0.42)
    group = ET.SubElement(over, f"{{{SVG}}}g", {"data-key": f"over-{zone}"})
    y = box.y + pad + size * 0.9
    if size >= base * 0.4:
        # On a phone the name alone is drawn, twice as large where the room is wide enough.
        large = " sr-large" if base * 2 * width_of(first) < box.w - 2 * pad and box.h > base * 3 else ""
        _text(group, box.x + pad, y, size, first, "sr-name" + large)
        small = min(size * 0.78, room / max(1.0, width_of(second)))
        if second and second != first and small >= base * 0.45 and box.h > size * 3.2:
            y += small * 1.25
            _text(group, box.x + pad, y, small, second, "sr-name2")
    if look.alarms:
        _mark(group, box.x + box.w - pad - base * 1.7, box.y + pad * 0.6, base * 1.7, look)
        if look.extra:
            _text(
                group, box.x + box.w - pad, box.y + pad + base * 2.6, base * 0.8, f"+{look.extra}", "sr-more"
            )
    rows = readings_of(scene, zone) if readings else []
    left = box.y + box.h - pad - y
    fits = max(0, int((left - base * 0.2) / (base * 1.25)))
    shown = rows[:fits] if box.w > base * 4.2 else []
    if shown:
        # A plate keeps the numbers readable over shelves and furniture of the drawing.
        wide = min(box.w - pad, base * 15.2)
        plate = {
            "x": box.x + pad / 2,
            "y": y + base * 0.35,
            "width": wide,
            "height": base * (1.25 * len(shown) + 0.3),
        }
        ET.SubElement(group, f"{{{SVG}}}rect", {"class": "sr-plate"} | _numbers(plate))
    for number, reading in enumerate(shown):
        _band(group, box, y + base * (1.35 + 1.25 * number), base, pad, reading)


def _band(group: ET.Element, box: Box, line: float, base: float, pad: float, reading: Reading) -> None:
    size = base * 0.82
    text = reading.short
    _text(group, box.x + pad, line, size, text, "sr-value " + reading.state)
    start = box.x + pad + max(size * (width_of(text) + 0.8), base * 5.4)
    length = min(box.x + box.w - pad - start, base * 9)
    if reading.place is None or length < base * 2:
        return
    middle = line - size * 0.32
    thick = base * 0.26
    track = {"x": start, "y": middle - thick / 2, "width": length, "height": thick}
    ET.SubElement(group, f"{{{SVG}}}rect", {"class": "sr-track"} | _numbers(track))
    low, high = reading.band
    good = {
        "x": start + low * length,
        "y": middle - thick / 2,
        "width": (high - low) * length,
        "height": thick,
    }
    ET.SubElement(group, f"{{{SVG}}}rect", {"class": "sr-good"} | _numbers(good))
    needle = {"x": start + reading.place * length - base * 0.14, "y": middle - base * 0.42}
    size_n = {"width": base * 0.28, "height": base * 0.84}
    outside = " sr-out" if not low <= reading.place <= high else ""
    ET.SubElement(group, f"{{{SVG}}}rect", {"class": "sr-needle" + outside} | _numbers(needle | size_n))


def _mark(group: ET.Element, x: float, y: float, size: float, look: Look) -> None:
    outer = ET.SubElement(group, f"{{{SVG}}}g", {"class": "sr-marked"})
    holder = ET.SubElement(
        outer,
        f"{{{SVG}}}g",
        {
            "class": f"sr-mark sr-m{look.kind} {look.classes}" + (" sr-hollow" if look.hollow else ""),
            "transform": f"translate({_n(x)} {_n(y)}) scale({_n(size / 24)})",
        },
    )
    shape = {"1": "square", "2": "up", "3": "down", "F": "diamond"}[look.kind]
    ET.SubElement(holder, f"{{{SVG}}}path", {"d": SHAPES[shape]})
    sign = ET.SubElement(holder, f"{{{SVG}}}text", {"x": "12", "y": _n(SIGN_Y[shape])})
    sign.text = look.kind


def _dots(over: ET.Element, scene: Scene, floor: Floor, view: Box, *, suffering: bool) -> None:
    """Sensors that speak nonsense or nothing are shown where they hang; healthy ones stay quiet."""
    latest = scene.board.latest if scene.board else {}
    for sensor in scene.building.sensors.values():
        zone = scene.building.zones.get(sensor.zone)
        if sensor.at is None or zone is None or zone.floor != floor.id:
            continue
        suffers = sensor_mark(latest.get(sensor.id))
        if bool(suffers) is not suffering:
            continue
        x, y = view.x + sensor.at[0] * view.w, view.y + sensor.at[1] * view.h
        dot = ET.SubElement(
            over,
            f"{{{SVG}}}{'path' if suffering else 'circle'}",
            {
                "class": f"sr-dot sr-bad sr-is-{suffers}" if suffering else "sr-dot",
                "data-key": f"dot-{sensor.id}",
            },
        )
        if suffering:
            size = view.w * 0.007
            dot.set(
                "d",
                f"M{_n(x)} {_n(y - size)}L{_n(x + size)} {_n(y)}L{_n(x)} {_n(y + size)}L{_n(x - size)} {_n(y)}Z",
            )
        else:
            for key, value in _numbers({"cx": x, "cy": y, "r": view.w * 0.0032}).items():
                dot.set(key, value)
        title = ET.SubElement(dot, f"{{{SVG}}}title")
        title.text = f"{scene.w.of(sensor.name)} · {sensor_names(scene, latest.get(sensor.id))}"


def _text(group: ET.Element, x: float, y: float, size: float, words: str, name: str) -> None:
    made = ET.SubElement(
        group, f"{{{SVG}}}text", {"class": name, "x": _n(x), "y": _n(y), "font-size": _n(size)}
    )
    made.text = words


def _numbers(pairs: dict[str, float]) -> dict[str, str]:
    return {key: _n(value) for key, value in pairs.items()}


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
