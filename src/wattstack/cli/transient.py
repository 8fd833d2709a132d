"""`wattstack simulate CAMPUS.YAML --transient`: a campus through seconds of milliseconds.

Needs    twin, report, cli.words.
Gives    transient_options, run_transient.
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
    from wattstack.twin.transient import TransientRun

USUAL_S = 60.0
LINES = 20  # of what happened, on a terminal


def transient_options(command: Callable) -> Callable:
    """The options that a run of seconds takes."""
    for option in reversed(
        (
            click.option(
                "--transient", is_flag=True,
                help="Instead of a year: seconds in steps of milliseconds, from GPUs to the point of connection.",
            ),
            click.option(
                "--seconds", type=click.FloatRange(0.0, min_open=True), default=None,
                help="With --transient: length of the run; with --comply, of the normal one.  [default: 60, 1200]",
            ),
            click.option(
                "--step-ms", type=click.FloatRange(0.0, min_open=True), default=1.0, show_default=True,
                help="With --transient: step of the run.",
            ),
            click.option(
                "--event", "events", multiple=True, metavar="EVENT",
                help="With --transient: what happens, KIND[:TARGET][,key=value]@SECOND, or a set by its name "
                "(virginia, site-trip, island-and-return, ...). May be given several times.",
            ),
            click.option(
                "--csv", "as_csv", is_flag=True, help="With --transient and --comply: waves as .csv, not .parquet."
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def run_transient(campus: Campus, folder: str, options: Mapping[str, Any]) -> int:
    """Run the seconds into a folder and print what came of them; 1 where something was unstable.

    Args:
        campus: Sizes stand.
        folder: It is written into.
        options: Of the command line: seconds, step_ms, events, seed, as_csv, comtrade, with_report.
    """
    from wattstack.twin.transient import read_events, simulate_transient, write_transient

    events = read_events(options["events"])
    seconds = USUAL_S if options["seconds"] is None else options["seconds"]
    run = simulate_transient(campus, events, seconds, options["step_ms"] / 1000.0, options["seed"])
    summary = write_transient(run, folder, campus, events, options["as_csv"], options["comtrade"])
    click.echo(transient_text(run, summary))
    if options["with_report"]:
        from wattstack.report import write_transient_page

        click.echo(f"\nreport: {write_transient_page(run, summary, Path(folder) / 'report.html')}")
    return 1 if run.diverged else 0


def transient_text(run: TransientRun, summary: Mapping[str, Any]) -> str:
    """The run for a terminal.

    Args:
        run: As simulate_transient gives it.
        summary: As write_transient gives it.
    """
    marks, wave = summary["marks"], run.wave
    head = f"{run.name}: {wave.duration_s:,.5g} s in steps of {1000.0 * run.step_s:g} ms, {run.groups} rack groups"
    rows = [
        ("", "from the grid", "the campus itself"),
        ("mean, MW", f"{marks['power_mean_mw']:,.1f}", f"{wave['load_mw'].mean():,.1f}"),
        (
            "greatest change within 5 s, MW",
            f"{marks['change_5s_mw']:,.2f}",
            f"{marks['load_change_5s_mw']:,.2f}",
        ),
        ("voltage, pu", f"{marks['voltage_min_pu']:.3f} .. {marks['voltage_max_pu']:.3f}", ""),
        ("frequency, Hz", f"{marks['frequency_min_hz']:.2f} .. {marks['frequency_max_hz']:.2f}", ""),
    ]
    lines = [f"{at_s:10.3f} s  {what}" for at_s, what in run.happened[:LINES]]
    if len(run.happened) > LINES:
        lines.append(f"{len(run.happened) - LINES} further lines stand in happened.csv")
    parts = [
        head,
        table(rows),
        "\n".join(lines),
        "\n".join(f"{a:10.3f} s  {b}" for a, b in run.decisions[:LINES]),
    ]
    parts += [f"UNSTABLE  {run.diverged}"] if run.diverged else []
    parts += [f"note: {text}" for text in run.notes]
    return "\n\n".join(part for part in parts if part)
