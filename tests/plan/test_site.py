"""The site plan as its user reads it: sizes, bill, balance, worth, and a no that says why."""

import numpy as np
import pytest

from wattstack.errors import InfeasibleError, UnsupportedError
from wattstack.plan import plan_site


def test_cost_is_annuities_and_upkeep_and_the_bill(campus):
    plan = plan_site(campus())
    share = plan.scenarios[0].case.weight_frac / plan.scenarios[0].case.years
    cost = plan.capital["cost_per_year"].sum() + share * plan.scenarios[0].bill.total
    assert plan.objective == pytest.approx(cost, rel=1e-12)
    assert plan.bound <= plan.objective
    assert plan.gap_frac <= 1e-6
    assert plan.solver == "kernel + cuts"


def test_every_month_balances_to_nothing(campus):
    balance = plan_site(campus()).scenarios[0].balance
    assert np.abs(balance.sum(axis=1)).max() < 1e-9 * balance.abs().to_numpy().max()


def test_a_dear_peak_is_cut_below_the_load(campus):
    plan = plan_site(campus(grid={"tariff": {"demand": {"monthly": {"price_per_mw_month": 9.0e6}}}}))
    scenario = plan.scenarios[0]
    assert plan.sizes["battery.main.energy_mwh"] > 1.0
    drawn = scenario.dispatch.take_mw["grid.connection.firm"]
    first = drawn[scenario.case.month == 0].max()
    assert scenario.peaks_mw["peak.monthly.2022-04"] == pytest.approx(first)
    assert first < scenario.case.load_mw.max()


def test_stored_energy_never_falls_below_the_backup(campus):
    plan = plan_site(campus(duties={"backup": {"duration_h": 0.5, "load_frac": 1.0, "soc_error_frac": 0.05}}))
    scenario = plan.scenarios[0]
    taken = scenario.case.load_mw * 0.5 / 0.95
    margin = 0.05 * plan.sizes["battery.main.energy_mwh"]
    assert np.all(scenario.dispatch.stored_mwh["battery.main"] >= taken + margin - 1e-6)
    assert plan.sizes["battery.main.power_mw"] >= scenario.case.load_mw.max() - 1e-6


def test_saving_is_measured_against_the_same_campus_with_nothing_built(campus):
    plan = plan_site(campus())
    bare = plan_site(campus(battery=None))
    assert plan.finance["baseline_cost_per_year"] == pytest.approx(bare.objective, rel=1e-6)
    assert plan.finance["npv"] > 0.0


def test_a_planned_connection_is_bought_with_and_without_new_assets(campus):
    connection = {"firm_mw": {"max": 30.0}, "capital_per_mw": 5.0e7}
    plan = plan_site(campus(grid={"connection": connection}))
    bare = plan_site(campus(grid={"connection": connection}, battery=None))
    own = plan.sizes["grid.connection.firm_mw"] * 5.0e7
    assert plan.finance["capital"] > own > 0.0
    saved = 0.05 / (1 - 1.05**-20)  # what a year of NPV is worth
    assert plan.finance["npv"] * saved == pytest.approx(bare.objective - plan.objective, rel=1e-4)
    year_0 = plan.cash_flow.loc[0, "baseline_cost"]
    assert year_0 == pytest.approx(bare.finance["capital"], rel=1e-4)


def test_more_connection_never_costs_more(campus):
    less = plan_site(campus(grid={"connection": {"firm_mw": 10.0}}))
    more = plan_site(campus(grid={"connection": {"firm_mw": 12.0}}))
    assert more.objective <= less.objective * (1 + 1e-6)


def test_the_worth_of_a_limit_is_what_one_more_unit_saves(campus):
    tight = {"connection": {"firm_mw": 9.0}}
    plan = plan_site(campus(grid=tight))
    value = next(m for m in plan.marginal if m.path == "grid.connection.firm_mw")
    more = plan_site(campus(grid={"connection": {"firm_mw": 10.0}}), gap_frac=1e-8)
    saved = plan.objective - more.objective
    assert value.worth_per_unit_year == pytest.approx(saved, abs=3e-6 * plan.objective)
    assert value.sentence.startswith("One more MW of firm connection is worth")


def test_a_limit_that_does_not_bind_is_worth_nothing(campus):
    plan = plan_site(campus(grid={"connection": {"firm_mw": 40.0}}))
    value = next(m for m in plan.marginal if m.path == "grid.connection.firm_mw")
    assert value.worth_per_unit_year == pytest.approx(0.0, abs=1e-6)
    assert value.sentence == "One more MW of firm connection is worth nothing: 40 MW do not bind."


