"""One step: the merit order at these sizes, and what a change of the stored energy costs.

Gives    merit, pieces.
Used by  kernel.merge, kernel.prices, kernel.schedule.

`eff` = (charge_eff, discharge_eff, wear_charge, wear_discharge, burn_cost) throughout this folder. burn_cost is the
wear of drawing one MWh only to lose it by charging and discharging at once, inf where nothing is lost so.
"""

import numpy as np
from numba import njit


@njit(cache=True, inline="always")
def merit(t, lines, size_of, imports, fixed, rate, sizes, cap, length):
    """Lengths of the step's lines in merit order, import lines cut so that together they stay below cap.

    Returns the index of the first line that the cap cut, -1 if none.
    """
    cut = -1
    left = cap
    for j in range(lines.shape[1]):
        k = lines[t, j]
        size = size_of[k]
        whole = fixed[t, j] if size < 0 else fixed[t, j] + rate[t, j] * sizes[size]
        whole = max(whole, 0.0)
        if imports[k]:
            if whole > left:
                whole = left
                if cut < 0:
                    cut = j
            left -= whole
        length[j] = whole
    return cut


@njit(cache=True, inline="always")
def left_end(t, lines, cost, length, exports, eff):
    """Where the supply's cost curve S begins, S there, and where its slopes pass the cost of burning energy.

    Export starts full: S begins at -export. Burning is charging and discharging at once: each MWh so drawn
    costs wear, and pays where energy is cheaper than that.
    """
    q = 0.0
    spent = 0.0
    burnable = 0.0
    for j in range(lines.shape[1]):
        if exports[lines[t, j]]:
            q -= length[j]
            spent -= cost[t, j] * length[j]
        if cost[t, j] < -eff[4]:
            burnable += length[j]
    return q, spent, q + burnable


@njit(cache=True, inline="always")
def pieces(t, lines, cost, length, exports, load, charge, discharge, eff, slope, extent):
    """Segments of the step's cost as a function of the change x of stored energy, sorted by slope.

    phi(x) = least S(q) + wear over all charging a and discharging b that give x. One walk along the lines, on
    the curve `high` (as much at once as the limits allow) up to where S passes the cost of burning, then a
    middle piece, then on the curve of no burning. Slopes: charging more (m + wear_c)/eta_c, discharging
    less (m - wear_d) eta_d, where m is the cost of the line.

    Returns:
        count, xmin, cost at xmin; count = -1 if supply ends before the load less the discharge limit.
    """
    eta_c, eta_d, wear_c, wear_d, burn_cost = eff
    q, spent, q_star = left_end(t, lines, cost, length, exports, eff)
    q_start = max(q, load - discharge)
    q_end = load + charge
    high = burn_cost < np.inf and q_start <= q_star
    per_eta_c = 1.0 / eta_c
    per_eta_d = 1.0 / eta_d
    d = q_start - load
    a = min(d + discharge, charge) if high else max(d, 0.0)
    xmin = eta_c * a - (a - d) * per_eta_d
    spent += wear_c * a + wear_d * (a - d)
    knee = load + charge - discharge
    n = 0
    for j in range(lines.shape[1]):
        m = cost[t, j]
        rest = length[j]
        if q < q_start:  # the part of S left of q_start is spent in any case
            step = min(rest, q_start - q)
            spent += m * step
            if step < q_start - q:
                q += step
                continue
            q = q_start
            rest -= step
        if high and m >= -burn_cost:
            n = _middle(q, load, charge, discharge, eff, slope, extent, n)
            high = False
        while rest > 0.0 and q < q_end:
            corner = knee if high else load
            first = q < corner
            stop = min(corner, q_end) if first else q_end
            step = min(rest, stop - q)
            if first == high:  # charging rises: before the knee while burning, after the load else
                slope[n] = (m + wear_c) * per_eta_c
                extent[n] = step * eta_c
            else:
                slope[n] = (m - wear_d) * eta_d
                extent[n] = step * per_eta_d
            n += 1
            q = stop if step == stop - q else q + step
            rest -= step
        if q >= q_end:
            break
    if q < q_start - 1e-9 * (1.0 + abs(load)):
        return -1, 0.0, 0.0
    if high:
        n = _middle(q, load, charge, discharge, eff, slope, extent, n)
    return n, xmin, spent


@njit(cache=True, inline="always")
def _middle(q, load, charge, discharge, eff, slope, extent, n):
    """Where S passes the cost of burning, any mix of burning and none will do: one more piece."""
    eta_c, eta_d, wear_c, wear_d, _ = eff
    d = q - load
    x_lo = d * eta_c if d > 0.0 else d / eta_d
    a = min(d + discharge, charge)
    x_hi = eta_c * a - (a - d) / eta_d
    if x_lo > x_hi:
        slope[n] = -(wear_c + wear_d) * eta_d / (1.0 - eta_c * eta_d)
        extent[n] = x_lo - x_hi
        n += 1
    return n
