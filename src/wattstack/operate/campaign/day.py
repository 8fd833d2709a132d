"""One campaign: the real guard's mind, second by second where something happens, on the truth of a simulated site.

Needs    campus, case; operate.devices, operate.simulated.site, operate.guard; operate.campaign: asking, field, judge,
         script, shown.
Gives    Campaign, Ground.
Used by  operate.campaign.run.

Time: after every event decisions come each period, then ever more seldom up to two minutes, until the next event. A
decision is told how long it stands (step_s), as at any other speed. What is not there: the milliseconds between reading
and writing, and ripple within a quiet step.
"""

from __future__ import annotations

import json
from math import isnan, nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.operate.campaign.asking import Asking
from wattstack.operate.campaign.field import Field
from wattstack.operate.campaign.judge import PERIODS, Judge, Step, Verdict
from wattstack.operate.campaign.script import DAY_S, Event, Script
from wattstack.operate.campaign.shown import by_asset, lied, showed
from wattstack.operate.guard import Mind
from wattstack.operate.guard.memory import recall, remembered
from wattstack.operate.simulated.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wattstack.campus import Campus
    from wattstack.case import Case
    from wattstack.operate.devices import Layout

LADDER = (*(1.0,) * 8, 2.0, 3.0, 5.0, 10.0, 20.0, 40.0)  # periods, after an event
LONGEST_S = 120.0
START_S = 10.0  # a guard waits so long for a full image
CALM_S = 20.0  # so long after the last fault a connection can be held again


class Ground(NamedTuple):
    """What all campaigns of a campus stand on.

    Attributes:
        campus: Sizes stand.
        case: Its load and sun.
        layouts: Of its devices, by path.
    """

    campus: Campus
    case: Case
    layouts: Mapping[str, Layout]


