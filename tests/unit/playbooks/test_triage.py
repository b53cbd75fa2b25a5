"""What goes first and why."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from playbooks import triage
from playbooks.holdings.materials import BY_ID, material_id, most_delicate
from playbooks.model import Copy
from tests.unit.playbooks.house import holding

PROOF = Copy(medium="digital", place="far", distance_km=300.0, last_read_test="2026-05-01")
TODAY = "2026-11-23"


def ids(threat: str, *some: object, reach: dict[str, float] | None = None, **facts: object) -> list[str]:
    ranking = triage.rank(some, threat, reach or {"2b": 0.0}, today=TODAY, **facts)  # type: ignore[arg-type]
    return [one.holding for one in ranking]


def test_copies_move_one_tier_and_the_irreplaceable_stay() -> None:
    assert triage.moved_by_copies(holding("a"), TODAY) == -1
    assert triage.moved_by_copies(holding("a", copies=(PROOF,)), TODAY) == 1
    assert triage.moved_by_copies(holding("a", copies=(PROOF,), irreplaceable=True), TODAY) == 0
    same_medium = Copy(medium="paper", place="far", distance_km=300.0, last_read_test="2026-05-01")
    assert triage.moved_by_copies(holding("a", copies=(same_medium,)), TODAY) == 0
    assert triage.moved_by_copies(holding("a", copies=(PROOF,)), "2028-01-01") == 0  # the read test is stale
    here = Copy(medium="digital", place="next room", last_read_test="2026-05-01")
    assert triage.moved_by_copies(holding("a", copies=(here,)), TODAY) == 0


def test_tier_then_reach_then_harm_then_window_then_pace() -> None:
    first = holding("first", grade=1)
    near = holding("near", grade=2)
    far = holding("far", grade=2, zone="2a")
    assert ids("water", far, near, first, reach={"2b": 0.0, "2a": 30.0}) == ["first", "near", "far"]
    weak = holding("weak", weak_to={"water": 3})
    strong = holding("strong", weak_to={"water": 1})
    assert ids("water", strong, weak) == ["weak", "strong"]
    paper, glass = holding("paper"), holding("glass", form="glass")
    assert ids("water", paper, glass) == ["glass", "paper"]
    assert ids("fire", glass, paper) == [
        "glass",
        "paper",
    ]  # the wet window counts under water only: then by id
    slow, fast = holding("slow", carry_min=9.0), holding("zfast", carry_min=1.0)
    assert ids("fire", slow, fast) == ["zfast", "slow"]


def test_what_the_hazard_does_not_harm_is_left_and_unknown_is_not_none() -> None:
    safe = holding("safe", grade=1, weak_to={"water": 0})
    unknown = holding("unknown", grade=3, weak_to={})
    ranking = triage.rank([safe, unknown], "water", {"2b": 0.0})
    assert [(one.holding, one.act) for one in ranking] == [("unknown", "take"), ("safe", "leave")]
    assert triage.vulnerability(unknown, "water") == triage.UNKNOWN_HARM
    assert triage.vulnerability(holding("x", weak_to={"fire": 1, "smoke": 3}), "fire") == 3


@pytest.mark.parametrize("rules", triage.RULE_SETS.values(), ids=lambda rules: rules.id)
def test_every_rule_set_ranks_everything_with_a_sentence_in_both_languages(rules: triage.RuleSet) -> None:
    some = [
        holding("c", category="catalogue", grade=2), holding("v", category="vital", grade=3),
        holding("l", category="loan", grade=3), holding("g1", grade=1), holding("g3", grade=3, irreplaceable=True),
    ]  # fmt: skip
    ranking = triage.rank(some, "water", {"2b": 12.0}, rules)
    assert {one.holding for one in ranking} == {"c", "v", "l", "g1", "g3"}
    assert [one.rank for one in ranking] == [1, 2, 3, 4, 5]
    for one in ranking:
        assert one.why.zh.endswith("。")
        assert one.why.en.endswith(".")
        assert one.why.en.count(".") == 1
        assert "12" in one.why.zh


def test_catalogues_first_or_last_is_a_setting() -> None:
    some = [holding("c", category="catalogue", grade=2), holding("g1", grade=1)]
    wheel, school = triage.RULE_SETS["heritage-wheel"], triage.RULE_SETS["school-archive"]
    assert ids("fire", *some, rules=wheel) == ["c", "g1"]
    assert ids("fire", *some, rules=school) == ["g1", "c"]


def test_weighted_lets_much_of_a_lower_tier_go_first() -> None:
    weighted = triage.RuleSet(
        id="w", name=triage.DEFAULT.name, tiers=triage.DEFAULT.tiers, mode="weighted", factor=1.2
    )
    poor, rich = holding("poor", grade=1, worth=0.0), holding("rich", grade=2, worth=100.0)
    assert ids("fire", poor, rich) == ["poor", "rich"]
    assert ids("fire", poor, rich, rules=weighted) == ["rich", "poor"]


def test_materials_know_their_words_windows_and_never_freeze_tape() -> None:
    assert material_id("磁带") == "magnetic"
    assert material_id("Glass Plate") == "glass"
    assert material_id("moon dust") is None
    assert BY_ID["magnetic"].never_freeze
    assert most_delicate("paper", ("early-photo",)).id == "early-photo"
    assert BY_ID["paper"].wet_h == 48.0


@pytest.mark.parametrize(
    ("tested", "distance_km", "medium", "moved"),
    [
        ("2025-09-22", 300.0, "microfilm", 1),  # 365 days before: still proved
        ("2025-09-21", 300.0, "microfilm", 0),  # 366 days: stale
        ("", 300.0, "microfilm", 0),
        ("2026-02-30", 300.0, "microfilm", 0),
        ("2026-09-01", 0.0, "microfilm", 0),  # in the same house
        ("2026-09-01", 0.1, "microfilm", 1),
        ("2026-09-01", 300.0, "paper", 0),  # the same medium
        ("2026-09-01", 300.0, "", 0),
    ],
)
def test_a_copy_counts_to_the_day_the_kilometre_and_the_medium(
    tested: str, distance_km: float, medium: str, moved: int
) -> None:
    copy = Copy(medium=medium, place="b", distance_km=distance_km, last_read_test=tested)
    one = holding("a", form="paper", copies=(copy,))
    assert triage.moved_by_copies(one, "2026-09-22") == moved


@pytest.mark.parametrize(
    ("rules", "facts", "tier"),
    [
        ("china-grades", {"grade": 1}, 1),
        ("china-grades", {"grade": 3}, 3),
        ("china-grades", {"grade": 3, "category": "catalogue"}, 3),
        ("school-archive", {"grade": 1, "category": "catalogue"}, 4),
        ("heritage-wheel", {"grade": 3, "category": "vital"}, 1),
        ("heritage-wheel", {"grade": 3, "category": "catalogue"}, 1),
        ("heritage-wheel", {"grade": 3, "category": "loan"}, 2),
        ("heritage-wheel", {"grade": 3, "irreplaceable": True}, 3),
        ("heritage-wheel", {"grade": 1}, 3),
        ("heritage-wheel", {"grade": 2}, 4),
        ("heritage-wheel", {"grade": 3}, 5),
        ("harvard", {"grade": 3, "irreplaceable": True}, 1),
        ("harvard", {"grade": 2}, 2),
        ("harvard", {"grade": 3}, 3),
    ],
)
def test_each_published_order_gives_its_tier(rules: str, facts: dict[str, object], tier: int) -> None:
    assert triage.tier_of(holding("a", **facts), triage.RULE_SETS[rules]) == tier


def test_the_wet_window_decides_within_a_tier_under_water_only() -> None:
    quick = holding("z-quick", form="coated-paper")
    slow = holding("a-slow", form="paper")
    ranked = {threat: [one.holding for one in triage.rank([slow, quick], threat, {"2b": 0.0})] for threat in
              ("water", "fire")}  # fmt: skip
    assert ranked == {"water": ["z-quick", "a-slow"], "fire": ["a-slow", "z-quick"]}


def test_the_stake_moves_by_its_copies_where_the_order_lets_them() -> None:
    none, proved = holding("a", grade=2), holding("b", grade=2, copies=(PROOF,))
    rules = triage.DEFAULT
    fixed = replace(rules, copies_move=False)
    assert [triage.stake(one, "water", rules, TODAY).tier for one in (none, proved)] == [1, 3]
    assert [triage.stake(one, "water", fixed, TODAY).tier for one in (none, proved)] == [2, 2]
    assert triage.stake(none, "water", rules, TODAY).value > triage.stake(none, "water", fixed, TODAY).value
