"""The fast loop: read all, decide, write all, tell all; every period, on the monotonic clock.

Needs    campus; operate.devices, operate.link; operate.guard: mind, memory, deadman, standby, state.
Gives    Guard.
Used by  operate.guard.__main__, tests, benchmarks.

Nothing is written before a full valid image, nor without the lease, nor in shadow. The watchdog is fed by a completed
cycle alone. A cycle that took longer than its period is counted; the next one begins on the next beat.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import os
import time
from collections import deque
from importlib.util import find_spec
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.control import Measured
from wattstack.operate.devices import Devices, Image
from wattstack.operate.guard.deadman import Watchdog, unproved
from wattstack.operate.guard.fence import Fence
from wattstack.operate.guard.memory import follow, recall, remembered, unreadable
from wattstack.operate.guard.mind import Decision, Mind
from wattstack.operate.guard.record import Recorder
from wattstack.operate.guard.standby import Lease
from wattstack.operate.guard.state import load_state, save_state
from wattstack.operate.guard.telling import Telling
from wattstack.operate.link import Answer, Frame, Memory, Names, Request, Server

if TYPE_CHECKING:
    from wattstack.campus import Campus

SHARE = 0.6  # of the period: by then the image is frozen, whoever has not answered
START_S = 10.0  # so long a full image is waited for; then it goes on with what is there
SAVE_S = 1.0
TOO_LONG = "takes longer than its period, again and again: the machine is short of processor"
SHORT_S, SHORT_MOST = 10, 3  # so many overruns within so many seconds are told
SLOW_S = 1.0  # from one look at what is slow to the next


class Guard:
    """The loop of a site.

    Args:
        campus: Sizes stand; its devices are spoken to.
        folder: Of socket, lease and state.
        shadow: Decide and tell, never write.
        speed: Seconds of the site in a second of the wall: a simulated site, whose clock dates the records; None: real.

    Attributes:
        devices, mind, lease, server: What it is made of.
        overruns: Cycles that took longer than their period.
        late_s: From the beat to the beginning of this cycle: what the machine took.
        untold: Cycles that could not be told of.
        started: Whether a full valid image was there.
    """

    def __init__(
        self, campus: Campus, folder: Path, shadow: bool = False, speed: float | None = None
    ) -> None:
        self.campus, self.folder, self.shadow, self.speed = campus, folder, shadow, speed
        operate = campus.operate
        self.period_s = operate.period_s
        self.telling = Telling(self)
        self.devices = Devices(campus, tell=self.telling.device)
        self.mind = Mind(campus, "shadow" if shadow else "run", speed or 1.0)
        if speed is not None:
            self.mind.clock.begin_s = campus.time.start.timestamp()
        self.lease = Lease(folder / "lease", 1.0 if operate.standby is None else operate.standby.lease_s)
        fenced = operate.standby is not None and operate.standby.fence is not None and not shadow
        self.fence = Fence(campus, self.devices, self._fence_told) if fenced else None
        self.server = Server(folder / "guard.sock", self._asked)
        self.recorder = (
            Recorder(folder / "images", operate.record_gb) if _can_record(operate.record_gb) else None
        )
        self.watchdog = Watchdog()
        self.campus_sum = _checksum(campus)
        self.overruns, self.untold, self.cycles, self.cycle_s = 0, 0, 0, deque(maxlen=6000)
        self.late_s = 0.0
        self.started = self.holder = self.stopping = False
        self.image: Image | None = None
        self.decision: Decision | None = None
        self.slow: dict[str, str] = {}
        self._counted: deque[int] = deque(maxlen=SHORT_S)  # overruns at the last looks
        self._began_s, self._slow_s, self._saved_s, self._followed_s = nan, -np.inf, -np.inf, nan
        self._saving: asyncio.Future | None = None

    # -- life ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until `stop`; then the devices fall back by their own timers."""
        loop = asyncio.get_running_loop()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._warm_up()
        await self.devices.start()
        gc.collect()
        gc.freeze()  # what stands at the start is never looked through again
        self._began_s = due = loop.time()
        try:
            while not self.stopping:
                await self.cycle()
                now = loop.time()
                behind = int((now - due) // self.period_s)
                if behind > 0:
                    self.overruns += 1
                due += (behind + 1) * self.period_s
                await asyncio.sleep(due - now)
                self.late_s = max(loop.time() - due, 0.0)
        finally:
            await self._end()

    def _warm_up(self) -> None:
        """Let compiled rules be compiled before the first cycle counts."""
        controller = Mind(self.campus).controller
        controller.decide(Measured(0.0, {"load_mw": 1.0, "grid.import_mw": 1.0}))

    def stop(self) -> None:
        """End after this cycle."""
        self.stopping = True

    async def _end(self) -> None:
        self.watchdog.say("STOPPING=1")
        if self.holder and self.decision is not None:
            await self._save()
        if self.recorder is not None:
            await self.recorder.close()
        if self.fence is not None:
            await self.fence.give_up()
        self.lease.give_up()
        await self.server.shut()
        await self.devices.stop()

    async def cycle(self) -> None:
        """Read, decide, write, tell."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._hold()
        self.image = image = await self.devices.read(SHARE * self.period_s)
        if self.recorder is not None and self.holder:
            self.recorder.begin(self.mind, image)
        self._fenced(image)
        self._begin(image)
        self._live(self.holder and (self.fence is None or self.fence.sure))
        made = self._decide(image)
        if self.devices.outlived(image):  # something is too old by now: without it, at once
            self.image = image = self.devices.freeze()
            made = self._decide(image)
        written = self._write(made) if self.may_write else False
        self.cycle_s.append(loop.time() - began)
        self._look(image)
        if self.holder:
            self._tell(image, made, written)
            await self._keep(loop.time())
        self.cycles += 1
        self.watchdog.say("WATCHDOG=1")

    def _decide(self, image: Image) -> Decision:
        self.decision = made = self.mind.decide(image)
        if self.recorder is not None:
            self.recorder.decided(image, self.utc_s, made)
        return made

    def _tell(self, image: Image, made: Decision, written: bool) -> None:
        """Tell of the cycle; whatever is wrong with that, control goes on."""
        try:
            self.telling.cycle(image, made, written)
        except Exception as error:  # a fault of ours: it is counted and told, as far as that can be
            self.untold += 1
            if self.untold == 1:
                self.telling.say("alarm", "guard", f"cannot tell how it is: {type(error).__name__}: {error}")

    async def _hold(self) -> None:
        """Hold the lease; who takes it over opens the socket and goes on from what was saved."""
        held = self.lease.keep()
        if held and not self.holder:
            self.holder = True
            self._restore()
            await self.server.open()
            self.telling.say("info", "guard", f"has the lease, number {self.lease.number}")
        elif not held and self.holder:
            self.holder, self.started = False, False
            if self.recorder is not None:
                self.recorder.pause()
            await self.server.shut()

    def _fenced(self, image: Image) -> None:
        """Hold the fence; who takes it over goes on from the actual power, who lost it forgets what it wrote."""
        if self.fence is None:
            return
        held = self.fence.sure
        if self.fence.look(image, self.holder) and not held:
            self.started, self._began_s = False, image.time_s
        elif held and not self.fence.sure:
            for path in self.devices.commands:
                self.devices.commander(path).came_up()

    def _live(self, live: bool) -> None:
        """Let the mind know whether it is we who write."""
        if live != self.mind.live:
            self.mind.lead(live)
            self._heard("live", live)

    def _fence_told(self, level: str, text: str) -> None:
        self.telling.say(level, "guard", text)

    @property
    def _may_send(self) -> bool:
        """Whether a setpoint may leave at this moment."""
        return self.lease.holds() and (self.fence is None or self.fence.holds())

    def _restore(self) -> None:
        state, told = load_state(self.folder / Memory.OWN, unreadable)
        for line in told:
            self.telling.say("alarm", "guard", line)
        if state:
            now = asyncio.get_running_loop().time()
            words = state, self.campus_sum, now, self.utc_s
            self._heard("recall", *words)
            for line in recall(self.mind, *words):
                self.telling.say("alarm", "guard", line)

    def _begin(self, image: Image) -> None:
        """The first full valid image, or what is there of it after a while: from the actual power on."""
        if self.started or not self.holder:
            return
        paths = list(self.campus.devices)
        lacking = [path for path in paths if not self.devices.live[path].read_whole]
        waited = image.time_s - self._began_s
        if lacking and waited < START_S:
            return
        if lacking:
            self.telling.say("alarm", "guard", f"begins without {', '.join(lacking)}: not read yet")
        actual = [image.value(f"{path}.power_mw") for path in paths if path.startswith("battery.")]
        power = sum(power for power in actual if isfinite(power))
        self.mind.begin(power)
        self._heard("begin", power)
        self.started = True
        if self.speed is None:  # simulated devices prove nothing
            for path, level, said in unproved(self.campus, self.devices.commands):
                self.telling.say(level, path, said)
        self.watchdog.say("READY=1")

    @property
    def may_write(self) -> bool:
        """Whether setpoints may leave."""
        mode = self.decision.mode if self.decision is not None else "run"
        fenced = self.fence is None or self.fence.sure
        return self.started and self.holder and fenced and mode != "shadow" and not self.shadow

    def _write(self, made: Decision) -> bool:
        """Setpoints to the devices; the lease is looked at before each of them. Returns whether one went out."""
        written = False
        if self.devices.outlived(self.image):
            return False
        for path, power in made.device_mw.items():
            if path not in self.devices.commands or not isfinite(power):
                continue
            if not self._may_send:
                return written
            written |= self.devices.command(path, power)
        return written

    # -- what is asked, kept and looked at -----------------------------------------------------------------------

    @property
    def utc_s(self) -> float:
        """The date of records: of this machine, or of a simulated site's own clock."""
        if self.speed is not None:
            return self.mind.clock.begin_s if self.decision is None else self.decision.time_s
        return time.time() if self.image is None else self.image.utc_s

    def _asked(self, request: Request, role: str) -> Answer:
        now = asyncio.get_running_loop().time()
        utc_s = self.utc_s
        answer = self.mind.book.take(request, role, utc_s, now)
        if answer.taken:
            self._heard("request", request.model_dump(), role, utc_s, now)
        if answer.taken and request.what == "clear_lockout":
            why = self.mind.lockouts.clear(request.path)
            self._heard("clear", request.path)
            answer = Answer(id=request.id, taken=not why, why=why or f"{request.path} may come back")
        if request.source != "planner" or not answer.taken:
            who = request.user or request.source
            verdict = "taken" if answer.taken else f"refused: {answer.why}"
            data = request.model_dump(include={"id", "source", "user"}) | {"second": request.second_user}
            self.telling.say("info", request.what, f"{who} asks for {_words(request)}; {verdict}", data)
        self._saved_s = -np.inf if request.source == "user" else self._saved_s  # at once: it has to survive
        return answer

    def _heard(self, what: str, *words) -> None:
        if self.recorder is not None:
            self.recorder.heard(what, *words)

    async def _keep(self, now: float) -> None:
        """Save what must survive, beside the loop: a slow disk does not slow it."""
        if now - self._saved_s < SAVE_S or (self._saving is not None and not self._saving.done()):
            return
        self._saved_s = now
        self._saving = asyncio.ensure_future(self._save())

    async def _save(self) -> None:
        now = asyncio.get_running_loop().time()
        state = remembered(self.mind, self.campus_sum, self.utc_s, now)
        try:
            await asyncio.to_thread(save_state, self.folder / Memory.OWN, state)
            self.slow.pop("state", None)
        except OSError as error:
            self.slow["state"] = f"what must survive a restart cannot be saved: {error.strerror}"

    def _look(self, image: Image) -> None:
        """What need not be looked at each cycle."""
        if image.time_s - self._slow_s < SLOW_S:
            return
        self._slow_s = image.time_s
        saved = {k: v for k, v in self.slow.items() if k == "state"}
        self._counted.append(self.overruns)
        late = self.overruns - self._counted[0]
        if self.recorder is not None and self.recorder.wrong:
            saved["images"] = self.recorder.wrong
        if self.fence is not None and not self.mind.live and (wrong := self._follow()):
            saved["other controller"] = wrong
        if late >= SHORT_MOST:
            saved["cycle"] = TOO_LONG
        odd = {
            f"{p} setpoint": f"{command.state}: {command.why}"
            for p, command in self.devices.commands.items()
            if command.state not in ("none", "sent", "held", "followed", "unreachable")
        }
        self.slow = saved | odd

    def lost(self) -> dict[str, str]:
        """Devices that are not reached, and why."""
        live = self.devices.live.items() if self.started else ()
        return {path: f"is lost: {one.why}" for path, one in live if not one.up}

    def _follow(self) -> str:
        """While the controller of another machine writes: what it knows, where that was heard anew. Returns what of it
        cannot be taken over."""
        path = self.folder / Memory.OTHER
        with contextlib.suppress(FileNotFoundError):
            heard_s = path.stat().st_mtime
            if heard_s == self._followed_s:
                return self.slow.get("other controller", "")
            self._followed_s = heard_s
            state, told = load_state(path, unreadable)
            if state:
                words = state, asyncio.get_running_loop().time(), self.utc_s
                self._heard("follow", *words)
                told += follow(self.mind, *words)
            return "; ".join(told)
        return ""

    def frame_names(self) -> Names:
        """Channels of the frames: of the image, then of the decision."""
        own = [name for name in self.telling.own if name not in self.image.place]
        return Names(names=(*self.image.names, *own), period_s=self.campus.operate.period_s)

    def frame(self, utc_s: float) -> Frame:
        """The values of now."""
        names = self.server.names.names[len(self.image.names) :]
        own = np.array([self.telling.own.get(name, nan) for name in names], dtype=np.float32)
        quality = np.where(np.isnan(own), 1, 0).astype(np.uint8)
        return Frame(
            utc_s,
            np.concatenate([self.image.values.astype(np.float32), own]),
            np.concatenate([self.image.quality.astype(np.uint8), quality]),
        )


def _can_record(most_gb: float) -> bool:
    """Whether images are to be kept, and what packs them is installed."""
    return most_gb > 0.0 and find_spec("zstandard") is not None


def _words(request: Request) -> str:
    if request.ends:
        return f"an end of {request.what} {request.path or ''}".rstrip()
    if request.what in ("mode", "clear_lockout"):
        return f"{request.what} {request.mode or request.path}"
    ends = [
        f"{k} {getattr(request, k):g}" for k in ("value", "low", "high") if getattr(request, k) is not None
    ]
    return f"{request.what} {request.path or ''} {', '.join(ends)}".replace("  ", " ")


def _checksum(campus: Campus) -> str:
    """Of what the campus says, so that a file that was changed under a running system is seen."""
    return (
        hashlib.sha256(campus.model_dump_json().encode()).hexdigest()[:16]
        + f" {os.path.basename(campus.source)}"
    )
