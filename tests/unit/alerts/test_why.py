"""Why was I told, why not: one sentence for everyone (C15)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.model import Person, Rung
from alerts.why import everyone, why
from sensors.model import Text
from tests.fakes.scripted import ScriptedSender
from tests.reach import World, alarm, ladder, person

LI, WANG, ZHAO = person("li"), person("wang"), person("zhao")
MUTE = Person(id="mute", name=Text("哑", "Mute"))


def said(w: World, who: Person, about: str = "leak@2b#1") -> str:
    return why(who, about, w.pager.notices, "Asia/Shanghai").en


@pytest.fixture
def w() -> World:
    steps = ladder(Rung(person="li"), Rung(person="mute", after_min=1), Rung(person="wang", after_min=3))
    return World(ScriptedSender(), (LI, WANG, ZHAO, MUTE), (steps,))


def test_told_and_answered(w: World) -> None:
    w.raise_(alarm())
    w.run(5)
    w.reply(LI.phone, "1A")
    assert said(w, LI) == "Li: 00:00:00 text message, answered by text message (step 1 of the ladder: li)."
    assert said(w, WANG) == "Wang was not told: their step was not reached: Acknowledged by li."


def test_not_yet_not_reachable_not_known(w: World) -> None:
    w.raise_(alarm())
    w.run(70)
    assert "no phone or mail address" in said(w, MUTE)
    assert said(w, ZHAO) == "Zhao was not told: the ladder has not come to their step."
    assert said(w, LI, "other@x#1") == "Li was not told: nobody was told of this alarm."


def test_a_failure_and_what_followed(w: World) -> None:
    w.sender.script("li", "sms", "undelivered")
    w.raise_(alarm())
    w.run(5)
    first, second = said(w, LI).split("; ")
    assert "not delivered, the phone is off or out of reach" in first
    assert (
        second == "00:00:00 phone call, ringing (the text message did not arrive, so a phone call follows)."
    )


def test_quiet_alarms_say_why(w: World) -> None:
    w.raise_(replace(alarm(), muted_by="gateway@x#1"))
    assert said(w, LI) == "Li was not told: held by gateway@x#1; listed only."
    w.raise_(alarm(2, page="never"))
    assert "only lists" in said(w, LI, "leak@2b#2")


def test_held_by_the_storm_limits(w: World) -> None:
    for n in range(1, 5):
        w.raise_(alarm(n))
    assert said(w, LI, "leak@2b#4") == (
        "Li was not told: too many messages in a short time; it goes with the next one."
    )


def test_everyone_has_a_sentence_in_both_languages(w: World) -> None:
    w.raise_(alarm())
    sentences = everyone("leak@2b#1", w.people.values(), w.pager.notices, "Asia/Shanghai")
    assert len(sentences) == 1 + 4
    assert all(s.zh.endswith("。") and s.en.endswith(".") for s in sentences)
