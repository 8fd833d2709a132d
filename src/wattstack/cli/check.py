"""`wattstack check`: every fault at once, then the campus or the portfolio on one page.

Needs    campus.read_campus, case.build_cases, physics.read_bpx, operate.devices.templates_of; portfolio.read_portfolio.
Gives    check.
Used by  cli.app.
"""

from __future__ import annotations

import click

from wattstack.cli.portfolio import refuse_given
from wattstack.cli.sets import sets_option


@click.command(short_help="List every fault of a campus or portfolio file, then show it on one page.")
@click.argument("source", metavar="CAMPUS.YAML|PORTFOLIO", type=click.Path())
@sets_option
@click.pass_context
def check(ctx: click.Context, source: str, sets: tuple[str, ...]) -> None:
    """Read CAMPUS.YAML, every series and every device template it names, list all faults at once, then show the
    campus on one page. The same for a PORTFOLIO, a portfolio.yaml or its folder, with every table it names.

    A campus is bound to its series and a portfolio's most possible power is added up from its limits; nothing
    else is computed, and nothing is written.

    \b
    Examples:
      wattstack check campus.yaml
      wattstack check campus.yaml --set grid.connection.firm_mw=90
      wattstack check portfolio.yaml

    \b
    Exit codes: 0 no fault, 2 at least one fault, 130 stopped.
    """
    from wattstack.portfolio import is_portfolio

    if is_portfolio(source):
        from wattstack.cli.portfolio_page import portfolio_page
        from wattstack.portfolio import read_portfolio

        refuse_given(ctx, of_portfolio=True)
        click.echo(portfolio_page(read_portfolio(source)))
        return
    from wattstack.case import build_cases
    from wattstack.cli.sets import read_with_sets
    from wattstack.cli.summary import summary_text
    from wattstack.physics import read_bpx

    campus = read_with_sets(source, sets)
    for battery in campus.battery.values():
        if battery.cells is not None:
            read_bpx(campus.base_dir / battery.cells.bpx)
    if campus.devices:
        from wattstack.operate.devices import templates_of

        templates_of(campus)
    click.echo(summary_text(campus, build_cases(campus)))
