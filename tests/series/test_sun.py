"""Stamps against the sun."""

from dataclasses import replace

import numpy as np
import pytest

from tests.series.conftest import series
from wattstack.errors import InputError
from wattstack.series import check_sun
from wattstack.series.sun import sun_elevation_sin

SAKAI = (34.58, 135.47)


def clear_sky(stamp="start", step_s=3600, place=SAKAI, days=365, cloudy=False):
    """A year of clear sky as a station would write it, its stamps marking start, centre or end."""
    start_s = int(np.datetime64("2022-01-01", "s").astype(np.int64))
    fine = start_s + np.arange(days * 86400 // 60) * 60 + 30
    light = 1000 * np.maximum(sun_elevation_sin(fine, *place), 0).reshape(-1, step_s // 60).mean(axis=1)
    if cloudy:
        weather = np.random.default_rng(1).uniform(0.15, 1.0, size=days)
        light *= np.repeat(weather, 86400 // step_s)
    return series(light, "ghi_w_m2", step_s=step_s, stamp=stamp)


def misread(truth, declared, stamp):
    """The same file with another meaning of the stamp declared."""
    back = {"start": 0.0, "centre": 0.5, "end": 1.0}
    shift_s = int((back[stamp] - back[declared]) * truth.step_s)
    return replace(truth, stamp=declared, start_s=truth.start_s + shift_s)


def test_the_sun_stands_where_pvlib_puts_it():
    import pandas as pd
    from pvlib.solarposition import get_solarposition

    times = pd.date_range("2022-01-01", "2024-12-31", freq="7h", tz="UTC")
    for place in (SAKAI, (50.8, 4.36), (-33.9, 151.2), (1.3, 103.8)):
        exact = get_solarposition(times, *place)["elevation"].to_numpy()
        seconds = times.tz_convert(None).to_numpy().astype("M8[s]").astype(np.int64)
        ours = np.degrees(np.arcsin(sun_elevation_sin(seconds, *place)))
        assert np.abs(ours - exact).max() < 0.35  # leap years move the series of Spencer by half a day


@pytest.mark.parametrize("step_s", [3600, 1800, 900, 600, 60])
@pytest.mark.parametrize("cloudy", [False, True])
def test_stamps_that_mean_what_they_say_pass(step_s, cloudy):
    days = 365 if step_s > 600 else 60
    check = check_sun(clear_sky(step_s=step_s, days=days, cloudy=cloudy), *SAKAI)
    assert abs(check.shift_min) < 3
    assert check.match_frac > 0.6


@pytest.mark.parametrize("stamp", ["start", "centre", "end"])
@pytest.mark.parametrize("declared", ["start", "centre", "end"])
def test_a_stamp_misread_by_half_an_hour_names_the_meaning_that_fits(stamp, declared):
    read = misread(clear_sky(), declared, stamp)
    if stamp == declared:
        assert check_sun(read, *SAKAI).fits == stamp
        return
    with pytest.raises(InputError) as error:
        check_sun(read, *SAKAI)
    assert f"with stamp: {declared}. stamp: {stamp} fits the sun" in str(error.value)


def test_early_and_late_are_told_apart():
    with pytest.raises(InputError, match=r"comes 30 min too late for the sun at 34.58 N 135.47 E"):
        check_sun(misread(clear_sky(), "start", "centre"), *SAKAI)
    with pytest.raises(InputError, match="min too early for the sun"):
        check_sun(misread(clear_sky(), "end", "centre"), *SAKAI)


def test_a_place_an_hour_away_fits_no_meaning():
    with pytest.raises(InputError, match=r"80 min too .* No meaning of the stamp fits the sun"):
        check_sun(clear_sky(place=(34.58, 135.47 - 20.0)), *SAKAI)


def test_a_southern_place_is_written_as_south():
    sydney = (-33.9, 151.2)
    assert abs(check_sun(clear_sky(place=sydney), *sydney).shift_min) < 3
    with pytest.raises(InputError, match=r"33.9 S 151.2 E"):
        check_sun(misread(clear_sky(place=sydney), "end", "centre"), *sydney)


def test_gaps_do_not_mislead():
    holes = clear_sky()
    holes.columns["ghi_w_m2"][100:400] = np.nan
    assert abs(check_sun(holes, *SAKAI).shift_min) < 3


def test_what_cannot_be_judged_is_not_judged():
    assert check_sun(series(np.ones(8760), "temp_air_degc"), *SAKAI) is None
    assert check_sun(clear_sky(days=7), *SAKAI) is None
    assert check_sun(series(np.full(400, 200.0), "ghi_w_m2", step_s=86400), *SAKAI) is None
