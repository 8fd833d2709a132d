"""`wattstack library`: the facts that ship with the product, with source and date.

Needs    library.find, library.names, library.kinds; of a chemistry physics.cell_of, report.write_chemistry.
Gives    library.
Used by  cli.app.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


@click.command(short_help="Show the facts that ship with wattstack, with source and date.")
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.option(
    "--plot",
    "page",
    type=click.Path(dir_okay=False),
    metavar="FILE.html",
    help="Of a chemistry: write a page with its voltage, efficiency and fade, and its passport.",
)
def library(kind: str | None, name: str | None, page: str | None) -> None:
    """List all entries of the library, those of one KIND, or show one entry by NAME with its figures.

    Every entry has a passport: source, date, status (in force, approved, draft, proposal, claim, assumption) and
    confidence. A campus file uses an entry as library:NAME. A chemistry also shows its cell: every parameter with
    value, unit, confidence and source.

    \b
    Examples:
      wattstack library
      wattstack library chemistries
      wattstack library chemistries lfp-grid-2026
      wattstack library chemistries lfp-grid-2026 --plot lfp.html

    \b
    Exit codes: 0 done, 2 there is no such kind or entry.
    """
    from wattstack.library import find, kinds, names

    if kind is not None:
        kind = kind.replace("-", "_")
    if page is not None and (kind != "chemistries" or name is None):
        raise click.UsageError(
            "--plot shows one chemistry: wattstack library chemistries NAME --plot FILE.html"
        )
    if kind is not None and name is not None:
        click.echo(_entry_text(find(kind, name)))
        if kind == "chemistries":
            _show_cell(name, page)
        return
    for one in kinds() if kind is None else (kind,):
        entries = [find(one, each) for each in names(one)]
        click.echo(one)
        for entry in entries:
            click.echo(f"  {entry.name:<32}{entry.status:<12}  {entry.date:<10}  {entry.title}")


def _entry_text(entry: object) -> str:
    """One entry in full: passport, values, the figures behind them, notes."""
    lines = [f"{entry.name}: {entry.title}", ""]
    lines += [f"  {word:<12}{getattr(entry, word)}" for word in ("source", "date", "status", "confidence")]
    if entry.currency:
        lines.append(f"  {'currency':<12}{entry.currency}")
    lines += ["", "values"]
    lines += [f"  {key:<28}{_value_text(value)}" for key, value in entry.values.items() if key != "rules"]
    rules = entry.values.get("rules", {})
    if rules:
        lines += ["", "rules"]
    lines += [f"  {name:<16}{rule['text']}{_doubt(rule)}" for name, rule in rules.items()]
    if entry.facts:
        lines += ["", "figures behind them"]
        lines += [f"  {f['item']}: {_measured(f)} ({f['source']})" for f in entry.facts]
    return "\n".join(lines + (["", entry.notes] if entry.notes else []))


def _doubt(rule: Mapping[str, Any]) -> str:
    """Source and confidence of a rule that has its own."""
    own = [
        f"{key} {rule[key]}" if key == "confidence" else rule[key]
        for key in ("confidence", "source")
        if key in rule
    ]
    return f" ({'; '.join(own)})" if own else ""


def _measured(fact: Mapping[str, object]) -> str:
    return str(fact["value"]) if fact["unit"] == "1" else f"{fact['value']} {fact['unit']}"


def _show_cell(name: str, page: str | None) -> None:
    """The passport of the cell, and its page where one is asked for."""
    from wattstack.cli.passport import cell_lines
    from wattstack.physics import cell_of

    click.echo("\n" + "\n".join(cell_lines(cell_of(name))))
    if page is None:
        click.echo(f"\nplots: wattstack library chemistries {name} --plot {name}.html")
        return
    from wattstack.report import write_chemistry

    click.echo(f"\nplots: {write_chemistry(name, page)}")


def _value_text(value: object) -> str:
    """A value on one line; long tables are cut."""
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
