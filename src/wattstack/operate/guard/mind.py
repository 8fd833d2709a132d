"""One decision: from an image and what is asked to setpoints with their reasons. No sockets, no files, no own clock.

Needs    campus; control: RuleController, SmoothingLoop, Setpoints; operate.guard: arbitration, billed, clock, limits,
         lockout, measure, others, requests.
Gives    Mind, Decision.
Used by  operate.guard.loop; replay of a recorded day: equal images and requests give equal decisions, bit for bit.

The controllers of `control` say what they want; arbitration says what they get.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from math import isfinite, isnan, nan
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from wattstack.campus import reserve_mw, reserve_mwh
from wattstack.control import Measured, RuleController, SmoothingLoop, reason_text, rule_arrays, strips_of
from wattstack.control.kernel import rows
from wattstack.operate.devices import Image
from wattstack.operate.guard.arbitration import Feasible
from wattstack.operate.guard.billed import Billed
from wattstack.operate.guard.clock import SiteClock
from wattstack.operate.guard.held import Held, away_mwh, held_back
from wattstack.operate.guard.limits import FAR_MW, Band, Limits, limits_of
from wattstack.operate.guard.lockout import Lockouts
from wattstack.operate.guard.measure import Reader, Seen, Store
from wattstack.operate.guard.others import Others
from wattstack.operate.guard.requests import RequestBook
from wattstack.operate.guard.shares import missed_mw, shared
from wattstack.operate.guard.swings import Swings

if TYPE_CHECKING:
    from wattstack.campus import Campus

USUAL_INTERVAL_S = 1800.0
FOLLOWS, NOTHING = reason_text(rows.PLAN), reason_text(rows.IDLE)
BACK = 5  # decisions after the grid came back
HURRIED = 10.0  # seconds of a simulated site in one of the wall
BUMP_S = 2.0  # from the actual power to the first wish after a start


@dataclass(slots=True)
class Decision:
    """What is asked of the site for the coming period.

    Attributes:
        time_s: Seconds since 1970 UTC, of the clock that decisions go by.
        mode: In force.
        live: Whether it is we who write: else engines that do not start are none of ours.
        whole: Whether everything that a decision needs was read.
        device_mw: Setpoint by device, positive into the bus.
        asset_mw: By asset.
        reasons: By asset.
        slack_mw: By step of arbitration that could not be kept.
        steps: Of arbitration that narrowed, or were missed: step, low and high left after it, slack [MW], why.
        alarms: That stand, by device or channel.
        values: Numbers of the decision, by channel.
        tripped: Devices that tripped now.
    """

    time_s: float
    mode: str
    live: bool = True
    whole: bool = False
    device_mw: dict[str, float] = field(default_factory=dict)
    asset_mw: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    slack_mw: dict[str, float] = field(default_factory=dict)
    steps: list[tuple[str, float, float, float, str]] = field(default_factory=list)
    alarms: dict[str, str] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    tripped: list[str] = field(default_factory=list)


class Mind:
    """Decides.

    Args:
        campus: Sizes stand.
        mode: Without a request: "run" or "shadow".
        speed: Seconds of the site in a second of the wall (simulated sites).

    Attributes:
        live: Whether what is decided is written by us: a standby that waits looks on.
    """

    def __init__(self, campus: Campus, mode: str = "run", speed: float = 1.0) -> None:
        self.campus, self.mode, self.live = campus, mode, True
        self.step_s = campus.operate.period_s * speed
        demands = () if campus.grid is None else campus.grid.tariff.demand.values()
        interval_s = min((d.interval_s for d in demands if d.interval_s), default=USUAL_INTERVAL_S)
        self.controller = RuleController(campus, self.step_s, float(interval_s), np.full(12, FAR_MW))
        self._with_plan = self.controller.kinds, self.controller.params
        alone = campus.control.model_copy(
            update={"kind": "rules", "rules": tuple(r for r in campus.control.rules if r != "plan")}
        )
        self._alone = rule_arrays(alone)
        self._loop = _fast_loop(campus, self.step_s)
        self.reader, self.clock = Reader(campus, speed), SiteClock(speed)
        self.lockouts, self.book, self.others = (
            Lockouts(campus.devices),
            RequestBook(campus, speed),
            Others(campus, speed),
        )
        # on a hurried site each period sees the noise of many seconds, which would pass for another loop
        size_mw = (
            sum(float(u.power_mw) for u in campus.battery.values()) if speed <= HURRIED else float("inf")
        )
        self.swings = Swings(size_mw, campus.operate.period_s)
        self.strips = None
        if strips_of(campus):
            from wattstack.operate.guard.strips import Strips

            self.strips = Strips(campus)
        self.billed = Billed(campus)
        self.last_mw, self._began_s, self.lowest_mw, self.highest_mw = nan, nan, nan, nan
        self._loads: deque[float] = deque(maxlen=5)
        self._back = 0  # decisions in which the load that was carried without the grid may still be shown
        self._held: Held | None = None  # what the reserve leaves, where it speaks

    def decide(self, image: Image) -> Decision:
        """The decision on an image."""
        limits = limits_of(self.campus, self.book.in_force(image.time_s))
        tripped = self.lockouts.look(image, self.others.engines.running)
        seen = self.reader.read(image, frozenset(self.lockouts.why))
        made = Decision(self.clock.at(image), limits.mode or self.mode, self.live, tripped=tripped)
        self._back = BACK if seen.values["grid.on"] < 0.5 else max(self._back - 1, 0)
        made.whole = "load_mw" in seen.values and not any(isnan(s.power_mw) for s in seen.stores.values())
        fixed: dict[str, float] = {}
        if self.strips is not None:
            fixed = self.strips.take_out(made.time_s, seen, self._reserve(seen, limits))
        made.alarms = dict(seen.doubts) | {p: f"locked out: {why}" for p, why in self.lockouts.why.items()}
        self.billed.look(made.time_s, self.controller.peak_mw, limits)
        wish, why = self._wish(made, seen, limits)
        wish = self.swings.eased(wish, self.last_mw)
        left = self._arbitrate(made, seen, limits)
        power, held = left.pick(wish)
        asked, planned = limits.of_single(made.mode)
        bands = [*asked, *planned]
        kept = self._kept(power, seen)
        if (
            kept is None
        ):  # what stands above the reserve needs some of it: no power is turned round beside that
            kept, bands = seen.stores, []
        made.device_mw = shared(power, kept, bands)
        self.last_mw = sum(made.device_mw.values())
        self.swings.look(self.last_mw, image.time_s)
        if self.swings.why:
            made.alarms["battery swings"] = self.swings.why
        made.device_mw |= fixed
        for asset in self.controller.paths:
            mine = [p for p in made.device_mw if p.split("#")[0] == asset]
            made.asset_mw[asset] = sum(made.device_mw[p] for p in mine)
            made.reasons[asset] = f"{why}; held at {power:.4g} MW by {held}" if held else why
        for path in fixed:
            made.reasons[path.split("#")[0]] += f"; {path} {self.strips.words(path)}"
        made.slack_mw = left.slacks
        for step, single in (("instruction", asked), ("cost", planned)):
            if missed := missed_mw(made.asset_mw, single):
                made.slack_mw[step] = max(made.slack_mw.get(step, 0.0), missed)
        made.steps = [
            (one.step, one.low_mw, one.high_mw, one.slack_mw, one.why)
            for one in left.records
            if one.narrowed or one.slack_mw > 0.0
        ]
        self.others.decide(made, image, seen, limits, self.lockouts.why)
        for path, given_up in self.others.engines.given_up.items():
            self.lockouts.lock(path, given_up)
            made.tripped.append(path)
        if self.campus.grid is not None and seen.values["grid.on"] < 0.5:
            made.alarms.setdefault("grid", "is away")
        self._number(made, seen, limits)
        return made

    def _wish(self, made: Decision, seen: Seen, limits: Limits) -> tuple[float, str]:
        """What is wanted of all batteries, and why."""
        plan = [band for band in limits.cost if band.path is None or len(self.controller.paths) == 1]
        has_plan = bool(plan) and made.mode in ("run", "shadow")
        self.controller.kinds, self.controller.params = self._with_plan if has_plan else self._alone
        values = seen.values | {
            "control.month": float(self.billed.place),
            "grid.import_limit_mw": min(limits.import_mw, limits.told_import_mw),
            "grid.export_limit_mw": min(limits.export_mw, limits.told_export_mw),
            "control.reserve_mwh": self._reserve(seen, limits),
            "control.uncounted_mwh": seen.values.get("control.uncounted_mwh", 0.0)
            + away_mwh(self.campus, self.controller.beliefs, seen.stores),
        }
        if has_plan:
            values["control.plan_mw"] = _nearest_zero(plan[-1])
        asked = self.controller.decide(Measured(made.time_s, values))
        controller_mw = sum(asked.power_mw.values())
        whys = list(dict.fromkeys(asked.reason.values()))
        self._remember(seen.values.get("load_mw", nan))
        if made.mode == "safe":
            return 0.0, "safe: rests, limits alone hold"
        if made.mode == "manual":
            wish = sum(_nearest_zero(band) for band in limits.manual)
            return wish, limits.manual[-1].why if limits.manual else "manual: nobody asks for power"
        if self._loop is not None:
            beside = seen.values["generator_mw"] + seen.values.get("control.fixed_mw", 0.0)
            asked_mw = {"control.base_mw": controller_mw, "generator_mw": beside}
            smooth = self._loop.decide(Measured(made.time_s, values | asked_mw))
            return sum(smooth.power_mw.values()), next(iter(smooth.reason.values()), "")
        if has_plan:  # the plan's own words: what it does, at which price, and what for
            said = plan[-1].why if ": " in plan[-1].why else FOLLOWS
            whys = [
                said if why in (FOLLOWS, NOTHING) else why.replace(f"{FOLLOWS};", f"{said};") for why in whys
            ]
        return controller_mw, "; ".join(whys)

    def _remember(self, load_mw: float) -> None:
        """Highest and lowest load of late, for when the meter is dead; medians, for one reading may be odd. What is
        carried without the grid makes nobody forget what was drawn with it."""
        if isnan(load_mw):
            return
        self._loads.append(load_mw)
        usual = median(self._loads)
        high, low, fades = self.highest_mw, self.lowest_mw, 0.0 if self._back else 0.001
        self.highest_mw = usual if isnan(high) else max(usual, (1.0 - fades) * high)
        self.lowest_mw = usual if isnan(low) else min(usual, (1.0 + fades) * low)
        self.controller.highest_load_mw = self.highest_mw

    def _reserve(self, seen: Seen, limits: Limits) -> float:
        """Energy held back [MWh]: declared for the load of now and for swings, or more where it is asked."""
        duties = self.campus.duties
        load = seen.most_load_mw
        if not isfinite(load) or (self._back and load < self.highest_mw):  # without the grid less is drawn
            load = self.highest_mw
        held = 0.0
        if duties.backup is not None and not isnan(load):
            eff = min((unit.discharge_eff for unit in self.campus.battery.values()), default=1.0)
            critical_mw = reserve_mw(max(load, 0.0), duties.backup.load_frac)
            held = reserve_mwh(critical_mw, duties.backup.duration_h, eff)
        held += duties.smoothing.energy_mwh if duties.smoothing is not None else 0.0
        return max(held, limits.reserve_mwh)

    def _net(self, seen: Seen) -> tuple[float, float]:
        """What the campus draws beside batteries, at least and at most [MW]; NaN where it was never seen."""
        load = seen.values.get("load_mw", nan)
        low, high = (load, load) if not isnan(load) else (self.lowest_mw, self.controller.highest_load_mw)
        return self._own_net(seen, low), self._own_net(seen, high)

    @staticmethod
    def _own_net(seen: Seen, load_mw: float) -> float:
        """A load less what sun, engines and what strips give."""
        own = seen.values["solar_mw"] + seen.values["generator_mw"]
        return load_mw - own - seen.values.get("control.fixed_mw", 0.0)

    def _arbitrate(self, made: Decision, seen: Seen, limits: Limits) -> Feasible:
        """The fixed order, highest first."""
        left, self._held = Feasible(), None
        low, high = self.swings.worst(*self._net(seen))
        can_in = sum(store.can_charge_mw for store in seen.stores.values())
        can_out = sum(store.can_discharge_mw for store in seen.stores.values())
        left.narrow("device", -can_in, can_out, "what the batteries can")
        if isnan(high):
            left.narrow("connection", 0.0, 0.0, "the load was never measured")
            return left
        if seen.values["grid.on"] < 0.5 and seen.grid_read:
            left.narrow("island and lockout", high, high, "carries the campus without the grid")
            return left
        self._held = held = self._left(seen)
        free = sum(held.free_mw.values())
        # what is only believed, or was so of late, is worth what is free, and not the reserve
        need = max(
            min(high - limits.import_mw, free), self._own_net(seen, seen.sure_load_mw) - limits.import_mw
        )
        left.narrow(
            "connection", need, low + limits.export_mw,
            f"import at most {limits.import_mw:g} MW, export at most {limits.export_mw:g} MW",
        )  # fmt: skip
        if any(path.startswith("grid.connection") for path in self.lockouts.why):
            left.narrow("island and lockout", 0.0, 0.0, "the connection tripped and was not cleared")
        if left.high_mw > 0.0 or left.low_mw > 0.0:
            reserve = self.controller.row[rows.RESERVE_MWH]
            left.narrow(
                "backup reserve",
                -FAR_MW,
                free,
                f"reserve {reserve:.4g} MWh, {held.sure_mwh:.4g} MWh are sure",
            )
        self._soft(made, left, limits, (low, high))
        return left

    def _left(self, seen: Seen) -> Held:
        """What the reserve leaves each battery: of what it can, what is above its part."""
        stripped = seen.values.get("control.uncounted_mwh", 0.0)
        reserve = float(self.controller.row[rows.RESERVE_MWH]) + stripped
        held = held_back(self.campus, self.controller.beliefs, seen.stores, reserve, self.step_s)
        for asset, free in held.free_mw.items():
            held.free_mw[asset] = min(free, seen.values.get(f"{asset}.can_discharge_mw", 0.0))
        return held

    def _kept(self, power_mw: float, seen: Seen) -> dict[str, Store] | None:
        """What each device can, less its part of the reserve; None where the power takes more than that."""
        if self._held is None:
            return seen.stores
        if power_mw > sum(self._held.free_mw.values()) + 1e-9:
            return None
        kept = {}
        for path, store in seen.stores.items():
            asset = path.split("#")[0]
            can = seen.values.get(f"{asset}.can_discharge_mw", 0.0)
            part = self._held.free_mw.get(asset, 0.0) / can if can > 0.0 else 0.0
            kept[path] = replace(store, can_discharge_mw=store.can_discharge_mw * min(part, 1.0))
        return kept

    def _soft(self, made: Decision, left: Feasible, limits: Limits, net: tuple[float, float]) -> None:
        """Instruction, ramp, peak, smoothing, cost."""
        low, high = net
        if min(limits.told_import_mw, limits.told_export_mw) < FAR_MW:
            words = f"told to import at most {limits.told_import_mw:g} MW, export at most {limits.told_export_mw:g} MW"
            left.narrow("instruction", high - limits.told_import_mw, low + limits.told_export_mw, words)
        # a person's band stands in run as a bound
        people = limits.manual if made.mode in ("run", "shadow") else []
        for band in (*limits.told, *people):
            left.narrow("instruction", band.low_mw, band.high_mw, band.why) if band.path is None else None
        self._ramp(made.time_s, left)
        if made.mode == "safe":
            return
        row = self.controller.row
        if row[rows.PEAK_MW] < FAR_MW:
            budget = row[rows.PEAK_MW] * row[rows.INTERVAL_S] / 3600.0 - row[rows.INTERVAL_MWH]
            allowed = max(budget * 3600.0 / row[rows.INTERVAL_LEFT_S], 0.0)
            left.narrow("peak", high - allowed, FAR_MW, f"interval mean at most {row[rows.PEAK_MW]:.4g} MW")
        if made.mode == "manual":
            return
        if self._loop is not None:
            left.narrow(
                "smoothing", self._loop.setpoint_mw, self._loop.setpoint_mw, "holds the power drawn steady"
            )
        for band in limits.cost:
            left.narrow("cost", band.low_mw, band.high_mw, band.why) if band.path is None else None

    def _ramp(self, time_s: float, left: Feasible) -> None:
        """The declared ramp; after a start the power leaves the actual one gently, as far as what is above lets it."""
        ramp = self.campus.operate.ramp_mw_per_s
        if ramp is not None:
            most = ramp * self.step_s
            left.narrow(
                "ramp", self.last_mw - most, self.last_mw + most, f"moves at most {most:.3g} MW a period"
            )
        self._began_s = time_s if isnan(self._began_s) else self._began_s
        if 0.0 <= time_s - self._began_s < BUMP_S:
            most = sum(float(u.power_mw) for u in self.campus.battery.values()) * self.step_s / BUMP_S
            low, high = (min(max(self.last_mw + s * most, left.low_mw), left.high_mw) for s in (-1.0, 1.0))
            left.narrow("ramp", low, high, "leaves the actual power gently")

    def lead(self, live: bool) -> None:
        """Whether it is we who write from now on. Who writes no more keeps what it holds until it hears of who does."""
        self.live = live
        if not live:
            self.book.hand_over()
            self.lockouts.hand_over()

    def begin(self, seen_mw: float) -> None:
        """Go on from the actual power of all batteries: no bump."""
        self.last_mw, self._began_s = seen_mw, nan

    def _number(self, made: Decision, seen: Seen, limits: Limits) -> None:
        """What history keeps of the decision."""
        row = self.controller.row
        sure = sum(belief.sure_mwh for belief in self.controller.beliefs.values())
        made.values |= {k: v for k, v in seen.values.items() if "." not in k or k.startswith("grid.")}
        made.values |= {
            "control.battery_mw": self.last_mw, "control.reserve_mwh": float(row[rows.RESERVE_MWH]),
            "control.sure_mwh": sure, "control.import_limit_mw": min(limits.import_mw, limits.told_import_mw),
            "control.interval_mwh": float(self.controller.interval_mwh),
            "control.interval_left_s": float(self.controller.interval_s - made.time_s % self.controller.interval_s),
            "control.peak_mw": self.billed.set_mw if self.billed.set_mw < FAR_MW else nan,
            "grid.billed_peak_mw": self.billed.now_mw,
            "control.load_cap_mw": limits.load_cap_mw if limits.load_cap_mw < FAR_MW else nan,
        }  # fmt: skip


def _fast_loop(campus: Campus, step_s: float) -> SmoothingLoop | None:
    """The fast loop, in steps of ours: its ramp is one of time, not of its own period."""
    if campus.control.smoothing is None:
        return None
    smoothing = campus.control.smoothing.model_copy(update={"period_s": step_s})
    control = campus.control.model_copy(update={"smoothing": smoothing})
    return SmoothingLoop(campus.model_copy(update={"control": control}))


def _nearest_zero(band: Band) -> float:
    return min(max(0.0, band.low_mw), band.high_mw)
