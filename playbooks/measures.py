"""Measures of a run, drill or real, from its record alone: detect, reach, command, act, rescue, safety;
pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from alerts.model import AlarmEvent, NoticeEvent
from playbooks.items import ItemState
from playbooks.model import Incident, IncidentEvent
from playbooks.steps import steps_of
from sensors.model import Text

Event = AlarmEvent | NoticeEvent | IncidentEvent


class StepTime(Struct, frozen=True, kw_only=True):
    """One step against its target, in seconds from the opening."""

    step: str
    do: Text
    target_s: float
    took_s: float | None
    state: str


class Measures(Struct, frozen=True, kw_only=True):
    """Seconds count from the first alarm (the start of the record where there was none); None: did not
    happen."""

    detect_s: float | None  # start -> first alarm
    opened_s: float | None  # first alarm -> incident open
    first_message_s: float | None  # first alarm -> first message taken by the provider
    delivered_s: float | None
    answered_s: float | None  # first human acknowledgement, of the alarm or of a message
    cleared_s: float | None  # first zone released
    first_out_s: float | None  # first holding out or covered
    items_out: int
    items_covered: int
    top_share: float | None  # of the ten highest-ranked holdings, moved or covered
    out_of_order: float | None  # share of pairs moved against the ranked list
    custody_open: tuple[str, ...]  # out, but not arrived anywhere
    on_time: float | None  # share of timed steps done in time
    steps: tuple[StepTime, ...]
    added: int
    skipped_required: tuple[str, ...]
    entries_without_release: tuple[str, ...]
    still_inside: tuple[str, ...]
    people_told: int
    findings: tuple[Text, ...] = ()


def measure(record: Sequence[Event], started_at: float) -> Measures:
    """All measures of a record that is in order of time."""
    alarms = [event for event in record if isinstance(event, AlarmEvent)]
    notices = [event for event in record if isinstance(event, NoticeEvent)]
    acts = [event for event in record if isinstance(event, IncidentEvent)]
    raised = next((event.at for event in alarms if event.kind == "alarm.raised"), None)
    zero = raised if raised is not None else (acts[0].at if acts else started_at)

    def since(at: float | None) -> float | None:
        return None if at is None else round(at - zero, 3)

    def first(events: Sequence[Event], *kinds: str) -> float | None:
        return next((event.at for event in events if event.kind in kinds), None)

    latest: dict[str, Incident] = {event.incident.id: event.incident for event in acts}
    steps = tuple(one for incident in latest.values() for one in _steps(incident))
    timed = [one for one in steps if one.target_s > 0 and one.state != "not needed"]
    in_time = [one for one in timed if one.took_s is not None and one.took_s <= one.target_s]
    moved = _moves(acts)
    items = {id_: item for incident in latest.values() for id_, item in incident.items.items()}
    answers = [
        at
        for at in (first(alarms, "alarm.acknowledged"), first(notices, "notice.answered"))
        if at is not None
    ]
    skipped = tuple(
        step.id
        for incident in latest.values()
        for step in steps_of(incident)
        if step.required
        and (state := incident.steps.get(step.id)) is not None
        and state.state == "skipped"
        and state.by
    )
    inside = tuple(p.person for incident in latest.values() for p in incident.inside if p.out_at is None)
    result = Measures(
        detect_s=None if raised is None else round(raised - started_at, 3),
        opened_s=since(first(acts, "incident.opened")),
        first_message_s=since(first(notices, "notice.sent", "notice.delivered")),
        delivered_s=since(first(notices, "notice.delivered")),
        answered_s=since(min(answers, default=None)),
        cleared_s=since(first(acts, "incident.zone_cleared")),
        first_out_s=since(moved[0][1] if moved else None),
        items_out=sum(1 for item in items.values() if _carried(item)),
        items_covered=sum(
            1 for item in items.values() if item.state in {"covered", "returned"} and not _carried(item)
        ),
        top_share=_first_share(latest, items),
        out_of_order=_disorder(latest, [id_ for id_, _ in moved]),
        custody_open=tuple(sorted(id_ for id_, item in items.items() if item.state == "out")),
        on_time=round(len(in_time) / len(timed), 3) if timed else None,
        steps=steps,
        added=sum(len(incident.added) for incident in latest.values()),
        skipped_required=skipped,
        entries_without_release=_illegal_entries(acts),
        still_inside=inside,
        people_told=len({event.notice.person for event in notices if event.kind == "notice.sent"}),
    )
    return _with_findings(result)


def _steps(incident: Incident) -> list[StepTime]:
    found = []
    for step in steps_of(incident):
        state = incident.steps.get(step.id)
        done = state is not None and state.state == "done"
        fell = state is not None and state.state == "skipped" and not state.by
        found.append(
            StepTime(
                step=step.id,
                do=step.do,
                target_s=step.within_s,
                took_s=round(state.at - incident.opened_at, 3) if done and state is not None else None,
                state="not needed" if fell else (state.state if state is not None else "waiting"),
            )
        )
    return found


def _carried(item: ItemState) -> bool:
    """Whether it left its shelf; one that is back by now did, if any hand took it out."""
    return item.state in {"out", "arrived"} or (
        item.state == "returned" and any(hand.act != "returned" for hand in item.hands)
    )


def _moves(acts: Sequence[IncidentEvent]) -> list[tuple[str, float]]:
    """Holdings in the order in which they were first out or covered, with the real times."""
    first: dict[str, float] = {}
    for event in acts:
        for id_, item in event.incident.items.items():
            if item.state in {"out", "covered", "arrived", "returned"} and id_ not in first:
                first[id_] = item.out_at if item.out_at is not None else item.at
    return sorted(first.items(), key=lambda entry: (entry[1], entry[0]))


def _disorder(incidents: dict[str, Incident], moved: Sequence[str]) -> float | None:
    """Pairs of holdings carried against the order of the plan's ranking, as a share of all pairs."""
    ranks = {
        one.holding: one.rank
        for incident in incidents.values()
        if incident.plan
        for one in incident.plan.ranking
    }
    known = [ranks[id_] for id_ in moved if id_ in ranks]
    pairs = len(known) * (len(known) - 1) // 2
    if not pairs:
        return None
    wrong = sum(1 for i, one in enumerate(known) for other in known[i + 1 :] if one > other)
    return round(wrong / pairs, 3)


