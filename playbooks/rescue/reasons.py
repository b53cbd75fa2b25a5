"""Why a holding is in no trip, and whether any crew could ever save it; pure.

A reason names what is lacking, and only that: with it, and nothing else changed, a crew that has nothing else to do
would save the holding. What nobody could do in time even if everything were there at once says so first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from playbooks.rescue.problem import COVER_MIN, COVER_SHARE, Problem, Team
from playbooks.triage import Stake
from sensors.model import Text

EPS = 1e-9


class Act(Struct, frozen=True):
    """One way to save a holding: people and minutes at the shelf, and whether something is carried (kg)."""

    people: int
    shelf: float
    kg: float


Try = tuple[float, Act, int]
"""Who starts when, what they do, and how often they must walk."""


def acts_of(problem: Problem, one: Stake, share: float) -> list[Act]:
    """How the register lets a holding be saved; covering only where it saves any part of the value."""
    holding, found = one.holding, list[Act]()
    if holding.action == "leave":
        return found
    if one.sheet and share:
        found.append(Act(min(2, holding.people), COVER_MIN * problem.shelf, 0.0))
    if holding.action == "take":
        found.append(Act(holding.people, holding.carry_min * problem.shelf, one.kg))
    return found


def reachable(problem: Problem, one: Stake, threat: str) -> bool:
    """Whether a crew that is there at the start, with people, skill and strength enough, could save it in time."""
    holding = one.holding
    if holding.zone not in problem.cleared or math.isinf(problem.minutes_to(holding.zone)):
        return False
    limit = problem.people_limit(holding.zone)
    return any(
        not (limit and limit < max(2, act.people))
        and problem.misses(holding.zone, 0.0, act.shelf, act.kg > 0.0)[0] <= EPS
        for act in acts_of(problem, one, COVER_SHARE.get(threat, 0.0))
    )


def reason_left(problem: Problem, one: Stake) -> Text:
    """Why a holding is in no trip, in one sentence."""
    holding = one.holding
    if one.harm == 0:
        return Text("不受此灾害影响，留在原处", "Not harmed by this hazard: leave it")
    if holding.action == "leave":
        return Text("目录规定留在原处", "The register says leave it in place")
    if holding.zone not in problem.cleared:
        return Text("所在区域未放行", "Its zone is not cleared")
    if math.isinf(problem.minutes_to(holding.zone)):
        return Text("没有可走的路线", "There is no open way to its zone")
    acts = acts_of(problem, one, problem.cover_share)
    if not acts:
        return Text(
            "目录规定就地保护，遮盖对此灾害无用",
            "The register says protect it in place, and covering does not help against this hazard",
        )
    if not problem.teams:
        return Text("没有两人以上的小组", "There is no crew of two or more")
    limit = problem.people_limit(holding.zone)
    fit = [act for act in acts if not limit or limit >= max(2, act.people)]
    if not fit:
        needed = max(2, min(act.people for act in acts))
        return Text(
            f"该区域限 {limit} 人，需要 {needed} 人",
            f"At most {limit} people may be in its zone, it needs {needed}",
        )
    # With everything there at once, for what would there be time?
    ready = [act for act in fit if not _too_late(problem, holding.zone, [(0.0, act, 1)])]
    if not ready:
        return _late(problem, holding.zone, [(0.0, act, 1) for act in fit])
    return _lack(problem, one, ready) or _busy(problem, one, ready)


def _lack(problem: Problem, one: Stake, acts: list[Act]) -> Text | None:
    """The people or the skill that no crew has, if any."""
    skill = one.holding.skill
    skilled = [team for team in problem.teams if not skill or skill in team.skills]
    needed = min(act.people for act in acts)
    if any(team.people >= needed for team in skilled):
        return None
    if max(team.people for team in problem.teams) >= needed and not skilled:
        return Text(f"需要技能：{skill}", f"Needs the skill: {skill}")
    return _more_hands(problem, one, [act for act in acts if act.people == needed], skilled)


def _busy(problem: Problem, one: Stake, acts: list[Act]) -> Text:
    """The crews that could do it come too late, or have better things to do."""
    skill = one.holding.skill
    tries = [
        (team.start, act, _carries(problem, one, team.capacity, team.people, act))
        for team in problem.teams
        for act in acts
        if team.people >= act.people and (not skill or skill in team.skills)
    ]
    if _too_late(problem, one.holding.zone, tries):
        return _late(problem, one.holding.zone, tries)
    return Text("时间用于每分钟价值更高的档案", "The time goes to holdings worth more per minute")


def _carries(problem: Problem, one: Stake, capacity: float, people: int, act: Act) -> int:
    limit = problem.people_limit(one.holding.zone)
    load = capacity * (min(people, limit) if limit else people) / people
    return max(1, math.ceil(act.kg / load - EPS))


def _misses(problem: Problem, zone: str, tries: Sequence[Try]) -> tuple[float, float, float]:
    """The try that comes nearest: minutes too late, the latest moment to leave, when it is done."""
    return min(problem.misses(zone, start, act.shelf, act.kg > 0.0, carries) for start, act, carries in tries)


def _too_late(problem: Problem, zone: str, tries: Sequence[Try]) -> bool:
    return _misses(problem, zone, tries)[0] > EPS


def _late(problem: Problem, zone: str, tries: Sequence[Try]) -> Text:
    _, latest, done = _misses(problem, zone, tries)
    by, until = max(0.0, latest), math.ceil(done)
    return Text(
        f"来不及：最迟 {by:.0f} 分钟须离开，需要 {until} 分钟",
        f"Too late: out by minute {by:.0f}, it takes until {until}",
    )


def _more_hands(problem: Problem, one: Stake, acts: list[Act], skilled: list[Team]) -> Text:
    """What would bring enough people to a holding: which crews to join, or how many people to call."""
    needed, skill = acts[0].people, one.holding.skill
    largest = max(team.people for team in problem.teams)
    need = Text(
        f"需要 {needed} 人" + (f"（其中有人会{skill}）" if skill else ""),
        f"Needs {needed} people" + (f", one with the skill {skill}" if skill else ""),
    )
    if not skilled:
        return Text(
            f"{need.zh}：无人会，最大小组 {largest} 人",
            f"{need.en}: nobody has it, and the largest crew has {largest}",
        )
    short = (
        Text(f"最大小组 {largest} 人", f"the largest crew has {largest}")
        if largest < needed
        else Text("没有一个小组两者都有", "no crew has both")
    )
    order = sorted(problem.teams, key=lambda team: (-team.people, team.start, team.id))
    able = next(team for team in order if team in skilled)  # whoever has the skill must be among them
    joined: list[Team] = []
    for team in (able, *(team for team in order if team is not able)):
        joined.append(team)
        if sum(other.people for other in joined) >= needed:
            tries = _joined(problem, one, acts, joined)
            if _too_late(problem, one.holding.zone, tries):
                return _late(problem, one.holding.zone, tries)
            return Text(
                f"{need.zh}，{short.zh}：合并 {'、'.join(other.id for other in joined)} 组",
                f"{need.en}, {short.en}: join crews {' and '.join(other.id for other in joined)}",
            )
    people = sum(team.people for team in problem.teams)
    tries = _joined(problem, one, acts, order)
    if _too_late(problem, one.holding.zone, tries):
        return _late(problem, one.holding.zone, tries)
    return Text(
        f"{need.zh}，各组合计 {people} 人：再叫 {needed - people} 人",
        f"{need.en}, all crews have {people}: call {needed - people} more",
    )


def _joined(problem: Problem, one: Stake, acts: list[Act], joined: list[Team]) -> list[Try]:
    """These crews as one, which starts when the last of them has arrived."""
    people, capacity = sum(team.people for team in joined), sum(team.capacity for team in joined)
    start = max(team.start for team in joined)
    return [(start, act, _carries(problem, one, capacity, people, act)) for act in acts]
