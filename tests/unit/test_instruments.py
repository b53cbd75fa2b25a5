"""The register of instruments: the operator's file keeps its hand, and nothing goes in that would not pass (C47)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from sensors.model import Calibration, RawMessage, Text
from sensors.newcomer import Newcomer
from sensors.newcomers import Newcomers
from strongroom.folder.load import load
from strongroom.instruments.acts import AdoptDevice, Calibrate, MoveDevice, ReplaceDevice
from strongroom.instruments.edit import EditError, added, changed, removed, style_of, with_row
from strongroom.instruments.register import Register
from strongroom.model import Building
from tests import folders
from tests.folders import NOW

LEAK = b'{"water_leak": false, "battery": 97, "device": {"model": "SJCGQ11LM"}}'
CLIMATE = b'{"temperature": 19.5, "humidity": 50.0}'

MINE = """\
# Our house, our hand.
[[sensor]]
    id      = 'T1'   # by the door
    name    = { zh = '一', en = 'one' }
    zone    = 'z'
    quantity= 'temperature'
    topic   = 'a/b'
    dialect = 'json'
    path    = 't'

# the second
[[sensor]]
    id        = 'T2'
    name      = { zh = '二', en = 'two' }
    zone      = 'z'
    quantity  = 'temperature'
    topic     = 'a/c'          # under the shelf
    dialect   = 'json'
    path      = 't'
    essential = true
