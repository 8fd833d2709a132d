"""A plan on disk: the folder `out/` written all at once, and read back.

Needs    plan.tables, plan.folder, campus.write_campus, series.write_traces.
Gives    PlanFiles, plan_files, write_plan, read_plan.
Used by  cli, report (which looks at nothing but this content, so that a plan in memory and a folder read look alike).

    plan.json        layout 1, below; equal inputs and versions give equal bytes: no clock times, no paths
    timing.json      seconds by stage and by round: the one file that differs between equal runs
    campus.yaml      the campus with the plan's sizes in it
    traces.parquet   every step of every channel; with several scenarios one file each, traces.NAME.parquet
    *.csv            the tables of plan.tables

plan.json: wattstack_plan (layout), kind "site", name, description, currency, place; versions; sense, objective,
bound, gap_frac, solver, rounds; sizes by path, planned; duties (what each took of each battery); finance; bill and
bill_baseline (a year by line, scenarios weighed; bill_baseline is null where "no new assets" cannot serve the load);
prices (worth of one more unit a year, by path) and marginal (the same in words); scenarios (name, weight_frac, years,
start, step_s, steps, traces and key figures); inputs with checksums; library (passports); notes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.errors import InputError
from wattstack.plan.folder import package_versions, read_json, write_whole
from wattstack.plan.tables import TABLES, plan_tables, plan_traces

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.plan.result import Plan, ScenarioResult
    from wattstack.series import Traces

LAYOUT = 1
OF_A_PLAN = ("report.html", "finance.xlsx")  # what others make of a plan.json
TEXT = (  # columns of the tables by kind; all others are numbers
    "scenario", "month", "path", "unit", "battery", "duty", "charge", "start_local", "set_by", "sentence", "name",
    "file", "sha256", "note", "source",
)  # fmt: skip
FLAGS = ("planned", "stands", "synthetic")
COUNTS = ("round", "rows", "step_s", "year")
COMMAND = "wattstack plan CAMPUS.YAML"


@dataclass(frozen=True)
class PlanFiles:
    """The content of `out/`, in memory or read.

    Attributes:
        summary: plan.json.
        tables: By stem of the CSV file.
        traces: By scenario name.
        timing: timing.json; empty where the folder has none.
    """

    summary: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    traces: dict[str, Traces]
    timing: dict[str, Any]


def plan_files(plan: Plan) -> PlanFiles:
    """The content of a plan's folder, without a folder."""
    traces = {result.case.name: plan_traces(result, plan.sizes) for result in plan.scenarios}
    tables = plan_tables(plan)
    timing = {"stages_s": plan.seconds, "rounds_s": [r.seconds for r in plan.rounds]}
    return PlanFiles(_summary(plan, tables, traces), tables, traces, timing)


def write_plan(plan: Plan, folder: str | Path) -> PlanFiles:
    """Write the folder of a plan: all of it, or nothing.

    Everything is written beside the folder first and moved in when it is whole. An older plan.json goes first and
    the new one comes last, so that a folder with a plan.json is always of one plan; the report and the spreadsheet
    of an older plan go with it. Other files in the folder stay.

    Args:
        plan: As plan_site gives it.
        folder: Made where it is missing.

    Returns:
        What was written, for a report without reading it again.

    Raises:
        InputError: The folder cannot be written.
    """
    return write_whole(folder, lambda beside: _write_all(plan, beside), (*OF_A_PLAN, "traces*.parquet"))


def read_plan(folder: str | Path) -> PlanFiles:
    """Read a folder that write_plan wrote.

    Raises:
        InputError: There is no plan in it, it is of another layout, or a file of it is missing or broken.
    """
    from wattstack.series import read_traces

    folder = Path(folder)
    summary = read_json(folder, "plan.json", COMMAND)
    if summary.get("wattstack_plan") != LAYOUT:
        found = summary.get("wattstack_plan", "no layout number")
        raise InputError(
            str(folder / "plan.json"),
            [f"has layout {found}, must be {LAYOUT}. Plan again with this version."],
        )
    if summary.get("kind") != "site":
        what = f"is of kind {summary.get('kind')!r}, must be 'site'. Read it with read_portfolio_plan."
        raise InputError(str(folder / "plan.json"), [what])
    traced = {record["name"]: record["traces"] for record in summary["scenarios"]}
    names = [*(f"{stem}.csv" for stem in TABLES), *traced.values()]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError(str(folder), [f"lacks {', '.join(missing)}. Plan again into this folder."])
    tables = {stem: _read_table(folder / f"{stem}.csv") for stem in TABLES}
    traces = {name: read_traces(folder / file) for name, file in traced.items()}
    timing = read_json(folder, "timing.json", COMMAND) if (folder / "timing.json").is_file() else {}
    return PlanFiles(summary, tables, traces, timing)


def _read_table(path: Path) -> pd.DataFrame:
    """A table as it was written: numbers to the last bit, which readers that guess do not promise."""
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for name in table.columns.difference(TEXT):
            table[name] = _typed(name, table[name])
    except (ValueError, KeyError) as error:  # pandas' own errors of parsing are ValueErrors
        raise InputError(
            str(path), [f"is not as it was written ({error}). Plan again into this folder."]
        ) from None
    return table


