"""`wattstack simulate`: run a sized campus minute by minute with its controller.

Needs    cli.sets, cli.run_text, cli.chemistries, cli.outages, cli.transient, cli.comply_campus, twin, report.
Gives    simulate.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wattstack.cli.chemistries import chemistry_options, compare
from wattstack.cli.comply_campus import comply_options, prove_codes
from wattstack.cli.outages import outage_options, prove_outages
from wattstack.cli.portfolio_plan import writable
from wattstack.cli.sets import sets_option
from wattstack.cli.transient import run_transient, transient_options
from wattstack.errors import InputError

HELP = """Run a campus step by step with the controller that will run the site.

CAMPUS.YAML is a campus whose sizes all stand: `wattstack plan` writes one, OUT/campus.yaml, and where its
plan.json lies beside it the page shows where the plan's saving went. `control:` in the file says what runs it: a
plan of the next hours made anew every quarter of an hour (kind: mpc), or rules alone (kind: rules).

What the plan takes as given happens here: cells with voltage, heat and ageing, converters that lose, generators
that take time and fail, outages, forecasts that err.

\b
What is written into the folder (nothing before all of it is ready):
  run.json         figures, where the saving went, limits that were hit, checksums of the inputs
  *.csv            years, bill, that of perfect foresight, balance, peaks, batteries, limits, events, inputs
  traces.parquet   every step of the first year
  report.html      one page that opens offline; wattstack report lays two runs, or a plan and a run, side by side

\b
Examples:
  wattstack simulate out/sakai/campus.yaml -o out/sakai-run
  wattstack simulate out/sakai/campus.yaml --years 10 --step 5min
  wattstack simulate out/sakai/campus.yaml --set control.kind=rules --no-against
  wattstack simulate out/sakai/campus.yaml --outages 10000 -o out/sakai-outages
  wattstack simulate out/sakai/campus.yaml --transient --event crash:halls.big@20 -o out/sakai-seconds
  wattstack simulate out/sakai/campus.yaml --comply -o out/sakai-proof
  wattstack simulate out/sakai/campus.yaml --chemistries lfp-grid-2026,zinc-halogen-eos --years 10 -o out/compared

\b
Exit codes: 0 done, 1 load was not served, a loop is unstable or a grid code is broken, 2 bad input, 3 ours, 130 stopped
(folder as it was).
"""


@click.command(help=HELP, short_help="Run a sized campus minute by minute with its controller.")
@click.argument("campus_file", metavar="CAMPUS.YAML", type=click.Path())
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(),
    default="out-run",
    show_default=True,
    help="Folder the run is written into.",
)
@click.option("--step", default=None, help="Step of the run, a whole part of time.step.  [default: 1min]")
@click.option(
    "--years",
    type=click.IntRange(1, 60),
    default=1,
    show_default=True,
    help="Passes over the axis, with ageing.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of outages, failures and errors."
)
@click.option(
    "--scenario", default=None, help="Scenario of the campus file; absent = its own time and series."
)
@click.option(
    "--against/--no-against", "with_against", default=True, show_default=True,
    help="Run six times, with one thing of reality more each time: where the plan's saving went.",
)  # fmt: skip
@click.option(
    "--report/--no-report", "with_report", default=True, show_default=True, help="With report.html."
)
@chemistry_options
@outage_options
@transient_options
@comply_options
@sets_option
def simulate(campus_file: str, folder: str, **options: Any) -> int:
    """Simulate a campus into a folder."""
    from wattstack.cli.run_text import run_text
    from wattstack.cli.sets import read_with_sets
    from wattstack.dispatch import announce_compiling
    from wattstack.twin import Setting, Twin, plan_against_twin, write_run

    campus = read_with_sets(campus_file, options["sets"])
    _keep_results(Path(campus_file), Path(folder))
    writable(Path(folder))
    announce_compiling(lambda text: click.echo(text, err=True))
    if options["transient"]:
        return run_transient(campus, folder, options)
    if options["comply"]:
        return prove_codes(campus, campus_file, folder, options)
    if options["outages"] is not None:
        scenario = options["scenario"]
        return prove_outages(campus if scenario is None else campus.in_scenario(scenario), folder, options)
    if options["chemistries"] is not None:
        scenario = options["scenario"]
        return compare(campus if scenario is None else campus.in_scenario(scenario), folder, options)
    twin = Twin(
        campus,
        step=options["step"] or "1min",
        years=options["years"],
        seed=options["seed"],
        scenario=options["scenario"],
    )
    run = plan_against_twin(twin) if options["with_against"] else twin.run(Setting())
    files = write_run(run, folder, plan_beside(Path(campus_file)))
    click.echo(run_text(files))
    if options["with_report"]:
        from wattstack.report import write_report

        click.echo(f"\nreport: {write_report(files, Path(folder) / 'report.html')}")
    return 1 if files.summary["figures"]["unserved_mwh"] > 0.0 else 0


def _keep_results(campus_file: Path, folder: Path) -> None:
    """Refuse to write where the input or a plan stands: the page of the one would take the place of the other's."""
    what = ""
    if folder.resolve() == campus_file.resolve().parent:
        what = f"holds {campus_file.name} itself and perhaps its plan"
    elif (folder / "plan.json").is_file():
        what = "holds a plan"
    if what:
        raise InputError(str(folder), [f"{what}. Name another folder with -o."])


def plan_beside(campus_file: Path) -> dict[str, Any] | None:
    """The plan.json whose sizes a campus.yaml holds, None where there is none of a site."""
    from wattstack.plan import read_json

    if not (campus_file.parent / "plan.json").is_file():
        return None
    summary = read_json(campus_file.parent, "plan.json", "wattstack plan")
    return summary if summary.get("kind") == "site" else None
