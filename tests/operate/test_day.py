"""A day of a simulated site: its file, and a few hours of one over real sockets, fast, with what goes wrong in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.operate.conftest import CAMPUS
from wattstack.campus import read_campus
from wattstack.errors import InputError
from wattstack.operate import operate_campus, prepare_campus, recount_day
from wattstack.operate.day import LEAD_S, read_day, write_day_files
from wattstack.operate.historian import Store

# of the site's clock: a decision is 12 s of the site, on a machine that is slow it may be a minute
SPEED = 120
DAY = f"""
day: 2022-04-12
speed: {SPEED}
faults:
  - {{at: "00:32", device: battery.main, kind: silent, lasts_s: 600}}
  - {{at: "01:05", device: grid.connection, kind: outage, lasts_s: 360}}
"""


DEVICES = ("grid.connection", "battery.main", "load.hall")
PARIS_YEAR = "time: {start: 2026-01-01T00:00+01:00, end: 2027-01-01T00:00+01:00, step: 1h}"


def day_beside(campus_file: Path, text: str = DAY) -> Path:
    path = campus_file.with_name("day.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def test_day_is_local_and_its_faults_count_from_half_an_hour_before(campus_file):
    day = read_day(day_beside(campus_file), read_campus(campus_file), DEVICES)
    assert (
        day.start == datetime(2022, 4, 11, 15, tzinfo=UTC) and (day.end - day.start).total_seconds() == 86400
    )
    assert (day.start - day.begin).total_seconds() == LEAD_S
    assert day.faults[0] == {
        "at_s": LEAD_S + 32 * 60,
        "device": "battery.main",
        "kind": "silent",
        "lasts_s": 600,
    }
    assert day.seconds == pytest.approx((86400 + LEAD_S) / SPEED + 10)


@pytest.fixture
def paris(campus_file):
    """The small campus, over a year of a place where clocks are set ahead and back."""
    text = campus_file.read_text(encoding="utf-8").replace("Asia/Tokyo", "Europe/Paris")
    text = text.replace(
        "time: {start: 2022-04-01T00:00+09:00, end: 2022-05-01T00:00+09:00, step: 1h}", PARIS_YEAR
    )
    campus_file.write_text(text, encoding="utf-8")
    return campus_file


@pytest.mark.parametrize(("date", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-06-10", 24)])
def test_a_day_has_as_many_hours_as_the_clocks_there_let_it_have(paris, date, hours):
    text = f'day: {date}\nfaults: [{{at: "14:10", device: grid.connection, kind: outage, lasts_s: 360}}]\n'
    day = read_day(day_beside(paris, text), read_campus(paris), DEVICES)
    assert day.end.timestamp() - day.start.timestamp() == 3600.0 * hours
    assert day.seconds == pytest.approx((3600.0 * hours + LEAD_S) / 144.0 + 10.0)
    assert day.begin.timestamp() == day.start.timestamp() - LEAD_S
    at = datetime.fromtimestamp(day.begin.timestamp() + day.faults[0]["at_s"], ZoneInfo("Europe/Paris"))
    assert f"{at:%Y-%m-%d %H:%M}" == f"{date} 14:10"


@pytest.mark.parametrize(
    ("date", "clock", "hour_utc"),
    [("2026-10-25", "02:30", 0.5), ("2026-10-25", "03:00", 2.0), ("2026-03-29", "02:30", 1.5)],
    ids=["twice: the first", "after it", "never: as much later"],
)
def test_a_clock_that_a_day_has_twice_or_never_is_the_first_or_later(paris, date, clock, hour_utc):
    text = f'day: {date}\nfaults: [{{at: "{clock}", device: battery.main, kind: silent}}]\n'
    day = read_day(day_beside(paris, text), read_campus(paris), DEVICES)
    midnight = datetime.fromisoformat(f"{date}T00:00+00:00").timestamp()
    assert day.begin.timestamp() + day.faults[0]["at_s"] == midnight + 3600.0 * hour_utc


@pytest.mark.parametrize(("date", "hours"), [("2026-10-25", 25), ("2026-03-29", 23)])
def test_a_day_of_any_length_is_recounted_whole(paris, date, hours, tmp_path):
    from wattstack.operate.recount import _local_day, _shown, _Span

    zone = ZoneInfo("Europe/Paris")
    assert _local_day(zone, None, date, tmp_path).axis.count == 60 * hours
    write_day_files(read_day(day_beside(paris, f"day: {date}\n"), read_campus(paris), DEVICES), tmp_path)
    told = _shown(tmp_path)
    shown = _Span(datetime.fromisoformat(told["start"]), datetime.fromisoformat(told["end"]))
    assert shown.axis.count == 60 * hours and f"{shown.start:%Y-%m-%d %H:%M}" == f"{date} 00:00"


def test_wrong_input_of_a_simulated_site_is_refused_before_anything_is_planned_or_started(campus_file):
    text = campus_file.read_text(encoding="utf-8").replace("power_mw: 4,", "power_mw: {max: 4},")
    campus_file.write_text(text, encoding="utf-8")
    script, said = campus_file.with_name("faults.yaml"), []
    script.write_text("faults: [{at_s: 1, device: battery.main, kind: [1]}, {at_s: -1}]\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        operate_campus(campus_file, True, faults=script, say=said.append)
    assert len(error.value.faults) == 4
    day = day_beside(
        campus_file, 'day: 2022-04-12\nfaults: [{at: "01:00", device: battery.main, kind: {}}]\n'
    )
    with pytest.raises(InputError, match="must be one of: silent"):
        operate_campus(campus_file, True, day=day, say=said.append)
    assert said == [] and not (campus_file.parent / "operate-data").exists()


def test_usual_day_takes_ten_minutes(campus_file):
    day = read_day(day_beside(campus_file, "day: 2022-04-12\n"), read_campus(campus_file), DEVICES)
    assert (day.speed, day.faults) == (144.0, ()) and 600 < day.seconds < 640


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day: 12\nspeed: fast\nfaults: 3\n", "day.*speed.*faults"),
        (
            'day: 2022-04-12\nwhen: 3\nfaults: [{at: "25:00", device: a, kind: silent}]\n',
            "when.*clock in quotes",
        ),
        ("day: 2022-04-01\n", "not at its very beginning"),
        ("day: 2023-04-12\n", "must lie in 2022-04-01 .. 2022-05-01"),
        ("speed: true\nday: tomorrow\n", "must be a date.*must be a number above 0"),
        ("day: 9999-12-31\nspeed: 0\n", "must lie in 2022-04-01 .. 2022-05-01.*must be a number above 0"),
        ("day: 0001-01-01\n", "must lie in 2022-04-01 .. 2022-05-01"),
        (
            'day: 2022-04-01\n1: 2\nfaults: [{at: "26:00", device: a, kind: {}, lasts_s: x}, 3]\n',
            r"1 .*not at its very.*\[0\]\.at .*\[0\]\.device.*\[0\]\.kind.*\[0\]\.lasts_s.*faults\[1\]",
        ),
        (
            'day: 2022-04-12\nfaults: [{at: "01:00", at_s: 3, device: a, kind: silent}]\n',
            "must have one of them",
        ),
        ("day: 2022-04-12\nfaults: {}\n", "faults .*must be a list"),
    ],
)
def test_wrong_day_is_refused_with_all_its_faults(campus_file, text, said):
    with pytest.raises(InputError) as error:
        read_day(day_beside(campus_file, text), read_campus(campus_file), DEVICES)
    import re

    assert re.search(said, str(error.value).replace("\n", " "))


def test_fault_of_a_device_that_is_not_there_is_refused(campus_file):
    path = day_beside(campus_file, DAY.replace("battery.main", "battery.mian"))
    with pytest.raises(InputError, match=r"battery\.mian"):
        prepare_campus(campus_file, simulated=True, day=path)


def test_day_begins_with_the_energy_of_the_plan_in_a_folder_of_its_own(campus_file):
    path = day_beside(campus_file)
    made = prepare_campus(campus_file, simulated=True, day=path, say=lambda line: None)
    assert made.folder == campus_file.parent / "operate-data" / "2022-04-12" and made.day.speed == SPEED
    (made.folder / "history.sqlite").touch()
    again = prepare_campus(campus_file, simulated=True, day=path, say=lambda line: None)
    assert again.folder.name == "2022-04-12-2"
    with pytest.raises(InputError, match="holds a history already"):
        prepare_campus(campus_file, simulated=True, day=path, folder=made.folder, say=lambda line: None)


def test_campus_without_devices_is_told_to_see_its_day_first(campus_file):
    with pytest.raises(InputError, match=r"Type: wattstack operate .* --simulated --speed 60"):
        prepare_campus(campus_file)
    day_beside(campus_file)
    with pytest.raises(InputError, match=r"Type: wattstack operate \S+ --day \S+day\.yaml"):
        prepare_campus(campus_file)


# -- a few hours over real sockets -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown():
    """A site whose load passes what the month is billed for, every night from eleven to three: run for two hours."""
    with TemporaryDirectory(prefix="day") as folder:
        root = Path(folder)
        hours = np.arange(30 * 24)
        night = np.isin(hours % 24, (23, 0, 1, 2))
        rows = [
            f"2022-04-{hour // 24 + 1:02d}T{hour % 24:02d}:00+09:00,{12 if high else 8}"
            for hour, high in enumerate(night)
        ]
        (root / "load.csv").write_text("time,mw\n" + "\n".join(rows) + "\n", encoding="utf-8")
        text = CAMPUS.replace("{draw_mw: 10}", "{draw_mw: series:hall_mw}")
        text = text.replace("connection: {firm_mw: 14}", "connection: {firm_mw: 16}")
        demand = "demand: {monthly: {price_per_mw_month: 1770000, interval: 30min}}"
        text = text.replace("price_per_mwh: 10000}}", "price_per_mwh: 10000}, " + demand + "}").replace(
            "step: 1h", "step: 30min"
        )
        text = text.replace("power_mw: 4, energy_mwh: 16", "power_mw: 14, energy_mwh: 24")
        text += "series: {hall_mw: {source: csv, file: load.csv, column: mw, unit: MW, time_column: time}}\n"
        text += "duties: {backup: {duration_h: 0.2, load_frac: 0.5}}\n"
        (root / "campus.yaml").write_text(text, encoding="utf-8")
        day = day_beside(root / "campus.yaml")
        told = []
        operate_campus(root, True, folder=root / "ran", day=day, seconds=9360.0 / SPEED, say=told.append)
        yield root / "ran", told


def really(folder: Path) -> np.ndarray:
    return np.genfromtxt(folder / "really.csv", delimiter=",", names=True, deletechars="")


def events(folder: Path):
    store = Store(folder / "history.sqlite", read_only=True)
    try:
        return store.events(*store.span_s, most=-1)
    finally:
        store.close()


def test_no_process_died_and_the_load_was_served_while_the_grid_was_away(shown):
    folder, told = shown
    assert not [line for line in told if "ended" in line], told
    rows = really(folder)
    away = rows["grid.import_mw"] < 0.1
    assert away.sum() >= 4 and rows["battery_mw"][away].max() == pytest.approx(12.0, rel=0.05)
    assert rows["unserved_mw"].max() == 0.0


def test_billed_peak_is_held_where_the_battery_answers(shown):
    folder, _ = shown
    target = prepare_target(folder)
    rows = really(folder)
    assert target < 11.0 < rows["load_mw"].max()
    energy = np.concatenate([[0.0], np.cumsum(rows["grid.import_mw"] * rows["seconds"])]) / 3600.0
    moments = np.concatenate([[rows["utc_s"][0] - rows["seconds"][0]], rows["utc_s"]])
    edges = datetime(2022, 4, 11, 15, tzinfo=UTC).timestamp() + 1800.0 * np.arange(5)
    edges = edges[edges <= moments[-1]]
    means = 2.0 * np.diff(np.interp(edges, moments, energy))
    assert len(means) >= 3
    held = [mean for k, mean in enumerate(means) if k != 1]  # the battery was silent for a third of that one
    assert max(held) <= 1.05 * target  # what lies between two decisions is made up for within the interval


def prepare_target(folder: Path) -> float:
    return read_campus(folder / "campus.yaml").control.peak_target_mw["2022-04"]


def test_battery_that_died_is_used_again_within_five_seconds(shown):
    folder, _ = shown
    lost = [e for e in events(folder) if e.channel == "battery.main" and e.text.startswith("is lost")]
    begin = datetime(2022, 4, 11, 15, 32, tzinfo=UTC).timestamp()
    back = [
        e.utc_s
        for e in events(folder)
        if e.channel == "battery.main" and e.text == "answers again" and e.utc_s > begin
    ]
    assert [e for e in lost if begin <= e.utc_s <= begin + 600.0]
    assert -60.0 <= min(back) - begin - 600.0 <= 5.0 * SPEED  # two clocks, a period apart


def test_reasons_stand_in_the_history_and_are_not_repeated(shown):
    folder, _ = shown
    told = [e for e in events(folder) if e.level == "command" and e.channel == "battery.main"]
    words = " | ".join(e.text for e in told)
    assert (
        "keeps the metering interval at its target" in words
        and "carries the campus without the grid" in words
    )
    assert "planner: " in words  # the plan's own words
    assert len(told) < 60  # of 780 decisions
    assert [e for e in events(folder) if e.level == "alarm" and (e.channel, e.text) == ("grid", "is away")]


def test_the_day_is_laid_beside_its_plan_and_its_twin(shown, tmp_path):
    from wattstack.report import write_report

    folder, _ = shown
    told = json.loads((recount_day(folder) / "day.json").read_text(encoding="utf-8"))
    lines = told["lines"]
    assert [line["line"] for line in lines] == [
        "plan",
        "look-ahead",
        "forecast",
        "reserve",
        "losses",
        "outage",
        "site",
    ]
    assert sum(line["difference"] for line in lines) == pytest.approx(lines[-1]["cost"] - lines[0]["cost"])
    assert len(told["intervals"]["day"]) == 48 and told["figures"]["day"]["unserved_mwh"] == 0.0
    assert told["away"] == [[3900.0, 4260.0]]
    page = write_report(folder, tmp_path / "day.html").read_text(encoding="utf-8")
    for words in (
        "a day as it was run",
        "The grid was away for 6 min, and all load was served",
        "answers nobody",
    ):
        assert words in page


def test_recount_needs_a_site_that_ran(tmp_path, campus_file):
    with pytest.raises(InputError, match="no site ran here"):
        recount_day(tmp_path)
