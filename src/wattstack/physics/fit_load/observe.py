"""What one trace of a job shows, read in one way whether it was measured or made.

Needs    physics.fit_load.marks.
Gives    Observed, observe.
Used by  physics.fit_load.fit, benchmarks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wattstack.physics.fit_load.marks import (
    TOP,
    Marks,
    coherence,
    common_and_own,
    find_pauses,
    marks_of,
    parts_of,
    running_mean,
)

_SETTLE_S = 10.0  # after the start and around pauses, for sensors of some seconds
_AT_WORK = 0.85  # of the usual mean over an iteration: below it the job has not begun, or has ended


class Observed(NamedTuple):
    """What is read off one trace, measured or made.

    Attributes:
        marks: While the job trains.
        every_s, lasts_s, drop_frac: Of its pauses; 0 where none was found.
        coherence_frac: Of the nodes; None where there is one log.
        common_frac, own_frac: a and b of sd(N) = mean sqrt(a^2 + b^2 / N).
        plateau_own_frac: b at the plateau alone, where it does not matter that nodes are read at different moments.
        training: Samples between start, pauses and stop, bool (samples,).
    """

    marks: Marks
    every_s: float
    lasts_s: float
    drop_frac: float
    coherence_frac: float | None
    common_frac: float
    own_frac: float
    plateau_own_frac: float
    training: np.ndarray


def observe(power_mw: np.ndarray, nodes_mw: np.ndarray, step_s: float, period_s: float) -> Observed:
    """Marks, pauses and noise of a trace; the same for what was measured and what was made.

    Args:
        power_mw: Sum of the nodes, NaN where there is none, shape (samples,).
        nodes_mw: Nodes, shape (nodes, samples); one row where there are none apart.
        step_s: From sample to sample [s].
        period_s: Where the iteration is looked for, within 15 % [s].

    Raises:
        InputError: Too little training in the trace.
    """
    level = running_mean(np.where(np.isfinite(power_mw), power_mw, np.nanmedian(power_mw)), period_s / step_s)
    at_work = np.flatnonzero(level > _AT_WORK * np.median(level))
    settle = int(np.ceil(min(_SETTLE_S, period_s) / step_s))
    training = np.isfinite(power_mw)
    training[: at_work[0] + settle] = False
    training[max(at_work[-1] + 1 - settle, 0) :] = False
    inside = slice(at_work[0], at_work[-1] + 1)
    pauses = [
        (a + inside.start, b + inside.start) for a, b in find_pauses(power_mw[inside], step_s, period_s)
    ]
    pauses = [(a, b) for a, b in pauses if a - settle > at_work[0] and b + settle < at_work[-1]]
    before, core = np.zeros_like(training), np.zeros_like(training)
    margin = int(np.ceil(0.25 * min(_SETTLE_S, period_s) / step_s))
    for a, b in pauses:
        core[a + margin : b - margin] = True
        before[max(a - margin, 0) : b + margin] = True
    training &= ~before
    marks = marks_of(power_mw, step_s, training, 1.0 / period_s)
    core &= np.isfinite(power_mw)
    every_s = lasts_s = drop_frac = 0.0
    if len(pauses) > 1 and core.any():
        begins_s = step_s * np.array([a for a, _ in pauses])
        usual_s = float(np.median(np.diff(begins_s)))  # one that was not seen counts as two lengths
        every_s = float(np.ptp(begins_s)) / max(round(float(np.ptp(begins_s)) / usual_s), 1)
        lasts_s = float(np.mean([b - a for a, b in pauses])) * step_s
        drop_frac = 1.0 - float(power_mw[core].mean()) / marks.mean_mw
    known = training & np.isfinite(nodes_mw).all(axis=0)
    if len(nodes_mw) < 2:
        return Observed(marks, every_s, lasts_s, drop_frac, None, marks.sd_frac, 0.0, 0.0, training)
    common, own = common_and_own(nodes_mw, known)
    parts = parts_of(power_mw, step_s, training, 1.0 / marks.line_hz)
    _, still = common_and_own(nodes_mw, known & np.isin(parts, np.argsort(marks.fold_mw)[-TOP:]))
    return Observed(
        marks, every_s, lasts_s, drop_frac, coherence(nodes_mw, known), common, own, still, training
    )
