"""The search: solve the master, run every site-period where it points, add the cuts that it violates, repeat.

Needs    plan.portfolio.block, program, pool, known.
Gives    Search, Report.
Used by  plan.portfolio.solve, stochastic.

Upper bound: the master. Lower bound: a plan evaluated exactly. Every other point lies between the best so far
and the master's (in-out stabilisation, Ben-Ameur and Neto 2007, doi:10.1002/net.20190); multi-cut Benders after
Birge and Louveaux 1988, doi:10.1016/0377-2217(88)90159-2. Functions that fall apart into blocks get some cuts
without a visit: put together from what all visits said of each block (plan.portfolio.blockwise).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np

from wattstack.errors import GapError
from wattstack.plan.portfolio.block import Block, Task
from wattstack.plan.portfolio.known import Known, M
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.program import Answer, Program
from wattstack.plan.portfolio.result import PortfolioRound

STEP_FRAC = 0.7  # from the best towards the master's point; 0.6 and 1 take more rounds, on a dozen cases
LATE_STEP_FRAC, LATE_FRAC = 0.9, 1e-4  # below this gap the master's point is good: half a round fewer
ROUNDS_MOST = 200
JOINS = 5  # cuts put together without a visit, so often in a round; three take half a round more
EARLY_JOINS, EARLY_FRAC = 1, 1e-2  # above this gap so often: what few visits know is soon said
# HiGHS' weights in the dual simplex: less time for many small batches of cuts, more for whole units
DEVEX = 1
VIOLATED_M = 1e-7  # a cut violated by less than this [M] is met
Report = Callable[[PortfolioRound], None]
Score = Callable[[np.ndarray], float]


class Search:
    """One search over one or several futures.

    Args:
        blocks: The futures in the programme.
        program: The master, without cuts.
        pool: Cuts found before; new ones are added.
        score: Value of the NPVs of the futures; None = their mean by probability.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        program: Program,
        pool: Pool,
        score: Score | None = None,
    ):
        self.blocks, self.program, self.pool = blocks, program, pool
        weights = np.array([b.probability_frac for b in blocks])
        self.score = score or (lambda npvs: float(weights @ npvs))
        self.visit = pool.visit
        self.began = time.perf_counter()
        self.rounds: list[PortfolioRound] = []
        self.bound_m, self.best_m = np.inf, -np.inf
        self.best: np.ndarray | None = None
        self.npvs_m = np.full(len(blocks), -np.inf)
        groups = self._group()
        self.tasks = [task for members in groups.values() for _, task in members]
        self.futures = np.array([w for members in groups.values() for w, _ in members], int)
        self.known = Known(pool, self.tasks, {key: len(members) for key, members in groups.items()})
        self.costs = self.known.costs
        self.discount = np.array(
            [blocks[w].draft.discount[task.period] for w, task in zip(self.futures, self.tasks, strict=True)],
            float,
        )
        cycled = [
            task.columns[[n for n, name in enumerate(task.operation.names) if name.endswith(".cycled")]]
            for task in self.tasks
        ]
        self.cycled = [columns for columns in cycled if len(columns) > 1]
        self.reprice()
        self._first_cuts()
        if pool.blocks:
            program.set(simplex_dual_edge_weight_strategy=DEVEX)

    @property
    def gap_frac(self) -> float:
        """(bound - best) / |bound|."""
        return (self.bound_m - self.best_m) / max(abs(self.bound_m), 1e-9)

    def _group(self) -> dict[str, list[tuple[int, Task]]]:
        """Tasks of one function together, each with the number of its future."""
        found: dict[str, list[tuple[int, Task]]] = {}
        for w, block in enumerate(self.blocks):
            for task in block.tasks:
                found.setdefault(task.operation.key, []).append((w, task))
        return found

    def reprice(self) -> None:
        """Take the payments of the drafts anew (the learning path moved)."""
        size = len(self.program.lower)
        self.worth = [block.draft.objective(size) for block in self.blocks]
        self.bound_m, self.best_m, self.best = np.inf, -np.inf, None

    def _first_cuts(self) -> None:
        """Cuts of earlier plans that held up the same site-period, and of middling points for new functions."""
        known = self.known
        firsts = (self.tasks[first].operation for first in known.first[:-1])
        new = [operation for operation in firsts if operation.key not in self.pool.cuts]
        asked = [(operation, point) for operation in new for point in first_points(operation)]
        for (operation, _), answer in zip(asked, self.visit(asked), strict=True):
            self.pool.keep(operation.key, answer)
        known.pull()
        tasks, rows = [], []
        for g, (key, rows_of) in enumerate(zip(known.keys, known.rows_of, strict=True)):
            for t in range(known.first[g], known.first[g + 1]):
                held = self.pool.held.get((self.tasks[t].site, self.tasks[t].period, key), ())
                numbers = {*range(min(2, len(rows_of))), *held}
                tasks += [t] * len(numbers)
                rows += [rows_of[k] for k in numbers]
        self._add(tasks, rows)

    def _add(self, tasks: Sequence[int], rows: Sequence[int]) -> int:
        """Give the master these cuts of these tasks; returns how many it did not have."""
        picked = self.known.pick(tasks, rows)
        self.program.add_rows(picked.starts, picked.index, picked.value, picked.lower)
        return len(picked.lower)

    def evaluate(self, x: np.ndarray, several: bool = False) -> tuple[float, np.ndarray]:
        """Value of a point that can be run so, NPV by future; every visit leaves its cut in the pool.

        Between two plans with one chemistry each lies one with two. Unless `several`, only the larger of a
        site's chemistries then cycles, which is a plan too and the kernel's business.
        """
        x = x if several else self._one_cycles(x)
        points = self.known.points(x)
        asked = [
            (task.operation, point[:size])
            for task, point, size in zip(self.tasks, points, self.known.sizes, strict=True)
        ]
        answers = self.visit(asked)
        for (operation, _), answer in zip(asked, answers, strict=True):
            self.pool.keep(operation.key, answer)
        running = np.zeros_like(x)
        running[self.costs] = [M * answer.value for answer in answers]
        more = self.discount * (running[self.costs] - x[self.costs])
        npvs = np.array([float(worth @ x) for worth in self.worth])
        npvs -= np.bincount(self.futures, more, minlength=len(npvs))
        value = self.score(npvs)
        if value > self.best_m and self._within_credit(x, running):
            self.best_m, self.npvs_m = value, npvs
            self.best = x.copy()
            self.best[self.costs] = running[self.costs]
        return value, npvs

    def _within_credit(self, x: np.ndarray, running: np.ndarray) -> bool:
        """Whether cash stays above every credit line once running costs what it does, not what the master thought."""
        allowed = 10.0 * VIOLATED_M * (1 + len(self.costs))
        for block in self.blocks:
            if "cash_m" in block.draft.columns:
                cash = block.draft.columns["cash_m"]["group",]
                costs = np.array([task.cost for task in block.tasks], int)
                periods = [task.period for task in block.tasks]
                more = np.bincount(periods, running[costs] - x[costs], minlength=len(cash))
                credit_m = block.portfolio.money.credit_limit_m
                if np.any(x[cash] - np.cumsum(more) < -credit_m - allowed):
                    return False
        return True

    def _one_cycles(self, x: np.ndarray) -> np.ndarray:
        """The point with only the largest cycled storage of every site-period left."""
        x = x.copy()
        for columns in self.cycled:
            values = x[columns]
            x[columns] = np.where(values == values.max(), values, 0.0)
        return x

    def separate(self, x: np.ndarray, join: bool = False) -> int:
        """Add to each site-period the cut of the pool that x violates most; returns how many were added.

        With `join` a cut is put together for x first, where functions fall apart into blocks.
        """
        known = self.known
        points = known.points(x)
        value, place = known.highest(points)
        if join and known.join(points, value):
            value, place = known.highest(points)
        violated = np.flatnonzero(M * value > x[self.costs] + VIOLATED_M)
        return self._add(violated.tolist(), place[violated].tolist())

    def descend(self, gap_frac: float, report: Report | None = None, rounds_most: int = ROUNDS_MOST) -> None:
        """Rounds until the gap is at most `gap_frac`.

        Raises:
            GapError: `rounds_most` rounds did not reach it.
        """
        for _ in range(rounds_most):
            answer = self._master()
            point = answer.x
            if self.best is not None and not self.program.is_whole:
                step = STEP_FRAC if self.gap_frac > LATE_FRAC else LATE_STEP_FRAC
                point = self.best + step * (answer.x - self.best)
            self.evaluate(point)
            added = self.separate(answer.x)
            if not added and self.gap_frac > gap_frac:
                self.evaluate(answer.x)
                added = self.separate(answer.x)
            if not added and self.gap_frac > gap_frac:
                self.evaluate(answer.x, several=True)
                added = self.separate(answer.x)
            self._note(added, report)
            if self.gap_frac <= gap_frac:
                return
        raise GapError(
            f"{rounds_most} rounds left a gap of {self.gap_frac:.2g}, asked was {gap_frac:.2g}. Ask for a wider gap."
        )

    def _master(self) -> Answer:
        """The master's point once no known cut is violated there: no new running is asked for until then."""
        joins = JOINS if self.gap_frac <= EARLY_FRAC else EARLY_JOINS
        for turn in count():
            answer = self.program.solve()
            self.bound_m = min(self.bound_m, answer.bound)
            if self.program.is_whole or not self.separate(answer.x, join=turn < joins):
                return answer

    def _note(self, cuts: int, report: Report | None) -> None:
        spent = time.perf_counter() - self.began
        self.rounds.append(PortfolioRound(len(self.rounds) + 1, self.best_m, self.bound_m, cuts, spent))
        if report is not None:
            report(self.rounds[-1])

    def remember(self) -> None:
        """Note in the pool which cuts hold up each site-period at the best point."""
        at = np.maximum(self.best, 0.0)
        for task in self.tasks:
            cuts, cost = self.pool.cuts[task.operation.key], self.best[task.cost]
            slack = cost - (cuts.grad @ at[task.columns] + cuts.const) * M
            near = np.flatnonzero(slack <= 1e-6 * (1.0 + abs(cost)))
            self.pool.held[task.site, task.period, task.operation.key] = tuple(near[-4:].tolist())


def first_points(operation) -> list[np.ndarray]:
    """Middling points of a function never visited: of a site with items with ample power, and with too little."""
    if "it_mw" not in operation.names:
        return operation.first_points()
    ample = {"it_mw": 1.0, "firm_mw": 1.5, "nonfirm_mw": 0.5}
    scarce = {"it_mw": 1.0, "firm_mw": 0.6, "nonfirm_mw": 0.4}
    cycled = [name for name in operation.names if name.endswith(".cycled")]
    idle = dict.fromkeys(cycled[1:], 0.0)
    return [np.array([(p | idle).get(name, 0.2) for name in operation.names]) for p in (ample, scarce)]
