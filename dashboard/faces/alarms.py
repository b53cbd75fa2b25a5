"""警报 Alarms: what is unacknowledged, what was put aside, what happened, are we flooding?"""

from __future__ import annotations

import json
from urllib.parse import quote

from alerts.alarm import suppressed
from alerts.model import Alarm
from dashboard.faces.alarm_health import health
from dashboard.faces.chrome import ack_button, card, drawer, empty, incident_link
from dashboard.faces.explain import explanation
from dashboard.faces.unwatched import watch
from dashboard.html import button, esc, join, mark, tag
from dashboard.looks import (
    classes_of,
    is_hollow,
    kind_of,
    standing,
    state_words,
    value_words,
)
from dashboard.scene import Scene
from strongroom.journal import AlarmData, decode
from strongroom.model import Entry

TABS = ("active", "aside", "history", "health", "unwatched")
UNSEEN = ("", "climate")  # what nobody can see with their own eyes
SHELF_MIN = (30, 60, 120, 240, 480)
OUT_H = (4, 24, 72, 168, 720)
ROWS = 100  # of history at first; each tap shows as many more
MOST_ROWS = 1000


def face(scene: Scene) -> str:
    """The whole body."""
    tab = scene.choices.get("tab", "active")
    tab = tab if tab in TABS else "active"
    alarms = standing(scene.board)
    loud = [alarm for alarm in alarms if not suppressed(alarm)]
    aside = [alarm for alarm in alarms if suppressed(alarm)]
    counts = {"active": len(loud), "aside": len(aside)}
    bar = join(_tab(scene, name, name == tab, counts.get(name)) for name in TABS)
    body = {
        "active": lambda: _cards(scene, loud, "alarms.none_active"),
        "aside": lambda: _cards(scene, aside, "alarms.none_aside"),
        "history": lambda: _history(scene),
        "health": lambda: health(scene),
        "unwatched": lambda: watch(scene),
    }[tab]()
    tabs = tag(
        "div", bar, class_="sr-tabs", role="tablist", aria_label=scene.w("alarms.tabs"), data_key="tabs"
    )
    wanted = scene.choices.get("alarm", "")
    why = explanation(scene, wanted) if wanted else ""
    return tag("div", tabs, why, body, class_="sr-one")


def _tab(scene: Scene, name: str, here: bool, count: int | None) -> str:
    words = scene.w(f"alarms.tab_{name}") + (f" {count}" if count else "")
    return tag(
        "a",
        esc(words),
        href=f"?tab={name}",
        role="tab",
        aria_selected="true" if here else "false",
        class_="sr-tab" + (" sr-here" if here else ""),
        data_set=json.dumps({"tab": name}),
        data_key=f"tab-{name}",
    )


def _cards(scene: Scene, alarms: list[Alarm], nothing: str) -> str:
    if not alarms:
        return card("", empty(scene.w(nothing)), key="none")
    return tag(
        "div", *(alarm_card(scene, alarm) for alarm in alarms[:100]), class_="sr-stack", data_key="stack"
    )


def alarm_card(scene: Scene, alarm: Alarm) -> str:
    """One alarm with everything a person needs to act on it."""
    w = scene.w
    kind = kind_of(alarm)
    loud = "sr-unacked" in classes_of(alarm)
    tags = join(
        tag("span", esc(w(f"alarm.{name}")), class_="sr-tagged")
        for name, on in (
            ("first_out", alarm.first_out),
            ("chattering", alarm.chattering),
            ("unverified", alarm.unverified),
            ("life_safety", alarm.life_safety),
        )
        if on
    ) + (tag("span", "演练 DRILL", class_="sr-tagged sr-drilltag") if alarm.drill else "")
    head = tag(
        "div",
        mark(
            kind,
            size=32,
            hollow=is_hollow(alarm),
            extra="sr-unacked" if loud else "",
            label=w("kind." + kind),
        ),
        tag(
            "div",
            tag("h2", esc(f"{scene.zone_name(alarm.zone)} · {w.of(alarm.name)}"), tags),
            tag("p", *_facts(scene, alarm), class_="sr-factline"),
        ),
        tag("span", tag("b", esc(state_words(scene, alarm))), class_="sr-state"),
        class_="sr-alarmhead",
    )
    lines = [("alarm.why", w.of(alarm.reason)), ("alarm.advice", w.of(alarm.advice))]
    lines.append(("alarm.consequence", w.of(alarm.consequence)))
    told = join(tag("p", tag("b", esc(w(key))), " ", esc(words)) for key, words in lines if words)
    signed = tag("p", *_signed(scene, alarm), class_="sr-empty") if _signed(scene, alarm) else ""
    said = join(
        tag("li", esc(f"{scene.clock(c.at)} {scene.person_name(c.by)}: {c.words}")) for c in alarm.comments
    )
    comments = tag("ul", said, class_="sr-comments") if said else ""
    acts = tag("div", *_acts(scene, alarm), class_="sr-bar")
    names = f"sr-card sr-alarm {classes_of(alarm)}"
    return tag("article", head, told, signed, comments, acts, class_=names, data_key=f"alarm-{alarm.id}")


