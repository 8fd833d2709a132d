"""Running of a campus site over its whole axis: the dispatch kernel of its file, metered peaks beside it.

Needs    campus, case, cost, dispatch; plan.columns, start; plan.portfolio.blockwise, bound, visit, peaks; portfolio.
Gives    YearOperation, year_operations, LOAD_LEVEL.
Used by  plan.portfolio.operation.

Coordinates are the size paths of the campus file ("battery.main.power_mw", "grid.connection.firm_mw", ...), those
that stand included, and LOAD_LEVEL where the load grows: load, and flexible load with it, are in proportion to it, so
that years of one site which differ by their load alone share one function and its cuts.

One visit is one run of the kernel: the small programme of monthly cuts (plan.portfolio.peaks) proposes the peaks, the
kernel runs the year under them, the cuts are kept. Value: that run with its peaks, from above. Cut: the
programme's, from below. As visits go on the two meet; `calls` > 1 goes on until they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattstack.campus import Campus
from wattstack.case import Case
from wattstack.cost import capital_table
from wattstack.dispatch import Amount, Cut, Problem, Runner, SizeColumn, SizeRow, why_not_kernel
from wattstack.plan.columns import sizing_model
from wattstack.plan.model import SizingModel
from wattstack.plan.portfolio.blockwise import BlockEnds
from wattstack.plan.portfolio.bound import cases_of
from wattstack.plan.portfolio.peaks import PeakSearch, Proposal
from wattstack.plan.portfolio.visit import Operation, Visit, problems_key
from wattstack.plan.portfolio.whole_year import run_whole
from wattstack.plan.start import start_sizes
from wattstack.portfolio import Portfolio, Site

LOAD_LEVEL = "load_level"
STEPS_KEPT = 500_000  # of one site over all its years: more are prepared anew at every visit
# no peak is tried further below the lowest tried so far: a month's cuts know little down there
LOWER_FRAC = 0.95
BLOCKS_MOST = 52  # parts of a year without metered peaks; a day each where there are no more days
CLOSED_FRAC = 1e-7  # value and bound of one point this near have met


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one unit of a size costs to buy and to keep [currency/MW or /MWh], and how long it lasts."""

    capital_per_unit: float
    fixed_per_unit_year: float
    life_years: float


@dataclass(frozen=True)
class YearModel:
    """What a year's running is made of.

    Attributes:
        names: Capacities, the coordinates.
        columns: Those of them that are sizes, with their yearly cost. rules: between sizes alone.
        own: Metered peaks with their yearly cost. rows: rules that name one.
        problems, weights: One a scenario; the weights turn its cost into a year's.
        assets: By path, what a planned size costs to buy. standing_cost: charges of a year that no size changes.
    """

    names: tuple[str, ...]
    columns: tuple[SizeColumn, ...]
    rules: tuple[SizeRow, ...]
    own: tuple[SizeColumn, ...]
    rows: tuple[SizeRow, ...]
    problems: tuple[Problem, ...]
    weights: tuple[float, ...]
    assets: Mapping[str, UnitPrice]
    standing_cost: float


