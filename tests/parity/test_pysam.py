"""What SAM's battery does right, wattstack does alike; its own choices are rebuilt here, not in the product.

Rebuilt: the pack is heated by (pack current)^2 x (cell resistance); all depths share one count of cycles and one mean
depth; calendar loss and loss by cycles come from its calendar numbers and from the table it was given.
"""

from __future__ import annotations

import numpy as np
import pytest

from parity.profiles import once_a_day, wave
from parity.store import read_record
from tests.parity.packs import in_open_air, make_cell, make_pack, rms, run_pack
from wattstack.physics.ageing import ageing_of, stack_ageing
from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import rainflow
from wattstack.physics.kernel.ageing import age_all, new_age

CASES = read_record("pysam")["cases"]
SHAPES = {"lfp": wave, "nmc": once_a_day, "lmo_lto": once_a_day}


class AgesByTables:
    """SAM's life model by tables, on our rainflow: one count and one mean depth for cycles of every depth."""

    keeps_charge = True

    def __init__(self, life, soc: float):
        self.given = life["calendar"]
        (d_low, _, _), (_, n_low, q_low), (d_high, _, _), (_, n_high, q_high) = life[
            "depth_pct, cycles, capacity_pct"
        ]
        self.depths = np.array([0.0, d_low, d_high]) / 100.0
        self.per_cycle = np.array([0.0, (100.0 - q_low) / n_low, (100.0 - q_high) / n_high]) / 100.0
        self.stack = np.zeros((row.NAGE, 1))
        self.calendar, self.cycles, self.count, self.mean_depth = 0.0, 0.0, 0, 0.0
        self.last, self.way = soc, 0.0
        rainflow.turning_point(self.stack, 0, soc, 1.0, (0.0, 0.0))

    def step(self, soc: float, temp_degc: float, step_s: float) -> tuple[float, float]:
        """Capacity left after one more step; resistance stays."""
        g, kelvin = self.given, temp_degc + 273.15
        k = (
            g["a"]
            * np.exp(g["b"] * (1.0 / kelvin - 1.0 / 296.0))
            * np.exp(g["c"] * (soc / kelvin - 1.0 / 296.0))
        )
        self.calendar += k * k * step_s / 86400.0
        way = np.sign(soc - self.last)
        if way != 0.0 and self.way not in (0.0, way):
            rainflow.turning_point(self.stack, 0, self.last, 1.0, (0.0, 0.0))
            self._count()
        self.way = way or self.way
        self.last = soc
        return self.given["q0"] - np.sqrt(self.calendar) - self.cycles, 1.0

    def _count(self) -> None:
        counted, cycle = rainflow.pop_cycle(self.stack, 0)
        while counted:
            depth = cycle[rainflow.HIGH] - cycle[rainflow.LOW]
            self.mean_depth = (self.mean_depth * self.count + depth) / (self.count + 1)
            self.count += 1
            self.cycles = max(
                self.cycles, self.count * np.interp(self.mean_depth, self.depths, self.per_cycle)
            )
            counted, cycle = rainflow.pop_cycle(self.stack, 0)


def pack_of(name):
    """SAM's pack: its open-circuit voltage as the peer shows it, its heat as it makes it."""
    given = CASES[f"{name}_pack"]
    volts, ohm = given["ocv_v"], np.full((2, 2), given["resistance_ohm"])
    cells, scale = given["serial"] * given["parallel"], given["serial"] / given["parallel"]
    cell = make_cell(
        {
            "soc_points": [0.0, *given["soc_points"], 1.0],
            "ocv_v": [volts[0] - 1.5, *volts, volts[-1] + 0.05],
            "capacity_ah": given["capacity_ah"],
            "nominal_v": given["nominal_v"],
            "resistance_soc": [0.0, 1.0],
            "resistance_temp_degc": [0.0, 50.0],
            "charge_ohm": ohm,
            "discharge_ohm": ohm,
            "heat_capacity_j_per_k": given["pack_j_per_k"] * scale / cells,
        }
    )
    air = in_open_air(given["pack_w_per_k"] * scale / (cells * cell.energy_wh * 1e-6))
    return make_pack(cell, cells, 2e6, air, start_temp_degc=given["temp_room_degc"])


