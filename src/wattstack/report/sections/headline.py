"""The answer on one screen: what to build, what it costs, how sure that is.

Needs    report.view.View.
Gives    lead, headline, headline_items, Item, expected, small_percent.
Used by  report.write, report.compare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wattstack.report.html import Cell, Num, cards, table
from wattstack.report.view import View
from wattstack.report.words import HAIR, name_of, percent, quantity, unit_of


def lead(view: View) -> str:
    """The answer in two sentences."""
    built = built_words(view)
    cost = view.money.text(view.summary["objective"])
    today = view.today_per_year
    text = f"Plan {_listed(built)}. " if built else "Build nothing: what stands is cheapest. "
    text += f"A year then costs {cost}, capital included"
    if today is None:
        text += "; without new assets the load cannot be served"
    else:
        saved = today - view.summary["objective"]
        text += f": {view.money.text(abs(saved))} {'less' if saved >= 0 else 'more'} than with no new assets"
    gap = small_percent(view.summary["gap_frac"])
    return f"{text}. No plan whatever, in this model, is cheaper by more than {gap}."


def built_words(view: View) -> list[str]:
    """Each planned component with its sizes: "battery main 45.6 MW and 122 MWh"."""
    sizes: dict[str, list[str]] = {}
    for path in view.summary["planned"]:
        size = view.summary["sizes"][path]
        if size > 1e-6:
            stem = path.rpartition(".")[0] if path.endswith((".power_mw", ".energy_mwh")) else path
            sizes.setdefault(stem, []).append(quantity(size, unit_of(path), 3))
    return [f"{_lowered(name_of(stem))} {' and '.join(parts)}" for stem, parts in sizes.items()]


def _lowered(name: str) -> str:
    return name[0].lower() + name[1:]


def small_percent(frac: float) -> str:
    """A tiny share as percent with two figures that count.

    Example:
        >>> small_percent(8.48e-07)
        '0.000085\\xa0%'
    """
    return quantity(frac * 100.0, "%", 2) if frac >= 1e-6 / 100 else f"{frac * 100.0:.1e}{HAIR}%"


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def expected(view: View, key: str) -> float:
    """A figure of the scenarios' records, a year, weighed."""
    return sum(y.record["weight_frac"] / y.record["years"] * y.record[key] for y in view.years)


@dataclass(frozen=True, slots=True)
class Item:
    """One headline figure.

    Attributes:
        label: What it is.
        value: Its full value; None where it is not defined.
        show: Turns a value into text with its unit.
        note: One line that says what it means.
        absent: What stands there where it is not defined.
    """

    label: str
    value: float | None
    show: Callable[[float], str]
    note: str = ""
    absent: str = "not defined"

    @property
    def cell(self) -> Num:
        """The figure as it stands in the page."""
        return Num(self.absent if self.value is None else self.show(self.value), self.value)


def headline_items(view: View) -> list[Item]:
    """Every headline figure, in the order of the page."""
    finance, money, summary = view.summary["finance"], view.money, view.summary
    terms = f"over {summary['horizon_years']} years at {percent(summary['discount_rate_frac'], 1)} real"
    irr = finance["irr"]
    served = finance["saving_per_year"] is not None
    against = "against no new assets, before capital" if served else "no new assets cannot serve the load"
    payback = finance["simple_payback_years"]
    rate_note = (
        "the cash flow changes its sign more than once" if irr == "several" else "real, of the cash flow"
    )
    return [
        Item("Yearly cost", summary["objective"], money.text, "annuities, upkeep, bill and running"),
        Item("Saving a year", finance["saving_per_year"], money.text, against),
        Item("Net present value", finance["npv"], money.text, terms),
        Item("Capital", finance["capital"], money.text, "in year 0"),
        Item("Simple payback", payback, _in("years", 3), "capital over the yearly saving", "none"),
        Item("Internal rate of return", irr if isinstance(irr, float) else None, percent, rate_note, irr or "none"),
        Item("Peak import", max(y.record["peak_import_mw"] for y in view.years), _in("MW"),
             f"of {quantity(view.import_limit_mw, 'MW')} allowed"),
        Item("Emissions", expected(view, "emission_t"), _in("t CO2", 5), "a year: import and fuel"),
        Item("Unserved load", expected(view, "unserved_mwh"), _in("MWh"), "a year"),
        Item("Cost of supply", finance["lcoe_per_mwh"], _in(money.per_mwh, 5), "levelised, per MWh of load"),
        Item("Gap of the proof", summary["gap_frac"], small_percent, "how much cheaper any plan could be, at most"),
        Item("Power usage effectiveness", _pue(view), quantity, "of the halls, over the year", "no halls"),
    ]  # fmt: skip


def _in(unit: str, figures: int = 4) -> Callable[[float], str]:
    return lambda value: quantity(value, unit, figures)


def _pue(view: View) -> float | None:
    known = [(y.record["weight_frac"], y.record["pue"]) for y in view.years]
    return None if any(pue is None for _, pue in known) else sum(weight * pue for weight, pue in known)


def headline(view: View) -> str:
    """Cards and the table of what to build."""
    items = [(item.label, item.cell, item.note) for item in headline_items(view)]
    return cards(items) + "<h3>What to build, and what stands</h3>" + build_table(view)


def build_table(view: View) -> str:
    """Every size with its capital and yearly cost."""
    money = view.money
    capital = view.table("capital").set_index("path")
    rows: list[list[Cell]] = []
    total = [0.0, 0.0, 0.0]
    for record in view.table("sizes").itertuples():
        kind = "planned" if record.planned else "stands"
        row: list[Cell] = [
            name_of(record.path),
            Num(quantity(record.value, record.unit), float(record.value)),
            kind,
        ]
        if record.path in capital.index:
            asset = capital.loc[record.path]
            amounts = [float(asset[k]) for k in ("capital", "annuity", "fixed_per_year")]
            total = [t + a for t, a in zip(total, amounts, strict=True)]
            row += [Num(money.number(a), a) for a in amounts]
            row.append(Num(quantity(float(asset["life_years"]), "years"), float(asset["life_years"])))
        else:
            row += ["in the bill", "", "", ""]
        rows.append(row)
    head = ["Asset", "Size", "", f"Capital [{money.unit}]", f"Annuity [{money.unit} a year]",
            f"Upkeep [{money.unit} a year]", "Life"]  # fmt: skip
    foot = ["Sum", "", "", *(Num(money.number(t), t) for t in total), ""]
    return table(head, rows, foot)
