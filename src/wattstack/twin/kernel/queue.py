"""A queue of jobs on a cluster, step by step: who waits, who runs, who is slowed, who is put aside.

Gives    play; rows of job and steps.
Used by  twin.queue.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# job[ROW, job]: run time left at full power, lost to caps, put aside
START_S, END_S, LEFT_S, LOST_S, ASIDE_S = range(5)
NJOB = 5
# steps[ROW, step]; WORK in GPU s, of full speed
POWER_MW, BUSY, WAITING, ASIDE, ABOVE_MW, WORK = range(6)
NSTEP = 6
DEEP = 200  # jobs that may step past one that does not fit
TIERS = 4


@njit(cache=True)
def play(submit_s, gpus, lasts_s, tier, cluster, allowed_mw, law, job, steps):
    """Play the queue.

    `cluster`: GPUs, full power of one [kW], idle / full, step [s]. `allowed_mw` by step. `law`: power under a cap /
    full, speed at it, and the least power of each tier. Writes job (NJOB, jobs) and steps (NSTEP, steps).
    """
    total, kw, idle, step_s = cluster
    count = submit_s.shape[0]
    running, waiting, aside = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    n = w = a = come = 0
    for i in range(count):
        job[LEFT_S, i], job[START_S, i], job[END_S, i] = lasts_s[i], np.inf, np.inf
    for k in range(steps.shape[1]):
        now_s = k * step_s
        while come < count and submit_s[come] <= now_s:
            waiting[w] = come
            w += 1
            come += 1
        busy = _busy(running, n, gpus, tier)
        room = allowed_mw[k] * 1e3 - total * kw * idle - kw * (1.0 - idle) * busy.sum()
        free = total - busy.sum()
        a, n, free, room = _begin(aside, a, running, n, gpus, free, room, kw * (1.0 - idle), job, now_s)
        w, n, free, room = _begin(waiting, w, running, n, gpus, free, room, kw * (1.0 - idle), job, now_s)
        busy = _busy(running, n, gpus, tier)
        over = total * kw * idle + kw * (1.0 - idle) * busy.sum() - allowed_mw[k] * 1e3
        cap, over = _caps(over, busy, kw, law[2])
        n, a, over = _put_aside(running, n, aside, a, gpus, tier, cap, over, kw, idle)
        n = _work(running, n, gpus, tier, cap, cluster, law, job, steps, k)
        steps[ABOVE_MW, k] = max(over, 0.0) / 1e3
        for q in range(w):
            steps[WAITING, k] += gpus[waiting[q]]
        for q in range(a):
            steps[ASIDE, k] += gpus[aside[q]]
            job[ASIDE_S, aside[q]] += step_s


@njit(cache=True)
def _busy(running, n, gpus, tier):
    """GPUs that run, by tier."""
    busy = np.zeros(TIERS)
    for r in range(n):
        busy[tier[running[r]]] += gpus[running[r]]
    return busy


@njit(cache=True)
def _begin(line, m, running, n, gpus, free, room, full_kw, job, now_s):
    """Let jobs of a line begin, first come first, as GPUs and power reach; smaller ones may step past."""
    kept = passed = 0
    for q in range(m):
        i = line[q]
        if passed <= DEEP and gpus[i] <= free and full_kw * gpus[i] <= room:
            running[n] = i
            n += 1
            free -= gpus[i]
            room -= full_kw * gpus[i]
            job[START_S, i] = min(job[START_S, i], now_s)
        else:
            passed += 1
            line[kept] = i
            kept += 1
    return kept, n, free, room


@njit(cache=True)
def _caps(over, busy, kw, least):
    """Caps by tier that take away what is over [kW], the most patient first; what is still over."""
    cap = np.ones(TIERS)
    for t in range(TIERS - 1, 0, -1):
        if over > 0.0 and busy[t] > 0.0:
            less = min(over / (busy[t] * kw), 1.0 - least[t])
            cap[t] -= less
            over -= busy[t] * kw * less
    return cap, over


@njit(cache=True)
def _put_aside(running, n, aside, a, gpus, tier, cap, over, kw, idle):
    """Put jobs aside until nothing is over, the most patient first, of these the latest; tier 0 never."""
    for t in range(TIERS - 1, 0, -1):
        r = n - 1
        while r >= 0 and over > 1e-9:
            i = running[r]
            if tier[i] == t:
                over -= gpus[i] * kw * (cap[t] - idle)
                aside[a] = i
                a += 1
                running[r : n - 1] = running[r + 1 : n].copy()
                n -= 1
            r -= 1
    return n, a, over


@njit(cache=True)
def _work(running, n, gpus, tier, cap, cluster, law, job, steps, k):
    """One step of work of all that run; those that end leave. Power of a job that ends early counts to its end."""
    total, kw, idle, step_s = cluster
    speed = np.interp(cap, law[0], law[1])
    power_kw, kept = total * kw * idle, 0
    for r in range(n):
        i = running[r]
        t = tier[i]
        done_s = min(job[LEFT_S, i], speed[t] * step_s)
        used_s = done_s / speed[t]
        job[LEFT_S, i] -= done_s
        job[LOST_S, i] += used_s - done_s
        power_kw += gpus[i] * kw * (cap[t] - idle) * used_s / step_s
        steps[WORK, k] += gpus[i] * done_s
        steps[BUSY, k] += gpus[i]
        if job[LEFT_S, i] <= 1e-9:
            job[END_S, i] = k * step_s + used_s
        else:
            running[kept] = i
            kept += 1
    steps[POWER_MW, k] = power_kw / 1e3
    return kept
