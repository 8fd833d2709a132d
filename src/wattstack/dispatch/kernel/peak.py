"""A horizon under the peak of a month that may be raised: no further than the raise is worth its price.

Needs    kernel.horizon.
Gives    plan_peak.
Used by  control.mpc, twin.

A penalty per MWh above the cap does not care when the excess falls, and a demand price does: five MW for one step
cost five times as much as one MW for five. So the raise is a number of its own, paid once per MW. The least cost is
convex in it; its slope is the price of a raise less what the cap costs in the steps where it binds, and bisection
finds where it turns. A cap that can be held, which is the usual case, takes one plan.
"""

import numpy as np
from numba import njit

from wattstack.dispatch.kernel.horizon import plan_horizon

STEEP = 2.0  # times the price of a raise for one step only: what lies above the raised cap costs more than raising it
FINE = 1e-3  # of the largest raise, or of a MW: how exactly the raise is found


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
    low, high, raise_mw = 0.0, most, 0.0
    while True:
        for t in range(len(load_mw)):
            scratch.raised_mw[t] = cap_mw[t] + raise_mw if t < until else cap_mw[t]
        cost = plan_horizon(
            start_mwh, step_h, lines_cost, lines_mw, load_mw, scratch.raised_mw, over_cap_cost, charge_mw,
            discharge_mw, floor_mwh, ceiling_mwh, charge_eff, discharge_eff, keep, wear, end_value, out_power_mw,
            out_price, scratch,
        )  # fmt: skip
        if cost == np.inf:
            return cost, 0.0
        worth = step_h * _cap_worth(until, over_cap_cost, lines_cost, out_price, scratch)
        if raise_mw == high or worth <= peak_price:
            high = raise_mw
            if high - low <= close:
                return cost + peak_price * raise_mw, raise_mw
        else:
            low = raise_mw
        raise_mw = 0.5 * (low + high) if high - low > close else high


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
