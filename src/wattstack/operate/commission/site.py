"""One commissioning from a campus file: who may write, on what devices, and what is told of the inputs.

Needs    campus; operate.prepare, sources, supervise (alone), guard (Lease), audit, simulated; operate.commission.run.
Gives    commission_campus.
Used by  cli.commission.

While a site runs in a folder nothing is written from here: its lock and the lease of its guard are taken before that.
Real devices that are written to leave a line in the audit of the site.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.campus import SizeRange, read_campus
from wattstack.errors import Fault, InputError
from wattstack.operate.alarms import Syslog
from wattstack.operate.alone import alone
from wattstack.operate.audit import Audit, Change
from wattstack.operate.commission.bench import Options
from wattstack.operate.commission.checks import FAILED
from wattstack.operate.commission.run import VERSION, commission
from wattstack.operate.prepare import prepare_campus
from wattstack.operate.process import run_until_stopped
from wattstack.operate.sources import checksum_of

if TYPE_CHECKING:
    from wattstack.campus import Campus

STOPPED = 130
LEASE_S = 2.0


def commission_campus(
    source: str | Path, options: Options, simulated: bool = False, folder: str | Path | None = None,
    say: Callable[[str], None] = print, by: str = "",
) -> tuple[dict[str, Any], Path]:  # fmt: skip
    """Commission a campus until it is done; Ctrl-C releases every device and ends it.

    Args:
        source: Campus file, or the folder it stands in.
        options: How much is tested.
        simulated: Against devices made on this machine (FAT); else those of the file (SAT).
        folder: Of the findings; None: beside the site's data, in commission or commission-fat.
        say: Hears how far it is.
        by: Who does it, for the report.

    Returns:
        What was found, ready for commission.json, and the folder.

    Raises:
        InputError: The file is wrong, a device is not there, the site runs already.
        KeyboardInterrupt: Ctrl-C; nothing is written to the folder, every device was released.
    """
    source = Path(source)
    source = source / "campus.yaml" if source.is_dir() else source
    checksum, campus = checksum_of(source), read_campus(source)
    site_folder = campus.base_dir / campus.operate.folder
    usual = site_folder / ("commission-fat" if simulated else "commission")
    folder = Path(folder) if folder is not None else usual
    keep = _free
    with ExitStack() as held:
        if simulated:
            campus = prepare_campus(source, True, folder, say).campus
        if simulated or options.write:
            for one in {site_folder.resolve(), folder.resolve()} if not simulated else {folder.resolve()}:
                one.mkdir(parents=True, exist_ok=True)
                held.enter_context(alone(one))
        _require(campus, source, options)
        if options.write and not simulated:
            keep = _lease(held, site_folder)
            _leave_word(site_folder, campus, options, by)
        found = _run(campus, options, simulated, say, keep)
    return {**_told(campus, source, checksum, by), **found, "verdict": _verdict(found)}, folder


def _run(
    campus: Campus, options: Options, simulated: bool, say: Callable[[str], None], keep: Callable[[], bool]
) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    async def work() -> None:
        if not simulated:
            found.append(await commission(campus, options, say=say, may_write=keep))
            return
        from wattstack.operate.simulated import simulate_devices

        async with simulate_devices(campus) as site:
            found.append(await commission(campus, options, site, say=say))

    if run_until_stopped(work()) == STOPPED or not found:
        raise KeyboardInterrupt(
            "Stopped: every device that was written to was released; nothing is reported."
        )
    return found[0]


def _require(campus: Campus, source: Path, options: Options) -> None:
    faults = [Fault(path, "is a range, must stand. Run `wattstack plan` first.")
              for path, size in campus.size_paths.items() if isinstance(size, SizeRange)]  # fmt: skip
    if not campus.devices:
        faults.append(
            Fault("devices", "are none, must be given: who speaks for which asset. To rehearse: --simulated.")
        )
    from wattstack.errors import nearest

    for path in options.only:
        if path not in campus.devices:
            near = nearest(path, sorted(campus.devices))
            faults.append(Fault(f"--device {path}", f"is no device of this campus. Nearest: {near}."))
    if faults:
        raise InputError(str(source), faults)


def _free() -> bool:
    return True


def _lease(held: ExitStack, folder: Path) -> Callable[[], bool]:
    """The right to write, which a guard without supervisor holds too: renewed as we go, gone soon after us."""
    from wattstack.operate.guard import Lease

    lease = Lease(folder / "lease", LEASE_S)
    if not lease.keep():
        raise InputError(str(folder), ["is in use: a guard holds the lease. Stop it, or leave --write out."])
    held.callback(lease.give_up)
    return lease.keep


def _leave_word(folder: Path, campus: Campus, options: Options, by: str) -> None:
    paths = list(options.only or campus.devices)
    change = Change(
        by or "commission", "commission", None, {"devices": paths, "step_frac": options.step_frac},
        "test setpoints are written to them, one after the other, and taken back",
    )  # fmt: skip
    syslog = campus.operate.alarms.syslog
    Audit(folder / "audit.log", None if syslog is None else Syslog(campus.name, syslog).line).record(change)


def _told(campus: Campus, source: Path, checksum: str, by: str) -> dict[str, Any]:
    """What it was done with."""
    from wattstack.operate.devices.template import template_entry

    templates = {}
    for device in campus.devices.values():
        name = device.template.removeprefix("library:")
        try:
            values = template_entry(device.template, campus.base_dir).values
        except InputError:
            continue
        text = json.dumps(values, sort_keys=True, default=str)
        templates[name] = hashlib.sha256(text.encode()).hexdigest()
    return {
        "commission": VERSION, "wattstack": version("wattstack"), "by": by,
        "campus": {"name": campus.name, "file": source.name, "sha256": checksum, "time_zone": campus.place.time_zone},
        "templates": templates,
    }  # fmt: skip


def _verdict(found: dict[str, Any]) -> str:
    """Of all checks: failed where one did."""
    return FAILED if found["counts"][FAILED] else "passed"
