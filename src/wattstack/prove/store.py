"""Outages on disk: the folder written all at once, and read back.

Needs    plan (write_whole, read_json, json_text, package_versions).
Gives    OutageFiles, outage_files, write_outages, read_outages.
Used by  cli, report (which looks at nothing but this content).

    outages.json     layout 2, below; equal inputs, seed and versions give equal bytes: no clock times, no paths
    timing.json      seconds by stage
    campaigns.csv    a row a campaign
    survival.csv, causes.csv, lengths.csv, inputs.csv
    worst.csv        the campaigns that lost most, minute by minute

outages.json: wattstack_outages (layout), kind "outages", name, description, place; versions; count, duration_h, seed,
antithetic, tilt, critical_frac, outages_per_year; served: served_frac with error_frac, low_frac, high_frac; unserved:
unserved_mwh with its error; figures; sizes; survival, causes, lengths; inputs with checksums; library (passports);
notes; energy_mwh, usable of all batteries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.case import InputRecord
from wattstack.errors import InputError
from wattstack.plan import package_versions, read_json, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from wattstack.prove.result import Outages

LAYOUT = 2
FILE = "outages.json"
COMMAND = "wattstack simulate CAMPUS.YAML --outages 10000"
TABLES = ("campaigns", "survival", "causes", "lengths", "worst", "inputs")


@dataclass(frozen=True)
class OutageFiles:
    """The content of the folder, in memory or read.

    Attributes:
        summary: outages.json. tables: By stem of the CSV file. timing: timing.json; empty where there is none.
    """

    summary: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    timing: dict[str, Any]


def outage_files(outages: Outages) -> OutageFiles:
    """The content of the folder, without a folder."""
    import pandas as pd

    tables = {name: getattr(outages, name) for name in TABLES[:-1]}
    tables["inputs"] = pd.DataFrame(
        [asdict(record) for record in outages.case.inputs],
        columns=[field.name for field in fields(InputRecord)],
    )
    return OutageFiles(_summary(outages, tables), tables, {"stages_s": outages.seconds})


def write_outages(outages: Outages, folder: str | Path) -> OutageFiles:
    """Write the folder: all of it, or nothing.

    Args:
        outages: As simulate_outages gives it.
        folder: Made where it is missing.

    Raises:
        InputError: The folder cannot be written.
    """
    files = outage_files(outages)
    return write_whole(folder, lambda beside: _write_all(files, beside), ("report.html",), last=FILE)


def read_outages(folder: str | Path) -> OutageFiles:
    """Read a folder that write_outages wrote.

    Raises:
        InputError: There is nothing of the kind in it, it is of another layout, or a file is missing.
    """
    import pandas as pd

    folder = Path(folder)
    summary = read_json(folder, FILE, COMMAND)
    if summary.get("wattstack_outages") != LAYOUT:
        found = summary.get("wattstack_outages", "no layout number")
        raise InputError(str(folder / FILE), [f"has layout {found}, must be {LAYOUT}. Simulate again."])
    missing = [f"{name}.csv" for name in TABLES if not (folder / f"{name}.csv").is_file()]
    if missing:
        raise InputError(str(folder), [f"lacks {', '.join(missing)}. Simulate again into this folder."])
    words = ["cause", "part", "shortage", "start_utc", "name", "file", "sha256", "note", "source"]
    tables = {
        name: _as_written(pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False), words)
        for name in TABLES
    }
    timing = read_json(folder, "timing.json", COMMAND) if (folder / "timing.json").is_file() else {}
    return OutageFiles(summary, tables, timing)


def _as_written(table: pd.DataFrame, words: list[str]) -> pd.DataFrame:
    """Numbers to the last bit, which readers that guess do not promise; words as they are."""
    for name in table.columns.difference(words):
        if set(table[name]) <= {"True", "False"}:
            table[name] = table[name] == "True"
        else:
            table[name] = _numbers(table[name])
    return table


def _numbers(texts: Iterable[str]) -> list[float]:
    """Numbers of a column, NaN where nothing stands."""
    return [float(text) if text else float("nan") for text in texts]


def _write_all(files: OutageFiles, folder: Path) -> OutageFiles:
    for stem, table in files.tables.items():
        table.to_csv(folder / f"{stem}.csv", index=False, lineterminator="\n")
    for name, content in (("timing.json", files.timing), (FILE, files.summary)):
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return files


def _summary(outages: Outages, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    campus = outages.case.campus
    place = campus.place
    return {
        "wattstack_outages": LAYOUT,
        "kind": "outages",
        "name": campus.name,
        "description": campus.description,
        "place": {
            "latitude_deg": place.latitude_deg, "longitude_deg": place.longitude_deg, "time_zone": place.time_zone,
        },
        "versions": package_versions(),
        "count": outages.count,
        "duration_h": outages.duration_h,
        "seed": outages.seed,
        "antithetic": outages.antithetic,
        "tilt": None if outages.tilt is None else asdict(outages.tilt),
        "critical_frac": outages.critical_frac,
        "outages_per_year": outages.outages_per_year,
        "served": {
            "served_frac": outages.served.value, "error_frac": outages.served.sigma,
            "low_frac": outages.served_low, "high_frac": outages.served_high,
        },
        "unserved": {"unserved_mwh": outages.unserved_mwh.value, "error_mwh": outages.unserved_mwh.sigma},
        "figures": outages.figures,
        "energy_mwh": float(sum(unit.energy_mwh for unit in campus.battery.values())),
        "sizes": {path: float(size) for path, size in campus.size_paths.items()},
        **{name: _records(tables[name]) for name in ("survival", "causes", "lengths", "inputs")},
        "library": campus.passports,
        "notes": list(outages.notes),
    }  # fmt: skip


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON knows them: what is not defined, or has no end, is null."""
    return [{key: _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
