"""Sizing by cuts: visit sizes, let the kernel answer with cost and prices, let the master choose the next.

Needs    plan.master, plan.model; dispatch.Runner.
Gives    solve_by_cuts, Sizing, Search.
Used by  plan.site.

Lower bound: the master's optimum. Upper bound: the best sizes visited. Each visit lies between the best so
far and the master's choice (in-out stabilisation, Ben-Ameur and Neto 2007, doi:10.1002/net.20190).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wattstack.dispatch import Cut, Runner
from wattstack.errors import GapError
from wattstack.plan.master import Master
from wattstack.plan.model import SizingModel
from wattstack.plan.result import Round, gap_between
from wattstack.plan.start import start_sizes

STEP_FRAC = 0.5  # how far from the best towards the master's choice; 0.3 and 1 take more rounds
ROUNDS_MOST = 400
POLISH_FRAC, POLISH_ROUNDS = 1e-10, 80  # at this gap weighed prices are the whole programme's duals
CRUMB_FRAC = 1e-3  # of a size's range: a crumb, if leaving it costs less than the gap
LP_GAP_FRAC = 1e-4  # whole units: the LP is solved to this before integers are switched on

Report = Callable[[Round], None]


@dataclass(frozen=True)
class Sizing:
    """The sizes chosen and their certificate.

    Attributes:
        sizes: By column name.
        objective: Yearly cost at these sizes. bound: no sizes cost less. gap_frac: their relative distance.
        cuts: Best visit of each scenario: schedule, value.
        runners: One a scenario, to write the schedule out.
        prices: By scenario, (bus, cap, stored) prices weighed by the master's duals: the duals of the plan.
        rounds: Convergence.
    """

    sizes: dict[str, float]
    objective: float
    bound: float
    gap_frac: float
    cuts: tuple[Cut, ...]
    runners: tuple[Runner, ...]
    prices: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]
    rounds: tuple[Round, ...]


class Search:
    """One search: the master, the visits and the best of them. It can go on after a bound was moved.

    Args:
        model: Every problem one that the kernel holds.
        start: Middling sizes to visit first, in the order of model.columns.
    """

    def __init__(self, model: SizingModel, start: np.ndarray):
        self.model = model
        self.runners = [Runner(problem) for problem in model.problems]
        names = [column.name for column in model.columns]
        self.index = {name: j for j, name in enumerate(names)}
        self.at = [np.array([self.index[n] for n in r.names], np.int64) for r in self.runners]
        self.cost = np.array([column.cost for column in model.columns])
        self.lower = np.array([column.lower for column in model.columns])
        self.upper = np.array([column.upper for column in model.columns])
        self.visits: list[
            tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]
        ] = []  # prices by scenario, seven digits
        self.keep_prices = True
        self.rounds: list[Round] = []
        self.bound = -np.inf
        self.objective = np.inf
        self.began = time.perf_counter()
        cuts = self._run(start)
        self.master = Master(model, self.runners, self._usual_cost(start, cuts) / 1e4)
        self.best, self.best_cuts = start, cuts
        self._add(cuts)
        if self._allowed(start):
            self.objective = self._total(start, cuts)

    def _run(self, sizes: np.ndarray) -> list[Cut]:
        return [runner.run(sizes[at]) for runner, at in zip(self.runners, self.at, strict=True)]

    def _total(self, sizes: np.ndarray, cuts: list[Cut]) -> float:
        running = sum(w * cut.value for w, cut in zip(self.model.weights, cuts, strict=True))
        return float(self.cost @ sizes + running)

    def _usual_cost(self, sizes: np.ndarray, cuts: list[Cut]) -> float:
        """Size of the yearly cost without the scarce steps, which a first visit may have many of."""
        energy = sum(
            weight * float(np.median(np.abs(cut.price))) * float(runner.load.sum())
            for weight, cut, runner in zip(self.model.weights, cuts, self.runners, strict=True)
        )
        return max(energy + float(np.abs(self.cost) @ sizes), 1.0)

    def _allowed(self, sizes: np.ndarray) -> bool:
        """Whether the sizes meet every row."""
        for row in self.model.rows:
            value = sum(coef * sizes[self.index[name]] for name, coef in row.coefs.items())
            room = 1e-9 * (1.0 + abs(value))
            if not row.lower - room <= value <= row.upper + room:
                return False
        return True

    def _add(self, cuts: list[Cut]) -> None:
        for scenario, cut in enumerate(cuts):
            self.master.add(len(self.visits), scenario, cut)
        if self.keep_prices:
            prices = [(cut.price, cut.cap_price, cut.stored_price) for cut in cuts]
            self.visits.append(tuple(tuple(p.astype(np.float32) for p in own) for own in prices))

    @property
    def gap_frac(self) -> float:
        """See gap_between."""
        return gap_between(self.objective, self.bound)

    def round(self, step: float) -> None:
        """One round: the master's choice, a visit on the way there, its cuts."""
        answer = self.master.solve()
        self.bound = max(self.bound, answer.bound)
        if self.objective == np.inf:  # what is best so far breaks a row; the master's choice breaks none
            step = 1.0
        sizes = self.best + step * (np.clip(answer.sizes, self.lower, self.upper) - self.best)
        cuts = self._run(sizes)
        self._add(cuts)
        total = self._total(sizes, cuts)
        if total < self.objective:
            self.objective, self.best, self.best_cuts = total, sizes, cuts
        self.rounds.append(Round(self.bound, self.objective, time.perf_counter() - self.began))

    def descend(self, aim: float, step: float = STEP_FRAC, report: Report | None = None) -> None:
        """Rounds until the gap is at most `aim`.

        Raises:
            GapError: ROUNDS_MOST rounds did not reach it.
        """
        for _ in range(ROUNDS_MOST):
            self.round(step)
            if report is not None:
                report(self.rounds[-1])
            if self.gap_frac <= aim:
                return
        raise GapError(
            f"{ROUNDS_MOST} rounds left a gap of {self.gap_frac:.2g}, asked was {aim:g}. Ask for a wider gap."
        )

    def snap(self, aim: float) -> None:
        """Put sizes a crumb away from a bound onto it, where the certificate allows: nobody buys 1 kW of solar."""
        span = np.where(np.isfinite(self.upper), self.upper - self.lower, 0.0)
        low, high = self.best - self.lower < CRUMB_FRAC * span, self.upper - self.best < CRUMB_FRAC * span
        sizes = np.where(low, self.lower, np.where(high, self.upper, self.best))
        if np.array_equal(sizes, self.best) or not self._allowed(sizes):
            return
        cuts = self._run(sizes)
        total = self._total(sizes, cuts)
        if gap_between(total, self.bound) <= aim:
            self.objective, self.best, self.best_cuts = total, sizes, cuts

    def polish(self, report: Report | None = None) -> None:
        """Rounds towards POLISH_FRAC, as far as POLISH_ROUNDS bring it."""
        for _ in range(POLISH_ROUNDS):
            if self.gap_frac <= POLISH_FRAC:
                return
            self.round(STEP_FRAC)
            if report is not None:
                report(self.rounds[-1])

    def rebound(self, name: str, lower: float, upper: float) -> None:
        """Move the bounds of one size; every cut stays valid, bound and best start afresh."""
        j = self.index[name]
        self.lower[j], self.upper[j] = lower, upper
        self.master.rebound(j, lower, upper)
        self.refresh()

    def refresh(self) -> None:
        """Forget bound and best: the problem is another one now. Every cut stays valid."""
        self.bound, self.objective = -np.inf, np.inf

    def sizes(self) -> dict[str, float]:
        """The best sizes visited, by name."""
        return dict(zip(self.index, self.best.tolist(), strict=True))

    def prices(self) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]:
        """Weigh the visits' prices with the duals of their cuts, month by month: bus, cap, stored; by scenario.

        Once: the visits' prices are let go of, they are the most of what a search holds.
        """
        self.master.solve()
        answer = []
        weights = self.master.weights()
        for s, runner in enumerate(self.runners):
            share = np.zeros((len(self.visits), len(runner.ends)))
            for (visit, scenario, month), dual in weights.items():
                if scenario == s:
                    share[visit, month] = dual
            share /= np.maximum(share.sum(axis=0), 1e-300)
            mixed = [np.zeros(len(runner.load)) for _ in range(3)]
            for visit in np.flatnonzero(share.any(axis=1)):
                by_step = share[visit][runner.block]
                for k, part in enumerate(self.visits[visit][s]):
                    mixed[k] += by_step * part
            answer.append(tuple(mixed))
        self.keep_prices = False  # what follows is asked for its cost alone
        self.visits.clear()
        return tuple(answer)


