"""Jobs, serving and what smooths them, as declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from wattstack.campus import Hall, campus_schema
from wattstack.campus.compute import GpuSmoothing, Inference, Job, Pause, RackStorage
from wattstack.errors import InputError

GB200 = 1.83  # kW a GPU, library:gb200-nvl72


def faults_of(build):
    """{place: sentence} of a declaration by itself."""
    with pytest.raises(ValidationError) as caught:
        build()
    records = caught.value.errors(include_url=False)
    return {f.where: f.what for record in records for f in record["ctx"]["faults"]}


def test_the_swing_of_a_job_is_that_of_one_of_its_equals_and_its_power_that_of_all():
    job = Job(gpus=10_000, count=3, power_per_gpu_kw=2.0, high_frac=0.9, low_frac=0.4)
    assert job.full_mw == pytest.approx(60.0) and job.swing_mw == pytest.approx(10.0)


@given(low=st.floats(0, 0.5), high=st.floats(0.5, 1), duty=st.floats(0.1, 0.9))
def test_the_mean_of_a_job_lies_between_low_and_high(low, high, duty):
    job = Job(gpus=1, power_per_gpu_kw=1, low_frac=low, high_frac=high, duty_frac=duty)
    assert low - 1e-12 <= job.mean_frac <= high + 1e-12


def test_a_job_that_communicates_above_its_computing_is_refused():
    assert faults_of(lambda: Job(gpus=1, power_per_gpu_kw=1, low_frac=0.9, high_frac=0.8)) == {
        "low_frac": "is 0.9, must not be above high_frac 0.8. Exchange them."
    }


@pytest.mark.parametrize(
    ("given_", "high", "low"),
    [({"rise_s": 2.6}, 2.55, 0.45), ({"fall_s": 0.5}, 2.55, 0.45), ({"duty_frac": 1.0}, 3.0, 0.0)],
)
def test_edges_that_do_not_fit_into_the_iteration_are_refused(given_, high, low):
    told = faults_of(lambda: Job(gpus=1, power_per_gpu_kw=1, **given_))["period_s"]
    assert told.startswith("is 3, with duty_frac") and f"{high:.3g} s high and {low:.3g} s low" in told


def test_a_job_that_never_communicates_needs_edges_of_nothing():
    job = Job(gpus=1, power_per_gpu_kw=1, duty_frac=1, fall_s=0)
    assert job.mean_frac == job.high_frac


def test_a_pause_ends_before_the_next_begins():
    assert faults_of(lambda: Pause(every_s=10, lasts_s=10)) == {
        "lasts_s": "is 10, must be below every_s 10. Pause for less, or less often."
    }


def test_a_fleet_draws_at_most_its_full_power():
    told = faults_of(
        lambda: Inference(
            gpus=1, power_per_gpu_kw=1, base_frac=0.5, slope_frac=0.6, utilisation_frac=0.8, peak_frac=1.3
        )
    )
    assert told == {
        "slope_frac": "is 0.6, with base_frac 0.5 more than full power. Lower one of them.",
        "peak_frac": "is 1.3, with utilisation_frac 0.8 the peak is above 1. Lower one of them.",
    }
    assert Inference(gpus=8000, power_per_gpu_kw=1.5).full_mw == pytest.approx(12.0)


def test_a_floor_and_a_burner_stay_below_the_cap():
    assert set(faults_of(lambda: GpuSmoothing(floor_frac=0.8, burner_frac=0.9, cap_frac=0.7))) == {
        "floor_frac",
        "burner_frac",
    }


@pytest.mark.parametrize(
    ("part", "given_"),
    [
        (Job, {"gpus": 0}), (Job, {"gpus": 1.5}), (Job, {"duty_frac": 1.1}), (Job, {"duty_frac": -0.1}),
        (Job, {"period_s": 0}), (Job, {"count": 0}), (Job, {"count": 1001}), (Job, {"overshoot_frac": 0.9}),
        (Job, {"tier": 4}), (Job, {"phase_frac": 1.01}), (Job, {"power_per_gpu_kw": 0}),
        (Job, {"server": "gb200-nvl72"}), (Job, {"restart_s": 0}), (Job, {"rise_s": -1}),
        (Pause, {"every_s": 0}), (Pause, {"drop_frac": 2}), (Inference, {"peak_frac": 0.9}),
        (Inference, {"peak_hour": 24}), (Inference, {"trough_frac": 1.1}), (GpuSmoothing, {"cap_frac": 0}),
        (GpuSmoothing, {"ramp_up_frac_per_s": 0}), (RackStorage, {"round_trip_eff": 0}),
        (RackStorage, {"round_trip_eff": 1.1}), (RackStorage, {"energy_j_per_gpu": 0}), (Job, {"duty": 0.8}),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused(part, given_):
    whole = {"gpus": 1, "power_per_gpu_kw": 1.0} if part in (Job, Inference) else {}
    with pytest.raises(ValidationError):
        part(**{**whole, **given_})


def test_a_hall_counts_jobs_serving_network_and_storage():
    hall = Hall(
        it_mw=100,
        jobs={"main": Job(gpus=20_000, power_per_gpu_kw=2.0)},
        inference={"chat": Inference(gpus=10_000, power_per_gpu_kw=2.0)},
        network_frac=0.1,
    )
    assert hall.compute_mw == pytest.approx(66.0)
    assert Hall(it_mw=100).compute_mw == 0.0


def test_jobs_larger_than_the_hall_are_refused():
    told = faults_of(lambda: Hall(it_mw=100, jobs={"main": Job(gpus=60_000, power_per_gpu_kw=2.0)}))["jobs"]
    assert told.startswith("draw 127.2 MW at full power")
    assert told.endswith("must fit into it_mw 100. Take fewer gpus, or raise it_mw.")


def test_jobs_take_the_numbers_of_their_servers_and_keep_their_own(campus_of):
    load = {
        "halls": {
            "it_mw": 100, "server": "library:gb200-nvl72",
            "jobs": {"a": {"gpus": 100}, "b": {"gpus": 100, "idle_frac": 0.2}},
            "inference": {"chat": {"gpus": 100, "server": "library:gb200-nvl72"}},
        }
    }  # fmt: skip
    campus = campus_of(load=load)
    hall = campus.load["halls"]
    assert [hall.jobs[n].power_per_gpu_kw for n in "ab"] == [GB200, GB200]
    assert (hall.jobs["a"].idle_frac, hall.jobs["b"].idle_frac) == (0.29, 0.2)
    assert hall.inference["chat"].power_per_gpu_kw == GB200
    assert ("servers", "gb200-nvl72") in [(p["kind"], p["name"]) for p in campus.passports]


def test_a_job_without_a_server_gives_its_power_itself(told):
    found = told(("{it_mw: 100}", "{it_mw: 100, jobs: {a: {gpus: 4}}}"))
    assert list(found) == ["load.halls.jobs.a.power_per_gpu_kw"]
    assert (
        "is missing, must be given. It is: Power of a full node"
        in found["load.halls.jobs.a.power_per_gpu_kw"]
    )


def test_a_server_that_is_not_in_the_library_is_told_once_where_it_stands(told):
    found = told(
        ("{it_mw: 100}", "{it_mw: 100, server: library:gb20-nvl72, jobs: {a: {gpus: 4}, b: {gpus: 4}}}")
    )
    assert list(found) == ["load.halls.server"]
    assert (
        "is not among the servers of the library. Nearest: 'library:gb200-nvl72'."
        in found["load.halls.server"]
    )
    own = told(("{it_mw: 100}", "{it_mw: 100, jobs: {a: {gpus: 4, server: library:gb20-nvl72}}}"))
    assert list(own) == ["load.halls.jobs.a.server"]


@pytest.mark.parametrize(
    ("jobs", "where"),
    [
        ("3", "load.halls.jobs"),
        ("{a: 3}", "load.halls.jobs.a"),
        ("{a: {gpus: 4, dutyfrac: 1}}", "load.halls.jobs.a"),
    ],
)
def test_jobs_that_are_no_mapping_are_told(told, jobs, where):
    found = told(("{it_mw: 100}", f"{{it_mw: 100, server: library:gb200-nvl72, jobs: {jobs}}}"))
    assert all(place.startswith(where) for place in found)


def test_a_plain_load_has_no_jobs(told):
    found = told(("{it_mw: 100}", "{draw_mw: 100, jobs: {}}"))
    assert found["load.halls.jobs"].startswith("is not a key here. There are: draw_mw.")


def test_the_schema_lets_the_server_bring_the_power():
    parts = campus_schema()["$defs"]
    assert parts["Job"]["required"] == parts["Inference"]["required"] == ["gpus"]


def test_a_campus_with_jobs_is_written_and_read_back(file_of, small_text, tmp_path):
    from wattstack.campus import read_campus, write_campus

    jobs = "{it_mw: 100, server: library:gb200-nvl72, jobs: {a: {gpus: 4, checkpoint: null}}}"
    campus = read_campus(file_of(small_text.replace("{it_mw: 100}", jobs)))
    write_campus(campus.sized({"battery.main.power_mw": 5.0}), tmp_path / "sized.yaml")
    again = read_campus(tmp_path / "sized.yaml")
    assert again.load == campus.load and again.load["halls"].jobs["a"].checkpoint is None
    with pytest.raises(InputError):
        read_campus(file_of(small_text.replace("{it_mw: 100}", jobs.replace("4,", "40000000,"))))
