"""Sizes at every edge, and what each country allows."""

from __future__ import annotations

import pytest

from alerts.segments import count, country, plain, without_links


@pytest.mark.parametrize(
    ("words", "alphabet", "units", "parts"),
    [
        ("", "GSM", 0, 1),
        ("a" * 160, "GSM", 160, 1),
        ("a" * 161, "GSM", 161, 2),
        ("a" * 306, "GSM", 306, 2),
        ("a" * 307, "GSM", 307, 3),
        ("€" * 80, "GSM", 160, 1),
        ("a" * 152 + "€" * 77, "GSM", 306, 3),  # a pair is never split: 152 of 153, so a third part
        ("水" * 70, "UCS-2", 70, 1),
        ("水" * 71, "UCS-2", 71, 2),
        ("水" * 134, "UCS-2", 134, 2),
        ("水" * 135, "UCS-2", 135, 3),
        ("a" * 69 + "水", "UCS-2", 70, 1),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("😀" * 67, "UCS-2", 134, 3),  # 33 pairs fit into 67 units
        ("[DRILL] ~", "GSM", 12, 1),
    ],
)
def test_a_text_is_counted_as_the_network_counts_it(
    words: str, alphabet: str, units: int, parts: int
) -> None:
    made = count(words)
    assert (made.alphabet, made.units, made.parts) == (alphabet, units, parts)


def test_typographic_twins_do_not_turn_an_english_text_into_ucs2() -> None:
    assert count(plain("“Stack” – don’t enter…")).alphabet == "GSM"


def test_countries() -> None:
    assert not country("+8613800000001").links
    assert not country("+8613800000001").replies
    assert country("+85251234567").replies, "Hong Kong is not the mainland"
    assert not country("+919876543210").replies


def test_links_are_taken_out() -> None:
    assert without_links("看 https://a.example/x?y=1，关阀 www.b.example。") == "看 ，关阀 。"
