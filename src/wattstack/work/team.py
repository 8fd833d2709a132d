"""Who answers questions: this thread, threads, processes of this machine, or the workers of a Dask cluster.

Needs    work.answer, cluster, processes.
Gives    Team, Operation, PROCESS_STEPS.
Used by  work.

Answers come back in the order of the questions, whoever gave them, so that what is made of them is the same to the
last bit with one worker or many. A worker that dies costs time, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from wattstack.work.answer import answer, in_order
from wattstack.work.cluster import Cluster
from wattstack.work.processes import Processes

# a list of visits over as many steps takes half a second or more: worth starting processes
PROCESS_STEPS = 1_000_000

SHARES = 4  # of a list, a thread: few enough to cost little, enough that none waits long for the last


class Operation(Protocol):
    """What `Team.visit` asks: a function of a point, known by a key. Equal key = equal function.

    Attributes:
        key: Of the function. steps: That one visit runs through, the measure of its work.
    """

    key: str
    steps: int

    def visit(self, point: Any) -> Any:
        """The answer at a point; may depend on the points visited before, on nothing else."""


class Team:
    """Who answers: this thread, threads or processes of this machine, or the workers of a Dask cluster.

    Threads cost nothing to start and gain where the work lets go of Python's lock, as compiled code and solvers do.
    Processes gain everywhere, and cost a second or two and memory for their share. The rule: operations first
    visited in a list of `process_steps` steps or more live in processes from then on, threads do all else.

    Questions about one thing are answered one after the other in their order, never by two at once. A thing may
    remember what this team asked it, and nobody else may ask it meanwhile. End a team with `close`, or use it in a
    `with` block.

    Args:
        workers: Threads, and processes; 0 or 1: the thread that calls, at no cost.
        cluster: Address of a Dask scheduler, "tcp://scheduler:8786"; `workers` then counts for nothing.
        process_steps: See the rule.

    Raises:
        InputError: Nobody answers at the address, or the extra "cluster" is not installed.

    Example:
        >>> with Team(workers=2) as team:
        ...     team.keep("double", 2.0)
        ...     team.map(pow, ["double", "double"], [3, 4])
        [8.0, 16.0]
    """

    def __init__(self, workers: int = 0, cluster: str | None = None, process_steps: int = PROCESS_STEPS):
        self._workers, self._process_steps = workers, process_steps
        self._things: dict[str, Any] = {}
        self._here: set[str] = set()  # keys that threads have answered for
        self._away: set[str] = set()  # keys that live in processes
        self._pool = self._cluster = self._processes = None
        if cluster is not None:
            self._cluster = Cluster(cluster)
        elif workers > 1:
            self._pool = ThreadPoolExecutor(workers, thread_name_prefix="wattstack")
            self._processes = Processes(workers)

    def keep(self, key: str, thing: Any) -> None:
        """Know a thing by a key. It travels once, when it is first asked; what a key means stays as it is."""
        self._things.setdefault(key, thing)

    def map(self, function: Callable[[Any, Any], Any], keys: Sequence[str], points: Sequence[Any]) -> list:
        """Answers `function(thing of the key, point)` to every pair of key and point, in their order.

        Args:
            function: Of a module, so that others find it.
            keys, points: As many of each; a key may come several times.

        Raises:
            Whatever the function raises, at the first of the points that it raises at.
            StateError: Workers were lost again and again.
        """
        asked: dict[str, list[int]] = {}
        for i, (key, _) in enumerate(zip(keys, points, strict=True)):
            asked.setdefault(key, []).append(i)
        batches = {key: [points[i] for i in own] for key, own in asked.items()}
        if self._cluster is not None:
            return in_order(asked, self._cluster.ask(function, self._things, batches))
        if self._pool is not None:
            return in_order(asked, self._shared(function, batches))
        return [function(self._things[key], point) for key, point in zip(keys, points, strict=True)]

    def _shared(self, function: Callable, batches: Mapping[str, list]) -> dict[str, list]:
        """Answers by key of the threads and the processes."""
        here = [key for key in batches if key not in self._away]
        self._here.update(here)
        size = -(-len(here) // (SHARES * self._workers))
        futures = [
            self._pool.submit(
                _answer_share, function, [(key, self._things[key], batches[key]) for key in part]
            )
            for part in (here[i : i + size] for i in range(0, len(here), size or 1))
        ]
        away = {key: own for key, own in batches.items() if key in self._away}
        answered = self._processes.ask(function, self._things, away)
        for future in futures:
            answered |= future.result()
        return answered

    def visit(self, asked: Sequence[tuple[Operation, Any]]) -> list:
        """`operation.visit(point)` for every pair of operation and point, in their order."""
        known = [self._things.setdefault(operation.key, operation) for operation, _ in asked]
        if self._cluster is None and self._pool is None:
            return [operation.visit(point) for operation, (_, point) in zip(known, asked, strict=True)]
        if self._pool is not None and sum(operation.steps for operation in known) >= self._process_steps:
            self._away.update(
                operation.key
                for operation in known
                if operation.key not in self._here and type(operation).__module__ != "__main__"
            )
        return self.map(_visit, [operation.key for operation, _ in asked], [point for _, point in asked])

    def close(self) -> None:
        """Let threads, processes or the cluster go; what was sent is forgotten there."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._processes.close()
        if self._cluster is not None:
            self._cluster.close()

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _answer_share(function: Callable, share: Sequence[tuple[str, Any, list]]) -> dict[str, list]:
    """What one thread answers, by key."""
    return {key: answer(function, thing, points) for key, thing, points in share}


def _visit(operation: Operation, point: Any) -> Any:
    return operation.visit(point)
