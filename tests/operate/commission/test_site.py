"""Who may write: never beside a running site; Ctrl-C takes all back; times go into the file with its comments."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from benchmarks.guard_tools import free_port
from tests.operate.commission.conftest import DEVICES, QUICK, RAW, campus_of
from wattstack.campus import read_campus, write_campus
from wattstack.errors import InputError, StateError
from wattstack.operate.audit import verify_audit
from wattstack.operate.commission import commission_campus, record_reversion, run
from wattstack.operate.commission.bench import Options
from wattstack.operate.commission.run import commission
from wattstack.operate.guard import Lease
from wattstack.operate.simulated import simulate_devices
from wattstack.operate.sources import checksum_of
from wattstack.operate.supervise import alone

READ = Options(reads=3)


@pytest.fixture
def file(campus_file, monkeypatch):
    """A campus file whose devices do not listen; they are not waited for."""
    monkeypatch.setattr(run, "CONNECT_S", 0.4)
    devices = {p: {"host": "127.0.0.1", "port": free_port(), **one} for p, one in DEVICES.items()}
    campus_file.write_text(json.dumps({**RAW, "devices": devices}))
    return campus_file


def test_ctrl_c_releases_what_was_written(tmp_path):
    async def stopped() -> None:
        campus = campus_of()
        async with simulate_devices(campus) as site:
            battery = site.devices["battery.main"]
            work = asyncio.ensure_future(commission(campus, replace(QUICK, plateau_s=1.0), site))
            while not battery.setpoint_mw:
                await asyncio.sleep(0.02)
                assert not work.done()
            assert battery.setpoint_mw == pytest.approx(0.2)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            assert battery.shown("setpoint_mw") == 0.0
            assert not battery.fell_back  # it was told, and did not have to find out by itself

    asyncio.run(asyncio.wait_for(stopped(), 20))


def test_nothing_more_is_written_once_a_guard_took_over():
    async def work() -> None:
        campus = campus_of()
        async with simulate_devices(campus) as site:
            battery = site.devices["battery.main"]
            with pytest.raises(StateError, match="took over"):
                await commission(campus, QUICK, site, may_write=lambda: not battery.setpoint_mw)
            assert battery.shown("setpoint_mw") == pytest.approx(0.2)  # it is left to the guard

    asyncio.run(asyncio.wait_for(work(), 20))


def test_dead_devices_are_findings_of_a_site_test(file, capsys):
    found, folder = commission_campus(file, READ, by="operator-1", say=lambda line: None)
    assert (found["kind"], found["verdict"], found["by"]) == ("SAT", "failed", "operator-1")
    assert found["campus"]["sha256"] == checksum_of(file)
    assert {c["verdict"] for c in found["checks"] if c["what"] == "reach"} == {"failed"}
    assert folder == file.parent / "operate-data" / "commission"
    assert set(found["templates"]) == {"meter-generic", "sunspec-storage", "load-meter"}
    assert json.loads(json.dumps(found, allow_nan=False))["counts"]["failed"] == 3


def test_a_site_that_runs_is_not_written_to_and_may_be_read(file):
    folder = file.parent / "operate-data"
    folder.mkdir()
    with alone(folder):
        with pytest.raises(InputError, match="running already"):
            commission_campus(file, replace(READ, write=True), say=lambda line: None)
        found, _ = commission_campus(file, READ, say=lambda line: None)
    assert found["kind"] == "SAT"
    lease = Lease(folder / "lease", 60.0)
    assert lease.keep()
    with pytest.raises(InputError, match="a guard holds the lease"):
        commission_campus(file, replace(READ, write=True), say=lambda line: None)


def test_writing_to_real_devices_leaves_a_line_in_the_audit(file):
    commission_campus(file, replace(READ, write=True), by="engineer-2", say=lambda line: None)
    log = file.parent / "operate-data" / "audit.log"
    assert verify_audit(log).sound
    assert '"who":"engineer-2"' in log.read_text() and "test setpoints are written" in log.read_text()


def test_faults_of_the_file_are_told_at_once(file, campus_file):
    with pytest.raises(InputError, match=r"Nearest: battery\.main"):
        commission_campus(file, Options(only=("batery.main",)), say=lambda line: None)
    campus_file.write_text(
        json.dumps({**RAW, "grid": {**RAW["grid"], "connection": {"firm_mw": {"max": 50}}}})
    )
    with pytest.raises(InputError, match=r"firm_mw\s+is a range") as caught:
        commission_campus(file, READ, say=lambda line: None)
    assert "devices" in str(caught.value)


def test_a_template_at_fault_is_a_finding():
    wrong = {
        **DEVICES,
        "battery.main": {"template": "library:meter-generic"},
        "load.halls": {"template": "library:nothing"},
    }

    async def work():
        return await commission(campus_of(wrong), READ)

    run_s, run.CONNECT_S = run.CONNECT_S, 0.2
    try:
        found = asyncio.run(work())
    finally:
        run.CONNECT_S = run_s
    texts = {c["device"]: c["text"] for c in found["checks"] if c["what"] == "template"}
    assert "speaks for grid, not for a battery" in texts["battery.main"]
    assert "nothing" in texts["load.halls"]


def found_of(file, **more):
    measured = {"battery.main": {"reversion_measured_s": 3.4}, "load.halls": {"reversion_measured_s": None}}
    return {"kind": "SAT", "campus": {"sha256": checksum_of(file)}, "devices": measured, **more}


def test_measured_times_go_into_the_file_and_its_comments_stay(file):
    write_campus(read_campus(file), file)
    file.write_text("# our site\n" + file.read_text())
    assert record_reversion(file, found_of(file)) == {"battery.main": 3.4}
    assert file.read_text().startswith("# our site\n")
    devices = read_campus(file).devices
    assert devices["battery.main"].reversion_measured_s == 3.4
    assert devices["load.halls"].reversion_measured_s is None
    assert record_reversion(file.parent.with_name(file.parent.name), found_of(file, devices={})) == {}


def test_times_are_not_recorded_where_they_do_not_belong(file, tmp_path):
    with pytest.raises(InputError, match="these were simulated"):
        record_reversion(file, found_of(file, kind="FAT"))
    found = found_of(file)
    over = tmp_path / "over.yaml"
    over.write_text(f"extends: {file}\nname: over\n")
    with pytest.raises(InputError, match=r"devices.battery.main.reversion_measured_s\s+is to be 3.4"):
        record_reversion(over, found_of(over))
    file.write_text(file.read_text() + "\n")
    with pytest.raises(InputError, match="was changed meanwhile"):
        record_reversion(file, found)
