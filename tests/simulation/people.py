"""The people of the building: they acknowledge, shelve, reset, forget, and sometimes ask for what is not allowed."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random

from alerts.acts import (
    Acknowledge,
    AlarmAct,
    CancelInvestigation,
    CommentAlarm,
    ConfirmSign,
    InService,
    OutOfService,
    Reset,
    ShelveAlarm,
    UnshelveAlarm,
)
from alerts.model import Alarm
from alerts.sms import InboundMessage
from playbooks.acts import CloseIncident, IncidentAct, OpenIncident, StepDone
from playbooks.model import Incident
from strongroom.inbox import Inbox
from strongroom.instruments.acts import SensorBack, SensorOut, ServiceAct
from strongroom.model import Act
from tests.simulation.oracle import SENSORS, Oracle
from tests.simulation.provider import Provider

DAY_S = 86400.0
DRILLS_A_DAY = 0.5
OUT_A_DAY = 0.7
STAFF = {"li": "+8613800000001", "wang": "+8613800000002", "chen": "+8613800000003", "zhao": "+8613800000004"}


class People:
    """Reacts to what the alarms do; all of it goes through the inbox or a phone, like everybody's."""

    def __init__(self, random: Random, inbox: Inbox, provider: Provider, oracle: Oracle) -> None:
        self._random, self._inbox, self._provider, self._oracle = random, inbox, provider, oracle
        self._next_round = 0.0
        self._plans: list[tuple[float, int, str, str, str]] = []
        self._made = 0
        self._known: set[str] = set()  # incidents somebody has seen

    def next_at(self) -> float:
        """When somebody does something next."""
        return self._plans[0][0] if self._plans else float("inf")

    def see(self, kind: str, alarm: Alarm, at: float) -> None:
        """Something happened to an alarm; perhaps somebody will do something about it."""
        random = self._random
        if kind in ("alarm.raised", "alarm.returned", "alarm.realarmed"):
            who = random.choice(tuple(STAFF))
            chance = random.random()
            if chance < 0.3:
                return  # forgotten
            does = random.choices(
                ("ack", "sms", "shelve", "out", "comment", "cancel", "sign", "nonsense"),
                (45, 20, 12, 4, 5, 6, 2, 6),
            )[0]
            self._later(at + random.choice((2.0, 40.0, 150.0, 900.0, 7000.0)), does, who, alarm.id)
        if kind == "alarm.shelved" and random.random() < 0.4:
            self._later(at + random.uniform(10.0, 9000.0), "unshelve", random.choice(tuple(STAFF)), alarm.id)
        if kind == "alarm.out_of_service" and random.random() < 0.4:
            self._later(at + random.uniform(10.0, 90000.0), "in", random.choice(tuple(STAFF)), alarm.id)
        if kind in ("alarm.cleared", "alarm.raised", "alarm.confirmed"):
            for after in (random.uniform(60.0, 20000.0), 20000.0):
                self._later(at + after, "ack", "li", alarm.id)
                self._later(at + after + 1.0, "reset", "li", alarm.id)

    def see_incident(self, incident: Incident, at: float) -> None:
        """An incident or a drill changed; somebody will go on with it, or end it."""
        random = self._random
        if incident.id not in self._known:
            self._known.add(incident.id)
            if incident.kind == "incident" and random.random() < 0.5:  # somebody who has not heard of it
                self._later(at + random.choice((2.0, 50.0)), "drill", random.choice(tuple(STAFF)), "")
            for step in ("valve", "pump"):
                self._later(at + random.choice((5.0, 300.0, 1500.0)), f"step {step}", "chen", incident.id)
            for after in (3600.0, random.uniform(60.0, 20000.0)):
                self._later(at + after, "close", "chen", incident.id)

    def rounds(self, at: float) -> None:
        """Once a day or so: a drill, and a sensor that is taken away, for an hour or for weeks."""
        if at < self._next_round:
            return
        random = self._random
        if self._next_round:
            if random.random() < DRILLS_A_DAY:
                self._later(at + random.uniform(0.0, DAY_S), "drill", random.choice(tuple(STAFF)), "")
            if random.random() < OUT_A_DAY:
                sensor = random.choice(SENSORS)
                who = random.choice(("chen", "zhao", "zhao", "li"))  # archivists may not
                self._later(at + random.uniform(0.0, DAY_S), "take out", who, sensor)
                if random.random() < 0.4:
                    back = at + random.choice((7200.0, 200000.0, 900000.0))
                    self._later(back, "bring back", "zhao", sensor)
        self._next_round = at + DAY_S

    def act(self, at: float, engine_at: float) -> None:
        """Do what is planned until ``at``; ``engine_at`` is what the clock of the screens shows."""
        self.rounds(at)
        while self._plans and self._plans[0][0] <= at:
            _, _, does, who, name = heappop(self._plans)
            alarm = self._oracle.alarms.get(name)
            if does == "sms":
                self._text(who, name, engine_at)
            elif does in ("drill", "take out", "bring back", "close") or does.startswith("step "):
                self._manage(does, who, name, engine_at)
            elif does == "nonsense" or alarm is not None:
                self._do(does, who, name, alarm, engine_at)

    def _later(self, at: float, does: str, who: str, alarm: str) -> None:
        self._made += 1
        heappush(self._plans, (at, self._made, does, who, alarm))

    def _do(self, does: str, who: str, name: str, alarm: Alarm | None, now: float) -> None:
        random = self._random
        what: AlarmAct
        rule, scope = (alarm.rule, alarm.scope) if alarm else ("none", "nowhere")
        match does:
            case "ack":
                what = Acknowledge(alarm=name)
                self._oracle.acknowledges(who, name)
            case "shelve":
                what = ShelveAlarm(
                    alarm=name, until_at=now + random.choice((120.0, 3600.0, 28800.0)), reason="known"
                )
            case "unshelve":
                what = UnshelveAlarm(alarm=name)
            case "out":
                until = now + random.choice((600.0, 86400.0, 400000.0))
                what = OutOfService(rule=rule, scope=scope, until_at=until, reason="works")
            case "in":
                what = InService(rule=rule, scope=scope)
            case "comment":
                what = CommentAlarm(alarm=name, words=f"looked at it {random.randint(1, 9)}")
            case "cancel":
                what = CancelInvestigation(alarm=name, reason="toast")
            case "sign":
                what = ConfirmSign(zone="reading-1", hazard="fire", note="seen")
            case "reset":
                what = Reset(alarm=name, note="dry again")
            case _:
                what = random.choice(
                    (
                        ShelveAlarm(alarm=name, until_at=now + 9 * 3600.0, reason="for long"),
                        ShelveAlarm(alarm=name, until_at=now + 60.0, reason=" "),
                        ShelveAlarm(alarm=name, until_at=now - 60.0, reason="late"),
                        OutOfService(rule=rule, scope=scope, until_at=now - 1.0, reason="x"),
                        Acknowledge(alarm="nothing@nowhere#1"),
                        Reset(alarm=name),
                        CommentAlarm(alarm=name, words=""),
                    )
                )
                who = random.choice((who, who, "nobody-we-know"))
        self._made += 1
        act = Act(id=f"act-{self._made}", at=now, by=who, what=what)
        self._inbox.put(act)
        if random.random() < 0.05:
            self._inbox.put(act)  # a page that was loaded again

    def _manage(self, does: str, who: str, name: str, now: float) -> None:
        """Drills, incidents and sensors out of service."""
        random = self._random
        what: IncidentAct | ServiceAct
        match does:
            case "drill":
                what = OpenIncident(
                    playbook="wet", zones=(random.choice(("stack-a", "plant")),), kind="drill"
                )
            case "close":
                what = CloseIncident(incident=name, note="over", override=True)
            case "take out":
                until = now + random.choice((3600.0, 86400.0, 5 * 86400.0, 21 * 86400.0, 40 * 86400.0, -5.0))
                what = SensorOut(
                    sensor=name, until_at=until, reason=random.choice(("repair", "works", "works", " "))
                )
            case "bring back":
                what = SensorBack(sensor=name)
            case _:
                what = StepDone(incident=name, step=does.partition(" ")[2])
        self._made += 1
        self._inbox.put(Act(id=f"act-{self._made}", at=now, by=who, what=what))

    def _text(self, who: str, name: str, now: float) -> None:
        """Answer the newest message that told this person of the alarm."""
        told = [
            t.notice for t in self._provider.took
            if t.notice.person == who and t.notice.code and any(s.alarm == name for s in t.notice.spoken)
        ]  # fmt: skip
        if not told:
            return
        code = told[-1].code
        for notice in (n for n in self._oracle.notices.values() if n.person == who and n.code == code):
            self._oracle.acknowledges(who, *(spoken.alarm for spoken in notice.spoken))
        self._made += 1
        words = self._random.choice((f"{code}A", f"a {code}", f"收到{code}", f"{code}S", "yes"))
        self._provider.answer(InboundMessage(id=f"in-{self._made}", sender=STAFF[who], words=words, at=now))
