"""Plan and twin tell the same story of a battery."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.control import Setpoints
from wattstack.twin import Setting, Twin
from wattstack.twin.kernel import layout as at
from wattstack.twin.plant import TwinPlant

IDEAL = Setting(reservoir=True, ageing=False, foresight=True, sure=True, margin=False)


@pytest.fixture(scope="module")
def twin(small):
    return Twin(small(control={"kind": "rules"}, battery={"main": {"start": {"soc": 0.05}}}), step="30min")


def followed(twin: Twin, setting: Setting, steps: int) -> TwinPlant:
    """The twin after it was asked for what the plan's battery does."""
    plant, run = TwinPlant(twin, setting), twin.reference.dispatch
    power = run.discharge_mw["battery.main"] - run.charge_mw["battery.main"]
    for t in range(steps):
        plant.write(Setpoints({"battery.main": float(power[t])}, {}, 60.0))
    return plant


def test_the_plans_power_moves_the_same_energy_in_the_twins_reservoir(twin):
    run = twin.reference.dispatch
    planned = np.diff(run.stored_mwh["battery.main"][:48])
    kept = followed(twin, IDEAL, 48).book.of_battery("battery.main", at.B_STORED)
    held = planned.copy()
    assert np.abs(np.diff(kept[:48]) - held).max() < 1e-3  # self-discharge of what was stored before the day


def test_cells_follow_the_plans_power_and_lose_about_what_the_plan_takes_them_to_lose(twin):
    ideal = followed(twin, IDEAL, 480).book
    cells = followed(twin, Setting(ageing=False, sure=True), 480).book
    for book in (ideal, cells):
        assert book.of_battery("battery.main", at.B_INJECTION)[:480].sum() != 0.0
    asked = ideal.of_battery("battery.main", at.B_INJECTION)[:480]
    given = cells.of_battery("battery.main", at.B_INJECTION)[:480]
    assert np.abs(given - asked).mean() < 0.05 * np.abs(asked).mean()
