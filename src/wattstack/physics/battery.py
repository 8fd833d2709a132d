"""How a battery answers: power asked at the bus, power delivered, and what it costs the cells.

Needs    campus.Battery as declared; physics.cell_entry, bpx (cells), ageing (laws), blocks, converter, thermal;
         physics.kernel (when called).
Gives    block_of, battery_step, simulate_battery, simulate_batteries, LIMITS.
Used by  twin, prove, cli; parity tests and benchmarks.

Injection is positive into the campus bus: discharge > 0, charge < 0. A battery does not refuse a large setpoint, it
gives what it has: the ask is cut by rating, C-rate, voltage, temperature and the window of its charge, and what cut it
is told. While nothing is asked, the converter sleeps: standby and the no-load loss of the transformer are drawn from
the bus and metered with the auxiliaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.errors import InputError, StateError
from wattstack.physics.ageing import ageing_of
from wattstack.physics.blocks import BlockSet, BlockSpec, make_blocks
from wattstack.physics.converter import losses_of
from wattstack.physics.thermal import container_of
from wattstack.physics.tiles import Tile, aligned, cut, run_tiles

if TYPE_CHECKING:
    from wattstack.campus import Battery
    from wattstack.physics.cell import Cell

# what cut a step, by the codes of physics.kernel.layout
LIMITS = (
    "nothing", "rating", "lower end of the window", "upper end of the window", "voltage", "C-rate", "temperature",
    "matched load",
)  # fmt: skip


class BatteryStep(NamedTuple):
    """What one step of one block did. Powers are means of the step, in MW at the bus.

    Attributes:
        injection_mw: Delivered, > 0 discharges.
        auxiliary_mw: Drawn beside it: climate, controls, standby.
        loss_cell_mw: Lost in the cells; so for converter and transformer.
        loss_converter_mw: Lost in the converter.
        loss_transformer_mw: Lost in the transformer.
        limited_by: One of LIMITS.
        state: State at the end of the step, (NSTATE, 1).
        age: Age at the end of the step.
    """

    injection_mw: float
    auxiliary_mw: float
    loss_cell_mw: float
    loss_converter_mw: float
    loss_transformer_mw: float
    limited_by: str
    state: np.ndarray
    age: np.ndarray


def block_of(
    battery: Battery,
    discharge_mw: float | None = None,
    energy_mwh: float | None = None,
    *,
    name: str = "battery",
    base_dir: Path | None = None,
    reservoir: bool = False,
) -> BlockSpec:
    """The block that a declared battery is.

    Args:
        battery: As declared on the campus, chemistry filled in.
        discharge_mw: Rated power [MW]; None: as declared.
        energy_mwh: Usable energy [MWh]; None: as declared.
        name: What to call it.
        base_dir: Folder that battery.cells.bpx is relative to.
        reservoir: Take the constant efficiencies of the plan instead of cells.

    Returns:
        One block for the whole battery. Ageing follows the first law of the cell.

    Raises:
        InputError: A size is a range or 0; the chemistry has no cell; the window of charge leaves 0 .. 1.

    Example:
        >>> from wattstack.campus import Battery
        >>> unit = Battery(power_mw=10, energy_mwh=20, usable_frac=0.8, charge_eff=0.95, discharge_eff=0.95)
        >>> round(block_of(unit, reservoir=True).nameplate_mwh, 6)
        25.0
    """
    power = _size(name, "power_mw", battery.power_mw if discharge_mw is None else discharge_mw)
    energy = _size(name, "energy_mwh", battery.energy_mwh if energy_mwh is None else energy_mwh)
    usable = battery.usable_frac
    low = battery.soc_low if battery.soc_low is not None else 0.5 * (1.0 - usable)
    cell = None if reservoir else _cell(battery, name, base_dir)
    converter, transformer = losses_of(battery)
    start = battery.start
    return BlockSpec(
        name=name,
        cell=cell,
        laws=None if cell is None or not cell.laws else ageing_of(cell),
        nameplate_mwh=energy / usable,
        discharge_mw=power,
        charge_mw=power * battery.charge_power_frac,
        soc_low=low,
        soc_high=min(low + usable, 1.0),
        converter=converter,
        transformer=transformer,
        climate=container_of(battery),
        start_soc=start.soc,
        start_temp_degc=battery.climate.setpoint_degc if start.temp_degc is None else start.temp_degc,
        start_age_years=start.age_years,
        start_full_cycles=start.throughput_mwh * usable / energy,
        charge_eff=battery.charge_eff,
        discharge_eff=battery.discharge_eff,
        self_discharge_frac_per_h=battery.self_discharge_frac_per_h,
    )


def _titled(name: str) -> str:
    """How an error calls a battery that may be named by its path in the campus file."""
    return name if name.startswith("battery") else f"battery {name}"


def _size(name: str, key: str, value: object) -> float:
    if not isinstance(value, int | float) or not 0 < value < np.inf:
        raise InputError(
            _titled(name), [f"{key} is {value}, must be a number > 0. Plan it first, or give its size."]
        )
    return float(value)


def _cell(battery: Battery, name: str, base_dir: Path | None) -> Cell:
    """The cell of a file of its maker, else of the chemistry."""
    from wattstack.physics.bpx import read_bpx
    from wattstack.physics.cell_entry import cell_of

    chemistry = cell_of(battery.chemistry) if battery.chemistry is not None else None
    if (
        battery.cells is not None
    ):  # the chemistry lends what such a file does not say: ageing, limits, self-discharge
        return read_bpx((base_dir or Path()) / battery.cells.bpx, chemistry)
    if chemistry is None:
        raise InputError(
            _titled(name),
            ["names no cell: chemistry is missing. Write chemistry: library:NAME or cells: {bpx: FILE}."],
        )
    return chemistry


def battery_step(
    blocks: BlockSet,
    setpoint_mw: float,
    temp_air_degc: float,
    step_s: float,
    before: BatteryStep | None = None,
) -> BatteryStep:
    """Move one block one step on, with its input checked; for people and tests. Loops call the compiled advance_all.

    Args:
        blocks: One block, from make_blocks.
        setpoint_mw: Asked at the bus [MW], > 0 discharges.
        temp_air_degc: Outdoor temperature [degC].
        step_s: Length of the step [s], > 0.
        before: The step before this one; None: the block's start.

    Raises:
        InputError: There is not one block, step_s is not above 0, the setpoint or the temperature is not a number.
        StateError: The state was not returned by a step.

    Source:
        See physics.kernel.cell, converter and thermal; reservoir: Rosewater et al. (2019),
        doi:10.1109/ACCESS.2019.2957698.

    Example:
        >>> spec = BlockSpec("b1", None, None, 20.0, 10.0, 10.0, start_soc=0.2, discharge_eff=0.5)
        >>> battery_step(make_blocks([spec]), 10.0, 25.0, 1800.0).injection_mw
        4.0
    """
    from wattstack.physics.kernel import layout as at
    from wattstack.physics.kernel.batch import advance_all

    _check_single(blocks)
    check_drive(1, np.array([setpoint_mw]), np.array([temp_air_degc]), step_s)
    state, age = (blocks.state, blocks.age) if before is None else (before.state, before.age)
    _check_state(state, blocks.names)
    state, age, flows = state.copy(), age.copy(), np.zeros((at.NFLOW, 1))
    advance_all(
        blocks.blocks, blocks.ageing, state, age, np.array([float(setpoint_mw)]), float(temp_air_degc),
        float(step_s), flows,
    )  # fmt: skip
    kept = (at.INJECTION, at.AUXILIARY, at.LOSS_CELL, at.LOSS_CONVERTER, at.LOSS_TRANSFORMER)
    return BatteryStep(*(float(flows[row, 0]) for row in kept), LIMITS[int(flows[at.LIMIT, 0])], state, age)


def simulate_battery(
    spec: BlockSpec | BlockSet, setpoint_mw: np.ndarray, temp_air_degc: np.ndarray | float, step_s: float
) -> dict[str, np.ndarray]:
    """Run one battery through a series of setpoints.

    Args:
        spec: The block, or one made by make_blocks, whose state and age are moved on in place.
        setpoint_mw: Asked at the bus in each step [MW], shape (steps,), > 0 discharges.
        temp_air_degc: Outdoor temperature [degC], shape (steps,) or one number.
        step_s: Length of a step [s], > 0.

    Returns:
        Arrays of shape (steps,), named as channels are: injection_mw, charge_mw, discharge_mw, auxiliary_mw,
        loss_cell_mw, loss_converter_mw, loss_transformer_mw (means of the step), stored_mwh, soc, temp_cell_degc,
        capacity_frac, resistance_frac (at its end), limited_by (index in LIMITS).

    Raises:
        InputError: The series are empty, hold a gap or do not fit each other; step_s is not above 0.

    Example:
        >>> spec = BlockSpec("b1", None, None, 20.0, 10.0, 10.0, start_soc=0.2, discharge_eff=0.5)
        >>> simulate_battery(spec, np.array([10.0, 10.0]), 25.0, 1800.0)["injection_mw"].tolist()
        [4.0, 0.0]
    """
    from wattstack.physics.kernel import layout as at
    from wattstack.physics.kernel import run

    made = spec if isinstance(spec, BlockSet) else make_blocks([spec])
    asked = np.array(setpoint_mw, dtype=np.float64)
    outdoors = np.array(np.broadcast_to(np.asarray(temp_air_degc, dtype=np.float64), asked.shape))
    _check_single(made)
    check_drive(asked.ndim, asked, outdoors, step_s)
    _check_state(made.state, made.names)
    record = np.zeros((run.NRECORD, asked.size))
    run.run_blocks(
        made.blocks, made.ageing, made.state, made.age, asked[:, None], 0, outdoors, float(step_s),
        np.zeros((at.NFLOW, 1)), record,
    )  # fmt: skip
    return channels_of(record)


def simulate_batteries(
    made: BlockSet,
    setpoint_mw: np.ndarray,
    temp_air_degc: np.ndarray | float,
    step_s: float,
    workers: int | None = None,
) -> dict[str, np.ndarray]:
    """Run many batteries, each through setpoints of its own, on all cores.

    Args:
        made: From make_blocks; state and age of each battery are moved on in place.
        setpoint_mw: Asked of each at the bus in each step [MW], shape (steps, batteries), > 0 discharges.
        temp_air_degc: Outdoor temperature [degC], shape (steps,) or one number.
        step_s: Length of a step [s], > 0.
        workers: Threads; None: as many as there are cores. Any number gives the same to the last bit.

    Returns:
        The channels of simulate_battery, sums or means over the batteries; limited_by: the highest index of any.

    Raises:
        InputError: The series are empty, hold a gap or do not fit each other; step_s is not above 0.
        StateError: A state was not returned by a step.

    Example:
        >>> spec = BlockSpec("b1", None, None, 20.0, 10.0, 10.0, start_soc=0.2, discharge_eff=0.5)
        >>> simulate_batteries(make_blocks([spec, spec]), np.full((1, 2), 10.0), 25.0, 1800.0)["injection_mw"].tolist()
        [8.0]
    """
    asked = np.ascontiguousarray(setpoint_mw, dtype=np.float64)
    count = len(made.names)
    if asked.ndim != 2 or asked.shape[1] != count:
        raise InputError(
            "batteries",
            [f"setpoint_mw has the shape {asked.shape}, must be (steps, {count}): a column a battery."],
        )
    outdoors = np.array(np.broadcast_to(np.asarray(temp_air_degc, dtype=np.float64), asked.shape[:1]))
    check_drive(1, asked[:, 0], outdoors, step_s)
    _check_state(made.state, made.names)
    tiles = cut(made, range(count + 1), lambda first, last: (asked, outdoors, float(step_s)))
    record = run_tiles(made, tiles, _move, asked.shape[0], workers)
    return channels_of(record)


def _move(tile: Tile, span: tuple[int, int]) -> np.ndarray:
    """A tile of batteries through a span of steps; what is asked of it is read where it lies, beside the others'."""
    from wattstack.physics.kernel import layout as at
    from wattstack.physics.kernel import run

    moved, (asked, outdoors, step_s) = tile.blocks, tile.drive
    flows = aligned(np.zeros((at.NFLOW, len(moved.names))))
    record = np.zeros((run.NRECORD, span[1] - span[0]))
    total = run.run_blocks(
        moved.blocks, moved.ageing, moved.state, moved.age, asked[slice(*span)], tile.first, outdoors[slice(*span)],
        step_s, flows, record,
    )  # fmt: skip
    if not np.isfinite(total):  # looked at on the way, where it is near; nothing is put back yet
        check_drive(1, asked.sum(axis=1), outdoors, step_s)
    return record


