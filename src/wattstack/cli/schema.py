"""`wattstack schema`: the JSON schema of the campus file or the portfolio file, for editors.

Needs    campus.campus_schema, portfolio.portfolio_schema.
Gives    schema.
Used by  cli.app.
"""

from __future__ import annotations

import click


@click.command(short_help="Print the JSON schema of the campus or portfolio file, for editors.")
@click.argument("kind", type=click.Choice(["campus", "portfolio"]), default="campus")
def schema(kind: str) -> None:
    """Print the JSON schema of the campus file, or of the portfolio file, on standard output.

    An editor with a YAML language server completes and checks from it: save it and name it in the first line
    of the file, `# yaml-language-server: $schema=campus.schema.json`.

    \b
    Examples:
      wattstack schema > campus.schema.json
      wattstack schema portfolio > portfolio.schema.json

    \b
    Exit codes: 0 done, 2 there is no such schema.
    """
    import json

    if kind == "portfolio":
        from wattstack.portfolio import portfolio_schema

        text = portfolio_schema()
    else:
        from wattstack.campus import campus_schema

        text = campus_schema()
    click.echo(json.dumps(text, indent=2, ensure_ascii=False))
