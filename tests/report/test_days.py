import numpy as np
import pytest

from wattstack.report.days import chosen_days
from wattstack.report.view import Year


def year(days, south=False, zone="Europe/Paris", start="2021-12-31T23:00:00Z", **channels):
    steps = days * 24
    zeros = np.zeros(steps)
    base = {"load_mw": np.full(steps, 10.0), "bus.price_per_mwh": zeros, "grid.buy_price_per_mwh": zeros}
    record = {"name": "base", "start": start, "step_s": 3600, "steps": steps}
    return Year(record, zone, south, {}, base | channels)


def on_day(days, day, value):
    out = np.zeros(days * 24)
    out[day * 24 : day * 24 + 24] = value
    return out


def test_the_dearest_day_has_the_highest_mean_price_on_the_bus():
    dearest = chosen_days(year(59, **{"bus.price_per_mwh": on_day(59, 40, 300.0)}))[1]
    assert dearest.why == "The dearest day"
    assert str(dearest.date) == "2022-02-10"
    assert (dearest.first, dearest.last) == (960, 984)


def test_the_tightest_day_is_where_the_bus_stands_furthest_above_import():
    found = chosen_days(
        year(59, **{"bus.price_per_mwh": 100.0 + on_day(59, 7, 90.0) + on_day(59, 9, 300.0),
                    "grid.buy_price_per_mwh": 100.0 + on_day(59, 9, 280.0)})
    )  # fmt: skip
    assert [str(day.date) for day in found[-2:]] == ["2022-01-10", "2022-01-08"]
    assert "scarcest" in found[-1].reason


def test_where_nothing_is_scarce_the_tightest_day_asks_most():
    days = chosen_days(
        year(59, load_mw=10.0 + on_day(59, 7, 3.0), **{"solar.a.output_mw": on_day(59, 9, 2.0)})
    )
    assert str(days[-1].date) == "2022-01-08"
    assert "load less solar" in days[-1].reason


def test_the_two_hardest_days_are_two_days():
    hard = {"bus.price_per_mwh": on_day(59, 7, 300.0), "load_mw": 10.0 + on_day(59, 7, 3.0)}
    dates = [day.date for day in chosen_days(year(59, **hard))[-2:]]
    assert dates[0] != dates[1]


def test_a_typical_day_lies_at_the_median_of_its_season():
    load = 10.0 + np.repeat(np.arange(31.0), 24)
    typical = chosen_days(year(31, load_mw=load))[0]
    assert typical.why == "A typical winter day"
    assert str(typical.date) == "2022-01-16"


@pytest.mark.parametrize(("south", "word"), [(False, "winter"), (True, "summer")])
def test_january_is_winter_in_the_north_and_summer_in_the_south(south, word):
    assert chosen_days(year(31, south=south))[0].why == f"A typical {word} day"


def test_days_of_23_and_25_hours_are_days():
    spring = year(
        60,
        start="2022-02-28T23:00:00Z",
        **{"bus.price_per_mwh": np.r_[np.zeros(26 * 24), np.ones(23), np.zeros(34 * 24 - 23)]},
    )
    dearest = next(day for day in chosen_days(spring) if day.why == "The dearest day")
    assert str(dearest.date) == "2022-03-27"
    assert dearest.last - dearest.first == 23


def test_less_than_a_day_shows_no_day():
    assert chosen_days(year(1, start="2022-01-01T05:00:00Z")) == []


def test_a_single_day_is_both_typical_and_dearest():
    assert [day.why for day in chosen_days(year(1))] == ["A typical winter day", "The dearest day"]
