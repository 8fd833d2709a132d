"""A portfolio plan and its analyses on the screen, one block each.

Needs    plan.portfolio: the plan and its answers; finance_summary.
Gives    plan_text, holdback_text, target_text, compared_text, sweep_text, risk_text, suppliers_text,
         chemistry_text, replanned_text.
Used by  cli.portfolio_plan, cli.replan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wattstack.cli.words import number, table
from wattstack.errors import counted

if TYPE_CHECKING:
    from wattstack.plan.portfolio import PortfolioPlan
    from wattstack.plan.portfolio.answers import (
        BatteryTarget,
        Cause,
        ChemistryValue,
        Compared,
        Holdback,
        Replanned,
        Risk,
        Sweep,
    )
    from wattstack.portfolio import Portfolio

RENT = "rent of a limit: what its owner could ask for all of it, not what a little more is worth"
SHOWN = 6  # rents and reliefs on the screen; the tables have all
WORDS = {
    "lead": "even ordered at the start it comes later",
    "supply": "shared supply used up when it had to be ordered",
    "stage": "every stage on that may be",
    "gate": "gate not open yet",
    "limit": "site limit",
    "": "",
}


def plan_text(plan: PortfolioPlan) -> str:
    """Value, bound, energised compute, money and notes of a plan.

    Args:
        plan: As solve_portfolio gives it.

    Returns:
        Lines to print.
    """
    portfolio = plan.portfolio
    label = " SYNTHETIC inputs." if portfolio.synthetic else ""
    kind = "stages, gates and lines whole" if plan.whole else "with parts of stages"
    calls = ", ".join(f"{name} {count:,} times" for name, count in plan.solvers.items())
    head = [
        ["net present value", _millions(plan.npv_m, portfolio)],
        ["no plan is above", f"{_millions(plan.bound_m, portfolio)}, gap {plan.gap_frac:.1e}"],
        ["running", f"{calls}; {counted(len(plan.rounds), 'round')}"],
    ]
    parts = [
        f"{portfolio.name}: planned, {kind}.{label}",
        table(head),
        "energised compute [MW of IT power]\n" + table(_power_rows(plan)),
        "money\n" + table(_money_rows(plan)),
    ]
    if plan.notes:
        parts.append("\n".join(f"  {note}" for note in plan.notes))
    return "\n\n".join(parts)


def _millions(amount_m: float, portfolio: Portfolio) -> str:
    return f"{number(amount_m)} M {portfolio.currency}"


def _power_rows(plan: PortfolioPlan) -> list[list[str]]:
    """Energised compute of each site, and of all, at the end of each fiscal year."""
    calendar = plan.portfolio.calendar
    ends = calendar.year_ends
    rows = [["", *(calendar.label(q) for q in ends)]]
    sites = plan.amounts.get("it_mw", {})
    rows += [[site, *(number(values[q]) for q in ends)] for (site,), values in sites.items()]
    if len(sites) > 1:
        rows.append(["together", *(number(plan.total("it_mw")[q]) for q in ends)])
    return rows


def _money_rows(plan: PortfolioPlan) -> list[list[str]]:
    """Capital, deepest cash, when it is paid back, rate of return."""
    from wattstack.plan.portfolio import finance_summary

    portfolio = plan.portfolio
    found = finance_summary(plan)
    rows = [["capital", _millions(found["capital_m"], portfolio) + " over the horizon"]]
    if found["cash_trough_m"] < 0.0:
        text = f"{_millions(found['cash_trough_m'], portfolio)} in {found['cash_trough_period']}"
        rows.append(["deepest cash", text])
    if found["payback_period"] is not None:
        end = "by what is left at the end"
        rows.append(["paid back", end if found["payback_period"] == "end" else str(found["payback_period"])])
    if isinstance(found["irr"], float):
        rows.append(["rate of return", f"{100 * found['irr']:.1f} % a year"])
    return rows


def holdback_text(plan: PortfolioPlan, found: Holdback) -> str:
    """Causes by site in runs of periods, time to power, the highest rents and what relief is worth."""
    calendar, portfolio = plan.portfolio.calendar, plan.portfolio
    rows = []
    for site in dict.fromkeys(cause.site for cause in found.causes):
        runs = _runs([cause for cause in found.causes if cause.site == site])
        for k, (first, last, cause) in enumerate(runs):
            span = calendar.label(first) + (f" - {calendar.label(last)}" if last > first else "")
            rows.append([site if k == 0 else "", span, cause.resource, WORDS.get(cause.why, cause.why)])
    parts = ["what holds it back\n" + table(rows)] if rows else []
    times = [
        [site, *("never" if q is None else calendar.label(q) for q in dates)]
        for site, dates in found.time_to_power.items()
    ]
    if times:
        parts.append("time to power\n" + table([["", "first MW", "half", "all"], *times]))
    rents = [[r.name, _millions(r.rent_m, portfolio)] for r in found.rents if r.rent_m > 0.0]
    if rents:
        parts.append(RENT + "\n" + table(rents[:SHOWN]))
    reliefs = [[r.name, r.change, _millions(r.worth_m, portfolio)] for r in found.reliefs if r.worth_m > 0.0]
    if reliefs:
        parts.append("what a change is worth, planned again\n" + table(reliefs[:SHOWN]))
    return "\n\n".join(parts)


def _runs(causes: Sequence[Cause]) -> list[tuple[int, int, Cause]]:
    """Causes of one site in runs of periods with the same resource and reason."""
    runs: list[tuple[int, int, Cause]] = []
    for cause in causes:
        if runs and (runs[-1][2].resource, runs[-1][2].why) == (cause.resource, cause.why):
            runs[-1] = (runs[-1][0], cause.period, cause)
        else:
            runs.append((cause.period, cause.period, cause))
    return runs


def target_text(found: BatteryTarget, currency: str) -> str:
    """Battery sales against the target: reached, at what price, or the most that can be."""
    rows = [
        [
            "aimed at",
            f"{number(found.target_m)} M {currency} of domestic sales in fiscal {found.fiscal_year}",
        ],
        ["planned", f"{number(found.outside_m)} M {currency}, {number(found.outside_gwh)} GWh"],
        [
            "own use",
            f"{number(found.own_gwh)} GWh, apart: {number(found.own_m)} M {currency} at what cells cost",
        ],
    ]
    if found.is_reached:
        rows.append(["target", "reached"])
    elif found.forced_cost_m is not None:
        lines = f", with {number(found.forced_lines)} lines more" if found.forced_lines else ""
        rows.append(
            ["target", f"not worth it: forcing it costs {number(found.forced_cost_m)} M {currency}{lines}"]
        )
    else:
        rows.append(["target", f"not reachable: at most {number(found.at_most_m)} M {currency}"])
    return "battery target\n" + table(rows)


def compared_text(found: Compared) -> str:
    """The plans side by side, and the value of coordination in its two parts."""
    portfolio = found.coordinated.portfolio
    rows = [["", f"value [M {portfolio.currency}]", "MW-periods"]]
    rows += [
        [name, number(plan.npv_m), number(float(plan.total("it_mw").sum()))]
        for name, plan in found.plans.items()
    ]
    value, whole = found.value_of_coordination_m, abs(found.coordinated.npv_m)
    share = f", {100 * value / whole:.1f} % of the plan" if whole > 0.0 else ""
    late = f", the grid {found.delay_q} periods late" if found.delay_q else ""
    lines = [
        ["value of coordination", _millions(value, portfolio) + share],
        ["standing in", _millions(found.standing_in_m, portfolio)],
        ["timing", _millions(found.timing_m, portfolio)],
        ["compute", f"{number(found.mw_periods)} MW-periods more"],
    ]
    lacks = [f"{resource} ({count})" for resource, count in found.silo_lacks.items()]
    if lacks:
        lines.append(["the silo lacks", f"{', '.join(lacks)}: site-periods in which there is least of it"])
    head = f"coordinated, and not: all with parts of stages{late}"
    told = "silo: each team for itself, towards the announced targets, at its own lead times and list prices"
    return "\n".join([head, table(rows), "", table(lines), *(f"  {note}" for note in (told, *found.notes))])


def sweep_text(found: Sweep, currency: str) -> str:
    """Values of the plans along an axis, and the value of coordination; below it why a value has none."""
    names = list(dict.fromkeys(name for point in found.points for name in point.npv_m))
    rows = [[found.axis, *names, "coordination", "of the plan"]]
    for point in found.points:
        npvs = point.npv_m
        if point.reason:
            rows.append([f"{point.value:g}", *("-" for _ in names), "-", "-"])
            continue
        value = npvs["coordinated"] - npvs["silo"]
        share = f"{100 * value / abs(npvs['coordinated']):.1f} %" if npvs["coordinated"] else "-"
        rows.append([f"{point.value:g}", *(_cell(npvs.get(name)) for name in names), number(value), share])
    why = [f"  no plan at {p.value:g}: {p.reason}" for p in found.points if p.reason]
    return "\n".join([f"along {found.axis} [M {currency}], {number(found.seconds)} s", table(rows), *why])


def _cell(value: float | None) -> str:
    return "-" if value is None else number(value)


def risk_text(found: Risk, currency: str) -> str:
    """Each future under three plans, expectation, what planning for all and knowing would be worth."""
    rows = [["future", "chance", "one plan for all", "base orders kept", "knowing", "regret"]]
    rows += [
        [
            future.scenario,
            f"{100 * future.probability_frac:g} %",
            number(future.two_stage.npv_m),
            number(future.base_kept_m),
            number(future.knowing_m),
            number(future.regret_m),
        ]
        for future in found.futures
    ]
    means = (found.expected_m, found.base_kept_m, found.knowing_m, found.evpi_m)
    rows.append(["expected", "", *(number(value) for value in means)])
    lines = [
        ["planning for all futures", f"{number(found.vss_m)} M {currency} (VSS)"],
        ["knowing the future", f"{number(found.evpi_m)} M {currency} (EVPI)"],
        [f"worst {100 * found.alpha_frac:g} %", f"{number(found.cvar_m)} M {currency} on average (CVaR)"],
    ]
    head = (
        f"futures [M {currency}]: orders of the first {found.first_stage_q} periods are one decision, "
        f"weight of the worst {found.cvar_weight:g}, gap {found.gap_frac:.1e}"
    )
    parts = [f"{head}\n{table(rows)}", table(lines)]
    if found.notes:
        parts.append("\n".join(f"  {note}" for note in found.notes))
    return "\n\n".join(parts)


def suppliers_text(found: Mapping[str, Sequence], currency: str) -> str:
    """Share of each supplier, what its shortfall would cost, and the price of ordering less from any one."""
    shortfalls = {(s.resource, s.supplier): s for s in found.get("shortfalls", ())}
    rows = [["supplier", "of", "country", "of spend", f"lost in a shortfall [M {currency}]", "chance"]]
    for share in found.get("shares", ()):
        short = shortfalls.get((share.resource, share.supplier))
        rows.append(
            [
                share.supplier,
                share.resource,
                share.origin or "-",
                f"{100 * share.spend_frac:.0f} %",
                "-" if short is None else number(short.lost_m),
                "-" if short is None else f"{100 * short.probability_frac:g} %",
            ]
        )
    parts = ["suppliers of the plan\n" + table(rows)]
    lines = [
        [
            source.resource,
            f"at most {100 * source.share_max_frac:.0f} % from one",
            f"costs {number(round(source.cost_m, 3))}",
            f"saves {number(round(source.worst_saved_m, 3))} of the worst shortfall, "
            f"{number(round(source.expected_saved_m, 3))} on average",
        ]
        for source in found.get("second_sources", ())
    ]
    if lines:
        parts.append(f"a second source [M {currency}]\n" + table(lines))
    return "\n\n".join(parts)


def chemistry_text(found: Sequence[ChemistryValue], currency: str, own_first_m: float | None = None) -> str:
    """Worth of each chemistry, MWh that stand in the end, its cost by duty; the price of own cells first.

    Args:
        found: As value_chemistries gives them.
        currency: Of the portfolio.
        own_first_m: NPV lost where own campuses take own cells only [M]; None where there are none.
    """
    duties = ("reserve /MWh a year", "power /MW a year", "shifting /MWh", "curtailed /MWh")
    rows = [["", f"worth [M {currency}]", "MWh in the end", *duties, "stands"]]
    for one in found:
        costs = (one.reserve_per_mwh, one.power_per_mw, one.shifting_per_mwh, one.curtailed_per_mwh)
        amounts = (number(round(one.worth_m, 3)), number(one.held_mwh))
        rows.append([one.chemistry, *amounts, *(_cell(cost) for cost in costs), one.where])
    text = f"chemistries: cost by duty in {currency}\n{table(rows)}"
    if own_first_m is not None:
        text += f"\n\n  own cells first, as a rule, costs {number(round(own_first_m, 3))} M {currency}"
    return text


def replanned_text(found: Replanned) -> str:
    """What the slips cost, kept and replanned, and what to change now."""
    portfolio = found.before.portfolio
    head = [
        ["as planned before", _millions(found.before.npv_m, portfolio)],
        [
            "orders kept",
            f"{_millions(found.kept.npv_m, portfolio)}, {_millions(found.lost_kept_m, portfolio)} lost",
        ],
        [
            "replanned",
            f"{_millions(found.replanned.npv_m, portfolio)}, {_millions(found.won_back_m, portfolio)} won back",
        ],
    ]
    parts = [f"{portfolio.name}: replanned as of {found.as_of}", table(head)]
    if found.slips:
        rows = [["slip", "late", "lost, kept", "lost, replanned", "undone alone"]]
        for slip in found.ranked:
            name = f"{slip.site} {slip.kind} {slip.name}"
            costs = (slip.kept_lost_m, slip.replanned_lost_m, slip.undone_m)
            rows.append([name, str(slip.late_q), *(number(cost) for cost in costs)])
        joint = "the sum of single slips is not the joint loss: slips hide one another"
        parts.append(f"slips by loss [M {portfolio.currency}], periods late; {joint}\n{table(rows)}")
    for title, lines in (("what to change now", found.actions), ("facts kept", found.facts)):
        if lines:
            parts.append(title + "\n" + "\n".join(f"  {line}" for line in lines))
    return "\n\n".join(parts)
