"""What a person does in a drill script, from words to acts: ``acknowledge water-in-stack``, ``clear
stack-2b power off``.

:func:`read` turns the words into a :class:`Doing` (checkable when the folder is loaded), :func:`act_of`
turns that into an act on whatever alarm and incident stand when its moment comes; both are pure.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import get_args

import msgspec
from msgspec import Struct

from alerts.acts import Acknowledge, AlarmAct, CommentAlarm, ConfirmSign, Reset, ShelveAlarm, UnshelveAlarm
from alerts.model import Alarm
from playbooks.acts import (
    AcceptPlan,
    Advance,
    ClearZone,
    CloseIncident,
    CloseZone,
    ComeOut,
    EveryoneOut,
    GiveBack,
    GoIn,
    IncidentAct,
    Item,
    Move,
    OpenIncident,
    Say,
    SetCrew,
    StepDone,
    StepSkipped,
    StepUndone,
    TakeRole,
    Treat,
)
from playbooks.items import Treatment
from playbooks.model import Incident
from playbooks.steps import find
from sensors.model import Text


class Verb(Struct, frozen=True):
    """A word of the script language: what must follow it, an example, and its Chinese names."""

    id: str
    needs: int  # words that must follow
    example: str
    words: tuple[str, ...]


VERBS: tuple[Verb, ...] = (
    Verb("acknowledge", 1, "acknowledge water-in-stack", ("ack", "确认")),
    Verb("reset", 1, "reset water-in-stack", ("复位",)),
    Verb("shelve", 2, "shelve humid-stack 60 dehumidifier under repair", ("搁置",)),
    Verb("unshelve", 1, "unshelve humid-stack", ("取消搁置",)),
    Verb("comment", 2, "comment water-in-stack it is the east wall", ("评论",)),
    Verb("confirm", 2, "confirm stack-2b fire flames seen", ("目视确认",)),
    Verb("open", 2, "open water stack-2b", ("启动",)),
    Verb("step", 1, "step source pipe", ("步骤", "完成")),
    Verb("undo", 2, "undo power it was the wrong board", ("撤回",)),
    Verb("skip", 2, "skip valve already closed", ("跳过",)),
    Verb("role", 1, "role coordinator", ("担任",)),
    Verb("clear", 2, "clear stack-2b power off, floor safe", ("放行",)),
    Verb("close-zone", 2, "close-zone stack-2b smoke", ("关闭区域",)),
    Verb("go-in", 2, "go-in stack-2b wang li", ("进入",)),
    Verb("come-out", 1, "come-out wang", ("出来", "离开")),
    Verb("everyone-out", 0, "everyone-out", ("全体撤离",)),
    Verb("out", 1, "out J001-003", ("出库",)),
    Verb("arrived", 1, "arrived J001-003", ("到达",)),
    Verb("covered", 1, "covered J014-020", ("覆盖",)),
    Verb("cannot", 2, "cannot J014-020 shelf is jammed", ("做不到",)),
    Verb("wet", 1, "wet J001-003", ("浸湿",)),
    Verb("pack", 2, "pack K7 J001-003", ("装箱",)),
    Verb("move", 2, "move K7 freezer zhao", ("转移",)),
    Verb("treat", 2, "treat J001-003 dry 7.5", ("处理",)),
    Verb("back", 1, "back J001-003", ("归架",)),
    Verb("crew", 2, "crew 4 20", ("人手",)),
    Verb("accept", 0, "accept", ("采用",)),
    Verb("say", 1, "say fire brigade is here", ("说", "记录")),
    Verb("advance", 1, "advance contained", ("转入",)),
    Verb("close", 0, "close all dry", ("结束",)),
    Verb("override", 1, "override sensor is broken, room inspected", ("越权结束",)),
)
TREATMENTS: tuple[str, ...] = get_args(Treatment)
_BY_WORD = {word: verb for verb in VERBS for word in (verb.id, *verb.words)}


class Doing(Struct, frozen=True):
    """A verb with the words that follow it."""

    verb: str
    words: tuple[str, ...]

    def rest(self, start: int) -> str:
        """The words from ``start`` on, as one sentence."""
        return " ".join(self.words[start:])


def read(does: str) -> Doing | Text:
    """The doing a script's words mean, or a sentence that says what can be written instead."""
    try:
        words = shlex.split(does)
    except ValueError:
        words = does.split()
    verb = _BY_WORD.get(words[0].casefold()) if words else None
    if verb is None:
        known = ", ".join(one.id for one in VERBS)
        first = words[0] if words else ""
        return Text(f"不认识的动作“{first}”。可写：{known}。", f'Unknown act "{first}". Known: {known}.')
    if len(words) - 1 < verb.needs:
        return Text(f"写全，例如：{verb.example}", f"Write it in full, for example: {verb.example}")
    if verb.id == "crew" and not all(_is_number(word) for word in words[1:3]):
        return Text(f"这里要写数字，例如：{verb.example}", f"Write numbers, for example: {verb.example}")
    if verb.id == "shelve" and not _is_number(words[2]):
        return Text(f"这里要写分钟数，例如：{verb.example}", f"Write minutes, for example: {verb.example}")
    if verb.id == "advance" and words[1] not in {"contained", "recovering", "open"}:
        return Text("写 contained、recovering 或 open。", "Write contained, recovering or open.")
    if verb.id == "treat" and words[2] not in TREATMENTS:
        known = ", ".join(TREATMENTS)
        return Text(f"处理方式可写：{known}。", f"Treatments: {known}.")
    return Doing(verb.id, tuple(words[1:]))


