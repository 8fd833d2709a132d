"""From a description of battery blocks to the arrays that compiled code moves.

Needs    physics.cell.Cell, physics.ageing (laws), physics.converter, physics.thermal; physics.kernel (when called).
Gives    BlockSpec, BlockSet, make_blocks.
Used by  physics.battery, physics.racks, twin, prove.

Curves of a cell are resampled on even grids, so that a step needs no search: the grid of the state of charge is the
coarsest that holds every point the cell declares, else one of 400.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.physics.converter import ConverterLoss, TransformerLoss
from wattstack.physics.thermal import Container

if TYPE_CHECKING:
    from wattstack.physics.ageing import AgeingLaws
    from wattstack.physics.cell import Cell
    from wattstack.physics.kernel.ageing import Ageing
    from wattstack.physics.kernel.block import Blocks

BOLTZMANN_EV_PER_K = 8.617333262e-5
_GRIDS = (100, 200, 250, 400)  # cells of the grid of the state of charge
_NO_TAU_S = 1e9  # an RC pair that is not there


@dataclass(frozen=True, eq=False, slots=True)
class BlockSpec:
    """One block: anything from a rack to a plant, made of equal cells that share its power evenly.

    Attributes:
        name: What it is called.
        cell: Its cell; None makes a reservoir, a store with one efficiency each way, as plans see it.
        laws: How it ages, from physics.ageing; None: it does not.
        nameplate_mwh: Nameplate energy: cells x capacity x nominal voltage [MWh].
        discharge_mw: Rated power given to the bus [MW].
        charge_mw: Rated power taken from the bus [MW].
        soc_low: Lower end of the window in use, share of the capacity that is left.
        soc_high: Upper end.
        converter: Its losses.
        transformer: Its losses.
        climate: The container.
        start_soc: State of charge at the start, inside 0 .. 1.
        start_temp_degc: Temperature of cells, air and wall at the start.
        capacity_frac: Capacity of this block / that of the declared cells (spread).
        resistance_frac: Resistance of this block / that of the declared cells (spread).
        ageing_frac: Speed of ageing of this block / that of the laws (spread).
        start_age_years: Calendar age at the start.
        start_full_cycles: Full equivalent cycles it has gone through at the start.
        charge_eff: Of a reservoir.
        discharge_eff: Of a reservoir.
        self_discharge_frac_per_h: Of a reservoir.
    """

    name: str
    cell: Cell | None
    laws: AgeingLaws | None
    nameplate_mwh: float
    discharge_mw: float
    charge_mw: float
    soc_low: float = 0.0
    soc_high: float = 1.0
    converter: ConverterLoss = field(default_factory=ConverterLoss)
    transformer: TransformerLoss = field(default_factory=TransformerLoss)
    climate: Container = field(default_factory=Container)
    start_soc: float = 0.5
    start_temp_degc: float = 25.0
    capacity_frac: float = 1.0
    resistance_frac: float = 1.0
    ageing_frac: float = 1.0
    start_age_years: float = 0.0
    start_full_cycles: float = 0.0
    charge_eff: float = 1.0
    discharge_eff: float = 1.0
    self_discharge_frac_per_h: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a block that cannot be: all faults at once."""
        faults = list(_faults(self))
        if faults:
            raise InputError(f"battery block {self.name}", faults)

    @property
    def energy_mwh(self) -> float:
        """Usable energy when new [MWh]."""
        return (self.soc_high - self.soc_low) * self.nameplate_mwh * self.capacity_frac

    @property
    def cells(self) -> float:
        """Number of cells, perhaps a fraction; 1 for a reservoir."""
        return 1.0 if self.cell is None else self.nameplate_mwh * 1e6 / self.cell.energy_wh


class BlockSet(NamedTuple):
    """Blocks in compiled form, with the state they start from.

    Attributes:
        blocks: Constants.
        ageing: Laws of ageing.
        state: float64 (NSTATE, nb), see physics.kernel.layout.
        age: float64 (rows, nb); rows 0 and 1 are capacity left and growth of resistance.
        names: Of the blocks.
    """

    blocks: Blocks
    ageing: Ageing
    state: np.ndarray
    age: np.ndarray
    names: tuple[str, ...]


