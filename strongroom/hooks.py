"""Our side of the provider's callbacks: verify, keep, answer. Decides nothing; the engine reads the inbox.

Everything verified is kept in the inbox before it is answered or interpreted. A request that does not verify
changes nothing and is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from alerts.model import Notice, Person
from alerts.twilio_hooks import Call, PublicUrl, answer_of, result_of, verified
from alerts.twilio_voice import call_document, key_document
from sensors.model import Text
from strongroom.model import Act, DeliveryReported, ReplyReceived

XML = "text/xml; charset=utf-8"
UNKNOWN_CALL = Text(
    "档案馆系统有警报。请立即查看屏幕或联系值班室。",
    "An alarm of the archive system. Look at the screen or call the duty room now.",
)


class Answer(Struct, frozen=True):
    """What the web server sends back."""

    status: int
    media_type: str = ""
    body: str = ""


class Hooks:
    """Answers Twilio's requests.

    ``put`` keeps an act durably; ``find`` gives a notice and its person, or None if it is not known (yet).
    """

    def __init__(
        self,
        tokens: Sequence[str],
        public_url: str,
        put: Callable[[Act], None],
        find: Callable[[str], tuple[Notice, Person] | None],
    ) -> None:
        self._tokens, self._public_url = tuple(t for t in tokens if t), public_url
        self._put, self._find = put, find
        self.refused = 0

    def answer(self, path: str, query: str, headers: Mapping[str, str], body: bytes, *, now: float) -> Answer:
        """One request: ``path`` and ``query`` as asked for, ``headers`` with lower-case names."""
        call = verified(
            self._tokens,
            PublicUrl(self._public_url, path, query),
            body,
            headers.get("x-twilio-signature", ""),
        )
        if call is None:
            self.refused += 1
            return Answer(403)
        if call.kind == "status":
            return self._status(call, now)
        if call.kind in ("voice", "voice-again"):
            return self._voice(call)
        return self._heard(call, now)

    def _status(self, call: Call, now: float) -> Answer:
        result = result_of(call)
        if call.notice and result.provider_id:
            self._put(
                Act(
                    id=f"status-{result.provider_id}-{result.status}",
                    at=now,
                    by="",
                    what=DeliveryReported(notice=call.notice, result=result),
                    means="webhook",
                )
            )
        return Answer(204)

    def _heard(self, call: Call, now: float) -> Answer:
        message = answer_of(call, now)
        if message.id and message.sender:
            self._put(
                Act(
                    id=f"reply-{message.id}",
                    at=now,
                    by="",
                    what=ReplyReceived(
                        sender=message.sender,
                        words=message.words[:1600],
                        means=message.means,
                        provider_id=message.id,
                        notice=message.notice,
                    ),
                    means="webhook",
                )
            )
        if call.kind == "keys":
            known = self._find(call.notice)
            return Answer(200, XML, key_document(message.words, known[1].language if known else "zh"))
        # An empty 200 without a content type is logged by Twilio as a bad gateway.
        return Answer(204)

    def _voice(self, call: Call) -> Answer:
        known = self._find(call.notice)
        where = self._public_url + call.beside("keys")
        if known is None:
            both = f"{UNKNOWN_CALL.zh} {UNKNOWN_CALL.en}"
            return Answer(200, XML, call_document(both, "zh", where))
        notice, person = known
        return Answer(200, XML, call_document(notice.words, person.language, where))
