"""A draft: columns and rows over periods, payments, the cash and the objective drawn from the same payments."""

import numpy as np
import pytest

from wattstack.dispatch.linear import ModelBuilder
from wattstack.plan.portfolio.draft import ABSENT, Draft, shifted


def draft(count=3, **values):
    return Draft(ModelBuilder(), 0.5 ** np.arange(count + 1), **values)


@pytest.mark.parametrize(
    ("periods", "expected"), [(0, [4, 5, 6]), (1, [-1, 4, 5]), (2, [-1, -1, 4]), (3, [-1] * 3), (7, [-1] * 3)]
)
def test_columns_are_shifted_and_those_before_the_first_period_do_not_exist(periods, expected):
    assert shifted(np.array([4, 5, 6]), periods).tolist() == expected


def test_a_column_exists_only_where_it_is_said_to():
    made = draft()
    columns = made.column("order", ("a",), np.array([True, False, True]), upper=np.array([1.0, 2.0, 3.0]))
    assert columns.tolist() == [0, ABSENT, 1]
    made.one_row("any", ("a",), columns, 1.0)
    assert made.builder.close().upper.tolist() == [1.0, 3.0]


def test_a_row_leaves_out_absent_columns_and_periods_without_any():
    made = draft()
    columns = made.column("order", ("a",), np.array([False, True, True]))
    late = made.column("other", ("a",), np.array([False, False, True]))
    rows = made.row(
        "limit", ("a",), [(columns, 2.0), (late, np.array([5.0, 6.0, 7.0]))], upper=np.arange(3.0)
    )
    model = made.builder.close()
    assert rows.tolist() == [ABSENT, 0, 1]
    assert model.matrix.toarray().tolist() == [[2.0, 0.0, 0.0], [0.0, 2.0, 7.0]]
    assert model.row_upper.tolist() == [1.0, 2.0]
    assert made.limits["limit"]["a",].tolist() == [0.0, 1.0, 2.0]


def test_a_row_may_be_asked_for_in_some_periods_only():
    made = draft()
    columns = made.column("order", ("a",))
    assert made.row("limit", ("a",), [(columns, 1.0)], exists=np.array([False, True, False])).tolist() == [
        -1,
        0,
        -1,
    ]
    assert made.row("none", ("a",), []).tolist() == [-1, -1, -1]


def test_a_row_over_absent_columns_alone_is_none():
    assert draft().one_row("limit", ("a",), np.array([ABSENT, ABSENT]), 1.0) == ABSENT


def test_a_running_sum_adds_up_from_period_to_period():
    made = draft()
    orders = made.column("order", ("a",))
    there = made.running_sum("there", ("a",), np.array([3.0, 0.0, 1.0]), [(shifted(orders, 1), 2.0)])
    model = made.builder.close()
    x = np.zeros(6)
    x[orders], x[there] = [1.0, 10.0, 100.0], [3.0, 5.0, 26.0]
    assert (model.matrix @ x).tolist() == model.row_lower.tolist() == [3.0, 0.0, 1.0]


def test_cash_times_discount_is_the_objective():
    made = draft()
    columns = made.column("order", ("a",))
    made.pay(("deposit", "a", "here"), columns, np.array([-1.0, -2.0, -3.0]))
    made.pay(("delivery", "a", "here"), columns, -1.0, delay=1)
    x = np.array([1.0, 2.0, 3.0])
    cash = made.cash(x)
    assert cash["deposit", "a", "here"].tolist() == [-1.0, -4.0, -9.0, 0.0]
    assert cash["delivery", "a", "here"].tolist() == [0.0, -1.0, -2.0, -3.0]
    total = sum(float(line @ made.discount) for line in cash.values())
    assert made.objective(3) @ x == pytest.approx(total)


def test_absent_columns_are_not_paid_for():
    made = draft()
    columns = made.column("order", ("a",), np.array([True, False, True]))
    made.pay(("deposit", "a", ""), columns, [-1.0, -10.0, -100.0])
    assert made.objective(2).tolist() == [-1.0, -25.0]


def test_payments_that_learn_move_by_their_rate_alone():
    made = draft()
    columns = made.column("made", ("a",), np.array([True, False, True]))
    part = made.pay(("cells", "a", ""), columns, -10.0)
    made.pay(("other", "a", ""), columns, -1.0)
    made.learns(part, columns, np.full(3, -1.0))
    made.learn(np.array([-2.0, 99.0, -4.0]))
    assert made.cash(np.ones(2))["cells", "a", ""].tolist() == [-8.0, 0.0, -6.0, 0.0]
    made.learn(np.array([1.0, 0.0, 0.0]))
    assert made.cash(np.ones(2))["cells", "a", ""].tolist() == [-9.0, 0.0, -6.0, 0.0]
    assert made.cash(np.ones(2))["other", "a", ""].tolist() == [-1.0, 0.0, -1.0, 0.0]


def test_values_are_zero_where_a_column_does_not_exist():
    made = draft()
    made.column("order", ("a",), np.array([False, True, False]))
    assert made.values(np.array([7.0]))["order"]["a",].tolist() == [0.0, 7.0, 0.0]


def test_whole_columns_are_those_that_exist():
    made = draft()
    made.whole(made.column("commit", ("a",), np.array([False, True, True])))
    assert made.integers[0].tolist() == [0, 1]


def test_a_second_future_takes_the_decisions_of_the_first_stage_from_the_first():
    one = draft(name="base/")
    shared = one.column("order", ("a",))
    own = one.column("it_mw", ("a",))
    two = Draft(one.builder, one.discount, shared=one, first_stage=2, name="late/")
    columns = two.column("order", ("a",))
    assert columns[:2].tolist() == shared[:2].tolist() and columns[2] not in shared
    assert not set(two.column("it_mw", ("a",))) & set(own)
    only_late = two.column("order", ("b",))
    assert only_late[:2].tolist() == [ABSENT, ABSENT] and only_late[2] >= 0


def test_supply_does_not_bind_what_the_first_stage_decided():
    made = draft(first_stage=2)
    columns = made.column("order", ("a",))
    assert made.row("supply", ("a",), [(columns, 1.0)], upper=1.0).tolist() == [-1, -1, 0]
    assert made.row("land", ("a",), [(columns, 1.0)], upper=1.0).min() >= 0
