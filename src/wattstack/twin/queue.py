"""A log of jobs played through a scheduler: power by the step, and what flexibility costs in GPU-hours.

Needs    series.JobLog, physics.compute.throughput_frac; twin.kernel.queue (when called).
Gives    play_queue, flexibility_cost, Order, QueueRun, FlexibilityCost.
Used by  the user.

A limit of power is met in the order of what it costs: caps on jobs that bear to be slowed, the most patient first;
jobs that would begin wait; jobs that bear it are put aside. Jobs of tier 0 are never touched: what they draw above
a limit is told as not met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.physics.compute import throughput_frac
from wattstack.series import JobLog

SLOWDOWN_FRAC = (0.0, 0.10, 0.25, 0.50)  # throughput that a tier gives up, at most
_FINE = 1001  # points of the law of caps


@dataclass(frozen=True)
class Order:
    """An order to draw no more than so much for a while.

    Attributes:
        start_s: It begins [s from the first submission].
        lasts_s: Until it is over [s].
        power_mw: Most that may be drawn [MW].
        ramp_s: Time to come down, from full power in a straight line [s].
    """

    start_s: float
    lasts_s: float
    power_mw: float
    ramp_s: float = 0.0


@dataclass(frozen=True)
class QueueRun:
    """A queue played.

    Attributes:
        step_s: Step [s].
        power_mw: Power of the cluster, idle GPUs included, shape (steps,).
        utilisation_frac: The same between idle (0) and full (1), the profile of a hall, shape (steps,).
        allowed_mw: Limit in each step, inf where there is none, shape (steps,).
        busy_gpus, waiting_gpus, aside_gpus: GPUs that run; those asked for by jobs that wait, or were put aside.
        work_gpu_h: Work done in each step [GPU h], shape (steps,).
        above_mw: Power above the limit that no job gave up, shape (steps,).
        start_s, end_s: Of each job; inf where it did not come to that, shape (jobs,).
        lost_gpu_h: GPU hours that caps took of jobs of tier 0 .. 3, shape (4,).
        aside_gpu_h: GPU hours for which jobs were put aside, by tier, shape (4,).
    """

    step_s: float
    power_mw: np.ndarray
    utilisation_frac: np.ndarray
    allowed_mw: np.ndarray
    busy_gpus: np.ndarray
    waiting_gpus: np.ndarray
    aside_gpus: np.ndarray
    work_gpu_h: np.ndarray
    above_mw: np.ndarray
    start_s: np.ndarray
    end_s: np.ndarray
    lost_gpu_h: np.ndarray
    aside_gpu_h: np.ndarray

    @property
    def met(self) -> bool:
        """Whether every limit was kept."""
        return bool(np.all(self.above_mw < 1e-6))

    @property
    def energy_mwh(self) -> float:
        """Energy drawn [MWh]."""
        return float(self.power_mw.sum()) * self.step_s / 3600.0


@dataclass(frozen=True)
class FlexibilityCost:
    """What orders cost: the same queue with and without.

    Attributes:
        lost_gpu_h: Work that was not done by the end of the play [GPU h].
        capped_gpu_h, aside_gpu_h: GPU hours that caps took, and for which jobs were put aside.
        delay_h: Mean time by which jobs that ended in both plays ended later, each by its work [h].
        saved_mwh: Energy not drawn [MWh].
        gpu_h_per_mwh: Work lost per MWh not drawn; 0 where none was saved.
        met: Whether every limit was kept.
    """

    lost_gpu_h: float
    capped_gpu_h: float
    aside_gpu_h: float
    delay_h: float
    saved_mwh: float
    gpu_h_per_mwh: float
    met: bool


def play_queue(
    log: JobLog,
    gpus: int,
    power_per_gpu_kw: float,
    orders: Sequence[Order] = (),
    idle_frac: float = 0.29,
    step_s: float = 60.0,
) -> QueueRun:
    """Play a log of jobs on a cluster.

    First come, first served, and a job that does not fit lets up to 200 smaller ones past. The play ends a day
    after the last submission.

    Args:
        log: Jobs.
        gpus: GPUs of the cluster.
        power_per_gpu_kw: Full power of a node at its input / its GPUs.
        orders: Limits of power; where they overlap the lowest holds.
        idle_frac: Power of an idle node / full.
        step_s: Step of the play [s]; jobs begin at steps and end within them.

    Raises:
        InputError: A job larger than the cluster; an order below the power of idle GPUs.

    Source:
        Tiers: Emerald Conductor, 0/10/25/50 % slowdown, arXiv 2507.00909. Throughput under a cap: power limit sweep of
        Zeus, You et al. (2023). Order of measures and no loss at a pause: assumption.
    """
    from wattstack.twin.kernel import queue as at

    _check(log, gpus, power_per_gpu_kw, orders, idle_frac)
    count = int(np.ceil((log.submit_s[-1] + 86_400.0 + log.lasts_s.max()) / step_s))
    full_mw = gpus * power_per_gpu_kw / 1e3
    allowed_mw = _allowed(orders, count, step_s, full_mw)
    power = np.linspace(0.0, 1.0, _FINE)
    speed = np.array([throughput_frac(p) for p in power])
    least = np.array([np.interp(1.0 - slow, speed, power) for slow in SLOWDOWN_FRAC])
    job, steps = np.zeros((at.NJOB, log.gpus.size)), np.zeros((at.NSTEP, count))
    at.play(
        log.submit_s, log.gpus, log.lasts_s, log.tier, (float(gpus), power_per_gpu_kw, idle_frac, step_s),
        allowed_mw, (power, speed, least), job, steps,
    )  # fmt: skip
    of_tier = [log.tier == t for t in range(4)]
    lost, aside = log.gpus * job[at.LOST_S] / 3600.0, log.gpus * job[at.ASIDE_S] / 3600.0
    return QueueRun(
        step_s=step_s,
        power_mw=steps[at.POWER_MW],
        utilisation_frac=(steps[at.POWER_MW] / full_mw - idle_frac) / (1.0 - idle_frac),
        allowed_mw=allowed_mw,
        busy_gpus=steps[at.BUSY],
        waiting_gpus=steps[at.WAITING],
        aside_gpus=steps[at.ASIDE],
        work_gpu_h=steps[at.WORK] / 3600.0,
        above_mw=steps[at.ABOVE_MW],
        start_s=job[at.START_S],
        end_s=job[at.END_S],
        lost_gpu_h=np.array([lost[mine].sum() for mine in of_tier]),
        aside_gpu_h=np.array([aside[mine].sum() for mine in of_tier]),
    )


def flexibility_cost(
    log: JobLog,
    gpus: int,
    power_per_gpu_kw: float,
    orders: Sequence[Order],
    until_s: float | None = None,
    idle_frac: float = 0.29,
) -> FlexibilityCost:
    """What orders cost in work: the queue is played with and without them.

    Args:
        log: Jobs.
        gpus, power_per_gpu_kw, idle_frac: As for play_queue.
        orders: Limits of power.
        until_s: Work and energy are counted up to here [s]; None = the end of the last order.

    Raises:
        InputError: As play_queue; no order.
    """
    if not orders:
        raise InputError("orders", ["are none, must be one or more. Give an Order."])
    with_orders = play_queue(log, gpus, power_per_gpu_kw, orders, idle_frac)
    without = play_queue(log, gpus, power_per_gpu_kw, (), idle_frac)
    until_s = max(order.start_s + order.lasts_s for order in orders) if until_s is None else until_s
    last = min(int(until_s / with_orders.step_s), with_orders.power_mw.size)
    hours = with_orders.step_s / 3600.0
    saved_mwh = float((without.power_mw - with_orders.power_mw)[:last].sum()) * hours
    ended = np.isfinite(with_orders.end_s) & np.isfinite(without.end_s)
    work = (log.gpus * log.lasts_s)[ended]
    later_h = (with_orders.end_s[ended] - without.end_s[ended]) / 3600.0
    lost_gpu_h = float((without.work_gpu_h - with_orders.work_gpu_h)[:last].sum())
    return FlexibilityCost(
        lost_gpu_h=lost_gpu_h,
        capped_gpu_h=float(with_orders.lost_gpu_h.sum()),
        aside_gpu_h=float(with_orders.aside_gpu_h.sum()),
        delay_h=float(np.average(later_h, weights=work)) if work.size else 0.0,
        saved_mwh=saved_mwh,
        gpu_h_per_mwh=lost_gpu_h / saved_mwh if saved_mwh > 0.0 else 0.0,
        met=with_orders.met,
    )


def _allowed(orders: Sequence[Order], count: int, step_s: float, full_mw: float) -> np.ndarray:
    """Most power of each step [MW], inf where no order holds; on the way down the middle of the step counts."""
    middle_s = step_s * (np.arange(count) + 0.5)
    allowed_mw = np.full(count, np.inf)
    for order in orders:
        past_s = middle_s - order.start_s
        down = np.clip(past_s / order.ramp_s, 0.0, 1.0) if order.ramp_s > 0.0 else np.ones(count)
        limit_mw = full_mw + (order.power_mw - full_mw) * down
        holds = (past_s >= 0.0) & (past_s < order.lasts_s)
        allowed_mw[holds] = np.minimum(allowed_mw[holds], limit_mw[holds])
    return allowed_mw


def _check(
    log: JobLog, gpus: int, power_per_gpu_kw: float, orders: Sequence[Order], idle_frac: float
) -> None:
    """Refuse what no scheduler could keep."""
    faults = []
    if log.gpus.max() > gpus:
        large = int(np.argmax(log.gpus))
        faults.append(
            Fault(
                "gpus",
                f"is {gpus:,}, job {large} asks for {log.gpus[large]:,.0f}. Take a larger cluster, or leave it out.",
            )
        )
    idle_mw = gpus * power_per_gpu_kw * idle_frac / 1e3
    for place, order in enumerate(orders):
        if order.power_mw < idle_mw:
            faults.append(
                Fault(
                    f"orders.{place}.power_mw",
                    f"is {order.power_mw:g}, idle GPUs alone draw {idle_mw:.4g} MW. Allow more, or lower idle_frac.",
                )
            )
    if faults:
        raise InputError(log.source or "job log", faults)
