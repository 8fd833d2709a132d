"""Two runs, or a plan and a run, side by side: cost line by line, peaks, import, batteries, limits, sizes, inputs.

Needs    report.view, report.run.view, report.compare, report.figures.
Gives    compare_runs.
Used by  report.write.

Plan and run are laid on what both have: running cost, peaks and channels. A plan of several scenarios shows its first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from wattstack.report.compare import difference, told_apart
from wattstack.report.figures.money import Walk, waterfall
from wattstack.report.figures.run import imports_of_both
from wattstack.report.html import Cell, Num, bullets, paragraph, table
from wattstack.report.page import Page
from wattstack.report.run.sections.headline import lead as run_lead
from wattstack.report.run.sections.headline import run_items, saving_of_run
from wattstack.report.run.sections.limits import cost_lines
from wattstack.report.run.view import RunView
from wattstack.report.sections.headline import expected
from wattstack.report.sections.headline import lead as plan_lead
from wattstack.report.sections.money import line_name
from wattstack.report.view import View
from wattstack.report.words import Money, money_of, month_name, name_of, percent, quantity, unit_of


@dataclass(frozen=True)
class Side:
    """What of a plan or a run is laid beside another.

    Attributes:
        label: What tells it from the other.
        lead: The answer in words.
        synthetic: Whether any input is made up.
        money: Scale of its amounts.
        cost, saved_cost: What running costs and what is saved, a year [currency]; None: not known.
        lines: Running cost by line [currency/year].
        items: Further figures: name -> (value, unit).
        peaks: Metered peak by month [MW].
        imports: Grid import by step [MW].
        sizes: By path.
        inputs: By name: file, checksum, whether made up.
        batteries: Block -> what is left, round trip; limits: words of what was hit. Empty for a plan.
    """

    label: str
    lead: str
    synthetic: bool
    money: Money
    cost: float
    saved_cost: float | None
    lines: dict[str, float]
    items: dict[str, tuple[float | None, str]]
    peaks: dict[str, float]
    imports: np.ndarray
    sizes: dict[str, float]
    inputs: dict[str, dict]
    batteries: dict[str, dict[str, float]]
    limits: tuple[str, ...] = ()


Pair = tuple[Side, Side]
Names = tuple[str, str]


def compare_runs(first: View | RunView, second: View | RunView) -> Page:
    """The page of two results of which at least one is a run."""
    pair = _on_one_scale(_side(first), _side(second))
    names = told_apart(pair[0].label, pair[1].label)
    synthetic = pair[0].synthetic or pair[1].synthetic
    both_runs = isinstance(first, RunView) and isinstance(second, RunView)
    over = "Two simulated years" if both_runs else "A plan and a simulated year"
    page = Page(f"{names[0]} beside {names[1]}", over, _lead(pair, names), synthetic)
    words = bullets(f"{name}: {side.lead}" for name, side in zip(names, pair, strict=True))
    page.add("answers", "The two answers", words + _figures(pair, names))
    page.add("cost", "The running cost", _cost(pair, names, page))
    page.add("peaks", "Metered peaks", _peaks(pair, names))
    imports = [(name, side.imports) for name, side in zip(names, pair, strict=True)]
    page.add("year", "The import", page.figure(imports_of_both(imports, synthetic)))
    page.add("batteries", "The batteries", _batteries(pair, names))
    page.add("limits-hit", "Limits that were hit", _limits(pair, names))
    page.add("sizes", "Sizes", _sizes(pair, names))
    page.add("inputs", "Inputs", _inputs(pair, names))
    return page


def _side(view: View | RunView) -> Side:
    return _of_run(view) if isinstance(view, RunView) else _of_plan(view)


def _of_run(view: RunView) -> Side:
    s = view.summary
    keep = ["capacity_frac", "round_trip_eff", "round_trip_net_eff"]
    items = {
        item.label: (item.value, "MW" if item.label == "Highest import" else "MWh")
        for item in run_items(view)
        if item.label not in ("Running cost of a year", "Saving of a year", "Capacity left")
    }
    hit = tuple(f"{name_of(one['path'])}: {one['limit']}, {one['count']:,} times" for one in s["limits"])
    batteries = {row["block"]: {key: row[key] for key in keep} for row in view.working(-1)}
    peaks = view.first_year("peaks")["peak_mw"].astype(float).to_dict()
    return Side(
        view.label, run_lead(view), view.synthetic, view.money, s["running_cost_per_year"], saving_of_run(view),
        cost_lines(view), items, peaks, view.get("grid.import_mw"), s["sizes"],
        {r["name"]: r for r in s["inputs"]}, batteries, hit,
    )  # fmt: skip


def _of_plan(view: View) -> Side:
    year, finance = view.years[0], view.summary["finance"]
    peaks = year.tables["peaks"]
    metered = peaks.groupby("month", sort=False)["peak_mw"].max().to_dict() if len(peaks) else {}
    items = {
        "Not served": (expected(view, "unserved_mwh"), "MWh"),
        "Compute put off": (expected(view, "shed_mwh"), "MWh"),
        "Import": (expected(view, "import_mwh"), "MWh"),
        "Highest import": (max(y.record["peak_import_mw"] for y in view.years), "MW"),
    }
    balance = view.expected_balance
    for label, kind in (("Own generation", "generator."), ("Sun used", "solar.")):
        items[label] = (float(sum(v for name, v in balance.items() if name.startswith(kind))), "MWh")
    return Side(
        view.label, plan_lead(view), view.synthetic, view.money, finance["running_cost_per_year"],
        finance["saving_per_year"], {line_name(k): v for k, v in view.summary["bill"].items()}, items, metered,
        year.get("grid.import_mw"), view.summary["sizes"],
        {r["name"]: r for r in view.summary["inputs"] if r["scenario"] == year.name}, {},
    )  # fmt: skip


def _on_one_scale(first: Side, second: Side) -> Pair:
    if first.money.currency != second.money.currency:
        return first, second
    money = money_of(first.money.currency, max(abs(first.cost), abs(second.cost)))
    return replace(first, money=money), replace(second, money=money)


def _one_currency(pair: Pair) -> bool:
    return pair[0].money.currency == pair[1].money.currency


def _lead(pair: Pair, names: Names) -> str:
    if not _one_currency(pair):
        told = [f"{n} {side.money.text(side.cost)}" for n, side in zip(names, pair, strict=True)]
        return (
            f"Running cost of a year: {' and '.join(told)}. The currencies differ, so nothing is subtracted."
        )
    more, less = (names[1], names[0]) if pair[1].cost >= pair[0].cost else (names[0], names[1])
    apart = abs(pair[1].cost - pair[0].cost)
    share = percent(apart / abs(pair[0].cost), 2) if pair[0].cost else ""
    return f"A year of running costs {pair[0].money.text(apart, 4)} ({share}) more in {more} than in {less}."


def _row(label: str, pair: Pair, value: Callable[[Side], float | None], show: Callable[[float], str],
         subtract: bool = True) -> list[Cell]:  # fmt: skip
    values = (value(pair[0]), value(pair[1]))
    cells: list[Cell] = ["not known" if v is None else Num(show(v), float(v)) for v in values]
    return [label, *cells, difference(values, show) if subtract else ""]


def _figures(pair: Pair, names: Names) -> str:
    same = _one_currency(pair)
    rows = []
    for label, key in (("Running cost of a year", "cost"), ("Saving of a year", "saved_cost")):
        row = _row(label, pair, lambda side, k=key: getattr(side, k), pair[0].money.text, same)
        for place, side in enumerate(pair, start=1):  # each in its own currency
            amount = getattr(side, key)
            row[place] = "not known" if amount is None else Num(side.money.text(amount), amount)
        rows.append(row)
    for label in dict.fromkeys([*pair[0].items, *pair[1].items]):
        unit = next(side.items[label][1] for side in pair if label in side.items)
        rows.append(
            _row(
                label,
                pair,
                lambda side, k=label: side.items.get(k, (None, ""))[0],
                lambda v, u=unit: quantity(v, u, 4),
            )
        )
    return table(["Figure", *names, "Second less first"], rows)


def _cost(pair: Pair, names: Names, page: Page) -> str:
    every, html = list(dict.fromkeys([*pair[0].lines, *pair[1].lines])), ""
    if _one_currency(pair):
        start, end = (sum(side.lines.values()) for side in pair)
        steps = [(line, pair[1].lines.get(line, 0.0) - pair[0].lines.get(line, 0.0)) for line in every]
        steps = [(line, change) for line, change in steps if abs(change) > 1e-7 * max(abs(start), abs(end))]
        walk = Walk("walk", f"From {names[0]} to {names[1]}", "What each line adds or saves.", (names[0], start),
                    steps, (names[1], end))  # fmt: skip
        html = page.figure(waterfall(walk, pair[0].money, page.synthetic))
    rows: list[list[Cell]] = []
    for line in [*every, "Running cost"]:
        values = tuple(
            sum(side.lines.values()) if line == "Running cost" else side.lines.get(line, 0.0) for side in pair
        )
        cells: list[Cell] = [
            Num(side.money.number(v), float(v)) for side, v in zip(pair, values, strict=True)
        ]
        rows.append([line, *cells, difference(values, pair[0].money.number) if _one_currency(pair) else ""])
    heads = [f"{name} [{side.money.unit}]" for name, side in zip(names, pair, strict=True)]
    return html + table(["Line", *heads, "Second less first"], rows[:-1], rows[-1])


def _peaks(pair: Pair, names: Names) -> str:
    months = list(dict.fromkeys([*pair[0].peaks, *pair[1].peaks]))
    rows = [
        _row(month_name(m), pair, lambda side, k=m: side.peaks.get(k), lambda v: f"{v:,.2f}") for m in months
    ]
    head = ["Month", *(f"{name} [MW]" for name in names), "Second less first"]
    return table(head, rows) if rows else paragraph("Nothing is metered by peak.")


def _batteries(pair: Pair, names: Names) -> str:
    words = {"capacity_frac": "capacity left at the end", "round_trip_eff": "round trip",
             "round_trip_net_eff": "round trip with auxiliaries"}  # fmt: skip
    rows = []
    for block in dict.fromkeys([*pair[0].batteries, *pair[1].batteries]):
        for key, what in words.items():
            label = f"{name_of(block)}: {what}"
            rows.append(
                _row(label, pair, lambda side, b=block, k=key: side.batteries.get(b, {}).get(k), _percent)
            )
    return table(["", *names, "Second less first"], rows) if rows else paragraph("Neither has a battery.")


def _percent(value: float) -> str:
    return percent(value, 2)


def _limits(pair: Pair, names: Names) -> str:
    return bullets(
        f"{name}: {'; '.join(side.limits) or 'none'}." for name, side in zip(names, pair, strict=True)
    )


def _sizes(pair: Pair, names: Names) -> str:
    rows = []
    for path in dict.fromkeys([*pair[0].sizes, *pair[1].sizes]):
        unit = unit_of(path)
        rows.append(
            _row(
                name_of(path), pair, lambda side, k=path: side.sizes.get(k), lambda v, u=unit: quantity(v, u)
            )
        )
    return table(["Asset", *names, "Second less first"], rows)


def _inputs(pair: Pair, names: Names) -> str:
    """Which series are the same to the byte, and which are not."""
    rows: list[list[Cell]] = []
    for key in dict.fromkeys([*pair[0].inputs, *pair[1].inputs]):
        a, b = (side.inputs.get(key) for side in pair)
        same = a is not None and b is not None and a["sha256"] == b["sha256"]
        cells = [
            "not there" if r is None else r["file"] + (" SYNTHETIC" if r["synthetic"] else "") for r in (a, b)
        ]
        rows.append([key, *cells, "the same to the byte" if same else "different"])
    note = "Two results on different inputs differ for both reasons at once: look here first."
    return paragraph(note, "note") + table(["Series", *names, ""], rows, kind="text")
