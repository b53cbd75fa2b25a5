"""大屏 Wall: status without controls for the guard's desk; acknowledging takes a name and a PIN."""

from __future__ import annotations

import json
from collections.abc import Sequence

from alerts.alarm import suppressed
from alerts.model import Alarm
from dashboard.faces.chrome import banner, drill_line, lang, waiting
from dashboard.faces.status import chain, chosen_floor
from dashboard.html import esc, join, mark, tag
from dashboard.looks import classes_of, is_hollow, kind_of, standing, state_words, value_words
from dashboard.plan import floor_svg
from dashboard.scene import Scene
from strongroom.model import Floor
from strongroom.users import User

NIGHT_FROM, NIGHT_UNTIL = 19, 7


def night(scene: Scene) -> bool:
    """The dark theme: asked for in the address, else by the building's clock."""
    wanted = scene.choices.get("theme", "")
    if wanted in ("day", "night"):
        return wanted == "night"
    hour = scene.local(scene.now).hour
    return hour >= NIGHT_FROM or hour < NIGHT_UNTIL


def face(scene: Scene, users: Sequence[User] = ()) -> str:
    """The whole page, without navigation."""
    dark = night(scene)
    names = "sr sr-wall" + (" sr-night" if dark else "")
    if scene.board is None:
        return tag("div", _head(scene), waiting(scene), class_=names, lang=lang(scene))
    here = chosen_floor(scene)
    loud = [alarm for alarm in standing(scene.board) if not suppressed(alarm)]
    floors = ""
    if here is not None:
        others = [floor for floor in scene.building.floors if floor.id != here.id]
        floors = (
            _figure(scene, here, dark)
            if loud
            else join(_figure(scene, f, dark) for f in scene.building.floors)
        )
        if loud and others:
            floors += tag(
                "div",
                *(_figure(scene, floor, dark) for floor in others),
                class_="sr-wallsmall",
                data_key="small",
            )
    rows = join(_row(scene, alarm, users) for alarm in loud[:8])
    more = tag("p", esc(scene.w("banner.more", n=len(loud) - 8)), class_="sr-empty") if len(loud) > 8 else ""
    side = tag("ul", rows, class_="sr-list") + more if loud else ""
    duty = " · ".join(
        f"{scene.person_name(d.person)} ({scene.role_name(d.role)})" for d in scene.board.on_duty
    )
    foot = tag(
        "p",
        tag("b", esc(scene.w("status.on_duty"))),
        " ",
        esc(duty or scene.w("status.nobody")),
        class_="sr-wallduty",
    )
    body = tag(
        "div",
        tag("div", floors, class_="sr-wallplans" + ("" if loud else " sr-many"), data_key="plans"),
        tag("div", side, foot, chain(scene), class_="sr-right"),
        class_="sr-two",
    )
    banner_line = banner(scene) if not loud else ""
    return tag(
        "div",
        _head(scene),
        drill_line(scene),
        banner_line,
        body,
        class_=names,
        lang=lang(scene),
        data_key="wall",
    )


def _figure(scene: Scene, floor: Floor, dark: bool) -> str:
    drawing = floor_svg(scene, floor, night=dark, controls=False)
    return tag("figure", tag("figcaption", esc(scene.w.of(floor.name))), drawing, data_key=f"wall-{floor.id}")


def _head(scene: Scene) -> str:
    live = tag(
        "span",
        tag("i", class_="sr-beat", aria_hidden="true"),
        tag("span", esc(scene.w("chrome.live")), class_="sr-live-word"),
        tag("span", "", class_="sr-age", data_live="age"),
        class_="sr-live",
        data_live="badge",
        data_late=scene.w("chrome.late"),
        data_ok=scene.w("chrome.live"),
    )
    demo = tag("span", "演示 DEMO", class_="sr-demo") if scene.demo else ""
    sound = tag("button", "", type="button", class_="sr-button sr-sound", data_sound="", data_key="sound")
    top = tag(
        "div",
        tag("span", esc(scene.w.of(scene.building.name)), class_="sr-house"),
        demo,
        live,
        tag("span", "", class_="sr-clock", data_live="clock"),
        sound,
    )
    return tag("header", top, class_="sr-head", data_key="head")


def _row(scene: Scene, alarm: Alarm, users: Sequence[User]) -> str:
    name = alarm.name
    second = name.en if scene.language == "zh" else name.zh
    value = value_words(scene, alarm)
    facts = " · ".join(
        part for part in (value, state_words(scene, alarm), scene.clock(alarm.raised_at)) if part
    )
    kind = kind_of(alarm)
    loud = "sr-unacked" in classes_of(alarm)
    return tag(
        "li",
        mark(
            kind,
            size=44,
            hollow=is_hollow(alarm),
            extra="sr-unacked" if loud else "",
            label=scene.w("kind." + kind),
        ),
        tag(
            "span",
            tag("b", esc(f"{scene.zone_name(alarm.zone)} {scene.w.of(name)}")),
            tag("small", esc(second)) if second != scene.w.of(name) else "",
            tag("small", esc(facts)),
            class_="sr-what",
        ),
        _by_pin(scene, alarm, users) if alarm.acked is None else "",
        class_="sr-row sr-wallrow " + classes_of(alarm),
        data_key=f"wall-row-{alarm.id}",
    )


def _by_pin(scene: Scene, alarm: Alarm, users: Sequence[User]) -> str:
    people = [user for user in users if user.has_pin]
    if not people:
        return ""
    w = scene.w
    options = join(
        tag("option", esc(scene.person_name(user.person) if user.person else user.name), value=user.name)
        for user in people
    )
    form = tag(
        "form",
        tag("label", esc(w("wall.who")), tag("select", options, name="user")),
        tag(
            "label",
            "PIN",
            tag(
                "input",
                name="pin",
                type="password",
                inputmode="numeric",
                autocomplete="off",
                required=True,
                maxlength="12",
            ),
        ),
        tag("button", esc(w("alarm.ack")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "alarm.acknowledge", "alarm": alarm.id}),
        data_path="/pin",
        data_key=f"pin-{alarm.id}",
        class_="sr-form",
    )
    return tag(
        "details",
        tag("summary", esc(w("alarm.ack")), class_="sr-button"),
        tag("div", form, class_="sr-drawerbody"),
        class_="sr-drawer",
        data_key=f"pindrawer-{alarm.id}",
    )
