"""Orders before the futures are known: one plan for all of them, what that is worth, and what knowing would be.

Needs    plan.portfolio.solve, block, draft, program, search, read, answers; portfolio.variants.
Gives    plan_futures, future_of, worth_with_orders, lost, cvar.
Used by  cli, report, plan.portfolio.suppliers.

Two stages (Birge and Louveaux, Introduction to Stochastic Programming, 2011, doi:10.1007/978-1-4614-0237-4): what is
ordered, committed and started in the first periods is one decision for all futures, the rest and the running is
taken in each. The programme is the extensive form: one block of columns a future, the early decisions the same
columns, all blocks over one pool of cuts. Conditional value at risk after Rockafellar and Uryasev (2000),
doi:10.21314/JOR.2000.038.

What differs in a future shows when the first stage ends: until then supply is that of the portfolio, and what was
ordered is delivered. Cells of the own factory go where each future has them: they are made, not ordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wattstack.dispatch.linear import LinearModel, ModelBuilder
from wattstack.errors import InfeasibleError, InputError
from wattstack.plan.portfolio.answers import Future, Risk
from wattstack.plan.portfolio.block import Block, build_block
from wattstack.plan.portfolio.draft import Draft
from wattstack.plan.portfolio.operation import make_operations
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.program import Program
from wattstack.plan.portfolio.read import read_plan
from wattstack.plan.portfolio.result import Decisions, PortfolioPlan
from wattstack.plan.portfolio.search import Report, Search
from wattstack.plan.portfolio.solve import Given, learning_path, priced, solve_portfolio
from wattstack.portfolio import Portfolio, Scenario
from wattstack.portfolio.variants import under_scenario

GAP_FRAC = 1e-5
CONTRACTS = ("commit", "start")  # of grid stages and gates
WEIGHT_MOST = 0.999  # of CVaR: with all weight on the worst futures, the others would not be planned at all


@dataclass(frozen=True)
class Aim:
    """What is maximised: (1 - weight) x mean + weight x mean of the worst `alpha_frac` of the NPVs."""

    probabilities: np.ndarray
    weight: float
    alpha_frac: float

    def score(self, npvs_m: np.ndarray) -> float:
        """Value of the NPVs of the futures [M]."""
        mean = float(self.probabilities @ npvs_m)
        if self.weight == 0.0:
            return mean
        return (1.0 - self.weight) * mean + self.weight * cvar(npvs_m, self.probabilities, self.alpha_frac)


def plan_futures(
    portfolio: Portfolio,
    pool: Pool | None = None,
    *,
    cvar_weight: float | None = None,
    alpha_frac: float | None = None,
    first_stage_q: int | None = None,
    report: Report | None = None,
) -> Risk:
    """The plan whose early orders are best over all futures, and what it is worth against two others.

    Every future is also planned alone (knowing), and with the early orders of the plan without futures (base orders
    kept). All use the learning path of the plan without futures, so that values differ by orders alone.

    Args:
        portfolio: With scenarios; those of probability 0 are left out.
        pool: Cuts of earlier plans, taken and added to.
        cvar_weight: Weight of the worst futures against the mean, 0 .. 1 (at most WEIGHT_MOST counts).
        alpha_frac: Probability of the worst futures that are averaged.
        first_stage_q: Periods whose decisions are taken before the future shows. All three: None = as declared.
        report: Called after every round of the joint plan.

    Returns:
        Risk; `base_kept_m` is minus infinity in a future in which base orders can not be kept, and a note says so.

    Raises:
        InputError: There are no scenarios, or a number is out of its range. InfeasibleError: No early orders
        suit all futures. GapError: The certificate was not reached.
    """
    pool = Pool() if pool is None else pool
    weight = portfolio.cvar_weight if cvar_weight is None else cvar_weight
    alpha = portfolio.cvar_alpha_frac if alpha_frac is None else alpha_frac
    before = portfolio.first_stage_q if first_stage_q is None else first_stage_q
    _check(portfolio, weight, alpha, before)
    path = learning_path(base := solve_portfolio(portfolio, pool=pool))
    scenarios = [s for s in portfolio.scenarios if s.probability_frac > 0.0]
    aim = Aim(np.array([s.probability_frac for s in scenarios]), min(weight, WEIGHT_MOST), alpha)
    futures = [future_of(portfolio, s.scenario, before) for s in scenarios]
    knowing = [solve_portfolio(f, pool=pool, given=Given(conversion_per_kwh=path)).npv_m for f in futures]
    kept, contracts_m = _kept(futures, base.decisions, Given(None, before, path), (aim, pool))
    search = _search(futures, aim, path, before, pool)
    search.descend(GAP_FRAC, report)
    search.remember()
    plans = _plans(search, scenarios)
    return Risk(
        futures=tuple(
            Future(s.scenario, s.probability_frac, *values)
            for s, *values in zip(scenarios, plans, kept, knowing, strict=True)
        ),
        first_stage_q=before,
        expected_m=float(aim.probabilities @ search.npvs_m),
        base_kept_m=float(aim.probabilities @ np.array(kept)),
        contracts_m=contracts_m,
        knowing_m=float(aim.probabilities @ np.array(knowing)),
        cvar_m=cvar(search.npvs_m, aim.probabilities, alpha),
        alpha_frac=alpha,
        cvar_weight=weight,
        gap_frac=max(search.gap_frac, 0.0),
        notes=_notes(portfolio, scenarios, kept, before),
    )


def _kept(
    futures: list[Portfolio], orders: Decisions, given: Given, means: tuple[Aim, Pool]
) -> tuple[list[float], float]:
    """Worth of each future with early orders kept, and what more it were on average without their contracts."""
    aim, pool = means
    unbound = Decisions({k: v for k, v in orders.amounts.items() if k not in CONTRACTS})
    kept = [worth_with_orders(future, orders, given, pool) for future in futures]
    if not np.all(np.isfinite(kept)):
        return kept, 0.0
    freed = [worth_with_orders(future, unbound, given, pool) for future in futures]
    return kept, float(aim.probabilities @ (np.array(freed) - kept))


def _plans(search: Search, scenarios: Sequence[Scenario]) -> list[PortfolioPlan]:
    duals = search.program.duals()
    return [
        read_plan(search, block, duals, whole=False, future=number, scenario=scenarios[number].scenario)
        for number, block in enumerate(search.blocks)
    ]


def cvar(npvs_m: np.ndarray, probabilities: np.ndarray, alpha_frac: float) -> float:
    """Mean of the worst `alpha_frac` of the probability [M].

    Args:
        npvs_m: Value by future; shape (n,). probabilities: Of each, adding up to 1; shape (n,).
        alpha_frac: Share of the probability that counts as worst, above 0.

    Example:
        >>> cvar(np.array([10.0, 0.0]), np.array([0.9, 0.1]), 0.2)
        5.0
    """
    order = np.argsort(npvs_m, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(probabilities[order])[:-1]])
    counted = np.clip(alpha_frac - before, 0.0, probabilities[order])
    return float(counted @ npvs_m[order] / counted.sum())


def future_of(portfolio: Portfolio, scenario: str, first_stage_q: int) -> Portfolio:
    """The portfolio under a scenario that shows after the first stage: supply is the usual one until then."""
    future, labels = under_scenario(portfolio, scenario), portfolio.calendar.labels
    supply = []
    for usual, other in zip(portfolio.supply, future.supply, strict=True):
        amounts = np.append(
            usual.at(portfolio.calendar)[:first_stage_q], other.at(portfolio.calendar)[first_stage_q:]
        )
        by_period = dict(zip(labels, amounts.tolist(), strict=True))
        supply.append(usual.model_copy(update={"amounts": by_period}))
    return replace(future, supply=tuple(supply))


def _search(futures: list[Portfolio], aim: Aim, path: np.ndarray | None, before: int, pool: Pool) -> Search:
    """The search over all futures at once, the decisions before `before` shared."""
    builder, blocks = ModelBuilder(), []
    for number, future in enumerate(futures):
        draft = Draft(
            builder,
            future.calendar.discount(future.money.discount_rate_frac),
            shared=blocks[0].draft if blocks else None,
            first_stage=before if blocks else 0,
            name=f"{number}:",
        )
        blocks.append(
            build_block(
                draft, future, make_operations(future, pool.operations),
                conversion_per_kwh=path, probability_frac=float(aim.probabilities[number]),
            )
        )  # fmt: skip
    return Search(blocks, Program(_model(builder, blocks, aim)), pool, aim.score)


def _model(builder: ModelBuilder, blocks: list[Block], aim: Aim) -> LinearModel:
    """Cost is minus the aim: CVaR = z - sum of p short / alpha with short >= z - NPV, short >= 0."""
    if aim.weight == 0.0:
        return priced(builder.close(), blocks)
    (level,) = builder.add_columns("cvar level_m", 1, bounds=(-np.inf, np.inf))
    short = builder.add_columns("cvar short_m", len(blocks))
    rows = builder.add_rows("cvar", len(blocks), 0.0, np.inf)
    for row, block in zip(rows, blocks, strict=True):
        worth = block.draft.objective(int(short[-1]) + 1)
        at = np.flatnonzero(worth)
        builder.put(row, at, worth[at])
    builder.put(rows, short, 1.0)
    builder.put(rows, level, -1.0)
    model = priced(builder.close(), blocks)
    cost = (1.0 - aim.weight) * model.cost
    cost[level] -= aim.weight
    cost[short] += aim.weight * aim.probabilities / aim.alpha_frac
    return replace(model, cost=cost)


def worth_with_orders(future: Portfolio, orders: Decisions, given: Given, pool: Pool) -> float:
    """What a future is worth with early orders that were decided; minus infinity where no plan has them."""
    try:
        return solve_portfolio(
            future, pool=pool, given=replace(given, decisions=orders, explained=False)
        ).npv_m
    except InfeasibleError:
        return -np.inf


def lost(before_m: float, after_m: float) -> float:
    """What is lost between two plans [M]; a gain smaller than their certificate can tell is nothing."""
    change = before_m - after_m
    return 0.0 if -GAP_FRAC * abs(before_m) <= change < 0.0 else change


def _check(portfolio: Portfolio, weight: float, alpha: float, before: int) -> None:
    faults = []
    if not any(s.probability_frac > 0.0 for s in portfolio.scenarios):
        faults.append("has no scenarios. Give scenarios.csv, one row a future with its probability.")
    if not 0.0 <= weight <= 1.0:
        faults.append(f"the weight of CVaR is {weight:g}, must be in 0 .. 1.")
    if not 0.0 < alpha <= 1.0:
        faults.append(f"alpha of CVaR is {alpha:g}, must be above 0 and at most 1.")
    if not 0 <= before <= portfolio.calendar.count:
        faults.append(
            f"the first stage has {before} periods, must have 0 .. {portfolio.calendar.count}, as the horizon."
        )
    if faults:
        raise InputError(portfolio.name, faults)


def _notes(portfolio: Portfolio, scenarios, kept: list[float], before: int) -> tuple[str, ...]:
    until = portfolio.calendar.label(before - 1) if before else "no period"
    notes = [f"orders up to {until} are one decision for all futures; supply is the usual one until then"]
    if portfolio.factory is not None:
        notes.append(
            "the cost of cells follows the learning path of the plan without futures, the same in every future; "
            "own cells go where each future has them"
        )
    lost = [s.scenario for s, value in zip(scenarios, kept, strict=True) if not np.isfinite(value)]
    if lost:
        notes.append(
            f"the orders of the plan without futures can not be kept in {', '.join(lost)}: no plan meets all limits "
            "there with them, so the value of planning for all futures has no upper limit"
        )
    return tuple(notes)
