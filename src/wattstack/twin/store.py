"""A run on disk: the folder written all at once, and read back.

Needs    plan (write_whole, read_json, package_versions), series.write_traces.
Gives    RunFiles, run_files, write_run, read_run.
Used by  cli, report (which looks at nothing but this content).

    run.json         layout 1, below; equal inputs, seed and versions give equal bytes: no clock times, no paths
    timing.json      seconds by stage
    traces.parquet   every step of the first year, in the channels of a plan and those only a run has
    *.csv            years, bill, bill_plan, balance, peaks, batteries, limits, events, against, makes, inputs

run.json: wattstack_run (layout), kind "year", name, description, currency, place; versions; controller, scenario,
start, step_s, steps, axis_years, years, seed; running_cost_per_year and figures of the first year; reference (the same
campus with perfect foresight: its running cost and the years of its axis); sizes; against (where the plan's saving
went); plan (twin.beside: the plan whose sizes were run, null where there is none); limits; inputs with checksums;
library (passports); notes. bill_plan.csv is the bill of the reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.case import InputRecord
from wattstack.errors import InputError
from wattstack.plan import package_versions, read_json, write_whole
from wattstack.twin.beside import plan_beside
from wattstack.twin.makes import spread_of_makes

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.series import Traces
    from wattstack.twin.run import Run, YearOfRun

LAYOUT = 1
FILE = "run.json"
COMMAND = "wattstack simulate CAMPUS.YAML"
TABLES = (
    "years",
    "bill",
    "bill_plan",
    "balance",
    "peaks",
    "batteries",
    "limits",
    "events",
    "against",
    "makes",
    "inputs",
)
NUMBERS_NOT = ("month", "block", "path", "limit", "first_utc", "unit", "what", "line", "meaning", "name", "file",
               "sha256", "note", "source", "synthetic")  # fmt: skip


@dataclass(frozen=True)
class RunFiles:
    """The content of a run's folder, in memory or read.

    Attributes:
        summary: run.json.
        tables: By stem of the CSV file.
        traces: Of the first year.
        timing: timing.json; empty where the folder has none.
    """

    summary: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    traces: Traces
    timing: dict[str, Any]


def run_files(run: Run, plan: Mapping[str, Any] | None = None) -> RunFiles:
    """The content of a run's folder, without a folder.

    Args:
        run: As simulate_year gives it.
        plan: plan.json of the plan whose sizes were run, None where there is none.
    """
    tables = _tables(run)
    return RunFiles(_summary(run, tables, plan), tables, run.traces, {"stages_s": run.seconds})


def write_run(run: Run, folder: str | Path, plan: Mapping[str, Any] | None = None) -> RunFiles:
    """Write the folder of a run: all of it, or nothing.

    Args:
        run: As simulate_year gives it.
        folder: Made where it is missing.
        plan: plan.json of the plan whose sizes were run, None where there is none.

    Returns:
        What was written, for a report without reading it again.

    Raises:
        InputError: The folder cannot be written.
    """
    return write_whole(
        folder, lambda beside: _write_all(run_files(run, plan), beside), ("report.html",), last=FILE
    )


def read_run(folder: str | Path) -> RunFiles:
    """Read a folder that write_run wrote.

    Raises:
        InputError: There is no run in it, it is of another layout, or a file of it is missing or broken.
    """
    from wattstack.series import read_traces

    folder = Path(folder)
    summary = read_json(folder, FILE, COMMAND)
    if summary.get("wattstack_run") != LAYOUT:
        found = summary.get("wattstack_run", "no layout number")
        raise InputError(str(folder / FILE), [f"has layout {found}, must be {LAYOUT}. Simulate again."])
    missing = [n for n in (*(f"{t}.csv" for t in TABLES), "traces.parquet") if not (folder / n).is_file()]
    if missing:
        raise InputError(str(folder), [f"lacks {', '.join(missing)}. Simulate again into this folder."])
    tables = {stem: _read_table(folder / f"{stem}.csv") for stem in TABLES}
    timing = read_json(folder, "timing.json", COMMAND) if (folder / "timing.json").is_file() else {}
    return RunFiles(summary, tables, read_traces(folder / "traces.parquet"), timing)


def _read_table(path: Path) -> pd.DataFrame:
    """A table as it was written, numbers to the last bit."""
    import pandas as pd

    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    try:
        for name in table.columns.difference(NUMBERS_NOT):
            table[name] = [float(text) if text else np.nan for text in table[name]]
    except ValueError as error:
        what = f"is not as it was written ({error}). Simulate again into this folder."
        raise InputError(str(path), [what]) from None
    return table


def _write_all(files: RunFiles, folder: Path) -> RunFiles:
    from wattstack.series import write_traces

    for stem, table in files.tables.items():
        table.to_csv(folder / f"{stem}.csv", index=False, lineterminator="\n")
    write_traces(files.traces, folder / "traces.parquet")
    for name, content in (("timing.json", files.timing), (FILE, files.summary)):
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return files


def _tables(run: Run) -> dict[str, pd.DataFrame]:
    import pandas as pd

    def by_year(make) -> pd.DataFrame:
        parts = []
        for one in run.years:
            part = make(one)
            part.insert(0, "year", one.year)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    limits = pd.DataFrame(
        [asdict(one) for one in run.limits],
        columns=["path", "limit", "count", "first_utc", "duration_h", "largest", "unit"],
    )
    events = [(one.year, path, what) for one in run.years for path, what in one.events]
    return {
        "years": by_year(lambda one: pd.DataFrame([one.figures])),
        "bill": by_year(lambda one: _bill_table(one.bill)),
        "balance": by_year(lambda one: one.balance.rename_axis("month").reset_index()),
        "bill_plan": _bill_table(run.reference.bill) if run.reference else pd.DataFrame(columns=["month"]),
        "peaks": by_year(lambda one: _peaks(run, one)),
        "batteries": by_year(lambda one: one.batteries.rename_axis("block").reset_index()),
        "limits": limits,
        "events": pd.DataFrame(events, columns=["year", "path", "what"]),
        "against": run.against,
        "makes": spread_of_makes(run.courses, len(run.years)),
        "inputs": pd.DataFrame(
            [asdict(record) for record in run.case.inputs], columns=[f.name for f in fields(InputRecord)]
        ),
    }


def _bill_table(bill: Any) -> pd.DataFrame:
    return bill.table().T.rename(index={"total": "year"}).rename_axis("month").reset_index()


def _peaks(run: Run, one: YearOfRun) -> pd.DataFrame:
    """Highest metered interval of each month, what was to be held, and what perfect foresight would have drawn."""
    import pandas as pd

    planned: dict[str, float] = {}
    for column, peak in (run.reference.peaks_mw if run.reference else {}).items():
        month = column.rsplit(".", 1)[-1]
        planned[month] = max(planned.get(month, 0.0), peak)
    rows = [(m, peak, run.targets_mw.get(m), planned.get(m)) for m, peak in one.peaks_mw.items()]
    return pd.DataFrame(rows, columns=["month", "peak_mw", "target_mw", "plan_mw"], dtype=object)


def _summary(run: Run, tables: dict[str, pd.DataFrame], plan: Mapping[str, Any] | None) -> dict[str, Any]:
    campus, axis = run.case.campus, run.case.axis
    place = campus.place
    return {
        "wattstack_run": LAYOUT,
        "kind": "year",
        "name": run.name,
        "description": campus.description,
        "currency": run.currency,
        "place": {
            "latitude_deg": place.latitude_deg, "longitude_deg": place.longitude_deg, "time_zone": place.time_zone,
        },
        "versions": package_versions(),
        "controller": run.controller,
        "scenario": run.scenario,
        "start": str(axis.start) + "Z",
        "step_s": axis.step_s,
        "steps": axis.count,
        "axis_years": run.case.years,
        "years": len(run.years),
        "seed": run.seed,
        "running_cost_per_year": run.running_cost_per_year,
        "figures": {name: _plain(value) for name, value in run.years[0].figures.items()},
        "sizes": {path: float(size) for path, size in campus.size_paths.items()},
        "against": [{k: _plain(v) for k, v in row.items()} for row in run.against.to_dict("records")],
        "reference": _reference(run),
        "plan": plan_beside(run, plan),
        "limits": tables["limits"].to_dict("records"),
        "inputs": tables["inputs"].to_dict("records"),
        "library": campus.passports,
        "notes": list(run.notes),
    }  # fmt: skip


def _reference(run: Run) -> dict[str, Any] | None:
    """Cost of the same campus with perfect foresight."""
    if run.reference is None:
        return None
    years = run.reference.case.years
    return {"running_cost_per_year": run.reference.bill.total / years, "axis_years": years}


def _plain(value: Any) -> Any:
    """A number JSON knows: not defined is null."""
    return None if isinstance(value, float) and not np.isfinite(value) else value
