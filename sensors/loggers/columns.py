"""What the columns of a logger's table hold: quantity and unit from their headings, in several languages.

A column counts only where its heading names the quantity or a unit that only one quantity has. Statistics,
limits and counters beside the readings are left out, and said to be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from sensors.model import Text
from sensors.quantities import QUANTITIES
from sensors.units import known_unit, scale
from sensors.vocabulary import SINGLE
from sensors.vocabulary import words as _words

_WORDS: dict[str, str] = {
    "t": "temperature",
    "température": "temperature",
    "temperaturen": "temperature",
    "rf": "humidity",
    "hr": "humidity",
    "humedad": "humidity",
    "umidità": "humidity",
    "humidité": "humidity",
    "feuchtigkeit": "humidity",
    "相对湿度": "humidity",
    "light": "illuminance",
    "licht": "illuminance",
    "intensity": "illuminance",
    "uv": "uv",
    "露点": "dew_point",
    "露点温度": "dew_point",
    "taupunkt": "dew_point",
    "dewpoint": "dew_point",
    "dewpt": "dew_point",
    "co₂": "co2",
}
_UNITS = {
    "℃": "°C",
    "°c": "°C",
    "ºc": "°C",
    "degc": "°C",
    "c": "°C",
    "celsius": "°C",
    "℉": "°F",
    "°f": "°F",
    "ºf": "°F",
    "degf": "°F",
    "f": "°F",
    "fahrenheit": "°F",
    "k": "K",
    "%rh": "%RH",
    "rh%": "%RH",
    "%rf": "%RH",
    "%hr": "%RH",
    "%r.h.": "%RH",
    "%r.f.": "%RH",
    "%ur": "%RH",
    "%": "%",
    "lx": "lx",
    "lux": "lx",
    "klx": "klx",
    "pa": "Pa",
    "hpa": "hPa",
    "mbar": "hPa",
    "kpa": "kPa",
    "mmhg": "mmHg",
    "inhg": "inHg",
    "ppm": "ppm",
    "g/m3": "g/m³",
    "µw/lm": "µW/lm",
    "μw/lm": "µW/lm",
    "uw/lm": "µW/lm",
    "mw/cm2": "mW/cm²",
    "w/cm2h": "W/cm²h",
    "lxh": "lxh",
    "v": "V",
    "mv": "mV",
    "psi": "psi",
    "bar": "bar",
}
_NOT_READINGS = _words(
    """min max minimum maximum minima maxima limit limits alarm alarms alarmmin alarmmax threshold set setpoint std
    deviation stdev delta difference diff cumulative total sum count dose 最大 最小 最大值 最小值 上限 下限 报警
    累计 标准差 高限 低限"""
)
_SERIALS = re.compile(r"\((?=[^()]*(?:S/N|LBL|LGR|SEN))[^()]*\)", re.IGNORECASE)
_WITH_SLASH = re.compile(r"(?i)(g/m3|g/m³|[uµμ]w/lm|m?w/cm[2²]h?)")
_CUT = re.compile(r"[\s,;:\[\](){}|/_#]+")
_DEW = re.compile(r"(?i)\bdew[ -]?(point|pt)?\b|露点|taupunkt|point de rosée")
_ABSOLUTE = re.compile(r"(?i)\babs(olute)?\b|绝对湿度|absolute feuchte")


class Column(Struct, frozen=True, kw_only=True):
    """One column of readings. ``quantity`` is "" where the heading does not tell; ``assumed`` says what was taken
    for granted; ``left_out`` why the column holds no readings."""

    place: int
    label: str
    quantity: str = ""
    unit: str = ""
    serial: str = ""
    assumed: Text | None = None
    left_out: Text | None = None


def unit_of(word: str) -> str:
    """A unit as we write it, "" where the word is none."""
    folded = unicodedata.normalize("NFKC", word).strip().casefold().replace(" ", "").replace("º", "°")
    return _UNITS.get(folded, "")


def column_of(place: int, cells: Sequence[str], notes: Mapping[str, str], only: str = "") -> Column:
    """A column from the cells above its first reading, top first.

    ``notes`` are lines of the preamble such as ``Humidity = %rh``; ``only`` is the unit that the cells
    themselves carry (``20.8 °C``), which wins. A unit inside a name counts where it fits the quantity.
    """
    named = [
        cell.strip() for cell in cells if cell.strip() and not cell.strip().isdecimal() and not unit_of(cell)
    ]
    told = [unit_of(cell) for cell in cells if unit_of(cell)]
    label = " ".join(_SERIAL_NUMBER.sub("", _SERIALS.sub("", cell)).strip(" ,;") for cell in named).strip()
    serial = next((found.group(1) for cell in named if (found := _SERIAL_NUMBER.search(cell))), "")
    noted = next((unit_of(notes[cell.casefold()]) for cell in named if cell.casefold() in notes), "")
    words = words_in(label)
    clear = [one for one in (only, *told, noted, *_bracketed(label)) if one]
    loose = [unit for word in words if (len(word) > 1 or word == "%") and (unit := unit_of(word))]
    quantity = _quantity(label, words, [*clear, *loose])
    column = Column(
        place=place,
        label=label or " ".join(told),
        quantity=quantity,
        unit=next(iter(clear), ""),
        serial=serial,
    )
    if _NOT_READINGS.intersection(words):
        return _left(column, "统计值或限值，不是读数", "statistics or limits, no readings")
    if not quantity:
        return column
    return with_unit(column, [*clear, *loose], strictly=bool(clear))


def with_unit(column: Column, units: Sequence[str], *, strictly: bool = False) -> Column:
    """The column with the first unit that fits its quantity; left out where none fits and one was clearly
    meant (``strictly``), read in the quantity's own unit where none is written."""
    own = QUANTITIES[column.quantity].unit
    unit = next((one for one in units if fits(column.quantity, one)), "")
    if unit:
        return replace(column, unit=own if unit == "%" else unit)
    if units and strictly:
        return _left(column, f"单位 {units[0]} 无法换算为 {own}", f"{units[0]} cannot be turned into {own}")
    assumed = Text(f"未写单位，按 {own} 读取", f"no unit is written: read as {own}") if own else None
    return replace(column, unit=own, assumed=assumed)


