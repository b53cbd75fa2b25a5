"""What is rescued first under a threat, and the one sentence that says why; pure.

A holding's *tier* comes from the rule set in use (the archive's grades, the Heritage wheel, ...), moved by
the state of its copies: one up where no copy exists anywhere, one down where a read-tested copy on another
medium lies off site and the original is not irreplaceable for itself. Within a tier: what the hazard
reaches first, what it harms most, how short the material lives, and what is saved per minute. Rule sets
are data (:data:`RULE_SETS`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Literal

from msgspec import Struct

from playbooks.holdings.materials import most_delicate
from playbooks.model import Holding, Ranked
from sensors.model import Text

Test = Literal["catalogue", "vital", "loan", "irreplaceable", "grade1", "grade2", "grade3", "any"]
FRESH_TEST_DAYS = 365
"""A read test older than this no longer proves a copy (planning assumption; a setting of the rule set's
user)."""
HARM = (0.0, 0.35, 0.7, 1.0)
"""Share of a holding's value lost if left to the hazard, by its vulnerability 0..3 (planning
assumption)."""
UNKNOWN_HARM = 2
"""Vulnerability where the register says nothing: missing data is not "none"."""
_WEAKNESS = {
    "fire": ("fire", "smoke"),
    "water": ("water",),
    "intrusion": ("theft",),
    "climate": ("climate",),
    "power": ("climate",),
}
_HARM_WORDS = (
    Text("不受此灾害影响", "not harmed by it"),
    Text("轻度怕此灾害", "slightly vulnerable"),
    Text("怕此灾害", "vulnerable"),
    Text("极怕此灾害", "highly vulnerable"),
)
THREATS: dict[str, Text] = {
    "fire": Text("火", "fire"),
    "water": Text("水", "water"),
    "intrusion": Text("入侵", "intruders"),
    "power": Text("断电", "power loss"),
    "climate": Text("温湿度失控", "bad climate"),
    "structure": Text("结构险情", "structural danger"),
    "gas": Text("气体", "gas"),
}


class Tier(Struct, frozen=True):
    """One tier of a rule set: a holding belongs to the first whose test any of ``tests`` it passes."""

    tests: tuple[Test, ...]
    name: Text


class RuleSet(Struct, frozen=True, kw_only=True):
    """How an archive orders its holdings. ``factor`` is the value of one tier in units of the next.

    ``lexicographic`` ranks strictly by tier; ``weighted`` by value, so that much of tier 2 may go before
    little of tier 1. A factor of 2 to 3 keeps the order nearly strict without giving up the rest; from 10
    on about half as many items are saved (measured, see docs/rescue.md). ``catalogues`` decides the clash
    between published orders.
    """

    id: str
    name: Text
    tiers: tuple[Tier, ...]
    mode: Literal["lexicographic", "weighted"] = "lexicographic"
    factor: float = 2.5
    catalogues: Literal["first", "last", "own"] = "own"
    copies_move: bool = True
    source: str = ""


_GRADES = (
    Tier(("grade1",), Text("一级", "grade 1")),
    Tier(("grade2",), Text("二级", "grade 2")),
    Tier(("grade3",), Text("三级", "grade 3")),
    Tier(("any",), Text("未定级", "ungraded")),
)
RULE_SETS: dict[str, RuleSet] = {
    rules.id: rules
    for rules in (
        RuleSet(
            id="china-grades",
            name=Text("档案分级（一、二、三级）", "Chinese grades (one, two, three)"),
            tiers=_GRADES,
            source="档案法实施条例 (2024) art. 5, 22(3)",
        ),
        RuleSet(
            id="heritage-wheel",
            name=Text("文化遗产应急轮", "Heritage Emergency Response wheel"),
            tiers=(
                Tier(("vital", "catalogue"), Text("机构要件与目录", "vital records and catalogues")),
                Tier(("loan",), Text("借入品", "loans")),
                Tier(("irreplaceable", "grade1"), Text("独有、最有价值", "unique and most valuable")),
                Tier(("grade2",), Text("较有价值", "valuable")),
                Tier(("any",), Text("其他", "others")),
            ),
            catalogues="first",
            source="Heritage Emergency National Task Force, Emergency Response and Salvage Wheel",
        ),
        RuleSet(
            id="harvard",
            name=Text("哈佛图书馆三级", "Harvard Library three tiers"),
            tiers=(
                Tier(
                    ("vital", "catalogue", "irreplaceable"),
                    Text("不可替代、要件", "irreplaceable or essential"),
                ),
                Tier(("grade1", "grade2"), Text("重要、高价值", "significant or of high value")),
                Tier(("any",), Text("可替代", "replaceable")),
            ),
            catalogues="first",
            source="Harvard Library preservation: priorities for recovery",
        ),
        RuleSet(
            id="school-archive",
            name=Text("先档案、后目录", "records first, catalogues last"),
            tiers=_GRADES,
            catalogues="last",
            source="a Chinese school archive's published plan: permanent records first, catalogues last",
        ),
    )
}
DEFAULT = RULE_SETS["china-grades"]


class Stake(Struct, frozen=True, gc=False):
    """What one holding means under one threat: tier, vulnerability 0..3, and value lost if left.

    ``value`` is in units of one tier 3 holding of middling worth that is highly vulnerable; ``moved`` says
    which way its copies moved it; ``wet_h`` how long its most delicate material lives when wet; ``kg`` all its
    containers; ``sheet`` whether it can be covered where it stands.
    """

    holding: Holding
    tier: int
    harm: int
    value: float
    moved: int
    wet_h: float
    kg: float
    sheet: bool


def vulnerability(holding: Holding, threat: str) -> int:
    """0..3 under a threat: the worst of what the register says; 2 where it says nothing."""
    columns = _WEAKNESS.get(threat, ())
    known = [holding.weak_to[column] for column in columns if column in holding.weak_to]
    return max(known) if known else UNKNOWN_HARM


def tier_of(holding: Holding, rules: RuleSet) -> int:
    """The number of the holding's tier, 1 is first, before its copies move it."""
    if holding.category == "catalogue" and rules.catalogues != "own":
        return 1 if rules.catalogues == "first" else len(rules.tiers)
    facts = {"any", f"grade{holding.grade}", holding.category}
    if holding.irreplaceable:
        facts.add("irreplaceable")
    return next((n for n, tier in enumerate(rules.tiers, 1) if facts & set(tier.tests)), len(rules.tiers))


