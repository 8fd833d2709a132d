"""What all routes share: the campus, the guard, the people, the audit, the alarms, the picture.

Needs    campus, operate: link, audit, alarms; operate.face: users, gate, live, picture, asks.
Gives    Room.
Used by  operate.face: app and every file of routes.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.errors import InputError, StateError
from wattstack.operate.alarms import Syslog, ask_alarms
from wattstack.operate.audit import Audit, Change, standby_secret
from wattstack.operate.face.asks import Asks, written
from wattstack.operate.face.certificate import CHECK_S, end_of
from wattstack.operate.face.gate import Gate
from wattstack.operate.face.live import Live
from wattstack.operate.face.picture import Picture, checksums, site_of
from wattstack.operate.face.shield import Refused
from wattstack.operate.face.users import Users
from wattstack.operate.link import Event

if TYPE_CHECKING:
    from wattstack.campus import Campus

ALARMS_S = 1.0  # from one look at the list of alarms to the next


class Room:
    """The control room behind its page.

    Args:
        campus: Sizes stand.
        folder: Of the live site: sockets, history, users, audit.
        path: The campus file, for its checksum; None = not told.
        simulated: Whether the devices are; None = judged by their addresses.
    """

    def __init__(
        self, campus: Campus, folder: Path, path: Path | None = None, simulated: bool | None = None
    ) -> None:
        self.campus, self.folder, self.path = campus, folder, path
        face = campus.operate.face
        self.tls = face.certificate is not None
        self.users = Users(folder / "users.sqlite", face.session_h)
        self.gate = Gate(self.users, self.tls, face.session_h, self._stolen)
        syslog = campus.operate.alarms.syslog
        self.audit = Audit(folder / "audit.log", None if syslog is None else Syslog(campus.name, syslog).line)
        self.shared = standby_secret(campus)  # with the controller on another machine; None: there is none
        self.live = Live(folder / "guard.sock")
        self.asks = Asks(campus, self.live, self.audit)
        self.picture = Picture(self.live, path, self._ours)
        self.site = site_of(campus, path, simulated)
        self.started_sum = checksums(path)[0]
        self.onlookers: dict[str, int] = {}  # open pages by person
        # history is read by as many threads at once: the guard needs its core
        self.queries = asyncio.Semaphore(2)
        self._alarms: dict[str, Any] | None = None
        self._looking: asyncio.Task | None = None
        self._telling: set[asyncio.Task] = set()

    async def start(self) -> None:
        """Begin to listen to the guard and to look at the alarms."""
        self.live.start()
        self._looking = asyncio.create_task(self._look())
        if self.campus.operate.face.certificate is not None:
            task = asyncio.create_task(self._watch_certificate())
            self._telling.add(task)

    async def stop(self) -> None:
        """End."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        for task in self._telling:
            task.cancel()
        await self.live.stop()
        self.users.close()

    def alarms(self) -> dict[str, Any]:
        """The list of alarms; what the guard names where the service of alarms is not there."""
        if self._alarms is not None:
            return {"service": True, **self._alarms}
        state = self.live.seen.state
        named = () if state is None else state.alarms
        return {"service": False, "storming": False, "alarms": [
            {"key": one, "channel": one.partition(": ")[0], "text": one.partition(": ")[2] or one,
             "state": "unacknowledged", "raised_s": None, "place": 0, "first": "", "count": 1}
            for one in named
        ]}  # fmt: skip

    async def alarm(self, do: str, **words: Any) -> dict[str, Any]:
        """Acknowledge or shelve.

        Raises:
            Refused: 400 not possible, 503 the service of alarms is not there.
        """
        try:
            self._alarms = await ask_alarms(self.folder, do, **words)
        except InputError as error:
            raise Refused(400, str(error)) from None
        except StateError as error:
            raise Refused(503, str(error), 2.0) from None
        return self.alarms()

    async def record(self, who: str, what: str, old: Any, new: Any, reason: str) -> None:
        """A line in the audit, before the change.

        Raises:
            Refused: The audit cannot be written.
        """
        await written(self.audit, Change(who, what, old, new, reason))

    def _stolen(self, name: str, began: str, came: str) -> None:
        """A session came from another address than its own; it was ended. Written down and told as an alarm."""
        task = asyncio.create_task(self._tell_stolen(name, began, came))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell_stolen(self, name: str, began: str, came: str) -> None:
        text = f"the session of {name}, begun at {began}, came from {came}: it was ended. Somebody may have its cookie."
        await self.live.tell(
            Event(
                utc_s=self.live.utc_s, level="alarm", channel="face.session", text=text, data={"once": True}
            )
        )
        with suppress(Refused):  # told as far as it can be
            await self.record(name, "session.stolen", began, came, "came from another address")

    async def _watch_certificate(self) -> None:
        """Tell as an alarm that the certificate has expired or soon will."""
        path = self.campus.base_dir / self.campus.operate.face.certificate
        while True:
            if text := end_of(path, time.time()):
                while not self.live.seen.heard:  # the alarm goes by the guard
                    await asyncio.sleep(ALARMS_S)
                await self.live.tell(
                    Event(utc_s=self.live.utc_s, level="alarm", channel="face.certificate", text=text)
                )
            await asyncio.sleep(CHECK_S)

    async def _look(self) -> None:
        while True:
            try:
                self._alarms = await ask_alarms(self.folder, "list", wait_s=1.0)
            except (StateError, InputError):
                self._alarms = None
            await asyncio.sleep(ALARMS_S)

    def _ours(self) -> dict[str, Any]:
        return {
            "waiting": self.asks.waiting(),
            "alarms": self.alarms(),
            "started_file": self.started_sum,
        }
