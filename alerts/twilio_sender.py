"""Twilio, through its own client with the HTTP layer injected: texts, calls with a key press, look-ups.

Facts relied on are Twilio's documentation of Message, Call and their list resources. Creates are not idempotent
there, so each is tried once: an answer that was lost is reported as UNCERTAIN and looked up later, never
repeated here. What is surely not taken (a refusal, a connection that was never made) may go on to the second
token or sender at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import requests
from msgspec import Struct
from msgspec.structs import replace
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from alerts.model import Notice, NoticeState, Person
from alerts.notices import LOST, VALID_S, Fault, SendResult
from alerts.sms import InboundMessage
from alerts.twilio_codes import (
    CALLBACK_REFUSED,
    OTHER_SENDER,
    OTHER_TOKEN,
    call_state,
    fault_of,
    message_state,
)
from alerts.twilio_voice import call_document

S = NoticeState
TIMEOUT_S = 10.0  # the client has none of its own
SKEW_S = 30.0
RING_S = 40
LISTED = 50
HOOKS = "/hooks/twilio"
BODY_LIMIT = 1600


class Create(Protocol):
    """One create request, without some of its parameters."""

    def __call__(self, client: Any, without: frozenset[str]) -> Any:
        """Make it."""


class TwilioAccount(Struct, frozen=True, kw_only=True):
    """What is needed to send. The first of ``tokens`` and ``senders`` is tried first.

    ``senders`` are numbers (+…) or messaging services (MG…); ``voice`` numbers that call; ``public_url`` where
    Twilio reaches our hooks, empty where it cannot; ``keys_url`` a page at Twilio that takes pressed keys where
    we have no public address (see docs/reach.md).
    """

    account: str
    tokens: tuple[str, ...]
    senders: tuple[str, ...]
    voice: tuple[str, ...] = ()
    public_url: str = ""
    keys_url: str = ""
    url: str = ""


class Wire(TwilioHttpClient):
    """The client's HTTP layer: a time limit, another address for tests, and the headers it hides."""

    def __init__(self, url: str = "", timeout: float = TIMEOUT_S) -> None:
        super().__init__(timeout=timeout)
        self._elsewhere = urlsplit(url) if url else None
        self.headers: dict[str, str] = {}

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """One request; keeps the answer's headers."""
        if self._elsewhere is not None:
            url = (
                urlsplit(url)._replace(scheme=self._elsewhere.scheme, netloc=self._elsewhere.netloc).geturl()
            )
        self.headers = {}
        answer = super().request(method, url, *args, **kwargs)
        self.headers = dict(answer.headers or {})
        return answer

    @property
    def retry_after_s(self) -> float:
        """The wait the last answer asked for, in seconds; 0 if none, at most five minutes."""
        word = next((v for k, v in self.headers.items() if k.lower() == "retry-after"), "")
        return min(float(word), 300.0) if word.replace(".", "", 1).isdigit() else 0.0


