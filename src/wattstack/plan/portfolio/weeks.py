"""Running of a site with items, by representative weeks: merit order, storage by chemistry, lost compute.

Needs    dispatch (Problem, BusRunner); portfolio; plan.portfolio.visit.
Gives    WeekOperation, week_problem, coordinates, lost_hour_per_mwh, mean_load.
Used by  plan.portfolio.operation.

Coordinates: it_mw, firm_mw, nonfirm_mw, one a generation offer (MW), and two a chemistry c: "c" (MWh there, its
power there / duration) and "c.cycled" (MWh of it free for daily cycling). Everything is in proportion to them,
so V(2 y) = 2 V(y) and every cut passes through the origin. Storage is cyclic within each week.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from wattstack.dispatch import Amount, BusRunner, Problem, Storage, Supply
from wattstack.plan.portfolio.visit import Operation, Visit, problems_key
from wattstack.portfolio import GenerationOffer, Portfolio, Site, StorageOffer, Week

CYCLED = ".cycled"
HOURS_PER_YEAR = 8760.0
DEAREST_FACTOR = 10.0  # without servers: a lost MWh costs so many times the dearest energy (assumption)
NOTHING_FRAC = 1e-6  # of the largest capacity: with less compute, prices are those of the first MW
LENT_FACTOR = 4.0  # price of a floor, which no storage here has, over the dearest energy


class WeekOperation(Operation):
    """Running over weeks of given weights.

    Args:
        names: Coordinates, see `coordinates`.
        problems: One a week, with the weeks it stands for.
        load_mw_per_mw: Mean facility load of a MW of energised IT.
    """

    def __init__(
        self, names: tuple[str, ...], problems: Sequence[tuple[Problem, float]], load_mw_per_mw: float
    ):
        self.names = names
        self.key = problems_key(names, problems)
        self._problems = list(problems)
        self._usual = _usual(names, load_mw_per_mw)
        self.usual = np.array([0.0 if name.endswith(CYCLED) else self._usual[name] for name in names])

    @cached_property
    def _runs(self) -> list[tuple[BusRunner, np.ndarray, float]]:
        """Prepared when first visited: a function known from an earlier plan is never prepared again."""
        runs = []
        for problem, weight in self._problems:
            runner = BusRunner(problem, self._usual)
            runs.append((runner, np.array([self.names.index(name) for name in runner.names]), weight))
        return runs

    def problems(self) -> list[tuple[Problem, float]]:
        """One problem a week."""
        return self._problems

    def visit(self, y: np.ndarray) -> Visit:
        """Cost and cut at these capacities.

        Where next to no compute is energised, energy is worth nothing and the prices say nothing; the cut is
        then that of the first MW beside what stands (at usual capacities where nothing stands).
        """
        y = np.maximum(y, 0.0)
        least = NOTHING_FRAC * float(y.max())
        if y[0] > least:
            return self._run(y)
        first = self.usual if least == 0.0 else np.append(least, y[1:])
        cut = self._run(first)
        value = 0.0 if least == 0.0 else self._run(y).value
        return Visit(value, cut.const, cut.grad, cut.solver)

    def _run(self, y: np.ndarray) -> Visit:
        value = const = 0.0
        grad = np.zeros(len(y))
        solver = "kernel"
        for runner, at, weight in self._runs:
            cut = runner.run(y[at])
            value += weight * cut.value
            const += weight * cut.const
            grad[at] += weight * cut.grad
            solver = solver if cut.solver == "kernel" else cut.solver
        return Visit(value, const, grad, solver)


def coordinates(portfolio: Portfolio, site: Site) -> tuple[str, ...]:
    """Names of the capacities that the running of a site depends on."""
    names = ["it_mw", "firm_mw", "nonfirm_mw", *(offer.tech for offer in _sources(portfolio, site))]
    for offer in _stores(portfolio, site):
        names += [offer.chemistry, offer.chemistry + CYCLED]
    return tuple(names)


def _sources(portfolio: Portfolio, site: Site) -> list[GenerationOffer]:
    return list({offer.tech: offer for offer in portfolio.generation if offer.site == site.name}.values())


def _stores(portfolio: Portfolio, site: Site) -> list[StorageOffer]:
    return list({offer.chemistry: offer for offer in portfolio.storage if offer.site == site.name}.values())


def _usual(names: tuple[str, ...], load_mw_per_mw: float) -> dict[str, float]:
    """A MW of IT with grid for most of its load, and a little of everything else."""
    known = {"it_mw": 1.0, "firm_mw": 0.8 * load_mw_per_mw, "nonfirm_mw": 0.3 * load_mw_per_mw}
    return {name: known.get(name, 0.1) for name in names}


def week_problem(
    portfolio: Portfolio, site: Site, week: Week, price_factor: float, lost_per_mwh: float
) -> Problem:
    """One representative week of a site.

    Args:
        portfolio, site: What may stand there.
        week: Shapes of price, sun and curtailment.
        price_factor: Energy price and fee over those of the first period.
        lost_per_mwh: Value of a MWh of facility load lost, see lost_hour_per_mwh.

    Notes:
        Assumptions: without a load shape the load is flat at PUE x load factor; charging and discharging lose the
        square root of the round trip each; energy sold leaves at most at the power of the firm connection, never
        earns more than buying costs, and without prices of its own earns the energy price without the fee.
    """
    compute = portfolio.compute
    energy = price_factor * site.price_per_mwh * week.price_factor
    buy = energy + price_factor * site.grid_fee_per_mwh
    flat = np.full(len(energy), site.pue * compute.load_factor)
    load = flat if week.load_mw_per_mw is None else week.load_mw_per_mw
    supplies = [
        Supply("grid.connection.firm", "import", buy, Amount(0.0, 1.0, "firm_mw")),
        Supply("grid.connection.nonfirm", "import", buy, Amount(0.0, week.available_frac, "nonfirm_mw")),
    ]
    if site.export_allowed:
        sold = energy if week.sell_factor is None else price_factor * site.price_per_mwh * week.sell_factor
        sell = np.minimum(sold, buy)
        supplies.append(Supply("grid.export", "export", sell, Amount(0.0, 1.0, "firm_mw")))
    for offer in _sources(portfolio, site):
        kind = "generator" if offer.profile is None else "solar"
        output = 1.0 if offer.profile is None else week.solar_frac
        supplies.append(Supply(offer.tech, kind, offer.running_per_mwh, Amount(0.0, output, offer.tech)))
    pause = Amount(0.0, compute.shed_free_frac * load, "it_mw")
    supplies.append(Supply("load.shed", "shed", lost_per_mwh, pause))
    supplies.append(
        Supply("unserved", "unserved", compute.shed_penalty_factor * lost_per_mwh, Amount(np.inf))
    )
    dearest = max(float(np.max(s.cost_per_mwh)) for s in supplies)
    return Problem(
        step_h=week.step_h,
        load_mw=np.zeros(len(week.price_factor)),
        supplies=tuple(supplies),
        storages=tuple(_storage(offer) for offer in _stores(portfolio, site)),
        floor_slack_per_mwh=LENT_FACTOR * max(dearest, 1.0),
        sized_load=Amount(0.0, load, "it_mw"),
    )


def _storage(offer: StorageOffer) -> Storage:
    """One chemistry: power from all that is there, room from what is free. Upkeep is the master's, not wear."""
    one_way = math.sqrt(offer.roundtrip_eff)
    power = Amount(0.0, 1.0 / offer.duration_h, offer.chemistry)
    return Storage(
        name=offer.chemistry,
        charge=power,
        discharge=power,
        ceiling=Amount(0.0, 1.0, offer.chemistry + CYCLED),
        charge_eff=one_way,
        discharge_eff=one_way,
    )


