"""Plan against actual: what was due, what came, what is forecast, as of a date.

Needs    portfolio.tables, rows, dates.
Gives    read_progress.
Used by  the verb replan.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wattstack.errors import Fault, InputError, nearest
from wattstack.portfolio.dates import date_fault
from wattstack.portfolio.market import Progress
from wattstack.portfolio.rows import Found, Reading
from wattstack.portfolio.tables import read_table
from wattstack.portfolio.whole import Portfolio


def read_progress(path: str | Path, portfolio: Portfolio) -> tuple[Progress, ...]:
    """Read a progress table: CSV with the columns as_of, site, kind, name, baseline_quarter, baseline_quantity, ...

    Names are those of the portfolio: gates, items, stages; an order is named by what is ordered,
    "servers_GENERATION", an item, a chemistry or a source of power; a line stands at the site "factory" under
    any name.

    Args:
        path: CSV file.
        portfolio: That the rows are about.

    Raises:
        InputError: It cannot be read, a name is unknown, a date does not parse, lies where it cannot, or
            contradicts as_of: every fault at once. Whether a fact fits the plan's limits is the replan's business.
    """
    path = Path(path)
    reading = Reading(portfolio.currency, dict(portfolio.exchange))
    table = read_table(path, "progress", reading.faults)
    rows = reading.table(table) if table is not None else []
    good = [found for found in rows if found.part is not None]
    if table is not None and not rows:
        reading.faults.append(Fault(path.name, "holds no row, must hold one at least. Write one."))
    for found in good:
        _check_names(found, portfolio, reading.faults)
        _check_dates(found, portfolio, reading.faults)
        _check_amounts(found, reading.faults)
    _check_together([f for f in good if portfolio.calendar.number(f.part.as_of)], reading.faults)
    if reading.faults:
        raise InputError(path.name, reading.faults)
    return tuple(found.part for found in good)


def _check_names(found: Found, portfolio: Portfolio, faults: list[Fault]) -> None:
    row = found.part
    if row.kind == "line":
        known = ["factory", *([portfolio.factory.name] if portfolio.factory is not None else [])]
        _unknown(found, "site", row.site, known, faults)
        if portfolio.factory is None:
            faults.append(
                found.fault("kind", "is 'line', but the portfolio has no factory. Take the row out.")
            )
        return
    _unknown(found, "site", row.site, [site.name for site in portfolio.sites], faults)
    here = {
        "gate": [gate.gate for gate in portfolio.gates if gate.site == row.site],
        "item": [item.item for item in portfolio.items if item.site == row.site],
        "stage": [stage.stage for stage in portfolio.stages if stage.site == row.site],
        "order": [
            *(f"servers_{server.generation}" for server in portfolio.servers),
            *(item.item for item in portfolio.items if item.site == row.site),
            *(offer.chemistry for offer in portfolio.storage if offer.site == row.site),
            *(offer.tech for offer in portfolio.generation if offer.site == row.site),
        ],
    }
    if any(site.name == row.site for site in portfolio.sites):
        _unknown(found, "name", row.name, here[row.kind], faults)


def _unknown(found: Found, name: str, value: str, known: Iterable[str], faults: list[Fault]) -> None:
    known = list(known)
    if value not in known:
        near = nearest(value, known)
        hint = f"Nearest: '{near}'." if near else f"There are: {', '.join(known) or 'none'}."
        faults.append(found.fault(name, f"is '{value}', which this portfolio does not know. {hint}"))


def _check_dates(found: Found, portfolio: Portfolio, faults: list[Fault]) -> None:
    row, calendar = found.part, portfolio.calendar
    wrong = set()
    for name, before, after in (
        ("as_of", False, False),
        ("baseline_quarter", True, False),
        ("actual_quarter", True, False),
        ("forecast_quarter", True, True),
    ):
        label = getattr(row, name)
        fault = date_fault(calendar, label, before, after) if label is not None else None
        if fault is not None:
            wrong.add(name)
            faults.append(found.fault(name, fault))
    if "as_of" in wrong:
        return
    now = calendar.index(row.as_of)
    if row.actual_quarter is None and row.forecast_quarter is None:
        what = "says neither when it came nor when it is forecast. Give actual_quarter or forecast_quarter."
        faults.append(Fault(found.row.where, what))
    came = None if "actual_quarter" in wrong else row.actual_quarter
    forecast = None if "forecast_quarter" in wrong else row.forecast_quarter
    if came is not None and calendar.index(came) > now:
        what = f"is {came}, after the report as of {row.as_of}. Write it as forecast_quarter."
        faults.append(found.fault("actual_quarter", what))
    if forecast is not None and calendar.index(forecast) < now:
        what = f"is {forecast}, before the report as of {row.as_of}. Give a later one, or the actual."
        faults.append(found.fault("forecast_quarter", what))


def _check_amounts(found: Found, faults: list[Fault]) -> None:
    """A gate is there once; what came whole is not forecast as well."""
    row = found.part
    for name in ("baseline_quantity", "actual_quantity") if row.kind == "gate" else ():
        quantity = getattr(row, name)
        if quantity is not None and quantity != 1.0:
            faults.append(found.fault(name, f"is {quantity:g}, must be 1: a gate is there once. Write 1."))
    got = row.baseline_quantity if row.actual_quantity is None else row.actual_quantity
    if row.actual_quarter is not None and row.forecast_quarter is not None and got >= row.baseline_quantity:
        what = (
            f"is {row.forecast_quarter}, but all of it came in {row.actual_quarter}. Take it out, or give the "
            "actual_quantity that came so far."
        )
        faults.append(found.fault("forecast_quarter", what))


def _check_together(rows: list[Found], faults: list[Fault]) -> None:
    """One date of report for all, no row twice."""
    seen: dict[tuple[str, ...], Found] = {}
    for found in rows:
        row = found.part
        if row.as_of != rows[0].part.as_of:
            what = f"is {row.as_of}, the first row's is {rows[0].part.as_of}. Give one report a file."
            faults.append(found.fault("as_of", what))
        key = (row.site, row.kind, row.name, row.baseline_quarter)
        if key in seen:
            what = f"says {' '.join(key)} again, as {seen[key].row.where} does. Remove one."
            faults.append(Fault(found.row.where, what))
        seen.setdefault(key, found)
