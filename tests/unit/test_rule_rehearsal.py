"""Rule rehearsal: the engine's own rules over history, the same alone and on several cores, old beside new."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from msgspec.structs import replace

from alerts.model import Ladder, Person, Rung
from alerts.rule import Contact, Rule, Select, Threshold
from ingest.series import Series
from ingest.series_memory import MemorySeries
from ingest.series_seal import Retention
from ingest.series_sqlite import SqliteSeries
from sensors.model import Quality, Reading, Sensor, Text, Zone
from strongroom.arrivals import Arrivals, newcomers
from strongroom.model import Building
from strongroom.rule_rehearsal import compare, groups, judge, tell
from strongroom.rule_workers import rehearse_rules
from strongroom.settings import Influx

T0 = 1_790_035_200.0
DAY = 86400.0


def hot(limit: float, scope: str = "zone", **more: object) -> Rule:
    when = Threshold(select=Select(quantity="temperature"), above=True, limit=limit, clear_at=limit - 0.5)
    return Rule(id="hot", name=Text("过热", "Hot"), when=when, scope=scope, for_s=1200, **more)  # type: ignore[arg-type]


def wet() -> Rule:
    when = Contact(select=Select(quantity="water_leak"), is_=1.0)
    return Rule(id="wet", name=Text("漏水", "Wet"), when=when, priority=1, latch=True)


def site(*rules: Rule, zones: int = 4, every_s: float = 600) -> Building:
    sensors = {}
    for n in range(zones):
        for quantity in ("temperature", "water_leak"):
            name = f"{quantity}-{n}"
            sensors[name] = Sensor(
                id=name,
                name=Text(name, name),
                zone=f"z{n}",
                quantity=quantity,
                topic=name,
                dialect="json",
                every_s=every_s,
                silent_after_s=3 * every_s,
            )
    return Building(
        id="b",
        name=Text("馆", "House"),
        timezone="Asia/Shanghai",
        languages=("zh", "en"),
        assembly="",
        floors=(),
        zones={
            f"z{n}": Zone(id=f"z{n}", name=Text("库", "Store"), kind="stack", floor="1") for n in range(zones)
        },
        sensors=sensors,
        rules={rule.id: rule for rule in rules},
        people={"wu": Person(id="wu", name=Text("吴", "Wu"), phone="+8613800000000")},
        ladders=tuple(Ladder(priority=p, rungs=(Rung(person="wu"),)) for p in (1, 2, 3)),
        duties=(),
        playbooks={},
        holdings={},
        drills={},
        folder="",
        revision="r",
    )


def fill(series: Series, building: Building, days: int = 3) -> None:
    """Every day zone 1 is at 26 °C for two hours; zone 2 is wet for 20 minutes on the second day."""
    readings = []
    for sensor in building.sensors.values():
        for i in range(int(days * DAY / sensor.every_s)):
            at = T0 + i * sensor.every_s
            hour = i * sensor.every_s % DAY / 3600
            if sensor.quantity == "temperature":
                value = 26.0 if sensor.zone == "z1" and 12 <= hour < 14 else 20.0 + math.sin(i) / 10
            else:
                value = float(sensor.zone == "z2" and DAY + 3600 <= at - T0 < DAY + 4800)
            readings.append(Reading(sensor.id, value, at, at))
    series.write(readings)


@pytest.fixture
def store() -> MemorySeries:
    series = MemorySeries()
    fill(series, site())
    return series


def rehearsed(series: Series, building: Building, answer_s: float = 600.0) -> dict[str, object]:
    parts = [judge(series, building, part, T0, T0 + 3 * DAY) for part in groups(building, 2)]
    outcome = tell(building, parts, T0, T0 + 3 * DAY, answer_s)
    return {one.rule: one for one in outcome.rules} | {"outcome": outcome}


def test_how_often_when_and_for_how_long(store: MemorySeries) -> None:
    found = rehearsed(store, site(hot(25), wet()))
    hot_one = found["hot"]
    assert hot_one.alarms == 3  # type: ignore[attr-defined]
    assert hot_one.first_at == T0 + 12 * 3600 + 1200  # type: ignore[attr-defined]
    assert hot_one.median_s == 2 * 3600 - 1200  # type: ignore[attr-defined]
    assert {one.zone for one in hot_one.occurrences} == {"z1"}  # type: ignore[attr-defined]
    assert hot_one.occurrences[0].value == 26.0  # type: ignore[attr-defined]
    wet_one = found["wet"]
    assert wet_one.alarms == 1  # type: ignore[attr-defined]
    assert wet_one.longest_s == 1200  # type: ignore[attr-defined]
    assert found["sensor-silent"].alarms == 0  # type: ignore[attr-defined]


def test_a_latched_alarm_is_reset_and_can_come_again(store: MemorySeries) -> None:
    store.write(
        [Reading("water_leak-2", 1.0, T0 + 2 * DAY + 600 * i, T0 + 2 * DAY + 600 * i) for i in range(3)]
    )
    assert rehearsed(store, site(wet()))["wet"].alarms == 2  # type: ignore[attr-defined]
    # where nobody ever answers, the first one stays open: one alarm
    assert rehearsed(store, site(wet()), -1)["wet"].alarms == 1  # type: ignore[attr-defined]


def test_messages_that_would_have_gone_out(store: MemorySeries) -> None:
    outcome = rehearsed(store, site(hot(25), wet()))["outcome"]
    sent = [m for m in outcome.messages if "wet" in m.rules]  # type: ignore[attr-defined]
    assert sent
    assert (sent[0].person, sent[0].at) == ("wu", T0 + DAY + 3600)
    assert "库" in sent[0].words
    quiet = rehearsed(store, site(hot(25, page="never")))["hot"]
    assert (quiet.alarms, quiet.messages) == (3, 0)  # type: ignore[attr-defined]


def test_a_changed_rule_beside_the_old(store: MemorySeries) -> None:
    old = rehearsed(store, site(hot(25), wet()))["outcome"]
    new = rehearsed(store, site(hot(27), wet()))["outcome"]
    first, *others = compare(old, new)  # type: ignore[arg-type]
    assert first.rule == "hot"
    assert (len(first.only_old), len(first.only_new)) == (3, 0)
    assert all(not one.only_old and not one.only_new for one in others)
    gone = compare(old, rehearsed(store, site(wet()))["outcome"])  # type: ignore[arg-type]
    assert (gone[0].rule, gone[0].new) == ("hot", None)


def test_a_gap_in_history_is_silence_as_it_would_have_been_live() -> None:
    building = site(hot(25))
    series = MemorySeries()
    whole = MemorySeries()
    fill(whole, building, 1)
    for sensor in building.sensors:
        kept = [
            r for r in whole.window(sensor, T0, T0 + DAY).readings() if not 7200 < r.measured_at - T0 < 14400
        ]
        series.write(kept)
    found = {
        o.rule: o
        for o in tell(
            building, [judge(series, building, list(building.sensors), T0, T0 + DAY)], T0, T0 + DAY
        ).rules
    }
    silent = found["sensor-silent"]
    assert silent.alarms == len(building.sensors)
    assert silent.first_at == pytest.approx(T0 + 7200 + 1800, abs=1)
    assert silent.longest_s == pytest.approx(7200 - 1800, abs=1)


def test_what_a_logger_had_stored_counts_when_it_was_measured() -> None:
    """Imported a month later it would otherwise have come after everything."""
    building, live, series = site(hot(25)), MemorySeries(), MemorySeries()
    fill(live, building)
    for sensor in building.sensors:
        series.write(
            [
                replace_reading(one, received_at=T0 + 40 * DAY, quality=Quality.HISTORICAL)
                for one in live.window(sensor, T0, T0 + 3 * DAY).readings()
            ]
        )
    found = rehearsed(series, building)
    assert found["hot"].alarms == 3  # type: ignore[attr-defined]
    assert found["sensor-silent"].alarms == 0  # type: ignore[attr-defined]


def test_a_sensor_is_not_silent_before_its_first_reading_and_one_without_any_takes_no_part() -> None:
    building, whole, series = site(hot(25)), MemorySeries(), MemorySeries()
    fill(whole, building)
    for sensor in building.sensors:
        first = {"temperature-0": T0 + 2 * DAY, "water_leak-0": T0 + 9 * DAY}.get(sensor, T0)
        series.write(
            [one for one in whole.window(sensor, T0, T0 + 3 * DAY).readings() if one.measured_at >= first]
        )
    found = rehearsed(series, building)
    assert found["sensor-silent"].alarms == 0  # type: ignore[attr-defined]
    assert found["outcome"].unheard == ("water_leak-0",)  # type: ignore[attr-defined]
    # one that had spoken before the time was silent in it
    series.write([Reading("temperature-0", 20.0, T0 - 30 * DAY, T0 - 30 * DAY)])
    silent = rehearsed(series, building)["sensor-silent"]
    assert silent.alarms == 1  # type: ignore[attr-defined]
    assert silent.longest_s == pytest.approx(2 * DAY - 1800, abs=300)  # type: ignore[attr-defined]


def test_history_thinner_than_the_sensor_speaks_is_no_silence_and_is_said() -> None:
    thin, fast = MemorySeries(), site(hot(25), every_s=60)
    fill(thin, site(every_s=600))
    found = rehearsed(thin, fast)
    assert found["sensor-silent"].alarms == 0  # type: ignore[attr-defined]
    assert found["outcome"].thinner == tuple(sorted(fast.sensors))  # type: ignore[attr-defined]
    assert found["hot"].alarms == 3  # type: ignore[attr-defined]
    assert rehearsed(thin, site(hot(25)))["outcome"].thinner == ()  # type: ignore[attr-defined]


def test_one_message_about_many_alarms_is_one_message_and_an_answer_ends_each_round(
    store: MemorySeries,
) -> None:
    everywhere = Threshold(select=Select(quantity="temperature"), above=True, limit=10, clear_at=9)
    always = Rule(id="hot", name=Text("过热", "Hot"), when=everywhere, scope="zone", priority=1)
    outcome = rehearsed(store, site(always))["outcome"]
    told = next(one for one in outcome.rules if one.rule == "hot")  # type: ignore[attr-defined]
    assert told.alarms == 4
    assert told.messages == outcome.sent < sum(one.messages for one in told.occurrences)  # type: ignore[attr-defined]
    # forgotten after 30 minutes without progress, each time answered 10 minutes later
    assert 3 * 24 <= told.messages <= 4 * 3 * 24 * 2


def replace_reading(one: Reading, **more: object) -> Reading:
    return replace(one, **more)


def test_groups_keep_together_what_any_rule_connects() -> None:
    free = groups(site(hot(25, "sensor"), wet()), 2)
    assert sorted(len(part) for part in free) == [4, 4]
    assert sorted(name for part in free for name in part) == sorted(site().sensors)
    for part in free:
        zones = {name.rsplit("-", 1)[1] for name in part}
        assert all(f"{q}-{z}" in part for z in zones for q in ("temperature", "water_leak"))
    assert len(groups(site(hot(25, "building")), 2)) == 1
    assert groups(site(), 1) == [tuple(site().sensors)] or len(groups(site(), 1)[0]) == 8


def test_two_processes_say_what_one_says(tmp_path: Path) -> None:
    building = site(hot(25), wet())
    series = SqliteSeries(tmp_path / "readings.db")
    fill(series, building)
    while series.upkeep(T0 + 9 * DAY):
        pass
    series.close()
    shares: list[float] = []
    span = (T0, T0 + 3 * DAY)
    one = rehearse_rules(building, tmp_path, Influx(), *span, processes=1)
    two = rehearse_rules(building, tmp_path, Influx(), *span, processes=2, progress=shares.append)
    assert one == two
    assert one.readings == 8 * 432
    assert max(shares) == 1.0


def test_readings_arrive_in_the_order_of_their_arrival_and_drills_are_left_out() -> None:
    series = MemorySeries()
    series.write(
        [
            Reading("temperature-0", 1.0, T0 + 10, T0 + 10),
            Reading("temperature-0", 2.0, T0 + 20, T0 + 5000, Quality.LATE),
            Reading("temperature-0", 3.0, T0 + 30, T0 + 30),
            Reading("temperature-0", 9.0, T0 + 40, T0 + 40, Quality.SIMULATED, drill="d"),
            Reading("temperature-1", 4.0, T0 + 30, T0 + 30),
        ]
    )
    sensors = [site().sensors[f"temperature-{n}"] for n in (0, 1)]
    fast = [replace(sensor, every_s=0.001) for sensor in sensors]  # chunks of an hour: one is carried over
    for those in (sensors, fast):
        chunks = Arrivals(series, those, T0, T0 + DAY).chunks()
        found = [(now - T0, r.value, r.quality) for _, part in chunks for now, r in part]
        assert [(now, value) for now, value, _ in found] == [(10, 1.0), (30, 3.0), (30, 4.0), (5000, 2.0)]
        assert found[-1][2] is Quality.LATE


def test_thinned_history_is_used_and_said(tmp_path: Path) -> None:
    building = site(hot(25), wet())
    series = SqliteSeries(tmp_path / "readings.db", retention=Retention(raw_days=1))
    fill(series, building)
    series.write([Reading("temperature-0", 20.0, T0 + 30 * DAY, T0 + 30 * DAY)])
    while series.upkeep(T0 + 30 * DAY):
        pass
    assert len(series.window("temperature-1", T0, T0 + DAY)) == 0
    found = rehearsed(series, building)
    assert found["hot"].alarms == 3  # type: ignore[attr-defined]
    assert found["wet"].alarms == 1  # type: ignore[attr-defined]
    assert found["outcome"].thinned_until == pytest.approx(T0 + 3 * DAY, abs=600)  # type: ignore[attr-defined]
    series.close()


def test_a_rehearsal_may_begin_before_all_times() -> None:
    """``--from 1960-01-01``: nobody was stored before, which is no width of statistics."""
    series = MemorySeries()
    assert newcomers(series, [], -3.0e8) == set()
    sensor = Sensor(id="s", name=Text("温", "T"), zone="z", quantity="temperature", topic="t", dialect="json")
    assert newcomers(series, [sensor], -3.0e8) == {"s"}
    assert newcomers(series, [sensor], 0.0) == {"s"}
