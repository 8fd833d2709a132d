"""What sizing is asked: columns with their cost, rows between them, and the running of every scenario.

Needs    dispatch.Problem, SizeColumn, SizeRow.
Gives    SizingModel.
Used by  plan.master, plan.cuts, plan.monolith, plan.columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from wattstack.dispatch import Problem, SizeColumn, SizeRow
from wattstack.errors import StateError


@dataclass(frozen=True)
class SizingModel:
    """minimise sum cost x size + sum over scenarios of weight x cost of running, subject to rows and bounds.

    Args:
        columns: Sizes and metered peaks with their yearly cost.
        rows: Rules between sizes.
        problems: One a scenario; every size they name is a column.
        weights: Weight of each scenario's cost of running: probability / years of its axis.

    Raises:
        StateError: A problem names a size that is no column, or two columns share a name.
    """

    columns: tuple[SizeColumn, ...]
    rows: tuple[SizeRow, ...]
    problems: tuple[Problem, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise StateError(f"size column {twice[0]} is given twice, must be given once. Rename one.")
        for problem in self.problems:
            lost = [name for name in problem.sizes if name not in names]
            if lost:
                raise StateError(
                    f"size {lost[0]} is named by a problem, must be a column. Add it to columns."
                )
