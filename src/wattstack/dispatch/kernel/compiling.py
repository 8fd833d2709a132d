"""A word while the kernel is compiled: once for a machine and a version, some ten seconds.

Needs    numba's compile events.
Gives    announce_compiling.
Used by  cli.
"""

from __future__ import annotations

from collections.abc import Callable


def announce_compiling(say: Callable[[str], None]) -> None:
    """Call `say` with one sentence when the first compiled function is not in the cache, else never."""
    from numba.core import event

    class Announcer(event.Listener):
        told = False

        def on_start(self, _: event.Event) -> None:
            if not self.told:
                self.told = True
                say("compiling the dispatch kernel, once for this machine: some 15 seconds")

        def on_end(self, _: event.Event) -> None:
            """Nothing to say."""

    event.register("numba:compile", Announcer())
