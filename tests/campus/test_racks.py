"""Containers, racks and the first state."""

from __future__ import annotations

import pytest

from wattstack.campus import Battery
from wattstack.campus.racks import Racks


@pytest.mark.parametrize(
    ("nameplate_mwh", "containers"), [(0.0, 1), (4.9, 1), (5.0, 1), (5.1, 2), (1000, 200)]
)
def test_a_plant_has_as_many_containers_as_hold_its_nameplate(nameplate_mwh, containers):
    assert Racks().containers(nameplate_mwh) == containers


def battery(**more):
    return Battery(power_mw=1, energy_mwh=4, charge_eff=0.9, discharge_eff=0.9, **more)


def test_the_usable_window_lies_in_the_middle_unless_it_is_told():
    assert battery(usable_frac=0.9).soc_window == pytest.approx((0.05, 0.95))
    assert battery(usable_frac=0.9, soc_low=0.02).soc_window == pytest.approx((0.02, 0.92))
    assert battery().soc_window == (0.0, 1.0)


def test_a_window_that_ends_above_full_is_refused():
    with pytest.raises(
        ValueError, match=r"soc_low  is 0.3, and usable_frac 0.8 above it ends at 1.1, must end at 1"
    ):
        battery(usable_frac=0.8, soc_low=0.3)


def test_a_start_outside_of_the_window_is_refused():
    with pytest.raises(
        ValueError, match=r"start.soc  is 0.5, must lie in the usable window 0.6 .. 1. Write 0.8"
    ):
        battery(usable_frac=0.4, soc_low=0.6)
    assert battery(usable_frac=0.4, soc_low=0.6, start={"soc": 0.6}).start.soc == 0.6
    assert battery(start={"soc": 0, "age_years": 3, "throughput_mwh": 900}).start.age_years == 3
