"""The workload is told caps: a program of the site is run with the cap as JSON, and answers whether it takes it.

Needs    campus, pydantic, operate.north.way.
Gives    WorkloadWay, cap_of, Cap, Taken.
Used by  operate.north.way.

A cap is a wish: limits are held by batteries and engines against the measured load, and nothing here is relied on as
protection. So a program that is missing, hangs, fails or answers what cannot be understood is told as an alarm, and
nothing else happens. It is run without a shell, one at a time, no more often than declared, as the user of this
process.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wattstack.operate.link import State
from wattstack.operate.north.way import Site

if TYPE_CHECKING:
    from wattstack.campus import Campus

CHANNEL = "north.workload"
TICK_S = 0.5
MOST_ANSWER = 65_536  # bytes of an answer; what a program says beside it is not read
FOLLOWS_WITHIN_S = 60.0  # where the program does not say by when
ABOVE_FOR_S = 10.0  # load above its cap for so long does not follow
MOST_MIN = 10_080.0  # a week: longer is as long as one likes
VERSION = 1


class Taken(BaseModel):
    """What a program answers.

    Attributes:
        taken: Whether the workload will do it.
        expected_mw: What it expects to draw then [MW]; None: not known.
        by_s: When, seconds since 1970 UTC; None: within a minute.
        why: In words.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    taken: bool
    expected_mw: Annotated[float, Field(ge=0.0, le=1e5, allow_inf_nan=False)] | None = None
    by_s: Annotated[float, Field(ge=0.0, le=4e9, allow_inf_nan=False)] | None = None
    why: Annotated[str, Field(max_length=300)] = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """What the workload is asked to stay below.

    Attributes:
        cap_mw: The lowest of those in force [MW]; None: none is.
        until_s: When that one ends, seconds since 1970 UTC.
        reason: Of who asked.
        load_mw: Measured now [MW]; None where it is not.
        battery_min: For so long the batteries carry what is above the cap, without their reserve [min], at most a
            week; None where nothing is above it or it is not known.
    """

    cap_mw: float | None
    until_s: float | None = None
    reason: str = ""
    load_mw: float | None = None
    battery_min: float | None = None


def cap_of(state: State) -> Cap:
    """The cap that a state of the guard has in force.

    Example:
        >>> cap_of(State(utc_s=0.0, mode="run", writes=True)).cap_mw is None
        True
    """
    load_mw = state.values.get("load_mw")
    asked = [
        one
        for one in state.requests
        if one.get("what") == "load_cap_mw" and isinstance(one.get("high"), float | int)
    ]
    if not asked:
        return Cap(None, load_mw=load_mw)
    narrow = min(asked, key=lambda one: (one["high"], -float(one.get("until_s") or 0.0)))
    cap_mw, battery_min = max(float(narrow["high"]), 0.0), None
    sure, reserve = state.values.get("control.sure_mwh"), state.values.get("control.reserve_mwh")
    if load_mw is not None and sure is not None and reserve is not None and load_mw > cap_mw:
        battery_min = round(min(60.0 * max(sure - reserve, 0.0) / (load_mw - cap_mw), MOST_MIN), 1)
    who = str(narrow.get("user") or narrow.get("source") or "")
    reason = ": ".join(part for part in (who, str(narrow.get("reason") or "")) if part)
    return Cap(cap_mw, float(narrow.get("until_s") or 0.0), reason, load_mw, battery_min)


class Failed(Exception):  # noqa: N818 - of the program, told to people
    """A program that did not answer as it must; in words."""


