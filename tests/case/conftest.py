"""A small campus on disk, that a test changes in one place, and the real input beside the checkout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wattstack.campus import Campus, read_campus
from wattstack.series import local_clock, make_axis

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Every test keeps what it computes in a folder of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("WATTSTACK_CACHE", str(folder))
    return folder


def raw_campus() -> dict[str, Any]:
    """Two winter days in Osaka, a flat hall, an office, a price that counts the hours."""
    return {
        "wattstack": 1,
        "name": "test",
        "place": {"latitude_deg": 34.6, "longitude_deg": 135.5, "time_zone": "Asia/Tokyo"},
        "currency": "JPY",
        "time": {"start": "2022-01-10T00:00+09:00", "end": "2022-01-12T00:00+09:00", "step": "1h"},
        "series": {
            "price_per_mwh": {"source": "csv", "file": "price.csv", "column": "price", "unit": "JPY/kWh"},
        },
        "load": {
            "hall": {"it_mw": 100, "profile": "flat", "utilisation_frac": 0.5, "idle_frac": 0.4},
            "office": {"draw_mw": 3.0},
        },
        "grid": {
            "connection": {"firm_mw": 110},
            "tariff": {"energy": {"price_per_mwh": "series:price_per_mwh"}},
        },
    }


def write_series(path: Path, start: str, values: dict[str, Any], step_s: int = 3600) -> None:
    """A csv with stamps in UTC."""
    names = list(values)
    columns = [np.asarray(values[name], dtype=float) for name in names]
    stamps = np.datetime64(start, "s") + np.arange(len(columns[0])) * np.timedelta64(step_s, "s")
    rows = [",".join(["time", *names])]
    rows += [",".join([f"{stamp}Z", *(repr(float(c[i])) for c in columns)]) for i, stamp in enumerate(stamps)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture
def campus_of(tmp_path) -> Callable[..., Campus]:
    """Write the small campus, changed by a function, with its price file, and read it."""
    write_series(tmp_path / "price.csv", "2022-01-09T15:00:00", {"price": 10.0 + np.arange(48)})

    def make(change: Callable[[dict[str, Any]], Any] | None = None, name: str = "campus.yaml") -> Campus:
        raw = raw_campus()
        if change is not None:
            change(raw)
        path = tmp_path / name
        path.write_text(json.dumps(raw), encoding="utf-8")
        return read_campus(path)

    return make


@pytest.fixture
def add_weather(tmp_path) -> Callable[[dict[str, Any]], None]:
    """Give the small campus cooling, a roof and two days of weather whose light follows the sun."""
    from wattstack.series.sun import sun_elevation_sin

    def add(raw: dict[str, Any]) -> None:
        centre = np.datetime64("2022-01-09T15:30:00", "s") + np.arange(48) * np.timedelta64(3600, "s")
        up = np.maximum(sun_elevation_sin(centre.astype(np.int64), 34.6, 135.5), 0.0)
        write_series(
            tmp_path / "weather.csv",
            "2022-01-09T15:00:00",
            {
                "ghi": 800.0 * up, "dni": np.where(up > 0, 600.0, 0.0), "dhi": 200.0 * up,
                "temp": 5.0 + 10.0 * up, "humid": np.full(48, 60.0), "wind": np.full(48, 2.0),
            },
        )  # fmt: skip
        raw["series"]["weather"] = {
            "source": "csv",
            "file": "weather.csv",
            "columns": {
                "ghi_w_m2": "ghi", "dni_w_m2": "dni", "dhi_w_m2": "dhi", "temp_air_degc": "temp",
                "relative_humidity_frac": "humid", "wind_speed_m_s": "wind",
            },
            "units": {"relative_humidity_frac": "%"},
        }  # fmt: skip
        raw["cooling"] = {"kind": "liquid"}
        raw["solar"] = {"roof": {"power_mw": 20}}

    return add


@pytest.fixture
def clock():
    """The local clock of one week from Monday, hourly."""
    return local_clock(make_axis("2022-01-10T00:00+09:00", "2022-01-17T00:00+09:00", "1h"), "Asia/Tokyo")
