"""One battery cell as numbers: what every model of a battery is made from.

Needs    wattstack.errors.
Gives    Cell, PassportRow.
Used by  physics.cell_entry and physics.bpx, which make cells; physics.battery and physics.ageing, which use them.

All values are of one cell, in SI and Ah. A battery is that cell many times over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from wattstack.errors import Fault, InputError

_RISING = ("soc_points", "ocv_v", "resistance_soc", "resistance_temp_degc", "c_rate_temp_degc")
_ON_SOC = ("ocv_v", "hysteresis_v", "self_discharge_frac_per_day", "entropic_v_per_k")
_ON_TEMP = ("c_rate_frac_charge", "c_rate_frac_discharge")
_POSITIVE = (
    "capacity_ah",
    "nominal_v",
    "heat_capacity_j_per_k",
    "mass_kg",
    "charge_c_rate",
    "discharge_c_rate",
)
_NOT_NEGATIVE = ("hysteresis_gamma", "activation_ev", "derate_soc_low", "derate_soc_high", "auxiliary_w")
_ARRAYS = (
    *_RISING, "hysteresis_v", "self_discharge_frac_per_day", "entropic_v_per_k", "charge_ohm", "discharge_ohm",
    *_ON_TEMP,
)  # fmt: skip


class PassportRow(NamedTuple):
    """One parameter of a cell as it was declared, with where it is from and how sure that is."""

    key: str
    value: Any
    unit: str
    source: str
    confidence: str


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """One cell. Arrays are float64 and read-only; the SoC axis runs 0 .. 1 over `capacity_ah`.

    Attributes:
        name: The entry of the library, or the title of the file it was read from.
        capacity_ah: Charge between SoC 0 and 1 of a new cell [Ah].
        nominal_v: Voltage that makes nameplate energy from charge [V]: energy = capacity_ah x nominal_v.
        voltage_min_v: Lowest terminal voltage allowed [V].
        voltage_max_v: Highest terminal voltage allowed [V].
        soc_points: SoC of the four curves below, shape (n,), from 0 to 1, rising.
        ocv_v: Open-circuit voltage, mean of charge and discharge branch [V], (n,), strictly rising.
        hysteresis_v: Half the gap between charge and discharge branch [V], (n,), >= 0.
        self_discharge_frac_per_day: Share of capacity_ah lost in a day of rest at 25 degC, (n,), >= 0.
        entropic_v_per_k: dOCV/dT [V/K], (n,).
        resistance_soc: SoC of the resistance tables, (m,), rising.
        resistance_temp_degc: Temperature of the resistance tables [degC], (k,), rising.
        charge_ohm: R0 on charge [ohm], (k, m): the resistance that acts at once.
        discharge_ohm: R0 on discharge [ohm], (k, m).
        rc_frac: Resistance of each RC pair as a share of R0, in addition to R0; at most two pairs. After long
            equal current the whole resistance is R0 x (1 + sum of rc_frac).
        rc_tau_s: Time constant of each RC pair [s].
        hysteresis_gamma: How fast hysteresis moves to its other branch: exp(-gamma x |dSoC|).
        coulomb_eff: Charge stored per charge put in (on charge only).
        activation_ev: Activation energy of self-discharge [eV] (Arrhenius about 25 degC).
        heat_capacity_j_per_k: Of the whole cell [J/K].
        mass_kg: Of the whole cell [kg].
        charge_c_rate: Highest continuous charge current [1/h x capacity_ah].
        discharge_c_rate: Highest continuous discharge current [1/h x capacity_ah].
        c_rate_temp_degc: Temperature of the two derating curves below [degC], (j,), rising; outside them: no current.
        c_rate_frac_charge: Share of charge_c_rate allowed, (j,), 0 .. 1.
        c_rate_frac_discharge: Share of discharge_c_rate allowed, (j,), 0 .. 1.
        derate_soc_low: Width of SoC above the lower end of the window in which discharge is cut in proportion.
        derate_soc_high: Width of SoC below the upper end of the window in which charge is cut in proportion.
        temp_min_degc: Lowest cell temperature of operation [degC].
        temp_max_degc: Highest cell temperature of operation [degC].
        laws: Ageing laws, each {"law": NAME, parameters ...}. The first is the one a battery ages by, the others are
            fits to other makes of the same chemistry, to be shown beside it. Empty: the cell does not age.
        maintenance: {"strip_days", "strip_cycles", "strip_h"}: the cell must be emptied and rested strip_h after
            so many days or full cycles, whichever is first; None: none.
        auxiliary_w: Power of pumps and the like while the cell is ready [W per cell].
        passport: Every declared parameter with unit, source and confidence.

    Raises:
        InputError: Any of the above does not hold; all faults of the cell at once.
    """

    name: str
    capacity_ah: float
    nominal_v: float
    voltage_min_v: float
    voltage_max_v: float
    soc_points: np.ndarray
    ocv_v: np.ndarray
    hysteresis_v: np.ndarray
    self_discharge_frac_per_day: np.ndarray
    entropic_v_per_k: np.ndarray
    resistance_soc: np.ndarray
    resistance_temp_degc: np.ndarray
    charge_ohm: np.ndarray
    discharge_ohm: np.ndarray
    rc_frac: tuple[float, ...]
    rc_tau_s: tuple[float, ...]
    hysteresis_gamma: float
    coulomb_eff: float
    activation_ev: float
    heat_capacity_j_per_k: float
    mass_kg: float
    charge_c_rate: float
    discharge_c_rate: float
    c_rate_temp_degc: np.ndarray
    c_rate_frac_charge: np.ndarray
    c_rate_frac_discharge: np.ndarray
    derate_soc_low: float
    derate_soc_high: float
    temp_min_degc: float
    temp_max_degc: float
    laws: tuple[Mapping[str, Any], ...] = ()
    maintenance: Mapping[str, float] | None = None
    auxiliary_w: float = 0.0
    passport: tuple[PassportRow, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Freeze the arrays and refuse a cell that cannot be: all faults at once."""
        for key in _ARRAYS:
            array = np.array(getattr(self, key), dtype=np.float64)
            array.flags.writeable = False
            object.__setattr__(self, key, array)
        for key in ("rc_frac", "rc_tau_s"):
            object.__setattr__(self, key, tuple(float(v) for v in getattr(self, key)))
        faults = _faults(self)
        if faults:
            raise InputError(f"cell {self.name}", faults)

    @property
    def energy_wh(self) -> float:
        """Nameplate energy of the cell [Wh]."""
        return self.capacity_ah * self.nominal_v


