"""The notices the pager keeps, and the look-ups into them. Nothing here that is not derived from notices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from alerts.course import course_id
from alerts.model import Alarm, Notice, Spoken
from alerts.notices import FINAL
from alerts.storm import CHATTER_WINDOW_S, STORM_STARTS, STORM_WINDOW_S


class Book:
    """Every notice by id, with indexes that are the same however the notices came in."""

    def __init__(self) -> None:
        self.notices: dict[str, Notice] = {}
        self.alarms: dict[str, Alarm] = {}
        self.open: dict[str, None] = {}  # ids of notices that are not final, in order
        self.running: dict[str, None] = {}  # ids of courses with steps to come
        self.starts: dict[str, float] = {}  # course -> when its present turn opened a rung, oldest first
        self._by_person: dict[str, dict[str, None]] = {}
        self._by_spoken: dict[Spoken, dict[str, None]] = {}
        self._by_alarm: dict[str, dict[str, None]] = {}
        self._followed: dict[str, str] = {}

    def put(self, notice: Notice) -> None:
        """Add a notice or its newer state."""
        before = self.notices.get(notice.id)
        self.notices[notice.id] = notice
        if notice.state in FINAL:
            self.open.pop(notice.id, None)
        else:
            self.open[notice.id] = None
        if notice.kind == "course":
            self._start(notice)
            return
        if before is not None:
            return
        if notice.person:
            self._by_person.setdefault(notice.person, {})[notice.id] = None
        if notice.kind == "page":
            for spoken in notice.spoken:
                self._by_spoken.setdefault(spoken, {})[notice.id] = None
                self._by_alarm.setdefault(spoken.alarm, {})[notice.id] = None
            if notice.after:
                self._followed[notice.after] = notice.id

    def _start(self, course: Notice) -> None:
        if course.status == "running":
            self.running[course.id] = None
        else:
            self.running.pop(course.id, None)
        opened = course.at.get("0.0")
        if opened is not None and self.starts.get(course.id) != opened:
            self.starts.pop(course.id, None)
            self.starts[course.id] = opened

    def storm_until(self) -> float:
        """Until when there is a storm: so many alarms began to page anybody within the window."""
        latest = list(islice(reversed(self.starts.values()), STORM_STARTS + 1))
        return latest[-1] + STORM_WINDOW_S if len(latest) > STORM_STARTS else 0.0

    def sort(self) -> None:
        """Bring everything into the order it was made in; after a restore, which may come in any order."""
        notices = sorted(self.notices.values(), key=lambda n: (n.due_at, n.id))
        alarms = self.alarms
        self.__init__()  # type: ignore[misc]
        self.alarms = alarms
        for notice in notices:
            self.put(notice)
        self.starts = dict(sorted(self.starts.items(), key=lambda item: item[1]))

    def drop(self, notice_id: str) -> None:
        """Forget a notice that no decision needs any more."""
        notice = self.notices.pop(notice_id)
        self.open.pop(notice_id, None)
        self.starts.pop(notice_id, None)
        self._by_person.get(notice.person, {}).pop(notice_id, None)
        self._followed.pop(notice.after, None)
        for spoken in notice.spoken:
            for index in (self._by_spoken.get(spoken), self._by_alarm.get(spoken.alarm)):
                if index is not None:
                    index.pop(notice_id, None)

    def course(self, alarm_id: str) -> Notice | None:
        """The course of an alarm."""
        return self.notices.get(course_id(alarm_id))

    def of_person(self, person: str) -> Iterator[Notice]:
        """Everything made for a person, in the order it was made."""
        return (self.notices[i] for i in self._by_person.get(person, ()))

    def of_alarm(self, alarm_id: str) -> Iterator[Notice]:
        """Pages that speak for an alarm, in the order they were made."""
        return (self.notices[i] for i in self._by_alarm.get(alarm_id, ()))

    def of_spoken(self, spoken: Spoken, person: str) -> list[Notice]:
        """Pages that tell ``person`` of one step of an alarm's course."""
        return [n for n in self._notices(self._by_spoken.get(spoken, {})) if n.person == person]

    def followed(self, notice_id: str) -> Notice | None:
        """The notice on another channel that took over from this one."""
        return self.notices.get(self._followed.get(notice_id, ""))

    def recent_pages(self, person: str, now: float, drill: bool) -> list[Notice]:
        """Pages within the hour, first channel only; a drill's and real ones do not count for each other."""
        found: list[Notice] = []
        for notice_id in reversed(self._by_person.get(person, {})):
            notice = self.notices[notice_id]
            if now - notice.due_at > CHATTER_WINDOW_S:
                break
            if notice.due_at > now + 1.0:
                continue  # made by a clock that has been set back since: it holds nothing back now
            if notice.kind == "page" and not notice.after and bool(notice.drill) == drill:
                found.append(notice)
        return found[::-1]

    def _notices(self, ids: dict[str, None]) -> Iterator[Notice]:
        return (self.notices[i] for i in ids)
