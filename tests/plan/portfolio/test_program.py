"""The master in two solvers: a small one is answered by our own simplex until HiGHS is needed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.plan.portfolio.pencil import plain
from wattstack.dispatch.linear import ModelBuilder
from wattstack.errors import InfeasibleError
from wattstack.plan.portfolio import program as module
from wattstack.plan.portfolio import solve_portfolio
from wattstack.plan.portfolio.program import Program


def made(**bounds):
    """maximise x + y with x + y <= 3 and x <= 2."""
    builder = ModelBuilder()
    columns = builder.add_columns("x", 2, -1.0, (0.0, np.array([2.0, np.inf])))
    builder.put(builder.add_rows("sum", 1, -np.inf, bounds.get("upper", 3.0)), columns, 1.0)
    return Program(builder.close())


def test_a_small_master_needs_no_highs_until_units_are_whole():
    program = made()
    program.add_rows(np.array([0, 2]), np.array([0, 1]), np.array([-1.0, -2.0]), np.array([-4.5]))
    assert program.solve().bound == pytest.approx(3.0)
    assert program.small is not None
    program.hold(np.array([0]), np.array([0.0]), np.array([0.5]))
    lower, upper = program.limits(np.array([0, 1]))
    assert lower.tolist() == [-np.inf, -4.5] and upper.tolist() == [3.0, np.inf]
    program.whole(np.array([0, 1]))
    assert program.small is None
    # with the row that was added and the bound that was moved
    assert program.solve().x == pytest.approx([0.0, 2.0])
    assert program.limits(np.array([1]))[0].tolist() == [-4.5]


def test_prices_and_costs_are_the_same_from_both():
    program = made()
    program.reprice(np.array([-2.0, -1.0]))
    own = program.solve(), program.duals()
    program.whole(np.array([], int))
    highs = program.solve(), program.duals()
    assert own[0].bound == pytest.approx(highs[0].bound) == 5.0
    assert own[1] == pytest.approx(highs[1])


def test_what_our_own_does_not_solve_highs_explains():
    program = made(upper=-1.0)
    with pytest.raises(InfeasibleError, match="no orders meet all limits"):
        program.solve()
    assert program.small is None


def test_a_portfolio_has_the_same_plan_from_both(monkeypatch):
    portfolio = plain(1)
    found = []
    for most in (0, 10_000):
        monkeypatch.setattr(module, "COLUMNS_MOST", most)
        found.append(solve_portfolio(portfolio, gap_frac=1e-8))
    assert found[0].npv_m == pytest.approx(found[1].npv_m, rel=2e-8)
    assert found[0].bound_m == pytest.approx(found[1].bound_m, rel=2e-8)
