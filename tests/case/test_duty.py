"""Backup: a floor under stored energy and power, refused where no battery can hold it."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.case import build_case
from wattstack.errors import InputError, UnsupportedError

LOAD_MW = 70.0 * 1.03 + 3.0


def with_backup(power=100, energy=100, **duty):
    def change(raw):
        raw["battery"] = {
            "main": {
                "power_mw": power, "energy_mwh": energy, "charge_eff": 0.95, "discharge_eff": 0.95,
                "capital_per_mwh": 0,
            },
        }  # fmt: skip
        raw["duties"] = {"backup": {"duration_h": 0.5, "soc_error_frac": 0.02, **duty}}

    return change


def test_the_floor_is_load_times_duration_over_discharge_efficiency_with_its_margin(campus_of):
    case = build_case(campus_of(with_backup()))
    assert case.reserve_mwh == pytest.approx(np.full(48, LOAD_MW * 0.5 / 0.95 / 0.98))
    assert case.reserve_mw == pytest.approx(LOAD_MW)


def test_a_share_of_the_load_asks_for_a_share_of_the_floor(campus_of):
    case = build_case(campus_of(with_backup(load_frac=0.5)))
    assert case.reserve_mw == pytest.approx(LOAD_MW / 2)


def test_without_a_duty_nothing_is_held_back(campus_of):
    case = build_case(campus_of())
    assert (case.reserve_mwh.max(), case.reserve_mw) == (0.0, 0.0)


def test_a_floor_above_the_largest_battery_is_refused_with_both_numbers(campus_of):
    with pytest.raises(InputError) as caught:
        build_case(campus_of(with_backup(power={"max": 60}, energy={"max": 39.9, "block": 10})))
    energy, power = (str(fault) for fault in caught.value.faults)
    assert "asks for 75.1 MW in the worst step (2022-01, hour 0) for 0.5 h, so for 40.3 MWh" in energy
    assert "the largest battery.main.energy_mwh is 30.0 MWh. Raise battery.main.energy_mwh by 10.3" in energy
    assert "so for 75.1 MW: the largest battery.main.power_mw is 60.0 MW" in power


def test_a_range_that_holds_the_floor_is_accepted(campus_of):
    assert build_case(campus_of(with_backup(power={"max": 80}, energy={"max": 41}))).reserve_mw > 0.0


def test_a_duty_shared_by_several_batteries_is_refused_by_name(campus_of):
    def change(raw):
        with_backup(power=50, energy=30)(raw)
        raw["battery"]["spare"] = {**raw["battery"]["main"], "discharge_eff": 0.9}

    with pytest.raises(
        UnsupportedError, match=r"duties.backup +is carried by several batteries, which is not"
    ):
        build_case(campus_of(change))
