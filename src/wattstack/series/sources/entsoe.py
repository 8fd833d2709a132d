"""ENTSO-E Transparency Platform, day-ahead prices: the csv that its web page exports.

Needs    errors, series.series, series.clock, sources.raw, sources.table, pyarrow.
Gives    read_entsoe.
Used by  series.read.

Two layouts are read, the older with a dot in its dates:
    "MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency"
    "01.01.2021 00:00 - 01.01.2021 01:00","50.87","EUR"
    "MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)"
    "01/01/2025 00:00:00 - 01/01/2025 01:00:00","BZN|FR","Without Sequence","2.16"
A label names start and end of its interval; on days of change it may carry (CET) or (CEST). The old layout
keeps an empty row for the spring hour that does not exist: it is dropped. Cells "n/e", "N/A", "-" and empty
ones are gaps. The market went from hours to quarter-hours with delivery on 1 October 2025: each row keeps the
length of its label. Where a zone has several auctions ("Sequence"), the first is the coupled market.
Source: https://transparency.entsoe.eu, "Energy prices", item 12.1.D.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import nearest
from wattstack.series.clock import utc_seconds
from wattstack.series.series import SourceSpec
from wattstack.series.sources.raw import RawTable, parse_stamps, source_error
from wattstack.series.sources.table import Layout, stream_csv

if TYPE_CHECKING:
    import pyarrow as pa

_ZONES = {
    "CET/CEST": "Europe/Brussels",
    "WET/WEST": "Europe/Lisbon",
    "EET/EEST": "Europe/Athens",
    "UTC": "UTC",
}
_OFFSET_H = {"CET": 1, "CEST": 2, "WET": 0, "WEST": 1, "EET": 2, "EEST": 3, "UTC": 0, "": 0}
_STAMP = (  # {0} is 1 for the start, 2 for the end
    r"\s*(?P<d{0}>\d{{2}})[./](?P<m{0}>\d{{2}})[./](?P<y{0}>\d{{4}}) (?P<t{0}>\d{{2}}:\d{{2}})(?::\d{{2}})?"
    r"(?: \((?P<z{0}>[A-Z]+)\))?\s*"
)
_LABEL = "^" + _STAMP.format(1) + "-" + _STAMP.format(2) + "$"
_STEPS_S = (900, 1800, 3600)


def read_entsoe(path: Path, spec: SourceSpec) -> RawTable:
    """Read the day-ahead price of one bidding zone.

    Args:
        path: The file.
        spec: area picks the zone where the file holds several ("FR" or "BZN|FR").

    Raises:
        InputError: Not such an export, several areas and none named, a label that cannot be read.
    """
    layout = Layout.of(path, spec.file)
    # old exports name a zone column and leave it out
    layout = replace(layout, names=layout.names[: layout.fields])
    label, price, unit = _find_columns(layout.names, spec.file)
    extra = [name for name in ("Area", "Sequence") if name in layout.names]
    batches = list(stream_csv(path, layout, [label, price, *extra], text=(label, *extra), file=spec.file))
    if not batches:
        raise source_error(spec.file, "", "has a header and no rows. Give rows.")
    import pyarrow as pa

    rows, notes = pa.Table.from_batches(batches), []
    if "Area" in extra:
        rows = _pick_area(rows, spec)
    if "Sequence" in extra:
        rows = _pick_sequence(rows, notes)
    zone = _ZONES[re.search(r"\((.*?)\)", label)[1]]
    start_s, end_s, marked = _labels(rows[label], spec.file, label)
    duration_s = _durations(end_s - start_s)
    values = rows[price].to_numpy()
    start_s, keep = _to_utc(start_s, marked, values, zone, spec.file)
    return RawTable(
        start_s[keep],
        False,
        {spec.name: values[keep]},
        {spec.name: unit},
        time_zone=zone,
        duration_s=duration_s[keep],
        publisher="ENTSO-E Transparency Platform, day-ahead prices",
        notes=notes,
    )


def _find_columns(names: list[str], file: str) -> tuple[str, str, str]:
    """Column of the labels, column of the price, unit of the price."""
    label = next((n for n in names if n.startswith("MTU (") and n[5:-1] in _ZONES), None)
    price = next((n for n in names if n.startswith("Day-ahead Price")), None)
    if label is None or price is None:
        what = "is not an ENTSO-E day-ahead export: its header lacks MTU (CET/CEST) or Day-ahead Price."
        raise source_error(file, "", what + " Name its format in source.")
    return label, price, re.search(r"[\[(](.*?)[\])]", price)[1]


def _pick_area(rows: pa.Table, spec: SourceSpec) -> pa.Table:
    import pyarrow.compute as pc

    there = [area or "" for area in pc.unique(rows["Area"]).to_pylist()]
    if spec.area is None:
        if len(there) == 1:
            return rows
        raise source_error(spec.file, "area", f"is missing and the file holds {', '.join(there)}. Name one.")
    match = [area for area in there if spec.area in (area, area.split("|")[-1])]
    if not match:
        near = nearest(spec.area, there)
        hint = f"Nearest: {near!r}." if near else f"It has: {', '.join(there)}."
        raise source_error(spec.file, "area", f"is {spec.area!r}, which the file does not hold. {hint}")
    return rows.filter(pc.equal(rows["Area"], match[0]))


def _pick_sequence(rows: pa.Table, notes: list[str]) -> pa.Table:
    """The coupled auction where the file holds several."""
    import pyarrow as pa
    import pyarrow.compute as pc

    there = sorted(name or "" for name in pc.unique(rows["Sequence"]).to_pylist())
    first = [name for name in there if "Without" in name or name.endswith("1") or not name]
    if len(first) == len(there):
        return rows
    dropped = [name for name in there if name not in first]
    notes.append(f"auction {', '.join(first)} used, {', '.join(dropped)} left out")
    return rows.filter(pc.is_in(rows["Sequence"], value_set=pa.array(first, pa.string())))


def _labels(column: pa.ChunkedArray, file: str, where: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Start and end of every label: seconds on the clock, in UTC where it is marked.

    Returns:
        start_s, end_s and True where the start says on which clock it is.
    """
    import pyarrow.compute as pc

    parts = pc.extract_regex(column.combine_chunks(), _LABEL)
    if parts.null_count:
        wrong = column.filter(pc.is_null(parts))[0].as_py()
        raise source_error(file, where, f"is {wrong!r}, must be like '01.01.2021 00:00 - 01.01.2021 01:00'.")
    moments = []
    marked = np.zeros(len(parts), dtype=bool)
    for side in "12":
        part = {key: pc.struct_field(parts, key + side) for key in "dmytz"}
        text = pc.binary_join_element_wise(part["y"], part["m"], part["d"], "-")
        seconds, _ = parse_stamps(
            pc.binary_join_element_wise(text, part["t"], "T"),
            file,
            where,
            lambda i: f"the label {column[i].as_py()!r}",
        )
        zones = part["z"].to_numpy(zero_copy_only=False)
        offset_h = np.zeros(seconds.size, dtype=np.int64)
        for zone in set(zones.tolist()):
            if zone not in _OFFSET_H:
                raise source_error(file, where, f"is marked ({zone}), must be one of {', '.join(_OFFSET_H)}.")
            offset_h[zones == zone] = _OFFSET_H[zone]
        moments.append(seconds - 3600 * offset_h)
        if side == "1":
            marked = zones != ""
    return moments[0], moments[1], marked


def _to_utc(
    start_s: np.ndarray, marked: np.ndarray, values: np.ndarray, zone: str, file: str
) -> tuple[np.ndarray, np.ndarray]:
    """UTC of every start, and which rows stay: the empty spring hour goes."""
    bare = np.flatnonzero(~marked)
    local = utc_seconds(start_s[bare], zone)
    utc_s = start_s.copy()
    utc_s[bare] = local.utc_s
    keep = np.ones(start_s.size, dtype=bool)
    keep[bare] = ~local.in_hole
    ghost = bare[local.in_hole & np.isfinite(values[bare])]
    if ghost.size:
        stamp = str(np.datetime64(int(start_s[ghost[0]]), "s"))[:16]
        raise source_error(file, "MTU", f"has a price at {stamp}, an hour that {zone} skips. Mend the file.")
    return utc_s, keep


def _durations(length_s: np.ndarray) -> np.ndarray:
    """Length of every interval; where a label spans a change of the clock, that of the row before."""
    known = np.isin(length_s, _STEPS_S)
    last = np.maximum.accumulate(np.where(known, np.arange(length_s.size), 0))
    return length_s[last]
