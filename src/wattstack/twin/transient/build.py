"""A campus as the arrays that its loop of milliseconds walks over.

Needs    campus, physics (compute, chain, cooling), control, twin.fleet, twin.kernel.
Gives    Built, build.
Used by  twin.transient.run.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, nan

import numpy as np

from wattstack.campus import Campus, Hall, reserve_mw, reserve_mwh
from wattstack.control import rule_arrays, smooth_params
from wattstack.control.kernel import rows, smooth
from wattstack.physics import cooling_mw
from wattstack.physics.chain import ChainSet, NetworkSet, make_chain, make_network
from wattstack.physics.compute import LoadSet, make_load, power_wave
from wattstack.physics.kernel import feeder as net
from wattstack.physics.kernel import genset as gen
from wattstack.physics.kernel import inverter as inv
from wattstack.physics.kernel.chain import advance_chain
from wattstack.physics.kernel.jobs import advance_load
from wattstack.twin.kernel import ems as em
from wattstack.twin.kernel import transient as at
from wattstack.twin.kernel import watch as seen
from wattstack.twin.transient.cells import Cells

LOOK_S = 60.0  # first reference of the fast loop: mean of the servers over so long
NOTES = 4000  # most lines that an observer keeps
COOLING_LAG_S = 180.0  # cooling follows the heat within minutes: assumption, 1-15 min
WET_BULB_DEGC = 15.0  # outdoors: no weather is read within seconds, assumption
PLAIN_POWER_FACTOR = 0.95  # of plain loads and cooling, assumption
ISLAND_HZ = 50.0  # nominal frequency of a campus without a grid, assumption
SMALL_MW = 1e-6


@dataclass
class Built:
    """A campus ready to run.

    Attributes:
        campus: As declared.
        load, chain, network: Servers, electrical chains, bus.
        parts, moving: Constants and state of the loop.
        channels: Names of the rows of the record.
        supplies: Names of the uninterruptible supplies, in the order of their numbers.
        cells: Of the batteries.
        nominal_hz: Nominal frequency.
        import_limit_mw: What the connection carries, inf without a number.
        notes: What a reader must know of how it was built.
    """

    campus: Campus
    load: LoadSet
    chain: ChainSet
    network: NetworkSet
    parts: at.Parts
    moving: at.Moving
    channels: tuple[str, ...]
    supplies: tuple[str, ...]
    cells: Cells
    nominal_hz: float
    import_limit_mw: float
    notes: tuple[str, ...]


def build(campus: Campus, seed: int, groups: int, step_s: float, keep: tuple[int, bool]) -> Built:
    """The arrays of a campus whose sizes stand, at rest at its first moment.

    Args:
        campus: As declared.
        seed: Of all chance.
        groups: Rack groups.
        step_s: Step of the loop [s].
        keep: Steps in a sample of the record, and whether each source is recorded.
    """
    load = make_load(campus, seed, groups)
    nominal = ISLAND_HZ if campus.grid is None else float(campus.grid.connection.frequency_hz)
    chain = make_chain(campus, load.group_hall, load.group_full_mw, load.group_gpus, nominal)
    network = make_network(campus, frequency_hz=nominal)
    supplies = tuple(dict.fromkeys(name for name in chain.names if name))
    gpu_mw, ac_mw, ac_mvar = (np.zeros(len(load.group_source)) for _ in range(3))
    load_state = load.new_state()
    advance_load(load.load, load_state, 0.0, step_s, gpu_mw)
    chain_state = chain.new_state(gpu_mw)
    advance_chain(chain.chain, chain_state, gpu_mw, 1.0, nominal, 0.0, step_s, ac_mw, ac_mvar)
    site, notes = _site(campus, float(ac_mw.sum()))
    notes = (*load.notes, *notes)
    sources = len(load.sources) if keep[1] else 0
    channels = _channels(network, supplies, load.sources[:sources])
    parts = at.Parts(
        load.load, chain.chain, network.network,
        np.array([supplies.index(name) if name else -1 for name in chain.names], np.int64),
        np.array([supplies.index(chain.names[g]) if chain.names[g] else -1 for g in load.load.first[:-1]], np.int64),
        _ems(campus), _rules(campus), site, keep[0], sources,
    )  # fmt: skip
    cooled = site[at.COOLING_PER_IT] * ac_mw.sum()
    asked = ac_mw.sum() + cooled + site[at.PLAIN_MW], ac_mvar.sum() + site[at.PLAIN_MVAR]
    moving = _moving(
        campus, parts, (load, load_state, chain_state, network), (gpu_mw, ac_mw, ac_mvar), step_s
    )
    moving = moving._replace(
        network=network.new_state(*asked, island=campus.grid is None), sums=np.zeros(len(channels))
    )
    limit = np.inf
    if campus.grid is not None:
        limit = campus.grid.connection.firm_mw + campus.grid.connection.nonfirm_mw
    cells = Cells(campus, network.inverters, step_s)
    cells.begin(moving)
    built = Built(
        campus, load, chain, network, parts, moving, channels, supplies, cells, nominal, float(limit), notes
    )
    _at_rest(built, asked[0], cooled, float(ac_mw.sum() / max(gpu_mw.sum(), SMALL_MW)))
    return built


def _channels(network: NetworkSet, supplies: tuple[str, ...], sources: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the record's rows, in the order of twin.kernel.transient."""
    names = [
        "power_mw", "reactive_mvar", "voltage_pu", "frequency_hz", "load_mw", "it_mw", "cooling_mw", "reference_mw",
    ]  # fmt: skip
    for name in network.inverters:
        names += [f"battery.{name}.power_mw", f"battery.{name}.soc"]
    many = {name: network.gensets.count(name) for name in network.gensets}
    count: dict[str, int] = {}
    for name in network.gensets:
        count[name] = count.get(name, 0) + 1
        names.append(f"generator.{name}{f'.{count[name]}' if many[name] > 1 else ''}.power_mw")
    for name in supplies:
        names += [f"ups.{name}.power_mw", f"ups.{name}.battery_mw"]
    return (*names, *(f"{name}.gpu_mw" for name in sources))


