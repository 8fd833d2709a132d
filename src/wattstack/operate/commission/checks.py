"""What was found: one line a check, with its number, its limit, its verdict, the moment, and how to mend it.

Gives    Check, Book, PASSED, DOUBTFUL, FAILED, NOT_DONE.
Used by  operate.commission.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from math import isfinite
from typing import Any

PASSED, DOUBTFUL, FAILED, NOT_DONE = "passed", "doubtful", "failed", "not done"
SITE = "site"  # where a check is of no single device


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        device: Key in the campus file, or "site".
        kind: "read", "nameplate", "balance", "write", "reversion", "fault".
        what: Channel without its asset, or what was looked at ("latency").
        verdict: PASSED, DOUBTFUL, FAILED or NOT_DONE.
        text: What was found.
        value, limit: Measured, and what is allowed: numbers, where there are some, in `unit`.
        mend: What to do about it.
        utc: When, ISO 8601; written by the book.
    """

    device: str
    kind: str
    what: str
    verdict: str
    text: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    mend: str = ""
    utc: str = ""


class Book:
    """All checks of a run, in their order."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def note(self, check: Check) -> Check:
        """Write a check down, with the moment."""
        stamped = replace(check, utc=utc_now(), value=_number(check.value), limit=_number(check.limit))
        self.checks.append(stamped)
        return stamped

    def of(self, device: str, *kinds: str) -> Iterator[Check]:
        """The checks of a device, of some kinds or of all."""
        return (c for c in self.checks if c.device == device and (not kinds or c.kind in kinds))

    def failed(self, device: str, *kinds: str) -> bool:
        """Whether something of that failed."""
        return any(check.verdict == FAILED for check in self.of(device, *kinds))

    def counts(self, device: str | None = None) -> dict[str, int]:
        """How many of each verdict, of a device or of all."""
        found = Counter(c.verdict for c in self.checks if device is None or c.device == device)
        return {verdict: found[verdict] for verdict in (PASSED, DOUBTFUL, FAILED, NOT_DONE)}

    def as_json(self) -> list[dict[str, Any]]:
        """The checks as plain values."""
        return [asdict(check) for check in self.checks]


def utc_now() -> str:
    """The moment, ISO 8601 to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: float | None) -> float | None:
    """A number that JSON knows."""
    return None if value is None or not isfinite(value) else float(f"{value:.6g}")
