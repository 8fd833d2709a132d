"""Representative weeks out of a campus file, for a site that has items: chosen by what they cost, the choice checked.

Needs    dispatch (BusRunner); plan.portfolio.bound; portfolio.
Gives    with_campus_weeks, choose_weeks.
Used by  plan.portfolio.operation, solve.

A candidate is every whole week of a quarter on the campus' own axis; each scenario's weeks count by its weight. Weeks
are alike when running a MW of IT costs alike in them, under ample grid power, scarce power, and with storage and sun;
so a stress week stands apart because it is dear. The choice is the medoids (Kaufman and Rousseeuw 1990,
doi:10.1002/9780470316801.ch2) plus how far their weighted sum misses the sum of all weeks, over every subset of that
many. The error stated is measured at other capacities than those the choice was made at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from math import comb, sqrt

import numpy as np

from wattstack.case import Case
from wattstack.dispatch import Amount, BusRunner, Problem, Storage, Supply
from wattstack.errors import InputError
from wattstack.plan.portfolio.bound import KEPT, Same, cases_of
from wattstack.portfolio import Portfolio, Site, Week

WEEK_H, YEAR_H = 168.0, 8766.0
SUBSETS_MOST = 5000  # subsets tried one by one; beyond, weeks are added one at a time
LOST_FACTOR = 10.0  # a lost MWh costs so many times the dearest energy (assumption, for the choice only)
STORE_H, ROUNDTRIP_EFF = 2.0, 0.87  # of the battery that weeks are compared with (assumption: LFP, two hours)

# Capacities per MW of mean load: firm, non-firm, storage [MWh], sun. To choose by, and to check with.
CHOSEN_AT = ((1.3, 0.0, 0.0, 0.0), (0.7, 0.3, 0.0, 0.0), (0.8, 0.3, 1.0, 0.3))
CHECKED_AT = ((0.9, 0.2, 0.5, 0.1), (0.75, 0.35, 2.0, 0.2))


def with_campus_weeks(portfolio: Portfolio) -> Portfolio:
    """The portfolio with weeks, price and load shape of every site that has both items and a campus file.

    A site's own `price_per_mwh`, where it is given, scales the file's prices to that mean, and its fee comes on top;
    else prices are the file's, adders and carbon included. A site that has weeks keeps them.

    Raises:
        InputError: The campus file has faults, or covers no whole week of a quarter.
    """
    weeks, sites, warnings = dict(portfolio.weeks), [], list(portfolio.warnings)
    synthetic = list(portfolio.synthetic)
    for site in portfolio.sites:
        known = any((site.name, season) in weeks for season in range(5))
        if site.campus is None or known or not any(item.site == site.name for item in portfolio.items):
            sites.append(site)
            continue
        seasons = tuple(sorted(set(portfolio.calendar.season.tolist())))
        campus = portfolio.campuses[site.name]
        cases, chosen = cases_of(campus), _chosen(Same(campus), seasons, site.campus_weeks)
        worst = max(error for _, error in chosen)
        for season, (found, _) in zip(seasons, chosen, strict=True):
            weeks[site.name, season] = found
        sites.append(_priced(site, _exchange(portfolio, campus.currency) * _mean_buy(cases)))
        records = (record for case in cases for record in case.inputs)
        synthetic += [f"{site.name} {record.name}" for record in records if record.synthetic]
        if site.campus_weeks:
            warnings.append(
                f"{site.name}: {site.campus_weeks} weeks of its campus file stand for each period; checked at two "
                f"middling plans, running costs {worst:.1%} off those of all weeks at the most."
            )
    if len(weeks) == len(portfolio.weeks):
        return portfolio
    return replace(
        portfolio,
        sites=tuple(sites),
        weeks=weeks,
        warnings=tuple(warnings),
        synthetic=tuple(dict.fromkeys(synthetic)),
    )


@lru_cache(maxsize=KEPT)
def _chosen(same: Same, seasons: tuple[int, ...], count: int) -> list[tuple[tuple[Week, ...], float]]:
    cases = cases_of(same.campus)
    return [choose_weeks(cases, season, count) for season in seasons]


def choose_weeks(cases: Sequence[Case], season: int, count: int) -> tuple[tuple[Week, ...], float]:
    """Weeks that stand for a quarter (or, with season 0, for the whole axis), with their weights.

    Args:
        cases: A campus on its axis, a case a scenario; their weights sum to 1.
        season: Calendar quarter 1 .. 4; 0 = all of the axis, once a year.
        count: How many to choose; 0, or as many as there are, keeps every week.

    Returns:
        weeks: In the order of time; weights add up to the hours of a mean quarter.
        error_frac: How far they miss the cost of all weeks at the most, at CHECKED_AT.

    Raises:
        InputError: The axis covers no whole week of that quarter.
    """
    mean_per_mwh = _mean_buy(cases)
    found = [_candidates(case, season, mean_per_mwh) for case in cases]
    if not all(found):
        what = f"time must cover at least a week of quarter {season}, covers none. Widen it."
        raise InputError(cases[0].campus.name, [what])
    several = len(cases) > 1
    candidates = [
        replace(week, name=f"{case.name} {week.name}") if several else week
        for case, weeks in zip(cases, found, strict=True)
        for week in weeks
    ]
    share = np.concatenate(
        [
            np.full(len(weeks), case.weight_frac * len(candidates) / len(weeks))
            for case, weeks in zip(cases, found, strict=True)
        ]
    )
    hours = YEAR_H if season == 0 else YEAR_H / 4.0
    every = hours / WEEK_H / len(candidates)
    if count == 0 or count >= len(candidates):
        kept = zip(candidates, share.tolist(), strict=True)
        return tuple(replace(week, weight=every * part) for week, part in kept), 0.0
    costs = np.array([_costs(week, CHOSEN_AT) for week in candidates])
    chosen, members = _medoids(costs / np.abs(costs).mean(axis=0), share, count)
    checked = np.array([_costs(week, CHECKED_AT) for week in candidates])
    total = share @ checked
    error = np.abs(members @ checked[chosen] - total) / np.abs(total)
    weeks = tuple(replace(candidates[k], weight=every * n) for k, n in zip(chosen, members, strict=True))
    return weeks, float(error.max())


def _candidates(case: Case, season: int, mean_per_mwh: float) -> list[Week]:
    """Every whole week of the quarter on the axis."""
    step_h = case.axis.step_h
    inside = np.ones(case.axis.count, bool) if season == 0 else (case.local_month - 1) // 3 + 1 == season
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    steps = round(WEEK_H / step_h)
    weeks = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        for start in range(first, last - steps + 1, steps):
            weeks.append(_week(case, slice(start, start + steps), mean_per_mwh))
    return weeks


def _week(case: Case, part: slice, mean_per_mwh: float) -> Week:
    """One stretch of the axis as shapes; prices over the mean of all scenarios, sun the mean of the plants."""
    rated = sum(hall.it_mw for hall in case.campus.load.values() if hasattr(hall, "it_mw"))
    sun = list(case.solar_frac.values())
    sell = case.sell_price_per_mwh if _exports(case) else case.energy_lines_per_mwh["energy"]
    return Week(
        name=str(case.axis.stamps[part.start])[:10],
        weight=1.0,
        step_h=case.axis.step_h,
        price_factor=_buy(case)[part] / mean_per_mwh,
        solar_frac=sum(sun)[part] / len(sun) if sun else np.zeros(part.stop - part.start),
        available_frac=case.nonfirm_frac[part],
        sell_factor=sell[part] / mean_per_mwh,
        load_mw_per_mw=case.load_mw[part] / rated if rated else None,
    )


def _buy(case: Case) -> np.ndarray:
    """Price of a bought MWh, carbon included."""
    return case.buy_price_per_mwh + case.campus.carbon.price_per_t / 1000.0 * case.carbon_kg_per_mwh


def _mean_buy(cases: Sequence[Case]) -> float:
    """Mean price of a bought MWh over the scenarios."""
    return sum(case.weight_frac * float(_buy(case).mean()) for case in cases)


def _exports(case: Case) -> bool:
    return case.campus.grid is not None and case.campus.grid.tariff.export is not None


def _exchange(portfolio: Portfolio, currency: str) -> float:
    return 1.0 if currency == portfolio.currency else portfolio.exchange[currency]


def _priced(site: Site, mean_per_mwh: float) -> Site:
    """The site with a mean price: its own, else the file's, which holds every fee already."""
    if site.price_per_mwh > 0.0:
        return site
    return site.model_copy(update={"price_per_mwh": mean_per_mwh, "grid_fee_per_mwh": 0.0})


