"""What can be sensed: one table of quantities with units, words, and the limits of the believable.

Canonical names and units follow the device sample set (temperature °C, humidity %RH, pressure Pa,
illuminance lx, co2 ppm, battery %, contacts 0/1) and the signals an archive must take in: climate, water,
fire panel, intrusion, people safety, power and outside. Contacts are 1.0 in the named state
(``contact_open`` 1.0 = open).

``low`` and ``high`` are the limits of the believable, not alarm limits: they lie outside anything a room, a
surviving sensor and the earth's weather can show, so that a value beyond them speaks about the device.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from math import inf

from msgspec import Struct

from sensors.model import Text


class Quantity(Struct, frozen=True, kw_only=True):
    """One kind of measurement. ``states`` are the words for 0.0 and 1.0 of a contact, () for numbers.

    ``alarming`` is the contact value that calls for a person, None where neither does by itself.
    """

    id: str
    name: Text
    unit: str = ""
    low: float = -inf
    high: float = inf
    states: tuple[Text, Text] | tuple[()] = ()
    alarming: float | None = None
    also: tuple[str, ...] = ()
    also_on: tuple[str, ...] = ()
    also_off: tuple[str, ...] = ()

    @property
    def contact(self) -> bool:
        """Whether values are the two states of a contact."""
        return bool(self.states)

    def believable(self, value: float) -> bool:
        """Whether a sensor that works could show this value."""
        return self.low <= value <= self.high

    def state_value(self, word: str) -> float | None:
        """0.0 or 1.0 for a state word in either language (``wet``, ``漏水``), None where it is none of ours."""
        return _STATE_VALUES.get(self.id, {}).get(plain_word(word))

    def state_word(self, value: float) -> Text:
        """The word for a contact's value; the bare number in both languages for other quantities."""
        if self.states:
            return self.states[1] if value >= 0.5 else self.states[0]
        shown = f"{value:g} {self.unit}".strip()
        return Text(shown, shown)

    def said(self, value: float) -> Text:
        """A contact's name with its state, each word once: where one only repeats the other (smoke, smoke), the longer
        stands alone.
        """
        name, word = self.name, self.state_word(value)
        same = word.zh in name.zh or name.zh in word.zh
        zh = max(name.zh, word.zh, key=len) if same else f"{name.zh}：{word.zh}"
        lower = name.en[:1].lower() + name.en[1:] if name.en[1:2].islower() else name.en
        known = lower.lower().replace("-", " ").split()
        repeats = all(any(_akin(part, own) for own in known) for part in word.en.lower().split())
        return Text(zh, lower if repeats else f"{lower} {word.en}")


def _akin(word: str, other: str) -> bool:
    """Two forms of one word: testing and test, vibrating and vibration."""
    short = min(len(word), len(other))
    return word == other or (short >= 4 and word[: min(short, 5)] == other[: min(short, 5)])


@lru_cache(maxsize=4096)
def plain_word(word: str) -> str:
    """A word as compared: full-width folded, lower case, runs of blanks, ``_`` and ``-`` as one blank."""
    folded = unicodedata.normalize("NFKC", word).casefold().strip()
    if folded[:1] == "-" and folded[1:2].isdigit():
        return folded  # a negative number is no word, and -1 is not 1
    return " ".join(folded.replace("_", " ").replace("-", " ").split())


def _number(id: str, zh: str, en: str, unit: str, low: float, high: float, *also: str) -> Quantity:
    return Quantity(id=id, name=Text(zh, en), unit=unit, low=low, high=high, also=also)


def _contact(
    id: str,
    name: tuple[str, str],
    off: tuple[str, str],
    on: tuple[str, str],
    also: tuple[str, ...] = (),
    *,
    alarming: float | None = 1.0,
    also_on: tuple[str, ...] = (),
    also_off: tuple[str, ...] = (),
) -> Quantity:
    return Quantity(
        id=id,
        name=Text(*name),
        low=0.0,
        high=1.0,
        states=(Text(*off), Text(*on)),
        alarming=alarming,
        also=also,
        also_on=also_on,
        also_off=also_off,
    )


_NORMAL = ("正常", "normal")
_ALARM = ("报警", "alarm")

