"""A year of minutes of the servers of a hall, with the energy and the spectrum that the sub-second model has there.

Needs    physics.compute.load; physics.kernel: minutes, jobs (when called).
Gives    step_means.
Used by  case.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import StateError
from wattstack.physics.compute.load import LoadSet, make_load
from wattstack.physics.kernel import load_rows as at

if TYPE_CHECKING:
    from wattstack.campus import Hall

BASE_S = 60.0  # chance is drawn by the minute, so that a coarser axis shows the means of a finer one
_PARTS = 2000  # of one settled iteration


def step_means(
    name: str, hall: Hall, local_hour: np.ndarray, step_s: int, seed: int = 0, base_dir: Path = Path()
) -> np.ndarray:
    """Mean power of the equipment of a hall in every step, from its jobs, its serving and what is steady.

    Failures, restarts, checkpoints and evaluations happen as the sub-second model of the same seed has them; between
    them the mean of a step has the variance that iterations, bursts and own noise of the nodes leave in it.

    Args:
        name: Of the hall: part of the seed, as in make_load.
        hall: As declared.
        local_hour: Local hour at the start of each step, 0 <= hour < 24, shape (steps,).
        step_s: Step [s], a whole number of minutes.
        seed: Of all chance.
        base_dir: Folder that the logs it plays are named from; they count with their mean.

    Returns:
        Power [MW], network and storage included, shape (steps,).

    Raises:
        StateError: A step that is not whole minutes.

    Source:
        Mean of an Ornstein-Uhlenbeck process over an interval: Gillespie (1996), doi:10.1103/PhysRevE.54.2084. Ramps of
        the GPUs longer than an iteration and requests that wait are not carried from step to step: assumption.
    """
    inside = round(step_s / BASE_S)
    if inside < 1 or inside * BASE_S != step_s:
        raise StateError(
            f"step_s is {step_s:g}, must be whole minutes. Take one of the steps of the campus file."
        )
    first_h = float(local_hour[0])
    load = make_load(
        SimpleNamespace(name=name, load={name: hall}, base_dir=base_dir),
        seed,
        _sources(hall),
        clock_h=first_h,
    )
    middle_s = BASE_S * (np.arange(inside) + 0.5)
    hour = ((local_hour[:, None] + middle_s / 3600.0) % 24.0).ravel()
    total = np.zeros(hour.size)
    for s in range(len(load.sources)):
        total += _source_mw(load, s, hour)
    fixed_mw = float(load.load.groups[at.FIXED_MW].sum())
    return fixed_mw + total.reshape(-1, inside).mean(axis=1)


def _sources(hall: Hall) -> int:
    """Groups that make_load needs: one a source."""
    parts = (
        sum(job.count for job in hall.jobs.values())
        + len(hall.inference)
        + len(hall.replay)
        + (hall.idle_mw > 0.0)
    )
    return max(parts, 1)


def _source_mw(load: LoadSet, s: int, hour: np.ndarray) -> np.ndarray:
    """Mean power of one source in every minute [MW]."""
    from wattstack.physics.kernel.minutes import add_noise, fleet_steps, job_steps

    rows, jobs = load.load, load.load.jobs.shape[1]
    out = np.zeros(hour.size)
    if s < jobs:
        table, mean = _settled(rows.jobs[:, s])
        job_steps(rows, load.new_state().job, s, table, mean, BASE_S, out)
    elif s < jobs + rows.fleets.shape[1]:
        fleet_steps(rows, s - jobs, int(rows.keys[s]), hour, BASE_S, out)
    else:
        out += rows.source[at.STEADY_FRAC, s]
    sd, knot_s = rows.source[at.NOISE, s], rows.source[at.KNOT_S, s]
    if sd > 0.0:
        add_noise(rows.seed, int(rows.keys[s]), sd, knot_s, BASE_S, out)
    return rows.source[at.FULL_MW, s] * out


def _settled(column: np.ndarray) -> tuple[np.ndarray, float]:
    """Integral of wave - mean over one settled iteration, (parts + 1,), and the mean; both / full power."""
    from wattstack.physics.kernel.jobs import settled_period

    asked, drawn = np.empty(_PARTS), np.empty(_PARTS)
    settled_period(column.reshape(-1, 1), column[at.PERIOD_S] / _PARTS, asked, drawn)
    mean = float(drawn.mean())
    return np.concatenate([[0.0], np.cumsum(drawn - mean)]) / _PARTS, mean