def _costs(week: Week, capacities: Sequence[tuple[float, ...]]) -> list[float]:
    """Cost of running a MW of IT through a week at each set of capacities, in units of the mean price."""
    load = np.ones(len(week.price_factor)) if week.load_mw_per_mw is None else week.load_mw_per_mw
    price, mean = week.price_factor, float(load.mean())
    one_way = sqrt(ROUNDTRIP_EFF)
    supplies = (
        Supply("firm", "import", price, Amount(0.0, 1.0, "firm_mw")),
        Supply("nonfirm", "import", price, Amount(0.0, week.available_frac, "nonfirm_mw")),
        Supply("sun", "solar", 0.0, Amount(0.0, week.solar_frac, "sun_mw")),
        Supply("unserved", "unserved", LOST_FACTOR * max(float(price.max()), 1.0), Amount(np.inf)),
    )
    power = Amount(0.0, 1.0 / STORE_H, "store_mwh")
    unit = Storage(
        "store", power, power, Amount(0.0, 1.0, "store_mwh"), charge_eff=one_way, discharge_eff=one_way
    )
    problem = Problem(week.step_h, load, supplies, (unit,))
    runner = BusRunner(problem, dict.fromkeys(problem.sizes, 0.5))
    return [
        runner.run(np.array([mean * size for size in (firm, nonfirm, sun, store)])).value
        for firm, nonfirm, store, sun in capacities
    ]


def _medoids(costs: np.ndarray, share: np.ndarray, count: int) -> tuple[list[int], np.ndarray]:
    """Rows that stand for all rows, each of which counts by its share, and how much each stands for."""
    apart = np.abs(costs[:, None, :] - costs[None, :, :]).sum(axis=2)

    def badness(chosen: Sequence[int]) -> float:
        near = apart[:, list(chosen)]
        members = np.bincount(near.argmin(axis=1), share, minlength=len(chosen))
        missed = np.abs(members @ costs[list(chosen)] - share @ costs).sum()
        return float(share @ near.min(axis=1) + missed)

    if comb(len(costs), count) <= SUBSETS_MOST:
        best = min(combinations(range(len(costs)), count), key=badness)
    else:
        best = ()
        while len(best) < count:
            rest = [k for k in range(len(costs)) if k not in best]
            best = (*best, min(rest, key=lambda k: badness((*best, k))))
    chosen = sorted(best)
    return chosen, np.bincount(apart[:, chosen].argmin(axis=1), share, minlength=count)
