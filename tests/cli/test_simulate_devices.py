"""`wattstack simulate-devices`: it listens, plays its script and ends; bad input is told."""

from __future__ import annotations

import socket

import pytest

from wattstack.cli.app import run

CAMPUS = """\
wattstack: 1
name: test
place: {{latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}}
currency: JPY
time: {{start: 2022-04-01T00:00+09:00, end: 2022-04-03T00:00+09:00, step: 30min}}
load: {{halls: {{it_mw: 20}}}}
grid: {{connection: {{firm_mw: 50}}, tariff: {{energy: {{price_per_mwh: 10000}}}}}}
devices:
  grid.connection: {{template: "library:meter-generic", host: 127.0.0.1, port: {port}}}
"""
FAULTS = "faults: [{at_s: 5, device: grid.connection, kind: outage, lasts_s: 5}]\n"


@pytest.fixture
def files(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    campus, faults = tmp_path / "campus.yaml", tmp_path / "faults.yaml"
    campus.write_text(CAMPUS.format(port=port))
    faults.write_text(FAULTS)
    return str(campus), str(faults), port


def test_devices_listen_and_faults_are_played(files, capsys):
    campus, faults, port = files
    assert run(["simulate-devices", campus, "--speed", "60", "--faults", faults, "--for", "0.5"]) == 0
    out = capsys.readouterr().out
    assert f"grid.connection  meter-generic  127.0.0.1:{port} unit 1" in out
    assert "grid.connection: outage begins" in out and "grid.connection: outage ends" in out


def test_a_script_that_names_what_is_not_there_is_told(files, tmp_path, capsys):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("faults: [{at_s: 5, device: battery.main, kind: outage}]\n")
    assert run(["simulate-devices", files[0], "--faults", str(wrong)]) == 2
    assert "must be a device of the campus" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(files, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", files[2]))
        taken.listen()
        assert run(["simulate-devices", files[0], "--for", "1"]) == 2
    assert "cannot be listened on" in capsys.readouterr().err


def test_ctrl_c_ends_it_in_words(files, capsys, monkeypatch):
    from wattstack.operate.simulated import SimulatedSite

    async def stopped(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(SimulatedSite, "start", stopped)
    assert run(["simulate-devices", files[0]]) == 130
    assert "nobody listens any more" in capsys.readouterr().err


def test_site_begins_where_it_is_told_and_its_truth_is_written(files, tmp_path, capsys):
    assert run(["simulate-devices", files[0], "--start", "noon"]) == 2
    assert "must be a time with its zone" in capsys.readouterr().err
    log = tmp_path / "really.csv"
    words = ["--start", "2022-04-01T12:00+09:00", "--log", str(log), "--speed", "200", "--for", "1"]
    assert run(["simulate-devices", files[0], *words]) == 0
    rows = [line.split(",") for line in log.read_text(encoding="utf-8").splitlines()]
    assert rows[0][:3] == ["utc_s", "seconds", "load_mw"] and len(rows) >= 3
    assert 0.0 <= float(rows[1][0]) - 1648782000.0 < 120.0
