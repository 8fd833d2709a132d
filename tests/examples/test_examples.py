"""The examples are what `wattstack init` writes, byte for byte; their series are as claimed."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wattstack.cli.starter import starter_files
from wattstack.cli.starter.figures import FIGURES

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STARTERS = ["sakai", "bosquel"]
LARGEST_BYTES = 1_500_000


def series(name: str, stem: str) -> pd.DataFrame:
    """One synthetic series of a starter on its local clock."""
    table = pd.read_csv(io.BytesIO(starter_files(name)[f"{stem}_SYNTHETIC.csv"]))
    table.index = pd.to_datetime(table.pop("time")).dt.tz_convert(FIGURES[name].zone)
    return table


def by_month(values: pd.Series) -> np.ndarray:
    """Mean of each month, January first."""
    return values.groupby(values.index.month).mean().to_numpy()


@pytest.mark.parametrize("name", [*STARTERS, "portfolio"])
def test_the_example_is_what_init_writes(name):
    files = starter_files(name)
    assert set(files) <= {p.name for p in (EXAMPLES / name).iterdir()}
    for file, data in files.items():
        assert (EXAMPLES / name / file).read_bytes() == data, f"{file}: run `make examples`"


@pytest.mark.parametrize("name", [*STARTERS, "portfolio"])
def test_an_example_is_small(name):
    assert sum(len(data) for data in starter_files(name).values()) < LARGEST_BYTES


@pytest.mark.parametrize("name", STARTERS)
def test_generated_series_say_so_in_their_names_and_in_the_file(name):
    files = starter_files(name)
    tables = [file for file in files if file.endswith(".csv")]
    assert all("SYNTHETIC" in file for file in tables)
    text = files["campus.yaml"].decode()
    assert text.count(" file: ") == text.count("synthetic: true")


@pytest.mark.parametrize("name", STARTERS)
def test_stamps_are_even_and_span_the_year(name):
    for stem in ("prices", "weather", "grid"):
        table = series(name, stem)
        steps = np.diff(table.index.asi8)
        assert (steps == steps[0]).all()
        assert table.index[0].isoformat().startswith(FIGURES[name].start + "T00:00")
        assert len(table) * pd.Timedelta(table.index[1] - table.index[0]) == pd.Timedelta(
            days=FIGURES[name].days
        )
        assert table.notna().all(axis=None)


@pytest.mark.parametrize("name", STARTERS)
def test_monthly_means_are_the_published_ones(name):
    figures = FIGURES[name]
    weather = series(name, "weather")
    np.testing.assert_allclose(by_month(series(name, "prices").iloc[:, 0]), figures.price, rtol=2e-3)
    np.testing.assert_allclose(by_month(weather["temp_air_degc"]), figures.temp_air_degc, atol=0.05)
    np.testing.assert_allclose(
        by_month(weather["relative_humidity_pct"]), 100 * np.array(figures.relative_humidity_frac), atol=1.5
    )
    assert weather["wind_speed_m_s"].mean() == pytest.approx(figures.wind_speed_m_s, rel=0.1)


@pytest.mark.parametrize(("name", "low", "high"), [("sakai", 1350, 1550), ("bosquel", 1000, 1200)])
def test_a_year_of_sun_is_that_of_the_region(name, low, high):
    assert low < series(name, "weather")["ghi_w_m2"].sum() / 1000.0 < high


@pytest.mark.parametrize("name", STARTERS)
def test_light_adds_up_and_the_sun_stands_highest_at_solar_noon(name):
    from pvlib.solarposition import get_solarposition

    weather, figures = series(name, "weather"), FIGURES[name]
    middle = weather.index + pd.Timedelta(minutes=30)
    sun = get_solarposition(middle, figures.latitude_deg, figures.longitude_deg)
    height = np.cos(np.radians(sun["zenith"].to_numpy())).clip(0.0)
    closed = weather["dhi_w_m2"] + weather["dni_w_m2"] * height
    day = height > 0.1
    assert np.abs(closed - weather["ghi_w_m2"])[day].mean() < 5.0
    assert (weather["ghi_w_m2"][sun["zenith"].to_numpy() > 100] == 0).all()
    clock_h = middle.hour + middle.minute / 60.0
    light_h = np.average(clock_h, weights=weather["ghi_w_m2"])
    assert light_h == pytest.approx(np.average(clock_h, weights=height**1.2), abs=0.15)


def test_sakai_prices_have_a_floor_an_evening_peak_and_a_solar_dip():
    price = series("sakai", "prices")["price_jpy_per_kwh"]
    assert price.min() == 0.01
    assert 0.02 < (price <= 0.01).mean() < 0.06
    hour = price.groupby(price.index.hour).mean()
    assert hour.idxmax() in (17, 18, 19)
    assert hour.idxmin() in (10, 11, 12, 13)
    assert price.max() > 3 * price.mean()


def test_bosquel_prices_go_below_zero_about_as_often_as_published():
    price = series("bosquel", "prices")["price_eur_per_mwh"]
    assert 100 < (price < 0).sum() < 200
    assert price[price < 0].groupby(price[price < 0].index.hour).size().idxmax() in range(10, 17)
    weekend = price.index.day_of_week >= 5
    assert price[weekend].mean() < price[~weekend].mean()


@pytest.mark.parametrize("name", STARTERS)
def test_curtailment_falls_on_the_evenings_of_a_few_days(name):
    taken = series(name, "grid")["curtailed_frac"]
    assert set(taken.unique()) == {0, 1}
    hit = taken[taken > 0]
    assert set(hit.index.hour) == {17, 18, 19, 20}
    assert len(set(hit.index.date)) == FIGURES[name].curtailed_days
