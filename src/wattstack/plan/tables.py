"""A plan as tables and channels: what `out/` holds as CSV and parquet.

Needs    plan.result, cost.Bill, series.Traces.
Gives    plan_tables, plan_traces, TABLES.
Used by  plan.store.

Every table is long enough to stand alone: names in the first columns, units in the column names or beside the
value, one `scenario` column where the scenarios differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from wattstack.plan.result import Plan, ScenarioResult
    from wattstack.series import Traces

TABLES = (
    "sizes", "bill", "bill_baseline", "peaks", "balance", "marginal", "curve", "cash_flow", "capital",
    "convergence", "inputs",
)  # fmt: skip


def unit_of(path: str) -> str:
    """Unit of a size, from the end of its path."""
    return "MWh" if path.endswith("_mwh") else "MW"


def plan_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Every table of a plan by the stem of its CSV file, in the order of TABLES."""
    import pandas as pd

    sizes = [(path, value, unit_of(path), path in plan.planned) for path, value in plan.sizes.items()]
    marginal = [
        (m.path, m.value, m.unit, m.worth_per_unit_year, m.until, m.sentence) for m in plan.marginal
    ]
    rounds = [(i + 1, r.bound, r.objective) for i, r in enumerate(plan.rounds)]
    return {
        "sizes": pd.DataFrame(sizes, columns=["path", "value", "unit", "planned"]),
        "bill": _by_scenario(plan, lambda s: _bill(s.bill)),
        "bill_baseline": _by_scenario(plan, lambda s: _bill(s.baseline)),
        "peaks": _by_scenario(plan, lambda s: _peaks(s.bill)),
        "balance": _by_scenario(plan, lambda s: s.balance.rename_axis("month").reset_index()),
        "marginal": pd.DataFrame(
            marginal, columns=["path", "value", "unit", "worth_per_unit_year", "until", "sentence"]
        ),
        "curve": plan.curve,
        "cash_flow": _indexed(plan.cash_flow, "year"),
        "capital": _indexed(plan.capital, "path"),
        "convergence": pd.DataFrame(rounds, columns=["round", "bound", "objective"]),
        "inputs": _inputs(plan),
    }


def _indexed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table if name in table.columns else table.rename_axis(name).reset_index()


def _by_scenario(plan: Plan, make) -> pd.DataFrame:
    import pandas as pd

    parts = []
    for result in plan.scenarios:
        part = make(result)
        part.insert(0, "scenario", result.case.name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _inputs(plan: Plan) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (s.case.name, r.name, r.file, r.sha256, r.rows, r.step_s, r.synthetic, r.note, r.source)
        for s in plan.scenarios
        for r in s.case.inputs
    ]
    columns = ["scenario", "name", "file", "sha256", "rows", "step_s", "synthetic", "note", "source"]
    return pd.DataFrame(rows, columns=columns)
