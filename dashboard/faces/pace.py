"""本馆速度 The site's own pace: the times the rescue planner goes by, and what the last drills measured.

Every figure says its spread, how often it was measured, when and where; a default says that it is one.
"""

from __future__ import annotations

from dashboard.faces.chrome import card
from dashboard.html import esc, join, tag
from dashboard.scene import Scene
from playbooks.rescue.measured import Figure, SiteTimes, measured_in


def pace(scene: Scene) -> str:
    """The times in force beside those of the last drills and incidents, and how they get into the folder."""
    w = scene.w
    own = scene.building.rescue.times
    fresh = measured_in(
        scene.board.incidents if scene.board else (),
        scene.building.holdings,
        scene.building.zones,
        scene.building.assembly,
        lambda at: scene.local(at).strftime("%Y-%m-%d"),
    )
    heads = join(
        tag("th", esc(w(f"pace.col_{name}")), scope="col") for name in ("what", "in_force", "measured")
    )
    rows = join(
        tag("tr", tag("th", esc(w(f"pace.{name}")), scope="row"), tag("td", now), tag("td", last))
        for name, now, last in (
            ("walk", _figure(scene, own.walk), _measured(scene, fresh.walk)),
            ("shelf", _figure(scene, own.shelf), _measured(scene, fresh.shelf)),
            ("boxes", _boxes(own), _boxes(fresh)),
            ("stretch", _stretch(scene, own), _stretch(scene, fresh) if _known(fresh) else "–"),
        )
    )
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="sr-table")
    hint = ""
    if _known(fresh) and scene.viewer.may("command"):
        command = tag("code", esc("strongroom rescue-times … --data … --write"))
        hint = tag("p", esc(w("pace.take_over")), " ", command)
    return card(
        w("pace.title"),
        tag("p", esc(w("pace.means")), class_="sr-empty"),
        tag("div", table, class_="sr-scroll"),
        hint,
        key="pace",
    )


def _known(times: SiteTimes) -> bool:
    return not (times.walk.is_default and times.shelf.is_default)


def _figure(scene: Scene, known: Figure) -> str:
    w = scene.w
    value = tag("b", esc(w("pace.ratio", value=f"{known.value:g}")))
    if known.is_default:
        mark = tag("span", esc(w("pace.default")), class_="sr-tagged")
        return join((value, " ", mark, tag("small", " ", esc(w("pace.default_means")))))
    facts = w("pace.facts", spread=f"{known.spread * 100:.0f}", n=known.samples)
    return join(
        (value, tag("small", esc(" · ".join(one for one in (facts, known.date, known.source) if one))))
    )


def _measured(scene: Scene, known: Figure) -> str:
    return esc(scene.w("pace.too_few")) if known.is_default else _figure(scene, known)


def _boxes(times: SiteTimes) -> str:
    return "–" if times.boxes_per_min is None else tag("b", f"{times.boxes_per_min:g}")


def _stretch(scene: Scene, times: SiteTimes) -> str:
    return tag("b", esc(scene.w("pace.more", n=f"{(times.stretch() - 1.0) * 100.0:.0f}")))
