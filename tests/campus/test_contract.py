"""Windows, time-of-use tables, demand and contract clauses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from wattstack.campus import Contract, Demand, Periods, Tariff, Window
from wattstack.campus.contract import parse_span

ENERGY = {"price_per_mwh": 1.0}


def refused(declare, **fields):
    with pytest.raises(ValidationError) as caught:
        declare(**fields)
    return [str(f) for error in caught.value.errors() for f in error.get("ctx", {}).get("faults", ())]


def test_hours_over_midnight_belong_to_the_day_they_fall_on():
    night = Window(hours=["22-6"], days="weekday")
    assert night.mask(1, 4, 23.0) and night.mask(1, 4, 5.5)
    assert not night.mask(1, 5, 5.5)  # Saturday morning is a weekend
    assert not night.mask(1, 4, 6.0)


def test_a_window_without_limits_always_holds():
    assert Window().mask(np.array([1, 12]), np.array([0, 6]), np.array([0.0, 23.5])).tolist() == [True, True]


def test_a_window_reads_arrays():
    window = Window(months=[7, 8], days="weekend", hours=["8-12", "13:30-17"])
    month, weekday, hour = (
        np.array([7, 7, 8, 6, 7]),
        np.array([5, 4, 6, 6, 6]),
        np.array([8, 8, 16.99, 9, 12.5]),
    )
    assert window.mask(month, weekday, hour).tolist() == [True, False, True, False, False]


@given(start=st.integers(0, 47), end=st.integers(0, 47), hour=st.integers(0, 47))
@settings(max_examples=60)
def test_a_span_and_its_other_half_split_the_day(start, end, hour):
    if start == end:
        return
    clock = [f"{half // 2}:{half % 2 * 30:02d}" for half in (start, end)]
    one, other = Window(hours=["-".join(clock)]), Window(hours=["-".join(clock[::-1])])
    assert one.mask(1, 0, hour / 2) != other.mask(1, 0, hour / 2)


@pytest.mark.parametrize("text", ["8", "8-25", "24-6", "8-8", "8:75-9", "8am-9am", ""])
def test_hours_that_are_no_span_are_refused(text):
    with pytest.raises(
        ValueError, match=r"must be hours of the day as start-end\. Write 8-20, 8:30-17 or 22-6\."
    ):
        parse_span(text)


def test_a_table_that_leaves_hours_out_names_the_first():
    day = {"price_per_mwh": 2, "hours": ["8-20"]}
    night = {"price_per_mwh": 1, "hours": ["20-7:30"]}
    assert refused(Periods, periods={"day": day, "night": night}) == [
        "periods  leave out month 1, weekday, 07:30: every hour must have a price. Add a last period "
        "without months, "
        "days and hours, or widen one."
    ]
    summer = {"price_per_mwh": 2, "months": [4, 5, 6, 7, 8, 9], "days": "weekday"}
    rest = {"price_per_mwh": 2, "months": [1, 2, 3, 10, 11, 12]}
    assert refused(Periods, periods={"summer": summer, "rest": rest})[0].startswith(
        "periods  leave out month 4, weekend, 00:00"
    )
    assert Periods(periods={"day": day, "night": {"price_per_mwh": 1, "hours": ["20-8"]}})


def test_a_charge_has_one_price():
    both = (
        "price_per_mw_month  and price_per_mw_year are both given, must be exactly one. "
        "Give the month's price, or the year's."
    )
    assert refused(Demand, price_per_mw_month=1, price_per_mw_year=2) == [both]
    assert refused(Contract, power_mw=3) == [both.replace("both given", "both missing")]


def test_a_ratchet_looks_back_over_months():
    ratchet = {"share_frac": 0.8}
    assert Demand(price_per_mw_month=1, ratchet=ratchet).ratchet.months == 11
    assert refused(Demand, price_per_mw_year=1, ratchet=ratchet) == [
        "ratchet  looks back over months, must stand with price_per_mw_month. Take it out or bill by month."
    ]


def test_the_meter_averages_over_its_interval_or_the_step():
    assert Demand(price_per_mw_month=1, interval="15min").interval_s == 900
    assert Demand(price_per_mw_month=1).interval_s is None


def test_contracts_rise_towards_an_end():
    def contracts(**least):
        return {name: {"power_mw": 3, "price_per_mw_year": 1, "at_least": of} for name, of in least.items()}

    assert Tariff(energy=ENERGY, contract=contracts(a=None, b="a", c="b"))
    assert refused(Tariff, energy=ENERGY, contract=contracts(a=None, b="z")) == [
        "contract.b.at_least  is 'z', must name another contract of this tariff (a)."
    ]
    assert refused(Tariff, energy=ENERGY, contract=contracts(b="z")) == [
        "contract.b.at_least  is 'z', must name another contract of this tariff (none stands beside it)."
    ]
    circle = "runs in a circle, must end at a contract without at_least. Take one of them out."
    assert refused(Tariff, energy=ENERGY, contract=contracts(a="b", b="a", c="a")) == [
        f"contract.a.at_least  {circle}",
        f"contract.b.at_least  {circle}",
    ]


def test_an_empty_list_of_months_or_hours_is_neither_always_nor_never(told):
    tariff = (
        "{energy: {price_per_mwh: {periods: {a: {price_per_mwh: 9000, months: []}}}}, demand: {d: {hours: [], "
        "price_per_mw_month: 900000}}, contract: {c: {power_mw: 5, months: [], price_per_mw_month: 900000}}}"
    )
    says = "is an empty list, must name at least one. Take it out for all of them. (line 13)"
    assert told(("tariff:\n    energy: {price_per_mwh: series:price_per_mwh}", f"tariff: {tariff}")) == {
        "grid.tariff.energy.price_per_mwh.periods.a.months": says,
        "grid.tariff.demand.d.hours": says,
        "grid.tariff.contract.c.months": says,
    }


def test_wrong_words_in_a_tariff_are_told_with_their_place(told):
    tariff = (
        "{energy: {price_per_mwh: cheap, adders_per_mwh: {a: {periods: {b: {price_per_mwh: 1, hours: "
        "[9-25]}}}}}, demand: {m: {price_per_mw_month: 1, months: 7, days: workday, "
        "interval: 45min}}, holidays: [2022-05-03, May, 4], export: {price_per_mwh: 3}, fixed_per_month: yes}"
    )
    faults = told(("tariff:\n    energy: {price_per_mwh: series:price_per_mwh}", f"tariff: {tariff}"))
    line = " (line 13)"
    place = "grid.tariff"
    assert faults == {
        f"{place}.energy.adders_per_mwh.a.periods.b.hours.0": "is '9-25', must be hours of the day as "
        f"start-end. Write 8-20, 8:30-17 or 22-6.{line}",
        f"{place}.energy.price_per_mwh": "is 'cheap', must be a number, a series or a table of periods. "
        f"Write 12000, series:NAME or {{periods: {{...}}}}.{line}",
        f"{place}.demand.m.months": f"is 7, must be a list. Put it in square brackets: [...].{line}",
        f"{place}.demand.m.days": "is 'workday', must be one of all, weekday, weekend. "
        f"Nearest: 'weekday'.{line}",
        f"{place}.demand.m.interval": "is '45min', must be one of 1h, 60min, 30min, 15min, 10min, 5min, "
        f"1min. Nearest: '5min'.{line}",
        f"{place}.holidays.1": f"is 'May', must be a date. Write 2022-05-03.{line}",
        f"{place}.holidays.2": f"is 4, must be a date. Write 2022-05-03.{line}",
        f"{place}.export.limit_mw": f"is missing, must be given. It is: Greatest export [MW].{line}",
        f"{place}.fixed_per_month": "is 'yes', must be a number [currency/month]. Write it without quotes "
        f"and without a unit.{line}",
    }