class WorkloadWay:
    """The hook of the workload.

    Args:
        campus: With operate.north.workload.
    """

    def __init__(self, campus: Campus) -> None:
        self.campus, self._declared = campus, campus.operate.north.workload
        self.program = (campus.base_dir / self._declared.program).absolute()
        self._told: Cap | None = None  # what the program knows
        self._told_s = self._next_s = -inf  # of the loop's clock
        self._wait_s = 0.0
        self._follows_s: float | None = None  # until then the load may still be above, site's clock
        self._above_s: float | None = None
        self._alarms: dict[str, str] = {}

    async def run(self, site: Site) -> None:
        """Tell caps until cancelled."""
        loop = asyncio.get_running_loop()
        task: asyncio.Task | None = None
        try:
            while True:
                if site.heard and site.state is not None:
                    cap = cap_of(site.state)
                    if (task is None or task.done()) and self._due(cap, loop.time()):
                        task = asyncio.create_task(self._tell(site, cap))
                    await self._watch(site, cap)
                await asyncio.sleep(TICK_S)
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _due(self, cap: Cap, now_s: float) -> bool:
        """Whether the program is to be run now."""
        if now_s < self._next_s:
            return False
        if self._told is None or self._told.cap_mw is None or cap.cap_mw is None:
            return cap.cap_mw is not None or (self._told is not None and self._told.cap_mw is not None)
        if abs(cap.cap_mw - self._told.cap_mw) >= self._declared.step_mw:
            return True
        ends_sooner = cap.until_s < self._told.until_s - 1.0 or cap.reason != self._told.reason
        return ends_sooner or now_s - self._told_s >= self._declared.again_s

    async def _tell(self, site: Site, cap: Cap) -> None:
        loop = asyncio.get_running_loop()
        self._next_s = loop.time() + self._declared.timeout_s + self._declared.every_s
        words = {
            "version": VERSION, "site": self.campus.name, "utc_s": site.utc_s, "cap_mw": cap.cap_mw,
            "until_s": cap.until_s, "reason": cap.reason, "load_mw": cap.load_mw, "battery_min": cap.battery_min,
        }  # fmt: skip
        try:
            answer = await ask_program(
                self.program, self._declared.arguments, json.dumps(words), self._declared.timeout_s
            )
        except Failed as failed:
            self._wait_s = min(max(2.0 * self._wait_s, self._declared.every_s), self._declared.again_s)
            self._next_s = loop.time() + self._wait_s
            await self._alarm(site, "hook", str(failed))
            return
        self._wait_s = 0.0
        self._next_s = loop.time() + self._declared.every_s
        self._told, self._told_s, self._above_s = cap, loop.time(), None
        by_s = site.utc_s + FOLLOWS_WITHIN_S if answer.by_s is None else answer.by_s
        self._follows_s = by_s if cap.until_s is None else min(by_s, cap.until_s)
        await self._alarm(site, "hook", "")
        refused = "" if answer.taken else f"the workload does not take it: {answer.why or 'it says no more'}"
        if not refused and cap.cap_mw is not None and (answer.expected_mw or 0.0) > self._most_mw(cap.cap_mw):
            refused = f"the workload expects {answer.expected_mw:g} MW, above its cap of {cap.cap_mw:g} MW"
        await self._alarm(site, "answer", refused)
        what = "no cap any more" if cap.cap_mw is None else f"cap {cap.cap_mw:g} MW"
        await site.say("info", CHANNEL, f"told: {what}{f' ({cap.reason})' if cap.reason else ''}; "
                       f"{'taken' if answer.taken else 'not taken'}", expected_mw=answer.expected_mw)  # fmt: skip

    def _most_mw(self, cap_mw: float) -> float:
        return cap_mw * (1.0 + self._declared.over_frac) + 1e-6

    async def _watch(self, site: Site, cap: Cap) -> None:
        """Say where the load stays above its cap after it would have been there, and where it follows again."""
        waits = self._follows_s is None or site.utc_s < self._follows_s
        if cap.cap_mw is None or cap.load_mw is None or waits or cap.load_mw <= self._most_mw(cap.cap_mw):
            self._above_s = None
            if not waits or cap.cap_mw is None:
                await self._alarm(site, "load", "")
            return
        self._above_s = site.utc_s if self._above_s is None else self._above_s
        if site.utc_s - self._above_s >= ABOVE_FOR_S:
            over_mw = cap.load_mw - cap.cap_mw
            words = f"the load is {over_mw:.2f} MW above its cap of {cap.cap_mw:g} MW and does not follow"
            await self._alarm(site, "load", words, once=True)

    async def _alarm(self, site: Site, key: str, words: str, once: bool = False) -> None:
        """Words that stand are said once, and when they are over."""
        held = self._alarms.get(key, "")
        if words == held or (once and held):
            return
        self._alarms[key] = words
        if words:
            await site.say("alarm", f"{CHANNEL}.{key}", words)
        else:
            await site.say("info", f"{CHANNEL}.{key}", "is over")


async def ask_program(program: Path, arguments: tuple[str, ...], words: str, timeout_s: float) -> Taken:
    """Run a program with words on its standard input, and read its answer.

    Args:
        program: A file that only its owner may change.
        arguments: Its words.
        words: One line of JSON.
        timeout_s: Then it and all it began are ended [s].

    Raises:
        Failed: It is not there, may be changed by others, does not end, fails, or answers what cannot be understood.
    """
    name = program.name
    try:
        mode = program.stat().st_mode
        if mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise Failed(f"{name} may be changed by others, must not. Run chmod go-w {name}.")
        process = await asyncio.create_subprocess_exec(
            str(program), *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, cwd=program.parent, start_new_session=True, limit=MOST_ANSWER,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
        )  # fmt: skip
    except OSError as error:
        raise Failed(f"{name} cannot be run: {error.strerror}.") from None
    try:
        async with asyncio.timeout(timeout_s):
            body, code = await _said(process, words)
    except TimeoutError:
        raise Failed(f"{name} did not answer within {timeout_s:g} s; it was ended.") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it left behind too
        await process.wait()
    if code != 0:
        raise Failed(f"{name} failed with code {code}.")
    if len(body) > MOST_ANSWER:
        raise Failed(f"{name} answered more than {MOST_ANSWER} bytes.")
    try:
        return Taken.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "answer"
        raise Failed(f"{name} answered what cannot be understood: {where}: {first['msg'][:150]}.") from None


async def _said(process: asyncio.subprocess.Process, words: str) -> tuple[bytes, int]:
    """All that it says, and its code."""
    with suppress(ConnectionError):  # it need not read
        process.stdin.write(words.encode() + b"\n")
        await process.stdin.drain()
    process.stdin.close()
    body = b""
    while len(body) <= MOST_ANSWER and (part := await process.stdout.read(MOST_ANSWER)):
        body += part
    if len(body) > MOST_ANSWER:
        return body, 0
    return body, await process.wait()
