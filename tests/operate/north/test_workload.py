"""The hook of the workload runs real programs: what they are told, and what becomes of each way to fail."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.operate.north.conftest import RAW, Socket, at_work, until
from wattstack.campus import Campus, write_campus
from wattstack.operate.link import State
from wattstack.operate.north import Site, run_north, workload
from wattstack.operate.north.workload import Cap, Failed, Taken, WorkloadWay, ask_program, cap_of

OBEYS = "answer = {'taken': True, 'expected_mw': said['cap_mw'] or 20.0, 'by_s': said['utc_s']}"


def program(folder: Path, work: str = OBEYS, answer: str = "print(json.dumps(answer))") -> Path:
    """A program that keeps what it is told, and answers."""
    file = folder / "hook"
    file.write_text(
        f"#!{sys.executable}\nimport json, sys, time, os\nsaid = json.loads(sys.stdin.readline())\n"
        f"open({str(folder / 'told')!r}, 'a').write(json.dumps(said) + '\\n')\n{work}\n{answer}\n"
    )
    file.chmod(0o700)
    return file


def told(folder: Path) -> list[dict]:
    file = folder / "told"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


class Guard(Socket):
    """What answers as a guard does, with a cap in force and a load that is measured."""

    cap: dict | None = None
    load_mw: float | None = 20.0

    def state(self) -> State:
        values = {"control.sure_mwh": 12.0, "control.reserve_mwh": 2.0}
        if self.load_mw is not None:
            values["load_mw"] = self.load_mw
        requests = () if self.cap is None else (self.cap,)
        return State(utc_s=self.utc_s, mode="run", writes=True, requests=requests, values=values)


def cap(mw: float, for_s: float = 600.0, **more) -> dict:
    return {"id": "1", "source": "utility", "what": "load_cap_mw", "path": None, "until_s": time.time() + for_s,
            "low": None, "high": mw, "reason": "heat wave", "user": None, **more}  # fmt: skip


@asynccontextmanager
async def running(folder: Path, **words):
    ways = {"program": str(folder / "hook"), "timeout_s": 5.0, "every_s": 0.1, "again_s": 60.0, **words}
    campus = Campus.model_validate({**RAW, "operate": {"north": {"workload": ways}}})
    guard = Guard(folder)
    async with at_work(guard, Site(campus, folder), WorkloadWay(campus)):
        yield guard


@pytest.fixture
def folder():
    with TemporaryDirectory(prefix="wl") as name:
        yield Path(name)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(workload, "TICK_S", 0.05)
    monkeypatch.setattr(workload, "ABOVE_FOR_S", 0.3)


def run(folder, work, **words) -> None:
    async def whole() -> None:
        async with running(folder, **words) as guard:
            await work(guard)

    asyncio.run(whole())


def test_a_cap_is_told_with_its_reason_and_what_the_batteries_still_carry(folder):
    program(folder)

    async def work(guard):
        await asyncio.sleep(0.5)
        assert told(folder) == []  # nothing is asked: nothing is told
        guard.cap = cap(15.0)
        await until(lambda: told(folder))
        (one,) = told(folder)
        assert one["cap_mw"] == 15.0 and one["load_mw"] == 20.0 and one["version"] == 1
        assert one["battery_min"] == 120.0  # 10 MWh above the reserve, 5 MW above the cap
        assert one["reason"] == "utility: heat wave" and one["site"] == "test"
        assert one["until_s"] == guard.cap["until_s"]
        await until(lambda: "told: cap 15 MW (utility: heat wave); taken" in guard.told("info"))
        await asyncio.sleep(0.5)
        assert len(told(folder)) == 1
        guard.cap = None
        await until(lambda: len(told(folder)) == 2)
        assert told(folder)[1]["cap_mw"] is None
        await until(lambda: "no cap any more; taken" in guard.told("info"))
        await asyncio.sleep(0.3)
        assert len(told(folder)) == 2

    run(folder, work)


def test_a_changed_cap_is_told_a_small_change_is_not_and_one_that_holds_is_told_again(folder):
    program(folder)

    async def work(guard):
        guard.cap = cap(15.0)
        await until(lambda: len(told(folder)) == 1)
        guard.cap = guard.cap | {"high": 15.05}
        await asyncio.sleep(0.4)
        assert len(told(folder)) == 1
        guard.cap = guard.cap | {"high": 12.0}
        await until(lambda: len(told(folder)) == 2)
        guard.cap = guard.cap | {"until_s": time.time() + 60.0}
        await until(lambda: len(told(folder)) == 3)
        await until(lambda: len(told(folder)) == 4, 5.0)  # again_s

    run(folder, work, again_s=1.0)


def test_it_is_run_no_more_often_than_declared(folder):
    program(folder)

    async def work(guard):
        for k in range(30):
            guard.cap = cap(10.0 + k % 7)
            await asyncio.sleep(0.1)
        assert 2 <= len(told(folder)) <= 4

    run(folder, work, every_s=1.0)


@pytest.mark.parametrize(
    ("work", "answer", "words"),
    [
        ("", "sys.exit(3)", "failed with code 3"),
        ("", "print('yes')", "answered what cannot be understood"),
        ("", "", "answered what cannot be understood"),
        ("", "print('{\"taken\": 1}')", "taken: Input should be a valid boolean"),
        ("", 'print(\'{"taken": true, "expected_mw": NaN}\')', "cannot be understood"),
        ("", 'print(\'{"taken": true, "expected_mw": -5}\')', "expected_mw"),
        ("", "print('x' * 10_000_000)", "answered more than 65536 bytes"),
        ("time.sleep(60)", "", "did not answer within 1 s; it was ended"),
        ("os.fork() or time.sleep(60)", "print(json.dumps({'taken': True}))", "did not answer within 1 s"),
    ],
)
def test_each_way_to_fail_is_an_alarm_and_nothing_else(folder, work, answer, words):
    program(folder, work, answer)

    async def look(guard):
        guard.cap = cap(15.0)
        await until(lambda: words in guard.told("alarm"))
        await asyncio.sleep(0.5)
        assert guard.told("alarm").count(words) == 1
        assert guard.asked == []
        program(folder)  # mended
        await until(lambda: "is over" in guard.told("info"), 15.0)
        assert "taken" in guard.told("info")

    run(folder, look, timeout_s=1.0)


def test_a_program_that_is_missing_or_open_to_others_is_an_alarm(folder):
    async def work(guard):
        guard.cap = cap(15.0)
        await until(lambda: "hook cannot be run: No such file or directory" in guard.told("alarm"))
        program(folder).chmod(0o722)
        await until(lambda: "may be changed by others" in guard.told("alarm"))
        assert told(folder) == []
        (folder / "hook").chmod(0o600)
        await until(lambda: "Permission denied" in guard.told("alarm"))

    run(folder, work)


def test_what_hangs_is_ended_with_all_that_it_began(folder):
    file = program(
        folder, f"open({str(folder / 'child')!r}, 'w').write(str(os.fork() or os.getpid())); time.sleep(60)"
    )

    async def work():
        with pytest.raises(Failed, match="it was ended"):
            await ask_program(file, (), "{}", 1.0)

    asyncio.run(work())
    child = int((folder / "child").read_text())
    end = time.monotonic() + 5.0
    while time.monotonic() < end:
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("it still runs")


def test_a_program_that_does_not_read_its_input_is_heard(folder):
    file = folder / "hook"
    file.write_text('#!/bin/sh\nexec 0<&-\necho \'{"taken": false, "why": "maintenance"}\'\n')
    file.chmod(0o700)
    answer = asyncio.run(ask_program(file, ("a",), json.dumps({"reason": "x" * 200_000}), 5.0))
    assert answer == Taken(taken=False, why="maintenance")


def test_it_has_no_secrets_of_this_process_and_its_own_words(folder, monkeypatch):
    monkeypatch.setenv("SECRET", "known")
    file = program(
        folder, "answer = {'taken': 'SECRET' not in os.environ and sys.argv[1:] == ['a', '; rm x']}"
    )
    assert asyncio.run(ask_program(file, ("a", "; rm x"), "{}", 5.0)).taken


def test_a_load_that_does_not_follow_is_told_once_and_when_it_does(folder):
    program(folder)

    async def work(guard):
        guard.cap = cap(15.0)
        await until(lambda: "does not follow" in guard.told("alarm"))
        assert "the load is 5.00 MW above its cap of 15 MW" in guard.told("alarm")
        guard.load_mw = 19.0
        await asyncio.sleep(0.6)
        assert guard.told("alarm").count("does not follow") == 1
        guard.load_mw = 15.1
        await until(lambda: "is over" in guard.told("info"))

    run(folder, work)


def test_it_is_waited_for_until_the_workload_said_it_would_be_there(folder):
    program(folder, "answer = {'taken': True, 'by_s': said['utc_s'] + 2.0}")

    async def work(guard):
        guard.cap = cap(15.0)
        await until(lambda: "told: cap" in guard.told("info"))
        await asyncio.sleep(1.0)
        assert "does not follow" not in guard.told("alarm")
        await until(lambda: "does not follow" in guard.told("alarm"))
        guard.load_mw = None  # no measurement, no word
        await until(lambda: "is over" in guard.told("info"))

    run(folder, work)


def test_a_workload_that_refuses_or_expects_more_is_told(folder):
    program(folder, "answer = {'taken': False, 'why': 'jobs of a paying customer'}")

    async def work(guard):
        guard.cap = cap(15.0)
        await until(lambda: "does not take it: jobs of a paying customer" in guard.told("alarm"))
        program(folder, "answer = {'taken': True, 'expected_mw': 16.0}")
        guard.cap = cap(14.0)
        await until(lambda: "expects 16 MW, above its cap of 14 MW" in guard.told("alarm"))
        program(folder, "answer = {'taken': True}")
        guard.cap = cap(13.0)
        await until(
            lambda: (
                "workload.answer"
                in str([e.channel for e in guard.events if getattr(e, "text", "") == "is over"])
            )
        )

    run(folder, work)


def test_a_guard_that_is_away_tells_nothing_and_a_run_is_ended_with_the_process(folder):
    program(folder, "time.sleep(30)")

    async def work(guard):
        guard.cap = cap(15.0)
        await until(lambda: told(folder))
        began = time.monotonic()
        await guard.shut()
        await asyncio.sleep(0.2)
        assert time.monotonic() - began < 3.0

    began = time.monotonic()
    run(folder, work, timeout_s=30.0)
    assert time.monotonic() - began < 10.0


def test_the_lowest_cap_counts_and_no_load_is_no_minutes():
    requests = (cap(15.0), cap(12.0, user="operator-1", reason=""), cap(-3.0, what="battery_mw"))
    state = State(utc_s=0.0, mode="run", writes=True, requests=requests)
    assert (cap_of(state).cap_mw, cap_of(state).reason, cap_of(state).battery_min) == (
        12.0,
        "operator-1",
        None,
    )


@settings(max_examples=100, deadline=None)
@given(
    highs=st.lists(st.one_of(st.none(), st.floats(-1e5, 1e5)), max_size=5),
    values=st.dictionaries(
        st.sampled_from(["load_mw", "control.sure_mwh", "control.reserve_mwh"]), st.floats(-1e6, 1e6)
    ),
)
def test_any_state_gives_a_cap_that_can_be_said(highs, values):
    requests = tuple(cap(15.0) | {"high": high} for high in highs)
    found = cap_of(State(utc_s=0.0, mode="run", writes=True, requests=requests, values=values))
    assert isinstance(found, Cap) and (found.cap_mw is None or found.cap_mw >= 0.0)
    assert found.battery_min is None or found.battery_min >= 0.0
    json.dumps(asdict(found), allow_nan=False)


def example(folder: Path, name: str) -> Path:
    """A program of docs/workload.md, and a folder of stand-ins for what it calls, which keep their words."""
    text = (Path(__file__).parents[3] / "docs" / "workload.md").read_text(encoding="utf-8")
    (code,) = [part.split("```")[0] for part in text.split("```python\n")[1:] if f'"""hooks/{name} ' in part]
    file = folder / name
    file.write_text(code.replace("#!/usr/bin/env python3", f"#!{sys.executable}"))
    file.chmod(0o700)
    return file


