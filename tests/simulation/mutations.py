"""Engines broken on purpose: each breaks one promise, and the invariants must notice. One line each says which."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

import alerts.annunciator as annunciator
import alerts.pager as pager
import alerts.schedule as schedule
import sensors.bind as bind
import strongroom.core as core
from alerts.alarm import step as whole_step
from alerts.climb import Climb
from alerts.happenings import Acknowledged, Cleared, Muted, Passed, Shelved, Unclear
from alerts.instance import Instance
from alerts.model import NoticeState
from alerts.notices import Fault
from playbooks.response import Response
from sensors.model import Quality
from strongroom.committer import Committer
from strongroom.instruments.instruments import Instruments
from strongroom.instruments.service import Service
from strongroom.outbox import Outbox
from strongroom.redelivery import Redelivery

Patch = Callable[[Any, str, Any], None]  # pytest's setattr


def silence_clears(patch: Patch) -> None:
    """Data that stops counts as data that is good."""
    patch(
        annunciator,
        "step",
        lambda a, h, now: whole_step(a, Cleared(h.change) if isinstance(h, Unclear) else h, now),
    )


def acknowledges_itself(patch: Patch) -> None:
    """What has cleared is taken for seen."""

    def step(alarm: Any, happening: Any, now: float) -> Any:
        alarm, events = whole_step(alarm, happening, now)
        if isinstance(happening, Cleared) and alarm is not None and alarm.closed_at is None:
            alarm, more = whole_step(alarm, Acknowledged("system"), now)
            events = events + more
        return alarm, events

    patch(annunciator, "step", step)


def late_is_live(patch: Patch) -> None:
    """Old readings and the broker's memory prove the present."""
    patch(bind, "quality_of", lambda *_: Quality.GOOD)


def acknowledges_too_early(patch: Patch) -> None:
    """The broker is told before the disk has it."""
    offer = Committer.offer

    def early(self: Committer, batch: Any, messages: Any) -> None:
        self._acknowledge(messages)
        offer(self, batch, messages)

    patch(Committer, "offer", early)


def counts_repeats(patch: Patch) -> None:
    """What the broker brings again after a crash is decided again."""
    sort = Redelivery.sort

    def every(self: Redelivery, messages: Any, now: float, linked_at: float) -> Any:
        return sort(self, [replace(raw, delivery=0) for raw in messages], now, linked_at)

    patch(Redelivery, "sort", every)


def doubles_delays(patch: Patch) -> None:
    """Delays last twice as long as written."""
    whole = Instance.need_s.fget  # type: ignore[attr-defined]
    patch(Instance, "need_s", property(lambda self: 2.0 * whole(self)))


def no_delays(patch: Patch) -> None:
    """The first sample is enough."""
    patch(Instance, "need_s", property(lambda self: 0.0))


def _never_due(patch: Patch, forgotten: Callable[[Any], bool]) -> None:
    """Time passes over alarms in this state."""
    plan = annunciator.Annunciator._plan
    patch(
        annunciator.Annunciator, "_plan", lambda self, alarm: None if forgotten(alarm) else plan(self, alarm)
    )


def shelves_last(patch: Patch) -> None:
    """Nobody looks when a shelf ends."""
    _never_due(patch, lambda alarm: alarm.shelved is not None)


def shelves_anything(patch: Patch) -> None:
    """Life safety can be put aside."""

    def step(alarm: Any, happening: Any, now: float) -> Any:
        if not isinstance(happening, Shelved) or alarm is None or not alarm.life_safety:
            return whole_step(alarm, happening, now)
        after, events = whole_step(replace(alarm, life_safety=False), happening, now)
        return replace(after, life_safety=True), [
            replace(e, alarm=replace(e.alarm, life_safety=True)) if hasattr(e, "alarm") else e for e in events
        ]

    patch(annunciator, "step", step)


def mutes_anything(patch: Patch) -> None:
    """A power failure speaks for fire as well."""

    def step(alarm: Any, happening: Any, now: float) -> Any:
        if isinstance(happening, Passed) and alarm is not None and alarm.life_safety and not alarm.muted_by:
            alarm, events = whole_step(replace(alarm, life_safety=False), Muted("power@plant#1"), now)
            alarm = replace(alarm, life_safety=True)
            return alarm, [replace(e, alarm=alarm) for e in events]
        return whole_step(alarm, happening, now)

    patch(annunciator, "step", step)


def forgets_rules(patch: Patch) -> None:
    """A restart begins with empty rules."""
    begin = core.Core.__init__

    def empty(self: Any, building: Any, now: float, **more: Any) -> None:
        begin(self, building, now, **{**more, "rule_states": {}, "latest": {}})

    patch(core.Core, "__init__", empty)


