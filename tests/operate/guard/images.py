"""Images made by hand: what a meter, batteries and other devices show."""

from __future__ import annotations

import numpy as np

from wattstack.operate.devices import Image

CLOCK_S = 1_648_738_800.0  # a full half hour
UTC_S = 1_700_000_000.0


def image_of(values: dict[str, float], time_s: float = 0.0, utc_s: float | None = None) -> Image:
    """An image in which what is NaN was not read in time."""
    names = tuple(values)
    numbers = np.array([values[name] for name in names], dtype=float)
    quality = np.where(np.isnan(numbers), 3, 0)
    asked = np.full(len(names), time_s)
    place = {name: k for k, name in enumerate(names)}
    return Image(time_s, UTC_S + time_s if utc_s is None else utc_s, names, numbers, quality, asked, place)


def site(time_s: float = 0.0, **more: float) -> dict[str, float]:
    """A meter of 16 MW and a battery of 10 MW and 20 MWh at rest, 16 MWh in it; `more` by name, `_` for a dot."""
    values = {
        "grid.connection.power_mw": 16.0,
        "grid.connection.voltage_pu": 1.0,
        "grid.connection.breaker": 1.0,
        "grid.connection.clock_s": float(int(CLOCK_S + time_s)),
        "battery.main.power_mw": 0.0,
        "battery.main.stored_mwh": 16.0,
        "battery.main.can_charge_mw": 10.0,
        "battery.main.can_discharge_mw": 10.0,
        "battery.main.contactor": 1.0,
        "battery.main.local": 0.0,
    }
    return values | {k.replace("__", "."): v for k, v in more.items()}
