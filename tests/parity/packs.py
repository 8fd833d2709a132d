"""Cells, packs and runs of the kernel from what a peer was given, for the tests beside this file."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wattstack.physics.blocks import BlockSet, BlockSpec, make_blocks
from wattstack.physics.cell import Cell
from wattstack.physics.converter import NO_CONVERTER, NO_TRANSFORMER
from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel.batch import advance_all
from wattstack.physics.thermal import Container

AT_ONCE = 1e7  # a node that follows its neighbour at once [W/K/MWh]


def make_cell(given: dict[str, Any], **changes: Any) -> Cell:
    """A cell of the kernel from the numbers of a peer; what the peer lacks is nought."""
    flat = np.zeros(len(given["soc_points"]))
    values = {
        "name": "peer", "voltage_min_v": 0.1, "voltage_max_v": 9.0, "hysteresis_v": flat, "entropic_v_per_k": flat,
        "self_discharge_frac_per_day": flat, "rc_frac": (), "rc_tau_s": (), "hysteresis_gamma": 0.0, "coulomb_eff": 1.0,
        "activation_ev": 0.0, "mass_kg": 0.1, "charge_c_rate": 10.0, "discharge_c_rate": 10.0,
        "c_rate_temp_degc": [-40.0, 90.0], "c_rate_frac_charge": [1.0, 1.0], "c_rate_frac_discharge": [1.0, 1.0],
        "derate_soc_low": 0.0, "derate_soc_high": 0.0, "temp_min_degc": -40.0, "temp_max_degc": 90.0,
    }  # fmt: skip
    taken = {key: value for key, value in given.items() if key in Cell.__dataclass_fields__}
    return Cell(**(values | taken | changes))


def in_open_air(w_per_k_per_mwh: float) -> Container:
    """Cells in air that is as warm as the air outdoors, nothing that cools or heats."""
    return Container(
        cell_air_w_per_k=w_per_k_per_mwh,
        air_wall_w_per_k=AT_ONCE,
        wall_out_w_per_k=AT_ONCE,
        air_j_per_k=1e4,
        wall_j_per_k=1e4,
        cooling_w=0.0,
        heating_w=0.0,
        fan_w=0.0,
        idle_w=0.0,
    )


def make_pack(cell: Cell, cells: float, rated_w: float, climate: Container, **changes: Any) -> BlockSet:
    """One block of so many cells without converter and transformer."""
    values = {"start_soc": 0.5, "start_temp_degc": 25.0, "laws": None} | changes
    laws = values.pop("laws")
    mw = rated_w * 1e-6
    spec = BlockSpec(
        "pack", cell, laws, cells * cell.energy_wh * 1e-6, mw, mw,
        converter=NO_CONVERTER, transformer=NO_TRANSFORMER, climate=climate, **values,
    )  # fmt: skip
    return make_blocks([spec])


class Shown(NamedTuple):
    """What a pack showed: arrays over steps, then its age rows at the end."""

    soc: np.ndarray
    voltage_v: np.ndarray
    temp_degc: np.ndarray
    temp_air_degc: np.ndarray
    capacity: np.ndarray
    auxiliary_mw: np.ndarray
    state: np.ndarray
    age: np.ndarray


def run_pack(pack: BlockSet, power_w: np.ndarray, step_s: float, temp_air_degc: Any) -> Shown:
    """Step a pack through powers at its terminals (> 0 discharges); the voltage is the mean of each step, per cell."""
    state, age = pack.state.copy(), pack.age.copy()
    flows, setpoint = np.zeros((at.NFLOW, 1)), np.zeros(1)
    air = np.broadcast_to(np.asarray(temp_air_degc, dtype=float), power_w.shape)
    cells = pack.blocks.rating[at.CELLS, 0]
    capacity_ah = pack.blocks.const[0, 1]
    rows = np.empty((power_w.size, 6))
    for i, watt in enumerate(power_w):
        setpoint[0] = watt * 1e-6
        advance_all(pack.blocks, pack.ageing, state, age, setpoint, air[i], step_s, flows)
        amps = flows[at.C_RATE, 0] * capacity_ah
        volts = flows[at.INJECTION, 0] * 1e6 / cells / amps if amps else np.nan
        rows[i] = (
            state[at.SOC, 0], volts, state[at.TEMP_CELL, 0], state[at.TEMP_AIR, 0], age[at.CAPACITY, 0],
            flows[at.AUXILIARY, 0],
        )  # fmt: skip
    return Shown(*rows.T, state, age)


def rms(difference: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(difference))))
