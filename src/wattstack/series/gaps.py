"""Gaps: find them, say them, fill them by a named rule and by nothing else.

Needs    errors, series.series, series.clock.
Gives    Gap, find_gaps, fill_gaps, gap_faults, RULES.
Used by  series.read (fills), series.align (refuses what is left inside the horizon), case, report.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.errors import Fault, InputError, counted, nearest
from wattstack.series.clock import doubled_hour
from wattstack.series.series import GapRule, Series, span_text, utc_text

RULES = ("hold", "interpolate", "day_before")
_DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Gap:
    """Steps without a value, one after the other.

    Attributes:
        column: Which column.
        first: Index of the first missing step.
        count: Missing steps.
    """

    column: str
    first: int
    count: int


def find_gaps(series: Series, first: int = 0, last: int | None = None) -> list[Gap]:
    """Every gap, column by column, in order.

    Args:
        series: As read.
        first, last: Steps to look at, first <= i < last; the whole series by default.

    Example:
        >>> hourly = Series("p", 0, 3600, {"p": np.array([1.0, np.nan, np.nan, 4.0])}, {"p": "price"})
        >>> find_gaps(hourly)
        [Gap(column='p', first=1, count=2)]
    """
    gaps = []
    for name, values in series.columns.items():
        hole = np.isnan(values[first:last])
        edges = np.flatnonzero(np.diff(np.concatenate([[False], hole, [False]]).astype(np.int8)))
        gaps += [Gap(name, int(a) + first, int(b - a)) for a, b in edges.reshape(-1, 2)]
    return gaps


def gap_faults(series: Series, first: int = 0, last: int | None = None) -> list[Fault]:
    """One fault per column with gaps: how many steps are missing, the first, the longest, how to mend."""
    faults = []
    gaps = find_gaps(series, first, last)
    for name in series.columns:
        mine = [gap for gap in gaps if gap.column == name]
        if not mine:
            continue
        missing = sum(gap.count for gap in mine)
        begin_s = series.start_s + mine[0].first * series.step_s
        longest = max(mine, key=lambda gap: gap.count)
        text = f"has {counted(len(mine), 'gap')}, {counted(missing, 'step')} missing, "
        text += f"first at {utc_text(begin_s)}"
        if len(mine) > 1 or longest.count > 1:
            text += f", longest {span_text(longest.count * series.step_s)}"
        if series.time_zone and doubled_hour(begin_s, series.time_zone):
            text += f" (the autumn hour that the clock of {series.time_zone} shows twice stands only once)"
        faults.append(
            Fault(name, f"{text}. Fill them by a named rule (gaps: rule, at_most) or give the values.")
        )
    return faults


def fill_gaps(series: Series, rule: GapRule) -> Series:
    """Fill gaps up to a length by a named rule; longer ones stay.

    Args:
        series: As read.
        rule: hold repeats the last value, interpolate draws a straight line between the neighbours,
            day_before takes the value 24 h earlier (which may itself be filled).

    Returns:
        A copy; what was filled stands in its notes. A gap with no value to start from stays.

    Raises:
        InputError: No such rule.

    Example:
        >>> hourly = Series("p", 0, 3600, {"p": np.array([1.0, np.nan, 4.0])}, {"p": "price"})
        >>> fill_gaps(hourly, GapRule("hold", 3600)).values.tolist()
        [1.0, 1.0, 4.0]
    """
    if rule.rule not in RULES:
        near = nearest(rule.rule, RULES)
        hint = f" Nearest: {near!r}." if near else ""
        raise InputError(
            series.file, [f"gaps.rule is {rule.rule!r}, must be one of {', '.join(RULES)}.{hint}"]
        )
    columns = {name: values.copy() for name, values in series.columns.items()}
    filled = steps = 0
    for gap in find_gaps(series):
        if gap.count * series.step_s > rule.at_most_s:
            continue
        done = _fill(columns[gap.column], gap, rule.rule, series.step_s)
        filled += done
        steps += gap.count * done
    if not filled:
        return series
    return series.noted(
        f"{counted(steps, 'step')} in {counted(filled, 'gap')} filled by {rule.rule}", columns=columns
    )


def _fill(values: np.ndarray, gap: Gap, rule: str, step_s: int) -> bool:
    """Fill one gap in place; False when the rule has nothing to start from."""
    first, end = gap.first, gap.first + gap.count
    if rule == "day_before":
        day = _DAY_S // step_s
        if _DAY_S % step_s or first < day:
            return False
        for i in range(first, end):  # in order, so that a filled day may fill the next
            values[i] = values[i - day]
        return not np.isnan(values[first:end]).any()
    if first == 0 or (rule == "interpolate" and end == values.size):
        return False
    if rule == "hold":
        values[first:end] = values[first - 1]
    else:
        values[first:end] = np.interp(np.arange(first, end), [first - 1, end], values[[first - 1, end]])
    return True
