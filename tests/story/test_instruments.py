"""Instruments through the real engine: unknown, adopted, replaced, calibrated, out of service (C46, C47)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alerts.model import Alarm
from alerts.rule import Rule, Select, Threshold
from sensors.model import Text
from sensors.newcomer import Newcomer
from strongroom.folder.load import load
from strongroom.instruments.acts import (
    AdoptDevice,
    Calibrate,
    DismissDevice,
    MoveDevice,
    RecallDevice,
    ReplaceDevice,
    SensorBack,
    SensorOut,
    TakeFolder,
)
from strongroom.instruments.records import records_of
from strongroom.journal import ActData, decode
from strongroom.model import Board
from strongroom.rehearse import Rehearsal
from strongroom.sitedb import SiteReader

HOUSES = Path(__file__).resolve().parents[1] / "houses"
START = 1_764_640_800.0  # 2025-12-02 10:00 in Shanghai, a Tuesday
WET = b'{"water_leak": true, "battery": 97}'
DRY = b'{"water_leak": false, "battery": 97, "device": {"model": "SJCGQ11LM"}}'
Open = Callable[[], Rehearsal]


@pytest.fixture
def house(tmp_path: Path) -> Open:
    """The small archive in a folder of its own that may be written."""

    def opened() -> Rehearsal:
        folder = tmp_path / "house"
        shutil.copytree(HOUSES / "small", folder)
        loaded = load(folder, START)
        assert loaded.building is not None
        rehearsal = Rehearsal(loaded.building, tmp_path / "data", START, folder=folder)
        rehearsal.run(120)
        return rehearsal

    return opened


def inbox(rehearsal: Rehearsal) -> list[Newcomer]:
    return rehearsal.engine.core.instruments.newcomers.listed()


def alarms(rehearsal: Rehearsal, rule: str) -> list[Alarm]:
    return [one for one in rehearsal.engine.core.annunciator.alarms.values() if one.rule == rule]


def sleep(rehearsal: Rehearsal, hours: float) -> None:
    rehearsal.clock.move(hours * 3600.0)
    rehearsal.run(10, silent=True)


def board(rehearsal: Rehearsal, tmp_path: Path) -> Board:
    rehearsal.run(2)
    reader = SiteReader(tmp_path / "data" / "site.db")
    found = reader.board()
    reader.close()
    assert found is not None
    return found


def adopt(source: Newcomer, **more: str) -> AdoptDevice:
    return AdoptDevice(
        newcomer=source.id, zone="stack-2b", name_zh="东墙", name_en="East wall", stem="2B-L9", **more
    )


def test_known_devices_never_appear_in_the_inbox(house: Open) -> None:
    rehearsal = house()
    rehearsal.run(600)
    assert inbox(rehearsal) == []


def test_an_unknown_device_is_in_the_inbox_at_once_and_after_a_restart(house: Open, tmp_path: Path) -> None:
    rehearsal = house()
    rehearsal.publish("zigbee2mqtt/attic", DRY)
    rehearsal.run(2)
    (one,) = inbox(rehearsal)
    assert one.model == "SJCGQ11LM"
    assert board(rehearsal, tmp_path).strangers.understood == 1
    rehearsal.restart()
    assert inbox(rehearsal) == [one]


def test_a_dismissed_device_stays_away_over_a_restart_and_comes_back_when_it_changes(
    house: Open, tmp_path: Path
) -> None:
    rehearsal = house()
    rehearsal.publish("neighbour/box", b'{"temperature": 18.5}')
    rehearsal.run(2)
    (one,) = inbox(rehearsal)
    refused = rehearsal.put("li", DismissDevice(newcomer=one.id, reason="neighbour"))
    assert refused is not None and "coordinators" in refused.en
    assert "reason" in rehearsal.put("chen", DismissDevice(newcomer=one.id, reason="  ")).en  # type: ignore[union-attr]
    assert rehearsal.put("chen", DismissDevice(newcomer=one.id, reason="the neighbour's")) is None
    assert inbox(rehearsal) == [] and board(rehearsal, tmp_path).strangers.understood == 0
    rehearsal.restart()
    rehearsal.publish("neighbour/box", b'{"temperature": 25.0}')
    rehearsal.run(20)
    assert inbox(rehearsal) == [], "another value is no change"
    (gone,) = rehearsal.engine.core.instruments.newcomers.dismissed()
    assert gone.dismissed is not None
    assert (gone.dismissed.by, gone.dismissed.reason) == ("chen", "the neighbour's")
    rehearsal.publish("neighbour/box", b'{"temperature": 25.0, "water_leak": true}')
    rehearsal.run(2)
    (back,) = inbox(rehearsal)
    assert back.dismissed is None and len(back.claims) == 2
    reader = SiteReader(tmp_path / "data" / "site.db")
    acts = [decode(entry) for entry in reader.entries(kind="act")]
    reader.close()
    done = [
        a.act
        for a in acts
        if isinstance(a, ActData) and isinstance(a.act.what, DismissDevice) and not a.refused
    ]
    assert [(act.by, act.what.reason) for act in done] == [("chen", "the neighbour's")]  # type: ignore[union-attr]


def test_a_dismissed_device_can_be_listed_again_and_unknown_ones_are_refused(house: Open) -> None:
    rehearsal = house()
    rehearsal.publish("neighbour/box", b"%%%")
    rehearsal.run(2)
    (one,) = inbox(rehearsal)
    assert "no such device" in rehearsal.put("chen", RecallDevice(newcomer=one.id)).en  # type: ignore[union-attr]
    assert rehearsal.put("chen", DismissDevice(newcomer=one.id, reason="test set")) is None
    assert rehearsal.put("chen", RecallDevice(newcomer=one.id)) is None
    assert [again.id for again in inbox(rehearsal)] == [one.id]
    assert rehearsal.put("chen", DismissDevice(newcomer="N0000000", reason="x")) is not None


def test_a_login_that_is_nobody_is_refused_with_what_to_do(house: Open) -> None:
    rehearsal = house()
    for what in (TakeFolder(), SensorBack(sensor="2A-T1")):
        refused = rehearsal.put("admin", what)
        assert refused is not None
        assert "strongroom user add admin --person" in refused.en and "人员" in refused.zh


def test_an_adopted_device_raises_its_alarm_and_the_journal_says_who_adopted_it(house: Open) -> None:
    rehearsal = house()
    rehearsal.publish("zigbee2mqtt/attic", DRY)
    rehearsal.run(2)
    (one,) = inbox(rehearsal)
    rehearsal.publish("zigbee2mqtt/attic", WET)
    rehearsal.run(30)
    assert alarms(rehearsal, "water-in-stack") == [], "nobody has registered it"
    assert rehearsal.put("chen", adopt(one)) is None
    assert "2B-L9-water_leak" in rehearsal.building.sensors
    assert inbox(rehearsal) == []
    rehearsal.show("2B-L9-water_leak", "wet")
    rehearsal.run(10)
    (alarm,) = alarms(rehearsal, "water-in-stack")
    assert alarm.active and alarm.zone == "stack-2b"
    records = records_of(rehearsal.entries())
    assert {(r.kind, r.sensor, r.by) for r in records} == {
        ("sensor.adopted", "2B-L9-water_leak", "chen"),
        ("sensor.adopted", "2B-L9-battery", "chen"),
    }
    assert [e.kind for e in rehearsal.entries()].count("folder.taken") == 1


def test_adopting_disturbs_no_running_alarm(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(20)
    (before,) = alarms(rehearsal, "water-in-stack")
    sent = len(rehearsal.paper.trail)
    rehearsal.publish("zigbee2mqtt/attic", DRY)
    rehearsal.run(2)
    (one,) = inbox(rehearsal)
    assert rehearsal.put("chen", adopt(one)) is None
    rehearsal.run(20)
    (after,) = alarms(rehearsal, "water-in-stack")
    assert (after.id, after.active_at, after.active) == (before.id, before.active_at, True)
    again = [
        p
        for p in rehearsal.paper.trail[sent:]
        if p.notice.id in {q.notice.id for q in rehearsal.paper.trail[:sent]}
    ]
    assert again == [], "no message goes out twice"


def test_who_may_not_is_refused_and_the_folder_stays(house: Open, tmp_path: Path) -> None:
    rehearsal = house()
    before = (tmp_path / "house" / "sensors.toml").read_bytes()
    rehearsal.publish("zigbee2mqtt/attic", DRY)
    rehearsal.run(2)
    (one,) = inbox(rehearsal)
    guard = next(
        p.id
        for p in rehearsal.building.people.values()
        if not {"coordinator", "administrator"} & set(p.roles)
    )
    for person in (guard, "nobody"):
        refused = rehearsal.put(person, adopt(one))
        assert refused is not None and refused.zh
    wrong = rehearsal.put("chen", AdoptDevice(newcomer="N0000000", zone="stack-2b", name_zh="x"))
    assert wrong is not None and "inbox" in wrong.en
    assert (tmp_path / "house" / "sensors.toml").read_bytes() == before


def test_a_replaced_device_goes_on_with_the_places_history(house: Open) -> None:
    rehearsal = house()
    rehearsal.publish("lab/box7", b'{"temperature": 18.5, "humidity": 48}')
    rehearsal.run(2)
    (one,) = inbox(rehearsal)
    assert rehearsal.put("chen", ReplaceDevice(sensor="2B-T1", newcomer=one.id, reason="drifted")) is None
    rehearsal.show("2B-T1", 18.5)
    rehearsal.run(70)
    assert rehearsal.engine.core.latest["2B-T1"].value == 18.5
    record = next(r for r in records_of(rehearsal.entries()) if r.sensor == "2B-T1")
    assert (record.kind, record.reason, record.new["topic"]) == ("sensor.replaced", "drifted", "lab/box7")
    assert "2B-T1" in rehearsal.building.sensors


def test_a_moved_device_speaks_for_its_new_place(house: Open) -> None:
    rehearsal = house()
    zone = next(z for z in rehearsal.building.zones if z not in ("stack-2b", "yard") and z != "stack-2a")
    moved = MoveDevice(sensor="2B-T1", zone=zone, name_zh="走廊", name_en="Corridor", reason="refit")
    refused = rehearsal.put("chen", moved)
    assert refused is None, refused
    rehearsal.run(70)
    assert rehearsal.engine.core.latest[f"{zone}-temperature"].value
    kinds = {(r.kind, r.sensor) for r in records_of(rehearsal.entries())}
    assert ("sensor.moved_away", "2B-T1") in kinds and ("sensor.moved_in", f"{zone}-temperature") in kinds


def test_a_calibration_corrects_what_is_decided_and_the_raw_value_is_kept(
    house: Open, tmp_path: Path
) -> None:
    rehearsal = house()
    rehearsal.show("2B-T1", 20.0)
    rehearsal.run(2)
    act = Calibrate(
        sensor="2B-T1", on="2025-12-01", offset=0.5, gain=1.1, due="2026-12-01", certificate="K-9"
    )
    assert rehearsal.put("chen", act) is None
    rehearsal.run(70)
    latest = rehearsal.engine.core.latest["2B-T1"]
    assert (latest.value, latest.raw) == (22.5, 20.0)
    reader = SiteReader(tmp_path / "data" / "site.db")
    kept = [
        reading
        for _, reading in reader.intake_after(0, 100_000)
        if reading is not None and reading.sensor == "2B-T1"
    ]
    reader.close()
    assert (20.0, None) in {(one.value, one.raw) for one in kept}, "nothing is corrected after the fact"
    assert (kept[-1].value, kept[-1].raw) == (22.5, 20.0)


def test_an_ended_calibration_is_a_task_ahead_and_unwatched_when_it_is_over(
    house: Open, tmp_path: Path
) -> None:
    rehearsal = house()
    act = Calibrate(sensor="2B-T1", on="2025-01-01", offset=0.0, due="2025-12-03", certificate="K-9")
    assert rehearsal.put("chen", act) is None
    assert board(rehearsal, tmp_path).uncalibrated == ()
    assert alarms(rehearsal, "system-calibration") == []
    sleep(rehearsal, 23.0)  # 9 o'clock the next morning: within thirty days
    told = [p.words for p in rehearsal.paper.trail if p.notice.kind == "task"]
    assert told and all("30" in words and "2025-12-03" in words for words in told)
    sleep(rehearsal, 24.0)
    assert board(rehearsal, tmp_path).uncalibrated == ("2B-T1",)
    (alarm,) = alarms(rehearsal, "system-calibration")
    assert alarm.active and alarm.priority == 3
    assert rehearsal.put("chen", msgspec.structs.replace(act, on="2025-12-03", due="2026-12-03")) is None
    assert board(rehearsal, tmp_path).uncalibrated == ()
    assert not any(one.active for one in alarms(rehearsal, "system-calibration"))


def out(
    rehearsal: Rehearsal, minutes: float = 30.0, sensor: str = "2B-W1", reason: str = "cable"
) -> SensorOut:
    return SensorOut(sensor=sensor, until_at=rehearsal.clock.now() + 60.0 * minutes, reason=reason)


def test_a_sensor_out_of_service_is_neither_believed_nor_missed_and_returns_by_itself_loudly(
    house: Open, tmp_path: Path
) -> None:
    rehearsal = house()
    assert rehearsal.put("chen", out(rehearsal)) is None
    (aside,) = board(rehearsal, tmp_path).aside
    assert (aside.sensor, aside.by, aside.reason) == ("2B-W1", "chen", "cable")
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(600)
    assert alarms(rehearsal, "water-in-stack") == [], "it is not believed"
    assert rehearsal.engine.core.latest["2B-W1"].value == 1.0, "but kept"
    rehearsal.run(1300)
    (alarm,) = alarms(rehearsal, "water-in-stack")
    assert alarm.active, "at its end what still holds is said at once"
    assert board(rehearsal, tmp_path).aside == ()
    kinds = [(r.kind, r.by) for r in records_of(rehearsal.entries())]
    assert kinds == [("sensor.out_of_service", "chen"), ("sensor.in_service", "system")]


def test_what_a_sensor_said_long_before_its_return_ends_no_alarm(house: Open) -> None:
    """Wet, taken away, dried on the bench, and not heard of since: the room is not dry because of that."""
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(30)
    assert rehearsal.put("chen", out(rehearsal, minutes=60.0)) is None
    rehearsal.show("2B-W1", "dry")
    rehearsal.run(30)
    rehearsal.hush("2B-W1")
    rehearsal.run(3700)
    (alarm,) = alarms(rehearsal, "water-in-stack")
    assert alarm.active
    assert alarm.unknown_since_at is not None
    rehearsal.hush("2B-W1", on=False)
    rehearsal.run(120)
    (alarm,) = alarms(rehearsal, "water-in-stack")
    assert not alarm.active, "its own word of now does"


def test_a_rule_that_is_new_believes_no_sensor_that_is_out_of_service(house: Open) -> None:
    rehearsal = house()
    rehearsal.show("2B-T1", 31.0)
    rehearsal.run(5)
    assert rehearsal.put("chen", out(rehearsal, minutes=600.0, sensor="2B-T1")) is None
    hot = Rule(
        id="hot", name=Text("热", "Hot"), priority=2,
        when=Threshold(select=Select(sensors=("2B-T1",)), above=True, limit=30.0, clear_at=29.0),
    )  # fmt: skip
    rehearsal.building = msgspec.structs.replace(
        rehearsal.building, rules={**rehearsal.building.rules, "hot": hot}
    )
    rehearsal.restart()
    rehearsal.run(60)
    assert alarms(rehearsal, "hot") == []


def test_silence_out_of_service_is_no_alarm_and_is_one_after_the_return(house: Open) -> None:
    rehearsal = house()
    assert rehearsal.put("chen", out(rehearsal)) is None
    rehearsal.run(1700, silent=True)
    assert not [a for a in alarms(rehearsal, "sensor-silent") if a.scope == "2B-W1"]
    assert [a for a in alarms(rehearsal, "sensor-silent") if a.scope == "2B-T1"], "others are missed"
    rehearsal.run(900, silent=True)
    assert [a for a in alarms(rehearsal, "sensor-silent") if a.scope == "2B-W1" and a.active]


def test_out_of_service_survives_a_restart_and_ends_when_asked(house: Open) -> None:
    rehearsal = house()
    assert rehearsal.put("chen", out(rehearsal)) is None
    rehearsal.restart()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(120)
    assert alarms(rehearsal, "water-in-stack") == []
    assert rehearsal.put("chen", SensorBack(sensor="2B-W1")) is None
    rehearsal.run(10)
    assert alarms(rehearsal, "water-in-stack")[0].active
    refused = rehearsal.put("chen", SensorBack(sensor="2B-W1"))
    assert refused is not None and "not out of service" in refused.en


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reason": " "}, "reason"),
        ({"until_at": START}, "future"),
        ({"until_at": START + 99 * 86400}, "30 days"),
        ({"sensor": "x"}, "no sensor"),
    ],
)
def test_out_of_service_needs_reason_end_and_sensor(
    house: Open, change: dict[str, object], says: str
) -> None:
    rehearsal = house()
    refused = rehearsal.put("chen", msgspec.structs.replace(out(rehearsal), **change))
    assert refused is not None and says in refused.en


def test_a_folder_changed_by_hand_is_taken_when_asked_and_refused_with_the_reason(
    house: Open, tmp_path: Path
) -> None:
    rehearsal = house()
    refused = rehearsal.put("chen", TakeFolder())
    assert refused is not None and "not changed" in refused.en
    rules = tmp_path / "house" / "rules.toml"
    whole = rules.read_text("utf-8")
    rules.write_text(whole + "\n[[rule]]\n", "utf-8")
    refused = rehearsal.put("chen", TakeFolder())
    assert refused is not None and "rules.toml" in refused.en
    rules.write_text(whole + "\n# looked at\n", "utf-8")
    before = rehearsal.building.revision
    assert rehearsal.put("chen", TakeFolder()) is None
    assert rehearsal.building.revision != before
