"""A plan as tables and channels: what `out/` holds as CSV and parquet.

Needs    plan.result, cost.Bill, series.Traces.
Gives    plan_tables, plan_traces, TABLES.
Used by  plan.store.

Every table stands alone: names in its first columns, units in the column names or beside the value, one `scenario`
column where scenarios differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.cost import Bill
    from wattstack.plan.result import Plan, ScenarioResult
    from wattstack.series import Traces

TABLES = (
    "sizes", "duties", "bill", "bill_baseline", "peaks", "balance", "marginal", "curve", "cash_flow", "capital",
    "convergence", "inputs",
)  # fmt: skip


def plan_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Every table of a plan by the stem of its CSV file, in the order of TABLES.

    bill, bill_baseline and balance have a row a month and a row "year" with the sums of the axis; bills a column a
    line and a column "total".
    """
    import pandas as pd

    sizes = [(path, size, unit_of(path), path in plan.planned) for path, size in plan.sizes.items()]
    marginal = [(m.path, m.value, m.unit, m.worth_per_unit_year, m.until, m.sentence) for m in plan.marginal]
    rounds = [(i, r.bound, r.objective) for i, r in enumerate(plan.rounds, start=1)]
    worth = ["path", "value", "unit", "worth_per_unit_year", "until", "sentence"]
    return {
        "sizes": pd.DataFrame(sizes, columns=["path", "value", "unit", "planned"]),
        "duties": plan.duties.reset_index(drop=True),
        "bill": _by_scenario(plan, lambda s: _bill(s.bill)),
        "bill_baseline": _by_scenario(plan, lambda s: _bill(s.baseline)),
        "peaks": _by_scenario(plan, lambda s: s.bill.peaks.drop(columns="start_utc")),
        "balance": _by_scenario(plan, lambda s: s.balance.rename_axis("month").reset_index()),
        "marginal": pd.DataFrame(marginal, columns=worth).astype({"until": float}),
        "curve": plan.curve.reset_index(drop=True),
        "cash_flow": plan.cash_flow.rename_axis("year").reset_index(),
        "capital": plan.capital.rename_axis("path").reset_index(),
        "convergence": pd.DataFrame(rounds, columns=["round", "bound", "objective"]),
        "inputs": _inputs(plan),
    }


def unit_of(path: str) -> str:
    """Unit of a size, from the end of its path.

    Example:
        >>> unit_of("battery.main.energy_mwh")
        'MWh'
    """
    return "MWh" if path.endswith("_mwh") else "MW"


def _bill(bill: Bill) -> pd.DataFrame:
    table = bill.lines.T.copy()
    table.columns.name = None
    table["total"] = table.sum(axis=1)
    table.loc["year"] = table.sum(axis=0)
    return table.rename_axis("month").reset_index()


def _by_scenario(plan: Plan, make: Callable[[ScenarioResult], pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    parts = []
    for result in plan.scenarios:
        part = make(result).reset_index(drop=True)
        part.insert(0, "scenario", result.case.name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _inputs(plan: Plan) -> pd.DataFrame:
    import pandas as pd

    names = ("name", "file", "sha256", "rows", "step_s", "synthetic", "note", "source")
    rows = [
        (result.case.name, *(getattr(record, name) for name in names))
        for result in plan.scenarios
        for record in result.case.inputs
    ]
    return pd.DataFrame(rows, columns=["scenario", *names])


def plan_traces(result: ScenarioResult, sizes: Mapping[str, float]) -> Traces:
    """Every channel of a scenario's running, shape (steps,), named as in series.channels.

    Args:
        result: The scenario.
        sizes: Sizes of the plan by path, for the sun that was not used.
    """
    from wattstack.series import Traces

    case, run = result.case, result.dispatch
    grid = [values for name, values in run.take_mw.items() if name.startswith("grid.connection.")]
    arrays = {
        "load_mw": case.load_mw,
        "it_mw": case.it_mw,
        "cooling_mw": case.cooling_mw,
        "grid.import_mw": sum(grid, np.zeros(case.axis.count)),
        "grid.export_mw": run.export_mw,
        "unserved_mw": run.take_mw.get("unserved", np.zeros(case.axis.count)),
    }
    for name, frac in case.solar_frac.items():
        used = run.take_mw[f"solar.{name}"]
        arrays[f"solar.{name}.output_mw"] = used
        arrays[f"solar.{name}.curtailed_mw"] = np.maximum(frac * sizes[f"solar.{name}.power_mw"] - used, 0.0)
    for name, taken in run.take_mw.items():
        if name.startswith("generator."):
            arrays[f"{name}.output_mw"] = taken
        elif name.endswith(".shed"):
            arrays[f"{name}_mw"] = taken
    for name in run.stored_mwh:
        arrays[f"{name}.charge_mw"] = run.charge_mw[name]
        arrays[f"{name}.discharge_mw"] = run.discharge_mw[name]
        arrays[f"{name}.stored_mwh"] = run.stored_mwh[name]
        arrays[f"{name}.stored_price_per_mwh"] = run.stored_price_per_mwh[name]
    arrays["bus.price_per_mwh"] = result.price_per_mwh
    arrays["grid.buy_price_per_mwh"] = case.buy_price_per_mwh
    arrays["grid.sell_price_per_mwh"] = case.sell_price_per_mwh
    arrays["grid.carbon_kg_per_mwh"] = case.carbon_kg_per_mwh
    return Traces(case.axis, arrays)
