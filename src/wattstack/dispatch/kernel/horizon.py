"""A horizon planned again and again: the least-cost running of the next hours from the energy that is stored now.

Needs    kernel.merge, kernel.order, kernel.prices, kernel.schedule.
Gives    plan_horizon, new_horizon_scratch, HorizonScratch.
Used by  control.mpc, twin, kernel.peak.

The same exact kernel that runs a year, made for a loop: no exception, no Python object, all room given by the
caller. What cannot be held is soft and shows in the scratch instead of ending the run: import above its cap costs
more (`over_mw`); a floor is held as far as charging at full power from now on reaches (`short_mwh` is the rest);
load that no line serves is left (`unmet_mw`), never to fill a floor. Where selling pays more than buying costs, the
sell price counts as that of the cheapest buy: one meter cannot do both, and least cost with the choice left open
needs whole numbers.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.dispatch.kernel.merge import forward, new_heap
from wattstack.dispatch.kernel.order import sort_lines
from wattstack.dispatch.kernel.prices import backward, stored_prices
from wattstack.dispatch.kernel.schedule import walk

ABOVE = 2.0  # times the dearest price: what unmet load costs


class HorizonScratch(NamedTuple):
    """Room for one plan of n steps with k lines, and all of its answer that plan_horizon does not hand back.

    Attributes:
        take_mw: What each line gives, above the cap included; export: what is sold; shape (k, n) [MW].
        over_mw, unmet_mw: Import above the cap, load that no line serves; shape (n,) [MW].
        charge_mw, discharge_mw: At the bus; both > 0 where burning energy pays; shape (n,) [MW].
        stored_mwh, short_mwh: Energy at the end of each step, and what it must lack of the floor; shape (n,) [MWh].
        stored_price: Worth of one more MWh stored at the end of each step; shape (n,).
        exports, fills: Whether a line sells, and whether it may fill a floor; shape (k,).
        buys: Indices of the import lines.
    The rest is working space.
    """

    take_mw: np.ndarray
    over_mw: np.ndarray
    unmet_mw: np.ndarray
    charge_mw: np.ndarray
    discharge_mw: np.ndarray
    stored_mwh: np.ndarray
    short_mwh: np.ndarray
    stored_price: np.ndarray
    exports: np.ndarray
    fills: np.ndarray
    buys: np.ndarray
    # lines as the kernel sees them: the caller's, what import lines give above the cap, unmet load
    given: np.ndarray
    lines: np.ndarray
    cost: np.ndarray
    length: np.ndarray
    rate: np.ndarray
    size_of: np.ndarray
    capped: np.ndarray
    sells: np.ndarray
    take: np.ndarray
    none: np.ndarray
    # the battery and the kernel's own arrays
    no_cap: np.ndarray
    limits: np.ndarray
    no_size: np.ndarray
    load: np.ndarray
    raised_mw: np.ndarray
    made: np.ndarray
    lent: np.ndarray
    no_next: np.ndarray
    cap_price: np.ndarray
    cap_of: np.ndarray
    split: np.ndarray
    const: np.ndarray
    grad: np.ndarray
    heap_slope: np.ndarray
    heap_length: np.ndarray
    heap_birth: np.ndarray


def new_horizon_scratch(steps: int, kinds: Sequence[str]) -> HorizonScratch:
    """Room for plans of `steps` steps with lines of these kinds, in the order of lines_cost and lines_mw.

    Args:
        steps: Steps of the horizon, > 0.
        kinds: One of dispatch.problem.KINDS each: "import" lines stay together below the cap, an "export" line
            sells, "shed" and "unserved" are no supply to fill a floor from.

    Returns:
        A scratch for plan_horizon; one plan at a time may use it.
    """
    n, k = steps, len(kinds)
    buys = np.array([j for j, kind in enumerate(kinds) if kind == "import"], np.int64)
    exports = np.array([kind == "export" for kind in kinds], np.bool_)
    fills = np.array([kind in ("import", "solar", "generator") for kind in kinds], np.bool_)
    whole = k + len(buys) + 1
    sells = np.zeros(whole, np.bool_)
    sells[:k] = exports
    room = 2 * (n + 2) * (2 * whole + 4)  # for every piece of every step: it is never full
    heap = new_heap(room)
    line = (n, whole)
    return HorizonScratch(
        take_mw=np.zeros((k, n)), over_mw=np.zeros(n), unmet_mw=np.zeros(n), charge_mw=np.zeros(n),
        discharge_mw=np.zeros(n), stored_mwh=np.zeros(n), short_mwh=np.zeros(n), stored_price=np.zeros(n),
        exports=exports, fills=fills, buys=buys, given=np.zeros((3, whole, n)), lines=np.zeros(line, np.int8),
        cost=np.zeros(line), length=np.zeros(line), rate=np.zeros(line), size_of=np.full(whole, -1),
        capped=np.zeros(whole, np.bool_), sells=sells, take=np.zeros((whole, n)), none=np.zeros(0),
        no_cap=np.full(n, np.inf), limits=np.zeros((4, n)), no_size=np.full(4, -1), load=np.zeros(n),
        raised_mw=np.zeros(n), made=np.zeros((4, n)), lent=np.zeros(n), no_next=np.zeros(n), cap_price=np.zeros(n),
        cap_of=np.zeros(n, np.int64), split=np.zeros(n, np.bool_), const=np.zeros(1), grad=np.zeros((1, 0)),
        heap_slope=heap[0], heap_length=heap[1], heap_birth=heap[2],
    )  # fmt: skip


@njit(cache=True, nogil=True)
def plan_horizon(
    start_mwh, step_h, lines_cost, lines_mw, load_mw, cap_mw, over_cap_cost, charge_mw, discharge_mw,
    floor_mwh, ceiling_mwh, charge_eff, discharge_eff, keep, wear, end_value, out_power_mw, out_price, scratch,
):  # fmt: skip
    """Least-cost running of the next n steps from the energy stored now.

    Args:
        start_mwh: Energy stored now; above the ceiling it counts as the ceiling.
        step_h: Length of a step [h].
        lines_cost, lines_mw: Marginal cost [per MWh] and power [MW] of each line; shape (k, n). Export: the
            sell price and the export limit. A power may be inf, a cost may not.
        load_mw: Load, >= 0; shape (n,).
        cap_mw: Cap of all import lines together, inf for none; shape (n,).
        over_cap_cost: What a MWh of import above the cap costs beside its price, >= 0.
        charge_mw, discharge_mw: Limits of the battery at the bus.
        floor_mwh, ceiling_mwh: Bounds of the stored energy at the end of each step; shape (n,), and one number.
        charge_eff, discharge_eff: One-way efficiencies, 0 < eff <= 1.
        keep: Share of stored energy kept over a step.
        wear: Cost of a MWh discharged at the bus.
        end_value: Worth of a MWh left over at the end.
        out_power_mw: Battery power to fill, > 0 discharges; shape (n,).
        out_price: Price of energy on the bus to fill; shape (n,).
        scratch: From new_horizon_scratch(n, kinds); the rest of the answer is in there.

    Returns:
        Cost: lines, penalty above the cap and wear, less end_value x energy left over, plus what unmet load is
        charged with. inf where an input is not a number: the power is then 0 throughout.

    Source:
        The recursion of kernel.merge; exact, checked against dispatch_year and HiGHS.
    """
    s = scratch
    n = len(load_mw)
    given = start_mwh + charge_mw + discharge_mw + ceiling_mwh + wear + end_value + over_cap_cost + keep
    if not (np.isfinite(given) and _readable(lines_cost, lines_mw, load_mw, cap_mw, floor_mwh, s.exports)):
        out_power_mw[:] = 0.0
        out_price[:] = np.nan
        return np.inf
    loss = 1.0 - charge_eff * discharge_eff
    burn_cost = charge_eff * discharge_eff * wear / loss if loss > 0.0 else np.inf
    eff = (charge_eff, discharge_eff, 0.0, wear, burn_cost)
    dearest = _lay_lines(lines_cost, lines_mw, cap_mw, over_cap_cost, s)
    missing = ABOVE * (dearest + wear + abs(end_value)) + 1.0
    slack = ABOVE * (missing + wear) / charge_eff
    s.given[0, -1, :] = missing
    s.given[1, -1, :] = np.inf
    sort_lines(s.given, step_h, s.lines, s.cost, s.length, s.rate)
    for t in range(n):
        s.load[t] = max(load_mw[t], 0.0) * step_h
        s.limits[0, t] = max(charge_mw, 0.0) * step_h
        s.limits[1, t] = max(discharge_mw, 0.0) * step_h
        s.limits[3, t] = ceiling_mwh
    start = min(max(start_mwh, 0.0), ceiling_mwh)
    _hold_floor(start, step_h, lines_mw, floor_mwh, keep, eff, s)
    supply = (s.lines, s.size_of, s.capped, s.sells, s.cost, s.length, s.rate, s.none)
    store = (s.load, s.limits[0], s.limits[1], s.limits[2], s.limits[3])
    heap = (s.heap_slope, s.heap_length, s.heap_birth)
    made = (s.made[0], s.made[1], s.lent)
    _, _, _, cost = forward(
        0, start, (0.0, np.inf, end_value), supply, s.no_cap, store, eff, keep, slack, heap,
        (made[0], made[1], made[2], s.made[2], s.made[3]),
    )  # fmt: skip
    stored_prices(0, end_value, False, keep, s.made[2], s.made[3], s.stored_price)
    backward(
        s.stored_price, s.no_next, supply, s.no_cap, s.cap_of, step_h, store, (s.load, s.none, -1),
        (s.limits, s.limits, s.no_size), eff, s.cap_of, s.split, (out_price, s.cap_price, s.const, s.grad),
    )  # fmt: skip
    walk(
        0,
        start,
        made,
        supply,
        s.no_cap,
        store,
        eff,
        keep,
        (s.charge_mw, s.discharge_mw, s.stored_mwh, s.take),
    )
    _write_out(step_h, s, out_power_mw)
    return cost


@njit(cache=True)
def _readable(lines_cost, lines_mw, load_mw, cap_mw, floor_mwh, exports):
    """Whether every input is a number, and finite where it must be."""
    for t in range(len(load_mw)):
        if not np.isfinite(load_mw[t] + floor_mwh[t]) or np.isnan(cap_mw[t]):
            return False
        for j in range(len(exports)):
            if not np.isfinite(lines_cost[j, t]) or np.isnan(lines_mw[j, t]):
                return False
            if exports[j] and lines_mw[j, t] == np.inf:
                return False
    return True


@njit(cache=True)
def _lay_lines(lines_cost, lines_mw, cap_mw, over_cap_cost, s):
    """Lines of every step: import split at its cap, cheapest first. Returns the greatest cost, sign dropped."""
    k = len(s.exports)
    dearest = 0.0
    for t in range(len(cap_mw)):
        for j in range(k):
            s.given[0, j, t] = lines_cost[j, t]
            s.given[1, j, t] = max(lines_mw[j, t], 0.0)
            dearest = max(dearest, abs(lines_cost[j, t]))
        cheapest = np.inf
        for i, j in enumerate(s.buys):
            cost, whole = s.given[0, j, t], max(lines_mw[j, t], 0.0)
            before = 0.0
            for other in s.buys:
                if lines_cost[other, t] < cost or (lines_cost[other, t] == cost and other < j):
                    before += max(lines_mw[other, t], 0.0)
            room = cap_mw[t] - before if cap_mw[t] > before else 0.0
            s.given[1, j, t] = min(whole, room)
            s.given[0, k + i, t] = cost + over_cap_cost
            s.given[1, k + i, t] = whole - room if whole > room else 0.0
            if whole > 0.0:
                cheapest = min(cheapest, cost)
        for j in range(k):
            if s.exports[j]:
                s.given[0, j, t] = min(s.given[0, j, t], cheapest)
    return dearest + over_cap_cost


@njit(cache=True)
def _hold_floor(start, step_h, lines_mw, floor_mwh, keep, eff, s):
    """The floor as far as it can be held: charging all that supply leaves over, giving no more than load lacks."""
    reach = start
    for t in range(len(floor_mwh)):
        spare = -s.load[t]
        for j in range(len(s.fills)):
            if s.fills[j]:
                spare += max(lines_mw[j, t], 0.0) * step_h
        change = eff[0] * min(spare, s.limits[0, t]) if spare > 0.0 else -min(-spare, s.limits[1, t]) / eff[1]
        reach = min(max(keep * reach + change, 0.0), s.limits[3, t])
        floor = max(floor_mwh[t], 0.0)
        s.limits[2, t] = min(floor, reach)
        s.short_mwh[t] = floor - s.limits[2, t]


@njit(cache=True)
def _write_out(step_h, s, out_power_mw):
    """From MWh of a step to MW, and from the kernel's lines back to the caller's."""
    k = len(s.exports)
    per_h = 1.0 / step_h
    for t in range(len(out_power_mw)):
        s.charge_mw[t] *= per_h
        s.discharge_mw[t] *= per_h
        out_power_mw[t] = s.discharge_mw[t] - s.charge_mw[t]
        for j in range(k):
            given = s.take[j, t] * per_h
            s.take_mw[j, t] = s.given[1, j, t] - given if s.exports[j] else given
        s.over_mw[t] = 0.0
        for i, j in enumerate(s.buys):
            over = s.take[k + i, t] * per_h
            s.take_mw[j, t] += over
            s.over_mw[t] += over
        s.unmet_mw[t] = s.take[-1, t] * per_h
