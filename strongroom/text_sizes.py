"""The longest text of every kind that a building's phones can get, with its size on the air. Pure.

Pages are written with everything at once that can be in one: drill, repeat, an old hour, many alarms, a long code.
They are shortened as the real ones are, so the sizes are what would be sent (C25).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from alerts import answers, wording
from alerts.chores import gap_words, handover_words
from alerts.compile import selected_by
from alerts.people import EmptyRung, Gap
from alerts.proof import trial_words
from alerts.registry import Registry
from alerts.rule import Rule
from alerts.segments import Count, count
from sensors.model import Text
from strongroom.builtin import OWN, with_builtins
from strongroom.model import Building

REFERENCE, CODE = "A12345", "1234"
MANY = 500
MAINLAND, ELSEWHERE = "+8613800000000", "+15005550000"
FAR_AT = 4_102_444_800.0


class WorstCase(Struct, frozen=True, kw_only=True):
    """The longest text of one kind in one language; ``about`` is the rule and place it comes from."""

    kind: Text
    language: str
    about: str
    words: str
    size: Count


def worst_cases(building: Building) -> list[WorstCase]:
    """One line for each kind of text and each language of the building."""
    found: list[WorstCase] = []
    for language in building.languages:
        pages = [(rule, place) for rule, place in _pages(building, language)]
        for kind, phone in ((PAGE, ELSEWHERE), (PAGE_CN, MAINLAND)):
            found.append(
                _worst(
                    kind,
                    language,
                    (
                        (
                            f"{rule.id} · {place.in_(language)}",
                            wording.page(_facts(building, rule, place), language, phone),
                        )
                        for rule, place in pages
                    ),
                )
            )
        found.append(
            _worst(
                CALL,
                language,
                (
                    (
                        f"{rule.id} · {place.in_(language)}",
                        wording.spoken(_facts(building, rule, place), language),
                    )
                    for rule, place in pages
                ),
            )
        )
        found += [_worst(kind, language, said) for kind, said in _notes(building, language)]
    return found


def lines(cases: Iterable[WorstCase], language: str) -> str:
    """The table as text: kind, language, size, and what it comes from."""
    title = Text(
        "各种消息的最长情形（字符数按短信字符集计）：",
        "The longest case of every text (characters counted as the network counts them):",
    )
    rows = [title.in_(language)]
    for case in cases:
        size = case.size
        parts = Text(f"{size.parts} 段", f"{size.parts} part" + ("s" if size.parts > 1 else "")).in_(language)
        on_air = f"{size.alphabet} {size.units}, {parts}"
        spoken = Text(f"{len(case.words)} 字", f"{len(case.words)} characters").in_(language)
        row = f"  {case.kind.in_(language)} [{case.language}]  {spoken if case.kind is CALL else on_air}"
        rows.append(row + (f"  {case.about}" if case.about else ""))
    return "\n".join(rows) + "\n"


def _worst(kind: Text, language: str, said: Iterable[tuple[str, str]]) -> WorstCase:
    cases = (
        WorstCase(kind=kind, language=language, about=about, words=words, size=count(words))
        for about, words in said
    )
    none = WorstCase(kind=kind, language=language, about="", words="", size=count(""))
    return max(cases, key=lambda c: (c.size.parts, c.size.units), default=none)


def _pages(building: Building, language: str) -> Iterator[tuple[Rule, Text]]:
    """Every rule that tells people, with the longest place it can name in this language."""
    registry = Registry(building.sensors, building.zones)
    for rule in {**OWN, **with_builtins(building)}.values():
        if rule.page == "never":
            continue
        places = [
            building.zones[s.zone].name for s in selected_by(rule, registry) if s.zone in building.zones
        ]
        yield rule, max(places, key=lambda p: count(p.in_(language)).units, default=Text("", ""))


def _facts(building: Building, rule: Rule, place: Text) -> wording.Page:
    level = wording.LEVELS[rule.priority]
    return wording.Page(
        site=building.name,
        level=Text(f"{level.zh}{wording.CONFIRMED.zh}", f"{level.en} {wording.CONFIRMED.en}"),
        place=place,
        what=rule.name,
        action=rule.advice,
        reference=REFERENCE,
        at="23:59",
        code=CODE,
        counted=MANY,
        zones=max(2, len(building.zones)),
        drill=True,
        may_repeat=True,
    )


def _notes(building: Building, language: str) -> Iterator[tuple[Text, list[tuple[str, str]]]]:
    zone = building.timezone
    names = [person.name for person in building.people.values()]
    roles = sorted({duty.role for duty in building.duties}) or ["on-duty"]
    ahead: list[Gap | EmptyRung] = [Gap(role=role, from_at=FAR_AT, until_at=FAR_AT) for role in roles]
    ahead += [
        EmptyRung(priority=ladder.priority, rung=number, from_at=FAR_AT, until_at=FAR_AT)
        for ladder in building.ladders
        for number in range(len(ladder.rungs))
    ]
    yield TEST, [("", trial_words(building.name, "sms", CODE).in_(language))]
    yield HANDOVER, [(role, handover_words(role, (name,)).in_(language)) for role in roles for name in names]
    yield ROSTER, [("", gap_words(one, 99, zone).in_(language)) for one in ahead]
    fixed = [value for value in vars(answers).values() if isinstance(value, Text)]
    taken = [answers.taken_words(name, REFERENCE) for name in names]
    yield ANSWER, [("", words.in_(language)) for words in (*fixed, *taken)]


PAGE = Text("警报短信", "page by text")
PAGE_CN = Text("警报短信（+86，无回复码）", "page by text (+86, no reply code)")
CALL = Text("警报电话", "page by call")
TEST = Text("通道测试", "test of the channel")
HANDOVER = Text("交接班通知", "hand-over")
ROSTER = Text("值班空缺通知", "roster gap")
ANSWER = Text("对回复的答复", "answer to a reply")
