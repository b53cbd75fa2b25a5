"""现场 Status: is anything wrong, where, and is this screen telling the truth?"""

from __future__ import annotations

import json

from alerts.model import Alarm
from dashboard.faces.chrome import ack_button, card, empty, incident_link
from dashboard.faces.demo import stories
from dashboard.html import esc, join, mark, tag
from dashboard.looks import (
    classes_of,
    is_hollow,
    kind_of,
    notice_counts,
    reading_words,
    sensor_mark,
    sensor_tally,
    sensor_words,
    speaking,
    standing,
    state_words,
    value_words,
)
from dashboard.plan import floor_svg
from dashboard.scene import Scene
from strongroom.model import Floor


def face(scene: Scene) -> str:
    """The whole body."""
    zone = scene.choices.get("zone", "")
    side = [alarm_list(scene), duty(scene), chain(scene)]
    if zone in scene.building.zones:
        side.insert(0, zone_card(scene, zone))
    plan = tag("div", plan_card(scene), stories(scene), class_="sr-left")
    return tag("div", plan, tag("div", *side, class_="sr-right"), class_="sr-two")


def chosen_floor(scene: Scene) -> Floor | None:
    """The floor in the address, else the chosen zone's, else the worst alarm's, else the first."""
    floors = {floor.id: floor for floor in scene.building.floors}
    if scene.choices.get("floor", "") in floors:
        return floors[scene.choices["floor"]]
    zones = [scene.choices.get("zone", "")] + [alarm.zone for alarm in standing(scene.board)]
    for zone in zones:
        known = scene.building.zones.get(zone)
        if known is not None and known.floor in floors:
            return floors[known.floor]
    return scene.building.floors[0] if scene.building.floors else None


def plan_card(scene: Scene) -> str:
    """Floor tabs with the worst mark of each floor, and the plan."""
    here = chosen_floor(scene)
    if here is None:
        return card(scene.w("status.plan"), empty(scene.w("status.no_floors")), key="plan")
    worst: dict[str, Alarm] = {}
    for alarm in standing(scene.board):
        zone = scene.building.zones.get(alarm.zone)
        if zone is not None:
            worst.setdefault(zone.floor, alarm)
    tabs = join(
        tag(
            "a",
            esc(scene.w.of(floor.name)),
            mark(kind_of(worst[floor.id]), size=20, hollow=is_hollow(worst[floor.id]))
            if floor.id in worst
            else "",
            href=f"?floor={floor.id}",
            role="tab",
            aria_selected="true" if floor.id == here.id else "false",
            class_="sr-tab" + (" sr-here" if floor.id == here.id else ""),
            data_set=json.dumps({"floor": floor.id, "zone": ""}),
            data_key=f"floor-{floor.id}",
        )
        for floor in scene.building.floors
    )
    drawing = tag("div", floor_svg(scene, here), class_="sr-drawing", data_key=f"drawing-{here.id}")
    legend = tag("p", *_legend(scene), class_="sr-legend")
    bar = tag("div", tabs, class_="sr-tabs", role="tablist", aria_label=scene.w("status.floors"))
    return tag("section", bar, drawing, legend, class_="sr-card sr-plancard", data_key="plan")


def _legend(scene: Scene) -> list[str]:
    return [
        tag("span", mark(kind, size=18), esc(scene.w("kind." + kind)), class_="sr-key")
        for kind in ("1", "2", "3", "F")
    ] + [tag("span", mark("2", size=18, hollow=True), esc(scene.w("status.hollow")), class_="sr-key")]


def alarm_list(scene: Scene) -> str:
    """Standing alarms, most urgent first."""
    alarms = standing(scene.board)
    active = sum(1 for alarm in alarms if alarm.active)
    unacked = sum(1 for alarm in alarms if alarm.acked is None)
    title = scene.w("status.alarms", active=active, unacked=unacked)
    if not alarms:
        return card(title, empty(scene.w("status.no_alarms")), key="alarms")
    rows = join(alarm_row(scene, alarm) for alarm in alarms[:30])
    rest = (
        tag("p", esc(scene.w("status.more_alarms", n=len(alarms) - 30)), class_="sr-empty")
        if len(alarms) > 30
        else ""
    )
    return card(title, tag("ul", rows, class_="sr-list"), rest, key="alarms")


def alarm_row(scene: Scene, alarm: Alarm) -> str:
    """One line of the list, with its acts."""
    tags = ""
    if alarm.first_out:
        tags += tag("span", esc(scene.w("alarm.first_out")), class_="sr-tagged")
    if alarm.chattering:
        tags += tag("span", esc(scene.w("alarm.chattering")), class_="sr-tagged")
    if alarm.unverified:
        tags += tag("span", esc(scene.w("alarm.unverified")), class_="sr-tagged")
    if alarm.drill:
        tags += tag("span", "演练 DRILL", class_="sr-tagged sr-drilltag")
    value = value_words(scene, alarm)
    state = state_words(scene, alarm)
    if alarm.acked is not None:
        state += f" {scene.person_name(alarm.acked.by)} {scene.clock(alarm.acked.at, seconds=False)}"
    what = tag(
        "span",
        tag("b", esc(f"{scene.zone_name(alarm.zone)} · {scene.w.of(alarm.name)}")),
        tags,
        tag("small", esc(" · ".join(part for part in (value, state) if part))),
        class_="sr-what",
    )
    time = tag("span", esc(scene.clock(alarm.raised_at)), class_="sr-time")
    kind = kind_of(alarm)
    symbol = mark(
        kind,
        size=26,
        hollow=is_hollow(alarm),
        extra="sr-unacked" if "sr-unacked" in classes_of(alarm) else "",
        label=scene.w("kind." + kind),
    )
    return tag(
        "li",
        symbol,
        what,
        time,
        tag("span", ack_button(scene, alarm), incident_link(scene, alarm), class_="sr-acts"),
        class_="sr-row " + classes_of(alarm),
        data_key=f"row-{alarm.id}",
    )