def _faults(cell: Cell) -> list[Fault]:
    """Everything that is wrong with a cell; a shape that does not fit ends the checks of that table."""
    faults = [
        Fault(key, "holds values that are not numbers. Give finite numbers.")
        for key in _ARRAYS
        if not np.isfinite(getattr(cell, key)).all()
    ]
    for key in _RISING:
        faults += _rising(key, getattr(cell, key))
    faults += _shapes(cell) + _single(cell) + _limits(cell)
    return faults


def _rising(key: str, values: np.ndarray) -> list[Fault]:
    if values.ndim != 1 or values.size < 2:
        return [Fault(key, "must be a list of at least two numbers.")]
    steps = np.flatnonzero(~(np.diff(values) > 0))
    if not steps.size:
        return []
    i = int(steps[0])
    return [
        Fault(
            key,
            f"goes from {values[i]:g} to {values[i + 1]:g} at point {i + 2} of {values.size}, must rise at every "
            "point. Mend or take out the points that do not.",
        )
    ]


def _shapes(cell: Cell) -> list[Fault]:
    """Lengths of curves and tables, and the signs of what they hold."""
    faults = []
    table = (cell.resistance_temp_degc.size, cell.resistance_soc.size)
    wanted = dict.fromkeys(_ON_SOC, (cell.soc_points.size,))
    wanted |= dict.fromkeys(_ON_TEMP, (cell.c_rate_temp_degc.size,))
    wanted |= dict.fromkeys(("charge_ohm", "discharge_ohm"), table)
    for key, shape in wanted.items():
        got = getattr(cell, key).shape
        if got != shape:
            faults.append(
                Fault(key, f"has the shape {got}, must have {shape}: one value for each point of its axis.")
            )
    for key in ("charge_ohm", "discharge_ohm"):
        if not (getattr(cell, key) > 0).all():
            faults.append(Fault(key, f"falls to {getattr(cell, key).min():g} ohm, must be > 0 everywhere."))
    for key in ("hysteresis_v", "self_discharge_frac_per_day"):
        if not (getattr(cell, key) >= 0).all():
            faults.append(Fault(key, f"falls to {getattr(cell, key).min():g}, must be >= 0 everywhere."))
    for key in _ON_TEMP:
        if not ((getattr(cell, key) >= 0) & (getattr(cell, key) <= 1)).all():
            faults.append(Fault(key, "has values outside 0 .. 1. Give shares of the rated current."))
    if len(cell.rc_frac) != len(cell.rc_tau_s) or len(cell.rc_frac) > 2:
        faults.append(
            Fault(
                "rc_tau_s",
                f"has {len(cell.rc_tau_s)} values for {len(cell.rc_frac)} RC pairs, must have one each, at most 2.",
            )
        )
    if not all(f >= 0 for f in cell.rc_frac) or not all(t > 0 for t in cell.rc_tau_s):
        faults.append(Fault("rc_frac", "must be >= 0, and rc_tau_s > 0."))
    return faults