def _site(campus: Campus, ac_mw: float) -> tuple[np.ndarray, tuple[str, ...]]:
    """Loads beside the servers."""
    site, notes = np.zeros(at.NSITE), []
    for name, part in campus.load.items():
        if isinstance(part, Hall):
            continue
        if isinstance(part.draw_mw, int | float):
            site[at.PLAIN_MW] += part.draw_mw
        else:
            notes.append(f"load.{name} follows a series of hours: it is left out within seconds.")
    site[at.COOLING_LAG_S] = COOLING_LAG_S
    if campus.cooling is not None:
        rating = sum(
            hall.it_mw * (1.0 + hall.ups_loss_frac) for hall in campus.load.values() if isinstance(hall, Hall)
        )
        cooled = float(cooling_mw(campus.cooling, min(ac_mw, rating), rating, WET_BULB_DEGC))
        site[at.COOLING_PER_IT] = cooled / max(ac_mw, SMALL_MW)
        notes.append(
            f"Cooling draws {site[at.COOLING_PER_IT]:.1%} of what the halls do, as at a wet bulb of {WET_BULB_DEGC:g} "
            f"degC, and follows within {COOLING_LAG_S / 60:g} min."
        )
    beside = site[at.PLAIN_MW] + site[at.COOLING_PER_IT] * ac_mw
    site[at.PLAIN_MVAR] = beside * np.tan(np.arccos(PLAIN_POWER_FACTOR))
    if campus.solar:
        notes.append("The sun is left out: it is a run without it.")
    return site, tuple(notes)


def _ems(campus: Campus) -> np.ndarray:
    """Numbers of the manager; without a fast loop its rules have the usual delays."""
    loop = campus.control.smoothing
    numbers = np.zeros(em.NEMS)
    like = loop or type(campus.control).model_validate({"smoothing": {}}).smoothing
    numbers[em.PERIOD_S], numbers[em.MEASURE_S], numbers[em.COMMAND_S] = (
        like.period_s, like.measure_s, like.command_s,
    )  # fmt: skip
    numbers[em.LOOPED] = 1.0 if loop is not None and campus.battery else 0.0
    numbers[em.NOMINAL_HZ] = ISLAND_HZ if campus.grid is None else float(campus.grid.connection.frequency_hz)
    numbers[em.FAULT_HOLD_S] = like.fault_hold_s
    numbers[em.LOCAL], numbers[em.TARGET_FRAC] = float(like.local), like.soc_target_frac
    units = list(campus.battery.values())
    numbers[em.CHARGE_EFF] = max((unit.charge_eff for unit in units), default=1.0)
    numbers[em.DISCHARGE_EFF] = min((unit.discharge_eff for unit in units), default=1.0)
    return numbers


