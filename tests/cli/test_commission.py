"""`wattstack commission`: a rehearsal from the file to the signed report, and what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from benchmarks.guard_tools import free_port
from wattstack.campus import read_campus
from wattstack.cli.app import run
from wattstack.operate.simulated import simulate_devices

CAMPUS = """
wattstack: 1
name: small
place: {latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}
currency: JPY
time: {start: 2022-04-01T00:00+09:00, end: 2022-04-08T00:00+09:00, step: 1h}
load: {hall: {draw_mw: 10}}
grid: {connection: {firm_mw: 15}, tariff: {energy: {price_per_mwh: 10000}}}
battery: {main: {power_mw: 4, energy_mwh: 16, charge_eff: 0.95, discharge_eff: 0.95}}
"""
DEVICES = """
devices:
  battery.main: {template: "library:sunspec-storage", host: 127.0.0.1, port: 1}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "campus.yaml"
    path.write_text(CAMPUS, encoding="utf-8")
    return path


def test_a_rehearsal_is_reported_signed_and_checked(file, tmp_path, capsys):
    out = tmp_path / "fat"
    words = ["commission", str(file), "--simulated", "--reads", "12", "-o", str(out)]
    assert run(words) == 0
    said = capsys.readouterr().out
    assert "FAT passed" in said and "(made now, mode 600)" in said
    found = json.loads((out / "commission.json").read_text())
    assert found["kind"] == "FAT" and not found["devices"]["battery.main"]["written"]
    page = (out / "commission.html").read_text()
    assert "SYNTHETIC" in page and "No device here is real" in page
    assert run(["commission", "verify", str(out)]) == 0
    assert "sound: signed" in capsys.readouterr().out
    (out / "commission.html").write_text(page.replace("No device here is real", "Every device here is real"))
    assert run(["commission", "verify", str(out)]) == 1
    assert "commission.html was changed" in capsys.readouterr().err


@contextmanager
def listening(file):
    """The devices of a campus file, simulated by a thread of their own: for the command they are as real as any."""
    end, ready = threading.Event(), threading.Event()

    async def work():
        async with simulate_devices(read_campus(file)):
            ready.set()
            while not end.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        assert ready.wait(20)
        yield
    finally:
        end.set()
        thread.join()


def test_a_site_test_writes_measured_times_into_the_file(file, tmp_path, capsys):
    out = tmp_path / "sat"
    file.write_text(CAMPUS + f"""
devices:
  battery.main: {{template: "library:sunspec-storage", host: 127.0.0.1, port: {free_port()}, revert_s: 2}}  # old
  load.hall: {{template: "library:load-meter", host: 127.0.0.1, port: {free_port()}}}
""", encoding="utf-8")  # fmt: skip
    words = [
        "--write",
        "--record",
        "--reads",
        "5",
        "--pairs",
        "2",
        "--hold-s",
        "0.6",
        "--device",
        "battery.main",
    ]
    with listening(file):
        assert run(["commission", str(file), *words, "-o", str(out)]) == 0
    said = capsys.readouterr().out
    assert "SAT passed" in said and "recorded     devices.battery.main.reversion_measured_s" in said
    assert 0.9 < read_campus(file).devices["battery.main"].reversion_measured_s < 3.1
    assert "# old" in file.read_text()
    assert "SYNTHETIC" not in (out / "commission.html").read_text()


def test_devices_that_do_not_answer_fail_and_are_named(file, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("wattstack.operate.commission.run.CONNECT_S", 0.3)
    file.write_text(CAMPUS + DEVICES, encoding="utf-8")
    assert run(["commission", str(file), "-o", str(tmp_path / "sat")]) == 1
    said = capsys.readouterr().out
    assert "failed: battery.main reach does not answer" in said and "SAT failed" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a", "b"], "too many"),
        (["a", "--faults"], "goes with --simulated only"),
        (["a", "--record"], "--record goes with --write"),
        (["a", "--record", "--write", "--simulated"], "--record goes with --write"),
        (["nowhere.yaml"], "does not exist"),
        (["verify", "nowhere"], "nothing here is signed"),
    ],
)
def test_what_cannot_be_is_bad_input(words, told, capsys):
    assert run(["commission", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_key_that_others_can_read_is_refused_before_anything_is_done(file, tmp_path, capsys):
    key = tmp_path / "site.key"
    key.write_text("secret")
    key.chmod(0o644)
    assert run(["commission", str(file), "--simulated", "--key", str(key)]) == 2
    assert "must have 600" in capsys.readouterr().err


def test_no_device_is_bad_input_with_a_way_out(file, capsys):
    assert run(["commission", str(file)]) == 2
    assert "To rehearse: --simulated" in capsys.readouterr().err


def test_ctrl_c_ends_it_and_reports_nothing(file, tmp_path):
    file.write_text(CAMPUS + DEVICES, encoding="utf-8")
    out = tmp_path / "sat"
    process = subprocess.Popen(
        [sys.executable, "-m", "wattstack", "commission", str(file), "-o", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout.readline().startswith("connecting")
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=10)[1]
    assert (process.returncode, "nothing is reported" in said) == (130, True)
    assert not (out / "commission.json").exists()
