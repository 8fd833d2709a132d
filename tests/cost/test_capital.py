"""What assets cost a year, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.cost import capital_table, size_costs
from wattstack.cost.capital import Schedule, replacement_schedule
from wattstack.cost.worth import present_worth_factor

BATTERY = {
    "power_mw": {"max": 100},
    "energy_mwh": {"max": 400},
    "usable_frac": 0.8,
    "charge_eff": 0.95,
    "discharge_eff": 0.95,
    "capital_per_mw": 100_000,
    "capital_per_mwh": 200_000,
    "fixed_per_mw_year": 5_000,
    "life_years": 10,
}


def gas(**more):
    unit = {"power_mw": {"max": 1000}, "capital_per_mw": 1000.0}
    return {**unit, "fuel_price_per_mwh": 30, "emission_kg_per_mwh": 444, **more}


def test_a_life_as_long_as_the_horizon_needs_no_replacement_and_leaves_nothing():
    assert replacement_schedule(20.0, 20) == Schedule((), 0.0)


def test_a_longer_life_leaves_its_rest():
    assert replacement_schedule(40.0, 20) == Schedule((), 0.5)


def test_a_shorter_life_is_replaced_and_the_last_one_leaves_its_rest():
    assert replacement_schedule(15.0, 20) == Schedule((15,), pytest.approx(2 / 3))
    assert replacement_schedule(10.0, 20) == Schedule((10,), 0.0)


def test_a_life_that_ends_within_a_year_is_replaced_at_its_end():
    assert replacement_schedule(7.5, 20) == Schedule((8, 15), pytest.approx(1 / 3))


def test_an_asset_that_lives_one_year_costs_its_price_with_a_year_of_interest(campus_of):
    # 1 x 1.1: bought at the start of each year, paid at its end.
    campus = campus_of(
        generator={"gas": gas(life_years=1)},
        finance={"discount_rate_frac": 0.10, "horizon_years": 7},
    )
    assert size_costs(campus)["generator.gas.power_mw"] == pytest.approx(1100.0)


def test_without_interest_an_asset_costs_a_share_of_its_price_a_year(campus_of):
    # 1,000 over 40 years, looked at over 20: half is left, the other half is spread over 20 years.
    campus = campus_of(
        generator={"gas": gas(life_years=40)},
        finance={"discount_rate_frac": 0.0, "horizon_years": 20},
    )
    assert size_costs(campus)["generator.gas.power_mw"] == pytest.approx(25.0)


def test_the_table_of_a_battery_by_hand(campus_of):
    # Horizon 10 = life: annuity = capital x 0.1423775 (7 %, 10 years); capital is paid per nameplate MWh.
    campus = campus_of(battery={"main": BATTERY}, finance={"discount_rate_frac": 0.07, "horizon_years": 10})
    table = capital_table(campus, {"battery.main.power_mw": 50.0, "battery.main.energy_mwh": 100.0})
    power, energy = table.loc["battery.main.power_mw"], table.loc["battery.main.energy_mwh"]
    assert energy["nameplate"] == 125.0
    assert energy["capital"] == 25_000_000.0
    assert energy["annuity"] == pytest.approx(25_000_000 * 0.1423775, rel=1e-6)
    assert energy["fixed_per_year"] == 0.0
    assert power["capital"] == 5_000_000.0
    assert power["fixed_per_year"] == 250_000.0
    assert power["cost_per_year"] == pytest.approx(5_000_000 * 0.1423775 + 250_000, rel=1e-6)
    assert table["unit"].tolist() == ["MW", "MWh", "MW", "MW"]


def test_what_stands_pays_its_fixed_cost_and_no_investment(campus_of):
    campus = campus_of(generator={"gas": gas(power_mw=40, fixed_per_mw_year=10_000)})
    row = capital_table(campus, {}).loc["generator.gas.power_mw"]
    assert bool(row["stands"])
    assert (row["capital"], row["annuity"], row["cost_per_year"]) == (0.0, 0.0, 400_000.0)
    assert size_costs(campus)["generator.gas.power_mw"] == 10_000.0


def test_a_planned_connection_is_an_asset_and_an_island_has_none(campus_of):
    grid = {
        "connection": {
            "firm_mw": {"max": 200},
            "nonfirm_mw": 40,
            "capital_per_mw": 1000,
            "fixed_per_mw_year": 7,
        },
        "tariff": {"energy": {"price_per_mwh": 50}},
    }
    costs = size_costs(campus_of(grid=grid))
    assert costs["grid.connection.firm_mw"] > 7.0
    assert costs["grid.connection.nonfirm_mw"] == 7.0
    island = campus_of(grid=None)
    assert size_costs(island) == {}
    assert capital_table(island, {}).empty


@settings(max_examples=30, deadline=None)
@given(
    life=st.floats(0.5, 60.0),
    horizon=st.integers(1, 40),
    rate=st.floats(0.0, 0.3),
    size=st.floats(0.0, 1000.0),
)
def test_table_and_size_costs_agree_and_annuities_are_worth_the_flows(life, horizon, rate, size, campus_of):
    campus = campus_of(
        generator={"gas": gas(life_years=life)},
        finance={"discount_rate_frac": rate, "horizon_years": horizon},
    )
    row = capital_table(campus, {"generator.gas.power_mw": size}).loc["generator.gas.power_mw"]
    assert row["cost_per_year"] == pytest.approx(size * size_costs(campus)["generator.gas.power_mw"])
    schedule = replacement_schedule(life, horizon)
    assert 0.0 <= schedule.residual_frac < 1.0
    again = sum((1 + rate) ** -year for year in schedule.replacement_years)
    worth = size * 1000.0 * (1 + again - schedule.residual_frac * (1 + rate) ** -horizon)
    assert row["annuity"] * present_worth_factor(rate, horizon) == pytest.approx(worth)