def test_a_size_that_must_be_built_and_does_not_pay_says_what_it_costs(campus):
    plan = plan_site(campus(battery={"main": {"power_mw": {"min": 6.0, "max": 10.0}, "capital_per_mw": 9e8}}))
    value = next(m for m in plan.marginal if m.path == "battery.main.power_mw")
    assert value.worth_per_unit_year < 0.0
    assert "would cost" in value.sentence


def test_the_curve_has_its_least_cost_at_the_plan(campus):
    plan = plan_site(campus())
    curve = plan.curve[plan.curve["path"] == "battery.main.energy_mwh"]
    best = curve.loc[curve["objective"].idxmin(), "value"]
    assert best == pytest.approx(plan.sizes["battery.main.energy_mwh"])
    assert len(curve) >= 5


def test_whole_containers_are_bought_whole(campus):
    plan = plan_site(campus(battery={"main": {"energy_mwh": {"max": 60.0, "block": 4.0}}}))
    units = plan.sizes["battery.main.energy_mwh"] / 4.0
    assert units == pytest.approx(round(units), abs=1e-6)
    assert any("Whole units" in note for note in plan.notes)


def test_a_size_in_whole_units_is_not_said_to_be_at_its_best(campus):
    free = plan_site(campus()).sizes["battery.main.energy_mwh"]
    block = 1.6 * free  # one unit is too much, none too little
    (worth,) = (
        value
        for value in plan_site(
            campus(battery={"main": {"energy_mwh": {"max": 60.0, "block": block}}})
        ).marginal
        if value.path == "battery.main.energy_mwh"
    )
    assert worth.value == pytest.approx(block)
    assert worth.worth_per_unit_year < 0.0
    assert "a year more than it saves" in worth.sentence


def test_contracted_power_is_planned_and_never_exceeded(campus):
    tariff = {"demand": None, "contract": {"main": {"power_mw": {"max": 20.0}, "price_per_mw_year": 2.0e7}}}
    plan = plan_site(campus(grid={"tariff": tariff}))
    contracted = plan.sizes["grid.tariff.contract.main.power_mw"]
    assert plan.scenarios[0].dispatch.take_mw["grid.connection.firm"].max() <= contracted + 1e-6
    assert plan.scenarios[0].bill.by_line["contract.main"] > 0.0


def test_a_limit_that_another_limit_holds_says_so(campus):
    contract = {
        "main": {"power_mw": 12.0, "price_per_mw_year": 1.0e6},
        "night": {"power_mw": 12.5, "price_per_mw_year": 1.0e6, "hours": ["22-6"], "at_least": "main"},
    }
    plan = plan_site(campus(grid={"tariff": {"contract": contract}}))
    value = next(m for m in plan.marginal if m.path.endswith("main.power_mw") and m.path.startswith("grid"))
    assert (
        value.sentence
        == "Contracted power main: more than 12 MW is against another limit of the campus file."
    )


def test_the_curve_leaves_out_what_another_limit_forbids(campus):
    plan = plan_site(
        campus(battery={"main": {"duration_h": {"min": 4.0, "max": 5.0}, "power_mw": {"max": 6.0}}})
    )
    curve = plan.curve[plan.curve["path"] == "battery.main.energy_mwh"]
    assert np.isfinite(curve["objective"]).all()
    assert curve["value"].max() <= 30.0 + 1e-6


def test_a_ratchet_and_two_demand_charges_are_in_the_bound_as_in_the_bill(campus):
    demand = {
        "monthly": {"price_per_mw_month": 1.0e6, "ratchet": {"share_frac": 0.9, "months": 11}},
        "noon": {"price_per_mw_month": 8.0e5, "hours": ["10-17"], "days": "weekday"},
        "year": {"price_per_mw_year": 3.0e6},
    }
    plan = plan_site(campus(grid={"tariff": {"demand": demand, "fixed_per_month": 250_000.0}}))
    assert plan.gap_frac <= 1e-6
    assert plan.rounds[-1].objective == pytest.approx(plan.objective, rel=2e-6)
    assert plan.curve["objective"].min() >= plan.bound
    lines = plan.scenarios[0].bill.by_line
    assert lines["demand.noon"] > 0 and lines["demand.year"] > 0 and lines["fixed"] == pytest.approx(500_000)


