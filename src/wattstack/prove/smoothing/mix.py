"""One mix of what smooths, and the campus with it: for a trial, for the plan, for a run of seconds.

Needs    campus.
Gives    Layer, Loop, Mix, trial_campus, smoothed_campus.
Used by  prove.smoothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from wattstack.campus import Battery, Campus, Hall, SizeRange, largest, reserve_mw, reserve_mwh
from wattstack.campus.compute import RackStorage

FAST = "fast"  # name of the battery that is added
FAR_H = 1000.0  # no limit


@dataclass(frozen=True)
class Layer:
    """What stands at the GPUs and in their racks.

    Attributes:
        floor_frac: Least power while a job runs / full; 0 = none.
        ramp_up_frac_per_s: Fastest rise of power / full; None = as it comes.
        ramp_down_frac_per_s: Fastest fall.
        rack_j: Energy stored in the rack [J per GPU]; 0 = none.
        average_s: The rack holds the draw at the mean of about so many seconds.
    """

    floor_frac: float = 0.0
    ramp_up_frac_per_s: float | None = None
    ramp_down_frac_per_s: float | None = None
    rack_j: float = 0.0
    average_s: float = 1.0

    def __str__(self) -> str:
        words = [f"floor {self.floor_frac:g}"] if self.floor_frac > 0.0 else []
        if self.ramp_down_frac_per_s is not None:
            ways = "both ways" if self.ramp_up_frac_per_s is not None else "down"
            words.append(f"ramp {self.ramp_down_frac_per_s:g}/s {ways}")
        words += [f"rack {self.rack_j:g} J"] if self.rack_j > 0.0 else []
        return ", ".join(words) or "GPUs as they are"


@dataclass(frozen=True)
class Loop:
    """Numbers of the fast loop.

    Attributes:
        ramp_mw_per_min: Fastest change of the power drawn; None = the corner alone.
        corner_s: Time constant of the reference.
        recentre_s: Time constant with which the store returns to half of what smoothing holds.
    """

    ramp_mw_per_min: float | None
    corner_s: float
    recentre_s: float


@dataclass(frozen=True)
class Mix:
    """All of what smooths.

    Attributes:
        layer: At GPUs and racks.
        storage: Battery that takes what is left: a battery of the campus ("main"), "fast" for a further one, "" for
            none.
        chemistry: Of a further battery, a name in the library; else "".
        power_mw: Power that smoothing holds of it, both ways.
        energy_mwh: Usable energy that this power and these swings ask of the cells.
        loop: The fast loop; None without storage.
    """

    layer: Layer
    storage: str = ""
    chemistry: str = ""
    power_mw: float = 0.0
    energy_mwh: float = 0.0
    loop: Loop | None = None

    @property
    def store_name(self) -> str:
        """The battery as people call it."""
        if not self.storage:
            return "none"
        return f"battery.{self.storage}" + (f" ({self.chemistry})" if self.chemistry else "")


def with_layer(campus: Campus, layer: Layer, restart_s: float | None = None) -> Campus:
    """The campus with floor, ramps and rack storage at the halls that train; what stands there stays where it is more.

    Args:
        campus: As declared.
        layer: At GPUs and racks.
        restart_s: For a trial: jobs fail only when they are told, and come back after so long.
    """
    loads = {
        name: _hall(load, layer, restart_s) if _trains(load) else load for name, load in campus.load.items()
    }
    return campus.model_copy(update={"load": loads})


def _trains(load: object) -> bool:
    return isinstance(load, Hall) and bool(load.jobs)


def _hall(hall: Hall, layer: Layer, restart_s: float | None) -> Hall:
    changes: dict = {}
    gpu = {"floor_frac": min(max(layer.floor_frac, hall.smoothing.floor_frac), hall.smoothing.cap_frac)}
    for key in ("ramp_up_frac_per_s", "ramp_down_frac_per_s"):
        if getattr(layer, key) is not None:
            gpu[key] = getattr(layer, key)
    if any(getattr(hall.smoothing, key) != value for key, value in gpu.items()):
        changes["smoothing"] = hall.smoothing.model_copy(update=gpu)
    if layer.rack_j > 0.0:
        rack = hall.rack_storage or RackStorage()
        changes["rack_storage"] = rack.model_copy(
            update={"energy_j_per_gpu": layer.rack_j, "average_s": layer.average_s}
        )
    if restart_s is not None:
        told = {"failures_per_gpu_h": 0.0, "restart_s": restart_s}
        changes["jobs"] = {name: job.model_copy(update=told) for name, job in hall.jobs.items()}
    return hall.model_copy(update=changes)


def with_loop(campus: Campus, loop: Loop | None) -> Campus:
    """The campus with the fast loop, or without."""
    control = campus.control
    if loop is None:
        return campus.model_copy(update={"control": control.model_copy(update={"smoothing": None})})
    numbers = {"corner_s": loop.corner_s, "recentre_s": loop.recentre_s}
    if loop.ramp_mw_per_min is not None:
        numbers["ramp_mw_per_min"] = loop.ramp_mw_per_min
    if control.smoothing is not None:  # its delays stay
        given = control.smoothing.model_copy(update={"ramp_mw_per_min": loop.ramp_mw_per_min, **numbers})
    else:
        given = type(control).model_validate({"smoothing": numbers}).smoothing
    return campus.model_copy(update={"control": control.model_copy(update={"smoothing": given})})


def trial_campus(
    campus: Campus, layer: Layer, loop: Loop | None, slice_: Battery | None, restart_s: float
) -> Campus:
    """What a trial runs: halls and connection of the campus, and of all batteries the slice that smoothing holds.

    Backup, arbitrage, sun and generators are left out: what the duties hold is stacked, so the slice must do alone.
    """
    connection = campus.grid.connection
    stands = {"firm_mw": largest(connection.firm_mw), "nonfirm_mw": largest(connection.nonfirm_mw)}
    tariff = campus.grid.tariff
    contract = {
        name: one.model_copy(update={"power_mw": largest(one.power_mw)})
        for name, one in tariff.contract.items()
    }
    grid = campus.grid.model_copy(
        update={
            "connection": connection.model_copy(update=stands),
            "tariff": tariff.model_copy(update={"contract": contract}),
        }
    )
    bare = campus.model_copy(
        update={
            "grid": grid,
            "battery": {} if slice_ is None else {"slice": slice_},
            "solar": {}, "generator": {}, "duties": type(campus.duties)(),
        }
    )  # fmt: skip
    return with_loop(with_layer(bare, layer, restart_s), loop)


def smoothed_campus(
    campus: Campus, mix: Mix, duty: dict, unit: Battery | None = None, least_h: float = 0.0
) -> tuple[Campus, Campus]:
    """The campus with the mix written in.

    Args:
        campus: As declared.
        mix: As designed.
        duty: power_mw, energy_mwh, throughput_mwh_per_h of duties.smoothing.
        unit: The further battery, its sizes ranges; None where a battery of the campus takes the swings.
        least_h: Energy / power that the cells of the battery ask for.

    Returns:
        For `wattstack plan`: ranges stay, the battery holds duties.smoothing. And for `wattstack simulate
        --transient`: sizes stand, at the least that backup and smoothing together ask for; what else is planned is
        not there.
    """
    made = with_loop(with_layer(campus, mix.layer), mix.loop)
    if mix.storage:
        held = {**duty, "battery": mix.storage} if len(campus.battery) + (unit is not None) > 1 else duty
        promise = type(campus.duties).model_validate({"smoothing": held}).smoothing
        made = made.model_copy(update={"duties": made.duties.model_copy(update={"smoothing": promise})})
        if unit is not None:
            least = {"power_mw": SizeRange(min=mix.power_mw, max=mix.power_mw),
                     "energy_mwh": SizeRange(min=mix.energy_mwh, max=mix.energy_mwh)}  # fmt: skip
            made = made.model_copy(update={"battery": {**made.battery, FAST: unit.model_copy(update=least)}})
        elif least_h > 0.0:
            made = _able(made, mix.storage, least_h)
    return made, _sized(made, mix, duty, least_h)


def _able(campus: Campus, name: str, least_h: float) -> Campus:
    """A planned battery never shorter than its cells can be emptied."""
    battery = campus.battery[name]
    planned = isinstance(battery.power_mw, SizeRange) or isinstance(battery.energy_mwh, SizeRange)
    hours = battery.duration_h
    if not planned or (hours is not None and hours.min >= least_h):
        return campus
    new = {"min": least_h, "max": max(FAR_H if hours is None else hours.max, least_h)}
    given = Battery.model_validate(
        {
            "power_mw": 1,
            "energy_mwh": 1,
            "charge_eff": 1,
            "discharge_eff": 1,
            "duration_h": {**new, "min": 0.0},
        }
    ).duration_h.model_copy(update=new)
    changed = battery.model_copy(update={"duration_h": given})
    return campus.model_copy(update={"battery": {**campus.battery, name: changed}})


def _sized(campus: Campus, mix: Mix, duty: dict, least_h: float) -> Campus:
    """Every size a number: ranges at their least, batteries at what backup and smoothing ask of them."""
    ranges = {path: size for path, size in campus.size_paths.items() if isinstance(size, SizeRange)}
    sizes = {path: size.max if path.startswith("grid.") else size.min for path, size in ranges.items()}
    asked = {mix.storage: [duty["power_mw"], 2.0 * duty["energy_mwh"]]} if mix.storage else {}
    backup, carrier = campus.duties.backup, _carrier(campus, mix.storage)
    if backup is not None and carrier:
        carried = reserve_mw(most_load_mw(campus), backup.load_frac)
        held = reserve_mwh(carried, backup.duration_h, campus.battery[carrier].discharge_eff)
        power, energy = asked.get(carrier, [0.0, 0.0])
        asked[carrier] = [power + carried, (energy + held) / (1.0 - backup.soc_error_frac)]
    for name, (power, energy) in asked.items():
        cells = max(power * least_h, mix.energy_mwh) if name == mix.storage else 0.0
        for key, value in (("power_mw", power), ("energy_mwh", max(energy, cells))):
            path = f"battery.{name}.{key}"
            if path in ranges:
                sizes[path] = min(max(value, sizes[path]), ranges[path].max)
    return _at_target(campus.sized(sizes))


def _carrier(campus: Campus, smoother: str) -> str:
    """The battery that carries the backup: another than the one added for swings, where there is one."""
    others = [name for name in campus.battery if name != FAST] or list(campus.battery)
    return smoother if smoother in others else next(iter(others), "")


def _at_target(campus: Campus) -> Campus:
    """Batteries begin where the fast loop returns to: half of what the backup leaves, above it."""
    backup, loop = campus.duties.backup, campus.control.smoothing
    whole = sum(unit.energy_mwh for unit in campus.battery.values())
    if loop is None or whole <= 0.0:
        return campus
    held = 0.0
    if backup is not None:
        best = min(unit.discharge_eff for unit in campus.battery.values())
        held = min(
            reserve_mwh(reserve_mw(most_load_mw(campus), backup.load_frac), backup.duration_h, best), whole
        )
    share = (held + loop.soc_target_frac * (whole - held)) / whole
    units = {}
    for name, unit in campus.battery.items():
        low, high = unit.soc_window
        begin = unit.start.model_copy(update={"soc": round(low + share * (high - low), 4)})
        units[name] = unit.model_copy(update={"start": begin})
    return campus.model_copy(update={"battery": units})


def most_load_mw(campus: Campus) -> float:
    """What the loads draw at most [MW]: halls at their rating."""
    total = 0.0
    for load in campus.load.values():
        if isinstance(load, Hall):
            total += load.it_mw * (1.0 + load.ups_loss_frac)
        elif isinstance(load.draw_mw, int | float):
            total += load.draw_mw
    return total
