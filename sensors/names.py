"""What a field or topic name says about its quantity: words of several languages, never parts of words.

A name is cut into words (``TempC_SHT`` is temp, c, sht). One word must name the quantity; every other word must be
one of the harmless ones (where the probe sits, which unit). A name with any other word is not understood, so that
``temperature_max``, ``overtemperature`` or ``LAST_WATER_LEAK_DURATION`` never become readings.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from sensors.quantities import QUANTITIES


class Meaning(Struct, frozen=True):
    """The quantity of a name, the unit where the name says it, and whether true means the opposite."""

    quantity: str
    unit: str = ""
    inverted: bool = False
    qualifier: str = ""  # the words beside the quantity that tell several probes apart
    words_only: bool = False  # true and 1 are refused: makers disagree on what they mean


_WORDS: dict[str, str] = {
    **dict.fromkeys(
        "temperature temp temps temperatur temperatura temprature temperture tempc tempf wendu 温度 室温".split(),
        "temperature",
    ),
    **dict.fromkeys(
        "humidity hum humi rh humidite feuchte luftfeuchte luftfeuchtigkeit shidu 湿度 相对湿度".split(),
        "humidity",
    ),
    **dict.fromkeys("pressure pres press barometer baro luftdruck 气压 大气压".split(), "pressure"),
    **dict.fromkeys(
        "illuminance lux illumination illu illum brightness_lux 照度 光照".split(), "illuminance"
    ),
    **dict.fromkeys("co2 carbondioxide 二氧化碳".split(), "co2"),
    **dict.fromkeys("battery batt bat 电量 电池 电池电量".split(), "battery"),
    **dict.fromkeys("smoke rauch fumee yangan 烟感 烟雾 烟".split(), "smoke"),
    **dict.fromkeys(
        "leak leakage flood flooding waterleak moisture_leak 漏水 水浸 浸水 水".split(), "water_leak"
    ),
    **dict.fromkeys(
        "door window contact magnet reed opening gate tuer tür fenster 门磁 门 窗 门禁".split(),
        "contact_open",
    ),
    **dict.fromkeys("motion occupancy presence pir moving 红外 人体 移动 人感".split(), "motion"),
    **dict.fromkeys("vibration 震动 振动".split(), "vibration"),
    **dict.fromkeys("tamper 防拆".split(), "tamper"),
    **dict.fromkeys("gas 燃气 可燃气体".split(), "gas"),
    **dict.fromkeys("fault problem trouble 故障".split(), "fault"),
    **dict.fromkeys("oxygen o2 氧气".split(), "oxygen"),
    **dict.fromkeys("h2s 硫化氢".split(), "h2s"),
    **dict.fromkeys("pm25 pm2_5".split(), "pm25"),
    **dict.fromkeys("pm10".split(), "pm10"),
    **dict.fromkeys("mains 市电".split(), "mains"),
}
# Where a probe sits and which chip it is: harmless beside a quantity.
_HARMLESS = frozenset(
    "air room indoor outdoor outside external ambient inside inner relative atmospheric barometric rel sensor probe ext "
    "value val current actual measured state status reading data sht sht2x sht3x sht31 ds ds18b20 dht bme bme280 aht".split()
    + "internal archive 室内 室外 环境 空气 当前 实时 状态 值".split()
)
_TELLING = frozenset("sht ds ds18b20 ext external probe outdoor outside".split())
# "contact: true" is closed for some makers and open for others; only the words open and closed settle it.
_EITHER_WAY = frozenset(("contact", "reed", "magnet"))
_UNITS = {
    "c": "°C",
    "celsius": "°C",
    "degc": "°C",
    "f": "°F",
    "fahrenheit": "°F",
    "degf": "°F",
    "pa": "Pa",
    "hpa": "hPa",
    "kpa": "kPa",
    "mbar": "hPa",
    "mmhg": "mmHg",
    "inhg": "inHg",
    "ppm": "ppm",
    "lx": "lx",
    "pct": "%",
    "percent": "%",
    "percentage": "%",
    "v": "V",
    "mv": "mV",
}
_NUMBERED = re.compile(r"^([a-z]+|[一-鿿]+)(\d{1,2})$")
_CUT = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+|[一-鿿]+|[^\W\d_]+")

# Names that no word rule can tell: they are taken whole.
_WHOLE: dict[str, Meaning] = {
    "tempc": Meaning("temperature", "°C"),
    "tempf": Meaning("temperature", "°F"),
    "batv": Meaning("battery_voltage", "V"),
    "batteryvoltage": Meaning("battery_voltage"),
    "batteryvolt": Meaning("battery_voltage"),
    "battvoltage": Meaning("battery_voltage"),
    "battv": Meaning("battery_voltage", "V"),
    "vbat": Meaning("battery_voltage", "V"),
    "vbatt": Meaning("battery_voltage", "V"),
    "batmv": Meaning("battery_voltage", "mV"),
    "batterymv": Meaning("battery_voltage", "mV"),
    "batteryvoltagemv": Meaning("battery_voltage", "mV"),
    "batterylow": Meaning("battery_low"),
    "lowbattery": Meaning("battery_low"),
    "lowbat": Meaning("battery_low"),
    "lowbatt": Meaning("battery_low"),
    "batterylevel": Meaning("battery"),
    "batterypercentage": Meaning("battery", "%"),
    "batterypercent": Meaning("battery", "%"),
    "batpercent": Meaning("battery", "%"),
    "lightintensity": Meaning("illuminance"),
    "lightlux": Meaning("illuminance"),
    "illuminancelux": Meaning("illuminance"),
    "ambientlight": Meaning("illuminance"),
    "carbonmonoxide": Meaning("carbon_monoxide"),
    "coalarm": Meaning("carbon_monoxide"),
    "smokealarm": Meaning("smoke"),
    "smokedetected": Meaning("smoke"),
    "smokestatus": Meaning("smoke"),
    "firealarm": Meaning("fire"),
    "waterleak": Meaning("water_leak"),
    "waterleakage": Meaning("water_leak"),
    "waterleakdetected": Meaning("water_leak"),
    "waterleakstatus": Meaning("water_leak"),
    "waterleakagestatus": Meaning("water_leak"),
    "wateralarm": Meaning("water_leak"),
    "waterdetected": Meaning("water_leak"),
    "leakdetected": Meaning("water_leak"),
    "leakalarm": Meaning("water_leak"),
    "flooddetected": Meaning("water_leak"),
    "floodalarm": Meaning("water_leak"),
    "water": Meaning("water_leak"),
    "dooropenstatus": Meaning("contact_open"),
    "dooropen": Meaning("contact_open"),
    "contactopen": Meaning("contact_open"),
    "windowopen": Meaning("contact_open"),
    "isopen": Meaning("contact_open"),
    "open": Meaning("contact_open"),
    "opened": Meaning("contact_open"),
    "doorclosed": Meaning("contact_open", inverted=True),
    "contactclosed": Meaning("contact_open", inverted=True),
    "motiondetected": Meaning("motion"),
    "motionalarm": Meaning("motion"),
    "pirstatus": Meaning("motion"),
    "occupied": Meaning("motion"),
    "tamperstatus": Meaning("tamper"),
    "tamperalarm": Meaning("tamper"),
    "tampered": Meaning("tamper"),
    "gasalarm": Meaning("gas"),
    "gasleak": Meaning("gas"),
    "gasdetected": Meaning("gas"),
    "carbondioxide": Meaning("co2"),
    "co2concentration": Meaning("co2"),
    "selftest": Meaning("test"),
    "pm25": Meaning("pm25"),
    "oxygen": Meaning("oxygen"),
    "manualcallpoint": Meaning("manual_call_point"),
    "燃气报警": Meaning("gas"),
    "漏水报警": Meaning("water_leak"),
    "水浸报警": Meaning("water_leak"),
    "烟雾报警": Meaning("smoke"),
    "烟感报警": Meaning("smoke"),
    "手动报警": Meaning("manual_call_point"),
    "手动报警按钮": Meaning("manual_call_point"),
    "电池电压": Meaning("battery_voltage"),
    "低电量": Meaning("battery_low"),
}
_STATUS_WORDS = frozenset("status state alarm detected detect detection sensor event 状态 报警".split())

_CHINESE = frozenset(
    word for word in (*_WORDS, *_WHOLE, *_HARMLESS, *_STATUS_WORDS) if "\u4e00" <= word[0] <= "\u9fff"
)

_memo: dict[str, Meaning | None] = {}


def meaning(name: str) -> Meaning | None:
    """What a field name says, None where it is not surely one of our quantities. Answers are remembered."""
    try:
        return _memo[name]
    except KeyError:
        found = _meaning(name) if len(name) <= 64 else None
        if len(_memo) >= 4096:  # hostile senders must not fill the memory with names
            _memo.clear()
        _memo[name] = found
        return found


# Words beside which a quantity is not the room's: chips, limits, statistics, settings, other media.
_NOT_THE_ROOM = frozenset(
    "device chip cpu core mcu board processor soc esp esp32 esp8266 module system gpu disk fan heatsink relay dimmer "
    "min max minimum maximum avg average mean delta diff rate trend count counter times duration last total "
    "set setpoint target desired threshold limit alarm warning calibration offset correction comfort unit raw adc "
    "dew dewpoint dp absolute abs feels heat index wet bulb apparent soil ground water boiler pool pipe flow return "
    "surface wall floor coil supply exhaust over under sea altitude equivalent eco2 voc resistance density time".split()
)


def loose_meaning(name: str) -> Meaning | None:
    """The meaning of a name that may also say where it is (``living_room_temperature``).

    For names of entities and topics, whose words are places as often as not; a name with a word that speaks of
    chips, limits, statistics or other media is still not understood.
    """
    known = meaning(name)
    if known is not None or len(name) > 64:
        return known
    words = words_of(name)
    if _NOT_THE_ROOM.intersection(words):
        return None
    for start in range(1, len(words)):
        known = _WHOLE.get("".join(words[start:])) or _by_words(words[start:])
        if known is not None:
            return known
    for end in range(len(words) - 1, 0, -1):
        known = _WHOLE.get("".join(words[:end])) or _by_words(words[:end])
        if known is not None:
            return known
    return None


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: camel case, ``_``, ``-``, blanks and points all separate."""
    words: list[str] = []
    for word in _CUT.findall(unicodedata.normalize("NFKC", name)):
        if "\u4e00" <= word[0] <= "\u9fff":
            words.extend(_cut_chinese(word))
        else:
            words.append(word.casefold())
    return words


