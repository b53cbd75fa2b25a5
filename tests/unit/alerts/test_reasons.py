"""The sentences that say why a rule spoke: true, and no word twice."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from alerts.rule import (
    After,
    AllOf,
    AnyOf,
    Condition,
    Contact,
    Not,
    Select,
    Silent,
    Threshold,
    Troubled,
    Vote,
)
from sensors.model import Telling
from sensors.quantities import CONTACTS, Quantity
from sensors.state import Trouble
from tests.judge import House, rule, sensor

WET = Contact(select=Select(quantity="water_leak"), is_=1.0)
MAINS = Contact(select=Select(quantity="mains"), is_=1.0)
HOT = Threshold(select=Select(quantity="temperature"), above=True, limit=30.0, clear_at=28.0)


def said(house: House) -> tuple[str, str]:
    reason = house.changes[-1].reason
    return reason.zh, reason.en


@pytest.mark.parametrize("known", CONTACTS, ids=lambda one: one.id)
def test_a_contact_is_said_without_the_same_word_twice_and_its_states_differ(known: Quantity) -> None:
    both = [known.said(value) for value in (0.0, 1.0)]
    assert both[0].zh != both[1].zh
    assert both[0].en != both[1].en
    for words in both:
        parts = re.findall(r"[a-z]+", words.en.lower())
        assert not any(a[:5] == b[:5] for a, b in pairwise(parts)), words.en
        head, _, tail = words.zh.partition("：")
        assert tail not in head or not tail, words.zh


@pytest.mark.parametrize(
    ("quantity", "value", "zh", "en"),
    [
        ("smoke", 1.0, "s 有烟", "s: smoke"),
        ("water_leak", 1.0, "s 漏水", "s: water wet"),
        ("humidifier_alarm", 1.0, "s 加湿机报警", "s: humidifier alarm"),
        ("gas_release", 1.0, "s 气体灭火释放", "s: gas release"),
        ("ups_on_battery", 1.0, "s UPS 电池供电", "s: UPS on battery"),
        ("contact_open", 1.0, "s 门磁：打开", "s: door contact open"),
        ("mains", 0.0, "s 市电：断电", "s: mains power off"),
        ("online", 0.0, "s 在线：离线", "s: online offline"),
        ("test", 1.0, "s 自检中", "s: self-test"),
    ],
)
def test_the_reason_of_a_contact(quantity: str, value: float, zh: str, en: str) -> None:
    when = Contact(select=Select(quantity=quantity), is_=value)
    house = House([rule(when=when)], [sensor("s", quantity=quantity)])
    house.show(value)
    assert said(house) == (zh.replace("s 有烟", "s 烟雾：有烟"), en)


def test_a_contact_back_to_normal_is_said_by_its_word() -> None:
    house = House([rule(when=WET)], [sensor("s", quantity="water_leak")])
    house.show(1.0)
    house.show(0.0)
    assert said(house) == ("s恢复正常：干燥", "s is back to normal: dry")
    house = House(
        [rule(when=Contact(select=Select(quantity="intrusion"), is_=1.0))],
        [sensor("s", quantity="intrusion")],
    )
    house.show(1.0)
    house.show(0.0)
    assert said(house) == ("s恢复正常", "s is back to normal")


@pytest.mark.parametrize(
    ("of", "quantity", "value", "zh", "en"),
    [
        (MAINS, "mains", 0.0, "s 市电：断电", "s: mains power off"),
        (HOT, "temperature", 20.0, "s 20 °C，不高于 30 °C", "s: 20 °C, not above 30 °C"),
        (Silent(select=Select()), "temperature", 20.0, "s 有新测量", "s: measures"),
    ],
)  # fmt: skip
def test_what_raises_a_not_is_named_and_not_called_over(
    of: Condition, quantity: str, value: float, zh: str, en: str
) -> None:
    house = House([rule(when=Not(of=of))], [sensor("s", quantity=quantity)])
    house.show(value)
    house.wait(61.0)
    raised = [change for change in house.changes if change.verdict == "met"]
    assert [(one.reason.zh, one.reason.en) for one in raised] == [(zh, en)]
    assert raised[0].cause is not None
    assert raised[0].cause.sensor == "s"


def test_a_device_that_is_not_tampered_with_is_said_so() -> None:
    house = House([rule(when=Not(of=Troubled(select=Select(), by=Trouble.TAMPER)))], [sensor("s")])
    (raised,) = house.evaluator.hear((), (Telling(("s",), "tamper", 0.0, house.now),), (), house.now)
    assert (raised.reason.zh, raised.reason.en) == ("s 没有“被拆动”", "s: not “tampered with”")


def test_only_what_speaks_for_the_alarm_is_its_evidence() -> None:
    when = AnyOf(of=(WET, Not(of=MAINS)))
    house = House([rule(when=when)], [sensor("w", quantity="water_leak"), sensor("m", quantity="mains")])
    house.show(1.0, "m")
    house.show(1.0, "w")
    assert [cause.sensor for cause in house.changes[-1].evidence] == ["w"]
    house.show(0.0, "m")
    house.show(0.0, "w")
    house.show(1.0, "m")
    house.show(0.0, "m")
    assert [cause.sensor for cause in house.changes[-1].evidence] == ["m"]


def test_an_alarm_by_the_branch_for_the_unknown_says_so() -> None:
    when = AllOf(of=(WET, MAINS))
    sensors = [sensor("w", quantity="water_leak"), sensor("m", quantity="mains", silent_after_s=100.0)]
    house = House([rule(when=when, on_unknown="alarm")], sensors)
    house.show(0.0, "m")
    house.show(1.0, "w")
    assert not house.active()
    house.wait(140.0, 1.0, "w", every=10.0)
    assert house.active()
    zh, en = (
        "m没有数据，状态未知，按本规则视为警报",
        "no data from m: state unknown, which this rule takes for an alarm",
    )
    assert said(house) == (zh, en)


def test_a_sequence_inside_a_vote_is_followed_also_while_the_panel_confirms() -> None:
    """The door opens while the panel says so; the movement after it still counts when the panel is quiet again."""
    door, moves = (Contact(select=Select(quantity=q), is_=1.0) for q in ("contact_open", "motion"))
    panel = Contact(select=Select(quantity="intrusion"), is_=1.0)
    when = Vote(of=(After(first=door, then=moves, within_s=300.0),), at_least=1, panel=(panel,))
    names = {"d": "contact_open", "m": "motion", "p": "intrusion"}
    house = House([rule(when=when)], [sensor(name, quantity=q) for name, q in names.items()])
    for name in names:
        house.show(0.0, name)
    house.show(1.0, "p")
    house.show(1.0, "d")
    house.show(0.0, "p")
    assert not house.active()
    house.now += 20.0
    house.show(1.0, "m")
    assert house.active()
