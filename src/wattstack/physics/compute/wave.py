"""The draw of the servers of a campus along time, by itself: no supplies, no storage, no grid.

Needs    physics.compute.load, series.Waveform; physics.kernel.jobs (when called).
Gives    power_wave.
Used by  physics (fitting), prove, benchmarks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np

from wattstack.errors import Fault, InputError, nearest
from wattstack.physics.compute.load import LoadSet
from wattstack.physics.kernel import load_rows as at
from wattstack.series import Waveform

COMMANDS = {"start": at.START, "stop": at.STOP, "crash": at.CRASH, "checkpoint": at.CHECKPOINT}


def power_wave(
    load: LoadSet,
    duration_s: float,
    step_s: float,
    channels: Literal["total", "sources", "groups"] = "total",
    commands: Sequence[tuple[float, str, str]] = (),
    idle: Collection[str] = (),
) -> Waveform:
    """Power of the servers at moments 0, step_s, 2 step_s ..., before any power supply.

    Args:
        load: From make_load.
        duration_s: Length [s].
        step_s: Time from one moment to the next [s]. Values are those of the moment, not means of the step.
        channels: "total" (power_mw), and with it every source (by its name) or every rack group ("group.0" ...).
        commands: Moment [s], job by name, "start" | "stop" | "crash" | "checkpoint".
        idle: Jobs by name that are idle at the first moment.

    Returns:
        Waveform of MW, with the commands as its events.

    Raises:
        InputError: A command or a job that does not exist; no duration, no step.
    """
    from wattstack.physics.kernel.jobs import run_load

    told = _commands(load, commands, idle)
    if not (step_s > 0.0 and duration_s >= step_s):
        raise InputError(
            "power_wave", [Fault("duration_s", f"is {duration_s}, must be at least step_s {step_s} > 0.")]
        )
    names = {
        "total": (),
        "sources": load.sources,
        "groups": tuple(f"group.{g}" for g in range(len(load.group_source))),
    }[channels]
    record = np.empty((1 + len(names), round(duration_s / step_s)))
    run_load(load.load, load.new_state(idle), step_s, told, record, channels == "groups")
    events = tuple(sorted((at_s, f"{what} {job}") for at_s, job, what in commands))
    arrays = dict(zip(("power_mw", *names), record, strict=True))
    return Waveform(step_s, arrays, source="physics.compute.power_wave", synthetic=True, events=events)


def _commands(load: LoadSet, commands: Sequence[tuple[float, str, str]], idle: Collection[str]) -> np.ndarray:
    """Commands as rows of moment, job, code, in order of the moments."""
    faults = [_stranger("idle", job, load.jobs) for job in idle if job not in load.jobs]
    rows = []
    for at_s, job, what in commands:
        if what not in COMMANDS:
            faults.append(Fault("commands", f"has '{what}', must be one of {', '.join(COMMANDS)}."))
        elif job not in load.jobs:
            faults.append(_stranger("commands", job, load.jobs))
        else:
            rows.append((at_s, load.jobs.index(job), COMMANDS[what]))
    if faults:
        raise InputError("power_wave", faults)
    return np.array(sorted(rows), dtype=float).reshape(-1, 3)


def _stranger(where: str, job: str, jobs: tuple[str, ...]) -> Fault:
    near = nearest(job, jobs)
    mend = f"Nearest: '{near}'." if near else f"There are: {', '.join(jobs) or 'none'}."
    return Fault(where, f"has '{job}', which is no job of this campus. {mend}")
