"""Two ways out of a room, one of which closes: people take the one that lasts, and every screen says which."""

from __future__ import annotations

from msgspec.structs import replace

from dashboard.route_lines import ways_of
from playbooks.model import Crew, Holding, RescuePlan
from playbooks.rescue.bound import upper_bound
from playbooks.rescue.instructions import Instruction, in_words
from playbooks.rescue.planner import Request, by_the_list, plan, posed
from playbooks.rescue.search import Search, rounds
from playbooks.site import Site
from playbooks.triage import stake
from sensors.model import Door, Text, Zone


def zone(id_: str, *doors: tuple[str, float], kind: str = "circulation", limit: int = 0) -> Zone:
    return Zone(
        id=id_, name=Text(f"{id_}号", id_), kind=kind, floor="1F", people_limit=limit,  # type: ignore[arg-type]
        doors=tuple(Door(to, walk) for to, walk in doors),
    )  # fmt: skip


def house(limit: int = 0) -> dict[str, Zone]:
    """A stack between two staircases: half a minute by the near one, a minute and a half by the far one."""
    made = (
        zone("park", kind="outside"),
        zone("near", ("park", 20.0)),
        zone("far", ("park", 70.0)),
        zone("stack", ("near", 10.0), ("far", 20.0), kind="stack", limit=limit),
    )
    return {one.id: one for one in made}


def holding(id_: str, **facts: object) -> Holding:
    return Holding(**{
        "id": id_, "title": "t", "zone": "stack", "place": "p", "grade": 1, "worth": 50.0, "form": "paper",
        "weak_to": {"fire": 3}, "unit_kg": 10.0, "people": 2, "carry_min": 1.0,
    } | facts)  # type: ignore[arg-type]  # fmt: skip


def asked(*kept: Holding, closes: dict[str, float], limit: int = 0, **facts: object) -> Request:
    known = {
        "made_at": 0.0, "threat": "fire", "stakes": tuple(stake(one, "fire") for one in kept),
        "zones": house(limit), "assembly": "park", "cleared": ("stack",), "crews": (Crew(id="a", people=2),),
        "budget_min": 30.0, "reach_min": {"stack": 0.0}, "closes_min": closes,
    }  # fmt: skip
    return Request(**(known | facts))  # type: ignore[arg-type]


def many() -> tuple[Holding, ...]:
    return tuple(holding(f"h{n:02d}") for n in range(40))


def taken(made: RescuePlan) -> set[str]:
    return {id_ for trip in made.trips for id_ in trip.holdings}


def test_a_staircase_that_closes_sends_people_by_the_other_one() -> None:
    made = plan(asked(*many(), closes={"near": 0.0}), rounds(20))
    assert made.trips
    assert {trip.way_in for trip in made.trips} == {("park", "far", "stack")}
    assert {trip.way_out for trip in made.trips} == {("stack", "far", "park")}
    assert made.value <= made.bound


def test_the_near_staircase_is_used_as_long_as_it_is_open() -> None:
    made = plan(asked(*many(), closes={"near": 15.0}), rounds(60))
    early = [trip for trip in made.trips if not trip.way_out]
    late = [trip for trip in made.trips if trip.way_out]
    assert early
    assert late
    assert max(trip.from_min + trip.minutes for trip in early) <= 15.0
    assert min(trip.from_min for trip in late) > min(trip.from_min for trip in early)
    free = plan(asked(*many(), closes={}), rounds(60))
    shut = plan(asked(*many(), closes={"near": 0.0}), rounds(60))
    assert shut.value < made.value < free.value
    assert {trip.way_in + trip.way_out for trip in free.trips} == {()}


def test_who_may_come_in_by_the_near_way_but_not_out_again_leaves_by_the_far_one() -> None:
    """Twelve minutes at the shelf: the near staircase closes meanwhile, and there is no time to go round twice."""
    made = plan(asked(holding("h", carry_min=12.0), closes={"near": 6.0}, budget_min=17.5), rounds(5))
    assert taken(made) == {"h"}
    assert made.trips[0].way_in == ()
    assert made.trips[0].way_out == ("stack", "far", "park")


