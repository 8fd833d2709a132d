"""Series say which file, column and unit they come from."""

from __future__ import annotations

import pytest

from wattstack.campus import SeriesSource, read_campus
from wattstack.campus.sources import JEPX_AREAS, WEATHER_COLUMNS, duration_s
from wattstack.series import channel
from wattstack.series.sources.jepx import AREAS

PRICE = "{source: csv, file: prices.csv, column: price, unit: JPY/kWh}"


@pytest.mark.parametrize(
    ("series", "where", "sentence"),
    [
        ("{source: csv, file: a.csv, column: a}", ".unit",
         'is missing, must be given with column. Write unit: JPY/kWh, MW, "%" or "1".'),
        ("{source: csv, file: a.csv}", ".column",
         "and columns are both missing, must be exactly one. Give column, or for weather columns: {...}."),
        ("{source: csv, file: a.csv, column: a, unit: MW, columns: {ghi_w_m2: b}}", ".column",
         "and columns are both given, must be exactly one. Give column, or for weather columns: {...}."),
        ("{source: csv, file: a.csv, columns: {ghi: b}}", ".columns.ghi",
         "is not a weather column, must be one of ghi_w_m2, dni_w_m2, dhi_w_m2, temp_air_degc, "
         "wet_bulb_degc, "
         "relative_humidity_frac, wind_speed_m_s, pressure_hpa."),
        ("{source: jepx, file: a.csv}", ".area",
         "is missing, must be one of system, hokkaido, tohoku, tokyo, chubu, hokuriku, kansai, chugoku, "
         "shikoku, "
         "kyushu."),
        ("{source: jepx, file: a.csv, area: osaka}", ".area",
         "is 'osaka', must be one of system, hokkaido, tohoku, tokyo, chubu, hokuriku, kansai, chugoku, "
         "shikoku, "
         "kyushu."),
        ("{source: csv, file: a.csv, column: a, unit: JPY/kWh, area: FR}", ".area",
         "belongs to source: jepx or entsoe, this is csv. Take it out."),
        ("{source: entsoe, file: a.csv, unit: EUR/MWh}", ".unit",
         "is not read: entsoe files have known columns and units. Take it out."),
        ("{source: excel, file: a.xlsx}", ".source",
         "is 'excel', must be one of csv, parquet, jepx, entsoe, epw. Write csv."),
        ("{source: entsoe, file: ''}", ".file", "is empty, must hold at least one. It is: File name, "
         "relative to the campus file."),
        ("{source: entsoe, file: 7}", ".file", 'is 7, must be text. Put it in quotes: "7".'),
        ("{source: entsoe, file: a.csv, time_zone: CET+1}", ".time_zone",
         "is 'CET+1', must be a time zone of the IANA list. Nearest: 'CET'."),
        ("{source: entsoe, file: a.csv, synthetic: 'yes'}", ".synthetic",
         "is 'yes', must be true or false. Write true without quotes."),
        ("{source: entsoe, file: a.csv, gaps: {rule: hold, at_most: long}}", ".gaps.at_most",
         "is 'long', must be a length of time. Write 30min, 3h or 1d."),
        ("{source: entsoe, file: a.csv, gaps: {rule: guess, at_most: 3h}}", ".gaps.rule",
         "is 'guess', must be one of hold, interpolate, day_before. Write hold."),
        ("prices.csv", "", "is 'prices.csv', must hold keys (source, file, column, unit, ...). Write them "
         "below it, indented."),
    ],
)  # fmt: skip
def test_a_series_that_cannot_be_read_says_why(told, series, where, sentence):
    assert told((PRICE, series)) == {f"series.price_per_mwh{where}": f"{sentence} (line 8)"}


def test_the_stamp_of_an_epw_file_is_the_end_of_its_hour():
    assert SeriesSource(source="epw", file="a.epw").stamp == "end"
    assert SeriesSource(source="epw", file="a.epw", stamp="centre").stamp == "centre"
    assert SeriesSource(source="entsoe", file="a.csv").stamp == "start"


def test_an_entsoe_export_of_several_zones_names_one(file_of, small_text):
    campus = read_campus(file_of(small_text.replace(PRICE, "{source: entsoe, file: a.csv, area: FR}")))
    assert campus.series["price_per_mwh"].area == "FR"
    assert SeriesSource(source="entsoe", file="a.csv").area is None


def test_weather_gives_columns_and_others_one_series(told):
    weather = "  weather: {source: csv, file: w.csv, column: ghi, unit: W/m2}\n"
    faults = told(
        (f"  price_per_mwh: {PRICE}\n", f"  price_per_mwh: {{source: epw, file: a.epw}}\n{weather}")
    )
    assert faults == {
        "series.price_per_mwh": "gives weather columns, must give one series. Use column, or name it "
        "weather. "
        "(line 8)",
        "series.weather": "must give weather columns. Use columns: {...}, or source: epw. (line 9)",
    }


def test_words_that_two_rooms_know_are_the_same_words():
    assert tuple(AREAS) == JEPX_AREAS
    assert {channel(name).kind for name in WEATHER_COLUMNS} >= {"irradiance", "temperature", "frac"}


def test_lengths_of_time_in_words():
    assert [duration_s(text) for text in ("45min", "3h", "2 d")] == [2700, 10800, 172800]
    gaps = {"rule": "hold", "at_most": "3h"}
    assert SeriesSource(source="entsoe", file="a.csv", gaps=gaps).gaps.at_most_s == 10800
    for text in ("0h", "3", "-1h", "1w"):
        with pytest.raises(ValueError, match="must be a length of time"):
            duration_s(text)
