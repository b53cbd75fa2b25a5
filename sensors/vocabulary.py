"""The words of fields and topics, as tables: which name a quantity, which are harmless, which forbid a reading.

One row is a quantity (with the unit its names imply, where they do) and its words in lower case. Single
words are found inside longer names; joined names count only as the whole name with its separators taken
out.
"""

from __future__ import annotations

from msgspec import Struct


class Meaning(Struct, frozen=True):
    """The quantity of a name, the unit where the name says it, and whether true means the opposite.

    ``qualifier`` holds the words that tell several probes apart. ``words_only`` marks names for which makers
    disagree on what true and 1 mean: only words such as open and closed are then a state.
    """

    quantity: str
    unit: str = ""
    inverted: bool = False
    qualifier: str = ""
    words_only: bool = False


_SINGLE = """
temperature: temperature temp temps temperatur temperatura temprature temperture tempc tempf wendu 温度 室温
humidity: humidity hum humi rh humidite feuchte luftfeuchte luftfeuchtigkeit shidu 湿度
pressure: pressure pres press barometer baro luftdruck 气压 大气压
illuminance: illuminance lux illumination illu illum ill luminosity 照度 光照 光照度
co2: co2 carbondioxide 二氧化碳
battery: battery batt bat 电量 电池 电池电量
smoke: smoke rauch yangan 烟感 烟雾
water_leak: leak leakage flood flooding waterleak 漏水 水浸 浸水
contact_open: door window contact magnet reed opening gate tür tuer fenster 门磁 门 窗
motion: motion occupancy presence pir moving 红外 人体 移动 人感
vibration: vibration 震动 振动
tamper: tamper 防拆
gas: gas 燃气 可燃气体
fault: fault problem trouble 故障
oxygen: oxygen o2 氧气
h2s: h2s 硫化氢
pm25: pm25
pm10: pm10
mains: mains 市电
"""
_JOINED = """
temperature °C: tempc
temperature °F: tempf
temperature: roomtemperature airtemperature indoortemperature outdoortemperature
battery_voltage V: batv battv vbat vbatt
battery_voltage: batteryvoltage batteryvolt battvoltage 电池电压
battery_voltage mV: batmv batterymv batteryvoltagemv
battery_low: batterylow lowbattery lowbat lowbatt 低电量
battery: batterylevel
battery %: batterypercentage batterypercent batpercent
illuminance: lightintensity lightlux illuminancelux ambientlight
carbon_monoxide: carbonmonoxide coalarm
smoke: smokealarm smokedetected smokestatus 烟雾报警 烟感报警
fire: firealarm 火警
water_leak: waterleak waterleakage waterleakdetected waterleakstatus waterleakagestatus wateralarm waterdetected
water_leak: leakdetected leakalarm flooddetected floodalarm water 漏水报警 水浸报警
contact_open: dooropenstatus dooropen contactopen windowopen isopen open opened
contact_open inverted: doorclosed contactclosed
motion: motiondetected motionalarm pirstatus occupied
tamper: tamperstatus tamperalarm tampered
gas: gasalarm gasleak gasdetected 燃气报警
co2: co2concentration carbondioxide
test: selftest
pm25: pm25
manual_call_point: manualcallpoint 手动报警 手动报警按钮
"""
_UNIT_WORDS = """
°C: c celsius degc
°F: f fahrenheit degf
Pa: pa
hPa: hpa mbar
kPa: kpa
mmHg: mmhg
inHg: inhg
ppm: ppm
lx: lx
%: pct percent percentage
V: v
mV: mv
"""


def _rows(table: str) -> list[tuple[str, list[str]]]:
    return [
        (head, rest.split()) for head, _, rest in (row.partition(": ") for row in table.split("\n") if row)
    ]


def _meaning(head: str) -> Meaning:
    quantity, _, unit = head.partition(" ")
    return Meaning(quantity, "", inverted=True) if unit == "inverted" else Meaning(quantity, unit)


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


SINGLE: dict[str, str] = {word: head for head, row in _rows(_SINGLE) for word in row}
"""Words that name a quantity inside a longer name."""
JOINED: dict[str, Meaning] = {word: _meaning(head) for head, row in _rows(_JOINED) for word in row}
"""Names that count only as a whole."""
UNIT_WORDS: dict[str, str] = {word: head for head, row in _rows(_UNIT_WORDS) for word in row}
"""Words that are a unit beside a quantity."""
HARMLESS = words(
    """air room indoor outdoor outside external ambient inside relative atmospheric barometric rel sensor probe ext
    value val current actual measured reading data archive sht sht2x sht3x sht31 ds ds18b20 dht
    bme bme280 aht 室内 室外 环境 空气 当前 实时 值"""
)
"""Where a probe sits and which chip it is: harmless beside a quantity."""
TELLING = words("sht ds ds18b20 ext external probe outdoor outside")
"""Harmless words that tell one probe of a device from another."""
STATUS_WORDS = words("status state alarm detected detect detection sensor event 状态 报警")
"""Harmless beside a contact; beside a number "alarm" is a threshold's."""
LOOPS = words("contact reed magnet 门磁")
"""Names of the switch at a door."""
EITHER_WAY = LOOPS | words("door window opening gate tür tuer fenster 门 窗")
"""``contact: true`` and ``door: 1`` are closed for some makers and open for others; only words settle it."""
NOT_THE_ROOM = words(
    """device chip cpu core mcu board processor soc esp esp32 esp8266 internal module system gpu disk fan heatsink
    relay dimmer min max minimum maximum avg average mean delta diff rate trend count counter times duration
    last total set setpoint target desired threshold limit alarm warning calibration offset correction
    comfort unit raw adc dew dewpoint dp absolute abs feels heat index wet bulb apparent soil ground boiler
    pool pipe flow return surface wall floor coil supply exhaust over under sea altitude equivalent eco2 voc
    resistance density time
    water"""
)
"""Words beside which a quantity is not the room's: chips, limits, statistics, settings, other media."""
NOT_THE_STATE = words(
    """enable enabled disable disabled mute muted silence silenced reset test testing tested simulation simulate
    simulated simulator lock locked unlock bell blind blinds shade curtain light lights lamp led siren buzzer relay
    valve pump meter heater boiler consumption price cost energy power sensitivity timeout delay interval period mode
    level percentage position schedule name label rssi lqi linkquality signal quality voltage life lifetime age hours
    online offline available availability connected config configuration version firmware fw update ip mac id type
    unit button remote color colour brightness volume arm armed bypass bypassed learn learning pairing paired notify
    notification message photo image snapshot video stream recording record value val reading readings measured data
    ppm 测试 屏蔽 静音 复位 灵敏度 延时 浓度"""
)
"""Words beside which a contact's name is not its state: switches of it, settings, measures, other devices."""
CHINESE = frozenset(
    word for word in (*SINGLE, *JOINED, *HARMLESS, *STATUS_WORDS) if "\u4e00" <= word[0] <= "\u9fff"
)
"""Chinese words by which a run without blanks is cut."""