def make_blocks(specs: Sequence[BlockSpec]) -> BlockSet:
    """Arrays for compiled code.

    Args:
        specs: One or more blocks. Neighbours of one kind (equal cell, converter, transformer, climate) move together,
            so keep them beside each other.

    Returns:
        The blocks and the state they start from: relaxed, neither on the charge nor on the discharge branch.

    Raises:
        InputError: There is no block.

    Example:
        >>> spec = BlockSpec("plan", None, None, 10.0, 5.0, 5.0, charge_eff=0.9, discharge_eff=0.9)
        >>> make_blocks([spec]).state.shape
        (10, 1)
    """
    if not specs:
        raise InputError("battery blocks", ["there are none, must be at least one. Give a BlockSpec."])
    from wattstack.physics.ageing import stack_ageing
    from wattstack.physics.fade import aged
    from wattstack.physics.kernel import layout as at
    from wattstack.physics.kernel.ageing import new_age

    nb = len(specs)
    state = np.zeros((at.NSTATE, nb))
    state[at.SOC] = [spec.start_soc for spec in specs]
    state[[at.TEMP_CELL, at.TEMP_AIR, at.TEMP_WALL]] = [spec.start_temp_degc for spec in specs]
    ageing = stack_ageing([spec.laws for spec in specs], [spec.ageing_frac for spec in specs])
    age = new_age(ageing, nb)
    for b, spec in enumerate(specs):
        if spec.laws is not None and (spec.start_age_years or spec.start_full_cycles):
            age[:, b] = aged(spec.laws.times(spec.ageing_frac), spec.start_age_years, spec.start_full_cycles)
    return BlockSet(_blocks(specs), ageing, state, age, tuple(spec.name for spec in specs))


def _kind(spec: BlockSpec) -> tuple:
    reservoir = (spec.charge_eff, spec.discharge_eff, spec.self_discharge_frac_per_h)
    if spec.cell is None:
        return (None, *reservoir)
    return (id(spec.cell), spec.converter, spec.transformer, spec.climate)


def _blocks(specs: Sequence[BlockSpec]) -> Blocks:
    """Constants of the blocks, one table for each kind."""
    from wattstack.physics.kernel import tables
    from wattstack.physics.kernel.block import Blocks

    first: dict[tuple, BlockSpec] = {}
    for spec in specs:
        first.setdefault(_kind(spec), spec)
    places = {key: k for k, key in enumerate(first)}
    kind = np.array([places[_kind(spec)] for spec in specs], dtype=np.int64)
    edges = [0, *(np.flatnonzero(np.diff(kind)) + 1).tolist(), len(specs)]
    runs = np.array([(a, b, kind[a]) for a, b in pairwise(edges)], dtype=np.int64)
    cells = [spec.cell for spec in first.values()]
    points = 1 + max(_grid(cell) for cell in cells)
    kinds = len(first)
    return Blocks(
        kind=kind,
        runs=runs,
        rating=_rating(specs),
        const=np.array([_const(spec) for spec in first.values()]),
        soc_table=np.array([_soc_table(cell, points) for cell in cells]),
        temp_table=np.array([_temp_table(cell) for cell in cells]),
        ohm_table=np.array([_ohm_table(cell, points).ravel() for cell in cells]),
        step_s=np.zeros(tables.NSLOT + 1),
        step=np.zeros((tables.NSLOT, kinds, tables.NSTEP)),
    )


def _rating(specs: Sequence[BlockSpec]) -> np.ndarray:
    from wattstack.physics.kernel import layout as at

    rating = np.zeros((at.NRATING, len(specs)))
    for b, spec in enumerate(specs):
        rating[at.CELLS, b] = spec.cells
        rating[at.NAMEPLATE_MWH, b] = spec.nameplate_mwh
        rating[at.DISCHARGE_MW, b], rating[at.CHARGE_MW, b] = spec.discharge_mw, spec.charge_mw
        rating[at.SOC_LOW, b], rating[at.SOC_HIGH, b] = spec.soc_low, spec.soc_high
        rating[at.SPREAD_Q, b], rating[at.SPREAD_R, b] = spec.capacity_frac, spec.resistance_frac
        at.follow(rating, b)
        rating[at.MODE, b] = at.RESERVOIR if spec.cell is None else at.CELL
    return rating