def test_two_scenarios_are_weighed(campus):
    other = {"time": {"start": "2022-07-01T00:00+09:00", "end": "2022-09-01T00:00+09:00", "step": "1h"}}
    both = plan_site(
        campus(scenarios={"spring": {"weight_frac": 0.25}, "summer": {"weight_frac": 0.75, **other}})
    )
    assert [s.case.name for s in both.scenarios] == ["spring", "summer"]
    running = sum(s.case.weight_frac / s.case.years * s.bill.total for s in both.scenarios)
    assert both.objective == pytest.approx(running + both.capital["cost_per_year"].sum(), rel=1e-12)
    assert both.gap_frac <= 1e-6


def test_an_island_runs_on_its_generators(campus):
    gas = {"power_mw": 20.0, "fuel_price_per_mwh": 9000.0, "emission_kg_per_mwh": 440.0}
    plan = plan_site(campus(grid=None, generator={"gas": gas}))
    balance = plan.scenarios[0].balance.loc["year"]
    assert balance["grid.import"] == 0.0
    assert balance["generator.gas"] > 0.0
    assert plan.scenarios[0].emission_t.sum() == pytest.approx(0.44 * balance["generator.gas"])


def test_lost_load_with_a_price_may_go_unserved(campus):
    plan = plan_site(campus(grid={"connection": {"firm_mw": 6.0}}, finance={"lost_load_per_mwh": 60_000.0}))
    assert plan.scenarios[0].balance.loc["year", "unserved"] > 1.0
    assert plan.scenarios[0].bill.by_line["unserved"] > 0.0


def test_flexible_compute_is_shed_at_its_worth(campus):
    halls = {"flexible_frac": 0.3, "shed_value_per_mwh": 30_000.0}
    plan = plan_site(campus(load={"halls": halls}, battery=None))
    assert plan.scenarios[0].bill.by_line["shed.halls"] > 0.0


def test_surplus_is_sold_up_to_the_limit(campus):
    gas = {
        "power_mw": 20.0,
        "fuel_price_per_mwh": 2000.0,
        "fuel_mwh_per_mwh": 2.0,
        "emission_kg_per_mwh": 400.0,
    }
    export = {"price_per_mwh": 9000.0, "limit_mw": 3.0}
    plan = plan_site(campus(generator={"gas": gas}, grid={"tariff": {"export": export}}))
    assert plan.scenarios[0].dispatch.export_mw.max() == pytest.approx(3.0)
    assert plan.scenarios[0].bill.by_line["export"] < 0.0


def test_two_batteries_go_to_the_general_solver_and_the_plan_says_so(campus):
    other = {
        "power_mw": {"max": 5.0}, "energy_mwh": {"max": 5.0}, "charge_eff": 0.99, "discharge_eff": 0.99,
        "capital_per_mw": 2.0e6, "capital_per_mwh": 9.0e7,
    }  # fmt: skip
    plan = plan_site(campus(battery={"fast": other}))
    assert plan.solver in ("piqp", "highs")
    assert any("several storages" in note for note in plan.notes)
    assert plan.gap_frac <= 1e-5
    assert len(plan.marginal) == len(plan.sizes)


def test_what_does_not_bind_is_worth_nothing_where_nothing_is_solved_again(campus):
    other = {"power_mw": 2.0, "energy_mwh": 4.0, "charge_eff": 0.99, "discharge_eff": 0.99}
    plan = plan_site(campus(battery={"fast": other}, grid={"connection": {"firm_mw": 40.0}}))
    (firm,) = (v for v in plan.marginal if v.path == "grid.connection.firm_mw")
    assert firm.sentence == "One more MW of firm connection is worth nothing at the margin (not re-solved)."


def test_backup_by_two_batteries_is_refused_by_name(campus):
    other = {"power_mw": 5.0, "energy_mwh": 5.0, "charge_eff": 0.99, "discharge_eff": 0.99}
    with pytest.raises(UnsupportedError, match=r"duties.backup +is carried by several batteries"):
        plan_site(campus(battery={"fast": other}, duties={"backup": {"duration_h": 0.1}}))


