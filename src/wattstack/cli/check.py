"""`wattstack check`: every fault at once, then the campus on one page.

Needs    campus.read_campus, case.build_cases.
Gives    check.
Used by  cli.app.
"""

from __future__ import annotations

import click

from wattstack.cli.sets import sets_option


@click.command(short_help="List every fault of a campus file, then show it on one page.")
@click.argument("campus_file", metavar="CAMPUS.YAML", type=click.Path())
@sets_option
def check(campus_file: str, sets: tuple[str, ...]) -> None:
    """Read CAMPUS.YAML and every series it names, list all faults at once, then show the campus on one page.

    Nothing is computed beyond the binding of the series to the time axis, and nothing is written.

    \b
    Examples:
      wattstack check campus.yaml
      wattstack check campus.yaml --set grid.connection.firm_mw=90

    \b
    Exit codes: 0 no fault, 2 at least one fault, 130 stopped.
    """
    from wattstack.case import build_cases
    from wattstack.cli.sets import read_with_sets
    from wattstack.cli.summary import summary_text

    campus = read_with_sets(campus_file, sets)
    click.echo(summary_text(campus, build_cases(campus)))
