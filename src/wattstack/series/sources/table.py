"""Plain tables, csv and parquet, with named columns.

Needs    errors, work, series.series, sources.raw, pyarrow.
Gives    read_csv, read_parquet, Layout, stream_csv.
Used by  series.read; jepx and entsoe, for the rows of their csv.

Only the columns asked for are read, block by block, and each block is turned into numbers at once: a file of
200 MB takes a second or so, and memory by rows and values, not by its size. Field separator (comma, semicolon,
tab) and decimal comma are seen from the first lines; lines that begin with # before the header are skipped.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError, counted, nearest
from wattstack.series.series import SourceSpec
from wattstack.series.sources.raw import RawTable, parse_stamps, row_of, source_error
from wattstack.work import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

EMPTY_CELLS = ["", "NaN", "nan", "NAN", "NA", "N/A", "n/a", "n/e", "null", "NULL", "-", "#N/A"]
_BLOCK_BYTES = 1 << 20


def read_csv(path: Path, spec: SourceSpec) -> RawTable:
    """Read the named columns of a csv file.

    Args:
        path: The file.
        spec: time_column and columns say what to read.

    Raises:
        InputError: Column missing (nearest named), a cell that is no number (row and text quoted), bad
            stamps.
    """
    layout = Layout.of(path, spec.file)
    wanted = [spec.time_column, *spec.columns.values()]
    check_columns(layout.names, {"time_column": spec.time_column, **spec.columns}, spec.file)
    batches = stream_csv(path, layout, wanted, text=(spec.time_column,), file=spec.file)
    return collect(batches, spec, layout.line_of)


def read_parquet(path: Path, spec: SourceSpec) -> RawTable:
    """Read the named columns of a parquet file; see read_csv."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid:
        raise source_error(spec.file, "", "is not a parquet file. Name its format in source.") from None
    check_columns(file.schema_arrow.names, {"time_column": spec.time_column, **spec.columns}, spec.file)
    wanted = list(dict.fromkeys([spec.time_column, *spec.columns.values()]))
    return collect(file.iter_batches(columns=wanted), spec)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a csv file is laid out, seen from its first lines.

    Attributes:
        names: Column names.
        fields: Fields of the first row below the header, as many as names where there is none.
        delimiter: Field separator.
        decimal: Decimal sign.
        skip: Lines before the header.
        encoding: Name of the text encoding.
    """

    names: list[str]
    fields: int
    delimiter: str
    decimal: str
    skip: int
    encoding: str

    @classmethod
    def of(cls, path: Path, file: str, encoding: str = "utf-8") -> Layout:
        """Look at the first lines of a file.

        Raises:
            InputError: Empty, or not text of this encoding.
        """
        with path.open("rb") as stream:
            head = stream.read(65536)
        if not head.strip():
            raise source_error(file, "", "is empty. Give a header line and rows.")
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head).removeprefix("\ufeff")
        except UnicodeDecodeError:
            raise source_error(file, "", f"is not {encoding} text. Save it as UTF-8.") from None
        lines = text.splitlines()
        skip = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
        delimiter = max(",;\t", key=lines[skip].count)
        comma = delimiter != "," and any(re.search(r"\d,\d", line) for line in lines[skip + 1 : skip + 20])
        names, *first = csv.reader(lines[skip : skip + 2], delimiter=delimiter)
        names = [name.strip() for name in names]
        fields = len(first[0]) if first else len(names)
        return cls(names, fields, delimiter, "," if comma else ".", skip, encoding)

    def line_of(self, row: int) -> str:
        """Where a row stands in the file, in words; rows count from 0 below the header."""
        return f"line {self.skip + 2 + row}"


def check_columns(names: Sequence[str], wanted: dict[str, str], file: str) -> None:
    """Refuse a file that lacks columns, all of them at once.

    Raises:
        InputError: With one fault per missing column, the nearest name and what there is.
    """
    faults = []
    for ours, column in wanted.items():
        if column not in names:
            near = nearest(column, names)
            hint = f"Nearest: {near!r}." if near else f"It has: {', '.join(names[:12])}."
            faults.append(Fault(ours, f"is column {column!r}, which the file does not have. {hint}"))
        elif names.count(column) > 1:
            faults.append(
                Fault(ours, f"is column {column!r}, which stands {names.count(column)} times. Rename one.")
            )
    if faults:
        raise InputError(file, faults)


def stream_csv(
    path: Path, layout: Layout, wanted: Sequence[str], text: Sequence[str], file: str
) -> Iterator[pa.RecordBatch]:
    """The wanted columns of a csv file, block by block.

    Args:
        path: The file.
        layout: How it is laid out.
        wanted: Columns to read.
        text: Those of them that stay text; the others are numbers.
        file: Name for messages.
    """
    import pyarrow as pa
    import pyarrow.csv as pv

    types = {name: pa.string() if name in text else pa.float64() for name in wanted}
    try:
        reader = pv.open_csv(
            path,
            read_options=pv.ReadOptions(
                block_size=_BLOCK_BYTES,
                encoding=layout.encoding,
                skip_rows=layout.skip + 1,
                column_names=layout.names,
                use_threads=False,
            ),
            parse_options=pv.ParseOptions(delimiter=layout.delimiter),
            convert_options=pv.ConvertOptions(
                include_columns=list(dict.fromkeys(wanted)),
                column_types=types,
                null_values=EMPTY_CELLS,
                strings_can_be_null=True,
                decimal_point=layout.decimal,
            ),
        )
        yield from reader
    except pa.ArrowInvalid as error:
        raise source_error(file, *_bad_cell(str(error), layout)) from None


def _bad_cell(message: str, layout: Layout) -> tuple[str, str]:
    """Where and what, out of pyarrow's message about a cell or a row."""
    column = re.search(r"In CSV column #(\d+)", message)
    row = re.search(r"Row #(\d+)", message)
    line = f" in line {row[1]}" if row else ""
    value = re.search(r"invalid value '(.*?)'", message)
    if column and value:
        what = f"is {value[1]!r}{line}, must be a number. Mend it or leave it empty."
        return layout.names[int(column[1])], what
    fields = re.search(r"Expected (\d+) columns, got (\d+)", message)
    if fields:
        return (
            "",
            f"has {counted(int(fields[2]), 'field')}{line}, must have {fields[1]} like its header. Mend the line.",
        )
    return "", f"cannot be read: {message}."


