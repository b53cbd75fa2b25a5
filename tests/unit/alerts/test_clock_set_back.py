"""A wall clock that was ahead, and is set back before a restart, holds nothing back (C12)."""

from __future__ import annotations

from msgspec.structs import replace

from alerts.alarm import Passed, step
from alerts.model import Rung, Shelf
from alerts.rule import Contact, Select
from sensors.model import Quality
from strongroom.clock import SetClock
from tests.fakes.scripted import ScriptedSender
from tests.judge import House, rule, sensor
from tests.reach import START, World, alarm, ladder, person

LI, WANG = person("li"), person("wang")


def moved_back(w: World, hours: float) -> None:
    """The engine ends, the clock is put right, the engine starts."""
    w.clock = SetClock(w.clock.now() - hours * 3600.0)
    w.kill()


def test_messages_told_ahead_hold_no_life_safety_page_back() -> None:
    sender = ScriptedSender()
    w = World(sender, (LI, WANG), (ladder(Rung(person="li")),))
    w.raise_(alarm(1, life_safety=True, hazard="fire", zone="2b"))
    w.run(5)
    w.happen("alarm.closed", replace(w.alarms["leak@2b#1"], active=False, closed_at=w.clock.now()))
    moved_back(w, 25.0)
    w.raise_(alarm(2, life_safety=True, hazard="fire", zone="2b"))
    w.run(5)
    assert len(sender.sent) == 2


def test_a_ladder_begun_ahead_does_not_wait_for_its_hour() -> None:
    sender = ScriptedSender()
    w = World(sender, (LI, WANG), (ladder(Rung(person="li"), Rung(person="wang", after_min=3)),))
    w.raise_(alarm(1))
    w.run(5)
    moved_back(w, 25.0)
    w.run(200)
    assert "wang" in [who for who, _, _ in sender.sent]


def test_a_message_lost_in_the_sending_is_looked_up_all_the_same() -> None:
    sender = ScriptedSender()
    w = World(sender, (LI, WANG), (ladder(Rung(person="li")),))
    w.raise_(alarm(1))
    w.commit(w.pager.take(w.pages("li")[0].id, w.clock.now(), w.alarms))  # and the process dies
    moved_back(w, 25.0)
    w.run(120)
    assert [who for who, _, _ in sender.sent] == ["li"]


def test_a_retry_planned_ahead_is_made_now() -> None:
    sender = ScriptedSender()
    sender.script("li", "sms", "temporary", "delivered")
    w = World(sender, (LI, WANG), (ladder(Rung(person="li")),))
    w.raise_(alarm(1))
    w.settle()
    moved_back(w, 25.0)
    w.run(5)
    assert [who for who, _, _ in sender.arrived] == ["li"]


def test_a_shelf_put_up_ahead_ends() -> None:
    shelved = replace(alarm(1), shelved=Shelf("li", START + 90_000.0, START + 100_000.0, "known"))
    after, events = step(shelved, Passed(), START)
    assert after is not None and after.shelved is None
    assert [e.kind for e in events] == ["alarm.unshelved", "alarm.returned"]


def smoke_house() -> House:
    when = Contact(select=Select(quantity="smoke"), is_=1.0)
    return House([rule("smoke", when, life_safety=True)], [sensor("s", quantity="smoke")])


def test_the_first_message_of_a_device_without_a_clock_counts_after_a_restart() -> None:
    house = smoke_house()
    house.show(0.0)
    house.restart(-3600.0)
    house.show(1.0)
    assert house.active("smoke")


def test_a_reading_older_than_the_last_of_the_same_device_still_does_not_count() -> None:
    house = smoke_house()
    house.show(0.0)
    house.now += 10.0
    house.show(1.0, measured_at=house.now - 20.0)
    assert not house.active("smoke")


def test_silence_is_measured_from_the_restart_at_the_latest() -> None:
    house = smoke_house()
    house.show(0.0)
    house.restart(-90_000.0)
    seen = house.evaluator.seen("s")
    assert seen is not None and seen.seen_at <= house.now
    house.show(0.0, quality=Quality.LATE, measured_at=house.now - 400.0)
    assert seen.seen_at <= house.now
