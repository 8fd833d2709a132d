"""The plan's columns, caps and rows say the same as the bill; and bills behave as bills must."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wattstack.campus import Tariff
from wattstack.cost import Calendar, GridFlows, GridPrices, demand_groups, make_bill
from wattstack.errors import InputError
from wattstack.series import TimeAxis, local_clock

ZONE = "Europe/Paris"
PATH = "grid.tariff.contract.{}.power_mw"
EVERY_MONTH = list(range(1, 13))
FEW = settings(max_examples=60, deadline=None)


def calendar_of_days(start, days, step_s):
    axis = TimeAxis(np.datetime64(start), step_s, days * 86400 // step_s)
    return Calendar(axis, ZONE, local_clock(axis, ZONE))


# A window is (months, days, hours); the axes below lie in January to April and October to December.
windows = st.fixed_dictionaries(
    {
        "months": st.sampled_from([EVERY_MONTH, [1, 2, 3], [1, 4], [12]]),
        "days": st.sampled_from(["all", "weekday", "weekend"]),
        "hours": st.sampled_from([["0-24"], ["8-20"], ["22-6"], ["7-11", "17-21"]]),
    }
)
prices = st.one_of(
    st.floats(0.0, 100.0).map(lambda p: {"price_per_mw_month": p}),
    st.floats(0.0, 1200.0).map(lambda p: {"price_per_mw_year": p}),
)


@st.composite
def demands(draw):
    clause = {
        **draw(windows),
        **draw(prices),
        "interval": draw(st.shared(st.sampled_from([None, "1h"]), key="i")),
    }
    if "price_per_mw_month" in clause and draw(st.booleans()):
        clause["ratchet"] = {
            "share_frac": draw(st.floats(0.0, 1.0)),
            "months": draw(st.integers(1, 12)),
            "wrap": draw(st.booleans()),
        }
    return clause


@st.composite
def tariffs(draw):
    contract = {
        name: {**draw(windows), **draw(prices), "power_mw": draw(st.floats(0.0, 300.0))}
        for name in draw(st.sampled_from([[], ["a"], ["a", "b"]]))
    }
    return Tariff.model_validate(
        {
            "energy": {"price_per_mwh": 1.0},
            "demand": {name: draw(demands()) for name in draw(st.sampled_from([[], ["m"], ["m", "n"]]))},
            "contract": contract,
            "export": {"price_per_mwh": 1.0, "limit_mw": 99.0},
            "fixed_per_month": draw(st.floats(0.0, 100.0)),
        }
    )


calendars = st.sampled_from(
    [
        calendar_of_days("2022-01-17T00:00:00", 100, 3600),
        calendar_of_days("2022-10-20T23:00:00", 80, 1800),
        calendar_of_days("2021-12-31T23:00:00", 370, 3600),
    ]
)
seeds = st.integers(0, 2**32 - 1)


def random_import(calendar, seed):
    return np.random.default_rng(seed).uniform(0.0, 200.0, calendar.axis.count)


def money_of(tariff, calendar, import_mw, export_mw=0.0, history=None):
    export_mw = np.full(calendar.axis.count, export_mw)
    lines = {"energy": 3.0, "levy": 0.5}
    return make_bill(
        tariff,
        calendar,
        GridFlows(import_mw, export_mw),
        GridPrices(lines, 2.0, 400.0, 10.0),
        history=history,
    )


def metered(groups, import_mw):
    steps = groups.cap_steps
    return np.repeat(import_mw.reshape(-1, steps).mean(axis=1), steps)


def cheapest(groups, tariff, import_mw):
    """The least cost of the columns that caps and rows allow, by a solver that knows nothing of bills."""
    names = [c.name for c in groups.columns]
    at = {name: i for i, name in enumerate(names)}
    lower = np.zeros(len(names))
    power_mw = metered(groups, import_mw)
    for group in groups.groups:
        cap_mw = power_mw[groups.cap_index == group.index].max()
        for name in group.columns:
            if name.startswith("peak."):
                lower[at[name]] = max(lower[at[name]], cap_mw)
    bounds = [(low, None) for low in lower]
    for name, clause in tariff.contract.items():
        bounds[at[PATH.format(name)]] = (clause.power_mw, clause.power_mw)
    matrix = np.zeros((len(groups.rows), len(names)))
    for r, row in enumerate(groups.rows):
        for name, coef in row.coefs.items():
            matrix[r, at[name]] = coef
    rows = {"A_ub": -matrix, "b_ub": [-row.lower for row in groups.rows]} if groups.rows else {}
    answer = linprog([c.price for c in groups.columns], bounds=bounds, **rows)
    assert answer.status == 0, answer.message
    return answer.fun


@FEW
@given(tariffs(), calendars, seeds, st.booleans())
def test_bill_and_plan_agree_on_what_power_costs(tariff, calendar, seed, with_history):
    import_mw = random_import(calendar, seed)
    history = {name: {"2021-09": 260.0, "2021-11": 230.0} for name in tariff.demand} if with_history else None
    groups = demand_groups(tariff, calendar, history)
    bill = money_of(tariff, calendar, import_mw, history=history)
    power = [line for line in bill.lines.index if line.startswith(("demand.", "ratchet.", "contract."))]
    expected = bill.by_line[power].sum()
    assert (cheapest(groups, tariff, import_mw) if groups.columns else 0.0) == pytest.approx(
        expected, abs=0.005
    )


@FEW
@given(tariffs(), calendars)
def test_every_step_is_under_the_caps_of_exactly_the_windows_it_lies_in(tariff, calendar):
    groups = demand_groups(tariff, calendar)
    clock = calendar.clock
    assert [g.index for g in groups.groups] == list(range(len(groups.groups)))
    lists = np.array([len(g.columns) for g in groups.groups] + [0])[groups.cap_index]
    start = np.arange(calendar.axis.count) // groups.cap_steps * groups.cap_steps
    due = np.zeros(calendar.axis.count, dtype=int)
    for clause in [*tariff.demand.values(), *tariff.contract.values()]:
        due += clause.mask(clock.local_month, clock.local_weekday, clock.local_hour)[start]
    assert np.array_equal(lists, due)
    month = np.array([g.month for g in groups.groups] + [-1])[groups.cap_index]
    assert np.all((month == calendar.month[start]) | (month == -1))


@FEW
@given(tariffs(), calendars, seeds)
def test_a_bill_is_the_sum_of_its_lines_and_of_its_months(tariff, calendar, seed):
    bill = money_of(tariff, calendar, random_import(calendar, seed), 5.0)
    assert bill.by_month.sum() == pytest.approx(bill.total, abs=0.005)
    assert bill.by_line.sum() == pytest.approx(bill.total, abs=0.005)


@FEW
@given(tariffs(), seeds)
def test_splitting_steps_changes_no_bill(tariff, seed):
    coarse = calendar_of_days("2022-01-17T00:00:00", 100, 3600)
    fine = calendar_of_days("2022-01-17T00:00:00", 100, 900)
    import_mw = random_import(coarse, seed)
    one = money_of(tariff, coarse, import_mw, 5.0).lines
    four = money_of(tariff, fine, np.repeat(import_mw, 4), 5.0).lines
    assert np.allclose(one, four, atol=1e-6)


@FEW
@given(tariffs(), calendars, seeds)
def test_more_import_never_lowers_a_bill(tariff, calendar, seed):
    random = np.random.default_rng(seed)
    import_mw = random_import(calendar, seed)
    more_mw = import_mw + random.uniform(0.0, 50.0, calendar.axis.count) * (
        random.random(calendar.axis.count) < 0.1
    )
    before, after = (money_of(tariff, calendar, power_mw) for power_mw in (import_mw, more_mw))
    assert np.all(after.by_month >= before.by_month - 1e-9)


def test_names_of_columns_caps_and_rows(calendar_of, tariff_of):
    tariff = tariff_of(
        demand={
            "monthly": {
                "price_per_mw_month": 10.0,
                "ratchet": {"share_frac": 0.8, "months": 1, "wrap": False},
            },
            "summer": {"price_per_mw_month": 5.0, "months": [2], "hours": ["8-20"]},
            "annual": {"price_per_mw_year": 12.0},
        },
        contract={
            "low": {"power_mw": {"max": 90}, "price_per_mw_year": 12.0, "hours": ["8-20"]},
            "high": {"power_mw": {"max": 90}, "price_per_mw_year": 24.0, "at_least": "low"},
        },
    )
    groups = demand_groups(tariff, calendar_of("2022-01-01T00:00Z", "2022-03-01T00:00Z"))
    assert {c.name: (c.price, c.kind) for c in groups.columns} == {
        "peak.monthly.2022-01": (0.0, "peak"),
        "billed.monthly.2022-01": (10.0, "billed"),
        "peak.monthly.2022-02": (0.0, "peak"),
        "billed.monthly.2022-02": (10.0, "billed"),
        "peak.summer.2022-02": (5.0, "peak"),
        "peak.annual": (2.0, "peak"),
        "grid.tariff.contract.low.power_mw": (2.0, "contract"),
        "grid.tariff.contract.high.power_mw": (4.0, "contract"),
    }
    assert [dict(row.coefs) for row in groups.rows] == [
        {"billed.monthly.2022-01": 1.0, "peak.monthly.2022-01": -1.0},
        {"billed.monthly.2022-02": 1.0, "peak.monthly.2022-02": -1.0},
        {"billed.monthly.2022-02": 1.0, "peak.monthly.2022-01": -0.8},
        {"grid.tariff.contract.high.power_mw": 1.0, "grid.tariff.contract.low.power_mw": -1.0},
    ]
    high, low = "grid.tariff.contract.high.power_mw", "grid.tariff.contract.low.power_mw"
    assert [(g.month, g.columns) for g in groups.groups] == [
        (0, ("peak.monthly.2022-01", "peak.annual", high)),
        (0, ("peak.monthly.2022-01", "peak.annual", low, high)),
        (1, ("peak.monthly.2022-02", "peak.annual", high)),
        (1, ("peak.monthly.2022-02", "peak.summer.2022-02", "peak.annual", low, high)),
    ]


def test_two_years_have_two_yearly_columns(calendar_of, tariff_of):
    calendar = calendar_of("2022-04-01T00:00Z", "2024-04-01T00:00Z")
    groups = demand_groups(tariff_of(demand={"annual": {"price_per_mw_year": 12.0}}), calendar)
    assert [(c.name, c.price) for c in groups.columns] == [
        ("peak.annual.2022-04", pytest.approx(12.0)),
        ("peak.annual.2023-04", pytest.approx(12.0)),
    ]


def test_steps_outside_every_window_have_no_cap(calendar_of, tariff_of):
    tariff = tariff_of(demand={"day": {"price_per_mw_month": 1.0, "hours": ["8-20"]}})
    groups = demand_groups(tariff, calendar_of("2022-01-01T00:00Z", "2022-01-02T00:00Z"))
    assert groups.cap_index.tolist() == [-1] * 8 + [0] * 12 + [-1] * 4


def test_a_tariff_without_power_clauses_caps_nothing(calendar_of, tariff_of):
    groups = demand_groups(tariff_of(), calendar_of("2022-01-01T00:00Z", "2022-01-02T00:00Z"))
    assert np.all(groups.cap_index == -1)
    assert (groups.groups, groups.columns, groups.rows, groups.cap_steps) == ((), (), (), 1)


def test_a_meter_that_does_not_fit_the_axis_is_refused(calendar_of, tariff_of):
    def demand(**intervals):
        return tariff_of(
            demand={name: {"price_per_mw_month": 1.0, "interval": text} for name, text in intervals.items()}
        )

    ten = calendar_of("2022-01-01T00:00Z", "2022-01-02T00:00Z", "10min")
    quarter = calendar_of("2022-01-01T00:15Z", "2022-01-02T00:15Z", "15min")
    with pytest.raises(InputError, match="is 15 min, must be a whole number of steps of 10 min"):
        demand_groups(demand(m="15min"), ten)
    with pytest.raises(InputError, match=r"different intervals \(m 30 min, n 60 min\), must have one"):
        demand_groups(demand(m="30min", n="1h"), ten)
    with pytest.raises(InputError, match="does not start and end on a billing interval of 30 min"):
        demand_groups(demand(m="30min"), quarter)
    assert demand_groups(demand(m="15min"), quarter).cap_steps == 1
