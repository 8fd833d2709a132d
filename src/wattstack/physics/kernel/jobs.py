"""The draw of the servers of a campus, step by step: every job once, every fleet once, then a line a rack group.

Needs    physics.kernel: load_rows (what stands where), chance, gpu (smoothing), serving.
Gives    advance_load, run_load, begin_state, settled_period, played.
Used by  twin, physics.compute.

A job is a row of segments: iterations, and pauses that begin where an iteration ends. The length of segment k is a draw
by its number, so the power at a moment is the same whatever the step that led there. What is not: commands hold from
the first step that sees them, and ramps of the GPU are followed step by step.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.physics.kernel import load_rows as at
from wattstack.physics.kernel.borrow import borrowed
from wattstack.physics.kernel.chance import normal, uniform
from wattstack.physics.kernel.gpu import smooth
from wattstack.physics.kernel.serving import day_frac, draw_second, serve

OVERSHOOT_S = 0.003  # decay of the peak at the end of a rising edge ("milliseconds"): assumption
MOST_SD = 3.0  # draws of lengths are cut there
LEAST_FRAC = 0.1  # no segment is shorter than so much of its mean
WARM = 8.0  # times of a request that a fleet has served before the first moment
KNOT_SPREAD = np.sqrt(1.5)  # straight lines between independent knots keep 2/3 of their variance


@njit(cache=True, error_model="numpy")
def advance_load(load, state, t_s, step_s, gpu_mw):
    """Draw of the servers of every rack group at the moment t_s [MW], smoothing of the GPUs included.

    Moments must not go back; step_s is the time since the call before (only ramps and delays of the smoothing use
    it). Commands in state.job_command are obeyed at t_s.
    """
    _advance(borrowed(load), borrowed(state), t_s, step_s, borrowed(gpu_mw))


@njit(cache=True, error_model="numpy")
def run_load(load, state, step_s, commands, record, by_group):
    """Walk through moments 0, step_s, 2 step_s ... and write the total and, where record has rows, sources or groups.

    Args:
        commands: Moment, job, command in order of the moments, float64 (commands, 3).
        record: MW, float64 (1, 1 + sources or 1 + groups; moments): total first.
        by_group: The further rows are groups, not sources.
    """
    _run(borrowed(load), borrowed(state), step_s, borrowed(commands), borrowed(record), by_group)


@njit(cache=True, error_model="numpy")
def _run(load, state, step_s, commands, record, by_group):
    draw_mw = np.zeros(load.groups.shape[1])
    told, rows = 0, record.shape[0] - 1
    for k in range(record.shape[1]):
        t_s = k * step_s
        while told < commands.shape[0] and commands[told, 0] <= t_s + 1e-9:
            state.job_command[int(commands[told, 1])] = int(commands[told, 2])
            told += 1
        _advance(load, state, t_s, step_s, draw_mw)
        record[0, k] = draw_mw.sum()
        for s in range(load.source.shape[1] if rows > 0 else 0):
            begin, end = load.first[s], load.first[s + 1]
            if by_group:
                record[1 + begin : 1 + end, k] = draw_mw[begin:end]
            else:
                record[1 + s, k] = draw_mw[begin:end].sum()


@njit(cache=True, error_model="numpy", forceinline=True)
def _advance(load, state, t_s, step_s, gpu_mw):
    jobs, fleets = load.jobs.shape[1], load.fleets.shape[1]
    for j in range(jobs):
        live(load, state.job, j, t_s)
        obey(load, state.job, j, state.job_command[j], t_s)
        state.job_command[j] = at.NONE
        state.source_frac[j] = job_power(load, state.job, j, state.source_cap[j], t_s, step_s)
    for f in range(fleets):
        use = serve(load, state.fleet, f, load.keys[jobs + f], t_s)
        state.source_frac[jobs + f] = min(use, state.source_cap[jobs + f])
    for s in range(jobs + fleets, load.source.shape[1]):
        state.source_frac[s] = min(played(load, s, t_s), state.source_cap[s])
    share_out(load, state, t_s, gpu_mw)


@njit(cache=True, error_model="numpy")
def played(load, s, t_s):
    """Power of a source that nothing moves, or of its log at the moment: straight between samples, round at the end."""
    source = load.source
    count = int(source[at.TRACE_COUNT, s])
    if count == 0:
        return source[at.STEADY_FRAC, s]
    first = int(source[at.TRACE_FIRST, s])
    place = ((t_s + source[at.TRACE_BEGIN_S, s]) / source[at.TRACE_STEP_S, s]) % count
    before = int(place)
    after = before + 1 if before + 1 < count else 0
    share = place - before
    return (1.0 - share) * load.trace[first + before] + share * load.trace[first + after]


@njit(cache=True, error_model="numpy", forceinline=True)
def share_out(load, state, t_s, gpu_mw):
    """Give each group its share of its source, and noise of its own."""
    groups, noise = load.groups, state.group
    for s in range(load.source.shape[1]):
        begin, end = load.first[s], load.first[s + 1]
        base = load.source[at.FULL_MW, s] * state.source_frac[s]
        if load.source[at.NOISE, s] == 0.0:
            for g in range(begin, end):
                gpu_mw[g] = base * groups[at.SHARE, g] + groups[at.FIXED_MW, g]
            continue
        place = t_s / load.source[at.KNOT_S, s]
        knot = np.floor(place)
        if knot != state.knots[s]:
            _draw_knots(load, state, s, knot)
        after = place - knot
        before = 1.0 - after
        for g in range(begin, end):
            own = 1.0 + before * noise[at.NOISE_NOW, g] + after * noise[at.NOISE_NEXT, g]
            gpu_mw[g] = base * groups[at.SHARE, g] * max(own, 0.0) + groups[at.FIXED_MW, g]


@njit(cache=True, error_model="numpy")
def _draw_knots(load, state, s, knot):
    """Noise of the groups of a source at the knots around the moment."""
    if knot == state.knots[s] + 1.0:
        for g in range(load.first[s], load.first[s + 1]):
            state.group[at.NOISE_NOW, g] = state.group[at.NOISE_NEXT, g]
    else:
        _draw_knot(load, state, s, knot, at.NOISE_NOW)
    _draw_knot(load, state, s, knot + 1.0, at.NOISE_NEXT)
    state.knots[s] = knot


@njit(cache=True, error_model="numpy")
def _draw_knot(load, state, s, knot, field):
    """One knot: the noise of the whole source is one draw, so that it is the same however many groups share it.

    Of independent normal numbers their sum and what remains of each are independent: the groups' own draws are
    centred, and each takes its share of the draw of the whole.
    """
    groups, row = load.groups, state.group
    begin, end = load.first[s], load.first[s + 1]
    place = load.keys[s] * at.STREAMS
    sd = load.source[at.NOISE, s] * KNOT_SPREAD
    whole = sd * normal(load.seed, place + at.BY_NOISE, int(knot))
    total = 0.0
    for g in range(begin, end):
        own = (
            sd * groups[at.SPREAD, g] * normal(load.seed, place + at.BY_GROUP, int(knot) * 65536 + g - begin)
        )
        row[field, g] = own
        total += own * groups[at.SHARE, g]
    for g in range(begin, end):
        row[field, g] += whole - total


@njit(cache=True, error_model="numpy")
def live(load, job, j, t_s):
    """Failures and restarts up to t_s, each at its own moment."""
    if job[at.MODE, j] == at.STOPPING and t_s >= job[at.EDGE_BEGIN_S, j] + job[at.EDGE_S, j]:
        job[at.MODE, j] = at.IDLING
    while True:
        if job[at.MODE, j] == at.WAITING and job[at.WAKE_S, j] <= t_s:
            begin_work(load, job, j, job[at.WAKE_S, j])
        elif job[at.MODE, j] == at.WORKING and job[at.NEXT_FAILURE_S, j] <= t_s:
            crash(load, job, j, job[at.NEXT_FAILURE_S, j])
        else:
            break


@njit(cache=True, error_model="numpy")
def obey(load, job, j, command, t_s):
    """What a job is told."""
    jobs, mode = load.jobs, job[at.MODE, j]
    if command == at.NONE:
        return
    if command == at.START and mode != at.WORKING:
        begin_work(load, job, j, t_s)
    elif command == at.STOP and mode == at.WORKING:
        end_work(load, job, j, t_s, jobs[at.STOP_S, j])
        job[at.MODE, j] = at.STOPPING
    elif command == at.CRASH and mode == at.WORKING:
        crash(load, job, j, t_s)
    elif command == at.CHECKPOINT and mode == at.WORKING and jobs[at.CHECK_EVERY_S, j] < np.inf:
        job[at.NEXT_CHECK_S, j] = min(job[at.NEXT_CHECK_S, j], t_s)
    elif command == at.STOP:
        job[at.MODE, j] = at.IDLING  # waits for no restart


@njit(cache=True, error_model="numpy")
def begin_work(load, job, j, t_s):
    """From idle to training: a new iteration, a new life until the next failure."""
    jobs = load.jobs
    gone_s = job[at.EDGE_BEGIN_S, j] + job[at.EDGE_S, j] if job[at.EDGE_TO, j] == 0.0 else t_s
    while job[at.END_S, j] < min(
        gone_s, t_s
    ):  # what began while it fell, so that no step changes what is drawn
        next_segment(load, job, j)
    edge(job, j, 1.0, t_s, jobs[at.START_S, j])
    job[at.MODE, j] = at.WORKING
    job[at.FROM, j] = jobs[at.LOW, j]
    job[at.NEXT_CHECK_S, j] = t_s + _every(load, j, job[at.CHECKS, j], at.CHECK_EVERY_S, at.BY_CHECK_EVERY)
    job[at.NEXT_EVAL_S, j] = t_s + _every(load, j, job[at.EVALS, j], at.EVAL_EVERY_S, at.BY_EVAL_EVERY)
    job[at.NEXT_FAILURE_S, j] = t_s + life_s(load, j, job[at.LIVES, j])
    job[at.LIVES, j] += 1.0
    begin_iteration(load, job, j, t_s)


@njit(cache=True, error_model="numpy")
def end_work(load, job, j, t_s, edge_s):
    """From training to idle within edge_s."""
    edge(job, j, 0.0, t_s, edge_s)
    job[at.ENDED_S, j] = t_s
    job[at.WAKE_S, j] = np.inf


@njit(cache=True, error_model="numpy")
def crash(load, job, j, t_s):
    """A GPU fails: all fall to idle, and begin again after the restart."""
    end_work(load, job, j, t_s, load.jobs[at.CRASH_S, j])
    job[at.MODE, j] = at.WAITING
    job[at.WAKE_S, j] = t_s + load.jobs[at.RESTART_S, j]
    job[at.FAILURES, j] += 1.0


@njit(cache=True, error_model="numpy", forceinline=True)
def edge(job, j, to, t_s, edge_s):
    """Begin to move between idle and work, from where it stands."""
    job[at.EDGE_FROM, j] = at_work(job, j, t_s)
    job[at.EDGE_TO, j], job[at.EDGE_BEGIN_S, j], job[at.EDGE_S, j] = to, t_s, edge_s


@njit(cache=True, error_model="numpy", forceinline=True)
def at_work(job, j, t_s):
    """Where a job stands between idle (0) and work (1)."""
    past, whole = t_s - job[at.EDGE_BEGIN_S, j], job[at.EDGE_S, j]
    if past >= whole:
        return job[at.EDGE_TO, j]
    return job[at.EDGE_FROM, j] + (job[at.EDGE_TO, j] - job[at.EDGE_FROM, j]) * past / whole


@njit(cache=True, error_model="numpy")
def life_s(load, j, life):
    """Time to the next failure: exponential, one draw a life."""
    rate = load.jobs[at.FAILURES_PER_S, j]
    if rate == 0.0:
        return np.inf
    draw = uniform(load.seed, load.keys[j] * at.STREAMS + at.BY_FAILURE, int(life))
    return -np.log(1.0 - draw) / rate


@njit(cache=True, error_model="numpy")
def spread_length(load, place, count, mean_s, jitter):
    """Length of a segment: its mean and a normal draw by its number, cut on both sides alike."""
    if jitter == 0.0:
        return mean_s
    draw = normal(load.seed, place, int(count))
    return mean_s * max(1.0 + jitter * min(max(draw, -MOST_SD), MOST_SD), LEAST_FRAC)


@njit(cache=True, error_model="numpy")
def _every(load, j, count, field, stream):
    """Time from a pause to the next of its kind; `field` is its EVERY_S, JITTER stands three below."""
    mean_s = load.jobs[field, j]
    if mean_s == np.inf:
        return np.inf
    place = int(load.jobs[at.PACE_KEY, j]) * at.STREAMS + stream
    return spread_length(load, place, count, mean_s, load.jobs[field + 3, j])


@njit(cache=True, error_model="numpy")
def begin_iteration(load, job, j, begin_s):
    """The next iteration, from begin_s on."""
    jobs = load.jobs
    place = int(jobs[at.PACE_KEY, j]) * at.STREAMS + at.BY_ITERATION
    job[at.SEGMENT, j], job[at.BEGIN_S, j] = at.ITERATION, begin_s
    job[at.END_S, j] = begin_s + spread_length(
        load, place, job[at.ITERATIONS, j], jobs[at.PERIOD_S, j], jobs[at.JITTER, j]
    )
    job[at.ITERATIONS, j] += 1.0


@njit(cache=True, error_model="numpy")
def next_segment(load, job, j):
    """What comes after the segment that has ended: a pause that is due, or an iteration."""
    jobs, now = load.jobs, job[at.END_S, j]
    job[at.FROM, j] = jobs[at.LOW, j] if job[at.SEGMENT, j] == at.ITERATION else job[at.LEVEL, j]
    if job[at.NEXT_CHECK_S, j] <= now:
        _begin_pause(load, job, j, at.CHECK_EVERY_S, at.NEXT_CHECK_S, at.CHECKS, at.BY_CHECK_EVERY)
    elif job[at.NEXT_EVAL_S, j] <= now:
        _begin_pause(load, job, j, at.EVAL_EVERY_S, at.NEXT_EVAL_S, at.EVALS, at.BY_EVAL_EVERY)
    else:
        begin_iteration(load, job, j, now)


@njit(cache=True, error_model="numpy")
def _begin_pause(load, job, j, rows, due, counter, stream):
    """A pause, and the moment when the next of its kind is due; counted from when this one was due, not begun."""
    jobs, now = load.jobs, job[at.END_S, j]
    place = int(jobs[at.PACE_KEY, j]) * at.STREAMS + stream + 1
    job[counter, j] += 1.0
    lasts_s = spread_length(load, place, job[counter, j], jobs[rows + 1, j], jobs[rows + 3, j])
    job[due, j] += _every(load, j, job[counter, j], rows, stream)
    mean = jobs[at.LOW, j] + (jobs[at.HIGH, j] - jobs[at.LOW, j]) * jobs[at.DUTY, j]
    job[at.LEVEL, j] = (1.0 - jobs[rows + 2, j]) * mean
    job[at.SEGMENT, j], job[at.BEGIN_S, j], job[at.END_S, j] = at.PAUSE, now, now + lasts_s


@njit(cache=True, error_model="numpy")
def job_power(load, job, j, cap, t_s, step_s):
    """Power of a job at a moment / its full power, after smoothing."""
    jobs = load.jobs
    work = at_work(job, j, t_s)
    wave, peak = jobs[at.IDLE, j], 0.0
    if work > 0.0:
        while job[at.END_S, j] <= t_s:
            next_segment(load, job, j)
        wave, peak = segment_power(jobs, job, j, t_s)
    asked = jobs[at.IDLE, j] + work * (wave - jobs[at.IDLE, j])
    job[at.ASKED, j] = asked
    return smooth(jobs, job, j, asked, cap, t_s, step_s) + work * peak


@njit(cache=True, error_model="numpy", forceinline=True)
def segment_power(jobs, job, j, t_s):
    """(power, peak on top of it) of the segment, as shares of full power.

    The rise begins with the iteration. The fall begins where the mean over the iteration becomes
    low + (high - low) x duty, whatever the lengths of both edges; at most to where an edge begins or ends it all.
    """
    past = t_s - job[at.BEGIN_S, j]
    low, high, rise_s, fall_s = jobs[at.LOW, j], jobs[at.HIGH, j], jobs[at.RISE_S, j], jobs[at.FALL_S, j]
    before = job[at.FROM, j]
    if job[at.SEGMENT, j] == at.PAUSE:
        level = job[at.LEVEL, j]
        return (level if past >= rise_s else before + (level - before) * past / rise_s), 0.0
    if past < rise_s:
        return before + (high - before) * past / rise_s, 0.0
    length_s = job[at.END_S, j] - job[at.BEGIN_S, j]
    fall_at = max(min(jobs[at.DUTY, j] * length_s + 0.5 * (rise_s - fall_s), length_s - fall_s), rise_s)
    peak = 0.0
    since = past - rise_s
    if jobs[at.OVERSHOOT, j] > 0.0 and since < 10.0 * OVERSHOOT_S and past < fall_at:
        peak = jobs[at.OVERSHOOT, j] * np.exp(-since / OVERSHOOT_S)
    if past < fall_at:
        return high, peak
    if past < fall_at + fall_s:
        return high + (low - high) * (past - fall_at) / fall_s, 0.0
    return low, 0.0


@njit(cache=True, error_model="numpy")
def settled_period(jobs, step_s, asked, drawn):
    """One period of a job that has run for four: power asked and power drawn / full, shape (moments,) each."""
    job = np.zeros((at.NJOB_STATE, 1))
    job[at.DRAWN, 0], job[at.MODE, 0] = -1.0, at.WORKING
    count = asked.shape[0]
    for k in range(5 * count):
        job[at.BEGIN_S, 0] = (k // count) * count * step_s
        job[at.END_S, 0] = job[at.BEGIN_S, 0] + count * step_s
        job[at.FROM, 0] = jobs[at.LOW, 0]
        asked[k % count], _ = segment_power(jobs, job, 0, (k + 0.5) * step_s)
        drawn[k % count] = smooth(jobs, job, 0, asked[k % count], 1.0, (k + 0.5) * step_s, step_s)


@njit(cache=True, error_model="numpy")
def begin_state(load, state, idle):
    """Fill a state of zeros for the moment 0: jobs train at their phase, or are idle; fleets have served for long."""
    job, jobs = state.job, load.jobs
    for j in range(jobs.shape[1]):
        begin_work(load, job, j, 0.0)
        place = int(jobs[at.PACE_KEY, j]) * at.STREAMS + at.BY_PHASE
        job[at.DRAWN, j], job[at.ENDED_S, j] = -1.0, -np.inf
        job[at.EDGE_S, j] = 0.0
        if idle[j]:
            job[at.MODE, j], job[at.EDGE_TO, j], job[at.END_S, j] = at.IDLING, 0.0, np.inf
            continue
        length_s = job[at.END_S, j]
        job[at.BEGIN_S, j] = -jobs[at.PHASE, j] * length_s
        job[at.END_S, j] = job[at.BEGIN_S, j] + length_s
        job[at.NEXT_CHECK_S, j] *= uniform(load.seed, place, 1)
        job[at.NEXT_EVAL_S, j] *= uniform(load.seed, place, 2)
    for f in range(load.fleets.shape[1]):
        key = load.keys[jobs.shape[1] + f]
        state.fleet[at.SECOND, f] = -np.ceil(WARM * load.fleets[at.REQUEST_S, f]) - 1.0
        draw_second(load, state.fleet, f, key)
        state.fleet[at.IN_SERVICE, f] = (
            load.fleets[at.RATE_PER_S, f] * load.fleets[at.REQUEST_S, f]
            * day_frac(load.fleets, f, state.fleet[at.SECOND, f])
        )  # fmt: skip
