"""The plan of the next hours for a site: the peak of the month, the reserve, what is not known, and why."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from wattstack.campus import Campus
from wattstack.control.mpc import HorizonForecast, Mpc, horizon_battery, peak_price_per_mw_month
from wattstack.control.seam import Measured
from wattstack.errors import StateError

pytestmark = pytest.mark.tiny

NOON_S = 1_651_287_600.0  # 2022-04-30T12:00 in Tokyo: the month ends twelve hours later
RAW = {
    "wattstack": 1,
    "name": "small",
    "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
    "currency": "JPY",
    "time": {"start": "2022-04-01T00:00+09:00", "end": "2022-06-01T00:00+09:00", "step": "1h"},
    "load": {"halls": {"it_mw": 10.0}},
    "grid": {
        "connection": {"firm_mw": 14.0},
        "tariff": {
            "energy": {"price_per_mwh": 20000.0},
            "demand": {"monthly": {"price_per_mw_month": 1_600_000.0}},
        },
    },
    "battery": {
        "main": {
            "power_mw": 5.0, "energy_mwh": 10.0, "charge_eff": 1.0, "discharge_eff": 1.0,
            "self_discharge_frac_per_h": 0.0, "wear_per_mwh": 0.0,
        }
    },
    "control": {"horizon_h": 4, "plan_step": "1h", "replan": "1h"},
}  # fmt: skip


def campus(**sections):
    raw = deepcopy(RAW)
    for name, value in sections.items():
        raw[name] = {**raw.get(name, {}), **value} if isinstance(value, dict) else value
    return Campus.model_validate(raw)


LINES = {"grid": "import", "gas": "generator"}


def believed(price=(10, 10, 50, 50), load=8.0, gas=0.0):
    cost = {"grid": 1000.0 * np.array(price, float), "gas": 40_000.0}
    return HorizonForecast(load, cost, {"grid": 14.0, "gas": gas})


def measured(stored=0.0, **more):
    values = {"battery.main.stored_mwh": stored} | {k.replace("__", "."): v for k, v in more.items()}
    return Measured(NOON_S, values)


def plan(site, image=None, forecasts=None, end_value=0.0, now_s=NOON_S):
    return Mpc(site, LINES, end_value).decide_horizon(now_s, image or measured(), forecasts or believed())


def test_energy_moves_from_the_cheap_hours_to_the_dear_ones():
    found = plan(campus())
    assert found.power_mw.tolist() == [-5.0, -5.0, 5.0, 5.0]
    assert found.import_mw.tolist() == [13.0, 13.0, 3.0, 3.0]
    assert found.stored_mwh.tolist() == [5.0, 10.0, 5.0, 0.0]
    assert found.line_mw["grid"].tolist() == found.import_mw.tolist()
    assert found.cost == pytest.approx(26 * 10_000 + 6 * 50_000)
    assert found.reason == "charges 5 MW at 10000 JPY/MWh: a stored MWh is worth 10000"


def test_the_target_of_the_month_holds_until_the_month_ends():
    site = campus(control={**RAW["control"], "peak_target_mw": {"2022-04": 9.0, "2022-05": 13.0}})
    before = plan(site, measured(2.0), believed((10, 10, 10, 50), load=9.5), now_s=NOON_S)
    assert before.import_mw.max() == 9.0
    assert before.reason == "discharges 0.5 MW: holds import at 9 MW"
    over = plan(site, measured(0.0), believed((10, 10, 10, 50), load=8.8), now_s=NOON_S + 10 * 3600)
    assert over.import_mw.tolist() == pytest.approx([9.0, 9.0, 13.0, 4.2])  # May begins with the third hour
    free = plan(site, forecasts=believed((10, 10, 50, 50), load=7.0), now_s=NOON_S + 60 * 86400)
    assert free.import_mw.max() == 12.0


def test_a_month_that_is_billed_for_more_already_may_have_it():
    site = campus(control={**RAW["control"], "peak_target_mw": 9.0})
    assert plan(site).import_mw.max() == 9.0
    assert plan(site, measured(grid__billed_peak_mw=11.0)).import_mw.max() == 11.0
    assert plan(site, measured(grid__billed_peak_mw=5.0)).import_mw.max() == 9.0


def test_what_cannot_be_held_is_said_and_laid_flat():
    site = campus(control={**RAW["control"], "peak_target_mw": 7.5})
    found = plan(site, measured(0.5))
    assert found.raise_mw == pytest.approx(0.375, abs=0.01)
    assert found.over_mw == pytest.approx([found.raise_mw] * 4, abs=0.01)
    assert "holds import at 7.87" in found.reason
    assert found.reason.endswith(f"; in 0 h import is {found.over_mw[0]:.3g} MW above 7.5 MW")


def test_gas_runs_before_a_peak_is_paid_for():
    site = campus(control={**RAW["control"], "peak_target_mw": 7.5})
    found = plan(site, forecasts=believed((10, 10, 10, 10), gas=2.0))
    assert found.line_mw["gas"].sum() == pytest.approx(2.0)
    assert found.over_mw == pytest.approx([0.0] * 4)
    assert found.raise_mw == 0.0


def test_the_backup_of_the_forecast_load_is_held_back():
    site = campus(duties={"backup": {"duration_h": 0.5, "load_frac": 0.5, "soc_error_frac": 0.1}})
    found = plan(site, measured(10.0))
    assert found.stored_mwh[-1] == pytest.approx(4.0 * 0.5 + 0.1 * 10.0)
    short = plan(site, measured(0.0), believed(load=13.0))
    assert short.reason == "charges 1 MW: the reserve lacks 3.25 MWh"
    assert short.short_mwh == pytest.approx([3.25, 2.25, 1.25, 0.25])


def test_energy_left_over_is_worth_what_the_caller_says_or_the_median_price():
    assert plan(campus(), measured(5.0), end_value=60_000.0).stored_mwh[-1] == 10.0
    assert plan(campus(), measured(5.0), believed((30, 30, 30, 40)), end_value=None).power_mw[-1] == 5.0
    held = Mpc(campus(), {"gas": "generator"}).decide_horizon(
        NOON_S, measured(5.0), believed(load=2.0, gas=9.0)
    )
    assert held.stored_mwh[-1] == 0.0


def test_a_battery_that_has_nothing_to_do_waits():
    lossy = RAW["battery"]["main"] | {"charge_eff": 0.9}
    found = plan(campus(battery={"main": lossy}), forecasts=believed((10, 10, 10, 10)))
    assert found.power_mw.tolist() == [0.0] * 4
    assert found.reason.startswith("waits at 10000 JPY/MWh")


def test_a_dear_hour_now_is_said_to_be_one():
    found = plan(campus(), measured(5.0), believed((50, 10, 10, 10)))
    assert found.reason == "discharges 5 MW at 50000 JPY/MWh: a stored MWh is worth 10000"


def test_faded_batteries_hold_what_they_measure():
    found = plan(campus(), measured(0.0, battery__main__usable_mwh=6.0))
    assert found.stored_mwh.max() == 6.0


@pytest.mark.parametrize(
    ("image", "forecasts", "wrong"),
    [
        (Measured(NOON_S, {}), believed(), "the stored energy"),
        (measured(float("nan")), believed(), "the stored energy"),
        (
            Measured(NOON_S, {"battery.main.stored_mwh": 1.0}, {"battery.main.stored_mwh": 7200.0}),
            believed(),
            "the stored energy",
        ),
        (measured(1.0), believed(load=float("nan")), "load_mw"),
        (measured(1.0), believed((10, np.nan, 10, 10)), "grid"),
        (measured(1.0), believed(gas=np.nan), "gas"),
        (measured(1.0, battery__main__usable_mwh=float("inf")), believed(), "a limit"),
    ],
)
def test_what_is_not_known_makes_no_plan_and_raises_nothing(image, forecasts, wrong):
    found = plan(campus(), image, forecasts)
    assert found.cost == np.inf
    assert found.power_mw.tolist() == [0.0] * 4
    assert found.reason == f"no plan: {wrong} is not known as a number"


def test_a_line_without_forecast_and_a_forecast_of_other_length_are_refused():
    bare = HorizonForecast(8.0, {"grid": 1.0}, {"grid": 1.0, "gas": 0.0})
    with pytest.raises(StateError, match="cost_per_mwh has no gas"):
        plan(campus(), forecasts=bare)
    with pytest.raises(StateError, match=r"load_mw has shape \(3,\), must be a number or have shape \(4,\)"):
        plan(campus(), forecasts=believed(load=np.ones(3)))


def test_batteries_are_planned_as_one():
    two = {
        "a": RAW["battery"]["main"] | {"discharge_eff": 0.9, "wear_per_mwh": 100.0},
        "b": RAW["battery"]["main"] | {"energy_mwh": 30.0, "charge_power_frac": 0.5},
        "none": RAW["battery"]["main"] | {"energy_mwh": 0.0, "power_mw": 0.0},
    }
    raw = deepcopy(RAW) | {"battery": two}
    unit = horizon_battery(Campus.model_validate(raw))
    assert (unit.charge_mw, unit.discharge_mw, unit.energy_mwh) == (7.5, 10.0, 40.0)
    assert unit.discharge_eff == pytest.approx(0.975)
    assert unit.wear_per_mwh == pytest.approx(25.0)
    raw["battery"]["a"]["power_mw"] = {"max": 5}
    raw["battery"]["a"] |= {"capital_per_mw": 1.0, "capital_per_mwh": 1.0}
    with pytest.raises(StateError, match=r"battery\.a\.power_mw is a range"):
        horizon_battery(Campus.model_validate(raw))


def test_power_and_room_for_swings_are_no_part_of_the_plan():
    swings = campus(duties={"smoothing": {"power_mw": 2.0, "energy_mwh": 1.0}})
    unit = horizon_battery(swings)
    assert (unit.charge_mw, unit.discharge_mw, unit.energy_mwh, unit.room_mwh) == (3.0, 3.0, 10.0, 1.0)
    prices = believed((10, 10, 90, 90))
    found = plan(swings, measured(9.8), prices)
    assert abs(found.power_mw).max() <= 3.0 + 1e-9
    assert found.stored_mwh.max() <= 9.0 + 1e-9 and found.stored_mwh.min() >= 1.0 - 1e-9
    both = campus(duties={"backup": {"duration_h": 0.5, "load_frac": 0.25, "soc_error_frac": 0.0},
                          "smoothing": {"power_mw": 2.0, "energy_mwh": 1.0}})  # fmt: skip
    assert plan(both, measured(5.0), prices).stored_mwh.min() >= 2.0 - 1e-9
    free = plan(campus(), measured(9.8), prices)
    assert abs(free.power_mw).max() > 3.0


def test_a_campus_without_battery_and_grid_can_be_planned_too():
    raw = deepcopy(RAW)
    del raw["battery"], raw["grid"]
    site = Campus.model_validate(raw)
    assert peak_price_per_mw_month(site) == 0.0
    found = Mpc(site, {"gas": "generator"}).decide_horizon(NOON_S, measured(), believed(gas=9.0))
    assert found.line_mw["gas"].tolist() == [8.0] * 4
    assert found.import_mw.tolist() == [0.0] * 4
    assert found.unmet_mw.tolist() == [0.0] * 4


def test_all_that_bills_a_peak_prices_it():
    assert peak_price_per_mw_month(campus()) == 1_600_000.0
    tariff = deepcopy(RAW["grid"]["tariff"])
    tariff["demand"]["yearly"] = {"price_per_mw_year": 1_200_000.0}
    assert peak_price_per_mw_month(campus(grid={"tariff": tariff})) == 1_700_000.0
