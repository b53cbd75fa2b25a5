"""What every page wears: head, proof of life, the most urgent alarm, drill and demo marks."""

from __future__ import annotations

import json

from alerts.alarm import suppressed
from alerts.model import Alarm
from dashboard.html import button, esc, join, mark, tag
from dashboard.looks import (
    incident_of,
    kind_of,
    open_incidents,
    speaking,
    standing,
    state_words,
)
from dashboard.scene import Scene

PAGES = ("status", "alarms", "incident", "rescue", "trends", "drills", "setup")


def page(scene: Scene, body: str) -> str:
    """A whole page around its body."""
    main = body if scene.board is not None else waiting(scene)
    parts = [
        head(scene),
        drill_line(scene),
        banner(scene),
        tag("main", main, class_="sr-main", id="sr-main", data_key="main"),
        tag("p", esc(foot(scene)), class_="sr-foot", data_key="foot"),
    ]
    return tag(
        "div", *parts, class_=f"sr sr-page-{scene.page}", lang=lang(scene), data_key="page-" + scene.page
    )


def lang(scene: Scene) -> str:
    """The HTML language tag."""
    return "zh-CN" if scene.language == "zh" else "en"


def foot(scene: Scene) -> str:
    """What this system is not, and which folder it speaks from."""
    words = scene.w("chrome.not_a_panel")
    return f"{words} · {scene.w('chrome.folder')} {scene.building.revision[:8]}"


def head(scene: Scene) -> str:
    """Name of the house, navigation, clock, proof of life, language, who is signed in."""
    w = scene.w
    pages = [*PAGES, "phone"]
    unacked = sum(1 for a in standing(scene.board) if a.acked is None and not suppressed(a))
    running = len(open_incidents(scene.board))
    badge = {"alarms": unacked, "incident": running}
    links = join(
        tag(
            "a",
            esc(w(f"nav.{name}")),
            tag("b", str(badge[name]), class_="sr-badge") if badge.get(name) else "",
            href=f"/{name}" if name != "status" else "/",
            class_="sr-here" if name == scene.page else None,
            aria_current="page" if name == scene.page else None,
            data_go=name,
            data_key=f"nav-{name}",
        )
        for name in pages
    )
    live = tag(
        "span",
        tag("i", class_="sr-beat", aria_hidden="true"),
        tag("span", esc(w("chrome.live")), class_="sr-live-word"),
        tag("span", "", class_="sr-age", data_live="age"),
        class_="sr-live",
        data_live="badge",
        data_late=w("chrome.late"),
        data_ok=w("chrome.live"),
        title=w("chrome.live_title"),
    )
    other = "en" if scene.language == "zh" else "zh"
    language = tag(
        "a",
        "English" if other == "en" else "中文",
        href=f"?lang={other}",
        lang="en" if other == "en" else "zh-CN",
        data_set=json.dumps({"lang": other}),
        class_="sr-lang",
        data_key="lang",
    )
    sound = button(w("chrome.sound_off"), kind="sound", data_sound="", data_key="sound")
    roles = " ".join(scene.role_name(role) for role in scene.viewer.roles)
    out = button(w("chrome.sign_out"), data_leave="", data_key="leave")
    name = (
        scene.person_name(scene.viewer.person)
        if scene.viewer.person in scene.building.people
        else scene.viewer.name
    )
    who = tag(
        "details",
        tag("summary", tag("b", esc(name)), tag("span", esc(roles), class_="sr-role sr-who")),
        tag("div", tag("span", esc(f"{name} · {roles}"), class_="sr-who"), out),
        class_="sr-me",
        data_key="me",
    )
    demo = (
        tag("span", esc(w("chrome.demo")), class_="sr-demo", title=w("chrome.demo_title"))
        if scene.demo
        else ""
    )
    name = tag("span", esc(w.of(scene.building.name)), class_="sr-house")
    top = tag(
        "div", name, demo, live, tag("span", "", class_="sr-clock", data_live="clock"), language, sound, who
    )
    nav = tag("nav", links, class_="sr-nav", aria_label=w("chrome.pages"))
    skip = tag("a", esc(w("chrome.skip")), href="#sr-main", class_="sr-skip")
    return tag("header", skip, top, nav, class_="sr-head", data_key="head")


def drill_line(scene: Scene) -> str:
    """The banner of a running drill; both languages, because strangers read it."""
    running = scene.board.drill if scene.board else ""
    if not running:
        return ""
    drill = scene.building.drills.get(running)
    title = scene.w.of(drill.title) if drill else running
    words = f"演练 DRILL · {title} · {scene.w('chrome.drill_means')}"
    return tag("div", esc(words), class_="sr-drill", role="status", data_key="drill")


