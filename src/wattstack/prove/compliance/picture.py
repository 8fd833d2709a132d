"""The worst case as it is drawn.

Gives    Picture, picture_of.
Used by  prove.compliance, its door.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MOST_POINTS = 2000
_LEAST_BESIDE = 20  # samples shown beside a window at least


@dataclass(frozen=True)
class Picture:
    """The worst case as it is drawn: what was held against the limit, around the moment.

    Attributes:
        time_s: Moments from the first sample of the wave [s], or frequencies [Hz] where `along` says so.
        values: What is drawn, same shape.
        quantity: Its name.
        unit: Its unit.
        along: "time_s" or "frequency_hz".
        marks: Values that are drawn as lines across: (what, value).
        window: First and last moment of the worst window, on the same axis.
    """

    time_s: np.ndarray
    values: np.ndarray
    quantity: str
    unit: str
    along: str = "time_s"
    marks: tuple[tuple[str, float], ...] = ()
    window: tuple[float, float] | None = None


def picture_of(
    values: np.ndarray,
    step_s: float,
    span: tuple[int, int],
    what: tuple[str, str],
    marks: tuple[tuple[str, float], ...] = (),
    begin_s: float = 0.0,
) -> Picture:
    """Samples around a window, half its length beyond each end, thinned to 2,000 by their extremes.

    Args:
        values: Samples of one piece.
        step_s: Their step [s].
        span: First and last sample of the window.
        what: Quantity and unit.
        marks: Lines across.
        begin_s: Moment of the first sample of the piece [s].
    """
    first, last = max(span[0], 0), min(span[1], len(values) - 1)
    beside = max((last - first) // 2, _LEAST_BESIDE)
    low, high = max(first - beside, 0), min(last + beside + 1, len(values))
    part, index = np.asarray(values[low:high], float), np.arange(low, high)
    if len(part) > _MOST_POINTS:
        kept = _extremes(part, -(-len(part) // (_MOST_POINTS // 2)))
        part, index = part[kept], index[kept]
    window = (begin_s + first * step_s, begin_s + last * step_s)
    return Picture(begin_s + index * step_s, part, *what, marks=marks, window=window)


def _extremes(part: np.ndarray, block: int) -> np.ndarray:
    """Places of the least and the greatest sample of every block, in order; a missing sample counts as the least."""
    count = len(part) // block
    blocks = np.nan_to_num(part[: count * block], nan=-np.inf).reshape(count, block)
    start = np.arange(count) * block
    rest = np.arange(count * block, len(part))
    return np.unique(np.concatenate([start + blocks.argmin(axis=1), start + blocks.argmax(axis=1), rest]))
