"""Verdicts that a simulated site does not bring about: late reversion, real clocks, brokers."""

from __future__ import annotations

import time
from math import nan
from types import SimpleNamespace

import numpy as np
import pytest

from tests.operate.commission.conftest import DEVICES, campus_of
from wattstack.operate.commission import reversion
from wattstack.operate.commission.bench import Bench, Options
from wattstack.operate.commission.checks import Book, Check
from wattstack.operate.commission.nameplate import bounds_of, slip_of
from wattstack.operate.commission.single_line import conclude
from wattstack.operate.commission.walk import _clock, _lines, mend_of
from wattstack.operate.devices import Devices


def bench_of(revert_s: float) -> Bench:
    campus = campus_of(DEVICES | {"battery.main": DEVICES["battery.main"] | {"revert_s": revert_s}})
    return Bench(campus, None, Book(), Options())


@pytest.mark.parametrize(
    ("revert_s", "took_s", "verdict", "told"),
    [
        (4.0, 3.9, "passed", "falls back 3.90 s after the last word"),
        (4.0, 5.5, "failed", "4 s are set"),
        (8.0, 7.9, "doubtful", "8 s are set"),
        (4.0, nan, "failed", "does not fall back: it holds its setpoint 9 s"),
    ],
)
def test_a_reversion_is_judged_by_what_was_set_and_by_what_is_safe(revert_s, took_s, verdict, told):
    bench = bench_of(revert_s)
    reversion._note(bench, "battery.main", took_s, took_s, True)
    (check,) = bench.book.checks
    assert check.verdict == verdict and told in check.text
    assert (check.mend == "") is (verdict == "passed")


@pytest.mark.parametrize(
    ("off_s", "verdict", "told"),
    [(0.5, "passed", "ahead"), (-30.0, "doubtful", "30 s behind ours"), (nan, None, "")],
)
def test_a_real_clock_is_compared_with_ours(off_s, verdict, told):
    book = Book()
    layout = SimpleNamespace(place={"clock_s": 0})
    probe = SimpleNamespace(layout=layout, series=lambda name: np.array([time.time() + off_s]))
    _clock(book, "grid.connection", probe, simulated=False)
    assert [check.verdict for check in book.checks] == ([verdict] if verdict else [])
    assert all(told in check.text for check in book.checks)


def test_a_broker_is_not_timed():
    book = Book()
    probe = SimpleNamespace(
        live=SimpleNamespace(declared=None, carrier=None), latency_s=[], errors={}, asked=0
    )
    _lines(book, "battery.main", probe, 0.1)
    assert book.checks[0].verdict == "not done" and "a broker sends by itself" in book.checks[0].text


def test_what_a_nameplate_allows_follows_the_campus_file():
    campus = campus_of(
        grid={
            "connection": {"firm_mw": 50, "frequency_hz": 60},
            "tariff": {"energy": {"price_per_mwh": 10_000}},
        }
    )
    battery, meter = bounds_of(campus, "battery.main"), bounds_of(campus, "grid.connection")
    assert battery["power_mw"].most == 15.0 and battery["rating_mw"].holds(10.0)
    assert meter["frequency_hz"].holds(60.0) and not meter["frequency_hz"].holds(50.0)
    assert slip_of(10_000.0, battery["rating_mw"]) == 1e3
    assert slip_of(1e9, battery["rating_mw"]) is None


def test_numbers_that_json_does_not_know_are_left_out():
    book = Book()
    book.note(Check("site", "read", "x", "passed", "", nan, float("inf")))
    assert book.as_json()[0]["value"] is None and book.as_json()[0]["limit"] is None


def test_every_error_has_something_to_look_at():
    assert mend_of("") == ""
    assert "gateway does not reach" in mend_of("exception 11: device behind the gateway does not answer")
    assert mend_of("something else").startswith("Look at address")


def test_without_meters_there_is_no_balance():
    campus = campus_of({"battery.main": DEVICES["battery.main"]})
    bench = Bench(campus, Devices(campus), Book(), Options())
    assert bench.meter == ""
    assert conclude(bench, [], {}) == []
    assert "grid.connection, battery.main, load.halls cannot be read" in bench.book.checks[0].text
