"""Calendars, tariffs and campuses to bill."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from wattstack.campus import Campus, Tariff
from wattstack.cost import Calendar, GridFlows, GridPrices, make_bill
from wattstack.series import local_clock, make_axis


def _calendar(start, end, step="1h", zone="UTC", holidays=()):
    axis = make_axis(start, end, step)
    return Calendar(axis, zone, local_clock(axis, zone, [date.fromisoformat(h) for h in holidays]))


def _tariff(**clauses):
    return Tariff.model_validate({"energy": {"price_per_mwh": 50.0}, **clauses})


def _bill(tariff, calendar, import_mw, **more):
    """Bill of an import at 50 a MWh; `more` goes to GridPrices, or to make_bill where it knows the name."""
    count = calendar.axis.count
    export_mw = np.broadcast_to(more.pop("export_mw", 0.0), count)
    flows = GridFlows(np.broadcast_to(np.asarray(import_mw, dtype=float), count), export_mw)
    known = {key: more.pop(key) for key in ("sizes", "history") if key in more}
    return make_bill(
        tariff, calendar, flows, GridPrices(**{"energy_lines_per_mwh": {"energy": 50.0}, **more}), **known
    )


def _campus(**parts):
    return Campus.model_validate(
        {
            "wattstack": 1,
            "name": "test",
            "place": {"latitude_deg": 50.0, "longitude_deg": 3.0, "time_zone": "Europe/Paris"},
            "currency": "EUR",
            "time": {"start": "2022-01-01T00:00+01:00", "end": "2023-01-01T00:00+01:00", "step": "1h"},
            "load": {"halls": {"draw_mw": 100}},
            "grid": {"connection": {"firm_mw": 110}, "tariff": {"energy": {"price_per_mwh": 50}}},
            **parts,
        }
    )


@pytest.fixture(scope="session")
def calendar_of():
    return _calendar


@pytest.fixture(scope="session")
def tariff_of():
    return _tariff


@pytest.fixture(scope="session")
def bill_of():
    return _bill


@pytest.fixture(scope="session")
def campus_of():
    return _campus
