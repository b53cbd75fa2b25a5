"""From settings to senders: which channels exist on this site, and through whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.mail import MailSender, account_of
from alerts.senders import Senders
from alerts.sms import PaperSender, Sender
from strongroom.settings import Settings

if TYPE_CHECKING:
    from alerts.twilio_sender import TwilioAccount


def twilio_tokens(settings: Settings) -> tuple[str, ...]:
    """The tokens that sign Twilio's callbacks, in the order they are tried."""
    twilio = settings.twilio
    return tuple(t.reveal() for t in (twilio.token, twilio.token_2) if t)


def callback_url(settings: Settings) -> str:
    """Where Twilio reaches our hooks: our public address if it is encrypted; empty if they cannot be used."""
    url = settings.public_url
    return url if url.startswith("https://") or settings.twilio.url else ""


def twilio_account(settings: Settings) -> TwilioAccount:
    """The account the settings describe."""
    from alerts.twilio_sender import TwilioAccount

    twilio = settings.twilio
    return TwilioAccount(
        account=twilio.account,
        tokens=twilio_tokens(settings),
        senders=tuple(s for s in (twilio.sender, twilio.sender_2) if s),
        voice=(twilio.voice,) if twilio.voice else (),
        public_url=callback_url(settings),
        keys_url=twilio.keys_url,
        url=twilio.url,
    )


def sender_of(settings: Settings) -> Sender | None:
    """The channels the settings name; None sends nothing, and says so on the board."""
    if settings.sender == "paper":
        return PaperSender()
    senders: list[Sender] = []
    if settings.sender == "twilio":
        from alerts.twilio_sender import TwilioSender

        senders.append(TwilioSender(twilio_account(settings)))
    if settings.smtp:
        senders.append(MailSender(account_of(settings.smtp.reveal(), settings.mail_from)))
    if settings.channels:
        from alerts.channels import ChannelSender

        senders.append(ChannelSender({name: url.reveal() for name, url in settings.channels.items()}))
    return Senders(senders) if senders else None