def mean_load(portfolio: Portfolio, site: Site) -> float:
    """Mean facility load of a MW of energised IT: of the site's weeks where they have a load shape, else flat."""
    own = [week for (place, _), weeks in portfolio.weeks.items() if place == site.name for week in weeks]
    shaped = [week for week in own if week.load_mw_per_mw is not None]
    if not shaped:
        return site.pue * portfolio.compute.load_factor
    hours = np.array([week.weight * week.step_h * len(week.price_factor) for week in shaped])
    return float(hours @ [week.load_mw_per_mw.mean() for week in shaped] / hours.sum())


def lost_hour_per_mwh(portfolio: Portfolio, site: Site) -> float:
    """Value of a MWh of facility load that is not served.

    Assumption: the revenue of the cheapest generation of servers that can be in service at any time of the
    horizon, one number for the whole plan, so that site-quarters of one season share one function. A MW of
    IT in service draws mean_load MW on average, so losing a MWh loses 1 / mean_load hours of it.
    Without servers to lose: DEAREST_FACTOR times the dearest energy.
    """
    compute, calendar = portfolio.compute, portfolio.calendar
    if compute.lost_hour_per_mwh is not None:
        return compute.lost_hour_per_mwh
    revenue = [_least_revenue_m(server, calendar) for server in portfolio.servers]
    least = min((r for r in revenue if r is not None), default=None)
    if least is not None:
        return least * 1e6 / HOURS_PER_YEAR / mean_load(portfolio, site)
    running = [offer.running_per_mwh for offer in _sources(portfolio, site)]
    return DEAREST_FACTOR * max(site.price_per_mwh + site.grid_fee_per_mwh, *running, 1.0)


def _least_revenue_m(server, calendar) -> float | None:
    """Least yearly revenue of a MW IT of a generation while it can be in service [M], None where it never can."""
    first = max(calendar.index(server.first_order) + server.lead_q, calendar.index(server.launch), 0)
    last = min(calendar.index(server.last_order) + server.lead_q + server.life_q, calendar.count) - 1
    if last < first:
        return None
    age = (last - calendar.index(server.launch)) * calendar.period_years
    return server.revenue_m_per_mw_year * (1.0 - server.revenue_fall_frac) ** age
