"""Orders: what to sign now, in words and as a table; the large ones along time.

Needs    report.portfolio.timeline, report.figures.portfolio.gantt.
Gives    now_section, orders_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from collections.abc import Sequence

from wattstack.report.figures.portfolio.gantt import gantt
from wattstack.report.html import Cell, Num, esc, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.timeline import ONCE, Step, in_parts, largest, steps_of
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import (
    amount_words,
    first_large,
    listed,
    share_words,
    site_name,
    spaced,
    span_words,
    thing_name,
    unit_words,
)
from wattstack.report.words import percent, quantity

SENTENCES = 8
LEAST_FRAC = 1e-5  # of all money ordered: smaller orders stand in orders.csv only


def now_section(view: PortfolioView) -> str:
    """What is decided here and now: the first period in sentences, the first stage as a table."""
    steps = steps_of(view)
    first = view.today
    last = min(max(view.portfolio.first_stage_q, first + 1), view.calendar.count) - 1
    until = view.labels[last]
    certain = [step for step in steps if first <= step.ordered <= last]
    note = (
        f"Orders up to {until} are taken before it shows which future comes; what follows can still be changed. "
        f"Columns are the {view.period}s to order in; the last two are sums over them."
    )
    if view.answers.risk is not None:
        note += " Shown is the plan for the announced dates; what one for all futures is worth stands under Futures."
    html = _today(view, [step for step in steps if step.ordered == first])
    if not certain:
        return html + paragraph(f"Nothing has to be ordered up to {until}.")
    least = LEAST_FRAC * sum(step.cost_m for step in steps)
    shown = [step for step in certain if step.cost_m >= least or step.kind in ONCE]
    if len(shown) < len(certain):
        note += (
            f" {len(certain) - len(shown)} orders of almost nothing are left out; they stand in orders.csv."
        )
    whole = _whole_table(view, sorted(shown, key=lambda s: (s.ordered, s.site, -s.cost_m)))
    return (
        html
        + f"<h3>All orders of {span_words(view.labels, first, last)}</h3>"
        + paragraph(note, "note")
        + _by_period(view, shown)
        + f"<details><summary>One by one, with supplier and arrival</summary>{whole}</details>"
    )


def _today(view: PortfolioView, now: Sequence[Step]) -> str:
    """The orders of the first period in plain words, the dearest first."""
    money, first = view.money, view.labels[view.today]
    if not now:
        return paragraph(f"Nothing has to be ordered in {first}.")
    total, due = sum(step.cost_m for step in now), sum(step.due_m for step in now)
    sign = sorted(now, key=lambda step: -step.cost_m)
    words = "".join(f"<li>{esc(_sentence(view, step))}</li>" for step in sign[:SENTENCES])
    count = "one order" if len(now) == 1 else f"{len(now)} orders"
    html = paragraph(
        f"In {first}, this {view.period}: {count} worth {money.text(total, 4)}, of which {money.text(due, 3)} is due "
        "at once."
    )
    html += f'<ul class="worth">{words}</ul>'
    more = len(sign) - SENTENCES
    return html + (paragraph(f"The {more} smaller ones stand in the table.", "note") if more > 0 else "")


def _sentence(view: PortfolioView, step: Step) -> str:
    """An order in plain words."""
    site, name = site_name(step.site), thing_name(step.kind, step.what)
    comes = view.calendar.label(step.arrives)
    how_much = amount_words(step.amount, step.unit)
    if step.kind in ONCE:
        verb, then = ("start on", "open") if step.kind == "gate" else ("commit", "energised")
        part = "" if how_much == "whole" else f" ({how_much})"
        return f"{site}: {verb} the {name}{part} for {view.money.text(step.cost_m, 3)}; {then} in {comes}."
    whom = f" from {listed([spaced(s) for s in step.suppliers])}" if step.suppliers else ""
    when = f"it comes in {comes}" if step.arrives > step.ordered else "it is there at once"
    text = f"{site}: {how_much} of {name}{whom} for {view.money.text(step.cost_m, 3)}; {when}"
    if step.used is not None and step.used > step.arrives:
        text += f" and is first needed in {view.labels[step.used]}"
    return text + "."


def _by_period(view: PortfolioView, steps: Sequence[Step]) -> str:
    """A row a thing and site, a column a period: how much to order when."""
    periods = sorted({step.ordered for step in steps})
    found: dict[tuple[str, str, str], list[Step]] = {}
    for step in steps:
        found.setdefault((step.site, step.kind, step.what), []).append(step)
    rows: list[list[Cell]] = []
    for (site, kind, what), mine in sorted(
        found.items(), key=lambda f: (f[0][0], -sum(s.cost_m for s in f[1]))
    ):
        unit = mine[0].unit
        cells: list[Cell] = []
        for q in periods:
            amount = sum(s.amount for s in mine if s.ordered == q)
            shown = percent(amount, 0) if kind in ONCE else quantity(amount, "", 3)
            cells.append(Num(shown, amount) if amount else "")
        cost, due = sum(s.cost_m for s in mine), sum(s.due_m for s in mine)
        rows.append([
            f"{site_name(site)}: {thing_name(kind, what)}", "" if kind in ONCE else unit_words(unit), *cells,
            Num(quantity(cost, "", 3), cost), Num(quantity(due, "", 3), due),
        ])  # fmt: skip
    cost, due = sum(s.cost_m for s in steps), sum(s.due_m for s in steps)
    foot: list[Cell] = [
        "Sum",
        "",
        *([""] * len(periods)),
        Num(quantity(cost, "", 4), cost),
        Num(quantity(due, "", 4), due),
    ]
    unit = view.money.unit
    head = ["What", "Unit", *(view.labels[q] for q in periods), f"Price [{unit}]", f"Due at order [{unit}]"]
    return table(head, rows, foot, kind="wide")


def _whole_table(view: PortfolioView, steps: Sequence[Step]) -> str:
    unit = view.money.unit
    rows: list[list[Cell]] = [
        [
            view.labels[s.ordered], site_name(s.site), first_large(thing_name(s.kind, s.what)),
            Num(amount_words(s.amount, s.unit), s.amount), ", ".join(spaced(n) for n in s.suppliers),
            view.calendar.label(s.arrives) + (f" to {view.calendar.label(s.last)}" if s.last > s.arrives else ""),
            "not in the horizon" if s.used is None else view.labels[s.used],
            Num(quantity(s.cost_m, "", 3), s.cost_m), Num(quantity(s.due_m, "", 3), s.due_m),
        ]
        for s in steps
    ]  # fmt: skip
    head = ["Order in", "Site", "What", "How much", "From", "Arrives", "First needed", f"Price [{unit}]",
            f"Due at order [{unit}]"]  # fmt: skip
    return table(head, rows, kind="wide")


def orders_section(view: PortfolioView, page: Page) -> str:
    """The large orders along time, then as a table."""
    steps = in_parts(steps_of(view))
    if not steps:
        return paragraph("Nothing is ordered: what stands is best as it is.")
    shown = largest(steps)
    total, part = sum(s.cost_m for s in steps), sum(s.cost_m for s in shown)
    money = f", which make {share_words(part / total)} of the money" if total > 0.0 else ""
    deposit = percent(view.portfolio.money.deposit_frac, 0)
    caption = (
        f"Shown are all grid stages, permits and fibre, and the dearest other orders: {len(shown)} of "
        f"{len(steps)}{money}. Orders of one thing for one site in one {view.period} count as one. A deposit of "
        f"{deposit} is paid at the order, the rest on arrival. A dotted tail is a thing that stands and waits for "
        "the others."
    )
    end = (
        "An order that would arrive after the horizon does not exist: towards the end the plan therefore orders less "
        "than a company that goes on would."
    )
    if view.portfolio.late:
        end += (
            " Stages, permits and fibre stand with their new dates; what is ordered by the unit stands with the date "
            "agreed, also where it came late."
        )
    ranked = sorted(shown, key=lambda s: (s.site, s.resource, s.ordered))
    return (
        page.figure(gantt(view, shown, caption))
        + paragraph(end, "note")
        + f"<details><summary>These {len(shown)} as a table</summary>{_whole_table(view, ranked)}</details>"
    )
