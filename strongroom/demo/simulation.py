"""The simulated building: every device publishes over the real broker what the real one would, at its own
pace."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable
from zlib import crc32
from zoneinfo import ZoneInfo

from ingest.mqtt import MqttSource
from ingest.mqtt_publisher import MqttPublisher
from ingest.series import SeriesError
from sensors.model import Sensor
from sensors.quantities import quantity
from sensors.simulate import Story, stage, value_of
from sensors.speak import birth, speak
from sensors.speak_base import Packet
from strongroom.clock import SystemClock
from strongroom.demo.past import give_past
from strongroom.demo.requests import Requests, StoryRequest
from strongroom.folder.load import load
from strongroom.model import Building
from strongroom.readings import open_series
from strongroom.settings import Settings, read_settings

# How far a number must move before a device reports it at once, in the quantity's unit (as battery devices
# do).
REPORTS_AT = {"temperature": 0.5, "humidity": 2.0, "illuminance": 60.0, "co2": 80.0, "pressure": 100.0}
TURN_S = 0.5
EXCITED_S = 2.0


class Device:
    """Sensors that speak in one message: same topic, same dialect."""

    def __init__(self, sensors: list[Sensor]) -> None:
        self.sensors = sensors
        self.every_s = max(5.0, min(sensor.every_s for sensor in sensors))
        self._sent: dict[str, float] = {}
        # Devices were not all switched on at the same moment.
        self._phase = crc32(sensors[0].topic.encode()) % 1000 / 1000.0
        self._due = 0.0
        self._last_at = 0.0
        self._count = 0

    def packets(self, values: dict[str, float], at: float, *, excited: bool = False) -> list[Packet]:
        """What it sends now: when its time has come, or when something moved enough.

        An ``excited`` device - something happens around it - repeats itself, as alarming devices do.
        """
        if excited:
            self._due = min(self._due, self._last_at + EXCITED_S)
        if at < self._due and not any(self._moved(sensor, values[sensor.id]) for sensor in self.sensors):
            return []
        first = not self._sent
        self._last_at = at
        self._due = at + self.every_s * (self._phase if first else 1.0)
        self._sent = {sensor.id: values[sensor.id] for sensor in self.sensors}
        showing = [(sensor, values[sensor.id]) for sensor in self.sensors]
        if not first:
            self._count += 1
            return speak(showing, at, self._count)
        self._count = 0
        return [*birth(showing, at), *speak(showing, at)]

    def reborn(self) -> None:
        """Somebody asked it to announce itself again: the next message begins with a birth."""
        self._sent = {}
        self._due = 0.0

    def _moved(self, sensor: Sensor, value: float) -> bool:
        last = self._sent[sensor.id]
        known = quantity(sensor.quantity)
        if known is None or known.contact:
            return value != last
        return abs(value - last) >= REPORTS_AT.get(known.id, max(1.0, abs(last) * 0.1))


class Simulation:
    """A building's devices and the stories that were asked for. Pure but for what :meth:`turn` returns."""

    def __init__(self, building: Building) -> None:
        self._building = building
        self._here = ZoneInfo(building.timezone)
        groups: dict[tuple[str, str], list[Sensor]] = {}
        for sensor in building.sensors.values():
            if sensor.topic and quantity(sensor.quantity) is not None:
                groups.setdefault((sensor.topic, sensor.dialect), []).append(sensor)
        self.devices = [Device(sensors) for sensors in groups.values()]
        self.stories: dict[str, Story] = {}
        self._engine_online = False

    def begin(self, request: StoryRequest, at: float) -> Story | None:
        """Begin a story; None where nothing in this building could show it."""
        kind = request.kind
        if kind is None:
            return None
        zones = self._building.zones
        zone = request.zone if request.zone in zones else stage(kind, zones, self._building.sensors.values())
        if zone is None:
            return None
        story = Story(id=request.id or f"{kind}-{int(at)}", kind=kind, zone=zone, began_at=at)
        self.stories[kind] = story  # the same story again begins anew
        return story

    def hear(self, topic: str, payload: bytes) -> None:
        """An engine came online: every device reports, as when a gateway polls them all. Or a rebirth was
        asked of a Sparkplug node (topic spBv1.0/GROUP/NCMD/NODE).
        """
        if topic == f"strongroom/{self._building.id}/engine":
            came, self._engine_online = payload == b"online" and not self._engine_online, payload == b"online"
            if came:
                for device in self.devices:
                    device.reborn()
            return
        _space, group, _kind, node = [*topic.split("/"), "", "", ""][:4]
        for device in self.devices:
            levels = device.sensors[0].topic.split("/")
            if levels[0] == "spBv1.0" and levels[1:4:2] == [group, node]:
                device.reborn()

    def turn(self, at: float) -> Iterable[Packet]:
        """Everything the devices send at ``at``."""
        stories = tuple(self.stories.values())
        for device in self.devices:
            values = {
                sensor.id: value_of(sensor, self._building.zones[sensor.zone], at, self._here, stories)
                for sensor in device.sensors
            }
            zones = {sensor.zone for sensor in device.sensors}
            excited = any(story.zone in zones and at < story.began_at + story.lasts_s for story in stories)
            yield from device.packets(values, at, excited=excited)


def main() -> int:
    """Publish until asked to stop."""
    settings = read_settings()
    clock, stop = SystemClock(), threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    building = load(settings.building).building
    if building is None:
        sys.stderr.write(
            "建筑目录有错误，请运行 strongroom check · the folder has errors, run strongroom check\n"
        )
        return 2
    requests = Requests(settings.data)
    simulation = Simulation(building)
    publisher = MqttPublisher(settings.broker, client_id="simulated-building")
    while not publisher.start(1.0):
        if stop.is_set():
            return 0
    ears = MqttSource(
        settings.broker,
        ["spBv1.0/+/NCMD/+", f"strongroom/{building.id}/engine"],
        client_id="simulated-gateways",
        now=clock.now,
        monotonic=clock.monotonic,
        status_topic="strongroom/simulation",
    )
    ears.start()
    past = threading.Thread(target=_give_past, args=(building, settings, clock.now(), stop), daemon=True)
    past.start()
    while not stop.is_set():
        now = clock.now()
        for request in requests.new():
            simulation.begin(request, now)
        asked = ears.take(100, 0.0)
        for message in asked:
            simulation.hear(message.topic, message.payload)
        ears.acknowledge(asked)
        for packet in simulation.turn(now):
            publisher.publish(packet.topic, packet.payload, retain=packet.retain)
        clock.wait(TURN_S, stop)
    ears.stop()
    publisher.stop()
    past.join(timeout=2.0)
    return 0


def _give_past(building: Building, settings: Settings, until: float, stop: threading.Event) -> None:
    """A demonstration without a past is still one: whatever goes wrong here is only told."""
    try:
        series = open_series(settings.data, settings.influx, read_only=False)
        try:
            give_past(building, series, until, stop.is_set)
        finally:
            series.close()
    except SeriesError as error:
        sys.stderr.write(f"演示的历史读数没有写成 · the past could not be written: {error}\n")


if __name__ == "__main__":
    raise SystemExit(main())
