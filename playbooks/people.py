"""What people do to steps and roles of an incident; pure. Zones and presence are :mod:`playbooks.safety`,
holdings :mod:`playbooks.custody`."""

from __future__ import annotations

from msgspec.structs import replace

from playbooks import safety
from playbooks.acts import AddStep, StepDone, StepSkipped, StepUndone, TakeRole
from playbooks.model import Incident, StepState
from playbooks.safety import Outcome, no, said
from playbooks.site import COMMAND, RELEASERS, Site, listed
from playbooks.steps import by_hand, chosen, find, settle


def step_done(incident: Incident, act: StepDone, by: str, now: float, site: Site) -> Outcome:
    """Tick a step; a question needs an answer, a confirmation a second name, a hold the right role and a
    reason."""
    found = find(incident, act.step)
    if found is None:
        return no(incident, by, f"预案中没有步骤 {act.step}。", f"The plan has no step {act.step}.")
    state = incident.steps.get(act.step)
    answer = ""
    if found.kind == "ask":
        branch = chosen(found, act.answer)
        if branch is None:
            zh = "、".join(b.label.zh or b.answer for b in found.branches)
            en = ", ".join(b.label.en or b.answer for b in found.branches)
            return no(incident, by, f"请选一个答案：{zh}。", f"Choose an answer: {en}.")
        answer = branch.answer
    if state is not None and state.state == "done" and state.answer == answer:
        return incident, ()
    if state is not None and state.state == "waiting":
        return no(
            incident,
            by,
            f"“{found.do.zh}”之前还有未完成的步骤。",
            f"Something before “{found.do.en}” is still open.",
        )
    if found.kind == "confirm" and (not act.second.strip() or act.second.strip() == by):
        return no(incident, by, "此步骤需要第二个人确认。", "This step needs a second person's name.")
    if found.kind == "hold":
        allowed = found.released_by or RELEASERS
        if not site.roles(by, incident) & set(allowed):
            return no(
                incident,
                by,
                f"此停止点由以下职责放行：{listed(allowed)}。",
                f"This hold point is released by: {listed(allowed)}.",
            )
        if not act.note.strip():
            return no(incident, by, "放行停止点要写明理由。", "Releasing a hold point needs a reason.")
    done = StepState(
        state="done",
        by=by,
        second=act.second.strip(),
        at=now,
        answer=answer,
        note=act.note,
        late=bool(state and state.late),
    )
    after = settle(replace(incident, steps={**incident.steps, act.step: done}))
    tail = f"：{answer}" if answer else ""
    return after, (
        said(
            "incident.step",
            after,
            now,
            by,
            f"完成：{found.do.zh}{tail}",
            f"Done: {found.do.en}{tail.replace('：', ': ')}",
        ),
    )


def step_undone(incident: Incident, act: StepUndone, by: str, now: float, site: Site) -> Outcome:
    """Take a tick or a skip back, with a reason; a hold taken back closes its zones again."""
    found = find(incident, act.step)
    if found is None:
        return no(incident, by, f"预案中没有步骤 {act.step}。", f"The plan has no step {act.step}.")
    if not by_hand(incident.steps.get(act.step)):
        return incident, ()
    if not act.note.strip():
        return no(incident, by, "撤回要写明理由。", "Taking a tick back needs a reason.")
    left = {key: state for key, state in incident.steps.items() if key != act.step}
    after = settle(replace(incident, steps=left))
    events = [
        said(
            "incident.step",
            after,
            now,
            by,
            f"撤回：{found.do.zh}：{act.note}",
            f"Taken back: {found.do.en}: {act.note}",
        )
    ]
    if found.kind != "hold":
        return after, tuple(events)
    closed, more = safety.close(after, found.zones or tuple(after.access), by, now, found.do, site)
    return closed, (*events, *more)


