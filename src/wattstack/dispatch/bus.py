"""One bus, several cyclic storages: the kernel where at most one of them moves, a linear programme else.

Needs    dispatch.problem, supply, storage, run, kernel; dispatch.linear where several move.
Gives    BusRunner, BusCut.
Used by  plan.portfolio.

A storage without room or without power does not move (energy so cheap that burning it pays apart): the kernel
then runs the bus as if it were not there.
What it would be worth all the same is what it would earn at the prices of the bus, too small to move them. Its
rents make the cut valid for every size of every storage, and exact at the sizes visited. Where several move,
the prices of the bus come from a linear programme and all storages are priced that way.

An answer depends on the problem and the sizes alone, to the last bit: nothing is kept between calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from wattstack.dispatch import kernel
from wattstack.dispatch.linear.build import build_model
from wattstack.dispatch.linear.solve import solve_model
from wattstack.dispatch.problem import Amount, Problem, Storage, Supply
from wattstack.dispatch.run import Runner, efficiencies
from wattstack.dispatch.storage import NO_STORAGE, StorageLimits, storage_limits
from wattstack.dispatch.supply import merit_order
from wattstack.errors import StateError

IDLE_FRAC = 1e-7  # of the largest size: a storage with less room or power does not move
OPEN_FRAC = 1e-9  # a bound further below the cost than this is sought again by bisection
AMPLE = 4.0  # times what can be used: so much power, or room, that it has no price


@dataclass(frozen=True)
class BusCut:
    """Least cost at some sizes, and an affine function of the sizes that is nowhere above the least cost.

    Attributes:
        value: Least cost. const, grad: cost >= const + grad . sizes; grad in the order of BusRunner.names.
        solver: "kernel", or "linear" where several storages move.
        price: Bus price by step.
    """

    value: float
    const: float
    grad: np.ndarray
    solver: str
    price: np.ndarray


@dataclass
class _Store:
    """One storage as the kernel sees it.

    Attributes:
        limits: Linear in the sizes. eff, keep: see dispatch.run.
        shapes: Limits at which a storage that does not move is priced: "few" in the usual proportions for one that
            is not there, "strong" with power to spare for one without room, "wide" with room to spare for
            one without power.
        burns: Whether energy may be so cheap that charging and discharging at once pays: it then moves
            without room, too.
        anchors: Where its cycle is cut open first when it moves ("move"), and by shape.
    """

    storage: Storage
    limits: StorageLimits
    eff: tuple[float, float, float, float, float]
    keep: float
    shapes: dict[str, np.ndarray]
    burns: bool
    anchors: dict[str, tuple[int, int]] = field(default_factory=dict)


class BusRunner:
    """A problem prepared: `run` answers one vector of sizes.

    Args:
        problem: Any number of cyclic storages without floor; no caps and no commitments.
        usual: Sizes in usual proportions, > 0: where a storage that is not there is priced.

    Raises:
        StateError: The problem has a cap, a commitment, a floor, or a storage that is not cyclic.
    """

    def __init__(self, problem: Problem, usual: Mapping[str, float]):
        _require_plain(problem)
        self.problem, self.names = problem, problem.sizes
        order, count = merit_order(problem), problem.count
        self.lines = (
            order.lines, order.size_of, order.imports, order.exports, order.cost, order.fixed, order.rate,
        )  # fmt: skip
        base = Runner(replace(problem, storages=()))
        size = -1 if base.load_size < 0 else self.names.index(base.names[base.load_size])
        self.demand = (base.load, base.load_rate, size)
        self.caps, self.cap_of = np.full(count, np.inf), np.full(count, -1)
        ends = [np.where(np.isposinf(s.power.fixed), s.cost_per_mwh, np.inf) for s in problem.supplies]
        self.dearest = np.min(np.broadcast_arrays(np.full(count, np.inf), *ends), axis=0)
        at = np.array([float(usual[name]) for name in self.names])
        self.stores = [_store(problem, k, at) for k in range(len(problem.storages))]
        self.none = _Store(
            NO_STORAGE, storage_limits(replace(problem, storages=())), efficiencies(NO_STORAGE), 1.0,
            {}, False, {"move": (0, 0)},
        )  # fmt: skip
        self._look_for_anchors(at)

    def _look_for_anchors(self, at: np.ndarray) -> None:
        """Where the stored energy surely sits at a bound, from runs at usual sizes: once, for all calls."""
        for store in self.stores:
            store.anchors = dict.fromkeys(("move", *store.shapes), (0, 0))
        for store in self.stores:
            found = self._kernel(store, at)
            store.anchors["move"] = found[3]
            for name, limits in store.shapes.items():
                store.anchors[name] = self._earn(store, found[1], limits, name)[1]

    def run(self, sizes: np.ndarray) -> BusCut:
        """Least cost and cut at these sizes, in the order of `names`.

        Raises:
            InfeasibleError: Supply ends below the load; says the step and by how much.
        """
        idle = IDLE_FRAC * max(float(sizes.max(initial=0.0)), 1e-300)
        limits = [store.limits.at(sizes) for store in self.stores]
        power = [float(own[:2].max(axis=1).min()) > idle for own in limits]
        room = [float(own[3].max()) > idle for own in limits]
        moving = [k for k, store in enumerate(self.stores) if power[k] and (room[k] or store.burns)]
        if len(moving) > 1:
            value, mu = self._linear(moving, sizes)
            pis = {}
        else:
            store = self.stores[moving[0]] if moving else self.none
            value, mu, pi, _ = self._kernel(store, sizes)
            pis = dict.fromkeys(moving, pi)
        grad = np.zeros(len(self.names))
        const = kernel.price_lines(mu, (*self.lines, sizes), self.demand, grad)
        for k, store in enumerate(self.stores):
            if k not in pis:
                name = "strong" if power[k] else "wide" if room[k] else "few"
                moved = k in moving
                own = limits[k] if moved else store.shapes[name]
                pis[k], _ = self._earn(store, mu, own, "move" if moved else name)
            linear = (store.limits.fixed, store.limits.rate, store.limits.size_of)
            const += kernel.price_store(mu, pis[k], linear, store.eff, store.keep, grad)
        return BusCut(value, const, grad, "linear" if len(moving) > 1 else "kernel", mu)

    def _kernel(self, store: _Store, sizes: np.ndarray):
        """Cost, bus prices, prices of stored energy and last anchor with this storage alone on the bus."""
        charge, discharge, floor, ceiling = store.limits.at(sizes)
        base, rate, size = self.demand
        load = base if size < 0 else base + rate * sizes[size]
        mu, pi = np.empty(len(base)), np.empty(len(base))
        linear = (store.limits.fixed, store.limits.rate, store.limits.size_of)
        status, value, bound, step, side = kernel.run_moving(
            store.anchors["move"], (*self.lines, sizes), self.caps, self.cap_of, self.problem.step_h,
            (load, charge, discharge, floor, ceiling), self.demand, linear, store.eff, store.keep,
            float(self.problem.floor_slack_per_mwh), (mu, pi),
        )  # fmt: skip
        if status != kernel.OK or value - bound > OPEN_FRAC * (1.0 + abs(value)):
            own = () if store is self.none else (store.storage,)
            runner = Runner(replace(self.problem, storages=own))
            cut = runner.run(np.array([sizes[self.names.index(name)] for name in runner.names]))
            value, mu, pi = min(value, cut.value), cut.price, cut.stored_price
        return value, mu, pi, (step, side)

    def _earn(self, store: _Store, mu: np.ndarray, limits: np.ndarray, name: str):
        """Prices of what a storage stores that trades at mu, and its last anchor."""
        pi = np.zeros(len(mu))
        status, cost, bound, step, side = kernel.run_idle(
            store.anchors[name], mu, limits, store.eff, store.keep,
            float(self.problem.floor_slack_per_mwh), pi,
        )  # fmt: skip
        turnover = float(np.abs(mu).sum() * limits[:2].max())
        if status != kernel.OK or cost - bound > OPEN_FRAC * turnover:
            pi = _alone(store, self.problem, mu, limits)
        return pi, (step, side)

    def _linear(self, moving: list[int], sizes: np.ndarray) -> tuple[float, np.ndarray]:
        """Cost and bus prices with several storages on the bus."""
        problem = replace(self.problem, storages=tuple(self.problem.storages[k] for k in moving))
        named = {name: float(size) for name, size in zip(self.names, sizes, strict=True)}
        model = build_model(problem, named)
        found = solve_model(model)
        mu = found.duals[model.rows["balance_mw"]] / problem.step_h
        return found.value, np.minimum(mu, self.dearest)


def _store(problem: Problem, number: int, usual: np.ndarray) -> _Store:
    """One storage of the problem prepared."""
    storage, limits = problem.storages[number], storage_limits(problem, number)
    few = limits.at(usual)
    strong, wide = few.copy(), few.copy()
    strong[0], strong[1] = AMPLE * few[3].max() / storage.charge_eff, AMPLE * few[3].max()
    keep = float(storage.kept_frac_per_h**problem.step_h)
    leaks = 1.0 - keep**problem.count  # what leaks in a cycle can be charged, however much stands there
    wide[3] = AMPLE * few[:2].sum() / (leaks if leaks > 0.0 else 1.0)
    eff = efficiencies(storage)
    cheapest = min(float(np.min(supply.cost_per_mwh)) for supply in problem.supplies)
    shapes = {"few": few, "strong": strong, "wide": wide}
    return _Store(storage, limits, eff, keep, shapes, cheapest < -eff[4])


def _alone(store: _Store, problem: Problem, mu: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Prices of stored energy of a storage that trades at mu, the slow and sure way."""
    step_h = problem.step_h
    power = limits[:2].max(axis=0) / step_h
    trade = Supply("bus", "import", mu, Amount(4.0 * power))
    charge, discharge = Amount(limits[0] / step_h), Amount(limits[1] / step_h)
    floor, ceiling = Amount(limits[2]), Amount(limits[3])
    unit = replace(store.storage, charge=charge, discharge=discharge, floor=floor, ceiling=ceiling)
    alone = Problem(step_h, 2.0 * power, (trade,), (unit,), floor_slack_per_mwh=problem.floor_slack_per_mwh)
    return Runner(alone).run(np.empty(0)).stored_price


def _require_plain(problem: Problem) -> None:
    """Refuse what the cut of a bus does not hold."""
    floors = [s.name for s in problem.storages if np.any(s.floor.fixed) or np.any(s.floor.rate)]
    ended = [s.name for s in problem.storages if not s.cyclic]
    if problem.caps or problem.commitments or floors or ended:
        what = (*problem.caps, *(c.supply for c in problem.commitments), *floors, *ended)[0]
        raise StateError(
            f"{what}: a bus of several storages holds no cap, no commitment, no floor and no given end. "
            "Use dispatch_year."
        )
    if not any(np.all(np.isposinf(s.power.fixed)) for s in problem.supplies):
        raise StateError("a bus of several storages needs a line without limit. Add an unserved line.")