_SERIAL_NUMBER = re.compile(
    r"(?:S/N|Serial(?: Number| No\.?)?|SN)\s*[:=]?\s*([A-Za-z0-9-]{4,})", re.IGNORECASE
)


def words_in(label: str) -> list[str]:
    """The words of a heading in lower case."""
    return [word for word in _CUT.split(unicodedata.normalize("NFKC", label).casefold()) if word]


def _bracketed(label: str) -> list[str]:
    found = re.findall(r"[\[(（【]\s*([^\[\]()（）【】]{1,8})\s*[\])）】]", label)
    return [unit for word in found if (unit := unit_of(word))]


def _quantity(label: str, words: Sequence[str], units: Sequence[str]) -> str:
    if _DEW.search(label):
        return "dew_point"
    if _ABSOLUTE.search(label) and "pres" not in label.casefold():
        return "absolute_humidity"
    named = dict.fromkeys(found for word in words if (found := _word(word, units)))
    named |= dict.fromkeys(of for name, of in _CHINESE.items() if name in label)
    measured = [
        one for one in named if not QUANTITIES[one].contact
    ]  # "door 3 temperature" is no door contact
    fitting = [one for one in measured or named if not units or any(fits(one, unit) for unit in units)]
    if len(fitting) == 1:
        return fitting[0]
    if named:
        return measured[0] if len(measured) == 1 else ""
    alone = dict.fromkeys(found for unit in units if (found := known_unit(unit)))
    alone |= dict.fromkeys("pressure" for unit in units if unit in _PRESSURES)
    return next(iter(alone)) if len(alone) == 1 else ""


def _word(word: str, units: Sequence[str]) -> str:
    stem = word.rstrip("0123456789.") or word
    if stem == "t" and not set(units) & {"°C", "°F", "K"}:
        return ""
    found = _WORDS.get(stem) or SINGLE.get(stem) or SINGLE.get(word) or ""
    return found if found in QUANTITIES else ""


_CHINESE = {name: of for name, of in SINGLE.items() if "\u4e00" <= name[0] <= "\u9fff" and len(name) > 1}
_PRESSURES = ("Pa", "hPa", "kPa", "mmHg", "inHg", "psi")


def fits(quantity: str, unit: str) -> bool:
    """Whether readings in this unit can be turned into the quantity's own; ``%`` beside humidity is %RH."""
    own = QUANTITIES[quantity].unit
    if unit == own or (unit == "%" and own == "%RH"):
        return True
    if scale(quantity, unit) is None:
        return False
    return scale(quantity, "no such unit") is None  # quantities without a table of units take their own only


def _left(column: Column, zh: str, en: str) -> Column:
    return replace(column, left_out=Text(zh, en))
