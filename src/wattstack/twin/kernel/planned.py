"""A year with a plan of the next hours: planned anew every few steps, the rules in between.

Needs    dispatch.kernel.peak, control.kernel.forecast, twin.kernel.year.
Gives    Horizon, run_planned.
Used by  twin.year.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from wattstack.control.kernel.forecast import fill_forecast
from wattstack.dispatch.kernel.peak import plan_peak
from wattstack.physics.kernel.stored import stored_mwh, usable_mwh
from wattstack.twin.kernel import layout as at
from wattstack.twin.kernel.year import run_steps


class Horizon(NamedTuple):
    """What the plan of the next hours knows; numbers unless said.

    Attributes:
        per_step: Steps of the run in a step of the plan. every: Steps of the run between two plans.
        charge_mw, discharge_mw, charge_eff, discharge_eff, keep, wear_per_mwh: The battery as declared, all in
        one; keep by
            step of the plan.
        room_mwh: Kept free for swings above what is stored.
        peak_price: What a MW more of the month's peak costs.
        end_value: Worth of a MWh left at the end, by month.
        unit_mw: Power of each generating unit, (units,).
        cost, power: Lines (import, export, solar, units) by step of the plan, (3 + units, n); scratch.
        load, cap, floor: By step of the plan, (n,); scratch.
    """

    per_step: int
    every: int
    charge_mw: float
    discharge_mw: float
    charge_eff: float
    discharge_eff: float
    keep: float
    wear_per_mwh: float
    room_mwh: float
    peak_price: float
    end_value: np.ndarray
    unit_mw: np.ndarray
    cost: np.ndarray
    power: np.ndarray
    load: np.ndarray
    cap: np.ndarray
    floor: np.ndarray


@njit(cache=True, nogil=True)
def run_planned(
    start, end, step_s, drive, rules, horizon, believed, fleet, units, carry, records, scratch
):  # fmt: skip
    """Run steps start .. end - 1, planning anew every `horizon.every` steps.

    `believed` = how load, sun, prices and what is announced are forecast (control.kernel.forecast.Believed);
    `scratch` of the horizon kernel.
    """
    for begin in range(start, end, horizon.every):
        _plan(begin, step_s, drive, rules, horizon, believed, fleet[0], carry, scratch)
        stop = min(begin + horizon.every, end)
        run_steps(begin, stop, step_s, drive, rules, horizon.per_step, fleet, units, carry, records)


@njit(cache=True)
def _plan(t, step_s, drive, rules, horizon, believed, blocks, carry, scratch):
    """Fill what is believed of the next hours and plan the battery through them."""
    n, per_step = len(horizon.load), horizon.per_step
    step_h = per_step * step_s / 3600.0
    stored = usable = 0.0
    for b in range(carry.state.shape[1]):
        if carry.free[b] > 0.5:
            stored += stored_mwh(blocks.rating, carry.state, carry.age, b)
            usable += usable_mwh(blocks.rating, carry.age, b)
    margin_mwh = rules.error_frac * usable
    if horizon.room_mwh > 0.0:
        usable = max(usable - horizon.room_mwh, 0.0)
        stored = min(stored, usable)
    load, solar, price, known = believed
    outside, months = drive.outside, carry.months
    fill_forecast(load, outside[at.D_LOAD], t, per_step, horizon.load)
    fill_forecast(price, outside[at.D_BUY], t, per_step, horizon.cost[0])
    fill_forecast(price, outside[at.D_SELL], t, per_step, horizon.cost[1])
    fill_forecast(solar, outside[at.D_SOLAR], t, per_step, horizon.power[2])
    fill_forecast(known, outside[at.D_OPEN_LIMIT], t, per_step, horizon.power[0])
    for u in range(len(horizon.unit_mw)):
        fill_forecast(known, drive.unit_cost[u], t, per_step, horizon.cost[3 + u])
        horizon.power[3 + u, :] = horizon.unit_mw[u]
    count = outside.shape[1]
    for k in range(n):
        ahead = min(t + k * per_step, count - 1)
        horizon.load[k] += carry.memory[at.AUXILIARY_MW]
        horizon.power[1, k] = outside[at.D_EXPORT_LIMIT, ahead]
        horizon.cost[2, k] = 0.0
        horizon.cap[k] = months[at.TARGET, int(outside[at.D_MONTH, ahead])]
        horizon.floor[k] = min(outside[at.D_RESERVE, ahead] + margin_mwh, usable)
    month = outside[at.D_MONTH, t]
    until = 0
    while until < n and t + until * per_step < count and outside[at.D_MONTH, t + until * per_step] == month:
        until += 1
    _, raise_mw = plan_peak(
        stored, step_h, horizon.cost, horizon.power, horizon.load, horizon.cap, until, horizon.peak_price,
        horizon.charge_mw, horizon.discharge_mw, horizon.floor, usable, horizon.charge_eff, horizon.discharge_eff,
        horizon.keep, horizon.wear_per_mwh, horizon.end_value[int(month)], carry.plan[at.PLANNED_MW],
        carry.plan[at.PLANNED_PRICE], scratch,
    )  # fmt: skip
    carry.memory[at.RAISE_MW] = raise_mw
    for u in range(len(horizon.unit_mw)):
        carry.plan[at.PLANNED_UNITS + u, :] = scratch.take_mw[3 + u]
