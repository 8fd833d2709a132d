"""Tables of what was asked of a plan beside the plan itself.

Needs    plan.portfolio.answers, table.
Gives    answer_tables.
Used by  plan.portfolio.tables.
"""

from __future__ import annotations

from wattstack.plan.portfolio.answers import Answers, ChemistryValue, Holdback, Replanned, Risk
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.table import Cell, Table
from wattstack.portfolio import Calendar

Row = tuple[Cell, ...]


def answer_tables(plan: PortfolioPlan, answers: Answers) -> dict[str, Table]:
    """Tables of what was asked for, by the stem of their CSV file."""
    calendar, tables = plan.portfolio.calendar, {}
    if answers.holdback is not None:
        tables["holdback"] = _holdback(calendar, answers.holdback)
    if answers.compared is not None or answers.sweeps:
        tables["coordination"] = _coordination(answers)
    if answers.risk is not None:
        tables["risk"] = _risk(answers.risk)
    if answers.shares or answers.shortfalls or answers.second_sources:
        tables["suppliers"] = _suppliers(answers)
    if answers.chemistries:
        tables["chemistry"] = _chemistry(answers.chemistries, answers.own_cells_first_m)
    if answers.replanned is not None:
        tables["slips"] = _slips(answers.replanned)
    return tables


def _holdback(calendar: Calendar, found: Holdback) -> Table:
    """A row a cause, rent, relief and date: `about` says which."""
    rows: list[Row] = []
    for cause in found.causes:
        period = calendar.label(cause.period)
        rows.append(
            ("cause", cause.site, period, cause.resource, cause.why, cause.rent_m_per_mw, "M/MW/period")
        )
    rows += [("rent", "", "", rent.name, "", rent.rent_m, "M") for rent in found.rents]
    for relief in found.reliefs:
        rows.append(("relief", "", "", relief.name, relief.change, relief.worth_m, "M"))
    for site, dates in found.time_to_power.items():
        for part, date in zip(("first MW", "half the MW", "all MW"), dates, strict=True):
            period = "" if date is None else calendar.label(date)
            rows.append(
                ("time to power", site, period, part, "" if period else "not in the horizon", date, "periods")
            )
    return Table(("about", "site", "period", "what", "why", "value", "unit"), tuple(rows))


def _coordination(answers: Answers) -> Table:
    """A row a plan and point; the four plans of the base come first, with axis "base".

    reason: why there is no plan at a point, whose amounts are then empty.
    """
    rows: list[Row] = []
    found = answers.compared
    if found is not None:
        rows += [
            ("base", 0.0, name, plan.npv_m, float(plan.total("it_mw").sum()), "")
            for name, plan in found.plans.items()
        ]
    for sweep in answers.sweeps:
        for point in sweep.points:
            at = (sweep.axis, point.value)
            rows += [(*at, n, point.npv_m[n], point.mw_periods[n], "") for n in point.npv_m]
            if point.reason:
                rows.append((*at, "", None, None, point.reason))
    return Table(("axis", "value", "plan", "npv_m", "mw_periods", "reason"), tuple(rows))


def _risk(risk: Risk) -> Table:
    """A row a future, the expectation, what planning for all of them is worth, and a row a supplier.

    regret_m: what not knowing costs; of a supplier what its shortfall costs. spend_m: what is bought from it.
    """
    columns = (
        "about", "name", "frac", "two_stage_m", "base_kept_m", "knowing_m", "regret_m", "worth_m", "spend_m",
    )  # fmt: skip
    rows: list[dict[str, Cell]] = [
        {
            "about": "future", "name": f.scenario, "frac": f.probability_frac, "two_stage_m": f.two_stage.npv_m,
            "base_kept_m": f.base_kept_m, "knowing_m": f.knowing_m, "regret_m": f.regret_m,
        }
        for f in risk.futures
    ]  # fmt: skip
    rows += [
        {
            "about": "expected", "frac": 1.0, "two_stage_m": risk.expected_m, "base_kept_m": risk.base_kept_m,
            "knowing_m": risk.knowing_m, "regret_m": risk.evpi_m,
        },
        {"about": "mean of the worst", "frac": risk.alpha_frac, "two_stage_m": risk.cvar_m},
        {"about": "value of the stochastic solution", "worth_m": risk.vss_m},
        {"about": "of it contracts committed late", "worth_m": risk.contracts_m},
        {"about": "value of perfect information", "worth_m": risk.evpi_m},
    ]  # fmt: skip
    for short in risk.shortfalls:
        name = f"{short.resource} {short.supplier}"
        rows.append(
            {"about": "shortfall", "name": name, "frac": short.probability_frac, "regret_m": short.lost_m}
        )
    for share in risk.shares:
        name = f"{share.resource} {share.supplier}"
        rows.append({"about": "supplier", "name": name, "frac": share.spend_frac, "spend_m": share.spend_m})
    return Table.of(rows, columns)


def _suppliers(answers: Answers) -> Table:
    """A row a share, a shortfall and a second source.

    frac: share of the spend, chance of the shortfall, share that no supplier may exceed. lost_m: NPV lost in the
    shortfall, NPV given up for the second source. saved_m: what that saves of the worst shortfall.
    """
    columns = (
        "about",
        "resource",
        "supplier",
        "origin",
        "frac",
        "units_frac",
        "spend_m",
        "lost_m",
        "saved_m",
    )
    rows: list[dict[str, Cell]] = [
        {
            "about": "share", "resource": s.resource, "supplier": s.supplier, "origin": s.origin,
            "frac": s.spend_frac, "units_frac": s.units_frac, "spend_m": s.spend_m,
        }
        for s in answers.shares
    ]  # fmt: skip
    rows += [
        {
            "about": "shortfall", "resource": s.resource, "supplier": s.supplier, "frac": s.probability_frac,
            "lost_m": s.lost_m,
        }
        for s in answers.shortfalls
    ]  # fmt: skip
    rows += [
        {
            "about": "second source", "resource": s.resource, "frac": s.share_max_frac, "lost_m": s.cost_m,
            "saved_m": s.worst_saved_m,
        }
        for s in answers.second_sources
    ]  # fmt: skip
    return Table.of(rows, columns)


def _chemistry(found: tuple[ChemistryValue, ...], own_first_m: float | None) -> Table:
    """A row a chemistry; "all but own cells" is worth what it costs to take own cells wherever those are offered."""
    columns = (
        "chemistry", "worth_m", "reserve_per_mwh", "power_per_mw", "shifting_per_mwh", "curtailed_per_mwh",
        "where", "held_mwh",
    )  # fmt: skip
    rows = [{name: getattr(c, name) for name in columns} for c in found]
    if own_first_m is not None:
        rows.append({"chemistry": "all but own cells", "worth_m": own_first_m})
    return Table.of(rows, columns)


def _slips(found: Replanned) -> Table:
    """A row a slip, the greatest loss first; "together" is the joint case."""
    columns = (
        "site", "kind", "name", "late_q", "kept_lost_m", "replanned_lost_m", "mw_periods_lost", "undone_m",
    )  # fmt: skip
    rows = [tuple(getattr(slip, name) for name in columns) for slip in found.ranked]
    mw_periods = float(found.before.total("it_mw").sum() - found.kept.total("it_mw").sum())
    rows.append(("", "", "together", None, found.lost_kept_m, found.lost_replanned_m, mw_periods, None))
    return Table(columns, tuple(rows))
