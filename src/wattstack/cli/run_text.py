"""A run on one screen, as `wattstack simulate` prints it: cost, where the saving went, batteries, limits.

Needs    twin.RunFiles, cli.words.
Gives    run_text.
Used by  cli.simulate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattstack.cli.words import money, number, table
from wattstack.errors import counted

if TYPE_CHECKING:
    from wattstack.twin import RunFiles


def run_text(files: RunFiles) -> str:
    """Cost, the way from plan to twin, what is left of the batteries, limits that were hit, what a reader must know.

    Args:
        files: The content of its folder.

    Returns:
        Lines to print.
    """
    s = files.summary
    label = " SYNTHETIC inputs." if any(record["synthetic"] for record in s["inputs"]) else ""
    parts = [
        f"{s['name']}: {counted(s['years'], 'year')} of {s['steps']:,} steps.{label}",
        table(_figures(files)),
        _against(files),
        _batteries(files),
        _limits(files),
        "\n".join(f"  {note}" for note in s["notes"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _figures(files: RunFiles) -> list[list[str]]:
    s, f = files.summary, files.summary["figures"]
    plan = s["plan"] or {}
    rows = [["running cost", f"{money(s['running_cost_per_year'], s['currency'])} a year"]]
    if s["reference"] is not None:
        more = s["running_cost_per_year"] - s["reference"]["running_cost_per_year"]
        word = "more" if more >= 0 else "less"
        rows.append(["against the plan", f"{money(abs(more), s['currency'])} a year {word}"])
    if plan.get("saving_per_year") is not None:
        saved = plan["saving_per_year"] - s["running_cost_per_year"] + plan["running_cost_per_year"]
        share = f"{saved / plan['saving_per_year']:.1%}" if plan["saving_per_year"] else "none"
        rows.append(["saving", f"{money(saved, s['currency'])} a year, {share} of the plan's"])
    rows += [
        ["import", f"{number(f['import_mwh'])} MWh, highest step {number(f['highest_import_mw'])} MW"],
        ["own generation", f"{number(f['generator_mwh'])} MWh"],
        ["sun used", f"{number(f['solar_mwh'])} MWh"],
        ["auxiliaries", f"{number(f['auxiliary_mwh'])} MWh drawn by the batteries' cooling and controls"],
        ["not served", f"{number(f['unserved_mwh'])} MWh"],
        ["run by", s["controller"]],
    ]
    return rows


def _against(files: RunFiles) -> str:
    """From the plan's running cost to the run's, a line a cause; or why the plan beside it does not count."""
    s = files.summary
    text = ""
    if s["against"]:
        rows = [
            [one["line"], _signed(one["difference_per_year"], s["currency"]), one["meaning"]]
            for one in s["against"]
        ]
        rows[0][1] = money(s["against"][0]["cost_per_year"], s["currency"])
        text = "  from the plan to the twin, a year:\n" + table(rows)
    for reason in (s["plan"] or {}).get("differs", ()):
        text += f"\n  The plan beside the campus file is not of this run: {reason}"
    return text.removeprefix("\n")


def _signed(value: float, currency: str) -> str:
    return f"{'+' if value > 0.0 else ''}{money(value, currency)}"


def _batteries(files: RunFiles) -> str:
    """What is left of every battery that gave something in the last year."""
    blocks = files.tables["batteries"]
    if blocks.empty:
        return ""
    last = blocks[(blocks["year"] == blocks["year"].max()) & (blocks["discharged_mwh"] > 0.0)]
    return table(
        [
            [
                str(row.block),
                f"{row.capacity_frac:.1%} left after {counted(files.summary['years'], 'year')}",
                f"{number(row.full_cycles / files.summary['axis_years'])} full cycles a year",
                f"round trip {row.round_trip_eff:.1%}, with auxiliaries {row.round_trip_net_eff:.1%}",
            ]
            for row in last.itertuples()
        ]
    )


def _limits(files: RunFiles) -> str:
    limits = files.summary["limits"]
    if not limits:
        return "  No limit was hit."
    rows = [
        [
            f"{one['path']}: {one['limit']}",
            "once" if one["count"] == 1 else f"{one['count']:,} times",
            f"{number(one['duration_h'])} h",
            f"first {one['first_utc']}",
        ]
        for one in limits
    ]
    return "  limits hit:\n" + table(rows)
