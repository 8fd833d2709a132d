"""All servers of a campus as groups of racks: shares, noise, phases between jobs, coherence inside one."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.physics.compute import make_load, power_wave

JOB = {"gpus": 8000, "power_per_gpu_kw": 1.25, "checkpoint": None, "failures_per_gpu_h": 0}
MIXED = {
    "it_mw": 60,
    "jobs": {"big": {**JOB, "gpus": 16000}, "small": {**JOB, "gpus": 4000, "count": 3, "period_s": 1.1}},
    "inference": {"chat": {"gpus": 4000, "power_per_gpu_kw": 1.25}},
    "idle_mw": 1.5,
}


@pytest.mark.tiny
def test_groups_are_shared_by_power_at_least_one_each(servers):
    load = make_load(servers(hall=MIXED), groups=20)
    assert load.sources == (
        "load.hall.jobs.big", "load.hall.jobs.small.1", "load.hall.jobs.small.2", "load.hall.jobs.small.3",
        "load.hall.inference.chat", "load.hall.idle",
    )  # fmt: skip
    assert load.jobs == load.sources[:4]
    count = np.bincount(load.group_source)
    assert count.sum() == 20 and count.min() == 1 and np.argmax(count) == 0
    assert set(load.group_hall) == {"hall"} and len(load.group_hall) == 20
    assert load.group_full_mw.sum() == pytest.approx((20 + 3 * 5 + 5) * 1.06 + 1.5)
    assert load.group_gpus.sum() == pytest.approx(16000 + 12000 + 4000)


@pytest.mark.tiny
def test_sources_and_groups_add_up_to_the_total(servers):
    load = make_load(servers(hall=MIXED), groups=15)
    for channels, count in (("sources", 6), ("groups", 15)):
        wave = power_wave(load, 5.0, 0.05, channels)
        parts = [values for name, values in wave.arrays.items() if name != "power_mw"]
        assert len(parts) == count
        assert np.sum(parts, axis=0) == pytest.approx(wave["power_mw"], rel=1e-12)
    assert power_wave(load, 5.0, 0.05)["power_mw"] == pytest.approx(wave["power_mw"])


@pytest.mark.tiny
def test_the_number_of_groups_changes_nothing_in_sum(servers):
    campus = servers(hall=MIXED)
    few, many = (power_wave(make_load(campus, seed=5, groups=n), 10.0, 0.05, "sources") for n in (6, 60))
    for name in few.arrays:
        assert few[name] == pytest.approx(many[name], rel=1e-12)


def test_a_further_job_moves_no_other(servers):
    more = {**MIXED, "jobs": {"first": {**JOB, "gpus": 800}, **MIXED["jobs"]}}
    before, after = (
        power_wave(make_load(servers(hall=h), groups=30), 10.0, 0.05, "sources") for h in (MIXED, more)
    )
    for name in before.arrays:
        if name != "power_mw":
            assert before[name] == pytest.approx(after[name], rel=1e-12)


@pytest.mark.tiny
def test_the_same_seed_tells_the_same_and_another_another(servers):
    campus = servers(hall=MIXED)
    one, again, other = (power_wave(make_load(campus, seed=s), 3.0, 0.05)["power_mw"] for s in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.tiny
def test_network_does_not_swing_and_idle_nodes_stand(servers):
    hall = {"it_mw": 20, "network_frac": 0.1, "idle_mw": 1.0, "jobs": {"a": {**JOB, "node_noise_frac": 0}}}
    campus = servers(hall=hall)
    load = make_load(campus, groups=4)
    idle = power_wave(load, 1.0, 0.1, "sources", idle=load.jobs)
    assert idle["load.hall.jobs.a"] == pytest.approx(10 * 0.29 + 1.0)
    assert idle["load.hall.idle"] == pytest.approx(1.0)


@pytest.mark.tiny
def test_a_hall_without_jobs_draws_its_mean(servers):
    load = make_load(
        servers(hall={"it_mw": 10, "idle_frac": 0.3, "utilisation_frac": 0.8}, rest={"draw_mw": 3})
    )
    assert load.sources == ("load.hall",) and load.jobs == ()
    assert power_wave(load, 1.0, 0.1)["power_mw"] == pytest.approx(10 * (0.3 + 0.7 * 0.8))


@pytest.mark.tiny
def test_a_hall_of_idle_servers_alone_draws_them(servers):
    load = make_load(servers(hall={"it_mw": 10, "idle_mw": 2}))
    assert power_wave(load, 1.0, 0.1)["power_mw"] == pytest.approx(2.0)


@pytest.mark.tiny
def test_too_few_groups_and_no_hall_are_told(servers):
    with pytest.raises(InputError, match=r"groups.*is 3, must be at least 6"):
        make_load(servers(hall=MIXED), groups=3)
    with pytest.raises(InputError, match="holds no hall"):
        make_load(servers(rest={"draw_mw": 3}))


def test_noise_of_groups_follows_the_square_root_of_their_nodes(servers):
    job = {**JOB, "low_frac": 0.9, "high_frac": 0.9, "node_noise_frac": 0.026}
    load = make_load(servers(hall={"it_mw": 20, "network_frac": 0, "jobs": {"a": job}}), groups=10)
    wave = power_wave(load, 20_000.0, 0.4, "groups")
    groups = np.array([wave[f"group.{g}"] for g in range(10)])
    # of 100 nodes
    assert groups.std(axis=1) / groups.mean(axis=1) == pytest.approx(0.026 / np.sqrt(100), rel=0.06)
    total = groups.sum(axis=0)
    assert total.std() / total.mean() == pytest.approx(0.026 / np.sqrt(1000), rel=0.06)
    each = np.corrcoef(groups)
    # groups are independent, though they share a total
    assert np.abs(each[~np.eye(10, dtype=bool)]).max() < 0.05
    own = (groups[0] - groups[0].mean()) / groups[0].std()
    assert np.mean(own[:-5] * own[5:]) == pytest.approx(0.25, abs=0.04)  # as the node logs, after 2 s
    assert np.mean(own[:-10] * own[10:]) == pytest.approx(0.0, abs=0.04)


def test_inside_a_job_swings_do_not_average_out(servers):
    load = make_load(servers(hall={"it_mw": 20, "network_frac": 0, "jobs": {"a": JOB}}), groups=100)
    wave = power_wave(load, 300.0, 0.1, "groups")
    sds = sum(wave[f"group.{g}"].std() for g in range(100))
    assert wave["power_mw"].std() / sds > 0.99  # independent groups: 0.1


def test_relative_spread_follows_a_common_part_and_an_own_part(servers):
    """sd(N) = p sqrt(a^2 + b^2 / N): groups of one node, then of all."""
    job = {**JOB, "gpus": 512, "low_frac": 0.85, "high_frac": 0.95, "node_noise_frac": 0.026}
    campus = servers(hall={"it_mw": 20, "network_frac": 0, "jobs": {"a": job}})
    wave = power_wave(make_load(campus, groups=64), 6000.0, 0.5, "groups")
    total = wave["power_mw"]
    common = total.std() / total.mean()
    one = np.mean([wave[f"group.{g}"].std() / wave[f"group.{g}"].mean() for g in range(64)])
    a2 = common**2 - 0.026**2 / 64
    assert one == pytest.approx(np.sqrt(a2 + 0.026**2), rel=0.02)
    swing = 0.1 * np.sqrt(0.85 * 0.15) / (0.95 * 0.85 + 0.85 * 0.15)
    assert np.sqrt(a2) == pytest.approx(swing, rel=0.02)


def test_jobs_at_random_phase_add_as_the_square_root_of_their_number(servers):
    spread = []
    for count in (1, 9):
        hall = {"it_mw": 200, "network_frac": 0, "jobs": {"a": {**JOB, "count": count, "jitter_frac": 0.05}}}
        spread.append(power_wave(make_load(servers(hall=hall), groups=count), 6000.0, 0.1)["power_mw"].std())
    assert spread[1] / spread[0] == pytest.approx(3.0, rel=0.06)


def test_aligned_jobs_add_in_full_and_stay_together_through_pauses(servers):
    job = {**JOB, "jitter_frac": 0.02, "checkpoint": {"every_s": 60, "lasts_s": 7}, "node_noise_frac": 0}
    one, all_of = (
        make_load(
            servers(hall={"it_mw": 200, "network_frac": 0, "jobs": {"a": {**job, "count": n}}}), aligned=True
        )
        for n in (1, 9)
    )
    single, nine = (power_wave(load, 600.0, 0.1)["power_mw"] for load in (one, all_of))
    assert nine == pytest.approx(9 * single, rel=1e-9)
    apart = make_load(servers(hall={"it_mw": 200, "network_frac": 0, "jobs": {"a": {**job, "count": 9}}}))
    assert np.ptp(power_wave(apart, 60.0, 0.1)["power_mw"]) < np.ptp(nine)


def test_given_phases_begin_together(servers):
    hall = {
        "it_mw": 200,
        "network_frac": 0,
        "jobs": {"a": {**JOB, "count": 4, "phase_frac": 0.5, "node_noise_frac": 0}},
    }
    wave = power_wave(make_load(servers(hall=hall), groups=8), 1.0, 0.01, "sources")
    assert wave["load.hall.jobs.a.1"][0] == wave["load.hall.jobs.a.4"][0]


@pytest.mark.tiny
def test_a_lag_of_the_first_order_is_exact_in_any_step():
    from wattstack.physics.kernel.lag import follow_lag

    once = follow_lag(0.0, 10.0, 180.0, 180.0)
    assert once == pytest.approx(10 * (1 - np.exp(-1)))
    value = 0.0
    for _ in range(180):
        value = follow_lag(value, 10.0, 1.0, 180.0)
    assert value == pytest.approx(once, rel=1e-12)
    assert follow_lag(0.0, 10.0, 1.0, 0.0) == 10.0