def test_a_load_nothing_can_serve_names_step_megawatts_and_the_cheapest_mend(campus):
    small = {"main": {"power_mw": {"max": 1.0}, "energy_mwh": {"max": 2.0}}}
    with pytest.raises(InfeasibleError) as caught:
        plan_site(campus(grid={"connection": {"firm_mw": 6.0}}, battery=small))
    text = str(caught.value)
    assert "the load cannot be served" in text
    assert "first at 2022-03-31T15:00Z (step 0)" in text or "first at 2022-" in text
    assert "mend: raise grid.connection.firm_mw from 6 to" in text
    mend = next(m for m in caught.value.details["mends"] if m["path"] == "grid.connection.firm_mw")
    mended = plan_site(campus(grid={"connection": {"firm_mw": mend["to"]}}, battery=small))
    assert mended.scenarios[0].balance.loc["year", "unserved"] < 1e-3


def test_no_single_mend_is_said_too(campus):
    with pytest.raises(InfeasibleError, match=r"mend|no single limit"):
        plan_site(campus(grid={"connection": {"firm_mw": 0.0}}, battery=None))


def test_the_general_path_refuses_what_it_cannot_serve(campus):
    gas = {
        "power_mw": 2.0, "fuel_price_per_mwh": 2000.0, "emission_kg_per_mwh": 400.0, "minimum_frac": 0.5,
    }  # fmt: skip
    week = {"start": "2022-04-01T00:00+09:00", "end": "2022-04-03T00:00+09:00", "step": "1h"}
    with pytest.raises(InfeasibleError, match="the load cannot be served: first at"):
        plan_site(
            campus(grid={"connection": {"firm_mw": 4.0}}, generator={"gas": gas}, battery=None, time=week)
        )


def test_a_unit_with_a_minimum_load_is_planned_with_integers(campus):
    gas = {
        "power_mw": 6.0, "fuel_price_per_mwh": 7000.0, "emission_kg_per_mwh": 400.0, "minimum_frac": 0.5,
        "start_cost_per_mw": 500.0,
    }  # fmt: skip
    days = {"start": "2022-04-01T00:00+09:00", "end": "2022-04-04T00:00+09:00", "step": "1h"}
    plan = plan_site(campus(generator={"gas": gas}, battery=None, time=days))
    output = plan.scenarios[0].dispatch.take_mw["generator.gas"]
    assert np.all((output < 1e-6) | (output > 3.0 - 1e-6))
    assert plan.solver == "highs"


def test_a_campus_that_draws_nothing_costs_nothing(campus):
    plan = plan_site(campus(load={"halls": None, "offices": {"draw_mw": 0.0}}))
    assert plan.objective == pytest.approx(0.0, abs=1e-3)
    assert plan.gap_frac <= 1e-6


def test_a_search_over_integers_that_ends_early_says_how_far_it_got(campus):
    gas = {
        "power_mw": 6.0, "fuel_price_per_mwh": 7000.0, "emission_kg_per_mwh": 400.0, "minimum_frac": 0.5,
    }  # fmt: skip
    export = {"price_per_mwh": 16_000.0, "limit_mw": 5.0}
    days = {"start": "2022-04-01T00:00+09:00", "end": "2022-04-03T00:00+09:00", "step": "1h"}
    plan = plan_site(
        campus(generator={"gas": gas}, grid={"tariff": {"export": export}}, time=days), gap_frac=1e-3
    )
    assert plan.solver == "highs"
    assert plan.gap_frac <= 1e-3 or any("search over integers ended" in note for note in plan.notes)


def test_no_crumbs_are_bought(campus):
    gas = {
        "power_mw": {"max": 30.0}, "fuel_price_per_mwh": 90_000.0, "emission_kg_per_mwh": 400.0,
        "capital_per_mw": 1.0e8,
    }  # fmt: skip
    plan = plan_site(campus(generator={"gas": gas}))
    assert plan.sizes["generator.gas.power_mw"] == 0.0


def test_no_new_assets_leave_half_a_battery_idle(campus):
    plan = plan_site(campus(battery={"main": {"energy_mwh": 20.0, "duration_h": {"min": 1.0, "max": 6.0}}}))
    assert plan.finance["baseline_cost_per_year"] > 0.0
    assert "battery.main.charge" not in plan.scenarios[0].baseline.lines.index


def test_no_new_assets_that_cannot_serve_the_load_leave_savings_undefined(campus):
    plan = plan_site(campus(grid={"connection": {"firm_mw": 9.0}}))
    assert plan.finance["npv"] is None
    assert any("No new assets cannot serve the load" in note for note in plan.notes)
