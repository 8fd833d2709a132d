"""The dip behind a folded iteration: how long, how deep, and how slow the sensor that showed it.

Needs    physics.fit_load.marks.
Gives    Shape, shape_of.
Used by  physics.fit_load.fit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wattstack.physics.fit_load.marks import Marks

_ALIKE = 1.1  # errors of the fold within so much of the least cannot be told apart


class Shape(NamedTuple):
    """The rectangle and the sensor that make a folded iteration.

    Attributes:
        duty_frac: Share of the period at high power.
        depth_frac: High less low / high.
        lag_s: Each of two equal lags in a row [s].
        depths: Least and greatest depth that tell the fold as well as the best.
    """

    duty_frac: float
    depth_frac: float
    lag_s: float
    depths: tuple[float, float]


def shape_of(marks: Marks, stagger_s: float = 0.0) -> Shape:
    """The rectangle behind a lagging sensor that tells a folded iteration best.

    Duty and lag are searched over a grid; depth follows from each by least squares over the harmonics of the fold.
    A first guess alone: the model itself is laid against the trace afterwards.
    """
    period_s, fold = 1.0 / marks.line_hz, marks.fold_mw
    order = np.arange(1, fold.size // 2)
    target = np.fft.rfft(fold)[order] / fold.size
    spread = np.sinc(order * marks.line_hz * stagger_s)  # nodes read over so long
    duty = np.arange(0.5, 0.9801, 0.01)
    lag_s = period_s * np.concatenate([[0.0], np.geomspace(0.002, 0.3, 60)])
    found = []
    for d in duty:
        dip = np.sin(np.pi * order * (1.0 - d)) / (np.pi * order)  # a dip in the middle of the fold
        for lag in lag_s:
            lagged = dip * spread / (1.0 + 2j * np.pi * order * marks.line_hz * lag) ** 2
            depth, error = _best_depth(target, lagged, order)
            found.append((error, d, lag, depth))
    table = np.array(found)
    good = table[table[:, 0] <= _ALIKE * table[:, 0].min() + 1e-9 * marks.mean_mw]
    _, d, lag, depth = table[np.argmin(table[:, 0])]
    plateau_mw = marks.mean_mw + depth * (1.0 - d)
    depths = good[:, 3] / (marks.mean_mw + good[:, 3] * (1.0 - good[:, 1]))
    return Shape(float(d), float(depth / plateau_mw), float(lag), (float(depths.min()), float(depths.max())))


def _best_depth(target: np.ndarray, lagged: np.ndarray, order: np.ndarray) -> tuple[float, float]:
    """Depth and rms error of a dip laid where it fits best: the fundamental gives its place."""
    turn = np.angle(-target[0] / lagged[0])
    laid = -lagged * np.exp(1j * turn * order)
    depth = max(float(np.real(np.vdot(laid, target)) / np.real(np.vdot(laid, laid))), 0.0)
    return depth, float(np.sqrt(2.0 * np.sum(np.abs(target - depth * laid) ** 2)))
