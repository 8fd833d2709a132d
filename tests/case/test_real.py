"""The real input beside the checkout: Sakai and northern France, bound as a user would."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from wattstack.campus import read_campus
from wattstack.case import build_case, build_cases, check_case

from .conftest import REAL

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not REAL.is_dir(), reason="the real input (../shared/data) is not beside this checkout"
    ),
]

SPOT = "site-sakai/prices_jepx_kansai_30min_fy2020_fy2023.csv"
SUN_AND_AIR = {
    "ghi_w_m2": "ghi_w_m2", "dni_w_m2": "dni_w_m2", "dhi_w_m2": "dhi_w_m2", "temp_air_degc": "temp_air_c",
    "wet_bulb_degc": "wet_bulb_c", "relative_humidity_frac": "relative_humidity_pct",
    "wind_speed_m_s": "wind_speed_m_s",
}  # fmt: skip


def weather(file: str, **more) -> dict:
    units = {"relative_humidity_frac": "%"}
    return {"source": "csv", "file": str(REAL / file), "columns": SUN_AND_AIR, "units": units, **more}


def parts(it_mw: float) -> dict:
    return {
        "load": {"halls": {"it_mw": it_mw, "profile": "ai"}},
        "cooling": {"kind": "liquid", "supply_degc": 32},
        "solar": {"roof": {"power_mw": 60, "tilt_deg": 10}},
    }


@pytest.fixture
def sakai(tmp_path):
    """Kansai prices of April 2022 to March 2023, Okayama's standard year, on a step of choice."""

    def make(step: str = "30min"):
        raw = {
            "wattstack": 1, "name": "sakai", "currency": "JPY",
            "place": {"latitude_deg": 34.58, "longitude_deg": 135.47, "time_zone": "Asia/Tokyo"},
            "time": {"start": "2022-04-01T00:00+09:00", "end": "2023-04-01T00:00+09:00", "step": step},
            "series": {
                "price_per_mwh": {
                    "source": "csv", "file": str(REAL / SPOT),
                    "column": "price_jpy_per_kwh", "unit": "JPY/kWh",
                },
                "weather": weather(
                    "site-sakai/weather_tmy_region6_okayama_hourly.csv", stamp="centre", by_calendar=True
                ),
            },
            "grid": {
                "connection": {"firm_mw": 150},
                "tariff": {"energy": {"price_per_mwh": "series:price_per_mwh"}},
            },
            **parts(127),
        }  # fmt: skip
        (tmp_path / "sakai.yaml").write_text(json.dumps(raw), encoding="utf-8")
        return read_campus(tmp_path / "sakai.yaml")

    return make


@pytest.fixture
def france(tmp_path):
    """French prices: 2021 with its own weather at Leuven, 2022 and 2023 with Uccle's typical year."""
    typical = weather("site-france/weather_tmy_uccle_hourly.csv", stamp="centre", by_calendar=True)

    def year(number: int) -> dict:
        start, end = f"{number}-01-01T00:00+01:00", f"{number + 1}-01-01T00:00+01:00"
        measured = {"weather": weather("site-france/weather_2021_leuven_hourly.csv")}
        own = measured if number == 2021 else {}
        return {"weight_frac": 1 / 3, "time": {"start": start, "end": end, "step": "1h"}, "series": own}

    raw = {
        "wattstack": 1, "name": "bosquel", "currency": "EUR",
        "place": {"latitude_deg": 49.7, "longitude_deg": 2.2, "time_zone": "Europe/Paris"},
        "time": year(2022)["time"],
        "series": {
            "price_per_mwh": {
                "source": "csv", "file": str(REAL / "site-france/prices_day_ahead_fr_hourly_2015_2023.csv"),
                "column": "price_eur_per_mwh", "unit": "EUR/MWh",
            },
            "weather": typical,
        },
        "grid": {
            "connection": {"firm_mw": 1000},
            "tariff": {"energy": {"price_per_mwh": "series:price_per_mwh"}},
        },
        "scenarios": {f"y{number}": year(number) for number in (2021, 2022, 2023)},
        **parts(850),
    }  # fmt: skip
    (tmp_path / "bosquel.yaml").write_text(json.dumps(raw), encoding="utf-8")
    return read_campus(tmp_path / "bosquel.yaml")


def test_sakai_has_the_published_mean_price_and_a_sane_sun_and_pue(sakai):
    case = build_case(sakai())
    assert (case.axis.count, len(case.month_names), case.years) == (17520, 12, 1.0)
    assert case.buy_price_per_mwh.mean() == pytest.approx(19540, rel=1e-3)
    assert 1100 < case.solar_frac["roof"].sum() / 2 < 1300
    assert 1.05 < case.pue < 1.12
    assert any("typical year placed on the real one" in note for note in case.notes)
    # the sun of the typical year stands at noon of the campus' clock
    noon = case.local_hour[case.solar_frac["roof"].reshape(365, 48).mean(axis=0).argmax()]
    assert 11.0 <= noon <= 12.5


def test_sakai_by_the_hour_is_sakai_by_the_half_hour(sakai):
    half, hour = build_case(sakai("30min")), build_case(sakai("1h"))
    assert hour.buy_price_per_mwh == pytest.approx(half.buy_price_per_mwh.reshape(-1, 2).mean(axis=1))
    assert hour.load_mwh == pytest.approx(half.load_mwh, rel=1e-4)
    assert hour.solar_frac["roof"].sum() == pytest.approx(half.solar_frac["roof"].sum() / 2, rel=5e-3)


def test_the_french_years_have_their_published_means_and_extremes(france):
    cases = {case.name: case for case in build_cases(france)}
    means = {name: case.buy_price_per_mwh.mean() for name, case in cases.items()}
    assert means == pytest.approx({"y2021": 109.2, "y2022": 275.9, "y2023": 96.9}, abs=0.06)
    assert cases["y2022"].buy_price_per_mwh.max() == pytest.approx(2987.78)
    assert cases["y2023"].buy_price_per_mwh.min() == pytest.approx(-134.94)
    assert all(case.years == 1.0 and case.axis.count == 8760 for case in cases.values())
    assert 850 < cases["y2021"].solar_frac["roof"].sum() < cases["y2022"].solar_frac["roof"].sum() < 1050
    flagged = {name: any("typical year" in note for note in case.notes) for name, case in cases.items()}
    assert flagged == {"y2021": False, "y2022": True, "y2023": True}


def test_stamps_at_the_wrong_end_of_the_hour_are_caught_by_the_sun(sakai):
    campus = sakai()
    wrong = campus.series["weather"].model_copy(update={"stamp": "end"})
    with pytest.raises(Exception, match=r"too early for the sun|too late for the sun"):
        build_case(campus.model_copy(update={"series": {**campus.series, "weather": wrong}}))


def test_a_half_hourly_year_is_bound_in_the_blink_of_an_eye(sakai):
    campus = sakai()
    build_case(campus)  # imports, cache

    def best(work) -> float:
        times = []
        for _ in range(4):
            began = time.process_time()
            work(campus)
            times.append(time.process_time() - began)
        return float(np.min(times))

    assert best(check_case) < 0.15
    assert best(build_case) < 0.4
