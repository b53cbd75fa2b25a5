"""Why a holding is in no trip, and whether any crew could ever save it; pure."""

from __future__ import annotations

import math

from playbooks.rescue.problem import COVER_MIN, COVER_SHARE, Problem
from playbooks.triage import Stake
from sensors.model import Text


def reachable(problem: Problem, one: Stake, threat: str) -> bool:
    """Whether a crew that is there at the start, with people, skill and strength enough, could save it in time."""
    holding = one.holding
    if holding.action == "leave" or holding.zone not in problem.cleared:
        return False
    out, limit = problem.minutes_to(holding.zone), problem.people_limit(holding.zone)
    if math.isinf(out) or (limit and limit < 2):
        return False
    covered = out + COVER_MIN * problem.shelf
    if one.sheet and threat in COVER_SHARE and covered <= problem.latest(holding.zone, loaded=False):
        return True
    if holding.action != "take" or (limit and limit < holding.people):
        return False
    return out + holding.carry_min * problem.shelf <= problem.latest(holding.zone)


def reason_left(problem: Problem, one: Stake) -> Text:
    """Why a holding is in no trip, in one sentence."""
    holding = one.holding
    if one.harm == 0:
        return Text("不受此灾害影响，留在原处", "Not harmed by this hazard: leave it")
    if holding.action == "leave":
        return Text("目录规定留在原处", "The register says leave it in place")
    if holding.zone not in problem.cleared:
        return Text("所在区域未放行", "Its zone is not cleared")
    out = problem.minutes_to(holding.zone)
    if math.isinf(out):
        return Text("没有可走的路线", "There is no open way to its zone")
    strongest = max((team.people for team in problem.teams), default=0)
    if strongest == 0:
        return Text("没有两人以上的小组", "There is no crew of two or more")
    if holding.people > strongest:
        return _more_hands(problem, holding.people, strongest)
    if holding.skill and not any(holding.skill in team.skills for team in problem.teams):
        return Text(f"需要技能：{holding.skill}", f"Needs the skill: {holding.skill}")
    limit = problem.people_limit(holding.zone)
    if limit and limit < max(2, holding.people):
        return Text(
            f"该区域限 {limit} 人，需要 {max(2, holding.people)} 人",
            f"At most {limit} people may be in its zone, it needs {max(2, holding.people)}",
        )
    earliest = min(team.start for team in problem.teams)
    needed = earliest + out + holding.carry_min * problem.shelf
    latest = problem.latest(holding.zone)
    if needed > latest:
        by = max(0.0, latest)
        return Text(
            f"来不及：最迟 {by:.0f} 分钟须离开，需要 {needed:.0f} 分钟",
            f"Too late: out by minute {by:.0f}, it takes until {needed:.0f}",
        )
    return Text("时间用于每分钟价值更高的档案", "The time goes to holdings worth more per minute")


def _more_hands(problem: Problem, needed: int, strongest: int) -> Text:
    """What would bring enough people to a holding: which crews to join, or how many people to call."""
    joined: list[str] = []
    people = 0
    for team in sorted(problem.teams, key=lambda team: (-team.people, team.start, team.id)):
        joined.append(team.id)
        people += team.people
        if people >= needed:
            return Text(
                f"需要 {needed} 人，最大小组 {strongest} 人：合并 {'、'.join(joined)} 组",
                f"Needs {needed} people, the largest crew has {strongest}: join crews {' and '.join(joined)}",
            )
    return Text(
        f"需要 {needed} 人，各组合计 {people} 人：再叫 {needed - people} 人",
        f"Needs {needed} people, all crews have {people}: call {needed - people} more",
    )
