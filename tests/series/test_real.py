"""The real inputs beside the checkout: both sites, every year and every step."""

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.series import SourceSpec, align, check_sun, make_axis, read_series

pytestmark = pytest.mark.real

WEATHER = {
    "ghi_w_m2": "ghi_w_m2",
    "dni_w_m2": "dni_w_m2",
    "dhi_w_m2": "dhi_w_m2",
    "temp_air_degc": "temp_air_c",
    "wet_bulb_degc": "wet_bulb_c",
    "relative_humidity_frac": "relative_humidity_pct",
    "wind_speed_m_s": "wind_speed_m_s",
}
# File, place, what its stamps mark, yearly global irradiance [kWh/m2] as its README says.
STATIONS = [
    ("site-sakai/weather_tmy_region6_okayama_hourly.csv", (34.66, 133.92), "centre", 1381),
    ("site-france/weather_tmy_uccle_hourly.csv", (50.80, 4.36), "centre", 1114),
    ("site-france/weather_2021_leuven_hourly.csv", (50.86, 4.68), "start", 1079),
]
FISCAL_2022 = ("2022-04-01T00:00+09:00", "2023-04-01T00:00+09:00")


def kansai(real, **more):
    more = {"units": {"price_per_mwh": "JPY/kWh"}, "currency": "JPY", "base_dir": real} | more
    file = "site-sakai/prices_jepx_kansai_30min_fy2020_fy2023.csv"
    return SourceSpec("price_per_mwh", file, columns={"price_per_mwh": "price_jpy_per_kwh"}, **more)


def station(real, file, stamp):
    units = {"relative_humidity_frac": "%"}
    return SourceSpec("weather", file, columns=WEATHER, units=units, stamp=stamp, base_dir=real)


@pytest.mark.parametrize("step", ["1h", "30min", "15min", "10min", "5min", "1min"])
def test_kansai_prices_keep_their_mean_on_every_axis(real, step):
    got = align(read_series(kansai(real)), make_axis(*FISCAL_2022, step)).values
    assert got.mean() == pytest.approx(19_540, abs=5)
    assert got.size * make_axis(*FISCAL_2022, step).step_h == 8760


def test_kansai_prices_without_their_unit_are_refused(real):
    with pytest.raises(InputError, match=r"looks like JPY/kWh. Say unit: JPY/kWh"):
        read_series(kansai(real, units={}))


@pytest.mark.parametrize(("year", "mean", "low", "high"), [
    (2021, 109.2, -66.18, 620.0), (2022, 275.9, -1.44, 2987.78), (2023, 96.9, -134.94, 276.12),
])  # fmt: skip
def test_french_prices_are_those_of_their_year(real, year, mean, low, high):
    spec = SourceSpec(
        "price_per_mwh",
        "site-france/prices_day_ahead_fr_hourly_2015_2023.csv",
        columns={"price_per_mwh": "price_eur_per_mwh"},
        units={"price_per_mwh": "EUR/MWh"},
        currency="EUR",
        base_dir=real,
    )
    axis = make_axis(f"{year}-01-01T00:00+01:00", f"{year + 1}-01-01T00:00+01:00", "1h")
    got = align(read_series(spec), axis).values
    assert (round(got.mean(), 1), got.min(), got.max()) == (mean, low, high)


@pytest.mark.parametrize(("file", "place", "stamp", "kwh_per_m2"), STATIONS)
def test_each_station_agrees_with_the_sun_as_its_stamps_mean(real, file, place, stamp, kwh_per_m2):
    series = read_series(station(real, file, stamp))
    assert check_sun(series, *place).fits == stamp
    assert series.columns["ghi_w_m2"].sum() / 1000 == pytest.approx(kwh_per_m2, abs=1)


@pytest.mark.parametrize(("file", "place", "stamp", "kwh_per_m2"), STATIONS)
@pytest.mark.parametrize("wrong", ["start", "centre", "end"])
def test_each_station_is_refused_when_its_stamps_are_misread(real, file, place, stamp, kwh_per_m2, wrong):
    if wrong == stamp:
        return
    with pytest.raises(InputError, match=f"with stamp: {wrong}. stamp: {stamp} fits the sun"):
        check_sun(read_series(station(real, file, wrong)), *place)


@pytest.mark.parametrize("step", ["1h", "30min", "15min", "5min"])
def test_the_typical_year_of_okayama_is_placed_on_fiscal_2022(real, step):
    file, _, stamp, kwh_per_m2 = STATIONS[0]
    axis = make_axis(*FISCAL_2022, step)
    got = align(read_series(station(real, file, stamp)), axis, by_calendar=True, time_zone="Asia/Tokyo")
    assert got.columns["ghi_w_m2"].sum() * axis.step_h / 1000 == pytest.approx(kwh_per_m2, abs=1)
    assert got.columns["ghi_w_m2"].min() == 0
    assert got.columns["temp_air_degc"].mean() == pytest.approx(15.7, abs=0.1)
    assert got.notes[0].startswith(
        "typical year placed by calendar (month, day and hour of standard time, UTC+9)"
    )


def test_leuven_2021_lies_on_its_own_year(real):
    file, _, stamp, _ = STATIONS[2]
    axis = make_axis("2021-01-01T00:00+01:00", "2022-01-01T00:00+01:00", "15min")
    got = align(read_series(station(real, file, stamp)), axis)
    assert got.columns["temp_air_degc"].mean() == pytest.approx(11.4, abs=0.1)
    assert got.notes == ("interpolated from 1 h to 15 min",)
    with pytest.raises(InputError, match="by_calendar: true for a typical year"):
        align(
            read_series(station(real, file, stamp)), make_axis("2022-01-01T00:00Z", "2023-01-01T00:00Z", "1h")
        )


@pytest.mark.parametrize(("file", "year", "mean"), [
    ("site-sakai/carbon_jp_kn_2022_hourly.csv", 2022, 458), ("site-france/carbon_fr_2022_hourly.csv", 2022, 99),
    ("site-france/carbon_fr_2020_30min.csv", 2020, 56),
])  # fmt: skip
def test_carbon_is_read_in_kg_per_mwh(real, file, year, mean):
    spec = SourceSpec(
        "carbon_kg_per_mwh",
        file,
        columns={"carbon_kg_per_mwh": "carbon_g_per_kwh"},
        units={"carbon_kg_per_mwh": "g/kWh"},
        base_dir=real,
    )
    axis = make_axis(f"{year}-01-01T00:00Z", f"{year + 1}-01-01T00:00Z", "30min")
    assert align(read_series(spec), axis).values.mean() == pytest.approx(mean, abs=1)


def test_a_record_with_holes_says_how_many(real):
    spec = SourceSpec(
        "hertz",
        "site-france/frequency_ce_2019-03-19_1s.csv",
        columns={"hertz": "frequency_hz"},
        kinds={"hertz": "energy"},
        units={},
        base_dir=real,
    )
    series = read_series(spec)
    assert series.step_s == 1
    assert np.isfinite(series.values).sum() == 19_305
    with pytest.raises(InputError, match="steps missing, first at 2019-03-19T"):
        align(series, make_axis("2019-03-19T01:00Z", "2019-03-19T02:00Z", "1min"))
