"""Quantities calculated from air temperature and relative humidity, each with its source.

Temperatures in °C, relative humidity in per cent (0 to 100) over water. Pure functions of their arguments;
ValueError for a relative humidity outside 0..100 or a temperature below absolute zero. Formulas whose
validity ends say where.
"""

from __future__ import annotations

from math import cosh, exp, log

from msgspec import Struct

_R = 8.314  # J/(mol K)
_RV = 461.5  # gas constant of water vapour, J/(kg K)
_KELVIN = 273.15
_A, _B = 17.625, 243.04  # Magnus form, Alduchov and Eskridge 1996


def _checked(temperature: float, humidity: float) -> None:
    if not (temperature > -_KELVIN and 0.0 <= humidity <= 100.0):
        raise ValueError(f"{temperature} °C and {humidity} %RH is no state of air")


def vapour_pressure(temperature: float) -> float:
    """Saturation vapour pressure over water in hPa.

    Magnus form with the constants of Alduchov and Eskridge (1996), J. Appl. Meteorol. 35, 601.
    """
    return 6.1094 * exp(_A * temperature / (_B + temperature))


def ice_pressure(temperature: float) -> float:
    """Saturation vapour pressure over ice in hPa, for temperatures below 0 °C (Buck 1996)."""
    return 6.1115 * exp((23.036 - temperature / 333.7) * temperature / (279.82 + temperature))


def dew_point(temperature: float, humidity: float) -> float:
    """Temperature in °C at which this air is saturated; good for 0..60 °C and 1..100 % (Alduchov and
    Eskridge 1996).

    ValueError at 0 %: such air has no dew point.
    """
    _checked(temperature, humidity)
    if humidity == 0.0:
        raise ValueError("air at 0 %RH has no dew point")
    gamma = log(humidity / 100.0) + _A * temperature / (_B + temperature)
    return _B * gamma / (_A - gamma)


def absolute_humidity(temperature: float, humidity: float) -> float:
    """Water in the air in g/m³, by the ideal gas law with Rv = 461.5 J/(kg K)."""
    _checked(temperature, humidity)
    return humidity / 100.0 * vapour_pressure(temperature) * 100.0 / (_RV * (temperature + _KELVIN)) * 1000.0


def surface_humidity(temperature: float, humidity: float, surface: float) -> float:
    """Relative humidity of this air once cooled to a surface's temperature; above 100 means condensation."""
    _checked(temperature, humidity)
    return humidity * vapour_pressure(temperature) / vapour_pressure(surface)


def moisture_content(temperature: float, humidity: float) -> float:
    """Equilibrium moisture content of wood in per cent of dry mass, a fair guide for paper.

    Hailwood-Horrobin equation with Simpson's coefficients in °C (Wood Handbook FPL-GTR-190, eq. 4-5).
    """
    _checked(temperature, humidity)
    h, t = humidity / 100.0, temperature
    w = 349.0 + 1.29 * t + 0.0135 * t * t
    k = 0.805 + 7.36e-4 * t - 2.73e-6 * t * t
    k1 = 6.27 - 9.38e-3 * t - 3.03e-4 * t * t
    k2 = 1.91 + 0.0407 * t - 2.93e-4 * t * t
    kh = k * h
    both = k1 * kh + 2.0 * k1 * k2 * kh * kh
    return 1800.0 / w * (kh / (1.0 - kh) + both / (1.0 + k1 * kh + k1 * k2 * kh * kh))


def preservation_index(temperature: float, humidity: float) -> float:
    """PI (formula): years until acetate film would show vinegar syndrome if this climate lasted.

    Reilly, Nishimura and Zinn (1995). The formula runs away from the Image Permanence Institute's table below
    20 %RH, so that drier air counts as 20 %; between 30 and 80 % it agrees within about a quarter.
    """
    _checked(temperature, humidity)
    rate = max(humidity, 20.0) * 5.9e12 * exp(-90300.0 / (_R * (temperature + _KELVIN)))
    return 1.0 / rate


def weighted_preservation_index(parts: list[tuple[float, float]]) -> float | None:
    """TWPI in years from (duration, PI) pairs: the time-weighted *harmonic* mean; None without any duration.

    Decay adds up, not years to decay: the arithmetic mean would let good months hide bad ones (Reilly 1995).
    """
    total = sum(duration for duration, _ in parts)
    if total <= 0.0:
        return None
    return total / sum(duration / index for duration, index in parts)


def lifetime_multiplier(temperature: float, humidity: float, activation: float = 100_000.0) -> float:
    """How many times longer than at 20 °C and 50 %RH things last; 0 %RH counts as 1 %.

    Michalski (2002), "Double the life for each five-degree drop". ``activation`` in J/mol: 100,000 for paper
    (hydrolysis of cellulose), 70,000 for varnish (oxidation).
    """
    _checked(temperature, humidity)
    heat = exp(activation / _R * (1.0 / (temperature + _KELVIN) - 1.0 / 293.15))
    damp: float = (50.0 / max(humidity, 1.0)) ** 1.3
    return damp * heat


