"""Units at the edge: what a file says, turned into what wattstack counts in.

Needs    errors.
Gives    to_ours, KINDS, PER_USD.
Used by  series, which turns every column it reads; nothing inside wattstack holds another unit.

Ours are MW, MWh, the campus currency per MWh, kg/MWh, degC, W/m2, m/s, hPa and shares 0 .. 1. A unit is
written as on paper: "JPY/kWh", "c EUR/kWh", "degC", "%". Case matters (mW is not MW). A meter that reports
energy per interval (kWh in each half-hour) may be named by that energy: it is divided by the step.

Factors are definitions: SI brochure (9th ed.); MMBtu and therm from the International Table Btu, ISO 31-4;
knot and mile per hour from the international mile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattstack.errors import InputError, nearest

if TYPE_CHECKING:
    import numpy as np

# Energy of one unit [MWh].
_ENERGY = {
    "Wh": 1e-6, "kWh": 1e-3, "MWh": 1.0, "GWh": 1e3, "TWh": 1e6,
    "J": 1.0 / 3.6e9, "kJ": 1.0 / 3.6e6, "MJ": 1.0 / 3600.0, "GJ": 1.0 / 3.6, "TJ": 1e3 / 3.6,
    "MMBtu": 0.29307107017222, "therm": 0.029307107017222,
}  # fmt: skip
# Lengths of a step or of a metering interval [s], as the campus file writes them.
STEP_S = {"1h": 3600, "60min": 3600, "30min": 1800, "15min": 900, "10min": 600, "5min": 300, "1min": 60}
_MASS_KG = {"g": 1e-3, "kg": 1.0, "t": 1e3, "lb": 0.45359237}
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "円": "JPY",
    "₩": "KRW",
    "₹": "INR",
}  # "$" and "¥" name several currencies

# Units of a currency per USD, order of magnitude (assumption, 2025). Other currencies are not checked.
PER_USD = {
    "USD": 1, "EUR": 0.9, "GBP": 0.8, "CHF": 0.9, "CAD": 1.4, "AUD": 1.5, "NZD": 1.7, "SGD": 1.3, "JPY": 150,
    "KRW": 1400, "CNY": 7, "TWD": 32, "HKD": 8, "INR": 85, "THB": 34, "MYR": 4.4, "PHP": 57, "IDR": 16000,
    "VND": 25000, "SEK": 10, "NOK": 10, "DKK": 7, "PLN": 4, "CZK": 23, "HUF": 370, "RON": 4.5, "TRY": 35,
    "ILS": 3.6, "AED": 3.7, "SAR": 3.75, "ZAR": 18, "BRL": 5.5, "MXN": 19, "CLP": 950, "COP": 4200,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of quantity.

    Attributes:
        ours: The unit wattstack counts in.
        scale: Other units of the same quantity: (factor, offset), ours = value * factor + offset.
        per_step: Units of the quantity summed over a step: ours = value * factor / step_h.
    """

    ours: str
    scale: dict[str, tuple[float, float]]
    per_step: dict[str, float]


def _plain(factors: dict[str, float]) -> dict[str, tuple[float, float]]:
    return {unit: (factor, 0.0) for unit, factor in factors.items()}


def _intensities() -> dict[str, float]:
    """Every mass over every energy, with or without the name of what is weighed [kg/MWh]."""
    table = {}
    for mass, kg in _MASS_KG.items():
        for energy, mwh in _ENERGY.items():
            for gas in ("", "CO2", "CO2e", "CO2eq"):
                table[f"{mass}{gas}/{energy}"] = kg / mwh
    return table


KINDS: dict[str, Kind] = {
    "price": Kind("per MWh", {}, {}),
    "power": Kind(
        "MW", _plain({"mW": 1e-9, "W": 1e-6, "kW": 1e-3, "MW": 1.0, "GW": 1e3, "hp": 0.74569987e-3}), _ENERGY
    ),
    "energy": Kind("MWh", _plain(_ENERGY), {}),
    "intensity": Kind("kg/MWh", _plain(_intensities()), {}),
    "temperature": Kind(
        "degC",
        {"degC": (1.0, 0.0), "C": (1.0, 0.0), "K": (1.0, -273.15), "degF": (5 / 9, -160 / 9)},
        {},
    ),
    "irradiance": Kind(
        "W/m2",
        _plain({"W/m2": 1.0, "kW/m2": 1e3}),
        {"Wh/m2": 1.0, "kWh/m2": 1e3, "J/m2": 1 / 3600, "kJ/m2": 1 / 3.6, "MJ/m2": 1e3 / 3.6,
         "J/cm2": 1e4 / 3600},
    ),
    "frac": Kind("1", _plain({"1": 1.0, "frac": 1.0, "%": 0.01, "percent": 0.01}), {}),
    "wind": Kind("m/s", _plain({"m/s": 1.0, "km/h": 1 / 3.6, "kn": 1852 / 3600, "mph": 1609.344 / 3600}), {}),
    "pressure": Kind(
        "hPa",
        _plain({"hPa": 1.0, "mbar": 1.0, "Pa": 0.01, "kPa": 10.0, "bar": 1e3, "atm": 1013.25}),
        {},
    ),
}  # fmt: skip


