"""The list of dialects in the order they are asked, most distinctive first. A new dialect is entered here."""

from __future__ import annotations

from sensors.dialects import plain, zigbee2mqtt
from sensors.dialects.base import Dialect

PLAIN = plain.DIALECT
DIALECTS: tuple[Dialect, ...] = (zigbee2mqtt.DIALECT, PLAIN)
BY_NAME: dict[str, Dialect] = {
    name: dialect for dialect in DIALECTS for name in (dialect.name, *dialect.also)
}
