"""The page of an answer that is no: what cannot be served first, by how much, and the cheapest changes that mend it.

Needs    errors.InfeasibleError with the details that plan.relief found, report.page.
Gives    write_refusal.
Used by  cli.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from wattstack.campus import Campus
from wattstack.errors import InfeasibleError
from wattstack.report.html import Cell, Num, cards, paragraph, table
from wattstack.report.page import Page
from wattstack.report.words import money_of, name_of, quantity, unit_of


def write_refusal(error: InfeasibleError, campus: Campus, path: str | Path) -> Path:
    """Write the page of a campus that cannot be served.

    Args:
        error: As plan_site raises it.
        campus: The campus it was asked for.
        path: File to write.

    Returns:
        The file.
    """
    details = error.details
    synthetic = any(source.synthetic for source in campus.series.values())
    page = Page(
        f"{campus.name}: no plan", campus.description or "Site plan", str(error).splitlines()[0], synthetic
    )
    if details:
        page.add("missing", "What is missing", _missing(details, campus.place.time_zone))
        page.add("mends", "What would mend it", _mends(details, campus.currency))
    else:
        page.add("missing", "What is missing", "".join(map(paragraph, str(error).splitlines()[1:])))
    return page.write(path)


def _missing(details: dict, time_zone: str) -> str:
    moment = datetime.fromisoformat(details["first_time"]).astimezone(ZoneInfo(time_zone))
    return cards(
        [
            ("First at", f"{moment:%Y-%m-%d %H:%M}", f"local time, step {details['first_step']}"),
            ("Missing then", Num(quantity(details["missing_mw"], "MW"), details["missing_mw"]), "of power"),
            ("Missing in all", Num(quantity(details["missing_mwh"], "MWh"), details["missing_mwh"]),
             f"in {details['steps']:,} steps"),
        ]
    )  # fmt: skip


def _mends(details: dict, currency: str) -> str:
    """Each single change that serves the load, the cheapest first."""
    if not details["mends"]:
        return paragraph("No single limit mends it. Raise the connection and the battery together.")
    money = money_of(currency, max(abs(m["yearly_cost"]) for m in details["mends"]))
    rows: list[list[Cell]] = []
    for mend in details["mends"]:
        unit = unit_of(mend["path"])
        rows.append(
            [
                name_of(mend["path"]),
                Num(quantity(mend["from"], unit), mend["from"]),
                Num(quantity(mend["to"], unit), mend["to"]),
                Num(money.text(mend["yearly_cost"]), mend["yearly_cost"]),
            ]
        )
    note = "Each change alone is enough, all else chosen anew; the cheapest first."
    return paragraph(note, "note") + table(["Raise", "From", "To", "Yearly cost then"], rows)
