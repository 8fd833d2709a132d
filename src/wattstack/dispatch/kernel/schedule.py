"""The schedule in full: from the change of stored energy in each step to charge, discharge and every line.

Needs    kernel.steps.
Gives    walk.
Used by  dispatch.run.
"""

import numpy as np
from numba import njit

from wattstack.dispatch.kernel.steps import left_end, merit


@njit(cache=True)
def _drawn(x, load, charge, discharge, q_star, eff):
    """Net charging that gives x: with nothing at once, and as far into burning as pays.

    Returns both; they are the same unless energy is so cheap that burning it pays.
    """
    eta_c, eta_d = eff[0], eff[1]
    d_lo = x / eta_c if x > 0.0 else x * eta_d
    if eta_c * eta_d > 1.0 - 1e-12:
        return d_lo, d_lo
    d_hi = (x + discharge / eta_d) / eta_c - discharge
    if d_hi > charge - discharge:
        d_hi = charge - (eta_c * charge - x) * eta_d
    return d_lo, max(d_lo, min(q_star - load, d_hi))


@njit(cache=True, nogil=True)
def walk(first, start, made, supply, caps, store, eff, keep, out):
    """Fill charge, discharge, stored energy and what each line gives [MWh]. `made` = (xmin, taken, lent).

    Returns the MWh burnt by charging and discharging at once, and what not doing so would cost at most.
    """
    lines, size_of, imports, exports, cost, fixed, rate, sizes = supply
    load, charge, discharge, floor, ceiling = store
    eta_c, eta_d, wear_c, wear_d, _ = eff
    charged, discharged, stored, take = out
    xmin, taken, lent = made
    count, lines_n = lines.shape
    length = np.empty(lines_n)
    energy = start
    burnt = 0.0
    worth = 0.0
    for i in range(count):
        t = first + i if first + i < count else first + i - count
        merit(t, lines, size_of, imports, fixed, rate, sizes, caps[t], length)
        q0, _, q_star = left_end(t, lines, cost, length, exports, eff)
        x = xmin[t] + taken[t]
        d_lo, d = _drawn(x, load[t], charge[t], discharge[t], q_star, eff)
        a, b = max(d_lo, 0.0), max(-d_lo, 0.0)
        if d > d_lo:
            worth += wear_c * a + wear_d * b
            a = (d / eta_d - x) / (1.0 / eta_d - eta_c)
            b = a - d
            worth -= wear_c * a + wear_d * b
            burnt += d - d_lo
        energy = energy * keep + x + lent[t]
        energy = min(max(energy, floor[t]), max(ceiling[t], floor[t]))  # rounding only
        charged[t], discharged[t], stored[t] = a, b, energy
        q = load[t] + d - q0
        plain = load[t] + d_lo - q0  # what would be drawn without burning
        for j in range(lines_n):
            step = min(length[j], q)
            least = min(length[j], plain)
            take[lines[t, j], t] = step
            worth -= cost[t, j] * (step - least)
            q -= step
            plain -= least
    return burnt, worth
