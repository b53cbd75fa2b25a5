"""How far an alarm's escalation has come: pure questions about an alarm, its ladder and its course.

A course is a :class:`Notice` of kind "course" and state NOTED, one per alarm. ``spoken[0]`` is its position,
``at`` holds when each step was opened ("started", "round.rung", "round.rung:person", "stopped"), ``status``
is "running" or "stopped", ``fault`` the short word for why it does not run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from alerts.model import Alarm, Ladder, Notice, NoticeState, Rung, Spoken
from alerts.people import hours_hold
from alerts.rule import Schedule
from sensors.model import Text

ANSWER_S = 180.0  # how long the last rung has to answer before "nobody reached"
FORGOTTEN_MIN = 30.0  # C24: for priority 1 where the ladder says nothing else
WORKING_HOURS = (Schedule(days=(0, 1, 2, 3, 4), from_="08:30", until="17:30"),)


class Why(Struct, frozen=True):
    """A reason: ``word`` from a closed list for programs, ``text`` for people."""

    word: str
    text: Text


def course_id(alarm_id: str) -> str:
    """The id of an alarm's course."""
    return f"{alarm_id}/course"


def position(course: Notice) -> Spoken:
    """The last step of the ladder that was opened; rung -1 before the first."""
    return course.spoken[0]


def running(course: Notice | None) -> bool:
    """Whether steps are still due."""
    return course is not None and course.status == "running"


def ladder_for(ladders: Mapping[int, Ladder], alarm: Alarm) -> Ladder | None:
    """The ladder of an alarm's priority; the urgent one for priority 2 without its own; None: listed only.

    Priority 1 and life safety are never without: an empty ladder ends at "everyone".
    """
    own = ladders.get(alarm.priority)
    if own is None and (alarm.priority <= 2 or alarm.life_safety):
        own = ladders.get(1)
    if own is None and (alarm.priority == 1 or alarm.life_safety):
        return Ladder(priority=alarm.priority, rungs=(), repeat_min=5.0)
    return own


def progress_at(alarm: Alarm, elsewhere: float = 0.0) -> float:
    """When somebody last did something about the alarm: acknowledged, commented, or ``elsewhere``."""
    latest = max((c.at for c in alarm.comments), default=0.0)
    return max(latest, alarm.acked.at if alarm.acked else 0.0, elsewhere)


def silent_because(
    alarm: Alarm,
    course: Notice | None,
    *,
    ladder: Ladder | None,
    working: Sequence[Schedule],
    timezone: str,
    now: float,
) -> Why | None:
    """Why nobody is to be told of this alarm at ``now``; None if people must be told."""
    if alarm.closed_at is not None:
        return CLOSED
    if alarm.page == "never":
        return NEVER
    if ladder is None:
        return NO_LADDER
    if alarm.out_of_service is not None and alarm.out_of_service.until_at > now:
        return OUT_OF_SERVICE
    if alarm.shelved is not None and alarm.shelved.until_at > now:
        return SHELVED
    if alarm.muted_by and not alarm.life_safety:
        mute = alarm.muted_by
        return Why("muted", Text(f"被 {mute} 抑制，只列出。", f"Held by {mute}; listed only."))
    if not alarm.active and not alarm.latched and alarm.priority > 1 and not alarm.life_safety:
        return RETURNED
    if alarm.page == "day" and not alarm.life_safety and not hours_hold(working, timezone, now):
        return AT_NIGHT
    if alarm.acked is not None:
        started = course.at["started"] if course is not None and running(course) else None
        if started is None or progress_at(alarm) >= started:
            who = alarm.acked.by
            return Why("acknowledged", Text(f"{who} 已确认。", f"Acknowledged by {who}."))
    return None


