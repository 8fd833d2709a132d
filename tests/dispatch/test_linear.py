"""The linear path on two steps: every cost, limit, loss and end by hand, by either solver."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.dispatch import Amount, Problem, Storage, Supply
from wattstack.dispatch.linear.highs import solve_highs
from wattstack.dispatch.linear.solve import linear_dispatch, solve_model
from wattstack.errors import InfeasibleError, StateError

LOAD = np.array([2.0, 2.0])


@pytest.fixture(params=[solve_model, solve_highs], ids=["piqp first", "highs"])
def run(request):
    """linear_dispatch by one of the solvers, sizes as keywords' values."""

    def dispatch(problem: Problem, **sizes: float):
        return linear_dispatch(problem, sizes, request.param)

    return dispatch


def grid(*prices, power=np.inf, name="grid"):
    return Supply(name, "import", np.array(prices, float), Amount(power))


def battery(power=1.0, energy=1.0, start=0.0, **more):
    return Storage("b", Amount(power), Amount(power), ceiling=Amount(energy), start_mwh=start, **more)


def day(*supplies, load=LOAD, step_h=1.0, stores=(), **more):
    return Problem(step_h, np.asarray(load, float), supplies, stores, **more)


def near(*numbers, within=1e-6):
    return pytest.approx(np.array(numbers, float), abs=within)


def test_the_cheaper_line_gives_first_and_the_dearer_one_names_the_price(run):
    gas = Supply("gas", "generator", 30.0, Amount(0.0, 1.0, "gas_mw"))
    found = run(day(grid(10, 50, power=1.5), gas), gas_mw=1.0)
    assert found.value == pytest.approx(1.5 * 10 + 0.5 * 30 + 1.0 * 30 + 1.0 * 50)
    assert found.take_mw["gas"] == near(0.5, 1.0)
    assert found.price_per_mwh == near(30, 50)
    assert found.gradient["gas_mw"] == pytest.approx(30 - 50)


def test_half_hours_halve_energy_and_money(run):
    found = run(day(grid(10, 50), step_h=0.5, stores=(battery(),)))
    assert found.value == pytest.approx(0.5 * (3 * 10 + 1 * 50))
    assert found.stored_mwh["b"] == near(0.5, 0.0)


def test_what_is_not_needed_is_sold_up_to_the_limit(run):
    sun = Supply("sun", "solar", 0.0, Amount(0.0, np.array([1.0, 0.5]), "sun_mw"))
    sell = Supply("sell", "export", np.array([4.0, 5.0]), Amount(0.0, 1.0, "sell_mw"))
    found = run(day(grid(10, 50), sun, sell), sun_mw=4.0, sell_mw=1.0)
    assert found.export_mw == near(1.0, 0.0)
    assert found.take_mw["sell"] == near(0.0, 1.0)
    assert found.take_mw["sun"] == near(3.0, 2.0)
    assert found.value == pytest.approx(-4.0)
    assert found.gradient["sell_mw"] == pytest.approx(-4.0)


def test_tiers_share_one_cap_and_the_cap_has_a_price(run):
    lost = Supply("lost", "unserved", 900.0, Amount(np.inf))
    found = run(
        day(
            grid(10, 10, power=1.0, name="firm"),
            grid(20, 20, name="more"),
            lost,
            caps=("peak",),
            cap_index=np.array([0, -1]),
        ),
        peak=1.5,
    )
    assert found.take_mw["more"] == near(0.5, 1.0)
    assert found.take_mw["lost"] == near(0.5, 0.0)
    assert found.cap_price_per_mwh == near(880, 0)
    assert found.gradient["peak"] == pytest.approx(-880)
    assert found.value == pytest.approx(10 + 10 + 450 + 10 + 20)


