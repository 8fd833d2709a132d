"""A cell from a BPX file: open-circuit voltage from both electrodes, resistance from its physics.

Needs    json, physics.bpx_values, physics.bpx_electrode, physics.cell.
Gives    read_bpx.
Used by  the door of this room.

BPX (Battery Parameter eXchange, Faraday Institution) describes a lithium-ion cell for porous-electrode models. What
such a model does at moderate current is told here by a circuit: R0 from ions, electrons and charge transfer, one RC
pair an electrode for diffusion in its particles. Gradients in the electrolyte are left out: above about 1C the real
cell loses more.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from wattstack.errors import Fault, InputError, UnsupportedError
from wattstack.physics.bpx_electrode import RESISTANCE_SOC, TEMPS_DEGC, Electrode, Resistance, resistance_of
from wattstack.physics.bpx_values import BpxSection
from wattstack.physics.cell import Cell, PassportRow

POINTS = 201
# What no BPX file says, where no cell lends it: each is an assumption.
ASSUMED: dict[str, Any] = {
    "coulomb_eff": 0.9995, "activation_ev": 0.5, "hysteresis_gamma": 30.0, "charge_c_rate": 1.0,
    "discharge_c_rate": 1.0, "c_rate_temp_degc": (-20.0, 0.0, 10.0, 45.0, 60.0),
    "c_rate_frac_charge": (0.0, 0.0, 1.0, 1.0, 0.0), "c_rate_frac_discharge": (0.3, 1.0, 1.0, 1.0, 0.0),
    "derate_soc_low": 0.02, "derate_soc_high": 0.02, "temp_min_degc": -20.0, "temp_max_degc": 60.0, "laws": (),
}  # fmt: skip
SELF_DISCHARGE_FRAC_PER_DAY = 0.0008  # 2.5 % a month, as other lithium-ion cells
HEAT_J_PER_KG_K, ENERGY_WH_PER_KG = 1000.0, 160.0
UNITS = {"coulomb_eff": "1", "activation_ev": "eV", "charge_c_rate": "1/h", "discharge_c_rate": "1/h"}


class _File:
    """A BPX file as sections, with the faults found while it is read."""

    def __init__(self, name: str, raw: dict[str, Any]):
        self.name, self.raw = name, raw
        self.faults: list[Fault] = []
        part = self._section(raw, "Parameterisation", "")
        self.cell = self._section(part, "Cell")
        self.negative = Electrode(self._section(part, "Negative electrode"), negative=True)
        self.positive = Electrode(self._section(part, "Positive electrode"), negative=False)
        self.electrodes = (self.negative, self.positive)
        self.blended = [e.section.where for e in self.electrodes if e.blended]
        self.ions = self._section(part, "Electrolyte") if "Electrolyte" in part else None
        self.separator = self._section(part, "Separator") if self.ions else None
        self.voltage_min_v = self.cell.number("Lower voltage cut-off [V]")
        self.voltage_max_v = self.cell.number("Upper voltage cut-off [V]")
        self.nominal_ah = self.cell.number("Nominal cell capacity [A.h]")
        if self.voltage_min_v >= self.voltage_max_v:
            said = "is not below the upper cut-off: the window is empty."
            self.faults.append(Fault(f"{self.cell.where}.Lower voltage cut-off [V]", said))

    def _section(self, parent: Any, key: str, under: str = "Parameterisation.") -> BpxSection:
        raw = parent.raw if isinstance(parent, BpxSection) else parent
        return BpxSection(raw.get(key), under + key, self.faults)

    @property
    def has_kinetics(self) -> bool:
        return any(e.has_kinetics for e in self.electrodes if not e.blended)

    @property
    def area_m2(self) -> float:
        pairs = self.cell.number("Number of electrode pairs connected in parallel to make a cell", 1)
        return self.cell.number("Electrode area [m2]") * pairs

    @property
    def concentration(self) -> float:
        """Of the electrolyte at rest [mol/m3]: since BPX 1.0 a part of the state, before of the electrolyte."""
        start = (self.raw.get("State") or {}).get("Initial conditions") or {}
        before = self.ions.raw.get("Initial concentration [mol.m-3]", 1000.0) if self.ions else 1000.0
        return float(start.get("Initial electrolyte concentration [mol.m-3]", before))

    def resistance(self) -> Resistance:
        return resistance_of(
            self.negative, self.positive, self.area_m2, self.ions, (self.separator, self.concentration)
        )


def read_bpx(path: str | Path, like: Cell | None = None) -> Cell:
    """The cell that a BPX file describes.

    Args:
        path: JSON file of BPX 0.x or 1.x with one material in each electrode.
        like: A cell that lends what BPX does not say (self-discharge, limits of current and temperature, coulomb
            efficiency, ageing laws; the resistance where the file has no kinetics). None: the values of ASSUMED, and
            the cell does not age.

    Returns:
        The cell. Its passport says of each value whether it was read, derived, lent or assumed.

    Raises:
        InputError: The file cannot be read, is not complete or contradicts itself; all faults at once.
        UnsupportedError: It is of another version, or blends materials in an electrode.

    Source:
        BPX, github.com/FaradayInstitution/BPX, schemas 0.1 to 1.1; formulas in physics.bpx_electrode.
    """
    path = Path(path)
    raw = _loaded(path)
    _check_version(path.name, raw)
    file = _File(path.name, raw)
    if file.blended:
        said = "blends materials, which is not supported yet. Give one material with the OCP of the blend."
        raise UnsupportedError(path.name, [Fault(where, said) for where in file.blended] + file.faults)
    with np.errstate(all="ignore"):  # numbers out of all bounds make a cell that is refused in words below
        resistance = file.resistance() if file.has_kinetics else None
    if resistance is None and like is None and not file.faults:
        said = "gives no kinetics, so no resistance follows from it. Name a chemistry, which lends its own."
        file.faults.append(Fault("Parameterisation", said))
    if file.faults:
        raise InputError(path.name, list(dict.fromkeys(file.faults)))
    low, high = _window(file)
    capacity_ah = _capacity_ah(file, high - low)
    try:
        return _cell(file, (low, high), capacity_ah, resistance, like)
    except InputError as error:
        raise InputError(path.name, error.faults) from None


def _loaded(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path.name, [f"cannot be read ({error.strerror}). Check the name."]) from None
    except ValueError as error:
        raise InputError(path.name, [f"is not JSON ({error}). BPX files are JSON."]) from None
    if not isinstance(raw, dict):
        raise InputError(path.name, ["holds no sections. A BPX file has Header and Parameterisation."])
    return raw


def _check_version(name: str, raw: dict[str, Any]) -> None:
    """BPX 0.x and 1.x are read; what another version means by its keys is not known."""
    header = raw.get("Header")
    version = header.get("BPX") if isinstance(header, dict) else None
    if version is None:
        raise InputError(
            name, [Fault("Header.BPX", "is missing. It must say the version of BPX, such as 1.0.0.")]
        )
    if not re.fullmatch(r"[01](\.\d+){0,2}", str(version)):
        said = f"is {version}, must be 0.x or 1.x: others may mean other things by the same keys. Convert it."
        raise UnsupportedError(name, [Fault("Header.BPX", said)])


def _ocv(file: _File, soc: np.ndarray, branch: str = "ocp") -> np.ndarray:
    positive = getattr(file.positive, branch)(file.positive.stoichiometry(soc))
    return positive - getattr(file.negative, branch)(file.negative.stoichiometry(soc))


def _window(file: _File) -> tuple[float, float]:
    """Part of the file's state of charge whose open-circuit voltage lies between the cut-offs."""
    soc = np.linspace(0.0, 1.0, 2001)
    with np.errstate(all="ignore"):
        ocv = _ocv(file, soc)
    if not np.isfinite(ocv).all() or not (np.diff(ocv) > 0).all():
        i = int(np.flatnonzero(~(np.diff(ocv) > 0))[0])
        said = (
            f"of both electrodes make an open-circuit voltage that goes from {ocv[i]:.4g} to {ocv[i + 1]:.4g} V at "
            f"{soc[i]:.1%} of charge, must rise. Check the stoichiometries and both OCPs."
        )
        raise InputError(file.name, [Fault("OCP [V]", said)])
    low, high = (float(np.interp(v, ocv, soc)) for v in (file.voltage_min_v, file.voltage_max_v))
    if high - low < 0.5:
        said = (
            f"run from {ocv[0]:.4g} to {ocv[-1]:.4g} V, of which the cut-offs {file.voltage_min_v:g} and "
            f"{file.voltage_max_v:g} V leave {high - low:.0%}. Check the stoichiometries."
        )
        raise InputError(file.name, [Fault("OCP [V]", said)])
    return low, high


