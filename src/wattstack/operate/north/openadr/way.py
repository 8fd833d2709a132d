"""OpenADR 3 as a way: events are asked for again and again, what holds now is asked of the guard, reports are sent.

Needs    campus, operate.link, operate.north: way, openadr.*.
Gives    OpenAdrWay.
Used by  operate.north.way, through operate.north.openadr.

What an event asks for is held by the guard until the end of its interval: a VTN that is silent meanwhile changes
nothing. What has no end is given up `hold_s` after the VTN was last heard, and nothing that was announced begins a day
after it. An event that is taken back ends within a poll.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from wattstack.errors import Fault, InputError, StateError
from wattstack.operate.link import Request
from wattstack.operate.north.openadr.reports import SITE, Meter, Reports
from wattstack.operate.north.openadr.schema import Event, Program, read_events, read_programs
from wattstack.operate.north.openadr.signals import Known, Signal, Signals, signals_at
from wattstack.operate.north.openadr.transport import HttpVtn, Vtn, refuse_old_python, secret_of
from wattstack.operate.north.way import Site

if TYPE_CHECKING:
    from wattstack.campus import Campus

CHANNEL = "north.openadr"
SPEAKER = "openadr"
TICK_S = 1.0
FORGET_S = 86_400.0  # known events count no longer than so long after the VTN was heard
LONGEST_S = 12 * 3600.0  # a request reaches ahead at most, and is renewed
SETTLES_S = 3.0  # until the guard's state must show what was asked
LEAST_STEP_MW = 0.01  # a setpoint of a battery that changes by less is not asked anew
MOST_TOLD, MOST_REPORTS = 500, 50
PROGRAMS_EVERY = 20  # polls


@dataclass(slots=True)
class _Held:
    """What was asked of the guard and taken."""

    signal: Signal
    until_s: float
    id: str
    asked_s: float  # of the loop's clock


class OpenAdrWay:
    """OpenADR 3.

    Args:
        campus: With operate.north.openadr.
        vtn: Who is asked; None: the declared one, over the library.

    Raises:
        InputError: Python or library are missing, the secret has faults, a resource is not on the campus.
    """

    def __init__(self, campus: Campus, vtn: Vtn | None = None) -> None:
        if vtn is None:
            refuse_old_python()
            vtn = HttpVtn(campus, secret_of(campus))
        self.campus, self._vtn = campus, vtn
        self._declared = campus.operate.north.openadr
        wrong = [
            Fault(f"operate.north.openadr.resources.{name}", f"is {path!r}, must be on the campus.")
            for name, path in self._declared.resources.items()
            if path.partition(".")[2] not in getattr(campus, path.partition(".")[0])
        ]
        if wrong:
            raise InputError(campus.source, wrong)
        self._known: dict[str, Known] = {}
        self._programs: dict[str, Program] = {}
        self._held: dict[tuple, _Held] = {}
        # of the loop's clock: a silence is one of the VTN, also where the site's time runs faster
        self._heard_s = -inf
        self._outbox: deque[dict[str, Any]] = deque(maxlen=MOST_REPORTS)
        self._told: set[str] = set()
        self._silent = ""

    async def run(self, site: Site) -> None:
        """Speak it until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._talk(site))
            group.create_task(self._hold(site))

    async def _talk(self, site: Site) -> None:
        """With the VTN, one word at a time."""
        loop, polls, next_s = asyncio.get_running_loop(), 0, -inf
        while True:
            if loop.time() >= next_s:
                try:
                    await self._poll(site, polls % PROGRAMS_EVERY == 0)
                    polls += 1
                    if self._silent:
                        self._silent = ""
                        await site.say("info", f"{CHANNEL}.vtn", "the VTN is heard again")
                except Exception as error:  # whatever it is, what is known goes on
                    polls = 0
                    await self._quiet(site, f"the VTN is not heard: {type(error).__name__}: {error}")
                next_s = loop.time() + self._declared.poll_s
            if self._outbox and not self._silent:
                try:
                    await self._vtn.report(self._outbox[0])
                except Exception as error:
                    await self._once(
                        site, "alarm", f"a report was not taken: {type(error).__name__}: {error}"
                    )
                self._outbox.popleft()  # a newer one will say more than one that is repeated
            await asyncio.sleep(min(TICK_S, self._declared.poll_s))

    async def _poll(self, site: Site, programs: bool) -> None:
        if programs:
            found, faults = read_programs(_listed(await self._vtn.programs()))
            self._programs = {one.id: one for one in found}
            for fault in faults:
                await self._once(site, "info", f"not understood: {fault}")
        found, faults = read_events(_listed(await self._vtn.events()))
        for fault in faults:
            await self._once(site, "alarm", f"not understood, not acted on: {fault}")
        self._heard_s, now_s = asyncio.get_running_loop().time(), site.utc_s
        self._known = {
            one.version: Known(one, self._programs.get(one.program_id), self._seen_s(one, now_s))
            for one in found
        }

    def _seen_s(self, event: Event, now_s: float) -> float:
        """Since when an event is as it is: as the VTN says, so that a restart begins nothing anew."""
        held = self._known.get(event.version)
        return held.seen_s if held is not None else min(event.changed_s, now_s)

    async def _quiet(self, site: Site, why: str) -> None:
        if why != self._silent:
            self._silent = why
            await site.say("alarm", f"{CHANNEL}.vtn", f"{why}; what has an end holds until then")

    async def _once(self, site: Site, level: str, text: str) -> None:
        if len(self._told) >= MOST_TOLD:
            self._told.clear()
        if text not in self._told:
            self._told.add(text)
            await site.say(level, CHANNEL, text, once=True)

    async def _hold(self, site: Site) -> None:
        """With the guard: what holds now, and what is due to be reported."""
        meter = Meter()
        reports = Reports(self.campus, self._declared.client_name or self.campus.name, meter, site.values)
        while True:
            now_s = site.utc_s
            meter.add(now_s, site.values(f"{SITE}.power_mw"))
            if self._silent_s() > FORGET_S:
                self._known = {}
            if site.heard:
                signals = signals_at(
                    self.campus, self._known.values(), now_s, lambda path: site.values(f"{path}.stored_mwh")
                )
                await self._ask(site, signals, now_s)
                for text in sorted(signals.alerts):
                    await self._once(site, "alarm", text)
                for text in sorted(signals.ignored):
                    await self._once(site, "info", text)
                self._outbox.extend(reports.due(self._known.values(), now_s))
            await asyncio.sleep(TICK_S)

    async def _ask(self, site: Site, signals: Signals, now_s: float) -> None:
        asked = {key: (one, self._until_s(one, now_s)) for key, one in signals.asked.items()}
        for key, (signal, until_s) in asked.items():
            held = self._held.get(key)
            if until_s > now_s and (held is None or self._anew(site, held, signal, until_s, now_s)):
                await self._asked(site, signal, until_s, held)
        for key in [key for key in self._held if key not in asked or asked[key][1] <= now_s]:
            held = self._held.pop(key)
            if held.until_s > now_s:
                await site.ask(_request(site, held.signal, now_s, ends=True))
            await site.say("info", CHANNEL, f"ended: {held.signal.why}")

    def _silent_s(self) -> float:
        """Since the VTN was heard last [s]."""
        return asyncio.get_running_loop().time() - self._heard_s

    def _until_s(self, signal: Signal, now_s: float) -> float:
        left_s = self._declared.hold_s - self._silent_s()
        end_s = signal.until_s if isfinite(signal.until_s) else now_s + left_s
        most_s = LONGEST_S if signal.source == "utility" else 0.95 * self.campus.operate.request_s
        return min(end_s, now_s + most_s)

    def _anew(self, site: Site, held: _Held, signal: Signal, until_s: float, now_s: float) -> bool:
        step_mw = LEAST_STEP_MW if signal.what == "battery_mw" else 0.0
        for new, old in ((signal.low_mw, held.signal.low_mw), (signal.high_mw, held.signal.high_mw)):
            if (new is None) != (old is None) or (new is not None and abs(new - old) > step_mw):
                return True
        if until_s < held.until_s - 1.0 or (
            until_s > held.until_s + 1.0 and 2.0 * (held.until_s - now_s) < until_s - now_s
        ):
            return True
        shown = {one.get("id") for one in site.state.requests} if site.state is not None else {held.id}
        return held.id not in shown and asyncio.get_running_loop().time() - held.asked_s > SETTLES_S

    async def _asked(self, site: Site, signal: Signal, until_s: float, held: _Held | None) -> None:
        request = _request(site, signal, until_s)
        answer = await site.ask(request)
        if not answer.taken:
            await self._once(site, "alarm", f"the guard did not take {signal.why}: {answer.why}")
            return
        self._held[signal.key] = _Held(signal, until_s, request.id, asyncio.get_running_loop().time())
        if held is None or held.signal.why != signal.why:
            await site.say(
                "command", CHANNEL, signal.why, what=signal.what, path=signal.path, until_s=until_s
            )


def _request(site: Site, signal: Signal, until_s: float, ends: bool = False) -> Request:
    return Request(
        id=site.new_id(), source=signal.source, what=signal.what, path=signal.path, low=signal.low_mw,
        high=signal.high_mw, until_s=until_s, reason=signal.why[:500], user=SPEAKER, ends=ends,
    )  # fmt: skip


def _listed(raw: Any) -> list[Any]:
    if not isinstance(raw, list):
        raise StateError("it answered with no list.")
    return raw
