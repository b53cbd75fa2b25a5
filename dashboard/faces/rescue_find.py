"""Finding a crate or a holding by what stands on its label, typed where no camera helps."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from urllib.parse import quote

from dashboard.faces.chrome import card, empty
from dashboard.html import esc, join, tag
from dashboard.scene import Scene
from playbooks import custody
from playbooks.model import Incident

LABEL = re.compile(r"[A-Z][0-9]{2}")
"""A code as our labels bear it: such a crate may be empty still."""


def finder(scene: Scene, value: str) -> str:
    """Typing the short code where no camera helps."""
    w = scene.w
    form = tag(
        "form",
        tag(
            "label",
            esc(w("custody.find")),
            tag("input", name="find", value=value, maxlength="60", autocomplete="off",
                autocapitalize="characters", enterkeyhint="search"),
        ),
        tag("button", esc(w("custody.show")), type="submit", class_="sr-button sr-main-button"),
        data_choose="",
        data_key="finder",
        class_="sr-form sr-inline",
    )  # fmt: skip
    return tag("div", form, tag("p", esc(w("custody.find_means")), class_="sr-empty"), data_key="findbox")


def not_known(scene: Scene, incident: Incident, wanted: str) -> str:
    """Neither a crate nor a holding: what was probably meant, so that a slip does not look like an empty crate."""
    known = [*custody.crates(incident), *scene.building.holdings]
    near = get_close_matches(wanted.upper(), known, n=3, cutoff=0.6)
    links = join(
        tag("li", tag("a", esc(name), href=f"?view=arrivals&find={quote(name)}", class_="sr-button",
                      data_set=json.dumps({"find": name, "crate": ""}), data_key=f"near-{name}"))
        for name in near
    )  # fmt: skip
    words = empty(scene.w("custody.not_known", what=wanted[:60]))
    return card(
        scene.w("custody.find_nothing"),
        words,
        tag("ul", links, class_="sr-puts") if near else "",
        key="found",
    )
