"""One electrode of a BPX cell: its potential, its capacity and what it adds to the resistance.

Needs    physics.bpx_values.
Gives    Electrode, Resistance, resistance_of, TEMPS_DEGC, RESISTANCE_SOC.
Used by  physics.bpx.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wattstack.errors import Fault
from wattstack.physics.bpx_values import BpxSection

FARADAY, GAS, KELVIN = 96485.33212, 8.314462618, 273.15  # C/mol, J/(mol K) (CODATA 2018), K
FIRST_EIGENVALUE = 20.19  # of diffusion in a closed sphere, 4.4934^2 (Crank, The Mathematics of Diffusion)
TEMPS_DEGC = np.arange(-20.0, 61.0, 5.0)
RESISTANCE_SOC = np.linspace(0.0, 1.0, 21)
_KINETICS = (
    "Thickness [m]", "Surface area per unit volume [m-1]", "Reaction rate constant [mol.m-2.s-1]",
    "Particle radius [m]", "Maximum concentration [mol.m-3]", "Diffusivity [m2.s-1]",
)  # fmt: skip


class Resistance(NamedTuple):
    """What the file's physics comes to: R0 by temperature and SoC [ohm], (k, m), and RC pairs beside it."""

    ohm: np.ndarray
    rc_frac: tuple[float, ...]
    rc_tau_s: tuple[float, ...]


class Electrode:
    """One electrode, read from its section; faults go to the section's list.

    Args:
        section: "Negative electrode" or "Positive electrode".
        negative: Whether it is the negative one: it is full of lithium when the cell is full.
    """

    def __init__(self, section: BpxSection, negative: bool):
        self.section, self.negative = section, negative
        self.blended = "Particle" in section
        if self.blended:
            return
        low, high = section.share("Minimum stoichiometry"), section.share("Maximum stoichiometry")
        if low >= high:
            said = f"is {low:g}, must be below the maximum {high:g}."
            section.faults.append(Fault(f"{section.where}.Minimum stoichiometry", said))
        self.at_0, self.at_1 = (low, high) if negative else (high, low)
        self.ocp = section.curve("OCP [V]")
        branches = [f"OCP ({way}) [V]" for way in ("delithiation", "lithiation")]
        out, into = (section.curve(key) if key in section else self.ocp for key in branches)
        self.charging, self.discharging = (into, out) if negative else (out, into)
        self.has_branches = any(key in section for key in branches)
        self.entropic = section.curve("Entropic change coefficient [V.K-1]", 0.0)
        self.has_kinetics = any(key in section for key in _KINETICS)
        if self.has_kinetics:
            for key in _KINETICS[:-1]:
                section.number(key)
            self.diffusivity = section.curve("Diffusivity [m2.s-1]")

    def stoichiometry(self, soc: np.ndarray) -> np.ndarray:
        """Lithium in the electrode, as a share, at a state of charge of the file (0 .. 1)."""
        return self.at_0 + (self.at_1 - self.at_0) * np.asarray(soc)

    def surface_m2(self, area_m2: float) -> float:
        """Surface of all its particles, for an electrode area of all pairs together."""
        number = self.section.number
        return number("Surface area per unit volume [m-1]") * number("Thickness [m]") * area_m2

    def capacity_ah(self, area_m2: float) -> float:
        """Charge between its two stoichiometries [Ah]; share of active material = surface x radius / 3."""
        number = self.section.number
        active_m3 = self.surface_m2(area_m2) * number("Particle radius [m]") / 3
        span = abs(self.at_1 - self.at_0)
        return FARADAY * number("Maximum concentration [mol.m-3]") * active_m3 * span / 3600

    def charge_transfer_ohm(self, soc: np.ndarray, temp_degc: float, area_m2: float) -> np.ndarray:
        """Butler-Volmer at small overvoltage, exchange current F K sqrt(x (1 - x)) as BPX defines K [ohm]."""
        # where the electrode is bare or full the formula has no end
        x = np.clip(self.stoichiometry(soc), 0.005, 0.995)
        rate = self.section.number("Reaction rate constant [mol.m-2.s-1]")
        rate *= self.growth("Reaction rate constant activation energy [J.mol-1]", temp_degc)
        exchange = FARADAY * rate * np.sqrt(x * (1 - x)) * self.surface_m2(area_m2)
        return GAS * (temp_degc + KELVIN) / (FARADAY * exchange)

    def diffusion(self, soc: np.ndarray, area_m2: float) -> tuple[float, float]:
        """Mean resistance [ohm] and time constant [s] of diffusion in its particles, at 25 degC.

        Surface against mean of a sphere under constant flux: radius / (5 D); potential follows the slope of the OCP.
        """
        x = self.stoichiometry(soc)
        radius = self.section.number("Particle radius [m]")
        diffusivity = np.maximum(self.diffusivity(x), 1e-30)
        step = 1e-4
        slope = np.abs(self.ocp(x + step) - self.ocp(x - step)) / (2 * step)
        flux = FARADAY * self.section.number("Maximum concentration [mol.m-3]") * self.surface_m2(area_m2)
        return (
            float(np.mean(slope * radius / (5 * diffusivity * flux))),
            float(radius**2 / (FIRST_EIGENVALUE * np.median(diffusivity))),
        )

    def growth(self, key: str, temp_degc: float) -> float:
        """Arrhenius factor against 25 degC of an activation energy of the section, 1 where it gives none."""
        return _arrhenius(self.section.number(key), temp_degc) if key in self.section else 1.0


