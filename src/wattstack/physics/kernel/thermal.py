"""Heat of a container: cells, the air or coolant around them, the wall; advanced exactly over any step.

Gives    fill_thermal, climate_power, power_per_cooling, rated_per_cop.
Used by  physics.kernel.batch, physics.thermal.

Three temperatures, heat into cells and air, and the outdoor temperature are a linear system x' = A x + B u. With u
constant over a step, x(t + dt) = Phi x + Gamma u exactly, and Phi and Gamma are one matrix exponential for each
length of step: no step is too long. All quantities are per MWh of nameplate, so that one system serves every size.

Source: exact discretisation, Van Loan (1978), doi:10.1109/TAC.1978.1101743; scaling and squaring, Moler and Van Loan
(2003), doi:10.1137/S00361445024180.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.physics.kernel.tables import (
    G_AIR_WALL,
    G_CELL_AIR,
    G_HEAT_AIR,
    G_HEAT_CELL,
    G_HEAT_WALL,
    G_WALL_OUT,
    M_GAMMA,
    M_PER_ANSWER,
    M_PHI,
)  # fmt: skip
from wattstack.physics.kernel.vector import lower, select, upper

RELEASE_K = 0.01  # the climate stops this near its setpoint
APPROACH_K = 10.0  # between refrigerant and air, each side: assumption, usual design of air-cooled chillers
RATED_OUT_DEGC = 35.0
LEAST_LIFT_K = 10.0


@njit(cache=True)
def expm(a):
    """Exponential of a small matrix: Taylor series of a scaled matrix, squared back."""
    norm = np.abs(a).sum(axis=1).max()
    squarings = 0
    while norm > 0.5:
        norm *= 0.5
        squarings += 1
    b = a / 2.0**squarings
    n = a.shape[0]
    total, term = np.eye(n), np.eye(n)
    for k in range(1, 16):
        term = _times(term, b) / k
        total += term
    for _ in range(squarings):
        total = _times(total, total)
    return total


@njit(cache=True)
def _times(a, b):
    n = a.shape[0]
    out = np.zeros((n, n))
    for i in range(n):
        for k in range(n):
            for j in range(n):
                out[i, j] += a[i, k] * b[k, j]
    return out


@njit(cache=True)
def fill_thermal(const, step_s, out):
    """Phi and Gamma of one kind for one length of step, into out[M_PHI ...] and out[M_GAMMA ...]."""
    a = np.zeros((6, 6))
    cell_air, air_wall, wall_out = const[G_CELL_AIR], const[G_AIR_WALL], const[G_WALL_OUT]
    cell, air, wall = const[G_HEAT_CELL], const[G_HEAT_AIR], const[G_HEAT_WALL]
    a[0, 0], a[0, 1] = -cell_air / cell, cell_air / cell
    a[1, 0], a[1, 1], a[1, 2] = cell_air / air, -(cell_air + air_wall) / air, air_wall / air
    a[2, 1], a[2, 2] = air_wall / wall, -(air_wall + wall_out) / wall
    a[0, 3], a[1, 4], a[2, 5] = 1.0 / cell, 1.0 / air, wall_out / wall
    whole = expm(a * step_s)
    for i in range(3):
        for j in range(3):
            out[M_PHI + 3 * i + j] = whole[i, j]
            out[M_GAMMA + 3 * i + j] = whole[i, 3 + j]
    out[M_PER_ANSWER] = 1.0 / out[M_GAMMA + 1]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def power_per_cooling(out_degc, setpoint_degc, per_cop):
    """Electricity per heat taken away: COP is a constant share of Carnot's. `per_cop` from rated_per_cop."""
    return per_cop * max(out_degc - setpoint_degc + 2.0 * APPROACH_K, LEAST_LIFT_K)


def rated_per_cop(setpoint_degc: float, cop: float) -> float:
    """1 / (COP at 35 degC outdoors x lift of temperature there) [1/K]."""
    return 1.0 / (cop * max(RATED_OUT_DEGC - setpoint_degc + 2.0 * APPROACH_K, LEAST_LIFT_K))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def climate_power(temp_cell, mode, free_cell, control, cool_w, heat_w):
    """Heat the climate puts into the air [W/MWh] (< 0 cools), and its new mode (1 cools, -1 heats, 0 off).

    Thermostat with hysteresis on the cells: on beyond the band, off at the setpoint. While on it gives full power,
    but no more than lands the cells on the setpoint at the end of the step, so that a long step does not overshoot.
    control: (setpoint, band, W/MWh into the air per kelvin of the cells at that time).
    """
    setpoint, band, per_answer = control
    off = temp_cell - setpoint
    cooling = (off > band) | ((mode > 0.5) & (off > RELEASE_K))
    heating = (off < 0.0 - band) | ((mode < -0.5) & (off < -RELEASE_K))
    wanted = (setpoint - free_cell) * per_answer
    cool = lower(upper(wanted, 0.0 - cool_w), 0.0)
    heat = upper(lower(wanted, heat_w), 0.0)
    power = select(cooling, cool, select(heating, heat, 0.0))
    return power, select(cooling, 1.0, select(heating, -1.0, 0.0))
