"""Measured times: what ticks say of walks and shelves, defaults marked, and the planner goes by them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from playbooks.acts import ClearZone, Item, SetCrew
from playbooks.model import Crew, Holding, Incident, ItemState
from playbooks.rescue import whatif
from playbooks.rescue.measured import (
    DEFAULT_TIMES,
    ENOUGH,
    Figure,
    Sample,
    SiteTimes,
    figure,
    in_words,
    measured_in,
    samples_of,
    site_times,
)
from playbooks.rescue.own import OwnRescue
from playbooks.rescue.planner import plan
from playbooks.rescue.problem import LOADED
from playbooks.rescue.search import rounds
from playbooks.response import crews_now
from playbooks.triage import RULE_SETS
from sensors.model import Text
from tests.unit.playbooks import house

WAY_MIN = (10 + 95) / 60.0  # 2b to the car park by the doors of the small archive


def drilled(walk: float, shelf: float, count: int = 8) -> tuple[Incident, dict[str, Holding]]:
    """A drill in which all walks and shelves took so many times the plan; one holding after the other."""
    kept = {f"h{n}": house.holding(f"h{n}", units=2) for n in range(count)}
    response = house.response(holdings=kept)
    response.on_alarm(house.raised(house.alarm()), 0.0)
    incident = next(iter(response.incidents.values()))
    items: dict[str, ItemState] = {}
    for n in range(count):
        out = 1000.0 + n * 2.0 * 60.0 * shelf
        arrived = 50_000.0 + out if walk == 0 else out + WAY_MIN * LOADED * 60.0 * walk
        items[f"h{n}"] = ItemState(
            state="arrived",
            out_at=out,
            received_at=arrived,
            out_by=f"p{n % 2}" if walk == 9 else "p",
            zone="2b",
        )
    return replace(incident, items=items), kept


def test_the_median_ratio_of_the_ticks_is_the_sites_figure() -> None:
    incident, kept = drilled(walk=1.4, shelf=1.0)
    samples = samples_of(incident, kept, house.ZONES, "park")
    times = site_times(samples, "2026-11-01", "drill K7")
    assert times.walk.value == pytest.approx(1.4, abs=0.01)
    assert times.walk.samples == len(kept)
    assert (times.walk.date, times.walk.source) == ("2026-11-01", "drill K7")
    assert "2026-11-01" in in_words(Text("步行", "walking"), times.walk).en


def test_time_at_the_shelf_is_not_counted_when_somebody_walked_in_between() -> None:
    incident, kept = drilled(walk=4.9, shelf=1.5)
    shelf = [one for one in samples_of(incident, kept, house.ZONES, "park") if one.what == "shelf"]
    assert len(shelf) < len(kept) - 1  # arrivals interrupt
    quick = {id_: replace(state, received_at=None) for id_, state in incident.items.items()}
    shelf = [
        one
        for one in samples_of(replace(incident, items=quick), kept, house.ZONES, "park")
        if one.what == "shelf"
    ]
    assert len(shelf) == len(kept) - 1
    assert all(one.took_min / one.planned_min == pytest.approx(1.5) for one in shelf)
    times = site_times(shelf, "2026-11-01", "drill")
    assert times.boxes_per_min == pytest.approx(2 / 3.0, abs=0.01)


def test_few_samples_and_forgotten_ticks_leave_the_default_marked_as_one() -> None:
    incident, kept = drilled(walk=1.2, shelf=1.0, count=ENOUGH - 1)
    assert site_times(samples_of(incident, kept, house.ZONES, "park"), "", "").walk.is_default
    incident, kept = drilled(walk=40.0, shelf=40.0)
    assert samples_of(incident, kept, house.ZONES, "park") == ()
    words = in_words(Text("步行", "walking"), DEFAULT_TIMES.walk)
    assert "默认" in words.zh
    assert "default" in words.en


@pytest.mark.parametrize(("spread", "stretch"), [(0.25, 1.15), (0.0, 1.05), (0.5, 1.3), (5.0, 1.5)])
def test_the_stretch_follows_the_spread_within_limits(spread: float, stretch: float) -> None:
    known = Figure(value=1.0, spread=spread, samples=9)
    assert SiteTimes(walk=known, shelf=replace(known, spread=0.0)).stretch() == pytest.approx(stretch)


def ask(own: OwnRescue, minutes: float = 25.0) -> whatif.Question:
    return whatif.Question(threat="water", sources=("2b",), minutes=minutes, own=own, assembly="park")


def test_a_slow_site_gets_longer_trips_and_saves_less() -> None:
    kept = {f"h{n:02d}": house.holding(f"h{n:02d}") for n in range(40)}
    quick = plan(whatif.request(ask(OwnRescue()), house.ZONES, kept), rounds(20))
    slow_times = SiteTimes(walk=Figure(value=2.0, spread=0.25, samples=9), shelf=Figure(value=1.5, samples=9))
    slow = plan(whatif.request(ask(OwnRescue(times=slow_times)), house.ZONES, kept), rounds(20))
    assert slow.value < 0.8 * quick.value
    assert "默认值" in quick.basis.zh
    assert "实测" in slow.basis.zh


def test_what_cannot_be_dried_afterwards_counts_less_and_is_covered_instead() -> None:
    kept = {
        f"h{n}": house.holding(
            f"h{n}", unit_kg=10.0, unit_wet_kg=20.0, carry_min=0.5, cover=Text("盖", "sheet")
        )
        for n in range(6)
    }
    free = plan(whatif.request(ask(OwnRescue()), house.ZONES, kept), rounds(20))
    tight = plan(whatif.request(ask(OwnRescue(dry_kg=40.0)), house.ZONES, kept), rounds(20))
    none = plan(whatif.request(ask(OwnRescue(dry_kg=0.0)), house.ZONES, kept), rounds(20))
    carried = [id_ for trip in tight.trips for id_ in trip.holdings if id_ not in trip.covered]
    assert len([id_ for id_ in carried if id_ not in tight.undried]) <= 2  # 40 kg are two soaked holdings
    assert none.value <= tight.value <= free.value
    assert free.value <= free.bound
    assert none.value < free.value
    covered = {id_ for trip in none.trips for id_ in trip.covered}
    assert covered == set(kept)
    dry = plan(
        whatif.request(replace(ask(OwnRescue(dry_kg=0.0)), sources=("1a",)), house.ZONES, kept), rounds(20)
    )
    assert dry.undried == ()  # the water is not there: carried out dry


def test_the_sites_own_order_ranks_its_incidents() -> None:
    listed = house.holding("list", grade=3, category="catalogue")
    kept = {"top": house.holding("top", grade=1, worth=10.0), "list": listed}
    first = {}
    for catalogues in ("first", "last"):
        own = OwnRescue(rules=replace(RULE_SETS["china-grades"], catalogues=catalogues))
        made = plan(whatif.request(ask(own), house.ZONES, kept), rounds(2))
        first[catalogues] = made.ranking[0].holding
    assert first == {"first": "list", "last": "top"}


def test_the_crew_still_under_way_is_not_sent_off_again_at_once() -> None:
    response = house.response(holdings={f"h{n}": house.holding(f"h{n}") for n in range(12)})
    response.on_alarm(house.raised(house.alarm()), 0.0)
    id_ = next(iter(response.incidents))
    crews = (Crew(id="A", people=2), Crew(id="B", people=2, arrives_min=10.0))
    response.on_act(SetCrew(incident=id_, people=4, budget_min=60, crews=crews), "wang", 0.0, {})
    response.on_act(ClearZone(incident=id_, zone="2b", reason="dry"), "wang", 1.0, {})
    plan_now = response.incidents[id_].plan
    assert plan_now is not None
    trip = next(one for one in plan_now.trips if one.crew == "A")
    later = 1.0 + 60.0 * (trip.from_min + 0.5 * trip.minutes)
    response.on_act(Item(incident=id_, holding=trip.holdings[0], state="out"), "wang", later, {})
    free = {crew.id: crew.arrives_min for crew in crews_now(response.incidents[id_], later)}
    assert free["A"] == pytest.approx(0.5 * trip.minutes, abs=0.1)
    assert free["B"] == pytest.approx(10.0 - later / 60.0, abs=0.1)
    response.on_act(Item(incident=id_, holding=trip.holdings[0], state="arrived"), "wang", later + 1, {})
    free = {crew.id: crew.arrives_min for crew in crews_now(response.incidents[id_], later + 1)}
    assert free["A"] == 0.0


def test_boxes_of_one_load_are_one_walk_from_the_last_of_them() -> None:
    """Six boxes taken one after the other and brought together walked once, not six times with the shelf in it."""
    incident, kept = drilled(walk=1.0, shelf=1.0)
    last = max(state.out_at or 0.0 for state in incident.items.values())
    arrived = last + WAY_MIN * LOADED * 60.0 * 1.2
    together = {
        id_: replace(state, received_at=arrived + 5.0 * at)
        for at, (id_, state) in enumerate(incident.items.items())
    }
    found = samples_of(replace(incident, items=together), kept, house.ZONES, "park")
    (walk,) = [one for one in found if one.what == "walk"]
    assert walk.took_min / walk.planned_min == pytest.approx(1.2)


def test_a_tabletop_exercise_measures_nothing() -> None:
    incident, kept = drilled(walk=1.4, shelf=1.0)

    def times(kind: str) -> SiteTimes:
        held = replace(incident, kind=kind)  # type: ignore[arg-type]
        return measured_in([held], kept, house.ZONES, "park", lambda _: "2026-11-01")

    assert times("tabletop").walk.is_default
    assert not times("drill").walk.is_default


def test_a_spread_beyond_all_reason_is_still_one_the_folder_takes() -> None:
    ratios = [0.2] * 4 + [5.0] * 3
    known = figure(
        "walk", [Sample(what="walk", holding="h", planned_min=1.0, took_min=one) for one in ratios], "", ""
    )
    assert known.spread == 2.0
