"""A comparison of chemistries on disk: the folder written all at once.

Needs    plan (write_whole, package_versions), twin.comparison.
Gives    write_comparison.
Used by  cli.

    comparison.json  layout 1, below; equal inputs, seed and versions give equal bytes, whatever the number of workers
    years.csv        a row a chemistry, draw and year
    worth.csv        a row a chemistry and draw: present values by part, break-even price of the cells
    limits.csv       a row a chemistry, draw and limit that was hit
    sizes.csv        a row a size path, a column a chemistry

comparison.json: wattstack_comparison (layout), name, description, currency, battery, chemistries, replanned, trial,
finance; bands (low, middle, high of each thing told, by chemistry); by_year (the same of usable_mwh by year);
conclusions; passports (of the chemistries); inputs with checksums; library (all entries used); versions; notes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.plan import package_versions, write_whole

if TYPE_CHECKING:
    from wattstack.twin.comparison import Comparison

LAYOUT = 1
FILE = "comparison.json"
_NAMES = ("low", "middle", "high")


def write_comparison(comparison: Comparison, folder: str | Path) -> None:
    """Write the folder of a comparison: all of it, or nothing.

    Args:
        comparison: As compare_chemistries gives it.
        folder: Made where it is missing.

    Raises:
        InputError: The folder cannot be written.
    """
    write_whole(folder, lambda beside: _write_all(comparison, beside), ("report.html",), last=FILE)


def _write_all(comparison: Comparison, folder: Path) -> None:
    for stem in ("years", "worth", "limits"):
        getattr(comparison, stem).to_csv(folder / f"{stem}.csv", index=False, lineterminator="\n")
    comparison.sizes.to_csv(folder / "sizes.csv", lineterminator="\n")
    text = json.dumps(_summary(comparison), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def _summary(comparison: Comparison) -> dict[str, Any]:
    energy = comparison.by_year("usable_mwh")
    return {
        "wattstack_comparison": LAYOUT,
        "name": comparison.name,
        "description": comparison.description,
        "currency": comparison.currency,
        "battery": comparison.battery,
        "chemistries": list(comparison.chemistries),
        "replanned": comparison.replanned,
        "trial": comparison.trial,
        "finance": comparison.finance,
        "bands": {
            name: {column: _named(values) for column, values in own.items()}
            for name, own in comparison.bands().items()
        },
        "by_year": {
            name: {str(year): _named(row) for (_, year), row in own.iterrows()}
            for name, own in energy.groupby("chemistry", sort=False)
        },
        "conclusions": list(comparison.conclusions()),
        "passports": list(comparison.passports),
        "inputs": [asdict(record) for record in comparison.inputs],
        "library": list(comparison.library),
        "versions": package_versions(),
        "notes": list(comparison.notes),
    }


def _named(values: Any) -> dict[str, float | None]:
    """Low, middle, high; what is not defined is null."""
    return {name: (float(v) if np.isfinite(v) else None) for name, v in zip(_NAMES, values, strict=True)}
