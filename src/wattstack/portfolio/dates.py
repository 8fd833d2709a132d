"""Dates of a portfolio: every one parses, and lies where it can still do something.

Needs    portfolio.rows.Gathered, portfolio.calendar.
Gives    check_dates, date_fault.
Used by  portfolio.check, portfolio.progress.
"""

from __future__ import annotations

from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.rows import Found, Gathered

# (table, field, whether it may lie before the first period: then it is possible from the start).
PLACED = (
    ("stages", "earliest_energised", True),
    ("gates", "earliest_start", True),
    ("generation", "earliest_energised", True),
    ("suppliers", "from_quarter", True),
    ("servers", "first_order", True),
    ("items", "pipeline_quarter", False),
    ("targets", "quarter", False),
)
PARSED = (("servers", "last_order"), ("servers", "launch"))


def date_fault(calendar: Calendar, label: str, may_be_before: bool, may_be_after: bool = False) -> str | None:
    """What is wrong with a date, None where it is right."""
    number = calendar.number(label)
    if number is None:
        what, example = "a quarter", calendar.first
        if calendar.is_yearly:
            what, example = "a year", label[:4] if label[:4].isdigit() else calendar.first
        return f"is '{label}', must be {what}. Write {example}."
    index = number - calendar.number(calendar.first)
    if (index < 0 and not may_be_before) or (index >= calendar.count and not may_be_after):
        last = calendar.label(calendar.count - 1)
        mend = (
            "Count it as standing at the start, or mend the date."
            if index < 0
            else "Mend the date, lengthen the calendar, or take the row out."
        )
        return f"is {label}, outside the horizon {calendar.first} .. {last}. {mend}"
    return None


def check_dates(all_parts: Gathered, calendar: Calendar) -> None:
    """Tell every date that does not parse or lies where nothing can come of it."""
    for table, name, before in PLACED:
        for found in all_parts.good(table):
            label = getattr(found.part, name)
            if label is None or (table == "items" and found.part.pipeline_units == 0.0):
                continue
            _tell(all_parts, found, name, date_fault(calendar, label, before))
    for table, name in PARSED:
        for found in all_parts.good(table):
            _tell(all_parts, found, name, date_fault(calendar, getattr(found.part, name), True, True))
    for found in all_parts.good("items"):
        if found.part.pipeline_units > 0.0 and found.part.pipeline_quarter is None:
            what = "is missing, must be given where something is in the pipeline. Write the quarter it arrives in."
            all_parts.fault(found.fault("pipeline_quarter", what))
    for found in all_parts.good("servers"):
        _order_window(all_parts, found, calendar)
    for found in all_parts.good("supply"):
        _amounts(all_parts, found, calendar)
    for found in all_parts.good("segments"):
        _access(all_parts, found, calendar)
    start = all_parts.factory.committed_start if all_parts.factory is not None else None
    fault = date_fault(calendar, start, may_be_before=True) if start is not None else None
    if fault is not None:
        all_parts.fault(all_parts.tell_factory("committed_start", fault))
    if all_parts.money is not None:
        _budget(all_parts, calendar)


def _tell(all_parts: Gathered, found: Found, name: str, fault: str | None) -> None:
    if fault is not None:
        all_parts.fault(found.fault(name, fault))


def _order_window(all_parts: Gathered, found: Found, calendar: Calendar) -> None:
    first, last = (calendar.number(getattr(found.part, name)) for name in ("first_order", "last_order"))
    if first is None or last is None:
        return
    if last < first:
        what = f"is {found.part.last_order}, before the first order {found.part.first_order}. Exchange them."
        all_parts.fault(found.fault("last_order", what))
    elif last < calendar.number(calendar.first):
        what = f"is {found.part.last_order}, before the horizon begins: it can never be ordered. Take the row out."
        all_parts.fault(found.fault("last_order", what))


def _amounts(all_parts: Gathered, found: Found, calendar: Calendar) -> None:
    if not found.part.amounts:
        what = "gives no amount, must give one at least. Add a column named by its date."
        all_parts.fault(found.fault("amounts", what))
    for label, amount in found.part.amounts.items():
        fault = date_fault(calendar, label, may_be_before=True, may_be_after=True)
        if fault is None and amount < 0.0:
            fault = f"is {amount:g}, must be >= 0. Give what can be had in that period."
        _tell(all_parts, found, f"amounts.{label}", fault)


def _access(all_parts: Gathered, found: Found, calendar: Calendar) -> None:
    years = set(calendar.fiscal_year.tolist())
    for year, amount in found.part.access_gwh.items():
        if amount < 0.0:
            what = f"is {amount:g}, must be >= 0. Give what can be sold in that year."
            all_parts.fault(found.fault(f"access_gwh.{year}", what))
    if not years & found.part.access_gwh.keys():
        what = f"names no fiscal year of the horizon ({min(years)} .. {max(years)}), so nothing can be sold."
        all_parts.warn(found, "access_gwh", what)


def _budget(all_parts: Gathered, calendar: Calendar) -> None:
    years, tell = set(calendar.fiscal_year.tolist()), all_parts.tell("money")
    for year, amount in all_parts.money.capital_budget_m.items():
        if amount < 0.0:
            all_parts.fault(tell("capital_budget_m", f"is {amount:g} for {year}, must be >= 0. Mend it."))
        if year not in years:
            what = f"names {year}, outside the fiscal years {min(years)} .. {max(years)}. Mend the year."
            all_parts.fault(tell("capital_budget_m", what))
    aimed = all_parts.money.battery_target_year
    if all_parts.money.battery_target_m is not None and aimed not in years:
        what = f"is {aimed}, outside the fiscal years {min(years)} .. {max(years)}. Mend it, or take the target out."
        all_parts.fault(tell("battery_target_year", what))
