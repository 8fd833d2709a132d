"""Which weeks a page of a run shows: one like most others, and the hardest.

Needs    report.run.view.
Gives    Week, chosen_weeks.
Used by  report.run.sections.

Typical: among the whole local weeks (Monday to Sunday) the one whose course of load, price and sun by hour lies nearest
to the median course (sum of absolute differences, each quantity over its own spread). Hardest: in which most load was
not served; where all was, most compute put off; where none was, the week in which batteries and generators gave most.
A week in which the clock changes is not shown: its axis would be an hour off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.report.run.view import RunView, hourly

HOURS = 168


@dataclass(frozen=True, slots=True)
class Week:
    """Seven local days of a run.

    Attributes:
        why: "A typical week".
        reason: The rule that chose it, in words.
        first, last: Its steps, first <= step < last.
    """

    why: str
    reason: str
    first: int
    last: int


def chosen_weeks(view: RunView) -> list[Week]:
    """The typical and the hardest week; of a run shorter than two weeks all of it, as one."""
    per_hour = max(round(1.0 / view.step_h), 1)
    starts = _mondays(view, per_hour)
    if len(starts) < 2:
        return [Week("The whole run", "it is shorter than two weeks", 0, view.summary["steps"])]
    typical = starts[_nearest_to_median(view, starts // per_hour)]
    hardest, reason = _hardest(view, starts, HOURS * per_hour)
    weeks = [("A typical week", "nearest to the median course of load, price and sun", typical),
             ("The hardest week", reason, hardest)]  # fmt: skip
    weeks = weeks[1:] if typical == hardest else weeks
    return [Week(why, words, int(first), int(first) + HOURS * per_hour) for why, words, first in weeks]


def _mondays(view: RunView, per_hour: int) -> np.ndarray:
    """First steps of whole weeks that begin on a local Monday and on a whole hour of the run."""
    days = view.local.astype("datetime64[D]")
    new = np.flatnonzero(np.concatenate([[True], days[1:] != days[:-1]]))
    monday = (days[new].astype(int) + 3) % 7 == 0  # 1970-01-01 was a Thursday
    at_midnight = view.local[new] == days[new]
    new = new[monday & at_midnight & (new % per_hour == 0)]
    new = new[new + HOURS * per_hour <= view.summary["steps"]]
    last = view.local[new + HOURS * per_hour - 1]
    return new[last - view.local[new] == np.timedelta64(HOURS * 3600 - view.summary["step_s"], "s")]


def _nearest_to_median(view: RunView, hours: np.ndarray) -> int:
    rows = hours[:, None] + np.arange(HOURS)
    distance = np.zeros(len(hours))
    for channel in ("load_mw", "grid.buy_price_per_mwh", "solar_mw"):
        courses = hourly(view, view.get(channel))[rows]
        spread = float(courses.std())
        if spread > 1e-9:
            distance += np.abs(courses - np.median(courses, axis=0)).sum(axis=1) / spread
    return int(np.argmin(distance))


def _hardest(view: RunView, starts: np.ndarray, steps: int) -> tuple[int, str]:
    for channel, words in (
        ("unserved_mw", "most load was not served"),
        ("shed_mw", "most compute was put off"),
    ):
        missing = _sums(view.get(channel), starts, steps)
        if missing.max() > 0.0:
            return int(starts[np.argmax(missing)]), words
    own = sum(v for name, v in view.sources.items() if name.startswith(("battery.", "generator.")))
    if not isinstance(own, np.ndarray):
        return int(starts[np.argmax(_sums(view.get("load_mw"), starts, steps))]), "most load"
    return (
        int(starts[np.argmax(_sums(own, starts, steps))]),
        "batteries and generators together gave most energy",
    )


def _sums(values: np.ndarray, starts: np.ndarray, steps: int) -> np.ndarray:
    total = np.concatenate([[0.0], np.cumsum(values)])
    return total[starts + steps] - total[starts]
