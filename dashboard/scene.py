"""What a page is drawn from: one value, so that every page is a pure function of it."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from dashboard.words import Words
from playbooks.site import Site
from strongroom.model import Board, Building

if TYPE_CHECKING:
    from dashboard.desk import Desk


class Viewer(Struct, frozen=True, kw_only=True):
    """Who looks: login name, the person of the building they are, their roles and what those allow."""

    user: str
    person: str
    name: str
    roles: tuple[str, ...]
    rights: frozenset[str]
    language: str = "zh"
    demo: bool = False

    def may(self, right: str) -> bool:
        """Whether the viewer has a right."""
        return right in self.rights


class Scene:
    """Board, building, viewer, language, moment and the page's own choices out of the address."""

    def __init__(
        self,
        *,
        building: Building,
        board: Board | None,
        viewer: Viewer,
        words: Words,
        now: float,
        choices: Mapping[str, str],
        desk: Desk,
        demo: bool = False,
        page: str = "",
    ) -> None:
        self.building = building
        self.board = board
        self.viewer = viewer
        self.w = words
        self.now = now
        self.choices = choices
        self.desk = desk
        self.demo = demo
        self.page = page

    @cached_property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The building's time zone; UTC when the name is unknown (the folder check complains)."""
        try:
            return zoneinfo.ZoneInfo(self.building.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return zoneinfo.ZoneInfo("UTC")

    @cached_property
    def site(self) -> Site:
        """The building as the pure parts of response know it."""
        known = self.building
        return Site(known.zones, known.holdings, known.people, known.assembly, known.revision)

    @property
    def language(self) -> str:
        """zh or en."""
        return self.w.language

    def local(self, at: float) -> datetime:
        """Wall time in the building."""
        return datetime.fromtimestamp(at, self.zone)

    def clock(self, at: float, *, seconds: bool = True) -> str:
        """Time of day, with the date before it when it is not today."""
        moment = self.local(at)
        text = moment.strftime("%H:%M:%S" if seconds else "%H:%M")
        if moment.date() != self.local(self.now).date():
            return moment.strftime("%Y-%m-%d ") + text
        return text

    def span(self, seconds: float) -> str:
        """A duration as people read it: 45 s, 3 min 20 s, 2 h 05 min, 3 d 4 h."""
        whole = max(0, int(seconds))
        if whole < 60:
            return f"{whole} s"
        if whole < 3600:
            return f"{whole // 60} min {whole % 60:02d} s" if whole < 600 else f"{whole // 60} min"
        if whole < 86400:
            return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
        return f"{whole // 86400} d {whole % 86400 // 3600} h"

    def zone_name(self, zone: str) -> str:
        """A zone's name; the id where the folder does not know it any more."""
        known = self.building.zones.get(zone)
        return self.w.of(known.name) if known else zone

    def zone_names(self, zones: Iterable[str]) -> str:
        """Several zones in one line."""
        return ("、" if self.language == "zh" else ", ").join(self.zone_name(zone) for zone in zones)

    def person_name(self, person: str) -> str:
        """A person's name; the system is named in words."""
        if person in ("", "system"):
            return self.w("common.system")
        known = self.building.people.get(person)
        return self.w.of(known.name) if known else person

    def role_name(self, role: str) -> str:
        """A role in the reader's language where we know the word; the operator's word otherwise."""
        return self.w.named("role", role)
