"""What acts within seconds, on the page of `wattstack check`: jobs, serving, supplies, the fast loop, grid codes.

Needs    campus.Campus.
Gives    fast_rows.
Used by  cli.summary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattstack.cli.words import number

if TYPE_CHECKING:
    from wattstack.campus import Campus, Hall


def fast_rows(campus: Campus) -> list[list[str]]:
    """Rows of a table, empty where nothing of it is declared.

    Args:
        campus: As declared.
    """
    from wattstack.campus import Hall

    rows = []
    for name, load in campus.load.items():
        if isinstance(load, Hall):
            rows += _hall_rows(name, load)
    for name, ups in campus.ups.items():
        fed = ", ".join(ups.serves) or "all halls"
        counts = "never counts sags" if ups.sag_count is None else _sags(ups.sag_count, ups.sag_window_s)
        rows.append([f"ups.{name}", f"{ups.kind}, feeds {fed}, {counts}"])
    for name, battery in campus.battery.items():
        if "inverter" in battery.model_fields_set:
            rows.append([f"battery.{name}", f"{battery.inverter.mode} inverter"])
    return rows + _loop_rows(campus) + _grid_rows(campus)


def _sags(count: int, window_s: float) -> str:
    return f"stays on battery after {count} {'sag' if count == 1 else 'sags'} in {window_s:g} s"


def _hall_rows(name: str, hall: Hall) -> list[list[str]]:
    """Jobs, serving and storage in the racks of one hall."""
    rows = []
    if hall.jobs:
        count = sum(job.count for job in hall.jobs.values())
        gpus = sum(job.count * job.gpus for job in hall.jobs.values())
        full_mw = sum(job.full_mw for job in hall.jobs.values())
        largest = max(hall.jobs, key=lambda key: hall.jobs[key].swing_mw)
        job = hall.jobs[largest]
        rows.append(
            [
                f"jobs of {name}",
                f"{count} of {gpus:,} GPUs, {number(full_mw)} MW at full power; the largest, {largest}, swings by "
                f"{number(job.swing_mw)} MW every {job.period_s:g} s",
            ]
        )
        if hall.smoothing.floor_frac > 0.0:
            rows.append([f"floor of {name}", f"{hall.smoothing.floor_frac:g} of full power while a job runs"])
    if hall.inference:
        gpus = sum(fleet.gpus for fleet in hall.inference.values())
        full_mw = sum(fleet.full_mw for fleet in hall.inference.values())
        rows.append([f"serving in {name}", f"{gpus:,} GPUs, {number(full_mw)} MW at full power"])
    for key, log in hall.replay.items():
        rows.append([f"replay in {name}", f"{key} plays {log.file}, {log.scale:g} times its power"])
    if hall.rack_storage is not None:
        rows.append([f"racks of {name}", f"{number(hall.rack_storage.energy_j_per_gpu)} J per GPU stored"])
    return rows


def _loop_rows(campus: Campus) -> list[list[str]]:
    """The fast loop and the room that is held for it."""
    rows = []
    loop, duty = campus.control.smoothing, campus.duties.smoothing
    if loop is not None:
        ramp = "" if loop.ramp_mw_per_min is None else f", at most {number(loop.ramp_mw_per_min)} MW/min"
        where = "in the converter" if loop.local else f"every {loop.period_s:g} s"
        rows.append(["fast loop", f"{where}, follows within {loop.corner_s:g} s{ramp}"])
    if duty is not None:
        rows.append(
            [
                "smoothing",
                f"{number(duty.power_mw)} MW and {number(duty.energy_mwh)} MWh held free both ways in "
                f"battery.{campus.smoothing_battery}",
            ]
        )
    return rows


def _grid_rows(campus: Campus) -> list[list[str]]:
    """What milliseconds know of the grid, and the codes that the load is proved against."""
    if campus.grid is None:
        return []
    rows, connection = [], campus.grid.connection
    if connection.frequency_hz is not None:
        short = connection.short_circuit_mva
        strength = "" if short is None else f", {number(short)} MVA short-circuit power"
        rows.append(["grid", f"{connection.frequency_hz} Hz{strength}"])
    for name, mode in connection.modes.items():
        rows.append([f"mode {name}", f"{mode.frequency_hz:g} Hz, answers {number(mode.amplification)} times"])
    if campus.grid.codes:
        rows.append(["grid codes", ", ".join(campus.grid.codes)])
    return rows
