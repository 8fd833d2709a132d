"""Numbers along time as a file gave them: on their own step, in our units, holes kept as NaN.

Needs    errors, series.axis.
Gives    SourceSpec, GapRule, Series.
Used by  series.read (makes them), series.align and series.gaps (bring them onto an axis), case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from wattstack.errors import InputError


@dataclass(frozen=True, slots=True)
class GapRule:
    """How gaps may be filled, and how long ones.

    Attributes:
        rule: hold (last value), interpolate (straight line) or day_before (same time, one day earlier).
        at_most_s: Longest gap that is filled [s]; longer ones stay gaps.
    """

    rule: str
    at_most_s: int


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One file and how to read it: what the campus file says of a series, with nothing of the campus in it.

    Attributes:
        name: Name of the series in the campus file, for messages and for a single column.
        file: File as the user wrote it, relative to base_dir; a pattern (spot_*.csv) joins several files.
        source: csv, parquet, jepx, entsoe or epw.
        columns: Our name -> column of the file (csv, parquet). The formats with known columns ignore it.
        units: Our name -> unit in the file; ours where absent.
        kinds: Our name -> kind, for names that neither the channel table nor their suffix explains.
        currency: Currency that prices must be in, "" for any.
        time_column: Column of the stamps (csv, parquet).
        time_zone: IANA zone of stamps without offset; None = stamps must carry one.
        stamp: What a stamp marks of its interval: start, centre or end; None = as the format defines it.
        area: Price area (jepx, entsoe).
        gaps: Rule that fills gaps, None = they stay gaps.
        publisher: Who publishes the data; "" = as the format says.
        synthetic: Generated, not measured.
        base_dir: Folder that `file` starts from.
        home_zone: IANA zone of the campus, for hints alone.
    """

    name: str
    file: str
    source: str = "csv"
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    time_column: str = "time"
    time_zone: str | None = None
    stamp: str | None = None
    area: str | None = None
    gaps: GapRule | None = None
    publisher: str = ""
    synthetic: bool = False
    base_dir: Path = Path()
    home_zone: str | None = None


@dataclass(frozen=True)
class Series:
    """Columns on one even time base, as read. Value i holds over [start + i step, start + (i + 1) step).

    Attributes:
        name: Name of the series in the campus file.
        start_s: Start of the first interval, seconds since 1970 UTC.
        step_s: Step of the source [s].
        columns: Our name -> values in our units, shape (steps,); NaN where the file has no value.
        kinds: Our name -> kind, see series.channels.
        file: File as the user wrote it.
        sha256: Checksum of its bytes.
        rows: Rows read.
        time_zone: Zone of the source's clock, None where stamps carried their offset.
        stamp: What a stamp marked: start, centre or end.
        source: Who publishes it.
        synthetic: Generated, not measured.
        notes: What was done to it, one clause each, in order.
    """

    name: str
    start_s: int
    step_s: int
    columns: dict[str, np.ndarray]
    kinds: dict[str, str]
    file: str = ""
    sha256: str = ""
    rows: int = 0
    time_zone: str | None = None
    stamp: str = "start"
    source: str = ""
    synthetic: bool = False
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Steps, holes included."""
        return next(iter(self.columns.values())).size

    @property
    def stamps(self) -> np.ndarray:
        """Start of every interval, UTC, datetime64[s], shape (steps,)."""
        return (self.start_s + np.arange(self.count) * self.step_s).astype("M8[s]")

    @property
    def end_s(self) -> int:
        """End of the last interval, seconds since 1970 UTC."""
        return self.start_s + self.count * self.step_s

    @property
    def span(self) -> str:
        """First moment .. end, UTC, for messages."""
        return f"{utc_text(self.start_s)} .. {utc_text(self.end_s)}"

    @property
    def values(self) -> np.ndarray:
        """Values of the only column.

        Raises:
            InputError: There are several; choose one from `columns`.
        """
        if len(self.columns) != 1:
            raise InputError(self.file, [f"{self.name} has columns {', '.join(self.columns)}. Choose one."])
        return next(iter(self.columns.values()))

    def noted(self, *notes: str, **changes: object) -> Series:
        """A copy with changes and what was done added to the notes."""
        return replace(self, notes=(*self.notes, *notes), **changes)


def utc_text(second: int) -> str:
    """A moment as people read it: 2022-04-01T00:00Z.

    Example:
        >>> utc_text(0)
        '1970-01-01T00:00Z'
    """
    text = str(np.datetime64(int(second), "s"))
    return (text[:-3] if text.endswith(":00") else text) + "Z"


def span_text(seconds: int) -> str:
    """A length of time as people read it: 30 min, 3 h, 7 days.

    Example:
        >>> span_text(604800)
        '7 days'
    """
    for unit_s, word in ((86400, " days"), (3600, " h"), (60, " min")):
        if seconds % unit_s == 0 and seconds >= unit_s * (2 if unit_s == 86400 else 1):
            return f"{seconds // unit_s}{word}"
    return f"{seconds} s"
