"""A run as lines of text: what it cost, where the plan's saving went, batteries, limits.

Needs    twin.RunFiles.
Gives    run_text.
Used by  cli.simulate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattstack.twin import RunFiles


def run_text(files: RunFiles) -> str:
    """The run for a terminal.

    Args:
        files: The content of its folder.
    """
    s = files.summary
    parts = [
        f"{s['name']}: {s['years']} year(s) of {s['steps']:,} steps of {s['step_s']} s; {s['controller']}",
        _figures(files), _against(files), _batteries(files), _limits(files),
    ]  # fmt: skip
    parts += [f"note: {text}" for text in s["notes"]]
    return "\n\n".join(part for part in parts if part)


def _table(rows: list[tuple[str, ...]]) -> str:
    """Columns beside each other: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  "
        + "  ".join(
            c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _figures(files: RunFiles) -> str:
    s, f = files.summary, files.summary["figures"]
    rows = [
        (f"running cost, {s['currency']}/year", f"{s['running_cost_per_year']:,.0f}"),
        ("imported, MWh", f"{f['import_mwh']:,.0f}"),
        ("generated, MWh", f"{f['generator_mwh']:,.0f}"),
        ("solar used, MWh", f"{f['solar_mwh']:,.0f}"),
        ("batteries' auxiliaries, MWh", f"{f['auxiliary_mwh']:,.0f}"),
        ("highest import of a step, MW", f"{f['highest_import_mw']:,.1f}"),
        ("not served, MWh", f"{f['unserved_mwh']:,.3f}"),
    ]
    return _table(rows)


def _against(files: RunFiles) -> str:
    lines = files.summary["against"]
    if not lines:
        return ""
    head = ("plan against twin", "difference a year", f"running cost, {files.summary['currency']}/year")
    rows = [
        (line["line"], f"{line['difference_per_year']:+,.0f}", f"{line['cost_per_year']:,.0f}")
        for line in lines
    ]
    return _table([head, *rows])


def _batteries(files: RunFiles) -> str:
    table = files.tables["batteries"]
    last = table[table["year"] == table["year"].max()]
    if last.empty:
        return ""
    head = ("battery at the end", "capacity", "full cycles a year", "round trip", "with auxiliaries")
    rows = [
        (
            str(row["block"]), f"{row['capacity_frac']:.1%}", f"{row['full_cycles']:,.0f}",
            f"{row['round_trip_eff']:.1%}", f"{row['round_trip_net_eff']:.1%}",
        )
        for _, row in last.iterrows()
    ]  # fmt: skip
    return _table([head, *rows])


def _limits(files: RunFiles) -> str:
    limits = files.summary["limits"]
    if not limits:
        return "No limit was hit."
    head = ("limit hit", "times", "hours", "first")
    rows = [
        (f"{one['path']}: {one['limit']}", f"{one['count']:,}", f"{one['hours']:,.1f}", one["first_utc"])
        for one in limits
    ]
    return _table([head, *rows])
