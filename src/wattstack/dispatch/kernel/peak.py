"""A horizon under the peak of a month that may be raised: no further than the raise is worth its price.

Needs    kernel.horizon.
Gives    plan_peak.
Used by  control.mpc, twin.

A penalty per MWh above the cap does not care when the excess falls, and a demand price does: five MW for one step
cost five times as much as one MW for five. So the raise is a number of its own, paid once per MW. The least cost is
convex in it; its slope is the price of a raise less what the cap costs in the steps where it binds. Where the tangents
of a raise too small and one too large meet is the next to try (Kelley 1960, doi:10.1137/0108053, in one dimension), and
a bound that tells when to stop. A cap that can be held, which is the usual case, takes one plan.
"""

import numpy as np
from numba import njit

from wattstack.dispatch.kernel.horizon import plan_horizon

STEEP = 2.0  # times the price of a raise for one step only: what lies above the raised cap costs more than raising it
FINE = 1e-3  # of the largest raise, or of a MW: what more than the least may be paid
EDGE = 0.05  # of what is left between the two: the next raise keeps so far from either


@njit(cache=True, nogil=True)
def plan_peak(
    start_mwh, step_h, lines_cost, lines_mw, load_mw, cap_mw, until, peak_price, charge_mw, discharge_mw,
    floor_mwh, ceiling_mwh, charge_eff, discharge_eff, keep, wear, end_value, out_power_mw, out_price, scratch,
):  # fmt: skip
    """Least-cost running of the next n steps, and how far the cap is best raised in the first `until` of them.

    Args:
        until: Steps of the plan that belong to the running month; the cap of the others stays.
        peak_price: What a MW more of the month's peak costs, >= 0.
        The rest as in plan_horizon; over_cap_cost is that of a MW for half a step.

    Returns:
        cost: As in plan_horizon, the raise paid. raise_mw: On cap_mw of the first `until` steps; over_mw of the
        scratch is what lies above even that.
    """
    over_cap_cost = STEEP * peak_price / step_h
    most = 0.0
    for t in range(until):  # raised so far the cap can never bind
        most = max(most, load_mw[t] + charge_mw - cap_mw[t])
    close = FINE * max(most, 1.0)
    low = high = raise_mw = 0.0
    cost_low = cost_high = slope_low = slope_high = 0.0
    found = False
    while True:
        for t in range(len(load_mw)):
            scratch.raised_mw[t] = cap_mw[t] + raise_mw if t < until else cap_mw[t]
        cost = peak_price * raise_mw + plan_horizon(
            start_mwh, step_h, lines_cost, lines_mw, load_mw, scratch.raised_mw, over_cap_cost, charge_mw,
            discharge_mw, floor_mwh, ceiling_mwh, charge_eff, discharge_eff, keep, wear, end_value, out_power_mw,
            out_price, scratch,
        )  # fmt: skip
        slope = peak_price - step_h * _cap_worth(until, over_cap_cost, lines_cost, out_price, scratch)
        if found or most <= close or (raise_mw == 0.0 and not slope < 0.0):  # not a number: no raise
            return cost, raise_mw
        if raise_mw == most or slope >= 0.0:
            high, cost_high, slope_high = raise_mw, cost, max(slope, 0.0)
        else:
            low, cost_low, slope_low = raise_mw, cost, slope
        if high == 0.0:
            raise_mw = most
            continue
        meet = (cost_high - slope_high * high - cost_low + slope_low * low) / (slope_low - slope_high)
        best = high if cost_high <= cost_low else low
        gap = min(cost_low, cost_high) - cost_low - slope_low * (meet - low)
        if gap <= peak_price * close or high - low <= close:
            if raise_mw == best:
                return cost, best
            found, raise_mw = True, best
        else:
            edge = EDGE * (high - low)
            raise_mw = min(max(meet, low + edge), high - edge)


@njit(cache=True)
def _cap_worth(until, over_cap_cost, lines_cost, price, s):
    """What a MWh more of import below the cap would save in each step of the month, added up."""
    k = len(s.exports)
    total = 0.0
    for t in range(until):
        cheapest = np.inf
        for i, j in enumerate(s.buys):
            if s.given[1, k + i, t] > 0.0:
                cheapest = min(cheapest, lines_cost[j, t])
        total += min(max(price[t] - cheapest, 0.0), over_cap_cost)
    return total
