"""Metered peaks of one site and period beside its dispatch kernel: a small linear programme of monthly cuts.

Needs    dispatch (Runner, Cut, SizeColumn, SizeRow); highspy.
Gives    PeakSearch, Proposal.
Used by  plan.portfolio.year.

At given capacities y the peaks p are chosen here:

    V(y) = min over p of  cost . p + running(y, p),   running >= sum of months' cuts over y, p and month-end energies

Every run of the kernel leaves one cut a month (as in plan.master). The programme over p, the energies at month
ends and the months' costs is small; of all cuts it holds those that matter. Its duals, combined over the cuts
whatever they are, give a bound that is affine in y and nowhere above V: weak duality, rounding included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattstack.dispatch import Cut, Runner, SizeColumn, SizeRow
from wattstack.errors import StateError

TOLERANCE = 1e-9  # of HiGHS, absolute, on money counted in 1/10,000 of the cost
VIOLATED = 1e-8  # in the same money: a cut violated by less is met
ROOM = 8  # cuts to make room for at first


@dataclass(frozen=True)
class Proposal:
    """What the small programme answers at some capacities.

    Attributes:
        peaks: The sizes it chooses, in the order of `own`.
        bound: V is at least this here. const, grad: V(y') >= const + grad . y' everywhere.
        rows: The same by block, where it falls apart (plan.portfolio.blockwise).
    """

    peaks: np.ndarray
    bound: float
    const: float
    grad: np.ndarray
    rows: np.ndarray | None = None


@dataclass(frozen=True)
class _Opened:
    """A programme solved at a point: its solver and the cuts in it."""

    y: np.ndarray
    solver: Any
    rows: list[tuple[int, int, int]]


class _Scenario:
    """The cuts of one runner, and where its sizes and columns lie."""

    def __init__(self, runner: Runner, outer: Mapping[str, int], own: Mapping[str, int], first: int):
        self.blocks, n = len(runner.ends), len(runner.names)
        self.outer = np.array([outer.get(name, -1) for name in runner.names])
        self.own = np.array([own.get(name, -1) for name in runner.names])
        self.outside, self.inside = self.outer >= 0, self.own >= 0
        self.ends = first + np.arange(self.blocks)
        self.costs = self.ends + self.blocks
        floors, ceilings = runner.end_bounds()
        self.floor, self.ceiling = (self._bounds(part) for part in (floors, ceilings))
        self.count = 0
        self.const, self.last, self.first = (np.empty((ROOM, self.blocks)) for _ in range(3))
        self.grad = np.empty((ROOM, self.blocks, n))

    def _bounds(self, parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Fixed part, rate and place in y of a bound at every block's end."""
        fixed, rate, size = (np.array(column) for column in zip(*parts, strict=True))
        return fixed, np.where(size < 0, 0.0, rate), np.where(size < 0, 0, self.outer[size])

    def add(self, cut: Cut) -> None:
        """Keep a cut, making room as needed."""
        if self.count == len(self.const):
            for name in ("const", "last", "first", "grad"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.empty_like(old)]))
        k = self.count
        self.const[k], self.grad[k], self.last[k], self.first[k] = cut.const, cut.grad, cut.last, cut.first
        self.count += 1

    def at(self, y: np.ndarray) -> np.ndarray:
        """Cuts with the capacities put in; shape (cuts, blocks)."""
        k = self.count
        return self.const[:k] + self.grad[:k][:, :, self.outside] @ y[self.outer[self.outside]]

    def values(self, base: np.ndarray, x: np.ndarray) -> np.ndarray:
        """What every cut says of its block's cost at the columns x; shape (cuts, blocks)."""
        k = self.count
        energy = x[self.ends]
        peaks = self.grad[:k][:, :, self.inside] @ x[self.own[self.inside]]
        return base + peaks + self.last[:k] * energy - self.first[:k] * np.roll(energy, 1)


