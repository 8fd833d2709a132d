"""The files of a starter, as bytes.

Needs    cli.starter.figures, cli.starter.weather, cli.starter.market, cli.starter.weeks, the files beside this one.
Gives    starter_files.
Used by  cli.init.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ROOM = "wattstack.cli.starter"


def starter_files(name: str) -> dict[str, bytes]:
    """Every file of a starter, by file name: the same bytes on every machine.

    Args:
        name: "sakai", "bosquel" or "portfolio".

    Returns:
        Of a campus: campus.yaml, prices_SYNTHETIC.csv, weather_SYNTHETIC.csv and grid_SYNTHETIC.csv, of sakai also
        day.yaml, a day to be shown; of the portfolio: portfolio.yaml and its tables. UTF-8.

    Example:
        >>> sorted(starter_files("sakai"))
        ['campus.yaml', 'day.yaml', 'grid_SYNTHETIC.csv', 'prices_SYNTHETIC.csv', 'weather_SYNTHETIC.csv']
    """
    return _portfolio_files() if name == "portfolio" else _campus_files(name)


def _portfolio_files() -> dict[str, bytes]:
    """The portfolio file, its tables as they lie beside this file, and the weeks made for it."""
    from wattstack.cli.starter.weeks import PLACES, week_rows

    tables = (files(ROOM) / "portfolio").iterdir()
    found = {table.name: table.read_bytes() for table in sorted(tables, key=lambda table: table.name)}
    lines = ["site,season,week,hour,price_factor,solar_frac,available_frac"]
    for place in PLACES:
        for season, week, hour, price, solar, available in week_rows(place):
            shares = f"{_number(price, 3)},{_number(solar, 3)},{_number(available, 1)}"
            lines.append(f"{place},{season},{week},{hour},{shares}")
    found["profiles_SYNTHETIC.csv"] = ("\n".join(lines) + "\n").encode()
    return found


def _campus_files(name: str) -> dict[str, bytes]:
    """A campus file and its three synthetic series."""
    from wattstack.cli.starter.figures import FIGURES
    from wattstack.cli.starter.market import make_grid, make_prices
    from wattstack.cli.starter.weather import make_clock, make_weather

    figures = FIGURES[name]
    clock = make_clock(figures)
    weather = make_weather(figures, clock)
    prices = make_prices(figures, clock, weather)
    carbon, curtailed = make_grid(figures, clock, prices, weather)
    step_s = round(figures.price_step_h * 3600)
    price_name = "price_" + figures.price_unit.lower().replace("/", "_per_")
    day = files(ROOM) / f"{name}_day.yaml"
    shown = {"day.yaml": day.read_bytes()} if day.is_file() else {}
    return {
        "campus.yaml": (files(ROOM) / f"{name}.yaml").read_bytes(),
        "prices_SYNTHETIC.csv": _csv(clock.utc[0], step_s, {price_name: (prices, 2)}),
        "weather_SYNTHETIC.csv": _csv(
            clock.utc[0],
            3600,
            {
                "ghi_w_m2": (weather.ghi_w_m2, 0),
                "dni_w_m2": (weather.dni_w_m2, 0),
                "dhi_w_m2": (weather.dhi_w_m2, 0),
                "temp_air_degc": (weather.temp_air_degc, 1),
                "relative_humidity_pct": (100.0 * weather.relative_humidity_frac, 0),
                "wind_speed_m_s": (weather.wind_speed_m_s, 1),
            },
        ),
        "grid_SYNTHETIC.csv": _csv(
            clock.utc[0], 3600, {"carbon_kg_per_mwh": (carbon, 0), "curtailed_frac": (curtailed, 0)}
        ),
    } | shown


def _csv(start: np.datetime64, step_s: int, columns: dict[str, tuple[np.ndarray, int]]) -> bytes:
    """A table with UTC stamps at the start of each step; columns as (values, decimals)."""
    import numpy as np

    count = len(next(iter(columns.values()))[0])
    stamps = np.datetime_as_string(start + np.arange(count) * np.timedelta64(step_s, "s"), unit="m")
    texts = [[_number(value, decimals) for value in values] for values, decimals in columns.values()]
    rows = (f"{stamp}Z,{','.join(row)}\n" for stamp, *row in zip(stamps, *texts, strict=True))
    return "".join([f"time,{','.join(columns)}\n", *rows]).encode()


def _number(value: float, decimals: int) -> str:
    """A rounded number; zero has no sign."""
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}"
