"""The web application: Streamlit's pages behind our door, with our own routes beside them."""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from dashboard import faces
from dashboard.door import Porter
from dashboard.routes import routes
from dashboard.theme import BLUE, EDGE, GROUND, PANEL, TEXT
from dashboard.world import World, use

MAIN = Path(__file__).parent / "main.py"


def configuration(port: int, address: str) -> dict[str, Any]:
    """Streamlit's settings: ours, wherever the process was started from."""
    return {
        "server.port": port,
        "server.address": address,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": 1,
        "server.disconnectedSessionTTL": 30,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showSidebarNavigation": False,
        "runner.magicEnabled": False,
        "runner.postScriptGC": False,
        "theme.base": "light",
        "theme.backgroundColor": GROUND,
        "theme.secondaryBackgroundColor": PANEL,
        "theme.textColor": TEXT,
        "theme.primaryColor": BLUE,
        "theme.linkColor": BLUE,
        "theme.borderColor": EDGE,
        "theme.baseFontSize": 16,
        "theme.font": FONTS,
    }


FONTS = (
    "system-ui, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', 'Noto Sans CJK SC', sans-serif"
)


def app_of(here: World) -> st.App:
    """The ASGI application of a world; also makes it the world of this process."""
    use(here)
    porter = Middleware(Porter, door=here.door, now=here.clock.now)
    return st.App(MAIN, routes=[*routes(here), *here.more], middleware=[porter])


def warm() -> None:
    """Load what the first page would load, so that it comes as soon as those after it (C48).

    Streamlit takes up pandas, more than a second of work, only when a script first hands something to the browser.
    """
    for name in ("pandas", *(f"{faces.__name__}.{one.name}" for one in iter_modules(faces.__path__))):
        import_module(name)


def run(here: World, port: int, address: str = "127.0.0.1") -> None:
    """Serve until stopped."""
    threading.Thread(target=warm, name="warm", daemon=True).start()
    app_of(here).run(config=configuration(port, address))
