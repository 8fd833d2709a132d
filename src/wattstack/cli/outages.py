"""`wattstack simulate CAMPUS.YAML --outages N`: a campus through N outages of the grid.

Needs    prove, report (when asked for), work.Team, cli.words.
Gives    outage_options, prove_outages.
Used by  cli.simulate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattstack.cli.words import table

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.prove import OutageFiles

LINES = 8  # of the causes, the most frequent first
SHOWN_H = (0.25, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0)


def outage_options(command: Callable) -> Callable:
    """The options that campaigns of outages take."""
    for option in reversed(
        (
            click.option(
                "--outages", metavar="N", type=click.IntRange(1), default=None,
                help="Instead of a year: N campaigns, each begun by an outage of the grid at a moment drawn by chance.",
            ),
            click.option(
                "--hours", type=click.FloatRange(0.0, min_open=True), default=72.0, show_default=True,
                help="With --outages: length of a campaign.",
            ),
            click.option(
                "--rare", is_flag=True,
                help="With --outages: draw every other pair of campaigns with longer outages and more failures, and "
                "weigh it back. Says more about losses that are rare.",
            ),
            click.option(
                "--workers", type=click.IntRange(1), default=None,
                help="With --outages: threads.  [default: the cores of this machine]",
            ),
            click.option(
                "--cluster", metavar="ADDRESS", default=None,
                help="With --outages: a running Dask scheduler, tcp://HOST:8786, that does the work.",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def prove_outages(campus: Campus, folder: str, options: Mapping[str, Any]) -> int:
    """Run the campaigns into a folder and print what came of them.

    Args:
        campus: Sizes stand.
        folder: It is written into.
        options: Of the command line: outages, hours, rare, workers, cluster, seed, with_report.
    """
    from contextlib import nullcontext

    from wattstack.prove import Tilt, simulate_outages, write_outages
    from wattstack.work import Team

    own = options["workers"] is None and options["cluster"] is None
    with nullcontext() if own else Team(options["workers"] or 0, options["cluster"]) as team:
        outages = simulate_outages(
            campus, options["outages"], options["hours"], seed=options["seed"],
            tilt=Tilt() if options["rare"] else None, team=team,
        )  # fmt: skip
    files = write_outages(outages, folder)
    click.echo(outage_text(files))
    if options["with_report"]:
        from wattstack.report import write_report

        click.echo(f"\nreport: {write_report(files, Path(folder) / 'report.html')}")
    return 0


def outage_text(files: OutageFiles) -> str:
    """The campaigns for a terminal.

    Args:
        files: The content of their folder.
    """
    s = files.summary
    served, figures = s["served"], s["figures"]
    head = (
        f"{s['name']}: {s['count']:,} outages of the grid, {s['duration_h']:g} h from the start of each; critical is "
        f"{s['critical_frac']:.0%} of the load"
    )
    rows = [
        ("", "", "95 % between"),
        (
            "critical load served", f"{served['served_frac']:.3%}",
            f"{served['low_frac']:.3%} and {served['high_frac']:.3%}",
        ),
        ("not served, MWh an outage, mean", f"{s['unserved']['unserved_mwh']:.4g}", ""),
        ("not served, worst outage met, MWh", f"{figures['unserved_100_percent_mwh']:,.1f}", ""),
        ("losses a year, expected", f"{figures['lost_per_year']:.2g}", ""),
        ("length of an outage, h, mean", f"{figures['outage_h']:.2f}", ""),
        ("stored when the grid goes, MWh, mean", f"{figures['stored_mwh']:,.1f}", ""),
    ]  # fmt: skip
    parts = [head, table(rows), _survival(s), _causes(s)]
    parts += [f"note: {text}" for text in s["notes"]]
    return "\n\n".join(part for part in parts if part)


def _survival(s: Mapping[str, Any]) -> str:
    rows = [("no loss up to", "chance", "95 % between")]
    rows += [
        (
            f"{one['until_h']:g} h",
            f"{one['served_frac']:.3%}",
            f"{one['low_frac']:.3%} and {one['high_frac']:.3%}",
        )
        for one in s["survival"]
        if one["until_h"] in SHOWN_H or one["until_h"] == s["duration_h"]
    ]
    return table(rows)


def _causes(s: Mapping[str, Any]) -> str:
    if not s["causes"]:
        return "Critical load was lost in none of them."
    rows = [("failed first", "lacked then", "share of losses")]
    for one in s["causes"][:LINES]:
        part = f" ({one['part']})" if one["part"] else ""
        rows.append((f"{one['cause']}{part}", one["shortage"], f"{one['share_frac']:.1%}"))
    return table(rows)
