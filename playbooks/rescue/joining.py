"""Two trips of a crew that one way serves become one; pure.

A trip is chosen by its value per minute and ends where less is worth taking, so that the next one may go back for just
that. The minutes won are used by further trips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playbooks.rescue.search import Search

EPS = 1e-9


def join(search: Search, crew: int) -> bool:
    """Join trips of this crew that follow each other wherever that saves time; whether any was."""
    line, joined, place = search.lines[crew], False, 0
    while place + 1 < len(line):
        if _joined(search, crew, place):
            joined = True
        else:
            place += 1
    return joined


def _joined(search: Search, crew: int, place: int) -> bool:
    line = search.lines[crew]
    first, second = line[place : place + 2]
    if not first.carries == second.carries == 1:
        return False
    if first.kg + second.kg > search.problem.teams[crew].capacity:
        return False
    both = [*first.options, *second.options]
    room = search.problem.room
    rooms = list(dict.fromkeys(room[option.zone] for option in both))  # each is entered once
    one = search.leg(crew, sorted(both, key=lambda option: rooms.index(room[option.zone])), first.start)
    if one is None or search.clash(crew, one) > EPS:
        return False
    won = second.start + second.minutes - first.start - one.minutes
    later = line[place + 2 :]
    if won <= EPS or any(other.stays and search.clash(crew, other, -won) > EPS for other in later):
        return False
    for leg in (first, second):
        search.unbook(crew, leg)
    del line[place : place + 2]
    search.book(crew, one, place)
    for other in later:
        other.start -= won
        other.slack += won
    return True
