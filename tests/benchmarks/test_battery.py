"""The battery benchmark takes its runs in turn, counts the middle one, and says which peer was not there."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import battery
from benchmarks.battery import in_turn, middle, speedup, timed_row
from benchmarks.measure import Run
from parity.environments import PEERS, _fits, make_environment, python_of
from parity.profiles import busy_year, triangles, wave


def test_the_middle_run_counts_and_a_tool_without_time_has_none():
    assert middle([Run(3.0), Run(1.0), Run(2.0)]) == 2.0
    assert middle([Run(fault="broken")]) is None
    assert speedup([Run(8.0)], [Run(2.0)]) == 4.0
    assert speedup([Run(fault="broken")], [Run(2.0)]) is None


def test_tools_take_turns_and_one_that_fails_runs_no_more():
    order = []

    def tool(name, run):
        return lambda: (order.append(name), run)[1]

    runs = in_turn({"a": tool("a", Run(1.0)), "b": tool("b", Run(fault="broken"))}, {"a": 3, "b": 3})
    assert order == ["a", "b", "a", "a"]
    assert [len(made) for made in runs.values()] == [3, 1]


def test_a_peer_that_is_not_there_is_left_out_and_its_row_says_so(monkeypatch):
    class Ours:
        def __init__(self, *words, **more):
            pass

        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda self, *_: None  # noqa: E731
        __call__ = lambda self: Run(0.05, 0.97, 100.0)  # noqa: E731

    monkeypatch.setattr(battery, "Worker", Ours)
    monkeypatch.setattr(battery, "python_of", lambda name: None)
    made = battery.measure(lambda line: None)
    assert made["bars"]["battery.year_seconds"] == 0.05
    assert made["bars"]["battery.simses_speedup"] is None
    assert "make bench-setup" in next(row["note"] for row in made["rows"] if row["tool"] == "simses")


def test_a_row_tells_the_fault_beside_its_note():
    assert timed_row("c", "t", [Run(fault="broken")], "1.0", "why")["note"] == "why; broken"


def test_an_environment_without_a_python_for_it_is_not_made():
    peer = next(p for p in PEERS if p.name == "simses")._replace(name="nobody", oldest=(9, 9), newest=(9, 9))
    assert python_of("nobody") is None
    assert "9.9" in make_environment(peer)
    assert not _fits("no-such-python", peer)


def test_the_inputs_of_the_peers_are_the_same_on_every_machine():
    assert wave(3, 60.0).sum() == pytest.approx(2.41116, abs=1e-4)
    assert busy_year(3600.0).mean() == pytest.approx(0.0, abs=0.01)
    assert triangles(1, 4, 0.9, 0.8) == pytest.approx(np.array([0.9, 0.1, 0.9, 0.1, 0.9]))