class YearOperation(Operation):
    """Running of one campus over its axis.

    Args:
        model: Capacities, peaks and problems.
        factor: Periods are so many years long, times the exchange rate.
        calls: Runs of the kernel a visit may make; it stops when value and bound have met.
        keeps: Whether the prepared problem stays in memory between visits (some 250 bytes a step); else it is
            prepared anew for each, for half as much time again.

    It learns: what a visit answers depends on the visits before. Pickled it forgets.
    """

    def __init__(self, model: YearModel, factor: float = 1.0, calls: int = 1, keeps: bool = True):
        self.model, self.factor, self.calls, self.keeps = model, factor, calls, keeps
        self.names, self.columns, self.rows, self.assets = (
            model.names,
            model.columns,
            model.rules,
            model.assets,
        )
        parts = list(zip(model.problems, model.weights, strict=True))
        self.key = problems_key(model.names, parts, model.own, model.rows, factor, model.standing_cost)
        self.by_kernel = all(why_not_kernel(problem) is None for problem in model.problems)
        self._known: _Known | None = None

    def __getstate__(self) -> dict:
        return {**vars(self), "_known": None}

    def problems(self) -> list[tuple[Problem, float]]:
        """One problem a scenario."""
        weights = (weight * self.factor for weight in self.model.weights)
        return list(zip(self.model.problems, weights, strict=True))

    def own_columns(self) -> list[tuple[str, float, float]]:
        """Metered peaks."""
        return [(c.name, c.cost * self.factor, c.upper) for c in self.model.own]

    def own_rows(self) -> list[SizeRow]:
        """Ratchets, and peaks under the connection."""
        return list(self.model.rows)

    @property
    def standing_cost(self) -> float:
        """Cost of the period that no capacity changes; every visit holds it."""
        return self.model.standing_cost * self.factor

    def first_points(self) -> list[np.ndarray]:
        """Where to visit first: middling sizes, the load as it is at the start. More points save no rounds."""
        level = [SizeColumn(LOAD_LEVEL, 0.0, 1.0, 1.0)] if LOAD_LEVEL in self.names else []
        columns = (*self.columns, *level, *self.model.own)
        sizes = start_sizes(SizingModel(columns, (), self.model.problems, self.model.weights))
        return [sizes[: len(self.names)]]

    def visit(self, y: np.ndarray) -> Visit:
        """Cost and cut at these capacities."""
        y = np.maximum(y, 0.0)
        if not self.by_kernel:
            value, const, grad = run_whole(self.model, y)
            return self._counted(value, const, grad, "linear")
        if self._known is None:
            kind = _Metered if self.model.own else _Plain
            self._known = kind(self.model, y, self.keeps)
        value, best = np.inf, None
        for _ in range(self.calls):
            cost, proposal = self._known.visit(y)
            value = min(value, cost)
            if best is None or proposal.bound > best.bound:
                best = proposal
            if value - best.bound <= CLOSED_FRAC * abs(value):
                break
        return self._counted(value, best.const, best.grad, "kernel", best.rows)

    def _counted(
        self, value: float, const: float, grad: np.ndarray, solver: str, rows: np.ndarray | None = None
    ) -> Visit:
        factor, standing = self.factor, self.standing_cost
        blocks = None
        if rows is not None:
            rows = factor * rows
            rows[0, len(self.names)] += standing
            blocks = self._known.ends, rows
        return Visit(factor * value + standing, factor * const + standing, factor * grad, solver, blocks)


class _Known:
    """What a year has learnt: where its cycle is best cut open; its cuts are the business of the two kinds below."""

    def __init__(self, model: YearModel, keeps: bool):
        self.model = model
        self.runners = [Runner(problem) for problem in model.problems]
        order = {name: j for j, name in enumerate((*model.names, *(c.name for c in model.own)))}
        self.at = [np.array([order[name] for name in runner.names], int) for runner in self.runners]
        self.hints = [(runner.anchor, runner.common) for runner in self.runners]
        self.keeps = keeps

    def _prepared(self) -> list[Runner]:
        if self.keeps:
            return self.runners
        runners = [Runner(problem) for problem in self.model.problems]
        for runner, (anchor, common) in zip(runners, self.hints, strict=True):
            runner.anchor, runner.common = anchor, common
        return runners

    def _run(self, sizes: np.ndarray, runners: list[Runner]) -> list[Cut]:
        """Cuts of every scenario at capacities and peaks."""
        cuts = [runner.run(sizes[at]) for runner, at in zip(runners, self.at, strict=True)]
        if not self.keeps:
            self.hints = [(runner.anchor, runner.common) for runner in runners]
        return cuts

    def _running(self, cuts: list[Cut]) -> float:
        return sum(w * cut.value for w, cut in zip(self.model.weights, cuts, strict=True))


