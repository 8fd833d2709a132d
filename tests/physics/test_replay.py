"""A measured log in the place of a job: played as it was, again and again, in proportion."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.physics.compute import make_load, power_wave, step_means

SAMPLES_W = [5000, 9000, 9000, 7000, 6000, 8000, 9000, 4000]


@pytest.fixture
def hall_of(tmp_path):
    """A campus whose only hall plays a log; its file stands beside it."""

    def make(rows=SAMPLES_W, step_s=0.05, it_mw=60.0, **more):
        lines = [f"{k * step_s:.6g},{'' if p is None else p}" for k, p in enumerate(rows)]
        (tmp_path / "log.csv").write_text("time_s,power_w\n" + "\n".join(lines) + "\n", encoding="utf-8")
        raw = {
            "wattstack": 1, "name": "small", "currency": "EUR",
            "place": {"latitude_deg": 50, "longitude_deg": 2, "time_zone": "Europe/Paris"},
            "time": {"start": "2030-01-01T00:00+01:00", "end": "2030-01-02T00:00+01:00", "step": "1h"},
            "load": {"hall": {"it_mw": it_mw, "replay": {"main": {"file": "log.csv", "scale": 5000, **more}}}},
        }  # fmt: skip
        campus = Campus.model_validate(raw)
        campus._base_dir = tmp_path
        return campus

    return make


def test_the_log_is_played_as_it_was_and_begins_again_at_its_end(hall_of):
    load = make_load(hall_of(), groups=7)
    wave = power_wave(load, 0.8, 0.05)["power_mw"]
    assert wave == pytest.approx(np.tile(np.array(SAMPLES_W) * 5000 / 1e6, 2))
    assert load.sources == ("load.hall.replay.main",)
    assert load.group_full_mw.sum() == pytest.approx(45.0)


def test_between_samples_it_runs_straight_whatever_the_step(hall_of):
    load = make_load(hall_of(), groups=3)
    fine = power_wave(load, 0.8, 0.0125)["power_mw"]
    assert fine[::4] == pytest.approx(power_wave(load, 0.8, 0.05)["power_mw"])
    assert fine[2] == pytest.approx((25.0 + 45.0) / 2)


def test_it_begins_where_it_is_told_to(hall_of):
    late = power_wave(make_load(hall_of(begin_s=0.1), groups=1), 0.3, 0.05)["power_mw"]
    assert late == pytest.approx(np.array(SAMPLES_W[2:]) * 5000 / 1e6)


def test_a_hole_is_bridged_and_said(hall_of):
    load = make_load(hall_of([5000, 9000, None, 7000, 6000, 8000, 9000, 4000]), groups=1)
    assert power_wave(load, 0.4, 0.05)["power_mw"][2] == pytest.approx(40.0)
    assert any("12.5% of its samples are missing" in note for note in load.notes)


def test_a_slow_log_says_what_is_not_in_it(hall_of):
    assert any(
        "swings faster than 0.25 Hz are not in it" in n
        for n in make_load(hall_of(step_s=2.0), groups=1).notes
    )


def test_minutes_count_a_replay_with_its_mean(hall_of):
    campus = hall_of()
    means = step_means("hall", campus.load["hall"], np.arange(24.0), 3600, base_dir=campus.base_dir)
    assert means == pytest.approx(np.full(24, np.mean(SAMPLES_W) * 5000 / 1e6))


def test_a_log_larger_than_its_hall_is_refused(hall_of):
    with pytest.raises(InputError, match=r"draws 45 MW at most, must fit into it_mw 40"):
        make_load(hall_of(it_mw=40.0), groups=1)


def test_a_beginning_after_the_end_is_refused(hall_of):
    with pytest.raises(InputError, match=r"begin_s +is 9, must lie in the 0.4 s of the log"):
        make_load(hall_of(begin_s=9.0), groups=1)


def test_a_log_that_is_mostly_holes_is_refused(hall_of):
    with pytest.raises(InputError, match=r"must have 80%"):
        make_load(hall_of([5000] * 20 + [None] * 15 + [7000] * 5), groups=1)


def test_a_log_that_gives_power_is_refused(hall_of):
    with pytest.raises(InputError, match="must draw power, and never give it"):
        make_load(hall_of([5000, -9000, 9000, 7000]), groups=1)


def test_one_run_of_several_is_played(hall_of, tmp_path):
    campus = hall_of(where={"run": 1})
    rows = [f"{run},{0.05 * k:.6g},{1000 * (run + 1) + k}" for run in (0, 1) for k in range(8)]
    (tmp_path / "log.csv").write_text("run,time_s,power_w\n" + "\n".join(rows) + "\n", encoding="utf-8")
    wave = power_wave(make_load(campus, groups=1), 0.4, 0.05)["power_mw"]
    assert wave == pytest.approx((2000 + np.arange(8)) * 5000 / 1e6)


def test_two_runs_in_one_log_are_told_with_the_place_in_the_campus_file(hall_of, tmp_path):
    campus = hall_of()
    rows = [f"{run},{0.05 * k:.6g},1000" for run in (0, 1) for k in range(8)]
    (tmp_path / "log.csv").write_text("run,time_s,power_w\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"load\.hall\.replay\.main power .* two runs in one log"):
        make_load(campus, groups=1)
