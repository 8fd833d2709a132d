"""Cells, packs and runs of the kernel from what a peer was given, for the tests beside this file."""

from __future__ import annotations

from collections.abc import Mapping
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
    """What a pack showed: arrays over steps; resistance at the end, of new."""

    soc: np.ndarray
    voltage_v: np.ndarray
    temp_degc: np.ndarray
    temp_air_degc: np.ndarray
    capacity: np.ndarray
    auxiliary_mw: np.ndarray
    resistance: float


def run_pack(
    pack: BlockSet, power_w: np.ndarray, step_s: float, temp_air_degc: Any, ages: Any = None
) -> Shown:
    """Step a pack through powers at its terminals (> 0 discharges); the voltage is the mean of each step, per cell.

    ages: Takes (soc, temp_degc, step_s) after each step and answers with capacity and resistance, instead of our laws;
        keeps_charge says whether the Ah in the store stay when capacity is lost (else the state of charge does).
    """
    state, age = pack.state.copy(), pack.age.copy()
    flows, setpoint = np.zeros((at.NFLOW, 1)), np.zeros(1)
    air = np.broadcast_to(np.asarray(temp_air_degc, dtype=float), power_w.shape)
    cells = pack.blocks.rating[at.CELLS, 0]
    capacity_ah = pack.blocks.const[0, 1]
    rows = np.empty((power_w.size, 6))
    left = tuple(age[[at.CAPACITY, at.RESISTANCE], 0])
    for i, watt in enumerate(power_w):
        setpoint[0] = watt * 1e-6
        if ages is not None:  # our kernel reads its own age once an hour
            age[[at.CAPACITY, at.RESISTANCE], 0] = left
        advance_all(pack.blocks, pack.ageing, state, age, setpoint, air[i], step_s, flows)
        amps = flows[at.C_RATE, 0] * capacity_ah
        volts = flows[at.INJECTION, 0] * 1e6 / cells / amps if amps else np.nan
        if ages is not None:
            before, left = left, ages.step(state[at.SOC, 0], state[at.TEMP_CELL, 0], step_s)
            state[at.SOC] *= before[0] / left[0] if ages.keeps_charge else 1.0
        rows[i] = (
            state[at.SOC, 0], volts, state[at.TEMP_CELL, 0], state[at.TEMP_AIR, 0], left[0],
            flows[at.AUXILIARY, 0],
        )  # fmt: skip
    return Shown(*rows.T, left[1])


def rms(difference: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(difference))))


class CountsEveryTurn:
    """Naumann's law with the counting of simses: a half cycle at every turn of the charge, however small.

    It stands here, and nowhere in the product, because this way of counting lets noise hide the deep cycles.
    """

    keeps_charge = False

    def __init__(self, numbers: Mapping[str, float], soc: float):
        self.n = numbers
        self.calendar = self.cycles = self.ohm = 0.0
        self.start = self.last = soc
        self.way, self.hours, self.full_cycles = 0.0, 0.0, 0.0

    def step(self, soc: float, temp_degc: float, step_s: float) -> tuple[float, float]:
        """Capacity left and growth of resistance after one more step."""
        n, kelvin = self.n, temp_degc + 273.15
        warmer = (1.0 / kelvin - 1.0 / 298.15) / 8.3144598
        k = n["k_loss"] * np.exp(-n["e_loss"] * warmer) * (n["c_loss"] * (soc - 0.5) ** 3 + n["d_loss"])
        self.calendar += k * k * step_s
        k = n["k_res"] * np.exp(-n["e_res"] * warmer) * (n["c_res"] * (soc - 0.5) ** 2 + n["d_res"])
        self.ohm += k * step_s
        way = np.sign(soc - self.last)
        if way != 0.0:
            if self.way not in (0.0, way):
                self._close()
                self.hours = 0.0
            self.way, self.last, self.hours = way, soc, self.hours + step_s / 3600.0
        return 1.0 - np.sqrt(self.calendar) - np.sqrt(self.cycles), 1.0 + self.ohm

    def _close(self) -> None:
        n, depth = self.n, abs(self.last - self.start)
        rate = depth / self.hours
        k = (n["a_cycle"] * rate + n["b_cycle"]) * (n["c_cycle"] * (depth - 0.6) ** 3 + n["d_cycle"]) / 100.0
        self.cycles += k * k * depth / 2.0
        k = n["a_res_cycle"] * rate + n["b_res_cycle"]
        self.ohm += k * (n["c_res_cycle"] * (depth - 0.5) ** 3 + n["d_res_cycle"]) * depth / 200.0
        self.full_cycles += depth / 2.0
        self.start = self.last