def moved_by_copies(holding: Holding, today: str = "") -> int:
    """-1: one tier up (no copy anywhere); +1: one tier down (a proved copy elsewhere on another medium);
    else 0."""
    if not holding.copies:
        return -1
    if holding.irreplaceable:
        return 0
    return 1 if any(safe_copy(holding, copy_index, today) for copy_index in range(len(holding.copies))) else 0


def safe_copy(holding: Holding, index: int, today: str = "") -> bool:
    """Whether that copy is 异地异质: off site, on another medium, and its read test is not stale on
    ``today``."""
    copy = holding.copies[index]
    if copy.medium in {holding.form, ""} or copy.distance_km <= 0 or not copy.last_read_test:
        return False
    if not today:
        return True
    try:
        age = date.fromisoformat(today) - date.fromisoformat(copy.last_read_test)
    except ValueError:
        return False
    return -1 <= age.days <= FRESH_TEST_DAYS  # a test still to come proves nothing


def stake(holding: Holding, threat: str, rules: RuleSet = DEFAULT, today: str = "") -> Stake:
    """The stake of one holding; see :class:`Stake`. Value = factor^(3 - tier) · (0.5 + worth/100) ·
    harm."""
    moved = moved_by_copies(holding, today) if rules.copies_move else 0
    tier = max(0, tier_of(holding, rules) + moved)
    harm = vulnerability(holding, threat)
    value = math.pow(rules.factor, 3 - tier) * (0.5 + holding.worth / 100.0) * HARM[harm]
    wet_h = most_delicate(holding.form, holding.materials).wet_h
    sheet = holding.action == "protect" or bool(holding.cover.zh or holding.cover.en)
    return Stake(holding, tier, harm, value, moved, wet_h, holding.units * holding.unit_kg, sheet)


