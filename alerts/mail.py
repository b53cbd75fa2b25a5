"""Mail by plain SMTP (RFC 5321): needs no account anywhere but on a mail server that takes our messages.

A server that takes a message answers 250 to its end (4.2.5): that is "sent", and the most there is to know. A
connection lost before that answer leaves it open whether it was taken; nothing can be looked up, so the message
goes once more and says so.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from alerts.model import Notice, NoticeState, Person
from alerts.notices import Fault, SendResult
from alerts.sms import InboundMessage

S = NoticeState
TIMEOUT_S = 10.0


class MailAccount(Struct, frozen=True, kw_only=True):
    """Where mail goes out. ``security``: "tls" (smtps), "starttls" (used where offered), "none"."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    security: str = "starttls"


def account_of(url: str, sender: str) -> MailAccount:
    """The account in ``smtp://user:password@host:587`` or ``smtps://…``; ValueError says what to write.

    ``smtp+plain://`` never encrypts, for a server on the same machine.
    """
    parts = urlsplit(url)
    security = {"smtps": "tls", "smtp": "starttls", "smtp+plain": "none"}.get(parts.scheme)
    if security is None or not parts.hostname:
        raise ValueError("write smtp://user:password@host:587 or smtps://user:password@host:465")
    return MailAccount(
        host=parts.hostname,
        port=parts.port or (465 if security == "tls" else 587),
        sender=sender or unquote(parts.username or "") or f"strongroom@{parts.hostname}",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
    )


class MailSender:
    """Carries "mail"."""

    channels = frozenset({"mail"})

    def __init__(self, account: MailAccount) -> None:
        self._account = account

    def send(self, notice: Notice, person: Person) -> SendResult:
        """One mail; the subject is its first line."""
        letter = EmailMessage()
        letter["From"] = self._account.sender
        letter["To"] = person.mail
        subject, _, rest = notice.words.partition("\n")
        letter["Subject"] = " ".join(subject.split())[:200]
        letter["Message-ID"] = letter_id = make_msgid(domain=self._account.host)
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        letter.set_content(f"{subject}\n{rest}" if rest else subject)
        handed_over = False
        try:
            with self._connected() as server:
                handed_over = True
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = next(iter(refused.recipients.values()), (550, b""))
            return _refused(code, words, Fault.NUMBER)
        except smtplib.SMTPAuthenticationError as refused:
            return _refused(535, refused.smtp_error, Fault.CONFIGURATION)
        except smtplib.SMTPResponseException as refused:
            return _refused(refused.smtp_code, refused.smtp_error, Fault.CONFIGURATION)
        except (OSError, smtplib.SMTPException) as broken:
            why = f"{type(broken).__name__}: {broken}"[:300]
            if handed_over:
                return SendResult(state=S.UNCERTAIN, fault=Fault.AMBIGUOUS, detail=why)
            return SendResult(state=S.FAILED, fault=Fault.TEMPORARY, code="connect", detail=why)
        return SendResult(state=S.SENT, provider_id=letter_id, status="250")

    def look_up(self, notice: Notice, person: Person) -> SendResult | None:  # noqa: ARG002 - the seam's form
        """A lost answer cannot be found again."""
        if notice.state is S.UNCERTAIN:
            return SendResult(state=S.UNCERTAIN, fault=Fault.UNKNOWABLE)
        return None

    def inbound(self, since: float) -> Sequence[InboundMessage]:  # noqa: ARG002 - the seam's form
        """Mail cannot answer: a sender's address proves nothing."""
        return ()

    def try_out(self) -> str:
        """Connect and sign in without sending; what went wrong, empty if nothing."""
        try:
            with self._connected():
                return ""
        except (OSError, smtplib.SMTPException) as broken:
            return f"{type(broken).__name__}: {broken}"[:200]

    def _connected(self) -> smtplib.SMTP:
        account = self._account
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if account.security == "tls":
            server = smtplib.SMTP_SSL(account.host, account.port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(account.host, account.port, timeout=TIMEOUT_S)
        try:
            server.ehlo()
            if account.security == "starttls":
                server.starttls(context=context)
                server.ehlo()
            if account.user:
                server.login(account.user, account.password)
        except BaseException:
            server.close()
            raise
        return server


def _refused(code: int, words: bytes | str, lasting: Fault) -> SendResult:
    """A reply of the mail server: 4xx may pass later, 5xx will not (RFC 5321 4.2.1)."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    fault = Fault.TEMPORARY if 400 <= code < 500 else lasting
    return SendResult(state=S.FAILED, fault=fault, code=str(code), detail=text[:300])
