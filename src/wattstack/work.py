"""Work that takes a while: spread over threads or a Dask cluster, progress on the terminal after two seconds.

Needs    errors; rich for the bar, dask.distributed for a cluster (the extra "cluster").
Gives    Team, progress, Progress.
Used by  series (large files), plan (rounds, operation of many sites), cli.

Ctrl-C is Python's own KeyboardInterrupt: it passes through, the bar is taken down first, and the command line
says what stands on disk and returns 130. Nothing is shown when standard error is not a terminal.

A Team sends every thing that answers need (a site's series) to one worker once, and afterwards only questions
and answers travel. Answers come back in the order of the questions, whoever gave them, so that what is made of
them is the same to the last bit with one worker or many. A worker that dies costs time, nothing else: what it
held is sent to another one, which is first asked everything that was answered before, so that a thing which
learns from its questions (a year that keeps its cuts) knows again what it knew.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from wattstack.errors import InputError, StateError, WattstackError

QUIET_S = 2.0
CONNECT_S = 10.0  # a scheduler, or a first worker, that has not answered by then is not there
LOOK_S = 1.0  # how often a silent cluster is asked who is still alive
TRIES = 5  # times that a batch is asked for before a cluster whose workers keep dying is given up
BATCHES = 4  # a worker of a cluster, a map: few enough to cost little, enough for its threads to share


class Progress:
    """How far a piece of work is. Made by `progress`.

    Attributes:
        done: Units finished so far.
    """

    def __init__(self, what: str, total: float | None):
        self.done = 0.0
        self._what = what
        self._total = total
        self._began_s = time.monotonic()
        self._bar = None
        self._task = None

    def advance(self, amount: float = 1.0, note: str = "") -> None:
        """Say that `amount` more units are done; `note` is shown after the name of the work."""
        self.done += amount
        if self._bar is None and self._is_due():
            self._start()
        if self._bar is not None:
            text = f"{self._what} {note}".rstrip()
            self._bar.update(self._task, completed=self.done, description=text)

    def _is_due(self) -> bool:
        return sys.stderr.isatty() and time.monotonic() - self._began_s >= QUIET_S

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task(self._what, total=self._total)

    def close(self) -> None:
        """Take the bar down."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def progress(what: str, total: float | None = None) -> Iterator[Progress]:
    """Show how far a loop is, from its second second on.

    Args:
        what: The work in a few words, "Reading prices.csv".
        total: Units in all, None when not known.

    Example:
        >>> with progress("Counting", total=3) as bar:
        ...     for _ in range(3):
        ...         bar.advance()
        >>> bar.done
        3.0
    """
    bar = Progress(what, total)
    try:
        yield bar
    finally:
        bar.close()


class Operation(Protocol):
    """What `Team.visit` asks: a function of a point, known by a key. Equal key = equal function."""

    key: str

    def visit(self, point: Any) -> Any:
        """The answer at a point; may depend on the points visited before, on nothing else."""


