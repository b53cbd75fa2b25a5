"""What the engine starts with: the folder as it is, or the last good one with an alarm that says so."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ingest.memory import MemoryBroker, MemorySource
from sensors.model import Text
from strongroom import builtin
from strongroom.assemble import make_engine
from strongroom.clock import SetClock
from strongroom.core import Core
from strongroom.engine import Engine
from strongroom.model import Building
from strongroom.process import FolderError, building_of
from strongroom.settings import Settings
from tests.folders import NOW, changed, write


def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir(exist_ok=True)
    return Settings(building=tmp_path / "house", data=tmp_path / "data")


def test_a_folder_with_errors_gives_the_last_good_one_and_says_where_it_is_wrong(tmp_path: Path) -> None:
    chosen, said = settings(tmp_path), io.StringIO()
    write(chosen.building, {})
    good, trouble = building_of(chosen, NOW, said)
    assert trouble is None and said.getvalue() == ""
    write(chosen.building, changed("rules.toml", "above = 60", 'above = "sixty"'))
    used, trouble = building_of(chosen, NOW, said)
    assert used.revision == good.revision
    assert trouble is not None
    assert trouble.en.startswith("rules.toml:") and trouble.zh.startswith("rules.toml 第 ")
    assert good.revision in said.getvalue() and "sixty" in said.getvalue()


def test_a_folder_with_errors_and_nothing_before_it_is_refused(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    write(chosen.building, changed("rules.toml", "above = 60", 'above = "sixty"'))
    with pytest.raises(FolderError, match="sixty"):
        building_of(chosen, NOW, io.StringIO())


def test_running_on_an_earlier_folder_is_an_alarm_until_a_good_one_is_taken(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    write(chosen.building, {})
    building, _ = building_of(chosen, NOW, io.StringIO())
    wrong = Text("rules.toml 第 3 行：没有这种区域。", "rules.toml:3: there is no such kind of zone.")

    engine = begun(building, chosen.data, wrong)
    (alarm,) = [a for a in engine.core.annunciator.alarms.values() if a.rule == builtin.FOLDER]
    assert alarm.active and "rules.toml:3" in alarm.reason.en
    engine.turn(0.0)
    assert engine.committer.pump()
    engine.close()

    engine = begun(building, chosen.data, None)
    assert not [a for a in engine.core.annunciator.alarms.values() if a.rule == builtin.FOLDER and a.active]
    engine.close()


def begun(building: Building, data: Path, outdated: Text | None) -> Engine:
    clock = SetClock(NOW)

    def source(_core: Core) -> MemorySource:
        return MemorySource(MemoryBroker(10), ("#",), client_id="engine", now=clock.now)

    return make_engine(building, data, clock, source, outdated=outdated)