def _is_number(word: str) -> bool:
    return word.replace(".", "", 1).isascii() and word.replace(".", "", 1).isdigit()


def act_of(
    doing: Doing,
    alarms: Mapping[str, Alarm],
    incidents: Mapping[str, Incident],
    now: float,
    drill: str = "",
) -> AlarmAct | IncidentAct | Text:
    """The act on what stands now, or why there is nothing to act on. Only the drill's own alarms and
    incidents count."""
    if doing.verb in {"acknowledge", "reset", "shelve", "unshelve", "comment"}:
        return _on_alarm(doing, alarms, now, drill)
    if doing.verb == "confirm":
        return ConfirmSign(zone=doing.words[0], hazard=doing.words[1], note=doing.rest(2))
    if doing.verb == "open":
        return OpenIncident(
            playbook=doing.words[0],
            zones=(doing.words[1],),
            note=doing.rest(2),
            kind="drill" if drill else "incident",
            drill=drill,
        )
    mine = [one for one in incidents.values() if one.drill == drill]
    running = sorted(
        (one for one in mine if one.state != "closed"), key=lambda one: (one.opened_at, one.id), reverse=True
    ) or sorted(mine, key=lambda one: (one.opened_at, one.id), reverse=True)
    if not running:
        return Text("此时没有事件。", "There is no incident at that moment.")
    return _on_incident(doing, _meant(doing, running))


def _on_alarm(doing: Doing, alarms: Mapping[str, Alarm], now: float, drill: str) -> AlarmAct | Text:
    rule = doing.words[0]
    found = [
        one
        for one in alarms.values()
        if rule in {one.rule, one.id} and one.drill == drill and one.closed_at is None
    ]
    if not found:
        return Text(f"此时没有警报 {rule}。", f"There is no alarm {rule} at that moment.")
    found.sort(
        key=lambda one: (doing.verb == "acknowledge" and one.acked is not None, -one.raised_at, one.id)
    )
    alarm = found[0].id
    match doing.verb:
        case "acknowledge":
            return Acknowledge(alarm=alarm, note=doing.rest(1))
        case "reset":
            return Reset(alarm=alarm, note=doing.rest(1))
        case "shelve":
            until = now + float(doing.words[1]) * 60.0
            return ShelveAlarm(alarm=alarm, until_at=until, reason=doing.rest(2) or "drill")
        case "comment":
            return CommentAlarm(alarm=alarm, words=doing.rest(1))
    return UnshelveAlarm(alarm=alarm)


def _meant(doing: Doing, running: list[Incident]) -> Incident:
    """Which incident the words mean: the one that has that step or zone, else the newest."""
    word = doing.words[0] if doing.words else ""
    if doing.verb in {"step", "undo", "skip"}:
        return next((one for one in running if find(one, word) is not None), running[0])
    if doing.verb in {"clear", "close-zone", "go-in"}:
        return next((one for one in running if word in one.access), running[0])
    if doing.verb == "come-out":
        person = doing.words[-1]
        inside = (one for one in running for p in one.inside if p.person == person and p.out_at is None)
        return next(inside, running[0])
    return running[0]


