"""What comes from outside into the twin's loop: a case as arrays, with outages of the grid drawn.

Needs    case.Case, campus.reserve_mwh, cost.carbon_cost_per_mwh, twin.kernel.layout.
Gives    make_drive, grid_on, metering_steps, generating_units, price_marks.
Used by  twin.year, prove.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattstack.campus import Campus, reserve_mw, reserve_mwh
from wattstack.case import Case
from wattstack.cost import carbon_cost_per_mwh
from wattstack.physics.kernel.chance import normal, uniform
from wattstack.physics.kernel.generator import NUNIT
from wattstack.twin.kernel import layout as at
from wattstack.twin.kernel.layout import Drive

FAR_MW = 1e9
USUAL_INTERVAL_S = 1800
HOURS_A_YEAR = 8760.0
UNKNOWN_DEGC = 20.0


def make_drive(case: Case, on: np.ndarray | None = None) -> Drive:
    """The arrays of a case on its axis.

    Args:
        case: A campus whose sizes all stand, bound to the axis of the twin.
        on: Whether the grid is there, (steps,) of 1 and 0; None = always.
    """
    campus, count = case.campus, case.axis.count
    on = np.ones(count) if on is None else on
    solar = sum(
        (frac * campus.solar[name].power_mw for name, frac in case.solar_frac.items()), np.zeros(count)
    )
    low, high = price_marks(case)
    carbon_price = campus.carbon.price_per_t
    buy = case.buy_price_per_mwh + carbon_cost_per_mwh(case.carbon_kg_per_mwh, carbon_price)
    outside = np.empty((at.NDRIVE, count))
    open_limit = _import_limit(case)
    rows = {
        at.D_LOAD: case.load_mw,
        at.D_SOLAR: solar,
        at.D_SHED: sum(case.shed_mw.values(), np.zeros(count)),
        at.D_TEMP: case.temp_air_degc if len(case.temp_air_degc) else UNKNOWN_DEGC,
        at.D_IMPORT_LIMIT: open_limit * on,
        at.D_EXPORT_LIMIT: _export_limit(campus) * on,
        at.D_GRID_ON: on,
        at.D_BUY: buy,
        at.D_SELL: case.sell_price_per_mwh,
        at.D_RESERVE: _reserve(case),
        at.D_CHARGE_BELOW: low,
        at.D_DISCHARGE_ABOVE: high,
        at.D_OPEN_LIMIT: open_limit,
        at.D_MONTH: case.month,
        at.D_HOUR: case.local_hour,
    }
    for place, values in rows.items():
        outside[place] = values
    return Drive(outside, _unit_costs(case))


def _import_limit(case: Case) -> np.ndarray:
    """Firm and non-firm power, and every contracted power whose window is open [MW], shape (steps,)."""
    grid = case.campus.grid
    if grid is None:
        return np.zeros(case.axis.count)
    limit = grid.connection.firm_mw + grid.connection.nonfirm_mw * case.nonfirm_frac
    for contract in grid.tariff.contract.values():
        open_ = contract.mask(case.local_month, case.local_weekday, case.local_hour)
        limit = np.where(open_, np.minimum(limit, contract.power_mw), limit)
    return limit


def _export_limit(campus: Campus) -> float:
    export = campus.grid.tariff.export if campus.grid is not None else None
    if export is None:
        return 0.0
    most = campus.grid.connection.firm_mw + campus.grid.connection.nonfirm_mw
    return most if export.limit_mw is None else min(export.limit_mw, most)


def _reserve(case: Case) -> np.ndarray:
    """What an outage and swings would take out of the store [MWh]; the gauge's error is the controller's to add."""
    backup, swings = case.campus.duties.backup, case.campus.duties.smoothing
    held = np.full(case.axis.count, 0.0 if swings is None else swings.energy_mwh)
    if backup is None or not case.campus.battery:
        return held
    eff = min(unit.discharge_eff for unit in case.campus.battery.values())
    return held + reserve_mwh(reserve_mw(case.load_mw, backup.load_frac), backup.duration_h, eff)


def price_marks(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Prices below which the time-of-use rule charges, above which it discharges, by local day, (steps,) each.

    The day's own prices are known the day before (day-ahead market): the marks are quantiles of them, or the
    numbers of `control.time_of_use`.
    """
    asked = case.campus.control.time_of_use
    marks = []
    for mark, frac in (
        (asked.charge_below_per_mwh, asked.charge_quantile_frac),
        (asked.discharge_above_per_mwh, asked.discharge_quantile_frac),
    ):
        marks.append(_by_day(case, frac) if mark is None else np.full(case.axis.count, float(mark)))
    low, high = marks
    flat = high <= low  # a day of one price: nothing to earn
    return np.where(flat, -np.inf, low), np.where(flat, np.inf, high)


