"""The year: flows of the campus, load-duration, months by source, and four days from inside.

Needs    report.view, report.days, report.figures.
Gives    campus_section, year_section.
Used by  report.write.
"""

from __future__ import annotations

from wattstack.report.days import chosen_days
from wattstack.report.figures.days import day_figure
from wattstack.report.figures.flows import flows_svg
from wattstack.report.figures.year import duration, monthly
from wattstack.report.html import Num, bullets, esc, paragraph, table
from wattstack.report.page import Page, legend
from wattstack.report.view import View, Year
from wattstack.report.words import month_name, name_of, percent, quantity, step_words


def campus_section(view: View) -> str:
    """The campus with its flows of a year, and what is lost on the way."""
    drawing = flows_svg(view.expected_balance.to_dict(), view.synthetic)
    what = "Energy of a year, scenarios weighed." if len(view.years) > 1 else "Energy of the year."
    words = f"{what} The height of a band is its energy; a battery stands on both sides, once giving and once taking."
    return paragraph(words, "note") + drawing + bullets(_facts(view))


def _facts(view: View) -> list[str]:
    balance = view.expected_balance
    out = []
    for column in balance.index:
        if not column.endswith(".discharge"):
            continue
        stem = column.removesuffix(".discharge")
        given, taken = float(balance[column]), -float(balance.get(f"{stem}.charge", 0.0))
        energy = view.summary["sizes"].get(f"{stem}.energy_mwh", 0.0)
        if given > 0 and energy > 0:
            out.append(
                f"{name_of(stem)} gives {quantity(given, 'MWh')} a year, {quantity(given / energy)} times its usable "
                f"energy; {quantity(taken - given, 'MWh')} are lost in it ({percent((taken - given) / taken)} of what "
                "is charged)."
            )
    records = [year.record for year in view.years]
    weigh = [(r["weight_frac"] / r["years"], r) for r in records]
    for key, text in (
        ("curtailed_mwh", "of sun are not used"), ("shed_mwh", "of flexible compute are shed"),
        ("unserved_mwh", "of load are not served"),
    ):  # fmt: skip
        value = sum(w * r[key] for w, r in weigh)
        if value > 1e-6:
            out.append(f"{quantity(value, 'MWh')} a year {text}.")
    return out


def year_section(view: View, page: Page) -> str:
    """Figures of every scenario: the first open, the others folded."""
    parts = []
    for number, year in enumerate(view.years):
        html = _year(view, year, page, f"y{number}")
        if number == 0 and len(view.years) > 1:
            html = (
                f"<h3>{esc(name_of(year.name))}, weight {percent(year.record['weight_frac'], 0)}</h3>" + html
            )
        elif number:
            label = f"{esc(name_of(year.name))}, weight {percent(year.record['weight_frac'], 0)}"
            html = f"<details><summary>{label}</summary>{html}</details>"
        parts.append(html)
    return "".join(parts)


def _year(view: View, year: Year, page: Page, prefix: str) -> str:
    html = page.figure(duration(year, f"{prefix}-duration", view.import_limit_mw, view.synthetic))
    html += page.figure(monthly(year, f"{prefix}-monthly", view.synthetic))
    html += "<details><summary>Energy balance by month [MWh]</summary>" + _balance(year) + "</details>"
    html += "<h3>Four days from inside</h3>" + paragraph(
        "Power by source, the price of import beside the price on the campus bus (what one more MWh of load would "
        "cost) and the worth of a stored MWh, and the energy stored. Where the bus price stands above the price of "
        f"import, power is scarce. Steps of {step_words(year.record['step_s'])}.",
        "note",
    )
    figures = [
        day_figure(year, day, f"{prefix}-day{i}", view.money, view.synthetic)
        for i, day in enumerate(chosen_days(year))
    ]
    keys = dict.fromkeys(key for figure in figures for key in figure.legend)
    return html + legend(keys) + f'<div class="pair">{"".join(page.figure(f, False) for f in figures)}</div>'


def _balance(year: Year) -> str:
    balance = year.tables["balance"]
    head = ["Month", *(name_of(c) for c in balance.columns)]
    rows = [
        [month_name(str(label)), *(Num(f"{v:,.0f}".replace("-", "−"), float(v)) for v in row)]
        for label, row in zip(balance.index, balance.to_numpy(), strict=True)
    ]
    return table(head, rows[:-1], rows[-1], kind="wide")
