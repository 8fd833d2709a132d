"""Two portfolio plans side by side: their figures, each site's sizes and dates, the power and the cash of both.

Needs    report.portfolio.view, spend, words, ground; report.figures.portfolio.beside; report.html, page.
Gives    compare_portfolios.
Used by  report.write.

Amounts of two currencies are never subtracted: then each stands in its own, and what needs a difference is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wattstack.errors import counted
from wattstack.report.figures.portfolio.beside import cash_of_both, power_of_both
from wattstack.report.html import Cell, Num, bullets, paragraph, table
from wattstack.report.page import Page
from wattstack.report.portfolio.ground import TABLES
from wattstack.report.portfolio.sections.answer import lead
from wattstack.report.portfolio.spend import GROUPS, capital_paid
from wattstack.report.portfolio.view import PortfolioView, money_m
from wattstack.report.portfolio.words import gap_words, site_name
from wattstack.report.words import MINUS, name_of, percent, quantity

Pair = tuple[PortfolioView, PortfolioView]
Names = tuple[str, str]
NOT_THERE = "not there"
STOCKS = (("storage_mwh", "MWh", "Batteries"), ("generation_mw", "MW", "Own generation"))


def compare_portfolios(first: PortfolioView, second: PortfolioView, labels: Names) -> Page:
    """The page of two plans.

    Args:
        first, second: The plans.
        labels: What tells them apart: the folders they were read from, else their names.
    """
    pair, names = _on_one_scale(first, second), _told_apart(labels)
    synthetic = first.synthetic or second.synthetic
    page = Page(f"{names[0]} beside {names[1]}", "Two portfolio plans", _lead(pair, names), synthetic)
    words = bullets(f"{name}: {lead(view)}" for name, view in zip(names, pair, strict=True))
    page.add("answers", "The two answers", words + _figures(pair, names))
    if any(view.sites for view in pair):
        page.add(
            "sites", "Sites: sizes and dates", page.figure(power_of_both(pair, names)) + _sites(pair, names)
        )
    sizes = _sizes(pair, names)
    if sizes:
        page.add("sizes", "Sizes of campus files", sizes)
    page.add("money", "Cash and capital", _cash(pair, names, page))
    page.add("inputs", "Inputs", _inputs(pair, names))
    return page


def _on_one_scale(first: PortfolioView, second: PortfolioView) -> Pair:
    if first.money.currency != second.money.currency:
        return first, second
    money = money_m(first.money.currency, max(abs(first.plan.npv_m), abs(second.plan.npv_m)))
    return replace(first, money=money), replace(second, money=money)


def _told_apart(labels: Names) -> Names:
    return labels if labels[0] != labels[1] else (f"{labels[0]} (first)", f"{labels[1]} (second)")


def _one_currency(pair: Pair) -> bool:
    return pair[0].money.currency == pair[1].money.currency


def _lead(pair: Pair, names: Names) -> str:
    worths = [view.plan.npv_m for view in pair]
    if not _one_currency(pair):
        told = [f"{name} {v.money.text(w, 4)}" for name, v, w in zip(names, pair, worths, strict=True)]
        return f"Net present value: {' and '.join(told)}. The currencies differ, so nothing is subtracted."
    more, less = (names[1], names[0]) if worths[1] >= worths[0] else (names[0], names[1])
    unsure = sum(abs(view.plan.bound_m - view.plan.npv_m) for view in pair)
    apart = abs(worths[1] - worths[0])
    if apart <= unsure:
        return f"Both are worth the same, as far as their proofs tell: {pair[0].money.text(worths[0], 4)}."
    return f"{more} is worth {pair[0].money.text(apart, 4)} more than {less}, as net present value."


def _difference(values: tuple[float | None, float | None], show: Callable[[float], str]) -> Cell:
    if values[0] is None or values[1] is None:
        return ""
    change = values[1] - values[0]
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    return Num(sign + show(abs(change)), change)


def _figures(pair: Pair, names: Names) -> str:
    """The main figures; amounts are subtracted in one currency only."""
    rows: list[list[Cell]] = []
    for label, is_money, find in (
        ("Net present value", True, lambda v: v.plan.npv_m),
        ("No plan is worth more than", True, lambda v: v.plan.bound_m),
        ("Capital over the horizon", True, lambda v: v.finance["capital_m"]),
        ("Lowest cash since the start", True, lambda v: v.finance["cash_trough_m"]),
    ):
        values = tuple(find(view) for view in pair)
        cells: list[Cell] = [Num(v.money.text(x, 5), x) for v, x in zip(pair, values, strict=True)]
        same = _one_currency(pair) or not is_money
        rows.append([label, *cells, _difference(values, lambda x: pair[0].money.text(x, 4)) if same else ""])
    rows.append(["Lowest cash in", *(view.finance["cash_trough_period"] or "" for view in pair), ""])
    rates = tuple(r if isinstance(r := view.finance["irr"], float) else None for view in pair)
    told = ["none or several" if r is None else Num(percent(r, 1), r) for r in rates]
    rows.append(
        [
            "Internal rate of return, a year",
            *told,
            _difference(rates, lambda x: quantity(100.0 * x, "points", 2)),
        ]
    )
    for label, find, unit in (
        ("Energised at the end", lambda v: float(v.plan.total("it_mw")[-1]), "MW IT"),
        ("Computing over the horizon", _mw_years, "MW-years"),
    ):
        values = tuple(find(view) if view.sites else 0.0 for view in pair)
        cells = [Num(quantity(x, unit, 4), x) for x in values]
        rows.append([label, *cells, _difference(values, lambda x, u=unit: quantity(x, u, 4))])
    rows.append(["Gap of the proof", *(Num(gap_words(v.plan.gap_frac), v.plan.gap_frac) for v in pair), ""])
    whole = ["whole" if view.plan.whole else "in parts" for view in pair]
    rows.append(["Stages, gates and lines", *whole, ""])
    rows.append(["Horizon", *(f"{v.labels[0]} to {v.labels[-1]}" for v in pair), ""])
    return table(["Figure", *names, "Second less first"], rows)


def _mw_years(view: PortfolioView) -> float:
    return float(view.plan.total("it_mw").sum()) * view.calendar.period_years


def _sites(pair: Pair, names: Names) -> str:
    """Each site of either plan: power at the end, dates, what stands beside it, when stages come on."""
    html = ""
    for name in dict.fromkeys(site.name for view in pair for site in view.sites):
        rows: list[list[Cell]] = [
            _amount_row("Energised at the end", pair, lambda v, n=name: _end_mw(v, n), "MW IT")
        ]
        dates = [_dates(view, name) for view in pair]
        for k, label in enumerate(("First MW", "Half of the power", "All of it")):
            rows.append([label, *(NOT_THERE if d is None else d[k] for d in dates), ""])
        for kind, unit, what in STOCKS:
            keys = dict.fromkeys(k for v in pair for k in v.plan.amounts.get(kind, {}) if k[1] == name)
            for key in keys:

                def at_the_end(
                    view: PortfolioView, kind: str = kind, key: tuple[str, ...] = key
                ) -> float | None:
                    found = view.plan.amounts.get(kind, {}).get(key)
                    return None if found is None else float(found[-1])

                if any(at_the_end(view) for view in pair):
                    spoken = key[0].replace("_", " ")
                    rows.append(_amount_row(f"{what} at the end, {spoken}", pair, at_the_end, unit))
        rows += _stage_rows(pair, name)
        html += f"<h3>{site_name(name)}</h3>" + table(["", *names, "Second less first"], rows)
    note = "First, half and all: of what was announced, else of what runs at the end."
    return html + paragraph(note, "note")


def _amount_row(
    label: str, pair: Pair, find: Callable[[PortfolioView], float | None], unit: str
) -> list[Cell]:
    values = tuple(find(view) for view in pair)
    cells: list[Cell] = [NOT_THERE if x is None else Num(quantity(x, unit, 4), x) for x in values]
    return [label, *cells, _difference(values, lambda x: quantity(x, unit, 4))]


def _end_mw(view: PortfolioView, site: str) -> float | None:
    found = view.plan.amounts.get("it_mw", {}).get((site,))
    return None if found is None else float(found[-1])


def _dates(view: PortfolioView, site: str) -> list[str] | None:
    """First, half and all of the power of a site; None where the plan has no such site."""
    from wattstack.plan.portfolio import time_to_power

    found = next((s for s in view.sites if s.name == site), None)
    return None if found is None else [view.when(at) for at in time_to_power(view.plan, found)]


def _stage_rows(pair: Pair, site: str) -> list[list[Cell]]:
    """When each grid stage comes on, in whole or in part."""
    keys = dict.fromkeys(k for v in pair for k in v.plan.amounts.get("stage_on", {}) if k[0] == site)
    rows: list[list[Cell]] = []
    for key in keys:
        told: list[Cell] = []
        for view in pair:
            share = view.plan.amounts.get("stage_on", {}).get(key)
            at = None if share is None else next((q for q, s in enumerate(share) if s > 0.01), None)
            told.append(NOT_THERE if share is None else view.when(at))
        rows.append([f"Grid stage {key[1].replace('_', ' ')} on", *told, ""])
    return rows


def _sizes(pair: Pair, names: Names) -> str:
    """Sizes of sites that grow by their campus file, at the end."""
    rows: list[list[Cell]] = []
    for key in dict.fromkeys(k for view in pair for k in view.plan.amounts.get("size", {})):

        def at_the_end(view: PortfolioView, key: tuple[str, ...] = key) -> float | None:
            found = view.plan.amounts.get("size", {}).get(key)
            return None if found is None else float(found[-1])

        rows.append(_amount_row(f"{site_name(key[1])}: {name_of(key[0])}", pair, at_the_end, ""))
    head = ["Size at the end [MW, MWh]", *names, "Second less first"]
    return table(head, rows) if rows else ""


def _cash(pair: Pair, names: Names, page: Page) -> str:
    """The cash of both in one figure, and what capital is paid for."""
    html = page.figure(cash_of_both(pair, names)) if _one_currency(pair) else ""
    paid = [{name: float(values.sum()) for name, values in capital_paid(view).items()} for view in pair]
    rows: list[list[Cell]] = []
    for name in (n for n in GROUPS if any(n in own for own in paid)):
        values = tuple(own.get(name, 0.0) for own in paid)
        cells: list[Cell] = [Num(v.money.number(x), x) for v, x in zip(pair, values, strict=True)]
        rows.append(
            [GROUPS[name], *cells, _difference(values, pair[0].money.number) if _one_currency(pair) else ""]
        )
    heads = [f"{name} [{view.money.unit}]" for name, view in zip(names, pair, strict=True)]
    return html + "<h3>Capital by what it is paid for</h3>" + table(["", *heads, "Second less first"], rows)


def _inputs(pair: Pair, names: Names) -> str:
    """Which tables of the two portfolios are the same, row by row."""
    rows: list[list[Cell]] = []
    for stem, words in TABLES.items():
        a, b = (getattr(view.portfolio, stem) for view in pair)
        if not a and not b:
            continue
        other = [row for row in a if row not in b]
        new = [row for row in b if row not in a]
        told = f"{counted(max(len(other), len(new)), 'row')} different" if other or new else "the same"
        rows.append([words.capitalize(), Num(str(len(a)), len(a)), Num(str(len(b)), len(b)), told])
    for stem, words in (
        ("money", "Money"),
        ("compute", "Compute"),
        ("factory", "Factory"),
        ("calendar", "Calendar"),
    ):
        a, b = (getattr(view.portfolio, stem) for view in pair)
        rows.append([words, "", "", "the same" if a == b else "different"])
    note = "Two plans on different inputs differ for both reasons at once: look here first."
    heads = [f"Rows of {name}" for name in names]
    return paragraph(note, "note") + table(["Table", *heads, ""], rows)
