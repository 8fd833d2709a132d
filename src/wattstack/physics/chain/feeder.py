"""The impedance between the campus and its grid: voltage under a load, and the most that can be carried.

Needs    campus.Connection as declared; physics.kernel.feeder (when called).
Gives    feeder_row, bus_voltage, most_load_mw, ENDED.
Used by  physics.chain.network, prove, twin.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError, StateError

if TYPE_CHECKING:
    from wattstack.campus import Connection

# What a step of the network ended as, by the number of physics.kernel.feeder.
ENDED = ("well", "low voltage", "voltage collapse", "no voltage", "out of step", "overvoltage")


def feeder_row(connection: Connection) -> np.ndarray:
    """Rows of physics.kernel.feeder: resistance and reactance [pu of voltage squared per MVA], nominal frequency [Hz].

    Raises:
        InputError: short_circuit_mva or frequency_hz is missing.
    """
    faults = [
        Fault(f"grid.connection.{key}", "is missing, must be given where milliseconds are simulated.")
        for key in ("short_circuit_mva", "frequency_hz")
        if getattr(connection, key) is None
    ]
    if faults:
        raise InputError("campus", faults)
    r, x = impedance(connection.short_circuit_mva, connection.x_over_r)
    return np.array([r, x, float(connection.frequency_hz)])


def impedance(short_circuit_mva: float, x_over_r: float) -> tuple[float, float]:
    """Resistance and reactance of the grid behind the point of connection [pu of voltage squared per MVA].

    |R + jX| = 1 / short_circuit_mva at nominal voltage.

    Example:
        >>> r, x = impedance(5000.0, 10.0)
        >>> round(x * 5000, 4), round(x / r, 4)
        (0.995, 10.0)
    """
    r = 1.0 / short_circuit_mva / math.hypot(1.0, x_over_r)
    return r, x_over_r * r


def bus_voltage(
    short_circuit_mva: float, x_over_r: float, load_mw: float, load_mvar: float = 0.0, grid_pu: float = 1.0
) -> tuple[float, float]:
    """Voltage at the point of connection under a load of constant power.

    Args:
        short_circuit_mva: Short-circuit power of the grid there, > 0.
        x_over_r: Reactance / resistance of the grid.
        load_mw: Drawn from the grid.
        load_mvar: Drawn from the grid, > 0 inductive.
        grid_pu: Voltage of the grid behind its impedance.

    Returns:
        Voltage [pu], and its angle against the grid's [rad] (< 0 for a load).

    Raises:
        StateError: The grid cannot carry the load, or only below 0.7 pu.

    Source:
        Exact solution of the load flow of two buses; for small changes it is dV = -(R dP + X dQ) / V.

    Example:
        >>> volt_pu, angle_rad = bus_voltage(3000.0, 10.0, 150.0)
        >>> round(volt_pu, 4), round(angle_rad, 3)
        (0.9937, -0.05)
    """
    from wattstack.physics.kernel.feeder import WELL, solve_load

    r, x = impedance(short_circuit_mva, x_over_r)
    z2 = r * r + x * x
    g, b = r / z2, -x / z2
    status, re, im = solve_load(g, b, g * grid_pu, b * grid_pu, load_mw, load_mvar, 1.0)
    if status != WELL:
        most = most_load_mw(short_circuit_mva, x_over_r, load_mvar / load_mw if load_mw else 0.0, grid_pu)
        raise StateError(
            f"load_mw is {load_mw:,.4g} with {load_mvar:,.4g} Mvar: {ENDED[int(status)]}. A grid of "
            f"{short_circuit_mva:,.4g} MVA at {grid_pu:g} pu carries at most {most:,.4g} MW of this power factor. "
            "Lower the load."
        )
    return math.hypot(re, im), math.atan2(im, re)


def most_load_mw(
    short_circuit_mva: float, x_over_r: float, mvar_per_mw: float = 0.0, grid_pu: float = 1.0
) -> float:
    """Greatest load of constant power that the grid can carry: beyond it the voltage collapses.

    E^2 / (2 (|Z| sqrt(1 + k^2) + R + X k)) with k = mvar_per_mw: where the two solutions of the load flow meet.

    Args:
        short_circuit_mva: Short-circuit power of the grid there, > 0.
        x_over_r: Reactance / resistance of the grid.
        mvar_per_mw: Reactive power / power of the load.
        grid_pu: Voltage of the grid behind its impedance.

    Source:
        Van Cutsem and Vournas (1998), Voltage Stability of Electric Power Systems, chapter 2.

    Example:
        >>> round(most_load_mw(3000.0, 1e9))  # E^2 / 2X
        1500
    """
    r, x = impedance(short_circuit_mva, x_over_r)
    k = mvar_per_mw
    return grid_pu**2 / (2.0 * (math.hypot(r, x) * math.sqrt(1.0 + k * k) + r + x * k))
