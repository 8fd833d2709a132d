"""A whole Problem as a sparse linear programme: every step, every line, every storage.

Needs    dispatch.problem, linear.model, linear.integer.
Gives    build_model, Operation, add_operation, cap_intervals, cap_prices, end_worth.
Used by  dispatch.linear (sizes given), dispatch.linear.sizing (sizes are columns).

A size that is given makes bounds, a planned one makes rows. Powers are columns in MW, stored energy in MWh,
costs in the currency of the campus over the whole axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wattstack.dispatch.linear.integer import add_commitment, add_one_way_meter
from wattstack.dispatch.linear.model import Limit, LinearModel, ModelBuilder, Numbers
from wattstack.dispatch.problem import Amount, Problem, Storage, Supply
from wattstack.errors import InfeasibleError, StateError

TOUCH = 1e-9  # two bounds that cross by less than this share are one bound


@dataclass(frozen=True)
class Operation:
    """One problem on its way into a model.

    Attributes:
        builder: Where columns and rows go.
        problem: What is run.
        sizes: Sizes that are given.
        planned: Sizes that are columns: name -> (column index, upper bound).
        prefix: Put before the name of every block.
        weight: Factor on every cost.
    """

    builder: ModelBuilder
    problem: Problem
    sizes: Mapping[str, float] = field(default_factory=dict)
    planned: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    prefix: str = ""
    weight: float = 1.0

    @property
    def factor(self) -> float:
        """What turns a cost per MWh into a cost per MW and step."""
        return self.problem.step_h * self.weight

    def is_planned(self, amount: Amount) -> bool:
        """Whether the amount moves with a column of the model."""
        return amount.size is not None and amount.size in self.planned

    def most(self, amount: Amount) -> np.ndarray:
        """The amount at the given size, or at the upper bound of a planned one; shape (steps,), >= 0."""
        size = amount.size
        value = (
            0.0 if size is None else self.planned[size][1] if self.is_planned(amount) else self.sizes[size]
        )
        rate = np.asarray(amount.rate, float)
        moved = np.where(rate == 0.0, 0.0, rate) * value if size is not None and np.any(rate) else 0.0
        return np.broadcast_to(np.maximum(amount.fixed + moved, 0.0), (self.problem.count,)).astype(float)

    def add_between(
        self, name: str, cost: Numbers, lower: Amount, upper: Amount, *, reach: Numbers = np.inf,
        end: tuple[float, float] = (0.0, np.inf),
    ) -> np.ndarray:  # fmt: skip
        """Columns between two amounts, one a step; `end` narrows the last one. Returns their indices.

        Raises:
            InfeasibleError: The lower amount is above the upper one; says the first step and by how much.
        """
        count = self.problem.count
        low, high = self._number(lower, 0.0), self._number(upper, np.inf)
        free = (low[-1] >= end[0], high[-1] <= end[1])
        low[-1], high[-1] = max(low[-1], end[0]), min(high[-1], end[1])
        crossed = np.flatnonzero(low > high + TOUCH * (1.0 + np.abs(high)))
        if len(crossed):
            step = int(crossed[0])
            raise InfeasibleError(
                f"step {step}: {name} must be at least {low[step]:.6g} and at most {high[step]:.6g}: "
                f"{low[step] - high[step]:.6g} too little room. Raise the upper limit or lower the floor."
            )
        columns = self.builder.add_columns(
            self.prefix + name, count, cost, (low, np.maximum(low, high)), np.minimum(self.most(upper), reach)
        )
        for is_upper, amount in ((False, lower), (True, upper)):
            if self.is_planned(amount):
                self._moving_bound(name, columns, amount, is_upper)
            elif amount.size is not None:
                rate = np.broadcast_to(amount.rate, (count,)).astype(float)
                rate[-1] *= free[is_upper]
                self.builder.limits.append(Limit(self.prefix + name, is_upper, amount.size, rate))
        return columns

    def _number(self, amount: Amount, otherwise: float) -> np.ndarray:
        """The amount where it is a number; `otherwise` where a row has to say it."""
        if not self.is_planned(amount):
            return self.most(amount)
        moves = np.broadcast_to(np.not_equal(amount.rate, 0.0), (self.problem.count,))
        return np.where(moves, otherwise, amount.fixed)

    def _moving_bound(self, name: str, columns: np.ndarray, amount: Amount, is_upper: bool) -> None:
        """Rows for a bound that moves with a planned size, in the steps where it does."""
        count = self.problem.count
        rate = np.broadcast_to(amount.rate, (count,))
        fixed = np.broadcast_to(amount.fixed, (count,))
        at = np.flatnonzero(rate)
        if not len(at):
            return
        ends = (-np.inf, fixed[at]) if is_upper else (fixed[at], np.inf)
        side = "most" if is_upper else "least"
        rows = self.builder.add_rows(f"{self.prefix}{name}.{side}", len(at), *ends)
        self.builder.put(rows, columns[at], 1.0)
        self.builder.put(rows, self.planned[amount.size][0], -rate[at])


def build_model(problem: Problem, sizes: Mapping[str, float]) -> LinearModel:
    """The problem at given sizes as a linear programme (with integers where it asks for them).

    Args:
        problem: One site over one axis.
        sizes: Every size column of the problem.

    Returns:
        LinearModel with blocks "NAME.take_mw" ("NAME.export_mw" for export), "STORE.charge_mw",
        "STORE.discharge_mw", "STORE.stored_mwh", "STORE.lent_mwh" and rows "balance_mw", "STORE.stored_mwh",
        "cap_mw".

    Raises:
        StateError: A size is missing, or a limit that must be finite is not.
        InfeasibleError: A floor lies above its ceiling.
    """
    problem.require(sizes)
    builder = ModelBuilder()
    add_operation(Operation(builder, problem, sizes))
    return builder.close()


def add_operation(operation: Operation) -> None:
    """Add every line, storage, cap and integer of one problem to the operation's model."""
    problem = operation.problem
    balance = _add_balance(operation)
    reach = _most_drawn(operation)
    takes = {}
    for supply in problem.supplies:
        takes[supply.name] = _add_supply(operation, supply, balance, reach)
    for store in problem.storages:
        _add_storage(operation, store, balance)
    _add_caps(operation, takes)
    for commitment in problem.commitments:
        add_commitment(operation, commitment, takes)
    add_one_way_meter(operation, takes, reach)


