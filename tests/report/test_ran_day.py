"""The page of a day that was run, from a tiny recorded folder."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.report import write_report
from wattstack.report.figures.ran_day import _clock
from wattstack.series import TimeAxis, Traces, write_traces

START = "2022-08-16T00:00:00+09:00"
START_S = datetime.fromisoformat(START).timestamp()
FIGURES = {
    "load_mwh": 240.0, "imported_mwh": 230.0, "exported_mwh": 0.0, "solar_mwh": 5.0, "generated_mwh": 5.0,
    "discharged_mwh": 12.0, "charged_mwh": 13.0, "unserved_mwh": 0.0, "highest_interval_mw": 9.5, "demand_share": 500.0,
    "import_cost": 2000.0, "fuel_cost": 100.0, "energy_cost": 2100.0, "stored_start_mwh": 4.0, "stored_end_mwh": 5.0,
    "lowest_stored_mwh": 3.0,
}  # fmt: skip
LINE = {"meaning": "with it", "cost": 2000.0, "difference": 0.0, "highest_interval_mw": 9.5, "peak_difference_mw": 0.0,
        "unserved_mwh": 0.0}  # fmt: skip


def told_at(hour: float, level: str, channel: str, text: str, count: int = 1) -> dict:
    utc_s = START_S + 3600.0 * hour
    return {"utc_s": utc_s, "level": level, "channel": channel, "text": text, "count": count, "last_s": utc_s}


def recorded(folder: Path, peak: bool = True, **more) -> Path:
    """FOLDER/day as a live site leaves it."""
    axis = TimeAxis(np.datetime64("2022-08-15T15:00", "s"), 60, 1440)
    flat = lambda value: np.full(1440, value)  # noqa: E731
    arrays = {"price_per_mwh": flat(8.0)}
    flows = {"load_mw": 10.0, "grid.import_mw": 9.0, "battery_mw": 1.0, "stored_mwh": 4.0, "solar_mw": 0.2}
    flows |= {"unserved_mw": 0.0, "generator_mw": 0.0}
    for who in ("plan", "twin", "day"):
        arrays |= {f"{who}:{name}": flat(value) for name, value in flows.items()}
    if peak:
        arrays |= {
            "day:control.peak_mw": flat(9.4),
            "day:control.reserve_mwh": flat(2.0),
            "day:control.sure_mwh": flat(3.5),
        }
    summary = {
        "wattstack_day": 1, "kind": "day", "name": "tiny", "description": "", "currency": "JPY",
        "place": {"time_zone": "Asia/Tokyo"}, "start": START, "end": "2022-08-17T00:00:00+09:00", "simulated": True,
        "speed": 144.0, "period_s": 0.1, "sizes": {}, "library": {}, "source": "what was measured",
        "inputs": [{"name": "price_per_mwh", "file": "p.csv", "sha256": "ab" * 32, "rows": 24, "step_s": 3600,
                    "synthetic": True, "note": "", "source": ""}],
        "figures": {who: dict(FIGURES) for who in ("plan", "twin", "day")},
        "lines": [{"line": name, **LINE} for name in ("plan", "forecast", "outage", "site")],
        "intervals": {who: [9.0] * 47 + [9.5] for who in ("plan", "twin", "day")},
        "faults": [{"at_s": 36_000.0, "device": "battery.main", "kind": "silent", "lasts_s": 600.0},
                   {"at_s": 50_000.0, "device": "grid.connection", "kind": "outage", "lasts_s": 360.0},
                   {"at_s": 60_000.0, "device": "solar.roof", "kind": "odd <kind>"}],
        "events": [told_at(10.01, "alarm", "battery.main", "is lost: no answer within 0.3 s"),
                   told_at(10.2, "info", "battery.main", "answers again"),
                   told_at(13.9, "alarm", "grid", "is away"),
                   told_at(13.91, "command", "battery.main", "4 MW: carries the campus without the grid", 3),
                   told_at(23.6, "command", "battery.main", "1 MW: <b>planner</b>: waits")],
        "away": [[50_000.0, 50_360.0]],
    } | more  # fmt: skip
    (folder / "day").mkdir(parents=True)
    write_traces(Traces(axis, arrays), folder / "day" / "traces.parquet")
    (folder / "day" / "day.json").write_text(json.dumps(summary), encoding="utf-8")
    return folder


def page_of(folder: Path) -> str:
    return write_report(folder, folder / "page.html").read_text(encoding="utf-8")


def test_page_says_whether_the_peak_was_held_and_the_load_served(tmp_path):
    page = page_of(recorded(tmp_path / "ran"))
    assert "The grid was away for 6 min, and all load was served." in page
    assert "0.1\u00a0MW above its target of 9.4\u00a0MW" in page
    assert "SIMULATED devices" in page and "SYNTHETIC" in page
    assert "at the worst error of the gauge 1.5" in page


def test_peak_within_a_hair_of_its_target_is_called_held(tmp_path):
    figures = {who: FIGURES | {"highest_interval_mw": 9.41} for who in ("plan", "twin", "day")}
    assert "within 0.01\u00a0MW of its target" in page_of(recorded(tmp_path / "ran", figures=figures))


def test_load_that_was_not_served_is_said_first(tmp_path):
    figures = {who: FIGURES | {"unserved_mwh": 2.0} for who in ("plan", "twin", "day")}
    assert "and 2\u00a0MWh were not served" in page_of(recorded(tmp_path / "ran", figures=figures))


def test_each_fault_has_what_was_told_and_when_the_device_was_back(tmp_path):
    page = page_of(recorded(tmp_path / "ran"))
    assert "answers nobody" in page and "is lost: no answer within 0.3 s" in page
    assert "used again 0.8 s after it answered" in page  # 10:12:00 less 10:10:00, 144 times as fast
    assert "is away; 4 MW: carries the campus without the grid" in page
    assert "nothing had to be told" in page


def test_words_of_a_file_are_never_taken_for_html(tmp_path):
    page = page_of(recorded(tmp_path / "ran"))
    assert "odd &lt;kind&gt;" in page and "<b>planner</b>" not in page


def test_day_without_a_peak_without_faults_and_in_real_time(tmp_path):
    folder = recorded(tmp_path / "ran", peak=False, faults=[], events=[], away=[], speed=1.0, simulated=False)
    page = page_of(folder)
    assert "no peak was held" in page and "in real time" in page and "No peak was to be held" in page
    assert "What went wrong" not in page and "SIMULATED devices" not in page


def test_long_list_of_events_is_folded(tmp_path):
    many = [told_at(k / 10.0, "command", "battery.main", f"{k} MW: planner: waits") for k in range(40)]
    assert "<details><summary>40 lines" in page_of(recorded(tmp_path / "ran", events=many))


def test_day_stands_for_itself_and_its_layout_is_looked_at(tmp_path):
    folder = recorded(tmp_path / "ran")
    with pytest.raises(InputError, match="stands for itself"):
        write_report(folder, tmp_path / "page.html", other=folder)
    (folder / "day" / "day.json").write_text('{"wattstack_day": 9}', encoding="utf-8")
    with pytest.raises(InputError, match="has layout 9, must be 1"):
        write_report(folder, tmp_path / "page.html")
    (folder / "day" / "day.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        write_report(folder, tmp_path / "page.html")


@pytest.mark.parametrize(
    ("start", "hours", "noon"),
    [
        ("2026-06-10T00:00:00+02:00", 24, 12),
        ("2026-10-25T00:00:00+02:00", 25, 13),
        ("2026-03-29T00:00:00+01:00", 23, 11),
    ],
)
def test_the_clock_below_the_figure_is_the_local_one_on_a_day_of_any_length(start, hours, noon):
    ticks = _clock({"start": start, "place": {"time_zone": "Europe/Paris"}}, 60 * hours)
    shown = dict(zip(ticks["ticktext"], ticks["tickvals"], strict=True))
    assert (shown["0:00"], shown["12:00"], shown["24:00"]) == (0.0, noon, hours)
    assert list(shown) == [f"{hour}:00" for hour in range(0, 25, 3)]
