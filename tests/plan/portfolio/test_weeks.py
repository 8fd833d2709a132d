"""Running by representative weeks: the cost of the whole programme, cuts below it, proportion, lost hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.plan.portfolio.made import portfolio
from wattstack.dispatch import linear_dispatch, why_not_kernel
from wattstack.plan.portfolio.operation import make_operations
from wattstack.plan.portfolio.weeks import WeekOperation, coordinates, lost_hour_per_mwh, week_problem
from wattstack.portfolio import Compute, GenerationOffer, Server, Site, StorageOffer, Week

calm = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HERE = Site(name="sakai", country="JP", pue=1.25, price_per_mwh=80.0, grid_fee_per_mwh=30.0)
DAY = Week("day", 90.0, 12.0, np.array([0.5, 1.5]), np.array([0.4, 0.0]), np.array([1.0, 0.5]))


def chemistry(name="lfp", duration_h=2.0, roundtrip_eff=0.81):
    return StorageOffer(
        chemistry=name, origin="market", site="sakai", cost_per_kwh=100.0, duration_h=duration_h,
        roundtrip_eff=roundtrip_eff,
    )  # fmt: skip


def source(tech, running_per_mwh=0.0, profile=None):
    return GenerationOffer(
        site="sakai", tech=tech, capital_m_per_mw=1.0, running_per_mwh=running_per_mwh, limit_mw=50.0,
        earliest_energised="2029Q3", profile=profile,
    )  # fmt: skip


def one_day(stores=(), sources=(), site=HERE, week=DAY, lost=1000.0):
    """Running over a day of two steps, lost compute at 1,000 and beyond a fifth of the load at 3,000."""
    made = portfolio(storage=stores, generation=sources, compute=Compute(load_factor=0.8))
    problem = week_problem(made, site, week, 1.0, lost)
    return WeekOperation(coordinates(made, site), [(problem, week.weight)], site.pue * 0.8)


def at(operation, **sizes):
    known = {name.replace("_free", ".cycled"): value for name, value in sizes.items()}
    assert set(known) <= set(operation.names)
    return np.array([float(known.get(name, 0.0)) for name in operation.names])


def least_cost(operation, y):
    named = dict(zip(operation.names, y.tolist(), strict=True))
    return sum(w * linear_dispatch(problem, named).value for problem, w in operation.problems())


@st.composite
def operations(draw):
    """Two random weeks of a site with two or three chemistries, and a point: some chemistries cycle, some are held."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(3, 12))
    stores = tuple(
        chemistry(name, float(rng.choice([1.0, 2.0, 4.0])), float(rng.choice([0.7, 0.85, 1.0])))
        for name in ("lfp", "zinc", "hd")[: draw(st.integers(2, 3))]
    )
    sources = (source("engine", 125.0), source("pv", 0.0, "pv"))
    site = Site(**{**HERE.model_dump(), "export_allowed": draw(st.booleans())})
    made = portfolio(storage=stores, generation=sources)
    problems = []
    for weight in (11.0, 2.0):
        shapes = rng.uniform(0.2, 2.0, count), rng.uniform(0.0, 1.0, count), rng.uniform(0.0, 1.0, count)
        problems.append((week_problem(made, site, Week("w", weight, 2.0, *shapes), 1.0, 900.0), weight))
    operation = WeekOperation(coordinates(made, site), problems, 1.0)
    y = rng.choice([0.0, 10.0, 40.0], len(operation.names)) * rng.uniform(0.5, 1.0, len(operation.names))
    y[0] = rng.uniform(20.0, 60.0)
    moving = draw(st.integers(0, len(stores)))
    for k, offer in enumerate(stores):
        there, free = (
            operation.names.index(offer.chemistry),
            operation.names.index(f"{offer.chemistry}.cycled"),
        )
        y[free] = y[there] * rng.uniform(0.3, 1.0) if k < moving else 0.0
    return operation, y, rng


@calm
@given(operations())
def test_the_cost_is_that_of_every_week_written_out(case):
    operation, y, _ = case
    found = operation.visit(y)
    assert found.value == pytest.approx(least_cost(operation, y), rel=1e-6, abs=1.0)
    assert found.const + found.grad @ y == pytest.approx(found.value, rel=1e-6, abs=1.0)


@calm
@given(operations())
def test_no_cut_lies_above_the_cost_of_any_other_point(case):
    operation, y, rng = case
    found = operation.visit(y)
    for there in (rng.uniform(0.0, 60.0, len(y)), rng.choice([0.0, 1.0, 50.0], len(y))):
        cost = least_cost(operation, there)
        assert found.const + found.grad @ there <= cost + 1e-6 * (1.0 + abs(cost))


@calm
@given(operations())
def test_twice_the_capacities_cost_twice_as_much_and_every_cut_passes_through_the_origin(case):
    operation, y, _ = case
    one, two = operation.visit(y), operation.visit(2.0 * y)
    assert two.value == pytest.approx(2.0 * one.value, rel=1e-7, abs=1e-3)
    assert one.const == 0.0


@calm
@given(operations(), st.data())
def test_away_from_kinks_the_gradient_is_the_finite_difference(case, data):
    operation, y, _ = case
    y = y + 0.37
    j = data.draw(st.integers(0, len(y) - 1))
    step = np.zeros(len(y))
    step[j] = 2.0**-6
    here, more, less = (least_cost(operation, y + s) for s in (0.0 * step, step, -step))
    above, below = (more - here) / step[j], (here - less) / step[j]
    assume(abs(above - below) <= 1e-4 * (1.0 + abs(above)))
    assert operation.visit(y).grad[j] == pytest.approx(above, rel=1e-3, abs=1.0)


