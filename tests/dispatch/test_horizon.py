"""A horizon planned in a loop: golden cases by hand, the same answer as a year's dispatch, and nothing that raises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch.horizons import Horizon, horizons, money_scale
from wattstack.dispatch import Amount, Supply, linear_dispatch
from wattstack.dispatch.run import kernel_dispatch

pytestmark = pytest.mark.tiny


def test_energy_moves_from_the_cheap_step_to_the_dear_one():
    found = Horizon([2, 2], [("import", [10, 50], np.inf)])
    assert found.value == pytest.approx(3 * 10 + 1 * 50)
    assert found.power_mw.tolist() == [-1.0, 1.0]
    assert found.price.tolist() == [10.0, 50.0]
    assert found.scratch.take_mw.tolist() == [[3.0, 1.0]]
    assert found.scratch.stored_mwh.tolist() == [1.0, 0.0]


def test_the_battery_holds_import_below_its_cap():
    found = Horizon([2, 4], [("import", 10, 9)], cap_mw=3.0)
    assert found.scratch.take_mw.tolist() == [[3.0, 3.0]]
    assert found.scratch.over_mw.tolist() == [0.0, 0.0]
    assert found.power_mw.tolist() == [-1.0, 1.0]


def test_import_above_the_cap_costs_its_price_and_the_penalty():
    found = Horizon([5], [("import", 10, 9)], cap_mw=3.0, over_cap_cost=200.0)
    assert found.value == pytest.approx(5 * 10 + 2 * 200)
    assert found.scratch.over_mw.tolist() == [2.0]
    assert found.price.tolist() == [210.0]


def test_two_tiers_share_one_cap_and_the_cheaper_goes_first():
    tiers = [("import", 20, 3), ("import", 10, 3), ("generator", 90, 1)]
    found = Horizon([5], tiers, cap_mw=4.0, over_cap_cost=100.0)
    assert found.scratch.take_mw.tolist() == [[1.0], [3.0], [1.0]]
    assert found.scratch.over_mw.tolist() == [0.0]
    assert Horizon([5], tiers, cap_mw=3.0, over_cap_cost=100.0).scratch.over_mw.tolist() == [1.0]


def test_two_tiers_of_one_price_are_told_apart_by_their_place():
    found = Horizon([5], [("import", 10, 3), ("import", 10, 3)], cap_mw=4.0)
    assert found.scratch.take_mw.sum() == 5.0
    assert found.scratch.over_mw.tolist() == [1.0]


def test_a_connection_without_limit_has_nothing_above_no_cap():
    found = Horizon([5], [("import", 10, np.inf), ("import", 12, np.inf)])
    assert found.value == 50.0
    assert found.scratch.over_mw.tolist() == [0.0]


def test_sun_that_nobody_takes_is_sold_up_to_the_limit():
    found = Horizon([2], [("import", 60, 9), ("export", 20, 3), ("solar", 0, 7)], charge_mw=0.0)
    assert found.scratch.take_mw.tolist() == [[0.0], [3.0], [5.0]]
    assert found.value == pytest.approx(-60.0)


def test_a_sell_price_above_the_buy_price_earns_nothing_from_nothing():
    found = Horizon([2], [("import", 10, 9), ("export", 50, 3)], start_mwh=1.0)
    assert found.scratch.take_mw[0, 0] - found.scratch.take_mw[1, 0] + found.power_mw[0] == pytest.approx(2.0)
    assert found.value == pytest.approx(10.0)


def test_a_reserve_is_kept_and_one_out_of_reach_is_filled_at_full_power():
    held = Horizon([2, 2], [("import", [10, 50], 9)], start_mwh=1.0, floor_mwh=0.4, charge_mw=0.0)
    assert held.power_mw.tolist() == [0.0, 0.6]
    short = Horizon([2, 2], [("import", 10, 9)], floor_mwh=[0.8, 0.8], charge_mw=0.5)
    assert short.scratch.short_mwh == pytest.approx([0.3, 0.0])
    assert short.scratch.stored_mwh.tolist() == [0.5, 0.8]
    assert short.power_mw.tolist() == [-0.5, pytest.approx(-0.3)]


def test_a_reserve_is_not_filled_from_load_that_is_left_or_put_off():
    lines = [("import", 10, 2), ("shed", [60, 50], 1), ("unserved", 900, np.inf)]
    found = Horizon([1.5, 3.0], lines, floor_mwh=0.8)
    assert found.power_mw.tolist() == [-0.5, 0.5]
    assert found.scratch.take_mw[1:].tolist() == [[0.0, 0.5], [0.0, 0.0]]
    assert found.scratch.short_mwh == pytest.approx([0.3, 0.8])


def test_load_that_nothing_serves_is_told_and_raises_nothing():
    found = Horizon([5], [("import", 10, 2)], start_mwh=1.0)
    assert found.scratch.unmet_mw.tolist() == [2.0]
    assert found.power_mw.tolist() == [1.0]
    assert found.price.tolist() == [found.missing_price]


def test_more_energy_than_the_ceiling_counts_as_the_ceiling():
    found = Horizon([2, 2], [("import", [50, 10], 9)], start_mwh=1.5, floor_mwh=3.0, end_value=0.0)
    assert found.scratch.stored_mwh.tolist() == [1.0, 1.0]


def test_what_is_left_over_is_worth_the_end_value():
    dear, cheap = (
        Horizon([2], [("import", 30, 9)], start_mwh=1.0, end_value=value) for value in (40.0, 20.0)
    )
    assert dear.power_mw.tolist() == [0.0]
    assert dear.value == pytest.approx(60.0 - 40.0)
    assert cheap.power_mw.tolist() == [1.0]


def test_negative_prices_burn_energy_only_where_it_is_lost():
    found = Horizon([2], [("import", -10, 9)], start_mwh=1.0, charge_eff=0.5, floor_mwh=1.0)
    assert found.scratch.charge_mw.tolist() == [1.0]
    assert found.scratch.discharge_mw.tolist() == [0.5]
    assert found.power_mw.tolist() == [-0.5]


def test_wear_is_paid_for_what_is_discharged():
    assert Horizon([2, 2], [("import", [10, 50], 9)], wear=7.0).value == pytest.approx(87)
    assert Horizon([2, 2], [("import", [10, 50], 9)], wear=41.0).power_mw.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda h: h.load_mw.fill(np.nan),
        lambda h: h.cost.fill(np.inf),
        lambda h: h.mw.fill(np.nan),
        lambda h: h.cap_mw.fill(np.nan),
        lambda h: h.floor_mwh.fill(np.nan),
        lambda h: setattr(h, "start_mwh", np.nan),
        lambda h: h.mw[1].fill(np.inf),
    ],
)
def test_an_input_that_is_no_number_gives_no_power_and_an_endless_cost(spoil):
    found = Horizon([2, 2], [("import", [10, 50], 9.0), ("export", 5.0, 1.0)])
    spoil(found)
    found.plan()
    assert found.value == np.inf
    assert found.power_mw.tolist() == [0.0, 0.0]
    assert np.isnan(found.price).all()


def test_a_scratch_remembers_nothing():
    found = Horizon([2, 2], [("import", [10, 50], 9)])
    first = found.value, found.power_mw.tolist(), found.price.tolist()
    found.start_mwh, found.ceiling_mwh = 1.0, 2.0
    found.plan()
    assert found.value != first[0]
    found.start_mwh, found.ceiling_mwh = 0.0, 1.0
    found.plan()
    assert (found.value, found.power_mw.tolist(), found.price.tolist()) == first


@settings(max_examples=150, deadline=None)
@given(found=horizons())
def test_a_horizon_costs_what_the_dispatch_of_a_year_costs(found):
    year = kernel_dispatch(found.problem(), {})
    assert found.value == pytest.approx(year.value, rel=1e-9, abs=1e-9 * money_scale(found))
    assert found.price == pytest.approx(year.price_per_mwh)
    assert found.scratch.stored_price == pytest.approx(year.stored_price_per_mwh["b"])
    assert found.scratch.stored_mwh == pytest.approx(year.stored_mwh["b"], abs=1e-9)
    assert found.spent() == pytest.approx(found.value, rel=1e-9, abs=1e-9 * money_scale(found))


@settings(max_examples=60, deadline=None)
@given(found=horizons(5))
def test_a_horizon_costs_what_the_linear_programme_costs(found):
    best = linear_dispatch(found.problem(), {})
    assert abs(found.value - best.value) <= 1e-7 * money_scale(found)


@settings(max_examples=100, deadline=None)
@given(found=horizons())
def test_power_is_balanced_and_energy_is_kept(found):
    s, h = found.scratch, found.step_h
    sign = np.array([-1.0 if kind == "export" else 1.0 for kind, _, _ in found.lines])
    given_mw = sign @ s.take_mw + s.unmet_mw
    assert given_mw + found.power_mw == pytest.approx(found.load_mw, abs=1e-9)
    before = np.append(min(found.start_mwh, found.ceiling_mwh), s.stored_mwh[:-1])
    into = found.charge_eff * s.charge_mw - s.discharge_mw / found.discharge_eff
    assert s.stored_mwh == pytest.approx(found.keep * before + h * into, abs=1e-9)
    assert np.all(s.take_mw >= -1e-9)
    assert np.all(s.take_mw <= found.mw + 1e-9)
    assert np.all(np.abs(found.power_mw) <= max(found.charge_mw, found.discharge_mw) + 1e-9)
    imports = np.array([kind == "import" for kind, _, _ in found.lines])
    bought = s.take_mw[imports].sum(axis=0)
    assert s.over_mw == pytest.approx(np.maximum(bought - found.cap_mw, 0.0), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(found=horizons(4), step=st.integers(0, 3))
def test_a_floor_is_held_as_high_as_any_running_could(found, step):
    step = min(step, len(found.load_mw) - 1)
    problem = found.problem()
    firm = [kind in ("import", "solar", "generator") for kind, _, _ in found.lines]
    real = {f"{stem}{j}" for j, firmly in enumerate(firm) if firmly for stem in ("line", "over")}
    lines = [s for s in problem.supplies if s.name in real]
    most = (replace(s, cost_per_mwh=0.0, power=Amount(s.power.fixed[: step + 1])) for s in lines)
    unit = replace(problem.storages[0], floor=Amount(), wear_discharge_per_mwh=0.0, end_value_per_mwh=1.0)
    lost = Supply("unmet", "unserved", 1e3, Amount(np.inf))
    fullest = linear_dispatch(
        replace(problem, load_mw=found.load_mw[: step + 1], supplies=(*most, lost), storages=(unit,)), {}
    )
    held = (found.floor_mwh - found.scratch.short_mwh)[step]
    assert held == pytest.approx(min(found.floor_mwh[step], fullest.stored_mwh["b"][-1]), abs=1e-6)
