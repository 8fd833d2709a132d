"""The spreadsheet: every formula, worked out here by hand, gives the value written beside it and the plan's number."""

import math
import re
import zipfile

import openpyxl
import pytest

from wattstack.errors import InputError
from wattstack.report import write_workbook


class Sheets:
    """Works formulas out: the few functions that the workbook uses, on the formulas themselves."""

    def __init__(self, path):
        self.formulas = openpyxl.load_workbook(path)
        self.cached = openpyxl.load_workbook(path, data_only=True)
        self.done = {}

    def value(self, sheet, cell):
        key = (sheet, cell)
        if key not in self.done:
            content = self.formulas[sheet][cell].value
            formula = isinstance(content, str) and content.startswith("=")
            self.done[key] = self.work_out(sheet, content[1:]) if formula else content
        return self.done[key]

    def cells(self, sheet, span):
        return [self.value(sheet, cell.coordinate) for row in self.formulas[sheet][span] for cell in row]

    def work_out(self, sheet, formula):
        def reference(match):
            name = match["quoted"] or match["plain"] or sheet
            cells = match["cells"].replace("$", "")
            return f"{'cells' if ':' in cells else 'value'}({name!r}, {cells!r})"

        pattern = (
            r"(?:'(?P<quoted>[^']+)'!|(?P<plain>[A-Za-z]+)!)?"
            r"(?P<cells>\$?[A-Z]{1,2}\$?\d+(?::\$?[A-Z]{1,2}\$?\d+)?)(?![\w(])"
        )
        code = re.sub(pattern, reference, formula).replace("^", "**")
        return eval(code, FUNCTIONS | {"value": self.value, "cells": self.cells})


def npv(rate, flows):
    return sum(flow / (1 + rate) ** n for n, flow in enumerate(flows, 1))


def annuity_factor(rate, years):
    return years if rate == 0 else (1 - (1 + rate) ** -years) / rate


def irr(flows):
    low, high = -0.9, 10.0
    while high - low > 1e-14:
        middle = (low + high) / 2
        low, high = (middle, high) if flows[0] + npv(middle, flows[1:]) > 0 else (low, middle)
    return low


FUNCTIONS = {
    "SUM": sum,
    "NPV": npv,
    "PMT": lambda rate, years, worth: -worth / annuity_factor(rate, years),
    "PV": lambda rate, years, payment: -payment * annuity_factor(rate, years),
    "INT": math.floor,
    "MIN": min,
    "MAX": max,
    "ROUNDUP": lambda x, digits: math.ceil(x),
    "IF": lambda condition, yes, no: yes if condition else no,
    "IFERROR": lambda value, other: value,
    "IRR": irr,
    "SUMPRODUCT": lambda a, b: sum(x * y for x, y in zip(a, b, strict=True)),
}


@pytest.fixture
def worked(tmp_path):
    return lambda plan: Sheets(write_workbook(plan, tmp_path / "finance.xlsx"))


def test_every_formula_gives_the_value_written_beside_it(worked, sakai, two, short):
    for plan in (sakai, two, short):
        sheets = worked(plan)
        count = 0
        for sheet in sheets.formulas:
            for cell in (
                c for row in sheet for c in row if isinstance(c.value, str) and c.value.startswith("=")
            ):
                count += 1
                value = sheets.value(sheet.title, cell.coordinate)
                shown = sheets.cached[sheet.title][cell.coordinate].value
                same = (
                    value == shown
                    if isinstance(shown, str)
                    else value == pytest.approx(shown, rel=1e-9, abs=1e-3)
                )
                assert same, (sheet.title, cell.coordinate, cell.value)
        assert count > 150


def summary(sheets):
    return {
        row[0].value: sheets.value("Summary", row[1].coordinate)
        for row in sheets.formulas["Summary"]
        if row[0].value
    }


def test_the_figures_of_worth_are_the_plans(worked, sakai):
    figures, finance = summary(worked(sakai)), sakai.finance
    assert figures["Running a year"] == pytest.approx(sakai.scenarios[0].bill.total, rel=1e-12)
    assert figures["Today's cost a year"] == pytest.approx(finance["baseline_cost_per_year"], rel=1e-12)
    assert figures["Net present value"] == pytest.approx(finance["npv"], rel=1e-9)
    assert figures["Net present cost"] == pytest.approx(finance["npc"], rel=1e-9)
    assert figures["Simple payback [years]"] == pytest.approx(finance["simple_payback_years"], rel=1e-9)
    assert figures["Levelised cost of supply per MWh"] == pytest.approx(finance["lcoe_per_mwh"], rel=1e-9)


def test_the_bill_adds_up_line_by_line_to_the_plans(worked, sakai):
    sheets, bill = worked(sakai), sakai.scenarios[0].bill
    heads = [cell.value for cell in sheets.formulas["Bill"][2]]
    last = sheets.formulas["Bill"].max_row
    sums = {
        head: sheets.value("Bill", sheets.formulas["Bill"].cell(last, i + 1).coordinate)
        for i, head in enumerate(heads)
    }
    assert sums["Energy"] == pytest.approx(bill.by_line["energy"], rel=1e-12)
    assert sums["Sum"] == pytest.approx(bill.total, rel=1e-12)
    assert len(heads) == len(bill.lines) + 2


def test_annuities_follow_from_capital_and_life(worked, sakai):
    sheets = worked(sakai)
    for row, (path, asset) in enumerate(sakai.capital.iterrows(), start=3):
        assert sheets.formulas["Capital"][f"A{row}"].value == path
        assert sheets.value("Capital", f"H{row}") == pytest.approx(asset["annuity"], rel=1e-9, abs=1e-6)


def test_each_year_of_the_cash_flow_is_the_plans(worked, two):
    sheets = worked(two)
    for year, net in two.cash_flow["net"].items():
        assert sheets.value("Cash flow", f"F{year + 3}") == pytest.approx(net, rel=1e-9, abs=1e-3)


def test_a_single_rate_of_return_is_a_formula(worked, small):
    plan = small(battery={"main": {"life_years": 20.0}})
    assert isinstance(plan.finance["irr"], float)
    assert summary(worked(plan))["Internal rate of return"] == pytest.approx(plan.finance["irr"], rel=1e-6)


def test_what_has_no_today_has_no_saving(worked, short):
    figures = summary(worked(short))
    assert "Net present value" not in figures
    assert "Today's cost a year" not in figures


def test_scenarios_have_a_sheet_each(worked, two):
    assert {"Bill 1", "Bill 2", "Bill today 1", "Bill today 2"} <= set(worked(two).formulas.sheetnames)


def test_synthetic_input_is_named_on_every_sheet(worked, sakai, two):
    for sheet in worked(sakai).formulas:
        assert sheet["D1"].value == "SYNTHETIC", sheet.title
    assert all(sheet["D1"].value is None for sheet in worked(two).formulas)


def test_equal_plans_give_equal_bytes(two, tmp_path):
    files = [zipfile.ZipFile(write_workbook(two, tmp_path / f"{n}.xlsx")) for n in (1, 2)]
    assert all(files[0].read(name) == files[1].read(name) for name in files[0].namelist())
    assert (tmp_path / "1.xlsx").read_bytes() == (tmp_path / "2.xlsx").read_bytes()


def test_a_workbook_that_cannot_be_written_is_a_fault_in_words(two, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        write_workbook(two, tmp_path / "file" / "finance.xlsx")
