"""`wattstack history`: look into what a live site has kept, export it, copy it, put a copy back.

Needs    operate.historian, operate.guard (replay), cli.words.
Gives    history.
Used by  cli.app.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wattstack.cli.words import plain, table
from wattstack.errors import InputError, counted

if TYPE_CHECKING:
    from wattstack.operate.historian import Store

FILE = "history.sqlite"
AFTER_S = 60.0  # events of now are newer than the newest frame
HELP = """Look into the history of a live site: FOLDER is operate.folder of its campus file.

\b
Examples:
  wattstack history operate-data query                                  # which signals are kept
  wattstack history operate-data query battery.main.power_mw --last 1h
  wattstack history operate-data events --level command --last 1d
  wattstack history operate-data export out/parquet --from 2026-11-01 --to 2026-12-01
  wattstack history operate-data backup copy.sqlite                     # while the site runs
  wattstack history operate-data restore copy.sqlite                    # while it does not
  wattstack history operate-data replay --from 2026-11-21T14:00         # decide it again, bit for bit

\b
Times are UTC unless they say otherwise: 2026-11-21, 2026-11-21T14:30, 2026-11-21T14:30+09:00.
Exit codes: 0 done, 2 bad input or a copy that is not whole, 3 a decision that is not the recorded one.
"""


@click.group(help=HELP, short_help="What a live site has kept: look, export, back up, restore.")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.pass_context
def history(context: click.Context, folder: Path) -> None:
    """See HELP."""
    context.obj = folder


_RANGE = [
    click.option("--from", "start", metavar="TIME", help="First moment."),
    click.option(
        "--to", "end", metavar="TIME", help="The moment after the last.  [default: a minute after the newest]"
    ),
    click.option("--last", metavar="SPAN", help="So much before --to: 90s, 30min, 12h, 7d.  [default: 1d]"),
]


def _with_range(command):
    for option in reversed(_RANGE):
        command = option(command)
    return command


@history.command(short_help="A signal over time as CSV; without a name, which signals there are.")
@click.argument("signal", required=False)
@_with_range
@click.pass_obj
def query(folder: Path, signal: str | None, start: str | None, end: str | None, last: str | None) -> int:
    """Print a signal over time as CSV (utc, value; empty where nothing was known); without SIGNAL, all names."""
    store = _opened(folder)
    if signal is None:
        click.echo("\n".join(store.names))
        return 0
    moments, values = store.query(signal, *_span(store, start, end, last))
    click.echo(f"utc,{signal}")
    for moment, value in zip(moments.tolist(), values, strict=True):
        click.echo(f"{_iso(moment)},{'' if isnan(value) else value}")
    return 0


@history.command(short_help="What happened: alarms, commands, reasons.")
@click.option("--level", type=click.Choice(["alarm", "command", "info"]), help="Only these.")
@click.option("--channel", help="Only those whose channel begins so.")
@click.option("--most", type=click.IntRange(1), default=1000, show_default=True, help="The newest so many.")
@_with_range
@click.pass_obj
def events(folder: Path, level: str | None, channel: str | None, most: int, **span: str | None) -> int:
    """Print what happened, in order of time."""
    store = _opened(folder)
    found = store.events(*_span(store, **span), level, channel, most)
    if found:
        click.echo(table([[_iso(e.utc_s), e.level, plain(e.channel), plain(e.text)] for e in found]))
    return 0


@history.command(short_help="Parquet files, one a signal and day.")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--signal", "signals", multiple=True, help="This one; may be given again.  [default: all]")
@_with_range
@click.pass_obj
def export(folder: Path, out: Path, signals: tuple[str, ...], **span: str | None) -> int:
    """Write OUT/SIGNAL/DAY.parquet and OUT/events/DAY.parquet."""
    from wattstack.operate.historian import export_parquet

    store = _opened(folder)
    files = export_parquet(store, out, signals, *_span(store, **span))
    click.echo(f"{counted(len(files), 'file')} in {out}")
    return 0


@history.command(short_help="A whole copy while the site runs.")
@click.argument("copy", type=click.Path(path_type=Path))
@click.pass_obj
def backup(folder: Path, copy: Path) -> int:
    """Write a copy of all history to COPY; it is looked through before it takes its name.

    Where it is not whole, what had that name before stands as it was.
    """
    from wattstack.operate.historian import backup as write_copy

    holds = write_copy(_file(folder), copy)
    click.echo(f"{copy}: {_holds(holds)}")
    return 0


@history.command(short_help="Put a copy in the place of the history.")
@click.argument("copy", type=click.Path(path_type=Path))
@click.pass_obj
def restore(folder: Path, copy: Path) -> int:
    """Look COPY through from end to end, then put it in place. The history of before is kept beside it."""
    from wattstack.operate.historian import restore as put_back

    holds, before = put_back(copy, folder)
    click.echo(f"{folder / FILE}: {_holds(holds)}")
    if before is not None:
        click.echo(f"The history of before: {before}")
    return 0


@history.command(short_help="Decide a recorded time again and hold each decision against the recorded one.")
@click.option("--from", "start", metavar="TIME", help="First moment.  [default: all that is recorded]")
@click.option("--to", "end", metavar="TIME", help="The moment after the last.")
@click.pass_obj
def replay(folder: Path, start: str | None, end: str | None) -> int:
    """Feed recorded images and requests to the mind as it was, and compare bit for bit. Exit code 3: one differs."""
    from wattstack.operate.guard import decide_again

    ends = float("-inf") if start is None else _moment("--from", start)
    made = decide_again(folder / "images", ends, float("inf") if end is None else _moment("--to", end))
    for note in made.notes:
        click.echo(f"note: {note}", err=True)
    if made.first is not None:
        first = made.first
        click.echo(f"differs first at {_iso(first.utc_s)} ({first.file}, cycle {first.cycle}):")
        rows = [
            [path, f"{mw!r} MW recorded", f"{first.decided_mw.get(path)!r} MW now"]
            for path, mw in first.recorded_mw.items()
        ]
        click.echo(table(rows))
        click.echo(
            "Setpoints that are equal: something else of the decision differs (reasons, numbers, alarms)."
        )
        return 3
    if not made.cycles:
        click.echo("nothing was recorded in that time")
        return 0
    span = f"{_iso(made.start_s)} .. {_iso(made.end_s)}"
    click.echo(f"{counted(made.cycles, 'decision')} of {span}: each is the recorded one, bit for bit")
    return 0


def _holds(holds) -> str:
    packed = f"{counted(holds.spans, 'span')} of 15 min ({counted(holds.chunks, 'chunk')})"
    return f"whole: {packed}, {counted(holds.frames, 'loose frame')}, {counted(holds.events, 'event')}"


def _opened(folder: Path) -> Store:
    from wattstack.operate.historian import Store

    return Store(_file(folder), read_only=True)


def _file(folder: Path) -> Path:
    from wattstack.operate.historian import in_words

    with in_words(folder / FILE):
        if not (folder / FILE).is_file():
            what = f"has no {FILE}, must be the folder of a live site (operate.folder)."
            back = f"Name that folder, or put a copy back: wattstack history {folder} restore COPY."
            raise InputError(str(folder), [f"{what} {back}"])
    return folder / FILE


def _span(store: Store, start: str | None, end: str | None, last: str | None) -> tuple[float, float]:
    """From, to; without an end up to the newest, which a simulated site has in another year."""
    if start is not None and last is not None:
        raise InputError("--last", ["and --from cannot both be given. Give one of them."])
    kept = store.span_s
    newest_s = datetime.now(UTC).timestamp() if kept is None else kept[1]
    end_s = newest_s + AFTER_S if end is None else _moment("--to", end)
    start_s = end_s - _length(last or "1d").total_seconds() if start is None else _moment("--from", start)
    if start_s >= end_s:
        raise InputError("--from", [f"is {_iso(start_s)}, must be before --to {_iso(end_s)}."])
    return start_s, end_s


def _moment(option: str, text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(option, [f"is {text!r}, must be a time such as 2026-11-21T14:30."]) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _length(text: str) -> timedelta:
    from re import fullmatch

    parts = fullmatch(r"(\d{1,6})(s|min|h|d)", text)
    if parts is None:
        raise InputError("--last", [f"is {text!r}, must be a length such as 90s, 30min, 12h or 7d."])
    words = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{words[parts[2]]: int(parts[1])})


def _iso(utc_s: float) -> str:
    return datetime.fromtimestamp(utc_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
