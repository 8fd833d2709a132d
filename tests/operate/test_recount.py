"""A day counted the same way for plan, twin and site; a real site's day out of its history."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from wattstack.campus import read_campus
from wattstack.case import build_case
from wattstack.operate.accounts import Course, account, interval_means
from wattstack.operate.historian import Event, Store
from wattstack.operate.measured import measured_day, told_of
from wattstack.operate.recount import recount_day
from wattstack.series import TimeAxis, Traces

DAY = datetime(2022, 4, 10, 15, tzinfo=UTC)  # midnight in Osaka
AXIS = TimeAxis(np.datetime64("2022-04-10T15:00", "s"), 60, 1440)
START_S = DAY.timestamp()


def course(**more) -> Course:
    flat = {
        name: np.zeros(1440)
        for name in ("load_mw", "import_mw", "export_mw", "solar_mw", "battery_mw", "unserved_mw")
    }
    flat |= {"generator_mw": {}, "stored_mwh": np.zeros(1440), "stored_start_mwh": 0.0}
    return Course(**flat | more)


@pytest.fixture
def case(campus_file):
    campus = read_campus(campus_file)
    time = campus.time.model_copy(update={"start": DAY, "end": DAY.replace(day=11), "step": "1min"})
    return build_case(campus.model_copy(update={"time": time}))


def test_day_of_ten_megawatts_costs_what_a_person_counts(case):
    told = account(case, course(import_mw=np.full(1440, 10.0), stored_mwh=np.linspace(4, 8, 1440)), AXIS)
    assert told["imported_mwh"] == pytest.approx(240.0)
    assert told["energy_cost"] == told["import_cost"] == pytest.approx(240.0 * 10_000)
    assert (told["stored_end_mwh"], told["lowest_stored_mwh"], told["demand_share"]) == (8.0, 4.0, 0.0)


def test_interval_that_was_high_for_half_its_time_counts_with_its_mean(case):
    flow = np.zeros(1440)
    flow[60:75] = 12.0
    means = interval_means(case, flow, AXIS)
    assert len(means) == 48 and means[2] == 6.0 and sum(means) == 6.0


def test_course_of_a_run_holds_what_was_stored_before_the_day():
    axis = TimeAxis(np.datetime64("2022-04-10T14:00", "s"), 1800, 60)
    stored = np.arange(60.0)
    arrays = {"load_mw": np.full(60, 9.0), "grid.import_mw": np.full(60, 8.0), "battery.a.stored_mwh": stored,
              "battery.a.discharge_mw": np.full(60, 2.0), "battery.a.charge_mw": np.full(60, 1.0),
              "generator.gas.output_mw": np.full(60, 0.5)}  # fmt: skip
    made = Course.of_run(Traces(axis, arrays), AXIS)
    assert made.stored_start_mwh == 1.0 and made.stored_mwh[0] == 2.0 and made.stored_mwh[-1] == 49.0
    assert made.battery_mw[0] == 1.0 and made.generator_mw["gas"].sum() == 720.0
    assert made.arrays()["generator_mw"][5] == 0.5


@pytest.fixture
def site(campus_file, tmp_path):
    """A real site: a history, no words of a simulated one."""
    text = campus_file.read_text(encoding="utf-8")
    text += "devices: {battery.main: {template: library:sunspec-storage, host: 127.0.0.1, port: 5020}}\n"
    (tmp_path / "campus.yaml").write_text(text, encoding="utf-8")
    store = Store(tmp_path / "history.sqlite")
    names = (
        "load_mw",
        "grid.import_mw",
        "battery.main.power_mw",
        "battery.main.stored_mwh",
        "grid.on",
        "solar_mw",
    )
    for k in range(0, 86_400, 300):
        on = 0.0 if 36_000 <= k < 37_200 else 1.0
        row = (10.0, 9.0 * on, 1.0, 16.0 - k / 86_400.0, on, float("nan"))
        store.append(START_S + k, names, np.array(row, np.float32))
    events = [Event(START_S + 60.0 * k, "alarm", "planner", "no plan", {}) for k in range(4)]
    events.append(Event(START_S + 300.0, "info", "planner", "is over: no plan", {}))
    store.put(events)
    yield tmp_path, store
    store.close()


def test_minutes_of_a_real_site_come_from_its_history(site):
    folder, store = site
    made = measured_day(read_campus(folder / "campus.yaml"), store, folder, AXIS)
    assert made.course.battery_mw[100] == pytest.approx(1.0) and made.course.load_mw[700] == pytest.approx(
        10.0
    )
    assert made.course.stored_start_mwh == pytest.approx(16.0) and made.course.stored_mwh[
        -1
    ] == pytest.approx(15.0, abs=0.01)
    assert np.nansum(made.course.solar_mw) == 0.0
    assert made.away == [(START_S + 36_000.0, START_S + 37_200.0)]
    assert made.source == "what was measured"


def test_what_is_told_again_and_again_is_one_line_with_its_count(site):
    _, store = site
    (told,) = told_of(store, START_S, START_S + 86_400.0)
    assert (told["text"], told["count"]) == ("no plan", 4)


def test_day_of_a_real_site_is_named_or_the_last_whole_one(site):
    import json

    folder, _ = site
    told = json.loads((recount_day(folder, "2022-04-11") / "day.json").read_text(encoding="utf-8"))
    assert not told["simulated"] and told["away"] == [[36_000.0, 37_200.0]]
    assert told["figures"]["day"]["imported_mwh"] == pytest.approx(9.0 * 24 * (1 - 1200 / 86400), rel=0.01)
    from wattstack.errors import InputError

    with pytest.raises(InputError, match="must be a date"):
        recount_day(folder, "yesterday")
    with pytest.raises(InputError, match="holds no history of 2022-04-20"):
        recount_day(folder, "2022-04-20")
