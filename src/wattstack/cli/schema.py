"""`wattstack schema`: the JSON schema of the campus file, for editors.

Needs    campus.campus_schema.
Gives    schema.
Used by  cli.app.
"""

from __future__ import annotations

import click

from wattstack.errors import UnsupportedError


@click.command(short_help="Print the JSON schema of the campus file, for editors.")
@click.argument("kind", type=click.Choice(["campus", "portfolio"]), default="campus")
def schema(kind: str) -> None:
    """Print the JSON schema of the campus file on standard output.

    An editor with a YAML language server completes and checks from it: save it and name it in the first line
    of the campus file, `# yaml-language-server: $schema=campus.schema.json`.

    \b
    Examples:
      wattstack schema > campus.schema.json

    \b
    Exit codes: 0 done, 2 there is no such schema.
    """
    if kind == "portfolio":
        raise UnsupportedError(
            "wattstack", ["schema portfolio is not built yet: it comes with the portfolio plan."]
        )
    import json

    from wattstack.campus import campus_schema

    click.echo(json.dumps(campus_schema(), indent=2, ensure_ascii=False))
