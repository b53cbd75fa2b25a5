"""Rosters in local wall time: over both clock changes of three zones, with every kind of exception."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from alerts.model import Duty, Ladder, Person, Rung
from alerts.people import (
    absent,
    empty_rungs,
    gaps,
    hand_over_moments,
    handovers,
    hours_hold,
    instant,
    on_duty,
    resolve,
    shifts,
)
from alerts.rule import Schedule
from sensors.model import Text

PEOPLE = {i: Person(id=i, name=Text(i, i), roles=("crew",)) for i in ("li", "wang", "zhao")}

# (zone, day the clock goes forward, day it goes back) in 2026
CHANGES = [
    ("Europe/Berlin", "2026-03-29", "2026-10-25"),
    ("America/New_York", "2026-03-08", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-10-04", "2026-04-05"),  # half an hour
    ("America/Santiago", "2026-09-06", "2026-04-05"),  # at midnight
]
BOTH = [(zone, day) for zone, *days in CHANGES for day in days]


def at(zone: str, wall: str) -> float:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(("zone", "day"), BOTH)
@pytest.mark.parametrize("clock", ["00:00", "00:30", "01:30", "02:00", "02:15", "02:30", "03:00", "09:00"])
def test_no_gap_and_no_overlap_over_a_clock_change(zone: str, day: str, clock: str) -> None:
    before = (datetime.fromisoformat(day) - timedelta(days=10)).date().isoformat()
    weekday = datetime.fromisoformat(day).strftime("%a")
    duties = (Duty(weekly=f"{weekday} {clock}", order=("li", "wang", "zhao"), start=before),)
    start, stop = at(zone, f"{before} 12:00"), at(zone, f"{day} 12:00") + 15 * 86400
    held = shifts(duties, zone, start, stop)
    begun = [s for s in held if s.until_at > start]
    for one, other in pairwise(begun):
        assert one.until_at == other.from_at
        assert one.person != other.person
    moment = begun[0].from_at
    while moment < stop:
        assert len(on_duty(PEOPLE, duties, zone, moment)) == 1
        moment += 1800.0
    assert gaps(duties, zone, begun[0].from_at, stop) == []


@pytest.mark.parametrize(("zone", "day"), BOTH)
def test_periods_that_share_a_wall_clock_boundary_share_the_instant(zone: str, day: str) -> None:
    for minute in range(0, 240, 15):
        edge = f"{day}T{minute // 60:02d}:{minute % 60:02d}"
        day_before = (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()
        duties = (
            Duty(person="li", from_=f"{day_before}T09:00", until=edge),
            Duty(person="wang", from_=edge, until=f"{day}T09:00"),
        )
        begin, end = instant(f"{day_before}T09:00", zone), instant(f"{day}T09:00", zone)
        assert gaps(duties, zone, begin, end) == []
        change = instant(edge, zone)
        assert [s.person for s in on_duty(PEOPLE, duties, zone, change)] == ["wang"]
        assert [s.person for s in on_duty(PEOPLE, duties, zone, change - 1)] == ["li"]


def test_a_wall_clock_hour_that_does_not_happen_is_the_moment_of_the_jump() -> None:
    assert instant("2026-03-29T02:30", "Europe/Berlin") == at("Europe/Berlin", "2026-03-29T03:00")


def test_an_hour_that_happens_twice_means_its_first_pass() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=0).timestamp()
    assert instant("2026-10-25T02:30", "Europe/Berlin") == first


def test_a_shift_over_the_change_keeps_its_wall_clock_length() -> None:
    duties = (Duty(person="li", from_="2026-10-25T00:00", until="2026-10-25T09:00"),)
    (shift,) = shifts(duties, "Europe/Berlin", at("Europe/Berlin", "2026-10-25T05:00"), 2e9)
    assert shift.until_at - shift.from_at == 10 * 3600


def test_rotation_counts_from_its_start_and_is_silent_before() -> None:
    zone = "Asia/Shanghai"
    duties = (Duty(weekly="Mon 09:00", order=("li", "wang"), start="2026-11-16"),)
    assert on_duty(PEOPLE, duties, zone, at(zone, "2026-11-16 08:59")) == ()
    assert on_duty(PEOPLE, duties, zone, at(zone, "2026-11-16 09:00"))[0].person == "li"
    assert on_duty(PEOPLE, duties, zone, at(zone, "2026-11-23 09:00"))[0].person == "wang"
    assert on_duty(PEOPLE, duties, zone, at(zone, "2027-11-15 09:00"))[0].person == "li"  # 52 weeks on


def test_rotation_with_several_hand_overs_a_week_starting_midweek() -> None:
    zone = "Asia/Shanghai"
    duties = (Duty(weekly="周五 17:00，Mon 09:00", order=("li", "wang", "zhao"), start="2026-11-20"),)
    for moment, who in (
        ("2026-11-20 17:00", "li"),
        ("2026-11-23 09:00", "wang"),
        ("2026-11-27 17:00", "zhao"),
        ("2026-11-30 09:00", "li"),
    ):
        assert on_duty(PEOPLE, duties, zone, at(zone, moment))[0].person == who


def test_hand_over_words_that_cannot_be_read_say_what_to_write() -> None:
    with pytest.raises(ValueError, match="Mon 09:00"):
        hand_over_moments("Monday morning")


class TestExceptions:
    zone = "Asia/Shanghai"
    base = (
        Duty(person="li", from_="2026-12-01T09:00", until="2026-12-08T09:00"),
        Duty(person="wang", from_="2026-12-08T09:00", until="2026-12-15T09:00"),
    )

    def who(self, duties: tuple[Duty, ...], moment: str) -> list[str]:
        return [s.person for s in on_duty(PEOPLE, duties, self.zone, at(self.zone, moment))]

    def test_an_override_stands_in_for_one_person(self) -> None:
        stand_in = Duty(
            kind="override",
            person="zhao",
            instead_of="li",
            from_="2026-12-07T09:00",
            until="2026-12-09T09:00",
        )
        duties = (*self.base, stand_in)
        assert self.who(duties, "2026-12-07 08:00") == ["li"]
        assert self.who(duties, "2026-12-07 12:00") == ["zhao"]
        assert self.who(duties, "2026-12-08 12:00") == ["wang"]

    def test_an_open_override_replaces_whoever_is_on_and_fills_gaps(self) -> None:
        cover = Duty(kind="override", person="zhao", from_="2026-12-14T09:00", until="2026-12-17T09:00")
        duties = (*self.base, cover)
        assert self.who(duties, "2026-12-14 12:00") == ["zhao"]
        assert self.who(duties, "2026-12-16 12:00") == ["zhao"]

    def test_a_swap_exchanges_shifts_inside_its_period(self) -> None:
        swap = Duty(
            kind="swap",
            person="li",
            instead_of="wang",
            from_="2026-12-01T09:00",
            until="2026-12-15T09:00",
        )
        duties = (*self.base, swap)
        assert self.who(duties, "2026-12-03 12:00") == ["wang"]
        assert self.who(duties, "2026-12-10 12:00") == ["li"]

    def test_an_absence_leaves_a_gap_that_is_shown(self) -> None:
        away = Duty(kind="absence", person="li", from_="2026-12-03T00:00", until="2026-12-04T00:00")
        duties = (*self.base, away)
        assert self.who(duties, "2026-12-03 12:00") == []
        found = gaps(duties, self.zone, at(self.zone, "2026-12-02"), at(self.zone, "2026-12-07"))
        assert [(g.from_at, g.until_at) for g in found] == [
            (at(self.zone, "2026-12-03"), at(self.zone, "2026-12-04"))
        ]
        assert absent(duties, self.zone, at(self.zone, "2026-12-03 12:00")) == {"li"}

    def test_gaps_never_speak_of_the_past(self) -> None:
        now = at(self.zone, "2026-12-20")
        (gap,) = gaps(self.base, self.zone, now, now + 86400)
        assert gap.from_at == now

    def test_hand_overs_name_who_goes_and_who_comes(self) -> None:
        begin, end = at(self.zone, "2026-12-05"), at(self.zone, "2026-12-20")
        first, last = handovers(self.base, self.zone, begin, end)
        assert (first.out, first.into) == (("li",), ("wang",))
        assert (last.out, last.into) == (("wang",), ())


class TestRungs:
    zone = "Asia/Shanghai"
    night = at("Asia/Shanghai", "2026-12-01 23:00")
    noon = at("Asia/Shanghai", "2026-12-01 12:00")

    def test_a_role_is_the_roster_first_and_the_people_who_hold_it_otherwise(self) -> None:
        duty = (Duty(person="wang", from_="2026-12-01T00:00", until="2026-12-02T00:00", role="crew"),)
        assert [p.id for p in resolve(Rung(role="crew"), PEOPLE, duty, self.zone, self.noon)] == ["wang"]
        assert [p.id for p in resolve(Rung(role="crew"), PEOPLE, (), self.zone, self.noon)] == [
            "li",
            "wang",
            "zhao",
        ]

    def test_somebody_away_is_not_told_even_by_name(self) -> None:
        away = (Duty(kind="absence", person="li", from_="2026-12-01T00:00", until="2026-12-02T00:00"),)
        assert resolve(Rung(person="li"), PEOPLE, away, self.zone, self.noon) == ()

    def test_hours_over_midnight_belong_to_the_day_they_began_on(self) -> None:
        tuesday_night = (Schedule(days=(1,), from_="22:00", until="06:00"),)
        assert hours_hold(tuesday_night, self.zone, self.night)
        assert hours_hold(tuesday_night, self.zone, at(self.zone, "2026-12-02 05:59"))
        assert not hours_hold(tuesday_night, self.zone, at(self.zone, "2026-12-02 22:30"))
        rung = Rung(person="li", hours=tuesday_night)
        assert resolve(rung, PEOPLE, (), self.zone, self.noon) == ()

    def test_empty_rungs_ahead_are_found_with_their_times(self) -> None:
        duties = (Duty(person="li", from_="2026-12-01T09:00", until="2026-12-03T09:00"),)
        ladders = (Ladder(priority=1, rungs=(Rung(role="on-duty"), Rung(person="wang", after_min=5))),)
        begin = at(self.zone, "2026-12-01 09:00")
        found = empty_rungs(PEOPLE, ladders, duties, self.zone, from_=begin, until=begin + 4 * 86400)
        assert [(e.priority, e.rung, e.from_at) for e in found] == [(1, 0, at(self.zone, "2026-12-03 09:00"))]

    def test_a_rung_is_not_empty_outside_its_own_hours_but_within_them(self) -> None:
        office = (Schedule(days=(0, 1, 2, 3, 4), from_="08:30", until="17:30"),)
        rung = Rung(role="day-keeper", hours=office)
        keeper = {"li": Person(id="li", name=Text("li", "li"), roles=("day-keeper",))}
        begin = at(self.zone, "2026-12-01 00:00")  # a Tuesday
        ladders = (Ladder(priority=1, rungs=(rung,)),)
        assert empty_rungs(keeper, ladders, (), self.zone, from_=begin, until=begin + 7 * 86400) == []
        away = (Duty(kind="absence", person="li", from_="2026-12-03T12:00", until="2026-12-07T10:00"),)
        found = empty_rungs(keeper, ladders, away, self.zone, from_=begin, until=begin + 14 * 86400)
        assert [(e.from_at, e.until_at) for e in found] == [
            (at(self.zone, "2026-12-03 12:00"), at(self.zone, "2026-12-03 17:30")),
            (at(self.zone, "2026-12-04 08:30"), at(self.zone, "2026-12-04 17:30")),
            (at(self.zone, "2026-12-07 08:30"), at(self.zone, "2026-12-07 10:00")),
        ]

    @pytest.mark.parametrize(("zone", "day"), BOTH)
    def test_empty_rungs_keep_the_wall_clock_over_a_clock_change(self, zone: str, day: str) -> None:
        every = (Schedule(days=tuple(range(7)), from_="08:00", until="20:00"),)
        away = (Duty(kind="absence", person="li", from_="2026-01-01T00:00", until="2027-01-01T00:00"),)
        people = {"li": PEOPLE["li"]}
        ladders = (Ladder(priority=1, rungs=(Rung(person="li", hours=every),)),)
        begin = at(zone, f"{day} 12:00") - 2 * 86400
        found = empty_rungs(people, ladders, away, zone, from_=begin, until=begin + 4 * 86400)
        clocks = {
            datetime.fromtimestamp(edge, ZoneInfo(zone)).strftime("%H:%M")
            for one in found[1:-1]
            for edge in (one.from_at, one.until_at)
        }
        assert clocks == {"08:00", "20:00"}
