"""The whole walk: connect, read all, strike the balance, step and silence what may be written, conclude, release.

Needs    campus; operate.devices, operate.simulated; operate.commission.
Gives    commission, VERSION.
Used by  operate.commission.site.

What is wrong with a device is a finding and never stops the walk. Nothing is written to a device whose readings are not
sane, nor before all have been read. Whatever ends the walk, what was written is taken back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wattstack.errors import InputError
from wattstack.operate.commission.bench import Bench, Options
from wattstack.operate.commission.checks import FAILED, NOT_DONE, PASSED, Book, Check, utc_now
from wattstack.operate.commission.nameplate import POWERS
from wattstack.operate.commission.probe import Probe, identity_of
from wattstack.operate.commission.reversion import revert_device
from wattstack.operate.commission.single_line import conclude, rest_terms
from wattstack.operate.commission.step import step_device
from wattstack.operate.commission.walk import mend_of, point_table, walk_device
from wattstack.operate.devices import Devices, Layout, layouts_of

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.simulated import SimulatedSite

VERSION = 1  # of commission.json
REST = 20  # readings of the balance
CONNECT_S = 5.0  # so long a device is waited for


async def commission(
    campus: Campus,
    options: Options,
    site: SimulatedSite | None = None,
    layouts: dict[str, Layout] | None = None,
    say: Callable[[str], None] = lambda line: None,
    may_write: Callable[[], bool] = lambda: True,
) -> dict[str, Any]:
    """Commission the devices of a campus.

    Args:
        campus: Sizes stand.
        options: How much is tested.
        site: Where the devices are simulated.
        layouts: Of devices whose template does not come from the library.
        say: Hears how far it is.
        may_write: Whether the right to write is ours still.

    Returns:
        What commission.json holds, but for where it comes from: began, ended, kind, options, devices, checks.
    """
    book, began = Book(), utc_now()
    found = layouts if layouts is not None else _layouts(book, campus)
    devices = Devices(campus, layouts=found)
    bench = Bench(campus, devices, book, options, may_write=may_write)
    chosen = [path for path in found if not options.only or path in options.only]
    told: dict[str, dict[str, Any]] = {path: _declared(campus, path) for path in campus.devices}
    for path in found:
        told[path]["writable"] = devices.commander(path).writable
    await devices.start()
    try:
        await _connect(bench, say)
        await _read(bench, chosen, told, site, say)
        terms = await rest_terms(bench, min(REST, options.reads))
        steps = {}
        if options.write:
            for path in (path for path in chosen if devices.commander(path).writable):
                made = await _write(bench, path, told, say)
                steps |= {path: made} if made is not None else {}
        conclude(bench, terms, steps)
        if options.faults and site is not None:
            from wattstack.operate.commission.faults import rehearse

            await rehearse(bench, site, chosen, say)
    finally:
        await asyncio.shield(_end(bench, say))
    for path, one in told.items():
        one["checks"] = book.counts(path)
    return {
        "began": began, "ended": utc_now(), "kind": "FAT" if site is not None else "SAT",
        "options": asdict(options), "counts": book.counts(), "devices": told, "checks": book.as_json(),
    }  # fmt: skip


def _layouts(book: Book, campus: Campus) -> dict[str, Layout]:
    """Templates of all devices; one that is at fault is a finding, and its device is left out."""
    found: dict[str, Layout] = {}
    for path, device in campus.devices.items():
        try:
            found |= layouts_of(campus.model_copy(update={"devices": {path: device}}))
        except InputError as error:
            for fault in error.faults:
                book.note(
                    Check(
                        path,
                        "read",
                        "template",
                        FAILED,
                        str(fault),
                        mend="Mend the template, or name another.",
                    )
                )
    return found


def _declared(campus: Campus, path: str) -> dict[str, Any]:
    device = campus.devices[path]
    return {
        "template": device.template.removeprefix("library:"), "where": device.where, "transport": device.transport,
        "period_s": device.period_s, "revert_s": device.revert_s, "identity": {}, "writable": False, "written": False,
        "reversion_measured_s": None, "points": [],
    }  # fmt: skip


async def _connect(bench: Bench, say: Callable[[str], None]) -> None:
    """Wait until all are there, or long enough."""
    live = bench.devices.live
    say(f"connecting {len(live)} devices")
    clock = asyncio.get_running_loop().time
    end = clock() + CONNECT_S
    while clock() < end and not all(one.up for one in live.values()):
        await asyncio.sleep(0.05)


async def _read(bench: Bench, chosen: list[str], told: dict, site: Any, say: Callable[[str], None]) -> None:
    """Read all that are there, as often as asked; each at its own pace, all at once."""
    live, book = bench.devices.live, bench.book
    probes = {}
    for path in chosen:
        if not live[path].up:
            said = f"does not answer: {live[path].why}"
            book.note(Check(path, "read", "reach", FAILED, said, mend=mend_of(live[path].why)))
            continue
        told[path]["identity"] = named = await identity_of(live[path])
        text = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in named.items())
        text = text or "tells no maker and no serial number"
        book.note(Check(path, "read", "reach", PASSED, f"answers at {live[path].declared.where}"))
        book.note(Check(path, "read", "identity", PASSED if named else NOT_DONE, text))
        probes[path] = Probe(live[path])
    say(f"reading {len(probes)} devices, {bench.options.reads} times each")
    period_s = bench.campus.operate.period_s
    await asyncio.gather(
        *(p.run(bench.options.reads, max(period_s, p.live.declared.period_s)) for p in probes.values())
    )
    for path, probe in probes.items():
        walk_device(book, bench.campus, probe, site is not None)
        told[path]["points"] = point_table(probe)


async def _write(bench: Bench, path: str, told: dict, say: Callable[[str], None]) -> Any:
    """Step one device and let it fall back; None where nothing came of it."""
    insane = next(
        (c for c in bench.book.of(path, "read", "nameplate") if c.verdict == FAILED and c.what not in POWERS),
        None,
    )
    if insane is not None:
        said = f"nothing is written: its readings are not sane ({insane.what} {insane.text})"
        bench.book.note(
            Check(path, "write", "setpoint_mw", NOT_DONE, said, mend="Mend that and commission it again.")
        )
        return None
    say(f"writing to {path}")
    made = await step_device(bench, path)
    told[path]["written"] = path in bench.held or made is not None
    if made is not None:
        bench.book.note(
            Check(path, "write", "setpoint_mw", PASSED, f"is taken and read back: {made.level.why}", made.level.step_mw,
                  None, "MW")
        )  # fmt: skip
        if made.level.step_mw != made.level.rest_mw:
            say(f"silence: {path} has to fall back within {bench.campus.devices[path].revert_s:g} s")
        told[path]["reversion_measured_s"] = await revert_device(bench, path, made)
    await bench.release()
    return made


async def _end(bench: Bench, say: Callable[[str], None]) -> None:
    """Release what is held, and let go."""
    held = list(bench.held)
    if held:
        done = await bench.release()
        lacking = [path for path in held if path not in done]
        say(
            f"released {', '.join(done) or 'nothing'}"
            + (f"; not confirmed by {', '.join(lacking)}" if lacking else "")
        )
    await bench.devices.stop()
