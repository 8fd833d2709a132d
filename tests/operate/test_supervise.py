"""Processes are started, started again, and stopped together."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wattstack.errors import InputError, StateError
from wattstack.operate import (
    Part,
    Supervisor,
    logs,
    operate_campus,
    prepare_campus,
    run_until_stopped,
    supervise,
)
from wattstack.operate.alone import alone
from wattstack.operate.keeper import Keeper, copies
from wattstack.operate.link import Answer, Server, State
from wattstack.operate.logs import Logs
from wattstack.operate.supervise import opening, parts_of

LIVE = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def started(parts, folder, work):
    """Run a supervisor while `work` looks at it; returns what it said."""
    said = []

    async def both():
        supervisor = Supervisor(parts, folder, said.append)
        task = asyncio.create_task(supervisor.run())
        try:
            await work(supervisor, task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert supervisor.processes == {}

    asyncio.run(both())
    return said


async def until(what, seconds=10.0):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.02)


def test_killed_process_is_started_again_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "FIRST_WAIT_S", 0.05)

    async def work(supervisor, task):
        await until(lambda: "a" in supervisor.processes)
        first = supervisor.processes["a"].pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.starts["a"] == 2 and "a" in supervisor.processes)
        assert supervisor.processes["a"].pid != first

    said = started([Part("a", ("-c", LIVE))], tmp_path, work)
    assert said[0].startswith("a ended by signal 9 after 0 s")
    assert "a starts again" in said


def test_back_off_grows_and_has_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(supervise, "LONGEST_WAIT_S", 0.04)

    async def work(supervisor, task):
        await until(lambda: supervisor.starts["a"] >= 4)

    said = started([Part("a", ("-c", "raise SystemExit(3)"))], tmp_path, work)
    waits = [line.rsplit(" in ", 1)[1] for line in said if "ended with code 3" in line]
    assert waits[:3] == ["0.02 s", "0.04 s", "0.04 s"]


def test_bad_input_at_the_first_start_ends_all_with_its_words(tmp_path):
    async def work(supervisor, task):
        await until(task.done)
        with pytest.raises(StateError, match=r"b does not start: campus\.yaml has no price"):
            task.result()

    bad = "import sys; print('campus.yaml has no price', file=sys.stderr); sys.exit(2)"
    started([Part("a", ("-c", LIVE)), Part("b", ("-c", bad))], tmp_path, work)


def test_process_that_does_not_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "GRACE_S", 0.2)

    async def work(supervisor, task):
        log = tmp_path / "a.log"
        await until(lambda: log.exists() and "up" in log.read_text(encoding="utf-8"))

    said = started([Part("a", ("-c", STUBBORN))], tmp_path, work)
    assert said == ["a does not end by itself: it is killed"]


def test_the_page_waits_where_the_processor_is_short(tmp_path):
    async def work(supervisor, task):
        await until(lambda: "a" in supervisor.processes)
        pid = supervisor.processes["a"].pid
        await until(lambda: os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0) + 7)

    usual = os.getpriority(os.PRIO_PROCESS, 0)
    started([Part("a", ("-c", LIVE), nice=usual + 7)], tmp_path, work)


def test_part_waits_for_the_file_it_needs(tmp_path):
    async def work(supervisor, task):
        await asyncio.sleep(0.3)
        assert supervisor.starts["a"] == 0
        (tmp_path / "socket").touch()
        await until(lambda: "a" in supervisor.processes)

    started([Part("a", ("-c", LIVE), tmp_path / "socket")], tmp_path, work)


def test_long_log_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "LARGEST", 10)
    (tmp_path / "a.log").write_text("much has been said", encoding="utf-8")

    async def work(supervisor, task):
        await until(lambda: "a" in supervisor.processes)

    started([Part("a", ("-c", LIVE))], tmp_path, work)
    assert (tmp_path / "a.log.old").read_text(encoding="utf-8") == "much has been said"


def test_a_log_that_is_written_to_is_kept_short_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "LARGEST", 1000)
    kept = Logs(tmp_path)
    with kept.open("a") as log:
        for k in range(55):
            log.write(b"%04d " % k + b"x" * 95 + b"\n")
            log.flush()
            kept.trim("a")
    assert (tmp_path / "a.log").stat().st_size <= 1100
    assert (tmp_path / "a.log.old").stat().st_size <= 1100
    assert (tmp_path / "a.log").read_bytes()[:4] == b"0050"


def test_a_log_is_read_by_its_owner_alone_and_is_no_link(tmp_path):
    (tmp_path / "face.log").touch(mode=0o644)
    with Logs(tmp_path).open("face"):
        assert (tmp_path / "face.log").stat().st_mode & 0o777 == 0o600
    (tmp_path / "guard.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"guard\.log"):
        Logs(tmp_path).open("guard")
    assert not (tmp_path / "elsewhere").exists()


def test_the_token_for_the_first_user_is_shown_where_all_was_started(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "LOOK_S", 0.05)
    (tmp_path / "face.log").write_text("First-run token, shown this once: of-yesterday\n", encoding="utf-8")

    async def work(supervisor, task):
        watch = asyncio.create_task(supervise.watch_logs(supervisor, supervisor.say))
        try:
            await until(lambda: "face" in supervisor.processes and Path(tmp_path / "said").exists())
            await asyncio.sleep(0.3)
        finally:
            watch.cancel()

    code = (
        "import pathlib, time; print('The control room is at x'); print('First-run token, shown this once: abc', "
        f"flush=True); pathlib.Path({str(tmp_path / 'said')!r}).touch(); time.sleep(60)"
    )
    said = started([Part("face", ("-c", code))], tmp_path, work)
    assert said == ["First-run token, shown this once: abc"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_processes_end_when_the_supervisor_is_killed(tmp_path):
    code = (
        "import asyncio, sys; from pathlib import Path; from wattstack.operate import operate_campus, Part, Supervisor;"
        f"s = Supervisor([Part('a', ('-c', {LIVE!r}))], Path({str(tmp_path)!r}));"
        "asyncio.run(s.run())"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    child = None
    end = time.monotonic() + 10.0
    while child is None and time.monotonic() < end:
        with open(f"/proc/{parent.pid}/task/{parent.pid}/children", encoding="ascii") as file:
            found = file.read().split()
        child = int(found[0]) if found else None
        time.sleep(0.1)
    time.sleep(0.3)  # the child has asked for the signal by now
    parent.kill()
    parent.wait()
    while time.monotonic() < end and os.path.exists(f"/proc/{child}") and "Z" not in _state(child):
        time.sleep(0.05)
    assert not os.path.exists(f"/proc/{child}") or "Z" in _state(child)


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().split(") ")[1][:1]
    except OSError:
        return "Z"


def test_second_run_in_the_same_folder_is_refused(tmp_path):
    with alone(tmp_path), pytest.raises(InputError, match="running already"), alone(tmp_path):
        pass


def test_changed_campus_file_is_shown_and_not_taken_over(campus_file, monkeypatch):
    made = prepare_campus(campus_file, simulated=True)
    running = made.file.read_bytes()
    said = []

    async def work():
        task = asyncio.create_task(Keeper(made, said.append).watch())
        told = made.folder / "campus.json"
        await until(lambda: told.exists() and not json.loads(told.read_text(encoding="utf-8"))["changed"])
        before = campus_file.read_bytes()
        campus_file.write_bytes(before + b"# more\n")
        await until(lambda: json.loads(told.read_text(encoding="utf-8"))["changed"])
        campus_file.write_bytes(before)
        await until(lambda: not json.loads(told.read_text(encoding="utf-8"))["changed"])
        task.cancel()

    monkeypatch.setattr(copies, "LOOK_S", 0.05)
    asyncio.run(work())
    assert "It is not taken over" in said[0]
    assert said[1].endswith("is as it was when this began")
    assert made.file.read_bytes() == running


def test_shadow_and_speed_reach_the_processes(campus_file):
    made = prepare_campus(campus_file, simulated=True)
    parts = {part.name: part for part in parts_of(made, True, 60.0, "faults.yaml")}
    assert list(parts) == ["devices", "guard", "utility", "historian", "planner", "face"]
    assert parts["guard"].words[-3:] == ("--shadow", "--speed", "60")
    assert parts["devices"].words[-4:-2] == ("--faults", "faults.yaml")
    assert parts["devices"].words[-2:] == ("--log", str(made.folder / "really.csv"))
    assert parts["planner"].after == made.folder / "guard.sock"
    real = [part.name for part in parts_of(made, False, None)]
    assert real == ["guard", "historian", "planner", "face"]
    lines = opening(made, True, 60.0)
    assert any(made.page in line for line in lines)
    assert any(line.startswith("shadow") for line in lines)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_signal_ends_a_process_tidily(number, code):
    ended = []

    async def work():
        try:
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    assert run_until_stopped(work()) == code
    assert ended == [True]


def test_work_that_ends_by_itself_is_done():
    assert run_until_stopped(asyncio.sleep(0)) == 0


def test_site_runs_for_its_seconds_and_says_where_the_page_is(campus_file, tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "parts_of", lambda *_: [Part("a", ("-c", LIVE))])
    said = []
    assert (
        operate_campus(campus_file, True, 60.0, folder=tmp_path / "live", say=said.append, seconds=0.5) == 0
    )
    assert any(line.startswith("page     http://127.0.0.1:") for line in said)
    assert said[-1] == "0.5 s are over: all is stopped"


def test_change_of_the_campus_file_goes_to_who_listens(campus_file, monkeypatch):
    monkeypatch.setattr(copies, "LOOK_S", 0.05)
    made = prepare_campus(campus_file, simulated=True)
    heard = []

    async def work():
        server = Server(made.folder / "guard.sock", lambda request, role: Answer(id="1", taken=True, why=""))
        tell = server.send
        monkeypatch.setattr(server, "send", heard.append)
        await server.open()

        async def say_states():
            while True:
                tell(State(utc_s=7e8, mode="run", writes=True))
                await asyncio.sleep(0.01)

        states = asyncio.create_task(say_states())
        task = asyncio.create_task(Keeper(made, lambda line: None).watch())
        await until(lambda: len(heard) == 1)
        campus_file.write_text(campus_file.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
        await until(lambda: len(heard) == 2)
        task.cancel()
        states.cancel()
        await server.shut()

    asyncio.run(work())
    assert {one.utc_s for one in heard} == {7e8}  # of the site, which may have a clock of its own
    assert heard[0].data == {"still": ""}  # nothing stood at the start: what a run before left is over
    assert (heard[1].level, heard[1].channel) == ("alarm", "campus")
    assert "is not taken over" in heard[1].text.replace("It is", "is")


AUTOGROUP = Path("/proc/self/autogroup")


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="the kernel does not group sessions")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_niceness_is_that_of_the_child_and_not_of_the_terminal_that_started_it(tmp_path, loop):
    factory = pytest.importorskip(loop).new_event_loop
    before, shown = AUTOGROUP.read_text(encoding="ascii"), tmp_path / "shown"
    words = ("-c", f"import shutil, time; shutil.copy({str(AUTOGROUP)!r}, {str(shown)!r}); time.sleep(60)")

    async def work():
        supervisor = Supervisor([Part("a", words, nice=7)], tmp_path, lambda line: None)
        task = asyncio.create_task(supervisor.run())
        try:
            await until(lambda: shown.exists() and shown.read_text(encoding="ascii").strip())
            assert os.getsid(supervisor.processes["a"].pid) == supervisor.processes["a"].pid
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work())
    assert shown.read_text(encoding="ascii").split()[-1] == "7"
    assert AUTOGROUP.read_text(encoding="ascii") == before
