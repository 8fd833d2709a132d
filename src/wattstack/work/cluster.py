"""The workers of a Dask cluster, and who of them holds which thing.

Needs    work.answer, errors; dask.distributed (the extra "cluster").
Gives    Cluster.
Used by  work.team.

Every thing that answers need (a site's series) is sent to one worker once, and afterwards only questions and answers
travel. What a lost worker held is sent to another one, which is first asked everything that was answered before, so
that a thing which learns from its questions (a year that keeps its cuts) knows again what it knew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from wattstack.errors import InputError, StateError
from wattstack.work.answer import TRIES, Asked, Held, answer_all

CONNECT_S = 10.0  # a scheduler, or a first worker, that has not answered by then is not there
LOOK_S = 1.0  # how often a silent cluster is asked who is still alive
BATCHES = 4  # a worker of a cluster, a map: few enough to cost little, enough for its threads to share


class Cluster:
    """The workers of a Dask cluster, and who of them holds which thing.

    Args:
        address: Of the scheduler.

    Raises:
        InputError: Nobody answers there, or Dask is not installed.
    """

    def __init__(self, address: str):
        try:
            from distributed import Client
        except ImportError:
            raise InputError(
                "--cluster",
                ["needs Dask, which is not installed. Install it: pip install 'wattstack[cluster]'."],
            ) from None
        try:
            self.client = Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as fault:
            raise InputError(
                "--cluster",
                [
                    f"no Dask scheduler answers at {address} ({fault}). Start one: dask scheduler, dask worker."
                ],
            ) from None
        self.address = address
        self.homes: dict[str, str] = {}  # key -> worker
        self.held: dict[str, Any] = {}  # key -> Dask's future of the thing there
        self.asked: dict[str, list[Asked]] = {}  # what each thing has answered
        self.fresh: set[str] = set()  # sent, and not told yet what was asked before

    def close(self) -> None:
        """Let the cluster go; what it was sent is forgotten there."""
        self.held.clear()
        self.client.close()

    def ask(
        self, function: Callable, things: Mapping[str, Any], batches: Mapping[str, list]
    ) -> dict[str, list]:
        """Answers by key; asks again whatever a lost worker leaves unanswered."""
        answered: dict[str, list] = {}
        for _ in range(TRIES):
            left = [key for key in batches if key not in answered]
            if not left:
                return answered
            self._place({key: things[key] for key in left})
            new = self._once(function, {key: batches[key] for key in left if key in self.held})
            for key in left:
                if key in new:
                    self.asked.setdefault(key, []).append((function, batches[key]))
                    self.fresh.discard(key)
                else:
                    self._drop(key)  # lost, or perhaps asked without being heard
            answered |= new
        if len(answered) == len(batches):
            return answered
        raise StateError(
            f"the workers of the cluster at {self.address} were lost {TRIES} times over one piece of work. "
            "Look at their memory and their logs."
        )

    def _alive(self) -> dict[str, int]:
        """Threads of every worker that is there; none where the scheduler itself is gone."""
        found = {}
        if self.client.status == "running":
            with suppress(OSError):
                found = self.client.scheduler_info().get("workers", {})
        return {name: own["nthreads"] for name, own in found.items()}

    def _place(self, things: Mapping[str, Any]) -> None:
        """Give every thing that no living worker holds to the one with the least to do for each of its threads."""
        alive = self._alive() or self._awaited()
        for key in [key for key, home in self.homes.items() if home not in alive]:
            self._drop(key)
        load = dict.fromkeys(alive, 0)
        for home in self.homes.values():
            load[home] += 1
        for key, thing in things.items():
            if key in self.held:
                continue
            home = min(alive, key=lambda name: (load[name] / alive[name], name))
            try:
                held = self.client.scatter(Held(thing), workers=[home], hash=False)
            except (OSError, KeyError, TimeoutError):
                return  # gone since we looked: the next try places it elsewhere
            load[home] += 1
            self.homes[key], self.held[key] = home, held
            self.fresh.add(key)

    def _drop(self, key: str) -> None:
        self.homes.pop(key, None)
        self.held.pop(key, None)

    def _awaited(self) -> dict[str, int]:
        """The workers, once there is one."""
        if self.client.status == "running":
            with suppress(OSError):  # TimeoutError among them
                self.client.wait_for_workers(1, timeout=CONNECT_S)
        alive = self._alive()
        if not alive:
            raise StateError(
                f"the cluster at {self.address} is gone or has no workers. Start some: dask worker {self.address}"
            )
        return alive

    def _once(self, function: Callable, batches: Mapping[str, list]) -> dict[str, list]:
        """Ask every home for its batches; answers of those that lived to give them."""
        by_home: dict[str, list[str]] = {}
        for key in batches:
            by_home.setdefault(self.homes[key], []).append(key)
        heard: SimpleQueue = SimpleQueue()
        waiting = {}
        for home, keys in by_home.items():
            size = -(-len(keys) // BATCHES)
            for part in (keys[i : i + size] for i in range(0, len(keys), size)):
                future = self.client.submit(
                    answer_all, function, [self.held[key] for key in part], [batches[key] for key in part],
                    [self._before(key) for key in part],
                    workers=[home], allow_other_workers=False, pure=False,
                )  # fmt: skip
                waiting[future.key] = (future, home, part)
                future.add_done_callback(heard.put)
        answered: dict[str, list] = {}
        for future, part in self._heard(heard, waiting):
            if future.status in ("finished", "error"):
                with suppress(*_losses()):  # what the function raised is raised here
                    answers = zip(part, future.result(timeout=CONNECT_S), strict=True)
                    answered |= {key: own for key, own in answers if own is not None}
        return answered

    def _before(self, key: str) -> tuple[int, list[Asked]]:
        """How many batches a thing has answered, and which, if it is to be told."""
        asked = self.asked.get(key, [])
        return len(asked), asked if key in self.fresh else []

    def _heard(self, heard: SimpleQueue, waiting: dict) -> Iterable[tuple[Any, list[str]]]:
        """Futures as they come to an end; those whose worker is gone are given up."""
        while waiting:
            try:
                future, _, part = waiting.pop(heard.get(timeout=LOOK_S).key, (None, "", []))
                if future is not None:
                    yield future, part
            except Empty:
                alive = self._alive()
                for name in [name for name, (_, home, _) in waiting.items() if home not in alive]:
                    waiting.pop(name)[0].cancel()


def _losses() -> tuple[type[BaseException], ...]:
    """How Dask says that a worker, or what it held, is lost."""
    from concurrent.futures import CancelledError as Cancelled

    from distributed import CancelledError, KilledWorker
    from distributed.comm import CommClosedError

    return Cancelled, CancelledError, KilledWorker, CommClosedError, TimeoutError
