"""`wattstack report`: one page from a folder of results.

Needs    report.write_report; operate.recount_day for the folder of a live site.
Gives    report.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Write the report of one or two results.")
@click.argument("folder", metavar="OUT", type=click.Path(file_okay=False))
@click.argument("other", metavar="[OTHER]", type=click.Path(file_okay=False), required=False)
@click.option(
    "-o",
    "--out",
    "page",
    type=click.Path(dir_okay=False),
    help="Page to write [default: OUT/report.html, of two OUT/compared.html].",
)
@click.option("--day", metavar="DATE", help="Of a live site: which local day [default: the last whole one].")
def report(folder: str, other: str | None, page: str | None, day: str | None) -> None:
    """Write the report of the result in OUT, or of OUT and OTHER side by side: one file that opens offline.

    A result is a plan or a simulated year; any two of a site, or two of a portfolio, can be laid beside each other.
    The folder of a comparison of chemistries, of outages, of a proof of grid codes, or of seconds (--transient) is read
    alone. Of a live site's folder (wattstack operate)
    a day as it was run is laid beside plan and twin.

    \b
    Examples:
      wattstack report out/sakai
      wattstack report out/sakai out/tight -o compared.html
      wattstack report out/sakai out/sakai-run -o plan-and-run.html
      wattstack report examples/sakai/operate-data --day 2022-08-16

    \b
    Exit codes: 0 done, 2 OUT holds no result that can be read.
    """
    from wattstack.report import write_report

    if (Path(folder) / "history.sqlite").is_file():
        from wattstack.operate import recount_day

        recount_day(folder, day)
    elif day is not None:
        raise click.UsageError("--day goes with the folder of a live site.")
    usual = Path(folder) / ("report.html" if other is None else "compared.html")
    click.echo(f"report: {write_report(folder, page or usual, other)}")