def test_a_peak_metered_over_two_steps_caps_their_mean(run):
    lost = Supply("lost", "unserved", 900.0, Amount(np.inf))
    found = run(
        day(grid(10, 20), lost, load=[2.5, 1.5], caps=("p",), cap_index=np.array([0, 0]), cap_steps=2), p=1.5
    )
    assert found.take_mw["grid"].sum() == pytest.approx(3.0)
    assert found.take_mw["lost"].sum() == pytest.approx(1.0)
    assert found.value == pytest.approx(2.5 * 10 + 0.5 * 20 + 900)  # the dearer import of step 1 is left out
    assert found.cap_price_per_mwh.sum() == pytest.approx(2 * 880)
    assert found.gradient["p"] == pytest.approx(-2 * 880)


def test_an_interval_cut_short_is_metered_over_what_is_there(run):
    lost = Supply("lost", "unserved", 900.0, Amount(np.inf))
    index = np.array([0, 0, 0])
    found = run(
        day(grid(10, 10, 10), lost, load=[1.0, 3.0, 3.0], caps=("p",), cap_index=index, cap_steps=2), p=2.0
    )
    assert found.take_mw["lost"] == near(0.0, 0.0, 1.0)


def test_losses_and_wear_are_paid(run):
    lossy = battery(charge_eff=0.5, discharge_eff=0.8, wear_charge_per_mwh=1.0, wear_discharge_per_mwh=3.0)
    found = run(day(grid(10, 50), stores=(lossy,)))
    assert found.charge_mw["b"] == near(1.0, 0.0)
    assert found.discharge_mw["b"] == near(0.0, 0.4)
    assert found.value == pytest.approx(3 * 10 + 1.6 * 50 + 1.0 + 0.4 * 3)
    assert found.stored_price_per_mwh["b"] == near(0.8 * 47, 0.8 * 47)


def test_self_discharge_takes_its_share_of_what_lies_in_store(run):
    found = run(day(grid(10, 50), stores=(battery(kept_frac_per_h=0.5),)))
    assert found.stored_mwh["b"] == near(1.0, 0.0)
    assert found.discharge_mw["b"] == near(0.0, 0.5)


def test_a_floor_moves_with_its_size_and_has_its_price(run):
    unit = battery(start=1.0, energy=2.0, floor=Amount(0.0, np.array([0.0, 0.5]), "b_mwh"))
    found = run(day(grid(10, 50), stores=(unit,)), b_mwh=1.2)
    assert found.stored_mwh["b"][1] == pytest.approx(0.6)
    assert found.gradient["b_mwh"] == pytest.approx(0.5 * 10)  # what stays is charged in the cheap step


def test_what_a_floor_lacks_is_lent_at_its_price(run):
    unit = battery(power=0.0, floor=Amount(np.array([0.0, 0.5])))
    found = run(day(grid(10, 50), stores=(unit,), floor_slack_per_mwh=1000.0))
    assert found.value == pytest.approx(20 + 100 + 500)
    assert found.stored_mwh["b"][1] == pytest.approx(0.5)


@pytest.mark.parametrize(("at_least", "stored"), [(False, 0.3), (True, 1.0)])
def test_the_end_is_met_exactly_or_at_least(run, at_least, stored):
    unit = battery(end_mwh=0.3, end_at_least=at_least, end_value_per_mwh=30.0)
    found = run(day(grid(10), load=[2.0], stores=(unit,)))
    assert found.stored_mwh["b"] == near(stored)
    assert found.value == pytest.approx(20 + 10 * stored - (30 if at_least else 0), abs=1e-6)


def test_the_floor_of_the_size_is_worth_nothing_under_a_higher_end(run):
    unit = battery(energy=2.0, end_mwh=0.9, end_at_least=True, floor=Amount(0.0, 0.1, "b_mwh"))
    found = run(day(grid(10), load=[2.0], stores=(unit,)), b_mwh=1.0)
    assert found.stored_mwh["b"] == near(0.9)
    assert found.gradient["b_mwh"] == pytest.approx(0.0)


def test_a_cyclic_day_ends_as_it_began(run):
    unit = Storage("b", Amount(1.0), Amount(1.0), ceiling=Amount(1.0))
    found = run(day(grid(50, 10), stores=(unit,)))
    assert found.stored_mwh["b"] == near(0.0, 1.0)
    assert found.value == pytest.approx(50 + 30)