class _Plain(_Known):
    """A year without metered peaks: the kernel's own cuts, block by block."""

    def __init__(self, model: YearModel, _: np.ndarray, keeps: bool):
        super().__init__(replace(model, problems=tuple(_in_blocks(each) for each in model.problems)), keeps)
        self.ends = BlockEnds.of(self.runners, self.at, len(model.names))
        if not keeps:
            self.runners = []
        self.cuts: list[tuple[float, np.ndarray]] = []

    def propose(self, y: np.ndarray) -> Proposal:
        """The highest of the cuts at these capacities."""
        bounds = [const + float(grad @ y) for const, grad in self.cuts]
        k = int(np.argmax(bounds))
        return Proposal(np.empty(0), bounds[k], *self.cuts[k])

    def visit(self, y: np.ndarray) -> tuple[float, Proposal]:
        """One run of the kernel: its cost and its cut."""
        cuts = self._run(y, self._prepared())
        const, grad = 0.0, np.zeros(len(y))
        for at, cut, weight in zip(self.at, cuts, self.model.weights, strict=True):
            const += weight * (cut.dual - float(cut.slope @ y[at]))
            grad[at] += weight * cut.slope
        self.cuts.append((const, grad))
        rows = None if self.ends is None else self.ends.rows(cuts, self.at, self.model.weights)
        return self._running(cuts), Proposal(np.empty(0), const + float(grad @ y), const, grad, rows)


