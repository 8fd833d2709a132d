"""The master programme: a model, rows added as cuts are found, bounds moved, whole units switched on.

Needs    dispatch.linear (LinearModel, as_highs); plan.simplex; highspy.
Gives    Program, Answer, Way.
Used by  plan.portfolio.search, solve, elastic.

HiGHS solves it, but for programmes of few columns: those plan.simplex solves, until something is asked for that it does
not know (whole units, other coefficients, why nothing meets all rows). HiGHS then takes over, for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattstack.dispatch.linear import LinearModel, as_highs
from wattstack.errors import InfeasibleError, StateError
from wattstack.plan.simplex import COLUMNS_MOST, SmallProgram

TOLERANCE = 1e-7


@dataclass(frozen=True)
class Answer:
    """Optimum of the master: column values and a bound on the objective (a maximum)."""

    x: np.ndarray
    bound: float


@dataclass(frozen=True)
class Way:
    """A limit that may give: its rows, on which side (1 = lower, -1 = upper limit), and where it stands."""

    rows: np.ndarray
    sign: float
    limit: float

    @property
    def size(self) -> float:
        """What giving is measured by."""
        return max(abs(self.limit), 1.0)

    @property
    def least(self) -> float:
        """Giving less than this is rounding."""
        return 10.0 * TOLERANCE * self.size


class Program:
    """maximise worth . x over a model and the cuts added to it.

    Args:
        model: Columns and rows; its cost is minus the worth.
    """

    def __init__(self, model: LinearModel):
        self.model, self.rows, self.is_whole = model, model.matrix.shape[0], False
        self.cost, self.lower, self.upper = model.cost, model.lower.copy(), model.upper.copy()
        self.options = {"solver": "simplex", "threads": 1, "output_flag": False}
        self.options |= dict.fromkeys(
            ("primal_feasibility_tolerance", "dual_feasibility_tolerance"), TOLERANCE
        )
        self.small: SmallProgram | None = None
        self._highs = None
        if len(model.cost) <= COLUMNS_MOST:
            matrix = model.matrix
            self.small = SmallProgram(model.cost, model.lower, model.upper)
            self.small.add_rows(matrix.indptr, matrix.indices, matrix.data, model.row_lower, model.row_upper)

    @property
    def highs(self):
        """The programme in HiGHS, which solves it from now on."""
        import highspy

        if self._highs is None:
            self._highs = highspy.Highs()
            self.set(**self.options)
            self._highs.passModel(as_highs(self._as_model()))
            self.small = None
        return self._highs

    def _as_model(self) -> LinearModel:
        """The model with all that has been added and moved."""
        if self.small is None:
            return self.model
        from scipy.sparse import csr_array

        starts, index, value = self.small.written()
        lower, upper = self.small.row_limits()
        return replace(
            self.model,
            cost=self.cost,
            lower=self.lower,
            upper=self.upper,
            matrix=csr_array((value, index.astype(np.int32), starts), shape=(self.rows, len(self.lower))),
            row_lower=lower.copy(),
            row_upper=upper.copy(),
        )

    def set(self, **options) -> None:
        """Set options of HiGHS."""
        self.options |= options
        if self._highs is not None:
            for name, value in options.items():
                self._highs.setOptionValue(name, value)

    def add_rows(self, starts: np.ndarray, index: np.ndarray, value: np.ndarray, lower: np.ndarray) -> None:
        """Add rows sum of values x columns >= lower: row r has the entries starts[r] .. starts[r + 1] - 1."""
        count = len(lower)
        if not count:
            return
        if self.small is not None:
            self.small.add_rows(starts, index, value, lower, np.inf)
        else:
            begins, columns = starts[:-1].astype(np.int32), index.astype(np.int32)
            self.highs.addRows(count, lower, np.full(count, np.inf), len(index), begins, columns, value)
        self.rows += count

    def hold(self, columns: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Move the bounds of columns."""
        self.lower[columns], self.upper[columns] = lower, upper
        if self.small is not None:
            self.small.restart(self.cost, self.lower, self.upper)
            return
        index = np.asarray(columns, np.int32)
        self.highs.changeColsBounds(len(index), index, np.asarray(lower, float), np.asarray(upper, float))

    def reprice(self, cost: np.ndarray) -> None:
        """Other costs for all columns."""
        self.cost, count = np.asarray(cost, float), len(cost)
        if self.small is not None:
            self.small.restart(self.cost, self.lower, self.upper)
            return
        self.highs.changeColsCost(count, np.arange(count, dtype=np.int32), self.cost)

    def change(self, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> None:
        """Other coefficients at these places."""
        for row, column, value in zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True):
            self.highs.changeCoeff(row, column, value)

    def whole(self, columns: np.ndarray, on: bool = True) -> None:
        """Whether columns take whole numbers only."""
        import highspy

        kind = highspy.HighsVarType.kInteger if on else highspy.HighsVarType.kContinuous
        index = np.asarray(columns, np.int32)
        self.highs.changeColsIntegrality(len(index), index, [kind] * len(index))
        self.is_whole = on and len(index) > 0

    def solve(self) -> Answer:
        """Optimum of the rows so far.

        Raises:
            InfeasibleError: No orders meet all rows. StateError: HiGHS ends in any other way.
        """
        if self.small is not None and self.small.solve():
            x = self.small.x.copy()
            return Answer(x, -float(self.cost @ x))
        import highspy

        self.highs.run()
        status, known = self.highs.getModelStatus(), highspy.HighsModelStatus
        if status not in (known.kOptimal, known.kInfeasible):
            self.highs.clearSolver()
            self.highs.run()
            status = self.highs.getModelStatus()
        if status in (known.kInfeasible, known.kUnboundedOrInfeasible):
            raise InfeasibleError("no orders meet all limits of the portfolio")
        if status != known.kOptimal:
            raise StateError(
                f"the master ended as {self.highs.modelStatusToString(status)}; report this file."
            )
        info = self.highs.getInfo()
        bound = info.mip_dual_bound if self.is_whole else info.objective_function_value
        return Answer(np.array(self.highs.getSolution().col_value), -bound)

    def limits(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper limits of rows, infinite where there is none."""
        if self.small is not None:
            lower, upper = self.small.row_limits()
            return lower[rows], upper[rows]
        lp = self.highs.getLp()
        return np.array(lp.row_lower_)[rows], np.array(lp.row_upper_)[rows]

    def least_given(self, ways: Sequence[Way]) -> np.ndarray | None:
        """Amounts by which limits must give so that all rows are met, least in sum over their sizes.

        Returns:
            An amount a way, shape (ways,); None where they do not help. The program itself stays as it is.
        """
        import highspy

        lp, other = self.highs.getLp(), highspy.Highs()
        other.setOptionValue("output_flag", False)
        other.passModel(lp)
        size, count = lp.num_col_, len(ways)
        every = np.arange(size, dtype=np.int32)
        other.changeColsCost(size, every, np.zeros(size))
        index = np.concatenate([[], *(way.rows for way in ways)]).astype(np.int32)
        value = np.concatenate([[], *(np.full(len(way.rows), way.sign) for way in ways)])
        starts = np.cumsum([0, *(len(way.rows) for way in ways)])[:-1].astype(np.int32)
        cost = np.array([1.0 / way.size for way in ways])
        upper = np.full(count, highspy.kHighsInf)
        other.addCols(count, cost, np.zeros(count), upper, len(index), starts, index, value)
        other.run()
        if other.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.maximum(np.array(other.getSolution().col_value)[size:], 0.0)

    def offer(self, x: np.ndarray) -> None:
        """Hand HiGHS an answer to start a search over whole numbers from."""
        import highspy

        solution = highspy.HighsSolution()
        solution.col_value = list(x)
        self.highs.setSolution(solution)

    def duals(self) -> np.ndarray:
        """Change of the objective (a maximum) per unit of each row's limit; shape (rows,)."""
        if self.small is not None:
            return -self.small.duals()
        return -np.array(self.highs.getSolution().row_dual)
