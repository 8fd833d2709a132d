"""What can go wrong, and how it is said: where, what is, what must be, how to mend.

    WattstackError                exit code
      InputError                  2    a file, a series or an argument is wrong; carries every fault found
        UnsupportedError          2    valid, but not built yet: refused by name, never ignored
      InfeasibleError             1    the answer is no: nothing that may be built serves the load
      StateError                  3    a function was given a state it cannot go on from
      GapError                    3    the certificate asked for was not reached

Gives    the tree above, Fault, nearest, counted.
Used by  every room. `cli` turns an error into its exit code and prints str(error), never a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where it is, and one sentence that says is, must be, how to mend.

    Example:
        >>> print(Fault("battery.main.soc_min", "is 0.9, must be below soc_max 0.8. Lower soc_min."))
        battery.main.soc_min  is 0.9, must be below soc_max 0.8. Lower soc_min.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}  {self.what}" if self.where else self.what


class WattstackError(Exception):
    """Base of every error this package raises on purpose. `exit_code` is what the command returns."""

    exit_code = 3

    def __reduce__(self) -> tuple:
        """Cross over to another process with everything that was said, whatever the class asks to be made."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[WattstackError], args: tuple, own: Mapping[str, object]) -> WattstackError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(own)
    return error


class InputError(WattstackError):
    """An input is wrong. All faults of one file are reported at once.

    Args:
        source: The file or object at fault, as the user knows it ("campus.yaml", "load.csv").
        faults: Every fault found, at least one; a plain sentence is taken as a fault with no path.

    Example:
        >>> print(InputError("load.csv", ["draw_mw has 14 gaps. Fill them by a named rule."]))
        load.csv: draw_mw has 14 gaps. Fill them by a named rule.
    """

    exit_code = 2

    def __init__(self, source: str, faults: Iterable[Fault | str]):
        self.source = source
        self.faults = tuple(f if isinstance(f, Fault) else Fault("", f) for f in faults)
        super().__init__(self._text())

    def _text(self) -> str:
        if len(self.faults) == 1 and not self.faults[0].where:
            return f"{self.source}: {self.faults[0].what}"
        count = len(self.faults)
        width = min(max((len(f.where) for f in self.faults), default=0), 48)
        head = f"{self.source} has {counted(count, 'fault')}:"
        return "\n".join([head, *(f"  {f.where:<{width}}  {f.what}" for f in self.faults)])


class UnsupportedError(InputError):
    """The input is valid but asks for what is not built yet."""


class InfeasibleError(WattstackError):
    """Nothing that stands or may be built can serve the load: says the first step, the MW and a mend.

    Args:
        text: The error in words.
        details: The same as numbers, for a report; empty where there are none.
    """

    exit_code = 1

    def __init__(self, text: str, details: Mapping[str, object] | None = None):
        self.details = dict(details or {})
        super().__init__(text)


class StateError(WattstackError):
    """A function was given a state that it cannot go on from."""


class GapError(WattstackError):
    """The work ended before the certificate asked for was reached."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that a mistyped word most likely means, None when nothing is near.

    Example:
        >>> nearest("bus_est", ["bus_east", "grid"])
        'bus_east'
    """
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def counted(count: int, word: str) -> str:
    """A count and its word: 1 gap, 3 gaps.

    Example:
        >>> counted(1, "gap"), counted(3, "gap")
        ('1 gap', '3 gaps')
    """
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
