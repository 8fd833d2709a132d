"""The spreadsheet: bill, capital and cash flow with live formulas, each with its value beside it.

Needs    report.view.View, cost.replacement_schedule, xlsxwriter.
Gives    write_workbook.
Used by  cli, the user.

Change a rate, a price or a life and the sheet follows. Only what the plan found is a number (sizes, bills by month,
upkeep); sums, replacements, residual values, annuities, NPV, IRR and levelised cost are formulas, by the definitions
of docs/bill.md. Each formula carries the plan's own value, so that a viewer that does not calculate shows it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from wattstack.cost import replacement_schedule
from wattstack.errors import InputError
from wattstack.report.sections.money import line_name
from wattstack.report.view import View, open_view

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.plan import Plan, PlanFiles

RATE, HORIZON = "Summary!$B$4", "Summary!$B$5"
RUNNING, UPKEEP, BASELINE, LOAD = "Summary!$B$6", "Summary!$B$7", "Summary!$B$8", "Summary!$B$9"
FIRST = 2  # first row under the heads of a sheet, counted from 0


def write_workbook(result: Plan | PlanFiles | str | Path, path: str | Path) -> Path:
    """Write bill, capital and cash flow as a spreadsheet with formulas.

    Args:
        result: A plan in memory, the files of one, or an `out/` folder.
        path: File to write, .xlsx.

    Returns:
        The file. Equal plans give equal bytes.

    Raises:
        InputError: The folder holds no plan that can be read, or the file cannot be written.
    """
    view, path = open_view(result), Path(path)
    scratch = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(scratch) as book:
            book.set_properties({"title": f"{view.name}: finance", "created": datetime(2000, 1, 1)})
            _Writer(book, view).write()
        os.replace(scratch, path)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise InputError(
            str(path), [f"cannot be written: {error}. Close it, or name another file."]
        ) from error
    return path


@dataclass
class _Styles:
    """Cell formats: heads, whole amounts, plain numbers, shares, sums."""

    head: Any
    title: Any
    amount: Any
    number: Any
    share: Any
    total: Any
    alarm: Any


class _Writer:
    """Writes the sheets of one view."""

    def __init__(self, book: Any, view: View):
        self.view, self.book = view, book
        self.style = _Styles(
            book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}),
            book.add_format({"bold": True, "font_size": 13}),
            book.add_format({"num_format": "#,##0"}),
            book.add_format({"num_format": "#,##0.0000"}),
            book.add_format({"num_format": "0.00%"}),
            book.add_format({"num_format": "#,##0", "bold": True, "top": 1}),
            book.add_format({"bold": True, "font_color": "#c1121f"}),
        )
        names = ["Summary", "Cash flow", "Capital", "Lives"]
        self.bills = [("bill", self._bill_name("Bill", i), y) for i, y in enumerate(view.years)]
        self.bills += [
            ("bill_baseline", self._bill_name("Bill today", i), y) for i, y in enumerate(view.years)
        ]
        self.sheets = {
            name: book.add_worksheet(name) for name in [*names, *(name for _, name, _ in self.bills)]
        }
        for sheet in self.sheets.values():
            sheet.set_column(0, 0, 34)
            sheet.set_column(1, 40, 16)
        self.horizon = int(view.summary["horizon_years"])
        self.capital = view.table("capital")
        self.assets = len(self.capital)

    def _bill_name(self, stem: str, number: int) -> str:
        return stem if len(self.view.years) == 1 else f"{stem} {number + 1}"

    def write(self) -> None:
        """Every sheet."""
        for stem, name, year in self.bills:
            self._bill(self.sheets[name], year.tables[stem], f"{name}: {year.name}")
        self._capital(self.sheets["Capital"])
        self._lives(self.sheets["Lives"])
        self._cash_flow(self.sheets["Cash flow"])
        self._summary(self.sheets["Summary"])

    def _heads(self, sheet: Any, title: str, heads: list[str]) -> None:
        sheet.write(0, 0, f"{title} [{self.view.money.currency}]", self.style.title)
        if self.view.synthetic:
            sheet.write(0, 3, "SYNTHETIC", self.style.alarm)
        for column, head in enumerate(heads):
            sheet.write(1, column, head, self.style.head)
        sheet.freeze_panes(2, 1)

    def _bill(self, sheet: Any, bill: pd.DataFrame, title: str) -> None:
        """Months down, lines across; sums by formula."""
        lines = [c for c in bill.columns if c != "total"]
        self._heads(sheet, title, ["Month", *(line_name(c) for c in lines), "Sum"])
        months = len(bill) - 1
        for i, (label, row) in enumerate(zip(bill.index, bill[[*lines, "total"]].to_numpy(), strict=True)):
            at = FIRST + i
            sheet.write(at, 0, str(label))
            for column, value in enumerate(row, start=1):
                if column > len(lines):
                    formula = f"=SUM({xl_rowcol_to_cell(at, 1)}:{xl_rowcol_to_cell(at, len(lines))})"
                elif i == months:
                    formula = f"=SUM({xl_rowcol_to_cell(FIRST, column)}:{xl_rowcol_to_cell(at - 1, column)})"
                else:
                    sheet.write_number(at, column, value, self.style.amount)
                    continue
                style = self.style.total if i == months else self.style.amount
                sheet.write_formula(at, column, formula, style, value)

    def _bill_total(self, stem: str) -> str:
        """Expected yearly total over the scenarios, as a formula."""
        parts = []
        for kind, name, year in self.bills:
            if kind == stem:
                bill = year.tables[stem]
                share = year.record["weight_frac"] / year.record["years"]
                parts.append(
                    f"{share!r}*'{name}'!{xl_rowcol_to_cell(FIRST + len(bill) - 1, len(bill.columns))}"
                )
        return "+".join(parts)

    def _capital(self, sheet: Any) -> None:
        """Assets down: what they cost, and their annuity by formula from Lives."""
        self._heads(
            sheet, "Capital",
            ["Asset", "Size", "Unit", "Stands", "Capital", "Life [years]", "Upkeep a year", "Annuity"],
        )  # fmt: skip
        last = xl_col_to_name(1 + self.horizon)
        for i, asset in enumerate(self.capital.itertuples()):
            at = FIRST + i
            sheet.write(at, 0, asset.path)
            sheet.write(at, 1, float(asset.size), self.style.number)
            sheet.write(at, 2, asset.unit)
            sheet.write(at, 3, 1 if asset.stands else 0)
            sheet.write(at, 4, float(asset.capital), self.style.amount)
            sheet.write(at, 5, float(asset.life_years))
            sheet.write(at, 6, float(asset.fixed_per_year), self.style.amount)
            worth = f"Lives!B{at + 1}+NPV({RATE},Lives!C{at + 1}:{last}{at + 1})"
            formula = f"=-PMT({RATE},{HORIZON},{worth})"
            sheet.write_formula(at, 7, formula, self.style.amount, float(asset.annuity))
        end = FIRST + self.assets
        sheet.write(end, 0, "Sum", self.style.total)
        for column, key in ((4, "capital"), (6, "fixed_per_year"), (7, "annuity")):
            formula = f"=SUM({xl_rowcol_to_cell(FIRST, column)}:{xl_rowcol_to_cell(end - 1, column)})"
            sheet.write_formula(end, column, formula, self.style.total, float(self.capital[key].sum()))

    def _lives(self, sheet: Any) -> None:
        """Assets down, years across: bought in year 0, again at the end of each life, credited at the horizon."""
        self._heads(
            sheet,
            "Lives: bought, replaced, credited at the end",
            ["Asset", *map(str, range(self.horizon + 1))],
        )
        for i, asset in enumerate(self.capital.itertuples()):
            at = FIRST + i
            price, life = f"Capital!$E{at + 1}", f"Capital!$F{at + 1}"
            sheet.write(at, 0, asset.path)
            flows = _life(float(asset.capital), float(asset.life_years), self.horizon)
            lives = f"MAX(1,ROUNDUP({HORIZON}/{life}-0.000000001,0))"
            for year, value in enumerate(flows):
                if year == 0:
                    formula = f"={price}"
                else:
                    now, before = (f"MIN(INT(({n}+0.000000001)/{life}),{lives}-1)" for n in (year, year - 1))
                    formula = f"={price}*({now}-{before})"
                    if year == self.horizon:
                        formula += f"-{price}*MAX(0,{lives}-{HORIZON}/{life})"
                sheet.write_formula(at, 1 + year, formula, self.style.amount, value)

    def _cash_flow(self, sheet: Any) -> None:
        """Years down; capital, replacement and residual value together come from Lives."""
        known = self._known()
        heads = ["Year", "Capital, replacement, less residual value", "Upkeep", "Running", "Today's cost", "Net",
                 "Discount factor", "Discounted", "Sum", "Sum, discounted"]  # fmt: skip
        self._heads(sheet, "Cash flow against no new assets", heads if known else heads[:4])
        flow = self.view.table("cash_flow")
        for year, row in enumerate(flow.to_dict("records")):
            at, n = FIRST + year, FIRST + year + 1
            column = xl_col_to_name(1 + year)
            sheet.write(at, 0, year)
            runs = 1 if year else 0
            cells = [
                (f"=SUM(Lives!{column}{FIRST + 1}:{column}{FIRST + self.assets})",
                 row["capital"] + row["replacement"] - row["residual"]),
                (f"={runs}*{UPKEEP}", row["fixed_om"]),
                (f"={runs}*{RUNNING}", row["running_cost"]),
            ]  # fmt: skip
            if known:
                bought = row["baseline_cost"] - runs * self.view.summary["finance"]["baseline_cost_per_year"]
                cells += [
                    (f"={runs}*{BASELINE}{_constant(bought, row['baseline_cost'])}", row["baseline_cost"]),
                    (f"=E{n}-D{n}-C{n}-B{n}", row["net"]),
                    (f"=(1+{RATE})^-A{n}", row["discount_factor"]),
                    (f"=F{n}*G{n}", row["discounted"]),
                    (f"=SUM(F${FIRST + 1}:F{n})", row["cumulative"]),
                    (f"=SUM(H${FIRST + 1}:H{n})", row["cumulative_discounted"]),
                ]
            for offset, (formula, value) in enumerate(cells, start=1):
                style = self.style.number if offset == 6 else self.style.amount
                sheet.write_formula(at, offset, formula, style, value)

    def _known(self) -> bool:
        return self.view.summary["finance"].get("baseline_cost_per_year") is not None

    def _summary(self, sheet: Any) -> None:
        """What goes in, and the figures of worth."""
        view, finance = self.view, self.view.summary["finance"]
        sheet.write(0, 0, f"{view.name}: finance [{view.money.currency}]", self.style.title)
        if view.synthetic:
            sheet.write(0, 3, "SYNTHETIC", self.style.alarm)
        sheet.write(1, 0, "Real terms; year 0 holds the investment and is not discounted.")
        sheet.write(3, 0, "Discount rate, real")
        sheet.write(3, 1, view.summary["discount_rate_frac"], self.style.share)
        sheet.write(4, 0, "Horizon [years] (the sheets end there)")
        sheet.write(4, 1, self.horizon)
        capital_end = FIRST + self.assets + 1
        load = sum(y.record["weight_frac"] / y.record["years"] * y.record["load_mwh"] for y in view.years)
        rows = [
            (5, "Running a year", f"={self._bill_total('bill')}", finance["running_cost_per_year"]),
            (6, "Upkeep a year", f"=Capital!G{capital_end}", finance["fixed_om_per_year"]),
        ]
        if self._known():
            rows.append(
                (7, "Today's cost a year", self._baseline_formula(), finance["baseline_cost_per_year"])
            )
        for row, label, formula, value in rows:
            sheet.write(row, 0, label)
            sheet.write_formula(row, 1, formula, self.style.amount, value)
        sheet.write(8, 0, "Load [MWh a year]")
        sheet.write(8, 1, load, self.style.amount)
        for row, (label, formula, value, style) in enumerate(self._worth_rows(), start=10):
            sheet.write(row, 0, label)
            sheet.write_formula(row, 1, formula, style, "none" if value is None else value)

    def _baseline_formula(self) -> str:
        """Today's cost: its bill, upkeep of what stands, and what a planned connection costs there."""
        view = self.view
        stands = float(self.capital.loc[self.capital["stands"].astype(bool), "fixed_per_year"].sum())
        bill = sum(
            y.record["weight_frac"] / y.record["years"] * y.record["bill_baseline"] for y in view.years
        )
        connection = view.summary["finance"]["baseline_cost_per_year"] - bill - stands
        end = FIRST + self.assets
        upkeep = f"SUMPRODUCT(Capital!D{FIRST + 1}:D{end},Capital!G{FIRST + 1}:G{end})"
        return f"={self._bill_total('bill_baseline')}+{upkeep}{_constant(connection, bill)}"

    def _worth_rows(self) -> list[tuple[str, str, Any, Any]]:
        finance, style = self.view.summary["finance"], self.style
        end, capital_end = FIRST + self.horizon + 1, FIRST + self.assets + 1

        later = [f"NPV({RATE},'Cash flow'!{column}{FIRST + 2}:{column}{end})" for column in "BCD"]
        npc = f"'Cash flow'!B{FIRST + 1}+{'+'.join(later)}"
        lcoe = f"=({npc})/-PV({RATE},{HORIZON},{LOAD})"
        rows = [
            ("Capital", f"=Capital!E{capital_end}", finance["capital"], style.amount),
            ("Net present cost", f"={npc}", finance["npc"], style.amount),
            ("Levelised cost of supply per MWh", lcoe, finance["lcoe_per_mwh"], style.number),
        ]
        if self._known():
            net = f"'Cash flow'!F{FIRST + 1}"
            npv = f"={net}+NPV({RATE},'Cash flow'!F{FIRST + 2}:F{end})"
            saving, payback = (
                f"={BASELINE}-{RUNNING}-{UPKEEP}",
                "=IF(MIN(B14,B11-'Cash flow'!E3)>0,(B11-'Cash flow'!E3)/B14,\"none\")",
            )
            rate = f'=IFERROR(IRR({net}:F{end}),"none")' if finance["irr"] != "several" else '="several"'
            rows += [
                ("Saving a year, before capital", saving, finance["saving_per_year"], style.amount),
                ("Net present value", npv, finance["npv"], style.amount),
                ("Simple payback [years]", payback, finance["simple_payback_years"], style.number),
                ("Internal rate of return", rate, finance["irr"], style.share),
            ]
        return rows


def _constant(value: float, beside: float) -> str:
    """What no new assets must buy as well, as a number in a formula; nothing where it is rounding."""
    return "" if abs(value) < 1e-9 * (1.0 + abs(beside)) else f"+{value!r}"


def _life(price: float, life_years: float, horizon: int) -> list[float]:
    """Money spent on an asset in each year 0 .. horizon, the credit for what is left of it in the last."""
    schedule = replacement_schedule(life_years, horizon)
    flows = [price] + [0.0] * horizon
    for year in schedule.replacement_years:
        flows[year] += price
    flows[horizon] -= price * schedule.residual_frac
    return flows
