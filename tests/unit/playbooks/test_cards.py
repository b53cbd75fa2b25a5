"""Printed cards: order, escaping, secrecy, what every sheet must bear."""

from __future__ import annotations

import re

from msgspec.structs import replace

from playbooks import triage
from playbooks.cards import contact_list, entry_log, inventory, playbook_card, priority_cards, zone_list
from playbooks.model import Playbook, Step
from playbooks.paper import Stamp
from sensors.model import Text
from tests.unit.playbooks import house

STAMP = Stamp(site=Text("市档案馆", "City Archive"), revision="7f3a", printed_on="2026-11-23")
EVIL = '<script>alert(1)</script>"onload="x'


def test_one_sheet_a_holding_in_the_given_order_with_place_people_cover_and_revision() -> None:
    chosen = [house.HOLDINGS["deeds"], house.HOLDINGS["annals"]]
    html = priority_cards(chosen, house.ZONES, STAMP, assembly=Text("停车场", "Car park"))
    assert html.count('<section class="page a5">') == 2
    assert html.index("案卷 deeds") < html.index("案卷 annals")
    for words in (
        "一级",
        "二层 B 库",
        "盖防水布",
        "2 ",
        "6 kg × 1",
        "停车场",
        "7f3a",
        "2026-11-23",
        "1/2",
        "<svg",
    ):
        assert words in html, words
    assert "size:A5 landscape" in html
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", html)  # nothing is loaded from elsewhere


def test_everything_of_the_operator_is_escaped() -> None:
    bad = house.holding(
        "deeds", title=EVIL, place=EVIL, tools=EVIL, handling=Text(EVIL, EVIL), keys=EVIL, to=EVIL
    )
    zone = replace(house.ZONES["2b"], name=Text(EVIL, EVIL), hazards=(EVIL,))
    stamp = replace(STAMP, site=Text(EVIL, EVIL), revision=EVIL)
    plan = Playbook(id="x", title=Text(EVIL, EVIL), threat="fire", stop_when=Text(EVIL, EVIL),
                    steps=(Step(id="a", do=Text(EVIL, EVIL), who=EVIL, by_heart=True),))  # fmt: skip
    person = replace(house.PEOPLE["li"], name=Text(EVIL, EVIL), phone=EVIL, roles=(EVIL,))
    ranking = triage.rank([bad], "water", {"2b": 0.0})
    for html in (
        priority_cards([bad], {"2b": zone}, stamp, photos={"deeds": EVIL}),
        zone_list(zone, {"deeds": bad}, ranking, stamp),
        playbook_card(plan, stamp),
        contact_list([person], [(Text(EVIL, EVIL), EVIL)], stamp),
        entry_log(stamp),
        inventory(stamp),
    ):
        assert "<script" not in html
        assert '"onload="' not in html


def test_secret_titles_stay_inside_the_house() -> None:
    secret = house.holding("s1", title="绝密名单", secrecy="机密")
    inside = priority_cards([secret], house.ZONES, STAMP)
    outside = priority_cards(
        [secret], house.ZONES, replace(STAMP, for_outside=True), photos={"s1": "名单.jpg"}
    )
    assert "名单.jpg" not in outside and "photo withheld" in outside
    assert "绝密名单" in inside
    assert "绝密名单" not in outside
    assert "s1" in outside
    ranking = triage.rank([secret], "water", {"2b": 0.0})
    assert "绝密名单" not in zone_list(
        house.ZONES["2b"], {"s1": secret}, ranking, replace(STAMP, for_outside=True)
    )


def test_a_drill_print_says_so_on_every_sheet() -> None:
    html = priority_cards(list(house.HOLDINGS.values()), house.ZONES, replace(STAMP, drill=True))
    assert html.count("【演练】 DRILL") == len(house.HOLDINGS)


def test_the_plan_card_has_when_to_leave_by_heart_acts_and_branches_in_view() -> None:
    html = playbook_card(house.WATER, STAMP)
    assert html.index("立即撤离") < html.index('class="heart"') < html.index("<table")
    assert "管道" in html
    assert "→ 3" in html
    assert "End of card" in html
    guard = playbook_card(house.WATER, STAMP, role="guard")
    assert "关总阀" in guard
    assert "覆盖或搬运" not in guard


def test_the_zone_list_holds_only_its_zone_in_rank_order() -> None:
    ranking = triage.rank(house.HOLDINGS.values(), "water", {"2b": 0.0})
    html = zone_list(house.ZONES["2b"], house.HOLDINGS, ranking, STAMP)
    assert html.index("deeds") < html.index("annals")
    assert "films" not in html
    assert "未经放行不得进入" in html
