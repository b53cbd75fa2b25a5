"""What Twilio tells us over the web: is it really Twilio, and what did it say. Pure.

The signature is checked over the public address (never the Host header: TLS may end at a proxy) and over the
body exactly as it came, blank values kept, before anything is read out of it. See
https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal
from urllib.parse import parse_qsl, quote

from msgspec import Struct
from twilio.request_validator import RequestValidator

from alerts.notices import SendResult
from alerts.sms import InboundMessage
from alerts.twilio_codes import call_state
from alerts.twilio_sender import HOOKS, reported

FIELDS = 200
Kind = Literal["status", "voice", "voice-again", "keys", "inbound"]
KINDS: tuple[Kind, ...] = ("status", "voice", "voice-again", "keys", "inbound")


class Form:
    """Posted fields in the shape the validator reads: every value of a name, blanks kept."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in pairs:
            self._fields.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def getlist(self, name: str) -> list[str]:
        """All values of a name."""
        return self._fields.get(name, [])

    def get(self, name: str) -> str:
        """The first value of a name; empty if it was not sent."""
        return self._fields.get(name, [""])[0]


class PublicUrl(Struct, frozen=True):
    """What was asked for: our configured public address, and path and query as they came, undecoded."""

    base: str
    path: str
    query: str


class Call(Struct, frozen=True, kw_only=True):
    """One verified request of Twilio's: which hook, for which notice and try, with which fields."""

    kind: Kind
    notice: str
    tries: int
    form: Form

    def beside(self, kind: Kind) -> str:
        """Path and query of another hook for the same notice and try."""
        return f"{HOOKS}/{kind}?notice={quote(self.notice, safe='')}&try={self.tries}"


def verified(tokens: Sequence[str], url: PublicUrl, body: bytes, signature: str) -> Call | None:
    """The request if one of ``tokens`` signed it, else None. No token at all refuses everything.

    ``body`` is as it came.
    """
    kind = next((k for k in KINDS if url.path == f"{HOOKS}/{k}"), None)
    if kind is None or not url.base or not signature:
        return None
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict"
        )
    except ValueError:
        return None
    form = Form(pairs)
    whole = f"{url.base}{url.path}" + (f"?{url.query}" if url.query else "")
    if not any(token and _signed(token, whole, form, signature) for token in tokens):
        return None
    asked = dict(parse_qsl(url.query, keep_blank_values=True, max_num_fields=20))
    tries = asked.get("try", "")
    return Call(
        kind=kind,
        notice=asked.get("notice", ""),
        tries=int(tries) if tries.isascii() and tries.isdigit() else 0,
        form=form,
    )


def _signed(token: str, url: str, form: Form, signature: str) -> bool:
    validator: Any = RequestValidator(token)  # type: ignore[no-untyped-call]
    return bool(validator.validate(url, form, signature))


def result_of(call: Call) -> SendResult:
    """What a status callback says about its notice."""
    form = call.form
    if form.get("CallSid"):
        status = form.get("CallStatus")
        return SendResult(
            state=call_state(status), provider_id=form.get("CallSid"), status=status, tries=call.tries
        )
    status = form.get("MessageStatus") or form.get("SmsStatus")
    return reported(
        status,
        form.get("ErrorCode"),
        form.get("MessageSid") or form.get("SmsSid"),
        form.get("ErrorMessage"),
        call.tries,
    )


def answer_of(call: Call, now: float) -> InboundMessage:
    """The answer in an inbound text or in pressed keys."""
    form = call.form
    if call.kind == "keys":
        keys = form.get("Digits")
        return InboundMessage(
            id=f"{form.get('CallSid')}:{keys[:4]}",
            sender=form.get("To"),
            words=keys[:4],
            at=now,
            means="voice",
            notice=call.notice,
        )
    return InboundMessage(
        id=form.get("MessageSid") or form.get("SmsSid"),
        sender=form.get("From"),
        words=form.get("Body"),
        at=now,
    )
