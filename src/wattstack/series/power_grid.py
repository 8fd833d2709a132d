"""Rows of a power log on one step: sorted, doubles taken out, gaps kept, clocks judged, uneven stamps resampled.

Needs    errors, series.power_readings.
Gives    Grid, onto_one_step.
Used by  series.power_log.

Straight lines between uneven samples pass half the amplitude at 0.44 of the rate and 0.81 of it at a quarter; so a
quarter of the rate is what such a log can be judged up to. Even samples are judged up to 0.4 of the rate, the margin
that meters' own filters need below the Nyquist frequency.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wattstack.errors import Fault, InputError, counted
from wattstack.series.power_readings import Readings

EVEN_SHARE, UNEVEN_SHARE = 0.4, 0.25  # highest frequency that is judged / rate
_EVEN = 0.02  # of a step: stamps nearer to even than this are taken as even
_GAP = 2.5  # steps without a sample that make a gap
_BACK = 3  # samples by which stamps may be out of order before it is another clock
_ENOUGH = 0.5  # of the shortest log that all must share


@dataclass(frozen=True)
class Grid:
    """Channels on one step.

    Attributes:
        start_s: First moment [s].
        step_s: Step [s].
        columns: Unit -> power [MW], shape (samples,), NaN in gaps.
        beside: Other channels of a log of one unit.
        notes: What was done.
    """

    start_s: float
    step_s: float
    columns: dict[str, np.ndarray]
    beside: dict[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def onto_one_step(log: Readings, source: str) -> Grid:
    """Bring all units of a log onto one step.

    Args:
        log: Rows as read.
        source: Name of the log, for messages.

    Raises:
        InputError: Stamps of two clocks in one unit, fewer than two samples, units that share no time.
    """
    rows, notes, faults = {}, [], []
    for name, (time_s, power_mw) in log.units.items():
        beside = list(log.beside.values())
        try:
            rows[name] = _in_order(time_s, np.stack([power_mw, *beside]), name, notes)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(source, _together(faults))
    step_s = float(np.median([_step(time_s) for time_s, _ in rows.values()]))
    if len(rows) == 1:
        ((name, (time_s, values)),) = rows.items()
        even = _even(time_s, step_s)
        if even is not None:
            step_s, place = even
            grid = np.full((len(values), place[-1] + 1), np.nan)
            grid[:, place] = values
            return _grid(
                name, log, float(time_s[0]), step_s, grid, [*notes, *_told(time_s, step_s, EVEN_SHARE)]
            )
    start_s, count = _common(rows, step_s, source)
    at_s = start_s + step_s * np.arange(count)
    placed = {name: _lines(at_s, time_s, values, step_s) for name, (time_s, values) in rows.items()}
    same = len({time_s.tobytes() for time_s, _ in rows.values()}) == 1
    first_s = next(iter(rows.values()))[0]
    even = same and _even(first_s, step_s) is not None
    if not even:
        apart = np.concatenate([np.diff(time_s) for time_s, _ in rows.values()])
        usual = apart[apart <= _GAP * step_s]
        notes.append(
            f"samples come {usual.min():.4g} to {usual.max():.4g} s apart"
            + (", the units at moments of their own" if not same else "")
            + f": brought onto {step_s:.6g} s by straight lines"
        )
    notes += _told(first_s, step_s, EVEN_SHARE if even else UNEVEN_SHARE)
    if len(rows) == 1:
        return _grid(next(iter(rows)), log, start_s, step_s, next(iter(placed.values())), notes)
    return Grid(start_s, step_s, {name: values[0] for name, values in placed.items()}, {}, tuple(notes))


def _grid(
    name: str, log: Readings, start_s: float, step_s: float, values: np.ndarray, notes: list[str]
) -> Grid:
    beside = dict(zip(log.beside, values[1:], strict=True))
    return Grid(start_s, step_s, {name: values[0]}, beside, tuple(notes))


def _together(faults: list[Fault]) -> list[Fault]:
    """Units with the same fault are told in one line."""
    units: dict[str, list[str]] = {}
    for fault in faults:
        units.setdefault(fault.what, []).append(fault.where)
    return [
        Fault(names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more", what)
        for what, names in units.items()
    ]


def _in_order(
    time_s: np.ndarray, values: np.ndarray, name: str, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Samples that have a value, in order of time, no stamp twice."""
    known = np.isfinite(values[0]) & np.isfinite(time_s)
    if not known.all():
        notes.append(f"{name}: {counted(int((~known).sum()), 'row')} without a value")
    time_s, values = time_s[known], values[:, known]
    if time_s.size < 2:
        raise InputError(
            name, [Fault(name, f"has {counted(time_s.size, 'sample')}, must have two or more. Give more.")]
        )
    order = np.argsort(time_s, kind="stable")
    moved = np.abs(order - np.arange(order.size)).max()
    if moved > _BACK:
        row = int(np.flatnonzero(np.diff(time_s) < 0)[0])
        back_s = time_s[row] - time_s[row + 1]
        raise InputError(
            name,
            [
                Fault(
                    name,
                    f"goes back by {back_s:.6g} s after row {row + 1}, must go forward: two clocks or two runs in one "
                    "log. Split it, or say which rows are read.",
                )
            ],
        )
    if moved:
        notes.append(
            f"{name}: {counted(int((order != np.arange(order.size)).sum()), 'row')} out of order, sorted"
        )
        time_s, values = time_s[order], values[:, order]
    double = np.flatnonzero(np.diff(time_s) == 0.0)
    if double.size:
        unlike = int(np.sum(np.any(values[:, double] != values[:, double + 1], axis=0)))
        notes.append(
            f"{name}: {counted(double.size, 'stamp')} twice"
            + (f", {unlike} of them with another value: their mean is taken" if unlike else ", taken once")
        )
        first, inverse, count = np.unique(time_s, return_inverse=True, return_counts=True)
        values = np.stack([np.bincount(inverse, weights=row) / count for row in values])
        time_s = first
        if time_s.size < 2:
            raise InputError(name, [Fault(name, "has one moment only, must have two or more. Give more.")])
    return time_s, values


