"""The futures: one set of early orders in all of them, what that is worth, what knowing would be.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    risk_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from wattstack.report.figures.portfolio.futures import fan
from wattstack.report.html import Cell, Num, bullets, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import gap_words, sentence, share_words, spaced
from wattstack.report.words import percent, quantity

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import Risk


def risk_section(view: PortfolioView, page: Page, risk: Risk) -> str:
    """In words, as a figure, as a table."""
    money = view.money
    until = view.labels[min(max(risk.first_stage_q, 1), view.calendar.count) - 1]
    text = (
        f"Nobody knows which of {len(risk.futures)} futures comes. The orders up to {until} are therefore one "
        "decision, chosen to be good over all of them; the rest is decided once it shows. On the mean such a plan is "
        f"worth {money.text(risk.expected_m, 5)}."
    )
    worths = (
        ("Mean over the futures", risk.expected_m),
        ("Mean with the early orders of the plan for the announced dates", risk.base_kept_m),
        ("Worth of planning for all futures (VSS)", risk.vss_m),
        ("of it by grid stages committed and gates started earlier", risk.contracts_m),
        ("Mean if one knew beforehand", risk.knowing_m),
        ("Worth of knowing beforehand (EVPI)", risk.evpi_m),
        (f"Mean of the worst {percent(risk.alpha_frac, 0)} (CVaR)", risk.cvar_m),
    )
    rows: list[tuple[str, Cell]] = [
        (name, Num(money.text(v, 3) if isfinite(v) else "cannot be kept", v if isfinite(v) else None))
        for name, v in worths
    ]
    rows.append(("Weight of the worst beside the mean", Num(percent(risk.cvar_weight, 0), risk.cvar_weight)))
    rows.append(("Proven to", Num(gap_words(risk.gap_frac), risk.gap_frac)))
    html = paragraph(text) + facts(rows) + page.figure(fan(view, risk)) + _futures(view, risk)
    return html + (bullets(sentence(note) for note in risk.notes) if risk.notes else "")


def _futures(view: PortfolioView, risk: Risk) -> str:
    money = view.money
    notes = {s.scenario: s.note for s in view.portfolio.scenarios}
    rows: list[list[Cell]] = []
    for f in risk.futures:
        energised = float(f.two_stage.total("it_mw")[-1])
        kept: Cell = (
            Num(money.number(f.base_kept_m), f.base_kept_m) if isfinite(f.base_kept_m) else "cannot be kept"
        )
        rows.append([
            spaced(f.scenario), Num(percent(f.probability_frac, 0), f.probability_frac),
            Num(money.number(f.two_stage.npv_m), f.two_stage.npv_m), kept,
            Num(money.number(f.knowing_m), f.knowing_m), Num(money.number(f.regret_m), f.regret_m),
            Num(quantity(energised, "", 3), energised), notes.get(f.scenario, ""),
        ])  # fmt: skip
    head = ["Future", "Chance", "This plan", "Early orders of the plan for the announced dates", "Knowing",
            "Regret", "At the end [MW IT]", "What happens"]  # fmt: skip
    worst = max(risk.futures, key=lambda f: f.regret_m)
    share = worst.regret_m / (abs(worst.knowing_m) or 1.0)
    note = (
        f"Net present values in {money.unit}. Regret is what not knowing costs in that future; the most is "
        f"{money.text(worst.regret_m, 3)} ({share_words(share)}) in {spaced(worst.scenario)}. The probabilities are "
        "assumptions."
    )
    return paragraph(note, "note") + table(head, rows)
