"""The life of one notice: what a result means, which state is higher, when a try is repeated.

Pure. The classes of error and what follows from them are Twilio's as gathered in its error dictionary
(https://www.twilio.com/docs/api/errors); a sender of another provider maps its own codes to the same classes.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from alerts.model import Notice, NoticeEvent, NoticeState
from sensors.model import Text

S = NoticeState

# The highest rank seen wins within one try (callbacks come doubled, late and in any order).
RANK: dict[NoticeState, int] = {
    S.NOTED: 0,
    S.DUE: 0,
    S.FAILED_TRY_AGAIN: 0,
    S.SENDING: 1,
    S.UNCERTAIN: 2,
    S.ACCEPTED: 3,
    S.RINGING: 4,
    S.SENT: 5,
    S.UNDELIVERED: 6,
    S.BUSY: 6,
    S.NO_ANSWER: 6,
    S.FAILED: 6,
    S.EXPIRED: 6,
    S.DELIVERED: 7,
    S.CANCELLED: 8,
    S.ANSWERED: 9,
}
LOST = frozenset({S.UNDELIVERED, S.BUSY, S.NO_ANSWER, S.FAILED, S.EXPIRED})
FINAL = LOST | {S.DELIVERED, S.CANCELLED, S.ANSWERED, S.NOTED}
WAITING = frozenset({S.DUE, S.FAILED_TRY_AGAIN})
IN_FLIGHT = frozenset({S.SENDING, S.UNCERTAIN, S.ACCEPTED, S.RINGING, S.SENT})

KIND: dict[NoticeState, str] = {
    S.DUE: "notice.due",
    S.SENDING: "notice.sending",
    S.UNCERTAIN: "notice.uncertain",
    S.ACCEPTED: "notice.accepted",
    S.RINGING: "notice.ringing",
    S.SENT: "notice.sent",
    S.DELIVERED: "notice.delivered",
    S.UNDELIVERED: "notice.failed",
    S.BUSY: "notice.failed",
    S.NO_ANSWER: "notice.failed",
    S.FAILED: "notice.failed",
    S.FAILED_TRY_AGAIN: "notice.retry",
    S.EXPIRED: "notice.expired",
    S.CANCELLED: "notice.cancelled",
    S.ANSWERED: "notice.answered",
    S.NOTED: "notice.noted",
}

# Channels whose provider reports whether the message reached the phone; elsewhere "sent" is the most known.
WITH_RECEIPT = frozenset({"sms", "voice"})

PAPER = "paper"  # the status of a message that was shown and not sent
FIRST = "first"  # in ``Notice.at``: when the first try began
MAX_TRIES = 4  # the first and three more
RETRY_S = 15.0
VALID_S = 300.0  # a page older than this is worthless: the provider must drop it, the next channel is tried
DELIVERY_S = 60.0  # C16: no delivery within a minute counts as not reached
LONGEST_WAIT_S = 3600.0  # a retry further ahead was set by a clock that has been set back since
LOST_ANSWER_S = 30.0  # a provider's own limit is about 26 s; a callback would have come by then


class Fault(StrEnum):
    """Why a message did not go, as far as it changes what is done next."""

    NONE = ""
    TEMPORARY = "temporary"  # worth retrying: not processed, or busy
    AMBIGUOUS = "ambiguous"  # may have been taken: look it up before anything else
    NOT_TAKEN = "not_taken"  # looked up: the provider never had it; send once more, marked
    UNKNOWABLE = "unknowable"  # cannot be looked up; send once more, marked
    NUMBER = "number"  # this number will never work on this channel
    OPTED_OUT = "opted_out"  # the person's phone blocked us: text START to cure it
    TEXT = "text"  # the carrier filtered the words: never repeat them
    CONFIGURATION = "configuration"  # our account, sender or region: tell the administrator
    UNREACHABLE = "unreachable"  # phone off or carrier trouble: next channel now
    UNKNOWN = "unknown"  # an undocumented code: next channel, logged whole

    @property
    def worth_retrying(self) -> bool:
        """Whether the very same message should be tried again on the same channel."""
        return self in (Fault.TEMPORARY, Fault.NOT_TAKEN, Fault.UNKNOWABLE)


class SendResult(Struct, frozen=True, kw_only=True):
    """What a provider said about one message: at sending, by callback, or when asked.

    ``state`` is ACCEPTED or higher, LOST ones with a ``fault``, UNCERTAIN when the answer was lost;
    ``retry_after_s`` is the provider's own wish; ``detail`` its words, kept whole for the record.
    """

    state: NoticeState
    provider_id: str = ""
    status: str = ""
    fault: Fault = Fault.NONE
    code: str = ""
    detail: str = ""
    retry_after_s: float = 0.0
    keys: str = ""  # voice: the keys that were pressed, where the provider tells them when asked
    tries: int = 0  # the try this is about, where the provider told us (0: the present one)


def event(notice: Notice, now: float, reason: Text | None = None, by: str = "system") -> NoticeEvent:
    """The event that says ``notice`` stands as it does since ``now``."""
    return NoticeEvent(kind=KIND[notice.state], notice=notice, at=now, by=by, reason=reason or notice.reason)


def become(notice: Notice, state: NoticeState, now: float, **changes: object) -> Notice:
    """``notice`` in ``state``; the moment a state was first reached is kept."""
    at = notice.at if state.value in notice.at else {**notice.at, state.value: now}
    return replace(notice, state=state, at=at, **changes)


def sending(notice: Notice, now: float, words: str) -> Notice:
    """``notice`` about to be handed to the provider: a new try, whose statuses start afresh."""
    at = {S.DUE.value: notice.at.get(S.DUE.value, now), FIRST: notice.at.get(FIRST, now)}
    return replace(
        notice,
        state=S.SENDING,
        tries=notice.tries + 1,
        words=words,
        provider_id="",
        status="",
        at={**at, S.SENDING.value: now},
        expires_at=now + VALID_S,
    )


def judge(notice: Notice, result: SendResult, now: float) -> NoticeEvent | None:
    """What ``result`` makes of ``notice``; None if it changes nothing (older news, a repeat, another try).

    A result of an earlier try counts only if it says the message arrived after all.
    """
    other_id = bool(result.provider_id and notice.provider_id and result.provider_id != notice.provider_id)
    if other_id or (result.tries and result.tries != notice.tries):
        if result.state is not S.DELIVERED or notice.state in (S.ANSWERED, S.CANCELLED):
            return None
        return event(become(notice, S.DELIVERED, now, status=result.status), now, DELIVERED_AFTER_ALL)
    if notice.state in (S.NOTED, S.ANSWERED):
        return None
    if result.fault in (Fault.NOT_TAKEN, Fault.UNKNOWABLE) and notice.state is not S.UNCERTAIN:
        return None
    if result.fault.worth_retrying and RANK[notice.state] <= RANK[S.SENT]:
        return _again(notice, result, now)
    if RANK[result.state] <= RANK[notice.state]:
        return None
    known = result.provider_id or notice.provider_id
    after = become(
        notice,
        result.state,
        now,
        provider_id=known,
        status=result.status or notice.status,
        error=result.code or notice.error,
        fault=result.fault.value or notice.fault,
    )
    return event(after, now, _said(result))


def _again(notice: Notice, result: SendResult, now: float) -> NoticeEvent:
    """One more try later, or failure for good when the tries are used up."""
    once_only = result.fault in (Fault.NOT_TAKEN, Fault.UNKNOWABLE)
    error = {"error": result.code or notice.error, "fault": result.fault.value}
    if notice.tries >= MAX_TRIES:
        return event(become(notice, S.FAILED, now, **error), now, _said(result))
    wait = 0.0 if once_only else max(result.retry_after_s, RETRY_S * 2 ** max(0, notice.tries - 1))
    # A spread of up to a fifth, fixed by the notice itself, keeps many retries from coming back together.
    wait *= 1.0 + (sum(notice.id.encode()) + notice.tries) % 20 / 100.0
    after = replace(
        notice,
        state=S.FAILED_TRY_AGAIN,
        next_try_at=now + wait,
        may_repeat=notice.may_repeat or once_only,
        at={**notice.at, S.FAILED_TRY_AGAIN.value: now},
        provider_id="",
        error=error["error"],
        fault=error["fault"],
    )
    return event(after, now, _said(result))


def ripe(notice: Notice, now: float) -> bool:
    """Whether a notice that waits may be tried; one whose retry lies absurdly far ahead waits for no clock."""
    return notice.state in WAITING and not now < notice.next_try_at <= now + LONGEST_WAIT_S


def receipts_due(notice: Notice) -> bool:
    """Whether the provider still owes us word of this notice's delivery."""
    return notice.state in IN_FLIGHT and notice.channel in WITH_RECEIPT


