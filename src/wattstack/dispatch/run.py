"""The door of the compiled kernel: a problem and sizes in, cost, cut and prices out.

Needs    dispatch.problem, supply, storage, cut, kernel.
Gives    Runner, kernel_dispatch, efficiencies.
Used by  dispatch.choose, dispatch.bus, plan.site.

A Runner prepares a problem once and then answers any sizes in a few milliseconds a year. Its answer is a
cut: an affine function of the sizes (and of the stored energy at block ends) that nowhere exceeds the least
cost, and meets it at these sizes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattstack.dispatch import kernel
from wattstack.dispatch.cut import Cut, OutOfReachError
from wattstack.dispatch.problem import Problem, Storage
from wattstack.dispatch.result import Dispatch
from wattstack.dispatch.storage import NO_STORAGE, storage_limits
from wattstack.dispatch.supply import merit_order
from wattstack.errors import StateError

FLOOR, CEILING = 2, 3
SHIFT_H = 8.0  # prices stay high for so long, assumption


class Runner:
    """A problem prepared for the kernel: `run` answers one vector of sizes.

    Args:
        problem: At most one storage, no commitments, cap_steps = 1 (dispatch.choose checks).

    Raises:
        StateError: The price of a missing floor is below a price that charging may have.
    """

    def __init__(self, problem: Problem):
        self.problem = problem
        self.store = problem.storages[0] if problem.storages else NO_STORAGE
        self.names = problem.sizes
        self.order = merit_order(problem)
        self.limits = storage_limits(problem)
        count = problem.count
        index = {name: i for i, name in enumerate(self.names)}
        caps = np.array([index[name] for name in problem.caps], np.int64)
        which = np.full(count, -1) if problem.cap_index is None else problem.cap_index
        self.cap_of = np.where(which >= 0, caps[which], -1) if len(caps) else np.full(count, -1)
        self.block = np.zeros(count, np.int64) if problem.block is None else problem.block.astype(np.int64)
        self.ends = np.append(np.flatnonzero(np.diff(self.block)), count - 1)
        self.begins = np.append(0, self.ends[:-1] + 1)
        self.split = np.zeros(count, bool)
        self.split[self.ends] = True
        self.limits_there = self.limits.some(self.ends)
        self.free_caps = None if len(caps) else np.full(count, np.inf)
        self.end = (
            bool(self.store.cyclic), float(self.store.end_mwh) if self.end_fixed else -1.0,
            float(self.end_least_mwh), float(self.store.end_value_per_mwh), float(self.store.start_mwh or 0.0),
        )  # fmt: skip
        self.eff = efficiencies(self.store)
        self.keep = float(self.store.kept_frac_per_h**problem.step_h)
        self.load = (problem.load_mw + problem.sized_load.fixed) * problem.step_h
        moved = problem.sized_load.size
        self.load_rate = np.zeros(count if moved is not None else 0)
        self.load_rate += np.multiply(problem.sized_load.rate, problem.step_h) if moved is not None else 0.0
        self.load_size = -1 if moved is None else index[moved]
        # where a cyclic year is cut open: a step surely at a bound
        self.anchor: tuple[int, int] | None = None
        self.common: np.ndarray | None = None
        self.heap = kernel.new_heap(4096)
        there = self.limits_there
        self.fixed = (
            (self.load, self.load_rate, self.load_size),
            (self.limits.fixed, self.limits.rate, self.limits.size_of),
            (there.fixed, there.rate, there.size_of),
            self.cap_of, self.block, self.split, self.ends, self.begins, self.end, self.eff, self.keep,
            float(problem.floor_slack_per_mwh), float(problem.step_h),
        )  # fmt: skip
        self.rough = np.empty((3, count))
        self._check_slack()

    def _first_anchor(self) -> int:
        """The step after which energy falls most in price, seen over a shift: the storage is likely empty there.

        Price is that of the last line which the load needs where nothing is built. A guess: it saves a run.
        """
        count, shift = len(self.load), round(SHIFT_H / self.problem.step_h)
        if count < 2 * shift:
            return count - 1
        enough = np.cumsum(self.order.fixed, axis=1) >= self.load[:, None]
        price = self.order.cost[np.arange(count), enough.argmax(axis=1)]
        spent = np.cumsum(np.concatenate([[0.0], price[-shift:], price, price[:shift]]))
        middle = spent[shift + 1 : shift + 1 + count]
        return int(np.argmax(2.0 * middle - spent[1 : 1 + count] - spent[2 * shift + 1 :]))

    def _check_slack(self) -> None:
        costs = [np.asarray(supply.cost_per_mwh) for supply in self.problem.supplies]
        dearest = max((np.max(cost, where=np.isfinite(cost), initial=0.0) for cost in costs), default=0.0)
        steepest = (dearest + self.eff[2]) / self.eff[0]
        if self.problem.floor_slack_per_mwh < steepest:
            raise StateError(
                f"floor_slack_per_mwh is {self.problem.floor_slack_per_mwh:g}, must be at least {steepest:g}, "
                "the dearest stored MWh. Raise it."
            )

    def vector(self, sizes: Mapping[str, float]) -> np.ndarray:
        """Sizes by name as the vector that `run` takes."""
        self.problem.require(sizes)
        return np.array([float(sizes[name]) for name in self.names])

    def run(self, sizes: np.ndarray) -> Cut:
        """Least cost and cut at these sizes.

        Raises:
            InfeasibleError: No running meets the limits; says the step and by how many MWh.
        """
        state = self._state(sizes)
        if not self.store.cyclic:
            return self._given(state)
        seen, best = set(), None
        if self.anchor is None:
            self.anchor = (self._first_anchor(), FLOOR)
        while self.anchor not in seen and len(seen) < 4:
            seen.add(self.anchor)
            step, bound = self.anchor
            energy = state["store"][bound + 1][step]
            try:
                cut = self._once(state, (step + 1) % len(self.load), energy, cyclic=True)
            except OutOfReachError:
                break
            if best is None or cut.value - cut.dual < best.value - best.dual:
                best = cut
            if cut.proven:
                if len(seen) > 1:  # the next sizes, too, shall find the anchor at its bound
                    self._anchor_common(cut)
                return cut
            self._anchor_at(self._jump(cut))
        return self._bisect(state, best)

    def _jump(self, cut: Cut) -> np.ndarray:
        """Price of the bound on stored energy in each step: > 0 at the floor, < 0 at the ceiling."""
        return cut.stored_price - self.keep * np.roll(cut.stored_price, -1)

    def _anchor_at(self, jump: np.ndarray) -> None:
        """Cut the year open where the bound on stored energy is worth most."""
        step = int(np.argmax(np.abs(jump)))
        self.anchor = (step, FLOOR if jump[step] > 0.0 else CEILING)

    def _anchor_common(self, cut: Cut) -> None:
        """Cut the year open where the bound was worth much in every run that had to look for it."""
        jump = self._jump(cut)
        if self.common is not None:
            least = np.minimum(np.abs(jump), np.abs(self.common)) * (jump * self.common > 0.0)
            jump = np.copysign(least, jump) if least.any() else jump
        self.common = jump
        self._anchor_at(jump)

    def _state(self, sizes: np.ndarray) -> dict:
        """Everything the compiled functions need at these sizes, in their order."""
        charge, discharge, floor, ceiling = self.limits.at(sizes)
        load = self.load if self.load_size < 0 else self.load + self.load_rate * sizes[self.load_size]
        order = self.order
        caps = self.free_caps
        if caps is None:
            caps = np.append(sizes * self.problem.step_h, np.inf)[self.cap_of]
        supply = (
            order.lines, order.size_of, order.imports, order.exports, order.cost, order.fixed, order.rate, sizes
        )  # fmt: skip
        return {
            "supply": supply,
            "caps": caps,
            "store": (load, charge, discharge, floor, ceiling),
        }

    def _once(self, state, first, energy, cyclic=False, end=None) -> Cut:
        """One pass forwards and one backwards. `end` = (floor, ceiling, value) of the energy at the end."""
        sizes = state["supply"][-1]
        blocks, n = len(self.ends), len(sizes)
        steps = np.empty((6, len(self.load)))
        const, last, begin = np.empty((3, blocks))
        grad, slope = np.empty((blocks, n)), np.empty(n)
        end = (float(energy), float(energy), -np.inf) if end is None else end
        given = (state["supply"], state["caps"], state["store"])
        out = (steps, self.rough, const, grad, last, begin, slope)
        while True:
            status, step, amount, value, dual = kernel.run_once(
                first, float(energy), end, cyclic, given, self.fixed, self.heap, out
            )
            if status != kernel.FULL:
                break
            self.heap = kernel.new_heap(4 * len(self.heap[0]))
        if status != kernel.OK:
            raise OutOfReachError(status, step, amount)
        xmin, taken, lent, pi, mu, nu = steps
        return Cut(
            value, dual, const, grad, last, begin, slope, mu, nu, pi, energy, first, (xmin, taken, lent)
        )

    def _given(self, state):
        """One pass where the energy at the start is given."""
        store = self.store
        if self.end_fixed:
            end = (float(store.end_mwh), float(store.end_mwh), -np.inf)
        else:
            end = (float(self.end_least_mwh), np.inf, float(store.end_value_per_mwh))
        return self._once(state, 0, store.start_mwh, end=end)

    def _closed(self, const, grad, last, first, sizes: np.ndarray) -> tuple[float, np.ndarray]:
        """Value of a cut at its own sizes, stored energy at block ends chosen freely; and its slope."""
        slope = np.empty(len(sizes))
        there = self.limits_there
        limits = (there.fixed, there.rate, there.size_of)
        return kernel.close_blocks(last, first, const, grad, limits, sizes, self.end, slope), slope

    @property
    def end_fixed(self) -> bool:
        """Whether the energy at the end is given as a value."""
        return not self.store.cyclic and self.store.end_mwh is not None and not self.store.end_at_least

    @property
    def end_least_mwh(self) -> float:
        """Energy that must be there at the end whatever the floor says."""
        return 0.0 if self.store.cyclic else self.store.end_mwh or 0.0

    def end_bounds(self) -> tuple[list[tuple[float, float, int]], list[tuple[float, float, int]]]:
        """Floor and ceiling of the stored energy at each block's end, as (fixed, rate, size index)."""
        pairs = []
        for row in (FLOOR, CEILING):
            limits = self.limits
            fixed, rate = limits.fixed[row][self.ends].copy(), limits.rate[row][self.ends].copy()
            if self.end_fixed:
                fixed[-1], rate[-1] = self.store.end_mwh, 0.0
            pairs.append(
                [(float(f), float(r), int(limits.size_of[row])) for f, r in zip(fixed, rate, strict=True)]
            )
        return pairs[0], pairs[1]

    def _bisect(self, state, best: Cut | None) -> Cut:
        """The slow way to a cyclic year: the energy at both ends by bisection on its price."""
        low, high = float(state["store"][3][-1]), float(state["store"][4][-1])
        below = above = None
        for _ in range(60):
            energy = 0.5 * (low + high)
            try:
                cut = self._once(state, 0, energy)
            except (
                OutOfReachError
            ) as fault:  # more energy than the last step may keep asks for more at both ends
                too_much = fault.status == kernel.NO_CEILING and fault.step != len(self.load) - 1
                low, high = (low, energy) if too_much else (energy, high)
                edge = fault
                continue
            if best is None or cut.value < best.value:
                best = cut._replace(dual=best.dual if best else cut.dual)
            slope = cut.last[-1] - cut.first[0]
            if slope < 0.0:
                low, below = energy, (cut, slope)
            else:
                high, above = energy, (cut, slope)
            if high - low <= 1e-13 * (1.0 + high):
                break
        if best is None:
            raise edge
        return self._blend(state, best, below, above)

    def _blend(self, state, best: Cut, below, above) -> Cut:
        """Weigh the two bracketing cuts so that the energy at the ends drops out of the bound."""
        if below is None or above is None:
            mixed = (below or above or (best, 0.0))[0]
        else:
            (one, s_one), (two, s_two) = below, above
            w = s_two / (s_two - s_one) if s_two > s_one else 0.5
            names = ("const", "grad", "last", "first", "price", "cap_price", "stored_price")
            mixed = one._replace(**{k: w * getattr(one, k) + (1 - w) * getattr(two, k) for k in names})
        closed, slope = self._closed(mixed.const, mixed.grad, mixed.last, mixed.first, state["supply"][-1])
        return mixed._replace(
            slope=slope,
            value=best.value,
            dual=max(closed, best.dual),
            start_mwh=best.start_mwh,
            first_step=best.first_step,
            made=best.made,
        )

    def dispatch(self, cut: Cut, sizes: np.ndarray) -> Dispatch:
        """The schedule of a visit in full, in MW."""
        problem, count = self.problem, len(self.load)
        state = self._state(sizes)
        take = np.empty((len(problem.supplies), count))
        charged, discharged, stored = np.empty(count), np.empty(count), np.empty(count)
        burnt, worth = kernel.walk(
            cut.first_step, cut.start_mwh, cut.made, state["supply"], state["caps"], state["store"],
            self.eff, self.keep, (charged, discharged, stored, take),
        )  # fmt: skip
        take /= problem.step_h
        sold = np.zeros(count)
        for k, supply in enumerate(problem.supplies):
            if supply.kind == "export":
                sold += supply.power.at(dict(zip(self.names, sizes, strict=True))) - take[k]
        named = [s.name for s in problem.storages]
        return Dispatch(
            value=cut.value,
            bound=cut.dual,
            solver="kernel",
            take_mw={s.name: take[k] for k, s in enumerate(problem.supplies)},
            export_mw=sold,
            charge_mw=dict.fromkeys(named, charged / problem.step_h),
            discharge_mw=dict.fromkeys(named, discharged / problem.step_h),
            stored_mwh=dict.fromkeys(named, stored),
            price_per_mwh=cut.price,
            cap_price_per_mwh=cut.cap_price,
            stored_price_per_mwh=dict.fromkeys(named, cut.stored_price),
            gradient=dict(zip(self.names, cut.slope.tolist(), strict=True)),
            burnt_mwh=burnt,
            burnt_worth=worth,
            proven=cut.proven,
        )