def _facts(scene: Scene, alarm: Alarm) -> list[str]:
    since = tag("time", esc(scene.span(scene.now - alarm.raised_at)), data_since=f"{alarm.raised_at:.1f}")
    parts = [
        tag("span", esc(value_words(scene, alarm)), class_="sr-num") if value_words(scene, alarm) else "",
        tag("span", esc(scene.w("alarm.since", at=scene.clock(alarm.raised_at))), " (", since, ")"),
        tag("span", esc(scene.w("alarm.reference", reference=alarm.reference))),
        tag("span", esc(scene.w("alarm.times", n=alarm.raised_count))) if alarm.raised_count > 1 else "",
    ]
    return [part for part in parts if part]


def _signed(scene: Scene, alarm: Alarm) -> list[str]:
    parts: list[str] = []
    if alarm.acked:
        who = scene.person_name(alarm.acked.by)
        parts.append(esc(scene.w("alarm.acked_by", who=who, at=scene.clock(alarm.acked.at))))
    if alarm.confirmed_by:
        who = scene.person_name(alarm.confirmed_by.by)
        parts.append(esc(scene.w("alarm.confirmed_by", who=who, at=scene.clock(alarm.confirmed_by.at))))
    for shelf, key in ((alarm.shelved, "alarm.shelved_by"), (alarm.out_of_service, "alarm.oos_by")):
        if shelf:
            facts = {
                "who": scene.person_name(shelf.by),
                "until": scene.clock(shelf.until_at, seconds=False),
                "reason": shelf.reason,
            }
            parts.append(esc(scene.w(key, **facts)))
    if alarm.muted_by:
        parts.append(esc(scene.w("alarm.muted", by=alarm.muted_by)))
    return [" · ".join(parts)] if parts else []


def _acts(scene: Scene, alarm: Alarm) -> list[str]:
    w, viewer = scene.w, scene.viewer
    why = tag(
        "a",
        esc(w("explain.open")),
        href=f"/alarms?alarm={quote(alarm.id, safe='')}",
        class_="sr-button",
        data_set=json.dumps({"alarm": alarm.id}),
        data_key=f"why-{alarm.id}",
    )
    acts = [ack_button(scene, alarm), incident_link(scene, alarm), why]
    if not viewer.may("acknowledge"):
        return acts
    if alarm.investigate_until_at is not None:
        acts.append(_investigation(scene, alarm))
    if alarm.hazard not in UNSEEN and alarm.active and alarm.confirmed_by is None:
        acts.append(_confirm(scene, alarm))
    if alarm.latched or (alarm.orphan and alarm.active):
        act = json.dumps({"type": "alarm.reset", "alarm": alarm.id})
        acts.append(button(w("alarm.reset"), data_act=act, data_key=f"reset-{alarm.id}"))
    if alarm.shelved:
        act = json.dumps({"type": "alarm.unshelve", "alarm": alarm.id})
        acts.append(button(w("alarm.unshelve"), data_act=act, data_key=f"unshelve-{alarm.id}"))
    elif alarm.life_safety:
        acts.append(tag("span", esc(w("alarm.never_shelved")), class_="sr-empty"))
    elif alarm.priority > 1 or viewer.may("command"):
        acts.append(_shelve(scene, alarm))
    if viewer.may("command") and alarm.out_of_service:
        act = json.dumps({"type": "rule.in_service", "rule": alarm.rule, "scope": alarm.scope})
        acts.append(button(w("alarm.in_service"), data_act=act, data_key=f"in-{alarm.id}"))
    elif viewer.may("command") and not alarm.life_safety:
        acts.append(_out_of_service(scene, alarm))
    acts.append(_comment(scene, alarm))
    return acts


def _investigation(scene: Scene, alarm: Alarm) -> str:
    """The time somebody has for looking before it becomes a confirmed alarm; stopped only by a person's word."""
    left = tag("b", "", data_until=f"{alarm.investigate_until_at:.1f}")
    form = tag(
        "form",
        tag("p", esc(scene.w("alarm.investigate_means"))),
        tag(
            "label", esc(scene.w("alarm.reason")), tag("input", name="reason", required=True, maxlength="300")
        ),
        tag("button", esc(scene.w("alarm.false")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "alarm.cancel_investigation", "alarm": alarm.id}),
        data_key=f"false-{alarm.id}",
        class_="sr-form",
    )
    time = tag("span", esc(scene.w("alarm.investigate")), " ", left, class_="sr-due")
    return time + drawer(scene.w("alarm.false"), form, key=f"investigate-{alarm.id}")


def _confirm(scene: Scene, alarm: Alarm) -> str:
    """Seen with one's own eyes: that alone confirms."""
    form = tag(
        "form",
        tag("p", esc(scene.w("alarm.confirm_means"))),
        tag("label", esc(scene.w("incident.note")), tag("input", name="note", maxlength="300")),
        tag("button", esc(scene.w("alarm.confirm")), type="submit", class_="sr-button sr-danger"),
        data_act=json.dumps({"type": "alarm.confirm", "zone": alarm.zone, "hazard": alarm.hazard}),
        data_key=f"confirm-{alarm.id}",
        class_="sr-form",
    )
    return drawer(scene.w("alarm.confirm"), form, key=f"seen-{alarm.id}")


