"""JEPX day-ahead spot: the yearly file spot_summary_YYYY.csv as the exchange publishes it.

Needs    errors, series.series, sources.raw, sources.table.
Gives    read_jepx, AREAS.
Used by  series.read.

One row per half-hour from April to March: 受渡日 or 年月日 (date), 時刻コード (period 1 .. 48 of Japan time, period 1
starts at 00:00), volumes, システムプライス and エリアプライス per area, in JPY/kWh without tax. The text is
cp932 (Windows Shift JIS); a copy saved as UTF-8 is read too.
Source: https://www.jepx.jp/electricpower/market-data/spot/.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattstack.errors import InputError, nearest
from wattstack.series.series import SourceSpec
from wattstack.series.sources.raw import RawTable, parse_stamps, source_error
from wattstack.series.sources.table import Layout, stream_csv

AREAS = {
    "system": "システムプライス",
    "hokkaido": "エリアプライス北海道",
    "tohoku": "エリアプライス東北",
    "tokyo": "エリアプライス東京",
    "chubu": "エリアプライス中部",
    "hokuriku": "エリアプライス北陸",
    "kansai": "エリアプライス関西",
    "chugoku": "エリアプライス中国",
    "shikoku": "エリアプライス四国",
    "kyushu": "エリアプライス九州",
}
_DATES, _CODE = ("年月日", "受渡日"), "時刻コード"  # the date column was renamed over the years
_PERIOD_S = 1800


def read_jepx(path: Path, spec: SourceSpec) -> RawTable:
    """Read one area's price.

    Args:
        path: The file.
        spec: area says which price.

    Raises:
        InputError: Not a JEPX spot file, area not known or not in the file, a period code outside 1 .. 48.
    """
    area = spec.area or ""
    if area not in AREAS:
        near = nearest(area, AREAS)
        hint = f"Nearest: {near!r}." if near else f"Name one of {', '.join(AREAS)}."
        raise source_error(spec.file, "area", f"is {spec.area!r}, must be an area of JEPX. {hint}")
    layout, date = _layout(path, spec.file)
    column = next((name for name in layout.names if name.replace(" ", "").startswith(AREAS[area])), None)
    if column is None:
        there = [ours for ours, head in AREAS.items() if any(n.startswith(head) for n in layout.names)]
        raise source_error(
            spec.file, "area", f"is {area!r}, which this file does not hold. It has: {', '.join(there)}."
        )
    dates, codes, prices = [], [], []
    for batch in stream_csv(path, layout, [date, _CODE, column], text=(date,), file=spec.file):
        before = sum(map(len, dates))
        day_s, _ = parse_stamps(
            batch.column(date), spec.file, date, lambda i, before=before: layout.line_of(before + i)
        )
        dates.append(day_s)
        codes.append(batch.column(_CODE).to_numpy(zero_copy_only=False))
        prices.append(batch.column(column).to_numpy(zero_copy_only=False))
    if not dates:
        raise source_error(spec.file, "", "has a header and no rows. Give rows.")
    code = np.concatenate(codes)
    wrong = np.flatnonzero(~((code >= 1) & (code <= 48) & (code == np.floor(code))))
    if wrong.size:
        row = wrong[0] + 1
        raise source_error(
            spec.file, _CODE, f"is {code[wrong[0]]:g} in row {row}, must be a whole number 1 .. 48."
        )
    time_s = np.concatenate(dates) + (code.astype(np.int64) - 1) * _PERIOD_S
    return RawTable(
        time_s,
        True,
        {spec.name: np.concatenate(prices)},
        {spec.name: "JPY/kWh"},
        time_zone="Asia/Tokyo",
        publisher=f"JEPX day-ahead spot, {area}",
    )


def _layout(path: Path, file: str) -> tuple[Layout, str]:
    """The header, in either of the two encodings it is found in, and the name of its date column."""
    for encoding in ("utf-8", "cp932"):
        try:
            layout = Layout.of(path, file, encoding)
        except InputError:
            if encoding == "cp932":
                raise
            continue
        date = next((name for name in _DATES if name in layout.names), None)
        if date is not None and _CODE in layout.names:
            return layout, date
    raise source_error(
        file, "", f"is not a JEPX spot file: its header lacks {_DATES[0]} or {_CODE}. Name its format."
    )
