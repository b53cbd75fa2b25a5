"""The list of dialects in the order they are asked, most distinctive first. A new dialect is entered here."""

from __future__ import annotations

from sensors.dialects import (
    alink,
    chirpstack,
    donghuan,
    esphome,
    frigate,
    homeassistant,
    homie,
    huawei,
    king_pigeon,
    named_value,
    office_host,
    plain,
    qingping,
    ring,
    rtl433,
    ruuvi,
    senml,
    shelly_gen1,
    shelly_gen2,
    sparkplug,
    tasmota,
    telemetry,
    tencent,
    theengs,
    tts,
    zigbee2mqtt,
    zwave,
)
from sensors.dialects.base import Dialect

PLAIN = plain.DIALECT
DIALECTS: tuple[Dialect, ...] = tuple(
    module.DIALECT
    for module in (
        sparkplug,
        homeassistant,
        zigbee2mqtt,
        tasmota,
        theengs,
        shelly_gen1,
        homie,
        tts,
        chirpstack,
        frigate,
        ruuvi,
        rtl433,
        zwave,
        ring,
        alink,
        tencent,
        huawei,
        qingping,
        donghuan,
        telemetry,
        king_pigeon,
        office_host,
        named_value,
        senml,
        shelly_gen2,
        esphome,
    )
)
BY_NAME: dict[str, Dialect] = {name: one for one in (*DIALECTS, PLAIN) for name in (one.name, *one.also)}