NUMBERS = (
    # A room on fire destroys the sensor near 100 °C; -60 °C lies below any inhabited place.
    _number("temperature", "温度", "Temperature", "°C", -60.0, 100.0, "temp", "air_temperature"),
    _number("surface_temperature", "表面温度", "Surface temperature", "°C", -60.0, 150.0, "wall_temperature"),
    _number("humidity", "相对湿度", "Relative humidity", "%RH", 0.0, 100.0, "relative_humidity", "rh"),
    _number("dew_point", "露点", "Dew point", "°C", -80.0, 60.0),
    _number("absolute_humidity", "绝对湿度", "Absolute humidity", "g/m³", 0.0, 200.0),
    # Calculated by sensors.derived; over 100 % at a surface is water on it.
    _number("surface_humidity", "表面相对湿度", "Humidity at the cold surface", "%RH", 0.0, 2_000.0),
    _number("moisture_content", "平衡含水率", "Moisture content", "%", 0.0, 100.0),
    _number("preservation_index", "保存指数（公式）", "Preservation index (formula)", "a", 0.0, 1_000_000.0),
    _number("weighted_preservation_index", "时间加权保存指数", "Time-weighted PI", "a", 0.0, 1_000_000.0),
    _number("mould_index", "霉菌指数", "Mould index", "", 0.0, 6.0),
    _number("wet_hours", "受潮时长", "Hours since wet", "h", 0.0, 100_000.0),
    # World records at sea level are 870 and 1084 hPa; 300 hPa is the top of the highest mountain.
    _number("pressure", "大气压", "Air pressure", "Pa", 30_000.0, 110_000.0, "atmospheric_pressure"),
    _number("illuminance", "照度", "Illuminance", "lx", 0.0, 200_000.0, "light", "lux"),
    _number("uv", "紫外线含量", "UV proportion", "µW/lm", 0.0, 10_000.0),
    # Outside air holds about 420 ppm; a sensor that shows less than 150 has not measured.
    _number("co2", "二氧化碳", "Carbon dioxide", "ppm", 150.0, 1_000_000.0, "carbon_dioxide"),
    _number("oxygen", "氧气浓度", "Oxygen", "%", 0.0, 100.0, "o2"),
    _number("co", "一氧化碳浓度", "Carbon monoxide level", "ppm", 0.0, 100_000.0),
    _number("h2s", "硫化氢", "Hydrogen sulphide", "ppm", 0.0, 10_000.0),
    _number("pm25", "细颗粒物 PM2.5", "Fine particles PM2.5", "µg/m³", 0.0, 10_000.0),
    _number("pm10", "颗粒物 PM10", "Particles PM10", "µg/m³", 0.0, 20_000.0),
    _number("tvoc", "总挥发性有机物", "Total volatile organics", "mg/m³", 0.0, 1_000.0),
    _number("formaldehyde", "甲醛", "Formaldehyde", "mg/m³", 0.0, 100.0, "hcho"),
    _number("ozone", "臭氧", "Ozone", "mg/m³", 0.0, 100.0, "o3"),
    _number("nitrogen_dioxide", "二氧化氮", "Nitrogen dioxide", "mg/m³", 0.0, 100.0, "no2"),
    _number("sulphur_dioxide", "二氧化硫", "Sulphur dioxide", "mg/m³", 0.0, 100.0, "so2"),
    _number("obscuration", "烟雾遮光率", "Smoke obscuration", "%/m", 0.0, 100.0),
    _number("smoke_stage", "吸气式感烟级别", "Aspirating smoke stage", "", 0.0, 4.0),
    _number("heat_flux", "热通量", "Heat flux", "W/m²", -2_000.0, 200_000.0),
    _number("flow", "水流量", "Water flow", "L/min", -10_000.0, 10_000.0, "pipe_flow"),
    _number("water_level", "水位", "Water level", "mm", -1_000.0, 100_000.0, "sump_level", "level"),
    _number("leak_distance", "漏水位置", "Leak distance along the cable", "m", 0.0, 5_000.0),
    _number("bottle_pressure", "气瓶压力", "Gas bottle pressure", "bar", 0.0, 1_000.0, "gas_bottle_pressure"),
    _number("occupancy_count", "区内人数", "People in the zone", "", 0.0, 10_000.0, "people_count"),
    _number("battery", "电池电量", "Battery", "%", 0.0, 100.0, "battery_level"),
    _number("battery_voltage", "电池电压", "Battery voltage", "V", 0.0, 60.0),
    _number("voltage", "电压", "Voltage", "V", -1_000.0, 1_000.0, "mains_voltage"),
    _number("current", "电流", "Current", "A", -10_000.0, 10_000.0),
    _number("residual_current", "剩余电流", "Residual current", "mA", 0.0, 100_000.0),
    _number("battery_minutes", "电池可用时间", "Battery time left", "min", 0.0, 100_000.0, "ups_runtime"),
    _number("rain", "降雨强度", "Rain", "mm/h", 0.0, 1_000.0, "rain_rate"),
    _number("wind", "风速", "Wind speed", "m/s", 0.0, 120.0, "wind_speed"),
    _number("acceleration", "加速度", "Acceleration", "m/s²", -500.0, 500.0),
    _number("clock_drift", "时钟偏差", "Clock drift", "s", -1e9, 1e9),
)