def step_skipped(incident: Incident, act: StepSkipped, by: str, now: float, site: Site) -> Outcome:
    """Skip a step, with a reason; a hold point cannot be skipped, a required one stays open for closing."""
    found = find(incident, act.step)
    if found is None:
        return no(incident, by, f"预案中没有步骤 {act.step}。", f"The plan has no step {act.step}.")
    state = incident.steps.get(act.step)
    if by_hand(state):
        if state is not None and state.state == "skipped":
            return incident, ()
        return no(incident, by, "此步骤已经完成。", "This step is already done.")
    if found.kind == "hold":
        return no(
            incident, by, "停止点不能跳过，只能放行。", "A hold point cannot be skipped, only released."
        )
    if found.required and not site.roles(by, incident) & set(COMMAND):
        return no(
            incident,
            by,
            f"必做步骤只能由负责人跳过：{listed(COMMAND)}。",
            f"A required step can be skipped only by: {listed(COMMAND)}.",
        )
    if not act.note.strip():
        return no(incident, by, "跳过要写明理由。", "Skipping needs a reason.")
    skipped = StepState(state="skipped", by=by, at=now, note=act.note, late=bool(state and state.late))
    after = settle(replace(incident, steps={**incident.steps, act.step: skipped}))
    return after, (
        said(
            "incident.step",
            after,
            now,
            by,
            f"跳过：{found.do.zh}：{act.note}",
            f"Skipped: {found.do.en}: {act.note}",
        ),
    )


def add_step(incident: Incident, act: AddStep, by: str, now: float, site: Site) -> Outcome:
    """The head of the incident adds a step; it is kept apart from the plan and becomes a finding."""
    same = find(incident, act.step.id)
    if same == act.step:
        return incident, ()
    if same is not None:
        return no(incident, by, f"已有步骤 {act.step.id}。", f"There is already a step {act.step.id}.")
    if not site.roles(by, incident) & set(COMMAND):
        return no(
            incident,
            by,
            f"预案外的步骤由负责人添加：{listed(COMMAND)}。",
            f"Steps outside the plan are added by: {listed(COMMAND)}.",
        )
    if not act.step.id or not (act.step.do.zh or act.step.do.en):
        return no(incident, by, "步骤要有编号和内容。", "A step needs an id and words.")
    after = settle(replace(incident, added=(*incident.added, act.step)))
    return after, (
        said(
            "incident.step",
            after,
            now,
            by,
            f"预案外新增：{act.step.do.zh}",
            f"Added outside the plan: {act.step.do.en}",
        ),
    )


def take_role(incident: Incident, act: TakeRole, by: str, now: float, site: Site) -> Outcome:
    """Fill a role, or take it over after reading the summary; only who may hold it."""
    if incident.roles.get(act.role) == by:
        return incident, ()
    mine = site.roles(by, incident) | {by}
    if act.role not in mine and not mine & set(incident.playbook.roles.get(act.role, ())):
        return no(
            incident,
            by,
            f"您不在“{act.role}”的名单或替补中。",
            f"You are neither on the list for “{act.role}” nor its substitute.",
        )
    holder = incident.roles.get(act.role, "")
    if holder and not act.confirmed:
        open_steps = sum(1 for s in incident.steps.values() if s.state == "ready")
        people_in = len(safety.inside(incident))
        name = site.person_name(holder)
        return no(
            incident,
            by,
            f"交接：现由 {name.zh} 担任；{open_steps} 步未完成，{people_in} 人在内，放行区域 "
            f"{len(safety.cleared_zones(incident))} 个。看过后再确认接手。",
            f"Hand-over: {name.en} holds it; {open_steps} steps open, {people_in} people inside, "
            f"{len(safety.cleared_zones(incident))} zones released. Confirm to take over.",
        )
    after = replace(incident, roles={**incident.roles, act.role: by})
    who = site.person_name(by)
    return after, (
        said("incident.role", after, now, by, f"{who.zh} 担任 {act.role}", f"{who.en} is now {act.role}"),
    )