class Campaign:
    """A day.

    Args:
        ground: Campus, its load and sun, its devices.
        script: What happens.
        number: Names the noise of the load too.
        make_mind: Makes the guard's mind; another one only to prove that the judge can fail.
        length_s: Of the campaign.

    Attributes:
        judge, mind, site: Who judges, who decides, what is true.
    """

    def __init__(
        self, ground: Ground, script: Script, number: int = 0,
        make_mind: Callable[[Campus], Mind] = Mind, length_s: float = DAY_S,
    ) -> None:  # fmt: skip
        campus, case, layouts = ground
        self.campus, self.script, self.length_s, self._make_mind = campus, script, length_s, make_mind
        self.period_s = campus.operate.period_s
        self.site = Site(campus, case, number)
        self.site.time_s = script.begin_s
        for path, store in self.site.stores.items():
            store.stored_mwh = script.soc[path] * store.energy_mwh
        self.site.step(1e-3, {})
        self.field = Field(campus, layouts, self._ratings())
        self.judge = Judge(campus, self.site, self.period_s, number)
        self.asking = Asking(campus, script.askers, np.random.default_rng([number, 1]))
        self.now_s = 0.0
        self._utc_s = self.site.utc_s
        self._clock_s = 1000.0 * (number % 7)
        self._saved: str | None = None
        self._began_s, self._started = 0.0, False
        self._faulty_s = -np.inf
        self._next = 0
        self._rung = 0
        self._shown_mw = nan
        self.mind: Mind | None = make_mind(campus)
        self._grid = {"outage": False, "contactor": False}

    def _ratings(self) -> dict[str, tuple[float, float]]:
        made = {}
        for path, device in self.campus.devices.items():
            kind, _, name = path.split("#")[0].partition(".")
            unit = getattr(self.campus, kind).get(name) if kind in ("battery", "generator", "solar") else None
            power = float(getattr(unit, "power_mw", 0.0)) * device.share_frac
            made[path] = power, float(getattr(unit, "energy_mwh", 0.0)) * device.share_frac
        return made

    def run(self) -> Verdict:
        """All of it."""
        while self.now_s < self.length_s - 1e-6:
            self._play()
            self._step(self._step_s())
        return self.judge.verdict

    # -- what happens ----------------------------------------------------------------------------------------------

    def _play(self) -> None:
        """Events that are due."""
        events = self.script.events
        while self._next < len(events) and events[self._next].at_s <= self.now_s + 1e-6:
            self._happen(events[self._next])
            self._next += 1
            self._rung = 0

    def _happen(self, event: Event) -> None:
        if event.what == "kill" and self.mind is not None:
            saved = remembered(self.mind, "same", self.site.utc_s, self.now_s + self._clock_s)
            self._saved, self.mind = json.dumps(saved, allow_nan=False), None
        elif event.what == "start" and self.mind is None:
            self._start()
        elif event.what == "clear" and self.mind is not None:
            for path in list(self.mind.lockouts.why):
                self.mind.lockouts.clear(path)
        elif event.what == "put":
            self._put(event, True)
        elif event.what == "lift":
            self._put(event, False)

    def _put(self, event: Event, on: bool) -> None:
        """A fault begins, or ends."""
        device, asset = self.field.devices[event.path], event.path.split("#")[0]
        if event.kind in self._grid and asset == "grid.connection":
            self._grid[event.kind] = on
            self.site.grid_on = not any(self._grid.values())
        if event.kind == "no_start":
            self.site.fail_starts(asset, on)
        if event.kind != "outage":
            device.put(event.kind, event.value, self.now_s) if on else device.lift(event.kind)
        self._faulty_s = self.now_s

    def _start(self) -> None:
        """The guard is started again, now and then on a machine that was: its monotonic clock begins anew."""
        self._clock_s += float(len(self.script.events) % 3) * -500.0
        self.mind = self._make_mind(self.campus)
        utc_s = self.now_s + self._utc_s
        recall(self.mind, json.loads(self._saved), "same", self.now_s + self._clock_s, utc_s)
        self.field.forget()
        self._began_s, self._started = self.now_s, False

    def _step_s(self) -> float:
        """How long the next decision stands: to the next event, and to the moment a device falls back, at the most."""
        rung = self._rung
        self._rung += 1
        step = min(LADDER[rung] * self.period_s if rung < len(LADDER) else LONGEST_S, LONGEST_S)
        ends = self.length_s
        if self._next < len(self.script.events):
            ends = min(ends, self.script.events[self._next].at_s)
        for device in self.field.devices.values():
            if self.mind is None or not self._started or not device.reached:
                ends = min(ends, device.reverts_s(self.now_s))
        return max(min(step, ends - self.now_s), 1e-3)

    # -- a step ----------------------------------------------------------------------------------------------------

    def _step(self, step_s: float) -> None:
        """Read, decide, write; then the site moves on, and it is judged."""
        made = self._decide(step_s)
        site, field = self.site, self.field
        asked, closed = {}, {}
        for device in field.devices.values():
            wanted = device.wanted(self.now_s)
            if wanted is not None:
                asked[device.asset] = (asked.get(device.asset) or 0.0) + wanted
            closed[device.asset] = closed.get(device.asset, True) and not device.spoiler.has("contactor")
        site.step(step_s, asked, closed)
        self.now_s += step_s
        told = Step(step_s, {}, self._limit_mw(), closed)
        if made is not None:
            stores = {
                path: made.device_mw.get(path, 0.0) for path in field.devices if path.startswith("battery.")
            }
            told.asked_mw = by_asset(stores)
            told.old = tuple(
                path for path, power in stores.items() if power != 0.0 and self._too_old(path, step_s)
            )
        told.shown_mw, told.lied, told.sound = self._shown_mw, self._lied(), self._sound()
        self.judge.look(told)

    def _decide(self, step_s: float):
        """The decision that stands for the step; None: nobody decides."""
        mind, now = self.mind, self.now_s
        if mind is None:
            self._shown_mw = nan
            return None
        site = self.site
        shown = {path: site.values(one.asset, one.share) for path, one in self.field.devices.items()}
        image = self.field.image(now, (self._clock_s, self._utc_s), shown)
        self.asking.ask(mind, now, image.time_s, image.utc_s)
        if not self._started and (self.field.read_whole or now - self._began_s >= START_S):
            powers = [image.value(f"{p}.power_mw") for p in self.field.devices if p.startswith("battery.")]
            mind.begin(sum(power for power in powers if not isnan(power)))
            self._started = True
        mind.step_s = mind.controller.period_s = step_s
        made = mind.decide(image)
        self.judge.verdict.decisions += 1
        self._shown_mw = showed(self.campus, image, self._fresh) if self.judge.below else nan
        if not self._started or made.mode == "shadow":
            return None
        for path, power in made.device_mw.items():
            self.field.devices[path].write(power, now)
        return made

    # -- what the judge has to know --------------------------------------------------------------------------------

    def _limit_mw(self) -> float:
        """What may be drawn: the firm power, and what the utility gave free of the rest."""
        connection = self.campus.grid.connection
        firm = float(connection.firm_mw)
        freed = self.asking.freed_mw(self.now_s)
        return min(max(firm, freed), firm + float(connection.nonfirm_mw))

    def _fresh(self, path: str) -> bool:
        """Whether what a device shows is of the last three periods in truth."""
        return self.now_s - self.field.devices[path].shown_s <= PERIODS * self.period_s

    def _too_old(self, path: str, step_s: float) -> bool:
        """Whether the device was asked for power on values of more than three periods before: one is on its way."""
        age_s = self.now_s - step_s - self.field.devices[path].shown_s
        return age_s > (PERIODS + 1.0) * self.period_s + 1e-6

    def _lied(self) -> bool:
        """Whether the load is shown as it is not, and no other gauge shows it."""
        faults = {path: one.spoiler for path, one in self.field.devices.items()}
        return lied(self.campus, faults)

    def _sound(self) -> bool:
        """Whether the connection can be held: nothing is broken, and was not a moment ago."""
        if (
            any(one.faulty for one in self.field.devices.values())
            or self.mind is None
            or self.mind.lockouts.why
        ):
            self._faulty_s = self.now_s
        return self.now_s - max(self._faulty_s, self._began_s) > CALM_S
