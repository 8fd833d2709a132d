"""What GPUs do against their own swings: hold a floor, fill dips with work of low priority, keep a cap, move slowly.

Needs    physics.kernel.load_rows.
Gives    smooth.
Used by  physics.kernel.jobs.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel import load_rows as at


@njit(cache=True, error_model="numpy", forceinline=True)
def smooth(jobs, job, j, asked, cap, t_s, step_s):
    """Power drawn for the power asked, both / full; moves the state of the smoothing to t_s.

    The floor holds while the job is at work and hold_s beyond. The burner comes on when the job has been below its
    level for its delay, and is gone when the job rises or ends. `cap` is what the site allows / full, beside the
    GPUs' own. Ramps are followed last, so they hold for all of it.
    """
    working = job[at.MODE, j] == at.WORKING
    target = asked
    if working or t_s - job[at.ENDED_S, j] < jobs[at.HOLD_S, j]:
        target = max(target, jobs[at.FLOOR, j])
    burner = jobs[at.BURNER, j]
    if burner > 0.0:
        job[at.DIP_S, j] = job[at.DIP_S, j] + step_s if working and asked < burner else 0.0
        if job[at.DIP_S, j] > jobs[at.BURNER_DELAY_S, j]:
            target = max(target, burner)
    target = min(target, jobs[at.CAP, j], cap)
    drawn = job[at.DRAWN, j]
    if drawn >= 0.0:  # else nothing was drawn yet: it has stood at the target
        highest, lowest = drawn + jobs[at.RAMP_UP, j] * step_s, drawn - jobs[at.RAMP_DOWN, j] * step_s
        if target > highest:
            target = highest
        elif target < lowest:
            target = lowest
    job[at.DRAWN, j] = target
    return target
