"""`wattstack plan`: how much to build, what it costs, and how sure that is.

Needs    cli.sets, cli.result, plan (plan_site, write_plan), report.
Gives    plan.
Used by  cli.app.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from wattstack.cli.sets import sets_option
from wattstack.errors import GapError, InfeasibleError, InputError

REFUSAL = "no-plan.html"
LOOSE_FRAC = 1e-5  # the general solver leaves the last digits open


@click.command(short_help="Size the campus: MW, MWh, cost, and a certificate.")
@click.argument("campus_file", metavar="CAMPUS.YAML", type=click.Path())
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(file_okay=False),
    default="out",
    show_default=True,
    help="Folder the results are written into.",
)
@click.option(
    "--gap",
    "gap_frac",
    type=click.FloatRange(min=0.0, min_open=True),
    default=1e-6,
    show_default=True,
    help="How far above the lower bound the plan may be, as a share of its cost.",
)
@click.option(
    "--polish",
    is_flag=True,
    help="Go on until the prices of the plan are exact in every step; takes half as long again.",
)
@click.option(
    "--report/--no-report",
    "with_report",
    default=True,
    show_default=True,
    help="With report.html and finance.xlsx.",
)
@sets_option
def plan(
    campus_file: str, folder: str, gap_frac: float, polish: bool, with_report: bool, sets: tuple[str, ...]
) -> None:
    """Choose every size that CAMPUS.YAML gives as a range, at the least yearly cost.

    A number in the file is what stands; a range {min, max} is what the plan may choose. The answer comes with
    a lower bound: no plan whatever costs less than it, and the gap between the two is printed. The running is
    worked out with perfect foresight over the series given.

    \b
    What is written into the folder (nothing before all of it is ready):
      plan.json        sizes, cost, bound, bill, prices, what each limit is worth, checksums of the inputs
      campus.yaml      your file with the sizes in it
      traces.parquet   every step: load, import, solar, battery, prices
      *.csv            every table
      timing.json      seconds by stage
      report.html      one page that opens offline
      finance.xlsx     bill and cash flow with formulas
    Where nothing serves the load there is only no-plan.html: what is missing, and what would mend it.

    \b
    Examples:
      wattstack plan campus.yaml
      wattstack plan campus.yaml -o out/tight --set grid.connection.firm_mw=90
      wattstack plan campus.yaml --gap 1e-4 --no-report

    \b
    Exit codes: 0 done, 1 nothing that may be built serves the load, 2 bad input, 3 the gap was not reached,
    130 stopped (the folder is as it was).
    """
    from wattstack.cli.result import result_text
    from wattstack.cli.sets import read_with_sets
    from wattstack.dispatch import announce_compiling
    from wattstack.plan import plan_site, write_plan

    campus = read_with_sets(campus_file, sets)
    _keep_input(Path(campus_file), Path(folder))
    _writable(Path(folder))
    announce_compiling(lambda text: click.echo(text, err=True))
    refusal = Path(folder) / REFUSAL
    try:
        answer = plan_site(campus, gap_frac=gap_frac, polish=polish, curve=with_report)
    except InfeasibleError as error:
        if with_report:
            from wattstack.report import write_refusal

            click.echo(f"report: {write_refusal(error, campus, refusal)}")
        raise
    files = write_plan(answer, folder)
    refusal.unlink(missing_ok=True)  # of an earlier answer into the same folder
    click.echo(result_text(answer))
    if with_report:
        from wattstack.report import write_report, write_workbook

        write_workbook(files, Path(folder) / "finance.xlsx")
        page = write_report(files, Path(folder) / "report.html")
        click.echo(f"\nreport: {page}")
    _require_gap(answer.gap_frac, gap_frac, folder)


def _require_gap(reached_frac: float, asked_frac: float, folder: str) -> None:
    """Say with exit code 3 that a search over integers ended early; what it found is in the folder."""
    if reached_frac > max(asked_frac, LOOSE_FRAC):
        raise GapError(
            f"the gap is {reached_frac:.1e}, asked was {asked_frac:g}: the plan stands in {folder} as it is. "
            "Ask for a wider gap, a shorter time or fewer integers."
        )


def _keep_input(campus_file: Path, folder: Path) -> None:
    """Refuse to write where the input stands: the sized campus.yaml would take its place."""
    if folder.resolve() == campus_file.resolve().parent:
        what = f"holds {campus_file.name} itself, which the sized campus.yaml would replace."
        raise InputError(str(folder), [f"{what} Name another folder with -o."])


def _writable(folder: Path) -> None:
    """Find out before the work, not after it, that the folder cannot be written."""
    stands = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not stands.is_dir() or not os.access(stands, os.W_OK):
        what = "may not be written to" if stands.is_dir() else "is no folder"
        raise InputError(str(folder), [f"{stands.name or stands} {what}. Name another folder with -o."])
