"""`wattstack simulate-devices`: the campus as Modbus servers on this machine.

Needs    campus.read_campus, operate.simulated.
Gives    simulate_devices.
Used by  cli.app.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wattstack.cli.words import table

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.simulated import SimulatedSite

HELP = """Let the devices of a campus stand on this machine as Modbus servers, moved by a small live site.

CAMPUS.YAML is a campus whose sizes all stand and whose `devices:` say who is spoken to, each with a host and port of
this machine. What a device shows comes from its template; what is written to it takes effect. The site begins at
time.start of the campus; load and sun are those of the campus.

\b
Faults come from a script, a YAML file; times count in seconds of the site:
  faults:
    - {at_s: 60, device: battery.main, kind: silent, lasts_s: 10}
    - {at_s: 600, device: grid.connection, kind: outage, lasts_s: 120}
  kinds: silent, late, slow, short, wrong_unit, exception, reboot, nan, frozen, sign, scale, soc_jump, reject,
  ignore_write, clamp, local, no_revert, foreign, contactor, no_start, outage

\b
Examples:
  wattstack simulate-devices campus.yaml
  wattstack simulate-devices campus.yaml --speed 60 --faults faults.yaml --seed 7

\b
Exit codes: 0 done (--for), 2 bad input, 130 stopped.
"""


@click.command(
    "simulate-devices", help=HELP, short_help="The devices of a campus as Modbus servers on this machine."
)
@click.argument("campus_file", metavar="CAMPUS.YAML", type=click.Path())
@click.option(
    "--speed",
    "speed_factor",
    type=click.FloatRange(0.0, 3600.0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Seconds of the site in a second; timers of devices are not hurried.",
)
@click.option("--faults", "faults_file", type=click.Path(), metavar="FILE", help="Script of faults.")
@click.option(
    "--log",
    "log_file",
    type=click.Path(),
    metavar="FILE",
    help="CSV of what really happens, a line a minute.",
)
@click.option(
    "--start",
    metavar="TIME",
    help="When the site begins, with its zone.  [default: time.start of the campus]",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Of noise, and of engines that do not start."
)
@click.option(
    "--for",
    "for_s",
    type=click.FloatRange(0.0, min_open=True),
    metavar="S",
    help="End after so many seconds.",
)
def simulate_devices(
    campus_file: str,
    speed_factor: float,
    faults_file: str | None,
    seed: int,
    for_s: float | None,
    **more: str | None,
) -> int:
    """See HELP."""
    import asyncio

    from wattstack.campus import read_campus
    from wattstack.operate.simulated import SimulatedSite, SiteLog, read_faults

    campus = read_campus(campus_file)
    faults = read_faults(Path(faults_file), tuple(campus.devices)) if faults_file else ()
    site = SimulatedSite(campus, speed_factor, faults, seed, say=click.echo)
    if more["start"] is not None:
        site.begin(_moment(more["start"]))
    try:
        with nullcontext() if more["log_file"] is None else SiteLog(site.site, Path(more["log_file"])) as log:
            site.log = log
            asyncio.run(_serve(site, campus, for_s))
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("Stopped: nobody listens any more.") from stop
    return 0


def _moment(text: str) -> float:
    """Seconds since 1970 UTC of a time with its zone."""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.UsageError(f"--start is {text}, must be a time with its zone: 2022-08-16T00:00+09:00")
    return moment.timestamp()


async def _serve(site: SimulatedSite, campus: Campus, for_s: float | None) -> None:
    import asyncio

    await site.start()
    try:
        click.echo(devices_text(campus))
        click.echo("They listen. Ctrl-C ends.")
        await (asyncio.Event().wait() if for_s is None else asyncio.sleep(for_s))
    finally:
        await site.stop()


def devices_text(campus: Campus) -> str:
    """Who stands where."""
    return table(
        [[path, one.template.removeprefix("library:"), one.where] for path, one in campus.devices.items()]
    )
