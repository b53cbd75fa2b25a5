"""A stateful stand-in for Twilio on loopback: a real HTTP server that the real client talks to.

It takes messages and calls, moves them along when the test says so (:meth:`Telecom.step`), refuses and fails
by number, loses answers, signs its callbacks with the provider's real algorithm, and plays the phones. Every
answer of ours that is not 2xx, and every message to a phone no test expects, is kept in :attr:`problems`;
leaving the ``with`` block fails on them.

Paths, fields and statuses follow Twilio's published description (twilio/twilio-oai, twilio_api_v2010).
"""

from __future__ import annotations

import base64
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit
from xml.etree import ElementTree

from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0" * 32
TOKEN = "t" * 32
NUMBER = "+15005550006"
SERVICE = "MG" + "1" * 32
PAGE = "https://api.twilio.com/page"


@dataclass
class Plan:
    """What happens to one message or call.

    ``create``: "ok", an error code like "21610", "429" (with ``retry_after``), "500", "die" (the connection is
    cut after the message was taken), "refuse" (cut before it was taken), "late" (taken, the answer comes when nobody
    waits for it any more). ``statuses`` follow the create, one a step; ``order`` of the callbacks: "normal",
    "reversed", "doubled", "early" (the last before the create answers), "late" (all of them when the test says
    :meth:`Telecom.let_go`), "none". ``code`` is the error code of a final failure.
    """

    create: str = "ok"
    statuses: tuple[str, ...] = ("sent", "delivered")
    order: str = "normal"
    code: int | None = None
    retry_after: int = 0


@dataclass
class Phone:
    """A simulated phone: texts that arrived, calls that rang."""

    number: str
    plans: list[Plan] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    keys: str = ""  # pressed when a call asks for one
    picks_up: bool = True
    opted_out: bool = False