def _const(spec: BlockSpec) -> np.ndarray:
    """Numbers of one kind."""
    from wattstack.physics.kernel import layout as at
    from wattstack.physics.kernel import tables as t
    from wattstack.physics.kernel.converter import least_dc_out
    from wattstack.physics.kernel.thermal import rated_per_cop

    const = np.zeros(t.NCONST)
    const[t.G_MODE] = at.RESERVOIR if spec.cell is None else at.CELL
    const[t.G_CHARGE_EFF], const[t.G_DISCHARGE_EFF] = spec.charge_eff, spec.discharge_eff
    const[t.G_KEPT] = 1.0 - spec.self_discharge_frac_per_h
    const[[t.G_TAU_1, t.G_TAU_2]] = _NO_TAU_S
    box = spec.climate
    const[[t.G_CELL_AIR, t.G_AIR_WALL, t.G_WALL_OUT]] = (
        box.cell_air_w_per_k, box.air_wall_w_per_k, box.wall_out_w_per_k,
    )  # fmt: skip
    const[[t.G_HEAT_CELL, t.G_HEAT_AIR, t.G_HEAT_WALL]] = 1.0, box.air_j_per_k, box.wall_j_per_k
    cell = spec.cell
    if cell is None:
        return const
    per_mwh = 1e6 / cell.energy_wh
    const[t.G_HEAT_CELL], const[t.G_CELLS_PER_MWH] = cell.heat_capacity_j_per_k * per_mwh, per_mwh
    const[[t.G_SETPOINT, t.G_BAND]] = box.setpoint_degc, box.band_k
    const[t.G_PER_COP] = rated_per_cop(box.setpoint_degc, box.cop)
    const[[t.G_COOL_W, t.G_HEAT_W, t.G_FAN_W]] = box.cooling_w, box.heating_w, box.fan_w
    const[t.G_IDLE_W] = box.idle_w + cell.auxiliary_w * per_mwh
    const[[t.G_CAPACITY_AH, t.G_V_MIN, t.G_V_MAX]] = cell.capacity_ah, cell.voltage_min_v, cell.voltage_max_v
    const[t.G_GAMMA] = cell.hysteresis_gamma
    const[[t.G_COULOMB, t.G_PER_COULOMB]] = cell.coulomb_eff, 1.0 / cell.coulomb_eff
    const[[t.G_CHARGE_C, t.G_DISCHARGE_C]] = cell.charge_c_rate, cell.discharge_c_rate
    const[[t.G_WIDTH_LOW, t.G_WIDTH_HIGH]] = cell.derate_soc_low, cell.derate_soc_high
    for i, (frac, tau) in enumerate(zip(cell.rc_frac, cell.rc_tau_s, strict=True)):
        const[t.G_FRAC_1 + i], const[t.G_TAU_1 + i] = frac, tau
    const[t.G_STANDBY] = spec.converter.standby_frac
    const[[t.G_FIXED_DIS, t.G_LINEAR_DIS, t.G_SQUARE_DIS]] = spec.converter.discharge
    const[[t.G_FIXED_CHA, t.G_LINEAR_CHA, t.G_SQUARE_CHA]] = spec.converter.charge
    const[[t.G_NO_LOAD, t.G_LOAD]] = spec.transformer.no_load_frac, spec.transformer.load_frac
    const[t.G_LEAST_DC] = least_dc_out(spec.transformer.no_load_frac, *spec.converter.discharge)
    return const


def _grid(cell: Cell | None) -> int:
    """Cells of the coarsest even grid that holds every point of the curves."""
    if cell is None:
        return 2
    for cells in _GRIDS:
        at = cell.soc_points * cells
        if np.abs(at - np.round(at)).max() < 1e-6:
            return cells
    return _GRIDS[-1]


def _with_steps(values: np.ndarray) -> np.ndarray:
    """Values of each point beside their steps to the next; the last steps repeat those before them."""
    return np.concatenate([values, _steps(values, 0)], axis=1)


def _steps(values: np.ndarray, axis: int) -> np.ndarray:
    """From each point to the next; the last one repeats the one before it."""
    steps = np.diff(values, axis=axis)
    return np.concatenate([steps, steps.take([-1], axis=axis)], axis=axis)


