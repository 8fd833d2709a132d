"""A cell from the library: published figures in, smooth curves out.

Needs    library.find, physics.cell.
Gives    cell_of, cell_from, interpolate.
Used by  the door of this room; physics.bpx (interpolate).

An entry gives each figure as {value, unit, source, confidence}. Curves are given as points [x, y]; what was read from
a source stands under the name of the curve, what we put between or beyond them under the same name with `_assumed`.
A monotone cubic through all of them gives the curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
OPTIONAL = {"auxiliary_w": "W", "ocv_v_assumed": "V", "resistance_charge_soc_factor": "1"}
STRIP = {"strip_days": "day", "strip_cycles": "1", "strip_h": "h"}
_FIGURE = ("value", "unit", "source", "confidence")
_KNOWN = {**NUMBERS, **CURVES, **LISTS, **OPTIONAL}
_POINTS = {*CURVES, "ocv_v_assumed", "resistance_charge_soc_factor"}


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
            {law: NAME, number: figure}; `maintenance`, figures strip_days, strip_cycles, strip_h, or nothing.

    Raises:
        InputError: Figures are missing, unknown, without source, in another unit, or make no cell; all at once.
    """
    said = _declaration_faults(raw)
    faults = _value_faults(raw)
    cell = None
    if not faults:
        try:
            cell = _make(name, raw)
        except InputError as error:
            faults = [Fault(f"cell.{fault.where}", fault.what) for fault in error.faults]
    if said or faults or cell is None:
        raise InputError(f"library chemistry {name}", said + faults)
    return cell


def _make(name: str, raw: Mapping[str, Any]) -> Cell:
    given = {key: figure["value"] for key, figure in raw.items() if key in _KNOWN}
    strip = raw.get("maintenance") or {}
    laws = raw.get("laws") or ()
    rows = [(key, figure) for key, figure in raw.items() if key in _KNOWN] + list(strip.items())
    rows += [(f"{law['law']}.{key}", figure) for law in laws for key, figure in law.items() if key != "law"]
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
        laws=tuple({k: v if k == "law" else float(v["value"]) for k, v in law.items()} for law in laws),
        maintenance={key: float(figure["value"]) for key, figure in strip.items()} or None,
        passport=tuple(PassportRow(key, *(figure.get(k) for k in _FIGURE)) for key, figure in rows),
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
    points["ocv_v"] = _ocv_points(given)
    curves = {key: interpolate(grid, *np.transpose(values)) for key, values in points.items()}
    return {"soc_points": grid, **curves}


