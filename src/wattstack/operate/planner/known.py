"""What is known of load, sun, prices and limits around now: measured minutes, and what the campus file declares.

Needs    campus, case.build_case, twin.make_drive, control.make_believed and its forecast, series.TimeAxis.
Gives    Known, LINES, lines_of.
Used by  operate.planner.site.

Load and sun are kept by the minute, nine days back. A gap of at most an hour holds what was last measured; where
nothing was measured for longer, it is as the campus file declares it. Prices and limits are those of the file; a
moment before or after its series takes the same weekday and hour of the nearest whole weeks away, and that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.case import Case
from wattstack.control import HorizonForecast, make_believed, make_forecast
from wattstack.series import TimeAxis
from wattstack.twin import make_drive
from wattstack.twin.kernel import layout as at
from wattstack.units import STEP_S

if TYPE_CHECKING:
    from wattstack.campus import Campus

MINUTE_S, DAY_S, WEEK_S = 60, 86_400, 604_800
# a week and a day more, so that the same weekday is always there; then what is asked
BACK_DAYS, AHEAD_DAYS = 9, 2
HELD_MINUTES = 60  # a gap no longer than this holds the last value: assumption
SAME_FRAC = 0.01  # limits that differ by less are the same
AWAY_H = 1.0  # a grid that is away is planned to be back after so long: assumption
IMPORT, EXPORT, SOLAR = "grid.connection", "grid.export", "solar"


def lines_of(campus: Campus) -> dict[str, str]:
    """Lines of supply of a campus and their kinds, as the plan of the next hours takes them."""
    engines = {f"generator.{name}": "generator" for name in campus.generator}
    return {IMPORT: "import", EXPORT: "export", SOLAR: "solar", **engines}


class Known:
    """Measured minutes and declared series, around now.

    Args:
        campus: Sizes stand.
        case: The campus bound to its axis.
        now_s: Moment it begins at, seconds since 1970 UTC.

    Attributes:
        moved_weeks: Whole weeks by which the declared series are moved to reach now; 0 where they cover it.
    """

    def __init__(self, campus: Campus, case: Case, now_s: float) -> None:
        self.campus, self.case = campus, case
        self.step_s = STEP_S[campus.control.plan_step]
        self.steps = round(campus.control.horizon_h * 3600 / self.step_s)
        self._drive = make_drive(case)
        self._start_s = int(case.axis.start.astype("datetime64[s]").astype(np.int64))
        self.moved_weeks = 0
        self._anchor_s, self._sums, self._counts = 0, np.zeros((2, 0)), np.zeros((2, 0))
        self._lay(now_s)

    def _lay(self, now_s: float) -> None:
        """Lay the minutes anew around now, keeping what was measured; once in two days."""
        anchor_s = int(now_s // DAY_S - BACK_DAYS) * DAY_S
        whole_s = (BACK_DAYS + AHEAD_DAYS) * DAY_S + self.steps * self.step_s
        minutes = -(-whole_s // MINUTE_S)
        sums, counts = np.zeros((2, 2, minutes))
        moved = (anchor_s - self._anchor_s) // MINUTE_S
        old = self._sums.shape[1]
        if abs(moved) < min(old, minutes):
            new_at, old_at = max(-moved, 0), max(moved, 0)
            kept = min(old - old_at, minutes - new_at)
            sums[:, new_at : new_at + kept] = self._sums[:, old_at : old_at + kept]
            counts[:, new_at : new_at + kept] = self._counts[:, old_at : old_at + kept]
        self._anchor_s, self._sums, self._counts = anchor_s, sums, counts
        axis = TimeAxis(np.datetime64(anchor_s, "s"), MINUTE_S, minutes)
        control, zone = self.campus.control, self.campus.place.time_zone
        solar_mw = sum(float(unit.power_mw) for unit in self.campus.solar.values())
        self._believed = make_believed(control, axis, zone, {"solar": solar_mw})
        given = type(control.forecast)(load="given", solar="given")
        self._announced = make_believed(control.model_copy(update={"forecast": given}), axis, zone)["price"]
        self._declare(anchor_s, minutes, now_s)

    def _declare(self, anchor_s: int, minutes: int, now_s: float) -> None:
        """The declared series by minute; outside their time, of the same weekday and hour."""
        axis = self.case.axis
        weeks_s = axis.count * axis.step_s // WEEK_S * WEEK_S or axis.count * axis.step_s
        seconds = anchor_s - self._start_s + np.arange(minutes, dtype=np.int64) * MINUTE_S
        outside = (seconds < 0) | (seconds >= axis.count * axis.step_s)
        since_s = now_s - self._start_s
        covered = 0 <= since_s < axis.count * axis.step_s
        self.moved_weeks = 0 if covered else int(since_s // weeks_s * weeks_s // WEEK_S)
        place = np.where(outside, seconds % weeks_s, seconds) // axis.step_s
        self._outside = np.ascontiguousarray(self._drive.outside[:, place])
        self._unit_cost = np.ascontiguousarray(self._drive.unit_cost[:, place])

    def measured(self, utc_s: float, load_mw: float, solar_mw: float) -> None:
        """Take a reading of load and sun; what is no number is a gap."""
        minute = self._minute(utc_s)
        for row, value in enumerate((load_mw, solar_mw)):
            if np.isfinite(value):
                self._sums[row, minute] += value
                self._counts[row, minute] += 1.0

    def recall(self, row: int, utc_s: np.ndarray, values: np.ndarray) -> int:
        """Take what was kept of load (row 0) or sun (row 1) before; returns how many readings counted."""
        minute = ((np.asarray(utc_s, float) - self._anchor_s) // MINUTE_S).astype(np.int64)
        values = np.asarray(values, float)
        good = np.isfinite(values) & (minute >= 0) & (minute < self._sums.shape[1])
        np.add.at(self._sums[row], minute[good], values[good])
        np.add.at(self._counts[row], minute[good], 1.0)
        return int(good.sum())

    def _minute(self, utc_s: float) -> int:
        minute = int((utc_s - self._anchor_s) // MINUTE_S)
        if not BACK_DAYS * 1440 <= minute < (BACK_DAYS + AHEAD_DAYS) * 1440:
            self._lay(utc_s)
            minute = int((utc_s - self._anchor_s) // MINUTE_S)
        return minute

    def _series(self, row: int, declared: np.ndarray, now: int, foresight: str) -> np.ndarray:
        """Minutes that were, gaps filled; where what comes counts as given, the declared ones behind them."""
        counts = self._counts[row, : now + 1]
        known = counts > 0.0
        last = np.maximum.accumulate(np.where(known, np.arange(now + 1), -1))
        held = (last >= 0) & (np.arange(now + 1) - last <= HELD_MINUTES)
        values = declared.copy()
        means = self._sums[row, : now + 1] / np.maximum(counts, 1.0)
        values[: now + 1][held] = means[last[held]]
        if known.any():  # what was first measured held a while before, too
            first = int(np.argmax(known))
            values[max(first - HELD_MINUTES, 0) : first] = means[first]
        # the minute that runs counts too: what is measured now is the best that is known of now
        return values if foresight == "given" else values[: now + 1]

    def forecast(
        self, now_s: float, grid_on: bool = True, import_limit_mw: float = np.inf, away: tuple[str, ...] = ()
    ) -> HorizonForecast:
        """What is believed of the next hours, from the minute of `now_s` on.

        Args:
            now_s: Seconds since 1970 UTC.
            grid_on: Whether the grid is there now; one that is away is planned to be back after AWAY_H.
            import_limit_mw: Limit in force; where it is below what is declared for now it holds for all hours.
            away: Generators that cannot run.
        """
        now = self._minute(now_s)
        per_step, n = self.step_s // MINUTE_S, self.steps
        asked, outside = self.campus.control.forecast, self._outside

        def told(series: np.ndarray) -> np.ndarray:
            return make_forecast(self._announced, series, now, per_step, n).values

        load = self._series(0, outside[at.D_LOAD], now, asked.load)
        solar = self._series(1, outside[at.D_SOLAR], now, asked.solar)
        price = self._believed["price"]
        limit = told(outside[at.D_OPEN_LIMIT])
        if import_limit_mw < limit[0] * (1.0 - SAME_FRAC):  # less than was announced: nobody says until when
            limit = np.minimum(limit, import_limit_mw)
        sold = told(outside[at.D_EXPORT_LIMIT])
        if not grid_on:
            first = max(round(AWAY_H * 3600 / self.step_s), 1)
            limit[:first] = sold[:first] = 0.0
        known = slice(None) if asked.price == "given" else slice(now + 1)
        cost = {
            IMPORT: make_forecast(price, outside[at.D_BUY][known], now, per_step, n).values,
            EXPORT: make_forecast(price, outside[at.D_SELL][known], now, per_step, n).values,
            SOLAR: 0.0,
        }
        power: dict = {
            IMPORT: limit,
            EXPORT: sold,
            SOLAR: make_forecast(self._believed["solar"], solar, now, per_step, n).values,
        }
        unit = 0
        for name, engine in self.campus.generator.items():
            path = f"generator.{name}"
            cost[path] = told(self._unit_cost[unit])
            power[path] = 0.0 if path in away else float(engine.power_mw)
            unit += engine.units
        load_mw = make_forecast(self._believed["load"], load, now, per_step, n).values
        return HorizonForecast(load_mw, cost, power)