def resistance_of(
    negative: Electrode, positive: Electrode, area_m2: float, ions: BpxSection | None, others: tuple
) -> Resistance:
    """R0 and the RC pairs of a cell with kinetics.

    Args:
        negative: The negative electrode. positive: The positive one.
        area_m2: Electrode area of all pairs.
        ions: Section "Electrolyte", None in a single-particle file: then ions and electrons add nothing.
        others: Section "Separator" and the concentration of the electrolyte [mol/m3].

    Returns:
        The resistance on TEMPS_DEGC x RESISTANCE_SOC.
    """
    rows = []
    for temp_degc in TEMPS_DEGC:
        row = sum(e.charge_transfer_ohm(RESISTANCE_SOC, temp_degc, area_m2) for e in (negative, positive))
        rows.append(row + (_ohmic(negative, positive, ions, others, temp_degc) / area_m2 if ions else 0.0))
    ohm = np.array(rows)
    middle = RESISTANCE_SOC[2:-2]
    at_25 = float(np.interp(0.5, RESISTANCE_SOC, ohm[list(TEMPS_DEGC).index(25.0)]))
    pairs = [e.diffusion(middle, area_m2) for e in (negative, positive)]
    return Resistance(ohm, tuple(r / at_25 for r, _ in pairs), tuple(tau for _, tau in pairs))


def _ohmic(
    negative: Electrode, positive: Electrode, ions: BpxSection, others: tuple, temp_degc: float
) -> float:
    """Ions through a third of each electrode and the separator, electrons through a third of each [ohm m2]."""
    separator, concentration = others
    conductivity = float(ions.curve("Conductivity [S.m-1]")(np.array(concentration)))
    if "Conductivity activation energy [J.mol-1]" in ions:
        conductivity *= _arrhenius(ions.number("Conductivity activation energy [J.mol-1]"), temp_degc)
    path = separator.number("Thickness [m]") / separator.number("Transport efficiency")
    solid = 0.0
    for section in (negative.section, positive.section):
        third = section.number("Thickness [m]") / 3
        path += third / section.number("Transport efficiency")
        solid += third / section.number("Conductivity [S.m-1]")
    return path / conductivity + solid


def _arrhenius(energy_j_per_mol: float, temp_degc: float) -> float:
    return float(np.exp(energy_j_per_mol / GAS * (1 / (25.0 + KELVIN) - 1 / (temp_degc + KELVIN))))
