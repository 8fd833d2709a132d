"""Benchmark `reserve`: few of its days, its runs over sockets for a minute, and what its rows say."""

from __future__ import annotations

import pytest

from benchmarks import reserve
from benchmarks.bars import BARS, reached
from benchmarks.guard_tools import free_port
from benchmarks.reserve_sites import SMALL, reserve_sites, small_site
from wattstack.operate.campaign import Verdict, run_over_sockets
from wattstack.operate.campaign.run import Stand


def test_rows_tell_of_every_kind_and_of_guards_that_are_broken_on_purpose(monkeypatch):
    monkeypatch.setenv("RESERVE_CAMPAIGNS", "3")
    monkeypatch.setenv("RESERVE_SOCKETS", "2")
    monkeypatch.setattr(reserve, "BROKEN", 1)
    asked = []
    monkeypatch.setattr(reserve, "_sockets", lambda count: asked.append(count) or [Verdict(0), Verdict(1)])
    said = []
    made = reserve.measure(said.append)
    assert asked == [2] and len(said) == 5
    assert set(made["bars"]) <= set(BARS)
    assert made["bars"]["reserve.violations"] == 0.0 and made["bars"]["reserve.broken_found"] <= 3.0
    assert [row["case"] for row in made["rows"]][:2] == [
        "a day at the speed of the twin",
        "10 min over sockets",
    ]
    assert made["rows"][0]["note"].startswith("3 campaigns, ")
    assert "RESERVE_CAMPAIGNS=10000 takes" in made["rows"][0]["note"]


def test_a_violation_stands_in_the_note_and_the_bar_is_not_reached():
    found = Verdict(7, reserve=1, told=["12.0 s reserve: 1 MWh were given away"])
    row = reserve._row("case", 1.0, [found])
    assert "1 reserve" in row["note"] and "campaign 7: 12.0 s reserve" in row["note"]
    assert found.violations == 1 and not reached("reserve.violations", 1.0)


@pytest.mark.parametrize("first", [0, 5])
def test_a_minute_over_sockets_has_decisions_and_no_violation(tmp_path, first):
    sites = [small_site({path: free_port() for path in SMALL}, 0.1) for _ in range(2)]
    found = run_over_sockets(sites, tmp_path, first=first, speed=20.0, length_s=120.0)
    assert [one.number for one in found] == [first, first + 1]
    assert all(one.decisions > 5 for one in found)
    assert sum(one.violations for one in found) == 0, [line for one in found for line in one.told]


def test_a_guard_without_its_reserve_is_found_over_sockets_too(tmp_path):
    sites = [small_site({path: free_port() for path in SMALL}, 0.1)]
    found = run_over_sockets(sites, tmp_path, first=25, speed=10.0, length_s=400.0, broken="no reserve")
    assert found[0].reserve == 1


# of the first 10,000: gauges that answer late or differ, sources that are not read, a grid that is back
FOUND = (836, 860, 887, 2052, 2066, 2973, 3804, 4583, 4826, 5146, 5201, 5510, 7500, 8477, 9366)


@pytest.mark.parametrize("kind", range(3))
def test_days_that_found_something_once_find_nothing_now(kind):
    stand = Stand(reserve_sites()[kind], f"found.{kind}")
    for verdict in stand.visit([number for number in FOUND if number % 3 == kind]):
        assert verdict.violations == 0, (verdict.number, verdict.told)