def late(notice: Notice, now: float) -> bool:
    """Not known to have arrived ``DELIVERY_S`` after its first try (C16)."""
    open_ = receipts_due(notice) or notice.state is S.FAILED_TRY_AGAIN
    return open_ and now - notice.at.get(FIRST, now) >= DELIVERY_S


DELIVERED_AFTER_ALL = Text("较早的一次发送最终送达。", "An earlier try arrived after all.")

SAID: dict[Fault, Text] = {
    Fault.NONE: Text("服务商报告状态", "The provider reported"),
    Fault.TEMPORARY: Text("暂时失败，稍后重试", "A temporary failure; tried again shortly"),
    Fault.AMBIGUOUS: Text("服务商的答复丢失，正在核对", "The provider's answer was lost; being looked up"),
    Fault.NOT_TAKEN: Text("服务商没有收到，标注后重发", "The provider never had it; sent once more, marked"),
    Fault.UNKNOWABLE: Text("无法核对，标注可能重复后重发", "It cannot be looked up; sent once more, marked"),
    Fault.NUMBER: Text("该号码不能用于此通道", "The number does not work on this channel"),
    Fault.OPTED_OUT: Text(
        "对方已退订；请其发送 START 恢复", "The person opted out; a text of START from that phone cures it"
    ),
    Fault.TEXT: Text("运营商拦截了内容", "The carrier filtered the words"),
    Fault.CONFIGURATION: Text("本方账号或发送号配置有误", "Our account or sender number is set up wrongly"),
    Fault.UNREACHABLE: Text("手机关机或无法接通", "The phone is off or out of reach"),
    Fault.UNKNOWN: Text("未知错误，按失败处理", "An unknown error, treated as failure"),
}


def _said(result: SendResult) -> Text:
    """The reason in words, with the provider's own code and detail behind it."""
    if result.status == PAPER:  # no provider: a demonstration, or no channel set up
        return Text("只写在页面上，没有真正发出。", "Shown on the page only, nothing was really sent.")
    base = SAID[result.fault]
    tail = " ".join(p for p in (result.status or result.state.value, result.code, result.detail) if p)
    return Text(f"{base.zh}（{tail}）。", f"{base.en} ({tail}).")
