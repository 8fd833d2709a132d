"""The plan of the next hours at a live site: always an answer, each with what it could not hold.

Needs    campus, case.build_case, control.Mpc, operate.planner.known.
Gives    SitePlanner, Answer, Ask.
Used by  operate.planner.process; benchmarks.replan.

An answer is, in this order: a plan made now; the last good plan, moved on; the rules alone. Cap, reserve and load are
soft in the plan: where they cannot all be held it says how much is missing, and where.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from wattstack.case import build_case
from wattstack.control import HorizonPlan, Measured, Mpc
from wattstack.operate.planner.known import Known, lines_of
from wattstack.series import TimeAxis, local_clock

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.case import Case

LAST_GOOD_S = 6 * 3600.0  # a plan that is older is not followed any more: assumption
TINY = 1e-3  # MW, MWh: less is rounding, not slack


@dataclass(frozen=True)
class Ask:
    """One thing that is asked of the guard for the step that runs.

    Attributes:
        what: "battery_mw", "generator_mw" or "peak_mw". path: Asset; None: all of them together.
        value: MW. reason: One line.
    """

    what: str
    path: str | None
    value: float
    reason: str


@dataclass(frozen=True)
class Answer:
    """What is planned, how sure, and what could not be held.

    Attributes:
        source: "plan", "last plan" or "rules".
        begin_s: First moment of the plan, seconds since 1970 UTC. step_s: Its step.
        plan: The plan followed; None for the rules alone.
        slack: What the plan cannot hold, in words; empty where it holds everything.
        why: Why this source.
        took_ms: Time the answer took.
    """

    source: str
    begin_s: float
    step_s: int
    plan: HorizonPlan | None
    slack: tuple[str, ...]
    why: str
    took_ms: float
    peak_mw: float = float("inf")
    asks: tuple[Ask, ...] = field(default=())


class SitePlanner:
    """Plans of a site, one after the other.

    Args:
        campus: Sizes stand.
        now_s: Moment it begins at, seconds since 1970 UTC.
        case: The campus on its axis; None: built.

    Attributes:
        known: What was measured and what is declared.

    Raises:
        StateError: A size is a range still.
    """

    def __init__(self, campus: Campus, now_s: float, case: Case | None = None) -> None:
        self.campus, self._month, self._good = campus, "", None
        self.known = Known(campus, case or build_case(campus), now_s)
        self._mpc = Mpc(campus, lines_of(campus))
        self.step_s = self._mpc.step_s

    def answer(self, now_s: float, measured: Measured) -> Answer:
        """Plan the next hours, or say what holds instead.

        Args:
            now_s: Seconds since 1970 UTC.
            measured: load_mw, solar_mw, battery.NAME.stored_mwh, battery.NAME.usable_mwh, grid.billed_peak_mw,
                grid.on, grid.import_limit_mw, generator.NAME.available; those that are known.
        """
        began = perf_counter()
        value = {
            name: number for name, number in measured.values.items() if measured.known(name, self.step_s)
        }
        self.known.measured(now_s, value.get("load_mw", np.nan), value.get("solar_mw", np.nan))
        self._target(now_s)
        away = tuple(
            f"generator.{name}"
            for name in self.campus.generator
            if value.get(f"generator.{name}.available", 1.0) < 0.5
        )
        forecast = self.known.forecast(
            now_s, value.get("grid.on", 1.0) > 0.5, value.get("grid.import_limit_mw", np.inf), away
        )
        plan = self._mpc.decide_horizon(now_s, measured, forecast)
        if np.isfinite(plan.cost):
            made = Answer("plan", now_s, self.step_s, plan, self._slack(plan), plan.reason, 0.0)
            self._good = made = replace(made, peak_mw=self._peak(measured, plan))
        else:
            made = self.without(now_s, plan.reason)
        return replace(made, took_ms=(perf_counter() - began) * 1000.0, asks=asks_of(made, now_s))

    def without(self, now_s: float, why: str) -> Answer:
        """What holds where no plan was made: the last good one moved on, then the rules alone."""
        good = self._good
        if good is not None and 0.0 <= now_s - good.begin_s < min(LAST_GOOD_S, good.step_s * self._mpc.steps):
            moved = f"the plan of {(now_s - good.begin_s) / 60.0:.0f} min ago, moved on: {why}"
            made = replace(good, source="last plan", why=moved)
        else:
            made = Answer("rules", now_s, self.step_s, None, (), f"the rules alone: {why}", 0.0)
        return replace(made, asks=asks_of(made, now_s))

    def _target(self, now_s: float) -> None:
        """Without a declared target the running month holds the lowest peak that is worth it, from 0 on."""
        month = local_clock(
            TimeAxis(np.datetime64(int(now_s), "s"), 1, 1), self.campus.place.time_zone
        ).month_names[0]
        if month == self._month or self._mpc.peak_price == 0.0:
            return
        self._month, control = month, self.campus.control
        if control.peak_target_mw is None:
            target = control.model_copy(update={"peak_target_mw": {month: 0.0}})
            self._mpc.campus = self.campus.model_copy(update={"control": target})

    def _peak(self, measured: Measured, plan: HorizonPlan) -> float:
        """Import that the month is planned to be billed for [MW]; inf where nothing is paid for it."""
        if self._mpc.peak_price == 0.0:
            return float("inf")
        target = self._mpc.campus.control.peak_target_mw
        held = target.get(self._month) if isinstance(target, Mapping) else target
        if held is None:
            return float("inf")
        billed = (
            measured.values["grid.billed_peak_mw"] if measured.known("grid.billed_peak_mw", np.inf) else 0.0
        )
        return float(max(held, billed) + plan.raise_mw)

    def _slack(self, plan: HorizonPlan) -> tuple[str, ...]:
        """What the plan cannot hold, with the hours ahead at which it begins."""
        step_h = self.step_s / 3600.0
        said = []
        for missing, unit, words in (
            (plan.unmet_mw, "MW", "of the load have no supply"),
            (plan.short_mwh, "MWh", "are missing in the reserve"),
            (plan.over_mw, "MW", "are drawn above the month's peak"),
        ):
            steps = np.flatnonzero(missing > TINY)
            if len(steps):
                said.append(f"up to {missing.max():.3g} {unit} {words}, from {steps[0] * step_h:g} h on")
        return tuple(said)


def asks_of(answer: Answer, now_s: float) -> tuple[Ask, ...]:
    """What an answer asks for at a moment: battery, engines, peak; nothing for the rules alone."""
    plan = answer.plan
    if plan is None:
        return ()
    k = min(max(int((now_s - answer.begin_s) // answer.step_s), 0), len(plan.power_mw) - 1)
    made = [Ask("battery_mw", None, round(float(plan.power_mw[k]), 6), answer.why)]
    for path, line in plan.line_mw.items():
        if path.startswith("generator."):
            made.append(Ask("generator_mw", path, round(float(line[k]), 6), "the plan of the next hours"))
    if np.isfinite(answer.peak_mw):
        made.append(Ask("peak_mw", None, answer.peak_mw, "import that the month is planned to be billed for"))
    return tuple(made)
