"""Designs on a small campus: what fails before passes after, stricter never costs less, a no names its rule."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.prove.smoothing.conftest import COARSE, PRICES
from wattstack.campus import SizeRange, read_campus
from wattstack.errors import InputError
from wattstack.prove.compliance import check_compliance, site_point
from wattstack.prove.smoothing import Layer, design_smoothing, write_smoothing
from wattstack.prove.smoothing.price import layer_costs, options_of, prices_of
from wattstack.report import write_smoothing_page
from wattstack.twin.transient import simulate_transient


def test_what_fails_without_storage_passes_with_the_mix(designed):
    assert not designed.before.passed
    assert designed.passes
    assert designed.found.passed
    assert designed.margin_frac >= 0.05


def test_chosen_mix_is_the_cheapest_that_was_verified(designed):
    chosen = designed.alternatives[0]
    cut = [one for one in designed.alternatives if one.note == "battery cut down" and one.passes]
    assert chosen.note == "chosen"
    # it may have grown in the last trial
    assert chosen.cost_per_year <= min(one.cost_per_year for one in cut) * 1.25


def test_costs_add_up_and_the_binding_rule_is_one_of_the_code(designed):
    assert designed.cost_per_year == pytest.approx(sum(designed.costs.values()))
    assert designed.ruled_by in {f"{v.code} {v.rule}" for v in designed.found.verdicts}


def test_sized_campus_passes_by_itself(designed, code):
    run = simulate_transient(designed.campus_sized, ["crash:halls.big@60"], 150.0, 0.02)
    found = check_compliance(run.wave, [code(40, 4)], site_point(designed.campus_sized))
    assert not run.diverged
    assert found.passed


def test_campus_for_the_plan_keeps_its_ranges_and_holds_the_duty(designed):
    made = designed.campus_planned
    assert isinstance(made.battery["main"].power_mw, SizeRange)
    assert made.duties.smoothing.power_mw == pytest.approx(designed.duty["power_mw"])
    assert made.control.smoothing.ramp_mw_per_min == pytest.approx(designed.mix.loop.ramp_mw_per_min)


def test_stricter_code_never_costs_less(campus, code, designed):
    ladder = [(2000, 100), (80, 8), (20, 2)]
    costs = [
        design_smoothing(campus(), [code(*limits)], prices=PRICES, ground=COARSE).cost_per_year
        for limits in ladder
    ]
    costs.insert(2, designed.cost_per_year)
    assert costs == sorted(costs)
    assert costs[0] == 0.0


def test_two_codes_cost_no_less_than_the_stricter_of_them(campus, code, designed):
    both = design_smoothing(campus(), [code(40, 4), code(80, 8)], prices=PRICES, ground=COARSE)
    assert both.cost_per_year >= designed.cost_per_year * (1 - 1e-9)


@pytest.fixture(scope="module")
def refused(campus, code):
    """A rule that nothing keeps, and a battery too small for anything."""
    small = campus(battery={"main": {"power_mw": {"max": 0.1}}})
    return design_smoothing(small, [code(40, 0.03)], prices=PRICES, ground=COARSE, chemistries=())


def test_where_no_mix_passes_the_rule_and_the_nearest_are_named(refused):
    assert not refused.passes
    assert {one["rule"] for one in refused.short} == {"short"}
    assert refused.short[0]["value"] > refused.short[0]["limit"] == pytest.approx(0.03)
    assert refused.alternatives[0].note == "nearest"
    assert any("asks battery.main" in one.note for one in refused.alternatives)


def test_folder_of_a_no_has_no_campus(refused, tmp_path):
    write_smoothing(refused, tmp_path / "out")
    assert not (tmp_path / "out" / "campus.yaml").exists()
    assert "misses" in write_smoothing_page(refused, tmp_path / "page.html").read_text()


def test_files_are_whole_and_can_be_read_again(designed, campus, tmp_path):
    write_smoothing(designed, tmp_path / "out")
    again = read_campus(tmp_path / "out" / "sized.yaml")
    told = json.loads((tmp_path / "out" / "smooth.json").read_text())
    assert again.duties.smoothing.energy_mwh == pytest.approx(designed.duty["energy_mwh"])
    assert told["passes"] and told["binding_rule"] == designed.ruled_by
    rows = (tmp_path / "out" / "alternatives.csv").read_text().splitlines()
    assert len(rows) == len(designed.alternatives) + 1


def test_page_shows_mix_cost_and_proof(designed, tmp_path):
    text = write_smoothing_page(designed, tmp_path / "page.html").read_text()
    for name in ("smooth-before-after", "smooth-edges", "smooth-charge", "smooth-costs"):
        assert name in text


def test_campus_without_a_battery_is_given_one(campus, code):
    bare = campus(battery=None)
    plan = design_smoothing(bare, [code(40, 4)], prices=PRICES, ground=COARSE, chemistries=["lto-2026"])
    assert plan.passes
    assert plan.mix.storage == "fast"
    assert set(plan.campus_planned.battery) == {"fast"}
    assert plan.campus_sized.battery["fast"].power_mw == pytest.approx(plan.mix.power_mw)


def test_further_battery_beside_a_backup_is_only_compared(campus, code):
    backed = campus(duties={"backup": {"duration_h": 0.25, "load_frac": 0.2}})
    plan = design_smoothing(backed, [code(40, 4)], prices=PRICES, ground=COARSE)
    assert plan.mix.storage in ("main", "")
    assert any("to compare" in one.note for one in plan.alternatives)
    assert plan.campus_sized.battery["main"].power_mw > plan.duty["power_mw"]


def test_all_jobs_struck_at_once_cost_no_less(campus, code, designed):
    together = design_smoothing(campus(), [code(40, 4)], prices=PRICES, ground={**COARSE, "together": True})
    assert together.cost_per_year == pytest.approx(designed.cost_per_year, rel=0.25)


def test_every_fault_of_a_campus_is_told(campus, code):
    with pytest.raises(InputError) as told:
        design_smoothing(campus(load={"halls": {"jobs": None}}, grid={"connection": {"short_circuit_mva": None}}),
                         [code(40, 4), "ercott"], prices=PRICES)  # fmt: skip
    assert all(said in str(told.value) for said in ("short_circuit_mva", "jobs", "ercott"))


def test_no_code_is_refused(campus):
    with pytest.raises(InputError, match="names no grid code"):
        design_smoothing(campus(), prices=PRICES)


def test_an_island_is_refused(campus, code):
    with pytest.raises(InputError, match="island"):
        design_smoothing(campus(grid=None), [code(40, 4)], prices=PRICES)


def test_code_that_power_alone_cannot_break_is_refused(campus):
    with pytest.raises(InputError, match="nothing to design"):
        design_smoothing(campus(), ["ercot-nogrr-282"], prices=PRICES, ground=COARSE)
    with pytest.raises(InputError, match="is written for a grid of 50 Hz"):
        design_smoothing(campus(), ["fr-order-2020-06-09"], prices=PRICES, ground=COARSE)


def test_floor_costs_energy_and_slow_ramps_cost_throughput(campus):
    paid = prices_of(campus(), PRICES)
    assert sum(layer_costs(campus(), Layer(), paid).values()) == 0.0
    low, high = (layer_costs(campus(), Layer(floor_frac=f), paid)["energy"] for f in (0.65, 0.9))
    assert 0.0 < low < high
    assert layer_costs(campus(), Layer(0.9, 0.01, 0.01), paid)["throughput"] > 0.0


def test_rack_is_paid_only_above_what_stands(campus):
    paid = prices_of(campus(), PRICES)
    stands = campus(load={"halls": {"rack_storage": {"energy_j_per_gpu": 65}}})
    layer = Layer(rack_j=1000.0, average_s=0.4)
    assert layer_costs(stands, layer, paid)["rack"] < layer_costs(campus(), layer, paid)["rack"]


def test_prices_say_where_they_are_from(campus):
    bare = campus()
    found = prices_of(bare.model_copy(update={"finance": bare.finance.model_copy(update={"exchange": {}})}))
    assert found.energy_per_mwh == pytest.approx(10000 + 20000 * 4 / 24, rel=1e-6)
    assert any("assumption" in note for note in found.notes)
    priced = campus(load={"halls": {"shed_value_per_mwh": 100000, "flexible_frac": 0.1}})
    assert prices_of(priced).value_per_gpu_h == pytest.approx(150.0)


def test_currency_without_exchange_is_refused(campus):
    other = campus(currency="CHF", finance={"exchange": {"USD": 0.8}})
    bare = other.model_copy(update={"finance": other.finance.model_copy(update={"exchange": {}})})
    with pytest.raises(InputError, match="exchange"):
        prices_of(bare, PRICES)


def test_grid_cells_ask_for_two_hours_and_power_cells_for_minutes(campus):
    hours = {
        one.chemistry: one.least_h
        for one in options_of(campus(), ["lto-2026", "edlc"], prices_of(campus(), PRICES))
    }
    assert hours[""] == pytest.approx(1.9)
    assert hours["lto-2026"] == pytest.approx(0.18)
    assert hours["edlc"] < 0.01


def test_plan_of_another_name_is_another_plan(designed):
    assert replace(designed, name="other").to_dict()["name"] == "other"