class PeakSearch:
    """Cuts of one function, and the programme over them.

    Args:
        names: Capacities, the coordinates of y.
        own: Columns chosen here, with their cost and finite bounds.
        rows: Rules that name at least one of them.
        runners: One a scenario; every size they name is a capacity or one of `own`.
        weights: Weight of each scenario's cost.
        money: Currency per unit of the objective inside.
    """

    def __init__(
        self, names: Sequence[str], own: Sequence[SizeColumn], rows: Sequence[SizeRow],
        runners: Sequence[Runner], weights: Sequence[float], money: float,
    ):  # fmt: skip
        outer = {name: j for j, name in enumerate(names)}
        inner = {column.name: j for j, column in enumerate(own)}
        self.own, self.weights, self.money = tuple(own), tuple(weights), money
        self.scenarios, first = [], len(own)
        for runner in runners:
            self.scenarios.append(_Scenario(runner, outer, inner, first))
            first += 2 * self.scenarios[-1].blocks
        self.columns = first
        self.cost = np.zeros(first)
        self.cost[: len(own)] = [column.cost for column in own]
        for scenario, weight in zip(self.scenarios, weights, strict=True):
            self.cost[scenario.costs] = weight * money
        self.rule_own, self.rule_outer = np.zeros((len(rows), first)), np.zeros((len(rows), len(names)))
        for i, row in enumerate(rows):
            for name, coef in row.coefs.items():
                if name in inner:
                    self.rule_own[i, inner[name]] = coef
                else:
                    self.rule_outer[i, outer[name]] = coef
        self.rule_lower = np.array([row.lower for row in rows])
        self.rule_upper = np.array([row.upper for row in rows])
        self.held: list[tuple[int, int, int]] = []  # cuts that mattered last: (scenario, number, block)
        self.opened: _Opened | None = None  # the programme of the last point, for one more question there

    def add(self, cuts: Sequence[Cut]) -> None:
        """Keep the cuts of one visit, one a scenario."""
        for s, (scenario, cut) in enumerate(zip(self.scenarios, cuts, strict=True)):
            scenario.add(cut)
            self.held += [(s, scenario.count - 1, m) for m in range(scenario.blocks)]

    def propose(self, y: np.ndarray) -> Proposal:
        """Optimum over all cuts so far at these capacities.

        Raises:
            StateError: HiGHS ends without an optimum.
        """
        bases = [scenario.at(y) for scenario in self.scenarios]
        rows = list(dict.fromkeys(self.held))
        last, self.opened = self.opened, None
        if last is not None and np.array_equal(last.y, y):
            solver, known = last.solver, set(last.rows)
            new = [row for row in rows if row not in known]
            rows = last.rows + new
            _add_rows(solver, *self._rows(bases, new))
        else:
            solver = self._start(y, bases, rows)
        while True:  # ends: every turn adds cuts of a finite number
            x, duals = _solve(solver)
            more = self._violated(bases, x, set(rows))
            if not more:
                break
            matrix, lower = self._rows(bases, more)
            _add_rows(solver, matrix, lower)
            rows += more
        if last is None or last.solver is not solver:
            self.opened = _Opened(y, solver, rows)
        rule_duals, cut_duals = np.split(duals, [len(self.rule_lower)])
        self.held = [row for row, dual in zip(rows, cut_duals, strict=True) if dual > 0.0]
        const, grad = self._combine(rows, cut_duals, rule_duals)
        return Proposal(x[: len(self.own)], const + float(grad @ y), const, grad)

    def raised(self, peaks: np.ndarray, least: np.ndarray) -> np.ndarray:
        """The best peaks of at least these, at the point of the last question; `peaks`, its answer, where none are."""
        if self.opened is None or np.all(peaks >= least):
            return peaks
        solver, at = self.opened.solver, np.arange(len(self.own), dtype=np.int32)
        lower, upper = (np.array([getattr(c, side) for c in self.own]) for side in ("lower", "upper"))
        solver.changeColsBounds(len(at), at, np.clip(least, lower, upper), upper)
        found = _optimum(solver)
        solver.changeColsBounds(len(at), at, lower, upper)
        return peaks if found is None else found[0][: len(at)]

    def _bounds(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of every column."""
        lower, upper = np.full(self.columns, -np.inf), np.full(self.columns, np.inf)
        lower[: len(self.own)] = [column.lower for column in self.own]
        upper[: len(self.own)] = [column.upper for column in self.own]
        for s in self.scenarios:
            for (fixed, rate, size), side in ((s.floor, lower), (s.ceiling, upper)):
                side[s.ends] = fixed + rate * y[size]
        return lower, np.maximum(lower, upper)

    def _by_scenario(
        self, rows: list[tuple[int, int, int]]
    ) -> Iterator[tuple[_Scenario, np.ndarray, np.ndarray, np.ndarray]]:
        """Every scenario with its part of the rows: place in the list, number of the cut, block."""
        at = np.array(rows, int).reshape(-1, 3)
        for s, scenario in enumerate(self.scenarios):
            i = np.flatnonzero(at[:, 0] == s)
            yield scenario, i, at[i, 1], at[i, 2]

    def _rows(
        self, bases: list[np.ndarray], rows: list[tuple[int, int, int]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cuts as dense rows and their lower bounds, in units of money."""
        matrix, lower = np.zeros((len(rows), self.columns)), np.empty(len(rows))
        for s, (scenario, i, k, m) in enumerate(self._by_scenario(rows)):
            matrix[i[:, None], scenario.own[scenario.inside]] = (
                -scenario.grad[k, m][:, scenario.inside] / self.money
            )
            matrix[i, scenario.ends[m]] -= scenario.last[k, m] / self.money
            matrix[i, scenario.ends[m - 1]] += scenario.first[k, m] / self.money
            matrix[i, scenario.costs[m]] = 1.0
            lower[i] = bases[s][k, m] / self.money
        return matrix, lower

    def _start(self, y: np.ndarray, bases: list[np.ndarray], rows: list[tuple[int, int, int]]):
        """A solver with the rules and some cuts."""
        import highspy

        lower, upper = self._bounds(y)
        solver = highspy.Highs()
        for option, value in (
            ("output_flag", False), ("presolve", "off"), ("solver", "simplex"), ("threads", 1),
            ("primal_feasibility_tolerance", TOLERANCE), ("dual_feasibility_tolerance", TOLERANCE),
        ):  # fmt: skip
            solver.setOptionValue(option, value)
        empty = np.empty(0, np.int32)
        solver.addCols(
            self.columns, self.cost / self.money, lower, upper, 0, np.zeros(self.columns, np.int32), empty,
            np.empty(0),
        )  # fmt: skip
        moved = self.rule_outer @ y
        _add_rows(solver, self.rule_own, self.rule_lower - moved, self.rule_upper - moved)
        _add_rows(solver, *self._rows(bases, rows))
        return solver

    def _violated(self, bases: list[np.ndarray], x: np.ndarray, known: set) -> list[tuple[int, int, int]]:
        """The cut that x violates most in every block."""
        found = []
        for s, scenario in enumerate(self.scenarios):
            short = scenario.values(bases[s], x) / self.money - x[scenario.costs]
            worst = short.argmax(axis=0)
            for m, k in enumerate(worst.tolist()):
                if short[k, m] > VIOLATED and (s, k, m) not in known:
                    found.append((s, k, m))
        return found

    def _combine(
        self, rows: list[tuple[int, int, int]], cut_duals: np.ndarray, rule_duals: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """The bound that these duals prove, as an affine function of the capacities: const, grad."""
        const, grad = 0.0, np.zeros(self.rule_outer.shape[1])
        reduced = self.cost.copy()
        for s, (scenario, i, k, m) in enumerate(self._by_scenario(rows)):
            raw = np.maximum(cut_duals[i], 0.0)
            share = np.bincount(m, raw, scenario.blocks)[m]
            share = np.where(share > 0.0, share, 1.0)
            dual = raw * self.weights[s] / share  # each block's costs weigh what they weigh, exactly
            const += float(dual @ scenario.const[k, m])
            slope = dual @ scenario.grad[k, m]
            grad[scenario.outer[scenario.outside]] += slope[scenario.outside]
            reduced[scenario.own[scenario.inside]] += slope[scenario.inside]
            reduced[scenario.ends] += np.bincount(m, dual * scenario.last[k, m], scenario.blocks)
            before = np.bincount(m, dual * scenario.first[k, m], scenario.blocks)
            reduced[scenario.ends] -= np.roll(before, -1)
        side = np.where(rule_duals > 0.0, self.rule_lower, self.rule_upper)
        used = np.where(np.isfinite(side), rule_duals * self.money, 0.0)
        const += float(used @ np.where(np.isfinite(side), side, 0.0))
        grad -= used @ self.rule_outer
        reduced -= used @ self.rule_own
        for j, column in enumerate(self.own):
            const += reduced[j] * (column.lower if reduced[j] > 0.0 else column.upper)
        for s in self.scenarios:
            weight = reduced[s.ends]
            for (fixed, rate, size), part in ((s.floor, weight > 0.0), (s.ceiling, weight < 0.0)):
                const += float(weight[part] @ fixed[part])
                np.add.at(grad, size[part], weight[part] * rate[part])
        return const, grad


def _solve(solver) -> tuple[np.ndarray, np.ndarray]:
    """Columns and row duals at the optimum."""
    found = _optimum(solver)
    if found is None:
        status = solver.modelStatusToString(solver.getModelStatus())
        raise StateError(f"the peaks of a site ended as {status}; report this file.")
    return found


def _optimum(solver) -> tuple[np.ndarray, np.ndarray] | None:
    """The same, None where there is none."""
    import highspy

    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    found = solver.getSolution()
    return np.array(found.col_value), np.array(found.row_dual)


def _add_rows(solver, matrix: np.ndarray, lower: np.ndarray, upper: np.ndarray | None = None) -> None:
    """Add dense rows."""
    count = len(lower)
    if not count:
        return
    at, columns = np.nonzero(matrix)
    starts = np.append(0, np.cumsum(np.bincount(at, minlength=count)))[:-1].astype(np.int32)
    upper = np.full(count, np.inf) if upper is None else upper
    solver.addRows(count, lower, upper, len(at), starts, columns.astype(np.int32), matrix[at, columns])
