"""The value of coordination: four plans of one portfolio, and how it moves with scarcity.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    coordination_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattstack.report.figures.portfolio.common import PLANS
from wattstack.report.figures.portfolio.coordination import axis_words, curve, paths, planned, told_apart
from wattstack.report.html import Cell, Num, bullets, esc, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import listed, resource_name, sentence, share_words
from wattstack.report.words import MINUS, quantity

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import Compared, Sweep

WORDS = (
    "Coordinated: this plan. All is ordered together, and one thing may stand in for another: a flexible grid "
    "connection with a battery for a firm one, own generation for the years until the grid comes, a dearer and "
    "quicker slot for a year of waiting, own cells for bought ones.",
    "No standing in: the same, without any of those. What is left of the difference is timing.",
    "Each team for itself: grid, halls, servers, batteries and the factory each follow the announced targets with "
    "their own lead times and list prices. Their orders are kept; what arrives is run as well as it can be.",
    "Each for itself, told of the delay: the same, but all teams hear that the grid comes late.",
)


def coordination_section(view: PortfolioView, page: Page) -> str:
    """The four plans where they were compared, then each sweep."""
    found = view.answers.compared
    html = bullets(WORDS if found is None or found.silo_told is not None else WORDS[:3])
    if found is not None:
        html = _told(view, found) + html + _plans(view, page, found)
    for sweep in view.answers.sweeps:
        html += page.figure(curve(view, sweep)) if planned(sweep) else ""
        html += _sweep_table(view, sweep)
    return html


def _told(view: PortfolioView, found: Compared) -> str:
    """The value, how it is made up, and on which silo it is measured."""
    money, whole = view.money, abs(found.coordinated.npv_m) or 1.0
    worth = found.value_of_coordination_m
    text = (
        f"Planning together is worth {money.text(worth, 4)} more than each team for itself, "
        f"{share_words(worth / whole)} of the plan, and {quantity(found.mw_periods, '', 3)} MW-{view.period}s of "
        "computing."
    )
    if worth < 0.005 * whole:
        share = share_words(worth / whole)
        text = f"Planning together changes little here: {money.text(worth, 3)}, {share} of the plan."
    rows: list[tuple[str, Cell]] = [
        ("Standing in for one another", Num(money.text(found.standing_in_m, 4), found.standing_in_m)),
        ("Ordering to one date", Num(money.text(found.timing_m, 4), found.timing_m)),
    ]
    if found.delay_q:
        text += f" All grid stages not yet there come {found.delay_q} {view.period}s late in this comparison."
    return paragraph(text) + facts(rows)


def _plans(view: PortfolioView, page: Page, found: Compared) -> str:
    money, plans = view.money, found.plans
    best = found.coordinated
    rows: list[list[Cell]] = []
    for name, plan in plans.items():
        less = plan.npv_m - best.npv_m
        energised = plan.total("it_mw")
        rows.append([
            PLANS[name].name, Num(money.number(plan.npv_m), plan.npv_m),
            "" if plan is best else Num(_signed(less, money.number(abs(less))), less),
            "" if plan is best else Num(_signed(less, share_words(abs(less) / (abs(best.npv_m) or 1.0))), less),
            Num(quantity(float(energised.sum()), "", 4), float(energised.sum())),
            Num(quantity(float(energised[-1]), "", 4), float(energised[-1])),
        ])  # fmt: skip
    head = [
        "Plan",
        f"Net present value [{money.unit}]",
        "Less",
        "in %",
        f"MW-{view.period}s",
        "At the end [MW IT]",
    ]
    html = table(head, rows) + page.figure(paths(view, plans))
    notes = [note for note in found.notes if note not in view.plan.notes]
    return html + _lacks(view, found) + (bullets(map(sentence, notes)) if notes else "")


def _lacks(view: PortfolioView, found: Compared) -> str:
    """What the teams that plan for themselves have least of."""
    parts = [f"{resource_name(name).lower()} ({count})" for name, count in found.silo_lacks.items()]
    if not parts:
        return ""
    return paragraph(
        f"Where each team plans for itself, sites could energise more but for {listed(parts)}. In brackets: in how "
        f"many {view.period}s, counted over all sites, there is least of it."
    )


def _signed(value: float, text: str) -> str:
    return (MINUS if value < 0 else "+" if value > 0 else "") + text


def _sweep_table(view: PortfolioView, sweep: Sweep) -> str:
    money = view.money
    points = sorted(sweep.points, key=lambda point: point.value)
    names = told_apart(planned(sweep))
    rows: list[list[Cell]] = []
    for point in points:
        if point.reason:
            rows.append(
                [Num(quantity(point.value, "", 3), point.value), *("no plan" for _ in names), "", "", ""]
            )
            continue
        whole, apart = point.npv_m["coordinated"], point.npv_m["silo"]
        worth = whole - apart
        share = worth / (abs(whole) or 1.0)
        rows.append([
            Num(quantity(point.value, "", 3), point.value),
            *(Num(money.number(point.npv_m[n]), point.npv_m[n]) for n in names),
            Num(money.number(worth), worth), Num(share_words(share), share),
            Num(quantity(point.mw_periods["coordinated"] - point.mw_periods["silo"], "", 3),
                point.mw_periods["coordinated"] - point.mw_periods["silo"]),
        ])  # fmt: skip
    head = [axis_words(view, sweep.axis), *(PLANS[n].name for n in names), "Value of coordination", "in %",
            f"in MW-{view.period}s"]  # fmt: skip
    unit = f"Net present values in {money.unit}, the value of coordination too."
    why = [f"No plan at {quantity(p.value, '', 3)}: {p.reason}" for p in points if p.reason]
    html = f'<p class="note">{esc(unit)}</p>' + table(head, rows, kind="wide")
    return html + (bullets(map(sentence, why)) if why else "")
