"""All processes of a site on one machine: started, started again when they end, stopped together.

Needs    operate.alone, prepare, keeper (the campus file that runs), process, usage, logs, operate.link.
Gives    Supervisor, Part, parts_of, operate_campus.
Used by  cli.operate.

Each process writes into a file of its own, FOLDER/NAME.log. When this process dies the others end too and the devices
fall back by themselves: where control must outlive it, let the system's own supervisor start them (packaging/).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wattstack.errors import StateError
from wattstack.operate.alone import alone
from wattstack.operate.day import write_day_files
from wattstack.operate.keeper import Keeper, tell_guard
from wattstack.operate.link import Event, Standing
from wattstack.operate.logs import Logs
from wattstack.operate.prepare import Prepared, prepare_campus
from wattstack.operate.process import run_until_stopped
from wattstack.operate.usage import MemoryWatch

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0  # from an end to the next start
WELL_S = 60.0  # a process that lived so long starts with the first wait again
GRACE_S = 8.0  # from "stop" to "die"
LOOK_S = 2.0  # from one look at memory and logs to the next
BAD_INPUT = 2
# Who waits for whom where the processor is short: the page first (as CPUWeight in packaging/); simulated devices never,
# for to the loop they are hardware; the loop itself asks for more than this, see guard.__main__
NICE = {"guard": 0, "devices": -10, "historian": 5}
USUAL_NICE = 10


@dataclass(frozen=True)
class Part:
    """A process.

    Attributes:
        name: "guard". words: What Python is started with.
        after: File that must be there before it starts; None: nothing.
        nice: Its niceness; above 0 it waits for the others, below 0 (where the system lets us) they wait for it.
    """

    name: str
    words: tuple[str, ...]
    after: Path | None = None
    nice: int = 0


def parts_of(prepared: Prepared, shadow: bool, speed: float | None, faults: str | None = None) -> list[Part]:
    """The processes of a site.

    Args:
        shadow: Decide and never write.
        speed: Seconds of a simulated site in one of the wall; None: real devices.
        faults: Script of faults of the simulated site.
    """
    file, hurried = str(prepared.file), () if speed is None else ("--speed", f"{speed:g}")
    if prepared.day is not None:
        hurried = (*hurried, "--start", prepared.day.begin.isoformat())
    parts = []
    if speed is not None:
        script = ("--faults", faults) if faults else ()
        script = (*script, "--log", str(prepared.folder / "really.csv"))
        words = ("-m", "wattstack", "simulate-devices", file, *hurried, *script)
        parts.append(Part("devices", words, nice=NICE["devices"]))
    socket = prepared.folder / "guard.sock"
    words = ("-m", "wattstack.operate.guard", file, *(("--shadow",) if shadow else ()), *hurried)
    parts.append(Part("guard", words, nice=NICE["guard"]))
    standby = prepared.campus.operate.standby
    if standby is not None and standby.fence is None:  # one on another machine has a supervisor of its own
        parts.append(Part("standby", words, socket, NICE["guard"]))
    if speed is not None:
        words = ("-m", "wattstack.operate.simulated.utility", file, str(prepared.folder))
        parts.append(Part("utility", words, socket))
    north = ("north",) if prepared.campus.operate.speaks_north else ()
    for name in ("historian", "planner", "face", *north):
        mark = ("--simulated",) if name == "face" and speed is not None else ()
        nice = NICE.get(name, USUAL_NICE)
        parts.append(Part(name, ("-m", f"wattstack.operate.{name}", file, *mark), socket, nice))
    return parts


class Supervisor:
    """Keeps processes running.

    Args:
        parts: In the order they start; they stop in the opposite one.
        folder: Where their output goes.
        say: Hears a line at each start that was not the first, and at each end.
        before: Called before each start.

    Attributes:
        starts: How often each was started. processes: Those that run.
    """

    def __init__(
        self, parts: Sequence[Part], folder: Path, say: Callable[[str], None] = print,
        before: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.parts, self.logs, self.say, self._before = list(parts), Logs(folder), say, before
        self.starts = {part.name: 0 for part in parts}
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self._ending = False

    async def run(self) -> None:
        """Start all and keep them running until cancelled, then stop all.

        Raises:
            StateError: A process finds its input wrong: starting it again would not help.
        """
        tasks = [asyncio.create_task(self._keep(part), name=part.name) for part in self.parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            self._ending = True
            await asyncio.shield(self._stop(tasks))

    async def _keep(self, part: Part) -> None:
        wait_s = FIRST_WAIT_S
        while not self._ending:
            while part.after is not None and not part.after.exists():
                await asyncio.sleep(0.05)
            began = time.monotonic()
            code = await self._once(part)
            if self._ending:
                return
            lived_s = time.monotonic() - began
            if code == BAD_INPUT and self.starts[part.name] == 1:
                raise StateError(f"{part.name} does not start: {self._last_words(part)}")
            wait_s = FIRST_WAIT_S if lived_s >= WELL_S else min(2.0 * wait_s, LONGEST_WAIT_S)
            how = f"by signal {-code}" if code < 0 else f"with code {code}"
            self.say(f"{part.name} ended {how} after {lived_s:.0f} s; it starts again in {wait_s:g} s")
            await asyncio.sleep(wait_s)

    async def _once(self, part: Part) -> int:
        self._before()
        self.starts[part.name] += 1
        if self.starts[part.name] > 1:
            self.say(f"{part.name} starts again")
        with self.logs.open(part.name) as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *part.words, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=partial(_begin, part.nice),
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        self.processes[part.name] = process
        try:
            return await process.wait()
        finally:
            if process.returncode is not None:
                self.processes.pop(part.name, None)

    def _last_words(self, part: Part) -> str:
        text = self.logs.path(part.name).read_text(encoding="utf-8", errors="replace").strip()
        return text[-2000:] or "it says nothing"

    async def _stop(self, tasks: Sequence[asyncio.Task]) -> None:
        """The last that was started first, each with time to end by itself."""
        for part in reversed(self.parts):
            process = self.processes.get(part.name)
            if process is None:
                continue
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), GRACE_S)
            except TimeoutError:
                self.say(f"{part.name} does not end by itself: it is killed")
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def operate_campus(
    source: str | Path, simulated: bool = False, speed: float = 1.0, shadow: bool = False,
    folder: str | Path | None = None, **more,
) -> int:  # fmt: skip
    """Run a site until Ctrl-C, or for some seconds: devices (simulated), guard, historian, planner, page.

    Args:
        source: Campus file, or its folder.
        simulated: Devices are made on this machine. speed: Seconds of theirs in one of the wall.
        shadow: Decide and never write.
        folder: Of the site's data; None: as declared.
        more: seconds: End after so many; faults: script of faults of the simulated site; day: file of a day that a
            simulated site shows, at its own speed; say: hears what happens; ready: is given what was prepared.

    Returns:
        0, or 130 when stopped by Ctrl-C.

    Raises:
        InputError: The campus cannot be run, or is running already.
        StateError: A process found its input wrong.
    """
    say: Callable[[str], None] = more.get("say", print)
    faults, seconds = more.get("faults"), more.get("seconds")
    prepared = prepare_campus(source, simulated, folder, say, more.get("day"), faults)
    more.get("ready", lambda _: None)(prepared)
    day = prepared.day
    if day is not None:
        speed, seconds = day.speed, seconds or day.seconds
    with alone(prepared.folder):
        faults = faults if day is None else str(write_day_files(day, prepared.folder))
        (prepared.folder / "guard.sock").unlink(missing_ok=True)  # of a guard that was killed
        parts = parts_of(prepared, shadow, speed if simulated else None, faults)
        for line in opening(prepared, shadow, speed if simulated else None):
            say(line)
        keeper = Keeper(prepared, say)
        keeper.look()  # what campus.json says of a run before is over when the page reads it
        supervisor = Supervisor(parts, prepared.folder, say, keeper.mend)
        return run_until_stopped(_run(supervisor, keeper, say, seconds))


async def _run(
    supervisor: Supervisor, keeper: Keeper, say: Callable[[str], None], seconds: float | None
) -> None:
    watches = (
        asyncio.create_task(keeper.watch()),
        asyncio.create_task(watch_memory(supervisor, keeper.prepared.folder, say)),
        asyncio.create_task(watch_logs(supervisor, say)),
    )
    try:
        async with asyncio.timeout(seconds):
            await supervisor.run()
    except TimeoutError:
        say(f"{seconds:g} s are over: all is stopped")
    finally:
        for watch in watches:
            watch.cancel()


def opening(prepared: Prepared, shadow: bool, speed: float | None) -> list[str]:
    """What a person is told at the start."""
    lines = [f"campus   {prepared.campus.name}, {prepared.source} (SHA-256 {prepared.checksum[:12]})"]
    lines.append(f"folder   {prepared.folder}: history, logs, users, campus.yaml as it runs")
    if speed is not None:
        lines.append(
            f"devices  {len(prepared.campus.devices)} simulated on this machine, {speed:g} s in a second"
        )
    if prepared.day is not None:
        day = prepared.day
        lines.append(
            f"day      {day.start:%Y-%m-%d}, from half an hour before; {len(day.faults)} faults in it ({day.source})"
        )
        lines.append(f"         it takes {day.seconds / 60.0:.0f} minutes")
    if shadow:
        lines.append("shadow   it decides and writes nothing")
    return [
        *lines,
        f"page     {prepared.page} (where nobody is known yet, a token for the first user follows)",
        "Ctrl-C stops all of it; devices then fall back by themselves.",
    ]


async def watch_memory(supervisor: Supervisor, folder: Path, say: Callable[[str], None]) -> None:
    """Look at what each process holds; one that comes near its limit is told, here and as an alarm."""
    watch, standing = MemoryWatch(), Standing("memory")
    while True:
        for level, name, text in watch.look({name: one.pid for name, one in supervisor.processes.items()}):
            say(text)
            event = Event(utc_s=time.time(), level=level, channel=f"memory.{name}", text=text)
            await tell_guard(folder, standing, event)
        await tell_guard(folder, standing)
        await asyncio.sleep(LOOK_S)


async def watch_logs(supervisor: Supervisor, say: Callable[[str], None]) -> None:
    """Look at the logs: one that grew too long is set aside, a token for the first user is shown here."""
    while True:
        for line in supervisor.logs.first_tokens():
            say(line)
        for part in supervisor.parts:
            supervisor.logs.trim(part.name)
        await asyncio.sleep(0.5 * LOOK_S)


def _begin(nice: int) -> None:
    """In the child: a session of its own, SIGTERM when the parent dies, however it dies (Linux), its niceness.

    The session first, and here: uvloop calls this before it makes one, and the weight would be that of the terminal.
    """
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    with contextlib.suppress(OSError):  # who may not go before others stays as the others are
        os.setpriority(os.PRIO_PROCESS, 0, nice)
    with contextlib.suppress(OSError):  # a session of its own is weighed as one where the kernel groups them
        Path("/proc/self/autogroup").write_text(str(nice), encoding="ascii")
