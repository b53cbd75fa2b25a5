"""A water night to its end: list, crews, crates, wet clocks, return - with the engine killed in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playbooks import custody, salvage
from playbooks.acts import Item
from playbooks.measures import measure
from playbooks.model import Incident
from strongroom.core import Core
from strongroom.model import Act
from strongroom.rehearse import Rehearsal, record_of
from strongroom.sitedb import SiteDb

Open = Callable[[], Rehearsal]
HOUR = 3600.0


def incident(rehearsal: Rehearsal) -> Incident:
    (found,) = rehearsal.engine.core.response.incidents.values()
    return found


def must(rehearsal: Rehearsal, person: str, *does: str) -> None:
    """Each act is done; a refusal fails with its sentence."""
    for words in does:
        why = rehearsal.do(person, words)
        assert why is None, f"{words}: {why.en if why else ''}"
        rehearsal.run(5)


def to_the_assembly_point(house: Open) -> Rehearsal:
    """Until everything that could be saved is out, packed and half received."""
    rehearsal = house()
    rehearsal.show("2B-W1", "wet")
    rehearsal.run(10)
    must(rehearsal, "wang", "acknowledge water-in-stack", "step power", "step source pipe", "step valve")
    must(rehearsal, "chen", "clear stack-2b power off and floor safe", "clear stack-2a dry")
    plan = incident(rehearsal).plan
    assert plan is not None and plan.trips, "the list is there as soon as the zone is cleared"
    must(rehearsal, "wang", "go-in stack-2b wang li", "out J001-003", "wet J001-003", "pack A01 J001-003")
    must(rehearsal, "li", "out P001", "wet P001", "covered J014-020", "out M001", "wet M001")
    return rehearsal


def test_from_the_alarm_to_the_last_box_back_on_its_shelf_with_a_kill_in_the_middle(house: Open) -> None:
    rehearsal = to_the_assembly_point(house)
    assert [one.holding for one in custody.missing(incident(rehearsal))] == ["J001-003", "P001", "M001"]

    before = incident(rehearsal)
    rehearsal.restart()
    rehearsal.run(2)
    assert incident(rehearsal) == before, "custody, crates and clocks are what they were"

    must(
        rehearsal,
        "chen",
        "move A01 car-park chen",
        "arrived P001",
        "arrived M001",
        "come-out wang",
        "come-out li",
    )
    assert custody.missing(incident(rehearsal)) == ()
    hands = incident(rehearsal).items["J001-003"].hands
    assert [(hand.act, hand.by, hand.receiver) for hand in hands] == [
        ("out", "wang", ""),
        ("arrived", "chen", "chen"),
    ]
    assert hands[0].origin == "stack-2b 排3架2层5"

    rehearsal.show("2B-W1", "dry")
    rehearsal.run(60)
    must(rehearsal, "wang", "reset water-in-stack", "step cover")
    must(rehearsal, "chen", "advance contained", "advance recovering")
    why = rehearsal.do("chen", "close all dry")
    assert why is not None and "Not back on the shelf: 4" in why.en, "the run stays stable"

    why = rehearsal.do("wang", "treat M001 freeze")
    assert why is not None and "freezing destroys it" in why.en
    must(
        rehearsal,
        "wang",
        "treat M001 specialist Tape-Lab receipt 12",
        "treat P001 air-dry",
        "move A01 freezer chen",
        "treat A01 freeze",
    )
    clocks = salvage.clocks(incident(rehearsal), rehearsal.engine.core.response.site, rehearsal.clock.now())
    assert [(one.holding, one.level) for one in clocks] == [
        ("P001", "running"),
        ("J001-003", "safe"),
        ("M001", "safe"),
    ]

    rehearsal.run(40 * HOUR, step_s=60.0)
    said = [entry for entry in rehearsal.entries() if entry.kind == "incident.wet_clock"]
    assert len(said) == 1, "photographs on the air-drying table: the last quarter of 48 h"
    rehearsal.restart()
    rehearsal.run(HOUR, step_s=60.0)
    assert len([e for e in rehearsal.entries() if e.kind == "incident.wet_clock"]) == 1, (
        "said once, also after a kill"
    )

    must(rehearsal, "wang", "treat P001 dry 6.5", "treat J001-003 freeze-dry")
    why = rehearsal.do("wang", "back J001-003")
    assert why is not None and "not measured dry" in why.en
    must(rehearsal, "wang", "treat J001-003 dry 7.1", "back J001-003", "back P001")
    must(rehearsal, "wang", "back M001 cleaned and copied by the laboratory")
    assert custody.away(incident(rehearsal)) == ("J014-020",), "what is covered must be uncovered too"
    must(rehearsal, "wang", "back J014-020")
    must(rehearsal, "chen", "close everything is back")
    ended = incident(rehearsal)
    assert ended.state == "closed"
    assert {item.state for item in ended.items.values()} == {"returned"}
    assert ended.items["J001-003"].to == "排3架2层5"


def test_the_fold_of_the_journal_knows_every_hand(house: Open, tmp_path: Path) -> None:
    rehearsal = to_the_assembly_point(house)
    must(rehearsal, "chen", "move A01 car-park chen", "treat J001-003 keep-wet")
    db = SiteDb(tmp_path / "data" / "site.db")
    again = Core(
        rehearsal.building,
        rehearsal.clock.now(),
        latest=db.latest(),
        rule_states=db.rule_states(),
        journal=db.entries(),
    )
    assert again.response.incidents == rehearsal.engine.core.response.incidents


def test_two_crews_tick_at_once_and_the_slower_is_told_not_overruled(house: Open) -> None:
    rehearsal = to_the_assembly_point(house)
    core, now = rehearsal.engine.core, rehearsal.clock.now()
    here = incident(rehearsal).id

    def tick(number: int, by: str, state: str, was: str) -> str:
        what = Item(incident=here, holding="J001-003", state=state, was=was, note="x")  # type: ignore[arg-type]
        why = core.act(Act(id=f"phone-{by}-{number}", at=now, by=by, what=what), now)
        return why.en if why else ""

    assert tick(1, "chen", "arrived", "out") == ""
    assert "meanwhile Chen Jing marked it arrived" in tick(2, "li", "cannot", "out")
    assert "Chen Jing has marked it arrived already" in tick(3, "li", "arrived", "out")
    assert incident(rehearsal).items["J001-003"].state == "arrived"


def test_the_record_measures_custody_and_order(house: Open) -> None:
    rehearsal = to_the_assembly_point(house)
    found = measure(record_of(rehearsal.entries()), rehearsal.clock.now())
    assert found.custody_open == ("J001-003", "M001", "P001")
    assert (found.items_out, found.items_covered) == (3, 1)
