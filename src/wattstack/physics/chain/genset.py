"""Generating sets within milliseconds: what moves them, and their numbers as columns.

Needs    physics.kernel.genset (when called).
Gives    GensetDynamics, genset_column.
Used by  physics.chain.network, twin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class GensetDynamics:
    """How a synchronous generator behind an engine answers. One set of numbers for all units of a campus.

    Attributes:
        power_factor: Rated MW / MVA; 0.8 is usual for sets: assumption.
        droop_frac: Change of frequency / nominal for a change of power by the rating; ISO 8528-5 class G2: at most 5 %.
        governor_s: Lag of the actuator: assumption.
        engine_s: Lag from fuel to torque: half a second of a gas engine with turbocharger, assumption.
        inertia_s: H of engine and generator: Kundur (1994), Power System Stability and Control, gives 2 .. 10 s for
            turbines; engines of some MW have about 1 s, assumption.
        damping_pu: Power / rating for a speed off that of the bus by the whole nominal: damper windings, assumption.
        reactance_pu: Transient reactance on its own rating, Kundur (1994): 0.2 .. 0.4.
        voltage_droop_frac: Change of voltage / nominal for reactive power by the rating, assumption.
        regulator_s: Lag of the voltage regulator, assumption.
    """

    power_factor: float = 0.8
    droop_frac: float = 0.05
    governor_s: float = 0.05
    engine_s: float = 0.5
    inertia_s: float = 1.0
    damping_pu: float = 10.0
    reactance_pu: float = 0.25
    voltage_droop_frac: float = 0.05
    regulator_s: float = 0.3


def genset_column(dynamics: GensetDynamics, power_mw: float) -> np.ndarray:
    """Rows of physics.kernel.genset for one unit, shape (NGENSET_CONST,).

    Args:
        dynamics: How it answers.
        power_mw: Its rated power.

    Source:
        Classical model of a synchronous machine, Kundur (1994), chapter 13; governor with droop and two lags.
    """
    from wattstack.physics.kernel import genset as at

    column = np.zeros(at.NGENSET_CONST)
    column[at.G_RATING_MVA], column[at.G_POWER_MW] = power_mw / dynamics.power_factor, power_mw
    column[at.G_DROOP], column[at.G_GOVERNOR_S] = dynamics.droop_frac, dynamics.governor_s
    column[at.G_ENGINE_S], column[at.G_INERTIA_S] = dynamics.engine_s, dynamics.inertia_s
    column[at.G_DAMPING], column[at.G_REACTANCE_PU] = dynamics.damping_pu, dynamics.reactance_pu
    column[at.G_VOLT_DROOP], column[at.G_AVR_S] = dynamics.voltage_droop_frac, dynamics.regulator_s
    return column
