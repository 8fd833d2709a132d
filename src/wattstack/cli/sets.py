"""`--set path=value`: a campus file with some keys replaced for one run.

Needs    campus.read_campus.
Gives    sets_option, read_with_sets.
Used by  cli.check, cli.plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wattstack.campus import Campus

sets_option = click.option(
    "--set",
    "sets",
    metavar="PATH=VALUE",
    multiple=True,
    help="Replace one key of the campus file for this run; may be given again. VALUE is YAML.",
)


def read_with_sets(campus_file: str, sets: tuple[str, ...]) -> Campus:
    """Read a campus file, the keys named by --set replaced first.

    Args:
        campus_file: Path of the YAML file.
        sets: "grid.connection.firm_mw=90", "battery.main.energy_mwh={max: 400}".

    Raises:
        InputError: The file has faults, or a set has no "=".
    """
    from wattstack.campus import read_campus

    changes = {}
    for text in sets:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise click.BadParameter(f"'{text}' must read PATH=VALUE, like grid.connection.firm_mw=90.")
        changes[path.strip()] = value.strip()
    return read_campus(campus_file, changes=changes) if changes else read_campus(campus_file)
