"""Looking at a Twilio account without sending anything: credentials, clock, senders."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from alerts.probes import Probe
from alerts.twilio_region import regions
from alerts.twilio_sender import HOOKS, TwilioAccount, Wire
from sensors.model import Text

SKEW_S = 60.0


def probe(
    account: TwilioAccount, now: float, wire: Wire | None = None, phones: Mapping[str, str] | None = None
) -> list[Probe]:
    """Every look at the account; a look that fails is an answer, never an exception.

    ``phones`` are the people's numbers (person id to E.164): whether they are numbers, and their countries enabled.
    """
    wire = wire or Wire(account.url)
    found: list[Probe] = []
    good: Any = None
    for number, token in enumerate(account.tokens, 1):
        client: Any = Client(account.account, token, http_client=wire)  # type: ignore[no-untyped-call]
        said = _credentials(client, account.account, number)
        found.append(said)
        if said.well and good is None:
            good = client
            found.append(_clock(wire, now))
    if good is None:
        return found
    for sender in dict.fromkeys((*account.senders, *account.voice)):
        found.append(_sender(good, sender))
        if account.public_url and sender in account.senders:
            found += _inbound(good, sender, f"{account.public_url}{HOOKS}/inbound")
    calls = bool(account.voice) or any(s.startswith("+") for s in account.senders)
    return found + regions(good, phones or {}, calls=calls)


def _credentials(client: Any, account: str, number: int) -> Probe:
    what = Text(f"Twilio 令牌 {number}", f"Twilio token {number}")
    try:
        fetched = client.api.v2010.accounts(account).fetch()
    except TwilioRestException as refused:
        words = f"{refused.status} {refused.code}"
        return Probe(
            what=what,
            well=False,
            words=Text(f"被拒绝（{words}）。", f"Refused ({words})."),
            remedy=Text(
                "从 Twilio 控制台重新复制 STRONGROOM_TWILIO_ACCOUNT_SID 和令牌。",
                "Copy STRONGROOM_TWILIO_ACCOUNT_SID and the token from the Twilio console again.",
            ),
        )
    except (TwilioException, requests.RequestException, ValueError) as broken:
        return _unreachable(what, broken)
    if fetched.status != "active":
        return Probe(
            what=what,
            well=False,
            words=Text(f"帐号状态为 {fetched.status}。", f"The account is {fetched.status}."),
            remedy=Text(
                "在 Twilio 控制台恢复帐号或充值。", "Reactivate or top up the account in the console."
            ),
        )
    return Probe(what=what, well=True, words=Text("有效。", "Valid."))


def _clock(wire: Wire, now: float) -> Probe:
    what = Text("本机时钟", "our clock")
    date = next((v for k, v in wire.headers.items() if k.lower() == "date"), "")
    try:
        off = now - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return Probe(what=what, well=True, words=Text("对方没有给出时间。", "The other side gave no time."))
    if abs(off) <= SKEW_S:
        return Probe(what=what, well=True, words=Text(f"相差 {off:.0f} 秒。", f"{off:.0f} s apart."))
    return Probe(
        what=what,
        well=False,
        words=Text(f"与 Twilio 相差 {off:.0f} 秒。", f"{off:.0f} s away from Twilio's."),
        remedy=Text("启用时间同步（chrony 或 ntp）。", "Turn on time synchronisation (chrony or ntp)."),
    )


def _sender(client: Any, sender: str) -> Probe:
    what = Text(f"发送方 {sender}", f"sender {sender}")
    try:
        if sender.startswith("MG"):
            client.messaging.v1.services(sender).fetch()
            return Probe(
                what=what, well=True, words=Text("消息服务存在。", "The messaging service is there.")
            )
        owned = client.incoming_phone_numbers.list(phone_number=sender, limit=1)
    except TwilioRestException as refused:
        words = f"{refused.status} {refused.code}"
        return Probe(
            what=what,
            well=False,
            words=Text(f"查不到（{words}）。", f"Not found ({words})."),
            remedy=Text("核对 STRONGROOM_TWILIO_FROM。", "Check STRONGROOM_TWILIO_FROM."),
        )
    except (TwilioException, requests.RequestException, ValueError) as broken:
        return _unreachable(what, broken)
    if not owned:
        return Probe(
            what=what,
            well=False,
            words=Text("不属于本帐号。", "It does not belong to this account."),
            remedy=Text(
                "在 Twilio 购买或移入该号码，或改 STRONGROOM_TWILIO_FROM。",
                "Buy or move the number at Twilio, or change STRONGROOM_TWILIO_FROM.",
            ),
        )
    able = owned[0].capabilities or {}
    names = ", ".join(k for k, v in able.items() if v)
    if not able.get("sms") and not able.get("voice"):
        return Probe(
            what=what,
            well=False,
            words=Text("既不能发短信也不能打电话。", "It can neither text nor call."),
            remedy=Text("换一个号码。", "Take another number."),
        )
    return Probe(what=what, well=True, words=Text(f"能力：{names}。", f"It can do: {names}."))


def _inbound(client: Any, sender: str, ours: str) -> list[Probe]:
    """Whether answers sent to ``sender`` come to our hook; nothing where the sender itself is unknown."""
    what = Text(f"{sender} 的来信地址", f"incoming webhook of {sender}")
    try:
        if sender.startswith("MG"):
            service = client.messaging.v1.services(sender).fetch()
            there = "" if service.use_inbound_webhook_on_number else service.inbound_request_url or ""
            if service.use_inbound_webhook_on_number:
                return []  # each of its numbers has an address of its own
        else:
            owned = client.incoming_phone_numbers.list(phone_number=sender, limit=1)
            if not owned:
                return []
            there = owned[0].sms_url or ""
    except (TwilioException, requests.RequestException, ValueError):
        return []
    if there == ours:
        return [Probe(what=what, well=True, words=Text("指向本系统。", "It points to us."))]
    return [
        Probe(
            what=what,
            well=False,
            words=Text(
                f"指向 {there or '（空）'}，对方的回复到不了本系统。",
                f"It points to {there or '(nothing)'}: answers never reach us.",
            ),
            remedy=Text(
                f"在 Twilio 控制台设为 {ours}（POST）。", f"Set it to {ours} (POST) in the Twilio console."
            ),
        )
    ]


def _unreachable(what: Text, broken: Exception) -> Probe:
    words = f"{type(broken).__name__}"
    return Probe(
        what=what,
        well=False,
        words=Text(f"无法连接 Twilio（{words}）。", f"Twilio cannot be reached ({words})."),
        remedy=Text(
            "检查防火墙是否允许访问 api.twilio.com:443。", "Allow api.twilio.com:443 through the firewall."
        ),
    )
