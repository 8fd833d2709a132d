"""What the command line asks of a portfolio: its options, and whose options are whose.

Gives    PortfolioOption, SplitCommand, portfolio_options, refuse_given.
Used by  cli.plan, cli.check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

ONLY_CAMPUS = ("polish", "sets")


class PortfolioOption(click.Option):
    """An option that only a portfolio has; help shows these apart."""


class SplitCommand(click.Command):
    """A command that takes a campus or a portfolio: the options of the second stand in a section of their own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in two sections."""
        parts: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                parts[isinstance(parameter, PortfolioOption)].append(record)
        for is_portfolio, title in ((False, "Options"), (True, "Options of a portfolio")):
            with formatter.section(title):
                formatter.write_dl(parts[is_portfolio])


def _option(*words: str, **settings: Any) -> Callable[[Callable], Callable]:
    return click.option(*words, cls=PortfolioOption, **settings)


def portfolio_options(command: Callable) -> Callable:
    """Add the options of a portfolio to a command."""
    options = [
        _option(
            "--whole/--relaxed",
            default=True,
            show_default=True,
            help="Stages, gates and factory lines whole, or in parts (quicker, proven to 1e-5).",
        ),
        _option("--sites", metavar="A,B", help="Plan with these sites only."),
        _option(
            "--hold-back/--no-hold-back",
            default=True,
            show_default=True,
            help="With what holds each site back, and what more or earlier would be worth.",
        ),
        _option("--compare", is_flag=True, help="With the plans of separate teams beside it."),
        _option(
            "--delay",
            metavar="QUARTERS",
            type=click.IntRange(min=0),
            default=0,
            help="With --compare: the grid comes so much later, told or untold.",
        ),
        _option(
            "--sweep",
            "sweeps",
            metavar="AXIS=V1,V2,...",
            multiple=True,
            help="With these plans along supply, supply:RESOURCE, firm, fire_cap (factors) or grid_delay "
            "(quarters); may be given again.",
        ),
        _option("--risk", is_flag=True, help="With one set of first orders for all futures."),
        _option(
            "--cvar-weight",
            type=click.FloatRange(0.0, 1.0),
            default=None,
            help="With --risk: weight of the worst futures [default: the file's].",
        ),
        _option("--chemistry", is_flag=True, help="With the worth of each chemistry, and its cost by duty."),
        _option("--cluster", metavar="TCP://...", help="Send the running to a Dask scheduler."),
        _option(
            "--workers",
            type=click.IntRange(min=1),
            default=None,
            help="Threads for the running; processes where it is long.",
        ),
        _option("--site", help="Write the campus that stands there in --quarter to -o, nothing else."),
        _option("--quarter", metavar="2030Q2", help="With --site: when."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def refuse_given(ctx: click.Context, of_portfolio: bool) -> None:
    """Refuse options that do not belong to the kind of file that was named."""
    for parameter in ctx.command.params:
        mine = isinstance(parameter, PortfolioOption) if not of_portfolio else parameter.name in ONLY_CAMPUS
        source = ctx.get_parameter_source(parameter.name)
        if mine and source is click.core.ParameterSource.COMMANDLINE:
            kinds = ("a campus file", "a portfolio") if of_portfolio else ("a portfolio", "a campus file")
            raise click.UsageError(f"{parameter.opts[0]} is for {kinds[0]}, this is {kinds[1]}.", ctx)
