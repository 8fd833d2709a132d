"""Plan, plan of the next hours and twin keep the same room for swings."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.control import horizon_battery
from wattstack.twin import Setting, Twin
from wattstack.twin.kernel import layout as at

SWINGS = {"power_mw": 4.0, "energy_mwh": 2.0}
IDEAL = Setting(reservoir=True, ageing=False, foresight=True, sure=True)


@pytest.fixture(scope="module", params=["mpc", "rules"])
def twin(request, small):
    battery = {"main": {"power_mw": 12.0, "start": {"soc": 0.5}}}
    control = {"kind": request.param}
    return Twin(small(control=control, duties={"smoothing": SWINGS}, battery=battery), step="15min")


def test_the_floor_of_the_twin_is_backup_and_swings(twin):
    reserve = twin.drive(Setting(), 0).outside[at.D_RESERVE][::2]
    backup, case = twin.campus.duties.backup, twin.reference.case
    assert np.allclose(reserve, case.reserve_mwh * (1.0 - backup.soc_error_frac) + 2.0, rtol=1e-9)
    rules = twin.rules(Setting(), 0)
    assert (rules.smoothing_mw, rules.room_mwh) == (4.0, 2.0)


def test_power_and_energy_stay_free_in_the_plan_and_in_the_twin(twin):
    planned = twin.reference.dispatch
    traces = twin.run(IDEAL).traces.arrays
    stored = traces["battery.main.stored_mwh"]
    for given in (planned.discharge_mw["battery.main"], traces["battery.main.discharge_mw"]):
        assert 0.0 < given.max() <= 8.0 + 1e-6
    for taken in (planned.charge_mw["battery.main"], traces["battery.main.charge_mw"]):
        assert 0.0 < taken.max() <= 8.0 + 1e-6
    for held in (planned.stored_mwh["battery.main"], stored):
        assert held.max() <= 30.0 - 2.0 + 1e-6
    assert np.all(stored >= traces["reserve_mwh"] - 1e-6)


def test_the_plan_of_the_next_hours_sees_what_is_left(twin):
    unit = horizon_battery(twin.campus)
    assert (unit.charge_mw, unit.discharge_mw, unit.energy_mwh, unit.room_mwh) == (8.0, 8.0, 30.0, 2.0)
