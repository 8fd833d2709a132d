"""What a reader of power logs hands over, and how stamps and units of such logs are read.

Needs    errors, units.
Gives    Readings, seconds_of, as_mw, unit_of_name.
Used by  series.power_formats, power_table, power_grid, power_log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.units import to_ours

_SUFFIX = re.compile(r"(?:_|\[|\(|\s)(mw|kw|gw|w|milliwatts|kilowatts|megawatts|watts)[\])]?$", re.IGNORECASE)
_WORDS = {
    "milliwatts": "mW",
    "kilowatts": "kW",
    "megawatts": "MW",
    "watts": "W",
    "w": "W",
    "kw": "kW",
    "mw": "MW",
    "gw": "GW",
}
_MILLISECONDS = 1e11  # seconds since 1970 reach it in the year 5138
_EPOCH_S = 1e8  # a count of seconds above it is since 1970 (1973 on)


@dataclass
class Readings:
    """Rows of a log as they stand, in our units.

    Attributes:
        units: Node or GPU -> (stamps [s], power [MW]), shape (rows,) each, in the order of the file.
        absolute: Stamps are seconds since 1970, not from a moment of the log's own.
        zoned: It is known that they are UTC.
        events: Moments on the same clock, and what happened.
        notes: What was done.
        beside: Other channels of a log of one unit, by our name, shape (rows,).
    """

    units: dict[str, tuple[np.ndarray, np.ndarray]]
    absolute: bool
    zoned: bool
    events: list[tuple[float, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    beside: dict[str, np.ndarray] = field(default_factory=dict)


def seconds_of(stamps: Sequence[str] | np.ndarray, name: str = "time") -> tuple[np.ndarray, bool, bool]:
    """Stamps as seconds: numbers (seconds or milliseconds), ISO 8601, the clocks of nvidia-smi and PTDaemon.

    Args:
        stamps: Numbers, or text of one form.
        name: Name of the column: one that ends in _ms is in milliseconds.

    Returns:
        Seconds, whether they count from 1970, whether they are UTC for certain.

    Raises:
        InputError: A stamp that is none, with its row; stamps with and without offset.

    Example:
        >>> seconds_of(["2024/05/01 12:00:00.250", "2024/05/01 12:00:01.250"])[0].tolist()
        [1714564800.25, 1714564801.25]
    """
    values = np.asarray(stamps)
    if values.dtype.kind in "if":
        return _counted(values.astype(float), name)
    try:
        return _counted(values.astype(float), name)
    except ValueError:
        pass
    seconds, zoned = np.empty(len(values)), set()
    bad: list[int] = []
    for row, text in enumerate(values):
        try:
            moment = datetime.fromisoformat(_iso(str(text).strip()))
        except ValueError:
            bad.append(row)
            continue
        zoned.add(moment.tzinfo is not None)
        seconds[row] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if bad:
        raise InputError(
            name,
            [
                Fault(
                    name,
                    f"is {str(values[bad[0]])!r} in row {bad[0] + 1} ({len(bad)} such), must be seconds or a stamp "
                    "like 2024-05-01T12:00:00.250+00:00. Mend or take out the rows.",
                )
            ],
        )
    if len(zoned) > 1:
        raise InputError(name, [Fault(name, "carries an offset in some rows only. Give all or none.")])
    return seconds, True, zoned == {True}


def _counted(values: np.ndarray, name: str) -> tuple[np.ndarray, bool, bool]:
    """Numbers as seconds."""
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0]) + 1
        raise InputError(
            name, [Fault(name, f"is empty in row {row}, must be a stamp. Mend or take out the row.")]
        )
    high = float(np.abs(values).max()) if values.size else 0.0
    if name.endswith("_ms") or high > _MILLISECONDS:
        values = values / 1e3
        high /= 1e3
    since_1970 = high > _EPOCH_S
    return values, since_1970, since_1970


def _iso(text: str) -> str:
    """The clocks of nvidia-smi (2024/05/01 12:00) and PTDaemon (05-01-2024 12:00) as ISO 8601 has them."""
    text = text.replace("/", "-", 2)
    if re.match(r"\d{2}-\d{2}-\d{4}\s", text):  # month first
        text = f"{text[6:10]}-{text[:5]}{text[10:]}"
    return text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else "")


def unit_of_name(name: str) -> str | None:
    """The unit a column's name ends in, None where it says none.

    Example:
        >>> unit_of_name("cluster_kw"), unit_of_name("power.draw [W]"), unit_of_name("power")
        ('kW', 'W', None)
    """
    match = _SUFFIX.search(name.strip())
    if not match:
        return None
    word = match.group(1)
    return "mW" if word == "mW" else _WORDS[word.lower()]


def as_mw(values: np.ndarray, unit: str | None, where: str) -> np.ndarray:
    """Power in MW.

    Raises:
        InputError: No unit, or one that is no power.

    Example:
        >>> float(as_mw(np.array([2e3]), "W", "power")[0])
        0.002
    """
    if unit is None:
        raise InputError(
            where,
            [
                Fault(
                    where,
                    "has a name without a unit, must end in _w, _kw or _mw. Rename it, or give the unit (W, kW, MW).",
                )
            ],
        )
    if unit == "mW":
        return np.asarray(values, dtype=float) * 1e-9
    try:
        return to_ours(np.asarray(values, dtype=float), unit, "power")
    except InputError as error:
        raise InputError(where, [Fault(f"unit {unit!r}", error.faults[0].what)]) from None
