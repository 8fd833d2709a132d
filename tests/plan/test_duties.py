"""Arbitrage, backup and smoothing share a battery, and the plan says what each took."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.plan import plan_files, plan_site, read_plan, write_plan
from wattstack.plan.columns import sizing_model
from wattstack.plan.monolith import solve_whole

SMOOTHING = {"power_mw": 3.0, "energy_mwh": 0.5, "throughput_mwh_per_h": 0.4}
BACKUP = {"duration_h": 0.5, "load_frac": 0.5, "soc_error_frac": 0.05}
DEAR_PEAK = {"tariff": {"demand": {"monthly": {"price_per_mw_month": 9.0e6}}}}
STANDS = {"main": {"power_mw": 6.0, "energy_mwh": 20.0}}


def row(plan, duty, battery="battery.main"):
    """The row of one duty of one battery."""
    table = plan.duties
    (found,) = table[(table["battery"] == battery) & (table["duty"] == duty)].to_dict("records")
    return found


@pytest.fixture(scope="module")
def shared():
    """A plan with both duties."""
    from tests.plan.conftest import MONTH, deep_merge
    from wattstack.campus import Campus

    campus = deep_merge(MONTH, {"grid": DEAR_PEAK, "duties": {"backup": BACKUP, "smoothing": SMOOTHING}})
    return plan_site(Campus.model_validate(campus), curve=False)


def test_power_and_energy_for_swings_stay_free_in_every_step(shared):
    (scenario,), sizes = shared.scenarios, shared.sizes
    run, load_mw = scenario.dispatch, scenario.case.load_mw
    stored = run.stored_mwh["battery.main"]
    power, energy = sizes["battery.main.power_mw"], sizes["battery.main.energy_mwh"]
    assert run.charge_mw["battery.main"].max() <= power - 3.0 + 1e-6
    assert run.discharge_mw["battery.main"].max() <= power - 3.0 + 1e-6
    assert stored.max() <= energy - 0.5 + 1e-6
    assert np.all(stored >= 0.5 * load_mw * 0.5 / 0.95 + 0.05 * energy + 0.5 - 1e-6)
    assert power >= 0.5 * load_mw.max() + 3.0 - 1e-6


def test_the_table_adds_up_to_the_battery(shared):
    uses = {duty: row(shared, duty) for duty in ("arbitrage", "backup", "smoothing")}
    energy = sum(use["energy_mwh"] for use in uses.values())
    mean = sum(use["energy_mean_mwh"] for use in uses.values())
    assert energy == pytest.approx(shared.sizes["battery.main.energy_mwh"])
    assert mean == pytest.approx(shared.sizes["battery.main.energy_mwh"])
    assert uses["arbitrage"]["power_mw"] + uses["smoothing"]["power_mw"] == pytest.approx(
        shared.sizes["battery.main.power_mw"]
    )
    load_mw = shared.scenarios[0].case.load_mw
    assert uses["backup"]["power_mw"] == pytest.approx(0.5 * load_mw.max())
    assert uses["smoothing"]["energy_mwh"] == 1.0
    given = shared.scenarios[0].dispatch.discharge_mw["battery.main"].sum() / shared.scenarios[0].case.years
    assert uses["arbitrage"]["throughput_mwh_per_year"] == pytest.approx(given)


def test_wear_of_the_swings_is_a_line_of_the_bill_and_part_of_the_cost(shared):
    scenario = shared.scenarios[0]
    hours = scenario.case.axis.count
    wear = scenario.bill.lines.loc["wear.main.smoothing"].sum()
    assert wear == pytest.approx(0.4 * 200.0 * hours)
    assert row(shared, "smoothing")["wear_per_year"] == pytest.approx(wear / scenario.case.years)
    assert row(shared, "smoothing")["throughput_mwh_per_year"] == pytest.approx(
        0.4 * hours / scenario.case.years
    )
    cost = shared.capital["cost_per_year"].sum() + scenario.bill.total / scenario.case.years
    assert shared.objective == pytest.approx(cost, rel=1e-12)
    assert shared.gap_frac <= 1e-6


def test_kernel_and_general_solver_agree_on_the_shared_battery(shared):
    cases = [scenario.case for scenario in shared.scenarios]
    site = sizing_model(shared.campus, cases)
    whole = solve_whole(site, 1e-6)
    assert shared.solver == "kernel + cuts"
    assert whole.objective + site.standing_cost == pytest.approx(shared.objective, rel=2e-6)
    assert shared.bound <= whole.objective + site.standing_cost + 1e-6 * abs(shared.objective)


def test_what_a_duty_costs_is_the_difference_to_the_plan_without_it(campus, shared):
    for duty, rest in (("smoothing", {"backup": BACKUP}), ("backup", {"smoothing": SMOOTHING})):
        bare = plan_site(campus(grid=DEAR_PEAK, duties=rest), worth=False)
        cost = row(shared, duty)["cost_per_year"]
        assert cost == pytest.approx(shared.objective - bare.objective, abs=4e-6 * shared.objective)
        assert cost > 0.0
    assert np.isnan(row(shared, "arbitrage")["cost_per_year"])


def test_a_duty_makes_no_plan_cheaper_and_a_larger_one_costs_more(campus):
    costs = [
        plan_site(
            campus(grid=DEAR_PEAK, duties={"smoothing": {"power_mw": mw, "energy_mwh": 0.2}}), worth=False
        ).objective
        for mw in (0.5, 2.0, 6.0)
    ]
    free = plan_site(campus(grid=DEAR_PEAK), worth=False).objective
    assert free <= costs[0] <= costs[1] <= costs[2]


def test_a_battery_is_built_for_a_duty_alone(campus):
    dear = {"main": {"capital_per_mw": 9e8, "capital_per_mwh": 9e8}}
    plan = plan_site(
        campus(battery=dear, duties={"smoothing": {"power_mw": 3.0, "energy_mwh": 0.5}}), worth=False
    )
    assert plan.sizes["battery.main.power_mw"] == pytest.approx(3.0, abs=1e-3)
    assert plan.sizes["battery.main.energy_mwh"] == pytest.approx(1.0, abs=1e-3)
    assert plan.scenarios[0].dispatch.discharge_mw["battery.main"].max() <= 1e-3
    assert np.isnan(row(plan, "smoothing")["cost_per_year"])  # not solved without


def test_the_general_solver_holds_the_room_of_the_named_one_of_two_batteries(campus):
    fast = {"power_mw": 4.0, "energy_mwh": 2.0, "charge_eff": 0.95, "discharge_eff": 0.95}
    duty = {"power_mw": 3.0, "energy_mwh": 0.5, "battery": "fast"}
    plan = plan_site(campus(battery={**STANDS, "fast": fast}, duties={"smoothing": duty}))
    run = plan.scenarios[0].dispatch
    assert plan.solver != "kernel + cuts"
    assert run.discharge_mw["battery.fast"].max() <= 1.0 + 1e-6
    assert run.stored_mwh["battery.fast"].min() >= 0.5 - 1e-6
    assert run.stored_mwh["battery.fast"].max() <= 1.5 + 1e-6
    assert row(plan, "arbitrage", "battery.fast")["power_mw"] == pytest.approx(1.0)
    assert row(plan, "arbitrage")["power_mw"] == pytest.approx(6.0)
    assert row(plan, "smoothing", "battery.fast")["cost_per_year"] >= 0.0
    assert set(plan.duties["battery"]) == {"battery.main", "battery.fast"} and len(plan.duties) == 3


def test_a_standing_battery_that_backup_and_swings_ask_too_much_of_is_refused_with_the_size(campus):
    duties = {
        "backup": {"duration_h": 0.5, "load_frac": 0.5},
        "smoothing": {"power_mw": 2.0, "energy_mwh": 0.5},
    }
    with pytest.raises(InputError) as caught:
        plan_site(campus(battery={"main": {"power_mw": 6.2, "energy_mwh": 3.3}}, duties=duties))
    assert "with duties.smoothing on top, so for" in str(caught.value)
    assert "Raise battery.main.power_mw by" in str(caught.value)


def test_a_campus_without_duties_has_arbitrage_alone_and_none_without_a_battery(campus):
    plan = plan_site(campus(), worth=False)
    assert plan.duties["duty"].tolist() == ["arbitrage"]
    assert plan.duties["energy_mwh"].tolist() == [pytest.approx(plan.sizes["battery.main.energy_mwh"])]
    assert plan_site(campus(battery=None), worth=False).duties.empty


def test_the_duties_are_written_and_read_back(shared, tmp_path):
    write_plan(shared, tmp_path)
    files = read_plan(tmp_path)
    assert files.summary["duties"] == plan_files(shared).summary["duties"]
    assert files.summary["duties"][0]["cost_per_year"] is None
    table = files.tables["duties"]
    assert table["duty"].tolist() == ["arbitrage", "backup", "smoothing"]
    assert table["cost_per_year"].iloc[1] == row(shared, "backup")["cost_per_year"]


def test_page_and_text_show_what_each_duty_takes(shared, campus, tmp_path):
    from wattstack.cli.result import result_text
    from wattstack.report import write_report

    said = " ".join(result_text(shared).split())
    assert "what each duty takes of its battery" in said and "battery.main smoothing 3 MW 1 MWh costs" in said
    write_report(shared, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "What each duty takes of the battery" in page and "Smoothing of swings" in page
    bare = plan_site(campus(), worth=False)
    assert "duty takes" not in result_text(bare)
    write_report(bare, tmp_path / "bare.html")
    assert "What each duty takes" not in (tmp_path / "bare.html").read_text(encoding="utf-8")


def test_the_search_begins_where_the_battery_has_something_left_for_the_market(campus):
    from wattstack.case import build_cases
    from wattstack.plan.start import start_sizes

    duty = {"smoothing": {"power_mw": 6.0, "energy_mwh": 1.0}}
    model = {
        name: sizing_model(site, build_cases(site)).model
        for name, site in (("free", campus()), ("held", campus(duties=duty)))
    }
    at = [column.name for column in model["free"].columns].index
    free, held = start_sizes(model["free"]), start_sizes(model["held"])
    assert held[at("battery.main.power_mw")] - free[at("battery.main.power_mw")] == pytest.approx(6.0)
    assert held[at("battery.main.energy_mwh")] - free[at("battery.main.energy_mwh")] == pytest.approx(1.0)