def _resistance(given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """R0 by temperature and SoC: one resistance times two factors; charge may have a course over SoC of its own."""
    soc, by_soc = np.transpose(given["resistance_soc_factor"])
    points, factors = np.transpose(given["resistance_temp_factor"])
    temp = np.arange(points[0], points[-1] + 1e-9, 5.0)  # so fine that straight lines between may follow
    by_temp = np.exp(interpolate(temp, points, np.log(factors)))
    grid = np.linspace(0.0, 1.0, 21)
    ohm = float(given["resistance_ohm"])
    discharge = ohm * np.outer(by_temp, interpolate(grid, soc, by_soc))
    if "resistance_charge_soc_factor" in given:
        soc, by_soc = np.transpose(given["resistance_charge_soc_factor"])
    charge = (
        ohm * float(given["resistance_charge_factor"]) * np.outer(by_temp, interpolate(grid, soc, by_soc))
    )
    return {
        "resistance_soc": grid,
        "resistance_temp_degc": temp,
        "discharge_ohm": discharge,
        "charge_ohm": charge,
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


def _declaration_faults(raw: Mapping[str, Any]) -> list[Fault]:
    """What is unknown, and figures whose unit, source or confidence is not as it must be."""
    faults = []
    for key in raw:
        if key not in _KNOWN and key not in ("laws", "maintenance"):
            near = nearest(key, _KNOWN)
            faults.append(Fault(f"cell.{key}", f"is not known here.{f' Nearest: {near!r}.' if near else ''}"))
    for where, figure, unit in (*_figures(raw), *_law_figures(raw)):
        if not isinstance(figure, Mapping):
            continue
        if set(figure) != set(_FIGURE):
            faults.append(Fault(where, f"must be {{{', '.join(_FIGURE)}}}, no more and no less."))
        if unit and figure.get("unit", unit) != unit:
            faults.append(Fault(where, f"is in {figure['unit']}, must be in {unit}. Convert it."))
        if not figure.get("source", "said already"):
            faults.append(Fault(where, "has no source. Name one, or write 'assumption'."))
        if figure.get("confidence", "low") not in CONFIDENCE:
            said = f"has confidence {figure['confidence']!r}, must be {', '.join(CONFIDENCE)}."
            faults.append(Fault(where, said))
    return faults


def _figures(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Every figure there is: where it stands, what stands there, its unit."""
    yield from ((f"cell.{key}", raw[key], unit) for key, unit in _KNOWN.items() if key in raw)
    strip = raw.get("maintenance") or {}
    yield from ((f"cell.maintenance.{key}", strip[key], unit) for key, unit in STRIP.items() if key in strip)


def _law_figures(raw: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Numbers that an entry gives its laws; their units are the law's own business."""
    for law in raw.get("laws") or ():
        if isinstance(law, Mapping):
            yield from ((f"cell.laws.{key}", figure, "") for key, figure in law.items() if key != "law")


def _value_faults(raw: Mapping[str, Any]) -> list[Fault]:
    """What is missing, and values that are not the numbers, lists or points they must be."""
    strip = raw.get("maintenance")
    wanted = {f"cell.{key}": raw.get(key) for key in (*NUMBERS, *CURVES, *LISTS)}
    wanted |= {f"cell.{key}": raw[key] for key in OPTIONAL if key in raw}
    wanted |= {f"cell.maintenance.{key}": strip.get(key) for key in STRIP} if strip else {}
    faults = []
    for where, figure in wanted.items():
        key = where.rsplit(".", 1)[-1]
        if not isinstance(figure, Mapping) or "value" not in figure:
            unit = {**_KNOWN, **STRIP}[key]
            faults.append(Fault(where, f"is missing. Give {{value, unit: {unit}, source, confidence}}."))
        else:
            faults += _shape_faults(where, figure["value"], key)
    if not all(isinstance(law, Mapping) and isinstance(law.get("law"), str) for law in raw.get("laws") or ()):
        faults.append(Fault("cell.laws", "must be a list of {law: NAME}."))
    for where, figure, _ in _law_figures(raw):
        if not isinstance(figure, Mapping) or "value" not in figure:
            faults.append(Fault(where, "must be {value, unit, source, confidence}."))
        else:
            faults += _shape_faults(where, figure["value"], "")
    if not any(fault.where.startswith("cell.ocv_v") for fault in faults):
        faults += _ocv_faults(raw)
    return faults


def _shape_faults(where: str, value: Any, key: str) -> list[Fault]:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    wanted = 1 if key in LISTS else 2 if key in _POINTS else 0
    if array.ndim != wanted or not np.isfinite(array).all() or (wanted == 2 and array.shape[1] != 2):
        said = ("a number", "a list of numbers", "points [x, y]")[wanted]
        return [Fault(where, f"is {str(value)[:40]}, must be {said}.")]
    fewest = 1 if key.startswith("ocv_v") else 2  # what was read and what is assumed make one curve
    if wanted == 2 and (array.shape[0] < fewest or not (np.diff(array[:, 0]) > 0).all()):
        said = f"must have at least {fewest} points, their first numbers rising. Sort them."
        return [Fault(where, said)]
    return []


def _ocv_faults(raw: Mapping[str, Any]) -> list[Fault]:
    """Points read and points assumed must make one rising curve from 0 to 1; told where the points are seen."""
    points = _ocv_points({key: raw[key]["value"] for key in ("ocv_v", "ocv_v_assumed") if key in raw})
    soc, volt = np.transpose(points)
    faults = []
    if not (np.diff(soc) > 0).all() or soc[0] != 0 or soc[-1] != 1:
        said = "with ocv_v_assumed must give each SoC once, and 0 and 1. Mend the points."
        faults.append(Fault("cell.ocv_v", said))
    falls = np.flatnonzero(~(np.diff(volt) > 0))
    if falls.size:
        (s0, v0), (s1, v1) = points[falls[0]], points[falls[0] + 1]
        said = f"goes from {v0:g} V at {s0:g} to {v1:g} V at {s1:g}, must rise. Mend the points."
        faults.append(Fault("cell.ocv_v", said))
    return faults


def _ocv_points(given: Mapping[str, Any]) -> list[list[float]]:
    return sorted([*given["ocv_v"], *given.get("ocv_v_assumed", [])])