def test_a_day_by_hand():
    operation = one_day(stores=(chemistry(),), sources=(source("engine", 125.0), source("pv", 0.0, "pv")))
    assert operation.names == ("it_mw", "firm_mw", "nonfirm_mw", "engine", "pv", "lfp", "lfp.cycled")
    found = operation.visit(at(operation, it_mw=10, firm_mw=6, nonfirm_mw=4, engine=1, pv=5))
    # Load 10 MW. Step 1: 70 a MWh, 2 MW of sun. Step 2: 150, non-firm half there, engine 1 MW, 1 MW paused.
    assert found.value == pytest.approx(90 * 12 * (8 * 70 + 8 * 150 + 125 + 1000))
    assert found.solver == "kernel"
    slope = dict(zip(operation.names, found.grad / (90 * 12), strict=True))
    assert slope["it_mw"] == pytest.approx(70 + 1000 - 0.2 * 0.0)
    assert slope["firm_mw"] == pytest.approx(-(1000 - 150))
    assert slope["nonfirm_mw"] == pytest.approx(-0.5 * (1000 - 150))
    assert slope["engine"] == pytest.approx(-(1000 - 125))
    assert slope["pv"] == pytest.approx(-0.4 * 70)


def test_storage_moves_what_is_free_and_no_more():
    operation = one_day(stores=(chemistry(),))
    plain = operation.visit(at(operation, it_mw=10, firm_mw=12))
    held = operation.visit(at(operation, it_mw=10, firm_mw=12, lfp=4))
    moved = operation.visit(at(operation, it_mw=10, firm_mw=12, lfp=4, lfp_free=3))
    assert held.value == plain.value == pytest.approx(90 * 12 * 10 * (70 + 150))
    assert plain.value - moved.value == pytest.approx(90 * 3 * (0.9 * 150 - 70 / 0.9))


def test_two_chemistries_that_cycle_are_answered_by_the_general_solver():
    operation = one_day(stores=(chemistry(), chemistry("zinc", 4.0, 0.64)))
    both = operation.visit(at(operation, it_mw=10, firm_mw=12, lfp=4, lfp_free=4, zinc=8, zinc_free=8))
    one = operation.visit(at(operation, it_mw=10, firm_mw=12, lfp=4, lfp_free=4, zinc=8))
    assert (both.solver, one.solver) == ("linear", "kernel")
    assert one.value - both.value == pytest.approx(90 * 8 * (0.8 * 150 - 70 / 0.8), rel=1e-5)


def test_power_is_sold_where_it_may_be_at_the_price_without_the_fee():
    site = Site(**{**HERE.model_dump(), "export_allowed": True})
    operation = one_day(sources=(source("pv", 0.0, "pv"),), site=site)
    found = operation.visit(at(operation, it_mw=1, firm_mw=2, pv=20))
    assert found.value == pytest.approx(90 * 12 * (150 - 2 * 40))  # 7 MW too much, 2 MW may leave
    cheap = Site(**{**HERE.model_dump(), "export_allowed": True, "grid_fee_per_mwh": -10.0})
    for problem, _ in one_day(site=cheap).problems():
        assert why_not_kernel(problem) is None


def test_with_nothing_energised_the_cut_is_that_of_the_first_mw():
    operation = one_day(stores=(chemistry(),), sources=(source("engine", 125.0),))
    nothing = operation.visit(np.zeros(len(operation.names)))
    assert (nothing.value, nothing.const, nothing.solver) == (0.0, 0.0, "kernel")
    assert nothing.grad[0] > 0.0
    grid = at(operation, firm_mw=20)
    first = operation.visit(grid)
    assert first.value == 0.0
    assert first.grad[0] == pytest.approx(90 * 12 * (70 + 150))  # the engine would cost 125 and is not there
    some = grid + at(operation, it_mw=5)
    assert first.grad @ some <= operation.visit(some).value + 1e-6


def test_periods_of_one_season_share_one_function():
    made = make_operations(portfolio())
    assert set(made) == {(site, q) for site in ("sakai", "bosquel") for q in range(8)}
    assert made["sakai", 0] is made["sakai", 4]
    # Every season has the same weeks here; the sites differ.
    assert made["sakai", 0] is made["sakai", 1]
    assert made["sakai", 0].key != made["bosquel", 0].key
    dearer = portfolio(compute=Compute(load_factor=0.7))
    assert make_operations(dearer)["sakai", 0].key != made["sakai", 0].key


def test_a_lost_hour_is_worth_the_cheapest_generation_in_service():
    old = Server(
        generation="old", first_order="2029Q3", last_order="2029Q4", lead_q=1, life_q=4, launch="2029Q3",
        capital_m_per_mw=20.0, revenue_m_per_mw_year=10.0, revenue_fall_frac=0.19,
    )  # fmt: skip
    late = Server(
        **{**old.model_dump(), "generation": "late", "first_order": "2032Q1", "last_order": "2033Q1"}
    )
    made = portfolio(servers=(old, late), compute=Compute(load_factor=0.8))
    # The last old servers leave after period 5, five quarters after launch: 10 x 0.81^1.25 M a year.
    per_hour = 10e6 * 0.81**1.25 / 8760
    assert lost_hour_per_mwh(made, HERE) == pytest.approx(per_hour / (1.25 * 0.8))
    given_price = portfolio(servers=(old,), compute=Compute(lost_hour_per_mwh=700.0))
    assert lost_hour_per_mwh(given_price, HERE) == 700.0
    assert lost_hour_per_mwh(portfolio(servers=(late,)), HERE) == pytest.approx(10.0 * 125.0)
