"""From what a browser sent to a typed act, checked against the role table. Refused here, not hidden in a page."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from alerts.acts import AlarmAct, ShelveAlarm
from dashboard.desk import NEEDS
from dashboard.scene import Viewer
from playbooks.acts import GiveBack, IncidentAct, Item, Move, Treat
from sensors.model import Text
from strongroom.instruments.acts import InstrumentAct
from strongroom.model import (
    Act,
    Board,
    Building,
    DrillHeld,
    ReplyReceived,
    StartDrill,
    StopDrill,
    TestContact,
)

What = (
    AlarmAct | IncidentAct | ReplyReceived | StartDrill | StopDrill | DrillHeld | TestContact | InstrumentAct
)
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
# Acts that end by themselves say for how many minutes; our own clock makes the moment of it.
_LONGEST_MIN = {
    "alarm.shelve": 480.0,
    "rule.out_of_service": 30 * 1440.0,
    "sensor.out_of_service": 30 * 1440.0,
}
# What people did with their hands may be told later: a tick that waited for a connection, an entry from paper. It may
# lie this far back (slow emergencies take weeks; the engine knows when each began); later than now it cannot be.
OLDEST_TICK_S = 60 * 86_400.0
JUST_NOW_S = 3.0
_BY_HAND = frozenset({"incident.item", "incident.move", "incident.treat", "incident.give_back"})


class NotAllowedError(Exception):
    """An act that this viewer may not do, or that makes no sense; ``words`` says so to them."""

    def __init__(self, words: Text, status: int = 403) -> None:
        super().__init__(words.en)
        self.words = words
        self.status = status


def _bad(zh: str, en: str) -> NotAllowedError:
    return NotAllowedError(Text(zh, en), 400)


def act_of(
    payload: Any,
    viewer: Viewer,
    building: Building,
    board: Board | None,
    now: float,
    *,
    means: str = "screen",
) -> Act:
    """The act a payload asks for. NotAllowedError where it is malformed (400) or beyond the viewer's rights (403)."""
    if not isinstance(payload, dict):
        raise _bad("请求格式不对。", "The request is malformed.")
    facts = dict(payload)
    act_id = facts.pop("id", "")
    if not isinstance(act_id, str) or not _ID.fullmatch(act_id):
        raise _bad("请求缺少编号。", "The request has no id.")
    longest = _LONGEST_MIN.get(str(facts.get("type")))
    if longest is not None:
        minutes = facts.pop("for_min", None)
        if not isinstance(minutes, int | float) or not 1 <= minutes <= longest:
            raise _bad(f"时间为 1 至 {longest:g} 分钟。", f"For 1 to {longest:g} minutes.")
        facts["until_at"] = now + float(minutes) * 60.0
    _when(facts, building, now)
    if facts.get("type") == "reply.received":
        facts = _reply(facts, viewer, building, board)
    try:
        what = cast(What, msgspec.convert(facts, What))
    except msgspec.ValidationError as problem:
        raise _bad(f"请求格式不对：{problem}", f"The request is malformed: {problem}") from None
    _check(what, viewer, board, now)
    return Act(id=act_id, at=now, by=viewer.person, what=what, means=means)


def _when(facts: dict[str, Any], building: Building, now: float) -> None:
    """The real time of an act done by hand: as long ago as the browser says, or by the wall clock of the house.

    ``seen_at`` is our own clock's time on the page where it was ticked, which it cannot be older than.
    """
    ago, local, seen = facts.pop("ago_s", None), facts.pop("at_local", None), facts.pop("seen_at", None)
    field = "held_at" if facts.get("type") == "drill.held" else "at"
    if facts.get("type") not in _BY_HAND | {"drill.held"} or facts.get(field) is not None:
        return
    if isinstance(local, str) and local:
        try:
            moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(building.timezone))
        except (ValueError, ZoneInfoNotFoundError):
            raise _bad("时间写成 2026-11-22 14:36。", "Write the time as 2026-11-22 14:36.") from None
        facts[field] = min(moment.timestamp(), now)
    elif isinstance(ago, int | float) and JUST_NOW_S < ago < OLDEST_TICK_S:
        facts["at"] = now - float(ago)
        if isinstance(seen, int | float) and not isinstance(seen, bool) and facts["at"] < seen <= now:
            # The phone's clock was set forward meanwhile: the tick is no older than the page it was made on.
            facts["at"] = float(seen)


def _check(what: What, viewer: Viewer, board: Board | None, now: float) -> None:
    need = NEEDS[type(what)]
    if isinstance(what, ShelveAlarm) and any(
        alarm.id == what.alarm and alarm.priority == 1 for alarm in (board.alarms if board else ())
    ):
        need = "command"
    own = isinstance(what, TestContact) and what.person == viewer.person
    if not own and not viewer.may(need):
        raise NotAllowedError(
            Text("您的角色不能做这件事，请找有权限的人。", "Your role may not do this; ask someone who may.")
        )
    if (
        isinstance(what, Item | Move | Treat | GiveBack)
        and what.at is not None
        and not now - OLDEST_TICK_S <= what.at <= now + 5
    ):
        raise _bad(
            "补记的时间须在最近 60 天内，不晚于现在。", "A time told later lies within the last 60 days."
        )


def _reply(facts: dict[str, Any], viewer: Viewer, building: Building, board: Board | None) -> dict[str, Any]:
    """A code typed on the phone page: it speaks for the person the message went to, never for another."""
    wanted = facts.get("notice")
    found = [notice for notice in (board.notices if board else ()) if notice.id == wanted]
    if not found:
        raise _bad("没有这条短信。", "There is no such message.")
    person = building.people.get(found[0].person)
    if person is None or not (viewer.demo or viewer.person == person.id):
        raise NotAllowedError(Text("只能回复发给自己的短信。", "Only messages to yourself can be answered."))
    words = str(facts.get("words", "")).strip()[:160]
    if not words:
        raise _bad("请输入短信里的确认码。", "Type the code from the message.")
    if words.casefold() in {found[0].code.casefold(), found[0].reference.casefold()}:
        # The code alone means what its first use means: somebody takes it.
        words = f"{found[0].code}A"
    facts = {
        "sender": person.phone or person.id,
        "words": words,
        "means": "phone page",
        "notice": found[0].id,
    }
    return {"type": "reply.received", **facts}