def _shelve(scene: Scene, alarm: Alarm) -> str:
    w = scene.w
    options = join(
        tag("option", esc(w("alarm.minutes", n=n) if n < 60 else w("alarm.hours", n=n // 60)), value=str(n))
        for n in SHELF_MIN
    )
    form = tag(
        "form",
        tag("label", esc(w("alarm.for")), tag("select", options, name="for_min", data_kind="number")),
        tag("label", esc(w("alarm.reason")), tag("input", name="reason", required=True, maxlength="200")),
        tag("button", esc(w("alarm.shelve")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "alarm.shelve", "alarm": alarm.id}),
        data_key=f"shelve-{alarm.id}",
        class_="sr-form",
    )
    return drawer(w("alarm.shelve"), form, key=f"shelf-{alarm.id}")


def _out_of_service(scene: Scene, alarm: Alarm) -> str:
    """Take the rule of this place out of service: owner, reason and an end, always."""
    w = scene.w
    options = join(
        tag("option", esc(w("alarm.hours", n=n) if n < 48 else w("alarm.days", n=n // 24)), value=str(n * 60))
        for n in OUT_H
    )
    form = tag(
        "form",
        tag("p", esc(w("alarm.oos_means"))),
        tag("label", esc(w("alarm.for")), tag("select", options, name="for_min", data_kind="number")),
        tag("label", esc(w("alarm.reason")), tag("input", name="reason", required=True, maxlength="200")),
        tag("button", esc(w("alarm.oos")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "rule.out_of_service", "rule": alarm.rule, "scope": alarm.scope}),
        data_key=f"oosform-{alarm.id}",
        class_="sr-form",
    )
    return drawer(w("alarm.oos"), form, key=f"oos-{alarm.id}")


def _comment(scene: Scene, alarm: Alarm) -> str:
    form = tag(
        "form",
        tag(
            "label", esc(scene.w("alarm.comment")), tag("input", name="words", required=True, maxlength="500")
        ),
        tag("button", esc(scene.w("common.send")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "alarm.comment", "alarm": alarm.id}),
        data_key=f"comment-{alarm.id}",
        class_="sr-form",
    )
    return drawer(scene.w("alarm.comment"), form, key=f"said-{alarm.id}")


# --- history ----------------------------------------------------------------------------------


def _history(scene: Scene) -> str:
    given = scene.choices.get("rows", "")
    most = min(int(given), MOST_ROWS) if given.isascii() and given.isdigit() and given != "0" else ROWS
    listed = scene.desk.entries(kind="alarm.", limit=most)
    entries = [entry for entry in listed if not entry.kind.endswith(".known")]
    if not entries:
        return card("", empty(scene.w("alarms.none_history")), key="none")
    rows = join(_history_row(scene, entry) for entry in entries)
    titles = join(
        tag("th", esc(scene.w(f"alarms.col_{name}")), scope="col") for name in ("at", "what", "event", "who")
    )
    table = tag("table", tag("thead", tag("tr", titles)), tag("tbody", rows), class_="sr-table sr-history")
    return card("", table, _older(scene, most, more=len(listed) == most), key="history")


def _older(scene: Scene, most: int, *, more: bool) -> str:
    """A way to what lies further back, as long as there is any."""
    if not more:
        return ""
    if most >= MOST_ROWS:
        return tag("p", esc(scene.w("alarms.oldest", n=most)), class_="sr-empty")
    choice = {"rows": str(most + ROWS)}
    words = scene.w("alarms.older")
    link = tag(
        "a",
        esc(words),
        href=f"?tab=history&rows={most + ROWS}",
        class_="sr-button",
        data_set=json.dumps(choice),
    )
    return tag("div", link, class_="sr-bar", data_key="older")


def _history_row(scene: Scene, entry: Entry) -> str:
    data = decode(entry)
    if not isinstance(data, AlarmData):
        return ""
    alarm = data.alarm
    what = f"{scene.zone_name(alarm.zone)} · {scene.w.of(alarm.name)}"
    event = scene.w.named("event", entry.kind.partition(".")[2])
    reason = scene.w.of(data.reason)
    link = tag(
        "a",
        esc(what),
        href=f"/alarms?tab=history&alarm={quote(alarm.id, safe='')}",
        data_set=json.dumps({"alarm": alarm.id}),
    )
    drill = tag("span", "演练 DRILL", class_="sr-tagged sr-drilltag") if alarm.drill else ""
    return tag(
        "tr",
        tag("td", esc(scene.clock(entry.at)), class_="sr-num"),
        tag("td", mark(kind_of(alarm), size=18, hollow=is_hollow(alarm)), " ", link, drill),
        tag("td", tag("b", esc(event)), tag("small", esc(f" {reason}")) if reason else ""),
        tag("td", esc(scene.person_name(entry.by))),
        data_key=f"e{entry.seq}",
    )
