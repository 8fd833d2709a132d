"""Takes what must be told out of the building, each way in a thread of its own, again and again until it came through.

Needs    operate.alarms.ways.
Gives    Teller.
Used by  operate.alarms.service.

Nothing waits for a way out: its queue is bounded, and where it is full the oldest telling goes. What did not come
through yet survives a restart with the list; it may then be told twice, with the same id.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from wattstack.operate.alarms.book import Telling
from wattstack.operate.alarms.ways import Way

MOST_WAITING = 256
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0


class Teller:
    """One way out and its queue.

    Args:
        way: Webhook, mail or syslog.
        say: Called from its thread with (well, text) when it fails for the first time, and when it is well again.
        first_wait_s: Before the second try; it doubles up to a minute.

    Attributes:
        dropped: Tellings that went because the queue was full.
    """

    def __init__(
        self, way: Way, say: Callable[[bool, str], None], first_wait_s: float = _FIRST_WAIT_S
    ) -> None:
        self.name = way.name
        self.dropped = 0
        self._way, self._say, self._first_wait_s = way, say, first_wait_s
        self._queue: deque[Telling] = deque()
        self._more = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, name=f"tell-{way.name}", daemon=True)

    def start(self, waiting: Iterable[Telling] = ()) -> None:
        """Begin, with what had not come through before a restart."""
        self._queue.extend(waiting)
        self._thread.start()

    def put(self, tellings: Sequence[Telling]) -> None:
        """Take these too; returns at once."""
        with self._more:
            for telling in tellings:
                if len(self._queue) >= MOST_WAITING:
                    self._queue.popleft()
                    self.dropped += 1
                self._queue.append(telling)
            self._more.notify()

    @property
    def waiting(self) -> list[Telling]:
        """What has not come through yet."""
        with self._more:
            return list(self._queue)

    def stop(self, wait_s: float = 1.0) -> None:
        """End it; what waits stays in `waiting`."""
        with self._more:
            self._over = True
            self._more.notify()
        self._thread.join(wait_s)

    def _run(self) -> None:
        wait_s, well = self._first_wait_s, True
        while True:
            with self._more:
                while not self._queue and not self._over:
                    self._more.wait()
                if self._over:
                    return
                telling = self._queue[0]
            try:
                self._way.send(telling)
            except Exception as error:  # whatever it is: a thread that died would tell nothing, not even that
                if well:
                    text = str(error) if isinstance(error, OSError) else type(error).__name__
                    self._say(False, f"does not come through: {text}"[:300])
                well = False
                self._pause(wait_s)
                wait_s = min(2.0 * wait_s, _LONGEST_WAIT_S)
                continue
            if not well:
                gone = f"; {self.dropped} never did" if self.dropped else ""
                self._say(True, f"comes through again{gone}")
            well, wait_s = True, self._first_wait_s
            with self._more:
                if self._queue and self._queue[0] is telling:
                    self._queue.popleft()

    def _pause(self, wait_s: float) -> None:
        until = time.monotonic() + wait_s
        with self._more:
            while not self._over and (left := until - time.monotonic()) > 0.0:
                self._more.wait(left)