def forgotten_after_s(ladder: Ladder, priority: int) -> float:
    """Seconds without progress after which an acknowledged alarm pages again; 0 for never (C24)."""
    minutes = ladder.forgotten_min
    if minutes is None:
        minutes = FORGOTTEN_MIN if priority == 1 else 0.0
    return max(0.0, minutes) * 60.0


def look_again_at(alarm: Alarm, course: Notice | None, ladder: Ladder | None, now: float) -> float:
    """Until when time alone changes nothing about a quiet alarm: shelves end, hours begin, it is forgotten."""
    moments = [shelf.until_at for shelf in (alarm.shelved, alarm.out_of_service) if shelf is not None]
    if alarm.page == "day":
        moments.append((now // 60.0 + 1.0) * 60.0)
    after_s = forgotten_after_s(ladder, alarm.priority) if ladder is not None else 0.0
    if alarm.acked is not None and after_s:
        paged = course.at.get("started", 0.0) if course else 0.0
        moments.append(max(progress_at(alarm), paged) + after_s)
    return min((m for m in moments if m > now), default=now + 3600.0)


def forgotten(
    alarm: Alarm, ladder: Ladder | None, course: Notice | None, elsewhere: float, now: float
) -> bool:
    """Whether an acknowledged, still active alarm has seen no progress for its time (C24)."""
    if alarm.acked is None or not alarm.active or alarm.closed_at is not None or ladder is None:
        return False
    after_s = forgotten_after_s(ladder, alarm.priority)
    if not after_s or running(course):
        return False
    paged = course.at.get("started", 0.0) if course else 0.0
    return now >= max(progress_at(alarm, elsewhere), paged) + after_s


def round_base(course: Notice) -> float:
    """When the present round of the ladder began."""
    at = position(course)
    return course.at.get(f"round{at.round}", course.at["started"])


def next_rung_at(course: Notice, rungs: Sequence[Rung]) -> float | None:
    """When the next rung of this round is due by the clock; None if the last has been opened."""
    following = position(course).rung + 1
    if following >= len(rungs):
        return None
    return round_base(course) + rungs[following].after_min * 60.0


def opened_at(course: Notice) -> float:
    """When the present rung was opened."""
    at = position(course)
    return course.at.get(f"{at.round}.{at.rung}", course.at["started"])


def told_at(course: Notice, round_: int, rung: int) -> tuple[str, ...]:
    """The people who were to be told when a rung was opened."""
    head = f"{round_}.{rung}:"
    return tuple(key[len(head) :] for key in course.at if key.startswith(head))


def begin(alarm: Alarm, before: Notice | None, now: float, reason: Text) -> Notice:
    """A new turn of the alarm's course, before its first rung."""
    turn = position(before).turn + 1 if before else 1
    return Notice(
        id=course_id(alarm.id),
        about=alarm.id,
        reference=alarm.reference,
        person="",
        channel="",
        words="",
        reason=reason,
        rung=-1,
        due_at=now,
        state=NoticeState.NOTED,
        at={"started": now},
        priority=alarm.priority,
        drill=alarm.drill,
        kind="course",
        zones=(alarm.zone,),
        spoken=(Spoken(alarm.id, turn, 0, -1),),
        life_safety=alarm.life_safety,
        status="running",
    )


CLOSED = Why("closed", Text("警报已关闭。", "The alarm is closed."))
NEVER = Why("listed", Text("该规则只列出，不通知人。", "The rule only lists; it tells nobody."))
NO_LADDER = Why(
    "no_ladder", Text("该级别没有设置通知阶梯，只列出。", "No ladder is set for this priority; listed only.")
)
OUT_OF_SERVICE = Why("out_of_service", Text("该规则已屏蔽。", "The rule is out of service."))
SHELVED = Why("shelved", Text("警报已搁置。", "The alarm is shelved."))
RETURNED = Why("returned", Text("已自行恢复正常。", "It returned to normal by itself."))
AT_NIGHT = Why("day_only", Text("该规则只在工作时间通知人。", "The rule tells people in working hours only."))
