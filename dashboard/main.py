"""The router: which pages there are, and where a visitor lands. Streamlit runs this file for every session."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.door import PAGES
from dashboard.frame import viewer_here
from dashboard.looks import open_incidents
from dashboard.world import world

VIEWS = Path(__file__).parent / "views"


def main() -> None:
    """One run of a session."""
    st.set_page_config(page_title="Strongroom", layout="wide")
    pages = {
        name: st.Page(
            VIEWS / f"{name}.py",
            title=name,
            url_path=None if name == "status" else name,
            default=name == "status",
        )
        for name in PAGES
    }
    st.session_state["pages"] = pages
    chosen = st.navigation(list(pages.values()), position="hidden")
    here = world()
    first = "entered" not in st.session_state
    st.session_state["entered"] = True
    if first and chosen is pages["status"] and viewer_here(here) and not st.query_params:
        # While something is happening the question is what to do, not where we are.
        running = open_incidents(here.desk.board())
        if any(not incident.suspended for incident in running):
            st.switch_page(pages["incident"])
    chosen.run()


main()
