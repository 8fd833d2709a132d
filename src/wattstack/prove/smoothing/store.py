"""The folder of a design: the campus with the mix in it, the numbers, the table of what was looked at.

Needs    campus.write_campus, plan (write_whole, package_versions), prove.smoothing.plan.
Gives    write_smoothing.
Used by  prove.smoothing's door, cli.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wattstack.campus import write_campus
from wattstack.plan import package_versions, write_whole
from wattstack.prove.smoothing.plan import SmoothingPlan

LAYOUT = 1
FILE = "smooth.json"
STALE = ("campus.yaml", "sized.yaml", "alternatives.csv", "verdicts.csv", "report.html")


def write_smoothing(plan: SmoothingPlan, folder: str | Path) -> dict[str, Any]:
    """Write the folder of a design: all of it, or nothing.

    campus.yaml has the mix in it and its ranges as they were, for `wattstack plan`; sized.yaml stands at the least
    that backup and smoothing ask for, for `wattstack simulate --transient`. Where nothing passes neither is written.

    Args:
        plan: As design_smoothing gives it.
        folder: Made where it is missing.

    Returns:
        What smooth.json holds.

    Raises:
        InputError: The folder cannot be written.
    """
    summary = {"wattstack_smoothing": LAYOUT, "versions": package_versions(), **plan.to_dict()}

    def write(beside: Path) -> dict[str, Any]:
        if plan.passes:
            write_campus(plan.campus_planned, beside / "campus.yaml")
            write_campus(plan.campus_sized, beside / "sized.yaml")
        plan.table().to_csv(beside / "alternatives.csv", index=False, lineterminator="\n")
        plan.found.table().to_csv(beside / "verdicts.csv", index=False, lineterminator="\n")
        text = json.dumps(_finite(summary), indent=1, ensure_ascii=False, allow_nan=False)
        (beside / FILE).write_text(text + "\n", encoding="utf-8")
        return summary

    return write_whole(folder, write, STALE, last=FILE)


def _finite(value: Any) -> Any:
    """Plain values for JSON: what is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value