def banner(scene: Scene) -> str:
    """The most urgent thing in one line, or one quiet line that still shows that we are looking."""
    if scene.board is None:
        return ""
    alarms = [alarm for alarm in standing(scene.board) if not suppressed(alarm)]
    if not alarms:
        speak, known = speaking(scene)
        change = scene.clock(scene.board.last_change_at, seconds=False) if scene.board.last_change_at else "–"
        if not scene.board.health.broker_connected:
            words = scene.w("banner.no_broker", since=scene.clock(scene.board.health.broker_since_at))
            return tag(
                "div", mark("F"), esc(words), class_="sr-banner sr-kF", data_key="banner", role="status"
            )
        key = "banner.normal" if speak == known else "banner.normal_but"
        words = scene.w(key, speaking=speak, sensors=known, change=change)
        return tag("div", esc(words), class_="sr-banner sr-calm", data_key="banner", role="status")
    worst = alarms[0]
    first, second = (
        (worst.name.zh, worst.name.en) if scene.language == "zh" else (worst.name.en, worst.name.zh)
    )
    zone = scene.building.zones.get(worst.zone)
    place = scene.zone_name(worst.zone)
    other = ""
    if zone is not None and second != first:
        other = f"{zone.name.en if scene.language == 'zh' else zone.name.zh} {second}"
    kind = kind_of(worst)
    acked = worst.acked is not None
    parts = [
        mark(kind, size=34, extra="sr-unacked" if not acked else ""),
        tag("b", esc(scene.w("kind." + kind)), class_="sr-kind"),
        tag(
            "span",
            tag("span", esc(f"{place} {first}"), class_="sr-what"),
            tag("span", esc(other), class_="sr-other") if other else "",
            class_="sr-line",
        ),
        tag("span", esc(scene.clock(worst.raised_at)), class_="sr-time"),
        tag("span", esc(state_words(scene, worst)), class_="sr-state"),
        tag("span", ack_button(scene, worst), incident_link(scene, worst), class_="sr-acts"),
    ]
    if len(alarms) > 1:
        parts.insert(5, tag("span", esc(scene.w("banner.more", n=len(alarms) - 1)), class_="sr-others"))
    names = f"sr-banner sr-k{kind}" + ("" if acked else " sr-loud") + (" sr-drilled" if worst.drill else "")
    return tag("div", *parts, class_=names, data_key="banner", role="alert")


def ack_button(scene: Scene, alarm: Alarm) -> str:
    """Acknowledge in one tap; nothing where it was done or may not be done."""
    if alarm.acked is not None or not scene.viewer.may("acknowledge"):
        return ""
    act = json.dumps({"type": "alarm.acknowledge", "alarm": alarm.id})
    spoken = scene.w("alarm.ack_spoken", alarm=scene.w.of(alarm.name), zone=scene.zone_name(alarm.zone))
    return button(
        scene.w("alarm.ack"), kind="main", data_act=act, data_key=f"ack-{alarm.id}", aria_label=spoken
    )


def incident_link(scene: Scene, alarm: Alarm) -> str:
    """The way to the incident an alarm belongs to."""
    incident = incident_of(scene, alarm)
    if incident is None:
        return ""
    return tag(
        "a",
        esc(scene.w("alarm.open_incident")),
        href=f"/incident?incident={incident.id}",
        class_="sr-button",
        data_go="incident",
        data_choices=json.dumps({"incident": incident.id}),
        data_key=f"inc-{alarm.id}",
    )


def waiting(scene: Scene) -> str:
    """The first run: the engine has not said a word yet."""
    return tag(
        "section",
        tag("h1", esc(scene.w("chrome.starting"))),
        tag("p", esc(scene.w("chrome.starting_why"))),
        class_="sr-card sr-starting",
        role="status",
    )


def card(title: str, *inner: str, key: str, more: str = "", kind: str = "") -> str:
    """A titled panel."""
    head_line = tag("h2", esc(title), more) if title else ""
    return tag("section", head_line, *inner, class_=f"sr-card {kind}".strip(), data_key=key)


def empty(words: str) -> str:
    """The sentence of an empty list: what is not there, and that we looked."""
    return tag("p", esc(words), class_="sr-empty")


def drawer(words: str, *inner: str, key: str, kind: str = "", keep: bool = False) -> str:
    """A button that opens a small form under itself."""
    return tag(
        "details",
        tag("summary", esc(words), class_=f"sr-button {kind}".strip()),
        tag("div", *inner, class_="sr-drawerbody"),
        class_="sr-drawer",
        data_key=key,
        data_keep=True if keep else None,
    )