def _in_blocks(problem: Problem) -> Problem:
    """The problem with its axis in parts of as many whole days as make no more than BLOCKS_MOST."""
    day = round(24.0 / problem.step_h)
    length = day * -(-problem.count // (BLOCKS_MOST * day))
    return replace(problem, block=np.arange(problem.count) // length)


class _Metered(_Known):
    """A year with metered peaks: a small programme over its cuts chooses them."""

    def __init__(self, model: YearModel, y: np.ndarray, keeps: bool):
        super().__init__(model, keeps)
        runners = self.runners
        self.own_cost = np.array([column.cost for column in model.own])
        first = _start_peaks(model, y)
        self.lowest = first
        cuts = self._run(np.concatenate([y, first]), runners)
        energy = sum(
            weight * float(np.median(np.abs(cut.price))) * float(runner.load.sum() + runner.load_rate.sum())
            for weight, cut, runner in zip(model.weights, cuts, runners, strict=True)
        )
        money = max(energy + float(np.abs(self.own_cost) @ first), 1.0) / 1e4
        self.search = PeakSearch(model.names, model.own, model.rows, runners, model.weights, money)
        self.search.add(cuts)
        self.runners = runners if keeps else []

    def propose(self, y: np.ndarray) -> Proposal:
        """What the cuts known say at these capacities."""
        return self.search.propose(y)

    def visit(self, y: np.ndarray) -> tuple[float, Proposal]:
        """One run of the kernel: cost under the peaks proposed, and the programme's answer with its cuts."""
        peaks = self.search.raised(self.search.propose(y).peaks, LOWER_FRAC * self.lowest)
        self.lowest = np.minimum(self.lowest, peaks)
        cuts = self._run(np.concatenate([y, peaks]), self._prepared())
        self.search.add(cuts)
        return float(self.own_cost @ peaks) + self._running(cuts), self.search.propose(y)


def _start_peaks(model: YearModel, y: np.ndarray) -> np.ndarray:
    """Peaks that a daily battery could just hold, at these capacities."""
    held = [SizeColumn(name, 0.0, value, value) for name, value in zip(model.names, y.tolist(), strict=True)]
    sizes = start_sizes(SizingModel((*held, *model.own), (), model.problems, model.weights))
    return sizes[len(held) :]


def year_operations(portfolio: Portfolio, site: Site) -> list[Operation]:
    """Running of a campus site, period by period.

    Args:
        portfolio: Its calendar, and the campus of the site.
        site: With a campus file and no items.
    """
    campus, calendar = portfolio.campuses[site.name], portfolio.calendar
    cases = cases_of(campus)
    exchange = 1.0 if campus.currency == portfolio.currency else portfolio.exchange[campus.currency]
    factor = exchange * calendar.period_years
    years = np.arange(calendar.count) * calendar.period_years
    load = (1.0 + site.load_growth_frac) ** years
    price = (1.0 + site.price_growth_frac) ** years
    shared = not _is_fixed(campus) and site.load_growth_frac != 0.0
    levels = np.ones_like(load) if shared else load
    asked = list(zip(levels.tolist(), price.tolist(), strict=True))
    keeps = len(set(asked)) * sum(case.axis.count for case in cases) <= STEPS_KEPT
    known: dict[tuple[float, float], Operation] = {}
    for growth in asked:
        if growth not in known:
            model = year_model(campus, [_grown(case, *growth) for case in cases])
            model = _with_level(model, float(load.max())) if shared else model
            known[growth] = YearOperation(_in_currency(model, exchange), factor, keeps=keeps)
    return [known[growth] for growth in asked]


def _is_fixed(campus: Campus) -> bool:
    """Whether something of the running would not grow with the load: a duty, an export limit."""
    export = campus.grid is not None and campus.grid.tariff.export is not None
    return export or campus.duties.backup is not None or campus.duties.smoothing is not None


def _grown(case: Case, level: float, dear: float) -> Case:
    """The case with load and grid prices moved."""
    if level == dear == 1.0:
        return case
    return replace(
        case,
        load_mw=level * case.load_mw,
        it_mw=level * case.it_mw,
        cooling_mw=level * case.cooling_mw,
        loss_mw=level * case.loss_mw,
        shed_mw={name: level * most for name, most in case.shed_mw.items()},
        reserve_mwh=level * case.reserve_mwh,
        reserve_mw=level * case.reserve_mw,
        buy_price_per_mwh=dear * case.buy_price_per_mwh,
        sell_price_per_mwh=dear * case.sell_price_per_mwh,
        energy_lines_per_mwh={name: dear * line for name, line in case.energy_lines_per_mwh.items()},
    )


def year_model(campus: Campus, cases: Sequence[Case]) -> YearModel:
    """The sizing model of a campus, taken apart: capacities for the master, peaks for the year itself."""
    site = sizing_model(campus, list(cases))
    paths = set(campus.size_paths)
    columns = tuple(c for c in site.model.columns if c.name in paths)
    own = tuple(c for c in site.model.columns if c.name not in paths)
    peaks = {c.name for c in own}
    return YearModel(
        names=tuple(c.name for c in columns),
        columns=columns,
        rules=tuple(r for r in site.model.rows if not peaks & set(r.coefs)),
        own=own,
        rows=tuple(r for r in site.model.rows if peaks & set(r.coefs)),
        problems=site.model.problems,
        weights=site.model.weights,
        assets=_unit_prices(campus),
        standing_cost=site.standing_cost,
    )


def _unit_prices(campus: Campus) -> dict[str, UnitPrice]:
    """Of every planned size."""
    table = capital_table(campus, dict.fromkeys(campus.size_paths, 1.0))
    planned = table[~table["stands"]]
    parts = zip(
        planned.index, planned["capital"], planned["fixed_per_year"], planned["life_years"], strict=True
    )
    return {
        path: UnitPrice(float(capital), float(fixed), float(life)) for path, capital, fixed, life in parts
    }


def _with_level(model: YearModel, most: float) -> YearModel:
    """The same with the load in proportion to a coordinate, which may rise to `most`."""
    return replace(
        model,
        names=(*model.names, LOAD_LEVEL),
        own=tuple(replace(column, upper=most * column.upper) for column in model.own),
        problems=tuple(_levelled(problem) for problem in model.problems),
    )


def _levelled(problem: Problem) -> Problem:
    supplies = tuple(
        replace(s, power=Amount(0.0, s.power.fixed, LOAD_LEVEL)) if s.kind == "shed" else s
        for s in problem.supplies
    )
    load = Amount(0.0, problem.load_mw, LOAD_LEVEL)
    return replace(problem, load_mw=np.zeros(problem.count), supplies=supplies, sized_load=load)


def _in_currency(model: YearModel, exchange: float) -> YearModel:
    """What the master pays for sizes, in the portfolio's currency; running is converted by the factor."""
    if exchange == 1.0:
        return model
    return replace(
        model,
        columns=tuple(replace(column, cost=exchange * column.cost) for column in model.columns),
        assets={
            path: replace(
                asset,
                capital_per_unit=exchange * asset.capital_per_unit,
                fixed_per_unit_year=exchange * asset.fixed_per_unit_year,
            )
            for path, asset in model.assets.items()
        },
    )
