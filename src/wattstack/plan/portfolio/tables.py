"""Every table of a portfolio plan by the stem of its CSV file.

Needs    plan.portfolio.bought, stands, business, money, asked.
Gives    portfolio_tables, OPTIONAL.
Used by  plan.portfolio.store, cli, report.
"""

from __future__ import annotations

from wattstack.plan.portfolio.answers import Answers
from wattstack.plan.portfolio.asked import answer_tables
from wattstack.plan.portfolio.bought import orders_table
from wattstack.plan.portfolio.business import factory_table, segments_table
from wattstack.plan.portfolio.money import finance_table, fiscal_years_table
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.stands import capacity_table
from wattstack.plan.portfolio.table import Table

OPTIONAL = ("holdback", "coordination", "risk", "suppliers", "chemistry", "slips")


def portfolio_tables(plan: PortfolioPlan, answers: Answers | None = None) -> dict[str, Table]:
    """orders, capacity, factory, segments, finance, fiscal_years, and those of what was asked for."""
    answers = Answers() if answers is None else answers
    return {
        "orders": orders_table(plan),
        "capacity": capacity_table(plan, answers.holdback),
        "factory": factory_table(plan),
        "segments": segments_table(plan),
        "finance": finance_table(plan),
        "fiscal_years": fiscal_years_table(plan),
        **answer_tables(plan, answers),
    }
