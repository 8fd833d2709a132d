"""A cell from the library: published figures in, smooth curves out.

Needs    library.find, physics.cell.
Gives    cell_of, cell_from, interpolate.
Used by  the door of this room; physics.bpx (interpolate).

An entry gives each figure as {value, unit, source, confidence}. Curves are given as points [x, y]; what was read from
a source stands under the name of the curve, what we put between or beyond them under the same name with `_assumed`.
A monotone cubic through all of them gives the curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from wattstack.errors import Fault, InputError, nearest
from wattstack.library import find
from wattstack.physics.cell import Cell, PassportRow

POINTS = 201
CONFIDENCE = ("high", "medium", "low")
# Key of an entry: unit it must have. A number each.
NUMBERS = {
    "capacity_ah": "Ah", "nominal_v": "V", "voltage_min_v": "V", "voltage_max_v": "V", "resistance_ohm": "ohm",
    "resistance_charge_factor": "1", "hysteresis_gamma": "1", "coulomb_eff": "1", "activation_ev": "eV",
    "specific_heat_j_per_kg_k": "J/(kg K)", "mass_kg": "kg", "charge_c_rate": "1/h", "discharge_c_rate": "1/h",
    "derate_soc_low": "1", "derate_soc_high": "1", "temp_min_degc": "degC", "temp_max_degc": "degC",
}  # fmt: skip
# Points [x, y]: the unit is that of y.
CURVES = {
    "ocv_v": "V", "hysteresis_v": "V", "self_discharge_frac_per_day": "1/day", "entropic_v_per_k": "V/K",
    "resistance_soc_factor": "1", "resistance_temp_factor": "1",
    "c_rate_frac_charge": "1", "c_rate_frac_discharge": "1",
}  # fmt: skip
LISTS = {"rc_frac": "1", "rc_tau_s": "s"}
OPTIONAL = {"auxiliary_w": "W", "ocv_v_assumed": "V"}
STRIP = {"strip_days": "day", "strip_cycles": "1", "strip_h": "h"}
_PLAIN = ("like", "laws", "maintenance")


@cache
def cell_of(name: str) -> Cell:
    """The cell of a chemistry of the library.

    Args:
        name: Name of the entry, with or without "library:".

    Returns:
        The cell, with curves on an even grid of 201 points of SoC.

    Raises:
        InputError: There is no such entry, it has no cell, or what it gives is incomplete, has another unit than it
            must, or makes a cell that cannot be; all faults at once.

    Example:
        >>> cell_of("lfp-grid-2026").nominal_v
        3.2
    """
    name = name.removeprefix("library:")
    raw = dict(find("chemistries", name).cell)
    if not raw:
        raise InputError(f"library chemistry {name}", ["has no section `cell:`. Choose another."])
    while "like" in raw:
        base = raw.pop("like")
        raw = {**find("chemistries", base).cell, **raw}
    return cell_from(name, raw)


def cell_from(name: str, raw: Mapping[str, Any]) -> Cell:
    """A cell from what an entry declares under `cell:`.

    Args:
        name: What to call it.
        raw: Every figure as {value, unit, source, confidence}; see NUMBERS, CURVES, LISTS; `laws`, a list of
            {law: NAME}; `maintenance`, figures strip_days, strip_cycles, strip_h, or nothing.

    Raises:
        InputError: Figures are missing, unknown, without source, in another unit, or make no cell; all at once.
    """
    faults = _figure_faults(raw)
    if faults:
        raise InputError(f"library chemistry {name}", faults)
    given = {key: figure["value"] for key, figure in raw.items() if key not in _PLAIN}
    strip = raw.get("maintenance")
    passport = [PassportRow(key, **figure) for key, figure in raw.items() if key not in _PLAIN]
    passport += [PassportRow(key, **figure) for key, figure in (strip or {}).items()]
    return Cell(
        name=name,
        **{key: float(given[key]) for key in NUMBERS if key in Cell.__dataclass_fields__},
        **_soc_curves(given),
        **_resistance(given),
        **_derating(given),
        rc_frac=tuple(given["rc_frac"]),
        rc_tau_s=tuple(given["rc_tau_s"]),
        heat_capacity_j_per_k=float(given["specific_heat_j_per_kg_k"]) * float(given["mass_kg"]),
        auxiliary_w=float(given.get("auxiliary_w", 0.0)),
        laws=tuple(raw.get("laws", ())),
        maintenance={key: float(figure["value"]) for key, figure in strip.items()} if strip else None,
        passport=tuple(passport),
    )


def interpolate(x: np.ndarray, x_points: Sequence[float], y_points: Sequence[float]) -> np.ndarray:
    """A smooth curve through points that rises and falls only where the points do.

    Args:
        x: Where to read it, (n,); outside the points the end value holds.
        x_points: Rising, (m,), m >= 2.
        y_points: (m,).

    Source:
        Fritsch and Carlson (1980), doi:10.1137/0717021; slopes by the weighted harmonic mean of Fritsch and
        Butland (1984), doi:10.1137/0905021.

    Example:
        >>> interpolate(np.array([0.0, 0.5, 1.0]), [0, 1], [0, 2]).tolist()
        [0.0, 1.0, 2.0]
    """
    xs, ys = np.asarray(x_points, float), np.asarray(y_points, float)
    width = np.diff(xs)
    rise = np.diff(ys) / width
    slope = np.empty_like(ys)
    slope[0], slope[-1] = rise[0], rise[-1]
    left, right = rise[:-1], rise[1:]
    w_left, w_right = width[:-1] + 2 * width[1:], 2 * width[:-1] + width[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (w_left + w_right) / (w_right / left + w_left / right)
    slope[1:-1] = np.where(left * right > 0, mean, 0.0)
    x = np.clip(x, xs[0], xs[-1])
    i = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, width.size - 1)
    t = (x - xs[i]) / width[i]
    bend = (1 - t) * (slope[i] * (1 - t) * t - slope[i + 1] * t**2) * width[i]
    return ys[i] * (1 - t) ** 2 * (1 + 2 * t) + ys[i + 1] * t**2 * (3 - 2 * t) + bend


def _soc_curves(given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The four curves over SoC on one even grid."""
    grid = np.linspace(0.0, 1.0, POINTS)
    points = {key: list(given[key]) for key in list(CURVES)[:4]}
    points["ocv_v"] = sorted(points["ocv_v"] + list(given.get("ocv_v_assumed", [])))
    curves = {key: interpolate(grid, *np.transpose(values)) for key, values in points.items()}
    return {"soc_points": grid, **curves}


