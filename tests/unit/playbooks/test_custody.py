"""From shelf to store and back: hands, crates, paper, two people at once, wet clocks, treatment, return."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.model import Refused
from playbooks import custody, salvage
from playbooks.acts import (
    Advance,
    ClearZone,
    CloseIncident,
    CloseZone,
    GiveBack,
    IncidentAct,
    Item,
    Move,
    Treat,
)
from playbooks.holdings.materials import MATERIALS, material_id, most_delicate
from playbooks.holdings.treatment import METHODS, forbidden
from playbooks.items import ItemState
from playbooks.model import Incident, IncidentEvent, StepState
from playbooks.response import Response
from tests.unit.playbooks import house

NOW = 1_790_000_000.0
MIN, H = 60.0, 3600.0
HOLDINGS = {
    **house.HOLDINGS,
    **{
        one.id: one
        for one in (
            house.holding("tapes", form="magnetic"),
            house.holding("plates", form="glass"),
            house.holding("album", form="paper", materials=("early-photo",)),
        )
    },
}


class Scene:
    """One running water incident with stack 2B released."""

    def __init__(self) -> None:
        self.response: Response = house.response(holdings=HOLDINGS)
        self.response.on_alarm(house.raised(house.alarm(), at=NOW), NOW)
        self.id = next(iter(self.response.incidents))
        self.do(ClearZone(incident=self.id, zone="2b", reason="power off"), "wang", 60)

    @property
    def incident(self) -> Incident:
        return self.response.incidents[self.id]

    def do(self, act: IncidentAct, by: str = "li", after: float = 100) -> list[str]:
        """What happened, as kinds; a refusal as its English sentence."""
        out = self.response.on_act(act, by, NOW + after, {})
        return [one.reason.en if isinstance(one, Refused) else one.kind for one in out]

    def tick(
        self, holding: str, state: str, by: str = "li", after: float = 100, **facts: object
    ) -> list[str]:
        return self.do(Item(incident=self.id, holding=holding, state=state, **facts), by, after)  # type: ignore[arg-type]

    def item(self, holding: str) -> ItemState:
        return self.incident.items[holding]


@pytest.fixture
def scene() -> Scene:
    return Scene()


# --- hand by hand -------------------------------------------------------------------------------------------


def test_every_hand_has_who_when_from_to_condition_and_receiver(scene: Scene) -> None:
    scene.tick("deeds", "out", "li", 100, condition="wet", crate="k7")
    scene.tick("deeds", "arrived", "zhao", 200, received_by="zhao")
    scene.do(
        Move(incident=scene.id, holdings=("deeds",), to="freezer", received_by="wang", note="van 2"),
        "li",
        400,
    )
    first, second, third = scene.item("deeds").hands
    assert (first.act, first.by, first.at, first.origin, first.to) == (
        "out",
        "li",
        NOW + 100,
        "2b 1-1",
        "park",
    )
    assert (first.condition, first.crate) == ("wet", "K7")
    assert (second.act, second.by, second.receiver, second.origin) == ("arrived", "zhao", "zhao", "park")
    assert (third.act, third.to, third.receiver, third.note) == ("moved", "freezer", "wang", "van 2")
    assert scene.item("deeds").received_at == NOW + 200, "the assembly point is the first receipt"


def test_what_is_out_and_not_received_is_missing_longest_first(scene: Scene) -> None:
    scene.tick("annals", "out", "li", 200)
    scene.tick("deeds", "out", "wang", 100)
    assert [one.holding for one in custody.missing(scene.incident)] == ["deeds", "annals"]
    assert custody.missing(scene.incident)[0].by == "wang"
    scene.tick("deeds", "arrived", "zhao", 300)
    assert [one.holding for one in custody.missing(scene.incident)] == ["annals"]


def test_a_crate_arrives_and_moves_with_everything_in_it(scene: Scene) -> None:
    scene.tick("deeds", "out", crate="SR K7")
    scene.tick("annals", "out", crate="srk7")
    assert custody.crates(scene.incident) == {"SRK7": ("annals", "deeds")}
    assert scene.do(
        Move(incident=scene.id, crate="http://host/rescue?crate=srk7", to="park"), "zhao", 300
    ) == ["incident.moved"]
    assert {scene.item(one).state for one in ("deeds", "annals")} == {"arrived"}
    assert custody.missing(scene.incident) == ()
    assert scene.do(Move(incident=scene.id, crate="X1", to="park"), "zhao", 301) == [
        "Nothing is recorded in crate X1."
    ]
    assert scene.do(Move(incident=scene.id, crate="srk7", to="park", received_by="zhao"), "zhao", 310) == []


def test_an_entry_from_paper_keeps_both_times(scene: Scene) -> None:
    scene.tick("deeds", "out", "wang", 1000, at=NOW + 90, who="Old Zhang")
    item = scene.item("deeds")
    assert (item.out_at, item.at, item.said_at) == (NOW + 90, NOW + 90, NOW + 1000)
    assert (item.hands[0].by, item.hands[0].said_by) == ("Old Zhang", "wang")
    said = scene.response.on_act(
        Item(incident=scene.id, holding="annals", state="out", at=NOW + 100), "wang", NOW + 1300, {}
    )[0]
    assert isinstance(said, IncidentEvent)
    assert said.at == NOW + 1300 and "20 min ago" in said.reason.en


def test_news_from_paper_about_earlier_turns_nothing_back(scene: Scene) -> None:
    scene.tick("deeds", "arrived", "zhao", 500)
    assert scene.tick("deeds", "out", "wang", 900, at=NOW + 200, who="li", condition="damp") == [
        "incident.item"
    ]
    item = scene.item("deeds")
    assert item.state == "arrived"
    assert [hand.act for hand in item.hands] == ["out", "arrived"]
    assert (item.out_at, item.out_by) == (NOW + 200, "li")
    assert scene.tick("deeds", "out", "wang", 950, at=NOW + 200, who="li", condition="damp") == []


def test_times_that_cannot_be_are_refused_or_cut_to_now(scene: Scene) -> None:
    assert "before the incident began" in scene.tick("deeds", "out", at=NOW - 2 * 86_400)[0]
    scene.tick("deeds", "out", after=100, at=NOW + 5000)
    assert scene.item("deeds").at == NOW + 100
    assert "condition is one of" in scene.tick("annals", "out", condition="soggy")[0]


# --- two people ------------------------------------------------------------------------------------------------


def test_the_same_tick_twice_is_once_and_another_person_is_told(scene: Scene) -> None:
    assert scene.tick("deeds", "out", "li", 100, was="waiting") == ["incident.item"]
    before = scene.incident
    assert scene.tick("deeds", "out", "li", 101, was="waiting") == []
    assert "Li Qiang has marked it out already" in scene.tick("deeds", "out", "zhao", 102, was="waiting")[0]
    assert scene.incident == before


def test_a_tick_on_a_stale_screen_changes_nothing_and_says_why(scene: Scene) -> None:
    scene.tick("deeds", "out", "li", 100, was="waiting")
    why = scene.tick("deeds", "cannot", "zhao", 110, was="waiting", note="jammed")[0]
    assert "meanwhile Li Qiang marked it out" in why and "was not taken" in why
    assert scene.item("deeds").state == "out"
    assert scene.tick("deeds", "arrived", "zhao", 120, was="out") == ["incident.item"]


def test_ticks_kept_offline_arrive_in_order_and_stand(scene: Scene) -> None:
    scene.tick("deeds", "out", "li", 900, was="waiting", at=NOW + 100)
    scene.tick("deeds", "arrived", "li", 901, was="out", at=NOW + 400)
    item = scene.item("deeds")
    assert (item.state, item.out_at, item.received_at) == ("arrived", NOW + 100, NOW + 400)


def test_an_arrival_is_undone_one_step_but_not_after_it_was_handed_on(scene: Scene) -> None:
    scene.tick("deeds", "out", "li", 100)
    scene.tick("deeds", "arrived", "zhao", 200, was="out")
    assert scene.tick("deeds", "out", "zhao", 210, was="arrived") == ["incident.item"]
    assert [hand.act for hand in scene.item("deeds").hands] == ["out"]
    assert [one.holding for one in custody.missing(scene.incident)] == ["deeds"]
    scene.tick("deeds", "arrived", "zhao", 220, was="out")
    scene.do(Move(incident=scene.id, holdings=("deeds",), to="freezer", received_by="wang"), "zhao", 300)
    assert "handed on" in scene.tick("deeds", "out", "zhao", 310, was="arrived")[0]


# --- wet clocks ------------------------------------------------------------------------------------------------


def test_the_clock_runs_from_the_alarm_to_the_shorter_window(scene: Scene) -> None:
    scene.tick("deeds", "out", after=10 * MIN, wet=True)
    scene.tick("album", "out", after=10 * MIN, condition="damp")
    scene.tick("annals", "out", after=10 * MIN, condition="dry")
    now = NOW + 12 * H
    found = salvage.clocks(scene.incident, scene.response.site, now)
    assert [one.holding for one in found] == ["album", "deeds"], (
        "the most urgent first; dry ones have no clock"
    )
    assert found[0].level == "over" and found[0].window_h == 0.25
    assert found[1].level == "running" and found[1].left_s == pytest.approx(36 * H)
    assert salvage.clocks(scene.incident, scene.response.site, NOW + 37 * H)[1].level == "soon"


def test_freezing_stops_the_clock_and_thawing_starts_it_afresh(scene: Scene) -> None:
    scene.tick("deeds", "out", wet=True)
    scene.do(Treat(incident=scene.id, holdings=("deeds",), what="freeze"), after=20 * H)
    assert salvage.clocks(scene.incident, scene.response.site, NOW + 90 * H)[0].level == "safe"
    scene.do(Treat(incident=scene.id, holdings=("deeds",), what="thaw"), after=240 * H)
    (one,) = salvage.clocks(scene.incident, scene.response.site, NOW + 241 * H)
    assert one.level == "running" and one.left_s == pytest.approx(47 * H)


@pytest.mark.parametrize("holding", ["tapes", "plates", "album"])
def test_what_freezing_destroys_is_never_frozen(scene: Scene, holding: str) -> None:
    scene.tick(holding, "out", wet=True)
    (why,) = scene.do(Treat(incident=scene.id, holdings=(holding,), what="freeze"))
    assert why.endswith("freezing destroys it.")
    assert scene.item(holding).care == ()
    assert not salvage.may_be_given("freeze", HOLDINGS[holding])


def test_one_forbidden_holding_keeps_the_whole_crate_out_of_the_freezer(scene: Scene) -> None:
    scene.tick("deeds", "out", wet=True, crate="K7")
    scene.tick("tapes", "out", wet=True, crate="K7")
    assert scene.do(Treat(incident=scene.id, crate="K7", what="freeze"))[0].startswith("tapes:")
    assert scene.item("deeds").safe == ""


@pytest.mark.parametrize("pct", [None, 12.0, -1.0])
def test_dry_is_measured_and_not_felt(scene: Scene, pct: float | None) -> None:
    scene.tick("deeds", "out", wet=True)
    (why,) = scene.do(Treat(incident=scene.id, holdings=("deeds",), what="dry", moisture_pct=pct))
    assert "at most 8 %" in why
    assert scene.do(Treat(incident=scene.id, holdings=("deeds",), what="dry", moisture_pct=7.5)) == [
        "incident.treated"
    ]
    assert scene.item("deeds").safe == "dry"


def test_mould_must_be_looked_at_again_before_it_counts_as_dry(scene: Scene) -> None:
    scene.tick("deeds", "out", wet=True)
    scene.do(Treat(incident=scene.id, holdings=("deeds",), what="mould", note="green"), after=60 * H)
    assert salvage.clocks(scene.incident, scene.response.site, NOW + 61 * H)[0].look
    dry = Treat(incident=scene.id, holdings=("deeds",), what="dry", moisture_pct=7.0)
    assert "there is mould" in scene.do(dry, after=62 * H)[0]
    scene.do(Treat(incident=scene.id, holdings=("deeds",), what="checked"), after=63 * H)
    assert scene.do(dry, after=64 * H) == ["incident.treated"]


def test_time_says_once_that_a_window_is_nearly_over_and_once_that_it_is(scene: Scene) -> None:
    scene.tick("deeds", "arrived", "zhao", 100, wet=True)
    due = scene.response.next_due()
    assert due is not None
    said: list[tuple[float, str]] = []
    for hours in range(1, 60):
        for one in scene.response.tick(NOW + hours * H):
            if one.kind == "incident.wet_clock":  # type: ignore[union-attr]
                said.append((hours, one.reason.en))  # type: ignore[union-attr]
    assert [hours for hours, _ in said] == [36, 48]
    assert "nearly over" in said[0][1] and "treat it now" in said[1][1]


def test_a_second_tap_on_a_treatment_is_one_treatment(scene: Scene) -> None:
    scene.tick("deeds", "out", wet=True)
    scene.do(Treat(incident=scene.id, holdings=("deeds",), what="air-dry"), after=200)
    assert scene.do(Treat(incident=scene.id, holdings=("deeds",), what="air-dry"), after=203) == []
    assert len(scene.item("deeds").care) == 1


# --- back on the shelf, and only then closed -----------------------------------------------------------------


def test_the_run_stays_stable_until_everything_is_back(scene: Scene) -> None:
    scene.tick("deeds", "arrived", "zhao", 100, wet=True)
    scene.tick("annals", "covered", "li", 100)
    scene.do(Advance(incident=scene.id, state="recovering"), "wang", 2 * H)
    back = GiveBack(incident=scene.id, holdings=("deeds",))
    assert "not measured dry" in scene.do(back, "li", 3 * H)[0]
    scene.do(Treat(incident=scene.id, holdings=("deeds",), what="dry", moisture_pct=6.5), "li", 100 * H)
    scene.do(CloseZone(incident=scene.id, zone="2b", reason="floor wet"), "li", 101 * H)
    assert "is not released" in scene.do(back, "li", 102 * H)[0]
    scene.do(ClearZone(incident=scene.id, zone="2b", reason="dry and aired"), "wang", 103 * H)
    assert (
        "it is wet"
        in scene.do(GiveBack(incident=scene.id, holdings=("deeds",), condition="damp"), "li", 104 * H)[0]
    )
    assert custody.away(scene.incident) == ("annals", "deeds")
    assert scene.do(back, "li", 105 * H) == ["incident.returned"]
    last = scene.do(GiveBack(incident=scene.id, holdings=("annals",)), "li", 106 * H)
    assert last == ["incident.returned", "incident.returned"], "and that everything is back"
    assert custody.away(scene.incident) == ()
    assert scene.item("deeds").hands[-1].to == "1-1"


def test_closing_waits_for_the_last_box_unless_it_is_signed(scene: Scene) -> None:
    scene.tick("deeds", "arrived", "zhao", 100)
    ready = _all_done(scene)
    shut = CloseIncident(incident=ready.id, note="done")
    assert "Not back on the shelf: 1 (deeds)" in scene.do(shut, "wang", 300)[0]
    signed = CloseIncident(incident=ready.id, note="deeds go to the new building", override=True)
    assert scene.do(signed, "wang", 301) == ["incident.closed"]


def _all_done(scene: Scene) -> Incident:
    done = {id_: StepState(state="done", by="wang", at=NOW) for id_ in scene.incident.steps}
    ready = replace(scene.incident, steps=done, sources=dict.fromkeys(scene.incident.alarms, "normal"))
    scene.response.restore(ready)
    return ready


def test_a_specialist_gives_back_with_a_word_and_a_new_place_needs_no_release(scene: Scene) -> None:
    scene.tick("tapes", "arrived", "zhao", 100, wet=True)
    assert "Which specialist" in scene.do(Treat(incident=scene.id, holdings=("tapes",), what="specialist"))[0]
    scene.do(Treat(incident=scene.id, holdings=("tapes",), what="specialist", note="Tape Lab, receipt 12"))
    assert scene.item("tapes").safe == "specialist"
    plain = GiveBack(incident=scene.id, holdings=("tapes",))
    assert "not measured dry" in scene.do(plain)[0]
    scene.do(CloseZone(incident=scene.id, zone="2b", reason="works"))
    told = GiveBack(
        incident=scene.id, holdings=("tapes",), note="cleaned and copied", place="store 3, shelf 9"
    )
    assert "incident.returned" in scene.do(told)
    assert scene.item("tapes").to == "store 3, shelf 9"


# --- data ------------------------------------------------------------------------------------------------------


def test_every_material_has_steps_in_both_languages_and_a_source() -> None:
    assert set(METHODS) == {material.id for material in MATERIALS}
    for material in MATERIALS:
        way = METHODS[material.id]
        assert way.steps and way.source
        assert all(step.zh and step.en for step in (*way.steps, *way.never.values()))
        assert ("freeze" in way.never) == material.never_freeze, material.id
        assert bool(forbidden("freeze", material.id)) == material.never_freeze


@pytest.mark.parametrize(
    ("word", "material", "may_freeze"),
    [
        ("玻璃干版", "glass", False),
        ("glass negatives", "glass", False),
        ("湿版", "early-photo", False),
        ("wet collodion", "early-photo", False),
        ("tintype", "early-photo", False),
        ("蛋白照片", "photo", True),  # albumen and collodion paper prints: 48 h, like silver gelatin
        ("collodion-paper", "photo", True),
        ("彩色照片", "photo", True),
        ("carbon print", "pigment-print", True),  # freeze or dry at once
        ("dye transfer", "dye-transfer", True),
        ("录音带", "magnetic", False),
        ("底片", "film", True),
    ],
)
def test_photographs_are_told_apart_by_their_process(word: str, material: str, may_freeze: bool) -> None:
    found = material_id(word)
    assert found == material
    assert (forbidden("freeze", material) is None) == may_freeze
    assert most_delicate("photo", (material,)).wet_h <= 48.0


def test_an_unnamed_negative_may_be_glass_and_the_first_step_says_so() -> None:
    assert "never frozen" in METHODS["film"].steps[0].en
    assert forbidden("freeze", "film", ("glass",)) is not None
