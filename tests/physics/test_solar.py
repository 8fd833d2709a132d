"""Solar: light in, power per MW out, nothing at night."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.campus import Campus, Solar
from wattstack.physics import solar_frac, solar_notes, solar_version

NO_LOSS = {"losses_frac": 0.0, "inverter_frac": 1.2}


def place(latitude: float = 34.6, longitude: float = 135.5, altitude: float = 0.0):
    kind = Campus.model_fields["place"].annotation
    return kind(latitude_deg=latitude, longitude_deg=longitude, altitude_m=altitude, time_zone="UTC")


def hours(start: str, count: int) -> np.ndarray:
    return np.datetime64(start, "s") + np.arange(count) * np.timedelta64(3600, "s")


def weather(count: int, **columns: float) -> dict[str, np.ndarray]:
    return {name: np.full(count, float(value)) for name, value in columns.items()}


def test_overhead_sun_on_a_flat_module_gives_what_a_hand_calculates():
    # Equator, equinox, noon: the beam stands upright. 1000 W/m2, 25 degC, 1 m/s.
    noon = np.array([np.datetime64("2022-03-20T12:07:30", "s")])
    sky = weather(1, dni_w_m2=1000, dhi_w_m2=0, ghi_w_m2=1000, temp_air_degc=25, wind_speed_m_s=1)
    cell_degc = 25.0 + 1000.0 / (25.0 + 6.84)
    dc = 1.0 - 0.0035 * (cell_degc - 25.0)
    zeta = dc / (1.2 / 0.96)
    ac = dc * (-0.0162 * zeta - 0.0059 / zeta + 0.9858) * 0.96 / 0.9637
    got = solar_frac(Solar(power_mw=1, tilt_deg=0, **NO_LOSS), place(0.0, 0.0), noon, sky)
    assert got[0] == pytest.approx(ac, rel=2e-3)


def test_noon_follows_the_longitude():
    day = hours("2022-03-20T00:30", 24)
    sky = weather(24, ghi_w_m2=500, dni_w_m2=400, dhi_w_m2=200, temp_air_degc=20)
    plant = Solar(power_mw=1, tilt_deg=0)
    peak = {lon: int(solar_frac(plant, place(0.0, lon), day, sky).argmax()) for lon in (0.0, 90.0, -90.0)}
    assert peak == {0.0: 12, 90.0: 6, -90.0: 18}


def test_the_output_is_cut_at_the_inverters_rating():
    day = hours("2022-06-20T00:30", 24)
    sky = weather(24, ghi_w_m2=1000, dni_w_m2=900, dhi_w_m2=100, temp_air_degc=0)
    plant = Solar(power_mw=1, inverter_frac=0.5, losses_frac=0.0)
    assert solar_frac(plant, place(), day, sky).max() == pytest.approx(0.5)


def test_losses_and_heat_cost_output():
    day = hours("2022-06-20T00:30", 24)
    cool = weather(24, ghi_w_m2=600, dni_w_m2=500, dhi_w_m2=150, temp_air_degc=10)
    hot = {**cool, "temp_air_degc": np.full(24, 40.0)}
    plant = Solar(power_mw=1, losses_frac=0.1)
    lossy = Solar(power_mw=1, losses_frac=0.2)
    best = solar_frac(plant, place(), day, cool).sum()
    assert solar_frac(plant, place(), day, hot).sum() < best
    assert solar_frac(lossy, place(), day, cool).sum() < best


def clear_day():
    """A clear day whose three parts of light agree with each other."""
    from pvlib.solarposition import get_solarposition

    times = hours("2022-06-20T15:30", 24)
    import pandas as pd

    zenith = get_solarposition(pd.DatetimeIndex(times, tz="UTC"), 34.6, 135.5)["apparent_zenith"].to_numpy()
    up = np.maximum(np.cos(np.radians(zenith)), 0.0)
    dni, dhi = np.where(up > 0.07, 800.0, 0.0), np.where(up > 0.0, 100.0, 0.0)
    sky = weather(24, temp_air_degc=25, wind_speed_m_s=2)
    return times, {**sky, "ghi_w_m2": dni * up + dhi, "dni_w_m2": dni, "dhi_w_m2": dhi}


@pytest.mark.parametrize("missing", ["ghi_w_m2", "dni_w_m2", "dhi_w_m2"])
def test_one_part_of_the_light_follows_from_the_other_two(missing):
    times, sky = clear_day()
    part = {name: values for name, values in sky.items() if name != missing}
    plant = Solar(power_mw=1, tilt_deg=30)
    whole = solar_frac(plant, place(), times, sky)
    assert solar_frac(plant, place(), times, part) == pytest.approx(whole, abs=5e-3)


def test_from_global_irradiance_alone_a_clear_day_is_found_within_a_tenth_and_flagged():
    times, sky = clear_day()
    alone = {name: values for name, values in sky.items() if name not in ("dni_w_m2", "dhi_w_m2")}
    plant = Solar(power_mw=1, tilt_deg=30)
    assert solar_frac(plant, place(), times, alone).sum() == pytest.approx(
        solar_frac(plant, place(), times, sky).sum(), rel=0.1
    )
    assert "derived from GHI (Erbs 1982)" in solar_notes(alone)[0]


def test_calm_air_is_assumed_where_wind_is_not_known_and_said():
    times, sky = clear_day()
    calm = {name: values for name, values in sky.items() if name != "wind_speed_m_s"}
    known = {**sky, "wind_speed_m_s": np.ones(24)}
    plant = Solar(power_mw=1)
    assert np.array_equal(solar_frac(plant, place(), times, calm), solar_frac(plant, place(), times, known))
    assert solar_notes(sky) == ()
    assert "assumes 1 m/s" in solar_notes(calm)[0]


def test_a_dark_series_gives_zero_and_asks_for_no_sun():
    dark = weather(24, ghi_w_m2=0, temp_air_degc=10)
    assert not solar_frac(Solar(power_mw=1), place(), hours("2022-06-20T00:30", 24), dark).any()


def test_the_version_names_everything_the_numbers_come_from():
    import numpy
    import pvlib

    assert f"pvlib {pvlib.__version__} numpy {numpy.__version__}" in solar_version()


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.floats(-65, 65), st.floats(-180, 180)),
    st.tuples(st.floats(0, 90), st.floats(0, 360), st.floats(0.3, 1.5)),
    st.integers(0, 364),
    st.integers(0, 2**32 - 1),
)
def test_output_stays_between_zero_and_the_limit_and_is_zero_at_night(where, unit, day, seed):
    (latitude, longitude), (tilt, azimuth, inverter) = where, unit
    from wattstack.series.sun import sun_elevation_sin

    random = np.random.default_rng(seed)
    times = hours("2022-01-01T00:30", 24) + np.timedelta64(day, "D")
    sky = {
        "ghi_w_m2": random.uniform(0, 1200, 24),
        "dni_w_m2": random.uniform(0, 1100, 24),
        "dhi_w_m2": random.uniform(0, 600, 24),
        "temp_air_degc": random.uniform(-30, 45, 24),
        "wind_speed_m_s": random.uniform(0, 20, 24),
    }
    plant = Solar(power_mw=1, tilt_deg=tilt, azimuth_deg=azimuth, inverter_frac=inverter)
    output = solar_frac(plant, place(latitude, longitude), times, sky)
    assert np.all((output >= 0.0) & (output <= min(inverter, 1.0)))
    night = sun_elevation_sin(times.astype(np.int64), latitude, longitude) < -0.02
    assert not output[night].any()
