"""`wattstack plan`: how much to build, what it costs, and how sure that is.

Needs    cli.sets, cli.result, cli.portfolio, plan (plan_site, write_plan), report.
Gives    plan.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wattstack.cli.portfolio import SplitCommand, portfolio_options, refuse_given
from wattstack.cli.portfolio_plan import writable
from wattstack.cli.sets import sets_option
from wattstack.errors import GapError, InfeasibleError, InputError

REFUSAL = "no-plan.html"
GAP_FRAC = 1e-6
LOOSE_FRAC = 1e-5  # the general solver leaves the last digits open
HELP = """Plan a campus, or a portfolio of several sites over years.

CAMPUS.YAML: choose every size that the file gives as a range, at the least yearly cost. A number in the file is
what stands; a range {min, max} is what the plan may choose. The running is worked out with perfect foresight
over the series given.

PORTFOLIO, a portfolio.yaml or its folder: choose what to order, when and from whom, at the highest net present
value; say what holds it back, and with the options below what coordination, risk and each chemistry are worth.

Either answer comes with a bound: no sizes whatever cost less, no orders whatever are worth more; the gap between
the two is printed.

\b
What is written into the folder (nothing before all of it is ready):
  plan.json        the answer, its bound, prices, checksums of the inputs
  *.csv            every table
  timing.json      seconds by stage
  report.html      one page that opens offline
  campus.yaml, traces.parquet, finance.xlsx           of a campus: your file with the sizes in it, every step
                                                      of the running, bill and cash flow with formulas
  orders, capacity, factory, segments, finance .csv   of a portfolio, and a table for each analysis: written
                                                      after the plan, one by one as they are done
Where nothing serves the load of a campus there is only no-plan.html: what is missing, and what would mend it.

\b
Examples:
  wattstack plan campus.yaml
  wattstack plan campus.yaml -o out/tight --set grid.connection.firm_mw=90
  wattstack plan campus.yaml --gap 1e-4 --no-report
  wattstack plan portfolio.yaml -o out/two
  wattstack plan portfolio.yaml -o out/two --compare --sweep supply=0.4,0.7,1,1.5 --risk
  wattstack plan portfolio.yaml --sites sakai --relaxed --no-hold-back
  wattstack plan portfolio.yaml --site sakai --quarter 2030Q2 -o campus.yaml

\b
Exit codes: 0 done, 1 nothing that may be built serves the load, or meets every limit, 2 bad input, 3 the gap
was not reached, 130 stopped (the folder is as it was, or holds the plan and what was done after it).
"""


@click.command(
    cls=SplitCommand, help=HELP, short_help="Size a campus, or plan a portfolio; with a certificate."
)
@click.argument("source", metavar="CAMPUS.YAML|PORTFOLIO", type=click.Path())
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(),
    default="out",
    show_default=True,
    help="Folder the results are written into.",
)
@click.option(
    "--gap",
    "gap_frac",
    type=click.FloatRange(min=0.0, min_open=True),
    default=None,
    help="How far from the bound the plan may be, as a share of its cost or value [default: 1e-6; of a "
    "portfolio 1e-4, relaxed 1e-5].",
)
@click.option(
    "--polish",
    is_flag=True,
    help="Of a campus: go on until the prices are exact in every step; takes half as long again.",
)
@click.option(
    "--report/--no-report",
    "with_report",
    default=True,
    show_default=True,
    help="With report.html, and finance.xlsx of a campus.",
)
@sets_option
@portfolio_options
@click.pass_context
def plan(ctx: click.Context, source: str, folder: str, **options: Any) -> None:
    """Plan a campus or a portfolio."""
    from wattstack.portfolio import is_portfolio

    is_many = is_portfolio(source)
    refuse_given(ctx, of_portfolio=is_many)
    if is_many:
        from wattstack.cli.portfolio_plan import plan_file

        plan_file(source, folder, options)
    else:
        _plan_campus(source, folder, options)


def _plan_campus(campus_file: str, folder: str, options: dict[str, Any]) -> None:
    """Size a campus into a folder."""
    from wattstack.cli.result import result_text
    from wattstack.cli.sets import read_with_sets
    from wattstack.dispatch import announce_compiling
    from wattstack.plan import plan_site, write_plan

    gap_frac = options["gap_frac"] or GAP_FRAC
    with_report = options["with_report"]
    campus = read_with_sets(campus_file, options["sets"])
    _keep_input(Path(campus_file), Path(folder))
    writable(Path(folder))
    announce_compiling(lambda text: click.echo(text, err=True))
    refusal = Path(folder) / REFUSAL
    try:
        answer = plan_site(campus, gap_frac=gap_frac, polish=options["polish"], curve=with_report)
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