def _cut_chinese(run: str) -> list[str]:
    """Longest known words first; a run with anything unknown stays whole and so is not understood."""
    words: list[str] = []
    rest = run
    while rest:
        for length in range(min(6, len(rest)), 0, -1):
            if rest[:length] in _CHINESE:
                words.append(rest[:length])
                rest = rest[length:]
                break
        else:
            return [run]
    return words


def _meaning(name: str) -> Meaning | None:
    words = words_of(name)
    whole = _WHOLE.get("".join(words))
    if whole is not None:
        return whole
    if not words or len(words) > 6:
        return None
    return _by_words(words)


def _by_words(words: list[str]) -> Meaning | None:
    quantity, unit = "", ""
    qualifiers: list[str] = []
    for word in words:
        numbered = _NUMBERED.match(word)
        stem = numbered.group(1) if numbered and word not in _WORDS else word
        if stem in ("tempc", "tempf") and not quantity:
            quantity, unit = "temperature", "°C" if stem == "tempc" else "°F"
        elif stem in _WORDS and not quantity:
            quantity = _WORDS[stem]
        elif stem in _UNITS and quantity and not unit:
            unit = _UNITS[stem]
        elif stem in _TELLING or word.isdigit():
            qualifiers.append(word)
            continue
        elif word in ("water", "漏水") and "leak" in words:
            continue
        elif word == "water" and quantity == "water_leak":
            continue
        elif word not in _HARMLESS and not (word in _STATUS_WORDS and quantity and _is_contact(quantity)):
            return None
        if numbered and word not in _WORDS:
            qualifiers.append(numbered.group(2))
    if not quantity:
        return None
    if quantity == "battery" and unit in ("V", "mV"):
        quantity = "battery_voltage"
    sided = bool(_EITHER_WAY.intersection(words)) and "open" not in words
    return Meaning(quantity, unit, qualifier=" ".join(qualifiers), words_only=sided)


def _is_contact(quantity: str) -> bool:
    return QUANTITIES[quantity].contact
