"""`wattstack init`: a commented starter file and its synthetic series.

Needs    cli.starter.
Gives    init.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path

import click

from wattstack.errors import InputError

STARTERS = ("sakai", "bosquel", "portfolio")


@click.command(short_help="Write a commented starter file and its synthetic series.")
@click.argument("starter", type=click.Choice(STARTERS), default="sakai")
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(file_okay=False),
    help="Folder to write into [default: its name].",
)
@click.option("--force", is_flag=True, help="Replace files that stand there.")
def init(starter: str, folder: str | None, force: bool) -> None:
    """Write a campus file, or a portfolio file, with comments and what it needs into a folder.

    \b
    sakai      150 MW on Osaka bay, half-hours of fiscal year 2022, JPY
    bosquel    1 GW in northern France, hours of 2023, EUR
    portfolio  both, and a battery factory: quarters from 2027 to early 2033, USD

    The series are SYNTHETIC: made from published monthly figures with a fixed seed, so two people get the
    same bytes. Put your own in their place before you believe a number.

    \b
    Examples:
      wattstack init
      wattstack init bosquel -o my-campus
      wattstack init portfolio

    \b
    Exit codes: 0 done, 2 a file stands there already (nothing is written then).
    """
    from wattstack.cli.starter import starter_files

    target = Path(folder or starter)
    files = starter_files(starter)
    standing = [name for name in files if (target / name).exists()]
    if standing and not force:
        raise InputError(
            str(target),
            [f"holds {', '.join(standing)} already. Choose another folder with -o, or replace with --force."],
        )
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (target / name).write_bytes(data)
        click.echo(f"wrote {target / name}")
    first = "portfolio.yaml" if starter == "portfolio" else "campus.yaml"
    click.echo(f"next: wattstack check {target / first}")
