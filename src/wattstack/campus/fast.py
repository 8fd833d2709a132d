"""What the parts that act within seconds cannot know of each other: halls and their supplies, codes, modes, swings.

Needs    campus.duties, campus.fields, campus.load.
Gives    fast_faults, transient_faults.
Used by  campus.whole; the transient twin and the proof of grid codes, for what only they need.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wattstack.campus.duties import reserve_mw, reserve_mwh, smoothing_battery
from wattstack.campus.fields import ROUNDING, largest
from wattstack.campus.load import Hall
from wattstack.campus.running import least_peak_mw
from wattstack.errors import Fault, nearest

if TYPE_CHECKING:
    from wattstack.campus.campus import Campus


def fast_faults(campus: Campus) -> Iterator[Fault]:
    """Faults between what acts within seconds, places from the top of the campus."""
    yield from _ups_faults(campus)
    if campus.grid is not None:
        yield from _code_faults(campus)
    if campus.control.smoothing is not None and not campus.battery:
        yield Fault("control.smoothing", "needs a battery, none is declared. Add one, or take the loop out.")
    if campus.duties.smoothing is not None:
        yield from _smoothing_faults(campus)


def transient_faults(campus: Campus) -> Iterator[Fault]:
    """What a campus that plans well still lacks before milliseconds of it can be simulated.

    Frequency and short-circuit power of the grid, something that moves within seconds, and on an island something
    that makes the voltage.
    """
    halls = [load for load in campus.load.values() if isinstance(load, Hall)]
    if not any(hall.jobs or hall.inference or hall.replay for hall in halls):
        yield Fault(
            "load", "has no jobs, no inference and no replay, so that nothing moves. Give a hall one."
        )
    if campus.grid is None:
        forming = any(unit.inverter.mode == "grid-forming" for unit in campus.battery.values())
        if not forming and not campus.generator:
            yield Fault(
                "battery",
                "is an island without a grid-forming inverter and without a generator, so that nothing makes its "
                "voltage. Write inverter: {mode: grid-forming}, or add a generator.",
            )
        return
    for key, like in (("frequency_hz", "50 or 60"), ("short_circuit_mva", "what the utility tells, 3000")):
        if getattr(campus.grid.connection, key) is None:
            yield Fault(
                f"grid.connection.{key}",
                f"is missing, must be given where milliseconds are simulated. Write {like}.",
            )


def _ups_faults(campus: Campus) -> Iterator[Fault]:
    """Supplies of halls that do not exist, of one hall twice, or too small for what they feed."""
    halls = {name: load for name, load in campus.load.items() if isinstance(load, Hall)}
    fed: dict[str, str] = {}
    for name, ups in campus.ups.items():
        where = f"ups.{name}.serves"
        if not halls:
            yield Fault(f"ups.{name}", "has no hall to feed, none is declared. Take it out.")
            continue
        for place, hall in enumerate(ups.serves):
            if hall in campus.load and hall not in halls:
                yield Fault(f"{where}.{place}", f"is '{hall}', a plain load, must be a hall. Take it out.")
            elif hall not in halls:
                near = nearest(hall, sorted(halls))
                mend = f"Nearest: '{near}'." if near else f"There are: {', '.join(halls)}."
                yield Fault(f"{where}.{place}", f"is '{hall}', must be a hall of this campus. {mend}")
        serves = [hall for hall in dict.fromkeys(ups.serves or halls) if hall in halls]
        for hall in serves:
            if hall in fed:
                yield Fault(
                    where,
                    f"{'holds' if ups.serves else 'is absent, so it holds'} '{hall}', which ups.{fed[hall]} feeds "
                    "already, must be fed by one. Name each hall once.",
                )
            fed.setdefault(hall, name)
        it_mw = sum(halls[hall].it_mw for hall in serves)
        if ups.power_mw is not None and ups.power_mw * (1 + ROUNDING) < it_mw:
            yield Fault(
                f"ups.{name}.power_mw",
                f"is {ups.power_mw:,.4g}, must carry the halls it feeds ({', '.join(serves)}: {it_mw:,.4g} MW). "
                "Raise it, or let it feed less.",
            )


def _code_faults(campus: Campus) -> Iterator[Fault]:
    """Codes named twice; codes, modes and short-circuit power that mean nothing without a frequency."""
    grid, connection = campus.grid, campus.grid.connection
    for place, code in enumerate(grid.codes):
        if code in grid.codes[:place]:
            yield Fault(f"grid.codes.{place}", f"is '{code}' a second time, must stand once. Take it out.")
    if connection.frequency_hz is not None:
        return
    for key, given in (
        ("grid.codes", grid.codes),
        ("grid.connection.modes", connection.modes),
        ("grid.connection.short_circuit_mva", connection.short_circuit_mva),
    ):
        if given:
            yield Fault(
                "grid.connection.frequency_hz", f"is missing, must be given with {key}. Write 50 or 60."
            )
            return


def _smoothing_faults(campus: Campus) -> Iterator[Fault]:
    """The duty against the largest battery that may carry it, the backup of the least peak load in it already."""
    duty, where = campus.duties.smoothing, "duties.smoothing"
    if not campus.battery:
        yield Fault(where, "needs a battery, none is declared. Add one, or take the duty out.")
        return
    name = smoothing_battery(campus)
    if name is None:
        names = ", ".join(campus.battery)
        if duty.battery is None:
            yield Fault(
                f"{where}.battery", f"is missing, must name one of several batteries. There are: {names}."
            )
        else:
            near = nearest(duty.battery, sorted(campus.battery))
            mend = f"Nearest: '{near}'." if near else f"There are: {names}."
            yield Fault(f"{where}.battery", f"is '{duty.battery}', must be a battery. {mend}")
        return
    battery, backup = campus.battery[name], campus.duties.backup
    most_mw, most_mwh = largest(battery.power_mw), largest(battery.energy_mwh)
    need_mw = duty.power_mw / min(battery.charge_power_frac, 1.0)
    need_mwh = 2.0 * duty.energy_mwh
    beside = ""
    if backup is not None and len(campus.battery) == 1:
        carried = reserve_mw(least_peak_mw(campus), backup.load_frac)
        need_mw = max(need_mw, carried + duty.power_mw)
        held = reserve_mwh(carried, backup.duration_h, battery.discharge_eff)
        need_mwh = (held + need_mwh) / (1.0 - backup.soc_error_frac)
        beside = " with the backup"
    for key, need, most, unit in (
        ("power_mw", need_mw, most_mw, "MW"),
        ("energy_mwh", need_mwh, most_mwh, "MWh"),
    ):
        if need > most * (1 + ROUNDING):
            yield Fault(
                f"{where}.{key}",
                f"is {getattr(duty, key):.4g}, which{beside} asks battery.{name}.{key} for {need:.4g} {unit} "
                f"{'' if key == 'power_mw' else '(held free below and above) '}and the largest is {most:.4g}. "
                f"Raise battery.{name}.{key}, or lower it.",
            )
