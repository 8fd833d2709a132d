"""`wattstack report`: one page from a folder of results.

Needs    report.write_report.
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
    "-o", "--out", "page", type=click.Path(dir_okay=False), help="Page to write [default: OUT/report.html]."
)
def report(folder: str, other: str | None, page: str | None) -> None:
    """Write the report of the result in OUT: one HTML file that opens offline.

    \b
    Examples:
      wattstack report out/sakai
      wattstack report out/sakai -o sakai.html

    \b
    Exit codes: 0 done, 2 OUT holds no result that can be read.
    """
    from wattstack.errors import UnsupportedError
    from wattstack.report import write_report

    if other is not None:
        raise UnsupportedError("wattstack", ["report OUT OTHER, two results side by side, is not built yet."])
    target = Path(page) if page else Path(folder) / "report.html"
    write_report(folder, target)
    click.echo(f"report: {target}")
