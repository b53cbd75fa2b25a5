"""Health figures, unwatched places and explanations (C15, C44, C46)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.acts import Acknowledge, CommentAlarm, OutOfService
from alerts.explain import STATES, explain, why_told
from alerts.health import alarm_health, priority_drift
from alerts.model import AlarmEvent, Notice, NoticeEvent, NoticeState, Shelf
from alerts.rule import Implausible, Select, Silent, Threshold
from alerts.unwatched import unwatched
from sensors.model import Quality, Text
from tests.judge import START, House, rule, sensor, zone

DAY = 86400.0


def told(house: House) -> list[AlarmEvent]:
    return [e for e in house.events if isinstance(e, AlarmEvent)]


class TestHealth:
    def flood(self, alarms: int) -> House:
        sensors = [sensor(f"s{k}", silent_after_s=1e9) for k in range(alarms)]
        house = House([rule(scope="sensor", priority=3)], sensors)
        for one in sensors:
            house.now += 1
            house.show(31.0, one.id)
        return house

    @pytest.mark.parametrize(("alarms", "peak_good"), [(10, True), (11, False)])
    def test_a_flood_begins_with_more_than_ten_in_ten_minutes(self, alarms: int, peak_good: bool) -> None:
        health = alarm_health(told(self.flood(alarms)), (), START, START + DAY)
        figures = {f.id: f for f in health.figures}
        assert figures["peak"].value == alarms
        assert figures["peak"].good is peak_good
        assert figures["flood"].value == (0.0 if peak_good else round(100 / 144, 3))

    def test_stale_top_ten_and_rate(self) -> None:
        house = self.flood(4)
        health = alarm_health(told(house), house.annunciator.alarms.values(), START, START + 2 * DAY)
        figures = {f.id: f for f in health.figures}
        assert len(health.stale) == 4
        assert figures["rate"].value == round(4 / 48, 3)
        assert [one.share for one in health.top] == [0.25] * 4

    def test_fleeting_is_short_and_does_not_come_back(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        house.now += 5
        house.show(20.0)
        assert alarm_health(told(house), (), START, START + DAY).fleeting == ("hot@a",)
        house.now += 30
        house.show(31.0)
        assert alarm_health(told(house), (), START, START + DAY).fleeting == ()

    def test_drills_do_not_count(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(40.0, drill="d")
        assert alarm_health(told(house), (), START, START + DAY).alarms == 0

    def test_an_empty_span_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="span"):
            alarm_health([], [], START, START)

    def test_priorities_that_drift_are_warned_of(self) -> None:
        assert priority_drift([1] * 10 + [3] * 10) is not None
        assert priority_drift([1] * 2 + [2] * 5 + [3] * 33) is None
        assert priority_drift([1] * 5) is None
        too_few_low = priority_drift([1] * 2 + [2] * 20 + [3] * 10)
        assert too_few_low is not None
        assert "31 % low" in too_few_low.en
        assert "31 %" in too_few_low.zh


class TestUnwatched:
    RULES = (
        rule(
            "damp",
            Threshold(select=Select(quantity="humidity"), above=True, limit=60, clear_at=57),
            hazard="climate",
        ),
        rule("silent", Silent(select=Select()), scope="sensor", fault=True),
        rule("broken", Implausible(select=Select()), scope="sensor", fault=True),
    )  # fmt: skip

    def house(self) -> House:
        return House(
            self.RULES, [sensor("h", quantity="humidity"), sensor("i", quantity="humidity")], [zone("a")]
        )

    def gaps(self, house: House, silent: dict[str, float | None]) -> list[tuple[str, str]]:
        found = unwatched(house.rules, house.sensors, house.zones, house.annunciator.alarms.values(), silent)
        return [(gap.zone, gap.hazard) for gap in found]

    def test_a_zone_with_one_sensor_left_is_watched(self) -> None:
        assert self.gaps(self.house(), {"h": START}) == []

    def test_with_none_left_it_is_not_and_says_since_when(self) -> None:
        house = self.house()
        assert self.gaps(house, {"h": START, "i": START + 60}) == [("a", "climate")]
        (gap,) = unwatched(house.rules, house.sensors, house.zones, (), {"h": START, "i": START + 60})
        assert gap.since_at == START + 60
        assert gap.sensors == ("h", "i")
        assert "no data" in gap.why.en

    def test_a_sensor_that_shows_the_impossible_protects_nobody(self) -> None:
        house = self.house()
        house.show(300.0, "h", Quality.IMPLAUSIBLE)
        assert self.gaps(house, {"i": START}) == [("a", "climate")]

    def test_what_a_person_put_aside_names_them(self) -> None:
        house = self.house()
        house.act(OutOfService(rule="damp", scope="a", until_at=house.now + DAY, reason="paint"), by="wang")
        (gap,) = unwatched(house.rules, house.sensors, house.zones, house.annunciator.alarms.values(), {})
        assert (gap.by, gap.hazard) == ("wang", "climate")
        assert "paint" in gap.why.en

    def test_overdue_calibration(self) -> None:
        house = self.house()
        (gap,) = unwatched(house.rules, house.sensors, house.zones, (), {}, ["h"])
        assert "calibration" in gap.why.en


class TestExplain:
    def test_samples_rule_course_and_people(self) -> None:
        house = House([rule(for_s=60.0, clause="JGJ 25-2010 5.2.1", revision="7")], [sensor("s")])
        house.show(31.0)
        house.wait(60, 31.0)
        (alarm,) = house.annunciator.alarms.values()
        house.act(CommentAlarm(alarm=alarm.id, words="fan off"))
        house.act(Acknowledge(alarm=alarm.id), by="wang")
        (alarm,) = house.annunciator.alarms.values()
        notice = Notice(
            id="n1", about=alarm.id, reference=alarm.reference, person="li", channel="sms", words="…",
            reason=Text("值班", "on duty"), rung=0, due_at=house.now, state=NoticeState.DELIVERED,
        )  # fmt: skip
        sent = NoticeEvent(
            kind="notice.delivered", notice=notice, at=house.now, reason=Text("送达", "delivered")
        )
        found = explain(alarm, house.rules, told(house), [sent], people=["zhao"])
        assert found.rule.en == "rule hot, revision 7, must last 1 min, from JGJ 25-2010 5.2.1"
        assert found.samples[0].words.en == "s: 31 °C (limit 30)"
        assert (found.samples[0].about, found.samples[0].at) == ("s", alarm.evidence[0].measured_at)
        assert [line.words.en.split(":")[0] for line in found.course] == ["raised", "comment", "acknowledged"]
        assert found.people["li"].en == "told (SMS, delivered): on duty"
        assert found.people["li"].zh == "已通知（短信，已送达）：值班"
        assert [(line.about, line.words.en) for line in found.told] == [("li", "SMS, delivered: on duty")]
        assert found.people["zhao"].en == "not told: wang acknowledged first, the ladder stopped"
        assert found.state.zh == "已确认"

    def test_whoever_acted_is_called_by_name(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        (alarm,) = house.annunciator.alarms.values()
        house.act(Acknowledge(alarm=alarm.id), by="wang")
        (alarm,) = house.annunciator.alarms.values()
        found = explain(
            alarm, house.rules, told(house), people=["wang", "li"], names={"wang": Text("王芳", "Wang Fang")}
        )
        assert found.people["li"].zh == "未通知：王芳 已确认，升级停止"
        assert found.people["li"].en == "not told: Wang Fang acknowledged first, the ladder stopped"
        assert found.people["wang"].en == "not told: acknowledged it without being told"

    def test_a_message_is_one_line_whatever_became_of_it(self) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        (alarm,) = house.annunciator.alarms.values()
        due = Notice(
            id="n1", about=alarm.id, reference=alarm.reference, person="li", channel="sms", words="…",
            reason=Text("值班。", "On duty."), rung=0, due_at=house.now, state=NoticeState.DUE,
        )  # fmt: skip

        def events(*steps: tuple[NoticeState, float, str, str], **more: object) -> list[NoticeEvent]:
            return [
                NoticeEvent(
                    kind="notice", notice=replace(due, state=state, **more), at=house.now + after, reason=Text(zh, en)
                )
                for state, after, zh, en in steps
            ]  # fmt: skip

        def lines(sent: list[NoticeEvent]) -> list[tuple[float, str, str]]:
            found = explain(alarm, house.rules, told(house), sent)
            return [(line.at - house.now, line.words.zh, line.words.en) for line in found.told]

        first = (NoticeState.DUE, 0.0, "值班。", "On duty.")
        gone = (NoticeState.SENDING, 0.1, "交给服务商。", "Handed to the provider.")
        arrived = (
            NoticeState.DELIVERED,
            3.0,
            "服务商报告状态（delivered）。",
            "The provider reported (delivered).",
        )
        off = (NoticeState.UNDELIVERED, 40.0, "手机关机。", "The phone is off.")
        shown = (NoticeState.SENT, 0.2, "只写在页面上。", "Shown on the page only.")
        assert lines(events(first, gone, arrived)) == [
            (0.0, "短信，已送达（3秒后）：值班。", "SMS, delivered after 3 s: On duty.")
        ]
        assert lines(events(first, gone, off, tries=2)) == [
            (0.0, "短信，无法送达（40秒后），第 2 次发送：值班。手机关机。",
             "SMS, not delivered after 40 s, try 2: On duty. The phone is off.")
        ]  # fmt: skip
        assert lines(events(first, gone, shown, status="paper")) == [
            (0.0, "短信，已发出：值班。只写在页面上。", "SMS, sent: On duty. Shown on the page only.")
        ]
        other = [replace(one, notice=replace(one.notice, id="n2", person="wang")) for one in events(first)]
        assert len(lines([*events(first, gone, arrived), *other])) == 2

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"muted_by": "power@a#1"}, "power@a#1 speaks for it"),
            ({"shelved": Shelf("li", 0.0, 1.0, "x")}, "shelved by li"),
            ({"out_of_service": Shelf("li", 0.0, 1.0, "x")}, "out of service by li"),
            ({"page": "never"}, "pages nobody"),
            ({"page": "day"}, "working hours"),
            ({"drill": "d"}, "drill"),
            ({}, "has not come to them"),
        ],
    )
    def test_every_reason_not_to_be_told_has_its_sentence(
        self, change: dict[str, object], words: str
    ) -> None:
        house = House([rule()], [sensor("s")])
        house.show(31.0)
        (alarm,) = house.annunciator.alarms.values()
        assert words in why_told("zhao", replace(alarm, **change), []).en


def test_every_state_of_a_message_has_words() -> None:
    assert set(STATES) == set(NoticeState)
