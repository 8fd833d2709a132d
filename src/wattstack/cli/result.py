"""A plan on one screen, as `wattstack plan` prints it.

Needs    plan.Plan.
Gives    result_text.
Used by  cli.plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattstack.cli.words import money, number, table
from wattstack.errors import counted

if TYPE_CHECKING:
    from wattstack.plan import Plan


def result_text(plan: Plan) -> str:
    """Sizes, cost, certificate, what each limit is worth, and what a reader must know.

    Args:
        plan: As plan_site gives it.

    Returns:
        Lines to print.
    """
    label = " SYNTHETIC inputs." if any(r.synthetic for s in plan.scenarios for r in s.case.inputs) else ""
    parts = [f"{plan.name}: planned.{label}"]
    sizes = []
    for path, size in plan.sizes.items():
        unit = "MWh" if path.endswith("_mwh") else "MW"
        sizes.append([path, f"{number(size)} {unit}", "planned" if path in plan.planned else "stands"])
    parts.append(table(sizes))
    parts.append(table(_cost_rows(plan)))
    if len(plan.duties) > len(plan.campus.battery):  # more than arbitrage alone
        parts.append("what each duty takes of its battery\n" + table(_duty_rows(plan)))
    if plan.marginal:
        parts.append("\n".join(f"  {value.sentence}" for value in plan.marginal))
    if plan.notes:
        parts.append("\n".join(f"  {note}" for note in plan.notes))
    return "\n\n".join(parts)


def _duty_rows(plan: Plan) -> list[list[str]]:
    """MW and MWh of every battery by duty, and what the duty costs."""
    rows = []
    for row in plan.duties.itertuples():
        cost = (
            ""
            if row.cost_per_year != row.cost_per_year
            else f"costs {money(row.cost_per_year, plan.currency)} a year"
        )
        rows.append(
            [row.battery, row.duty, f"{number(row.power_mw)} MW", f"{number(row.energy_mwh)} MWh", cost]
        )
    return rows


def _cost_rows(plan: Plan) -> list[list[str]]:
    """Yearly cost, what it saves, and the certificate."""
    rows = [["yearly cost", money(plan.objective, plan.currency)]]
    saving = plan.finance.get("saving_per_year")
    if saving is not None:
        rows.append(
            ["saving", f"{money(saving, plan.currency)} a year against no new assets, before capital"]
        )
    payback = plan.finance.get("simple_payback_years")
    if payback is not None:
        rows.append(["payback", f"{number(payback)} years, simple"])
    rows.append(["lower bound", f"{money(plan.bound, plan.currency)}, gap {plan.gap_frac:.1e}"])
    rows.append(["solver", f"{plan.solver}, {counted(len(plan.rounds), 'round')}"])
    return rows
