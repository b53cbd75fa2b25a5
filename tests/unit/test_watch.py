"""The second machine notices silence, says it once, reminds, and says when it is over (C52)."""

from __future__ import annotations

import pytest

from alerts.sms import PaperSender
from sensors.model import RawMessage
from strongroom.watch import Told, Watch, ask, beat_of, listen, tell
from tests.fakes.scripted import ScriptedSender
from tests.reach import person


def test_silence_is_told_within_two_minutes_then_every_half_hour_then_that_it_is_over() -> None:
    watch = Watch("city", 0.0)
    watch.heard(100.0)
    said: list[tuple[float, int]] = []
    for second in range(100, 4050):
        if second == 4000:
            watch.heard(4000.0)
        told = watch.tick(float(second))
        if told is not None:
            said.append((second, told.number))
    assert said == [(191, 0), (1991, 1), (3791, 2), (4000, -1)]


def test_what_never_beat_at_all_is_silent_too() -> None:
    assert Watch("city", 0.0).tick(60.0) is None
    told = Watch("city", 0.0).tick(91.0)
    assert told is not None
    assert "no beat" in told.words.en


def test_a_beat_that_reports_trouble_is_told() -> None:
    watch = Watch("city", 0.0)
    watch.heard(1.0, "cannot write to disk")
    told = watch.tick(2.0)
    assert told is not None
    assert told.words.en == "city: it reports cannot write to disk"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b'{"at": 1.0, "durable": true}', ""),
        (b'{"at": 1.0, "durable": false}', "cannot write to disk"),
        (b'{"at": 1.0, "durable": true, "trouble": ""}', ""),
        (
            b'{"at": 1.0, "durable": true, "trouble": "the sender\\nhas not moved"}',
            "the sender has not moved",
        ),
        (b'{"at": 1.0, "trouble": 7}', ""),
        (b"{}", None),
        (b"[1]", None),
        (b"\xff", None),
        (b"1", None),
    ],
)
def test_only_real_beats_count(payload: bytes, says: str | None) -> None:
    assert beat_of(payload) == says


class Source:
    def __init__(self, *messages: RawMessage) -> None:
        self.messages, self.acknowledged = list(messages), 0

    def take(self, limit: int, timeout_s: float) -> list[RawMessage]:
        return self.messages

    def acknowledge(self, messages: list[RawMessage]) -> None:
        self.acknowledged += len(messages)


def test_a_retained_beat_is_no_sign_of_life() -> None:
    beat = b'{"at": 1.0, "durable": true}'
    source = Source(
        RawMessage("t", beat, 0.0, retained=True), RawMessage("t", beat, 0.0), RawMessage("t", b"", 0.0)
    )
    assert listen(source, 0.0) == [""]  # type: ignore[arg-type]
    assert source.acknowledged == 3


def test_nothing_listening_over_http_is_silence() -> None:
    assert ask("http://127.0.0.1:9/health") is None


def test_people_are_told_on_the_first_channel_that_takes_it() -> None:
    sender = ScriptedSender()
    sender.script("li", "sms", "number")
    log: list[str] = []
    told = Told(0, Watch("city", 0.0).tick(91.0).words)  # type: ignore[union-attr]
    tell(
        sender,
        [person("li"), person("wang", channels=("pigeon", "mail"), mail="w@x.org")],
        told,
        0.0,
        log.append,
    )
    assert [(p, c) for p, c, _ in sender.sent] == [("li", "voice"), ("wang", "mail")]
    assert len(log) == 5
    tell(PaperSender(), [person("li")], told, 0.0, log.append)
