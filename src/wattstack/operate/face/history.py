"""History for the eye: a signal over time in as many pieces as a screen has room for; what happened.

Needs    numpy, operate.historian.Store (read only), operate.face.shield.
Gives    curve, happened, kept.
Used by  operate.face.routes.

Each call opens the file anew, to look only: a reader never holds up the one who writes. One that cannot be read is
answered with 503 and the words that say how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from wattstack.operate.face.shield import Refused
from wattstack.operate.historian import DamagedError, Store, in_words

FILE = "history.sqlite"
MOST_SPAN_S = 400 * 86_400.0
MOST_POINTS = 2000
AGAIN_S = 30.0  # a history that cannot be read now is asked for again
PIECE_S = 4 * 86_400.0  # read at once: 400 days of seconds would be more than this process may hold


def curve(folder: Path, channel: str, start_s: float, end_s: float, points: int) -> dict[str, Any]:
    """Least, mean and greatest of each piece of time.

    Args:
        folder: Of the live site.
        channel: Its name.
        start_s, end_s: Seconds since 1970 UTC.
        points: Pieces.

    Returns:
        start_s and step_s of the pieces, and low, mean, high: null where nothing was known; seven figures.

    Raises:
        InputError: That channel was never kept.
        Refused: 503, the history cannot be read.
    """
    step_s = (end_s - start_s) / points
    empty = {"channel": channel, "start_s": start_s, "step_s": step_s}
    count, sums = np.zeros(points, dtype=int), np.zeros(points)
    low, high = np.full(points, np.inf), np.full(points, -np.inf)
    with _opened(folder) as store:
        if store is None:
            return empty | {"low": [], "mean": [], "high": []}
        kept_s = store.span_s or (start_s, start_s)
        first_s, last_s = max(start_s, kept_s[0]), min(end_s, kept_s[1] + 1.0)
        # one piece at least, so that a channel that was never kept is told
        for begin_s in np.arange(first_s, max(last_s, first_s + 1.0), PIECE_S).tolist():
            moments, values = store.query(channel, begin_s, min(begin_s + PIECE_S, end_s))
            known = ~np.isnan(values)
            moments, values = moments[known], values[known].astype(float)
            place = np.clip(((moments - start_s) / step_s).astype(int), 0, points - 1)
            count += np.bincount(place, minlength=points)
            sums += np.bincount(place, weights=values, minlength=points)
            np.minimum.at(low, place, values)
            np.maximum.at(high, place, values)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / count
    return empty | {"low": _listed(low, count), "mean": _listed(mean, count), "high": _listed(high, count)}


def happened(
    folder: Path, start_s: float, end_s: float, level: str | None, channel: str | None, most: int
) -> list[dict[str, Any]]:
    """Events of a time, in order.

    Raises:
        Refused: 503, the history cannot be read.
    """
    with _opened(folder) as store:
        found = [] if store is None else store.events(start_s, end_s, level, channel, most)
    return [
        {"utc_s": one.utc_s, "level": one.level, "channel": one.channel, "text": one.text, "data": one.data}
        for one in found
    ]


def kept(folder: Path) -> dict[str, Any]:
    """Channels that were ever kept, and from when to when.

    Raises:
        Refused: 503, the history cannot be read.
    """
    with _opened(folder) as store:
        if store is None:
            return {"channels": [], "start_s": None, "end_s": None}
        span = store.span_s or (None, None)
        return {"channels": list(store.names), "start_s": span[0], "end_s": span[1]}


@contextmanager
def _opened(folder: Path) -> Iterator[Store | None]:
    """The history, to look; None where there is none yet."""
    store = None
    try:
        with in_words(folder / FILE):
            there = (folder / FILE).exists()
        store = Store(folder / FILE, read_only=True) if there else None
        yield store
    except DamagedError as error:
        told = str(error).replace(str(folder), "FOLDER")  # where it lies is not for everybody who looks on
        raise Refused(503, told, AGAIN_S) from None
    finally:
        if store is not None:
            store.close()


def _listed(values: np.ndarray, count: np.ndarray) -> list[float | None]:
    return [float(f"{v:.7g}") if n else None for v, n in zip(values.tolist(), count.tolist(), strict=True)]
