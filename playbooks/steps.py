"""Which step of a running plan is ready: dependencies, branches, hold points; pure.

A plan is a list. A step without ``after`` is ready at once; one with ``after`` waits for those. A question
leads to the step its answer names and goes on downwards from there: what lies between and is the target of
another answer only falls away. ``after = ["source=roof"]`` makes a step needed for that answer alone. A
hold point that is not released keeps every later step of the list waiting.
"""

from __future__ import annotations

from msgspec.structs import replace

from playbooks.model import Branch, Incident, Step, StepState

WAITING = StepState(state="waiting")
READY = StepState(state="ready")
NOT_NEEDED = StepState(state="skipped", note="branch")


def steps_of(incident: Incident) -> tuple[Step, ...]:
    """The plan's steps, then those added outside the plan."""
    return (*incident.playbook.steps, *incident.added)


def find(incident: Incident, step: str) -> Step | None:
    """The step of that id."""
    return next((one for one in steps_of(incident) if one.id == step), None)


def by_hand(state: StepState | None) -> bool:
    """Somebody decided it (done or skipped); not the branch logic."""
    return state is not None and state.state in {"done", "skipped"} and bool(state.by)


def chosen(step: Step, answer: str) -> Branch | None:
    """The branch an answer names: by its id or by its label in either language."""
    word = answer.strip().casefold()
    return next(
        (
            branch
            for branch in step.branches
            if word in {branch.answer.casefold(), branch.label.zh.casefold(), branch.label.en.casefold()}
        ),
        None,
    )


def settle(incident: Incident) -> Incident:
    """The incident with every step's state worked out anew from what people did."""
    steps = steps_of(incident)
    place = {step.id: index for index, step in enumerate(steps)}
    dropped = _dropped(incident, steps, place)
    states: dict[str, StepState] = {}
    held = False
    for step in steps:
        before = incident.steps.get(step.id)
        late = before.late if before else False
        if before is not None and by_hand(before):
            states[step.id] = before
            continue
        if step.id in dropped:
            states[step.id] = NOT_NEEDED
            continue
        waits = held or step.id in _asked(incident, steps) or not _freed(step, incident, dropped)
        states[step.id] = replace(WAITING if waits else READY, late=late)
        held = held or step.kind == "hold"
    return replace(incident, steps=states)


def _answers(incident: Incident) -> dict[str, str]:
    return {
        id_: state.answer for id_, state in incident.steps.items() if state.state == "done" and state.answer
    }


def _dropped(incident: Incident, steps: tuple[Step, ...], place: dict[str, int]) -> frozenset[str]:
    answers = _answers(incident)
    gone: set[str] = set()
    wanted: set[str] = set()
    for ask in steps:
        branch = chosen(ask, answers[ask.id]) if ask.id in answers else None
        if branch is None:
            continue
        goal = place.get(branch.to, -1)
        wanted.add(branch.to)
        gone |= {
            other.to
            for other in ask.branches
            if place[ask.id] < place.get(other.to, -1) < goal and other.to != branch.to
        }
    for step in steps:
        for need in step.after:
            ask_id, _, answer = need.partition("=")
            if answer and ask_id in answers:
                ask_step = next((one for one in steps if one.id == ask_id), None)
                branch = chosen(ask_step, answers[ask_id]) if ask_step else None
                if branch is None or answer.casefold() not in {
                    branch.answer.casefold(),
                    branch.to.casefold(),
                }:
                    gone.add(step.id)
    return frozenset(gone - wanted)


def _asked(incident: Incident, steps: tuple[Step, ...]) -> frozenset[str]:
    """Targets of questions nobody has answered yet: they wait."""
    return frozenset(
        branch.to
        for step in steps
        if step.kind == "ask" and not by_hand(incident.steps.get(step.id))
        for branch in step.branches
    )


def _freed(step: Step, incident: Incident, dropped: frozenset[str]) -> bool:
    return all(
        by_hand(incident.steps.get(need.partition("=")[0])) or need.partition("=")[0] in dropped
        for need in step.after
    )


def unfinished(incident: Incident) -> tuple[Step, ...]:
    """Required steps that are neither done nor fallen away by a branch; a skipped one stays unfinished."""
    return tuple(
        step for step in steps_of(incident) if step.required and not _finished(incident.steps.get(step.id))
    )


def _finished(state: StepState | None) -> bool:
    return state is not None and (state.state == "done" or (state.state == "skipped" and not state.by))


def holds_on(incident: Incident, zone: str) -> tuple[Step, ...]:
    """Hold points of the plan that still keep this zone closed."""
    return tuple(
        step
        for step in steps_of(incident)
        if step.kind == "hold"
        and (not step.zones or zone in step.zones)
        and not _finished(incident.steps.get(step.id))
    )


def overdue(incident: Incident, now: float) -> tuple[Step, ...]:
    """Ready steps whose time has run out and of which that was not yet said."""
    return tuple(step for step in _timed(incident) if incident.opened_at + step.within_s <= now)


def next_due(incident: Incident) -> float | None:
    """When the next ready step runs out of time; None where none will."""
    return min((incident.opened_at + step.within_s for step in _timed(incident)), default=None)


def _timed(incident: Incident) -> tuple[Step, ...]:
    return tuple(
        step
        for step in steps_of(incident)
        if step.within_s > 0
        and (state := incident.steps.get(step.id)) is not None
        and state.state in {"ready", "waiting"}
        and not state.late
    )