def _resistance(given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """R0 by temperature and SoC: a product of one resistance and two factors."""
    soc, by_soc = np.transpose(given["resistance_soc_factor"])
    temp, by_temp = np.transpose(given["resistance_temp_factor"])
    grid = np.linspace(0.0, 1.0, 21)
    discharge = float(given["resistance_ohm"]) * np.outer(by_temp, interpolate(grid, soc, by_soc))
    return {
        "resistance_soc": grid,
        "resistance_temp_degc": temp,
        "discharge_ohm": discharge,
        "charge_ohm": discharge * float(given["resistance_charge_factor"]),
    }


def _derating(given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Both derating curves on the temperatures of either."""
    charge, discharge = (np.transpose(given[key]) for key in ("c_rate_frac_charge", "c_rate_frac_discharge"))
    temps = np.union1d(charge[0], discharge[0])
    return {
        "c_rate_temp_degc": temps,
        "c_rate_frac_charge": np.interp(temps, *charge),
        "c_rate_frac_discharge": np.interp(temps, *discharge),
    }


def _figure_faults(raw: Mapping[str, Any]) -> list[Fault]:
    """What is missing, unknown or not declared as a figure must be."""
    wanted = {**NUMBERS, **CURVES, **LISTS}
    known = {**wanted, **OPTIONAL}
    faults = [
        Fault(f"cell.{key}", f"is missing. Give {{value, unit: {unit}, source, confidence}}.")
        for key, unit in wanted.items()
        if key not in raw
    ]
    for key, figure in raw.items():
        if key in _PLAIN:
            continue
        if key not in known:
            near = nearest(key, known)
            faults.append(Fault(f"cell.{key}", f"is not known here.{f' Nearest: {near!r}.' if near else ''}"))
            continue
        shape = "number" if key in NUMBERS or key == "auxiliary_w" else "list" if key in LISTS else "points"
        faults += _figure_fault(f"cell.{key}", figure, known[key], shape)
    strip = raw.get("maintenance")
    for key, unit in STRIP.items() if strip else ():
        faults += _figure_fault(f"cell.maintenance.{key}", strip.get(key), unit, "number")
    if not all(isinstance(law, Mapping) and law.get("law") for law in raw.get("laws", ())):
        faults.append(Fault("cell.laws", "must be a list of {law: NAME}."))
    return faults


def _figure_fault(where: str, figure: Any, unit: str, shape: str) -> list[Fault]:
    """Faults of one figure: its four keys, its unit, and numbers where numbers must be."""
    keys = {"value", "unit", "source", "confidence"}
    if not isinstance(figure, Mapping) or set(figure) != keys:
        return [Fault(where, f"must be {{value, unit: {unit}, source, confidence}}, no more and no less.")]
    faults = []
    if figure["unit"] != unit:
        faults.append(Fault(where, f"is in {figure['unit']}, must be in {unit}. Convert it."))
    if not figure["source"]:
        faults.append(Fault(where, "has no source. Name one, or write 'assumption'."))
    if figure["confidence"] not in CONFIDENCE:
        faults.append(
            Fault(where, f"has confidence {figure['confidence']!r}, must be {', '.join(CONFIDENCE)}.")
        )
    return faults + _value_fault(where, figure["value"], shape)


def _value_fault(where: str, value: Any, shape: str) -> list[Fault]:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    wanted = {"number": 0, "list": 1, "points": 2}[shape]
    if array.ndim != wanted or not np.isfinite(array).all() or (wanted == 2 and array.shape[1] != 2):
        said = {"number": "a number", "list": "a list of numbers", "points": "points [x, y]"}[shape]
        return [Fault(where, f"is {str(value)[:40]}, must be {said}.")]
    if (
        wanted == 2
        and (array.shape[0] < 2 or not (np.diff(array[:, 0]) > 0).all())
        and "assumed" not in where
    ):
        return [Fault(where, "must have at least two points, their first numbers rising. Sort them.")]
    return []