def _capacity_ah(file: _File, share_frac: float) -> float:
    """Charge between the cut-offs: of the electrode that holds less, or nominal where no geometry is given."""
    if not file.has_kinetics:
        return file.nominal_ah
    held = min(e.capacity_ah(file.area_m2) for e in file.electrodes) * share_frac
    if not 0.67 < held / file.nominal_ah < 1.5:
        said = f"is {file.nominal_ah:g} Ah, but the electrodes hold {held:.4g} Ah. Check area, pairs and thickness."
        raise InputError(file.name, [Fault(f"{file.cell.where}.Nominal cell capacity [A.h]", said)])
    return held


def _cell(
    file: _File,
    window: tuple[float, float],
    capacity_ah: float,
    resistance: Resistance | None,
    like: Cell | None,
) -> Cell:
    grid = np.linspace(0.0, 1.0, POINTS)
    soc = window[0] + (window[1] - window[0]) * grid
    charging, discharging = _ocv(file, soc, "charging"), _ocv(file, soc, "discharging")
    branches = any(e.has_branches for e in file.electrodes)
    ocv = (charging + discharging) / 2 if branches else _ocv(file, soc)
    ocv = np.clip(ocv, file.voltage_min_v, file.voltage_max_v) + 1e-9 * grid  # rounding at the ends only
    curves = {
        "ocv_v": np.minimum(ocv, file.voltage_max_v),
        "hysteresis_v": np.maximum((charging - discharging) / 2, 0.0) if branches else np.zeros(POINTS),
        "entropic_v_per_k": _ocv(file, soc, "entropic"),
        "self_discharge_frac_per_day": np.full(POINTS, SELF_DISCHARGE_FRAC_PER_DAY),
    }
    nominal_v = float(np.trapezoid(ocv, grid))
    numbers = {key: getattr(like, key) if like else value for key, value in ASSUMED.items()}
    if like:
        lent = np.interp(grid, like.soc_points, like.self_discharge_frac_per_day)
        curves["self_discharge_frac_per_day"] = lent
        numbers["maintenance"] = like.maintenance
    mass_kg = _mass_kg(file, capacity_ah * nominal_v)
    heat = file.cell.number("Specific heat capacity [J.K-1.kg-1]", HEAT_J_PER_KG_K)
    return Cell(
        name=str((file.raw["Header"]).get("Title") or file.name),
        capacity_ah=capacity_ah,
        nominal_v=nominal_v,
        voltage_min_v=file.voltage_min_v,
        voltage_max_v=file.voltage_max_v,
        soc_points=grid,
        **curves,
        **_tables(resistance, window, capacity_ah, like),
        mass_kg=mass_kg,
        heat_capacity_j_per_k=heat * mass_kg,
        passport=_passport(file, like, (capacity_ah, nominal_v, mass_kg)),
        **numbers,
    )


