"""The historian at work: hears the guard, keeps what it says, looks after the alarms.

Needs    campus; operate.link, alarms, audit; operate.historian.recorder, packer, postgres.
Gives    run_historian, Historian.
Used by  operate.historian.__main__, operate.supervise.

It may be killed at any time: what is on disk stays, the guard does not notice. While the guard is not there, that is an
alarm, and it is waited for.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wattstack.errors import InputError, WattstackError
from wattstack.operate.alarms import Alarms
from wattstack.operate.alarms.ways import ways_of
from wattstack.operate.audit import read_secret
from wattstack.operate.historian.packer import Packer
from wattstack.operate.historian.recorder import Recorder
from wattstack.operate.historian.store import Event as Kept
from wattstack.operate.link import STILL, Event, Frame, State, open_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wattstack.campus import Campus

FILE, LOCK = "history.sqlite", "historian.lock"
SILENT_S = 3.0  # without a word of the guard: an alarm
_RETRY_S = 0.2
_WATCH_S = 1.0


class Historian:
    """The process.

    Args:
        campus: As it runs.
        folder: Of the live site.

    Raises:
        InputError: A secret that is missing or that others can read; another historian at work in the folder.
    """

    def __init__(self, campus: Campus, folder: Path) -> None:
        told = campus.operate.history
        self.folder = folder
        self.every_s = min(max(told.period_s, 0.02), 60.0)
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = hold(folder)
        self.recorder = Recorder(folder / FILE)
        self.packer = Packer(folder / FILE, told.keep_days, told.largest_gb)
        self.sink = None
        if told.postgres is not None:
            from wattstack.operate.historian.postgres import PostgresSink

            self.sink = PostgresSink(read_secret(campus.base_dir / told.postgres))
        self.alarms = Alarms(folder, self._keep, ways_of(campus), campus.operate.alarms.storm_per_min)
        self._heard_s = time.monotonic()

    async def run(self) -> None:
        """Until cancelled; then what is in memory is written."""
        self.recorder.start()
        self.packer.start()
        if self.sink is not None:
            self.sink.start()
        await self.alarms.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen())
                tasks.create_task(self._watch())
        finally:
            await self.alarms.stop()
            self.packer.stop()
            if self.sink is not None:
                self.sink.stop()
            self.recorder.stop()
            os.close(self._lock)

    async def _listen(self) -> None:
        while True:
            try:
                client = await open_client(self.folder / "guard.sock", "historian")
            except OSError:
                await asyncio.sleep(_RETRY_S)
                continue
            try:
                await client.subscribe(self.every_s)
                while True:
                    said = await client.next()
                    self._heard_s = time.monotonic()
                    self._take(said, client.names)
            except (OSError, WattstackError):
                await asyncio.sleep(_RETRY_S)
            finally:
                await client.close()

    def _take(self, said: object, names: tuple[str, ...]) -> None:
        if isinstance(said, Frame):
            if len(said.values) == len(names):
                self.recorder.frame(said.utc_s, names, said.values)
                if self.sink is not None:
                    self.sink.frame(said.utc_s, names, said.values)
            return
        # an alarm is kept by the list of alarms; what stands is no news
        if isinstance(said, Event) and said.level != "alarm" and STILL not in said.data:
            self._keep([Kept(said.utc_s, said.level, said.channel, said.text, dict(said.data))])
        if isinstance(said, State | Event):
            self.alarms.heard(said)

    def _keep(self, events: Sequence[Kept]) -> None:
        self.recorder.events(events)
        if self.sink is not None:
            self.sink.events(events)

    async def _watch(self) -> None:
        while True:
            found = [*self.recorder.conditions, *self.packer.conditions]
            if self.sink is not None:
                found += self.sink.conditions
            if time.monotonic() - self._heard_s > SILENT_S:
                found.append(("guard", "says nothing: it is not running, or hangs"))
            self.alarms.stand("historian", found)
            await asyncio.sleep(_WATCH_S)


def hold(folder: Path) -> int:
    """Be the only historian of a folder, until the file that is returned is closed or the process ends.

    Raises:
        InputError: Another one is at work.
    """
    file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise InputError(str(folder), ["has a historian at work already. Stop that one first."]) from None
    return file


async def run_historian(campus_file: str | Path, folder: Path | None = None) -> None:
    """Keep the history of a campus until cancelled.

    Args:
        campus_file: The campus.
        folder: Of the live site; absent = as declared, beside the campus file.

    Raises:
        InputError: The campus file has faults, or as Historian.
    """
    from wattstack.campus import read_campus

    campus = read_campus(campus_file)
    await Historian(campus, Path(folder or campus.base_dir / campus.operate.folder)).run()
