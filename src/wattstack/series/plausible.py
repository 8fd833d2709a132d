"""Values that no such quantity takes: most often a unit that was not said, or said wrong.

Needs    errors, units.
Gives    plausibility_faults, tidy_values.
Used by  series.read, after the values were turned into our units.
"""

from __future__ import annotations

import numpy as np

from wattstack.errors import Fault, counted
from wattstack.units import PER_USD

_LEAST_USD_PER_MWH, _MOST_USD_PER_MWH = 2.0, 5000.0
_TOP_USD_PER_MWH = 1e6  # ten times what any market allows in a single step
# Zero offset a of a class A pyranometer, ISO 9060:2018: a dark sensor may read a little below zero.
_OFFSET_W_M2 = 7.0
# Kind: lowest and highest value that is taken, and the unit that a value beyond suggests.
_RANGES = {
    "temperature": (-90.0, 65.0, "K or degF"),
    "frac": (-1e-9, 1.1, "%"),
    "wind": (0.0, 120.0, "km/h"),
    "pressure": (300.0, 1100.0, "Pa"),
    "irradiance": (-_OFFSET_W_M2, 2000.0, "Wh/m2 or kJ/m2"),
    "intensity": (0.0, 5000.0, "g/kWh"),
}


def plausibility_faults(name: str, values: np.ndarray, kind: str, currency: str) -> list[Fault]:
    """What cannot be right about a column in our units.

    Prices are judged by their 95th percentile of |price|: below 2 USD/MWh it is a price per kWh read as per
    MWh, above 5,000 USD/MWh one per MWh read as per kWh; no single one may pass a million USD/MWh. All-zero
    prices pass. Other kinds are judged by the range that the quantity can take on Earth. Infinity never passes.

    Args:
        name: Column, for messages.
        values: In our units, NaN allowed.
        kind: See series.channels.
        currency: ISO 4217 code of prices, "" when not known.
    """
    endless = int(np.isinf(values).sum())
    if endless:
        what = f"has {counted(endless, 'value')} without end (inf), must be numbers. Mend or empty the cells."
        return [Fault(name, what)]
    known = values[~np.isnan(values)]
    if not known.size:
        return [Fault(name, "has no value at all. Give values.")]
    if kind == "price":
        return _price_faults(name, known, currency)
    if kind not in _RANGES:
        return []
    low, high, unit = _RANGES[kind]
    if kind == "irradiance" and known.min() < low:
        return [
            Fault(
                name, f"is {known.min():g} W/m2 at its lowest, must not be negative. Mend the sensor's data."
            )
        ]
    if known.min() < low or known.max() > high:
        what = f"runs from {known.min():g} to {known.max():g}, must stay in {max(low, -90.0):g} .. {high:g}."
        return [Fault(name, f"{what.replace('-1e-09', '0').replace('1.1', '1')} Is its unit {unit}? Say so.")]
    return []


def _price_faults(name: str, known: np.ndarray, currency: str) -> list[Fault]:
    size = float(np.percentile(np.abs(known), 95))
    if currency not in PER_USD or size == 0.0:
        return []
    usual, middle = size / PER_USD[currency], f"{float(np.median(np.abs(known))):g} {currency}/MWh"
    if usual < _LEAST_USD_PER_MWH:
        what = f"has a median of {middle} and looks like {currency}/kWh. Say unit: {currency}/kWh."
        return [Fault(name, what)]
    if usual > _MOST_USD_PER_MWH:
        what = f"has a median of {middle} and looks like {currency}/MWh read as per kWh."
        return [Fault(name, f"{what} Say unit: {currency}/MWh.")]
    top = _TOP_USD_PER_MWH * PER_USD[currency]
    most = float(np.abs(known).max())
    if most > top:
        what = f"reaches {most:.4g} {currency}/MWh, must stay within {top:.4g}. Mend the value."
        return [Fault(name, what)]
    return []


def tidy_values(values: np.ndarray, kind: str) -> tuple[np.ndarray, str]:
    """Take off what is noise of a sensor: irradiance a little below zero, humidity a little above one.

    Args:
        values: Column that passed plausibility_faults, NaN allowed.
        kind: See series.channels.

    Returns:
        The values and a clause for the notes, "" when nothing was done.
    """
    if kind == "irradiance" and np.any(values < 0.0):
        below = counted(int(np.sum(values < 0.0)), "value")
        return np.maximum(values, 0.0), f"{below} of 0 .. -{_OFFSET_W_M2:g} W/m2 (sensor offset) read as 0"
    if kind == "frac" and np.any(values > 1.0):
        return np.minimum(values, 1.0), f"{counted(int(np.sum(values > 1.0)), 'value')} above 1 read as 1"
    return values, ""