CONTACTS = (
    _contact(
        "smoke",
        ("烟雾", "Smoke"),
        ("无烟", "clear"),
        ("有烟", "smoke"),
        ("smoke_alarm", "烟感"),
        also_on=("烟雾",),
    ),
    _contact("fire", ("火警", "Fire alarm"), _NORMAL, ("火警", "fire"), ("fire_alarm", "heat_alarm")),
    _contact("pre_alarm", ("火灾预警", "Fire pre-alarm"), _NORMAL, ("预警", "pre-alarm")),
    _contact(
        "fire_confirmed", ("火警确认", "Confirmed fire"), ("未确认", "unconfirmed"), ("已确认", "confirmed")
    ),
    _contact(
        "manual_call_point",
        ("手动报警按钮", "Manual call point"),
        ("未按下", "untouched"),
        ("按下", "pressed"),
    ),
    _contact("supervisory", ("监管信号", "Supervisory signal"), _NORMAL, ("监管", "supervisory")),
    _contact("disabled", ("屏蔽", "Disablement"), ("启用", "enabled"), ("屏蔽", "disabled")),
    _contact("gas_release", ("气体灭火释放", "Gas release"), ("未释放", "holding"), ("释放", "released")),
    _contact("fire_door_open", ("防火门", "Fire door"), ("关闭", "closed"), ("打开", "open"), ("fire_door",)),
    _contact("damper_open", ("防火阀", "Fire damper"), ("关闭", "closed"), ("打开", "open"), alarming=None),
    _contact(
        "water_leak",
        ("漏水", "Water"),
        ("干燥", "dry"),
        ("漏水", "wet"),
        ("water", "leak", "moisture", "flood", "水浸"),
        also_on=(
            "leak",
            "leaking",
            "leaked",
            "water",
            "water leak",
            "flood",
            "flooded",
            "moisture",
            "水浸",
            "浸水",
            "有水",
        ),
        also_off=("no leak", "no water", "not leaking", "无水", "未漏水", "无漏水"),
    ),
    _contact("roof_drain_high", ("屋面雨水斗", "Roof drain"), _NORMAL, ("水位高", "high"), ("roof_drain",)),
    _contact(
        "contact_open",
        ("门磁", "Door contact"),
        ("关闭", "closed"),
        ("打开", "open"),
        ("door", "window", "contact", "opening", "门"),
        also_on=(
            "opened",
            "not closed",
            "timeout not closed",
            "open too long",
            "ajar",
            "开",
            "开门",
            "门开",
            "开启",
            "未关",
            "未关闭",
            "未关门",
            "没关",
        ),
        also_off=("close", "shut", "关", "关门", "门关", "闭合"),
    ),
    _contact("door_forced", ("强行开门", "Door forced"), _NORMAL, ("强行打开", "forced")),
    _contact("door_held", ("门长时间未关", "Door held open"), _NORMAL, ("未关", "held")),
    _contact(
        "motion",
        ("移动", "Motion"),
        ("无人", "still"),
        ("有人", "moving"),
        ("occupancy", "presence", "pir", "人体"),
        also_on=("motion", "occupied", "present", "presence", "moving", "检测到移动"),
        also_off=("no motion", "vacant", "unoccupied", "absent", "no presence", "not present", "still"),
    ),
    _contact("glass_break", ("玻璃破碎", "Glass break"), _NORMAL, ("破碎", "broken")),
    _contact(
        "vibration",
        ("震动", "Vibration"),
        ("静止", "still"),
        ("震动", "vibrating"),
        also_on=("vibration", "vibrate", "shock", "tilt", "drop"),
        also_off=("no vibration",),
    ),
    _contact("panic", ("紧急求助", "Panic button"), _NORMAL, ("求助", "pressed"), ("emergency_button",)),
    _contact("video_loss", ("视频丢失", "Video loss"), ("有图像", "picture"), ("无图像", "no picture")),
    _contact("intrusion", ("入侵", "Intrusion"), _NORMAL, ("入侵", "intrusion")),
    _contact(
        "tamper",
        ("防拆", "Tamper"),
        _NORMAL,
        ("被拆动", "opened"),
        also_on=("tampered", "tamper", "removed", "uninstalled", "open", "拆除", "防拆报警"),
        also_off=("installed", "intact", "closed", "not tampered", "no tamper"),
    ),
    _contact(
        "battery_low",
        ("电量低", "Battery low"),
        _NORMAL,
        ("电量低", "low"),
        ("low_battery",),
        also_on=("low battery", "empty", "critical", "very low", "电量不足", "低电"),
        also_off=("full", "good", "high", "medium", "charged", "charging", "not low"),
    ),
    _contact("gas", ("可燃气体", "Combustible gas"), _NORMAL, ("泄漏", "gas"), also_off=("no gas",)),
    _contact("carbon_monoxide", ("一氧化碳", "Carbon monoxide"), _NORMAL, _ALARM, ("co_alarm",)),
    _contact(
        "test",
        ("自检", "Self-test"),
        ("未自检", "idle"),
        ("自检中", "testing"),
        alarming=None,
        also_on=("test", "testing", "self test"),
        also_off=("no test",),
    ),
    _contact(
        "fault",
        ("故障", "Device fault"),
        _NORMAL,
        ("故障", "fault"),
        ("problem", "trouble"),
        also_on=("error", "failure", "failed", "problem", "trouble", "defect", "malfunction"),
        also_off=("no fault", "no error", "good"),
    ),
    _contact(
        "online",
        ("在线", "Online"),
        ("离线", "offline"),
        ("在线", "online"),
        ("connectivity",),
        alarming=0.0,
        also_on=("connected", "alive", "available", "awake", "up"),
        also_off=("disconnected", "dead", "unavailable", "lost", "down"),
    ),
    _contact(
        "mains",
        ("市电", "Mains power"),
        ("断电", "off"),
        ("有电", "on"),
        ("mains_power", "power_supply"),
        alarming=0.0,
        also_on=("present", "available", "ok"),
        also_off=("failed", "lost", "missing", "停电"),
    ),
    _contact(
        "ups_on_battery",
        ("UPS 电池供电", "UPS on battery"),
        ("市电供电", "on mains"),
        ("电池供电", "on battery"),
    ),
    _contact(
        "generator_running", ("发电机", "Generator"), ("停机", "stopped"), ("运行", "running"), alarming=None
    ),
    _contact(
        "hvac_running", ("空调", "Air conditioning"), ("停机", "stopped"), ("运行", "running"), alarming=None
    ),
    _contact("humidifier_alarm", ("加湿机报警", "Humidifier alarm"), _NORMAL, _ALARM),
    _contact("dehumidifier_alarm", ("除湿机报警", "Dehumidifier alarm"), _NORMAL, _ALARM),
    _contact("earthquake", ("地震", "Earthquake"), _NORMAL, ("地震", "earthquake")),
    _contact("switch", ("开关量", "Switch"), ("断开", "off"), ("接通", "on"), ("input", "di"), alarming=None),
)

