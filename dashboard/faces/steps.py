"""The steps of an incident: what is to be done in which order, by whom, until when, and how it is ticked."""

from __future__ import annotations

import json

from dashboard.faces.chrome import card, drawer
from dashboard.html import button, esc, join, tag
from dashboard.scene import Scene
from playbooks.model import Incident, Step, StepState

WAITING = StepState(state="waiting")


def steps(scene: Scene, incident: Incident) -> str:
    """The plan's steps in order; acts by heart first, boxed."""
    everything = (*incident.playbook.steps, *incident.added)
    done = sum(1 for step in everything if incident.steps.get(step.id, WAITING).state in ("done", "skipped"))
    head = scene.w("incident.steps", done=done, total=len(everything))
    rows = join(step_row(scene, incident, step) for step in everything)
    last = tag("p", esc(scene.w("incident.card_ends")), class_="sr-empty")
    return card(head, tag("ol", rows, class_="sr-steps"), last, key="steps")


def step_row(scene: Scene, incident: Incident, step: Step) -> str:
    """One step: state, words, who, time left, and how to tick it."""
    w = scene.w
    state = incident.steps.get(step.id, WAITING)
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
        form = _reasoned(scene, w("incident.release"), done, f"do-{step.id}", kind="sr-main-button")
        return [form]
    return [
        button(w("incident.done"), kind="main", data_act=json.dumps(done), data_key=f"do-{step.id}"),
        skip,
    ]


def _reasoned(scene: Scene, words: str, act: dict[str, str], key: str, kind: str = "sr-quietbutton") -> str:
    form = tag(
        "form",
        tag("label", esc(scene.w("alarm.reason")), tag("input", name="note", required=True, maxlength="300")),
        tag("button", esc(words), type="submit", class_="sr-button sr-main-button"),
        data_act=json.dumps(act),
        data_key=key,
        class_="sr-form",
    )
    return drawer(words, form, key=f"drawer-{key}", kind=kind)


def _people(scene: Scene, but: str = "") -> str:
    return join(
        tag("option", esc(scene.w.of(person.name)), value=person.id)
        for person in scene.building.people.values()
        if person.id != but
    )
