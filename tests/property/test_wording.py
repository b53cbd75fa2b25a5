"""Whatever the building calls its places and rules, a page keeps what matters and stays in its parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts import wording
from alerts.segments import count, plain
from alerts.wording import Page
from sensors.model import Text

words = st.text(max_size=200)
short = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
).filter(str.isprintable)
phones = st.sampled_from(["+8613800000001", "+85251234567", "+447700900001", "+919876543210"])


@given(
    st.builds(
        Page,
        site=st.builds(Text, short, short),
        level=st.sampled_from(list(wording.LEVELS.values())),
        place=st.builds(Text, short, short),
        what=st.builds(Text, words, words),
        action=st.builds(Text, words, words),
        reference=st.from_regex(r"[A-Z0-9]{4}", fullmatch=True),
        detail=st.builds(Text, words, words),
        at=st.sampled_from(["", "02:14"]),
        code=st.sampled_from(["1", "12", "104"]),
        counted=st.integers(1, 500),
        zones=st.integers(1, 60),
        drill=st.booleans(),
        may_repeat=st.booleans(),
    ),
    st.sampled_from(["zh", "en"]),
    phones,
)
def test_a_page_keeps_what_matters(facts: Page, language: str, phone: str) -> None:
    made = wording.page(facts, language, phone)
    assert count(made).parts <= 3
    place = facts.place.in_(language)
    assert " ".join((place if language == "zh" else plain(place)).split()) in made
    assert facts.level.in_(language) in made
    assert facts.reference in made
    assert not facts.drill or made.startswith(("【演练】", "[DRILL]"))
    assert "\n" not in made
    replies = not phone.startswith(("+86", "+91"))
    assert (f"{facts.code}A" in made) or not replies
    wording.spoken(facts, language)
    wording.long(facts, language)


@given(words, st.integers(0, 100))
def test_a_shortened_text_is_a_beginning_of_the_whole(text: str, room: int) -> None:
    made = wording.shortened(text, lambda w: len(w) <= room)
    assert len(made) <= room
    assert text.startswith(made.rstrip(".…").rstrip()) or not made