QUANTITIES: dict[str, Quantity] = {q.id: q for q in (*NUMBERS, *CONTACTS)}

_BY_NAME: dict[str, Quantity] = {}
for _q in QUANTITIES.values():
    for _name in (_q.id, *_q.also, _q.name.zh, _q.name.en):
        _BY_NAME.setdefault(plain_word(_name), _q)

# Whole words only: "no leak" holds "leak" and "timeout not closed" holds "closed".
_ON = ("true", "on", "yes", "1", "1.0", "y", "是")
_OFF = ("false", "off", "no", "0", "0.0", "n", "否")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


_ALARM_WORDS = _listed(
    """alarm, alarming, alert, active, activated, trigger, triggered, detected, detect, abnormal, warning, 报警, 告警,
    触发, 异常, 检测到"""
)
# "none" is not among them: that is how templates write a value they do not have.
_QUIET_WORDS = _listed(
    """normal, ok, clear, cleared, idle, inactive, quiet, safe, not detected, undetected, no alarm, no alert,
    recovery, recovered, restore, restored, not triggered, untriggered, 正常, 恢复, 未触发, 无报警, 未检测到"""
)


def _state_words(quantity: Quantity) -> dict[str, float]:
    words: dict[str, float] = {}
    if quantity.alarming is not None:
        yes, no = (_ALARM_WORDS, _QUIET_WORDS) if quantity.alarming else (_QUIET_WORDS, _ALARM_WORDS)
        words.update({plain_word(w): 1.0 for w in yes} | {plain_word(w): 0.0 for w in no})
    words.update({plain_word(w): 1.0 for w in _ON} | {plain_word(w): 0.0 for w in _OFF})
    for index, state in enumerate(quantity.states):
        words[plain_word(state.zh)] = words[plain_word(state.en)] = float(index)
    words.update({plain_word(w): 1.0 for w in quantity.also_on})
    words.update({plain_word(w): 0.0 for w in quantity.also_off})
    on = [text for state in quantity.states[1:] for text in (state.en, state.zh)]
    for said in (*on, *quantity.also_on):
        for phrase, value in _phrases(plain_word(said), quantity.alarming == 1.0):
            words.setdefault(phrase, value)
    return words