def _typed(name: str, column: pd.Series) -> list:
    if name in FLAGS:
        return [{"True": True, "False": False}[text] for text in column]
    if name in COUNTS:
        return [int(text) for text in column]
    return [float(text) if text else float("nan") for text in column]


def _write_all(plan: Plan, folder: Path) -> PlanFiles:
    from wattstack.campus import write_campus
    from wattstack.series import write_traces

    files = plan_files(plan)
    write_campus(plan.campus.sized(plan.sizes), folder / "campus.yaml")
    for stem, table in files.tables.items():
        table.to_csv(folder / f"{stem}.csv", index=False, lineterminator="\n")
    for record in files.summary["scenarios"]:
        write_traces(files.traces[record["name"]], folder / record["traces"])
    for name, content in (("timing.json", files.timing), ("plan.json", files.summary)):
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return files


def _summary(plan: Plan, tables: dict[str, pd.DataFrame], traces: dict[str, Traces]) -> dict[str, Any]:
    campus = plan.scenarios[0].case.campus
    place = campus.place
    known = plan.finance.get("baseline_cost_per_year") is not None
    return {
        "wattstack_plan": LAYOUT,
        "kind": "site",
        "name": plan.name,
        "description": campus.description,
        "currency": plan.currency,
        "place": {
            "latitude_deg": place.latitude_deg,
            "longitude_deg": place.longitude_deg,
            "time_zone": place.time_zone,
        },
        "versions": package_versions(),
        "sense": plan.sense,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap_frac": plan.gap_frac,
        "solver": plan.solver,
        "rounds": len(plan.rounds),
        "sizes": dict(plan.sizes),
        "planned": list(plan.planned),
        "duties": [
            {name: _plain(value) for name, value in row.items()} for row in tables["duties"].to_dict("records")
        ],
        "finance": {name: _plain(value) for name, value in plan.finance.items()},
        "discount_rate_frac": campus.finance.discount_rate_frac,
        "horizon_years": campus.finance.horizon_years,
        "bill": _yearly(plan, tables["bill"]),
        "bill_baseline": _yearly(plan, tables["bill_baseline"]) if known else None,
        "prices": {m.path: m.worth_per_unit_year for m in plan.marginal},
        "marginal": [
            {"path": m.path, "value": m.value, "unit": m.unit, "worth_per_unit_year": m.worth_per_unit_year,
             "until": _plain(m.until), "sentence": m.sentence} for m in plan.marginal
        ],
        "scenarios": [_scenario(r, traces[r.case.name], len(plan.scenarios)) for r in plan.scenarios],
        "inputs": tables["inputs"].to_dict("records"),
        "library": campus.passports,
        "notes": list(plan.notes),
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """A number JSON knows: not defined is null."""
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _yearly(plan: Plan, bills: pd.DataFrame) -> dict[str, float]:
    """A year's bill by line, the scenarios weighed."""
    out: dict[str, float] = {}
    for result in plan.scenarios:
        rows = bills[(bills["scenario"] == result.case.name) & (bills["month"] == "year")]
        share = result.case.weight_frac / result.case.years
        for line, value in rows.iloc[0].drop(["scenario", "month", "total"]).items():
            if np.isfinite(value):  # else a line that only another scenario has
                out[str(line)] = out.get(str(line), 0.0) + share * float(value)
    return out


def _scenario(result: ScenarioResult, traces: Traces, count: int) -> dict[str, Any]:
    case, run, axis = result.case, result.dispatch, result.case.axis
    arrays = traces.arrays

    def energy(end: str) -> float:
        return sum((float(a.sum()) for n, a in arrays.items() if n.endswith(end)), 0.0) * axis.step_h

    return {
        "name": case.name,
        "weight_frac": case.weight_frac,
        "years": case.years,
        "start": f"{axis.start.astype('datetime64[s]')}Z",
        "step_s": axis.step_s,
        "steps": axis.count,
        "traces": "traces.parquet" if count == 1 else f"traces.{case.name}.parquet",
        "load_mwh": case.load_mwh,
        "pue": _plain(case.pue),
        "peak_load_mw": float(case.load_mw.max()),
        "peak_import_mw": float(arrays["grid.import_mw"].max()),
        "import_mwh": energy("grid.import_mw"),
        "export_mwh": energy("grid.export_mw"),
        "curtailed_mwh": energy(".curtailed_mw"),
        "shed_mwh": energy(".shed_mw"),
        "unserved_mwh": energy("unserved_mw"),
        "discharged_mwh": energy(".discharge_mw"),
        "emission_t": float(result.emission_t.sum()),
        "bill": result.bill.total,
        "bill_baseline": result.baseline.total,
        "peaks_mw": result.peaks_mw,
        "running": {
            "value": run.value, "bound": _plain(run.bound), "solver": run.solver, "proven": bool(run.proven),
            "burnt_mwh": float(run.burnt_mwh), "burnt_worth": float(run.burnt_worth),
        },
        "notes": list(case.notes),
    }  # fmt: skip
