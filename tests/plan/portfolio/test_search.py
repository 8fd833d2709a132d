"""The search: bounds that close in from both sides, cuts that are valid and shared, and clean refusals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.portfolio.pencil import mixed, plain, site
from tests.portfolio.small import small_portfolio
from wattstack.dispatch.linear import ModelBuilder
from wattstack.errors import GapError, InfeasibleError, StateError
from wattstack.plan.portfolio import Given, Pool, solve_portfolio
from wattstack.plan.portfolio.operation import make_operations
from wattstack.plan.portfolio.program import Program
from wattstack.plan.portfolio.search import Search, first_points
from wattstack.plan.portfolio.solve import draft_block, priced


def searching(portfolio, pool=None):
    pool = Pool() if pool is None else pool
    builder = ModelBuilder()
    block = draft_block(builder, portfolio, Given(), pool)
    return Search([block], Program(priced(builder.close(), [block])), pool)


def test_the_bound_only_falls_and_the_best_only_rises():
    seen = []
    solve_portfolio(replace(small_portfolio(), factory=None, segments=()), report=seen.append, gap_frac=1e-9)
    assert np.all(np.diff([r.bound_m for r in seen]) <= 1e-9)
    assert np.all(np.diff([r.npv_m for r in seen]) >= -1e-9)
    assert all(r.bound_m >= r.npv_m - 1e-6 for r in seen)
    assert [r.number for r in seen] == list(range(1, len(seen) + 1))
    assert seen[-1].seconds >= seen[0].seconds > 0.0


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 100_000), st.data())
def test_every_cut_of_the_pool_lies_below_the_running_at_any_point(seed, data):
    pool = Pool()
    plan = solve_portfolio(mixed(seed), pool=pool)
    functions = {operation.key: operation for operation in make_operations(plan.portfolio).values()}
    assert set(functions) <= set(pool.cuts)
    operation = functions[data.draw(st.sampled_from(sorted(functions)))]
    rng = np.random.default_rng(seed)
    cuts = pool.cuts[operation.key]
    for _ in range(5):
        y = rng.uniform(0.0, 40.0, len(operation.names)) * (rng.random(len(operation.names)) < 0.7)
        value = operation.visit(y).value
        assert np.all(cuts.const + cuts.grad @ y <= value + 1e-6 * (1.0 + abs(value)))


def test_site_periods_with_the_same_data_share_their_cuts():
    operations = make_operations(small_portfolio())
    # weeks of two seasons are alike
    assert len(operations) == 12 and len({o.key for o in operations.values()}) == 3
    assert operations["east", 0] is operations["east", 3] is not operations["east", 1]
    two = plain(4, sites=(site("a"), site("b")))
    assert len({o.key for o in make_operations(two).values()}) == 1


def test_cuts_serve_a_variant_with_other_supply():
    pool = Pool()
    solve_portfolio(small_portfolio(), pool=pool)
    before = {key: len(cuts.const) for key, cuts in pool.cuts.items()}
    scarce = replace(small_portfolio(), supply=())
    solve_portfolio(scarce, pool=pool)
    assert before.keys() == pool.cuts.keys()
    assert all(len(pool.cuts[key].const) >= count for key, count in before.items())


def test_a_cut_is_kept_once():
    pool = Pool()
    assert pool.add("f", 1.0, np.array([1.0, 2.0])) == 0
    assert pool.add("f", 1.0, np.array([1.0, 2.0])) is None
    assert pool.add("f", 1.0, np.array([1.0, 3.0])) == 1
    assert pool.cuts["f"].grad.shape == (2, 2)


def test_the_visits_of_a_plan_may_be_run_by_somebody_else():
    asked = []

    def elsewhere(batch):
        asked.append(len(batch))
        return [operation.visit(point) for operation, point in batch]

    plan = solve_portfolio(small_portfolio(), pool=Pool(visit=elsewhere))
    assert plan.npv_m == solve_portfolio(small_portfolio()).npv_m
    assert max(asked) == 12 and sum(asked) == sum(plan.solvers.values())


def test_first_points_are_with_ample_and_with_too_little_power():
    operation = next(iter(make_operations(plain(1)).values()))
    ample, scarce = first_points(operation)
    at = {name: k for k, name in enumerate(operation.names)}
    assert ample[at["firm_mw"]] > ample[at["it_mw"]] > scarce[at["firm_mw"]] > 0.0


def test_too_few_rounds_are_told_with_the_gap_they_left():
    search = searching(small_portfolio())
    with pytest.raises(GapError, match=r"1 rounds left a gap of .* asked was 0"):
        search.descend(0.0, rounds_most=1)


def test_the_best_point_is_remembered_by_its_cuts():
    pool = Pool()
    search = searching(small_portfolio(), pool)
    search.descend(1e-5)
    search.remember()
    assert {(site, q) for site, q, _ in pool.held} == set(make_operations(small_portfolio()))
    again = searching(small_portfolio(), pool)
    again.descend(1e-5)
    assert len(again.rounds) <= 2 < len(search.rounds)


def small_program(**bounds):
    """maximise x + y with x + y <= 3 and x <= 2."""
    builder = ModelBuilder()
    columns = builder.add_columns("x", 2, -1.0, (0.0, np.array([2.0, np.inf])))
    builder.put(builder.add_rows("sum", 1, -np.inf, bounds.get("upper", 3.0)), columns, 1.0)
    return Program(builder.close())


def test_a_programme_is_solved_with_its_prices_as_of_a_maximum():
    program = small_program()
    answer = program.solve()
    assert answer.bound == pytest.approx(3.0) and answer.x.sum() == pytest.approx(3.0)
    assert program.duals() == pytest.approx([1.0])


def test_rows_and_bounds_may_be_moved_and_whole_numbers_asked_for():
    program = small_program()
    program.add_rows(np.zeros(1, int), np.empty(0, int), np.empty(0), np.empty(0))
    # x + 2 y <= 4.5
    program.add_rows(np.array([0, 2]), np.array([0, 1]), np.array([-1.0, -2.0]), np.array([-4.5]))
    assert program.solve().bound == pytest.approx(3.0)
    program.hold(np.array([0]), np.array([0.5]), np.array([0.5]))
    assert program.solve().bound == pytest.approx(2.5)
    program.hold(np.array([0]), np.array([0.0]), np.array([0.5]))
    program.whole(np.array([0, 1]))
    answer = program.solve()
    assert answer.bound == pytest.approx(2.0) and answer.x == pytest.approx([0.0, 2.0])
    program.whole(np.array([0, 1]), on=False)
    program.change(np.array([0]), np.array([1]), np.array([2.0]))
    program.reprice(np.array([-1.0, -4.0]))
    assert program.solve().bound == pytest.approx(6.0)


def test_a_programme_without_an_answer_says_so():
    program = small_program(upper=-1.0)
    with pytest.raises(InfeasibleError, match="no orders meet all limits"):
        program.solve()
    with pytest.raises(StateError, match="Unbounded"):
        small_program(upper=np.inf).solve()
