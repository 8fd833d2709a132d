"""`wattstack replan`: what came late, what that costs, and what to change now.

Needs    cli.portfolio_plan, portfolio.read_progress, plan.portfolio (replan), report.
Gives    replan.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Plan a portfolio again from what has come so far.")
@click.argument("source", metavar="PORTFOLIO", type=click.Path())
@click.option(
    "--progress",
    "progress_file",
    required=True,
    metavar="PROGRESS.CSV",
    type=click.Path(),
    help="What was due, what came and when, what is forecast.",
)
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(),
    default="out",
    show_default=True,
    help="Folder the results are written into.",
)
@click.option("--sites", metavar="A,B", help="With these sites only.")
@click.option(
    "--report/--no-report", "with_report", default=True, show_default=True, help="With report.html."
)
@click.option("--cluster", metavar="TCP://...", help="Send the running to a Dask scheduler.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=None,
    help="Threads for the running; processes where it is long.",
)
def replan(
    source: str, progress_file: str, folder: str, with_report: bool, **options: str | int | None
) -> None:
    """Plan PORTFOLIO as it was, then again from the date of PROGRESS.CSV with all that is committed fixed.

    Orders placed, stages committed and gates started before that date stay; what came or is forecast has its
    new date; everything after is free. Each slip is priced alone with the old orders kept, alone and replanned,
    and undone alone; slips interact, so the joint figure stands beside them. All with parts of stages.

    \b
    Examples:
      wattstack replan portfolio.yaml --progress progress.csv -o out/replan
      wattstack replan portfolio.yaml --progress progress.csv --no-report

    \b
    Exit codes: 0 done, 1 no orders meet all limits, 2 bad input, 3 the gap was not reached, 130 stopped
    (the folder is as it was).
    """
    from wattstack.cli.portfolio_plan import asked_portfolio, doing, working_pool, writable
    from wattstack.cli.portfolio_result import plan_text, replanned_text
    from wattstack.plan.portfolio import replan_portfolio, solve_portfolio, write_portfolio_plan
    from wattstack.portfolio import read_progress

    portfolio = asked_portfolio(source, options["sites"])
    rows = read_progress(progress_file, portfolio)
    portfolio.keep_input(folder)
    writable(Path(folder))
    with working_pool(options) as pool:
        with doing("the plan as it was", pool, "Nothing was written."):
            before = solve_portfolio(portfolio, pool=pool)
        with doing("the replan", pool, "Nothing was written."):
            found = replan_portfolio(portfolio, rows, before, pool)
    files = write_portfolio_plan(found.replanned, folder, replanned=found)
    click.echo(plan_text(found.replanned))
    click.echo(f"\n{replanned_text(found)}")
    if with_report:
        from wattstack.report import write_report

        click.echo(f"\nreport: {write_report(files, Path(folder) / 'report.html')}")
