"""What smoothing by the GPUs costs: energy burnt in the dips, throughput lost under a cap or beside a burner.

Needs    campus.Job and campus.GpuSmoothing as declared; physics.kernel (when called).
Gives    smoothing_cost, SmoothingCost, throughput_frac, paced.
Used by  physics.compute.jobs, prove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.physics.kernel import load_rows as at

if TYPE_CHECKING:
    from wattstack.campus.compute import GpuSmoothing, Job

# Median over V100, A40, RTX 6000 and P100 of throughput / uncapped against power / uncapped, 1,609 runs of the power
# limit sweep of Zeus (You et al. 2023, NSDI; ml-energy/zeus, Apache-2.0). Half of the runs lie within 0.03 of it above
# 0.7 and within 0.1 below. The first row is an assumption.
_POWER = np.array([0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
_THROUGHPUT = np.array([0.0, 0.354, 0.625, 0.793, 0.898, 0.946, 0.980, 1.0])
_POINTS = 2000  # of one period


class SmoothingCost(NamedTuple):
    """What smoothing costs one job.

    Attributes:
        extra_energy_frac: Energy for the same work above that without smoothing / that without; a cap may save, < 0.
        throughput_lost_frac: Work an hour that is lost / work without smoothing.
        swing_frac: Peak to peak that is left / full power of the job.
    """

    extra_energy_frac: float
    throughput_lost_frac: float
    swing_frac: float


def throughput_frac(power_frac: float) -> float:
    """Throughput of a GPU under a cap / without.

    Args:
        power_frac: Power under the cap / power without, 0 .. 1.

    Returns:
        Throughput / without the cap, 0 .. 1. Memory-bound decoding loses less than this.

    Source:
        Median of the power limit sweep of Zeus, You et al. (2023), NSDI; four kinds of GPU, 1,609 runs.

    Example:
        >>> throughput_frac(0.8)
        0.946
    """
    return float(np.interp(power_frac, _POWER, _THROUGHPUT))


def paced(job: Job, smoothing: GpuSmoothing) -> tuple[float, float]:
    """Period [s] and duty of a job whose computing is slowed by a cap or a burner; communication is not.

    Example:
        >>> from wattstack.campus.compute import GpuSmoothing, Job
        >>> period_s, duty_frac = paced(Job(gpus=8, power_per_gpu_kw=1), GpuSmoothing(cap_frac=0.76))
        >>> round(period_s, 3), round(duty_frac, 3)
        (3.146, 0.857)
    """
    speed = throughput_frac(min(smoothing.cap_frac / job.high_frac, 1.0)) if job.high_frac > 0.0 else 1.0
    if smoothing.burner_frac > 0.0:
        speed *= 1.0 - smoothing.slowdown_frac
    busy_s = job.duty_frac * job.period_s / max(speed, 1e-3)
    rest_s = (1.0 - job.duty_frac) * job.period_s
    return busy_s + rest_s, busy_s / (busy_s + rest_s)


def smoothing_cost(job: Job, smoothing: GpuSmoothing) -> SmoothingCost:
    """What floor, cap, ramps and burner cost one job that trains without pause.

    A floor costs (1 - d) (f - low) / mean; under a cap the computing part of the period grows; on a slow ramp the
    GPUs have less power than they ask for and lose throughput as under a cap; a burner costs energy in the dips and
    slows the job by slowdown_frac. One settled period is walked through with the rule the twin uses.

    Args:
        job: As declared.
        smoothing: As declared.

    Returns:
        Energy, throughput and swing, shares.

    Source:
        Price of a floor: algebra on the trapezoid wave. Throughput under a cap: throughput_frac. Slowdown by a burner:
        below 5 %, Choukse et al. (2025), arXiv 2508.14318.

    Example:
        >>> from wattstack.campus.compute import GpuSmoothing, Job
        >>> plain = Job(gpus=40000, power_per_gpu_kw=1.83, rise_s=0, fall_s=0)
        >>> round(smoothing_cost(plain, GpuSmoothing(floor_frac=0.65)).extra_energy_frac, 3)
        0.034
    """
    from wattstack.physics.compute.jobs import job_column
    from wattstack.physics.kernel.jobs import settled_period

    period_s, _ = paced(job, smoothing)
    bare = job.model_copy(update={"jitter_frac": 0.0, "checkpoint": None, "evaluation": None})
    column = job_column(bare, smoothing, key=0, failures=False)
    asked, drawn = np.empty(_POINTS), np.empty(_POINTS)
    settled_period(column.reshape(-1, 1), period_s / _POINTS, asked, drawn)
    computing = asked > 0.5 * (column[at.LOW] + column[at.HIGH])
    short = np.where(computing, np.minimum(drawn / np.maximum(asked, 1e-9), 1.0), 1.0)
    slow = 1.0 / np.maximum(np.interp(short, _POWER, _THROUGHPUT), 1e-3)
    lasts_s = period_s * float(np.mean(slow))
    before = job.mean_frac * job.period_s
    energy = float(np.mean(drawn * slow)) * period_s
    return SmoothingCost(energy / before - 1.0, 1.0 - job.period_s / lasts_s, float(np.ptp(drawn)))
