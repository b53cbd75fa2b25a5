"""事件 Incident: what do we do now, who does it, who is inside?"""

from __future__ import annotations

import json

from dashboard.faces.alarms import drawer
from dashboard.faces.chrome import card, empty
from dashboard.faces.rescue import plan_summary
from dashboard.html import button, esc, join, tag
from dashboard.looks import chosen_incident, open_incidents
from dashboard.scene import Scene
from playbooks.model import Incident, Step, StepState
from strongroom.journal import AlarmData, IncidentData, NoticeData, decode

_WAITING = StepState(state="waiting")


def face(scene: Scene) -> str:
    """The whole body."""
    incident = chosen_incident(scene)
    if incident is None:
        return tag("div", none_open(scene), past(scene), class_="sr-one")
    parts = [others(scene, incident), title(scene, incident), leave_at_once(scene, incident)]
    columns = tag(
        "div",
        tag("div", steps(scene, incident), class_="sr-left"),
        tag("div", inside(scene, incident), zones(scene, incident), roles(scene, incident), class_="sr-left"),
        tag("div", plan_summary(scene, incident), class_="sr-left"),
        class_="sr-three",
    )
    end = tag("div", timeline(scene, incident), class_="sr-one")
    return join(parts) + columns + end


# --- nothing going on ---------------------------------------------------------------------------------------


def none_open(scene: Scene) -> str:
    """No incident: say so, and how one is opened by hand."""
    w = scene.w
    words = tag("p", esc(w("incident.none_means")), class_="sr-empty")
    if not scene.viewer.may("steps") or not scene.building.playbooks:
        return card(w("incident.none"), words, key="none")
    books = join(tag("option", esc(w.of(p.title)), value=p.id) for p in scene.building.playbooks.values())
    places = join(tag("option", esc(w.of(z.name)), value=z.id) for z in scene.building.zones.values())
    form = tag(
        "form",
        tag("label", esc(w("incident.playbook")), tag("select", books, name="playbook")),
        tag("label", esc(w("incident.zone")), tag("select", places, name="zones", data_kind="only")),
        tag("label", esc(w("incident.note")), tag("input", name="note", maxlength="300")),
        tag("button", esc(w("incident.open")), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "incident.open"}),
        data_key="open-form",
        class_="sr-form",
    )
    return card(w("incident.none"), words, drawer(w("incident.open_by_hand"), form, key="open"), key="none")


def past(scene: Scene) -> str:
    """Incidents that are over, newest first."""
    done = [i for i in (scene.board.incidents if scene.board else ()) if i.state == "closed"]
    if not done:
        return ""
    rows = join(
        tag(
            "li",
            tag(
                "a",
                esc(
                    f"{scene.clock(i.opened_at)} · {scene.w.of(i.playbook.title)} · {scene.zone_names(i.zones)}"
                ),
                href=f"?incident={i.id}",
                data_set=json.dumps({"incident": i.id}),
            ),
            class_="sr-row",
            data_key=f"past-{i.id}",
        )
        for i in sorted(done, key=lambda i: -i.opened_at)[:20]
    )
    return card(scene.w("incident.past"), tag("ul", rows), key="past")


def others(scene: Scene, here: Incident) -> str:
    """Tabs where more than one incident is open."""
    found = open_incidents(scene.board)
    if len(found) < 2 and here in found:
        return ""
    tabs = join(
        tag(
            "a",
            esc(f"{scene.w.of(i.playbook.title)} · {scene.zone_name(i.zones[0]) if i.zones else ''}"),
            href=f"?incident={i.id}",
            role="tab",
            aria_selected="true" if i.id == here.id else "false",
            class_="sr-tab" + (" sr-here" if i.id == here.id else ""),
            data_set=json.dumps({"incident": i.id}),
            data_key=f"tab-{i.id}",
        )
        for i in found
    )
    return tag("div", tabs, class_="sr-tabs sr-inset", role="tablist", data_key="incidents") if tabs else ""


# --- head ---------------------------------------------------------------------------------------------------


