"""What nothing watches right now, and why; and what was never calibrated (C46)."""

from __future__ import annotations

from alerts import unwatched as watching
from dashboard.faces.chrome import card, empty
from dashboard.faces.instruments import never_calibrated
from dashboard.html import esc, mark, tag
from dashboard.looks import sensor_state
from dashboard.scene import Scene
from sensors.model import Text
from sensors.quantities import quantity
from strongroom.model import Aside

SHOWN = 60
SPEAKING = ("fresh", "late")


def unwatched(scene: Scene) -> str:
    """Zones and hazards that nothing watches right now, with the key holdings there, and why (C46)."""
    w = scene.w
    house, board = scene.building, scene.board
    latest = board.latest if board else {}
    silent = {
        sensor.id: one.measured_at if (one := latest.get(sensor.id)) else None
        for sensor in house.sensors.values()
        if sensor_state(latest.get(sensor.id)) not in SPEAKING
    }
    out = {one.sensor: _out(scene, one) for one in (board.aside if board else ())}
    held = {zone: sum(one.zone == zone for one in house.holdings.values()) for zone in house.zones}
    rows: list[str] = []
    mute: set[str] = set()
    for zone in house.zones.values():
        here = [sensor.id for sensor in house.sensors.values() if sensor.zone == zone.id]
        if not here and held[zone.id]:
            rows.append(_gap(scene, zone.id, w("setup.no_sensor"), held[zone.id]))
        elif here and all(name in silent for name in here):
            mute.add(zone.id)
            rows.append(_gap(scene, zone.id, w("setup.all_silent", n=len(here)), held[zone.id]))
    found = watching.unwatched(
        house.rules,
        house.sensors,
        house.zones,
        board.alarms if board else (),
        silent,
        board.uncalibrated if board else (),
        out,
    )
    for gap in found:
        if gap.zone in mute and not gap.by:
            continue  # said already, of the whole zone
        hazard = quantity(gap.hazard)
        name = w.of(hazard.name) if hazard else w.named("hazard", gap.hazard)
        since = w("alarm.since", at=scene.clock(gap.since_at, seconds=False)) if gap.since_at else ""
        by = scene.person_name(gap.by) if gap.by else ""
        words = " · ".join(part for part in (name, w.of(gap.why), by, since) if part)
        rows.append(_gap(scene, gap.zone, words, held.get(gap.zone, 0)))
    body = tag("ul", *rows[:SHOWN], class_="sr-facts") if rows else empty(w("setup.all_watched"))
    more = tag("p", esc(w("setup.more_unwatched", n=len(rows) - SHOWN))) if len(rows) > SHOWN else ""
    return card(w("setup.unwatched"), body, more, key="unwatched")


def _out(scene: Scene, one: Aside) -> Text:
    who, until = scene.person_name(one.by), scene.clock(one.until_at, seconds=False)
    return Text(f"{who} 停用至 {until}：{one.reason}", f"out of service by {who} until {until}: {one.reason}")


def watch(scene: Scene) -> str:
    """The tab of the Alarms page: what nothing watches, and what nobody ever held against a standard."""
    return tag("div", unwatched(scene), _uncalibrated(scene), class_="sr-stack")


def _uncalibrated(scene: Scene) -> str:
    """Sensors never calibrated, room by room: they watch, but how well nobody knows."""
    w = scene.w
    found = never_calibrated(scene)
    if not found:
        return card(w("setup.never_calibrated"), empty(w("setup.all_calibrated")), key="never")
    by_zone: dict[str, list[str]] = {}
    for sensor in found:
        by_zone.setdefault(sensor.zone, []).append(w.of(sensor.name))
    between = "、" if scene.language == "zh" else ", "
    rows = (
        tag("li", tag("b", esc(scene.zone_name(zone))), " ", tag("span", esc(between.join(names))))
        for zone, names in by_zone.items()
    )
    return card(
        w("setup.never_calibrated"),
        tag("p", esc(w("setup.never_means", n=len(found)))),
        tag("ul", *rows, class_="sr-goals"),
        key="never",
    )


def _gap(scene: Scene, zone: str, why: str, holdings: int) -> str:
    held = scene.w("setup.holdings", n=holdings) if holdings else ""
    return tag(
        "li",
        mark("F", size=18),
        tag("b", esc(scene.zone_name(zone))),
        tag("span", esc(" · ".join(x for x in (why, held) if x))),
    )
