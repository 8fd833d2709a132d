"""Which days a report shows: two that are typical of their season and the two hardest.

Gives    Day, chosen_days.
Used by  report.sections.year, report.figures.days.

Typical: among the days of the season the one whose course of load, price and sun lies nearest to the season's
median course (sum of absolute differences, each quantity over its own spread). Dearest: highest mean price on the
campus bus. Tightest: the price on the bus stands furthest above that of import, by the mean of the day: what power
that cannot be had would be worth; where it nowhere does, the day that asks most, load less solar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.report.view import Year

NORTH_WINTER, NORTH_SUMMER = (12, 1, 2), (6, 7, 8)


@dataclass(frozen=True, slots=True)
class Day:
    """One local day of a year.

    Attributes:
        why: "A typical winter day".
        reason: The rule that chose it, in words.
        date: Local date.
        first, last: Its steps, first <= step < last.
    """

    why: str
    reason: str
    date: np.datetime64
    first: int
    last: int


def chosen_days(year: Year) -> list[Day]:
    """Two typical and the two hardest days of a year; fewer where the series are shorter than that.

    Example of what comes back for a year in the north: a typical winter day, a typical summer day, the dearest
    day, the tightest day, each with its date and its steps.
    """
    dates, first = np.unique(year.local.astype("datetime64[D]"), return_index=True)
    ends = np.append(first[1:], year.count)
    whole = np.flatnonzero((ends - first) * year.step_h >= 23.0 - 1e-9)
    if not whole.size:
        return []
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    seasons = (NORTH_SUMMER, NORTH_WINTER) if year.south else (NORTH_WINTER, NORTH_SUMMER)
    out = []
    for word, months in zip(("winter", "summer"), seasons, strict=True):
        days = whole[np.isin(month[whole], months)]
        if days.size:
            out.append(
                (
                    f"A typical {word} day",
                    "nearest to the season's median course of load, price and sun",
                    _nearest_to_median(year, first, days),
                )
            )
    score = _daily_mean(year.get("bus.price_per_mwh"), first, ends)
    dearest = whole[np.argmax(score[whole])]
    out.append(("The dearest day", "highest mean price of energy on the campus bus", dearest))
    rest = whole[whole != dearest]
    if rest.size:
        measure, reason = _tightness(year)
        tightest = rest[np.argmax(_daily_mean(measure, first, ends)[rest])]
        out.append(("The tightest day", reason, tightest))
    return [Day(why, reason, dates[d], int(first[d]), int(ends[d])) for why, reason, d in out]


def _daily_mean(values: np.ndarray, first: np.ndarray, ends: np.ndarray) -> np.ndarray:
    return np.add.reduceat(values, first) / (ends - first)


def _solar(year: Year) -> np.ndarray:
    stems = [s for s in year.ending(".output_mw") if s.startswith("solar.")]
    return sum((year.get(f"{s}.output_mw") for s in stems), np.zeros(year.count))


def _tightness(year: Year) -> tuple[np.ndarray, str]:
    """How tight each step is, and the same in words."""
    scarce = np.maximum(year.get("bus.price_per_mwh") - year.get("grid.buy_price_per_mwh"), 0.0)
    if scarce.max() > 1e-6:
        return scarce, "the price on the bus stands furthest above that of import: power is scarcest"
    return year.get("load_mw") - _solar(
        year
    ), "most power asked of grid, generators and battery: load less solar"


def _nearest_to_median(year: Year, first: np.ndarray, days: np.ndarray) -> int:
    steps = round(23.0 / year.step_h)  # 23 h: what every day has, the shortest included
    rows = first[days][:, None] + np.arange(steps)
    distance = np.zeros(len(days))
    for values in (year.get("load_mw"), year.get("grid.buy_price_per_mwh"), _solar(year)):
        courses = values[rows]
        spread = float(courses.std())
        if spread > 1e-9:
            distance += np.abs(courses - np.median(courses, axis=0)).sum(axis=1) / spread
    return int(days[np.argmin(distance)])
