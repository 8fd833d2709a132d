"""The numbers of a benchmark have the shape that was promised, and what fails is said, not hidden."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from benchmarks import __main__ as door
from benchmarks import dispatch, site_plan, startup, table
from benchmarks.bars import BARS, reached
from benchmarks.measure import Run, free_mb, own_peak_mb, run_command
from benchmarks.race import Worker, best, fastest, race, ratio, repeats, row

ROW_KEYS = ["case", "tool", "seconds", "objective", "peak_mb", "version"]


def test_a_short_tool_runs_seven_times_and_a_long_one_once():
    taken = {"short": 0.01, "middle": 2.0, "long": 100.0}
    runs = race({name: (lambda s=seconds: Run(s, 1.0, 50.0)) for name, seconds in taken.items()})
    assert {name: len(made) for name, made in runs.items()} == {"short": 7, "middle": 3, "long": 1}
    assert [repeats(s) for s in (0.99, 1.0, 60.0)] == [7, 3, 1]


def test_tools_run_in_turn():
    order = []

    def tool(name):
        return lambda: (order.append(name), Run(0.1))[1]

    race({"ours": tool("ours"), "theirs": tool("theirs")})
    assert order[:4] == ["ours", "theirs", "ours", "theirs"]


def test_a_tool_that_fails_drops_out_and_its_row_says_why():
    runs = race({"piqp": lambda: Run(fault="ended as PIQP_MAX_ITER_REACHED")})
    made = row("h", "piqp", runs["piqp"])
    assert len(runs["piqp"]) == 1
    assert made["seconds"] is None
    assert "MAX_ITER" in made["note"]
    assert ratio(runs["piqp"], [Run(1.0)]) is None


def test_a_speedup_is_against_the_fastest_peer_that_answered():
    runs = {
        "highs simplex": [Run(9.0)],
        "highs ipx": [Run(5.0), Run(4.0)],
        "highs hipo": [Run(fault="left out")],
    }
    assert ratio(fastest(runs, "highs"), [Run(2.0)]) == 2.0
    assert ratio(fastest(runs, "pypsa"), [Run(2.0)]) is None


def test_a_row_has_the_promised_keys_and_the_best_time():
    made = row("h", "highs simplex", [Run(2.0, 5.0, 100.0), Run(1.0, 5.0, 120.0)])
    assert list(made) == ROW_KEYS
    assert (made["seconds"], made["objective"], made["peak_mb"]) == (1.0, 5.0, 120.0)
    assert made["version"]
    assert best([]) is None


def test_a_worker_answers_from_a_process_of_its_own(tmp_path):
    with Worker("dispatch", "h", "wattstack") as worker:
        run = worker()
        worker.save(tmp_path / "answer.npz")
    assert run.seconds < 5.0
    assert run.peak_mb > 50.0
    assert len(np.load(tmp_path / "answer.npz")["price_per_mwh"]) == 8760


def test_a_worker_that_dies_is_a_fault_not_a_hang():
    with Worker("dispatch", "no such case", "wattstack") as worker:
        assert "ended with code" in worker().fault


def test_a_command_is_timed_and_its_failure_kept():
    done = run_command([sys.executable, "-c", "print('done')"])
    assert done.text == "done\n"
    assert 0.0 < done.seconds < 30.0
    assert done.peak_mb > 1.0
    failed = run_command([sys.executable, "-c", "import sys; print('out'); sys.exit('what went wrong')"])
    assert failed.seconds is None
    assert failed.fault == "exit code 1: what went wrong"
    assert min(own_peak_mb(), free_mb()) > 1.0


def test_hours_count_as_off_only_where_the_price_has_one_value():
    prices = {
        "highs simplex": np.array([10.0, 10.0, 10.0, 10.0]),
        "piqp": np.array([10.0, 10.0, 10.0, 30.0]),
        "wattstack+polish": np.array([10.0, 10.02, 10.005, 25.0]),
        "wattstack": np.array([10.0, 10.02, 10.0, 25.0]),
    }
    assert site_plan.hours_off(prices) == pytest.approx(1 / 3)
    assert dispatch.price_error(prices) == pytest.approx(0.002)
    assert dispatch.unique_share(prices) == 0.75


def test_a_first_plan_that_does_not_say_it_compiles_has_no_time(monkeypatch, tmp_path):
    for printed, seconds in (("compiling the kernel", 9.0), ("ready", None)):
        run = Run(9.0, None, 300.0, text=printed)
        monkeypatch.setattr(startup, "wattstack_command", lambda *_, _run=run, **__: lambda: _run)
        assert startup._first_plan([], tmp_path).seconds == seconds


def test_the_door_writes_bars_and_rows_and_prints_them(monkeypatch, tmp_path, capsys):
    made = {"bars": {"startup.help_seconds": 0.1}, "rows": [row("h", "wattstack help", [Run(0.1)])]}
    monkeypatch.setattr(startup, "measure", lambda say: made)
    assert door.main(["startup", "--json", str(tmp_path / "numbers.json")]) == 0
    written = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    assert {key: written[key] for key in made} == made
    assert written["machine"] and written["length"] == "usual"
    printed = capsys.readouterr().out
    assert "startup.help_seconds" in printed
    assert "reached" in printed


@pytest.mark.parametrize("word", ["table", "campaign"])
def test_a_page_gets_the_tables_between_its_marks(monkeypatch, tmp_path, word):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n", encoding="utf-8")
    monkeypatch.setitem(table.PAGES, word, page)
    numbers, later = tmp_path / "numbers.json", tmp_path / "later.json"
    told = {"date": "2026-11-21", "machine": "a machine", "length": "SOAK_H=24", "rows": []}
    numbers.write_text(json.dumps({"bars": {"startup.plan_seconds": 9.0}, "rows": []}), encoding="utf-8")
    later.write_text(json.dumps(told | {"bars": {"soak.rss_growth": 0.01}}), encoding="utf-8")
    door.main([word, str(numbers), str(later)])
    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert "| startup.plan_seconds | 9 | <= 3 | missed |" in text
    assert "| soak.rss_growth | 0.01 | <= 0.05 | reached | 2026-11-21 | SOAK_H=24 |" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")


def test_both_pages_have_the_marks():
    for page in table.PAGES.values():
        text = page.read_text(encoding="utf-8")
        assert text.count(table.BEGIN) == text.count(table.END) == 1


def test_every_bar_has_a_benchmark_and_what_was_not_measured_is_not_reached():
    assert {name.split(".")[0] for name in BARS} == set(door.NAMES)
    assert not reached("startup.plan_seconds", None)
    assert reached("dispatch.hourly_speedup", 200.0)
    assert not reached("dispatch.price_error", 2e-6)
