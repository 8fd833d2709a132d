"""Servers of the library: what they bring fits the declarations, and agrees with the figures beside it."""

from __future__ import annotations

import pytest

from wattstack.campus.compute import Inference, Job
from wattstack.library import find, names

KEYS = {"gpus", "power_per_gpu_kw", "idle_frac", "overshoot_frac"}
SERVERS = names("servers")


def fact(name: str, item: str) -> float | None:
    return next((row["value"] for row in find("servers", name).facts if row["item"] == item), None)


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_brings_what_jobs_and_serving_need(name):
    values = dict(find("servers", name).values)
    assert set(values) == KEYS
    gpus = values.pop("gpus")
    assert gpus in (8, 72, 144)
    job = Job(gpus=gpus, **values)
    fleet = Inference(gpus=gpus, power_per_gpu_kw=values["power_per_gpu_kw"])
    assert job.idle_frac < job.low_frac < 1.0 < job.overshoot_frac
    assert fleet.full_mw == pytest.approx(job.full_mw)


@pytest.mark.parametrize("name", SERVERS)
def test_power_and_rest_are_those_of_the_figures_behind_them(name):
    values = find("servers", name).values
    full_kw = fact(name, "node at full load") or fact(name, "rack at full load")
    if full_kw:
        assert values["gpus"] * values["power_per_gpu_kw"] == pytest.approx(full_kw, rel=0.01)
    rest_kw = fact(name, "node at rest")
    if rest_kw:
        assert values["idle_frac"] == pytest.approx(
            rest_kw / (values["gpus"] * values["power_per_gpu_kw"]), abs=0.01
        )


def test_each_generation_draws_more_per_gpu():
    order = ("a100-8x", "h100-8x", "b200-8x", "b300-8x", "gb200-nvl72", "gb300-nvl72", "rubin-nvl144",
             "rubin-ultra-kyber")  # fmt: skip
    power = [find("servers", name).values["power_per_gpu_kw"] for name in order]
    assert power == sorted(power) and set(order) | {"h200-8x"} == set(SERVERS)
