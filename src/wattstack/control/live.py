"""The controller of a site: the same compiled rules as the twin's, on an image, with belief, guard and fallback
around.

Needs    campus.Campus, control.kernel, control.rules, control.reserve, control.guard, control.seam.
Gives    RuleController.
Used by  operate, and the twin stepped through the seam (twin.plant).

Reading, in this order: what is fresh is used; what is stale is believed on the safe side (load as high as it was
seen lately, solar 0, store falling); where the load itself was never seen the battery does nothing, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, isnan

import numpy as np

from wattstack.campus import Campus, reserve_mw, reserve_mwh
from wattstack.control.guard import Bounds, guarded
from wattstack.control.kernel import rows
from wattstack.control.kernel.rules import decide, share
from wattstack.control.reserve import StoredBelief, believe
from wattstack.control.rules import reason_text, rule_arrays
from wattstack.control.seam import Measured, Setpoints

# a value older than so many control periods is stale (reference: control never acts on older ones)
PERIODS = 3.0
FAR_MW = 1e9


class RuleController:
    """Rules in order of priority for all batteries of a campus.

    Args:
        campus: Sizes stand.
        period_s: Time between two decisions [s].
        interval_s: Metering interval [s], on the clock.
        target_mw: Interval mean to hold, by local month label ("2022-04"); a month that is not named has none.

    The channels read: load_mw, solar_mw, generator_mw, grid.import_mw, grid.on, grid.import_limit_mw,
    grid.export_limit_mw, grid.buy_price_per_mwh, grid.sell_price_per_mwh, control.charge_below_per_mwh,
    control.discharge_above_per_mwh, control.plan_mw, control.month (label index), control.fixed_mw and
    control.uncounted_mwh (of the strip scheduler), control.reserve_mwh (absent: from the load), and of each battery
    stored_mwh, stored_error_mwh (of an estimator; absent: duties.backup.soc_error_frac), usable_mwh, can_charge_mw,
    can_discharge_mw under battery.NAME.
    """

    def __init__(
        self, campus: Campus, period_s: float, interval_s: float = 1800.0, target_mw: np.ndarray | None = None
    ):
        self.campus, self.period_s, self.interval_s = campus, period_s, interval_s
        self.kinds, self.params = rule_arrays(campus.control)
        self.peak_mw = np.full(1, FAR_MW) if target_mw is None else np.array(target_mw, float)
        self.paths = [f"battery.{name}" for name in campus.battery]
        self.row, self.out = np.zeros(rows.NROW), np.zeros(3)
        self.beliefs: dict[str, StoredBelief] = {}
        self.estimated_mwh: dict[str, float] = {}  # error that an estimator told last
        self.highest_load_mw = float("nan")
        self.import_mw = self.interval_mwh = 0.0
        self.last_s: float | None = None
        self.month = 0

    def decide(self, measured: Measured) -> Setpoints:
        """Setpoints for the coming period, each with its reason; never raises for a bad reading."""
        self._meter(measured)
        bounds, usable_mwh = self._batteries(measured)
        if not self._load(measured):
            still = dict.fromkeys(self.paths, 0.0)
            why = dict.fromkeys(self.paths, "does nothing: the load was never measured")
            return Setpoints(still, why, PERIODS * self.period_s)
        self._fill(measured, bounds, usable_mwh)
        decide(self.kinds, self.params, self.row, self.out)
        limits = np.array(
            [[bounds[p].charge_mw for p in self.paths], [bounds[p].discharge_mw for p in self.paths]]
        ).reshape(2, -1)
        shared = np.zeros(len(self.paths))
        share(float(self.out[0]), limits, np.ones(len(self.paths)), shared)
        passed = guarded(dict(zip(self.paths, shared.tolist(), strict=True)), bounds)
        reason = reason_text(int(self.out[1]))
        why = {p: "; ".join([passed.cut.get(p, reason), *self._doubts(measured, p)]) for p in self.paths}
        return Setpoints(passed.power_mw, why, PERIODS * self.period_s)

    def _doubts(self, measured: Measured, path: str) -> list[str]:
        """What this decision had to believe instead of reading it, in words."""
        words = []
        if not self._fresh(measured, "load_mw"):
            words.append(f"load not read, taken as {self.row[rows.LOAD_MW]:g} MW, the most seen lately")
        if not self._fresh(measured, f"{path}.stored_mwh"):
            words.append(f"charge not read, {self.beliefs[path].sure_mwh:.4g} MWh are sure")
        return words

    def _value(self, measured: Measured, channel: str, otherwise: float) -> float:
        """What was read, where it is fresh and finite: asked some forty times a decision, so without detours."""
        value = measured.values.get(channel)
        if value is None or not isfinite(value):
            return otherwise
        if measured.age_s and measured.age_s.get(channel, 0.0) > PERIODS * self.period_s:
            return otherwise
        return float(value)

    def _fresh(self, measured: Measured, channel: str) -> bool:
        return measured.known(channel, PERIODS * self.period_s) and isfinite(measured.values[channel])

    def _meter(self, measured: Measured) -> None:
        """Count the open interval; what was imported since the last image is the meter's, else the last power."""
        now = measured.time_s
        if self.last_s is not None and now > self.last_s:
            self.import_mw = self._value(measured, "grid.import_mw", self.import_mw)
            ends_s = (self.last_s // self.interval_s + 1.0) * self.interval_s
            self.interval_mwh += self.import_mw * (min(now, ends_s) - self.last_s) / 3600.0
            if now >= ends_s:
                mean_mw = self.interval_mwh * 3600.0 / self.interval_s
                self.peak_mw[self.month] = max(self.peak_mw[self.month], mean_mw)
                self.interval_mwh = self.import_mw * ((now - ends_s) % self.interval_s) / 3600.0
        month = int(self._value(measured, "control.month", self.month))
        self.month = min(max(month, 0), len(self.peak_mw) - 1)
        self.last_s = now

    def _batteries(self, measured: Measured) -> tuple[dict[str, Bounds], float]:
        """Belief about each store, bounds of each battery, usable energy of all."""
        bounds, whole = {}, 0.0
        backup = self.campus.duties.backup
        error_frac = backup.soc_error_frac if backup is not None else 0.0
        for path in self.paths:
            unit = self.campus.battery[path.split(".")[1]]
            usable = self._value(measured, f"{path}.usable_mwh", float(unit.energy_mwh))
            reading = self._value(measured, f"{path}.stored_mwh", float("nan"))
            most_out = unit.power_mw / unit.discharge_eff
            old = self.beliefs.get(path)
            error = self._value(measured, f"{path}.stored_error_mwh", float("nan"))
            if isnan(
                error
            ):  # no estimator, or a silent one, which was perhaps less sure than the declared margin
                error = max(error_frac * usable, self.estimated_mwh.get(path, 0.0))
            else:
                self.estimated_mwh[path] = error = max(error, 0.0)
            self.beliefs[path] = believe(old, measured.time_s, reading, usable, most_out, error)
            whole += usable
            bounds[path] = Bounds(
                max(self._value(measured, f"{path}.can_charge_mw", 0.0), 0.0),
                max(self._value(measured, f"{path}.can_discharge_mw", 0.0), 0.0),
            )
        return bounds, whole

    def _load(self, measured: Measured) -> bool:
        """Take the load, or the highest seen; False where it was never seen."""
        load = self._value(measured, "load_mw", float("nan"))
        if not isnan(load):
            seen = self.highest_load_mw
            self.highest_load_mw = load if isnan(seen) else max(load, 0.999 * seen)
            self.row[rows.LOAD_MW] = load
        else:
            self.row[rows.LOAD_MW] = self.highest_load_mw
        return not isnan(self.row[rows.LOAD_MW])

    def _fill(self, measured: Measured, bounds: Mapping[str, Bounds], usable_mwh: float) -> None:
        row, now = self.row, measured.time_s
        backup = self.campus.duties.backup
        eff = min((unit.discharge_eff for unit in self.campus.battery.values()), default=1.0)
        held = 0.0
        if backup is not None:
            held = reserve_mwh(reserve_mw(row[rows.LOAD_MW], backup.load_frac), backup.duration_h, eff)
        value = lambda channel, otherwise=0.0: self._value(measured, channel, otherwise)  # noqa: E731
        row[rows.TIME_S], row[rows.STEP_S] = now, self.period_s
        row[rows.SOLAR_MW] = value("solar_mw")
        row[rows.GENERATOR_MW] = value("generator_mw")
        row[rows.GRID_ON] = value("grid.on", 1.0)
        row[rows.IMPORT_LIMIT_MW] = value("grid.import_limit_mw", self._declared_limit())
        row[rows.EXPORT_LIMIT_MW] = value("grid.export_limit_mw")
        row[rows.BUY_PRICE_PER_MWH] = value("grid.buy_price_per_mwh")
        row[rows.SELL_PRICE_PER_MWH] = value("grid.sell_price_per_mwh")
        row[rows.STORED_MWH] = sum(belief.stored_mwh for belief in self.beliefs.values())
        row[rows.STORED_ERROR_MWH] = sum(belief.error_mwh for belief in self.beliefs.values())
        row[rows.STORED_ERROR_MWH] += value("control.uncounted_mwh")
        row[rows.ENERGY_MWH] = usable_mwh
        row[rows.CAN_CHARGE_MW] = sum(bound.charge_mw for bound in bounds.values())
        row[rows.CAN_DISCHARGE_MW] = sum(bound.discharge_mw for bound in bounds.values())
        swings = self.campus.duties.smoothing
        if swings is not None:
            held += swings.energy_mwh
            row[rows.SMOOTHING_MW], row[rows.ROOM_MWH] = swings.power_mw, swings.energy_mwh
        row[rows.RESERVE_MWH] = value("control.reserve_mwh", held)
        row[rows.LAST_IMPORT_MW] = self.import_mw
        row[rows.INTERVAL_LEFT_S] = self.interval_s - now % self.interval_s
        row[rows.INTERVAL_S] = self.interval_s
        row[rows.INTERVAL_MWH] = self.interval_mwh
        row[rows.PEAK_MW] = self.peak_mw[self.month]
        row[rows.CHARGE_BELOW_PER_MWH] = value("control.charge_below_per_mwh", -np.inf)
        row[rows.DISCHARGE_ABOVE_PER_MWH] = value("control.discharge_above_per_mwh", np.inf)
        row[rows.PLAN_MW] = value("control.plan_mw")
        row[rows.FIXED_MW] = value("control.fixed_mw")
        row[rows.DISCHARGE_EFF] = eff

    def _declared_limit(self) -> float:
        """What is surely there of the grid."""
        return 0.0 if self.campus.grid is None else float(self.campus.grid.connection.firm_mw)