def title(scene: Scene, incident: Incident) -> str:
    """What, where, since when, how long; leave at once and close."""
    w = scene.w
    where = scene.zone_names(incident.zones)
    over = incident.state == "closed"
    elapsed = (
        tag("span", esc(w("incident.closed_at", at=scene.clock(incident.closed_at or 0))))
        if over
        else tag(
            "span", esc(w("incident.elapsed")), " ", tag("b", "", data_elapsed=f"{incident.opened_at:.1f}")
        )
    )
    facts = tag(
        "p",
        tag("span", esc(w("incident.since", at=scene.clock(incident.opened_at)))),
        elapsed,
        tag("span", esc(w("incident.level", level=incident.level))),
        tag("span", esc(w(f"incident.state_{incident.state}"))),
        tag("span", esc(w("alarm.reference", reference=incident.reference))),
        class_="sr-factline",
    )
    kind = (
        ""
        if incident.kind == "incident"
        else tag("span", esc(w(f"incident.kind_{incident.kind}")), class_="sr-tagged sr-drilltag")
    )
    words = tag("h1", esc(f"{w.of(incident.playbook.title)} · {where}"), kind)
    acts = "" if over else tag("div", *_head_acts(scene, incident), class_="sr-bar")
    drill = " sr-drilled" if incident.kind != "incident" else ""
    return tag("section", tag("div", words, facts), acts, class_="sr-inchead" + drill, data_key="inchead")


def _head_acts(scene: Scene, incident: Incident) -> list[str]:
    w, viewer = scene.w, scene.viewer
    acts: list[str] = []
    if viewer.may("tick"):
        sure = tag(
            "div",
            tag("p", esc(w("incident.everyone_out_means"))),
            button(
                "全部撤离 EVERYONE OUT",
                kind="danger",
                data_act=json.dumps({"type": "incident.everyone_out", "incident": incident.id}),
                data_key="everyone-out-now",
            ),
            class_="sr-form",
        )
        acts.append(drawer("撤离 Everyone out", sure, key="everyone-out", kind="sr-danger"))
    if viewer.may("command"):
        steps_on = {"open": "contained", "contained": "recovering"}.get(incident.state)
        if steps_on:
            act = json.dumps({"type": "incident.advance", "incident": incident.id, "state": steps_on})
            acts.append(button(w(f"incident.to_{steps_on}"), data_act=act, data_key="advance"))
        form = tag(
            "form",
            tag(
                "label",
                esc(w("incident.close_note")),
                tag("input", name="note", maxlength="300", required=True),
            ),
            tag(
                "label",
                tag("input", type="checkbox", name="override", data_kind="flag"),
                tag("span", esc(w("incident.override"))),
                class_="sr-check",
            ),
            tag("button", esc(w("incident.close")), type="submit", class_="sr-button sr-main-button"),
            data_act=json.dumps({"type": "incident.close", "incident": incident.id}),
            data_key="close-form",
            class_="sr-form",
        )
        acts.append(drawer(w("incident.close"), form, key="close"))
    return acts


def leave_at_once(scene: Scene, incident: Incident) -> str:
    """When to leave at once, both languages, always in view."""
    if incident.state == "closed":
        return ""
    first, second = incident.playbook.stop_when.zh, incident.playbook.stop_when.en
    if scene.language == "en":
        first, second = second, first
    out = ""
    if incident.everyone_out_at is not None:
        out = tag(
            "p",
            esc(scene.w("incident.everyone_is_out", at=scene.clock(incident.everyone_out_at))),
            class_="sr-outnow",
            role="alert",
        )
    words = tag(
        "p", tag("b", esc(scene.w("incident.leave_if"))), " ", esc(first), tag("small", esc(f" {second}"))
    )
    return tag("section", out, words, class_="sr-leave", data_key="leave-if")


# --- steps --------------------------------------------------------------------------------------------------


def steps(scene: Scene, incident: Incident) -> str:
    """The plan's steps in order; acts by heart first, boxed."""
    everything = (*incident.playbook.steps, *incident.added)
    done = sum(1 for step in everything if incident.steps.get(step.id, _WAITING).state in ("done", "skipped"))
    head = scene.w("incident.steps", done=done, total=len(everything))
    rows = join(step_row(scene, incident, step) for step in everything)
    last = tag("p", esc(scene.w("incident.card_ends")), class_="sr-empty")
    return card(head, tag("ol", rows, class_="sr-steps"), last, key="steps")


