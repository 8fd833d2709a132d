"""Plan against actual: what slips cost with orders kept and replanned, alone and together, and what to change now.

Needs    plan.portfolio.facts, changes, solve, stochastic (lost), answers; portfolio.
Gives    replan.
Used by  cli, report.

The master from the date of the report on, everything decided before it held, forecasts as new dates. Payments keep
the dates agreed, so that a slip undone can only help. Slips interact: the sum of what they cost alone and what they
cost together are two figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from wattstack.errors import InfeasibleError, InputError
from wattstack.plan.portfolio.answers import Replanned, Slip
from wattstack.plan.portfolio.changes import tell_changes
from wattstack.plan.portfolio.facts import Facts, SlipFact, read_facts, wait_for_gates
from wattstack.plan.portfolio.pool import Pool
from wattstack.plan.portfolio.result import Decisions, PortfolioPlan
from wattstack.plan.portfolio.solve import Given, learning_path, solve_portfolio
from wattstack.plan.portfolio.stochastic import lost
from wattstack.portfolio import Portfolio, Progress
from wattstack.portfolio.variants import Late


@dataclass
class Cases:
    """Plans of one portfolio under different slips.

    Attributes:
        facts: What progress says. decided: Decisions of the plan that is kept. given: Learning path.
        said: What had to give for a plan to exist.
    """

    facts: Facts
    decided: Decisions
    given: Given
    pool: Pool
    said: list[str] = field(default_factory=list)

    def under(self, slips: Sequence[SlipFact]) -> tuple[Portfolio, Decisions]:
        """The portfolio with some slips, and what is decided in it: orders of shells wait for late gates."""
        late: tuple[Late, ...] = tuple(part for slip in slips for part in slip.late)
        portfolio = replace(self.facts.portfolio, late=late)
        return portfolio, wait_for_gates(portfolio, self.decided, self.facts.now)

    def kept(self, slips: Sequence[SlipFact]) -> PortfolioPlan:
        """All orders of the plan kept, under the new dates."""
        portfolio, decided = self.under(slips)
        return self._solved(portfolio, replace(self.given, decisions=decided))

    def replanned(self, slips: Sequence[SlipFact], undone: SlipFact | None = None) -> PortfolioPlan:
        """Free from the date of the report on.

        Args:
            slips: What is late.
            undone: One of them that is not after all. What waited for it in the past may, or may not, have waited.
        """
        portfolio, decided = self.under(slips)
        otherwise = None
        if undone is not None:
            portfolio, otherwise = self.under([slip for slip in slips if slip is not undone])
            otherwise = self.unmoved(otherwise)
        given = replace(
            self.given, decisions=self.unmoved(decided), before=self.facts.now, otherwise=otherwise,
            movable=tuple(self.facts.movable),
        )  # fmt: skip
        return self._solved(portfolio, given)

    def unmoved(self, decided: Decisions) -> Decisions:
        """Servers that may go elsewhere back where progress says they were ordered for."""
        if not self.facts.movable:
            return decided
        orders = {key: values.copy() for key, values in decided.of("server_order").items()}
        for movable in self.facts.movable:
            for key, values in orders.items():
                if key[0] == movable.generation:
                    values[movable.period] = self.facts.decided["server_order"][key][movable.period]
        return Decisions({**decided.amounts, "server_order": orders})

    def _solved(self, portfolio: Portfolio, given: Given) -> PortfolioPlan:
        """A plan; where none meets all limits, without those on money, then with bridging power given up freely."""
        try:
            return solve_portfolio(portfolio, pool=self.pool, given=given)
        except InfeasibleError:
            money = portfolio.money.model_copy(update={"capital_budget_m": {}, "credit_limit_m": None})
            unbound = replace(portfolio, money=money)
            self._say("limits on money do not hold what is decided and late; such cases are without them")
        try:
            return solve_portfolio(unbound, pool=self.pool, given=given)
        except InfeasibleError:
            amounts = {k: v for k, v in given.decisions.amounts.items() if k != "generation_sold"}
            self._say("bridging power that comes late is given up at other times than planned")
        return solve_portfolio(
            unbound, pool=self.pool, given=replace(given, decisions=Decisions(amounts), explained=True)
        )

    def _say(self, what: str) -> None:
        if what not in self.said:
            self.said.append(what)


def replan(
    portfolio: Portfolio, plan: PortfolioPlan, progress: Sequence[Progress], pool: Pool | None = None
) -> Replanned:
    """Plan again from the date of a report on.

    Decisions before that date are those of the plan, or what progress says where it knows better; servers ordered
    and committed but not there yet may go to another site. All plans have parts of units and the plan's learning path.

    Args:
        portfolio: As it was planned.
        plan: The plan that progress is held against.
        progress: Rows of read_progress, all as of one date.
        pool: Cuts of earlier plans, taken and added to.

    Returns:
        Replanned: `before` is the plan under the old dates (from the date of the report planned again where progress
        knows of other decisions), `kept` all its orders under the new dates, orders of shells waiting for a late
        permit or land; slips ranked by what they cost with orders kept.

    Raises:
        InputError: There is no row. InfeasibleError: No plan has what is decided and late.
    """
    if not progress:
        raise InputError("progress", ["holds no row, must hold one at least. Write one."])
    pool = Pool() if pool is None else pool
    facts = read_facts(portfolio, plan, progress)
    given = Given(conversion_per_kwh=learning_path(plan), explained=False)
    cases = Cases(facts, facts.decisions, given, pool)
    before = plan
    if facts.is_changed or plan.whole:
        before = cases.replanned(())
        cases.decided = before.decisions
    joint = facts.slips
    kept, replanned = cases.kept(joint), cases.replanned(joint)
    slips = [_priced(cases, before, replanned, slip) for slip in joint]
    slips.sort(key=lambda slip: (-slip.kept_lost_m, -slip.replanned_lost_m))
    _, decided = cases.under(joint)
    return Replanned(
        as_of=progress[0].as_of,
        before=before,
        kept=kept,
        replanned=replanned,
        slips=tuple(slips),
        actions=tell_changes(
            replanned.portfolio, cases.unmoved(decided), replanned.decisions, facts.now, tuple(facts.movable)
        ),
        facts=(*facts.said, *cases.said),
    )


def _priced(cases: Cases, before: PortfolioPlan, replanned: PortfolioPlan, slip: SlipFact) -> Slip:
    """What a slip costs alone, and what undoing it alone is worth in the joint case."""
    alone = cases.kept([slip])
    undone = cases.replanned(cases.facts.slips, undone=slip)
    return Slip(
        site=slip.row.site,
        kind=slip.row.kind,
        name=slip.row.name,
        late_q=slip.late_q,
        kept_lost_m=lost(before.npv_m, alone.npv_m),
        replanned_lost_m=lost(before.npv_m, cases.replanned([slip]).npv_m),
        mw_periods_lost=round(float(before.total("it_mw").sum() - alone.total("it_mw").sum()), 6) + 0.0,
        undone_m=lost(undone.npv_m, replanned.npv_m),
    )
