"""What holds the plan back: the strip, the causes in words, what relief is worth, the rents.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    holdback_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from wattstack.report.figures.portfolio.strip import strip
from wattstack.report.html import Cell, Num, esc, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import cause_name, limit_name, site_name, span_words
from wattstack.report.words import MINUS, quantity

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import Holdback

MOST = 15  # rows of a ranking; the rest stands in holdback.csv
LEAST_FRAC = 1e-6


def holdback_section(view: PortfolioView, page: Page, found: Holdback) -> str:
    """Figure and tables."""
    rule = (
        "In a good plan everything arrives together, so a full resource is not yet a cause. Named here is what is "
        "full and could not have been bought: its lead time has not passed since the first day, its shared supply "
        "was used up, or a grid stage, a gate, the crew, the land or the fire distance binds. Where several do, it "
        "is the one with the highest rent: what its owner could ask for a MW of IT power and period."
    )
    html = (
        paragraph(rule, "note") + page.figure(strip(view, found)) + _causes(view, found) if view.sites else ""
    )
    if found.reliefs:
        html += _reliefs(view, found)
    return html + _rents(view, found)


def _causes(view: PortfolioView, found: Holdback) -> str:
    """Runs of periods with one cause."""
    rows: list[list[Cell]] = []
    for site in view.sites:
        mine = sorted((c for c in found.causes if c.site == site.name), key=lambda c: c.period)
        energised = view.it_mw(site.name)
        for (resource, why), run in groupby(mine, key=lambda c: (c.resource, c.why)):
            part = list(run)
            first, last = part[0].period, part[-1].period
            rent = sum(c.rent_m_per_mw for c in part) / len(part)
            rows.append([
                site_name(site.name), span_words(view.labels, first, last), cause_name(resource, why),
                Num(quantity(float(energised[last]), "", 3), float(energised[last])),
                Num(quantity(rent, "", 2), rent) if rent > 0.0 else "",
            ])  # fmt: skip
    head = [
        "Site", "When", "What is lacking, and why it could not be had", "Energised at its end [MW IT]",
        f"Mean rent [{view.money.unit} a MW IT and {view.period}]",
    ]  # fmt: skip
    return "<h3>The causes, one after the other</h3>" + table(head, rows)


def _reliefs(view: PortfolioView, found: Holdback) -> str:
    """What is worth changing, in words and as a table."""
    least = LEAST_FRAC * max(abs(view.plan.npv_m), 1.0)
    ranked = sorted(found.reliefs, key=lambda r: -r.worth_m)
    words = "".join(
        f"<li>{esc(_relief_words(view, r.kind, r.key, r.change))}: {esc(view.money.text(r.worth_m, 3))}.</li>"
        for r in ranked[:5]
        if r.worth_m > least
    )
    rows: list[list[Cell]] = [
        [limit_name(r.kind, r.key), _change(view, r.change), _signed(view, r.worth_m)] for r in ranked[:MOST]
    ]
    note = (
        "Found by planning again with this one thing changed and all else free. Less than the rent below where the "
        "next limit binds right behind."
    )
    more = f" The first {MOST} of {len(ranked)}; all in holdback.csv." if len(ranked) > MOST else ""
    head = ["What", "Change", f"Worth [{view.money.unit}]"]
    return (
        "<h3>What a change would be worth</h3>"
        + (f'<ul class="worth">{words}</ul>' if words else "")
        + paragraph(note + more, "note")
        + table(head, rows)
    )


def _relief_words(view: PortfolioView, kind: str, key: tuple[str, ...], change: str) -> str:
    return f"{limit_name(kind, key)}, {_change(view, change)}"


def _change(view: PortfolioView, change: str) -> str:
    return change.replace("period", view.period)


def _signed(view: PortfolioView, amount: float) -> Num:
    sign = "+" if amount > 0 else MINUS if amount < 0 else ""
    return Num(sign + quantity(abs(amount), "", 4), amount)


def _rents(view: PortfolioView, found: Holdback) -> str:
    ranked = sorted(found.rents, key=lambda r: -r.rent_m)
    least = LEAST_FRAC * max(abs(view.plan.npv_m), 1.0)
    earning = [rent for rent in ranked if rent.rent_m > least]
    if not earning:
        return paragraph("No limit earns a rent: nothing that is limited is worth more.")
    rows: list[list[Cell]] = [
        [limit_name(r.kind, r.key), Num(quantity(r.rent_m, "", 4), r.rent_m)] for r in earning[:MOST]
    ]
    note = (
        "A rent is what the owner of a limit could ask for it over the whole horizon: its shadow price times its "
        "size, at present value. It is no forecast of what more of it brings."
    )
    more = f" The first {MOST} of {len(earning)}; all in holdback.csv." if len(earning) > MOST else ""
    head = ["Limit", f"Rent [{view.money.unit}]"]
    return "<h3>What each limit earns</h3>" + paragraph(note + more, "note") + table(head, rows)
