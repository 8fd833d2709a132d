"""The page of the load says what is computed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wattstack.campus.compute import GpuSmoothing, Job
from wattstack.library import find, names
from wattstack.physics.compute import smoothing_cost, throughput_frac

PAGE = (Path(__file__).parents[2] / "docs" / "ai-load.md").read_text(encoding="utf-8")
COSTS = {
    "floor 0.65": {"floor_frac": 0.65},
    "floor 0.9": {"floor_frac": 0.9},
    "cap 0.76": {"cap_frac": 0.76},
    "burner at 0.9, 0.1 s late": {"burner_frac": 0.9},
    "ramps of 0.5 a second": {"ramp_up_frac_per_s": 0.5, "ramp_down_frac_per_s": 0.5},
}


def row(first: str) -> list[str]:
    """Cells after the first of a line of a table."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_every_server_stands_in_the_page_with_its_values():
    said = {}
    for line in PAGE.splitlines():
        if match := re.match(r"\| (`[a-z0-9-]+`(?:, `[a-z0-9-]+`)*) \| ([\d., ]+) \| ([\d.]+) \|", line):
            for name, power in zip(re.findall(r"[a-z0-9-]+", match[1]), match[2].split(", "), strict=True):
                said[name] = (float(power), float(match[3]))
    values = {name: find("servers", name).values for name in names("servers")}
    assert said == {name: (v["power_per_gpu_kw"], v["idle_frac"]) for name, v in values.items()}


@pytest.mark.parametrize("first", COSTS)
def test_costs_of_smoothing_are_those_computed(first):
    cost = smoothing_cost(Job(gpus=8000, power_per_gpu_kw=1.25), GpuSmoothing(**COSTS[first]))
    energy, lost, swing = (float(cell.removesuffix(" %")) for cell in row(first))
    assert 100 * cost.extra_energy_frac == pytest.approx(energy, abs=0.051)
    assert -100 * cost.throughput_lost_frac == pytest.approx(lost, abs=0.051)
    assert cost.swing_frac == pytest.approx(swing, abs=0.0051)


def test_throughput_is_that_of_the_curve():
    power = [float(cell) for cell in row("power / uncapped")]
    assert [throughput_frac(value) for value in power] == [float(cell) for cell in row("throughput")]
