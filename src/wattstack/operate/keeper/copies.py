"""The copies that the processes read are kept as they were prepared; a change of the user's is shown, not taken over.

Needs    operate: prepare, sources, whole, link.
Gives    Keeper, tell_guard, CHECKSUMS.
Used by  operate.supervise, operate.keeper: start and the process.

A copy is written again from memory wherever it is not what was prepared: a process that starts then would end at
once, again and again, or run what nobody asked for. FOLDER/campus.json says which file runs and whether the user's file
is still that; the page shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wattstack.errors import WattstackError
from wattstack.operate.link import Event, Standing, State, open_client
from wattstack.operate.sources import checksum_of
from wattstack.operate.whole import write_whole

if TYPE_CHECKING:
    from wattstack.operate.prepare import Prepared

LOOK_S = 2.0  # from one look at the files to the next
CHECKSUMS = "campus.json"
SOURCE, COPY = "campus", "campus.copy"  # channels
MOST_UNTOLD = 20  # events that wait for a guard


class Keeper:
    """Looks at the copy that runs and at the user's file.

    Args:
        prepared: What runs.
        say: Hears what changes.
    """

    def __init__(self, prepared: Prepared, say: Callable[[str], None]) -> None:
        self.prepared, self.say = prepared, say
        self._shown, self._written = "", ""  # checksum of the user's file: told, in campus.json
        self._failed: dict[Path, str] = {}  # what could not be written again, and why
        self._standing = Standing(SOURCE)
        self._untold: deque[Event] = deque(maxlen=MOST_UNTOLD)

    async def watch(self) -> None:
        """Look again and again."""
        while True:
            self.look()
            await self._tell()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Look once at both."""
        self.mend()
        self._look_at_source()

    def mend(self) -> None:
        """Write the copies again where they are not what was prepared."""
        for file, body in {self.prepared.file: self.prepared.written, **self.prepared.templates}.items():
            if not _is(file, body):
                self._write_again(file, body)

    def _write_again(self, file: Path, body: bytes) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(file, body)
        except OSError as error:
            text = (
                f"{file} is not as it was prepared and cannot be written again ({error.strerror}): a process that "
                "starts now finds no campus. Make room on the disk or give it back."
            )
            if self._failed.get(file) != text:
                self.note("alarm", COPY, text)
            self._failed[file] = text
        else:
            text = (
                f"{file} was not as it was prepared (half written, or changed): it is written again as it runs. What "
                f"shall be changed is changed in {self.prepared.source}."
            )
            self.note("alarm", COPY, text, once=True)
            self._failed.pop(file, None)

    def note(self, level: str, channel: str, text: str, once: bool = False) -> None:
        """Say something here, and to history and alarms when a guard is there to hear it.

        Args:
            level: "alarm" or "info". channel: It is about.
            once: It does not stand.
        """
        self.say(text)
        data = {"once": True} if once else {}
        self._untold.append(
            Event(utc_s=time.time(), level=level, channel=channel, text=text[:500], data=data)
        )

    def _look_at_source(self) -> None:
        running, source = self.prepared.checksum, self.prepared.source
        now = checksum_of(source)
        if now != self._written:
            with contextlib.suppress(OSError):  # a full disk: the next look tries again
                self._write_checksums(now)
                self._written = now
        if now == self._shown:
            return
        text = f"{source} is as it was when this began"
        if now != running:
            text = (
                f"{source}, or a file that it names, was changed (SHA-256 {now[:12]}, {running[:12]} is running). It "
                "is not taken over: stop and start again to run it."
            )
        if self._shown or now != running:
            self.note("alarm" if now != running else "info", SOURCE, text)
        self._shown = now

    def _write_checksums(self, now: str) -> None:
        """Leave in FOLDER/campus.json which file runs, and whether the user's is still that."""
        told = {
            "file": str(self.prepared.source),
            "running": self.prepared.checksum,
            "now": now,
            "changed": now != self.prepared.checksum,
            "copy": hashlib.sha256(self.prepared.written).hexdigest(),
        }
        write_whole(self.prepared.folder / CHECKSUMS, (json.dumps(told) + "\n").encode())

    async def _tell(self) -> None:
        folder = self.prepared.folder
        while self._untold and await tell_guard(folder, self._standing, self._untold[0]):
            self._untold.popleft()
        if not self._untold:
            await tell_guard(folder, self._standing)


async def tell_guard(folder: Path, standing: Standing, event: Event | None = None) -> bool:
    """To history and alarms, through the guard, where it is there; without an event what stands, where that is due.

    Dated by the guard's clock, as all that stands in the history: a simulated site has one of its own.

    Returns:
        Whether it was told.
    """
    if event is not None:
        standing.note(event)
    elif (event := standing.due(time.time())) is None:
        return True
    with contextlib.suppress(OSError, WattstackError):
        client = await open_client(folder / "guard.sock", "face")
        try:
            await client.subscribe(LOOK_S)
            while not isinstance(said := await client.next(), State):
                pass
            await client.tell(event.model_copy(update={"utc_s": said.utc_s}))
            return True
        finally:
            await client.close()
    return False


def _is(path: Path, body: bytes) -> bool:
    try:
        return path.read_bytes() == body
    except OSError:
        return False
