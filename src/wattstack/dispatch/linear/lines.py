"""The merit order with limits that are numbers: draw a given power, cheapest line first.

Needs    dispatch.problem, linear.model, linear.build (intervals of caps), linear.integer.
Gives    Lines.
Used by  linear.settle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattstack.dispatch.linear.build import cap_intervals
from wattstack.dispatch.linear.integer import sells_above_buy
from wattstack.dispatch.linear.model import LinearModel
from wattstack.dispatch.problem import Problem


@dataclass(frozen=True)
class Lines:
    """The merit order of every step with the integers decided; shape (lines, steps) where not said otherwise.

    Attributes:
        cost: Marginal cost [currency/MWh]. low, high: least and most power [MW].
        limit: Export limit of export lines, 0 for all others: an export line starts full.
        imports, exports: Kind of each line; shape (lines,).
        cap: Most that all import lines give together; shape (steps,).
    """

    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    limit: np.ndarray
    imports: np.ndarray
    exports: np.ndarray
    cap: np.ndarray

    @classmethod
    def read(cls, problem: Problem, sizes: Mapping[str, float], model: LinearModel, x: np.ndarray) -> Lines:
        """Costs and limits of the lines, with the integers that a solver found.

        Args:
            problem: One site over one axis. sizes: every size column of it.
            model, x: What build_model made of them, and the solver's columns.
        """
        shape = (len(problem.supplies), problem.count)
        cost, low, high, limit = np.empty(shape), np.zeros(shape), np.empty(shape), np.zeros(shape)
        for k, supply in enumerate(problem.supplies):
            cost[k] = supply.cost_per_mwh
            high[k] = np.maximum(supply.power.at(sizes), 0.0)
        exports = np.array([s.kind == "export" for s in problem.supplies], bool)
        imports = np.array([s.kind == "import" for s in problem.supplies], bool)
        limit[exports] = high[exports]
        names = [s.name for s in problem.supplies]
        for commitment in problem.commitments:
            k = names.index(commitment.supply)
            running = np.round(x[model.columns[f"{commitment.supply}.running"]])
            high[k] *= running
            low[k] = commitment.minimum_frac * high[k]
        found = model.columns.get("grid.buying")
        if found is not None:
            steps = np.flatnonzero(sells_above_buy(problem, lambda amount: amount.at(sizes)))
            buying = np.round(x[found]) > 0.0
            for k in np.flatnonzero(imports):
                high[k, steps[~buying]] = 0.0
            for k in np.flatnonzero(exports):
                low[k, steps[buying]] = limit[k, steps[buying]]
        return cls(cost, low, high, limit, imports, exports, _import_caps(problem, sizes, model, x))

    def fill(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw this much from the lines, cheapest first. Returns the takes and what limits do not allow [MW].

        The bus is balanced in any case: what limits do not allow (the solver's tolerance, < 0 where even
        the least is too much) goes to the dearest line, or comes off the cheapest one.
        """
        take = self.low.copy()
        rest = drawn + self.limit.sum(axis=0) - take.sum(axis=0)
        room = self.cap - take[self.imports].sum(axis=0)
        steps = np.arange(take.shape[1])
        order = np.argsort(self.cost, axis=0, kind="stable")
        for line in order:
            metered = self.imports[line]
            most = self.high[line, steps] - self.low[line, steps]
            given = np.clip(np.minimum(rest, np.where(metered, np.minimum(most, room), most)), 0.0, None)
            take[line, steps] += given
            rest = rest - given
            room = room - np.where(metered, given, 0.0)
        take[order[-1], steps] += np.maximum(rest, 0.0)
        take[order[0], steps] += np.minimum(rest, 0.0)
        return take, rest

    def money(self, take: np.ndarray) -> np.ndarray:
        """Cost per hour of these takes, earnings of what is sold included; shape (steps,)."""
        return (self.cost * (take - self.limit)).sum(axis=0)


def _import_caps(
    problem: Problem, sizes: Mapping[str, float], model: LinearModel, x: np.ndarray
) -> np.ndarray:
    """Most that all import lines together may give in each step [MW], inf where nothing caps them.

    Over an interval of several steps the solver has shared the cap out: each step keeps its share.
    """
    interval, cap_of = cap_intervals(problem)
    caps = np.append([sizes[name] for name in problem.caps], np.inf)[cap_of]
    if problem.cap_steps == 1:
        return caps
    names = [f"{s.name}.take_mw" for s in problem.supplies if s.kind == "import"]
    bought = sum((x[model.columns[name]] for name in names), np.zeros(problem.count))
    mean = np.bincount(interval, bought) / np.bincount(interval)
    return bought + np.maximum(caps - mean, 0.0)[interval]