def broken(scene: Scene) -> str:
    """Instead of a page that failed to draw: say so, and show what stands."""
    sorry = card(
        scene.w("chrome.broken"), empty(scene.w("chrome.broken_why")), key="broken", kind="sr-warned"
    )
    return tag("div", sorry, alarm_list(scene), class_="sr-one")


def zone_card(scene: Scene, zone: str) -> str:
    """Everything measured in the chosen zone, with age and quality."""
    latest = scene.board.latest if scene.board else {}
    sensors = sorted((s for s in scene.building.sensors.values() if s.zone == zone), key=lambda s: s.id)
    close = tag(
        "a",
        "×",
        href="?",
        class_="sr-close",
        data_set=json.dumps({"zone": ""}),
        aria_label=scene.w("status.close_zone"),
        data_key="zone-close",
    )
    if not sensors:
        return card(scene.zone_name(zone), empty(scene.w("status.no_sensors")), key="zone", more=close)
    rows: list[str] = []
    for sensor in sensors:
        now = latest.get(sensor.id)
        suffers = sensor_mark(now)
        at = now.measured_at if now else None
        age = tag("time", esc(scene.span(scene.now - at)), data_since=f"{at:.1f}") if at is not None else ""
        words = sensor_words(scene, now)
        faulty = suffers not in ("", "minor")
        rows.append(
            tag(
                "tr",
                tag("th", esc(scene.w.of(sensor.name)), scope="row"),
                tag("td", esc(reading_words(scene, sensor, now)), class_="sr-num"),
                tag("td", age, class_="sr-num"),
                tag("td", mark("F", size=18) if faulty else "", esc(words)),
                class_="sr-faulty" if faulty else None,
                data_key=f"s-{sensor.id}",
            )
        )
    titles = join(
        tag("th", esc(scene.w(f"status.col_{name}")), scope="col") for name in ("what", "value", "age", "how")
    )
    table = tag("table", tag("thead", tag("tr", titles)), tag("tbody", *rows), class_="sr-table")
    return card(scene.zone_name(zone), table, key="zone", more=close)


def duty(scene: Scene) -> str:
    """Who answers now, and how far the messages got."""
    board = scene.board
    people = board.on_duty if board else ()
    names = " · ".join(f"{scene.person_name(d.person)} ({scene.role_name(d.role)})" for d in people)
    counts = notice_counts(board.notices if board else ())
    told = " · ".join(scene.w(f"notices.{name}", n=n) for name, n in counts.items() if n)
    first = tag("p", tag("b", esc(scene.w("status.on_duty"))), " ", esc(names or scene.w("status.nobody")))
    second = tag("p", tag("b", esc(scene.w("status.notices"))), " ", esc(told or scene.w("notices.none")))
    return card("", first, second, key="duty", kind="" if names else "sr-warned")


def chain(scene: Scene) -> str:
    """How the chain itself is doing, each link in words; what is wrong carries the fault mark."""
    board = scene.board
    if board is None:
        return ""
    health = board.health
    speak, known = speaking(scene)
    broker = (
        scene.w("system.broker_ok")
        if health.broker_connected
        else scene.w("system.broker_lost", why=health.broker_detail)
    )
    store = (
        scene.w("system.store_ok")
        if health.store_trouble is None
        else scene.w("system.store_bad", why=scene.w.of(health.store_trouble))
    )
    facts = [
        (speak == known, scene.w("system.sensors", speaking=speak, sensors=known)),
        (health.broker_connected, broker),
        (health.store_trouble is None, store),
        (True, scene.w("system.rate", rate=f"{health.intake_rate:.1f}")),
    ]
    if suffering := sensor_tally(scene):
        facts.insert(1, (speak == known, suffering))
    if health.backlog:
        facts.append((health.backlog < 10_000, scene.w("system.backlog", n=health.backlog)))
    rejected = sum(health.rejects.values())
    if rejected:
        facts.append((True, scene.w("system.rejects", n=rejected)))
    if health.sender:
        facts.append((True, scene.w("system.sender", sender=scene.w.named("sender", health.sender))))
    rows = join(
        tag("li", "" if good else mark("F", size=18), esc(words), class_="" if good else "sr-bad")
        for good, words in facts
    )
    return card(scene.w("status.system"), tag("ul", rows, class_="sr-facts"), key="system")
