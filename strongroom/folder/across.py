"""Checks across files: what each file says may be right and still not fit the others."""

from __future__ import annotations

from strongroom.folder.across_people import check_people
from strongroom.folder.across_rescue import check_rescue
from strongroom.folder.across_rules import check_rules
from strongroom.folder.across_scopes import check_scopes
from strongroom.folder.facts import Facts
from strongroom.folder.ledger import Ledger


def check_across(facts: Facts, ledger: Ledger, now: float | None) -> None:
    """Everything that can only be seen with all files at hand; ``now`` for the roster's days ahead."""
    check_rules(facts, ledger)
    check_scopes(facts, ledger)
    check_people(facts, ledger, now)
    check_rescue(facts, ledger, now)
