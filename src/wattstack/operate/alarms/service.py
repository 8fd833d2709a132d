"""The alarms of a running site: what the guard says goes into the list, the list survives, and leaves the building.

Needs    operate.link (State, Event), operate.alarms.book, teller, ways, ask.
Gives    Alarms.
Used by  the historian's process; through its socket operate.face and cli.

The guard tells what stands in each State, and what begins in an Event: the event is first and exact, the state is the
truth. The other processes speak through the guard, whose state does not name what they find: an alarm of theirs stands
until its process says something else on the same channel. So each condition has a channel of its own
("north.dsx.broker"). With data `once` it is a thing that happened: over at once, it latches. What the process does not
name any more when it names all that stands (operate.link.Standing) is over too.

The list is written whole, beside its last good one, with a checksum; a half-written one is never taken.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from wattstack.errors import InputError
from wattstack.operate.alarms.ask import SOCKET
from wattstack.operate.alarms.book import Book, Telling
from wattstack.operate.alarms.teller import Teller
from wattstack.operate.alarms.ways import Way
from wattstack.operate.historian import Event as Kept
from wattstack.operate.link import STILL, Event, State

STATE = "alarms.json"
# how the channels begin that others than the guard use
PROCESSES = "planner", "campus", "memory", "north", "face"
_LONGEST_ASKED = 16_384  # bytes of what is asked
_TICK_S = 0.5
_CLOCK_S = 60.0  # to which the difference of the site's clock to the machine's is kept
_WORDS = {"acknowledge": ("key", "user"), "shelve": ("key", "user", "why"), "unshelve": ("key", "user")}


class Alarms:
    """The service.

    Args:
        folder: Folder of the live site: the list and the socket lie there.
        keep: Called with events for the history; it must not wait.
        ways: Ways out of the building.
        storm_per_min: More alarms in a minute than this are told as one.
        first_wait_s: Before a way out is tried for the second time.
    """

    def __init__(
        self, folder: str | Path, keep: Callable[[Sequence[Kept]], None], ways: Sequence[Way] = (),
        storm_per_min: float = 20.0, first_wait_s: float = 1.0,
    ) -> None:  # fmt: skip
        self.book = Book(storm_per_min)
        self._folder, self._keep = Path(folder), keep
        self._said: list[tuple[str, bool, str]] = []  # by the threads of the ways out
        self._tellers = [Teller(way, self._saying(way.name), first_wait_s) for way in ways]
        self._server: asyncio.AbstractServer | None = None
        self._ticking: asyncio.Task | None = None
        self._written = ""
        self._disk_well = True
        self._writing = asyncio.Lock()
        # of the site and of this process, when the guard spoke last
        self._clock: tuple[float, float] | None = None
        self._lines: tuple[str, ...] | None = None  # of the last state, as long as no event came since

    async def start(self) -> None:
        """Take up the list where it was left, open the socket, tell what had not come through."""
        self._folder.mkdir(parents=True, exist_ok=True)
        waiting = self._read()
        for teller in self._tellers:
            teller.start(waiting.get(teller.name, ()))
        path = self._folder / SOCKET
        path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(path), limit=_LONGEST_ASKED)
        finally:
            os.umask(mask)
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Close the socket, write the list."""
        if self._ticking is not None:
            self._ticking.cancel()
        if self._server is not None:
            self._server.close()
            (self._folder / SOCKET).unlink(missing_ok=True)
        for teller in self._tellers:
            teller.stop()
        self._pass_on()
        await self._write()

    def heard(self, said: State | Event) -> None:
        """What the guard says."""
        if isinstance(said, State):
            # no event's: one of another process may have another clock
            self._clock = said.utc_s, time.monotonic()
            if said.alarms == self._lines:
                return
            self._lines = said.alarms
            self.book.stand("guard", [_parted(line) for line in said.alarms], said.utc_s)
        elif said.channel.partition(".")[0] in PROCESSES:
            self._of_process(said)
        elif said.level == "alarm":
            self._lines = None
            self.book.raise_(said.channel, said.text, said.utc_s, group=str(said.data.get("group", "site")))
        self._pass_on()

    def _of_process(self, said: Event) -> None:
        """What another process than the guard says on one of its channels; the source of its alarms is the channel."""
        book, channel, now_s = self.book, said.channel, self.utc_s
        if STILL in said.data:
            standing = str(said.data[STILL]).split()
            for source in {alarm.source for alarm in book.alarms.values()}:
                if f"{source}.".startswith(f"{channel}.") and source not in standing:
                    book.stand(source, [], now_s)
            return
        wrong = [(channel, said.text)] if said.level == "alarm" else []
        if wrong and said.data.get("once"):
            alarm = book.raise_(channel, said.text, now_s, source=f"{channel}.once")
            if alarm is not None:
                book.clear(alarm.key, now_s)
        else:
            book.stand(channel, wrong, now_s)

    @property
    def utc_s(self) -> float:
        """The site's clock, the guard's as it dates its records; ours before it was heard."""
        if self._clock is None:
            return time.time()
        return self._clock[0] + time.monotonic() - self._clock[1]

    def raise_(self, channel: str, text: str, source: str = "historian") -> None:
        """A condition that this process found."""
        self.book.raise_(channel, text, self.utc_s, source)
        self._pass_on()

    def stand(self, source: str, conditions: Sequence[tuple[str, str]]) -> None:
        """All that is wrong now as one source sees it."""
        self.book.stand(source, conditions, self.utc_s)
        self._pass_on()

    def do(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a person asks for, and give the list.

        Raises:
            InputError: It is not understood, or refused.
        """
        did, now_s = asked.get("do"), self.utc_s
        if did != "list":
            if not isinstance(did, str) or did not in _WORDS:
                raise InputError("alarms", [f"do is {str(did)[:40]!r}, must be list, {', '.join(_WORDS)}."])
            for word in _WORDS[did]:
                if not isinstance(asked.get(word), str) or not asked[word].strip() or len(asked[word]) > 500:
                    raise InputError("alarms", [f"{word} is missing, must be a text of at most 500 letters."])
            if did == "acknowledge":
                self.book.acknowledge(asked["key"], asked["user"], now_s)
            elif did == "unshelve":
                self.book.unshelve(asked["key"], asked["user"], now_s)
            else:
                for_s = asked.get("for_s")
                if isinstance(for_s, bool) or not isinstance(for_s, int | float) or not isfinite(for_s):
                    raise InputError("alarms", ["for_s is missing, must be a number of seconds."])
                self.book.shelve(asked["key"], asked["user"], now_s + for_s, asked["why"], now_s)
            self._pass_on()
        shown = sorted(self.book.alarms.values(), key=lambda a: (-a.raised_s, a.place))
        return {
            "alarms": [asdict(alarm) | {"state": alarm.state} for alarm in shown],
            "storming": self.book.storming,
            "waiting": {teller.name: len(teller.waiting) for teller in self._tellers},
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(10.0):
                while line := await reader.readline():
                    answer = self._answer(line)
                    await self._write()  # what was acknowledged stays so
                    writer.write(json.dumps(answer).encode() + b"\n")
                    await writer.drain()
        except (ValueError, OSError, TimeoutError):  # a line without an end, or one who only listens
            writer.transport.abort()
        finally:
            writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(line, parse_constant=_no_number)
            if not isinstance(asked, dict):
                raise InputError("alarms", ["asked for what is no JSON object."])
            return self.do(asked)
        except InputError as error:
            return {"fault": "; ".join(str(fault) for fault in error.faults)}
        except (ValueError, RecursionError):
            return {"fault": "asked for what is no JSON."}

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = self.utc_s
            said, self._said = self._said, []
            for name, well, text in said:
                channel = f"alarms.{name}"
                for key in [k for k, a in self.book.alarms.items() if a.channel == channel and well]:
                    self.book.clear(key, now_s)
                if not well:
                    self.book.raise_(channel, text, now_s, source="ways")
                else:
                    self._keep([Kept(now_s, "info", channel, text, {})])
            self.book.tick(now_s)
            self._pass_on()
            await self._write()

    def _saying(self, name: str) -> Callable[[bool, str], None]:
        return lambda well, text: self._said.append((name, well, text))

    def _pass_on(self) -> None:
        """Events to the history, tellings to the ways out."""
        book = self.book
        if book.events:
            self._keep(book.events)
            book.events = []
        if book.tellings:
            for teller in self._tellers:
                teller.put(book.tellings)
            book.tellings = []

    async def _write(self) -> None:
        """The list to the disk, where it is not there already; a slow disk holds nothing up."""
        async with self._writing:
            waiting = {teller.name: [asdict(one) for one in teller.waiting] for teller in self._tellers}
            # a simulated site lives in another year: its clock is known at once after a restart
            ahead_s = round((self.utc_s - time.time()) / _CLOCK_S) * _CLOCK_S
            text = json.dumps({"book": self.book.as_json(), "waiting": waiting, "ahead_s": ahead_s})
            if text == self._written:
                return
            try:
                await asyncio.to_thread(write_sure, self._folder / STATE, text)
            except OSError as error:  # the list in memory is the one that counts: go on, say so
                if self._disk_well:
                    self._disk_well = False
                    self.book.raise_(
                        "alarms", f"the list cannot be written: {error.strerror}", self.utc_s, "alarms"
                    )
                return
            self._written = text
            if not self._disk_well:
                self._disk_well = True
                self.book.stand("alarms", [], self.utc_s)

    def _read(self) -> dict[str, list[Telling]]:
        """The list as it was left; what was still to be told, by way."""
        path = self._folder / STATE
        lost = False
        for one in (path, path.with_name(STATE + ".last")):
            try:
                kept = json.loads(read_sure(one))
                self.book.take_json(kept["book"])
                self._clock = time.time() + float(kept["ahead_s"]), time.monotonic()
                return {name: [Telling(**t) for t in some] for name, some in kept["waiting"].items()}
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, TypeError):
                lost = True
        if lost:
            self.book.raise_(
                "alarms", "the list was damaged: what stood before the restart is not known", self.utc_s
            )
        return {}


def write_sure(path: Path, text: str) -> None:
    """Write a file whole, with its checksum, and keep the one before it as `.last`."""
    beside = path.with_name(path.name + ".new")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as out:
        out.write(hashlib.sha256(text.encode()).hexdigest() + "\n" + text)
        out.flush()
        os.fsync(out.fileno())
    if path.exists():
        path.replace(path.with_name(path.name + ".last"))
    beside.replace(path)


def read_sure(path: Path) -> str:
    """What `write_sure` wrote.

    Raises:
        ValueError: It is not whole.
    """
    digest, _, text = path.read_text(encoding="utf-8").partition("\n")
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        raise ValueError(f"{path.name} is not whole")
    return text


def _parted(line: str) -> tuple[str, str]:
    """Channel and text of a line of the guard's state."""
    where, colon, what = line.partition(": ")
    return (where, what) if colon else ("site", line)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")
