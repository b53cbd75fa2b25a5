"""Who is on duty when: rotations, periods, overrides, swaps and absences in local wall time.

Every boundary is a wall-clock moment of the building's zone, turned into an instant by one function
(:func:`instant`). Two periods that share a wall-clock boundary therefore share the instant, so a clock change
can neither open a gap nor make an overlap: an hour that happens twice means its first pass, an hour that does
not happen means the moment the clock jumps over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from alerts.model import Duty, Ladder, Person, Rung
from alerts.rule import Schedule

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
EPOCH_MONDAY = date(1970, 1, 5)  # where rotations without a start date begin to count


class Shift(Struct, frozen=True, kw_only=True):
    """One person on duty in one role from ``from_at`` until ``until_at``."""

    role: str
    person: str
    from_at: float
    until_at: float


class Gap(Struct, frozen=True, kw_only=True):
    """Nobody holds ``role`` in this time."""

    role: str
    from_at: float
    until_at: float


class EmptyRung(Struct, frozen=True, kw_only=True):
    """A rung that nobody would answer in this time."""

    priority: int
    rung: int
    from_at: float
    until_at: float


class Handover(Struct, frozen=True, kw_only=True):
    """At this moment ``into`` takes the role from ``out`` (either may be nobody)."""

    role: str
    at: float
    out: tuple[str, ...]
    into: tuple[str, ...]


# --- wall time ------------------------------------------------------------------------------------------


def instant(wall: str | datetime, timezone: str) -> float:
    """Unix seconds of an ISO wall-clock moment in ``timezone``; ValueError says what to write instead.

    A moment with an offset of its own keeps it. Of an hour that happens twice the first pass is meant; an
    hour left out by the clock change is the instant of the change.
    """
    moment = datetime.fromisoformat(wall) if isinstance(wall, str) else wall
    if moment.tzinfo is not None:
        return moment.timestamp()
    zone = ZoneInfo(timezone)
    there = moment.replace(tzinfo=zone)
    at = there.timestamp()
    if datetime.fromtimestamp(at, zone).replace(tzinfo=None) == moment:
        return at
    before, after = there.utcoffset(), there.replace(fold=1).utcoffset()
    if before is None or after is None:
        return at
    return _jump(at, abs((after - before).total_seconds()), zone)


def _jump(after: float, width_s: float, zone: ZoneInfo) -> float:
    """The instant within ``width_s`` before ``after`` at which the zone's offset changes."""
    low, high = int(after - width_s), int(after)
    there = datetime.fromtimestamp(high, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == there:
            high = middle
        else:
            low = middle
    still = datetime.fromtimestamp(low, zone).utcoffset() == there
    return float(low if still else high)


def wall(at: float, timezone: str) -> datetime:
    """The wall clock of ``timezone`` at ``at``, without its zone."""
    return datetime.fromtimestamp(at, ZoneInfo(timezone)).replace(tzinfo=None)


def hours_hold(hours: Sequence[Schedule], timezone: str, now: float) -> bool:
    """Whether ``now`` lies in one of the weekly ``hours``; no hours at all means always.

    A period whose end lies before its start runs past midnight and belongs to the day it began on.
    """
    if not hours:
        return True
    there = wall(now, timezone)
    clock = there.strftime("%H:%M")
    for span in hours:
        if span.from_ < span.until:
            if there.weekday() in span.days and span.from_ <= clock < span.until:
                return True
        elif (there.weekday() in span.days and clock >= span.from_) or (
            (there.weekday() - 1) % 7 in span.days and clock < span.until
        ):
            return True
    return False


def hand_over_moments(weekly: str) -> tuple[tuple[int, time], ...]:
    """(weekday, time) of each hand-over in "Mon 09:00, Fri 17:00", in order of the week.

    Chinese day names (周一 … 周日, 星期一) are read too. ValueError names the part that cannot be read.
    """
    moments = []
    for part in weekly.replace("，", ",").replace("：", ":").split(","):
        words = part.split()
        day = words[0].lower() if words else ""
        day = day.replace("星期", "周").replace("周天", "周日")
        number = DAYS.index(day[:3]) if day[:3] in DAYS else DAYS_ZH.index(day) if day in DAYS_ZH else -1
        try:
            clock = time.fromisoformat(words[1]) if len(words) == 2 and number >= 0 else None
        except ValueError:
            clock = None
        if clock is None:
            raise ValueError(f'"{part.strip()}" is not a hand-over; write a day and a time, like "Mon 09:00"')
        moments.append((number, clock))
    return tuple(sorted(set(moments)))


# --- shifts ---------------------------------------------------------------------------------------------


def shifts(duties: Iterable[Duty], timezone: str, from_at: float, until_at: float) -> list[Shift]:
    """Every shift that touches [from_at, until_at), after overrides, swaps and absences, in order of time."""
    duties = tuple(duties)
    plain: list[Shift] = []
    for duty in duties:
        if duty.kind == "shift":
            plain.extend(
                _rotation(duty, timezone, from_at, until_at) if duty.weekly else _period(duty, timezone)
            )
    for kind in ("swap", "override", "absence"):
        for duty in duties:
            if duty.kind == kind:
                plain = _exception(duty, timezone, plain)
    kept = {
        (s.role, s.person, s.from_at, s.until_at): s
        for s in plain
        if s.from_at < until_at and s.until_at > from_at and s.from_at < s.until_at
    }
    return sorted(kept.values(), key=lambda s: (s.from_at, s.role, s.person))


def _period(duty: Duty, timezone: str) -> list[Shift]:
    if not duty.person or not duty.from_ or not duty.until:
        return []
    return [
        Shift(
            role=duty.role,
            person=duty.person,
            from_at=instant(duty.from_, timezone),
            until_at=instant(duty.until, timezone),
        )
    ]


def _rotation(duty: Duty, timezone: str, from_at: float, until_at: float) -> list[Shift]:
    order = duty.order or ((duty.person,) if duty.person else ())
    if not order:
        return []
    moments = hand_over_moments(duty.weekly)
    first_day = date.fromisoformat(duty.start[:10]) if duty.start else EPOCH_MONDAY
    monday = first_day - timedelta(days=first_day.weekday())
    skipped = sum(1 for day, _ in moments if day < first_day.weekday())
    begin = instant(duty.from_, timezone) if duty.from_ else None
    end = instant(duty.until, timezone) if duty.until else None
    week = (wall(from_at, timezone).date() - monday).days // 7 - 1
    found: list[tuple[float, int]] = []
    while True:
        for slot, (day, clock) in enumerate(moments):
            when = datetime.combine(monday + timedelta(days=7 * week + day), clock)
            found.append((instant(when, timezone), week * len(moments) + slot - skipped))
        if found[-1][0] >= until_at:
            break
        week += 1
    made = []
    for (at, turn), (next_at, _) in pairwise(found):
        if duty.start and turn < 0:
            continue
        made.append(
            Shift(
                role=duty.role,
                person=order[turn % len(order)],
                from_at=at if begin is None else max(at, begin),
                until_at=next_at if end is None else min(next_at, end),
            )
        )
    return made


def _exception(duty: Duty, timezone: str, plain: list[Shift]) -> list[Shift]:
    """``plain`` after one override, swap or absence."""
    if not duty.from_ or not duty.until:
        return plain
    start, stop = instant(duty.from_, timezone), instant(duty.until, timezone)
    made: list[Shift] = []
    free = duty.kind == "override" and not duty.instead_of
    if free and stop > start:
        made.append(Shift(role=duty.role, person=duty.person, from_at=start, until_at=stop))
    for shift in plain:
        becomes = _becomes(duty, shift)
        if becomes == shift.person or shift.until_at <= start or shift.from_at >= stop:
            made.append(shift)
            continue
        if shift.from_at < start:
            made.append(replace(shift, until_at=start))
        if becomes:
            made.append(
                replace(
                    shift,
                    person=becomes,
                    from_at=max(start, shift.from_at),
                    until_at=min(stop, shift.until_at),
                )
            )
        if shift.until_at > stop:
            made.append(replace(shift, from_at=stop))
    return made


def _becomes(duty: Duty, shift: Shift) -> str:
    """Who takes this shift under the exception; empty for nobody (or for someone added apart)."""
    if duty.kind == "absence":
        return "" if shift.person == duty.person else shift.person
    if shift.role != duty.role:
        return shift.person
    if duty.kind == "swap":
        return {duty.person: duty.instead_of, duty.instead_of: duty.person}.get(shift.person, shift.person)
    if not duty.instead_of:
        return ""
    return duty.person if shift.person == duty.instead_of else shift.person


# --- questions ------------------------------------------------------------------------------------------


def on_duty(
    people: Mapping[str, Person], duties: Iterable[Duty], timezone: str, now: float
) -> tuple[Shift, ...]:
    """Who is on duty at ``now``, in every role; shifts of people we do not know are left out."""
    return tuple(
        s
        for s in shifts(duties, timezone, now, now + 1.0)
        if s.from_at <= now < s.until_at and s.person in people
    )


def absent(duties: Iterable[Duty], timezone: str, now: float) -> frozenset[str]:
    """Who is away at ``now``."""
    return frozenset(
        d.person
        for d in duties
        if d.kind == "absence"
        and d.from_
        and d.until
        and instant(d.from_, timezone) <= now < instant(d.until, timezone)
    )


def resolve(
    rung: Rung, people: Mapping[str, Person], duties: Sequence[Duty], timezone: str, now: float
) -> tuple[Person, ...]:
    """Who a rung means at ``now``, without those who are absent; empty if nobody.

    A role is looked for in the roster first; if nobody has duty in it, everyone who holds the role is meant.
    """
    if not hours_hold(rung.hours, timezone, now):
        return ()
    on = {s.person for s in on_duty(people, duties, timezone, now) if s.role == rung.role}
    return _meant(rung, people, on, absent(duties, timezone, now))


def _meant(
    rung: Rung, people: Mapping[str, Person], on: Iterable[str], away: Iterable[str]
) -> tuple[Person, ...]:
    """Who a rung means when these are on duty in its role and those are away."""
    found = [rung.person] if rung.person else sorted(on)
    if not found:
        found = sorted(p.id for p in people.values() if rung.role in p.roles)
    return tuple(people[who] for who in dict.fromkeys(found) if who in people and who not in away)


def gaps(duties: Sequence[Duty], timezone: str, from_: float, until: float) -> list[Gap]:
    """When nobody holds a role of the roster between ``from_`` and ``until`` (never about the past)."""
    roles = sorted({d.role for d in duties if d.kind in ("shift", "override")})
    held = shifts(duties, timezone, from_, until)
    found = []
    for role in roles:
        reached = from_
        for shift in held:
            if shift.role != role:
                continue
            if shift.from_at > reached:
                found.append(Gap(role=role, from_at=reached, until_at=shift.from_at))
            reached = max(reached, shift.until_at)
        if reached < until:
            found.append(Gap(role=role, from_at=reached, until_at=until))
    return sorted(found, key=lambda g: (g.from_at, g.role))


def empty_rungs(
    people: Mapping[str, Person],
    ladders: Iterable[Ladder],
    duties: Sequence[Duty],
    timezone: str,
    *,
    from_: float,
    until: float,
) -> list[EmptyRung]:
    """Rungs that nobody would answer in hours that are theirs, looked at whenever anything changes."""
    held = shifts(duties, timezone, from_, until)
    away = [
        (d.person, instant(d.from_, timezone), instant(d.until, timezone))
        for d in duties
        if d.kind == "absence" and d.from_ and d.until
    ]
    changes = {at for s in held for at in (s.from_at, s.until_at)} | {at for one in away for at in one[1:]}
    found: list[EmptyRung] = []
    for ladder in ladders:
        for number, rung in enumerate(ladder.rungs):
            edges = changes | set(_hour_edges(rung.hours, timezone, from_, until))
            since: float | None = None
            for at in [from_, *sorted(e for e in edges if from_ < e < until), until]:
                nobody = at < until and hours_hold(rung.hours, timezone, at)
                if nobody:
                    on = [s.person for s in held if s.role == rung.role and s.from_at <= at < s.until_at]
                    gone = {who for who, start, stop in away if start <= at < stop}
                    nobody = not _meant(rung, people, [who for who in on if who in people], gone)
                if nobody and since is None:
                    since = at
                elif not nobody and since is not None:
                    found.append(EmptyRung(priority=ladder.priority, rung=number, from_at=since, until_at=at))
                    since = None
    return found


def _hour_edges(hours: Sequence[Schedule], timezone: str, from_: float, until: float) -> Iterable[float]:
    """Every moment between ``from_`` and ``until`` at which weekly hours may begin or end."""
    if not hours:
        return
    day = wall(from_, timezone).date() - timedelta(days=1)
    while instant(datetime.combine(day, time()), timezone) < until:
        for clock in {c for span in hours for c in (span.from_, span.until)}:
            midnight = clock == "24:00"
            moment = time() if midnight else time.fromisoformat(clock)
            yield instant(datetime.combine(day + timedelta(days=1) if midnight else day, moment), timezone)
        day += timedelta(days=1)


def handovers(duties: Sequence[Duty], timezone: str, from_: float, until: float) -> list[Handover]:
    """Changes of who is on duty with ``from_ <= at < until``."""
    held = shifts(duties, timezone, from_ - 1.0, until)
    found = []
    edges = {(s.role, s.from_at) for s in held} | {(s.role, s.until_at) for s in held}
    for role, at in sorted(edges, key=lambda e: (e[1], e[0])):
        if not from_ <= at < until:
            continue
        before = {s.person for s in held if s.role == role and s.from_at < at <= s.until_at}
        after = {s.person for s in held if s.role == role and s.from_at <= at < s.until_at}
        if before != after:
            found.append(
                Handover(
                    role=role, at=at, out=tuple(sorted(before - after)), into=tuple(sorted(after - before))
                )
            )
    return found
