"""Money: capital and cash by period, revenue by fiscal year, and the tables of both.

Needs    report.portfolio.view, spend; report.figures.portfolio.money.
Gives    money_section.
Used by  report.portfolio.write.
"""

from __future__ import annotations

import numpy as np

from wattstack.report.figures.portfolio.money import cash_figure, revenue_figure
from wattstack.report.html import Cell, Num, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.spend import GROUPS, capital_paid
from wattstack.report.portfolio.view import PortfolioView
from wattstack.report.words import percent

YEAR_HEADS = {
    "server_revenue_m": "Servers", "battery_revenue_m": "Batteries", "running_m": "Running and upkeep",
    "capital_m": "Capital", "given_back_m": "Given back", "net_m": "Net", "cumulative_m": "Since the start",
}  # fmt: skip
LINES = {
    "fixed": "staff and upkeep", "running": "running", "upkeep": "upkeep of batteries", "cells": "making cells",
    "integration": "integration", "warranty": "warranty", "annuity": "annuities", "sold": "sold again",
    "residual": "worth left",
}  # fmt: skip


def money_section(view: PortfolioView, page: Page) -> str:
    """Two figures and three tables."""
    return (
        page.figure(cash_figure(view))
        + _facts(view)
        + (page.figure(revenue_figure(view)) if any(view.table("fiscal_years").column("revenue_m")) else "")
        + _years(view)
        + f"<details><summary>Capital by {view.period} and by what it is paid for</summary>{_capital(view)}</details>"
        + f"<details><summary>Cash by {view.period} and line</summary>{_lines(view)}</details>"
    )


def _facts(view: PortfolioView) -> str:
    finance, money = view.finance, view.money
    trough, rate, share = (
        finance["cash_trough_m"],
        finance["discount_rate_frac"],
        view.portfolio.money.deposit_frac,
    )
    rows: list[tuple[str, Cell]] = [
        ("Lowest cash since the start, not discounted", Num(money.text(trough, 3), trough)),
        ("In", finance["cash_trough_period"]),
        ("Discount rate, a year", Num(percent(rate, 1), rate)),
        ("Share of a price paid at the order", Num(percent(share, 0), share)),
    ]
    if finance["credit_limit_m"] is not None:
        rows.append(("Credit line", Num(money.text(finance["credit_limit_m"]), finance["credit_limit_m"])))
    for year, most in view.portfolio.money.capital_budget_m.items():
        rows.append((f"Capital allowed in fiscal {year}", Num(money.text(most), most)))
    return facts(rows)


def _years(view: PortfolioView) -> str:
    money = view.money
    rows: list[list[Cell]] = []
    for r in view.table("fiscal_years").records():
        last = r["fiscal_year"] == "end"
        name = (
            "Worth left at the end" if last else f"FY{r['fiscal_year']}" + ("*" if r["years"] < 0.99 else "")
        )
        rows.append([name, *(Num(money.number(r[c]), r[c]) for c in YEAR_HEADS)])
    note = (
        f"In {money.unit}, not discounted, before tax and debt; what is paid is negative. * = part of the year only. "
        "What stands at the end is taken back at a share of its unused life, which is an assumption."
    )
    return (
        "<h3>Cash by fiscal year</h3>"
        + paragraph(note, "note")
        + table(["Year", *YEAR_HEADS.values()], rows, kind="wide")
    )


def _capital(view: PortfolioView) -> str:
    paid, money = capital_paid(view), view.money
    columns = [*paid.values(), sum(paid.values(), np.zeros(view.calendar.count))]
    rows: list[list[Cell]] = [
        [label, *(Num(money.number(v[q]), float(v[q])) for v in columns)]
        for q, label in enumerate(view.labels)
    ]
    foot: list[Cell] = ["Sum", *(Num(money.number(v.sum()), float(v.sum())) for v in columns)]
    head = [view.period.capitalize(), *(GROUPS[name] for name in paid), "Sum"]
    return paragraph(f"In {money.unit}.", "note") + table(head, rows, foot, kind="wide")


def _lines(view: PortfolioView) -> str:
    whole, money = view.table("finance"), view.money
    columns = [
        c
        for c in whole.columns
        if c not in ("period", "fiscal_year", "discount_factor", "deposit_m", "delivery_m")
    ]
    columns = [c for c in columns if any(whole.column(c))]
    head = [view.period.capitalize()]
    for name in columns:
        stem = name.removesuffix("_m").replace("_", " ")
        head.append((LINES.get(stem) or stem).capitalize())
    rows: list[list[Cell]] = [
        [
            "worth left" if r["period"] == "end" else str(r["period"]),
            *(Num(money.number(r[c]), r[c]) for c in columns),
        ]
        for r in whole.records()
    ]
    note = f"In {money.unit}. Capital = deposits and deliveries. What is discounted adds up to the net present value."
    return paragraph(note, "note") + table(head, rows, kind="wide")
