"""A declared training job as the numbers that its compiled step reads.

Needs    campus.Job, campus.Pause, campus.GpuSmoothing as declared; physics.kernel.load_rows.
Gives    job_column, mean_power_frac.
Used by  physics.compute.load, physics.compute.gpu.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.physics.compute.gpu import paced
from wattstack.physics.kernel import load_rows as at

if TYPE_CHECKING:
    from wattstack.campus.compute import GpuSmoothing, Job, Pause


def job_column(job: Job, smoothing: GpuSmoothing, key: int, failures: bool) -> np.ndarray:
    """Numbers of one job, shape (NJOB,).

    The peak after a rising edge shrinks with the edge that floor and cap leave.

    Args:
        job: As declared.
        smoothing: Of its hall.
        key: Place of its iterations and pauses among the random numbers.
        failures: Whether it fails by chance.
    """
    period_s, duty_frac = paced(job, smoothing)
    high = min(job.high_frac, smoothing.cap_frac)
    low = min(job.low_frac, high)
    swing = job.high_frac - job.low_frac
    left = (high - max(low, smoothing.floor_frac, smoothing.burner_frac)) / swing if swing > 0.0 else 0.0
    column = np.zeros(at.NJOB)
    column[at.PERIOD_S], column[at.DUTY], column[at.JITTER] = period_s, duty_frac, job.jitter_frac
    column[at.LOW], column[at.HIGH], column[at.IDLE] = low, high, job.idle_frac
    column[at.RISE_S], column[at.FALL_S] = job.rise_s, job.fall_s
    column[at.OVERSHOOT] = (job.overshoot_frac - 1.0) * high * max(left, 0.0)
    column[at.START_S], column[at.STOP_S], column[at.CRASH_S] = job.start_s, job.stop_s, job.crash_s
    column[at.RESTART_S] = job.restart_s
    column[at.FAILURES_PER_S] = job.failures_per_gpu_h * job.gpus / 3600.0 if failures else 0.0
    column[at.PACE_KEY] = key
    column[at.CHECK_EVERY_S : at.CHECK_JITTER + 1] = _pause(job.checkpoint)
    column[at.EVAL_EVERY_S : at.EVAL_JITTER + 1] = _pause(job.evaluation)
    column[at.FLOOR], column[at.CAP] = smoothing.floor_frac, smoothing.cap_frac
    column[at.RAMP_UP] = smoothing.ramp_up_frac_per_s or np.inf
    column[at.RAMP_DOWN] = smoothing.ramp_down_frac_per_s or np.inf
    column[at.HOLD_S] = smoothing.hold_s
    column[at.BURNER], column[at.BURNER_DELAY_S] = smoothing.burner_frac, smoothing.burner_delay_s
    return column


def mean_power_frac(job: Job, failures: bool = True) -> float:
    """Mean power of a job over months / its full power, without smoothing: iterations, pauses, failures, restarts.

    Args:
        job: As declared.
        failures: Whether it fails by chance.

    Returns:
        Share of full power, 0 .. 1. The edges at start and crash count half.

    Example:
        >>> from wattstack.campus.compute import Job
        >>> round(mean_power_frac(Job(gpus=40000, power_per_gpu_kw=1.83)), 4)  # 0.875 while it iterates
        0.8132
    """
    missing = sum(
        pause.lasts_s / pause.every_s * pause.drop_frac for pause in (job.checkpoint, job.evaluation) if pause
    )
    working = job.mean_frac * (1.0 - missing)
    rate_per_s = job.failures_per_gpu_h * job.gpus / 3600.0 if failures else 0.0
    if rate_per_s == 0.0:
        return working
    up_s = 1.0 / rate_per_s - 0.5 * job.start_s + 0.5 * job.crash_s
    share = up_s / (1.0 / rate_per_s + job.restart_s)
    return share * working + (1.0 - share) * job.idle_frac


def _pause(pause: Pause | None) -> tuple[float, float, float, float]:
    if pause is None:
        return np.inf, 0.0, 0.0, 0.0
    return pause.every_s, pause.lasts_s, pause.drop_frac, pause.jitter_frac
