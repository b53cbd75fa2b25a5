"""What the setup page and the rescue pages need beside the board: folder check, users, who looked."""

from __future__ import annotations

import threading
from pathlib import Path

import streamlit as st

from dashboard.faces.rescue_plan import may_see
from dashboard.looks import chosen_incident
from dashboard.scene import Scene
from dashboard.world import World
from strongroom.folder.load import digest, load
from strongroom.problems import Problem

CHECK_EVERY_S = 30.0
_lock = threading.Lock()
_checked: dict[str, tuple[float, str, tuple[Problem, ...]]] = {}


def folder_problems(here: World) -> tuple[Problem, ...] | None:
    """What the folder check says now, looked at twice a minute; None where the folder cannot be read."""
    folder = here.desk.building().folder
    if not folder or not Path(folder).is_dir():
        return None
    now = here.clock.now()
    with _lock:
        known = _checked.get(folder)
        if known and now - known[0] < CHECK_EVERY_S:
            return known[2]
        revision = digest(Path(folder))
        if known and known[1] == revision:
            _checked[folder] = (now, revision, known[2])
            return known[2]
        found = tuple(load(Path(folder), now).problems)
        _checked[folder] = (now, revision, found)
        return found


def remember_look(here: World, scene: Scene) -> None:
    """Write down, once for each opened page, that somebody saw the rescue list."""
    if st.session_state.get("looked") or not may_see(scene, chosen_incident(scene)):
        return
    st.session_state["looked"] = True
    here.users.looked(scene.viewer.user, "rescue", scene.now)