def efficiencies(store: Storage) -> tuple[float, float, float, float, float]:
    """Efficiencies, wear, and the wear of a MWh drawn only to be lost by charging and discharging at once."""
    eta_c, eta_d = float(store.charge_eff), float(store.discharge_eff)
    wear_c, wear_d = float(store.wear_charge_per_mwh), float(store.wear_discharge_per_mwh)
    loss = 1.0 - eta_c * eta_d
    return eta_c, eta_d, wear_c, wear_d, (wear_c + eta_c * eta_d * wear_d) / loss if loss > 0.0 else np.inf


def kernel_dispatch(problem: Problem, sizes: Mapping[str, float]) -> Dispatch:
    """Run the problem at these sizes with the kernel (dispatch.choose says where it is exact).

    Args:
        problem: One site over one axis.
        sizes: Every size column of the problem.

    Returns:
        Dispatch with solver "kernel".

    Raises:
        StateError: A size is missing or negative. InfeasibleError: No running meets the limits.

    Example:
        >>> from wattstack.dispatch import Amount, Problem, Supply
        >>> grid = Supply("grid", "import", np.array([10.0, 50.0]), Amount(np.inf))
        >>> kernel_dispatch(Problem(1.0, np.array([2.0, 2.0]), (grid,)), {}).value
        120.0
    """
    runner = Runner(problem)
    vector = runner.vector(sizes)
    return runner.dispatch(runner.run(vector), vector)