def _step(time_s: np.ndarray) -> float:
    """The usual distance of samples [s], to four figures."""
    usual_s = float(np.median(np.diff(time_s)))
    return max(float(f"{usual_s:.4g}"), 1e-6)


def _even(time_s: np.ndarray, step_s: float) -> tuple[float, np.ndarray] | None:
    """Step and place of every sample where they lie on an even grid with holes, else None."""
    place = np.concatenate([[0], np.cumsum(np.round(np.diff(time_s) / step_s).astype(np.int64))])
    if np.any(np.diff(place) < 1):
        return None
    since_s = time_s - time_s[0]
    exact_s = float((place @ since_s) / (place @ place))
    if np.abs(since_s - exact_s * place).max() > _EVEN * step_s:
        return None
    for figures in (2, 3, 4, 5, 6):
        nice_s = float(f"{exact_s:.{figures}g}")
        if abs(nice_s - exact_s) * place[-1] <= _EVEN * step_s:
            return nice_s, place
    return exact_s, place


def _common(rows: dict[str, tuple[np.ndarray, np.ndarray]], step_s: float, source: str) -> tuple[float, int]:
    """First moment and number of samples that all units share."""
    start_s = max(time_s[0] for time_s, _ in rows.values())
    end_s = min(time_s[-1] for time_s, _ in rows.values())
    shortest_s = min(time_s[-1] - time_s[0] for time_s, _ in rows.values())
    if end_s - start_s < _ENOUGH * shortest_s:
        middle_s = float(np.median([time_s[0] for time_s, _ in rows.values()]))
        far = max(rows, key=lambda name: abs(rows[name][0][0] - middle_s))
        raise InputError(
            source,
            [
                Fault(
                    far,
                    f"begins {rows[far][0][0] - middle_s:+.6g} s from the others, must share time with them: two "
                    "clocks. Mend its stamps, or leave it out.",
                )
            ],
        )
    return float(start_s), int((end_s - start_s) / step_s + 1e-6) + 1


def _lines(at_s: np.ndarray, time_s: np.ndarray, values: np.ndarray, step_s: float) -> np.ndarray:
    """Straight lines between samples, NaN inside gaps."""
    placed = np.stack([np.interp(at_s, time_s, row) for row in values])
    after = np.clip(np.searchsorted(time_s, at_s), 1, time_s.size - 1)
    hole = time_s[after] - time_s[after - 1] > _GAP * step_s
    on = np.minimum(np.abs(at_s - time_s[after]), np.abs(at_s - time_s[after - 1])) < 1e-6 * step_s
    placed[:, hole & ~on] = np.nan
    return placed


def _told(time_s: np.ndarray, step_s: float, share: float) -> list[str]:
    """Gaps, and the highest frequency that can be judged."""
    notes = []
    apart = np.diff(time_s)
    gaps = np.flatnonzero(apart > _GAP * step_s)
    if gaps.size:
        longest = gaps[np.argmax(apart[gaps])]
        notes.append(
            f"{counted(gaps.size, 'gap')}, {(apart[gaps] - step_s).sum():.4g} s in all, the longest "
            f"{apart[longest] - step_s:.4g} s at {time_s[longest] - time_s[0]:.6g} s: left empty"
        )
    return [
        *notes,
        f"one sample each {step_s:.6g} s: nothing above {share / step_s:.3g} Hz can be judged from this log",
    ]
