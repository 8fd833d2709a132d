"""Plans of the small portfolio and everything that can be asked of them, each worked out once."""

from dataclasses import replace
from functools import cache

from tests.portfolio.small import small_portfolio
from wattstack.plan.portfolio import (
    PortfolioPlan,
    compare_plans,
    hold_back,
    plan_futures,
    price_target,
    replan_portfolio,
    solve_portfolio,
    sweep_scarcity,
    value_chemistries,
)
from wattstack.plan.portfolio.answers import SecondSource, Shortfall, SupplierShare
from wattstack.plan.portfolio.pool import Pool
from wattstack.portfolio import Portfolio, Progress, Target

AS_OF = "2027Q3"


@cache
def portfolio() -> Portfolio:
    """The small portfolio with a battery target and rows of every kind of source."""
    small = small_portfolio()
    items = (small.items[0].model_copy(update={"source": "S1"}), *small.items[1:])
    targets = (
        *small.targets,
        Target(site="north", quarter="2028Q2", facility_mw=80, note="A: guessed", source="S1"),
    )
    money = small.money.model_copy(
        update={"battery_target_m": 500.0, "battery_target_year": 2027, "credit_limit_m": 9000.0,
                "capital_budget_m": {2027: 5000.0}}
    )  # fmt: skip
    return replace(
        small, items=items, targets=targets, money=money, warnings=("one price looks high",),
        sources={"S1": {"publisher": "a paper", "url": "https://example.org/a/b", "date": "2026", "fact": "20 MW"}},
    )  # fmt: skip


@cache
def pool() -> Pool:
    """Cuts shared by all."""
    return Pool()


@cache
def plan() -> PortfolioPlan:
    """The plan with parts of units."""
    return solve_portfolio(portfolio(), pool=pool())


def late(kind: str, name: str, due: str, forecast: str, site: str = "north") -> Progress:
    """A row of progress: what comes late."""
    return Progress(
        as_of=AS_OF, site=site, kind=kind, name=name, baseline_quarter=due, baseline_quantity=1.0,
        forecast_quarter=forecast,
    )  # fmt: skip


@cache
def answers() -> dict:
    """Everything that can be asked beside the plan."""
    found = hold_back(plan(), pool())
    short = (Shortfall("servers", "one", 0.1, 40.0, 30.0), Shortfall("lfp", "far", 0.2, float("inf"), 2.0))
    slips = (late("gate", "permit", "2027Q2", "2028Q1"), late("stage", "first", "2027Q4", "2028Q1"))
    return {
        "holdback": found,
        "compared": compare_plans(portfolio(), pool(), delay_q=1),
        "sweeps": (
            sweep_scarcity(portfolio(), "supply", (0.5, 1.0), pool()),
            sweep_scarcity(portfolio(), "grid_delay", (0.0, 1.0), pool()),
            sweep_scarcity(portfolio(), "supply:electrical", (1.0, 2.0), pool()),
        ),
        "risk": plan_futures(portfolio(), pool()),
        "chemistries": value_chemistries(plan(), pool()),
        "own_cells_first_m": 3.25,
        "replanned": replan_portfolio(portfolio(), slips, plan(), pool()),
        "target": price_target(plan(), pool()),
        "shares": (
            SupplierShare("servers", "one", "TW", 700.0, 0.7, 0.71),
            SupplierShare("servers", "two", "US", 300.0, 0.3, 0.29),
            SupplierShare("lfp", "far", "", 12.0, 1.0, 1.0),
        ),
        "shortfalls": short,
        "second_sources": (
            SecondSource("servers", 0.5, 0.7, 6.0, short[:1], (Shortfall("servers", "one", 0.1, 25.0),)),
        ),
    }  # fmt: skip
