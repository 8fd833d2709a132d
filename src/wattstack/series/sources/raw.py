"""What a reader hands over: stamps and columns just as they stand in the file.

Needs    errors, series.series.
Gives    RawTable, parse_stamps, row_of, source_error.
Used by  every reader in series.sources; series.read turns it into a Series.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError, counted

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class RawTable:
    """Rows of one file.

    Attributes:
        time_s: Stamps, seconds since 1970: UTC, or the wall clock where `naive`. Shape (rows,).
        naive: Whether the stamps carry no offset: one truth for the file, or one per row.
        columns: Our name -> numbers as they stand, NaN where a cell is empty.
        units: Our name -> unit of the file, ours where absent.
        stamp: What a stamp marks: start, centre or end.
        time_zone: Clock of naive stamps, None when not known.
        duration_s: Length of each row's interval, None when the file does not say. Shape (rows,).
        publisher: Who publishes this format, "".
        notes: What the reader did.
    """

    time_s: np.ndarray
    naive: bool | np.ndarray
    columns: dict[str, np.ndarray]
    units: dict[str, str]
    stamp: str = "start"
    time_zone: str | None = None
    duration_s: np.ndarray | None = None
    publisher: str = ""
    notes: list[str] = field(default_factory=list)


def row_of(index: int) -> str:
    """Where a row stands in a file that has no lines."""
    return f"row {index + 1}"


def source_error(file: str, where: str, what: str) -> InputError:
    """One fault of a file."""
    return InputError(file, [Fault(where, what)])


def parse_stamps(
    column: pa.Array | pa.ChunkedArray, file: str, where: str, place: Callable[[int], str] = row_of
) -> tuple[np.ndarray, bool]:
    """ISO 8601 text, or a timestamp column, as seconds.

    "2022-04-01T00:00:00+09:00", with a blank for the T, with or without seconds and offset; or 2022/4/1 9:00.
    Other orders (01.04.2022, 4/1/2022) are refused: a machine cannot tell day from month.

    Args:
        column: Text or timestamps, shape (rows,).
        file, where: For messages.
        place: Where the row of an index stands in the file, "line 3".

    Returns:
        Seconds since 1970 and whether they lack an offset (then they are wall-clock seconds).

    Raises:
        InputError: A stamp is empty or not ISO 8601 (the first is quoted, with its place), or only some carry
            an offset.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count:
        first = place(_first(pc.is_null(column)))
        empty = counted(column.null_count, "empty stamp")
        raise source_error(file, where, f"has {empty}, first in {first}. Give them.")
    if pa.types.is_temporal(column.type):
        if pa.types.is_date(column.type):
            column = column.cast(pa.timestamp("s"))
        naive = column.type.tz is None
        return _seconds(column.cast(pa.timestamp("us", column.type.tz))), naive
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        raise source_error(
            file, where, f"is {column.type}, must be ISO 8601 text or timestamps. Rewrite the file."
        )
    text = _dashed(pc.utf8_trim_whitespace(column))
    for zone in (None, "UTC"):
        with suppress(pa.ArrowInvalid):
            return _seconds(text.cast(pa.timestamp("us", zone))), zone is None
    raise source_error(file, where, _why_not(text, place))


def _dashed(text: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """2022/4/1 9:00, as spreadsheets write it, as 2022-04-01 09:00; what has no slash is left."""
    import pyarrow.compute as pc

    if not len(text) or "/" not in text[0].as_py():
        return text
    for _ in range(3):  # neighbours share a sign, so one pass pads every other one
        text = pc.replace_substring_regex(text, r"([/ T])(\d)([/ T:]|$)", r"\10\2\3")
    return pc.replace_substring(text, "/", "-")


def _seconds(column: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Timestamps in microseconds as whole seconds."""
    import pyarrow as pa

    return column.cast(pa.int64()).to_numpy() // 1_000_000


def _first(mask: pa.Array | pa.ChunkedArray) -> int:
    """Index of the first that is true, -1 where none is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.index(mask, pa.scalar(True)).as_py()


def _why_not(text: pa.Array | pa.ChunkedArray, place: Callable[[int], str]) -> str:
    """Which stamp is wrong, in words."""
    import pyarrow.compute as pc

    iso = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$"
    wrong = _first(pc.invert(pc.match_substring_regex(text, iso)))
    if wrong >= 0:
        return (
            f"is {text[wrong].as_py()!r} in {place(wrong)}, must be ISO 8601. Write 2022-04-01T00:00+09:00."
        )
    naive = pc.invert(pc.match_substring_regex(text, r"(Z|[+-]\d{2}:?\d{2}|:\d{2}[+-]\d{2})$"))
    first = _first(naive)
    all_naive = pc.all(naive).as_py()
    if first >= 0 and not all_naive:
        other = f"{text[first].as_py()!r} in {place(first)}"
        return f"carries an offset in some rows, none in others such as {other}. Give all or none."
    zone = None if all_naive else "UTC"
    wrong = next(i for i in range(len(text)) if not _reads(text[i : i + 1], zone))  # 30 February
    return (
        f"is {text[wrong].as_py()!r} in {place(wrong)}, which cannot be read. Is there such a day and hour?"
    )


def _reads(text: pa.Array | pa.ChunkedArray, zone: str | None) -> bool:
    import pyarrow as pa

    try:
        text.cast(pa.timestamp("us", zone))
    except pa.ArrowInvalid:
        return False
    return True
