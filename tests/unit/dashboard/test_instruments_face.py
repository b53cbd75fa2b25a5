"""The setup page's part about instruments: what is unknown, what is due, what is out, and who may change it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from dashboard.acts import NotAllowedError, act_of
from dashboard.faces import chrome, setup
from dashboard.scene import Scene
from sensors.newcomer import Dismissed, nature_of
from strongroom.instruments.acts import AdoptDevice, Calibrate, DismissDevice, SensorOut
from strongroom.model import Building
from tests.fakes import house, strangers
from tests.fakes.world import make_world, scene, viewer


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def acts_in(html: str) -> set[str]:
    found = re.findall(r'data-act="([^"]*)"', html)
    return {json.loads(text.replace("&quot;", '"'))["type"] for text in found}


def page(tmp_path: Path, role: str = "coordinator", language: str = "en", *, empty: bool = False) -> str:
    here = make_world(tmp_path, house.board() if empty else strangers.troubled(house.board()))
    at = scene(here, role, language, "setup")
    if not empty:
        at = _with(at, strangers.equipped(house.BUILDING, house.NOW))
    return setup.face(at, newcomers=[] if empty else strangers.newcomers(house.NOW))


def _with(at: Scene, building: Building) -> Scene:
    at.building = building
    return at


def test_an_unknown_device_is_shown_with_what_it_says_and_can_be_registered(tmp_path: Path) -> None:
    html = page(tmp_path)
    words = text_of(html)
    assert "SJCGQ11LM" in words and "zigbee2mqtt/attic-leak" in words
    assert "Water dry" in words and "Battery 97" in words and "Temperature 18.5" in words
    assert "3 messages" in words and "about every" in words
    assert {"device.adopt", "device.replace"} <= acts_in(html)


@pytest.mark.parametrize(("language", "words"), [("zh", "于"), ("en", "dismissed by")])
def test_a_device_is_dismissed_with_a_reason_and_who_did_it_stays_to_be_seen(
    tmp_path: Path, language: str, words: str
) -> None:
    html = page(tmp_path, language=language)
    assert html.count("device.dismiss&quot;") == 3, "also what cannot be read"
    found = strangers.newcomers(house.NOW)
    gone = replace(
        found[0], dismissed=Dismissed("li", house.NOW - 60, "<i>neighbour</i>", nature_of(found[0]))
    )
    here = make_world(tmp_path / "b", house.board())
    html = setup.face(scene(here, "coordinator", language, "setup"), newcomers=[*found[1:], gone])
    assert html.count("device.dismiss&quot;") == 2 and html.count("device.recall&quot;") == 1
    assert words in text_of(html) and "&lt;i&gt;neighbour" in html
    payload = {"type": "device.dismiss", "newcomer": gone.id, "reason": "neighbour"}
    assert asked(tmp_path / "c", payload) == DismissDevice(newcomer=gone.id, reason="neighbour")
    with pytest.raises(NotAllowedError):
        asked(tmp_path / "d", payload, "archivist")


def test_what_cannot_be_read_says_why_and_hostile_names_stay_words(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "not JSON" in text_of(html) and "{&#x27;t&#x27;: 20" in html
    assert "4321 more sources are not listed" in text_of(html)


def test_calibrations_say_what_is_due_and_what_has_ended(tmp_path: Path) -> None:
    words = text_of(page(tmp_path))
    assert "-0.3 °C · K-2025-114" in words and "ended: counts as unwatched" in words
    assert "× 1.02 +1.2 %RH · K-2025-115" in words and re.search(r"2[56] days left", words)
    assert "measuring sensors no calibration is on record" in words


def test_out_of_service_names_owner_reason_and_end(tmp_path: Path) -> None:
    html = page(tmp_path)
    assert re.search(
        r"taken out of service by Wang Fang until \d\d-\d\d \d\d:\d\d: cable torn", text_of(html)
    )
    assert {"sensor.in_service", "sensor.out_of_service"} <= acts_in(html)


def test_a_sensor_out_of_service_is_not_counted_as_reporting(tmp_path: Path) -> None:
    board = strangers.troubled(house.board())
    words = text_of(chrome.banner(scene(make_world(tmp_path, board), language="en")))
    assert "9/10" in words and "All normal" not in words


def test_what_is_out_or_uncalibrated_counts_as_unwatched(tmp_path: Path) -> None:
    words = text_of(page(tmp_path))
    assert "overdue for calibration" in words
    assert re.search(r"out of service by Wang Fang until [^:]+:\d\d: cable torn", words)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_empty_states_are_sentences(tmp_path: Path, language: str) -> None:
    words = text_of(page(tmp_path, language=language, empty=True))
    wanted = {
        "zh": ("没有听到未登记的设备", "没有登记有期限的校准", "没有停用的传感器"),
        "en": (
            "No unregistered device was heard",
            "No calibration with an end",
            "No sensor and no rule is out",
        ),
    }[language]
    for sentence in wanted:
        assert sentence in words


@pytest.mark.parametrize("role", ["viewer", "helper", "archivist"])
def test_the_inbox_is_for_those_who_may_change_instruments(tmp_path: Path, role: str) -> None:
    html = page(tmp_path, role)
    assert "attic-leak" not in html
    assert not any(name.startswith(("device.", "sensor.")) for name in acts_in(html))


def asked(tmp_path: Path, payload: dict[str, object], role: str = "coordinator") -> object:
    here = make_world(tmp_path, house.board())
    facts = {"id": "12345678", **payload}
    return act_of(facts, viewer(here, role), house.BUILDING, house.board(), house.NOW).what


def test_what_a_form_sends_becomes_an_act(tmp_path: Path) -> None:
    adopt = {
        "type": "device.adopt",
        "newcomer": "N1",
        "zone": "stack-2b",
        "name_zh": "墙",
        "name_en": "",
        "stem": "",
    }
    assert asked(tmp_path, {**adopt, "template": ""}) == AdoptDevice(
        newcomer="N1", zone="stack-2b", name_zh="墙"
    )
    done = {"type": "device.calibrate", "sensor": "2B-T1", "on": "2026-03-01", "offset": -0.3, "gain": 1}
    assert asked(tmp_path, done) == Calibrate(sensor="2B-T1", on="2026-03-01", offset=-0.3)
    out = {"type": "sensor.out_of_service", "sensor": "2B-W1", "for_min": 60, "reason": "cable"}
    expected = SensorOut(sensor="2B-W1", until_at=house.NOW + 3600.0, reason="cable")
    assert asked(tmp_path, out) == expected


@pytest.mark.parametrize("role", ["viewer", "helper", "archivist"])
def test_others_are_refused_by_the_server(tmp_path: Path, role: str) -> None:
    with pytest.raises(NotAllowedError):
        asked(tmp_path, {"type": "sensor.in_service", "sensor": "2B-W1"}, role)
