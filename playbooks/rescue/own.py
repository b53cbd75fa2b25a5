"""What a site says of its own rescue: the order it goes by, how fast its people are, what it can dry afterwards."""

from __future__ import annotations

from msgspec import Struct

from playbooks.rescue.measured import DEFAULT_TIMES, SiteTimes
from playbooks.triage import DEFAULT, RuleSet


class OwnRescue(Struct, frozen=True, kw_only=True):
    """A site's rescue settings.

    ``dry_kg`` is how much wet material (kg, wet weight) can be frozen or dried in time afterwards; None: not
    limited.
    """

    rules: RuleSet = DEFAULT
    times: SiteTimes = DEFAULT_TIMES
    dry_kg: float | None = None


DEFAULT_OWN = OwnRescue()
