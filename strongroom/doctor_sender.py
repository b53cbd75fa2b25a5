"""The doctor's looks at reaching people: account, senders, clock, callback address, everyone's channels."""

from __future__ import annotations

import httpx

from alerts.chores import uncovered_words
from alerts.crew import uncovered
from alerts.mail import MailSender, account_of
from alerts.people import Gap
from alerts.sms import Sender
from sensors.model import Text
from strongroom.carriers import callback_url, sender_of, twilio_account
from strongroom.clock import Clock
from strongroom.doctor import Finding
from strongroom.model import Building
from strongroom.settings import Settings


def sender_findings(settings: Settings, building: Building, clock: Clock) -> list[Finding]:
    """Everything about reaching people; nothing is sent to anybody."""
    sender = sender_of(settings)
    found = [_carried(sender, building)] if sender is not None else []
    if settings.sender == "twilio":
        found += _twilio(settings, building, clock.now())
        found.append(_callback(settings))
    if settings.smtp:
        found.append(_mail(settings))
    if settings.channels:
        found += _channels(settings)
    found += _roster(building, clock.now())
    return found


def _carried(sender: Sender, building: Building) -> Finding:
    """Whether everybody can be reached by something."""
    about = Text("每个人的通道", "everyone's channels")
    lost = [p.id for p in building.people.values() if not set(p.channels) & sender.channels]
    if lost:
        names = ", ".join(lost)
        return Finding(
            about=about,
            grade="warning",
            words=Text(f"没有可用通道的人：{names}。", f"No working channel for: {names}."),
            remedy=Text(
                f"在 people.toml 给他们 channels，可用的有：{', '.join(sorted(sender.channels))}。",
                f"Give them channels in people.toml; there are: {', '.join(sorted(sender.channels))}.",
            ),
        )
    return Finding(about=about, grade="ok", words=Text("每个人都有通道。", "Everyone has a channel."))


def _twilio(settings: Settings, building: Building, now: float) -> list[Finding]:
    from alerts.twilio_probe import probe

    phones = {p.id: p.phone for p in building.people.values() if p.phone}
    return [
        Finding(about=one.what, grade="ok" if one.well else "problem", words=one.words, remedy=one.remedy)
        for one in probe(twilio_account(settings), now, phones=phones)
    ]


def _callback(settings: Settings) -> Finding:
    """Whether answers come by themselves or are fetched, and whether a call can take a key."""
    about = Text("Twilio 回调地址", "callback address for Twilio")
    url = callback_url(settings)
    if not url:
        keys = bool(settings.twilio.keys_url)
        return Finding(
            about=about,
            grade="ok" if keys else "warning",
            words=Text(
                "没有外部 https 地址，状态和回复改为定时查询" + ("。" if keys else "，电话不能按键确认。"),
                "No public https address, so states and answers are fetched"
                + ("." if keys else ", and calls cannot take a key."),
            ),
            remedy=Text("", "")
            if keys
            else Text(
                "设置 STRONGROOM_PUBLIC_URL（https），或 STRONGROOM_TWILIO_KEYS_URL（见 docs/reach.md）。",
                "Set STRONGROOM_PUBLIC_URL (https), or STRONGROOM_TWILIO_KEYS_URL (see docs/reach.md).",
            ),
        )
    try:
        alive = httpx.get(f"{url}/health", timeout=10.0).status_code == 200
    except httpx.HTTPError:
        alive = False
    if alive:
        return Finding(about=about, grade="ok", words=Text(f"{url} 有应答。", f"{url} answers."))
    return Finding(
        about=about,
        grade="warning",
        words=Text(f"从本机访问 {url} 没有应答。", f"{url} does not answer from here."),
        remedy=Text(
            "从外网打开该地址加 /health 试试；检查反向代理和证书。",
            "Open it with /health from outside; check the reverse proxy and its certificate.",
        ),
    )


def _mail(settings: Settings) -> Finding:
    about = Text("邮件服务器", "mail server")
    wrong = MailSender(account_of(settings.smtp.reveal(), settings.mail_from)).try_out()
    if not wrong:
        return Finding(about=about, grade="ok", words=Text("可以登录。", "It lets us in."))
    return Finding(
        about=about,
        grade="problem",
        words=Text(f"连接失败：{wrong}", f"It does not work: {wrong}"),
        remedy=Text("核对 STRONGROOM_SMTP_URL。", "Check STRONGROOM_SMTP_URL."),
    )


def _channels(settings: Settings) -> list[Finding]:
    from alerts.channels import channel_problems

    about = Text("其他通道", "other channels")
    bad = channel_problems({name: url.reveal() for name, url in settings.channels.items()})
    if not bad:
        names = ", ".join(settings.channels)
        return [Finding(about=about, grade="ok", words=Text(f"{names} 地址可读。", f"{names}: readable."))]
    return [
        Finding(
            about=about,
            grade="problem",
            words=Text(f"{name} 的地址无法识别。", f"The address of {name} cannot be read."),
            remedy=Text(
                "按 apprise 的写法改 STRONGROOM_CHANNELS。",
                "Write it in apprise's notation in STRONGROOM_CHANNELS.",
            ),
        )
        for name in bad
    ]


def _roster(building: Building, now: float) -> list[Finding]:
    """What nobody covers in the next 30 days."""
    about = Text("值班表", "duty roster")
    found = uncovered(building.people, building.ladders, building.duties, building.timezone, now)
    if not found:
        return [Finding(about=about, grade="ok", words=Text("30 天内无空缺。", "No gap in 30 days."))]
    said = [(one, uncovered_words(one, building.timezone)) for one in found[:20]]
    return [
        Finding(
            about=about,
            grade="problem" if isinstance(one, Gap) else "warning",
            words=Text(f"{words.zh}。", f"{words.en[:1].upper()}{words.en[1:]}."),
            remedy=Text("在 people.toml 补一个 [[duty]]。", "Add a [[duty]] to people.toml."),
        )
        for one, words in said
    ]
