"""The plan of the next hours for a live site: what the twin's loop does, asked for once, answered in words too.

Needs    campus.Campus, series.local_clock, dispatch.kernel (horizon, peak), control.seam.
Gives    Mpc, HorizonForecast, HorizonPlan; HorizonBattery, horizon_battery, peak_price_per_mw_month.
Used by  operate, twin (battery and price of the peak); the plan itself is made by dispatch.kernel, the same in
both.

The month's peak. Import is capped at what the month pays for anyway: the target, or the highest interval billed so
far where that is more. Where the cap is dearer to hold than the demand price of a MW, or cannot be held, the plan
raises it and says so; what lies above is laid flat (dispatch.kernel.peak). The cap holds in every step of the plan:
with steps shorter than the metering interval that is a little more than the meter asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from wattstack.campus import Battery, Campus, reserve_mw, reserve_mwh
from wattstack.control.seam import Measured
from wattstack.dispatch.kernel.horizon import new_horizon_scratch
from wattstack.dispatch.kernel.peak import plan_peak
from wattstack.errors import StateError
from wattstack.series import TimeAxis, local_clock
from wattstack.units import STEP_S

TINY_MW = 1e-6


@dataclass(frozen=True)
class HorizonBattery:
    """All batteries of a campus as one: powers and energy added, the rest the mean by energy.

    Attributes:
        charge_mw, discharge_mw: Limits at the bus, what is kept for swings taken off. energy_mwh: Usable energy.
        charge_eff, discharge_eff: One-way efficiencies.
        kept_frac_per_h: 1 - self-discharge. wear_per_mwh: Per MWh discharged at the bus.
        room_mwh: Kept free for swings, above what is stored and below it.
    """

    charge_mw: float
    discharge_mw: float
    energy_mwh: float
    charge_eff: float
    discharge_eff: float
    kept_frac_per_h: float
    wear_per_mwh: float
    room_mwh: float = 0.0


@dataclass(frozen=True)
class HorizonForecast:
    """What is believed of the next hours, by step of the plan; each a number or an array of shape (n,).

    Attributes:
        load_mw: Electric demand, auxiliaries of the batteries in it.
        cost_per_mwh: By line: marginal cost; of an export line the sell price.
        power_mw: By line: greatest power; of an export line the export limit.
    """

    load_mw: float | np.ndarray
    cost_per_mwh: Mapping[str, float | np.ndarray]
    power_mw: Mapping[str, float | np.ndarray]


@dataclass(frozen=True)
class HorizonPlan:
    """The least-cost running of the next hours; arrays have shape (n,).

    Attributes:
        power_mw: Of all batteries together, > 0 discharges; 0 throughout where no plan could be made.
        stored_mwh: Energy at the end of each step.
        import_mw: From the grid. over_mw: Of it, above target and billed peak of the month.
        price_per_mwh, stored_price_per_mwh: Of energy on the bus, and of one more MWh stored at the end of a step.
        line_mw: By line: what it gives; export: what is sold.
        unmet_mw, short_mwh: Load that no line serves; what the reserve lacks however much is charged.
        raise_mw: How far the running month's peak is raised because holding it would be dearer, or impossible.
        cost: Lines, wear and the raise of the peak, less what is left in store at its worth; inf where no plan
        could
            be made.
        reason: Why the first step is as it is, one line.
    """

    power_mw: np.ndarray
    stored_mwh: np.ndarray
    import_mw: np.ndarray
    over_mw: np.ndarray
    price_per_mwh: np.ndarray
    stored_price_per_mwh: np.ndarray
    line_mw: dict[str, np.ndarray] = field(repr=False)
    unmet_mw: np.ndarray
    short_mwh: np.ndarray
    raise_mw: float
    cost: float
    reason: str


class Mpc:
    """Receding-horizon planning for a site, by `control` of the campus file: horizon_h, plan_step, peak_target_mw.

    Args:
        campus: Sizes stand.
        lines: Kind of each line of supply by name, one of dispatch's: "import" lines share the cap, "export" sells.
        end_value_per_mwh: Worth of a MWh left in store at the end (the plan's mean price of a stored MWh); None =
            the median price of the forecast's imports x discharge_eff.

    Raises:
        StateError: A battery of the campus has no size yet.
    """

    def __init__(self, campus: Campus, lines: Mapping[str, str], end_value_per_mwh: float | None = None):
        self.campus, self.lines, self.end_value = campus, dict(lines), end_value_per_mwh
        self.battery = horizon_battery(campus)
        self.step_s = STEP_S[campus.control.plan_step]
        self.steps = round(campus.control.horizon_h * 3600 / self.step_s)
        self.peak_price = peak_price_per_mw_month(campus)
        self.cost, self.power = np.zeros((2, len(self.lines), self.steps))
        self.scratch = new_horizon_scratch(self.steps, list(self.lines.values()))

    def decide_horizon(self, now_s: float, measured: Measured, forecasts: HorizonForecast) -> HorizonPlan:
        """Plan the next hours from what is stored now. A value that is no number never raises: there is no plan
        then.

        Args:
            now_s: Moment at which the first step begins, seconds since 1970 UTC.
            measured: battery.NAME.stored_mwh of each battery; battery.NAME.usable_mwh where it differs from the
                declared energy; grid.billed_peak_mw, the highest interval of the month so far, else 0. A stored
                energy older than a step of the plan counts as not there.
            forecasts: By step of the plan from now_s.

        Raises:
            StateError: A line has no forecast, or its forecast another number of steps.
        """
        unit = self.battery
        load_mw = self._laid(forecasts)
        stored, usable = self._stored(measured)
        cap_mw, until = self._cap(now_s, measured)
        usable -= unit.room_mwh
        stored = min(stored, usable) if unit.room_mwh else stored
        floor_mwh = np.minimum(self._reserve(load_mw, usable + unit.room_mwh), usable)
        end_value = self.end_value
        if end_value is None:
            buys = [row for row, kind in zip(self.cost, self.lines.values(), strict=True) if kind == "import"]
            end_value = float(np.median(buys)) * unit.discharge_eff if buys else 0.0
        step_h = self.step_s / 3600.0
        power_mw, price = np.empty(self.steps), np.empty(self.steps)
        cost, raise_mw = plan_peak(
            stored, step_h, self.cost, self.power, load_mw, cap_mw, until, self.peak_price, unit.charge_mw,
            unit.discharge_mw, floor_mwh, usable, unit.charge_eff, unit.discharge_eff,
            unit.kept_frac_per_h**step_h, unit.wear_per_mwh, end_value, power_mw, price, self.scratch,
        )  # fmt: skip
        if cost == np.inf:
            return self._no_plan(stored, load_mw)
        return self._plan((cost, raise_mw), power_mw, price, cap_mw)

    def _laid(self, forecasts: HorizonForecast) -> np.ndarray:
        """Write the forecasts into the plan's own arrays; returns the load."""
        for part, given, rows in (
            ("cost_per_mwh", forecasts.cost_per_mwh, self.cost),
            ("power_mw", forecasts.power_mw, self.power),
        ):
            for row, name in zip(rows, self.lines, strict=True):
                if name not in given:
                    raise StateError(f"{part} has no {name}, must have every line of the plan. Forecast it.")
                row[:] = self._steps_of(f"{part} of {name}", given[name])
        return self._steps_of("load_mw", forecasts.load_mw)

    def _steps_of(self, what: str, value: float | np.ndarray) -> np.ndarray:
        made = np.asarray(value, float)
        if made.shape not in ((), (self.steps,)):
            raise StateError(
                f"{what} has shape {made.shape}, must be a number or have shape ({self.steps},)."
            )
        return np.array(np.broadcast_to(made, (self.steps,)))

    def _stored(self, measured: Measured) -> tuple[float, float]:
        """Stored and usable energy of all batteries; nan where one's stored energy is not known."""
        stored = usable = 0.0
        for name, unit in self.campus.battery.items():
            path = f"battery.{name}"
            known = measured.known(f"{path}.usable_mwh", np.inf)
            usable += measured.values[f"{path}.usable_mwh"] if known else unit.energy_mwh
            fresh = measured.known(f"{path}.stored_mwh", self.step_s)
            stored += measured.values[f"{path}.stored_mwh"] if fresh else np.nan
        return float(stored), float(usable)

    def _reserve(self, load_mw: np.ndarray, usable: float) -> np.ndarray:
        """Backup of the load that is forecast, with the margin for an error of the gauge, and what swings may take."""
        backup, swings_mwh = self.campus.duties.backup, self.battery.room_mwh
        if backup is None:
            return np.full(self.steps, swings_mwh)
        carried = reserve_mw(load_mw, backup.load_frac)
        return swings_mwh + reserve_mwh(
            carried, backup.duration_h, self.battery.discharge_eff, backup.soc_error_frac, usable
        )

    def _cap(self, now_s: float, measured: Measured) -> tuple[np.ndarray, int]:
        """Cap of the import by step: target of its month, or what the running month is billed for already.

        Returns it, and how many steps belong to the running month.
        """
        target = self.campus.control.peak_target_mw
        axis = TimeAxis(np.datetime64(int(now_s), "s"), self.step_s, self.steps)
        clock = local_clock(axis, self.campus.place.time_zone)
        named = target if isinstance(target, Mapping) else dict.fromkeys(clock.month_names, target)
        by_month = np.array([named.get(name) for name in clock.month_names], float)
        by_month[np.isnan(by_month)] = np.inf
        if measured.known("grid.billed_peak_mw", np.inf):
            by_month[0] = max(by_month[0], measured.values["grid.billed_peak_mw"])
        return by_month[clock.month], int((clock.month == 0).sum())

    def _no_plan(self, stored: float, load_mw: np.ndarray) -> HorizonPlan:
        """Nothing is done where something that must be a number is none."""
        wrong = "the stored energy" if np.isnan(stored) else "load_mw"
        if np.isfinite(stored) and np.isfinite(load_mw).all():
            bad = ~(np.isfinite(self.cost).all(axis=1) & ~np.isnan(self.power).any(axis=1))
            wrong = next((name for name, no in zip(self.lines, bad, strict=True) if no), "a limit")
        none, unknown = np.zeros(self.steps), np.full(self.steps, np.nan)
        return HorizonPlan(
            none, unknown, unknown, none, unknown, unknown, dict.fromkeys(self.lines, unknown), none, none,
            0.0, np.inf, f"no plan: {wrong} is not known as a number",
        )  # fmt: skip

    def _plan(self, made: tuple[float, float], power_mw, price, cap_mw) -> HorizonPlan:
        s = self.scratch
        line_mw = {name: s.take_mw[j].copy() for j, name in enumerate(self.lines)}
        buys = [line_mw[name] for name, kind in self.lines.items() if kind == "import"]
        import_mw = sum(buys, np.zeros(self.steps))
        plan = HorizonPlan(
            power_mw, s.stored_mwh.copy(), import_mw, np.maximum(import_mw - cap_mw, 0.0), price,
            s.stored_price.copy(), line_mw, s.unmet_mw.copy(), s.short_mwh.copy(), made[1], made[0], "",
        )  # fmt: skip
        return replace(plan, reason=self._reason(plan, cap_mw))

    def _reason(self, plan: HorizonPlan, cap_mw: np.ndarray) -> str:
        """Why the first step is as it is, and when a cap or a reserve will not hold."""
        power, unit = float(plan.power_mw[0]), f"{self.campus.currency}/MWh"
        price, worth = f"{plan.price_per_mwh[0]:.5g}", f"{plan.stored_price_per_mwh[0]:.5g}"
        held_mw = cap_mw[0] + plan.raise_mw
        if power > TINY_MW and plan.import_mw[0] >= held_mw - TINY_MW:
            said = f"discharges {power:.3g} MW: holds import at {held_mw:.4g} MW"
        elif power > TINY_MW:
            said = f"discharges {power:.3g} MW at {price} {unit}: a stored MWh is worth {worth}"
        elif power < -TINY_MW and plan.short_mwh[0] > 0.0:
            said = f"charges {-power:.3g} MW: the reserve lacks {plan.short_mwh[0]:.3g} MWh"
        elif power < -TINY_MW:
            said = f"charges {-power:.3g} MW at {price} {unit}: a stored MWh is worth {worth}"
        else:
            said = f"waits at {price} {unit}: a stored MWh is worth {worth}"
        over = np.flatnonzero(plan.over_mw > TINY_MW)
        if len(over):
            ahead_h = over[0] * self.step_s / 3600.0
            said += f"; in {ahead_h:.4g} h import is {plan.over_mw[over[0]]:.3g} MW above {cap_mw[over[0]]:.4g} MW"
        return said


def horizon_battery(campus: Campus) -> HorizonBattery:
    """All batteries of a campus as the plan of the next hours sees them.

    Args:
        campus: Sizes stand.

    Returns:
        One battery; without power and energy where the campus has none.

    Raises:
        StateError: A size is a range still.
    """
    for name, unit in campus.battery.items():
        for key in ("power_mw", "energy_mwh"):
            if not isinstance(getattr(unit, key), int | float):
                raise StateError(f"battery.{name}.{key} is a range, must be a number. Plan the site first.")
    units = [unit for unit in campus.battery.values() if unit.power_mw > 0.0 and unit.energy_mwh > 0.0]
    swings = campus.duties.smoothing
    kept_mw, room_mwh = (0.0, 0.0) if swings is None else (swings.power_mw, swings.energy_mwh)
    return HorizonBattery(
        charge_mw=max(float(sum(unit.power_mw * unit.charge_power_frac for unit in units)) - kept_mw, 0.0),
        discharge_mw=max(float(sum(unit.power_mw for unit in units)) - kept_mw, 0.0),
        energy_mwh=float(sum(unit.energy_mwh for unit in units)),
        charge_eff=_by_energy(units, (unit.charge_eff for unit in units), 1.0),
        discharge_eff=_by_energy(units, (unit.discharge_eff for unit in units), 1.0),
        kept_frac_per_h=_by_energy(units, (1.0 - unit.self_discharge_frac_per_h for unit in units), 1.0),
        wear_per_mwh=_by_energy(units, (unit.wear_per_mwh for unit in units), 0.0),
        room_mwh=room_mwh,
    )


def _by_energy(units: list[Battery], values: Iterable[float], without: float) -> float:
    whole = sum(unit.energy_mwh for unit in units)
    pairs = zip(values, units, strict=True)
    return float(sum(value * unit.energy_mwh for value, unit in pairs) / whole) if whole else without


def peak_price_per_mw_month(campus: Campus) -> float:
    """What a MW more of a month's peak costs: the prices of all demand clauses added.

    A price by the year counts by its twelve months: which month makes the year's peak is not known (assumption).
    A ratchet is left out.

    Returns:
        Price [currency/MW-month]; 0 where no peak is paid for.
    """
    if campus.grid is None:
        return 0.0
    return sum(
        clause.price_per_mw_year / 12.0 if clause.price_per_mw_month is None else clause.price_per_mw_month
        for clause in campus.grid.tariff.demand.values()
    )
