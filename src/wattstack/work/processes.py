"""Processes of this machine, each with its share of the things: for work that holds Python's lock too much for threads.

Needs    work.answer, worker; errors.
Gives    Processes.
Used by  work.team.

A thing travels once, to the process with the fewest, and stays there with all it learns; afterwards only questions and
answers travel. A process that dies is replaced, and what it held is told again everything it was asked. A process is
started as `python -c`, not by multiprocessing, which would run the caller's own script again: a script may plan at
its top level. It hears no Ctrl-C and ends when its questions do, so nothing is left behind however we end.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from wattstack.errors import StateError
from wattstack.work.answer import TRIES, Asked

COMMAND = "from wattstack.work.worker import main; main()"
LOST = (OSError, EOFError, pickle.UnpicklingError)  # how a pipe says that nobody is at its other end


class _Process:
    """One process, and the keys of what it holds."""

    def __init__(self) -> None:
        path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
        self.popen = subprocess.Popen(
            [sys.executable, "-c", COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )
        self.holds: set[str] = set()

    def tell(self, message: tuple) -> None:
        """Send one message."""
        pickle.dump(message, self.popen.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        self.popen.stdin.flush()

    def heard(self) -> Any:
        """Its next answer."""
        return pickle.load(self.popen.stdout)

    def kill(self) -> None:
        """End it at once."""
        self.popen.kill()
        self.popen.wait()
        self.popen.stdout.close()
        with suppress(OSError):  # a message it did not take
            self.popen.stdin.close()


class Processes:
    """A fixed number of processes; started when first asked."""

    def __init__(self, count: int):
        self.crew: list[_Process | None] = [None] * count
        self.homes: dict[str, int] = {}  # key -> place in the crew
        self.asked: dict[str, list[Asked]] = {}  # what each thing has answered

    def close(self) -> None:
        """End all; what is asked next is told anew what it knew."""
        for place, process in enumerate(self.crew):
            if process is not None:
                process.kill()
                self.crew[place] = None

    def ask(
        self, function: Callable, things: Mapping[str, Any], batches: Mapping[str, list]
    ) -> dict[str, list]:
        """Answers by key; asks again whatever a lost process leaves unanswered.

        Raises:
            Whatever the function raises. StateError: Processes were lost again and again.
        """
        answered: dict[str, list] = {}
        for _ in range(TRIES):
            left = {key: batches[key] for key in batches if key not in answered}
            if not left:
                return answered
            try:
                new = self._once(function, things, left)
            except BaseException:  # answers may be on their way that nobody waits for
                self.close()
                raise
            for key in new:
                self.asked.setdefault(key, []).append((function, batches[key]))
            answered |= new
        if len(answered) == len(batches):
            return answered
        raise StateError(
            f"a process was lost {TRIES} times over one piece of work. Look at the memory of this machine, or "
            "ask for fewer workers."
        )

    def _once(
        self, function: Callable, things: Mapping[str, Any], batches: Mapping[str, list]
    ) -> dict[str, list]:
        """Ask every process for its share; the answers of those that lived to give them."""
        shares = self._shares(batches)
        for place in shares:
            self.crew[place] = self.crew[place] or _Process()
        for place, key in _in_turn(shares):
            if self.crew[place] is not None and key not in self.crew[place].holds:
                self._tell(place, (key, things[key], self.asked.get(key, [])))
                self._note(place, key)
        for place, keys in shares.items():
            self._tell(place, (function, {key: batches[key] for key in keys}))
        answered: dict[str, list] = {}
        for place in shares:
            answered |= self._heard(place)
        return answered

    def _shares(self, keys: Iterable[str]) -> dict[int, list[str]]:
        """Keys by the place of their process; a new one goes where the fewest are."""
        load = [0] * len(self.crew)
        for home in self.homes.values():
            load[home] += 1
        shares: dict[int, list[str]] = {}
        for key in keys:
            if key not in self.homes:
                self.homes[key] = load.index(min(load))
                load[self.homes[key]] += 1
            shares.setdefault(self.homes[key], []).append(key)
        return shares

    def _tell(self, place: int, message: tuple) -> None:
        process = self.crew[place]
        if process is not None:
            try:
                process.tell(message)
            except OSError:
                self._lose(place)

    def _note(self, place: int, key: str) -> None:
        if self.crew[place] is not None:
            self.crew[place].holds.add(key)

    def _heard(self, place: int) -> dict[str, list]:
        """Answers by key, none where the process is lost."""
        process = self.crew[place]
        if process is None:
            return {}
        try:
            said = process.heard()
        except LOST:
            self._lose(place)
            return {}
        if isinstance(said, BaseException):
            raise said
        return said

    def _lose(self, place: int) -> None:
        self.crew[place].kill()
        self.crew[place] = None


def _in_turn(shares: Mapping[int, list[str]]) -> Iterable[tuple[int, str]]:
    """Every (place, key), one of each place after the other, so that all processes have something to unpack."""
    most = max((len(keys) for keys in shares.values()), default=0)
    for i in range(most):
        for place, keys in shares.items():
            if i < len(keys):
                yield place, keys[i]
