"""The master: a small LP or MILP over the sizes, with the running of every scenario bounded from below by cuts.

Needs    plan.model, dispatch.Runner, Cut; highspy.
Gives    Master, MasterAnswer.
Used by  plan.cuts.

    minimise    sum cost_j y_j + sum_s weight_s sum_m theta_sm
    subject to  the rows of the model, and for every visit k, scenario s and month m
                theta_sm >= const_k + grad_k . y + last_k e_sm - first_k e_s(m-1)
with e_sm the energy stored at the end of month m. Month-split cuts: dispatch is a sum over steps, so one run
yields one cut a month (Benders 1962, multi-cut after Birge and Louveaux 1988, doi:10.1016/0377-2217(88)90159-2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.dispatch import Cut, Runner
from wattstack.errors import InfeasibleError, StateError
from wattstack.plan.model import SizingModel

ROUNDING = 1e-7
TOLERANCE = 1e-9  # of HiGHS, absolute, on money counted in 1/10,000 of the yearly cost


@dataclass(frozen=True)
class MasterAnswer:
    """Optimum of the master: sizes (columns of the model), lower bound, duals of the cuts added so far."""

    sizes: np.ndarray
    bound: float


class Master:
    """The growing LP. Columns: sizes, whole-unit counts, then per scenario the month ends e and the thetas.

    Args:
        model: Columns, rows and scenarios.
        runners: One a scenario, for the limits of the stored energy at month ends.
        money: Currency per unit of the objective inside: keeps HiGHS' absolute tolerances meaningful.
    """

    def __init__(self, model: SizingModel, runners: list[Runner], money: float):
        import highspy

        self.model, self.runners, self.money = model, runners, money
        self.highs = highspy.Highs()
        for option, value in (
            ("output_flag", False), ("presolve", "off"), ("solver", "simplex"), ("threads", 1),
            ("primal_feasibility_tolerance", TOLERANCE), ("dual_feasibility_tolerance", TOLERANCE),
        ):  # fmt: skip
            self.highs.setOptionValue(option, value)
        self.index = {column.name: j for j, column in enumerate(model.columns)}
        self.size_columns = [np.array([self.index[name] for name in r.names], np.int32) for r in runners]
        self.blocks = [len(r.ends) for r in runners]
        self.cut_rows: list[tuple[int, int, int]] = []  # (visit, scenario, month) of each cut row, in order
        self._columns()
        self._rows()
        self.fixed_rows = self.highs.getNumRow()

    def _columns(self) -> None:
        infinity = self.highs.getInfinity()
        for column in self.model.columns:
            self.highs.addCol(column.cost / self.money, column.lower, column.upper, 0, [], [])
        self.units = {}
        for j, column in enumerate(self.model.columns):
            if column.block is not None:
                self.units[j] = self.highs.getNumCol()
                self.highs.addCol(0.0, 0.0, infinity, 0, [], [])
        self.ends, self.thetas = [], []
        for weight, runner in zip(self.model.weights, self.runners, strict=True):
            first = self.highs.getNumCol()
            count = len(runner.ends)
            for m in range(count):
                least = runner.end_least_mwh if m == count - 1 else 0.0
                worth = 0.0 if runner.store.cyclic or runner.end_fixed else runner.store.end_value_per_mwh
                cost = -weight * worth / self.money if m == count - 1 else 0.0
                self.highs.addCol(cost, least, infinity, 0, [], [])
            for _ in range(count):
                self.highs.addCol(weight, -infinity, infinity, 0, [], [])
            self.ends.append(first)
            self.thetas.append(first + count)

    def _rows(self) -> None:
        infinity = self.highs.getInfinity()
        for row in self.model.rows:
            at = [self.index[name] for name in row.coefs]
            self.highs.addRow(row.lower, row.upper, len(at), at, list(row.coefs.values()))
        for j, unit in self.units.items():
            self.highs.addRow(0.0, 0.0, 2, [j, unit], [1.0, -self.model.columns[j].block])
        for s, runner in enumerate(self.runners):
            bounds = runner.end_bounds()
            for m, (floor, ceiling) in enumerate(zip(*bounds, strict=True)):
                for (fixed, rate, size), (low, high) in zip(
                    (floor, ceiling), ((0.0, infinity), (-infinity, 0.0)), strict=True
                ):
                    at, values = [self.ends[s] + m], [1.0]
                    if size >= 0 and rate != 0.0:
                        at.append(int(self.size_columns[s][size]))
                        values.append(-rate)
                    self.highs.addRow(low + fixed, high + fixed, len(at), at, values)

    def add(self, visit: int, scenario: int, cut: Cut) -> None:
        """Add the month cuts of one visit of one scenario."""
        runner = self.runners[scenario]
        sizes, blocks = self.size_columns[scenario], self.blocks[scenario]
        n = len(sizes)
        ends = self.ends[scenario] + np.arange(blocks)
        before = np.roll(ends, 1)
        index = np.empty((blocks, n + 3), np.int32)
        value = np.empty((blocks, n + 3))
        index[:, :n], value[:, :n] = sizes, -cut.grad / self.money
        index[:, n], value[:, n] = self.thetas[scenario] + np.arange(blocks), 1.0
        index[:, n + 1], value[:, n + 1] = ends, -cut.last / self.money
        index[:, n + 2], value[:, n + 2] = before, cut.first / self.money
        lower = cut.const / self.money
        if not runner.store.cyclic:
            lower = lower.copy()
            lower[0] -= cut.first[0] * runner.store.start_mwh / self.money
            value[0, n + 2] = 0.0
        elif blocks == 1:  # the same column at both ends
            value[0, n + 1] += value[0, n + 2]
            value[0, n + 2] = 0.0
        keep = value != 0.0
        if blocks == 1:
            keep[:, n + 2] = False
        starts = np.append(0, np.cumsum(keep.sum(axis=1)))[:-1].astype(np.int32)
        self.highs.addRows(
            blocks, lower, np.full(blocks, self.highs.getInfinity()), int(keep.sum()), starts,
            index[keep], value[keep],
        )  # fmt: skip
        self.cut_rows.extend((visit, scenario, m) for m in range(blocks))

    def solve(self) -> MasterAnswer:
        """Optimum over the cuts so far.

        Raises:
            InfeasibleError: The build constraints contradict each other.
            StateError: HiGHS ends in any other way.
        """
        import highspy

        self.highs.run()
        status = self.highs.getModelStatus()
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
            self.highs.clearSolver()  # a warm basis can go numerically stale: once more from scratch
            self.highs.run()
            status = self.highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise InfeasibleError(self._contradiction())
        if status != highspy.HighsModelStatus.kOptimal:
            raise StateError(
                f"the master ended as {self.highs.modelStatusToString(status)}; report this file."
            )
        info = self.highs.getInfo()
        bound = info.mip_dual_bound if self.integer else info.objective_function_value
        values = np.array(self.highs.getSolution().col_value[: len(self.model.columns)])
        return MasterAnswer(values, bound * self.money)

    integer = False

    def _contradiction(self) -> str:
        """Which rules between sizes give way first when each may be broken at a price, and by how much."""
        import highspy

        elastic = highspy.Highs()
        elastic.setOptionValue("output_flag", False)
        infinity = elastic.getInfinity()
        for column in self.model.columns:
            elastic.addCol(0.0, column.lower, column.upper, 0, [], [])
        for row in self.model.rows:
            over, under = elastic.getNumCol(), elastic.getNumCol() + 1
            for _ in range(2):
                elastic.addCol(1.0, 0.0, infinity, 0, [], [])
            at = [self.index[name] for name in row.coefs] + [over, under]
            elastic.addRow(row.lower, row.upper, len(at), at, [*row.coefs.values(), -1.0, 1.0])
        elastic.run()
        broken = elastic.getSolution().col_value[len(self.model.columns) :]
        missed = [
            f"{row.name} by {over + under:.4g}"
            for row, over, under in zip(self.model.rows, broken[::2], broken[1::2], strict=True)
            if over + under > ROUNDING
        ]
        named = f": missed at the least are {', '.join(missed)}" if missed else ""
        return f"the limits on the sizes contradict each other{named}. Widen one of them."

    def whole_units(self, whole: bool = True) -> None:
        """Whether the counts of whole units are integers from now on; every cut is kept."""
        import highspy

        kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
        for unit in self.units.values():
            self.highs.changeColIntegrality(unit, kind)
        self.highs.setOptionValue("mip_rel_gap", 1e-7)
        self.integer = whole and bool(self.units)

    def rebound(self, column: int, lower: float, upper: float) -> None:
        """Move the bounds of one size."""
        self.highs.changeColBounds(column, lower, upper)

    def reduced_costs(self) -> np.ndarray:
        """Change of the yearly cost per unit by which a size is forced up, from the last LP; shape (columns,)."""
        return np.array(self.highs.getSolution().col_dual[: len(self.model.columns)]) * self.money

    def weights(self) -> dict[tuple[int, int, int], float]:
        """Duals of the cuts of the last LP by (visit, scenario, month): for each month they sum to its weight."""
        duals = self.highs.getSolution().row_dual[self.fixed_rows :]
        return {key: dual for key, dual in zip(self.cut_rows, duals, strict=True) if dual > 0.0}
