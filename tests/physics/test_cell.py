"""A cell is numbers that fit together, or it is refused with everything that does not."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.physics import Cell

GOOD = {
    "name": "test", "capacity_ah": 10.0, "nominal_v": 3.0, "voltage_min_v": 2.0, "voltage_max_v": 4.0,
    "soc_points": [0.0, 0.5, 1.0], "ocv_v": [2.5, 3.0, 3.5], "hysteresis_v": [0.0, 0.01, 0.0],
    "self_discharge_frac_per_day": [0.0, 0.001, 0.001], "entropic_v_per_k": [0.0, -1e-4, 1e-4],
    "resistance_soc": [0.0, 1.0], "resistance_temp_degc": [0.0, 25.0, 50.0],
    "charge_ohm": np.full((3, 2), 0.01), "discharge_ohm": np.full((3, 2), 0.01), "rc_frac": (0.5,),
    "rc_tau_s": (30.0,), "hysteresis_gamma": 30.0, "coulomb_eff": 0.999, "activation_ev": 0.5,
    "heat_capacity_j_per_k": 1000.0, "mass_kg": 1.0, "charge_c_rate": 1.0, "discharge_c_rate": 2.0,
    "c_rate_temp_degc": [0.0, 50.0], "c_rate_frac_charge": [0.5, 1.0], "c_rate_frac_discharge": [1.0, 1.0],
    "derate_soc_low": 0.02, "derate_soc_high": 0.02, "temp_min_degc": 0.0, "temp_max_degc": 50.0,
}  # fmt: skip


def faults_of(**changed) -> dict[str, str]:
    with pytest.raises(InputError) as refused:
        Cell(**{**GOOD, **changed})
    said: dict[str, str] = {}
    for fault in refused.value.faults:
        said[fault.where] = f"{said.get(fault.where, '')} {fault.what}"
    return said


def test_a_cell_that_fits_is_taken_and_cannot_be_changed():
    cell = Cell(**GOOD)
    assert cell.energy_wh == 30.0
    with pytest.raises(ValueError, match="read-only"):
        cell.ocv_v[0] = 9.0


def test_a_cell_crosses_to_another_process():
    again = pickle.loads(pickle.dumps(Cell(**GOOD)))
    assert again.name == "test" and again.ocv_v.tolist() == GOOD["ocv_v"]


@pytest.mark.parametrize("key", ["soc_points", "ocv_v", "resistance_temp_degc", "c_rate_temp_degc"])
def test_what_must_rise_and_does_not_is_named_with_the_place(key):
    values = [2.5, 2.5] + [3.0] * (len(GOOD[key]) - 2)
    assert "goes from 2.5 to 2.5 at point 2 of" in faults_of(**{key: values})[key]


def test_a_curve_of_one_point_is_none():
    assert "at least two" in faults_of(c_rate_temp_degc=[20.0])["c_rate_temp_degc"]


def test_tables_must_have_the_shape_of_their_axes():
    assert "must have (3, 2)" in faults_of(charge_ohm=np.full((2, 3), 0.01))["charge_ohm"]
    assert "must have (3,)" in faults_of(hysteresis_v=[0.0, 0.0])["hysteresis_v"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("capacity_ah", 0.0, "is 0, must be > 0"),
        ("mass_kg", float("nan"), "is nan, must be > 0"),
        ("derate_soc_low", -0.1, "must be >= 0"),
        ("auxiliary_w", float("inf"), "must be >= 0"),
        ("coulomb_eff", 1.1, "must be in 0 .. 1"),
        ("coulomb_eff", float("nan"), "must be in 0 .. 1"),
        ("voltage_min_v", 4.5, "the window is empty"),
        ("temp_min_degc", 60.0, "the window is empty"),
        ("ocv_v", [1.0, 3.0, 3.5], "must stay in voltage_min_v"),
        ("ocv_v", [2.5, float("nan"), 3.5], "not numbers"),
        ("soc_points", [0.1, 0.5, 1.0], "must run from 0 to 1"),
        ("discharge_ohm", np.zeros((3, 2)), "falls to 0 ohm"),
        ("hysteresis_v", [0.0, -0.01, 0.0], "falls to -0.01"),
        ("c_rate_frac_charge", [0.5, 1.2], "outside 0 .. 1"),
        ("rc_tau_s", (30.0, 600.0), "has 2 values for 1 RC pairs"),
        ("rc_frac", (-0.5,), "must be >= 0"),
        ("maintenance", {"strip_days": 3.0}, "must give strip_cycles, strip_days, strip_h"),
    ],
)
def test_each_number_out_of_bounds_is_told(key, value, said):
    faults = faults_of(**{key: value})
    assert any(said in what for what in faults.values()), faults


def test_all_faults_are_told_at_once():
    faults = faults_of(capacity_ah=-1.0, ocv_v=[3.5, 3.0, 2.5], voltage_min_v=5.0, temp_max_degc=-5.0)
    assert set(faults) == {"capacity_ah", "ocv_v", "voltage_min_v", "temp_min_degc"}
