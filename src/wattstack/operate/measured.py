"""A day out of the history of a site: minutes of what flowed, what the guard held to, and what it told.

Needs    campus, series; operate.historian.Store, operate.accounts.
Gives    measured_day, told_of, Measured.
Used by  operate.recount.

A simulated site writes what really happened (really.csv); there the flows are those, also while a meter was dead. A
real site has what was measured: straight lines between what the history kept, gaps bridged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.operate.accounts import Course

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.historian import Store
    from wattstack.series import TimeAxis

REALLY = "really.csv"
OWN = ("control.peak_mw", "control.reserve_mwh", "control.sure_mwh", "grid.billed_peak_mw")
MOST_EVENTS = 600
NEAR_S = 900.0  # alarms that come and go within so long are one line


@dataclass(frozen=True)
class Measured:
    """A day of a site.

    Attributes:
        course: What flowed.
        own: What the guard held to, by channel, by the minute; NaN where it told nothing.
        away: Times without the grid, seconds since 1970 UTC.
        source: Where the flows are from.
    """

    course: Course
    own: dict[str, np.ndarray]
    away: list[tuple[float, float]]
    source: str


def measured_day(campus: Campus, store: Store, folder: Path, axis: TimeAxis) -> Measured:
    """The minutes of a day.

    Args:
        campus: As it ran.
        store: Its history.
        folder: Of the site.
        axis: The minutes.
    """
    begin_s = float(axis.start.astype("datetime64[s]").astype(np.int64))
    edges = begin_s + axis.step_s * np.arange(axis.count + 1)
    reader = _Reader(store, edges)
    own = {name: reader.mean(name) for name in OWN if name in store.names}
    really = folder / REALLY
    if really.is_file():
        return Measured(
            _really(really, edges, reader, campus), own, [], "what really flowed in the simulated site"
        )
    return Measured(_kept(reader, campus), own, _gone(store, edges), "what was measured")


class _Reader:
    """Signals of a history by the minute."""

    def __init__(self, store: Store, edges: np.ndarray) -> None:
        self.store, self.edges = store, edges

    def mean(self, name: str) -> np.ndarray:
        """Value in the middle of each minute, straight between what was kept; NaN outside of it."""
        middle = 0.5 * (self.edges[:-1] + self.edges[1:])
        return self.at(name, middle)

    def at(self, name: str, moments: np.ndarray) -> np.ndarray:
        """Value at moments; NaN where nothing was kept around them."""
        if name not in self.store.names:
            return np.full(len(moments), np.nan)
        when, values = self.store.query(name, self.edges[0] - 600.0, self.edges[-1] + 600.0)
        good = np.isfinite(values)
        if not good.any():
            return np.full(len(moments), np.nan)
        return np.interp(moments, when[good], values[good].astype(float), left=np.nan, right=np.nan)


def _really(path: Path, edges: np.ndarray, reader: _Reader, campus: Campus) -> Course:
    """Out of what the simulated site wrote: means of minutes that are told exactly."""
    rows = np.genfromtxt(path, delimiter=",", names=True, deletechars="")
    utc_s, seconds = rows["utc_s"], rows["seconds"]

    def minutes(name: str) -> np.ndarray:
        total = np.concatenate([[0.0], np.cumsum(rows[name] * seconds)])
        moments = np.concatenate([[utc_s[0] - seconds[0]], utc_s])
        return np.diff(np.interp(edges, moments, total)) / np.diff(edges)

    stored = np.interp(edges, utc_s, rows["stored_mwh"])
    imported = minutes("grid.import_mw")
    engines = {name: reader.mean(f"generator.{name}.output_mw") for name in campus.generator}
    return Course(
        load_mw=minutes("load_mw"), import_mw=np.maximum(imported, 0.0), export_mw=np.maximum(-imported, 0.0),
        solar_mw=minutes("solar_mw"), battery_mw=minutes("battery_mw"),
        generator_mw={name: np.nan_to_num(values) for name, values in engines.items()},
        unserved_mw=minutes("unserved_mw"), stored_mwh=stored[1:], stored_start_mwh=float(stored[0]),
    )  # fmt: skip


def _kept(reader: _Reader, campus: Campus) -> Course:
    """Out of the history."""
    count = len(reader.edges) - 1
    power = lambda kind, channel: sum(  # noqa: E731
        (
            np.nan_to_num(reader.mean(f"{path}.{channel}"))
            for path in campus.devices
            if path.startswith(f"{kind}.")
        ),
        np.zeros(count),
    )
    stored = sum(
        (
            reader.at(f"{path}.stored_mwh", reader.edges)
            for path in campus.devices
            if path.startswith("battery.")
        ),
        np.zeros(count + 1),
    )
    known = np.flatnonzero(np.isfinite(stored))
    stored = np.interp(np.arange(count + 1), known, stored[known]) if len(known) else np.zeros(count + 1)
    imported = np.nan_to_num(reader.mean("grid.import_mw"))
    engines = {
        name: sum(
            (
                np.nan_to_num(reader.mean(f"{path}.output_mw"))
                for path in campus.devices
                if path.split("#")[0] == f"generator.{name}"
            ),
            np.zeros(count),
        )
        for name in campus.generator
    }
    return Course(
        load_mw=np.nan_to_num(reader.mean("load_mw")), import_mw=np.maximum(imported, 0.0),
        export_mw=np.maximum(-imported, 0.0), solar_mw=np.nan_to_num(reader.mean("solar_mw")),
        battery_mw=power("battery", "power_mw"), generator_mw=engines, unserved_mw=np.zeros(count),
        stored_mwh=stored[1:], stored_start_mwh=float(stored[0]),
    )  # fmt: skip


def _gone(store: Store, edges: np.ndarray) -> list[tuple[float, float]]:
    """When the grid was away, as the guard saw it."""
    if "grid.on" not in store.names:
        return []
    when, values = store.query("grid.on", edges[0], edges[-1])
    away = np.concatenate([[False], np.nan_to_num(values, nan=1.0) < 0.5, [False]])
    turns = np.flatnonzero(away[1:] != away[:-1])
    ends = np.append(when, edges[-1])
    return [(float(ends[a]), float(ends[b])) for a, b in zip(turns[::2], turns[1::2], strict=True)]


def told_of(store: Store, start_s: float, end_s: float) -> list[dict[str, Any]]:
    """What happened, the newest MOST_EVENTS; what one source says again and again is left out, and its count kept."""
    made: list[dict[str, Any]] = []
    last: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in store.events(start_s, end_s, most=-1):
        if event.text.startswith("is over: "):  # the book of alarms says again what the guard said
            continue
        key = event.level, event.channel, event.text
        old = last.get(key)
        if old is not None and event.utc_s - old["last_s"] < (NEAR_S if event.level != "info" else 86_400.0):
            old["count"] += 1
            old["last_s"] = event.utc_s
            continue
        one = {
            "utc_s": event.utc_s, "level": event.level, "channel": event.channel, "text": event.text, "count": 1,
            "last_s": event.utc_s,
        }  # fmt: skip
        last[key] = one
        made.append(one)
    return made[-MOST_EVENTS:]
