"""A desk for page tests: a board held in memory, acts collected, outcomes set by the test."""

from __future__ import annotations

from alerts.health import AlarmHealth
from dashboard.desk import Course, Outcome, Point, Raised
from sensors.newcomer import Newcomer
from strongroom.model import Act, Board, Building, Entry


class FakeDesk:
    """Implements :class:`dashboard.desk.Desk` without engine or files."""

    def __init__(self, building: Building, board: Board | None = None) -> None:
        self.house = building
        self.now_board = board
        self.acts: list[Act] = []
        self.outcomes: dict[str, Outcome] = {}
        self.age: float | None = 0.5 if board else None
        self.journal: list[Entry] = []
        self.strangers: list[Newcomer] = []
        self.series: dict[str, list[Point]] | None = None
        self.gaps: dict[str, list[tuple[float, float]]] = {}
        self.width_s = 0.0
        self.alarms: list[Raised] = []
        self.figures: AlarmHealth | None = None

    def board(self) -> Board | None:
        return self.now_board

    def building(self) -> Building:
        return self.house

    def beat_age(self) -> float | None:
        return self.age

    def put(self, act: Act) -> None:
        if all(known.id != act.id for known in self.acts):
            self.acts.append(act)

    def outcome(self, act_id: str) -> Outcome | None:
        return self.outcomes.get(act_id)

    def entries(
        self, *, after: int = 0, limit: int = 200, about: str = "", kind: str = "", newest: bool = True
    ) -> list[Entry]:
        found = [
            entry
            for entry in self.journal
            if entry.seq > after and (not about or entry.about == about) and entry.kind.startswith(kind)
        ]
        return sorted(found, key=lambda entry: -entry.seq if newest else entry.seq)[:limit]

    def newcomers(self) -> list[Newcomer]:
        return self.strangers

    def course(self, sensor: str, since: float, until: float, points: int = 600) -> Course | None:
        if self.series is None:
            return None
        listed = tuple(point for point in self.series.get(sensor, []) if since <= point.at <= until)
        gaps = tuple(gap for gap in self.gaps.get(sensor, ()) if gap[1] > since and gap[0] < until)
        return Course(listed, gaps, self.width_s)

    def raised(self, since: float) -> list[Raised]:
        return [one for one in self.alarms if one.at >= since]

    def health(self) -> AlarmHealth | None:
        return self.figures