def _first_share(incidents: dict[str, Incident], items: Mapping[str, object]) -> float | None:
    """Share of the ten highest-ranked holdings that were moved or covered."""
    top = [
        one.holding for incident in incidents.values() if incident.plan for one in incident.plan.ranking[:10]
    ]
    return round(sum(1 for id_ in top if id_ in items) / len(top), 3) if top else None


def _illegal_entries(acts: Sequence[IncidentEvent]) -> tuple[str, ...]:
    """People whose entry was recorded while their zone was not cleared."""
    found = []
    for event in acts:
        if event.kind != "incident.in":
            continue
        for presence in event.incident.inside:
            access = event.incident.access.get(presence.zone)
            if presence.in_at == event.at and (access is None or access.state != "cleared"):
                found.append(f"{presence.person} ({presence.zone})")
    return tuple(found)


def _with_findings(found: Measures) -> Measures:
    words: list[Text] = []
    words += [Text(f"仍在里面：{who}", f"Still inside: {who}") for who in found.still_inside]
    words += [
        Text(f"已出库但未登记到达：{id_}", f"Out, but arrived nowhere: {id_}") for id_ in found.custody_open
    ]
    words += [
        Text(f"必做步骤被跳过：{step}", f"A required step was skipped: {step}")
        for step in found.skipped_required
    ]
    for step in found.steps:
        if step.target_s > 0 and step.took_s is not None and step.took_s > step.target_s:
            words.append(
                Text(
                    f"步骤超时：{step.do.zh}（{step.took_s:.0f} 秒，目标 {step.target_s:.0f} 秒）",
                    f"Late step: {step.do.en} ({step.took_s:.0f} s, target {step.target_s:.0f} s)",
                )
            )
    if found.out_of_order:
        share = f"{found.out_of_order * 100:.0f}"
        words.append(
            Text(f"{share}% 的搬运次序与清单相反", f"{share} % of pairs carried against the list's order")
        )
    if found.added:
        words.append(Text(f"预案外新增 {found.added} 步", f"{found.added} steps were added outside the plan"))
    return replace(found, findings=tuple(words))
