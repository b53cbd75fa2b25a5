"""``strongroom journal show`` tells a person what was done, by whom, why, and when on the building's clock."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from alerts.acts import Acknowledge
from sensors.model import Text
from strongroom.cli import app
from strongroom.datadir import SITE_DB, keep_last_good
from strongroom.folder.load import load
from strongroom.journal import draft_act
from strongroom.model import Act
from strongroom.sitedb import Batch, SiteDb
from tests.folders import NOW, write


def test_show_says_what_and_why_in_the_buildings_time(tmp_path: Path) -> None:
    write(tmp_path / "house", {})
    building = load(tmp_path / "house", NOW).building
    assert building is not None
    data = tmp_path / "data"
    keep_last_good(building, data)
    base = SiteDb(data / SITE_DB)
    act = Act(id="a1", at=NOW, by="wang", what=Acknowledge(alarm="x"))
    base.commit(Batch(drafts=[draft_act(act, Text("没有这条警报。", "There is no such alarm."), NOW)]))
    base.close()
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["journal", "show", str(data)])
    assert result.exit_code == 0
    for part in ("Asia/Shanghai", "wang", "alarm.acknowledge", "没有这条警报。", "There is no such alarm."):
        assert part in result.output
