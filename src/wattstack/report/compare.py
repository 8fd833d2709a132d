"""Two plans side by side: figures, sizes, the yearly cost from one to the other, load-duration, worth, inputs.

Needs    report.view, report.page, report.sections, report.figures.
Gives    compare_page, difference, told_apart.
Used by  report.write, report.run.compare.

Amounts of two currencies are never subtracted: then each stands in its own, and what needs a difference is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wattstack.report.figures.money import Walk, waterfall
from wattstack.report.figures.year import durations
from wattstack.report.html import Cell, Num, bullets, paragraph, table
from wattstack.report.page import Page
from wattstack.report.sections.headline import headline_items, lead
from wattstack.report.sections.money import line_name
from wattstack.report.view import View
from wattstack.report.words import MINUS, money_of, name_of, quantity, unit_of

Pair = tuple[View, View]


def compare_page(first: View, second: View) -> Page:
    """The page of two plans."""
    pair = _on_one_scale(first, second)
    names = told_apart(pair[0].label, pair[1].label)
    synthetic = first.synthetic or second.synthetic
    page = Page(f"{names[0]} beside {names[1]}", "Two site plans", _lead(pair, names), synthetic)
    words = bullets(f"{name}: {lead(view)}" for name, view in zip(names, pair, strict=True))
    page.add("answers", "The two answers", words + _figures(pair, names))
    page.add("sizes", "Sizes", _sizes(pair, names))
    page.add("cost", "The yearly cost", _cost(pair, names, page))
    page.add("year", "The year", page.figure(durations(pair, names, page.synthetic)))
    page.add("worth", "What each limit is worth", _worth(pair, names))
    page.add("inputs", "Inputs", _inputs(pair, names))
    return page


def _on_one_scale(first: View, second: View) -> Pair:
    if first.money.currency != second.money.currency:
        return first, second
    largest = max(abs(first.summary["objective"]), abs(second.summary["objective"]))
    money = money_of(first.money.currency, largest)
    return replace(first, money=money), replace(second, money=money)


def told_apart(first: str, second: str) -> tuple[str, str]:
    """Two labels that differ."""
    return (first, second) if first != second else (f"{first} (first)", f"{second} (second)")


def _lead(pair: Pair, names: tuple[str, str]) -> str:
    costs = [view.summary["objective"] for view in pair]
    if not _one_currency(pair):
        told = [f"{name} {v.money.text(c)}" for name, v, c in zip(names, pair, costs, strict=True)]
        return f"Yearly cost: {' and '.join(told)}. The currencies differ, so nothing is subtracted."
    more, less = (names[1], names[0]) if costs[1] >= costs[0] else (names[0], names[1])
    return f"{more} costs {pair[0].money.text(abs(costs[1] - costs[0]))} a year more than {less}."


def _one_currency(pair: Pair) -> bool:
    return pair[0].money.currency == pair[1].money.currency


def difference(values: tuple[float | None, float | None], show: Callable[[float], str]) -> Cell:
    """The second less the first with its sign; nothing where one of them is not defined."""
    if values[0] is None or values[1] is None:
        return ""
    change = values[1] - values[0]
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    return Num(sign + show(abs(change)), change)


def _figures(pair: Pair, names: tuple[str, str]) -> str:
    rows: list[list[Cell]] = []
    for a, b in zip(headline_items(pair[0]), headline_items(pair[1]), strict=True):
        row: list[Cell] = [a.label, a.cell, b.cell]
        same = _one_currency(pair) or a.label in (
            "Peak import",
            "Emissions",
            "Unserved load",
            "Simple payback",
        )
        row.append(difference((a.value, b.value), a.show) if same else "")
        rows.append(row)
    return table(["Figure", *names, "Second less first"], rows)


def _sizes(pair: Pair, names: tuple[str, str]) -> str:
    sizes = [view.summary["sizes"] for view in pair]
    rows: list[list[Cell]] = []
    for path in dict.fromkeys([*sizes[0], *sizes[1]]):
        values = (sizes[0].get(path), sizes[1].get(path))
        unit = unit_of(path)
        cells: list[Cell] = [
            "not there" if value is None else Num(quantity(value, unit), value) for value in values
        ]
        rows.append([name_of(path), *cells, difference(values, lambda v, u=unit: quantity(v, u))])
    return table(["Asset", *names, "Second less first"], rows)


def cost_lines(view: View) -> dict[str, float]:
    """Every line of the yearly cost [currency/year]: the bill, upkeep, annuities; adds up to the objective."""
    lines = {line_name(line): value for line, value in view.summary["bill"].items()}
    capital = view.table("capital")
    lines["Upkeep"] = float(capital["fixed_per_year"].sum())
    lines["Capital, as annuities"] = float(capital["annuity"].sum())
    return lines


def _cost(pair: Pair, names: tuple[str, str], page: Page) -> str:
    lines = [cost_lines(view) for view in pair]
    html = ""
    every = list(dict.fromkeys([*lines[0], *lines[1]]))
    if _one_currency(pair):
        start, end = (view.summary["objective"] for view in pair)
        steps = [(line, lines[1].get(line, 0.0) - lines[0].get(line, 0.0)) for line in every]
        steps = [(line, change) for line, change in steps if abs(change) > 1e-7 * max(abs(start), abs(end))]
        walk = Walk("walk", f"From {names[0]} to {names[1]}", "What each line adds or saves.", (names[0], start), steps,
                    (names[1], end))  # fmt: skip
        html = page.figure(waterfall(walk, pair[0].money, page.synthetic))
    rows: list[list[Cell]] = []
    for line in [*every, "Yearly cost"]:
        values = tuple(
            view.summary["objective"] if line == "Yearly cost" else own.get(line, 0.0)
            for view, own in zip(pair, lines, strict=True)
        )
        cells: list[Cell] = [Num(v.money.number(x), x) for v, x in zip(pair, values, strict=True)]
        rows.append([line, *cells, difference(values, pair[0].money.number) if _one_currency(pair) else ""])
    heads = [f"{name} [{view.money.unit}]" for name, view in zip(names, pair, strict=True)]
    return html + table(["Line", *heads, "Second less first"], rows[:-1], rows[-1])


def _worth(pair: Pair, names: tuple[str, str]) -> str:
    prices = [view.summary["prices"] for view in pair]
    rows: list[list[Cell]] = []
    for path in dict.fromkeys([*prices[0], *prices[1]]):
        values = (prices[0].get(path), prices[1].get(path))
        cells: list[Cell] = ["" if v is None else Num(quantity(v, "", 5), v) for v in values]
        rows.append([f"One more {unit_of(path)}: {name_of(path)}", *cells])
    heads = [f"{name} [{view.money.currency} a year]" for name, view in zip(names, pair, strict=True)]
    return table(["Limit", *heads], rows)


def _inputs(pair: Pair, names: tuple[str, str]) -> str:
    """Which series are the same to the byte, and which are not."""
    records = [{(r["scenario"], r["name"]): r for r in view.summary["inputs"]} for view in pair]
    rows: list[list[Cell]] = []
    for key in dict.fromkeys([*records[0], *records[1]]):
        a, b = (own.get(key) for own in records)
        same = a is not None and b is not None and a["sha256"] == b["sha256"]
        cells = [
            "not there" if r is None else r["file"] + (" SYNTHETIC" if r["synthetic"] else "") for r in (a, b)
        ]
        rows.append([f"{key[1]} ({key[0]})", *cells, "the same to the byte" if same else "different"])
    note = "Two plans on different inputs differ for both reasons at once: look here first."
    return paragraph(note, "note") + table(["Series", *names, ""], rows, kind="text")
