"""Means over steps of a minute and more of the load of servers, without walking through its seconds.

Needs    physics.kernel: load_rows, jobs (what happens when), serving (the day), chance.
Gives    job_steps, fleet_steps.
Used by  physics.compute.minutes.

Pauses, failures and restarts are those of the sub-second model, by its own draws. Between them an iteration leaves in
the mean of a step only the part of it that lies on the step's ends: known from its phase there, which wanders by one
draw a step as the jitter of so many iterations would make it. Requests in service are a process of one memory: its
mean over a step and its value at the end are two draws of known variance.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.physics.kernel import load_rows as at
from wattstack.physics.kernel.chance import normal
from wattstack.physics.kernel.jobs import KNOT_SPREAD, begin_work, crash, next_segment
from wattstack.physics.kernel.serving import day_frac

BY_STEP, BY_SERVICE, BY_END = 12, 13, 14  # streams of chance beside those of load_rows


@njit(cache=True, error_model="numpy", forceinline=True)
def _lay(out, step_s, begin_s, end_s, level):
    """Add level over begin .. end to the steps it lies in [share of full power x s]."""
    end_s = min(end_s, out.shape[0] * step_s)
    k = int(begin_s / step_s)
    while begin_s < end_s:
        until_s = min((k + 1) * step_s, end_s)
        out[k] += level * (until_s - begin_s)
        begin_s = until_s
        k += 1


@njit(cache=True, error_model="numpy", forceinline=True)
def _beyond(table, phase):
    """Integral of wave - mean over the iteration up to a phase [share of full power x period]."""
    place = (phase - np.floor(phase)) * (table.shape[0] - 1)
    k = int(place)
    return table[k] + (table[min(k + 1, table.shape[0] - 1)] - table[k]) * (place - k)


@njit(cache=True, error_model="numpy")
def _train(load, j, table, mean, phase, begin_s, end_s, step_s, out):
    """Iterations over begin .. end; returns the phase at the end."""
    period_s, jitter = load.jobs[at.PERIOD_S, j], load.jobs[at.JITTER, j]
    place = int(load.jobs[at.PACE_KEY, j]) * at.STREAMS + BY_STEP
    last_s = min(end_s, out.shape[0] * step_s)
    k = int(begin_s / step_s)
    while begin_s < last_s:
        until_s = min((k + 1) * step_s, last_s)
        many = (until_s - begin_s) / period_s
        whole = until_s == (k + 1) * step_s  # one draw a step, at its end
        wander = jitter * np.sqrt(step_s / period_s) * normal(load.seed, place, k) if whole else 0.0
        after = phase + max(many + wander, 0.0)
        out[k] += mean * (until_s - begin_s) + period_s * (_beyond(table, after) - _beyond(table, phase))
        phase, begin_s = after, until_s
        k += 1
    return phase


@njit(cache=True, error_model="numpy")
def job_steps(load, job, j, table, mean, step_s, out):
    """Mean power of a job in every step / its full power; `job` is its state at the first moment and is used up.

    `table`: integral of (wave - mean) over one settled iteration, after smoothing, (parts + 1,), 0 at both ends.
    """
    jobs, end_s = load.jobs, out.shape[0] * step_s
    idle = jobs[at.IDLE, j]
    phase = -job[at.BEGIN_S, j] / (job[at.END_S, j] - job[at.BEGIN_S, j])
    now_s = 0.0
    while now_s < end_s:
        if job[at.MODE, j] != at.WORKING:
            wake_s = job[at.WAKE_S, j] if job[at.MODE, j] == at.WAITING else end_s
            _lay(out, step_s, now_s, wake_s, idle)
            now_s = wake_s
            if now_s < end_s:
                begin_work(load, job, j, now_s)
                _lay(out, step_s, now_s, now_s + 1e-9, -5e8 * jobs[at.START_S, j] * (mean - idle))
                phase = 0.0
            continue
        due_s = min(job[at.NEXT_CHECK_S, j], job[at.NEXT_EVAL_S, j])
        fails_s = job[at.NEXT_FAILURE_S, j]
        if due_s < min(fails_s, end_s):
            phase = _train(load, j, table, mean, phase, now_s, due_s, step_s, out)
            now_s = max(due_s, now_s)
            rest_s = (np.ceil(phase) - phase) * jobs[at.PERIOD_S, j]
            stop_s = min(now_s + rest_s, fails_s)
            _train(load, j, table, mean, phase, now_s, stop_s, step_s, out)
            now_s, phase = stop_s, 0.0
        else:
            _train(load, j, table, mean, phase, now_s, fails_s, step_s, out)
            now_s = fails_s
        now_s = _pauses(load, job, j, now_s, step_s, out)
        if now_s >= fails_s and now_s < end_s:
            job[at.END_S, j] = now_s  # nothing is left to catch up with when it begins again
            crash(load, job, j, now_s)
            _lay(out, step_s, now_s, now_s + 1e-9, 5e8 * jobs[at.CRASH_S, j] * (mean - idle))
    for k in range(out.shape[0]):
        out[k] /= step_s


@njit(cache=True, error_model="numpy")
def _pauses(load, job, j, now_s, step_s, out):
    """Pauses that are due, one after the other; returns when the last one is over, or the job fails in it."""
    jobs, fails_s = load.jobs, job[at.NEXT_FAILURE_S, j]
    while now_s < min(fails_s, out.shape[0] * step_s):
        job[at.END_S, j], job[at.SEGMENT, j] = now_s, at.ITERATION
        next_segment(load, job, j)
        if job[at.SEGMENT, j] == at.ITERATION:
            return now_s
        level = min(max(job[at.LEVEL, j], jobs[at.FLOOR, j], jobs[at.BURNER, j]), jobs[at.CAP, j])
        until_s = min(job[at.END_S, j], fails_s)
        _lay(out, step_s, now_s, until_s, level)
        now_s = until_s
    return now_s


@njit(cache=True, error_model="numpy")
def add_noise(seed, key, sd, knot_s, step_s, out):
    """Own noise of the nodes of a source in the means of steps: what knots and straight lines between leave of it."""
    spread = sd * KNOT_SPREAD * np.sqrt(min(knot_s / step_s, 1.0))
    for k in range(out.shape[0]):
        out[k] *= 1.0 + spread * normal(seed, key * at.STREAMS + at.BY_NOISE, k)


@njit(cache=True, error_model="numpy")
def fleet_steps(load, f, key, hour, step_s, out):
    """Mean power of a serving fleet in every step / its full power; `hour` is the local clock in the middle of each.

    Places in use beside the day's mean: dn = -n / s dt + noise, of variance (dispersion + 1) x rate a second.
    """
    fleets, place = load.fleets, key * at.STREAMS
    s, base_rate = fleets[at.REQUEST_S, f], fleets[at.RATE_PER_S, f]
    gone = np.exp(-step_s / s)
    of_end = 0.5 * s * (1.0 - gone * gone)
    of_mean = s * s / step_s**2 * (step_s - 2.0 * s * (1.0 - gone) + of_end)
    of_both = 0.5 * s * s / step_s * (1.0 - gone) ** 2
    share = of_both / of_end
    own = np.sqrt(max(of_mean - share * of_both, 0.0))
    beside = 0.0
    for k in range(out.shape[0]):
        rate = base_rate * day_frac(fleets, f, 3600.0 * hour[k] - fleets[at.CLOCK_S, f])
        strength = np.sqrt((fleets[at.DISPERSION, f] + 1.0) * rate)
        if k == 0:
            beside = strength * np.sqrt(0.5 * s) * normal(load.seed, place + BY_END, 0)
        ends = np.sqrt(of_end) * normal(load.seed, place + BY_END, k + 1)
        mean = beside * s / step_s * (1.0 - gone)
        mean += strength * (share * ends + own * normal(load.seed, place + BY_SERVICE, k))
        beside = beside * gone + strength * ends
        use = min(max((rate * s + mean) / fleets[at.PLACES, f], 0.0), 1.0)
        out[k] = min(fleets[at.BASE, f] + fleets[at.SLOPE, f] * use, fleets[at.FLEET_CAP, f])
