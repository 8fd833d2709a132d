"""One cell over one step: current from power, what limits it, and what it leaves behind.

Needs    physics.kernel.vector.
Gives    Bounds, is_over, most_current; solve_current, mean_kept, window_ohm.
Used by  physics.kernel.lanes, physics.kernel.strings, physics.kernel.window.

Current is constant over a step. All that follows from it inside the step - drift of the open-circuit voltage along
its slope, charging of the RC pairs, hysteresis - is linear in the current or nearly so, hence the mean voltage of the
step is E - R I with a known E and R, and power gives current by one square root.

Source: Plett (2004), doi:10.1016/j.jpowsour.2004.02.032 (RC pairs, one-state hysteresis); Bernardi, Pawlikowski and
Newman (1985), doi:10.1149/1.2113792 (heat).
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from wattstack.physics.kernel.layout import (
    BY_CURRENT,
    BY_MATCHED_LOAD,
    BY_SOC_HIGH,
    BY_SOC_LOW,
    BY_TEMPERATURE,
    BY_VOLTAGE,
)  # fmt: skip
from wattstack.physics.kernel.vector import lower, root, select, upper

# derating near the ends of the window leaves a trickle, so that the ends are reached: assumption
LEAST_DERATE = 0.05


class Bounds(NamedTuple):
    """What limits a current in one direction.

    Attributes:
        rated_a: By the C-rate at this temperature [A].
        temp_frac: Share of the C-rate that the temperature leaves.
        room_frac: To the end of the window in use (state of charge).
        width_a: Width of the tapering, and what the rated current moves in a step (state of charge).
        over_v: From the source to the voltage limit [V]; half_v: matched load [V]; both at the end of the step.
        end_ohm: Resistance that acts until then.
        room_a: What empties or fills the window within the step [A].
    """

    rated_a: float
    temp_frac: float
    room_frac: float
    width_a: float
    over_v: float
    half_v: float
    end_ohm: float
    room_a: float


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def solve_current(e, r, p):
    """Current [A] at which a source e [V] behind r [ohm] gives p [W]; beyond matched load e / 2r.

    The root of p = (e - r i) i without cancellation: it is safe at p = 0 and for any sign.
    """
    return 2.0 * p / (e + root(upper(e * e - 4.0 * r * p, 0.0)))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def mean_kept(x, per):
    """Mean of exp(-x y / per) over y = 0 .. 1, to 0.2 % for x <= per: (part, whole), a share not yet divided.

    Reciprocal of the series of z / (1 - exp(-z)).
    """
    square = per * per
    return square, square + x * (0.5 * per + x * (1.0 / 12.0))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def window_ohm(ohm, times, drift_v_per_a):
    """Resistance that acts over a window: R0 with what the RC pairs add by then, and the drift of the OCV."""
    return ohm * times + drift_v_per_a


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def is_over(bounds, amps):
    """Whether a current [A, >= 0] is above what `most_current` allows; by products, which are fast."""
    source_v = upper(lower(bounds.over_v, bounds.half_v), 0.0)
    room = upper(bounds.room_frac, LEAST_DERATE * bounds.width_a)
    return (
        (amps > bounds.rated_a) | (amps * bounds.width_a > bounds.rated_a * room)
        | (amps * bounds.end_ohm > source_v) | (amps > upper(bounds.room_a, 0.0))
    )  # fmt: skip


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def most_current(out, bounds):
    """Greatest current [A, >= 0] in one direction (out: discharge), and what sets it.

    Near an end of the window it tapers in proportion to the room there is at the end of the step:
    rated x (room - i per_a) / width = i, solved for i, so that a long step tapers as many short ones do.
    """
    rated_a = bounds.rated_a
    at_edge = select(out, BY_SOC_LOW, BY_SOC_HIGH)
    taper_a = rated_a * upper(bounds.room_frac / bounds.width_a, LEAST_DERATE)
    by_voltage = lower(bounds.over_v, bounds.half_v) / bounds.end_ohm
    code = select(bounds.temp_frac < 1.0, BY_TEMPERATURE, BY_CURRENT)
    code = select(taper_a < rated_a, at_edge, code)
    most = lower(taper_a, rated_a)
    by_source = select(bounds.half_v < bounds.over_v, BY_MATCHED_LOAD, BY_VOLTAGE)
    code = select(by_voltage < most, by_source, code)
    most = lower(by_voltage, most)
    code = select(bounds.room_a < most, at_edge, code)
    return upper(lower(bounds.room_a, most), 0.0), code