def _phrases(word: str, alarming: bool) -> list[tuple[str, float]]:
    """The usual sentences around a state: smoke detected, no smoke, not open, 未打开."""
    if word.startswith("not "):
        return []
    if not alarming:
        return [(f"no {word}", 0.0), (f"not {word}", 0.0), (f"未{word}", 0.0)]
    if "\u4e00" <= word[0] <= "\u9fff":
        return [(f"检测到{word}", 1.0), (f"未检测到{word}", 0.0), (f"未{word}", 0.0), (f"无{word}", 0.0)]
    told = [(f"{word} detected", 1.0), (f"{word} alarm", 1.0), (f"no {word}", 0.0), (f"not {word}", 0.0)]
    return [*told, (f"no {word} detected", 0.0), (f"no {word} alarm", 0.0), (f"{word} not detected", 0.0)]


_STATE_VALUES: dict[str, dict[str, float]] = {q.id: _state_words(q) for q in CONTACTS}


def _forget(ids: tuple[str, ...], words: Iterable[str]) -> None:
    for id in ids:
        for word in words:
            _STATE_VALUES[id].pop(plain_word(word), None)


# "mains: alarm" says that something is wrong but not what; only plain on and off words count for power and life.
_forget(("mains", "online"), (*_ALARM_WORDS, *_QUIET_WORDS))
_STATE_VALUES["mains"] |= {"ok": 1.0, "normal": 1.0}
_STATE_VALUES["online"] |= {"ok": 1.0}
# "contact detected" is a closed door for some makers (the magnet is there) and "active" a closed loop for others.
_SIDED = _listed(
    "detected, detect, not detected, undetected, active, inactive, activated, idle, 检测到, 未检测到"
)
_forget(("contact_open", "fire_door_open"), _SIDED)


def quantity(name: str) -> Quantity | None:
    """The quantity of that id, alias or display name in either language (``water`` is ``water_leak``)."""
    return QUANTITIES.get(name) or _BY_NAME.get(plain_word(name))
