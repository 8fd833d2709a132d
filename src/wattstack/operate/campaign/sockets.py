"""Campaigns of minutes over real sockets: simulated devices, the whole guard, the same script, the same judge.

Needs    campus; operate.guard.Guard, operate.simulated.SimulatedSite; operate.campaign: asking, judge, script, shown.
Gives    run_over_sockets.
Used by  benchmarks, tests.

The site moves `speed` times as fast as the wall, timers of devices run on the wall. What the machine itself slept is
not judged: guard and devices share a process, and nobody could act.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.operate.campaign.asking import Asking
from wattstack.operate.campaign.broken import BROKEN
from wattstack.operate.campaign.judge import PERIODS, Judge, Step, Verdict
from wattstack.operate.campaign.script import Event, Script, draw_script
from wattstack.operate.campaign.shown import by_asset, lied, showed
from wattstack.operate.guard import Guard
from wattstack.operate.simulated import KINDS, SimulatedSite

if TYPE_CHECKING:
    from wattstack.campus import Campus

CALM_S = 20.0  # of the site, after the last fault a connection can be held again
NEAR = 0.9, 1.3  # charge at the beginning, of the reserve: minutes do not bring a full battery there
ANSWER_S = 1.0  # of the wall: what was asked before a device fell silent is over by then


class _Judged(SimulatedSite):
    """A site that is judged after each of its steps."""

    def __init__(self, campus: Campus, speed: float, script: Script, number: int) -> None:
        self.judge: Judge | None = None
        super().__init__(campus, speed, seed=number)
        self.script, self.guard, self._next = script, None, 0
        self.asking = Asking(campus, script.askers, np.random.default_rng([number, 1]))
        self.site.time_s = script.begin_s
        self.kills: list[Event] = []
        self._calm_s, self._gone_s = 0.0, {}
        self.slept_s = 0.0
        super().tick(1e-3)
        judge = Judge(campus, self.site, PERIODS * campus.operate.period_s * speed, number)
        whole = sum(store.energy_mwh for store in self.site.stores.values())
        near = (
            judge.reserve_mwh(self.site.load_mw) / whole * np.random.default_rng([number, 2]).uniform(*NEAR)
        )
        for store in self.site.stores.values():
            store.stored_mwh = min(near, 1.0) * store.energy_mwh
        super().tick(1e-3)
        self.judge = judge

    @property
    def now_s(self) -> float:
        """Of the campaign, in its own seconds."""
        return self.site.time_s - self.script.begin_s

    def tick(self, step_s: float) -> None:
        """Move on, and be judged."""
        if self.judge is None:
            return super().tick(step_s)
        self._happen()
        super().tick(step_s)
        self.judge.look(self._told(step_s))

    def _happen(self) -> None:
        """Events that are due; those of the guard are left to who runs it."""
        events = self.script.events
        while self._next < len(events) and events[self._next].at_s <= self.now_s:
            event = events[self._next]
            self._next += 1
            if event.what in ("put", "lift") and event.kind in KINDS:
                self.put(event.path, event.kind, event.value) if event.what == "put" else self.lift(
                    event.path, event.kind
                )
            elif event.what == "kill":
                self.kills.append(event)
            elif event.what == "clear" and self.guard is not None:
                for path in list(self.guard.mind.lockouts.why):
                    self.guard.mind.lockouts.clear(path)

    def _told(self, step_s: float) -> Step:
        guard, now = self.guard, asyncio.get_running_loop().time()
        spoilers = {path: one.spoiler for path, one in self.devices.items()}
        closed: dict[str, bool] = {}
        for path, one in spoilers.items():
            asset = path.split("#", 1)[0]
            closed[asset] = closed.get(asset, True) and not one.has("contactor")
        told = Step(step_s, {}, self._limit_mw(), closed, lied=lied(self.campus, spoilers), sound=False)
        if guard is None or guard.image is None or not guard.may_write:
            return told
        asked = {p: mw for p, mw in guard.decision.device_mw.items() if p.startswith("battery.")}
        told.asked_mw = by_asset(asked)
        told.shown_mw = showed(self.campus, guard.image, lambda path: not spoilers[path].has("frozen"))
        if any(one.any for one in spoilers.values()) or guard.mind.lockouts.why:
            self._calm_s = self.now_s
        period_s = self.campus.operate.period_s
        slept = now - guard.image.time_s > PERIODS * period_s or step_s > PERIODS * period_s * self.speed
        self.slept_s += step_s * slept
        told.lied |= slept
        told.sound = not slept and self.now_s - self._calm_s > CALM_S
        self._gone_s = {p: self._gone_s.get(p, now) for p, one in spoilers.items() if one.has("silent")}
        most_s = PERIODS * period_s + ANSWER_S
        told.old = tuple(
            p for p, power in asked.items() if power and not slept and now - self._gone_s.get(p, now) > most_s
        )
        return told

    def _limit_mw(self) -> float:
        connection = self.campus.grid.connection
        firm = float(connection.firm_mw)
        return min(max(firm, self.asking.freed_mw(self.now_s)), firm + float(connection.nonfirm_mw))


async def _ask(site: _Judged) -> None:
    """Ask whatever is due, ten times a second."""
    while True:
        guard = site.guard
        if guard is not None and guard.started:
            now = asyncio.get_running_loop().time()
            site.asking.ask(guard.mind, site.now_s, now, guard.utc_s)
        await asyncio.sleep(0.1)


def _guard(campus: Campus, folder: Path, speed: float, broken: str) -> Guard:
    """A guard, perhaps one that is broken on purpose."""
    made = Guard(campus, folder, speed=speed)
    if broken:
        clock = made.mind.clock
        made.mind = BROKEN[broken](campus, "run", speed)
        made.mind.clock = clock
    return made


async def _run(campus: Campus, folder: Path, site: _Judged, length_s: float, broken: str) -> Verdict:
    """The guard on its site, stopped and started again where the script says so, to the end."""
    await site.start()
    asking = asyncio.create_task(_ask(site))
    try:
        while site.now_s < length_s:
            site.guard = guard = _guard(campus, folder, site.speed, broken)
            work = asyncio.create_task(guard.run())
            while site.now_s < length_s and not site.kills and not work.done():
                await asyncio.sleep(0.05)
            site.guard = None
            guard.stop()
            await work
            site.judge.verdict.decisions += guard.cycles
            if site.kills:
                site.kills.clear()
                await asyncio.sleep(0.5)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await site.stop()
    return site.judge.verdict


def run_over_sockets(
    campuses: Sequence[Campus], folder: Path, first: int = 0, speed: float = 10.0, length_s: float = 600.0,
    broken: str = "",
) -> list[Verdict]:  # fmt: skip
    """Run campaigns over sockets, all at once in this process: one for each campus.

    Args:
        campuses: Sizes stand, duties.backup is declared; each with ports of its own.
        folder: Of sockets, leases and states; a short name.
        first: Number of the first: names the scripts.
        speed: Seconds of the site in a second of the wall.
        length_s: Of each, in seconds of its site.
        broken: Name of a guard of BROKEN; "": the real one.
    """

    async def one(k: int, campus: Campus) -> Verdict:
        whole_s = float(campus.time.count * campus.time.step_s)
        script = draw_script(campus, 0, first + k, whole_s, length_s)
        return await _run(
            campus, folder / str(k), _Judged(campus, speed, script, first + k), length_s, broken
        )

    async def whole() -> list[Verdict]:
        return list(await asyncio.gather(*(one(k, campus) for k, campus in enumerate(campuses))))

    return asyncio.run(whole())