def step_row(scene: Scene, incident: Incident, step: Step) -> str:
    """One step: state, words, who, time left, and how to tick it."""
    w = scene.w
    state = incident.steps.get(step.id, _WAITING)
    over = state.state in ("done", "skipped")
    sign = {"done": "✔", "skipped": "–", "ready": "▶", "waiting": "○"}[state.state]
    holder = incident.roles.get(step.who, "")
    who = scene.role_name(step.who) + (f" · {scene.person_name(holder)}" if holder else "")
    time = ""
    if step.within_s and not over and incident.state != "closed":
        due = incident.opened_at + step.within_s
        late = scene.now > due
        left = tag("b", "", data_until=f"{due:.1f}")
        time = tag(
            "span",
            esc(w("incident.late" if late else "incident.left")),
            " ",
            left,
            class_="sr-due" + (" sr-overdue" if late else ""),
        )
    note = ""
    if over:
        by = scene.person_name(state.by) if state.by else w("incident.by_branch")
        both = f"{by} + {scene.person_name(state.second)}" if state.second else by
        at = scene.clock(state.at) if state.at else ""
        answer = next((w.of(b.label) for b in step.branches if b.answer == state.answer), state.answer)
        note = " · ".join(
            part for part in (both, at, answer, state.note if state.note != "branch" else "") if part
        )
    words = tag(
        "div",
        tag("b", esc(w.of(step.do)), class_="sr-do"),
        tag("small", esc(f"{who}"), time, tag("span", esc(note), class_="sr-note") if note else ""),
        tag("small", esc(w.of(step.why)), class_="sr-whyline") if step.why.zh and not over else "",
    )
    acts = (
        ""
        if incident.state == "closed"
        else tag("div", *_step_acts(scene, incident, step, state), class_="sr-stepacts")
    )
    heart = " sr-heart" if step.by_heart else ""
    kind = " sr-hold" if step.kind == "hold" else ""
    return tag(
        "li",
        tag("span", sign, class_="sr-sign", role="img", aria_label=w(f"incident.step_{state.state}")),
        words,
        acts,
        class_=f"sr-step sr-is-{state.state}{heart}{kind}",
        data_key=f"step-{step.id}",
    )


def _step_acts(scene: Scene, incident: Incident, step: Step, state: StepState) -> list[str]:
    w = scene.w
    if not scene.viewer.may("steps"):
        return []
    base = {"incident": incident.id, "step": step.id}
    if state.state == "done" or (state.state == "skipped" and state.by):
        return [
            _reasoned(scene, w("incident.undo"), {"type": "incident.step_undone", **base}, f"undo-{step.id}")
        ]
    if state.state != "ready":
        return []
    done = {"type": "incident.step_done", **base}
    skip = _reasoned(scene, w("incident.skip"), {"type": "incident.step_skipped", **base}, f"skip-{step.id}")
    if step.kind == "ask":
        return [
            button(
                w.of(branch.label),
                kind="main",
                data_act=json.dumps({**done, "answer": branch.answer}),
                data_key=f"do-{step.id}-{branch.answer}",
            )
            for branch in step.branches
        ] + [skip]
    if step.kind == "confirm":
        form = tag(
            "form",
            tag(
                "label",
                esc(w("incident.second")),
                tag("select", _people(scene, but=scene.viewer.person), name="second", required=True),
            ),
            tag("button", esc(w("incident.both_did")), type="submit", class_="sr-button sr-main-button"),
            data_act=json.dumps(done),
            data_key=f"confirm-{step.id}",
            class_="sr-form",
        )
        return [drawer(w("incident.done_two"), form, key=f"two-{step.id}"), skip]
    if step.kind == "hold":
        form = _reasoned(scene, w("incident.release"), done, f"do-{step.id}")
        return [form]
    return [
        button(w("incident.done"), kind="main", data_act=json.dumps(done), data_key=f"do-{step.id}"),
        skip,
    ]