def collect(
    batches: Iterator[pa.RecordBatch], spec: SourceSpec, place: Callable[[int], str] = row_of
) -> RawTable:
    """Turn blocks into arrays, one after the other.

    Args:
        batches: Blocks that hold the columns of the spec.
        spec: time_column and columns say which.
        place: Where a row stands in the file, by its index from 0.

    Raises:
        InputError: A bad stamp or number, no rows, stamps with and without offset.
    """
    times: list[np.ndarray] = []
    parts: dict[str, list[np.ndarray]] = {ours: [] for ours in spec.columns}
    kinds: set[bool] = set()
    rows = 0
    with progress(f"Reading {spec.file}") as bar:
        for batch in batches:
            stamps = batch.column(spec.time_column)
            seconds, naive = parse_stamps(
                stamps, spec.file, spec.time_column, lambda i, before=rows: place(before + i)
            )
            kinds.add(naive)
            times.append(seconds)
            for ours, column in spec.columns.items():
                parts[ours].append(_numbers(batch.column(column), spec.file, column))
            rows += len(seconds)
            bar.advance(len(seconds), note=f"{rows:,} rows")
    if not times:
        raise source_error(spec.file, "", "has a header and no rows. Give rows.")
    if len(kinds) > 1:
        raise source_error(
            spec.file, spec.time_column, "carries an offset in some rows only. Give all or none."
        )
    columns = {ours: np.concatenate(chunks) for ours, chunks in parts.items()}
    return RawTable(np.concatenate(times), kinds.pop(), columns, dict(spec.units))


def _numbers(column: pa.Array, file: str, name: str) -> np.ndarray:
    """A column as float64, NaN where it is empty."""
    import pyarrow as pa

    try:
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise source_error(file, name, f"is {column.type}, must be numbers. Rewrite the column.") from None
