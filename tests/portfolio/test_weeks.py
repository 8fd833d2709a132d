"""Representative weeks: shapes by place and season, gaps and weights that do not fit told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.portfolio.small import profile_rows, raw_small, small_portfolio, write_small, write_table, yearly
from wattstack.errors import InputError
from wattstack.portfolio import read_portfolio


@pytest.fixture
def profiles(tmp_path):
    """The small portfolio, or its faults, with other rows of profiles."""

    def read(change, raw_change=None):
        raw = raw_small()
        if raw_change is not None:
            raw_change(raw)
        path = write_small(tmp_path, raw)
        rows = profile_rows()
        rows = change(rows) or rows
        write_table(tmp_path / "profiles.csv", rows)
        try:
            return read_portfolio(path)
        except InputError as error:
            return {fault.where: fault.what for fault in error.faults}

    return read


def test_weeks_stand_by_country_and_season_in_the_order_of_their_hours(profiles):
    weeks = profiles(lambda rows: rows[::-1]).weeks
    assert set(weeks) == {(place, season) for place in ("JP", "FR") for season in (1, 2, 3, 4)}
    (normal,) = [week for week in weeks["JP", 3] if week.name == "normal"]
    assert (normal.weight, normal.step_h, len(normal.price_factor)) == (78.0, 3.0, 8)
    assert np.array_equal(normal.solar_frac, small_portfolio().weeks["JP", 3][0].solar_frac)
    assert normal.solar_frac.argmax() == 4  # noon
    stress = next(week for week in weeks["JP", 3] if week.name == "stress")
    assert stress.available_frac.tolist() == [1, 1, 1, 1, 1, 1, 0, 0]


def test_a_site_may_have_weeks_of_its_own(profiles):
    def change(rows):
        return [
            *rows,
            *({**row, "country": "east", "price_factor": 1.0} for row in rows if row["country"] == "JP"),
        ]

    portfolio = profiles(change)
    assert portfolio.weeks_of(portfolio.site("east"), 1)[0].price_factor.tolist() == [1.0] * 8
    assert portfolio.weeks_of(portfolio.site("north"), 1)[0].price_factor.max() > 1.0


def test_shapes_that_are_not_given_are_dark_and_never_curtailed(profiles):
    def change(rows):
        for row in rows:
            del row["solar_frac"], row["available_frac"]

    week = profiles(change).weeks["FR", 2][1]
    assert not week.solar_frac.any()
    assert week.available_frac.min() == 1.0


def test_a_year_has_weeks_without_a_season(tmp_path):
    rows = [{**row, "season": ""} for row in profile_rows() if row["season"] == "Q1"]
    path = write_small(tmp_path, {**yearly(), "weeks": {"normal": 313, "stress": 52}})
    write_table(tmp_path / "profiles.csv", rows)
    weeks = read_portfolio(path).weeks
    assert set(weeks) == {("JP", 0), ("FR", 0)}
    assert [week.name for week in weeks["JP", 0]] == ["normal", "stress"]


def test_a_year_may_have_the_weeks_of_its_seasons(tmp_path):
    portfolio = read_portfolio(write_small(tmp_path, yearly()))
    weeks = portfolio.weeks_of(portfolio.site("a"), 0)
    assert [week.name for week in weeks[::2]] == ["Q1 normal", "Q2 normal", "Q3 normal", "Q4 normal"]
    assert sum(week.weight * week.step_h * len(week.solar_frac) for week in weeks) == 4 * 91 * 24


def where(row):
    """Place of a row of profiles by its number from 0."""
    return f"profiles.csv row {row + 2}"


@pytest.mark.parametrize(
    ("row", "name", "value", "what"),
    [
        (0, "hour", "noon", "is 'noon', must be a number. Write it without a unit."),
        (0, "hour", -3, "is -3, must lie in 0 .. inf. Mend the number."),
        (1, "price_factor", "", "is empty, must be a number. Write it without a unit."),
        (1, "price_factor", "nan", "is 'nan', must be a number. Write it without a unit."),
        (2, "solar_frac", 2, "is 2, must lie in 0 .. 1.5. Mend the number."),
        (2, "solar_frac", -0.1, "is -0.1, must lie in 0 .. 1.5. Mend the number."),
        (3, "available_frac", 1.1, "is 1.1, must lie in 0 .. 1. Mend the number."),
        (3, "season", "Q5", "is 'Q5', must be a quarter of the year. Write Q1, Q2, Q3 or Q4."),
        (3, "season", "", "is empty, must be a quarter of the year. Write Q1, Q2, Q3 or Q4."),
        (4, "week", "strses", "is 'strses', which has no weight. Nearest: 'stress'."),
        (4, "week", "x", "is 'x', which has no weight. Name how many such weeks a period has."),
        (5, "country", "", "is empty, must be a country or a site. Write one."),
    ],
)
def test_a_wrong_cell_is_told_by_row_and_column(profiles, row, name, value, what):
    faults = profiles(lambda rows: rows[row].update({name: value}))
    assert faults[f"{where(row)}, {name}"] == what


def test_a_week_without_a_weight_is_told_once(profiles):
    faults = profiles(
        lambda rows: [row.update(week="calm") for row in rows if row["week"] == "stress"] and None
    )
    assert sum("which has no weight" in what for what in faults.values()) == 1


def test_a_missing_hour_is_a_gap(profiles):
    faults = profiles(lambda rows: rows[:5] + rows[6:])
    assert faults["profiles.csv, JP Q1 normal"] == "has a gap: hour 15 is missing. Give every hour from 0 on."


def test_hours_begin_with_0(profiles):
    faults = profiles(lambda rows: rows[1:])
    assert faults["profiles.csv, JP Q1 normal"] == "has a gap: hour 0 is missing. Give every hour from 0 on."


def test_an_hour_given_twice_is_told(profiles):
    faults = profiles(lambda rows: [*rows, rows[3]])
    assert faults[where(128)] == "gives hour 9 of JP Q1 normal again. Remove one."


def test_a_missing_week_and_a_missing_season_are_told(profiles):
    faults = profiles(lambda rows: [row for row in rows if (row["season"], row["week"]) != ("Q2", "stress")])
    what = "has no week 'stress', which has a weight. Add its hours, or take the weight out."
    assert faults == {"profiles.csv, JP Q2": what, "profiles.csv, FR Q2": what}
    faults = profiles(lambda rows: [row for row in rows if (row["country"], row["season"]) != ("FR", "Q3")])
    assert faults == {"profiles.csv": "has no season Q3 of FR, which site north needs. Add the hours."}


def test_weeks_that_do_not_fill_the_quarter_are_told(profiles):
    faults = profiles(lambda rows: None, lambda raw: raw["weeks"].update(normal=11))
    what = (
        "stands for 576 h, must come to the 2191.5 h of a quarter within 2 %. Mend the weights of the weeks, or the "
        "hours given."
    )
    assert faults["profiles.csv, JP Q1"] == what
    assert len(faults) == 8


@pytest.mark.parametrize("weight", [0, -1, "many", True])
def test_a_weight_is_a_positive_number(profiles, weight):
    faults = profiles(lambda rows: None, lambda raw: raw["weeks"].update(normal=weight))
    assert faults["portfolio.yaml weeks.normal"].startswith(
        f"is {weight!r}, must be a number > 0. Say how many weeks."
    )


def test_a_week_of_one_hour_is_an_hour(profiles):
    def change(rows):
        return [row for row in rows if row["hour"] == 0]

    portfolio = profiles(change, lambda raw: raw["weeks"].update(normal=2000, stress=184))
    assert portfolio.weeks["JP", 1][0].step_h == 1.0


def test_columns_are_known_by_name(profiles):
    def misspell(rows):
        for row in rows:
            row["price_fator"] = row.pop("price_factor")
            row["zzz"] = 1

    faults = profiles(misspell)
    assert faults["profiles.csv, price_fator"] == "is not a column here. Nearest: 'price_factor'."
    assert faults["profiles.csv, zzz"].startswith("is not a column here. There are: place, season")
    assert faults["profiles.csv, price_factor"] == "is missing, must be a column. Add it."

    def without_place(rows):
        for row in rows:
            del row["country"]

    assert profiles(without_place)["profiles.csv, country"] == "is missing, must be a column. Add it."