class Team:
    """Who answers: this thread, threads of this process, or the workers of a Dask cluster.

    Threads gain where the work lets go of Python's lock, as compiled code and solvers do. End a team with
    `close`, or use it in a `with` block. Questions about one thing are answered one after the other in
    their order, never by two at once. A thing may remember what this team asked it, and nobody else may ask it
    meanwhile.

    Args:
        workers: Threads; 0 or 1: the thread that calls, at no cost.
        cluster: Address of a Dask scheduler, "tcp://scheduler:8786"; `workers` then counts for nothing.

    Raises:
        InputError: Nobody answers at the address, or the extra "cluster" is not installed.

    Example:
        >>> with Team(workers=2) as team:
        ...     team.keep("double", 2.0)
        ...     team.map(pow, ["double", "double"], [3, 4])
        [8.0, 16.0]
    """

    def __init__(self, workers: int = 0, cluster: str | None = None):
        self._things: dict[str, Any] = {}
        self._pool = self._cluster = None
        if cluster is not None:
            self._cluster = _Cluster(cluster)
        elif workers > 1:
            self._pool = ThreadPoolExecutor(workers, thread_name_prefix="wattstack")

    def keep(self, key: str, thing: Any) -> None:
        """Know a thing by a key. It travels once, when it is first asked; what a key means stays as it is."""
        self._things.setdefault(key, thing)

    def map(self, function: Callable[[Any, Any], Any], keys: Sequence[str], points: Sequence[Any]) -> list:
        """Answers `function(thing of the key, point)` to every pair of key and point, in their order.

        Args:
            function: Of a module, so that a cluster finds it.
            keys, points: As many of each; a key may come several times.

        Raises:
            Whatever the function raises, at the first of the points that it raises at.
            StateError: The cluster lost its workers again and again.
        """
        asked: dict[str, list[int]] = {}
        for i, (key, _) in enumerate(zip(keys, points, strict=True)):
            asked.setdefault(key, []).append(i)
        batches = {key: [points[i] for i in own] for key, own in asked.items()}
        if self._cluster is not None:
            answered = self._cluster.ask(function, self._things, batches)
        elif self._pool is not None:
            futures = {
                key: self._pool.submit(_answer, function, self._things[key], own)
                for key, own in batches.items()
            }
            answered = {key: future.result() for key, future in futures.items()}
        else:
            return [function(self._things[key], point) for key, point in zip(keys, points, strict=True)]
        return _in_order(asked, answered)

    def visit(self, asked: Sequence[tuple[Operation, Any]]) -> list:
        """`operation.visit(point)` for every pair of operation and point, in their order."""
        known = [self._things.setdefault(operation.key, operation) for operation, _ in asked]
        if self._cluster is None and self._pool is None:
            return [operation.visit(point) for operation, (_, point) in zip(known, asked, strict=True)]
        return self.map(_visit, [operation.key for operation, _ in asked], [point for _, point in asked])

    def close(self) -> None:
        """Let the threads or the cluster go; what the cluster was sent is forgotten there."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        if self._cluster is not None:
            self._cluster.close()

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _visit(operation: Operation, point: Any) -> Any:
    return operation.visit(point)


def _answer(function: Callable[[Any, Any], Any], thing: Any, points: Sequence[Any]) -> list:
    """Answers to the points in turn, up to the first error, which is then the last answer."""
    answers: list[Any] = []
    for point in points:
        try:
            answers.append(function(thing, point))
        except WattstackError as fault:
            return [*answers, fault]
    return answers


class _Held:
    """A thing on a worker of a cluster, and how many batches it has answered: a copy that missed one is no use."""

    def __init__(self, thing: Any):
        self.thing, self.batches = thing, 0

    def answer(self, function: Callable[[Any, Any], Any], points: Sequence[Any]) -> list:
        self.batches += 1
        return _answer(function, self.thing, points)


Asked = tuple[Callable[[Any, Any], Any], Sequence[Any]]  # a function and a batch of points


def _answer_all(function: Callable, held: Sequence[_Held], batches: Sequence[Sequence], before: list) -> list:
    """One task of a cluster: several things, a batch of points for each; None for a thing that missed some.

    `before`: how many batches each has answered, and these batches where the thing has just been sent.
    """
    answers: list = []
    for own, points, (count, earlier) in zip(held, batches, before, strict=True):
        if own.batches == 0:
            for past, past_points in earlier:
                own.answer(past, past_points)
        answers.append(own.answer(function, points) if own.batches == count else None)
    return answers


def _in_order(asked: Mapping[str, list[int]], answered: Mapping[str, list]) -> list:
    """Answers in the order of the questions.

    Raises:
        WattstackError: The first of the errors among them.
    """
    flat = {i: answer for key, own in asked.items() for i, answer in zip(own, answered[key], strict=False)}
    faults = [i for i, answer in flat.items() if isinstance(answer, WattstackError)]
    if faults:
        raise flat[min(faults)]
    return [flat[i] for i in range(len(flat))]


class _Cluster:
    """The workers of a Dask cluster, and who of them holds which thing."""

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
                held = self.client.scatter(_Held(thing), workers=[home], hash=False)
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
                    _answer_all, function, [self.held[key] for key in part], [batches[key] for key in part],
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
