"""The chain notices any change, and every kind is documented."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from strongroom.journal import GENESIS, Draft, broken_at, chain
from strongroom.model import Entry

words = st.text(max_size=8)
drafts = st.builds(
    Draft, at=st.floats(0, 4e9), kind=words, about=words, by=words, data=st.binary(max_size=12)
)


def sealed(plain: list[Draft]) -> list[Entry]:
    entries: list[Entry] = []
    previous = GENESIS
    for seq, draft in enumerate(plain, 1):
        entries.append(chain(previous, seq, draft))
        previous = entries[-1].hash
    return entries


@given(st.lists(drafts, min_size=1, max_size=6), st.data())
def test_any_single_change_breaks_the_chain_where_it_was_made(
    plain: list[Draft], data: st.DataObject
) -> None:
    entries = sealed(plain)
    assert broken_at(entries) is None
    index = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(["at", "kind", "about", "by", "data"]))
    old = getattr(entries[index], field)
    new = {"at": lambda: old + 1, "data": lambda: old + b"x"}.get(field, lambda: old + "x")()
    entries[index] = msgspec.structs.replace(entries[index], **{field: new})
    assert broken_at(entries) == index + 1


@given(st.lists(drafts, min_size=2, max_size=6), st.data())
def test_cutting_or_swapping_breaks_the_chain(plain: list[Draft], data: st.DataObject) -> None:
    entries = sealed(plain)
    index = data.draw(st.integers(0, len(entries) - 2))
    assert broken_at(entries[:index] + entries[index + 1 :]) == index + 1
    swapped = [*entries]
    swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
    assert broken_at(swapped) == index + 1


def test_moving_a_character_between_fields_is_seen() -> None:
    one = chain(GENESIS, 1, Draft(at=1.0, kind="ab", about="c", by="d", data=b""))
    two = chain(GENESIS, 1, Draft(at=1.0, kind="a", about="bc", by="d", data=b""))
    assert one.hash != two.hash
