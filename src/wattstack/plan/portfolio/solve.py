"""Plan a portfolio: build the master, search to a certificate, settle the learning path, make units whole.

Needs    plan.portfolio.block, draft, program, pool, search, read; dispatch.ModelBuilder.
Gives    solve_portfolio, Given, Movable, draft_block, learning_path, priced, hold, settle_learning.
Used by  cli, every analysis of this folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattstack.dispatch.linear import LinearModel, ModelBuilder
from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio.block import Block, build_block
from wattstack.plan.portfolio.campus_weeks import with_campus_weeks
from wattstack.plan.portfolio.draft import Draft, is_own_cells
from wattstack.plan.portfolio.elastic import refusal
from wattstack.plan.portfolio.factory import conversion_path
from wattstack.plan.portfolio.limits import learnt_cash
from wattstack.plan.portfolio.operation import make_operations
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.program import Program
from wattstack.plan.portfolio.read import read_plan
from wattstack.plan.portfolio.result import Decisions, PortfolioPlan
from wattstack.plan.portfolio.search import Report, Search
from wattstack.plan.portfolio.whole import make_whole
from wattstack.portfolio import Portfolio

LEARNT_FRAC = 1e-3  # the learning path has settled when no period's conversion cost moves by more
LEARNINGS_MOST = 6
WHOLE_GAP_FRAC = 1e-4


@dataclass(frozen=True, slots=True)
class Movable:
    """Servers ordered for a site before they could be used there, which another site may have instead.

    Attributes:
        generation, site: As ordered.
        period: Of the order.
        units: How many may go elsewhere [MW IT].
    """

    generation: str
    site: str
    period: int
    units: float


@dataclass(frozen=True)
class Given:
    """What is given beside the portfolio.

    Attributes:
        decisions: Taken already: those before period `before` (all, where None) have these values.
        before: First period that is free.
        conversion_per_kwh: Learning path to be kept; None = settled by repetition. Shape (periods,).
        forced_target: Whether the battery target is forced.
        otherwise: Other values of the decisions: each may then lie anywhere between both.
        movable: Servers of these decisions that may go to another site.
        explained: Whether a refusal says what must give; a caller that tries again needs no reasons.
    """

    decisions: Decisions | None = None
    before: int | None = None
    conversion_per_kwh: np.ndarray | None = None
    forced_target: bool = False
    otherwise: Decisions | None = None
    movable: tuple[Movable, ...] = ()
    explained: bool = True


def solve_portfolio(
    portfolio: Portfolio,
    *,
    pool: Pool | None = None,
    gap_frac: float = 1e-5,
    whole: bool = False,
    given: Given | None = None,
    report: Report | None = None,
) -> PortfolioPlan:
    """The best plan of a portfolio and its certificate.

    Args:
        portfolio: What may be built.
        pool: Cuts of earlier plans, taken and added to; a fresh one where None.
        gap_frac: Certificate asked for; with whole units it is at least WHOLE_GAP_FRAC.
        whole: Whether stages, gates and lines are made whole.
        given: Decisions taken already, learning path, target.
        report: Called after every round.

    Raises:
        InfeasibleError: No orders meet all limits; says which must give, and by how much. GapError: The certificate
            was not reached.
    """
    pool = Pool() if pool is None else pool
    given = Given() if given is None else given
    portfolio = with_campus_weeks(portfolio)
    builder = ModelBuilder()
    block = draft_block(builder, portfolio, given, pool)
    program = Program(priced(builder.close(), [block]))
    if given.decisions is not None:
        hold(program, block, given.decisions, given.before)
    if given.otherwise is not None:
        widen(program, block, given.otherwise, given.before)
    for movable in given.movable:
        let_move(program, block, movable)
    search = Search([block], program, pool)
    try:
        search.descend(gap_frac, report)
        if given.conversion_per_kwh is None and portfolio.factory is not None:
            block = settle_learning(search, block, gap_frac, report)
        search.remember()
        prices = program.duals()
        if whole:
            make_whole(search, max(gap_frac, WHOLE_GAP_FRAC), report)
    except InfeasibleError as error:
        raise (refusal(program, block) if given.explained else error) from None
    return read_plan(search, block, prices, whole=whole)


def learning_path(plan: PortfolioPlan) -> np.ndarray | None:
    """The cost of conversion that a plan was priced with, None without a factory; shape (periods,)."""
    factory = plan.portfolio.factory
    return None if factory is None else plan.amounts["conversion_per_kwh"][(factory.name,)]


def draft_block(builder: ModelBuilder, portfolio: Portfolio, given: Given, pool: Pool) -> Block:
    """One future of a portfolio as a block of its own."""
    count = portfolio.calendar.count
    taken = 0 if given.decisions is None else count if given.before is None else given.before
    discount = portfolio.calendar.discount(portfolio.money.discount_rate_frac)
    return build_block(
        Draft(builder, discount, first_stage=taken), portfolio, make_operations(portfolio, pool.operations),
        conversion_per_kwh=given.conversion_per_kwh, forced_target=given.forced_target,
    )  # fmt: skip


def priced(model: LinearModel, blocks: list[Block]) -> LinearModel:
    """The model with the cost minus the expected worth of its blocks."""
    size = model.matrix.shape[1]
    worth = sum(block.probability_frac * block.draft.objective(size) for block in blocks)
    return replace(model, cost=model.cost - worth)


def hold(program: Program, block: Block, decisions: Decisions, before: int | None) -> None:
    """Give decision columns before period `before` (all, where None) the values that were decided.

    Cells of the own factory are an upper limit instead: what the factory does not make cannot be delivered.
    """
    before = block.draft.count if before is None else before
    for kind, found in decisions.amounts.items():
        columns_of = block.draft.columns.get(kind, {})
        for key, columns in columns_of.items():
            values = found.get(key, np.zeros(len(columns)))
            at = np.flatnonzero((columns >= 0) & (np.arange(len(columns)) < before))
            value = np.clip(values[at], program.lower[columns[at]], program.upper[columns[at]])
            least = np.zeros_like(value) if is_own_cells(kind, key, block.draft.maker) else value
            program.hold(columns[at], least, value)


def widen(program: Program, block: Block, decisions: Decisions, before: int | None) -> None:
    """Let decision columns that are held have these values too, and all between."""
    before = block.draft.count if before is None else before
    for kind, found in decisions.amounts.items():
        for key, columns in block.draft.columns.get(kind, {}).items():
            values = found.get(key, np.zeros(len(columns)))
            at = np.flatnonzero((columns >= 0) & (np.arange(len(columns)) < before))
            low, high = program.lower[columns[at]], program.upper[columns[at]]
            program.hold(columns[at], np.minimum(low, values[at]), np.maximum(high, values[at]))


def let_move(program: Program, block: Block, movable: Movable) -> None:
    """Let servers that are held go from the site they were ordered for to others; each supplier delivers as many."""
    q, orders = movable.period, block.draft.columns.get("server_order", {})
    columns = {key: int(c[q]) for key, c in orders.items() if key[0] == movable.generation and c[q] >= 0}
    rows = []
    for supplier in dict.fromkeys(key[2] for key in columns):
        same = np.array([column for key, column in columns.items() if key[2] == supplier])
        ordered = float(program.lower[same].sum())
        rows += [(same, np.ones(len(same)), ordered), (same, -np.ones(len(same)), -ordered)]
    here = np.array([column for key, column in columns.items() if key[1] == movable.site], int)
    if not len(here):
        return
    rows.append((here, np.ones(len(here)), max(float(program.lower[here].sum()) - movable.units, 0.0)))
    every = np.array(list(columns.values()))
    away = np.setdiff1d(every, here)
    program.hold(away, program.lower[away], program.upper[away] + movable.units)
    program.hold(here, np.maximum(program.lower[here] - movable.units, 0.0), program.upper[here])
    columns, values, lower = zip(*rows, strict=True)
    starts = np.cumsum([0, *map(len, columns)])
    program.add_rows(starts, np.concatenate(columns), np.concatenate(values), np.array(lower))


def settle_learning(search: Search, block: Block, gap_frac: float, report: Report | None) -> Block:
    """Repeat the plan with the learning path of its own output until the path stays."""
    factory = block.portfolio.factory
    draft, path = block.draft, block.conversion_per_kwh
    for repetition in range(LEARNINGS_MOST + 1):
        made = search.best[draft.columns["made_gwh"][(factory.name,)]]
        now = conversion_path(factory, made)
        if np.max(np.abs(now / path - 1.0)) <= LEARNT_FRAC:
            break
        if repetition == LEARNINGS_MOST:
            draft.notes.append(
                f"the cost of cells did not settle in {LEARNINGS_MOST} repetitions: the proof holds for the last"
            )
            break
        draft.learn(now - path)
        path = now
        search.reprice()
        size = len(search.program.lower)
        search.program.change(*learnt_cash(draft))
        search.program.reprice(-block.probability_frac * draft.objective(size))
        search.descend(gap_frac, report)
    return replace(block, conversion_per_kwh=path)
