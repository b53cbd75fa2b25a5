"""Units as devices write them, turned into the unit of the quantity.

A unit comes first from the message, then from an announcement, then from the dialect's own grammar; never
from a guess on the value. Conversion constants: 0 °C = 273.15 K; °C = (°F - 32) / 1.8; 1 mmHg =
133.322387415 Pa and 1 inHg = 3386.389 Pa (BS 350 / NIST SP 811 appendix B.8); 1 psi = 6894.757 Pa.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

Scale = tuple[float, float]  # canonical = value * factor + shift

_TEMPERATURE: dict[str, Scale] = {
    "°c": (1.0, 0.0),
    "c": (1.0, 0.0),
    "cel": (1.0, 0.0),
    "celsius": (1.0, 0.0),
    "degc": (1.0, 0.0),
    "deg c": (1.0, 0.0),
    "degreescelsius": (1.0, 0.0),
    "摄氏度": (1.0, 0.0),
    "°f": (1 / 1.8, -32 / 1.8),
    "f": (1 / 1.8, -32 / 1.8),
    "fahrenheit": (1 / 1.8, -32 / 1.8),
    "degf": (1 / 1.8, -32 / 1.8),
    "deg f": (1 / 1.8, -32 / 1.8),
    "华氏度": (1 / 1.8, -32 / 1.8),
    "k": (1.0, -273.15),
    "kelvin": (1.0, -273.15),
    "m°c": (0.001, 0.0),
    "0.1°c": (0.1, 0.0),
    "0.01°c": (0.01, 0.0),
}
_RELATIVE: dict[str, Scale] = {
    "%": (1.0, 0.0),
    "%rh": (1.0, 0.0),
    "rh": (1.0, 0.0),
    "rh%": (1.0, 0.0),
    "%r.h.": (1.0, 0.0),
    "percent": (1.0, 0.0),
    "0.1%": (0.1, 0.0),
    "0.1%rh": (0.1, 0.0),
}
_PRESSURE: dict[str, Scale] = {
    "pa": (1.0, 0.0),
    "hpa": (100.0, 0.0),
    "mbar": (100.0, 0.0),
    "mb": (100.0, 0.0),
    "kpa": (1000.0, 0.0),
    "bar": (100_000.0, 0.0),
    "mpa": (1_000_000.0, 0.0),
    "mmhg": (133.322387415, 0.0),
    "torr": (133.322387415, 0.0),
    "inhg": (3386.389, 0.0),
    "psi": (6894.757, 0.0),
}
_VOLT: dict[str, Scale] = {"v": (1.0, 0.0), "mv": (0.001, 0.0), "volt": (1.0, 0.0), "volts": (1.0, 0.0)}
_SHARE: dict[str, Scale] = {"%": (1.0, 0.0), "%el": (1.0, 0.0), "percent": (1.0, 0.0), "%vol": (1.0, 0.0)}
_PPM: dict[str, Scale] = {
    "ppm": (1.0, 0.0),
    "%": (10_000.0, 0.0),
    "%vol": (10_000.0, 0.0),
    "ppb": (0.001, 0.0),
}
_MASS: dict[str, Scale] = {"mg/m3": (1.0, 0.0), "ug/m3": (0.001, 0.0), "μg/m3": (0.001, 0.0)}
_FINE: dict[str, Scale] = {"ug/m3": (1.0, 0.0), "μg/m3": (1.0, 0.0), "mg/m3": (1000.0, 0.0)}

_BY_QUANTITY: dict[str, dict[str, Scale]] = {
    "temperature": _TEMPERATURE,
    "surface_temperature": _TEMPERATURE,
    "dew_point": _TEMPERATURE,
    "humidity": _RELATIVE,
    "pressure": _PRESSURE,
    "illuminance": {"lx": (1.0, 0.0), "lux": (1.0, 0.0), "klx": (1000.0, 0.0), "klux": (1000.0, 0.0)},
    "co2": _PPM,
    "co": _PPM,
    "h2s": _PPM,
    "oxygen": {**_SHARE, "ppm": (0.0001, 0.0)},
    "battery": {**_SHARE, "%rh": (1.0, 0.0), "fraction": (100.0, 0.0)},
    "battery_voltage": _VOLT,
    "voltage": {**_VOLT, "kv": (1000.0, 0.0)},
    "tvoc": _MASS,
    "formaldehyde": _MASS,
    "ozone": _MASS,
    "nitrogen_dioxide": _MASS,
    "sulphur_dioxide": _MASS,
    "pm25": _FINE,
    "pm10": _FINE,
    "flow": {
        "l/min": (1.0, 0.0),
        "lpm": (1.0, 0.0),
        "m3/h": (1000 / 60, 0.0),
        "l/h": (1 / 60, 0.0),
        "l/s": (60, 0),
    },
    "water_level": {"mm": (1.0, 0.0), "cm": (10.0, 0.0), "m": (1000.0, 0.0)},
    "leak_distance": {"m": (1.0, 0.0), "cm": (0.01, 0.0), "mm": (0.001, 0.0)},
    "bottle_pressure": {"bar": (1.0, 0.0), "mpa": (10.0, 0.0), "kpa": (0.01, 0.0), "psi": (0.06894757, 0.0)},
    "wind": {"m/s": (1.0, 0.0), "km/h": (1 / 3.6, 0.0)},
    "rain": {"mm/h": (1.0, 0.0)},
    "current": {"a": (1.0, 0.0), "ma": (0.001, 0.0)},
    "residual_current": {"ma": (1.0, 0.0), "a": (1000.0, 0.0)},
    "battery_minutes": {"min": (1.0, 0.0), "s": (1 / 60, 0.0), "h": (60.0, 0.0)},
}


@lru_cache(maxsize=2048)
def scale(quantity: str, unit: str) -> Scale | None:
    """Factor and shift from ``unit`` to the quantity's own; None where that unit does not fit the quantity.

    An empty unit means the quantity's own. Degree signs and full-width forms are folded (``℃`` is ``°C``).
    """
    if not unit:
        return (1.0, 0.0)
    folded = unicodedata.normalize("NFKC", unit).strip().casefold().replace("º", "°").replace("˚", "°")
    folded = folded.replace("µ", "μ").replace("m³", "m3")
    table = _BY_QUANTITY.get(quantity)
    if table is None:
        return (1.0, 0.0)
    return table.get(folded) or table.get(folded.replace(" ", ""))


def known_unit(unit: str) -> str:
    """The quantity a unit alone determines ("" where several share it): °C and °F, %RH, lx, Pa and its kin, ppm."""
    folded = unicodedata.normalize("NFKC", unit).strip().casefold().replace(" ", "").replace("º", "°")
    if folded in ("°c", "°f", "cel", "celsius", "degc", "degf", "fahrenheit"):
        return "temperature"
    if folded in ("%rh", "rh%"):
        return "humidity"
    if folded in ("lx", "lux"):
        return "illuminance"
    if folded == "%el":
        return "battery"
    return ""