def stand_in(folder: Path, name: str, says: str = "") -> None:
    file = folder / name
    file.write_text(f'#!/bin/sh\necho "{name} $*" >> "{folder}/calls"\nprintf \'{says}\'\n')
    file.chmod(0o700)


def said(cap_mw: float | None, load_mw: float = 4.0) -> str:
    return json.dumps({"version": 1, "cap_mw": cap_mw, "load_mw": load_mw, "utc_s": 1000.0})


def test_the_example_for_slurm_suspends_the_newest_jobs_and_resumes_them(folder, monkeypatch):
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    stand_in(folder, "squeue", r"11 32 gres/gpu:8\n12 64 gres/gpu:8\n")
    stand_in(folder, "scontrol")
    file = example(folder, "slurm-cap")
    answer = asyncio.run(ask_program(file, ("flexible",), said(3.5), 20.0))
    assert answer.taken and answer.expected_mw == pytest.approx(4.0 - 512 * 0.0014) and answer.by_s == 1060.0
    assert "gpu-limit-w" in answer.why  # there is no such folder here
    calls = (folder / "calls").read_text()
    assert "scontrol suspend 12" in calls and "suspend 11" not in calls
    asyncio.run(ask_program(file, ("flexible",), said(None), 20.0))
    assert "scontrol resume 11" in (folder / "calls").read_text()


