"""An outside check of a log of changes: every line, every hash, and whether its end is still there.

Needs    operate.audit.log.
Gives    Verdict, verify_audit.
Used by  cli (`wattstack audit verify`).

It needs the file alone and writes nothing: it can be run on another machine, on a copy, by somebody else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wattstack.errors import Fault, InputError
from wattstack.operate.audit.log import FIRST, LONGEST, Head, body_of, hash_of, head_path, read_head

_MOST_FAULTS = 100  # told; after a deleted line everything else may still be whole


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    Attributes:
        head: Number and hash of the last line.
        faults: Where the chain is broken; empty = nothing was changed, taken out, moved or cut off.
        notes: What the log itself says of torn lines and of a head that differed.
    """

    head: Head
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify_audit(path: str | Path, heads: Sequence[Head] = (), copy: str | Path | None = None) -> Verdict:
    """Check a log.

    Args:
        path: The log. Its head file is looked at where it lies beside it.
        heads: Numbers and hashes that were taken off the machine at some time: the log must hold them still.
        copy: An older copy of the log from off the machine: the log must begin with it.

    Raises:
        InputError: There is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(path.name, ["is not there, must be a log of changes."])
    faults: list[Fault] = []
    notes: list[str] = []
    wanted: dict[int, list[tuple[str, str]]] = {}
    beside = _beside(path, faults)
    for source, head in (*(("head file", h) for h in beside), *(("head", h) for h in heads)):
        wanted.setdefault(head.number, []).append((source, head.hash))
    last, lines = Head(0, FIRST), 0
    for lines, line in enumerate(_lines(path), 1):
        last = _check(line, lines, last, faults, notes)
        for source, known in wanted.pop(last.number, ()):
            if known != last.hash:
                faults.append(Fault(f"line {lines}", f"is not the one that the {source} knows."))
    wanted.pop(0, None)
    faults += [
        Fault("end", f"is cut off: the {source} knows line {n}, the log ends at {last.number}.")
        for n, known in sorted(wanted.items())
        for source, _ in known
    ]
    if lines and not _ended(path):
        faults.append(Fault(f"line {lines}", "is not whole: cut off, or power went while it was written."))
    if copy is not None:
        faults += _against(path, Path(copy))
    return Verdict(last, tuple(faults[:_MOST_FAULTS]), tuple(notes))


def _beside(path: Path, faults: list[Fault]) -> list[Head]:
    try:
        head = read_head(head_path(path))
    except InputError as error:
        faults.append(Fault("head file", error.faults[0].what))
        return []
    if head is None and path.stat().st_size:
        faults.append(
            Fault("head file", f"{head_path(path).name} is not there, must lie beside the log: without it a cut end "
                  "is seen only by a copy (--copy) or a head (--head) from off the machine.")
        )  # fmt: skip
    return [] if head is None else [head]


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(LONGEST + 1):
            yield line.removesuffix(b"\n")


def _ended(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read() == b"\n"


def _check(line: bytes, place: int, before: Head, faults: list[Fault], notes: list[str]) -> Head:
    """Look at one line; the number and hash it says, so that one fault is told once and not at every line after it."""
    where = f"line {place}"
    parts = body_of(line)
    if parts is None:
        faults.append(Fault(where, "is no line of a log: it has no hash at its end."))
        return Head(before.number + 1, hash_of(line))
    body, said = parts
    if hash_of(body) != said:
        faults.append(Fault(where, "was changed: its bytes do not have its hash."))
    try:
        entry = json.loads(line)
        number, points_at, what = int(entry["n"]), entry["before"], str(entry["what"])
    except (ValueError, TypeError, KeyError):
        faults.append(Fault(where, "is no JSON with n, what and before."))
        return Head(before.number + 1, said)
    if number != before.number + 1:
        faults.append(
            Fault(
                where,
                f"says it is number {number}, must be {before.number + 1}: lines were taken out, put in or moved.",
            )
        )
    if points_at != before.hash:
        faults.append(
            Fault(where, "does not follow the line before it: one was changed, taken out, put in or moved.")
        )
    if what.startswith("audit."):
        notes.append(f"{where}, {entry.get('utc')}: {entry.get('reason')} ({what})")
    return Head(number, said)


def _against(path: Path, copy: Path) -> list[Fault]:
    """The log must begin with an older copy of it, byte for byte."""
    if not copy.is_file():
        raise InputError(copy.name, ["is not there, must be an older copy of the log."])
    line = 0
    ours, theirs = _lines(path), _lines(copy)
    for line, known in enumerate(theirs, 1):
        mine = next(ours, None)
        if mine is None:
            return [Fault("end", f"is cut off: the copy has line {line}, the log has {line - 1}.")]
        if mine != known:
            return [Fault(f"line {line}", "differs from the copy.")]
    return []