def _reasoned(scene: Scene, words: str, act: dict[str, str], key: str) -> str:
    form = tag(
        "form",
        tag("label", esc(scene.w("alarm.reason")), tag("input", name="note", required=True, maxlength="300")),
        tag("button", esc(words), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps(act),
        data_key=key,
        class_="sr-form",
    )
    return drawer(words, form, key=f"drawer-{key}", kind="sr-quietbutton")


def _people(scene: Scene, but: str = "") -> str:
    return join(
        tag("option", esc(scene.w.of(person.name)), value=person.id)
        for person in scene.building.people.values()
        if person.id != but
    )


# --- people and places --------------------------------------------------------------------------------------


def inside(scene: Scene, incident: Incident) -> str:
    """Who is inside, since when; nobody goes in alone."""
    w = scene.w
    here = [p for p in incident.inside if p.out_at is None]
    rows = join(
        tag(
            "li",
            tag(
                "span",
                tag("b", esc(scene.person_name(p.person))),
                tag(
                    "small",
                    esc(f" {scene.zone_name(p.zone)} · {w('incident.in_since', at=scene.clock(p.in_at))} "),
                ),
                tag("time", "", data_elapsed=f"{p.in_at:.1f}"),
                class_="sr-what",
            ),
            button(
                "出来 Out",
                data_act=json.dumps(
                    {"type": "incident.come_out", "incident": incident.id, "zone": p.zone, "person": p.person}
                ),
                data_key=f"out-{p.person}-{p.zone}",
            )
            if scene.viewer.may("tick")
            else "",
            class_="sr-row sr-presence",
            data_key=f"in-{p.person}-{p.zone}",
        )
        for p in here
    )
    body = tag("ul", rows) if here else empty(w("incident.nobody_inside"))
    cleared = [zone for zone, access in incident.access.items() if access.state == "cleared"]
    go = ""
    if scene.viewer.may("tick") and incident.state != "closed":
        go = _go_in(scene, incident, cleared) if cleared else empty(w("incident.nowhere_cleared"))
    return card(w("incident.inside", n=len(here)), body, go, key="inside")


def _go_in(scene: Scene, incident: Incident, cleared: list[str]) -> str:
    w = scene.w
    busy = {p.person for p in incident.inside if p.out_at is None}
    places = join(tag("option", esc(scene.zone_name(z) + _limit(scene, z)), value=z) for z in cleared)
    names = join(
        tag(
            "label",
            tag("input", type="checkbox", name="persons", value=person.id, data_kind="list"),
            tag("span", esc(w.of(person.name))),
            class_="sr-check",
        )
        for person in scene.building.people.values()
        if person.id not in busy
    )
    form = tag(
        "form",
        tag("label", esc(w("incident.zone")), tag("select", places, name="zone")),
        tag("fieldset", tag("legend", esc(w("incident.who_goes"))), names),
        tag("button", "进入 Go in", type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": "incident.go_in", "incident": incident.id}),
        data_key="go-form",
        class_="sr-form",
    )
    return drawer("进入 Go in", form, key="go-in")


def _limit(scene: Scene, zone: str) -> str:
    known = scene.building.zones.get(zone)
    return f" ({scene.w('incident.at_most', n=known.people_limit)})" if known and known.people_limit else ""


def zones(scene: Scene, incident: Incident) -> str:
    """Which zones may be entered; closed until a named person clears them."""
    w = scene.w
    everywhere = list(dict.fromkeys((*incident.zones, *incident.access)))
    rows: list[str] = []
    for zone in everywhere:
        access = incident.access.get(zone)
        cleared = access is not None and access.state == "cleared"
        facts = ""
        if access is not None and access.by:
            facts = f"{scene.person_name(access.by)} {scene.clock(access.at, seconds=False)} {access.reason}"
        act = ""
        if cleared and scene.viewer.may("steps"):
            act = _zone_form(scene, incident, zone, "incident.close_zone", w("incident.close_zone"))
        elif not cleared and scene.viewer.may("command"):
            act = _zone_form(scene, incident, zone, "incident.clear_zone", "放行 Clear")
        rows.append(
            tag(
                "li",
                tag(
                    "span",
                    tag("b", esc(scene.zone_name(zone)), esc(_limit(scene, zone))),
                    tag(
                        "span",
                        esc(w("incident.cleared" if cleared else "incident.closed")),
                        class_="sr-tagged" + ("" if cleared else " sr-shut"),
                    ),
                    tag("small", esc(facts)) if facts else "",
                    class_="sr-what",
                ),
                act if incident.state != "closed" else "",
                class_="sr-row sr-presence",
                data_key=f"zone-{zone}",
            )
        )
    return card(w("incident.zones"), tag("ul", *rows), key="zones")


def _zone_form(scene: Scene, incident: Incident, zone: str, kind: str, words: str) -> str:
    form = tag(
        "form",
        tag(
            "label",
            esc(scene.w("incident.zone_reason")),
            tag("input", name="reason", required=True, maxlength="300"),
        ),
        tag("button", esc(words), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps({"type": kind, "incident": incident.id, "zone": zone}),
        data_key=f"{kind}-{zone}",
        class_="sr-form",
    )
    return drawer(words, form, key=f"drawer-{kind}-{zone}")


def roles(scene: Scene, incident: Incident) -> str:
    """Who holds which role of the plan."""
    wanted = dict.fromkeys([step.who for step in incident.playbook.steps if step.who] + list(incident.roles))
    rows = join(
        tag(
            "li",
            tag(
                "span",
                tag("b", esc(scene.role_name(role))),
                " ",
                esc(scene.person_name(incident.roles[role]))
                if incident.roles.get(role)
                else tag("small", esc(scene.w("incident.role_free"))),
            ),
            button(
                scene.w("incident.take_role"),
                data_act=json.dumps({"type": "incident.take_role", "incident": incident.id, "role": role}),
                data_key=f"role-{role}",
            )
            if scene.viewer.may("steps")
            and incident.roles.get(role) != scene.viewer.person
            and incident.state != "closed"
            else "",
            class_="sr-row sr-presence",
            data_key=f"r-{role}",
        )
        for role in wanted
    )
    return card(scene.w("incident.roles"), tag("ul", rows), key="roles") if rows else ""


# --- what happened ------------------------------------------------------------------------------------------


def timeline(scene: Scene, incident: Incident) -> str:
    """Everything that happened, newest first, from the journal; and a line of one's own."""
    w = scene.w
    lines: list[tuple[float, str, str]] = []
    for entry in scene.desk.entries(about=incident.id, limit=120):
        data = decode(entry)
        if isinstance(data, IncidentData):
            key = f"event.{entry.kind.partition('.')[2]}"
            words = w.of(data.reason) or (w(key) if w.known(key) else entry.kind)
            if entry.kind == "incident.note" and data.incident.notes:
                words = f"“{data.incident.notes[-1].words}”"
            lines.append((entry.at, entry.by, words))
    for alarm_id in incident.alarms[:20]:
        for entry in scene.desk.entries(about=alarm_id, limit=20):
            data = decode(entry)
            if isinstance(data, AlarmData):
                key = f"event.{entry.kind.partition('.')[2]}"
                what = w(key) if w.known(key) else entry.kind
                lines.append(
                    (
                        entry.at,
                        entry.by,
                        f"{scene.zone_name(data.alarm.zone)} {w.of(data.alarm.name)}: {what}",
                    )
                )
    about = {incident.id, *incident.alarms}
    for notice in scene.board.notices if scene.board else ():
        if notice.about in about:
            for entry in scene.desk.entries(about=notice.id, limit=10):
                data = decode(entry)
                if isinstance(data, NoticeData):
                    key = f"event.{entry.kind.partition('.')[2]}"
                    lines.append(
                        (
                            entry.at,
                            entry.by,
                            w(
                                "incident.told",
                                who=scene.person_name(notice.person),
                                what=w(key) if w.known(key) else entry.kind,
                            ),
                        )
                    )
    if not lines:
        lines = [(note.at, note.by, f"“{note.words}”") for note in incident.notes]
        lines.append((incident.opened_at, incident.opened_by, w("event.opened")))
    rows = join(
        tag(
            "li",
            tag("time", esc(scene.clock(at))),
            tag("b", esc(scene.person_name(by))),
            tag("span", esc(words)),
        )
        for at, by, words in sorted(lines, key=lambda line: -line[0])[:80]
    )
    form = ""
    if scene.viewer.may("tick") and incident.state != "closed":
        form = tag(
            "form",
            tag(
                "input",
                name="words",
                required=True,
                maxlength="500",
                aria_label=w("incident.say"),
                placeholder=w("incident.say"),
            ),
            tag("button", esc(w("incident.write")), type="submit", class_="sr-button sr-main-button"),
            data_act=json.dumps({"type": "incident.say", "incident": incident.id}),
            data_key="say-form",
            class_="sr-sayform",
        )
    return card(w("incident.timeline"), form, tag("ol", rows, class_="sr-timeline"), key="timeline")
