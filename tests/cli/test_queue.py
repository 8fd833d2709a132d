"""`wattstack queue`: a log of jobs played, orders counted, bad orders refused in words."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from wattstack.cli.app import run


@pytest.fixture
def jobs(tmp_path):
    draw = np.random.default_rng(1)
    path = tmp_path / "jobs.csv"
    pd.DataFrame(
        {
            "submit_s": np.sort(draw.uniform(0, 2 * 86400, 300)).round(),
            "gpus": 2 ** draw.integers(0, 6, 300),
            "lasts_s": draw.lognormal(8.0, 1.2, 300).round(),
            "tier": draw.integers(1, 4, 300),
        }
    ).to_csv(path, index=False)
    return path


def test_an_order_costs_gpu_hours_and_is_kept(jobs, tmp_path, capsys):
    words = ["queue", str(jobs), "--gpus", "256", "--power-per-gpu-kw", "1.2", "--order", "24,3,60%,15"]
    assert run([*words, "-o", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert "work lost" in text and "orders         kept" in text
    said = json.loads((tmp_path / "out" / "queue.json").read_text())
    steps = pd.read_csv(tmp_path / "out" / "steps.csv")
    held = steps[(steps.time_s >= 24 * 3600 + 900) & (steps.time_s < 27 * 3600)]
    assert held.power_mw.max() <= 0.6 * 0.3072 + 1e-6
    assert said["met"] is True and said["cost"]["saved_mwh"] > 0
    assert len(pd.read_csv(tmp_path / "out" / "jobs.csv")) == 300


def test_without_orders_it_is_a_play(jobs, capsys):
    assert run(["queue", str(jobs), "--gpus", "256", "--power-per-gpu-kw", "1.2"]) == 0
    assert "work lost" not in capsys.readouterr().out


def test_an_order_that_cannot_be_kept_ends_in_1(jobs, tmp_path, capsys):
    patient = pd.read_csv(jobs).assign(tier=0)
    patient.to_csv(jobs, index=False)
    words = ["queue", str(jobs), "--gpus", "64", "--power-per-gpu-kw", "1.2", "--order", "24,3,40%"]
    assert run(words) == 1
    assert "NOT kept" in capsys.readouterr().out


def test_all_orders_that_are_wrong_are_told_at_once(jobs, capsys):
    words = [
        "queue",
        str(jobs),
        "--gpus",
        "256",
        "--power-per-gpu-kw",
        "1.2",
        "--order",
        "a,3,75%",
        "--order",
        "1,2",
    ]
    assert run(words) == 2
    text = capsys.readouterr().err
    assert "'a,3,75%'" in text and "'1,2'" in text and "Write 48,3,75%,15." in text


def test_rates_of_requests_are_played_too(tmp_path, capsys):
    path = tmp_path / "rate.csv"
    lines = [f"chat,{600 * k},{50 + 10 * (k % 6)}" for k in range(144)]
    path.write_text("model,t_s,rate_rps\n" + "\n".join(lines) + "\n", encoding="utf-8")
    words = ["queue", str(path), "--gpus", "1000", "--power-per-gpu-kw", "1.2"]
    assert run(words) == 2
    assert "--gpu-s-per-request" in capsys.readouterr().err
    assert run([*words, "--gpu-s-per-request", "8", "-o", str(tmp_path / "out")]) == 0
    assert "144 windows of 600 s" in capsys.readouterr().out
    steps = pd.read_csv(tmp_path / "out" / "steps.csv")
    assert steps.busy_gpus[:10].tolist() == [400.0] * 10 and steps.busy_gpus[10] == 480.0
