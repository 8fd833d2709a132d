"""Where each number of the load of servers stands in the arrays that compiled code passes around.

Gives    Load, LoadState; indices of jobs (NJOB, jobs), job (NJOB_STATE, jobs), fleets (NFLEET, fleets), fleet
         (NFLEET_STATE, fleets), groups (NGROUP, groups), group (NGROUP_STATE, groups), source (NSOURCE, sources);
         what a job does, what it can be told, the streams of chance.
Used by  physics.kernel (jobs, gpu, serving), physics.compute, twin.

Sources are what draws: jobs, then serving fleets, then what is steady or played from a log. The rack groups of a
source stand side by side. Power of a source is a share of its full power until it is written to gpu_mw.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Load(NamedTuple):
    """What does not change while the load runs.

    Attributes:
        seed: Seed of all chance.
        jobs: Numbers of the training jobs, float64 (NJOB, jobs).
        fleets: Numbers of the serving fleets, float64 (NFLEET, fleets).
        source: Full power and noise of each source, float64 (NSOURCE, sources).
        groups: Share of its source and steady power of each rack group, float64 (NGROUP, groups).
        first: First group of each source and, last, the number of groups, int64 (sources + 1,).
        keys: Place of each source among the random numbers, int64 (sources,).
        trace: Samples of all measured logs one after the other, shares of full power, float64 (samples,).
    """

    seed: int
    jobs: np.ndarray
    fleets: np.ndarray
    source: np.ndarray
    groups: np.ndarray
    first: np.ndarray
    keys: np.ndarray
    trace: np.ndarray


class LoadState(NamedTuple):
    """What moves.

    Attributes:
        job: float64 (NJOB_STATE, jobs).
        fleet: float64 (NFLEET_STATE, fleets).
        group: float64 (NGROUP_STATE, groups).
        source_frac: Power of each source / its full power, noise of its groups apart, float64 (sources,).
        source_cap: Greatest power that the site allows each job and fleet / its full, 1 = all, float64 (sources,).
        knots: Knot of the noise that each source stands at, float64 (sources,).
        job_command: What each job is told at the next call, int64 (jobs,): NONE, START, STOP, CRASH, CHECKPOINT;
            the call that obeys sets it back to NONE.
    """

    job: np.ndarray
    fleet: np.ndarray
    group: np.ndarray
    source_frac: np.ndarray
    source_cap: np.ndarray
    knots: np.ndarray
    job_command: np.ndarray


# jobs[FIELD, job]; powers as shares of full power
PERIOD_S, JITTER, DUTY, LOW, HIGH, IDLE, RISE_S, FALL_S, OVERSHOOT = range(9)
START_S, STOP_S, CRASH_S, RESTART_S, FAILURES_PER_S, PACE_KEY, PHASE = range(9, 16)
CHECK_EVERY_S, CHECK_LASTS_S, CHECK_DROP, CHECK_JITTER = range(16, 20)  # every_s = inf: never
EVAL_EVERY_S, EVAL_LASTS_S, EVAL_DROP, EVAL_JITTER = range(20, 24)
FLOOR, CAP, RAMP_UP, RAMP_DOWN, HOLD_S, BURNER, BURNER_DELAY_S = range(24, 31)  # ramps per second, inf = free
NJOB = 31

# job[FIELD, job]; moments in seconds of the run
MODE, SEGMENT, BEGIN_S, END_S, FROM, LEVEL = range(6)  # the segment it is in: an iteration or a pause
ITERATIONS, LIVES, CHECKS, EVALS = range(6, 10)  # drawn so far
NEXT_CHECK_S, NEXT_EVAL_S, NEXT_FAILURE_S, WAKE_S = range(10, 14)
EDGE_FROM, EDGE_TO, EDGE_BEGIN_S, EDGE_S = range(14, 18)  # between idle (0) and at work (1)
ASKED, DRAWN, ENDED_S, DIP_S = range(18, 22)  # before and after smoothing; when work ended; how long it dips
FAILURES = 22
NJOB_STATE = 23

# values of job[MODE]
IDLING, WORKING, STOPPING, WAITING = 0.0, 1.0, 2.0, 3.0
# values of job[SEGMENT]
ITERATION, PAUSE = 0.0, 1.0
# values of job_command
NONE, START, STOP, CRASH, CHECKPOINT = 0, 1, 2, 3, 4

# fleets[FIELD, fleet]
BASE, SLOPE, RATE_PER_S, DISPERSION, REQUEST_S, PLACES, DAY_LOW, DAY_HIGH, DAY_POWER, PEAK_S, CLOCK_S = range(
    11
)
FLEET_CAP = 11
NFLEET = 12
# fleet[FIELD, fleet]
SECOND, ARRIVING_PER_S, WORK_PER_S, IN_SERVICE, UTILISATION = range(5)  # from the beginning of the second on
NFLEET_STATE = 5

# source[FIELD, source]
FULL_MW, NOISE, KNOT_S, STEADY_FRAC = range(4)
TRACE_FIRST, TRACE_COUNT, TRACE_STEP_S, TRACE_BEGIN_S = range(4, 8)  # a count of 0: it is steady
NSOURCE = 8

# groups[FIELD, group]
# of the source's power; network and storage; spread of one group / of the source
SHARE, FIXED_MW, SPREAD = range(3)
NGROUP = 3
# group[FIELD, group]
NOISE_NOW, NOISE_NEXT = range(2)  # at the knots around the moment, relative
NGROUP_STATE = 2

# streams of chance: a draw is (seed, key x STREAMS + stream, count)
BY_ITERATION, BY_CHECK_EVERY, BY_CHECK_LASTS, BY_EVAL_EVERY, BY_EVAL_LASTS, BY_FAILURE, BY_PHASE = range(7)
BY_ARRIVAL, BY_LENGTH, BY_NOISE, BY_GROUP = range(7, 11)
STREAMS = 16
