"""The batteries of a run: what they gave, what they lost and where, how warm they were, how they aged.

Needs    report.run.view, report.figures.run.
Gives    batteries_section.
Used by  report.run.write.
"""

from __future__ import annotations

import math
from typing import Any

from wattstack.errors import counted
from wattstack.report.figures.run import ageing_figure, makes_figure, temperature_by_day
from wattstack.report.html import Cell, Num, bullets, paragraph, table
from wattstack.report.page import Page
from wattstack.report.run.view import RunView
from wattstack.report.words import name_of, percent, quantity

LOSSES = {
    "loss_cell_mwh": "Cells",
    "loss_converter_mwh": "Converter",
    "loss_transformer_mwh": "Transformer",
    "auxiliary_mwh": "Auxiliaries: heating, cooling, controls",
}


def batteries_section(view: RunView, page: Page) -> str:
    """Each block's year, its losses by cause, temperature and ageing."""
    first = view.working(0)
    if not first:
        return paragraph("No battery gave anything in the first year.")
    html = _blocks(view, first) + _losses(first)
    warmth = temperature_by_day(view)
    html += page.figure(warmth) if warmth is not None else ""
    html += "<h3>Over the years</h3>"
    if view.summary["years"] == 1:
        years = quantity(view.axis_years, "years", 3) if view.axis_years != 1.0 else "one year"
        note = f"The run is of {years}. With --years 10 the cells grow older ten times over."
        return html + paragraph(note, "note") + _makes(view, page)
    return html + page.figure(ageing_figure(view)) + _makes(view, page) + _years(view) + _events(view)


def _makes(view: RunView, page: Page) -> str:
    """The band of every battery that began new; twin.makes says how it is drawn."""
    return "".join(
        page.figure(makes_figure(view, path)) for path in dict.fromkeys(view.tables["makes"]["path"])
    )


def _blocks(view: RunView, rows: list[dict[str, Any]]) -> str:
    per = view.axis_years
    head = ["", "Charged [MWh a year]", "Discharged [MWh a year]", "Full cycles a year", "Round trip",
            "With auxiliaries", "In the plan", "Capacity left", "Resistance", "Warmest cell mean"]  # fmt: skip
    body: list[list[Cell]] = [
        [
            name_of(r["block"]),
            *(Num(f"{r[k] / per:,.0f}", r[k] / per) for k in ("charged_mwh", "discharged_mwh", "full_cycles")),
            *(_share(r[k]) for k in ("round_trip_eff", "round_trip_net_eff", "declared_round_trip_eff")),
            _share(r["capacity_frac"], 2), Num(f"× {r['resistance_frac']:.3f}", r["resistance_frac"]),
            Num(quantity(r["temp_cell_max_degc"], "°C", 3), r["temp_cell_max_degc"]),
        ]
        for r in rows
    ]  # fmt: skip
    note = (
        "At the bus: what came out over what went in, less what is stored more at the end. The plan counts one "
        "efficiency, auxiliaries in it. A full cycle is the usable energy of the new block, once out."
    )
    return paragraph(note, "note") + table(head, body, kind="wide")


def _share(value: float, decimals: int = 1) -> Cell:
    return "not defined" if math.isnan(value) else Num(percent(value, decimals), float(value))


def _losses(rows: list[dict[str, Any]]) -> str:
    """MWh by cause, and as a share of what was charged."""
    taken = sum(r["charged_mwh"] for r in rows)
    total = sum(r[key] for r in rows for key in LOSSES)
    body: list[list[Cell]] = []
    for key, label in LOSSES.items():
        lost = sum(r[key] for r in rows)
        body.append([label, Num(f"{lost:,.0f}", lost), _share(lost / taken if taken else float("nan"), 2)])
    foot: list[Cell] = [
        "Sum",
        Num(f"{total:,.0f}", total),
        _share(total / taken if taken else float("nan"), 2),
    ]
    return "<h3>Where the energy went</h3>" + table(
        ["Lost in", "MWh in the first year", "Of what was charged"], body, foot
    )


def _years(view: RunView) -> str:
    """Running cost and batteries of every year."""
    money, rows = view.money, []
    for record in view.tables["years"].to_dict("records"):
        own = view.working(int(record["year"]))
        worst = min((row["capacity_frac"] for row in own), default=math.nan)
        cost = record["running_cost"] / view.axis_years
        given = sum(row["discharged_mwh"] for row in own) / view.axis_years
        rows.append(
            [str(int(record["year"]) + 1), Num(money.number(cost), cost), Num(f"{given:,.0f}", given), _share(worst, 2),
             Num(quantity(record["unserved_mwh"]), record["unserved_mwh"])]
        )  # fmt: skip
    head = [
        "Year",
        f"Running cost [{money.unit} a year]",
        "Discharged [MWh a year]",
        "Least capacity left",
        "Not served [MWh]",
    ]
    return table(head, rows)


def _events(view: RunView) -> str:
    events = view.tables["events"].to_dict("records")
    if not events:
        return ""
    said = [f"Year {int(e['year']) + 1}: {name_of(e['path'])}: {e['what']}." for e in events]
    return f"<h3>What was done: {counted(len(said), 'event')}</h3>" + bullets(said)
