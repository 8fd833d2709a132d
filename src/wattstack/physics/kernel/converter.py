"""Bus to cells and back: loss of transformer and converter as shares of the rating.

Needs    physics.kernel.vector.
Gives    ac_of_bus, dc_of_ac, ac_of_dc_out, ac_of_dc_in, bus_of_ac_out, bus_of_ac_in, least_dc_out.
Used by  physics.kernel.lanes, physics.kernel.strings, physics.converter.

Loss is a polynomial of the power on the alternating side, so from the bus to the cells it is a sum, and from the cells
to the bus the root of a quadratic, written so that nothing cancels. All powers are shares of the rating, >= 0.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel.vector import magnitude, root, upper


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def ac_of_bus(bus, no_load, load):
    """Power between transformer and converter; bus > 0 gives to the bus, < 0 takes from it."""
    return bus + no_load + load * bus * bus


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def dc_of_ac(ac, fixed, linear, square):
    """Power the cells give (> 0) or take (< 0) for this power on the converter's alternating side."""
    return ac + fixed + linear * magnitude(ac) + square * ac * ac


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def ac_of_dc_out(dc, fixed, linear, square):
    """Alternating power when the cells give dc >= fixed: root of ac + fixed + linear ac + square ac^2 = dc."""
    over = upper(dc - fixed, 0.0)
    slope = 1.0 + linear
    return 2.0 * over / (slope + root(slope * slope + 4.0 * square * over))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def ac_of_dc_in(dc, fixed, linear, square):
    """Alternating power taken when the cells take dc >= 0: root of ac - fixed - linear ac - square ac^2 = dc."""
    under = dc + fixed
    slope = 1.0 - linear
    return 2.0 * under / (slope + root(upper(slope * slope - 4.0 * square * under, 0.0)))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def bus_of_ac_out(ac, no_load, load):
    """Power given to the bus when the converter gives ac >= 0."""
    over = upper(ac - no_load, 0.0)
    return 2.0 * over / (1.0 + root(1.0 + 4.0 * load * over))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def bus_of_ac_in(ac, no_load, load):
    """Power (>= 0) taken from the bus when the converter takes ac >= 0."""
    under = ac + no_load
    return 2.0 * under / (1.0 + root(upper(1.0 - 4.0 * load * under, 0.0)))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def least_dc_out(no_load, fixed, linear, square):
    """What the cells must give before anything reaches the bus."""
    return dc_of_ac(no_load, fixed, linear, square)
