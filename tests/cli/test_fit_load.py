"""`wattstack fit-load`: a job to paste, how well it fits, and its page."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.campus import Hall
from wattstack.campus.compute import Job, Pause
from wattstack.cli.app import run
from wattstack.physics.fit_load import synthesise

JOB = Job(
    gpus=32, power_per_gpu_kw=1.0, period_s=6.0, duty_frac=0.8, low_frac=0.7, checkpoint=None,
    evaluation=Pause(every_s=150, lasts_s=20, drop_frac=0.3),
)  # fmt: skip


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    made = synthesise(JOB, (0.3, 0.0), 1500.0, 1.0, 4, seed=5)
    rows = np.column_stack([np.arange(made.shape[1]), 1e3 * made[1:].T])
    path = tmp_path_factory.mktemp("trace") / "nodes.csv"
    head = "time_s," + ",".join(f"n{i}_kw" for i in range(4))
    np.savetxt(path, rows, delimiter=",", header=head, comments="", fmt="%.5f")
    return path


def test_the_job_is_printed_to_paste_and_the_page_written(trace, tmp_path, capsys):
    from ruamel.yaml import YAML

    out = tmp_path / "fit"
    assert (
        run(["fit-load", str(trace), "--column", "n*_kw", "--gpus", "32", "-o", str(out), "--name", "train"])
        == 0
    )
    printed = capsys.readouterr().out
    for part in (
        "train:",
        "line [Hz]",
        "mean below plateau",
        "coherence",
        "nothing above 0.4 Hz",
        "fit.html",
    ):
        assert part in printed
    given = YAML(typ="safe").load((out / "job.yaml").read_text(encoding="utf-8"))
    hall = Hall(it_mw=1.0, jobs=given)
    assert hall.jobs["train"].period_s == pytest.approx(6.0, rel=0.01)
    assert hall.jobs["train"].evaluation is not None and hall.jobs["train"].checkpoint is None
    page = (out / "fit.html").read_text(encoding="utf-8")
    for part in (
        "Fit of a power trace",
        "Some iterations",
        "The folded iteration",
        "Spectrum",
        "Coherence of the nodes",
    ):
        assert part in page


def test_rows_are_chosen_and_a_trace_without_an_iteration_is_bad_input(trace, tmp_path, capsys):
    assert run(["fit-load", str(trace), "--column", "n0_kw", "--where", "run"]) == 2
    assert "COLUMN=VALUE" in capsys.readouterr().err
    assert run(["fit-load", str(trace), "--column", "n0_kw", "--where", "run=1"]) == 2
    assert "is no column" in capsys.readouterr().err
    noise = 5 + 0.1 * np.random.default_rng(1).standard_normal(3000)
    np.savetxt(tmp_path / "noise.csv", noise, header="power_kw", comments="")
    assert run(["fit-load", str(tmp_path / "noise.csv")]) == 2
    rows = "".join(f"{k},{value}\n" for k, value in enumerate(noise))
    (tmp_path / "noise.csv").write_text("time_s,power_kw\n" + rows, encoding="utf-8")
    capsys.readouterr()
    assert run(["fit-load", str(tmp_path / "noise.csv")]) == 2
    assert "to be an iteration" in capsys.readouterr().err


def test_one_log_is_fitted_without_the_coherence_of_nodes(trace, capsys):
    assert run(["fit-load", str(trace), "--column", "n0_kw", "--period", "6.2"]) == 0
    printed = capsys.readouterr().out
    assert "fitted:" in printed and "coherence" not in printed