@lru_cache(maxsize=32)
def _soc_table(cell: Cell | None, points: int) -> np.ndarray:
    if cell is None:
        return np.zeros(points * 8)
    soc = np.linspace(0.0, 1.0, points)
    at_rest_a = cell.self_discharge_frac_per_day * cell.capacity_ah / 24.0
    curves = (cell.ocv_v, cell.hysteresis_v, cell.entropic_v_per_k, at_rest_a)
    values = np.stack([np.interp(soc, cell.soc_points, curve) for curve in curves], axis=1)
    values[0, 3] = 0.0  # an empty cell loses no charge
    return _with_steps(values).ravel()


def _temp_table(cell: Cell | None) -> np.ndarray:
    """Shares of the C-rate and growth of self-discharge, one row a kelvin; no current outside the cell's window."""
    from wattstack.physics.kernel.tables import TEMP_LOW_DEGC, TEMP_POINTS

    temp = TEMP_LOW_DEGC + np.arange(TEMP_POINTS)
    values = np.zeros((2, TEMP_POINTS, 2))
    if cell is not None:
        axis = cell.c_rate_temp_degc
        inside = (temp >= max(axis[0], cell.temp_min_degc)) & (temp <= min(axis[-1], cell.temp_max_degc))
        values[0, :, 0] = np.interp(temp, axis, cell.c_rate_frac_discharge) * inside
        values[1, :, 0] = np.interp(temp, axis, cell.c_rate_frac_charge) * inside
        kelvin = temp + 273.15
        values[:, :, 1] = np.exp(-cell.activation_ev / BOLTZMANN_EV_PER_K * (1.0 / kelvin - 1.0 / 298.15))
    return np.concatenate([values, _steps(values, 1)], axis=-1).ravel()


@lru_cache(maxsize=32)  # a cell is frozen, and is asked for again with every block made of it
def _ohm_table(cell: Cell | None, points: int) -> np.ndarray:
    """Both directions of R0: value, step along soc, step along temperature, and both."""
    from wattstack.physics.kernel.tables import TEMP_LOW_DEGC, TEMP_POINTS

    table = np.zeros((2, TEMP_POINTS, points, 4))
    if cell is None:
        return table
    soc, temp = np.linspace(0.0, 1.0, points), TEMP_LOW_DEGC + np.arange(TEMP_POINTS)
    for way, ohm in enumerate((cell.discharge_ohm, cell.charge_ohm)):
        rows = np.array([np.interp(soc, cell.resistance_soc, row) for row in ohm])
        value = np.array([np.interp(temp, cell.resistance_temp_degc, column) for column in rows.T]).T
        up = _steps(value, 0)
        table[way] = np.stack([value, _steps(value, 1), up, _steps(up, 1)], axis=-1)
    return table


def _faults(spec: BlockSpec):
    positive = ("nameplate_mwh", "discharge_mw", "charge_mw", "capacity_frac", "resistance_frac")
    for key in positive:
        value = getattr(spec, key)
        if not 0 < value < np.inf:
            yield Fault(key, f"is {value:g}, must be > 0. Give a finite number above 0.")
    for key in ("ageing_frac", "start_age_years", "start_full_cycles"):
        if not 0 <= getattr(spec, key) < np.inf:
            yield Fault(key, f"is {getattr(spec, key):g}, must be >= 0.")
    if not 0 <= spec.soc_low < spec.soc_high <= 1:
        yield Fault(
            "soc_low",
            f"is {spec.soc_low:g} and soc_high {spec.soc_high:g}: the window is empty or leaves 0 .. 1. "
            "Give 0 <= soc_low < soc_high <= 1.",
        )
    if not 0 <= spec.start_soc <= 1:
        yield Fault("start_soc", f"is {spec.start_soc:g}, must be in 0 .. 1.")
    if not -40 <= spec.start_temp_degc <= 90:
        yield Fault("start_temp_degc", f"is {spec.start_temp_degc:g}, must be in -40 .. 90 degC.")
    for key in ("charge_eff", "discharge_eff"):
        if not 0 < getattr(spec, key) <= 1:
            yield Fault(key, f"is {getattr(spec, key):g}, must be above 0 and at most 1.")
    if not 0 <= spec.self_discharge_frac_per_h < 1:
        yield Fault("self_discharge_frac_per_h", f"is {spec.self_discharge_frac_per_h:g}, must be in 0 .. 1.")
