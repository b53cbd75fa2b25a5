"""How a page lives: one fragment that redraws every two seconds, shown by one component that proves it is alive."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from alerts.alarm import suppressed
from dashboard.door import COOKIE
from dashboard.faces.chrome import page as chrome
from dashboard.faces.rescue_plan import may_see
from dashboard.faces.status import broken
from dashboard.looks import chosen_incident, standing
from dashboard.scene import Scene, Viewer
from dashboard.words import LANGUAGES, Words
from dashboard.world import World, world

REFRESH_S = 2
PARTS = Path(__file__).parent / "parts"
# The engine writes its heartbeat every second; after this long without one nobody evaluates alarms.
ENGINE_DEAD_S = 10.0
LANGUAGE_COOKIE = "strongroom_lang"

Face = Callable[[Scene], str]


@cache
def parts_revision() -> str:
    """Digest of our scripts and styles, so that browsers fetch new ones after an upgrade."""
    digest = hashlib.sha256()
    for path in sorted(PARTS.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _component() -> Any:
    # The scripts are fetched once from our own route; only this loader travels with every redraw.
    loader = (PARTS / "loader.js").read_text(encoding="utf-8").replace("REVISION", parts_revision())
    return st.components.v2.component("strongroom.plan", js=loader, isolate_styles=False)


def cookie() -> str:
    """The session cookie this page came with."""
    return str(st.context.cookies.get(COOKIE, ""))


def viewer_here(here: World) -> Viewer | None:
    """Who looks at this page; None once the session has ended."""
    return here.door.viewer(cookie(), here.clock.now())


def language_of(viewer: Viewer | None) -> str:
    """The address wins, then what was chosen in this browser, then the person's own language."""
    for wanted in (st.query_params.get("lang", ""), str(st.context.cookies.get(LANGUAGE_COOKIE, ""))):
        if wanted in LANGUAGES:
            return str(wanted)
    return viewer.language if viewer else "zh"


def scene_of(here: World, viewer: Viewer, page: str) -> Scene:
    """Everything the page is drawn from, at this moment."""
    return Scene(
        building=here.desk.building(),
        board=here.desk.board(),
        viewer=viewer,
        words=Words(language_of(viewer)),
        now=here.clock.now(),
        choices=dict(st.query_params.items()),
        desk=here.desk,
        demo=bool(here.demo),
        page=page,
    )


def show(page: str, face: Face, *, plain: bool = False) -> None:
    """Draw a page and keep it alive. ``plain``: without head and navigation (the wall)."""
    _live(page, face, plain)


@st.fragment(run_every=REFRESH_S)
def _live(page: str, face: Face, plain: bool) -> None:
    here = world()
    viewer = viewer_here(here)
    if viewer is None:
        _component()(key="live", data={"ended": True, "drawn": here.clock.now()}, height="content")
        return
    if not plain:
        _take_choice()
    scene = scene_of(here, viewer, page)
    html = _drawn(scene, face, plain)
    seen = _component()(
        key="live",
        data=frame_data(here, scene, html),
        height="content",
        on_set_change=lambda: None,
        on_go_change=lambda: None,
        on_poke_change=lambda: None,
    )
    if seen.go:
        st.switch_page(
            st.session_state["pages"][seen.go["page"]], query_params=_carried(seen.go.get("choices"))
        )


def _drawn(scene: Scene, face: Face, plain: bool) -> str:
    """The page. One that fails to draw is replaced by the alarms that stand: the glass never goes blank."""
    try:
        body = face(scene) if plain or scene.board is not None else ""
        return body if plain else chrome(scene, body)
    except Exception:
        logging.getLogger(__name__).exception("page %s could not be drawn", scene.page)
        return chrome(scene, broken(scene))


def _take_choice() -> None:
    """A tap on a tab or a room: the choice goes into the address, so that it survives a lost connection."""
    state = st.session_state.get("live")
    chosen = state.get("set") if isinstance(state, Mapping) else None
    if isinstance(chosen, Mapping):
        for key, value in chosen.items():
            if value == "":
                st.query_params.pop(str(key), None)
            else:
                st.query_params[str(key)] = str(value)


def _carried(choices: Any) -> dict[str, str]:
    """Choices that go along to another page: the language, and what the link names."""
    carried = {"lang": st.query_params["lang"]} if "lang" in st.query_params else {}
    if isinstance(choices, Mapping):
        carried |= {str(key): str(value) for key, value in choices.items()}
    return carried


def _may_keep(scene: Scene) -> bool:
    """Whether the browser may keep this page for dead spots: the list of an open incident, for those who may see it."""
    if scene.page != "rescue":
        return False
    incident = chosen_incident(scene)
    return incident is not None and incident.state != "closed" and may_see(scene, incident)


def frame_data(here: World, scene: Scene, html: str) -> dict[str, Any]:
    """What the component gets: the page, two times that prove life, and what may ring."""
    ringing = [alarm for alarm in standing(scene.board) if alarm.acked is None and not suppressed(alarm)]
    loudest = min((alarm.priority for alarm in ringing if not alarm.fault), default=0)
    newest = max((alarm.raised_at for alarm in ringing if alarm.priority == loudest), default=0.0)
    age = here.desk.beat_age()
    words = {
        name: scene.w(f"watch.{name}")
        for name in (
            "age",
            "unsent",
            "mine_waiting",
            "mine_sent",
            "carry_on",
            "sent",
            "undecided",
            "ended",
            "sound_off",
            "sound_on",
            "sound_mute",
            "close",
        )
    }
    words |= {
        f"is_{state}": scene.w(f"rescue.is_{state}")
        for state in ("waiting", "out", "arrived", "covered", "cannot")
    }
    said = [f"{scene.w.of(alarm.name)}, {scene.zone_name(alarm.zone)}" for alarm in ringing[:3]]
    return {
        "html": html,
        "drawn": scene.now,
        "offset": scene.local(scene.now).utcoffset().total_seconds(),  # type: ignore[union-attr]
        "beat_age": age,
        "beat_at": scene.board.beat_at if scene.board else None,
        "dead_after": ENGINE_DEAD_S,
        "revision": scene.board.revision if scene.board else -1,
        "user": scene.viewer.user,
        "token": here.door.token(cookie()),
        "lang": scene.language,
        "page": scene.page,
        "keep": _may_keep(scene),
        "title": f"{scene.w('nav.' + scene.page)} · {scene.w.of(scene.building.name)}",
        "words": words,
        "said": " · ".join(said),
        "ring": {"priority": loudest, "at": newest},
    }