def solve_by_cuts(
    model: SizingModel,
    gap_frac: float = 1e-6,
    report: Report | None = None,
    polish: bool = False,
) -> tuple[Sizing, Search]:
    """Least-cost sizes to a certificate, and the search that found them, ready to go on.

    Args:
        model: Every problem one that the kernel holds (dispatch.why_not_kernel).
        gap_frac: Stop when (objective - bound) / |objective| is at most this.
        report: Called after every round.
        polish: Go on to a gap of POLISH_FRAC, for prices that are the duals of the whole programme in all
            steps and not only in most; a quarter to a half more rounds.

    Raises:
        InfeasibleError: The rows and bounds on the sizes contradict each other, or a limit of the storage
            cannot be met. GapError: ROUNDS_MOST rounds did not reach the gap.
    """
    search = Search(model, start_sizes(model))
    whole = any(column.block is not None for column in model.columns)
    search.descend(max(gap_frac, LP_GAP_FRAC) if whole else gap_frac, report=report)
    if polish:
        search.polish(report)
    else:
        search.snap(gap_frac)
    prices = search.prices()
    if whole:  # prices are those of the plan with parts of units; with whole units there are none
        search.master.whole_units()
        search.refresh()
        search.descend(gap_frac, step=1.0, report=report)
    sizing = Sizing(
        sizes=search.sizes(),
        objective=search.objective,
        bound=search.bound,
        gap_frac=max(search.gap_frac, 0.0),
        cuts=tuple(search.best_cuts),
        runners=tuple(search.runners),
        prices=prices,
        rounds=tuple(search.rounds),
    )
    return sizing, search