def _tidy(unit: str) -> str:
    """One spelling of a unit: no blanks, plain 2, "per" and symbols as we write them."""
    text = (
        unit.strip()
        .replace("²", "2")
        .replace("^2", "2")
        .replace("**2", "2")
        .replace("₂", "2")
        .replace("°", "deg")
    )
    text = re.sub(r"\s+per\s+", "/", text)
    for symbol, code in _SYMBOLS.items():
        text = text.replace(symbol, code)
    return re.sub(r"\s+", "", text)


def _near(text: str, known: list[str]) -> str | None:
    """The unit that was most likely meant: the one that differs in case only, else the nearest."""
    return next((unit for unit in known if unit.lower() == text.lower()), None) or nearest(text, known)


def _price_factor(unit: str, currency: str) -> float:
    """Factor from a price unit to the campus currency per MWh, or a fault in words (ValueError)."""
    match = re.fullmatch(r"(cents?|ct|c|m)?([A-Z]{3}|p)(cents?|ct)?/([A-Za-z]+)", unit)
    if not match:
        near = _near(unit, [f"{currency}/{energy}" for energy in _ENERGY])
        hint = (
            f" Nearest: {near!r}." if near else f" Write {currency or 'JPY'}/kWh or {currency or 'JPY'}/MWh."
        )
        raise ValueError(f"is not a price, must be a currency over an energy.{hint}")
    small, code, tail, energy = match.groups()
    cents = 0.001 if small == "m" else 0.01 if small or tail or code == "p" else 1.0
    code = "GBP" if code == "p" else code
    if energy not in _ENERGY:
        near = _near(energy, list(_ENERGY)) or "MWh"
        raise ValueError(
            f"names the energy {energy!r}, which is not known. Nearest: {unit[: -len(energy)] + near!r}."
        )
    if currency and code != currency:
        raise ValueError(
            f"is in {code}, must be in {currency}, the currency of the campus. Give the series in "
            f"{currency}: a series is never exchanged at a fixed rate."
        )
    return cents / _ENERGY[energy]


def to_ours(
    values: np.ndarray, unit: str, kind: str, *, currency: str = "", step_h: float | None = None
) -> np.ndarray:
    """Turn values from the unit of a file into ours.

    Args:
        values: Numbers as read, any shape.
        unit: Their unit as the user wrote it, "JPY/kWh".
        kind: One of KINDS: price, power, energy, intensity, temperature, irradiance, frac, wind, pressure.
        currency: ISO 4217 code that prices must be in; "" accepts any.
        step_h: Length of a step [h], for units that are sums over a step (kWh as power, Wh/m2 as irradiance).

    Returns:
        The values in ours: MW, MWh, per MWh, kg/MWh, degC, W/m2, 1, m/s or hPa.

    Raises:
        InputError: The unit is not known for this kind (the nearest is named), or its currency is another.

    Example:
        >>> import numpy as np
        >>> to_ours(np.array([19.54]), "JPY/kWh", "price", currency="JPY").round(6).tolist()
        [19540.0]
        >>> to_ours(np.array([2500.0]), "kWh", "power", step_h=0.5).tolist()
        [5.0]
    """
    import numpy as np  # here, so that a campus file is read without it

    entry = KINDS[kind]
    text = _tidy(unit)
    if kind == "price":
        try:
            return np.asarray(values) * _price_factor(text, currency)
        except ValueError as fault:
            raise InputError(f"unit {unit!r}", [str(fault)]) from None
    if text in entry.scale:
        factor, offset = entry.scale[text]
        return np.asarray(values) * factor + offset
    if text in entry.per_step and step_h is not None:
        return np.asarray(values) * (entry.per_step[text] / step_h)
    near = _near(text, [*entry.scale, *entry.per_step])
    hint = f"Nearest: {near!r}. " if near else ""
    hint += f"Known: {', '.join(list(entry.scale)[:8])}."
    raise InputError(
        f"unit {unit!r}", [f"is not known for {kind}, must be one that turns into {entry.ours}. {hint}"]
    )
