"""A comparison of chemistries on disk: the folder written all at once.

Needs    plan (write_whole, package_versions), twin.comparison.
Gives    write_comparison; read_comparison, which Comparison.read calls.
Used by  cli, twin.comparison.

    comparison.json  layout 1, below; equal inputs, seed and versions give equal bytes, whatever the number of workers
    years.csv        a row a chemistry, draw and year
    worth.csv        a row a chemistry and draw: present values by part, break-even price of the cells
    limits.csv       a row a chemistry, draw and limit that was hit
    sizes.csv        a row a size path, a column a chemistry

comparison.json: wattstack_comparison (layout), name, description, currency, battery, chemistries, pass_years,
replanned, trial, finance; bands (low, middle, high of each thing told, by chemistry); by_year (the same of usable_mwh
by year); conclusions; passports (of the chemistries); inputs with checksums; library (all entries used); versions;
notes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.errors import InputError
from wattstack.plan import package_versions, write_whole

if TYPE_CHECKING:
    from wattstack.twin.comparison import Comparison

LAYOUT = 1
FILE = "comparison.json"
_NAMES = ("low", "middle", "high")
_PLAIN = ("name", "description", "currency", "battery", "pass_years", "replanned", "finance", "trial")


def write_comparison(comparison: Comparison, folder: str | Path) -> None:
    """Write the folder of a comparison: all of it, or nothing.

    Args:
        comparison: As compare_chemistries gives it.
        folder: Made where it is missing.

    Raises:
        InputError: The folder cannot be written.
    """
    write_whole(folder, lambda beside: _write_all(comparison, beside), ("report.html",), last=FILE)


def read_comparison(folder: str | Path) -> Comparison:
    """Read the folder of a comparison back.

    Args:
        folder: As write_comparison leaves it.

    Raises:
        InputError: A file is missing, cannot be read, or is of another layout.
    """
    import pandas as pd

    from wattstack.case import InputRecord
    from wattstack.twin.comparison import Comparison

    folder = Path(folder)
    try:
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
        tables = {stem: pd.read_csv(folder / f"{stem}.csv") for stem in ("years", "worth", "limits")}
        sizes = pd.read_csv(folder / "sizes.csv", index_col=0)
    except (OSError, ValueError) as error:
        what = f"cannot be read: {error}. Run wattstack simulate --chemistries with -o {folder} again."
        raise InputError(str(folder), [what]) from None
    if said.get("wattstack_comparison") != LAYOUT or "pass_years" not in said:
        what = f"comparison.json is of another version, this one reads layout {LAYOUT} with pass_years. Compare again."
        raise InputError(str(folder), [what])
    return Comparison(
        **{key: said[key] for key in _PLAIN},
        **{key: tuple(said[key]) for key in ("chemistries", "passports", "library", "notes")},
        inputs=tuple(InputRecord(**record) for record in said["inputs"]),
        sizes=sizes,
        **tables,
    )


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
        "pass_years": comparison.pass_years,
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