def _by_day(case: Case, frac: float) -> np.ndarray:
    """A quantile of each local day's prices, (steps,); the first and the last day may be parts."""
    count, prices = case.axis.count, case.buy_price_per_mwh
    per_day = max(1, round(86400 / case.axis.step_s))
    head = -round(float(case.local_hour[0]) * 3600 / case.axis.step_s) % per_day
    whole = (count - head) // per_day if count > head else 0
    out = np.empty(count)
    tail = min(head, count) + whole * per_day
    for part in (slice(0, min(head, count)), slice(tail, count)):
        if part.stop > part.start:
            out[part] = np.quantile(prices[part], frac)
    if whole:
        days = prices[head:tail].reshape(whole, per_day)
        out[head:tail] = np.repeat(np.quantile(days, frac, axis=1), per_day)
    return out


def metering_steps(case: Case) -> tuple[int, int]:
    """Steps of the metering interval, and the steps of it that have passed when the axis begins."""
    grid = case.campus.grid
    intervals = [] if grid is None else [d.interval_s for d in grid.tariff.demand.values() if d.interval_s]
    interval_s = max(min(intervals, default=USUAL_INTERVAL_S), case.axis.step_s)
    begin_s = int(case.axis.start.astype("datetime64[s]").astype(np.int64))
    return interval_s // case.axis.step_s, (begin_s % interval_s) // case.axis.step_s


def grid_on(case: Case, seed: int, year: int = 0) -> np.ndarray:
    """Draw the outages of the connection over the axis: 1 where the grid is there, 0 where not, (steps,).

    Outages come at a constant rate (Poisson), their lengths are lognormal by median and 95th percentile
    (`grid.connection.reliability`); none where it is not declared. One seed and year give one history.
    """
    count, step_s = case.axis.count, case.axis.step_s
    on = np.ones(count)
    grid = case.campus.grid
    known = grid.connection.reliability if grid is not None else None
    if known is None or known.outages_per_year <= 0.0:
        return on
    hours = count * step_s / 3600.0
    place, at_h, draw = 1_000_003 * (year + 1), 0.0, 0
    while True:
        at_h += -np.log(1.0 - uniform(seed, place, draw)) * HOURS_A_YEAR / known.outages_per_year
        if at_h >= hours:
            return on
        length_h = known.outage_h.median * np.exp(known.outage_h.sigma * normal(seed, place + 1, draw))
        first = int(at_h * 3600.0 / step_s)
        on[first : first + max(1, round(length_h * 3600.0 / step_s))] = 0.0
        at_h += length_h
        draw += 1


def generating_units(campus: Campus, sure: bool = False) -> tuple[np.ndarray, list[str]]:
    """Every generator as its units (NUNIT, units), in the order of the file, and the generator each belongs to.

    Args:
        campus: Sizes stand.
        sure: Nothing fails and starts take no time (the plan's generator).
    """
    rows: list[Sequence[float]] = []
    owner = []
    for name, unit in campus.generator.items():
        for _ in range(unit.units):
            power = unit.power_mw * unit.availability_frac / unit.units
            ramp = np.inf if sure else unit.ramp_frac_per_s * power
            mtbf = np.inf if sure else unit.mtbf_h * 3600.0
            start_s, fails = (0.0, 0.0) if sure else (unit.start_s, unit.start_failure_frac)
            rows.append((power, unit.minimum_frac, start_s, fails, mtbf, unit.repair_h * 3600.0, ramp))
            owner.append(name)
    return np.array(rows, float).reshape(-1, NUNIT).T.copy(), owner


def _unit_costs(case: Case) -> np.ndarray:
    """Running cost of each unit, carbon in, (units, steps)."""
    price = case.campus.carbon.price_per_t
    costs = [
        case.generator_cost_per_mwh[name] + carbon_cost_per_mwh(unit.emission_kg_per_mwh, price)
        for name, unit in case.campus.generator.items()
        for _ in range(unit.units)
    ]
    return np.array([np.broadcast_to(c, case.axis.count) for c in costs]).reshape(-1, case.axis.count)