def test_both_ways_lead_into_one_room_with_one_people_limit() -> None:
    crews = (Crew(id="a", people=2), Crew(id="b", people=2, arrives_min=1.0))
    made = plan(asked(*many(), closes={"near": 12.0}, limit=2, crews=crews), rounds(60))
    assert {trip.crew for trip in made.trips} == {"a", "b"}
    request = asked(*many(), closes={"near": 12.0}, limit=2, crews=crews)
    search = Search(posed(request, request.stakes))
    first, other = search.problem.same[0][0], search.problem.same[0][-1]
    assert first != other
    one = search.leg(0, [search.problem.options[first][0]], 1.0)
    assert one is not None
    search.book(0, one)
    two = search.leg(1, [search.problem.options[other][1]], 0.3)
    assert two is not None
    assert search.clash(1, two) > 0.0, "by whichever way, the room is full"


def test_nobody_goes_in_through_what_has_closed() -> None:
    """Two rooms in a row: in through the first one's door, which is shut by then, and out through the second's."""
    zones = {
        one.id: one
        for one in (
            zone("park", kind="outside"),
            zone("porch", ("park", 10.0)),
            zone("one", ("porch", 5.0), ("two", 5.0), kind="stack"),
            zone("two", ("back", 5.0), kind="stack"),
            zone("back", ("park", 60.0)),
        )
    }
    kept = tuple(holding(f"{room}-{n}", zone=room, unit_kg=2.0) for room in ("one", "two") for n in range(12))
    request = asked(*kept, closes={"porch": 8.0}, zones=zones, cleared=("one", "two"))
    made = plan(request, rounds(120))
    assert made.trips
    for trip in made.trips:
        way = (
            trip.way_in
            or {"one": ("park", "porch", "one"), "two": ("park", "porch", "one", "two")}[trip.zone]
        )
        if "porch" in way:
            assert trip.from_min + 10.0 / 60.0 * 1.15 <= 8.0 - request.margin_min + 0.01


def test_the_way_is_said_and_drawn() -> None:
    request = asked(*many()[:3], closes={"near": 0.0})
    made = plan(request, rounds(5))
    trip = made.trips[0]
    step = Instruction(
        kind="trip", crew="a", zones=trip.via, take=trip.holdings, way_in=trip.way_in, way_out=trip.way_out
    )
    site = Site(
        zones=request.zones, holdings={one.holding.id: one.holding for one in request.stakes}, people={}
    )
    words = in_words(step, site)
    assert words.en.startswith("Go by way of far to stack: take out ")
    assert words.en.endswith("; come out by way of far.")
    assert words.zh.startswith("经 far号 去 stack号：")
    drawn = ways_of(made.trips, request.zones, "park", frozenset())
    assert drawn[0].zones == (("park", "far", "stack"),)


def test_a_plan_is_never_worse_than_the_printed_list() -> None:
    """One crew, one trip: the dear holding first, or many cheap ones by value per minute; the list takes the dear."""
    kept = (
        holding("dear", worth=100.0, unit_kg=30.0, carry_min=10.0),
        holding("cheap", grade=3, carry_min=0.1),
    )
    request = asked(*kept, closes={}, budget_min=14.0)
    listed = by_the_list(request).value()
    assert plan(request, rounds(0)).value >= round(listed, 3) > 0.0


def test_what_nobody_can_reach_in_time_takes_no_place_among_the_candidates() -> None:
    """A room that closes at once holds more than all crews could carry; the other room is worked in all the same."""
    zones = house() | {"shut": zone("shut", ("near", 1.0), kind="stack")}
    best = tuple(holding(f"b{n}", zone="shut", worth=100.0, carry_min=0.1, unit_kg=0.5) for n in range(2000))
    request = asked(*best, *(replace(one, grade=3) for one in many()), closes={"shut": 2.0}, zones=zones,
                    cleared=("stack", "shut"))  # fmt: skip
    assert {trip.zone for trip in plan(request, rounds(5)).trips} == {"stack"}


def test_too_heavy_to_carry_but_easily_covered_is_covered() -> None:
    chest = holding("chest", people=6, cover=Text("盖", "sheet"))
    made = plan(asked(chest, closes={}), rounds(3))
    assert made.trips[0].covered == ("chest",)


def test_no_minutes_at_all_are_minutes_too() -> None:
    zones = {"park": zone("park", kind="outside"), "stack": zone("stack", ("park", 0.0), kind="stack")}
    for minutes in (0.0, 10.0):
        request = asked(holding("h", carry_min=0.0), closes={}, zones=zones, budget_min=minutes)
        made = plan(request, rounds(3))
        assert taken(made) == {"h"}
        assert made.value <= round(upper_bound(posed(request, request.stakes)), 3)
