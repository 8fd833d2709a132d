"""`wattstack operate`: refused with a way out, or a whole simulated site for some seconds."""

from __future__ import annotations

import json
import subprocess
import sys

from wattstack.cli.app import run

CAMPUS = """
wattstack: 1
name: small
place: {latitude_deg: 34.6, longitude_deg: 135.5, time_zone: Asia/Tokyo}
currency: JPY
time: {start: 2022-04-01T00:00+09:00, end: 2022-04-08T00:00+09:00, step: 1h}
load: {hall: {draw_mw: 10}}
grid:
  connection: {firm_mw: 9, nonfirm_mw: 5}
  tariff: {energy: {price_per_mwh: 10000}}
battery:
  main: {chemistry: library:lfp-grid-2026, power_mw: 4, energy_mwh: 16, capital_per_mwh: 3.0e7, capital_per_mw: 1.0e7,
         fixed_per_mw_year: 0, wear_per_mwh: 300}
finance: {discount_rate_frac: 0.07, horizon_years: 20}
"""


def test_campus_without_devices_is_bad_input(tmp_path, capsys):
    (tmp_path / "campus.yaml").write_text(CAMPUS, encoding="utf-8")
    assert run(["operate", str(tmp_path)]) == 2
    assert "--simulated makes one" in capsys.readouterr().err


def test_real_devices_are_not_hurried(tmp_path, capsys):
    assert run(["operate", str(tmp_path), "--speed", "60"]) == 2
    assert "real devices keep their own time" in capsys.readouterr().err


def test_day_brings_its_own_speed_and_faults(tmp_path, capsys):
    assert run(["operate", str(tmp_path), "--day", "day.yaml", "--speed", "60"]) == 2
    assert "stand in the file of the day" in capsys.readouterr().err


def test_day_of_what_is_no_live_site_is_refused(tmp_path, capsys):
    assert run(["report", str(tmp_path), "--day", "2022-04-02"]) == 2
    assert "goes with the folder of a live site" in capsys.readouterr().err


def test_a_day_ends_with_its_page(tmp_path):
    (tmp_path / "campus.yaml").write_text(CAMPUS, encoding="utf-8")
    (tmp_path / "day.yaml").write_text("day: 2022-04-03\nspeed: 3600\n", encoding="utf-8")
    live = tmp_path / "live"
    words = [
        "operate",
        str(tmp_path),
        "--day",
        str(tmp_path / "day.yaml"),
        "--seconds",
        "15",
        "-o",
        str(live),
    ]
    made = subprocess.run(
        [sys.executable, "-m", "wattstack", *words], capture_output=True, text=True, check=False
    )
    assert (made.returncode, made.stderr) == (0, "")
    assert f"report: {live / 'report.html'}" in made.stdout
    assert (live / "day" / "traces.parquet").is_file() and (live / "report.html").is_file()


def test_simulated_site_is_measured_planned_commanded_and_kept(tmp_path):
    from wattstack.operate.historian import Store

    (tmp_path / "campus.yaml").write_text(CAMPUS, encoding="utf-8")
    live = tmp_path / "live"
    words = ["operate", str(tmp_path), "--simulated", "--speed", "144", "--seconds", "25", "-o", str(live)]
    made = subprocess.run(
        [sys.executable, "-m", "wattstack", *words], capture_output=True, text=True, check=False
    )
    assert (made.returncode, made.stderr) == (0, "")
    assert "all is stopped" in made.stdout
    assert "ended" not in made.stdout  # no process died meanwhile
    plan = json.loads((live / "plan.json").read_text(encoding="utf-8"))
    store = Store(live / "history.sqlite", read_only=True)
    try:
        start_s, end_s = store.span_s
        _, load_mw = store.query("load_mw", start_s, end_s)
        told = {(event.level, event.channel) for event in store.events(start_s, end_s)}
    finally:
        store.close()
    assert 1648738800.0 <= start_s < end_s < 1648738800.0 + 40 * 144
    assert len(load_mw) > 5
    assert all(8.0 < one < 12.0 for one in load_mw)
    assert ("command", "battery.main") in told  # firm power is too little until the utility gives more
    assert ("info", "planner") in told
    assert plan["source"] in ("plan", "first plan")
