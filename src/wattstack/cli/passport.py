"""The passport of a cell as text: every parameter with its value, unit, confidence and source.

Needs    physics.Cell.
Gives    cell_lines.
Used by  cli.library.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattstack.physics import Cell

WIDTH = 112
_INDENT = " " * 10


def cell_lines(cell: Cell) -> list[str]:
    """Lines of the passport; what is of low confidence is marked as such.

    Example:
        >>> from wattstack.physics import cell_of
        >>> cell_lines(cell_of("lfp-grid-2026"))[1]
        '  capacity_ah  314 Ah  (high)'
    """
    low = sum(row.confidence == "low" for row in cell.passport)
    lines = [
        f"cell: {len(cell.passport)} parameters, {low} of them of LOW confidence: replace those before you rely on them"
    ]
    for row in cell.passport:
        mark = "LOW CONFIDENCE" if row.confidence == "low" else row.confidence
        unit = "" if row.unit == "1" else f" {row.unit}"
        said = f"{row.key}  {_value_text(row.value)}{unit}  ({mark})"
        lines += wrap(said, WIDTH, initial_indent="  ", subsequent_indent=_INDENT, break_on_hyphens=False)
        lines += wrap(row.source, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    first, *others = [str(law["law"]) for law in cell.laws] or ["none"]
    beside = f"; beside it, fits to other makes: {', '.join(others)}" if others else ""
    lines.append(f"  ageing law  {first}{beside}")
    return lines


def _value_text(value: object) -> str:
    """A number, a list, or points as x: y."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "; ".join(f"{x:g}: {y:g}" for x, y in value)
    if isinstance(value, (list, tuple)):
        return ", ".join(f"{v:g}" for v in value)
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
