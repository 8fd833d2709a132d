"""Suppliers and chemistries: who is paid, who could fail, which battery does which duty.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    suppliers_section, chemistry_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from wattstack.report.figures.portfolio.suppliers import shares_figure
from wattstack.report.html import Cell, Num, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.ground import ground_words
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import bought_name, chemistry_name, spaced
from wattstack.report.words import percent, quantity

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import ChemistryValue


def suppliers_section(view: PortfolioView, page: Page) -> str:
    """Shares of spend, then what the failure of each would cost, then what a second source does about it."""
    asked = view.answers
    html = ""
    if asked.shares:
        html += page.figure(shares_figure(view, asked.shares)) + _shares(view) + _countries(view)
    if asked.shortfalls:
        html += "<h3>If one falls short</h3>" + _shortfalls(view)
    if asked.second_sources:
        html += "<h3>The price of a second source</h3>" + _second_sources(view)
    return html


def _shares(view: PortfolioView) -> str:
    rows: list[list[Cell]] = [
        [
            bought_name(s.resource), spaced(s.supplier), s.origin, Num(quantity(s.spend_m, "", 3), s.spend_m),
            Num(percent(s.spend_frac, 0), s.spend_frac), Num(percent(s.units_frac, 0), s.units_frac),
        ]
        for s in view.answers.shares
    ]  # fmt: skip
    head = ["What", "Supplier", "Country", f"Spend [{view.money.unit}]", "Of the money", "Of the amount"]
    return table(head, rows)


def _countries(view: PortfolioView) -> str:
    """Spend by country, over all resources that have suppliers."""
    spend: dict[str, float] = {}
    for share in view.answers.shares:
        spend[share.origin or "not named"] = spend.get(share.origin or "not named", 0.0) + share.spend_m
    total = sum(spend.values()) or 1.0
    rows: list[list[Cell]] = [
        [name, Num(quantity(m, "", 3), m), Num(percent(m / total, 1), m / total)]
        for name, m in sorted(spend.items(), key=lambda item: -item[1])
    ]
    head = ["Country", f"Spend [{view.money.unit}]", "Of all that has suppliers"]
    return "<h3>By country</h3>" + table(head, rows)


def _loss(amount_m: float) -> Num:
    """NPV lost; infinite where no plan has the orders that were placed."""
    return Num(quantity(amount_m, "", 3), amount_m) if isfinite(amount_m) else Num("no plan holds", None)


def _shortfalls(view: PortfolioView) -> str:
    money = view.money
    ranked = sorted(view.answers.shortfalls, key=lambda s: -s.lost_m)
    worst = ranked[0]
    lost = (
        f"{money.text(worst.lost_m, 3)} lost" if isfinite(worst.lost_m) else "no plan holds its orders then"
    )
    text = (
        f"The worst single failure is {spaced(worst.supplier)} ({bought_name(worst.resource).lower()}): {lost}, "
        f"with a chance of {percent(worst.probability_frac, 0)}."
    )
    rows: list[list[Cell]] = [
        [
            spaced(s.supplier), bought_name(s.resource), Num(percent(s.probability_frac, 0), s.probability_frac),
            _loss(s.lost_m), _loss(s.known_lost_m), _loss(s.lost_m * s.probability_frac),
        ]
        for s in ranked
    ]  # fmt: skip
    head = [
        "If this one falls short",
        "Of",
        "Chance",
        f"Lost [{money.unit}]",
        "Lost if known before",
        "Chance times loss",
    ]
    note = "Orders placed before it shows are kept; what comes after is chosen anew. Chances and sizes are assumptions."
    return paragraph(text) + table(head, rows) + paragraph(note, "note")


def _second_sources(view: PortfolioView) -> str:
    rows: list[list[Cell]] = [
        [
            bought_name(s.resource), Num(percent(s.usual_share_frac, 0), s.usual_share_frac),
            Num(percent(s.share_max_frac, 0), s.share_max_frac), _loss(s.cost_m), _loss(s.worst_saved_m),
            _loss(s.expected_saved_m),
        ]
        for s in view.answers.second_sources
    ]  # fmt: skip
    unit = view.money.unit
    head = ["What", "Largest share now", "Largest share then", f"Costs [{unit}]", "Saves in the worst failure",
            "Saves on the mean"]  # fmt: skip
    note = (
        "What it costs to order less from any one supplier, sure, against what it saves when one falls short, by "
        "chance. It pays on the mean where it saves more than it costs."
    )
    return paragraph(note, "note") + table(head, rows)


def chemistry_section(view: PortfolioView, found: Sequence[ChemistryValue]) -> str:
    """Which battery does which duty at which cost, and what the plan loses without it."""
    currency = view.money.currency
    rows: list[list[Cell]] = []
    for c in sorted(found, key=lambda c: -c.worth_m):
        costs = (c.reserve_per_mwh, c.power_per_mw, c.shifting_per_mwh, c.curtailed_per_mwh)
        rows.append([
            chemistry_name(c.chemistry), Num(quantity(c.worth_m, "", 3), c.worth_m),
            Num(quantity(c.held_mwh, "", 4), c.held_mwh),
            *(Num(quantity(v, "", 4), v) if v is not None else "does not serve" for v in costs), c.where,
        ])  # fmt: skip
    head = [
        "Chemistry", f"Worth to the plan [{view.money.unit}]", "Held at the end [MWh]",
        f"Reserve [{currency} a MWh held and year]", f"Power for 1 h [{currency} a MW held and year]",
        f"Daily shifting [{currency} a MWh delivered]",
        f"Hours without flexible grid [{currency} a MWh delivered]", "Where it may stand",
    ]  # fmt: skip
    note = (
        "Worth: what the plan loses when this chemistry is forbidden and all else is chosen anew; 0 means that another "
        "does its work as well. Costs by duty are worked out by hand, at the cheapest site: price as an annuity, "
        "upkeep and the energy that is lost."
    )
    html = paragraph(note, "note") + table(head, rows, kind="wide")
    cost_m = view.answers.own_cells_first_m
    if cost_m is not None:
        lost = view.money.text(cost_m, 3) if cost_m > 0.0 else "nothing"
        html += paragraph(
            "Own cells are a choice of the plan. As a rule, cells of the own factory and no others wherever those are "
            f"offered, they would cost it {lost}."
        )
    return html + paragraph(ground_words(view.portfolio, "storage"), "rests")
