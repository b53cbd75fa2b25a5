"""The processes of one building, as the supervisor starts them."""

from __future__ import annotations

from pathlib import Path

from sensors.model import Text
from strongroom.settings import Settings
from strongroom.supervise import Program
from strongroom.variables import VARIABLES

# What a demonstration must not take over from the environment: every way to a real broker, phone or store.
OUTSIDE_WORLD = tuple(
    name
    for name in VARIABLES
    if name.split("_")[1] in {"MQTT", "TWILIO", "INFLUX", "BEAT", "PUBLIC", "SMTP", "MAIL", "CHANNELS"}
)


def engine(settings: Settings) -> Program:
    """The engine: takes messages in, decides, tells people."""
    return Program(
        name="engine",
        title=Text("引擎", "engine"),
        module="strongroom.process",  # not through the command line: an engine that died is back sooner
        environment=_shared(settings),
    )


def dashboard(settings: Settings) -> Program:
    """The pages; started by module name, the composition never imports them."""
    return Program(
        name="dashboard",
        title=Text("页面", "dashboard"),
        module="dashboard",
        environment=_shared(settings),
    )


def embedded_broker(settings: Settings) -> Program:
    """The demonstration's own MQTT broker on loopback."""
    return Program(
        name="broker",
        title=Text("消息服务器", "broker"),
        module="strongroom.demo.broker",
        environment=_shared(settings),
    )


def simulation(settings: Settings) -> Program:
    """The simulated building that speaks over the broker."""
    return Program(
        name="simulation",
        title=Text("模拟建筑", "simulated building"),
        module="strongroom.demo.simulation",
        environment=_shared(settings),
    )


def _shared(settings: Settings) -> dict[str, str]:
    """What every child must see alike; secrets stay in the inherited environment and are never repeated."""
    outside = dict.fromkeys(OUTSIDE_WORLD, "") if settings.demo else {}
    return {
        **outside,
        "STRONGROOM_BUILDING": str(settings.building),
        "STRONGROOM_DATA": str(settings.data),
        "STRONGROOM_MQTT_HOST": settings.broker.host,
        "STRONGROOM_MQTT_PORT": str(settings.broker.port),
        "STRONGROOM_SENDER": settings.sender,
        "STRONGROOM_DASHBOARD_HOST": settings.dashboard_host,
        "STRONGROOM_DASHBOARD_PORT": str(settings.dashboard_port),
        "STRONGROOM_DEMO": "yes" if settings.demo else "no",
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
    }
