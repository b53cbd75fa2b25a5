"""The doctor sees a narrow window, a missing broker, a network disk - and leaves nothing behind."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ingest.messages import BrokerAddress
from strongroom import doctor
from strongroom.clock import SystemClock
from strongroom.settings import Secret, Settings
from tests.brokers import Mosquitto
from tests.ports import free_port


@pytest.fixture
def brokers() -> Iterator[list[Mosquitto]]:
    made: list[Mosquitto] = []
    yield made
    for one in made:
        one.close()


def settings(tmp_path: Path, address: BrokerAddress) -> Settings:
    return Settings(building=tmp_path / "none", data=tmp_path / "data", broker=address)


def test_a_wide_window_is_well_and_a_narrow_one_is_warned_of(
    tmp_path: Path, brokers: list[Mosquitto]
) -> None:
    for window, grade in ((0, "ok"), (20, "warning")):
        one = Mosquitto(window=window)
        brokers.append(one)
        finding = doctor.broker(settings(tmp_path, one.start()), SystemClock())
        assert finding.grade == grade, finding
        assert ("20 messages" in finding.words.en) == (window == 20)
        assert ("max_inflight_messages 0" in finding.remedy.en) == (window == 20)


def test_a_missing_broker_and_a_refused_password(tmp_path: Path, brokers: list[Mosquitto]) -> None:
    finding = doctor.broker(settings(tmp_path, BrokerAddress(port=free_port())), SystemClock())
    assert (finding.grade, "firewall" in finding.remedy.en) == ("problem", True)
    one = Mosquitto(users={"engine": "right"})
    brokers.append(one)
    port = one.start().port
    wrong = BrokerAddress(port=port, username="engine", password="guess")
    finding = doctor.broker(settings(tmp_path, wrong), SystemClock())
    assert finding.grade == "problem"
    assert "does not let us in" in finding.words.en
    assert "guess" not in str(finding)


def test_the_disk_is_tried_and_a_network_disk_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = settings(tmp_path, BrokerAddress())
    assert doctor.disk(here, SystemClock()).grade in {"ok", "warning"}
    assert list(here.data.iterdir()) == []
    monkeypatch.setattr(doctor, "file_system", lambda _path: "nfs4")
    assert "network file system (nfs4)" in doctor.disk(here, SystemClock()).words.en
    (tmp_path / "file").write_text("")
    wrong = msgspec.structs.replace(here, data=tmp_path / "file" / "below")
    assert doctor.disk(wrong, SystemClock()).grade == "problem"


def test_the_file_system_is_the_deepest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/x / ext4 rw 0 0\nserver:/y {tmp_path} nfs4 rw 0 0\nbroken line\n")
    assert doctor.file_system(tmp_path / "a" / "b", mounts) == "nfs4"
    assert doctor.file_system(Path("/"), mounts) == "ext4"
    assert doctor.file_system(Path("/"), tmp_path / "none") == ""


def test_an_engine_that_never_ran_and_a_broken_database(tmp_path: Path) -> None:
    here = settings(tmp_path, BrokerAddress())
    assert "has not run yet" in doctor.engine(here, SystemClock()).words.en
    here.data.mkdir()
    (here.data / "site.db").write_bytes(b"not a database" * 100)
    with pytest.raises(sqlite3.Error):
        sqlite3.connect(here.data / "site.db").execute("SELECT 1 FROM board")
    assert doctor.engine(here, SystemClock()).grade == "warning"


def test_no_channel_is_a_problem_outside_a_demonstration(tmp_path: Path) -> None:
    here = settings(tmp_path, BrokerAddress())
    assert doctor.sender(here).grade == "problem"
    assert doctor.sender(msgspec.structs.replace(here, sender="paper")).grade == "warning"
    assert doctor.sender(msgspec.structs.replace(here, sender="paper", demo=True)).grade == "ok"


def test_mail_or_another_channel_alone_reaches_people_too(tmp_path: Path) -> None:
    here = settings(tmp_path, BrokerAddress())
    with_mail = doctor.sender(msgspec.structs.replace(here, smtp=Secret("smtp://u:p@mail.example:587")))
    assert (with_mail.grade, with_mail.words.en) == ("ok", "set up: mail")
    with_chat = doctor.sender(msgspec.structs.replace(here, channels={"wecom": Secret("wecombot://key")}))
    assert (with_chat.grade, with_chat.words.zh) == ("ok", "已设置：wecom")


def test_every_look_speaks_both_languages_and_none_raises(tmp_path: Path) -> None:
    here = settings(tmp_path, BrokerAddress(port=free_port()))
    found = doctor.examine(here, SystemClock())
    assert len(found) == 8
    assert all(one.about.zh and one.about.en and one.words.zh and one.words.en for one in found)
    assert all(one.remedy.zh and one.remedy.en for one in found if one.grade != "ok")
