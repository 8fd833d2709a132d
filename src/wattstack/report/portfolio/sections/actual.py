"""Plan against actual: what slipped, what it costs, what to change now.

Needs    report.portfolio.view; plan.portfolio answers.
Gives    actual_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattstack.report.figures.portfolio.actual import against, slip_name, slips_figure
from wattstack.report.html import Cell, Num, bullets, esc, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.portfolio.words import sentence
from wattstack.report.words import quantity

if TYPE_CHECKING:
    from wattstack.plan.portfolio.answers import Replanned

ACTIONS = 8  # changes shown at once


def actual_section(view: PortfolioView, page: Page, found: Replanned) -> str:
    """In words, three plans as a figure, the slips as a figure and a table."""
    money = view.money
    still = found.lost_replanned_m
    text = (
        f"As of {found.as_of}: with the old orders kept the slips cost {money.text(found.lost_kept_m, 4)}; planning "
        f"again wins {money.text(found.won_back_m, 4)} of it back."
    )
    rows: list[tuple[str, Cell]] = [
        ("As planned", Num(money.text(found.before.npv_m, 3), found.before.npv_m)),
        ("New dates, old orders kept", Num(money.text(found.kept.npv_m, 3), found.kept.npv_m)),
        ("New dates, planned again", Num(money.text(found.replanned.npv_m, 3), found.replanned.npv_m)),
        ("Still lost", Num(money.text(still, 3), still)),
    ]
    html = paragraph(text) + facts(rows)
    if found.actions:
        words = "".join(f"<li>{esc(sentence(action))}</li>" for action in found.actions[:ACTIONS])
        html += f'<h3>What to change now</h3><ul class="worth">{words}</ul>'
        if len(found.actions) > ACTIONS:
            rest = bullets(map(sentence, found.actions[ACTIONS:]))
            html += (
                f"<details><summary>{len(found.actions) - ACTIONS} smaller changes</summary>{rest}</details>"
            )
    html += page.figure(against(view, found))
    if found.slips:
        html += page.figure(slips_figure(view, found)) + _slips(view, found)
    if found.facts:
        html += "<h3>Facts that the plan did not allow for</h3>" + bullets(map(sentence, found.facts))
    return html


def _slips(view: PortfolioView, found: Replanned) -> str:
    money = view.money
    rows: list[list[Cell]] = [
        [
            slip_name(s), Num(str(s.late_q), s.late_q), Num(money.number(s.kept_lost_m), s.kept_lost_m),
            Num(money.number(s.replanned_lost_m), s.replanned_lost_m),
            Num(quantity(s.mw_periods_lost, "", 3), s.mw_periods_lost), Num(money.number(s.undone_m), s.undone_m),
        ]
        for s in found.ranked
    ]  # fmt: skip
    added = [Num(money.number(v), v) for v in (found.sum_kept_m, found.sum_replanned_m)]
    rows.append(["Added up", "", *added, "", ""])
    together = [Num(money.number(v), v) for v in (found.lost_kept_m, found.lost_replanned_m)]
    foot: list[Cell] = ["All together", "", *together, "", ""]
    head = [
        "What is late", f"By [{view.period}s]", "Lost, orders kept", "Lost, planned again",
        f"MW-{view.period}s lost", "Won if undone alone",
    ]  # fmt: skip
    note = (
        f"In {money.unit}; each slip alone but for the last column: what undoing it, and only it, would win back "
        "while the others stay. Slips stand in each other's way, so they do not add up."
    )
    return paragraph(note, "note") + table(head, rows, foot)
