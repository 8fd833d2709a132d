"""The campus on one page, as `wattstack check` prints it.

Needs    campus.Campus, case.Case, physics.check_safety, cli.summary_fast.
Gives    summary_text.
Used by  cli.check.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from wattstack.cli.summary_fast import fast_rows
from wattstack.cli.words import money, number, table

if TYPE_CHECKING:
    import numpy as np

    from wattstack.campus import Campus
    from wattstack.case import Case

_STATES = ("broken", "not declared", "kept", "does not apply")  # what asks for a hand first


def summary_text(campus: Campus, cases: list[Case]) -> str:
    """What was read, what it asks for, and what the plan may choose, in at most one page.

    Args:
        campus: As declared.
        cases: One a scenario, bound to its series.

    Returns:
        Lines to print.
    """
    parts = [f"{campus.name}: no fault found. {campus.description}".rstrip()]
    for case in cases:
        parts.append("\n".join(_case_lines(case, named=len(cases) > 1)))
    parts.append("what stands, and what the plan may choose\n" + table(_size_rows(campus)))
    if within := fast_rows(campus):
        parts.append("within seconds\n" + table(within))
    parts.append("inputs\n" + table(_input_rows(cases)))
    if campus.passports:
        rows = [[f"library:{p['name']}", p["status"], p["date"]] for p in campus.passports]
        parts.append("library entries used\n" + table(rows))
    if safety := _safety_lines(campus):
        parts.append("safety rules named\n" + safety)
    notes = dict.fromkeys(note for case in cases for note in case.notes)
    if notes:
        parts.append("notes\n" + "\n".join(f"  {note}" for note in notes))
    return "\n\n".join(parts)


def _case_lines(case: Case, named: bool) -> list[str]:
    """Demand, price, carbon and connection of one scenario."""
    campus, axis = case.campus, case.axis
    zone = ZoneInfo(campus.place.time_zone)
    rows = []
    if named:
        rows.append(["scenario", f"{case.name}, weight {case.weight_frac:g}"])
    rows.append(
        [
            "time",
            f"{_local(axis.start, zone)} to {_local(axis.end, zone)} {campus.place.time_zone}, "
            f"{axis.count:,} {'step' if axis.count == 1 else 'steps'} of {axis.step_s // 60} min",
        ]
    )
    peak = int(case.load_mw.argmax())
    rows.append(
        [
            "demand",
            f"{number(case.load_mwh)} MWh, mean {number(case.load_mw.mean())} MW, "
            f"peak {number(case.load_mw[peak])} MW at {_local(axis.stamps[peak], zone)}",
        ]
    )
    if case.it_mw.any():
        rows.append(["IT", f"mean {number(case.it_mw.mean())} MW, power usage effectiveness {case.pue:.3f}"])
    if campus.grid is not None:
        rows += _grid_rows(case)
    for name, frac in case.solar_frac.items():
        rows.append([f"solar.{name}", f"{number(frac.sum() * axis.step_h)} MWh per MW installed"])
    if case.reserve_mw > 0.0:
        rows.append(
            ["backup", f"{number(case.reserve_mw)} MW, {number(float(case.reserve_mwh.max()))} MWh held back"]
        )
    return [table(rows)]


def _grid_rows(case: Case) -> list[list[str]]:
    """Price, carbon and curtailment of the grid."""
    price, currency = case.buy_price_per_mwh, case.campus.currency
    below = f", below zero in {number(_hours(price < 0.0, case))} h" if (price < 0.0).any() else ""
    rows = [
        [
            "price",
            f"mean {money(price.mean(), currency)}/MWh with adders, {number(price.min())} to "
            f"{number(price.max())}{below}",
        ]
    ]
    if case.carbon_kg_per_mwh.any():
        rows.append(["carbon", f"mean {number(case.carbon_kg_per_mwh.mean())} kg/MWh of import"])
    taken = case.nonfirm_frac < 1.0
    if taken.any():
        rows.append(["curtailed", f"the non-firm power is cut in {number(_hours(taken, case))} h"])
    return rows


def _size_rows(campus: Campus) -> list[list[str]]:
    """Every size: what stands, or the range."""
    rows = []
    for path, size in campus.size_paths.items():
        unit = "MWh" if path.endswith("_mwh") else "MW"
        if isinstance(size, float | int):
            rows.append([path, f"{number(size)} {unit}", "stands"])
        else:
            block = f", in blocks of {number(size.block)}" if size.block else ""
            rows.append([path, f"{number(size.min)} to {number(size.max)} {unit}{block}", "planned"])
    return rows


def _input_rows(cases: list[Case]) -> list[list[str]]:
    """Every input read, once."""
    seen = {}
    for case in cases:
        for record in case.inputs:
            label = "SYNTHETIC" if record.synthetic else ""
            rows = f"{record.rows:,} rows of {record.step_s // 60} min" if record.step_s else ""
            seen[record] = [record.name, rows, label, record.file, record.note]
    return list(seen.values())


def _safety_lines(campus: Campus) -> str:
    """Rules that are broken or cannot be told, each with what would mend it; the others are counted."""
    from wattstack.physics import check_safety

    findings = check_safety(campus)
    parts = []
    for battery in dict.fromkeys(finding.battery for finding in findings):
        of_it = [finding for finding in findings if finding.battery == battery]
        count = Counter(finding.state for finding in of_it)
        told = ", ".join(f"{count[state]} {state}" for state in _STATES if count[state])
        parts.append(f"  battery.{battery}: {told}")
        rows = [f for state in _STATES[:2] for f in of_it if f.state == state]
        for finding in rows:
            doubt = f" (confidence {finding.confidence})" if finding.confidence == "low" else ""
            parts.append(f"    {finding.state}: {finding.entry} {finding.rule}: {finding.why}{doubt}")
            parts.append(f"      mend: {finding.mend}")
    return "\n".join(parts)


def _hours(mask: np.ndarray, case: Case) -> float:
    """Hours in which something holds."""
    return float(mask.sum()) * case.axis.step_h


def _local(stamp: np.datetime64, zone: ZoneInfo) -> str:
    """A UTC stamp on the local clock, to the minute."""
    from datetime import UTC

    moment = stamp.astype("datetime64[s]").item().replace(tzinfo=UTC).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M}"
