"""Whom an act of a person concerns, and what comes of it. Pure but for what it hands back to the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerts.acts import AlarmAct, Reset
from alerts.annunciator import Annunciator
from alerts.answers import PersonAct
from alerts.evaluate import Evaluator
from alerts.model import AlarmEvent, NoticeEvent, Refused
from alerts.pager import Pager
from alerts.rule import Change, Rule
from alerts.sensor_rules import told_word
from playbooks.acts import IncidentAct
from playbooks.model import IncidentEvent
from playbooks.response import Response
from sensors.decode import Decoder
from sensors.model import Telling, Text
from strongroom.instruments.acts import SensorBack, SensorOut, StrangerAct
from strongroom.instruments.instruments import Instruments
from strongroom.instruments.records import Record
from strongroom.journal import Draft, draft_held
from strongroom.model import (
    Act,
    Building,
    DeliveryReported,
    DrillHeld,
    HistoryImported,
    ReplyReceived,
    TestContact,
)

Happened = AlarmEvent | IncidentEvent | NoticeEvent | Refused


def nobody(by: str) -> Text:
    """Why an act of somebody who is no person of the building is refused, and what to do."""
    return Text(
        f"“{by}”不是人员名单（people.toml）里的人。请在服务器上把登录名与人员对应："
        f"strongroom user add {by} --person 人员编号（并写上角色）。",
        f"{by!r} is nobody in people.toml. Tie the login to a person on the server: "
        f"strongroom user add {by} --person ID (with its roles).",
    )


class Deciding:
    """People's acts on one building. ``change`` and ``record`` let the core follow at once; ``note`` keeps an entry."""

    def __init__(
        self,
        building: Building,
        rules: Mapping[str, Rule],
        decoder: Decoder,
        evaluator: Evaluator,
        annunciator: Annunciator,
        response: Response,
        pager: Pager,
        instruments: Instruments,
        *,
        change: Callable[[Change, float], None],
        record: Callable[[Record, float], None],
        note: Callable[[Draft], None],
    ) -> None:
        self._building = building
        self._rules = rules
        self._decoder = decoder
        self._evaluator = evaluator
        self._annunciator = annunciator
        self._response = response
        self._pager = pager
        self._instruments = instruments
        self._change = change
        self._record = record
        self._note = note

    def decide(self, act: Act, now: float) -> list[Happened]:
        """What comes of an act; a :class:`Refused` with the reason where nothing does."""
        who = self._building.people.get(act.by)
        if isinstance(act.what, ReplyReceived):
            return self._answer(act.what, now)
        if isinstance(act.what, DeliveryReported):
            return list(self._pager.on_result(act.what.notice, act.what.result, now))
        if isinstance(act.what, TestContact):
            return list(self._pager.test_contact(act.what.person, act.id, act.by, now))
        if who is None:
            return [
                Refused(
                    about=act.id,
                    by=act.by,
                    reason=nobody(act.by),
                )
            ]
        if isinstance(act.what, SensorOut | SensorBack):
            decided = self._instruments.decide(act.what, act.by, who.roles, now)
            if isinstance(decided, Text):
                return [Refused(about=act.id, by=act.by, reason=decided)]
            self._record(decided, now)
            return []
        if isinstance(act.what, StrangerAct):
            refused = self._instruments.judge(act.what, act.by, who.roles, now)
            return [Refused(about=act.id, by=act.by, reason=refused)] if refused else []
        if isinstance(act.what, HistoryImported):
            return []  # done before it was said: the journal alone has to know
        if isinstance(act.what, DrillHeld):
            return self._held(act.what, act.by, now)
        if isinstance(act.what, AlarmAct):
            if isinstance(act.what, Reset):
                self._settle(act.what.alarm, now)
            return list(self._annunciator.on_act(act.what, act.by, now, who.roles))
        if isinstance(act.what, IncidentAct):
            return list(self._response.on_act(act.what, act.by, now, self._annunciator.alarms))
        return [
            Refused(
                about=act.id,
                by=act.by,
                reason=Text(
                    "演练请用命令 strongroom drill 在桌面运行。",
                    "Run drills at a desk with the command: strongroom drill",
                ),
            )
        ]

    def _held(self, what: DrillHeld, by: str, now: float) -> list[Happened]:
        """A drill that took place becomes an entry of its own; one nobody knows, or of tomorrow, does not."""
        if what.drill not in self._building.drills:
            reason = Text(f"没有演练“{what.drill}”。", f"There is no drill {what.drill!r}.")
        elif what.held_at > now:
            reason = Text("演练时间不能晚于现在。", "A drill cannot have been held later than now.")
        else:
            self._note(draft_held(what, by, now))
            return []
        return [Refused(about=what.drill, by=by, reason=reason)]

    def _settle(self, name: str, now: float) -> None:
        """Many devices tell a fault or a tampering once and never take it back: the person who resets it does."""
        alarm = self._annunciator.alarms.get(name)
        told = told_word(self._rules.get(alarm.rule)) if alarm is not None else None
        if alarm is not None and told is not None:
            fellows = self._evaluator.fellows(alarm.scope)
            self._decoder.ask_again(fellows)  # what the device repeats after this is new
            over = Telling(fellows, told, 0.0, now)
            for change in self._evaluator.hear((), (over,), (), now):
                self._change(change, now)

    def _answer(self, reply: ReplyReceived, now: float) -> list[Happened]:
        happened: list[Happened] = []
        for said in self._pager.on_reply(
            reply.sender,
            reply.words,
            reply.means,
            now,
            self._annunciator.alarms,
            notice_id=reply.notice,
            inbound_id=reply.provider_id,
        ):
            if isinstance(said, PersonAct):
                happened += self._annunciator.on_act(said.act, said.by, now)
            else:
                happened.append(said)
        return happened
