"""The what-if report's advice is what planning again with that one change gives."""

from __future__ import annotations

from msgspec.structs import replace

from playbooks.model import Copy, Holding
from playbooks.rescue import whatif
from sensors.model import Text
from strongroom import rescue_report
from tests.unit.playbooks import house

ASK = whatif.Question(
    threat="water", sources=("2b",), minutes=12.0, assembly="park", today="2026-06-01", crews=2
)


def kept() -> dict[str, Holding]:
    """Forty boxes that two people carry, two chests for four, one that the register leaves."""
    boxes = {
        f"h{n:02d}": house.holding(f"h{n:02d}", zone=("2a", "2b")[n % 2], unit_kg=9.0) for n in range(40)
    }
    chests = {f"c{n}": house.holding(f"c{n}", people=4, grade=1, worth=100.0) for n in range(2)}
    return boxes | chests | {"books": house.holding("books", action="leave")}


def lost(changed: dict[str, Holding], crews: int = 2) -> float:
    return whatif.loss(replace(ASK, crews=crews), house.ZONES, changed).lost


def test_every_measure_saves_what_it_says() -> None:
    holdings = kept()
    told = whatif.loss(ASK, house.ZONES, holdings)
    helps = {one.what.en.split(" ")[0]: one for one in told.helps}
    assert set(helps) >= {"one", "join", "covers", "move", "copy"}
    assert [one.saves for one in told.helps] == sorted((one.saves for one in told.helps), reverse=True)
    more = lost(holdings, crews=3)
    assert abs(told.lost - more - helps["one"].saves) < 0.15
    moved = {id_: one for id_, one in holdings.items() if id_ not in helps["move"].holdings}
    assert abs(told.lost - lost(moved) - helps["move"].saves) < 0.15
    sheeted = {
        id_: replace(one, cover=Text("盖", "sheet")) if id_ in helps["covers"].holdings else one
        for id_, one in holdings.items()
    }
    assert abs(told.lost - lost(sheeted) - helps["covers"].saves) < 0.15
    safe = Copy(medium="film", place="far", distance_km=300.0, last_read_test="2026-05-01")
    copied = {
        id_: replace(one, copies=(*one.copies, safe)) if id_ in helps["copy"].holdings else one
        for id_, one in holdings.items()
    }
    assert abs(told.lost - lost(copied) - helps["copy"].saves) < 0.15


def test_joining_crews_is_advised_for_what_one_crew_cannot_lift_and_says_for_what() -> None:
    told = whatif.loss(ASK, house.ZONES, kept())
    join = next(one for one in told.helps if one.what.en.startswith("join"))
    assert set(join.holdings) == {"c0", "c1"}
    light = {id_: one for id_, one in kept().items() if one.people <= 2}
    assert not any(one.what.en.startswith("join") for one in whatif.loss(ASK, house.ZONES, light).helps)


def test_the_best_of_what_stays_behind_is_proposed_and_never_what_is_left_on_purpose() -> None:
    told = whatif.loss(ASK, house.ZONES, kept())
    move = next(one for one in told.helps if one.what.en.startswith("move"))
    assert len(move.holdings) == whatif.MOST_MOVED
    assert {"c0", "c1"} <= set(move.holdings), "no crew of two lifts them, and they are worth most"
    assert "books" not in move.holdings
    assert "books" not in told.never
    late = whatif.loss(replace(ASK, minutes=1.0), house.ZONES, kept())
    assert set(late.never) == set(kept()) - {"books"}


def test_known_stakes_change_nothing() -> None:
    holdings = kept()
    once = whatif.loss(ASK, house.ZONES, holdings)
    surveyed = whatif.survey(ASK, house.ZONES, holdings, (2,))
    assert next(one for one in surveyed if one.threat == "water") == once


def test_the_report_names_what_to_move_or_copy_first() -> None:
    holdings = kept()
    found = rescue_report.Findings(
        building=Text("馆", "house"), minutes=12.0, made_on=ASK.today, zones=house.ZONES, holdings=holdings,
        losses=whatif.survey(ASK, house.ZONES, holdings, (2,)),
    )  # fmt: skip
    first = rescue_report.first_rows(found)
    assert {row[0] for row in first[:2]} == {"c0", "c1"}
    assert [row[3] for row in first] == sorted((row[3] for row in first), reverse=True)
    assert "books" not in {row[0] for row in (*first, *rescue_report.never_rows(found))}
