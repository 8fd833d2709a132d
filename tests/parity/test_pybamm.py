"""An RC pair charges and discharges as in PyBaMM, whatever the step."""

from __future__ import annotations

import numpy as np
import pytest

from parity.store import read_record
from tests.parity.packs import in_open_air, make_cell, make_pack
from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel.batch import advance_all

GIVEN = read_record("pybamm")["cases"]
OCV_V = 3.3


def run_by_current(current_a, step_s):
    """Ask for the power that makes this current: with a flat OCV it is known beforehand."""
    r0, r1, tau = GIVEN["r0_ohm"], GIVEN["r1_ohm"], GIVEN["tau_s"]
    flat = np.full((2, 2), r0)
    cell = make_cell(
        {
            "soc_points": [0.0, 1.0], "ocv_v": [OCV_V, OCV_V + 1e-9], "nominal_v": OCV_V,
            "capacity_ah": GIVEN["capacity_ah"],
            "resistance_soc": [0.0, 1.0], "resistance_temp_degc": [0.0, 50.0], "charge_ohm": flat,
            "discharge_ohm": flat, "heat_capacity_j_per_k": 1e6,
        },
        rc_frac=(r1 / r0,), rc_tau_s=(tau,),
    )  # fmt: skip
    pack = make_pack(cell, 1.0, 5000.0, in_open_air(1e3), start_soc=GIVEN["start_soc"])
    state, age, flows = pack.state.copy(), pack.age.copy(), np.zeros((at.NFLOW, 1))
    mean = tau / step_s * (1.0 - np.exp(-step_s / tau))
    soc, pair_v = [], []
    for amps in current_a:
        volts = OCV_V - r0 * amps - mean * state[at.V_FAST, 0] - r1 * (1.0 - mean) * amps
        asked = np.array([amps * volts * 1e-6])
        advance_all(pack.blocks, pack.ageing, state, age, asked, 25.0, step_s, flows)
        soc.append(state[at.SOC, 0])
        pair_v.append(state[at.V_FAST, 0])
    return np.array(soc), np.array(pair_v)


def test_a_pulsed_rc_pair_and_the_charge_are_those_of_pybamm():
    soc, pair_v = run_by_current(GIVEN["current_a"], GIVEN["step_s"])
    assert np.abs(pair_v - GIVEN["pair_v"]).max() < 1e-6
    assert np.abs(soc - GIVEN["soc"]).max() < 1e-9


@pytest.mark.parametrize("times", [2, 5, 10])
def test_shorter_steps_change_nothing(times):
    current = np.repeat(GIVEN["current_a"], times)
    soc, pair_v = run_by_current(current, GIVEN["step_s"] / times)
    assert np.abs(pair_v[times - 1 :: times] - GIVEN["pair_v"]).max() < 1e-6
    assert np.abs(soc[times - 1 :: times] - GIVEN["soc"]).max() < 1e-9
