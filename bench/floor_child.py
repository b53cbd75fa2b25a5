"""The floor: paho on a socket, acknowledging, with a callback that does nothing.

``python -m bench.floor_child PORT FOLDER``; on SIGTERM it writes FOLDER/cpu.json: messages and processor seconds.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Listen until told to stop."""
    count = 0

    def nothing(_client: object, _data: object, _message: object) -> None:
        nonlocal count
        count += 1

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="floor", clean_session=True)
    client.on_message = nothing

    def ready(*_: object) -> None:
        Path(sys.argv[2], "ready").touch()

    def ask(*_: object) -> None:
        client.subscribe("bench/#", 1)

    client.on_subscribe = ready
    client.on_connect = ask
    client.connect("127.0.0.1", int(sys.argv[1]))
    signal.signal(signal.SIGTERM, lambda *_: client.disconnect())
    began = time.process_time()
    client.loop_forever()
    used = time.process_time() - began
    Path(sys.argv[2], "cpu.json").write_text(json.dumps({"messages": count, "cpu_s": used}))


if __name__ == "__main__":
    main()
