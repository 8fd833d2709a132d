"""Forecasts that are missing, or wrong by half: planner and guard together, minute by minute over a day."""

from __future__ import annotations

import pytest

from benchmarks.guard_tools import free_port
from tests.operate.guard.conftest import DEVICES, RAW
from tests.operate.guard.images import UTC_S
from tests.operate.guard.plants import Plant
from wattstack.campus import Campus
from wattstack.control import Measured
from wattstack.operate.link import Request
from wattstack.operate.planner import SitePlanner

BEGIN_S = 1_648_738_800.0  # 2022-04-01 00:00 in Japan
TARIFF = {
    "energy": {
        "price_per_mwh": {
            "periods": {
                "night": {"price_per_mwh": 5000, "hours": ["0-6"]},
                "day": {"price_per_mwh": 20000},
            }
        }
    }
}
SECTIONS = {
    "grid": {"connection": {"firm_mw": 16}, "tariff": TARIFF},
    "control": {"kind": "mpc", "rules": ["limit", "reserve", "peak", "plan"]},
    "duties": {"backup": {"duration_h": 1.0, "load_frac": 0.4}},
}
RESERVE_SLACK_MWH = 0.1


def believing(load_mw: float) -> Campus:
    """The campus as the planner believes it: its load is declared otherwise."""
    whole = {p: {"host": "127.0.0.1", "port": free_port(), **one} for p, one in DEVICES.items()}
    duties = {"backup": {"duration_h": 1.0, "load_frac": min(0.4 * 14.0 / load_mw, 0.4)}}
    raw = {**RAW, **SECTIONS, "load": {"offices": {"draw_mw": load_mw}}, "duties": duties, "devices": whole}
    return Campus.model_validate(raw)


@pytest.mark.parametrize("believed", [7.0, 14.0, 21.0])
def test_a_day_with_a_load_that_was_believed_half_or_half_more_keeps_reserve_and_connection(believed):
    plant = Plant(BEGIN_S, 30.0, load, 16.0, **SECTIONS)
    planner = SitePlanner(believing(believed), BEGIN_S)
    over, under, sources = [], [], set()
    for quarter in range(96):
        now_s = plant.now_s
        # nothing measured is told to it: what it believes of the load is what it believed before
        known = {"battery.main.stored_mwh": plant.stored, "solar_mw": 0.0}
        answer = planner.answer(now_s, Measured(now_s, known))
        sources.add(answer.source)
        for n, ask in enumerate(answer.asks):
            bound = {"high": ask.value} if ask.what == "peak_mw" else {"value": ask.value}
            utc_s = UTC_S + plant.time_s
            request = Request(
                id=f"{quarter}:{n}",
                source="planner",
                what=ask.what,
                path=ask.path,
                until_s=utc_s + 119.0,
                **bound,
            )
            assert plant.mind.book.take(request, "planner", utc_s, plant.time_s).taken

        def seen(made):
            over.append(plant.import_mw - 16.0)
            under.append(made.values["control.reserve_mwh"] - plant.stored)

        plant.until(BEGIN_S + (quarter + 1) * 900.0, seen)
    assert sources == {"plan"}
    assert max(over[1:]) <= 0.5  # between two looks the load moves by so much
    assert max(under) <= RESERVE_SLACK_MWH


def load(now_s: float) -> float:
    """14 MW, with the working day on it; never above what the connection carries."""
    hour = (now_s - BEGIN_S) / 3600.0 % 24.0
    return 12.0 + 3.5 * max(1.0 - abs(hour - 14.0) / 6.0, 0.0)


def test_without_any_forecast_the_rules_hold_the_day():
    plant = Plant(BEGIN_S, 30.0, load, 16.0, **SECTIONS)
    over, under = [], []

    def seen(made):
        over.append(plant.import_mw - 16.0)
        under.append(made.values["control.reserve_mwh"] - plant.stored)
        assert made.reasons["battery.main"] != "follows the plan of the next hours"

    plant.until(BEGIN_S + 86_400.0, seen)
    assert max(over[1:]) <= 0.5 and max(under) <= RESERVE_SLACK_MWH
