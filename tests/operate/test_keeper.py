"""Which campus file runs where the system starts each process: the keeper as a process of its own, beside a guard."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from tests.operate.guard.conftest import TEMPLATED, campus_of
from wattstack.campus import read_campus, write_campus
from wattstack.errors import InputError
from wattstack.operate import prepare_campus
from wattstack.operate.face.picture import checksums
from wattstack.operate.keeper import Keeper, copies, take_over
from wattstack.operate.link import Answer, Event, Server, State
from wattstack.operate.sources import checksum_of

READY_S = 30.0


@pytest.fixture
def source(campus_file):
    """A campus file with devices, as a person has it in /etc."""
    write_campus(campus_of(TEMPLATED), campus_file)
    return campus_file


@pytest.fixture
def folder(source):
    return source.parent / "data"


@contextmanager
def kept(source, folder):
    """The keeper's process, ready as the system hears it; killed at the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as system, (source.parent / "log").open("a") as log:
        address = source.parent / "notify"
        address.unlink(missing_ok=True)
        system.bind(str(address))
        system.settimeout(READY_S)
        process = subprocess.Popen(
            [sys.executable, "-m", "wattstack.operate.keeper", str(source), str(folder)],
            env=os.environ | {"NOTIFY_SOCKET": str(address)}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            assert system.recv(100) == b"READY=1"
            yield process
        finally:
            process.kill()
            process.wait()


@contextmanager
def guard_at(folder):
    """Somebody who listens where a guard does."""
    path = folder / "guard.sock"
    with socket.socket(socket.AF_UNIX) as listens:
        listens.bind(str(path))
        listens.listen()
        yield
    path.unlink()


def told(folder):
    return json.loads((folder / "campus.json").read_text(encoding="utf-8"))


def until(what):
    end = time.monotonic() + READY_S
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def change(source, word="changed"):
    """Another name in the user's file; returns the checksum of before."""
    before = checksum_of(source)
    source.write_text(
        source.read_text(encoding="utf-8").replace("name: test", f"name: {word}"), encoding="utf-8"
    )
    assert checksum_of(source) != before
    return before


def test_the_copy_lies_there_when_the_system_hears_ready_and_a_change_is_shown_and_not_taken(source, folder):
    with kept(source, folder):
        assert read_campus(folder / "campus.yaml").name == "test"
        assert not told(folder)["changed"] and checksums(folder / "campus.yaml") == (checksum_of(source),) * 2
        running = change(source)
        both = running, checksum_of(source)
        until(lambda: checksums(folder / "campus.yaml") == both)  # the page shows both
        assert told(folder)["changed"] and read_campus(folder / "campus.yaml").name == "test"
    assert "It is not taken over" in (source.parent / "log").read_text(encoding="utf-8")


def test_a_keeper_that_is_killed_and_started_again_beside_a_guard_takes_no_change_over(source, folder):
    with kept(source, folder):
        pass
    running = change(source)
    with guard_at(folder), kept(source, folder):
        assert (told(folder)["running"], told(folder)["changed"]) == (running, True)
        assert read_campus(folder / "campus.yaml").name == "test"
    with kept(source, folder):  # all was stopped
        assert not told(folder)["changed"] and read_campus(folder / "campus.yaml").name == "changed"
    assert f"another one than before ({running[:12]})" in (source.parent / "log").read_text(encoding="utf-8")


def test_a_copy_that_is_broken_is_written_again_by_the_process(source, folder):
    with kept(source, folder):
        whole = (folder / "campus.yaml").read_bytes()
        (folder / "campus.yaml").write_bytes(whole[:100])
        until(lambda: (folder / "campus.yaml").read_bytes() == whole)
        (folder / "campus.yaml").unlink()
        until(lambda: (folder / "campus.yaml").exists() and (folder / "campus.yaml").read_bytes() == whole)


def test_a_second_keeper_of_a_folder_is_refused(source, folder):
    with kept(source, folder):
        words = [sys.executable, "-m", "wattstack.operate.keeper", str(source), str(folder)]
        second = subprocess.run(words, capture_output=True, text=True, timeout=READY_S, check=False)
    assert second.returncode == 2 and "is running already" in second.stderr


@pytest.mark.parametrize("words", [[], ["nowhere.yaml"]], ids=["nothing named", "no folder named"])
def test_what_is_not_named_is_told(words, tmp_path):
    words = [sys.executable, "-m", "wattstack.operate.keeper", *words]
    made = subprocess.run(words, capture_output=True, text=True, timeout=READY_S, cwd=tmp_path, check=False)
    assert made.returncode == 2 and "CAMPUS FOLDER" in made.stderr and "Traceback" not in made.stderr


def test_where_the_file_cannot_be_run_what_ran_last_runs_on_and_that_is_told(source, folder):
    take_over(source, folder, lambda line: None).look()
    source.write_text("name: [half", encoding="utf-8")
    said = []
    keeper = take_over(source, folder, said.append)
    keeper.look()
    assert keeper.prepared.campus.name == "test" and "what ran last runs on" in said[0]
    assert told(folder)["changed"]
    (folder / "campus.yaml").write_bytes(b"half")
    with pytest.raises(InputError, match="campus"):  # nothing is left that could run
        take_over(source, folder, said.append)


def test_beside_a_guard_whose_file_stands_nowhere_any_more_nothing_is_taken(source, folder):
    take_over(source, folder, lambda line: None).look()
    (folder / "campus.yaml").write_bytes(b"half")
    with guard_at(folder):
        again = take_over(source, folder, lambda line: None)  # the user's file is still what runs
        assert again.prepared.campus.name == "test"
        (folder / "campus.yaml").write_bytes(b"half")
        change(source)
        with pytest.raises(InputError, match="stands nowhere"):
            take_over(source, folder, lambda line: None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"running": 3}'])
def test_a_file_of_checksums_that_cannot_be_read_is_made_anew(source, folder, text):
    take_over(source, folder, lambda line: None).look()
    (folder / "campus.json").write_text(text, encoding="utf-8")
    take_over(source, folder, lambda line: None).look()
    assert told(folder)["running"] == checksum_of(source)


def test_a_copy_that_cannot_be_written_again_is_told_once_and_written_when_it_can_be(source, folder):
    made, said = prepare_campus(source, folder=folder), []
    keeper, whole = Keeper(made, said.append), made.file.read_bytes()
    made.file.unlink()
    made.file.mkdir()  # nothing can be written over it
    for _ in range(3):
        keeper.mend()
    assert len(said) == 1 and "cannot be written again" in said[0]
    made.file.rmdir()
    keeper.mend()
    assert len(said) == 2 and made.file.read_bytes() == whole


def test_a_change_that_could_not_be_written_down_is_when_it_can_be(source, folder):
    keeper = take_over(source, folder, lambda line: None)
    keeper.look()
    (folder / "campus.json.part").mkdir()  # nothing can be written beside it
    change(source)
    keeper.look()
    assert not told(folder)["changed"]
    (folder / "campus.json.part").rmdir()
    keeper.look()
    assert told(folder)["changed"]


def test_what_is_said_before_a_guard_is_there_is_told_when_it_is(source, folder, monkeypatch):
    monkeypatch.setattr(copies, "LOOK_S", 0.05)
    keeper, heard = take_over(source, folder, lambda line: None), []
    keeper.look()
    change(source)

    async def work():
        task = asyncio.create_task(keeper.watch())
        while not told(folder)["changed"]:
            await asyncio.sleep(0.02)
        server = Server(folder / "guard.sock", lambda request, role: Answer(id="1", taken=True, why=""))
        tell = server.send
        monkeypatch.setattr(server, "send", heard.append)
        await server.open()
        async with asyncio.timeout(READY_S):
            while not any(isinstance(one, Event) and one.level == "alarm" for one in heard):
                tell(State(utc_s=7e8, mode="run", writes=True))
                await asyncio.sleep(0.02)
        task.cancel()
        await server.shut()

    asyncio.run(work())
    first = next(one for one in heard if one.level == "alarm")
    assert first.channel == "campus" and "not taken over" in first.text.replace("is not", "not")
