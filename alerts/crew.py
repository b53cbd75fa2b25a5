"""Who can be told, by which channel, at which step: people, ladders and duties and abilities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts.course import ladder_for
from alerts.model import Alarm, Duty, Ladder, Notice, Person, Rung
from alerts.notices import Fault
from alerts.people import EmptyRung, Gap, Handover, absent, empty_rungs, gaps, handovers, resolve
from sensors.model import Text

AHEAD_S = 30 * 86400.0
BROKEN = frozenset({Fault.OPTED_OUT.value, Fault.NUMBER.value})


def uncovered(
    people: Mapping[str, Person],
    ladders: Iterable[Ladder],
    duties: Sequence[Duty],
    timezone: str,
    now: float,
) -> tuple[Gap | EmptyRung, ...]:
    """What nobody covers in the 30 days from ``now`` on: roles of the roster and rungs, soonest first."""
    end = now + AHEAD_S
    found: list[Gap | EmptyRung] = [*gaps(duties, timezone, now, end)]
    found += empty_rungs(people, ladders, duties, timezone, from_=now, until=end)
    return tuple(sorted(found, key=lambda one: one.from_at))


def contact_id(person: str, channel: str) -> str:
    """The id of the record of how a person's channel is doing."""
    return f"contact:{person}:{channel}"


class Crew:
    """Answers who a step of a ladder means and how each of them can be reached."""

    def __init__(
        self,
        people: Mapping[str, Person],
        ladders: Iterable[Ladder],
        duties: Sequence[Duty],
        timezone: str,
        channels: Iterable[str],
        *,
        test_at: str = "",
    ) -> None:
        self.people = people
        self.ladders = {ladder.priority: ladder for ladder in ladders}
        self.duties = tuple(duties)
        self.timezone = timezone
        self.channels = frozenset(channels)
        self.test_at = test_at  # local "HH:MM" of the daily test; empty for none
        self._near: tuple[float, tuple[Handover, ...]] = (-1.0, ())
        self._ahead: tuple[float, tuple[Gap | EmptyRung, ...]] = (-1.0, ())
        self._resolved: dict[tuple[Rung, float], tuple[Person, ...]] = {}

    def named(self, person_id: str) -> Text:
        """What to call a person; the id itself where nobody has it any more."""
        known = self.people.get(person_id)
        return known.name if known is not None else Text(person_id, person_id)

    def ladder(self, alarm: Alarm) -> Ladder | None:
        """The ladder of an alarm; None if it is only listed."""
        return ladder_for(self.ladders, alarm)

    def rung(self, ladder: Ladder, number: int) -> Rung | None:
        """The rung of a number; None for the last resort behind the ladder."""
        return ladder.rungs[number] if number < len(ladder.rungs) else None

    def who(self, rung: Rung | None, now: float) -> tuple[Person, ...]:
        """The people a rung means at ``now``; everyone present for the last resort."""
        if rung is None:
            away = absent(self.duties, self.timezone, now)
            return tuple(p for p in self.people.values() if p.id not in away)
        key = (rung, now)
        found = self._resolved.get(key)
        if found is None:
            if len(self._resolved) > 1000:
                self._resolved.clear()
            found = resolve(rung, self.people, self.duties, self.timezone, now)
            self._resolved[key] = found
        return found

    def handovers_near(self, now: float) -> tuple[Handover, ...]:
        """Changes of duty in the last hour and the next two."""
        hour = now // 3600.0
        if self._near[0] != hour:
            begin = (hour - 1.0) * 3600.0
            found = handovers(self.duties, self.timezone, begin, begin + 4 * 3600.0)
            self._near = (hour, tuple(found))
        return self._near[1]

    def gaps_ahead(self, now: float) -> tuple[Gap | EmptyRung, ...]:
        """Roles nobody holds and rungs nobody would answer in the 30 days from this hour on, soonest first."""
        hour = now // 3600.0
        if self._ahead[0] != hour:
            found = uncovered(self.people, self.ladders.values(), self.duties, self.timezone, hour * 3600.0)
            self._ahead = (hour, found)
        return self._ahead[1]

    def ways(self, person: Person, asked: str, contact: Callable[[str], Notice | None]) -> tuple[str, ...]:
        """The channels to try for a person, in order; empty if there is none.

        A failed text message always leads to a call where there is a telephone (C17). ``contact`` gives the
        record of a channel, so that a phone that opted out is called instead.
        """
        wanted = [asked, *person.channels] if asked else list(person.channels)
        if "sms" in wanted and "voice" not in wanted:
            wanted.insert(wanted.index("sms") + 1, "voice")
        ways = []
        for name in dict.fromkeys(wanted):
            if name not in self.channels or not self._address(person, name):
                continue
            record = contact(contact_id(person.id, name))
            if record is not None and record.fault in BROKEN:
                continue
            ways.append(name)
        return tuple(ways)

    @staticmethod
    def _address(person: Person, channel: str) -> bool:
        if channel in ("sms", "voice"):
            return bool(person.phone)
        return bool(person.mail) if channel == "mail" else True