_ZENG: dict[float, float] = {  # by growth in mm a day
    0: 0.7153,
    0.1: 0.7300,
    0.5: 0.7675,
    1: 0.7950,
    2: 0.8250,
    3: 0.8502,
    4: 0.8701,
}


def mould_limit(temperature: float, growth: float = 0) -> float:
    """Relative humidity in per cent above which mould grows by ``growth`` mm a day; 0 is the lowest limit
    at all.

    Zeng et al. (2023), isopleths of growth over temperature, for 0, 0.1, 0.5, 1, 2, 3 and 4 mm a day; KeyError for
    any other.
    """
    return 100.0 * (0.02633 * cosh(0.10083 * (temperature - 30.0)) + _ZENG[growth])


# --- mould index ----------------------------------------------------------------------------------------


class Sensitivity(Struct, frozen=True, kw_only=True):
    """How readily mould grows on a material: growth factors below and from M = 1, the limit's A, B, C,
    lowest RH.
    """

    slow: float
    fast: float
    a: float
    b: float
    c: float
    lowest: float


# Ojanen et al. (2010), "Mold growth modeling of building structures using sensitivity classes of materials".
# Paper-faced board is in the class "sensitive".
SENSITIVITY: dict[str, Sensitivity] = {
    "very sensitive": Sensitivity(slow=1.0, fast=2.0, a=1.0, b=7.0, c=2.0, lowest=80.0),
    "sensitive": Sensitivity(slow=0.578, fast=0.386, a=0.3, b=6.0, c=1.0, lowest=80.0),
    "medium": Sensitivity(slow=0.072, fast=0.097, a=0.0, b=5.0, c=1.5, lowest=85.0),
    "resistant": Sensitivity(slow=0.033, fast=0.014, a=0.0, b=3.0, c=1.0, lowest=85.0),
}
STEP_H = 1.0


class Mould(Struct, frozen=True):
    """The mould index M (0 to 6) and for how many hours it has been too dry or too cold for growth.

    1: seen with a microscope; 3: seen by eye; 6: covers the surface. Act from 1, alarm at 3.
    """

    index: float = 0.0
    dry_h: float = 0.0


def critical_humidity(temperature: float, sensitivity: Sensitivity) -> float:
    """Relative humidity in per cent below which the VTT model knows no growth; 100 below freezing.

    The cubic of Hukka and Viitanen (1999), Wood Sci. Technol. 33, 475; the linear term is negative.
    """
    if temperature < 0.0:
        return 100.0
    t = temperature
    return max(-0.00267 * t**3 + 0.160 * t**2 - 3.13 * t + 100.0, sensitivity.lowest)


def mould_after(
    mould: Mould,
    temperature: float,
    humidity: float,
    hours: float,
    sensitivity: Sensitivity,
    decline: float = 1.0,
) -> Mould:
    """The index after ``hours`` of this climate: the VTT improved model, integrated in steps of at most
    one hour.

    For surfaces in humid air; not for anything wet, which mould takes in two to three days. ``decline`` is
    the material's factor on the loss while dry, 1 for pine (Ojanen et al. 2010).
    """
    _checked(temperature, humidity)
    index, dry_h, left = mould.index, mould.dry_h, hours
    critical = critical_humidity(temperature, sensitivity)
    grows = 0.0 < temperature < 50.0 and humidity >= critical
    while left > 1e-9:
        step = min(STEP_H, left)
        left -= step
        if grows:
            index += _growth(index, temperature, humidity, critical, sensitivity) * step / 24.0
            dry_h = 0.0
        else:
            index -= _loss(dry_h, step) * decline
            dry_h += step
        index = min(6.0, max(0.0, index))
    return Mould(index, dry_h)


def _growth(
    index: float, temperature: float, humidity: float, critical: float, sensitivity: Sensitivity
) -> float:
    """Growth of the index per day."""
    x = 1.0 if critical >= 100.0 else (critical - humidity) / (critical - 100.0)
    ceiling = max(sensitivity.a + sensitivity.b * x - sensitivity.c * x * x, 0.0)
    slowing = max(1.0 - exp(2.3 * (index - ceiling)), 0.0)
    factor = sensitivity.slow if index < 1.0 else sensitivity.fast
    return factor * slowing / (7.0 * exp(-0.68 * log(temperature) - 13.9 * log(humidity) + 66.02))


def _loss(dry_h: float, step_h: float) -> float:
    """Loss over one step that begins after ``dry_h`` dry hours: 0.032 a day for 6 h, none to 24 h, then
    0.016 a day.
    """
    first = max(0.0, min(dry_h + step_h, 6.0) - dry_h)
    later = max(0.0, dry_h + step_h - max(dry_h, 24.0))
    return first * 0.032 / 24.0 + later * 0.016 / 24.0
