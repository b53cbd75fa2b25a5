"""Every key the building folder knows, table by table. docs/folder.md explains each of them."""

from __future__ import annotations

KEYS: dict[str, tuple[str, ...]] = {
    # building.toml
    "building": ("id", "name", "timezone", "languages", "assembly", "climate_profile", "floor", "zone"),
    "floor": ("id", "name", "plan"),
    "zone": ("id", "name", "kind", "floor", "doors", "people_limit", "hazards", "shape", "compartment"),
    "door": ("to", "walk_s"),
    # sensors.toml
    "sensors": ("sensor",),
    "sensor": (
        "id", "name", "zone", "quantity", "topic", "dialect", "path", "channel", "words", "unit", "model",
        "every_s", "silent_after_s", "at", "offset", "essential",
    ),
    # rules.toml
    "rules": ("rule",),
    "rule": (
        "id", "name", "when", "scope", "for_s", "clear_for_s", "priority", "fault", "life_safety", "latch",
        "mutes", "playbook", "hazard", "stage", "page", "armed", "investigate_s", "realarm_s", "on_unknown",
        "advice", "consequence", "clause",
    ),
    "armed": ("days", "from", "until"),
    "select": ("quantity", "zone", "zones", "zone_kind", "zone_kinds", "sensor", "sensors"),
    "threshold": ("above", "below", "clear_at"),
    "contact": ("is",),
    "rate": ("rising", "falling", "over_s", "clear_at"),
    "rise": ("rises_by", "falls_by", "over_s", "lag_s", "clear_at"),
    "swing": ("swing", "over_s"),
    "distance": ("set_point", "distance"),
    "silent": ("silent", "silent_for_s"),
    "stuck": ("stuck_for_s",),
    "implausible": ("implausible",),
    "disagree": ("disagrees_by",),
    "count": ("is", "at_least", "within_s"),
    "vote": ("vote", "at_least", "within_s", "distinct_quantities", "panel", "degrade"),
    "all": ("all",),
    "any": ("any",),
    "not": ("not",),
    "after": ("first", "then", "within_s"),
    # people.toml
    "people": ("person", "ladder", "duty"),
    "person": ("id", "name", "phone", "mail", "language", "roles", "skills", "channels"),
    "ladder": ("priority", "rungs", "repeat_min", "forgotten_min"),
    "rung": ("role", "person", "after_min", "channel", "hours", "each_confirms"),
    "duty": ("kind", "person", "instead_of", "from", "until", "weekly", "order", "start", "role"),
    # playbooks/*.toml
    "playbook": ("id", "title", "threat", "step", "stop_when", "roles", "review_by"),
    "step": (
        "id", "do", "who", "within_s", "kind", "branch", "after", "required", "by_heart", "stage",
        "released_by", "why", "drill_note", "zones",
    ),
    "branch": ("answer", "label", "to"),
    # drills/*.toml
    "drill": ("id", "title", "mode", "starts", "announce", "objectives", "play", "expect"),
    "play": ("at_s", "sensor", "value", "person", "does", "every_s", "until_s"),
    "expect": (
        "at_s", "alarm", "zone", "state", "told", "incident", "step", "points", "absent",
    ),
    # rescue.toml
    "rescue": (
        "order", "mode", "factor", "catalogues", "copies_move", "dry_kg", "boxes_per_min", "tier", "walk", "shelf",
    ),
    "tier": ("name", "tests"),
    "pace": ("value", "spread", "samples", "date", "source"),
    # words in two languages
    "text": ("zh", "en"),
}  # fmt: skip

# What people who know other systems, or other tables of this folder, tend to write.
MEANT = {
    "title": "name", "label": "name", "room": "zone", "area": "zone", "type": "kind", "device": "id",
    "mobile": "phone", "tel": "phone", "email": "mail", "lang": "language", "role": "roles",
    "delay_s": "for_s", "delay": "for_s", "severity": "priority", "level": "priority", "message": "advice",
    "interval_s": "every_s", "timeout_s": "silent_after_s", "position": "at", "xy": "at",
    "steps": "step", "sensors": "sensor", "zones": "zone", "rules": "rule", "persons": "person",
    "branches": "branch", "text": "do", "action": "do", "action_s": "within_s", "greater": "above",
    "over": "above", "max": "above", "under": "below", "min": "below", "state": "is", "equals": "is",
}  # fmt: skip


def arrays_of(kind: str) -> frozenset[str]:
    """The tables that a kind of file writes with double brackets."""
    return frozenset(ARRAYS.get(kind, ()))


ARRAYS: dict[str, tuple[str, ...]] = {
    "building": ("floor", "zone"),
    "sensors": ("sensor",),
    "rules": ("rule",),
    "people": ("person", "ladder", "duty"),
    "playbook": ("step",),
    "drill": ("play", "expect"),
    "rescue": ("tier",),
}
