"""Why an alarm is as it is: the rule, the samples that decided, what happened, who was told and why."""

from __future__ import annotations

import json

from alerts.explain import Line
from dashboard.faces.chrome import card
from dashboard.html import esc, join, tag
from dashboard.scene import Scene
from strongroom.explained import explained


def explanation(scene: Scene, alarm_id: str) -> str:
    """The alarm explained from the journal; empty where there is no such alarm."""
    why = explained(scene.building, scene.desk, alarm_id)
    if why is None:
        return ""
    alarm = why.alarm
    w = scene.w
    close = tag(
        "a",
        "×",
        href="?",
        class_="sr-close",
        aria_label=w("watch.close"),
        data_set=json.dumps({"alarm": ""}),
        data_key="why-x",
    )
    samples = join(
        tag("li", esc(w.of(one.words)), " ", tag("time", esc(scene.clock(one.at)), class_="sr-empty"))
        for one in why.samples
    )
    people = join(
        tag("li", tag("b", esc(scene.person_name(person))), " ", esc(w.of(words)))
        for person, words in why.people.items()
    )
    return card(
        w("explain.title", alarm=f"{scene.zone_name(alarm.zone)} · {w.of(alarm.name)}"),
        tag("p", esc(w.of(why.rule))),
        tag("p", tag("b", esc(w("explain.samples")))) + tag("ul", samples, class_="sr-goals")
        if samples
        else "",
        tag("p", tag("b", esc(w("explain.course")))),
        tag("ol", *(_line(scene, line) for line in why.course), class_="sr-timeline", tabindex="0"),
        tag("p", tag("b", esc(w("explain.told"))))
        + tag("ol", *(_line(scene, line) for line in why.told), class_="sr-timeline", tabindex="0")
        if why.told
        else "",
        tag("p", tag("b", esc(w("explain.people")))) + tag("ul", people, class_="sr-goals") if people else "",
        key="explain",
        more=close,
        kind="sr-explain",
    )


def _line(scene: Scene, line: Line) -> str:
    """Who did it; of a message, to whom it went."""
    by = f"→ {scene.person_name(line.about)}" if line.about else scene.person_name(line.by)
    return tag(
        "li",
        tag("time", esc(scene.clock(line.at))),
        tag("b", esc(by)),
        tag("span", esc(scene.w.of(line.words))),
    )