class Telecom:
    """The provider. ``now`` is the test's clock; ``routes`` maps our public address to where we listen."""

    def __init__(self, now: Callable[[], float], routes: dict[str, str] | None = None) -> None:
        self.now = now
        self.routes = routes or {}
        self.token, self.spare = TOKEN, ""
        self.numbers, self.services = {NUMBER}, {SERVICE: NUMBER}
        self.blocked_senders: dict[str, int] = {}
        self.refuses_callbacks = False
        self.closed_texts: set[str] = set()  # countries that are not enabled
        self.closed_calls: set[str] = set()
        self.reads_permissions = True
        self.inbound_url = ""
        self.phones: dict[str, Phone] = {}
        self.resources: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []
        self.waiting: dict[str, list[str]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.problems: list[str] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.down = False
        self._count = 0
        self._lock = threading.RLock()
        self._kept_back: list[Callable[[], None]] = []
        self.nobody_waits = threading.Event()  # set when a late answer may go
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Telecom:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.nobody_waits.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        if kind is None:
            assert self.problems == [], "; ".join(self.problems)

    # --- what tests do --------------------------------------------------------------------------------

    def phone(self, number: str, *plans: Plan, **more: Any) -> Phone:
        """A phone that exists; its next messages follow ``plans``, later ones are delivered."""
        made = Phone(number, list(plans), **more)
        self.phones[number] = made
        return made

    def step(self) -> bool:
        """Everything moves one status on; True if anything did."""
        moved = False
        for sid, left in list(self.waiting.items()):
            if left:
                self._move(sid, left.pop(0))
                moved = True
        return moved

    def let_go(self) -> None:
        """The callbacks that were kept back arrive now."""
        waiting, self._kept_back = self._kept_back, []
        for send in waiting:
            send()

    def settle(self) -> None:
        """Move on until nothing is left to move."""
        while self.step():
            pass

    def reply(self, number: str, words: str, sid: str = "") -> str:
        """A phone answers by text; the same ``sid`` again is a repeat of the webhook."""
        if number.startswith("+86"):
            raise AssertionError("phones in mainland China cannot answer by text")
        sid = sid or self._sid("SM")
        if words.strip().upper() in {"STOP", "START"}:
            self.phones[number].opted_out = words.strip().upper() == "STOP"
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": ACCOUNT,
            "From": number,
            "To": NUMBER,
            "Body": words,
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        }
        if sid not in self.resources:
            self._keep(sid, {"direction": "inbound", "from": number, "to": NUMBER, "body": words}, "received")
        if self.inbound_url:
            self._post(self.inbound_url, fields)
        return sid

    def messages(self, number: str = "") -> list[dict[str, Any]]:
        """Texts we sent, in order."""
        found = [self.resources[s] for s in self.order if s.startswith("SM")]
        return [m for m in found if m["direction"] != "inbound" and (not number or m["to"] == number)]

    def calls(self, number: str = "") -> list[dict[str, Any]]:
        """Calls we made, in order."""
        found = [self.resources[s] for s in self.order if s.startswith("CA")]
        return [c for c in found if not number or c["to"] == number]

    def callback(self, sid: str, status: str, code: int | None = None) -> None:
        """One callback out of turn."""
        self._report(self.resources[sid], status, code)

    # --- REST -----------------------------------------------------------------------------------------

    def handle(
        self, method: str, path: str, form: dict[str, str], auth: str
    ) -> tuple[int, Any, dict[str, str]]:
        """One request of ours: status, JSON body, headers."""
        with self._lock:
            asked = urlsplit(path)
            query = {k: v[0] for k, v in parse_qs(asked.query).items()}
            self.requests.append((method, asked.path, form or query))
            if auth not in {self.token, self.spare} - {""}:
                return 401, problem(20003, "Authenticate", 401), {}
            base = f"/2010-04-01/Accounts/{ACCOUNT}"
            rest = asked.path.removeprefix(base)
            if asked.path.startswith("/v1/Services/"):
                sid = asked.path.rsplit("/", 1)[1]
                if sid not in self.services:
                    return 404, problem(20404, "not found", 404), {}
                found = {"sid": sid, "account_sid": ACCOUNT, "friendly_name": "archive"}
                own = {"inbound_request_url": self.inbound_url, "use_inbound_webhook_on_number": False}
                return 200, {**found, **own}, {}
            if asked.path.startswith("/v2/PhoneNumbers/"):
                return self._looked_up(unquote(asked.path.rsplit("/", 1)[1]))
            if asked.path == "/v1/Messaging/GeoPermissions":
                if self.reads_permissions is False:
                    return 403, problem(20403, "forbidden", 403), {}
                one = query.get("CountryCode", "")
                listed = [{"country_code": one, "type": "country", "enabled": one not in self.closed_texts}]
                return 200, {"permissions": listed}, {}
            if asked.path.startswith("/v1/DialingPermissions/Countries/"):
                if self.reads_permissions is False:
                    return 403, problem(20403, "forbidden", 403), {}
                one = asked.path.rsplit("/", 1)[1]
                return 200, {"iso_code": one, "low_risk_numbers_enabled": one not in self.closed_calls}, {}
            if rest == ".json":
                return 200, {"sid": ACCOUNT, "status": "active", "friendly_name": "archive"}, {}
            if rest == "/IncomingPhoneNumbers.json":
                listed = [
                    {
                        "sid": f"PN{i:032d}",
                        "phone_number": n,
                        "capabilities": {"sms": True, "voice": True},
                        "sms_url": self.inbound_url,
                    }
                    for i, n in enumerate(sorted(self.numbers))
                    if not query.get("PhoneNumber") or query["PhoneNumber"] == n
                ]
                return 200, page("incoming_phone_numbers", listed), {}
            if method == "POST" and rest in ("/Messages.json", "/Calls.json"):
                return self._create(rest == "/Calls.json", form)
            if rest in ("/Messages.json", "/Calls.json"):
                return 200, self._listed(rest[1:-5].lower(), query), {}
            named = re.fullmatch(r"/(?:Messages|Calls)/(\w+)(/Events)?\.json", rest)
            if named and named[1] in self.resources:
                if named[2]:
                    return 200, page("events", self.events.get(named[1], [])), {}
                return 200, self.resources[named[1]], {}
            return 404, problem(20404, f"{path} was not found", 404), {}

    @staticmethod
    def _looked_up(phone: str) -> tuple[int, Any, dict[str, str]]:
        """Lookup v2: a number and its country."""
        known = {"+86": "CN", "+44": "GB", "+852": "HK", "+1": "US"}
        prefix = max((p for p in known if phone.startswith(p)), key=len, default="")
        valid = bool(re.fullmatch(r"\+[1-9]\d{6,14}", phone)) and bool(prefix)
        code = known.get(prefix) if valid else None
        return 200, {"phone_number": phone, "country_code": code, "valid": valid}, {}

    def _create(self, call: bool, form: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        to = form.get("To", "")
        sender = form.get("MessagingServiceSid") or form.get("From", "")
        refused = self._wrong(call, form, to, sender)
        if refused is not None:
            return refused
        phone = self.phones.get(to)
        if phone is None:
            self.problems.append(
                f"an unexpected {'call' if call else 'text'} to {to}: {form.get('Body', '')}"
            )
            phone = self.phone(to)
        plan = phone.plans.pop(0) if phone.plans else Plan()
        if call and plan.statuses == Plan().statuses:
            plan.statuses = (
                ("ringing", "in-progress", "completed") if phone.picks_up else ("ringing", "no-answer")
            )
        if plan.create == "429":
            headers = {"Retry-After": str(plan.retry_after)} if plan.retry_after else {}
            return 429, problem(20429, "Too Many Requests", 429), headers
        if plan.create == "500":
            return 500, problem(20500, "Internal Server Error", 500), {}
        if plan.create == "503":
            return 503, problem(20503, "Service unavailable", 503), {}
        if plan.create.isdigit():
            return 400, problem(int(plan.create), f"refused with {plan.create}", 400), {}
        if plan.create == "refuse":
            raise ConnectionAbortedError
        if phone.opted_out and not call:
            return 400, problem(21610, "Attempt to send to unsubscribed recipient", 400), {}
        sid = self._sid("CA" if call else "SM")
        first = "queued" if call or form.get("From") else "accepted"
        facts = {
            "direction": "outbound-api",
            "to": to,
            "from": form.get("From"),
            "body": form.get("Body", ""),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "_form": form,
            "_plan": plan,
        }
        self._keep(sid, facts, first)
        self.waiting[sid] = list(plan.statuses)
        if plan.order == "early":
            self.waiting[sid] = []
            for status in plan.statuses:
                self._arrive(sid, status)
            self._report(self.resources[sid], plan.statuses[-1], plan.code)
        if plan.create == "die":
            raise ConnectionAbortedError
        return 201, self.resources[sid], {"X-Late": "yes"} if plan.create == "late" else {}

    def _wrong(
        self, call: bool, form: dict[str, str], to: str, sender: str
    ) -> tuple[int, Any, dict[str, str]] | None:
        """What the provider itself refuses."""
        code, words = 0, ""
        if not re.fullmatch(r"\+[1-9]\d{6,14}", to):
            code, words = 21211, f"The 'To' number {to} is not a valid phone number."
        elif sender in self.blocked_senders:
            code, words = self.blocked_senders[sender], "sender refused"
        elif sender not in self.numbers and sender not in self.services:
            code, words = (21210 if call else 21606), f"{sender} is not yours"
        elif not call and not form.get("Body"):
            code, words = 21602, "Message body is required."
        elif not call and len(form["Body"]) > 1600:
            code, words = 21617, "The concatenated message body exceeds the 1600 character limit."
        elif form.get("StatusCallback") and self.refuses_callbacks:
            code, words = 21609, "The StatusCallback URL is not valid."
        elif not call and not 1 <= int(form.get("ValidityPeriod", "36000")) <= 36000:
            code, words = 21621, "validity period"
        elif call and not (form.get("Url") or form.get("Twiml")):
            code, words = 21205, "Url is not a valid URL"
        return (400, problem(code, words, 400), {}) if code else None

    def _listed(self, kind: str, query: dict[str, str]) -> Any:
        prefix = "SM" if kind == "messages" else "CA"
        after = query.get("DateSent>", "")
        found = []
        for sid in reversed(self.order):
            one = self.resources[sid]
            if not sid.startswith(prefix) or (query.get("To") and one["to"] != query["To"]):
                continue
            if after and not (
                one["date_sent"] and _at(one["date_sent"]) >= datetime.fromisoformat(after).timestamp()
            ):
                continue
            found.append(one)
        return page(kind, found[: int(query.get("PageSize", "50"))])

    # --- state ----------------------------------------------------------------------------------------

    def _sid(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count:032x}"

    def _keep(self, sid: str, facts: dict[str, Any], status: str) -> None:
        now = format_datetime(datetime.fromtimestamp(self.now(), UTC))
        inbound = facts["direction"] == "inbound"
        self.resources[sid] = {
            "sid": sid,
            "account_sid": ACCOUNT,
            "status": status,
            "error_code": None,
            "error_message": None,
            "num_segments": "0",
            "date_created": now,
            "date_updated": now,
            "date_sent": now if inbound else None,
            "messaging_service_sid": None,
            **facts,
        }
        self.order.append(sid)

    def _move(self, sid: str, status: str) -> None:
        one = self.resources[sid]
        plan: Plan = one["_plan"]
        self._arrive(sid, status)
        code = plan.code if status in ("undelivered", "failed") else None
        last = not self.waiting[sid]
        if plan.order == "none":
            return
        if plan.order == "late":
            self._kept_back.append(lambda: self._report(one, status, code))
            return
        if plan.order == "reversed":
            if last:
                for old in reversed(plan.statuses):
                    self._report(one, old, code if old == status else None)
            return
        self._report(one, status, code)
        if plan.order == "doubled":
            self._report(one, status, code)

    def _arrive(self, sid: str, status: str) -> None:
        one = self.resources[sid]
        plan: Plan = one["_plan"]
        phone = self.phones[one["to"]]
        one["status"] = status
        if status == "sent":
            one["date_sent"] = format_datetime(datetime.fromtimestamp(self.now(), UTC))
        if status == "delivered":
            phone.texts.append(one["body"])
        if status in ("undelivered", "failed"):
            one["error_code"] = plan.code
        if status == "in-progress" and sid.startswith("CA"):
            self._talk(sid, one, phone)

    def _report(self, one: dict[str, Any], status: str, code: int | None) -> None:
        url = one["_form"].get("StatusCallback")
        if not url or (one["sid"].startswith("CA") and status in ("queued", "ringing", "in-progress")):
            return  # a call reports its end only, unless more was asked for
        if one["sid"].startswith("CA"):
            fields = {"CallSid": one["sid"], "CallStatus": status, "SequenceNumber": "0"}
        else:
            fields = {
                "RawDlrDoneDate": "2611230918",
                "MessageSid": one["sid"],
                "SmsSid": one["sid"],
                "MessageStatus": status,
                "SmsStatus": status,
                "ErrorCode": str(code) if code else "",
            }
        self._post(url, {**fields, "AccountSid": ACCOUNT, "From": NUMBER, "To": one["to"]})

    def _talk(self, sid: str, one: dict[str, Any], phone: Phone) -> None:
        """A person picked up: what the call says, and the key they press."""
        form = one["_form"]
        document = form.get("Twiml") or self._post(
            form["Url"], {"CallSid": sid, "To": one["to"], "From": NUMBER}
        )
        if not document and form.get("FallbackUrl"):
            document = self._post(form["FallbackUrl"], {"CallSid": sid, "To": one["to"], "From": NUMBER})
        tree = ElementTree.fromstring(document)
        phone.calls.append(sid)
        phone.heard.append(" ".join("".join(tree.itertext()).split()))
        asked = tree.find("Gather")
        if asked is None or not phone.keys:
            return
        fields = {"CallSid": sid, "To": one["to"], "From": NUMBER, "Digits": phone.keys}
        self.events.setdefault(sid, []).append(
            {
                "request": {
                    "method": "POST",
                    "url": asked.attrib["action"],
                    "parameters": {"digits": phone.keys},
                }
            }
        )
        said = (
            self._post(asked.attrib["action"], fields)
            if asked.attrib["action"].startswith(tuple(self.routes))
            else ""
        )
        if said:
            phone.heard.append(" ".join("".join(ElementTree.fromstring(said).itertext()).split()))

    # --- webhooks -------------------------------------------------------------------------------------

    def _post(self, url: str, fields: dict[str, str]) -> str:
        """A signed request to us; anything but 2xx is a problem."""
        signature: str = RequestValidator(self.token).compute_signature(url, fields)  # type: ignore[no-untyped-call]
        return self.post_raw(url, urlencode(fields).encode(), signature)

    def post_raw(self, url: str, body: bytes, signature: str, expect: int = 2) -> str:
        """Any request to us; ``expect`` is the first digit of the right answer."""
        public = next((p for p in self.routes if url.startswith(p)), "")
        target = self.routes.get(public, public) + url[len(public) :]
        request = urllib.request.Request(
            target,
            data=body,
            method="POST",
            headers={
                "X-Twilio-Signature": signature,
                "I-Twilio-Idempotency-Token": self._sid("token"),
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                status, text = int(answer.status), str(answer.read(), "utf-8")
        except urllib.error.HTTPError as refused:
            status, text = refused.code, ""
        except OSError as broken:
            status, text = 0, str(broken)
        if status // 100 != expect:
            self.problems.append(f"our answer to {url} was {status}")
        return text


def problem(code: int, words: str, status: int) -> dict[str, Any]:
    """An error body."""
    return {
        "code": code,
        "message": words,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def page(kind: str, items: list[Any]) -> dict[str, Any]:
    """A page of a list."""
    return {
        kind: items,
        "page": 0,
        "page_size": 50,
        "next_page_uri": None,
        "first_page_uri": PAGE,
        "uri": PAGE,
    }


def _at(words: str) -> float:
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(words).timestamp()


def _handler(telecom: Telecom) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
            if telecom.down:
                self.close_connection = True
                self.connection.close()
                return
            given = self.headers.get("Authorization", "")
            token = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")[2] if given else ""
            try:
                status, body, headers = telecom.handle(self.command, self.path, form, token)
            except ConnectionAbortedError:
                self.close_connection = True
                self.connection.close()
                return
            if headers.pop("X-Late", ""):
                telecom.nobody_waits.wait(5)
                self.close_connection = True
            data = json.dumps(
                {k: v for k, v in body.items() if not k.startswith("_")} if isinstance(body, dict) else body,
                default=lambda plan: None,
            ).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            try:
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                self.close_connection = True  # nobody waits for it any more

        do_GET = _serve  # noqa: N815 - the server's own names
        do_POST = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
