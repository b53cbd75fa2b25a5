"""A device nobody knows, against the real engine process and a real Mosquitto: heard, adopted, alarming (C47)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from strongroom.journal import AlarmData, decode
from strongroom.sitedb import SiteReader
from tests.brokers import Mosquitto, wait_until

HOUSE = Path(__file__).resolve().parents[1] / "houses" / "small"
TOPIC = "zigbee2mqtt/attic-leak"
DRY = b'{"water_leak": false, "battery": 97, "device": {"model": "SJCGQ11LM"}}'
WET = b'{"water_leak": true, "battery": 97, "device": {"model": "SJCGQ11LM"}}'


def environment(**more: str) -> dict[str, str]:
    clean = {name: word for name, word in os.environ.items() if "STRONGROOM" not in name}
    return clean | {f"STRONGROOM_{name}": word for name, word in more.items()}


@pytest.mark.timeout(300)
def test_from_the_first_message_to_the_alarm(tmp_path: Path) -> None:
    folder, data = tmp_path / "house", tmp_path / "data"
    shutil.copytree(HOUSE, folder)
    broker = Mosquitto()
    broker.start()
    where = environment(MQTT_PORT=str(broker.address.port), DATA=str(data), SENDER="paper")

    def said(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "strongroom", *words]
        return subprocess.run(command, env=where, capture_output=True, text=True, timeout=60, check=False)

    def listed() -> list[dict[str, object]]:
        answer = said("inbox", str(folder), "--json")
        found: list[dict[str, object]] = json.loads(answer.stdout) if answer.returncode == 0 else []
        return found

    def wet_alarms() -> int:
        reader = SiteReader(data / "site.db")
        entries = reader.entries(kind="alarm.", limit=100_000)
        reader.close()
        alarms = [d.alarm for entry in entries if isinstance(d := decode(entry), AlarmData)]
        return sum(alarm.rule == "water-in-stack" and alarm.active for alarm in alarms)

    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="device")
    client.connect("127.0.0.1", broker.address.port)
    client.loop_start()
    engine = subprocess.Popen(
        [sys.executable, "-m", "strongroom", "engine", str(folder)],
        env=where,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        assert wait_until(lambda: (data / "site.db").is_file() and (data / "building.json").is_file(), 60.0)

        def heard() -> bool:
            client.publish(TOPIC, DRY, qos=1).wait_for_publish(5.0)
            return bool(listed())

        assert wait_until(heard, 60.0), "within a minute"
        (one,) = listed()
        assert one["template"] == "SJCGQ11LM"
        done = said(
            "adopt", str(folder), str(one["id"]), "--zone", "stack-2b", "--name", "阁楼", "--by", "chen"
        )
        assert done.returncode == 0, done.stderr
        # Told while the engine goes over to the new folder: the broker's session keeps it.
        began = time.monotonic()
        client.publish(TOPIC, WET, qos=1).wait_for_publish(5.0)
        assert wait_until(lambda: wet_alarms() > 0, 30.0)
        assert time.monotonic() - began < 30.0
        assert wait_until(lambda: listed() == [], 30.0)
        assert engine.poll() is None, "the same process goes on"
    finally:
        engine.terminate()
        engine.communicate(timeout=30)
        client.loop_stop()
        broker.stop()