def order(
    stakes: Iterable[Stake], threat: str, reach_min: Mapping[str, float], rules: RuleSet = DEFAULT
) -> list[Stake]:
    """Stakes in the order of rescue. ``reach_min``: zone -> minutes until the hazard is there (absent:
    never)."""

    def lexicographic(one: Stake) -> tuple[float | str, ...]:
        h = one.holding
        wet = one.wet_h if threat == "water" else 0.0
        pace = one.value / max(0.1, h.carry_min)
        return (
            one.harm == 0,
            one.tier,
            reach_min.get(h.zone, math.inf),
            -one.harm,
            wet,
            -pace,
            h.zone,
            h.place,
            h.id,
        )

    def weighted(one: Stake) -> tuple[float | str, ...]:
        return (one.harm == 0, -one.value, reach_min.get(one.holding.zone, math.inf), one.holding.id)

    return sorted(stakes, key=lexicographic if rules.mode == "lexicographic" else weighted)


def ranked(
    stakes: list[Stake],
    threat: str,
    reach_min: Mapping[str, float],
    rules: RuleSet = DEFAULT,
    most: int = 0,
    also: Collection[int] = (),
) -> tuple[Ranked, ...]:
    """The first ``most`` (0: all) of already ordered stakes and those at places ``also``, with their reasons."""
    return tuple(
        Ranked(
            holding=one.holding.id,
            rank=rank,
            act="leave" if one.harm == 0 else one.holding.action,
            score=round(one.value, 3),
            why=because(one, threat, reach_min.get(one.holding.zone), rules),
            minutes=one.holding.carry_min,
            people=one.holding.people,
        )
        for rank, one in enumerate(stakes, 1)
        if not most or rank <= most or rank - 1 in also
    )


def rank(
    holdings: Iterable[Holding],
    threat: str,
    reach_min: Mapping[str, float],
    rules: RuleSet = DEFAULT,
    today: str = "",
) -> tuple[Ranked, ...]:
    """Every holding of the list in order of rescue, each with its one-sentence reason in both languages."""
    stakes = [stake(holding, threat, rules, today) for holding in holdings]
    return ranked(order(stakes, threat, reach_min, rules), threat, reach_min, rules)


def because(one: Stake, threat: str, reach: float | None, rules: RuleSet) -> Text:
    """Why a holding stands where it does, as one sentence."""
    holding = one.holding
    own = rules.tiers[min(tier_of(holding, rules), len(rules.tiers)) - 1].name
    zh, en = [own.zh], [own.en]
    if one.moved < 0 and rules.copies_move:
        zh.append("无任何副本，升一档")
        en.append("no copy anywhere (one tier up)")
    elif one.moved > 0:
        zh.append("有已验证的异地异质副本，降一档")
        en.append("a proved copy elsewhere (one tier down)")
    elif holding.irreplaceable:
        zh.append("原件不可替代")
        en.append("irreplaceable original")
    words = THREATS.get(threat, Text(threat, threat))
    if reach is None:
        zh.append(f"{words.zh}预计不会到达")
        en.append(f"{words.en} is not expected to reach it")
    elif reach <= 0:
        zh.append(f"{words.zh}已在此区")
        en.append(f"{words.en} is there now")
    else:
        zh.append(f"{words.zh}约 {reach:.0f} 分钟后到达")
        en.append(f"{words.en} reaches it in about {reach:.0f} min")
    zh.append(_HARM_WORDS[one.harm].zh)
    en.append(_HARM_WORDS[one.harm].en)
    if threat == "water" and one.harm:
        material = most_delicate(holding.form, holding.materials)
        zh.append(f"{material.name.zh}浸湿后可救 {_span(one.wet_h).zh}")
        en.append(f"{material.name.en} can be saved for {_span(one.wet_h).en} once wet")
    zh.append(f"{holding.people} 人 {holding.carry_min:g} 分钟")
    people = "1 person" if holding.people == 1 else f"{holding.people} people"
    en.append(f"{people}, {holding.carry_min:g} min")
    return Text("，".join(zh) + "。", _sentence(", ".join(en)))


def _span(hours: float) -> Text:
    if hours < 1:
        return Text(f"{hours * 60:.0f} 分钟", f"{hours * 60:.0f} min")
    return Text(f"{hours:g} 小时", f"{hours:g} h")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."
