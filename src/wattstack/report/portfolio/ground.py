"""What a figure stands on: how many rows of its inputs are assumptions, and what is made up.

Gives    is_assumed, row_is_assumed, ground_words, assumed_rows, made_up, TABLES.
Used by  report.portfolio.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wattstack.portfolio import Portfolio

TABLES = {
    "sites": "sites",
    "items": "prices and lead times",
    "stages": "grid stages",
    "gates": "permits and gates",
    "servers": "servers",
    "storage": "batteries",
    "generation": "on-site generation",
    "supply": "shared supply",
    "suppliers": "suppliers",
    "segments": "battery markets",
    "targets": "announced sizes",
    "scenarios": "futures",
}
MARK = re.compile(r"(^|\s)A(:|\s|$)")
TOLD = re.compile(r"(^|\s)A:")


def is_assumed(source: str, note: str = "") -> bool:
    """Whether a row says that at least one number in it is an assumption; a row without a source is one.

    Args:
        source: Ids of sources, then "A" or "A: what". note: May say "A: what" too.

    Example:
        >>> is_assumed("S23 A"), is_assumed("S07 A:date"), is_assumed("S07 S08"), is_assumed("")
        (True, True, False, True)
        >>> is_assumed("S11", "A: linear towards 2031"), is_assumed("S08", "announced")
        (True, False)
    """
    return not source.strip() or MARK.search(source) is not None or TOLD.search(note) is not None


def row_is_assumed(row: Any) -> bool:
    """Whether a row of a table is an assumption at least in part."""
    return is_assumed(getattr(row, "source", ""), getattr(row, "note", ""))


def assumed_rows(portfolio: Portfolio, table: str) -> tuple[int, int]:
    """Rows of a table that are assumptions at least in part, and all its rows; a scenario is one by its nature."""
    rows: tuple[Any, ...] = getattr(portfolio, table)
    return sum(row_is_assumed(row) for row in rows), len(rows)


def made_up(portfolio: Portfolio) -> tuple[str, ...]:
    """What of the inputs is made up: as the portfolio says, and the synthetic series of its campus files."""
    series = (
        f"{name} of {site}"
        for site, campus in portfolio.campuses.items()
        for name, source in campus.series.items()
        if getattr(source, "synthetic", False)
    )
    return (*portfolio.synthetic, *series)


def ground_words(portfolio: Portfolio, *tables: str) -> str:
    """One sentence or two on what stands below a figure.

    Args:
        portfolio: Whose inputs.
        tables: Keys of TABLES that the figure rests on.
    """
    told, public = [], []
    for name in tables:
        assumed, rows = assumed_rows(portfolio, name)
        if assumed:
            told.append(f"{TABLES[name]} {'all' if assumed == rows else f'{assumed} of'} {rows}")
        elif rows:
            public.append(TABLES[name])
    words = []
    if told:
        words.append(f"Assumed, at least in part (rows): {', '.join(told)}.")
    if public:
        words.append(f"From named sources: {', '.join(public)}.")
    if synthetic := made_up(portfolio):
        words.append(f"SYNTHETIC: {', '.join(synthetic)}.")
    return " ".join(words)
