"""When what is announced holds: intervals of an event as pieces of time, repeated or cut as it says.

Needs    operate.north.openadr.schema.
Gives    Piece, pieces_of, at, value_at, ended.
Used by  operate.north.openadr: signals, reports.

Source: OpenADR 3.1.1 user guide 7.3: an own period of an interval goes before that of the event, which goes before that
of the program; a start of year 1 is now at the first and the end of the one before at the others; the sum of the
intervals is repeated or cut to `duration` of the event; several values share their interval in equal parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from math import inf, isfinite

from wattstack.operate.north.openadr.schema import BEGINNING, Event, Payload, Period


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of time.

    Attributes:
        start_s, end_s: Seconds since 1970 UTC; -inf and inf where it has no start or end.
        payloads: What holds in it.
    """

    start_s: float
    end_s: float
    payloads: tuple[Payload, ...]


def pieces_of(event: Event, default: Period | None, seen_s: float, salt: str) -> list[Piece]:
    """The intervals of an event once, as they follow each other.

    Args:
        event: As read.
        default: Period of its program.
        seen_s: When this event was seen first [s]: what begins now begins then.
        salt: Of this site, so that sites differ in how far they move a start.

    Returns:
        One piece an interval; none where it says no period.
    """
    whole, found = event.interval_period or default or Period(), []
    end_s: float | None = None  # of the interval before
    shift_s = 0.0
    for k, interval in enumerate(event.intervals or ()):
        own = interval.interval_period or Period()
        length_s = whole.duration if own.duration is None else own.duration
        swing_s = whole.randomize_start if own.randomize_start is None and k == 0 else own.randomize_start
        if swing_s is not None:
            shift_s = _moved_s(swing_s, f"{salt} {event.version} {k}")
        asked_s = whole.start if k == 0 and own.start in (None, BEGINNING) else own.start
        if asked_s is None and k == 0:
            asked_s = own.start
        if asked_s not in (None, BEGINNING):
            start_s = asked_s + shift_s
        elif end_s is not None:
            start_s = end_s
        else:
            start_s = seen_s + max(shift_s, 0.0)
            length_s = None if asked_s is None else length_s  # nothing says when: not even now
        if length_s is None:
            return []
        end_s = start_s + length_s
        found.append(Piece(start_s, end_s, interval.payloads))
    return found


def _moved_s(swing_s: float, key: str) -> float:
    """How far a start is moved: uniform in -swing .. swing, the same after a restart."""
    drawn = int.from_bytes(sha256(key.encode()).digest()[:8]) / 2.0**64
    return (2.0 * drawn - 1.0) * swing_s if isfinite(swing_s) else 0.0


def _life(event: Event, pieces: list[Piece]) -> tuple[float, float, float]:
    """Start, end, and length after which the pieces come again (inf: they do not)."""
    start_s = min(one.start_s for one in pieces)
    once_s = max(one.end_s for one in pieces) - start_s
    if event.duration is None:
        return start_s, start_s + once_s, inf
    return start_s, start_s + event.duration, once_s if 0.0 < once_s < event.duration else inf


def at(event: Event, pieces: list[Piece], now_s: float) -> Iterator[Piece]:
    """The pieces that hold now, with the end of those that are repeated or cut."""
    if not pieces:
        return
    start_s, end_s, round_s = _life(event, pieces)
    if not start_s <= now_s < end_s:
        return
    moved_s = (now_s - start_s) // round_s * round_s if isfinite(round_s) else 0.0
    for one in pieces:
        first_s, last_s = one.start_s + moved_s, min(one.end_s + moved_s, end_s)
        if first_s <= now_s < last_s:
            yield Piece(first_s, last_s, one.payloads)


def value_at(piece: Piece, payload: Payload, now_s: float) -> tuple[float | str | dict | None, float]:
    """The value that holds now, and until when: several values share their interval in equal parts."""
    count = len(payload.values)
    if count <= 1 or not isfinite(piece.end_s):
        return (payload.values[0] if count else None), piece.end_s
    part_s = (piece.end_s - piece.start_s) / count
    k = min(int((now_s - piece.start_s) / part_s), count - 1)
    return payload.values[k], piece.start_s + (k + 1) * part_s


def ended(event: Event, pieces: list[Piece], since_s: float, now_s: float) -> list[tuple[float, float]]:
    """Start and end of the pieces that ended between two times; at most the newest hundred."""
    if not pieces:
        return []
    start_s, end_s, round_s = _life(event, pieces)
    if now_s < start_s or not isfinite(start_s):
        return []
    rounds = range(1)
    if isfinite(round_s):
        first = max(int((since_s - start_s) // round_s), 0)
        last = max(int((min(now_s, end_s) - start_s) // round_s), 0)
        rounds = range(max(first, last - 100), last + 1)
    found = [
        (one.start_s + k * (round_s if k else 0.0), min(one.end_s + k * (round_s if k else 0.0), end_s))
        for k in rounds
        for one in pieces
    ]
    return sorted(span for span in found if since_s < span[1] <= now_s and span[0] < span[1])[-100:]