def _rules(campus: Campus) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rules of minutes and of the fast loop as numbers."""
    loop = campus.control.smoothing
    params = np.zeros(smooth.NPARAM) if loop is None else smooth_params(loop)
    return (*rule_arrays(campus.control), params)


def _moving(campus: Campus, parts: at.Parts, made: tuple, powers: tuple, step_s: float) -> at.Moving:
    """State of everything but the bus."""
    load, load_state, chain_state, network = made
    ni, ng = len(network.inverters), len(network.gensets)
    supplies = int(parts.group_ups.max(initial=-1)) + 1
    row = np.zeros(rows.NROW)
    row[rows.EXPORT_LIMIT_MW], row[rows.PEAK_MW] = 0.0, np.inf
    if campus.grid is not None and campus.grid.tariff.export is not None:
        limit = campus.grid.tariff.export.limit_mw
        row[rows.EXPORT_LIMIT_MW] = np.inf if limit is None else float(limit)
    row[rows.INTERVAL_LEFT_S] = row[rows.INTERVAL_S] = 1800.0
    row[rows.CHARGE_BELOW_PER_MWH], row[rows.DISCHARGE_ABOVE_PER_MWH] = -np.inf, np.inf
    history = np.zeros((em.NHISTORY, ceil(parts.ems[em.MEASURE_S] / step_s) + 2))
    queue = np.zeros((em.NQUEUE, ceil(parts.ems[em.COMMAND_S] / parts.ems[em.PERIOD_S]) + 4))
    swings = np.zeros((seen.NSWING, ni + ng))
    swings[seen.Z_RATING_MW] = [
        *network.network.inverters[inv.RATING_MVA], *network.network.gensets[gen.G_POWER_MW],
    ]  # fmt: skip
    swings[seen.Z_LOAD_LOW_MW], swings[seen.Z_LOAD_HIGH_MW] = np.inf, -np.inf
    watch = (
        np.zeros(seen.NWATCH), np.zeros((seen.NNOTE, NOTES)), np.zeros((seen.NSUPPLY, supplies)),
        np.zeros(load.load.jobs.shape[1]), swings,
    )  # fmt: skip
    return at.Moving(
        load_state, chain_state, None, *powers, np.zeros(em.NMEMORY),
        (history, queue, np.zeros(smooth.NROW), row, np.zeros(3)), np.zeros(em.NSTORE),
        np.zeros((at.NUNIT, ni)), np.zeros(at.NNOW), np.zeros(0), watch,
    )  # fmt: skip


def _at_rest(built: Built, asked_mw: float, cooled_mw: float, ac_per_gpu: float) -> None:
    """Fill in what the first step reads: stores, history, first reference, what the watch saw last."""
    parts, moving = built.parts, built.moving
    moving.now[at.COOLING_MW] = cooled_mw
    memory, closed = moving.memory, moving.network.bus[net.CLOSED]
    mean_mw = power_wave(built.load, LOOK_S, 0.05)["power_mw"].mean()
    first = mean_mw * ac_per_gpu * (1.0 + parts.site[at.COOLING_PER_IT]) + parts.site[at.PLAIN_MW]
    looped = parts.ems[em.LOOPED] > 0.5
    memory[em.REFERENCE_MW] = memory[em.ACTIVE_REFERENCE_MW] = first if looped else nan
    memory[em.HELD], memory[em.SEEN_CLOSED], memory[em.DISTURBED_UNTIL_S] = 1.0, closed, -np.inf
    moving.boxes[0][em.H_LOAD_MW], moving.boxes[0][em.H_CLOSED] = asked_mw, closed
    moving.boxes[0][em.H_DRAWN_MW] = asked_mw * closed
    moving.boxes[4][1] = moving.watch[0][seen.W_REASON] = float(rows.IDLE)
    moving.watch[0][seen.W_CLOSED] = closed
    moving.watch[0][seen.W_UNHELD_S] = -np.inf
    moving.watch[4][seen.Z_AT_S] = -np.inf
    swings = built.campus.duties.smoothing
    if swings is not None:
        row = moving.boxes[3]
        row[rows.SMOOTHING_MW], row[rows.ROOM_MWH] = swings.power_mw, swings.energy_mwh
        parts.ems[em.SWING_MWH] = swings.energy_mwh
    backup = built.campus.duties.backup
    if backup is not None:
        held = reserve_mwh(
            reserve_mw(asked_mw, backup.load_frac), backup.duration_h, parts.ems[em.DISCHARGE_EFF]
        )
        parts.ems[em.RESERVE_MWH] = held
