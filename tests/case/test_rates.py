"""Prices by number, series and time of use on the local clock."""

from __future__ import annotations

import json

import numpy as np
import pytest

from wattstack.campus import Periods, SeriesRef, read_campus
from wattstack.case import build_case
from wattstack.case.rates import values_of

from .conftest import raw_campus

DAY_AND_NIGHT = {
    "day": {"price_per_mwh": 20e3, "days": "weekday", "hours": ["8-20"]},
    "night": {"price_per_mwh": 10e3},
}


def of_the_clock(raw, zone: str, start: str, end: str, step: str, periods: dict, **tariff):
    """The case of a campus whose energy price is a table."""
    raw["place"]["time_zone"] = zone
    raw["time"] = {"start": start, "end": end, "step": step}
    raw["grid"]["tariff"] = {"energy": {"price_per_mwh": {"periods": periods}}, **tariff}
    del raw["series"]


def test_a_number_holds_in_every_step(clock):
    assert values_of(12.5, clock, {}).tolist() == [12.5] * 168


def test_a_series_is_taken_as_it_stands(clock):
    prices = np.arange(168.0)
    assert values_of(SeriesRef(name="p"), clock, {"p": prices}) is prices


def test_the_first_period_that_holds_gives_the_price(clock):
    prices = values_of(Periods.model_validate({"periods": DAY_AND_NIGHT}), clock, {})
    week = prices.reshape(7, 24)
    assert week[0, [7, 8, 19, 20]].tolist() == [10e3, 20e3, 20e3, 10e3]
    assert week[5:].max() == 10e3
    assert (prices == 20e3).sum() == 5 * 12


def test_hours_over_midnight_belong_to_their_own_day(clock):
    late = {"price_per_mwh": 5e3, "days": "weekend", "hours": ["22-6"]}
    periods = {"late": late, "else": {"price_per_mwh": 9e3}}
    week = values_of(Periods.model_validate({"periods": periods}), clock, {}).reshape(7, 24)
    assert week[4, 23] == 9e3  # Friday night
    assert week[5, [0, 5, 6, 22]].tolist() == [5e3, 5e3, 9e3, 5e3]
    assert week[0, 3] == 9e3  # Monday morning


@pytest.mark.parametrize(
    ("day", "hours", "night_hours"),
    [("2021-10-31", 25, 8), ("2021-03-28", 23, 6), ("2021-06-06", 24, 7)],
)
def test_a_night_window_follows_the_clock_through_daylight_saving(tmp_path, day, hours, night_hours):
    night = {"price_per_mwh": 5e3, "hours": ["0-7"]}
    raw = raw_campus()
    offset = {25: ("+02:00", "+01:00"), 23: ("+01:00", "+02:00"), 24: ("+02:00", "+02:00")}[hours]
    end = str(np.datetime64(day) + 1)
    periods = {"night": night, "day": {"price_per_mwh": 9e3}}
    of_the_clock(raw, "Europe/Paris", f"{day}T00:00{offset[0]}", f"{end}T00:00{offset[1]}", "15min", periods)
    (tmp_path / "c.yaml").write_text(json.dumps(raw), encoding="utf-8")
    case = build_case(read_campus(tmp_path / "c.yaml"))
    assert case.axis.count == 4 * hours
    assert (case.buy_price_per_mwh == 5e3).sum() == 4 * night_hours


def test_a_holiday_pays_what_a_sunday_pays(tmp_path):
    raw = raw_campus()
    of_the_clock(
        raw, "Asia/Tokyo", "2022-05-02T00:00+09:00", "2022-05-05T00:00+09:00", "1h", DAY_AND_NIGHT,
        holidays=["2022-05-03"],
    )  # fmt: skip
    (tmp_path / "c.yaml").write_text(json.dumps(raw), encoding="utf-8")
    days = build_case(read_campus(tmp_path / "c.yaml")).buy_price_per_mwh.reshape(3, 24)
    assert [day.max() for day in days] == [20e3, 10e3, 20e3]


def test_months_choose_the_season(tmp_path):
    raw = raw_campus()
    periods = {"summer": {"price_per_mwh": 30e3, "months": [7, 8, 9]}, "rest": {"price_per_mwh": 20e3}}
    of_the_clock(raw, "Asia/Tokyo", "2022-06-30T00:00+09:00", "2022-07-02T00:00+09:00", "30min", periods)
    (tmp_path / "c.yaml").write_text(json.dumps(raw), encoding="utf-8")
    prices = build_case(read_campus(tmp_path / "c.yaml")).buy_price_per_mwh
    assert prices[:48].tolist() == [20e3] * 48
    assert prices[48:].tolist() == [30e3] * 48
