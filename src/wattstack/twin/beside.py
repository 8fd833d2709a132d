"""The plan whose sizes were run, as far as it can be set against the run.

Needs    twin.run, plan.json.
Gives    plan_beside, NEAR_FRAC.
Used by  twin.store.

A plan.json may lie beside a campus file that was changed since, or that was run with other settings. What differs is
told, and the plan's saving is then left out: a saving of other sizes or other years is not this campus'.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattstack.twin.run import Run

NEAR_FRAC = 1e-3  # of the running cost: the plan's own gap and the rounding of sizes stay far below it


def plan_beside(run: Run, plan: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What of a plan is laid beside a run.

    Args:
        run: As simulate_year gives it.
        plan: plan.json, None where there is none.

    Returns:
        objective, running_cost_per_year, baseline_cost_per_year and saving_per_year [currency/year] of the scenario
        that was run, and `differs`: why nothing is set against this plan; empty where it is.
    """
    if plan is None:
        return None
    record = _record(run, plan)
    differs = _other_sizes(run, plan)
    if record is None:
        differs.append(
            "the plan weighs scenarios, and what was run is none of them. Name one with --scenario."
        )
        cost, baseline, saving = None, None, None
    else:
        cost, baseline, saving = _of_scenario(plan, record)
        if run.reference is not None and not differs:
            now = run.reference.bill.total / run.reference.case.years
            if abs(now - cost) > NEAR_FRAC * abs(cost):
                differs.append(
                    f"with perfect foresight a year of the campus as it was run costs {now:.0f}, in the plan "
                    f"{cost:.0f}: series, prices or the load were changed since."
                )
    return {
        "objective": plan["objective"],
        "running_cost_per_year": cost,
        "baseline_cost_per_year": None if differs else baseline,
        "saving_per_year": None if differs else saving,
        "differs": differs,
    }


def _record(run: Run, plan: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The scenario of the plan that was run: by name, or the only one."""
    records = plan["scenarios"]
    named = [record for record in records if record["name"] == run.scenario]
    if named:
        return named[0]
    return records[0] if len(records) == 1 and run.scenario is None else None


def _other_sizes(run: Run, plan: Mapping[str, Any]) -> list[str]:
    sizes = run.case.campus.size_paths
    return [
        f"{path} is {float(sizes[path]):g}, in the plan {planned:g}."
        for path, planned in plan["sizes"].items()
        if path in sizes and abs(float(sizes[path]) - planned) > NEAR_FRAC * max(abs(planned), 1.0)
    ]


def _of_scenario(
    plan: Mapping[str, Any], record: Mapping[str, Any]
) -> tuple[float, float | None, float | None]:
    """Running cost, cost with no new assets and saving of one scenario a year; upkeep is the same in all of them."""
    years, finance = record["years"], plan["finance"]
    cost = record["bill"] / years
    if record["bill_baseline"] is None or finance["saving_per_year"] is None:
        return cost, None, None
    before = sum(r["weight_frac"] * r["bill_baseline"] / r["years"] for r in plan["scenarios"])
    after = sum(r["weight_frac"] * r["bill"] / r["years"] for r in plan["scenarios"])
    upkeep = before - after - finance["saving_per_year"]
    mine = record["bill_baseline"] / years
    return cost, mine + finance["baseline_cost_per_year"] - before, mine - cost - upkeep