"""


def newcomer(topic: str, payload: bytes, every_s: float = 0.0) -> Newcomer:
    inbox = Newcomers({}, "Asia/Shanghai")
    inbox.observe(RawMessage(topic, payload, NOW), NOW)
    (one,) = inbox.listed()
    return replace(one, every_s=every_s)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folders.write(tmp_path / "city", {})


def opened(folder: Path) -> Building:
    loaded = load(folder, NOW)
    assert loaded.building is not None, loaded.problems
    return loaded.building


def adopt(source: Newcomer, **more: str) -> AdoptDevice:
    return AdoptDevice(
        newcomer=source.id, zone=more.pop("zone", "stack-2b"), name_zh="东墙", name_en="East wall", **more
    )


# --- the operator's hand ------------------------------------------------------------------------------------


def test_a_new_entry_is_written_like_the_last_one() -> None:
    entry = {
        "id": "T3",
        "name": {"zh": "三", "en": "it's"},
        "zone": "z",
        "topic": "a/d",
        "range": [-20, 60.5],
    }
    new = added(MINE, [entry], "why")
    assert new.startswith(MINE.rstrip("\n")), "nothing before it has changed"
    assert new[len(MINE) :] == (
        "\n# why\n[[sensor]]\n"
        "    id        = 'T3'\n"
        "    name      = { zh = '三', en = \"it's\" }\n"
        "    zone      = 'z'\n"
        "    topic     = 'a/d'\n"
        "    range     = [-20, 60.5]\n"
    )


def test_the_first_sensor_of_an_empty_file_is_written_in_our_own_way() -> None:
    new = added("", [{"id": "a", "name": {"zh": "一", "en": "one"}}])
    assert new == '[[sensor]]\nid = "a"\nname.zh = "一"\nname.en = "one"\n'


def test_a_changed_value_keeps_its_line_its_quotes_and_its_comment() -> None:
    new = changed(MINE, "T2", {"topic": "x/y", "essential": None, "channel": "p1", "path": "t"})
    assert "    topic     = 'x/y'          # under the shelf\n    channel   = 'p1'\n" in new
    assert "essential" not in new
    assert new.count("\n") == MINE.count("\n"), "one line more, one less"


def test_a_removed_sensor_leaves_its_neighbours_comments() -> None:
    new = removed(MINE, ["T1"])
    assert new == MINE.replace(MINE[MINE.index("[[") : MINE.index("\n# the second")], "")
    assert [entry["id"] for entry in tomllib.loads(removed(MINE, ["T2"]))["sensor"]] == ["T1"]


def test_what_cannot_be_changed_safely_is_refused_with_the_entry_to_write() -> None:
    inline = 'sensor = [{ id = "a", topic = "t" }]\n'
    with pytest.raises(EditError) as refused:
        added(inline, [{"id": "b", "topic": "u"}])
    assert 'id = "b"' in refused.value.words.en and 'id = "b"' in refused.value.words.zh
    with pytest.raises(EditError):
        changed(inline, "a", {"topic": "u"})
    with pytest.raises(EditError):
        changed("[[sensor", "a", {"topic": "u"})
    with pytest.raises(EditError):
        changed(MINE, "T9", {"topic": "u"})


def test_style_of_a_flat_file() -> None:
    flat = '[[sensor]]\nid="a"\nname.zh="一"\n\n\n[[sensor]]\nid="b"\nname.zh="二"\n'
    style = style_of(flat)
    assert (style.equals, style.blank, style.dotted, style.column, style.quote) == ("=", 2, True, 0, '"')


def test_a_calibration_row_follows_the_files_separator_and_columns() -> None:
    row = Calibration(
        sensor="T1", on="2026-03-01", offset=-0.3, certificate="C; 7", by="=cmd()", due="2027-03-01"
    )
    text = with_row("日期;编号;修正值;证书号;校准人;有效期至\n2025-01-01;T1;0.1;;;\n", row)
    assert text.endswith('2026-03-01;T1;-0.3;"C; 7";\'=cmd();2027-03-01\n')
    assert with_row(None, row).splitlines()[0] == "sensor,date,offset,gain,certificate,by,due,note"
    with pytest.raises(EditError):
        with_row("sensor,date,offset\n", replace(row, gain=1.02))


# --- adopting -----------------------------------------------------------------------------------------------


def test_an_adopted_device_is_in_the_folder_with_its_templates_limits(folder: Path) -> None:
    before = (folder / "sensors.toml").read_text("utf-8")
    source = newcomer("zigbee2mqtt/leak 7", LEAK)
    applied = Register(folder).apply(adopt(source, stem="2B-L7"), opened(folder), source, "wang", NOW)
    text = (folder / "sensors.toml").read_text("utf-8")
    assert text.startswith(before), "the operator's own part is untouched"
    again = opened(folder)
    water = again.sensors["2B-L7-water_leak"]
    assert (water.zone, water.topic, water.dialect) == ("stack-2b", "zigbee2mqtt/leak 7", "zigbee2mqtt")
    assert (
        water.essential
        and water.silent_after_s == 10_800.0
        and water.name == Text("东墙 漏水", "East wall water")
    )
    assert applied.building.revision == again.revision
    assert applied.plan.read == {"2B-L7-water_leak": 0.0, "2B-L7-battery": 97.0}
    assert {record.kind for record in applied.plan.records} == {"sensor.adopted"}


def test_a_preview_writes_nothing(folder: Path) -> None:
    before = (folder / "sensors.toml").read_bytes()
    source = newcomer("zigbee2mqtt/leak", LEAK)
    applied = Register(folder).preview(adopt(source), opened(folder), source, "wang", NOW)
    assert (folder / "sensors.toml").read_bytes() == before
    assert "leak-water_leak" in applied.building.sensors


def test_line_ends_and_byte_order_mark_stay(folder: Path) -> None:
    path = folder / "sensors.toml"
    windows = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(windows)
    source = newcomer("zigbee2mqtt/leak", LEAK)
    Register(folder).apply(adopt(source), opened(folder), source, "wang", NOW)
    new = path.read_bytes()
    assert new.startswith(windows) and new.count(b"\n") == new.count(b"\r\n")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"zone": "attic"}, "no zone 'attic'"),
        ({"template": "nothing"}, "no template"),
    ],
)
def test_a_wrong_wish_is_refused_and_nothing_changes(folder: Path, more: dict[str, str], says: str) -> None:
    before = (folder / "sensors.toml").read_bytes()
    source = newcomer("zigbee2mqtt/leak", LEAK)
    with pytest.raises(EditError) as refused:
        Register(folder).apply(adopt(source, **more), opened(folder), source, "wang", NOW)
    assert says in refused.value.words.en and refused.value.words.zh
    assert (folder / "sensors.toml").read_bytes() == before


def test_what_would_not_pass_the_check_is_refused(folder: Path) -> None:
    building = opened(folder)
    source = newcomer("zigbee2mqtt/leak", LEAK)
    path = folder / "sensors.toml"
    path.write_text(path.read_text("utf-8").replace('zone = "stack-2b"', 'zone = "stack-9"', 1), "utf-8")
    before = path.read_bytes()
    with pytest.raises(EditError) as refused:
        Register(folder).apply(adopt(source), building, source, "wang", NOW)
    assert "would not pass the check" in refused.value.words.en and "stack-9" in refused.value.words.en
    assert path.read_bytes() == before and not list(folder.glob(".*"))


def test_a_device_that_says_nothing_readable_needs_a_template_and_is_tried_with_it(folder: Path) -> None:
    source = newcomer("cellar/box", b"\x01\x02{")
    with pytest.raises(EditError) as refused:
        Register(folder).preview(adopt(source), opened(folder), source, "wang", NOW)
    assert "cannot be read" in refused.value.words.en
    with pytest.raises(EditError) as refused:
        Register(folder).preview(adopt(source, template="EM300-TH"), opened(folder), source, "wang", NOW)
    assert "read nothing" in refused.value.words.en


# --- replacing and moving -----------------------------------------------------------------------------------


def test_a_replaced_device_leaves_ids_names_and_history_and_ends_the_old_calibration(folder: Path) -> None:
    register = Register(folder)
    calibrate = Calibrate(sensor="2B-T1", on="2026-01-10", offset=-0.4, due="2027-01-10", certificate="K-1")
    register.apply(calibrate, opened(folder), None, "wang", NOW)
    building = opened(folder)
    assert building.sensors["2B-T1"].offset == -0.4
    source = newcomer("new/box", CLIMATE, every_s=60.0)
    applied = register.apply(
        ReplaceDevice(sensor="2B-T1", newcomer=source.id, reason="broken probe"), building, source, "li", NOW
    )
    after = opened(folder).sensors["2B-T1"]
    assert (after.id, after.name, after.zone) == ("2B-T1", building.sensors["2B-T1"].name, "stack-2b")
    assert (after.topic, after.path, after.at) == ("new/box", "temperature", building.sensors["2B-T1"].at)
    assert opened(folder).sensors["2B-H1"].topic == "new/box", "the same box measured both"
    assert after.offset == 0.0, "the old device's correction is not the new one's"
    assert after.calibrate_by_at is not None and after.calibrate_by_at < NOW + 86_400, (
        "to be calibrated at once"
    )
    record = applied.plan.records[0]
    assert record.old["topic"] == "city/2b/t1" and record.new["topic"] == "new/box"
    assert "broken probe" in record.words().en and record.by == "li"
    assert len(opened(folder).calibrations) == 2, "the old row is kept"


def test_a_replacement_that_cannot_measure_the_same_is_refused(folder: Path) -> None:
    source = newcomer("new/box", b'{"temperature": 19.5}')
    with pytest.raises(EditError) as refused:
        Register(folder).apply(
            ReplaceDevice(sensor="2B-H1", newcomer=source.id, reason="x"), opened(folder), source, "li", NOW
        )
    assert "humidity" in refused.value.words.en


def test_a_moved_device_takes_its_calibration_and_leaves_the_place(folder: Path) -> None:
    register = Register(folder)
    register.apply(
        Calibrate(sensor="2B-T1", on="2026-01-10", offset=0.2, due="2027-01-10"),
        opened(folder),
        None,
        "wang",
        NOW,
    )
    move = MoveDevice(sensor="2B-T1", zone="corridor-2", name_zh="走廊", name_en="Corridor", reason="works")
    applied = register.apply(move, opened(folder), None, "wang", NOW)
    after = opened(folder)
    assert "2B-T1" not in after.sensors and "2B-H1" not in after.sensors
    moved = after.sensors["corridor-2-temperature"]
    assert (moved.zone, moved.topic, moved.offset, moved.at) == ("corridor-2", "city/2b/t1", 0.2, None)
    kinds = [(record.kind, record.sensor) for record in applied.plan.records]
    assert ("sensor.moved_away", "2B-T1") in kinds and ("sensor.moved_in", "corridor-2-temperature") in kinds
    assert [p for p in load(folder, NOW).problems if p.file.endswith("calibrations.csv")] == []


def test_a_sensor_that_a_rule_names_cannot_be_moved_away_silently(folder: Path) -> None:
    rules = folder / "rules.toml"
    rules.write_text(
        rules.read_text("utf-8").replace('zone = "stack-2b", above', 'sensor = "2B-T1", above'), "utf-8"
    )
    move = MoveDevice(sensor="2B-T1", zone="corridor-2", name_zh="走廊", reason="works")
    with pytest.raises(EditError) as refused:
        Register(folder).apply(move, opened(folder), None, "wang", NOW)
    assert "2B-T1" in refused.value.words.en and "rules.toml" in refused.value.words.en


# --- calibrating --------------------------------------------------------------------------------------------


def test_calibrations_are_rows_that_stay_and_the_newest_counts(folder: Path) -> None:
    register = Register(folder)
    for on, offset, gain in (("2025-03-01", 0.5, 1.0), ("2026-03-01", -0.2, 1.01)):
        act = Calibrate(sensor="2B-T1", on=on, offset=offset, gain=gain, due="2027-03-01", by_whom="Lab")
        applied = register.apply(act, opened(folder), None, "wang", NOW)
    sensor = opened(folder).sensors["2B-T1"]
    assert (sensor.offset, sensor.gain) == (-0.2, 1.01)
    assert [row.offset for row in opened(folder).calibrations] == [0.5, -0.2]
    (record,) = applied.plan.records
    assert record.old["offset"] == "0.5" and record.new["offset"] == "-0.2" and record.new["done by"] == "Lab"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sensor": "2B-W1"}, "nothing to calibrate"),
        ({"sensor": "none"}, "no sensor"),
        ({"on": "2027-01-01"}, "future"),
        ({"on": "soon"}, "write the day"),
        ({"due": "2025-01-01"}, "due after"),
        ({"gain": 0.0}, "gain"),
    ],
)
def test_a_wrong_calibration_is_refused(folder: Path, change: dict[str, object], says: str) -> None:
    act = replace(Calibrate(sensor="2B-T1", on="2026-03-01", offset=0.1, due="2027-03-01"), **change)
    with pytest.raises(EditError) as refused:
        Register(folder).apply(act, opened(folder), None, "wang", NOW)
    assert says in refused.value.words.en
    assert not (folder / "calibrations.csv").exists()


def test_wrong_rows_of_the_csv_are_reported_with_their_line(folder: Path) -> None:
    (folder / "calibrations.csv").write_text(
        "sensor,date,offset,gain,due\n2B-T1,1 March,0.1,1,\n2B-T1,2026-03-01,warm,1,\n"
        "9Z-T1,2026-03-01,0.1,1,2027-01-01\n",
        "utf-8",
    )
    problems = [p for p in load(folder, NOW).problems if p.file.endswith("calibrations.csv")]
    assert {(p.line, p.severity) for p in problems} == {(2, "error"), (3, "error"), (4, "warning")}
    assert all(p.says.zh and p.write.en for p in problems)
