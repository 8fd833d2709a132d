"""How sure the answer is: the certificate with every figure, and how it closed.

Needs    report.portfolio.view, report.figures.money.
Gives    proof_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

import numpy as np

from wattstack.report.figures.money import Closing, closing
from wattstack.report.html import Cell, Num, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.words import exact, quantity

STEP_FRAC = 1e-9  # of the worth: a best plan that falls by more is of another programme
SOLVERS = {"kernel": "the exact kernel", "linear": "the general solver"}


def proof_section(view: PortfolioView, page: Page) -> str:
    """Facts, figure and table of the rounds."""
    plan, unit = view.plan, view.money.unit
    calls = ", ".join(f"{n:,} by {SOLVERS.get(name, name)}" for name, n in plan.solvers.items()) or "none"
    rows: list[tuple[str, Cell]] = [
        (f"Worth of the plan [{unit}]", Num(exact(plan.npv_m), plan.npv_m)),
        (f"No plan is worth more than [{unit}]", Num(exact(plan.bound_m), plan.bound_m)),
        ("Gap, as a share of it", Num(f"{plan.gap_frac:.3e}", plan.gap_frac)),
        (
            "Stages, gates and factory lines",
            "whole" if plan.whole else "in parts, as good as any plan could be",
        ),
        (f"Runs of a site over a {view.period}", calls),
        ("Rounds", Num(str(len(plan.rounds)), len(plan.rounds))),
    ]
    seconds = sum(plan.timing.values()) or (plan.rounds[-1].seconds if plan.rounds else 0.0)
    if seconds:
        rows.append(("Time to plan", Num(quantity(seconds, "s", 3), seconds)))
    versions = view.files.summary.get("versions", {})
    rows.append(("Versions", ", ".join(f"{name} {number}" for name, number in versions.items())))
    note = (
        "At least: the plan, its running worked out exactly. At most: the same programme with the running bounded "
        "from below, solved to its optimum. Both hold for the learning path of the factory that was given."
    )
    return paragraph(note, "note") + facts(rows) + (_closed(view, page) if len(plan.rounds) > 1 else "")


def _closed(view: PortfolioView, page: Page) -> str:
    rounds, money = view.plan.rounds, view.money
    best, bound = (np.array([getattr(r, name) for r in rounds]) for name in ("npv_m", "bound_m"))
    for values in (best, bound):
        values[~np.isfinite(values)] = np.nan
    caption = "Each round tries a plan and bounds what any plan could be worth."
    step = STEP_FRAC * abs(view.plan.bound_m)
    if view.portfolio.factory is not None and (
        np.any(np.diff(best) < -step) or np.any(np.diff(bound) > step)
    ):
        caption += (
            " Where both lines step together, the cost of a cell was worked out anew from what the factory makes, and "
            "the plan sought again at that cost: another programme, with a bound of its own."
        )
    if view.plan.whole:
        caption += " In the last rounds stages, gates and lines come whole, which is worth less."
    found = Closing(
        rounds=[r.number for r in rounds], best=best, bound=bound, total=max(abs(view.plan.bound_m), 1e-9),
        names=("Best plan so far", "No plan is worth more"), unit=money.unit,
        labels=("Net present value", "of the worth"),
        caption=caption,
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [Num(str(r.number), r.number), _known(r.npv_m), _known(r.bound_m), Num(f"{r.cuts:,}", r.cuts)]
        for r in rounds
    ]
    head = ["Round", f"Best plan [{money.unit}]", f"Bound [{money.unit}]", "Cuts added"]
    return (
        page.figure(closing(found, view.synthetic))
        + f"<details><summary>The rounds</summary>{table(head, rows)}</details>"
    )


def _known(amount_m: float) -> Cell:
    return Num(quantity(amount_m, "", 8), amount_m) if np.isfinite(amount_m) else ""