def _single(cell: Cell) -> list[Fault]:
    """Bounds of the single numbers; NaN is refused by each."""
    faults = [
        Fault(key, f"is {getattr(cell, key):g}, must be > 0.")
        for key in _POSITIVE
        if not 0 < getattr(cell, key) < np.inf
    ]
    faults += [
        Fault(key, f"is {getattr(cell, key):g}, must be >= 0.")
        for key in _NOT_NEGATIVE
        if not 0 <= getattr(cell, key) < np.inf
    ]
    if not 0 < cell.coulomb_eff <= 1:
        faults.append(Fault("coulomb_eff", f"is {cell.coulomb_eff:g}, must be in 0 .. 1 and above 0."))
    if cell.maintenance is not None:
        keys = {"strip_days", "strip_cycles", "strip_h"}
        if set(cell.maintenance) != keys or not all(v > 0 for v in cell.maintenance.values()):
            faults.append(Fault("maintenance", f"must give {', '.join(sorted(keys))}, each > 0."))
    return faults


def _limits(cell: Cell) -> list[Fault]:
    """Windows that must not be empty, and curves that must lie inside them."""
    faults = []
    if not cell.voltage_min_v < cell.voltage_max_v:
        faults.append(
            Fault(
                "voltage_min_v",
                f"is {cell.voltage_min_v:g} V, must be below voltage_max_v "
                f"{cell.voltage_max_v:g} V: the window is empty.",
            )
        )
    elif cell.ocv_v.size and not (
        cell.voltage_min_v - 1e-9 <= cell.ocv_v.min() and cell.ocv_v.max() <= cell.voltage_max_v + 1e-9
    ):
        faults.append(
            Fault(
                "ocv_v",
                f"runs from {cell.ocv_v.min():g} to {cell.ocv_v.max():g} V, must stay in voltage_min_v .. "
                f"voltage_max_v ({cell.voltage_min_v:g} .. {cell.voltage_max_v:g} V).",
            )
        )
    if not cell.temp_min_degc < cell.temp_max_degc:
        faults.append(
            Fault(
                "temp_min_degc",
                f"is {cell.temp_min_degc:g} degC, must be below temp_max_degc "
                f"{cell.temp_max_degc:g} degC: the window is empty.",
            )
        )
    for key in ("soc_points", "resistance_soc"):
        points = getattr(cell, key)
        if points.size and not (abs(points[0]) < 1e-12 and abs(points[-1] - 1) < 1e-12):
            faults.append(Fault(key, f"runs from {points[0]:g} to {points[-1]:g}, must run from 0 to 1."))
    return faults
