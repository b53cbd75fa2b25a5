"""Ruin and rebuild: the ends of some crews' timelines are given up and filled anew; what is better stays; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbooks.rescue.legs import Leg, Stop, twin

if TYPE_CHECKING:
    from playbooks.rescue.search import Search

EPS = 1e-9
TAIL = 0.7
"""So often only the end of a timeline is given up, else all of it."""
LOSS = 0.0005
"""A round may lose up to this part of the value and still be gone on from."""
HEATS = (0.5, 1.0, 2.0)
FORCED = 0.1
"""So often the first new trip goes where no price leads: to little that can be had only now, or to what takes long."""
Lines = list[list[Leg]]


def improve(search: Search, stop: Stop) -> int:
    """Ruin the ends of one to three timelines and rebuild them, keeping what is better; rounds done."""
    random, done, current = search.random, 0, search.value()
    best, best_lines = current, _copy(search)
    crews = [number for number in range(len(search.lines)) if search.zones_for(number)]
    if not crews:
        return 0
    while not stop(done):
        done += 1
        chosen = random.sample(crews, min(len(crews), random.choice((1, 1, 2, 2, 3))))
        kept = [(number, [twin(leg) for leg in search.lines[number]]) for number in chosen]
        for number in chosen:
            line = search.lines[number]
            cut = random.randrange(len(line) + 1) if random.random() < TAIL else 0
            for leg in line[cut:]:
                search.unbook(number, leg)
            del line[cut:]
        heat = random.choice(HEATS)
        if random.random() < FORCED:
            _force(search, chosen[0], heat)
        search.rebuild(chosen, heat)
        now = search.value()
        if now >= current - LOSS * current * random.random():
            current = now
            if now > best + EPS:
                best, best_lines = now, _copy(search)
            continue
        for number, _ in kept:
            _clear(search, number)
        for number, legs in kept:
            for leg in legs:
                search.book(number, leg)
    for number in range(len(search.lines)):
        _clear(search, number)
    for number, line in enumerate(best_lines):
        for leg in line:
            search.book(number, leg)
    return done


def _force(search: Search, crew: int, heat: float) -> None:
    """The crew's next trip goes to a room at random, for what is best there or for anything that is there."""
    zone = search.random.choice(search.zones_for(crew))
    if search.random.random() < 0.5:
        search.add_trip(crew, heat, zone)
        return
    free = [option for option in search.menu(zone, crew) if not search.taken[option.holding]]
    if free:
        option = free[int(len(free) * search.random.random() ** 2)]
        leg = search.placed(crew, [option], search.free_at(crew))
        if leg is not None:
            search.book(crew, leg)


def _clear(search: Search, crew: int) -> None:
    for leg in search.lines[crew]:
        search.unbook(crew, leg)
    search.lines[crew] = []


def _copy(search: Search) -> Lines:
    return [[twin(leg) for leg in line] for line in search.lines]
