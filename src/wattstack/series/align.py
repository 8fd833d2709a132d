"""Bring a series onto an axis, each kind of quantity by its rule.

Needs    errors, series.axis, series.series, series.gaps, series.typical.
Gives    align, Aligned.
Used by  case.

    price, power, intensity, frac   hold over their interval: repeat on finer steps, average on coarser
    energy                          splits evenly on finer steps, sums on coarser
    temperature, wind, pressure     a straight line between the centres of the intervals, averaged over
    and relative humidity           each step
    irradiance                      the same, then every interval of the source is scaled to keep its mean:
                                    energy is kept, nights stay dark, nothing is negative

Everything is done on the finest step that fits both (the greatest common divisor of the two steps and of
their offset), so an interval that overlaps two steps is shared by the minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.series.axis import TimeAxis
from wattstack.series.gaps import gap_faults
from wattstack.series.series import Series, span_text, utc_text
from wattstack.series.typical import on_years

_SMOOTH = ("temperature", "wind", "pressure", "irradiance")
_SMOOTH_NAMES = ("relative_humidity_frac",)
_MOST_CELLS = 100_000_000


@dataclass(frozen=True)
class Aligned:
    """A series on an axis.

    Attributes:
        axis: The axis.
        columns: Our name -> values in our units, shape (steps,), no NaN.
        notes: Everything done to the series since its file, one clause each, in order.
    """

    axis: TimeAxis
    columns: dict[str, np.ndarray]
    notes: tuple[str, ...]

    @property
    def values(self) -> np.ndarray:
        """Values of the first column."""
        return next(iter(self.columns.values()))


def align(
    series: Series, axis: TimeAxis, *, by_calendar: bool = False, time_zone: str | None = None
) -> Aligned:
    """Bring every column of a series onto an axis.

    Args:
        series: As read.
        axis: Where to.
        by_calendar: The series is a typical year: take each moment from the same month, day and hour of it.
        time_zone: IANA zone whose standard time sets month, day and hour (the sun has no daylight saving).

    Returns:
        The columns on the axis; what was done stands in its notes.

    Raises:
        InputError: The axis reaches outside the series (its span is said), or there are gaps inside it.

    Example:
        >>> hourly = Series("p", 0, 3600, {"p": np.array([10.0, 20.0])}, {"p": "price"})
        >>> align(hourly, TimeAxis(np.datetime64(0, "s"), 1800, 4)).values.tolist()
        [10.0, 10.0, 20.0, 20.0]
    """
    if by_calendar:
        series = on_years(series, axis, time_zone or "UTC")
    start_s = int(axis.start.astype("M8[s]").astype(np.int64))
    end_s = start_s + axis.step_s * axis.count
    _check_span(series, start_s, end_s, by_calendar)
    first = max((start_s - series.start_s) // series.step_s, 0)
    last = min(-(-(end_s - series.start_s) // series.step_s), series.count)
    faults = gap_faults(series, first, last)
    if faults:
        raise InputError(series.file, faults)
    cell_s = gcd(series.step_s, axis.step_s, abs(start_s - series.start_s))
    if (end_s - start_s) // cell_s > _MOST_CELLS:
        what = f"stamps lie {cell_s} s off the steps of the axis. Bring them onto whole minutes."
        raise InputError(series.file, [Fault(series.name, what)])
    grid = _Grid(start_s, axis, cell_s)
    columns = {
        name: _on_grid(name, series.kinds[name], values, series, grid)
        for name, values in series.columns.items()
    }
    notes = (*series.notes, *_step_note(series, axis))
    return Aligned(axis, columns, notes)


@dataclass(frozen=True, slots=True)
class _Grid:
    """The fine cells that fit both the series and the axis."""

    start_s: int
    axis: TimeAxis
    cell_s: int

    @property
    def cells(self) -> np.ndarray:
        """Start of every cell [s], shape (cells,)."""
        count = self.axis.count * self.axis.step_s // self.cell_s
        return self.start_s + np.arange(count) * self.cell_s

    def to_axis(self, cells: np.ndarray) -> np.ndarray:
        """Mean of the cells of every step."""
        per_step = self.axis.step_s // self.cell_s
        return cells if per_step == 1 else cells.reshape(-1, per_step).mean(axis=1)


def _on_grid(name: str, kind: str, values: np.ndarray, series: Series, grid: _Grid) -> np.ndarray:
    """One column on the axis."""
    if kind == "stored":
        raise InputError(
            series.file, [Fault(name, "is a stored energy, which is not read from files. Take it out.")]
        )
    if _is_smooth(name, kind):
        return grid.to_axis(_smooth(values, series, grid, keep_mean=kind == "irradiance"))
    source = np.clip((grid.cells - series.start_s) // series.step_s, 0, series.count - 1)
    held = grid.to_axis(values[source])
    return held * (grid.axis.step_s / series.step_s) if kind == "energy" else held


def _is_smooth(name: str, kind: str) -> bool:
    return kind in _SMOOTH or name in _SMOOTH_NAMES


def _smooth(values: np.ndarray, series: Series, grid: _Grid, keep_mean: bool) -> np.ndarray:
    """A straight line between interval centres, at the centre of every cell."""
    per_interval = series.step_s // grid.cell_s
    if per_interval == 1:
        source = np.clip((grid.cells - series.start_s) // series.step_s, 0, series.count - 1)
        return values[source]
    first = (int(grid.cells[0]) - series.start_s) // series.step_s - 1
    last = (int(grid.cells[-1]) - series.start_s) // series.step_s + 2
    source = np.clip(np.arange(first, last), 0, series.count - 1)  # beyond the ends the last value is held
    known = values[source]
    for end, inner in ((0, 1), (-1, -2)):  # a neighbour outside the horizon may be a gap
        if np.isnan(known[end]):
            known[end] = known[inner]
    centre = np.arange(known.size) * per_interval + per_interval / 2
    fine = np.interp(np.arange(known.size * per_interval) + 0.5, centre, known)
    if keep_mean:
        blocks = fine.reshape(-1, per_interval)
        mean = blocks.mean(axis=1)
        scale = np.divide(known, mean, out=np.zeros_like(mean), where=mean > 0)
        fine = (blocks * scale[:, None]).reshape(-1)
    skip = (int(grid.cells[0]) - (series.start_s + first * series.step_s)) // grid.cell_s
    return fine[skip : skip + grid.cells.size]


def _check_span(series: Series, start_s: int, end_s: int, by_calendar: bool) -> None:
    """Refuse an axis outside the series; weather may lack half an interval at each end, its value is held."""
    smooth = all(_is_smooth(name, kind) for name, kind in series.kinds.items())
    slack_s = series.step_s // 2 if smooth else 0
    if series.start_s - slack_s <= start_s and end_s <= series.end_s + slack_s:
        return
    hint = (
        ""
        if by_calendar
        else " Move time, give the missing data, or say by_calendar: true for a typical year."
    )
    what = f"covers {series.span}, must cover the horizon {utc_text(start_s)} .. {utc_text(end_s)}.{hint}"
    raise InputError(series.file, [Fault(series.name, what)])


def _step_note(series: Series, axis: TimeAxis) -> tuple[str, ...]:
    if series.step_s == axis.step_s:
        return ()
    if series.step_s < axis.step_s:
        return (f"averaged from {span_text(series.step_s)} to {span_text(axis.step_s)}",)
    words = {
        "interpolated" if _is_smooth(n, k) else "split" if k == "energy" else "repeated"
        for n, k in series.kinds.items()
    }
    return (f"{' or '.join(sorted(words))} from {span_text(series.step_s)} to {span_text(axis.step_s)}",)
