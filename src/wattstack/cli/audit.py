"""`wattstack audit`: check a log of changes from outside.

Needs    operate.audit.
Gives    audit.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path

import click

from wattstack.cli.words import plain

HELP = """Check the log of changes of a live site.

verify reads FILE (audit.log in the folder of the site) and says whether a line was changed, taken out, put in, moved or
cut off. It writes nothing and needs nothing else: run it on a copy, on another machine.

The end of a log can be cut off together with its head file by whoever owns the machine. What has left the machine
shows it: --head NUMBER:HASH, as it was noted or mailed, or --copy, an older copy of the log.

\b
Examples:
  wattstack audit verify operate-data/audit.log
  wattstack audit verify audit.log --copy last-month.log --head 812:9f2c...e1

\b
Exit codes: 0 sound, 1 something was done to it, 2 bad input.
"""


@click.group(help=HELP, short_help="Check the log of changes of a live site.")
def audit() -> None:
    """See HELP."""


@audit.command(short_help="Whether a line was changed, taken out, moved or cut off.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--head", "heads", multiple=True, metavar="NUMBER:HASH", help="Known from elsewhere; may be given again."
)
@click.option("--copy", type=click.Path(path_type=Path), help="An older copy of the log, from elsewhere.")
def verify(file: Path, heads: tuple[str, ...], copy: Path | None) -> int:
    """Check FILE, or the audit.log of a live site's folder."""
    from wattstack.operate.audit import Head, verify_audit

    file = file / "audit.log" if file.is_dir() else file
    verdict = verify_audit(file, [Head.of(text) for text in heads], copy)
    for note in verdict.notes:
        click.echo(f"note: {plain(note)}")  # a log that was forged must not rule this terminal
    for fault in verdict.faults:
        click.echo(f"{file}: {fault}", err=True)
    if verdict.sound:
        click.echo(f"sound: {verdict.head.number} lines, head {verdict.head}")
    return 0 if verdict.sound else 1
