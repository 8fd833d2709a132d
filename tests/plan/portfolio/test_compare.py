"""The value of coordination: four plans of one portfolio, alone and along an axis of scarcity."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.portfolio.pencil import mixed, path_of
from tests.portfolio.small import small_portfolio
from wattstack.errors import InfeasibleError, InputError
from wattstack.plan.portfolio import Pool, compare, compare_plans, sweep_scarcity
from wattstack.portfolio import Money


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 100_000), st.sampled_from([0, 0, 1, 2]))
def test_no_plan_beats_the_coordinated_one(seed, delay_q):
    found = compare_plans(mixed(seed), Pool(), delay_q)
    best = found.coordinated.npv_m + 1e-5 * abs(found.coordinated.bound_m) + 1e-6
    assert found.no_substitution.npv_m <= best and found.silo.npv_m <= best
    assert found.silo.npv_m <= found.no_substitution.npv_m + 2e-5 * abs(found.coordinated.bound_m) + 1e-6
    assert (found.silo_told is None) == (delay_q == 0)
    assert delay_q == 0 or found.silo_told.npv_m <= best


def test_the_value_of_coordination_is_standing_in_and_timing():
    found = compare_plans(small_portfolio())
    assert found.value_of_coordination_m == pytest.approx(found.standing_in_m + found.timing_m)
    assert found.value_of_coordination_m == pytest.approx(found.coordinated.npv_m - found.silo.npv_m)
    more = found.coordinated.total("it_mw").sum() - found.silo.total("it_mw").sum()
    assert found.mw_periods == pytest.approx(more)


def test_all_plans_are_valued_on_the_learning_path_of_the_coordinated_one():
    found = compare_plans(small_portfolio())
    for plan in (found.no_substitution, found.silo):
        assert path_of(plan).tolist() == path_of(found.coordinated).tolist()


def test_a_late_grid_costs_everybody_and_the_untold_most():
    pool = Pool()
    on_time, late = (compare_plans(small_portfolio(), pool, q) for q in (0, 2))
    assert late.coordinated.npv_m <= on_time.coordinated.npv_m + 1e-3
    assert late.silo.npv_m <= on_time.silo.npv_m + 1e-3
    assert late.delay_q == 2 and late.silo_told is not None


def test_a_silo_over_its_budget_is_cut_in_proportion_and_says_so():
    money = small_portfolio().money.model_copy(
        update={"capital_budget_m": {2026: 30.0, 2027: 200.0, 2028: 50.0}}
    )
    found = compare_plans(replace(small_portfolio(), money=money))
    assert any("cut to" in note and "beyond the capital budget" in note for note in found.silo.notes)
    assert found.silo.npv_m <= found.coordinated.npv_m + 1e-3


def test_what_a_silo_has_least_of_is_counted_by_site_and_period():
    found = compare_plans(small_portfolio())
    tight = [cause for cause in found.silo_causes if cause.why]
    assert sum(found.silo_lacks.values()) == len(tight) > 0
    assert len(found.silo_causes) == len(small_portfolio().sites) * small_portfolio().calendar.count


def test_a_silo_beyond_the_land_says_that_it_is_the_land():
    sites = tuple(place.model_copy(update={"storage_mwh_per_ha": 2.5}) for place in small_portfolio().sites)
    notes = compare_plans(replace(small_portfolio(), sites=sites)).silo.notes
    assert any("would go beyond the land at east" in note for note in notes)


def test_of_many_broken_limits_the_first_are_named_and_the_rest_counted():
    gives = [{"name": f"the land at {place}"} for place in "aabcdef"]
    told = compare._names(InfeasibleError("no orders", {"gives": gives}))
    assert told == "the land at a, the land at b, the land at c, the land at d and 2 more limits"
    assert compare._names(InfeasibleError("no orders")) == "the limits"


def test_a_silo_that_no_cut_brings_within_its_credit_is_told():
    money = Money(discount_rate_frac=0.09, credit_limit_m=4.0)
    with pytest.raises(InfeasibleError, match="no share of the silo's orders"):
        compare_plans(replace(small_portfolio(), money=money))


def test_a_sweep_plans_four_times_at_every_value():
    found = sweep_scarcity(small_portfolio(), "supply", [0.5, 1.0, 2.0])
    assert [p.value for p in found.points] == [0.5, 1.0, 2.0] and found.seconds > 0.0
    for point in found.points:
        assert (
            list(point.npv_m)
            == list(point.mw_periods)
            == ["coordinated", "no substitution", "silo", "silo told"]
        )
        assert point.npv_m["silo told"] == point.npv_m["silo"]
    values = [p.npv_m["coordinated"] for p in found.points]
    assert values == sorted(values)


@pytest.mark.parametrize(("axis", "values"), [
    ("grid_delay", [0, 1]), ("supply:servers", [0.5, 1.5]), ("firm", [0.5, 1.5]), ("fire_cap", [0.6, 1.5]),
])  # fmt: skip
def test_every_axis_can_be_swept_and_less_is_never_worth_more(axis, values):
    found = sweep_scarcity(small_portfolio(), axis, values)
    ends = [p.npv_m["coordinated"] for p in found.points]
    assert found.axis == axis
    assert ends[0] >= ends[1] - 1e-3 if axis == "grid_delay" else ends[0] <= ends[1] + 1e-3


def test_a_value_without_a_plan_is_a_point_that_says_why_and_the_sweep_goes_on():
    none, some = sweep_scarcity(small_portfolio(), "fire_cap", [0.0, 1.0]).points
    assert none.value == 0.0 and none.npv_m == none.mw_periods == {}
    assert none.reason.startswith("no orders meet all limits of the portfolio. What must give")
    assert some.reason == "" and some.npv_m["coordinated"] > 0.0


@pytest.mark.parametrize("axis", ["supplies", "supply:servant"])
def test_an_axis_that_is_none_is_told_with_those_there_are(axis):
    with pytest.raises(InputError, match=r"Give one of .*(supply|servers)"):
        sweep_scarcity(small_portfolio(), axis, [1.0])
