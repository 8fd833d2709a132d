"""Converters of batteries within milliseconds: declared numbers as columns.

Needs    campus.Inverter as declared; physics.kernel.inverter (when called).
Gives    inverter_column.
Used by  physics.chain.network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wattstack.campus import Inverter


def inverter_column(inverter: Inverter, rating_mva: float) -> np.ndarray:
    """Rows of physics.kernel.inverter for one converter, shape (NINVERTER_CONST,).

    Args:
        inverter: As declared.
        rating_mva: Its rating, which all its pu are of.

    Source:
        Following: phase-locked loop of second order, critically damped, and a power loop of first order; current of
        double the missing voltage below 0.9 pu, VDE-AR-N 4120 (2018). Forming: virtual synchronous machine, D'Arco,
        Suul and Fosso (2015), Electric Power Systems Research 122, 180-197, with the swing equation
        2 H dw/dt = p_set - p - (w - w_set) / droop - D (w - w_bus). Its current is held at its limit by virtual
        impedance, Paquette and Divan (2015), IEEE Transactions on Industry Applications 51.
    """
    from wattstack.physics.kernel import inverter as at

    column = np.zeros(at.NINVERTER_CONST)
    for row, value in (
        (at.FORMS, inverter.mode == "grid-forming"),
        (at.RATING_MVA, rating_mva),
        (at.POWER_LOOP_S, inverter.power_loop_s),
        (at.PLL_S, inverter.pll_s),
        (at.CURRENT_PU, inverter.current_limit_pu),
        (at.REACTIVE_MVAR, inverter.reactive_pu * rating_mva),
        (at.DROOP, inverter.droop_frac),
        (at.DEADBAND_HZ, inverter.deadband_hz),
        (at.INERTIA_S, inverter.inertia_s),
        (at.DAMPING, inverter.damping_pu),
        (at.VOLT_DROOP, inverter.voltage_droop_frac),
        (at.REACTANCE_PU, inverter.reactance_pu),
    ):
        column[row] = value
    return column
