"""What a day cost and did, told the same way of the plan, of the twin and of the site.

Needs    campus, case.Case, series.
Gives    Course, account, interval_means.
Used by  operate.recount, operate.measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.control import peak_price_per_mw_month

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wattstack.case import Case
    from wattstack.plan import ScenarioResult
    from wattstack.series import TimeAxis, Traces

USUAL_INTERVAL_S = 1800
MONTH_DAYS = 365.25 / 12.0


@dataclass(frozen=True)
class Course:
    """Minutes of a day, arrays of shape (minutes,).

    Attributes:
        load_mw, import_mw, export_mw, solar_mw, unserved_mw: Flows, mean of the minute.
        battery_mw: Of all batteries, > 0 into the bus.
        generator_mw: By name.
        stored_mwh: In all batteries, at the end of the minute.
        stored_start_mwh: When the day began.
        stored_price: What a stored MWh is worth to the plan when the day ends [currency/MWh]; 0 where it is no plan.
    """

    load_mw: np.ndarray
    import_mw: np.ndarray
    export_mw: np.ndarray
    solar_mw: np.ndarray
    battery_mw: np.ndarray
    generator_mw: Mapping[str, np.ndarray]
    unserved_mw: np.ndarray
    stored_mwh: np.ndarray
    stored_start_mwh: float
    stored_price: float = field(default=0.0)

    @classmethod
    def of_run(cls, traces: Traces, axis: TimeAxis) -> Course:
        """The day out of the traces of a twin."""
        place = _Place(traces.axis, axis)
        get = lambda name: place.take(traces.arrays.get(name))  # noqa: E731
        ending = lambda end: [name for name in traces.arrays if name.endswith(end)]  # noqa: E731
        stored = [traces.arrays[n] for n in ending(".stored_mwh")]
        before = sum(float(values[max(place.first - 1, 0)]) for values in stored)
        return cls(
            load_mw=get("load_mw"), import_mw=get("grid.import_mw"), export_mw=get("grid.export_mw"),
            solar_mw=get("solar_mw"),
            battery_mw=sum((get(n) for n in ending(".discharge_mw")), np.zeros(axis.count))
            - sum(get(n) for n in ending(".charge_mw")),
            generator_mw={n.split(".")[1]: get(n) for n in ending(".output_mw") if n.startswith("generator.")},
            unserved_mw=get("unserved_mw"), stored_mwh=sum((place.take(v) for v in stored), np.zeros(axis.count)),
            stored_start_mwh=before,
        )  # fmt: skip

    @classmethod
    def of_plan(cls, plan: ScenarioResult, axis: TimeAxis) -> Course:
        """The day out of a plan, its steps held over their minutes."""
        case, run = plan.case, plan.dispatch
        place = _Place(case.axis, axis)
        zeros = np.zeros(case.axis.count)
        total = lambda parts: place.take(sum(parts, zeros))  # noqa: E731
        taken = lambda kind: [v for n, v in run.take_mw.items() if n.startswith(kind)]  # noqa: E731
        stored = sum(run.stored_mwh.values(), zeros)
        last = min(place.last, case.axis.count) - 1
        prices = [float(values[last]) for values in run.stored_price_per_mwh.values()]
        return cls(
            load_mw=place.take(case.load_mw), import_mw=total(taken("grid.connection.")),
            export_mw=place.take(run.export_mw), solar_mw=total(taken("solar.")),
            battery_mw=total(run.discharge_mw.values()) - total(run.charge_mw.values()),
            generator_mw={
                n.split(".")[1]: place.take(v) for n, v in run.take_mw.items() if n.startswith("generator.")
            },
            unserved_mw=total(taken("unserved")), stored_mwh=place.take(stored),
            stored_start_mwh=float(stored[place.first - 1]),
            stored_price=float(np.mean(prices)) if prices else 0.0,
        )  # fmt: skip

    def arrays(self) -> dict[str, np.ndarray]:
        """What a figure shows of it, by channel."""
        return {
            "load_mw": self.load_mw, "grid.import_mw": self.import_mw, "battery_mw": self.battery_mw,
            "stored_mwh": self.stored_mwh, "solar_mw": self.solar_mw, "unserved_mw": self.unserved_mw,
            "generator_mw": sum(self.generator_mw.values(), np.zeros(len(self.load_mw))),
        }  # fmt: skip


class _Place:
    """Where a day lies on another axis."""

    def __init__(self, of: TimeAxis, day: TimeAxis) -> None:
        begin_s = (day.start - of.start).astype("timedelta64[s]").astype(int)
        self.first = int(begin_s // of.step_s)
        self.last = -(-(int(begin_s) + day.count * day.step_s) // of.step_s)
        moments = int(begin_s) + np.arange(day.count) * day.step_s
        self._index = np.clip(moments // of.step_s, 0, of.count - 1)
        self._count = day.count

    def take(self, values: np.ndarray | None) -> np.ndarray:
        """An array of the other axis by the minutes of the day; zeros where there is none."""
        return np.zeros(self._count) if values is None else np.asarray(values, float)[self._index]


def interval_s_of(case: Case) -> int:
    """Length of the metering interval [s]."""
    grid = case.campus.grid
    demands = () if grid is None else grid.tariff.demand.values()
    return int(min((one.interval_s for one in demands if one.interval_s), default=USUAL_INTERVAL_S))


def interval_means(case: Case, import_mw: np.ndarray, axis: TimeAxis) -> list[float]:
    """Mean of the import in each metering interval of the day [MW]; a day begins with an interval."""
    per = max(interval_s_of(case) // axis.step_s, 1)
    whole = len(import_mw) // per * per
    return np.nan_to_num(import_mw[:whole]).reshape(-1, per).mean(axis=1).round(4).tolist()


def account(case: Case, course: Course, axis: TimeAxis) -> dict[str, Any]:
    """Energies [MWh], highest interval mean [MW] and cost [currency] of a day.

    The demand charge is a month's: shown is a day's share of what a month pays whose highest interval is that of this
    day, at a month of 30.4 days.
    """
    hour = axis.step_s / 3600.0
    mwh = lambda values: float(np.nansum(values) * hour)  # noqa: E731
    imported, generators = course.import_mw, course.generator_mw
    burnt = sum(
        float(np.nansum(values * case.generator_cost_per_mwh[name]) * hour)
        for name, values in generators.items()
    )
    bought = float(np.nansum(imported * case.buy_price_per_mwh) * hour)
    sold = float(np.nansum(course.export_mw * case.sell_price_per_mwh) * hour)
    highest = max(interval_means(case, imported, axis), default=0.0)
    return {
        "load_mwh": mwh(course.load_mw), "imported_mwh": mwh(imported), "exported_mwh": mwh(course.export_mw),
        "solar_mwh": mwh(course.solar_mw), "generated_mwh": sum(mwh(v) for v in generators.values()),
        "discharged_mwh": mwh(np.maximum(course.battery_mw, 0.0)),
        "charged_mwh": mwh(np.maximum(-course.battery_mw, 0.0)),
        "unserved_mwh": mwh(course.unserved_mw), "highest_interval_mw": highest,
        "demand_share": peak_price_per_mw_month(case.campus) * highest / MONTH_DAYS,
        "import_cost": bought - sold, "fuel_cost": burnt, "energy_cost": bought - sold + burnt,
        "stored_start_mwh": float(course.stored_start_mwh), "stored_end_mwh": float(course.stored_mwh[-1]),
        "lowest_stored_mwh": float(np.nanmin(course.stored_mwh)),
    }  # fmt: skip