def channels_of(record: np.ndarray) -> dict[str, np.ndarray]:
    """The record of physics.kernel.run by name of channel."""
    from wattstack.physics.kernel import run

    injection = record[run.R_INJECTION]
    return {
        "injection_mw": injection,
        "charge_mw": np.maximum(-injection, 0.0),
        "discharge_mw": np.maximum(injection, 0.0),
        "auxiliary_mw": record[run.R_AUXILIARY],
        "loss_cell_mw": record[run.R_LOSS_CELL],
        "loss_converter_mw": record[run.R_LOSS_CONVERTER],
        "loss_transformer_mw": record[run.R_LOSS_TRANSFORMER],
        "stored_mwh": record[run.R_STORED],
        "soc": record[run.R_SOC],
        "temp_cell_degc": record[run.R_TEMP],
        "capacity_frac": record[run.R_CAPACITY],
        "resistance_frac": record[run.R_RESISTANCE],
        "limited_by": record[run.R_LIMITED],
    }


def _check_single(made: BlockSet) -> None:
    if len(made.names) != 1:
        raise InputError(
            "battery",
            [f"there are {len(made.names)} blocks, must be one. Loops over many blocks call advance_all."],
        )


def check_drive(ndim: int, asked: np.ndarray, outdoors: np.ndarray, step_s: float) -> None:
    """What is asked of a run, in words.

    Raises:
        InputError: The series are empty or hold gaps, step_s is not above 0; every fault at once.
    """
    faults = []
    if ndim != 1 or asked.size == 0:
        faults.append(f"setpoint_mw has the shape {asked.shape}, must be (steps,) with at least one step.")
    if not 0 < step_s < np.inf:
        faults.append(f"step_s is {step_s:g}, must be > 0. Give the length of a step in seconds.")
    for key, values in (("setpoint_mw", asked), ("temp_air_degc", outdoors)):
        gaps = np.flatnonzero(~np.isfinite(values))
        if gaps.size:
            faults.append(
                f"{key} has {gaps.size} gaps, first at step {gaps[0]}. Fill them by a named rule, or give the values."
            )
    if faults:
        raise InputError("battery", faults)


def _check_state(state: np.ndarray, names: Sequence[str]) -> None:
    """Of every block at once: one by one, a thousand take as long as a hundred of their steps."""
    from wattstack.physics.kernel import layout as at

    soc = state[at.SOC]
    wrong = np.flatnonzero(~((soc >= 0.0) & (soc <= 1.0) & np.isfinite(state).all(axis=0)))
    if wrong.size:
        raise StateError(
            f"{names[wrong[0]]}: the state has soc {soc[wrong[0]]:g}, must stay in 0 .. 1 and hold numbers only. Start "
            "from a state that a step returned."
        )