class TwilioSender:
    """Carries "sms" and "voice". Used from one thread."""

    def __init__(self, account: TwilioAccount, wire: Wire | None = None) -> None:
        self.account = account
        self.wire = wire or Wire(account.url)
        self._clients: list[Any] = [
            Client(account.account, token, http_client=self.wire)  # type: ignore[no-untyped-call]
            for token in account.tokens
        ]
        self._good = 0  # the token that worked last

    @property
    def channels(self) -> frozenset[str]:
        """Texts, and calls where a number that can call is set."""
        return frozenset({"sms", "voice"} if self._callers() else {"sms"})

    def send(self, notice: Notice, person: Person) -> SendResult:
        """One create; the second token or sender only after a plain refusal of the first."""
        voice = notice.channel == "voice"
        result = SendResult(state=S.FAILED, fault=Fault.CONFIGURATION, detail="no sender is set")
        for sender in self._callers() if voice else self.account.senders:
            asked = self._call(notice, person, sender) if voice else self._text(notice, person, sender)
            result = self._create(asked, notice)
            if result.state is not S.FAILED or result.code not in OTHER_SENDER:
                break
        return result

    def look_up(self, notice: Notice, person: Person) -> SendResult | None:
        """The message by its id, or by our words to this number since it was handed over."""
        voice = notice.channel == "voice"
        since = notice.at.get(S.SENDING.value, notice.due_at) - SKEW_S
        try:
            found: SendResult = self._with_tokens(
                lambda client: self._find(client, notice, person, voice=voice, since=since)
            )
            return found
        except (TwilioException, requests.RequestException, ValueError, KeyError):
            return None

    def inbound(self, since: float) -> Sequence[InboundMessage]:
        """Texts that came in; keys pressed in a call come with :meth:`look_up` or by callback."""
        after = datetime.fromtimestamp(since, UTC)
        try:
            listed = self._with_tokens(lambda c: c.messages.list(date_sent_after=after, limit=200))
        except (TwilioException, requests.RequestException, ValueError):
            return ()
        return tuple(
            InboundMessage(
                id=m.sid,
                sender=m.from_ or "",
                words=m.body or "",
                at=m.date_sent.timestamp() if m.date_sent else since,
            )
            for m in reversed(listed)
            if m.direction == "inbound"
        )

    # --- sending --------------------------------------------------------------------------------------

    def _callers(self) -> tuple[str, ...]:
        return self.account.voice or tuple(s for s in self.account.senders if s.startswith("+"))

    def hook(self, name: str, notice: Notice) -> str:
        """The address of one of our hooks for a notice: our own key is in it, so that a callback that comes
        before the create's answer finds its notice.
        """
        return (
            f"{self.account.public_url}{HOOKS}/{name}?notice={quote(notice.id, safe='')}&try={notice.tries}"
        )

    def _text(self, notice: Notice, person: Person, sender: str) -> Create:
        asked: dict[str, Any] = {
            "to": person.phone,
            "body": notice.words[:BODY_LIMIT],
            "validity_period": int(min(max(5.0, notice.expires_at - notice.at[S.SENDING.value]), VALID_S)),
            ("messaging_service_sid" if sender.startswith("MG") else "from_"): sender,
        }
        if self.account.public_url:
            asked["status_callback"] = self.hook("status", notice)
        return lambda client, without: client.messages.create(**_but(asked, without))

    def _call(self, notice: Notice, person: Person, sender: str) -> Create:
        asked: dict[str, Any] = {"to": person.phone, "from_": sender, "timeout": RING_S}
        if self.account.public_url:
            asked["url"] = self.hook("voice", notice)
            asked["fallback_url"] = self.hook("voice-again", notice)
            asked["status_callback"] = self.hook("status", notice)
        else:
            asked["twiml"] = call_document(notice.words, person.language, self.account.keys_url)
        return lambda client, without: client.calls.create(**_but(asked, without))

    def _create(self, asked: Create, notice: Notice) -> SendResult:
        """The one create of this try, and what came of it."""
        without: frozenset[str] = frozenset()
        while True:
            try:
                return self._known(self._with_tokens(partial(asked, without=without)), notice)
            except TwilioRestException as refused:
                if refused.code == CALLBACK_REFUSED and not without:
                    # Losing the tracking is better than losing the page: it is polled instead.
                    without = frozenset({"status_callback"})
                    continue
                return self._refused(refused)
            except requests.RequestException as broken:
                return _broken(broken)
            except (TwilioException, ValueError, KeyError) as broken:
                return _unclear(broken)  # an answer that cannot be read may well be a message taken

    def _with_tokens(self, do: Callable[[Any], Any]) -> Any:
        """``do`` with the token that worked last, and with the others if it is refused."""
        for _ in self._clients[1:]:
            try:
                return do(self._clients[self._good])
            except TwilioRestException as refused:
                if refused.status != 401 and refused.code not in OTHER_TOKEN:
                    raise
                self._good = (self._good + 1) % len(self._clients)
        return do(self._clients[self._good])

    def _refused(self, refused: TwilioRestException) -> SendResult:
        code = int(refused.code or refused.status or 0)
        fault = fault_of(code)
        if refused.status == 429:
            fault = Fault.TEMPORARY
        elif refused.status in (401, 403) and fault is Fault.UNKNOWN:
            fault = Fault.CONFIGURATION
        elif refused.status >= 500 and fault is not Fault.TEMPORARY:
            return _unclear(refused)
        return SendResult(
            state=S.FAILED,
            fault=fault,
            code=str(code),
            detail=str(refused.msg)[:300],
            retry_after_s=self.wire.retry_after_s,
        )

    # --- looking up -----------------------------------------------------------------------------------

    def _find(self, client: Any, notice: Notice, person: Person, *, voice: bool, since: float) -> SendResult:
        resource = client.calls if voice else client.messages
        if notice.provider_id:
            known = self._known(resource(notice.provider_id).fetch(), notice)
            return self._with_keys(client, known) if voice else known
        for one in resource.list(to=person.phone, limit=LISTED):
            made = one.date_created
            if made is not None and made.timestamp() >= since and (voice or one.body == notice.words):
                return self._known(one, notice)
        return SendResult(state=S.UNCERTAIN, fault=Fault.NOT_TAKEN, detail="not in the list")

    def _with_keys(self, client: Any, known: SendResult) -> SendResult:
        """A call's state with the keys that were pressed, from the record of its requests."""
        if not self.account.keys_url or known.state not in (S.RINGING, S.NO_ANSWER):
            return known
        keys = ""
        for happened in client.calls(known.provider_id).events.list(limit=LISTED):
            given = (happened.request or {}).get("parameters") or {}
            if isinstance(given, dict):
                keys = next((str(v) for k, v in given.items() if k.lower() == "digits" and v), keys)
        return replace(known, keys=keys)

    def _known(self, one: Any, notice: Notice) -> SendResult:
        """A message or call as Twilio describes it."""
        status = str(one.status or "")
        if notice.channel == "voice":
            return SendResult(state=call_state(status), provider_id=one.sid, status=status)
        return reported(status, one.error_code, one.sid, str(one.error_message or ""))


def reported(status: str, code: int | str | None, sid: str, detail: str = "", tries: int = 0) -> SendResult:
    """A message's status and error code as a result, however they were learnt."""
    number = int(code) if code and str(code).isdigit() else 0
    state = message_state(status)
    fault = fault_of(number) if state in LOST else Fault.NONE
    return SendResult(
        state=state,
        provider_id=sid,
        status=status,
        fault=fault if fault is not Fault.NONE or state not in LOST else Fault.UNKNOWN,
        code=str(number) if number else "",
        detail=detail[:300],
        tries=tries,
    )


def _but(asked: dict[str, Any], without: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name not in without}


def _broken(broken: requests.RequestException) -> SendResult:
    """A request that got no answer: surely not taken if no connection was ever made, unclear otherwise."""
    if isinstance(
        broken, requests.ConnectTimeout | requests.exceptions.SSLError
    ) or "NewConnectionError" in repr(broken):
        return SendResult(state=S.FAILED, fault=Fault.TEMPORARY, code="connect", detail=type(broken).__name__)
    return _unclear(broken)


def _unclear(broken: Exception) -> SendResult:
    return SendResult(
        state=S.UNCERTAIN, fault=Fault.AMBIGUOUS, code=type(broken).__name__, detail=str(broken)[:300]
    )
