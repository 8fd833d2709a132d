"""`wattstack operate`: the live site, or a simulated one, on this machine.

Needs    operate.operate_campus; report, for the page of a day.
Gives    operate.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path

import click

HELP = """Run a site: guard, historian, planner and page, each a process, started again when it dies.

CAMPUS is a campus file whose sizes stand and whose `devices:` say who speaks for which asset, or the folder with its
campus.yaml. Everything it keeps goes into the folder of the site's data (operate.folder of the file, or -o): history,
users, logs, and campus.yaml as it runs. A file that is changed meanwhile is shown and not taken over.

--simulated makes a device for each asset on free ports of this machine, moved by a small live site, and plans sizes
that are open. The site begins at time.start of the campus. --day does so too, and shows one day: date,
speed and what goes wrong stand in a small file. At its end comes a page that lays the day beside plan and twin.

\b
Examples:
  wattstack operate campus.yaml
  wattstack operate campus.yaml --shadow                       decide, write nothing
  wattstack operate examples/sakai --day examples/sakai/day.yaml     a day in ten minutes
  wattstack operate examples/sakai --simulated --faults faults.yaml --seconds 600 -o out/live

\b
Exit codes: 0 done (--seconds), 2 bad input, 3 a process does not start, 130 stopped.
"""


@click.command(help=HELP, short_help="Run a site, real or simulated.")
@click.argument("source", metavar="CAMPUS", type=click.Path())
@click.option("--shadow", is_flag=True, help="Decide, record, write nothing to any device.")
@click.option("--simulated", is_flag=True, help="Make the devices on this machine.")
@click.option(
    "--day", type=click.Path(), metavar="FILE", help="Show a day of a simulated site: date, speed, faults."
)
@click.option(
    "--speed",
    type=click.FloatRange(0.0, 3600.0, min_open=True),
    metavar="X",
    help="Seconds of the simulated site in a second.  [default: 1]",
)
@click.option(
    "--faults", type=click.Path(exists=True), metavar="FILE", help="Script of faults, with --simulated."
)
@click.option("--seconds", type=click.FloatRange(0.0, min_open=True), metavar="S", help="End after so many.")
@click.option(
    "-o", "--out", "folder", type=click.Path(), help="Folder of the site's data [default: operate.folder]."
)
def operate(
    source: str, shadow: bool, simulated: bool, speed: float | None, folder: str | None, **more
) -> int:
    """See HELP."""
    from wattstack.operate import operate_campus

    day = more["day"]
    if day is not None and (speed is not None or more["faults"]):
        raise click.UsageError("--speed and --faults stand in the file of the day.")
    if not simulated and day is None and (speed is not None or more["faults"]):
        raise click.UsageError(
            "--speed and --faults go with --simulated only: real devices keep their own time."
        )
    try:
        is_simulated, ready = simulated or day is not None, []
        code = operate_campus(
            source, is_simulated, speed or 1.0, shadow, folder, say=click.echo, ready=ready.append, **more
        )
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is missing: pip install 'wattstack[operate]'") from None
    if day is not None and not code:
        _report(ready[0].folder)
    if code:
        raise KeyboardInterrupt("Stopped: all processes have ended, devices fall back by themselves.")
    return code


def _report(folder: Path) -> None:
    """The page of the day, beside plan and twin."""
    from wattstack.operate import recount_day
    from wattstack.report import write_report

    click.echo("The day is laid beside its plan and its twin.")
    recount_day(folder)
    click.echo(f"report: {write_report(folder, folder / 'report.html')}")
