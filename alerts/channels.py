"""Chat, push and webhook channels through apprise: DingTalk, WeCom, Feishu, ntfy, any webhook and many more.

Each is an address in apprise's notation under a name of the operator's; the name is the channel. Their success
means only that the service took the message, so a rung on such a channel goes on climbing until a person
answers elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import apprise

from alerts.model import Notice, NoticeState, Person
from alerts.notices import Fault, SendResult
from alerts.sms import InboundMessage

S = NoticeState


def channel_problems(addresses: Mapping[str, str]) -> list[str]:
    """The names whose address apprise cannot read."""
    return [name for name, url in addresses.items() if apprise.Apprise.instantiate(url) is None]


class ChannelSender:
    """Carries the named channels of ``addresses`` (name to apprise address)."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._services = {name: apprise.Apprise() for name in addresses}
        for name, url in addresses.items():
            self._services[name].add(url)

    @property
    def channels(self) -> frozenset[str]:
        """The operator's names."""
        return frozenset(self._services)

    def send(self, notice: Notice, person: Person) -> SendResult:
        """One message; apprise says only whether the service took it."""
        title = f"@{person.name.in_(person.language)}"
        taken = self._services[notice.channel].notify(body=notice.words, title=title)
        if taken:
            return SendResult(state=S.SENT, status="taken")
        return SendResult(
            state=S.FAILED, fault=Fault.TEMPORARY, code="apprise", detail=f"{notice.channel} did not take it"
        )

    def look_up(self, notice: Notice, person: Person) -> SendResult | None:  # noqa: ARG002 - the seam's form
        """A lost answer cannot be found again."""
        if notice.state is S.UNCERTAIN:
            return SendResult(state=S.UNCERTAIN, fault=Fault.UNKNOWABLE)
        return None

    def inbound(self, since: float) -> Sequence[InboundMessage]:  # noqa: ARG002 - the seam's form
        """These channels bring no answers."""
        return ()