def _on_incident(doing: Doing, incident: Incident) -> IncidentAct | Text:
    id_, words = incident.id, doing.words
    match doing.verb:
        case "step":
            return _step(doing, incident)
        case "undo":
            return StepUndone(incident=id_, step=words[0], note=doing.rest(1))
        case "skip":
            return StepSkipped(incident=id_, step=words[0], note=doing.rest(1))
        case "role":
            return TakeRole(incident=id_, role=words[0], confirmed=True)
        case "clear":
            return ClearZone(incident=id_, zone=words[0], reason=doing.rest(1))
        case "close-zone":
            return CloseZone(incident=id_, zone=words[0], reason=doing.rest(1))
        case "go-in":
            return GoIn(incident=id_, zone=words[0], persons=words[1:])
        case "come-out":
            return ComeOut(incident=id_, zone=words[0] if len(words) > 1 else "", person=words[-1])
        case "everyone-out":
            return EveryoneOut(incident=id_)
        case "out" | "arrived" | "covered" | "cannot" as state:
            return Item(incident=id_, holding=words[0], state=state, note=doing.rest(1))
        case "wet" | "pack":
            return _changed(doing, incident)
        case "move":
            crate, held = _crate_or_holding(incident, words[0])
            return Move(
                incident=id_,
                crate=crate,
                holdings=held,
                to=words[1],
                received_by=words[2] if len(words) > 2 else "",
                note=doing.rest(3),
            )
        case "treat":
            return _treatment(doing, incident)
        case "back":
            crate, held = _crate_or_holding(incident, words[0])
            return GiveBack(incident=id_, crate=crate, holdings=held, note=doing.rest(1))
        case "crew":
            return SetCrew(incident=id_, people=int(float(words[0])), budget_min=float(words[1]))
        case "accept":
            return AcceptPlan(incident=id_)
        case "say":
            return Say(incident=id_, words=doing.rest(0))
        case "advance":
            return _advance(doing, id_)
        case "close":
            return CloseIncident(incident=id_, note=doing.rest(0))
    return CloseIncident(incident=id_, note=doing.rest(0), override=True)


def _changed(doing: Doing, incident: Incident) -> Item:
    """A fact of one holding that leaves its state as it is: it is wet, or it lies in a crate."""
    crate, holding = ("", doing.words[0]) if doing.verb == "wet" else doing.words[:2]
    state = incident.items[holding].state if holding in incident.items else "waiting"
    if state == "returned":
        state = "arrived"
    return Item(incident=incident.id, holding=holding, state=state, wet=doing.verb == "wet", crate=crate)


def _crate_or_holding(incident: Incident, word: str) -> tuple[str, tuple[str, ...]]:
    """A word names a holding on its way, else a crate."""
    return ("", (word,)) if word in incident.items else (word, ())


def _treatment(doing: Doing, incident: Incident) -> Treat:
    crate, held = _crate_or_holding(incident, doing.words[0])
    measured = len(doing.words) > 2 and _is_number(doing.words[2])
    return Treat(
        incident=incident.id,
        what=msgspec.convert(doing.words[1], Treatment),
        crate=crate,
        holdings=held,
        moisture_pct=float(doing.words[2]) if measured else None,
        note=doing.rest(3 if measured else 2),
    )


def _advance(doing: Doing, incident: str) -> Advance:
    match doing.words[0]:
        case "contained":
            return Advance(incident=incident, state="contained", note=doing.rest(1))
        case "recovering":
            return Advance(incident=incident, state="recovering", note=doing.rest(1))
    return Advance(incident=incident, state="open", note=doing.rest(1))


def _step(doing: Doing, incident: Incident) -> StepDone:
    """A question takes the next word as its answer, a confirmation as the second name; the rest is the
    note."""
    step = doing.words[0]
    found = find(incident, step)
    word = doing.words[1] if len(doing.words) > 1 else ""
    if found is not None and found.kind == "ask":
        return StepDone(incident=incident.id, step=step, answer=word, note=doing.rest(2))
    if found is not None and found.kind == "confirm":
        return StepDone(incident=incident.id, step=step, second=word, note=doing.rest(2))
    return StepDone(incident=incident.id, step=step, note=doing.rest(1))
