"""The benchmarks of the live system for long: what they count, and a moment of each over real sockets."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from benchmarks import face_crowd, face_load, failover, live_site, soak
from benchmarks.bars import BARS
from benchmarks.guard_tools import Tap, Write, double_writes, free_port, owner
from benchmarks.stall import stalled
from wattstack.errors import StateError

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who is at the other end")


def quiet(line):
    """Nobody listens."""


def test_memory_that_grows_to_the_end_is_found_and_warming_up_is_not():
    assert soak.growth(20 * [50.0] + 80 * [100.0]) == 0.0
    assert soak.growth([100.0 + 0.1 * k for k in range(100)]) == pytest.approx(0.066, abs=0.005)
    assert soak.growth([100.0] * 99 + [150.0]) == 0.0  # one odd reading is no growth


def test_frames_that_are_not_there_are_counted():
    moments = np.delete(np.arange(0.0, 6000.0, 60.0), [10, 50, 51])
    assert soak.missed_frames(moments, 60.0) == 3
    assert soak.missed_frames(moments + np.random.default_rng(0).uniform(-9, 9, moments.size), 60.0) == 3


def metered(off: float = 1.0):
    """Two hours and a quarter at 30 MW as history keeps them: what the guard counts, what the meter counts."""
    moments = np.arange(900.0, 9000.0, 60.0)
    counted = 30.0 * (moments % 1800.0) / 3600.0 * off
    return {
        "control.interval_mwh": (moments, counted),
        "grid.connection.energy_mwh": (moments, 30.0 * moments / 3600.0),
    }


def test_a_demand_interval_counts_as_closed_only_where_its_energy_is_the_meters():
    missed, of, worst = soak.missed_intervals(metered(), 60.0)
    assert (missed, of) == (0, 3) and worst < 1e-9
    assert soak.missed_intervals(metered(off=1.2), 60.0)[0] == 3


def test_a_demand_interval_without_its_end_is_missed():
    kept = metered()
    moments, counted = kept["control.interval_mwh"]
    there = (moments < 5100.0) | (moments > 5400.0)
    kept["control.interval_mwh"] = moments[there], counted[there]
    assert soak.missed_intervals(kept, 60.0)[0] == 1
    moments, counted = metered()["control.interval_mwh"]
    kept["control.interval_mwh"] = moments, np.maximum.accumulate(counted)  # never begun anew
    assert soak.missed_intervals(kept, 60.0)[0] == 3


def test_a_write_by_an_older_number_is_double_and_a_change_of_hands_is_not():
    changed = [Write(0.0, 7, 3), Write(0.1, 7, 3), Write(1.2, 8, 4), Write(1.3, 7, 5)]
    assert double_writes(changed) == 0
    assert double_writes([*changed, Write(1.4, 8, 4)]) == 1
    assert double_writes([Write(0.0, 7, 0)]) == 1


def test_a_stall_is_found_among_many():
    stalls = [(10.0 * k, 10.0 * k + 1.0) for k in range(1000)]
    assert (
        stalled(500.5, 500.6, stalls) and stalled(499.0, 500.1, stalls) and not stalled(501.0, 509.9, stalls)
    )


@LINUX
def test_a_tap_knows_the_process_at_the_other_end_and_the_number_in_the_fence():
    async def work():
        device = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        tap = Tap(free_port(), device.sockets[0].getsockname()[1], fenced=True)
        tap.guards = [type("Guard", (), {"pid": os.getpid()})()]
        await tap.open()
        _, writer = await asyncio.open_connection("127.0.0.1", tap.port)
        for address, words in ((2000, (1, 0)), (2030, (1, 9, 1)), (2000, (1, 0))):
            data = b"".join(word.to_bytes(2, "big") for word in words)
            body = (
                bytes((16,))
                + address.to_bytes(2, "big")
                + len(words).to_bytes(2, "big")
                + bytes((len(data),))
                + data
            )
            writer.write(bytes(4) + (len(body) + 1).to_bytes(2, "big") + b"\x01" + body)
        until = asyncio.get_running_loop().time() + 5.0
        while len(tap.writes) < 2 and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)
        writer.close()
        await tap.shut()
        device.close()
        return tap.writes

    writes = asyncio.run(work())
    assert [(one.writer, one.number) for one in writes] == [(os.getpid(), 0), (os.getpid(), 9 * 65_536 + 1)]
    assert owner(1, [os.getpid()]) == 0


@LINUX
def test_the_other_guard_takes_over_and_nobody_writes_twice(tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    took, double = asyncio.run(failover._takeovers(folders, 1, quiet))
    assert len(took) == 1 and took[0] < 10.0
    assert double == 0


def test_processes_are_seen_with_their_memory_and_time():
    memory, spent = live_site.usage({"me": os.getpid()})["me"]
    assert memory > 10.0 and spent >= 0.0
    assert live_site._seconds("1-02:03:04") == 93_784.0
    assert live_site._seconds("03:04") == 184.0


def test_a_site_that_does_not_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(live_site, "CAMPUS", tmp_path / "none.yaml")
    with pytest.raises(StateError, match="does not start"), live_site.LiveSite(tmp_path / "live"):
        pass


@LINUX
def test_a_moment_under_attack_and_a_moment_of_the_day_beside_it(monkeypatch):
    """One start of the whole site for both: it takes seconds."""
    monkeypatch.setattr(face_load, "QUIET_S", 1.0)
    monkeypatch.setattr(face_load, "fill_history", lambda folder: folder.mkdir())
    monkeypatch.setenv("FACE_LOAD_S", "6")
    samples = []
    sampled = soak._sampled

    def beside(port, keys, for_s):
        samples.append(sampled(sites[0], 1.0, quiet))
        return attacked(port, keys, for_s)

    sites, attacked, entered = [], face_load.attack, live_site.LiveSite.__enter__
    monkeypatch.setattr(live_site.LiveSite, "__enter__", lambda site: (entered(site), sites.append(site))[0])
    monkeypatch.setattr(face_load, "attack", beside)
    made = face_load.measure(quiet)
    assert set(made["bars"]) <= set(BARS) and made["bars"]["face_load.guard_p99_ms"] > 0.0
    note = made["rows"][0]["note"]
    assert "state 200" in note and "command 200" in note and "pictures" in note
    ((memory, gone),) = samples
    assert set(memory) == set(soak.WATCHED) and all(some for some in memory.values()) and gone == 0
    told = soak.judged(memory, metered(), {"speed": 60.0, "hours": 2.0, "gone": 0, "overruns": 0, "of": 6})
    assert set(told["bars"]) <= set(BARS) and told["bars"]["soak.missed_intervals"] == 0.0


def test_a_day_of_history_can_be_asked_for():
    from wattstack.operate.historian import Store

    with TemporaryDirectory() as name:
        face_load.fill_history(Path(name), hours=0.5)
        store = Store(Path(name) / "history.sqlite", read_only=True)
        moments, _ = store.query(face_crowd.CHANNELS[0], 0.0, 4e9)
        store.close()
    assert moments.size == 1800


def test_a_client_that_meets_nobody_counts_that(monkeypatch):
    monkeypatch.setattr(
        face_crowd, "KINDS", {"people": (("state", 2, True), ("drip", 1, False), ("deaf", 1, True))}
    )
    met = asyncio.run(face_crowd.run("people", free_port(), 0.3, ["key"]))
    assert isinstance(met, Counter) and met["state closed"] >= 2 and met["drip closed"] >= 1