def skips_the_journal(patch: Patch) -> None:
    """A clearing is not written down."""
    happen = core.Core._happen

    def most(self: Any, happened: Any, now: float) -> None:
        for one in list(happened):
            drafts = len(self._batch.drafts)
            happen(self, [one], now)
            if getattr(one, "kind", "") == "alarm.cleared":
                del self._batch.drafts[drafts : drafts + 1]

    patch(core.Core, "_happen", most)


def sends_first(patch: Patch) -> None:
    """The provider is called before that is durable."""
    patch(
        Outbox,
        "offer",
        lambda self, notices: [self.release(n) for n in notices if n.state.value == "due"] and None,
    )


def never_pages(patch: Patch) -> None:
    """The ladder stays at its foot."""
    patch(Climb, "climb", lambda self, alarm, now: [])


def renumbers(patch: Patch) -> None:
    """References begin again after a restart."""
    restore = annunciator.Annunciator.restore

    def forgetful(self: Any, alarm: Any) -> None:
        restore(self, alarm)
        self._references = 0

    patch(annunciator.Annunciator, "restore", forgetful)


def forgets_alarms(patch: Patch) -> None:
    """A restart begins without alarms."""
    patch(annunciator.Annunciator, "restore", lambda self, alarm: None)


def investigates_for_ever(patch: Patch) -> None:
    """A pre-alarm that nobody looks into stays one."""
    _never_due(patch, lambda alarm: alarm.investigate_until_at is not None)


def one_clock_for_all(patch: Patch) -> None:
    """Schedules know one offset from UTC, that of January."""

    def instant(day: Any, wall: str, timezone: str) -> float:
        hours, minutes = (int(part) for part in wall.split(":"))
        winter = datetime(day.year, 1, 1, tzinfo=ZoneInfo(timezone)).utcoffset()
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC")).timestamp()
        assert winter is not None
        return midnight + hours * 3600.0 + minutes * 60.0 - winter.total_seconds()

    patch(schedule, "instant", instant)


def never_silent(patch: Patch) -> None:
    """Nobody misses a sensor that says nothing."""
    from alerts.seen import Watch

    patch(Watch, "due", lambda self, not_before: 4e9)


def gaps_count(patch: Patch) -> None:
    """Two samples prove what lay between them, however long it was."""
    from sensors.life import Record

    patch(Record, "gap_s", property(lambda self: 1e9))


def lost_counts_as_sent(patch: Patch) -> None:
    """A message that died with the process before the provider had it is taken for sent."""
    judged = pager.judge

    def judge(notice: Any, result: Any, now: float) -> Any:
        if result.fault is Fault.NOT_TAKEN:
            result = replace(result, state=NoticeState.SENT, fault=Fault.NONE)
        return judged(notice, result, now)

    patch(pager, "judge", judge)


def out_for_good(patch: Patch) -> None:
    """A sensor that was taken away stays away."""
    patch(Service, "expired", lambda self, now: [])


def believes_what_is_out(patch: Patch) -> None:
    """A sensor that is being repaired is judged like any other."""
    patch(Instruments, "is_out", lambda self, reading: False)


def misses_what_is_out(patch: Patch) -> None:
    """A sensor that was taken away is missed."""
    patch(core.Evaluator, "set_aside", lambda self, sensor, now: [])


def plays_on(patch: Patch) -> None:
    """A drill goes on beside a real alarm."""
    patch(Response, "_suspend_drills", lambda self, alarm, now: [])


def plays_in_earnest(patch: Patch) -> None:
    """A drill may begin while a real incident is fought."""
    patch(Response, "_in_earnest", lambda self: False)


def believes_the_broker(patch: Patch) -> None:
    """What comes again and is not marked counts as new."""
    patch(Redelivery, "_follows", lambda self, raw, seal, now: False)


MUTATIONS: tuple[Callable[[Patch], None], ...] = (
    silence_clears, acknowledges_itself, late_is_live, acknowledges_too_early, counts_repeats, doubles_delays,
    no_delays, shelves_last, shelves_anything, mutes_anything, forgets_rules, skips_the_journal, sends_first,
    never_pages, renumbers, forgets_alarms, investigates_for_ever, one_clock_for_all, never_silent,
    gaps_count, lost_counts_as_sent, out_for_good, believes_what_is_out, misses_what_is_out, plays_on,
    plays_in_earnest, believes_the_broker,
)  # fmt: skip
