"""The peak of a month in the plan of the next hours: held, laid flat, or raised where holding it is dearer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch.horizons import Horizon, horizons, money_scale
from wattstack.dispatch.kernel.peak import plan_peak

pytestmark = pytest.mark.tiny


def raised(found, peak_price, until=None):
    """The best raise of the cap, and what it costs."""
    return plan_peak(
        float(found.start_mwh), float(found.step_h), found.cost, found.mw, found.load_mw, found.cap_mw,
        len(found.load_mw) if until is None else until, float(peak_price), float(found.charge_mw),
        float(found.discharge_mw), found.floor_mwh, float(found.ceiling_mwh), float(found.charge_eff),
        float(found.discharge_eff), float(found.keep), float(found.wear), float(found.end_value),
        found.power_mw, found.price, found.scratch,
    )  # fmt: skip


def test_a_cap_that_can_be_held_is_not_raised():
    found = Horizon([2, 4], [("import", 10, 9)], cap_mw=3.0)
    assert raised(found, 500.0) == (pytest.approx(60.0), 0.0)


def test_what_lies_above_a_cap_is_laid_flat():
    found = Horizon([8, 8, 8, 8], [("import", 10, 20)], cap_mw=7.5, start_mwh=0.5)
    cost, raise_mw = raised(found, 500.0)
    assert raise_mw == pytest.approx(0.375, abs=2e-3)
    assert found.scratch.take_mw[0] == pytest.approx([7.875] * 4, abs=2e-3)
    assert cost == pytest.approx(31.5 * 10 + 0.375 * 500.0, rel=2e-3)


def test_a_cap_is_raised_where_holding_it_is_dearer():
    lines = [("import", 10, 20), ("generator", 100, 20)]
    assert raised(Horizon([8, 8, 8], lines, cap_mw=5.0, charge_mw=0.0), 200.0)[1] == pytest.approx(
        3.0, abs=5e-3
    )
    held = Horizon([8, 8, 8], lines, cap_mw=5.0, charge_mw=0.0)
    assert raised(held, 300.0)[1] == 0.0
    assert held.scratch.take_mw[1].tolist() == [3.0] * 3


@pytest.mark.parametrize(("cap_mw", "peak_price"), [(5.0, 250.0), (3.0, 400.0), (6.0, 100.0)])
def test_between_two_generators_the_raise_that_costs_least_is_found(cap_mw, peak_price):
    lines = [("import", [10, 20, 30, 15], 20), ("generator", 100, 1.3), ("generator", 150, 2.2)]
    found = Horizon([8, 6, 9, 8], lines, cap_mw=cap_mw, start_mwh=0.7, charge_eff=0.9, discharge_eff=0.9)
    cost, _ = raised(found, peak_price)
    found.over_cap_cost, costs = 2.0 * peak_price, []
    for other in np.linspace(0.0, 7.0, 701):
        found.cap_mw = np.full(4, cap_mw + other)
        found.plan()
        costs.append(found.value + peak_price * other)
    assert cost <= min(costs) + 7e-3 * peak_price


def test_the_cap_of_another_month_stays():
    found = Horizon([8, 8], [("import", 10, 20)], cap_mw=[9.0, 7.0], charge_mw=0.0)
    cost, raise_mw = raised(found, 500.0, until=1)
    assert raise_mw == 0.0
    assert found.scratch.over_mw.tolist() == [0.0, 1.0]
    assert cost == pytest.approx(160.0 + 2.0 * 500.0)


def test_a_month_is_not_raised_for_what_is_no_number():
    found = Horizon([8, 8], [("import", 10, 20)], cap_mw=7.0)
    found.load_mw[1] = np.nan
    assert raised(found, 500.0) == (np.inf, 0.0)


@settings(max_examples=60, deadline=None)
@given(found=horizons(5), peak_price=st.sampled_from([0.0, 20.0, 90.0, 400.0]))
def test_no_other_raise_costs_less(found, peak_price):
    found.cap_mw = np.minimum(found.cap_mw, 4.0)
    cost, raise_mw = raised(found, peak_price)
    found.over_cap_cost = 2.0 * peak_price / found.step_h
    cap_mw = found.cap_mw
    for other in np.append(np.linspace(0.0, 6.0, 13), raise_mw):
        found.cap_mw = cap_mw + other
        found.plan()
        slack = 1e-2 * (1.0 + peak_price) + 1e-9 * money_scale(found)
        assert cost <= found.value + peak_price * other + slack
    assert cost == pytest.approx(found.value + peak_price * raise_mw, rel=1e-9, abs=1e-9 * money_scale(found))