def test_a_week_of_the_lfp_pack_is_that_of_sam():
    given = CASES["lfp_week"]
    every = given["every"]
    ages = AgesByTables(CASES["lfp_life"], 0.5)
    pack = pack_of("lfp")
    pack.age[at.CAPACITY] = CASES["lfp_pack"]["start_capacity"]
    power_w = given["rated_w"] * wave(given["steps"], given["step_s"])
    shown = run_pack(pack, power_w, given["step_s"], CASES["lfp_pack"]["temp_room_degc"], ages)
    at_hours = slice(every - 1, None, every)
    assert np.abs(shown.soc[at_hours] - given["soc"]).max() < 1e-3
    assert rms(shown.voltage_v[at_hours] - given["voltage_v"]) < 5e-3
    assert np.abs(shown.temp_degc[at_hours] - given["temp_degc"]).max() < 1e-3
    assert np.abs(shown.capacity[at_hours] - given["capacity"]).max() < 2e-4


def year_of(name):
    """Current and temperature of each step of a year run by current, heated as SAM heats it."""
    given, pack = CASES[f"{name}_year"], CASES[f"{name}_pack"]
    c_rate = given["c_rate"] * SHAPES[name](given["steps"], given["step_s"])
    pack_a = c_rate * pack["capacity_ah"] * pack["parallel"]
    warmer_k = pack_a**2 * pack["resistance_ohm"] / pack["pack_w_per_k"]
    kept = np.exp(-given["step_s"] * pack["pack_w_per_k"] / pack["pack_j_per_k"])
    over_k, temp_degc = 0.0, np.empty(c_rate.size)
    for i, rise in enumerate(warmer_k):
        over_k = rise + (over_k - rise) * kept
        temp_degc[i] = pack["temp_room_degc"] + over_k
    shown = temp_degc[given["every"] - 1 :: given["every"]]
    assert np.abs(shown - given["temp_degc"]).max() < 0.1
    return given, c_rate, temp_degc


def test_a_year_of_the_lfp_pack_loses_what_sam_says():
    given, c_rate, temp_degc = year_of("lfp")
    left = CASES["lfp_pack"]["start_capacity"]
    ages = AgesByTables(CASES["lfp_life"], given["start_soc"])
    charge = given["start_soc"] * left - np.cumsum(c_rate) * given["step_s"] / 3600.0
    capacity = []
    for stored, degc in zip(charge, temp_degc, strict=True):
        left, _ = ages.step(stored / left, degc, given["step_s"])
        capacity.append(left)
    assert np.abs(capacity[given["every"] - 1 :: given["every"]] - np.array(given["capacity"])).max() < 1e-3
    assert ages.count == pytest.approx(given["cycles"], rel=1e-3)
    assert ages.mean_depth == pytest.approx(given["mean_depth"], rel=0.01)


def capacity_over_year(name, law):
    """Capacity when SAM shows its own, by one of our laws on the charge that SAM's current leaves in the store."""
    given, c_rate, temp_degc = year_of(name)
    ageing = stack_ageing([ageing_of(law)])
    age, state, flows = new_age(ageing, 1), np.zeros((at.NSTATE, 1)), np.zeros((at.NFLOW, 1))
    charge = given["start_soc"] - np.cumsum(c_rate) * given["step_s"] / 3600.0
    state[at.SOC], state[at.TEMP_CELL] = given["start_soc"], temp_degc[0]
    age_all(ageing, age, state, flows, 0.0)
    capacity = []
    for stored, degc, rate in zip(charge, temp_degc, c_rate, strict=True):
        soc = min(stored / age[at.CAPACITY, 0], 1.0)
        state[at.SOC], state[at.TEMP_CELL], flows[at.C_RATE] = soc, degc, rate
        age_all(ageing, age, state, flows, given["step_s"])
        capacity.append(age[at.CAPACITY, 0])
    return np.array(capacity[given["every"] - 1 :: given["every"]]), given


def test_a_year_of_lmo_lto_loses_what_sam_says():
    capacity, given = capacity_over_year("lmo_lto", "smith-lmo-lto")
    assert np.abs(capacity - given["capacity"]).max() < 1e-3


def test_a_year_of_nmc_loses_what_sam_says():
    capacity, given = capacity_over_year("nmc", {"law": "smith-nmc", "temp_effect": 1.0})
    assert np.abs(capacity - given["capacity"]).max() < 1e-3