def test_the_better_of_two_storages_works_first(run):
    good = Storage("good", Amount(0.5), Amount(1.0), ceiling=Amount(1.0), start_mwh=0.0, discharge_eff=0.9)
    poor = Storage("poor", Amount(1.0), Amount(1.0), ceiling=Amount(1.0), start_mwh=0.0, charge_eff=0.5)
    found = run(day(grid(10, 50, power=2.8), stores=(good, poor)))
    assert found.charge_mw["good"] == near(0.5, 0.0)
    assert found.charge_mw["poor"] == near(0.3, 0.0)
    assert found.value == pytest.approx(2.8 * 10 + (2 - 0.45 - 0.15) * 50)


def test_energy_is_burnt_where_that_pays_and_it_is_said(run):
    full = battery(start=1.0, charge_eff=0.5, end_mwh=1.0)
    found = run(day(grid(-20), load=[2.0], stores=(full,)))
    assert found.charge_mw["b"] == near(1.0)
    assert found.discharge_mw["b"] == near(0.5)
    assert found.burnt_mwh == pytest.approx(0.5)
    assert found.burnt_worth == pytest.approx(10.0)
    assert found.value == pytest.approx(-20 * 2.5)


def test_burning_that_earns_nothing_is_left_out(run):
    full = battery(start=1.0, charge_eff=0.5, end_mwh=1.0)
    sun = Supply("sun", "solar", 0.0, Amount(5.0))
    found = run(day(sun, load=[2.0], stores=(full,)))
    assert found.charge_mw["b"] == near(0.0)
    assert found.burnt_mwh == 0.0
    assert found.take_mw["sun"] == near(2.0)


def test_among_equal_schedules_the_fuller_one_is_taken(run):
    found = run(day(grid(10, 10, 10, 50), load=[2.0] * 4, stores=(battery(power=1.0, energy=1.0),)))
    assert found.stored_mwh["b"] == near(1.0, 1.0, 1.0, 0.0, within=1e-5)


def test_among_equally_full_schedules_the_smoother_one_is_taken(run):
    units = tuple(
        Storage(name, Amount(1.0), Amount(1.0), Amount(4.0), start_mwh=1.0, end_value_per_mwh=20.0)
        for name in "ab"
    )
    found = run(day(grid(10, power=1.0), load=[2.0], stores=units))
    assert found.discharge_mw["a"] == near(0.5, within=1e-4)
    assert found.discharge_mw["b"] == near(0.5, within=1e-4)


def test_the_bound_meets_the_value(run):
    found = run(
        day(grid(10, 50), stores=(battery(), Storage("c", Amount(), Amount(), Amount(), start_mwh=0.0)))
    )
    assert found.bound == pytest.approx(found.value, rel=1e-8)
    assert found.proven


def test_a_ceiling_below_its_floor_is_named(run):
    unit = battery(energy=0.4, floor=Amount(0.5))
    with pytest.raises(
        InfeasibleError, match=r"step 0: b\.stored_mwh must be at least 0\.5 and at most 0\.4"
    ):
        run(day(grid(10, 50), stores=(unit,)))


def test_a_missing_size_is_refused(run):
    with pytest.raises(StateError, match="size gas_mw is None"):
        run(day(Supply("gas", "generator", 30.0, Amount(0.0, 1.0, "gas_mw"))))


def test_an_export_without_limit_is_refused(run):
    with pytest.raises(StateError, match=r"sell\.power is unlimited"):
        run(day(grid(10, 50), Supply("sell", "export", 5.0, Amount(np.inf))))


def test_a_cap_that_changes_inside_a_metered_interval_is_refused(run):
    with pytest.raises(StateError, match="cap_index changes in step 1"):
        run(day(grid(10, 50), caps=("p", "q"), cap_index=np.array([0, 1]), cap_steps=2), p=9.0, q=9.0)