def test_the_example_for_kubernetes_sets_quota_and_replicas(folder, monkeypatch):
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    stand_in(folder, "kubectl")
    file = example(folder, "kubernetes-cap")
    answer = asyncio.run(ask_program(file, ("flexible",), said(3.4), 20.0))
    assert answer.expected_mw == pytest.approx(3.4, abs=0.002)
    calls = (folder / "calls").read_text()
    assert (
        "-n flexible patch resourcequota flexible" in calls
        and "scale deployment -l power=flexible --replicas=1000" in calls
    )
    asyncio.run(ask_program(file, ("flexible",), said(None), 20.0))
    assert "--replicas=4096" in (folder / "calls").read_text()
    stand_in(folder, "kubectl", "x")
    (folder / "kubectl").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(Failed, match="failed with code 1"):
        asyncio.run(ask_program(file, ("flexible",), said(3.0), 20.0))


def test_the_process_finds_a_program_beside_the_campus_file(folder):
    program(folder)
    campus = Campus.model_validate({**RAW, "operate": {"north": {"workload": {"program": "hook"}}}})
    write_campus(campus, folder / "campus.yaml")

    async def whole() -> None:
        guard = Guard(folder)
        await guard.open()
        guard.cap = cap(15.0)
        task = asyncio.create_task(run_north(folder / "campus.yaml", folder))
        try:
            await until(lambda: "told: cap 15 MW" in guard.told("info"))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await guard.shut()

    asyncio.run(whole())
    assert told(folder)[0]["cap_mw"] == 15.0
