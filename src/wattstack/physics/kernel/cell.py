"""One cell over one step: current from power, what limits it, and what it leaves behind.

Gives    solve_current, decay, mean_kept, window_ohm, current_limit, taper.
Used by  physics.kernel.batch, physics.kernel.strings, physics.power_window.

Current is constant over a step. All that follows from it inside the step - drift of the open-circuit voltage along
its slope, charging of the RC pairs, hysteresis - is linear in the current or nearly so, hence the mean voltage of the
step is E - R I with a known E and R, and power gives current by one square root.

Source: Plett (2004), doi:10.1016/j.jpowsour.2004.02.032 (RC pairs, one-state hysteresis); Bernardi, Pawlikowski and
Newman (1985), doi:10.1149/1.2113792 (heat).
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from wattstack.physics.kernel.layout import (
    BY_CURRENT,
    BY_MATCHED_LOAD,
    BY_SOC_HIGH,
    BY_SOC_LOW,
    BY_TEMPERATURE,
    BY_VOLTAGE,
)  # fmt: skip

LEAST_DERATE = (
    0.05  # derating near the ends of the window leaves a trickle, so that the ends are reached: assumption
)
_SHIFT = 6755399441055744.0  # 1.5 x 2^52: adding it rounds to a whole number, kept in the lowest bits
_LOG2E, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def solve_current(e, r, p):
    """Current [A] at which a source e [V] behind r [ohm] gives p [W]; beyond matched load e / 2r.

    The root of p = (e - r i) i without cancellation: it is safe at p = 0 and for any sign.
    """
    return 2.0 * p / (e + sqrt(max(e * e - 4.0 * r * p, 0.0)))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def decay(x):
    """exp(-x) for x >= 0 to 1e-15, without a call, so that a loop over blocks stays in vector registers."""
    y = -min(x, 700.0)
    t = y * _LOG2E + _SHIFT
    k = t - _SHIFT
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW
    p = 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    bits = (np.float64(t).view(np.int64) + np.int64(1023)) << np.int64(52)
    return p * np.int64(bits).view(np.float64)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def window_ohm(ohm, times, drift_v_per_a):
    """Resistance that acts over a window: R0 with what the RC pairs add by then, and the drift of the OCV."""
    return ohm * times + drift_v_per_a


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def mean_kept(x):
    """Mean of exp(-x y) over y = 0 .. 1, to 0.2 % for x <= 1: reciprocal of the series of x / (1 - exp(-x))."""
    return 1.0 / (1.0 + x * (0.5 + x * (1.0 / 12.0)))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def current_limit(out, rated_a, temp_frac, taper_a, over_v, half_source_v, end_ohm, room_a):
    """Greatest current [A, >= 0] in one direction (out: discharge), and what sets it.

    taper_a: from `taper`; over_v: from the source to the voltage limit; half_source_v: matched load; both at the end of
    the step; room_a: what empties or fills the window within the step.
    """
    at_edge = BY_SOC_LOW if out else BY_SOC_HIGH
    by_voltage = min(over_v, half_source_v) / end_ohm
    code = BY_TEMPERATURE if temp_frac < 1.0 else BY_CURRENT
    code = at_edge if taper_a < rated_a else code
    most = min(rated_a, taper_a)
    by_source = BY_MATCHED_LOAD if half_source_v < over_v else BY_VOLTAGE
    code = by_source if by_voltage < most else code
    most = min(most, by_voltage)
    code = at_edge if room_a < most else code
    return max(min(most, room_a), 0.0), code


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def taper(room, width, rated_a, per_a):
    """Current that is left near an end of the window: in proportion to the room there is at the end of the step.

    rated x (room - i per_a) / width = i, solved for i, so that a long step tapers as many short ones do.
    """
    return rated_a * max(room / (width + rated_a * per_a), LEAST_DERATE)
