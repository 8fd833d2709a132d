"""The answer on one screen: what the plan is worth, how sure that is, what runs when, what holds it back.

Needs    report.portfolio.view; plan.portfolio (time_to_power).
Gives    lead, answer_section, most_blamed.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from wattstack.report.html import Cell, Num, cards, paragraph, table
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import gap_words, listed, resource_name, share_words, site_name
from wattstack.report.words import HAIR, percent, quantity

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import Holdback

NONE = "not worth more"


def lead(view: PortfolioView) -> str:
    """The answer in a few sentences."""
    plan, labels = view.plan, view.labels
    names = [site_name(site.name) for site in view.portfolio.sites]
    if view.portfolio.factory is not None:
        names.append("a battery factory")
    text = f"What to order for {listed(names)}, {view.period} by {view.period} from {labels[0]} to {labels[-1]}. "
    text += (
        f"The plan is worth {view.money.text(plan.npv_m, 4)} today, as net present value; no plan whatever, in this "
        f"model, is worth more by over {gap_words(plan.gap_frac)}. "
    )
    if not view.sites:
        return text.strip()
    text += f"{quantity(float(plan.total('it_mw')[-1]), 'MW', 3)} of computing power run at the end"
    if view.answers.holdback is not None:
        name, share = most_blamed(view.answers.holdback)
        if name != NONE:
            lacks = lowered(resource_name(name))
            text += f"; what is lacking most often is {lacks}, in {share_words(share)} of the time"
    return text + "."


def lowered(text: str) -> str:
    """Without its large first letter, for the middle of a sentence."""
    return text[:1].lower() + text[1:]


def most_blamed(found: Holdback) -> tuple[str, float]:
    """What holds back most often, and in which share of all sites and periods."""
    counts = Counter(cause.resource for cause in found.causes)
    others = {name: n for name, n in counts.items() if name != NONE} or {NONE: counts[NONE]}
    name = max(others, key=lambda n: others[n])
    return name, others[name] / max(len(found.causes), 1)


def answer_section(view: PortfolioView) -> str:
    """Cards, what parts of units mean, and the sites."""
    html = cards([*_worth(view), *(_power(view) if view.sites else ()), *_asked(view)])
    if not view.plan.whole:
        html += paragraph(
            "Grid stages, permits and factory lines come in parts in this plan: quick, and proven to the last "
            "figure, but nobody builds a third of a line. Before signing, look at the plan with whole units.",
            "note",
        )
    return html + (_site_table(view) if view.sites else "")


def _worth(view: PortfolioView) -> list[tuple[str, Cell, str]]:
    plan, money, finance = view.plan, view.money, view.finance
    rate = percent(finance["discount_rate_frac"], 1)
    least, most = bounds(plan.npv_m, plan.bound_m, money.unit)
    payback = finance["payback_period"]
    trough, irr = finance["cash_trough_m"], finance["irr"]
    irr_text = percent(irr, 1) if isinstance(irr, float) else "several" if irr == "several" else "none"
    return [
        ("Net present value", Num(money.text(plan.npv_m, 4), plan.npv_m), f"at {rate} a year, before tax"),
        ("Gap of the proof", Num(gap_words(plan.gap_frac), plan.gap_frac),
         f"worth at least {least}, no plan more than {most}"),
        ("Capital", Num(money.text(finance["capital_m"], 3), finance["capital_m"]),
         f"paid by {view.labels[-1]}, deposits included"),
        ("Lowest cash", Num(money.text(trough, 3), trough),
         f"since the start, in {finance['cash_trough_period']}" if trough < 0.0 else "never below zero"),
        ("Internal rate of return", Num(irr_text, irr if isinstance(irr, float) else None),
         "a year, with the worth left at the end"),
        ("Paid back", "at the end" if payback == "end" else payback or "not in the horizon",
         "only with what is left then" if payback == "end" else "cash since the start stays above zero from then on"
         if payback else ""),
    ]  # fmt: skip


def bounds(least_m: float, most_m: float, unit: str) -> tuple[str, str]:
    """Two amounts close together, with as many figures as tell them apart, seven at most.

    Example:
        >>> bounds(15704.346, 15704.355, "M USD")
        ('15,704.3\\xa0M USD', '15,704.4\\xa0M USD')
    """
    figures = next((n for n in range(5, 8) if quantity(least_m, "", n) != quantity(most_m, "", n)), 7)
    return quantity(least_m, unit, figures), quantity(most_m, unit, figures)


def _power(view: PortfolioView) -> list[tuple[str, Cell, str]]:
    end = float(view.plan.total("it_mw")[-1])
    facility = sum(float(view.it_mw(s.name)[-1]) * s.pue for s in view.sites)
    announced = sum(float(view.announced_mw(s.name)[-1]) * s.pue for s in view.sites)
    note = f"MW IT in {view.labels[-1]}; {quantity(facility, 'MW', 3)} drawn with cooling and losses"
    if announced > 0.0:
        note += f", {quantity(announced, 'MW', 3)} announced"
    gpus = end * view.portfolio.compute.gpus_per_mw
    return [
        ("Energised at the end", Num(quantity(end, "MW", 4), end), note),
        ("GPUs energised at the end", Num(quantity(float(f"{gpus:.3g}")), gpus),
         f"at {quantity(view.portfolio.compute.gpus_per_mw)} a MW"),
    ]  # fmt: skip


def _asked(view: PortfolioView) -> list[tuple[str, Cell, str]]:
    """Cards of what was asked beside the plan."""
    from wattstack.report.portfolio.sections.factory import target_card

    items: list[tuple[str, Cell, str]] = [card for card in (target_card(view),) if card is not None]
    if view.answers.holdback is not None and view.sites:
        name, share = most_blamed(view.answers.holdback)
        note = f"lacks in {share_words(share)} of all site-{view.period}s" if name != NONE else ""
        items.append(("Held back most by", resource_name(name), note))
    found = view.answers.compared
    if found is not None:
        worth = found.value_of_coordination_m
        share = worth / abs(found.coordinated.npv_m) if found.coordinated.npv_m else 0.0
        late = f", with the grid {found.delay_q} {view.period}s late" if found.delay_q else ""
        items.append((
            "Value of coordination", Num(view.money.text(worth, 4), worth),
            f"{share_words(share)} of the plan, {quantity(found.mw_periods, '', 3)}{HAIR}MW-{view.period}s{late}",
        ))  # fmt: skip
    return items


def _site_table(view: PortfolioView) -> str:
    from wattstack.plan.portfolio import time_to_power

    head = [
        "Site", "At the start [MW IT]", "At the end [MW IT]", "Announced [MW IT]", "First MW", "Half of it",
        "All of it", "Lacks most often",
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for site in view.sites:
        energised = view.it_mw(site.name)
        announced = float(view.announced_mw(site.name)[-1])
        dates = time_to_power(view.plan, site)
        rows.append([
            site_name(site.name),
            *(Num(quantity(v, "", 3), v) for v in (float(energised[0]), float(energised[-1]))),
            Num(quantity(announced, "", 3), announced) if announced else "nothing",
            *(view.when(date) for date in dates),
            _lacks(view, site.name),
        ])  # fmt: skip
    note = (
        "Announced sizes are facility power; here over the PUE of the site, so that they can be laid beside MW IT, "
        "the rating of the computers. First, half and all: of what was announced, else of what runs at the end."
    )
    return "<h3>The sites</h3>" + table(head, rows) + paragraph(note, "note")


def _lacks(view: PortfolioView, site: str) -> Cell:
    found = view.answers.holdback
    if found is None:
        return "not asked"
    counts = Counter(c.resource for c in found.causes if c.site == site and c.resource != NONE)
    return resource_name(counts.most_common(1)[0][0]) if counts else resource_name(NONE)
