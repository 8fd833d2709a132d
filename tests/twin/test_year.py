"""A simulated year: balances, bounds, agreement with the plan, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.twin import Setting, Twin, plan_against_twin, simulate_year
from wattstack.twin.kernel import layout as at

IDEAL = Setting(reservoir=True, ageing=False, foresight=True, sure=True, margin=False)


@pytest.fixture(scope="module")
def by_plan(small):
    """The small campus under the plan of the next hours, everything real."""
    return simulate_year(small(), step="5min")


def residual(run) -> np.ndarray:
    """Sources less uses of every step [MW]."""
    t = run.traces
    made = sum(t[name] for name in t.arrays if name.endswith((".output_mw", ".discharge_mw")))
    drawn = sum(t[name] for name in t.arrays if name.endswith(".charge_mw"))
    sources = t["grid.import_mw"] + t["solar_mw"] + t["unserved_mw"] + t["shed_mw"] + made
    return sources - t["load_mw"] - t["auxiliary_mw"] - t["grid.export_mw"] - drawn


def test_every_step_balances(by_plan):
    assert np.abs(residual(by_plan)).max() < 1e-9


def test_the_balance_of_the_year_sums_to_zero(by_plan):
    rows = by_plan.years[0].balance
    assert np.abs(rows.sum(axis=1)).max() < 1e-6 * rows.abs().to_numpy().max()


def test_a_run_stays_inside_connection_and_window(by_plan):
    t, campus = by_plan.traces, by_plan.case.campus
    assert t["grid.import_mw"].max() <= campus.grid.connection.firm_mw
    assert t["battery.main.stored_mwh"].min() >= 0.0
    assert t["battery.main.stored_mwh"].max() <= campus.battery["main"].energy_mwh + 1e-9
    assert t["battery.main.discharge_mw"].max() <= campus.battery["main"].power_mw + 1e-9


def test_an_ideal_twin_with_foresight_comes_close_to_the_plan_and_never_below_it(small):
    twin = Twin(small(generator={"gas": {"minimum_frac": 0.0}}), step="15min")
    cost = twin.run(IDEAL).years[0].running_cost
    plan = twin.reference.bill.total
    assert plan * (1 - 2e-3) < cost < plan * 1.01  # what is stored at the end differs a little


def test_no_battery_gives_more_than_it_took(by_plan):
    row = by_plan.years[0].batteries.loc["battery.main"]
    assert 0.8 < row["round_trip_net_eff"] < row["round_trip_eff"] < 0.97


def test_cells_lose_less_at_the_bus_than_nothing_and_age_a_little(by_plan):
    row = by_plan.years[0].batteries.loc["battery.main"]
    assert 0.99 < row["capacity_frac"] < 1.0
    assert row["resistance_frac"] >= 1.0


def test_the_metered_peak_of_the_bill_is_what_the_loop_metered(by_plan):
    peaks = by_plan.years[0].bill.peaks.set_index("month")["peak_mw"]
    for month, peak in by_plan.years[0].peaks_mw.items():
        assert peaks[month] == pytest.approx(peak, rel=1e-9)


def test_the_same_seed_gives_the_same_run_and_another_one_another(small):
    campus = small(
        generator={"gas": {"start_failure_frac": 0.3}},
        grid={"connection": {"reliability": {"outages_per_year": 60}}},
    )
    one, same, other = (simulate_year(campus, step="15min", seed=seed) for seed in (1, 1, 2))
    assert one.years[0].running_cost == same.years[0].running_cost
    assert one.years[0].running_cost != other.years[0].running_cost


def test_in_an_outage_nothing_is_imported_and_the_battery_carries_what_it_can(small):
    often = {"outages_per_year": 100, "outage_h": {"median": 0.4, "p95": 0.6}}
    campus = small(grid={"connection": {"reliability": often}})
    run = simulate_year(campus, step="1min", seed=3)
    on = Twin(campus, step="1min", seed=3).drive(Setting(), 0).outside[at.D_GRID_ON]
    assert (on < 0.5).any()
    assert run.traces["grid.import_mw"][on < 0.5].max() == 0.0
    assert run.traces["battery.main.discharge_mw"][on < 0.5].max() > 5.0
    assert any(limit.limit == "outage" for limit in run.limits)


def test_load_is_not_put_off_while_the_plan_of_the_next_hours_can_carry_it(by_plan):
    assert by_plan.years[0].figures["unserved_mwh"] == 0.0


def test_a_generator_that_has_come_on_runs_for_half_an_hour_at_least(small):
    campus = small(battery=None, duties=None, generator={"gas": {"mtbf_h": 1e9, "start_failure_frac": 0}})
    for kind in ("mpc", "rules"):
        run = simulate_year(
            campus.model_copy(update={"control": type(campus.control)(kind=kind)}), step="5min"
        )
        runs = run.traces["generator.gas.output_mw"] > 0.0
        starts = np.flatnonzero(runs[1:] & ~runs[:-1]) + 1
        stops = np.flatnonzero(~runs[1:] & runs[:-1]) + 1
        pairs = zip(starts, stops[np.searchsorted(stops, starts[0]) :] if len(starts) else (), strict=False)
        assert all(stop - start >= 5 for start, stop in pairs)
        assert runs.any()


def test_rules_alone_serve_the_load_too(small):
    run = simulate_year(small(control={"kind": "rules"}), step="5min")
    assert run.years[0].figures["unserved_mwh"] == 0.0
    assert np.abs(residual(run)).max() < 1e-9


def test_a_campus_without_batteries_runs(small):
    run = simulate_year(small(battery=None, duties=None), step="15min")
    assert np.abs(residual(run)).max() < 1e-9
    assert run.years[0].batteries.empty


def test_batteries_grow_older_from_year_to_year(small):
    run = simulate_year(small(), step="15min", years=3)
    left = [year.batteries.loc["battery.main", "capacity_frac"] for year in run.years]
    assert left[0] > left[1] > left[2]


def test_an_augmentation_wakes_in_its_year_and_shares_the_converter(small):
    campus = small(battery={"main": {"augmentation": {"first": {"year": 1, "energy_mwh": 15}}}})
    run = simulate_year(campus, step="15min", years=2)
    added = [year.batteries.loc["battery.main.augmentation.first", "discharged_mwh"] for year in run.years]
    assert added[0] == 0.0
    assert added[1] > 0.0
    assert ("battery.main.augmentation.first", "added") in run.years[1].events


def test_worn_out_cells_are_renewed(small):
    campus = small(battery={"main": {"replace_below_frac": 0.9999}})
    run = simulate_year(campus, step="15min", years=2)
    assert any("renewed" in what for _, what in run.years[1].events)


def test_plan_against_twin_sums_to_the_difference(small):
    run = plan_against_twin(Twin(small(), step="15min"))
    table = run.against.set_index("line")
    lines = table["difference_per_year"].drop(["plan", "twin"])
    assert lines.sum() == pytest.approx(table.loc["twin", "difference_per_year"], rel=1e-9)
    assert table.loc["twin", "cost_per_year"] == pytest.approx(run.running_cost_per_year, rel=1e-12)


def test_a_run_that_empties_the_store_is_not_cheaper_for_it(small):
    table = plan_against_twin(Twin(small(battery={"main": {"start": {"soc": 0.95}}}), step="15min")).against
    cost = table.set_index("line")["cost_per_year"]
    assert cost["look-ahead"] > cost["plan"] * (1.0 - 1e-4)


def test_a_size_that_is_a_range_is_refused_with_the_way_out(small):
    with pytest.raises(InputError, match=r"battery.main.energy_mwh.*is a range.*Plan first"):
        simulate_year(small(battery={"main": {"energy_mwh": {"max": 60}}}))


@pytest.mark.parametrize(
    ("step", "words"),
    [("7min", "must be one of"), ("1h", "whole part"), ("30min", "control.plan_step.*whole steps")],
)
def test_a_step_that_does_not_fit_is_refused(small, step, words):
    with pytest.raises(InputError, match=words):
        simulate_year(small(), step=step)


def test_no_years_are_refused(small):
    with pytest.raises(InputError, match="must be 1 or more"):
        simulate_year(small(), years=0)


def test_a_run_that_leaves_the_range_of_an_ageing_law_says_so(small, by_plan):
    assert not any("extrapolated" in note for note in by_plan.notes)
    cold = small(battery={"main": {"climate": {"kind": "air", "setpoint_degc": 6}}})
    run = simulate_year(cold, step="15min")
    assert any(note.startswith("battery.main: ") and "extrapolated" in note for note in run.notes), run.notes
