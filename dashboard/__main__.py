"""``python -m dashboard``: serve the pages of one site, with settings from the environment."""

from __future__ import annotations

import secrets
import sys

from dashboard.app import run
from dashboard.door import Door
from dashboard.hooks import hook_route, hooks_of
from dashboard.outside import api_routes, beat_route
from dashboard.site_desk import SiteDesk
from dashboard.world import World
from strongroom.accounts import session_key
from strongroom.clock import SystemClock
from strongroom.datadir import USERS_DB, last_good
from strongroom.folder.load import load
from strongroom.readings import once, open_series
from strongroom.settings import Settings, SettingsError, read_settings
from strongroom.users import Users


def world_of(settings: Settings) -> World:
    """Everything the pages share. ValueError where the building cannot be read at all."""
    clock = SystemClock()
    first = load(settings.building, clock.now()).building or last_good(settings.data)
    if first is None:
        raise ValueError(
            f"{settings.building} 未通过检查，请运行 strongroom check · did not pass: run `strongroom check`"
        )
    if settings.demo and settings.sender == "twilio":
        raise ValueError(
            "演示不能使用真实短信通道 · a demonstration never sends real messages: unset STRONGROOM_DEMO or the sender"
        )
    # The visitor's door opens only for cookies of this very process: its token was never anywhere else.
    demo = secrets.token_urlsafe(24) if settings.demo else ""
    users = Users(settings.data / USERS_DB)
    key = settings.cookie_key.reveal().encode() if settings.cookie_key else session_key(settings.data)
    series = once(lambda: open_series(settings.data, settings.influx))
    desk = SiteDesk(settings.data, clock, first, series)
    door = Door(key, users, desk.building, demo)
    hooks = hooks_of(settings, desk)
    called = (hook_route(hooks, clock),) if hooks else ()
    more = (*called, beat_route(desk), *api_routes(desk, door, clock, series))
    return World(desk=desk, door=door, users=users, clock=clock, data=settings.data, demo=demo, more=more)


def main() -> int:
    """Serve until stopped; 2 with one clear line where that cannot begin."""
    try:
        settings = read_settings()
        here = world_of(settings)
    except (SettingsError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    run(here, settings.dashboard_port, settings.dashboard_host)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