def _add_balance(operation: Operation) -> np.ndarray:
    """One row a step: supplies and discharging give the load and charging. Returns their indices."""
    problem, builder, load = operation.problem, operation.builder, operation.problem.sized_load
    moved = operation.is_planned(load)
    needed = problem.load_mw + load.fixed if moved else problem.load_at(operation.sizes)
    rows = builder.add_rows(operation.prefix + "balance_mw", problem.count, needed, needed)
    if moved:
        builder.put(rows, operation.planned[load.size][0], np.negative(load.rate))
    return rows


def _most_drawn(operation: Operation) -> np.ndarray:
    """No line ever gives more than the load, all charging and all export together [MW]."""
    problem = operation.problem
    total = np.maximum(problem.load_mw, 0.0) + operation.most(problem.sized_load)
    sinks = [(s.charge, f"{s.name}.charge") for s in problem.storages]
    sinks += [(s.power, f"{s.name}.power") for s in problem.supplies if s.kind == "export"]
    for amount, name in sinks:
        most = operation.most(amount)
        if not np.all(np.isfinite(most)):
            raise StateError(f"{name} is unlimited, must be a finite number of MW. Give it a limit.")
        total += most
    return total


def _add_supply(operation: Operation, supply: Supply, balance: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """One line of the merit order. An export line is modelled by what is sold."""
    sold = supply.kind == "export"
    cost = np.multiply(supply.cost_per_mwh, -operation.factor if sold else operation.factor)
    name = f"{supply.name}.{'export_mw' if sold else 'take_mw'}"
    columns = operation.add_between(name, cost, Amount(), supply.power, reach=reach)
    operation.builder.put(balance, columns, -1.0 if sold else 1.0)
    return columns


def _add_storage(operation: Operation, store: Storage, balance: np.ndarray) -> None:
    """Charge, discharge and stored energy, with e_t = kept e_(t-1) + charged - discharged (+ lent)."""
    problem, builder, count = operation.problem, operation.builder, operation.problem.count
    step_h = problem.step_h
    charge = operation.add_between(
        f"{store.name}.charge_mw", operation.factor * store.wear_charge_per_mwh, Amount(), store.charge
    )
    discharge = operation.add_between(
        f"{store.name}.discharge_mw",
        operation.factor * store.wear_discharge_per_mwh,
        Amount(),
        store.discharge,
    )
    cost = np.zeros(count)
    cost[-1] = -operation.weight * end_worth(store)
    stored = operation.add_between(
        f"{store.name}.stored_mwh", cost, store.floor, store.ceiling, end=_end(store)
    )
    kept = store.kept_frac_per_h**step_h
    before = np.zeros(count)
    before[0] = 0.0 if store.cyclic else kept * store.start_mwh
    rows = builder.add_rows(f"{operation.prefix}{store.name}.stored_mwh", count, before, before)
    builder.put(rows, stored, 1.0)
    if store.cyclic:
        builder.put(rows, np.roll(stored, 1), -kept)
    else:
        builder.put(rows[1:], stored[:-1], -kept)
    builder.put(rows, charge, -step_h * store.charge_eff)
    builder.put(rows, discharge, step_h / store.discharge_eff)
    builder.put(balance, charge, -1.0)
    builder.put(balance, discharge, 1.0)
    price = problem.floor_slack_per_mwh
    if np.any(store.floor.fixed) or np.any(store.floor.rate) or _end(store)[0] > 0.0:
        emptied = operation.most(store.discharge) * step_h / store.discharge_eff
        reach = operation.most(store.ceiling) + emptied
        lent = builder.add_columns(
            f"{operation.prefix}{store.name}.lent_mwh", count, operation.weight * price, reach=reach
        )
        builder.put(rows, lent, -1.0)


def end_worth(store: Storage) -> float:
    """Worth of a MWh left over: nothing where the end is given or the year is a cycle."""
    given = store.end_mwh is not None and not store.end_at_least
    return 0.0 if store.cyclic or given else store.end_value_per_mwh


def _end(store: Storage) -> tuple[float, float]:
    """Bounds that the end asked for puts on the energy after the last step."""
    if store.cyclic or store.end_mwh is None:
        return 0.0, np.inf
    return store.end_mwh, np.inf if store.end_at_least else store.end_mwh


def _add_caps(operation: Operation, takes: Mapping[str, np.ndarray]) -> None:
    """The mean of all import over each metered interval stays under the cap of that interval."""
    problem, builder = operation.problem, operation.builder
    imports = [takes[s.name] for s in problem.supplies if s.kind == "import"]
    interval, cap_of = cap_intervals(problem)
    if not imports or not np.any(cap_of >= 0):
        return
    share = 1.0 / np.bincount(interval)
    metered = np.flatnonzero(cap_of >= 0)
    place = np.full(len(cap_of), -1)
    place[metered] = np.arange(len(metered))
    names = [problem.caps[i] for i in cap_of[metered]]
    planned = np.array([name in operation.planned for name in names])
    upper = np.array([0.0 if p else operation.sizes[n] for n, p in zip(names, planned, strict=True)])
    rows = builder.add_rows(operation.prefix + "cap_mw", len(metered), -np.inf, upper)
    steps = np.flatnonzero(place[interval] >= 0)
    for columns in imports:
        builder.put(rows[place[interval[steps]]], columns[steps], share[interval[steps]])
    if np.any(planned):
        columns = np.array([operation.planned[n][0] for n in np.array(names)[planned]])
        builder.put(rows[planned], columns, -1.0)


def cap_intervals(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Metered interval of each step, shape (steps,), and index of the cap of each interval, -1 for none.

    The first interval begins with the axis; a last one that is cut short is metered over what is there.

    Raises:
        StateError: An interval lies under two caps.
    """
    interval = np.arange(problem.count) // problem.cap_steps
    if problem.cap_index is None:
        return interval, np.full(int(interval[-1]) + 1, -1)
    first = problem.cap_index[:: problem.cap_steps]
    mixed = np.flatnonzero(problem.cap_index != first[interval])
    if len(mixed):
        raise StateError(
            f"cap_index changes in step {mixed[0]}, inside a metered interval of {problem.cap_steps} steps. "
            "Let caps change where an interval begins."
        )
    return interval, np.asarray(first)


def cap_prices(problem: Problem, model: LinearModel, duals: np.ndarray, prefix: str = "") -> np.ndarray:
    """Price of the metered mean in each step [currency/MWh], shared out evenly over its interval.

    Args:
        problem: One site over one axis. model: what it became. prefix: of its blocks.
        duals: Price of each row of the model.
    """
    found = model.rows.get(prefix + "cap_mw")
    if found is None:
        return np.zeros(problem.count)
    interval, cap_of = cap_intervals(problem)
    per_interval = np.zeros(len(cap_of))
    per_interval[cap_of >= 0] = np.maximum(-duals[found], 0.0)
    per_interval /= problem.step_h * np.bincount(interval)
    return per_interval[interval]