def _tables(
    resistance: Resistance | None, window: tuple[float, float], capacity_ah: float, like: Cell | None
) -> dict[str, Any]:
    """Resistance on the SoC of the cell; lent ones are scaled by capacity (twice the plates, half the resistance)."""
    if resistance is None:
        scale = like.capacity_ah / capacity_ah
        keys = ("resistance_soc", "resistance_temp_degc", "rc_frac", "rc_tau_s")
        lent = {key: getattr(like, key) for key in keys}
        return lent | {key: getattr(like, key) * scale for key in ("charge_ohm", "discharge_ohm")}
    soc = window[0] + (window[1] - window[0]) * RESISTANCE_SOC
    ohm = np.array([np.interp(soc, RESISTANCE_SOC, row) for row in resistance.ohm])
    return {
        "resistance_soc": RESISTANCE_SOC, "resistance_temp_degc": TEMPS_DEGC, "charge_ohm": ohm,
        "discharge_ohm": ohm, "rc_frac": resistance.rc_frac, "rc_tau_s": resistance.rc_tau_s,
    }  # fmt: skip


def _mass_kg(file: _File, energy_wh: float) -> float:
    if "Density [kg.m-3]" in file.cell and "Volume [m3]" in file.cell:
        return file.cell.number("Density [kg.m-3]") * file.cell.number("Volume [m3]")
    return energy_wh / ENERGY_WH_PER_KG


def _passport(file: _File, like: Cell | None, derived: tuple[float, float, float]) -> tuple[PassportRow, ...]:
    """What was read, what was made of it, and what BPX does not say."""
    read, made = f"BPX file {file.name}", f"made from BPX file {file.name}"
    rows = [
        PassportRow("voltage_min_v", file.voltage_min_v, "V", read, "medium"),
        PassportRow("voltage_max_v", file.voltage_max_v, "V", read, "medium"),
        PassportRow("capacity_ah", round(derived[0], 6), "Ah", made, "medium"),
        PassportRow("nominal_v", round(derived[1], 6), "V", f"{made}: mean of the OCV", "medium"),
        PassportRow("ocv_v", "curve", "V", f"{made}: OCP positive less negative", "medium"),
    ]
    if file.has_kinetics:
        said = f"{made}: ions, electrons, charge transfer; gradients in the electrolyte are left out"
        rows.append(PassportRow("charge_ohm", "table", "ohm", said, "low"))
    else:
        rows.append(PassportRow("charge_ohm", "table", "ohm", f"lent by {like.name}, by capacity", "low"))
    dense = "Density [kg.m-3]" in file.cell and "Volume [m3]" in file.cell
    weighed = made if dense else f"assumption: {ENERGY_WH_PER_KG:g} Wh/kg"
    rows.append(PassportRow("mass_kg", round(derived[2], 6), "kg", weighed, "medium" if dense else "low"))
    source = f"lent by {like.name}" if like else "assumption: BPX does not say it"
    rows += [
        PassportRow(key, getattr(like, key) if like else ASSUMED[key], unit, source, "low")
        for key, unit in UNITS.items()
    ]
    return tuple(rows)
