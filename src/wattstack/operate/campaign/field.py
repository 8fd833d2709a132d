"""Devices without sockets: what they show and how old it is, what they take, and how they fall back; with faults.

Needs    operate.devices (Layout, Image, Quality), operate.simulated.faults (Spoiler).
Gives    FieldDevice, Field, EXTRA.
Used by  operate.campaign.day.

The manners are those of operate.simulated.device, without registers: a setpoint that is not renewed is gone after
`revert_s`, a device on local refuses, one that was restarted has forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

from wattstack.operate.devices import Image, Layout, Quality
from wattstack.operate.simulated.faults import KINDS, Spoiler

if TYPE_CHECKING:
    from wattstack.campus import Campus

# beside those of operate.simulated: what happens, and the value
EXTRA = {
    "cache": "a gateway answers for it, with what it read last: anew every value seconds",
    "soc_drift": "the charge is read higher and higher, by value an hour",
    "soc_stuck": "the charge stands still, powers move",
    "soc_lost": "the charge is not told, everything else is",
    "clock": "its clock is value seconds ahead",
}
UNREAD = ("silent", "reboot", "late", "exception", "short", "wrong_unit")
UNWRITTEN = ("silent", "reboot", "late", "exception")
SLOW_FRAC = 0.9  # of the period: an answer under way for so long still counts
# what a decision goes by, of what templates show
READ = frozenset({
    "power_mw", "output_mw", "draw_mw", "stored_mwh", "soc", "can_charge_mw", "can_discharge_mw", "contactor",
    "breaker", "local", "available", "running", "state", "voltage_pu", "frequency_hz", "grid_well", "source",
    "clock_s", "device_heartbeat",
})  # fmt: skip


class _Spoiler(Spoiler):
    """Faults in force, those of EXTRA too."""

    def put(self, kind: str, value: float | None = None) -> None:
        usual = KINDS[kind][1] if kind in KINDS else None
        self._on[kind] = value if value is not None else (0.0 if usual is None else usual)


class FieldDevice:
    """One device.

    Args:
        path: Its key in the campus file.
        campus: Sizes stand.
        layout: Its template laid out: what it shows.
        rating_mw, energy_mwh: Of it.

    Attributes:
        spoiler: Faults in force.
        shown_s: Moment that what it shows is of.
        yielded: Whether the guard leaves it to someone else.
    """

    def __init__(
        self, path: str, campus: Campus, layout: Layout, rating_mw: float, energy_mwh: float
    ) -> None:
        self.path, self.declared = path, campus.devices[path]
        self.rating_mw, self.energy_mwh = rating_mw, energy_mwh
        self.asset, self.share = path.split("#", 1)[0], self.declared.share_frac
        self.points = tuple(point for point in layout.points if point.name in READ)
        self._ranges = [(point.name, point.least, point.most) for point in self.points]
        self.writable = "setpoint_mw" in layout.place
        self.is_limit = path.startswith("solar.")
        self.spoiler, self.yielded = _Spoiler(), False
        self.shown_s = -np.inf
        self._shown: list[float] = [nan] * len(self.points)
        self._before: tuple[float, list[float]] = (-np.inf, self._shown)
        self._setpoint_mw: float | None = None
        self._written_s = -np.inf
        self._drift_s, self._stuck_mwh, self._beats = nan, nan, 0

    # -- faults ----------------------------------------------------------------------------------------------------

    def put(self, kind: str, value: float | None, now_s: float) -> None:
        """Let a fault begin."""
        self.spoiler.put(kind, value)
        if kind == "reboot":
            self._setpoint_mw, self._written_s = None, -np.inf
        elif kind == "soc_drift":
            self._drift_s = now_s
        elif kind == "soc_stuck":
            self._stuck_mwh = nan
        elif kind == "foreign":
            self.yielded = self.declared.on_foreign_write == "yield"

    def lift(self, kind: str) -> None:
        """Let it end; a person takes over again what was left to someone else."""
        self.spoiler.lift(kind)
        if kind == "foreign":
            self.yielded = False

    @property
    def faulty(self) -> bool:
        """Whether anything is wrong with it."""
        return self.spoiler.any or self.yielded

    # -- reading ---------------------------------------------------------------------------------------------------

    def answer(self, now_s: float, values: Mapping[str, float]) -> tuple[float, list[float]] | None:
        """What it answers: the moment that it is of for all the guard can tell, and the values; None: nothing."""
        has = self.spoiler.has
        still = has("frozen") or (has("cache") and now_s - self.shown_s < self.spoiler.value("cache", 10.0))
        if not still:
            self._before = self.shown_s, self._shown
            self.shown_s, self._shown = now_s, self._values(now_s, values)
        if not self.spoiler.any:
            return now_s, self._shown
        if any(has(kind) for kind in UNREAD):
            return None
        if has("slow"):  # under way for most of a period: it is of then
            period_s = self.declared.period_s
            lately = now_s - self._before[0] <= 1.5 * period_s
            return now_s - SLOW_FRAC * period_s, self._before[1] if lately else self._shown
        return now_s, self._shown

    def _values(self, now_s: float, values: Mapping[str, float]) -> list[float]:
        self._beats += 1
        own = {"device_heartbeat": float(self._beats % 60_000), "local": float(self.spoiler.has("local"))}
        values = {**values, **own}
        made = [values.get(name, nan) for name, _, _ in self._ranges]
        if self.spoiler.any:
            made = [self._spoilt(r[0], value, now_s) for r, value in zip(self._ranges, made, strict=True)]
        return [v if r[1] <= v <= r[2] else nan for r, v in zip(self._ranges, made, strict=True)]

    def _spoilt(self, name: str, value: float, now_s: float) -> float:
        """A value as the faults in force let it be seen; the two words of a gauge say the same."""
        if name in ("soc", "stored_mwh"):
            whole = 1.0 if name == "soc" else self.energy_mwh
            if self.spoiler.has("soc_stuck"):
                self._stuck_mwh = value / whole if isnan(self._stuck_mwh) else self._stuck_mwh
                value = self._stuck_mwh * whole
            more = self.spoiler.value("soc_jump", 0.0)
            if self.spoiler.has("soc_drift"):
                more += self.spoiler.value("soc_drift", 0.0) * (now_s - self._drift_s) / 3600.0
            value = min(max(value + more * whole, 0.0), whole)
            return nan if self.spoiler.has("nan") or self.spoiler.has("soc_lost") else value
        if name == "clock_s":
            return value + self.spoiler.value("clock", 0.0)
        if name in ("contactor", "breaker") and self.spoiler.has("contactor"):
            return 0.0
        return self.spoiler.seen(name, value)

    # -- writing ---------------------------------------------------------------------------------------------------

    @property
    def reached(self) -> bool:
        """Whether a write comes through and is taken."""
        if not self.spoiler.any:
            return not self.yielded
        has = self.spoiler.has
        deaf = any(has(kind) for kind in UNWRITTEN) or has("reject") or has("local") or has("ignore_write")
        return not (deaf or self.yielded)

    def write(self, setpoint_mw: float, now_s: float) -> None:
        """Take a setpoint as the device in its present mood does."""
        if not self.writable or not self.reached:
            return
        if self.spoiler.has("clamp"):
            most = self.spoiler.value("clamp", 0.5) * self.rating_mw
            setpoint_mw = min(max(setpoint_mw, -most), most)
        self._setpoint_mw, self._written_s = setpoint_mw, now_s

    def wanted(self, now_s: float) -> float | None:
        """The setpoint in force; None where nobody asks."""
        if not self.writable:
            return None
        if self.spoiler.has("foreign") and self.declared.on_foreign_write != "take-back":
            return self.spoiler.value("foreign", 0.0)
        if now_s - self._written_s >= self.declared.revert_s:
            self._setpoint_mw = None if self.is_limit or self._setpoint_mw is None else 0.0
        return self._setpoint_mw

    def reverts_s(self, now_s: float) -> float:
        """When it will fall back because nobody reaches it; inf: not."""
        at = self._written_s + self.declared.revert_s
        return at if self.writable and at > now_s else np.inf


class Field:
    """All devices of a campus, and the image of them that a guard would have.

    Args:
        campus: Sizes stand.
        layouts: By path.
        ratings: Power and energy of each device, by path.
    """

    def __init__(
        self, campus: Campus, layouts: Mapping[str, Layout], ratings: Mapping[str, tuple[float, float]]
    ) -> None:
        self.devices = {path: FieldDevice(path, campus, one, *ratings[path]) for path, one in layouts.items()}
        self.names = tuple(f"{path}.{p.name}" for path, one in self.devices.items() for p in one.points)
        self._place = {name: k for k, name in enumerate(self.names)}
        self._values = np.full(len(self.names), nan)
        self._asked = np.full(len(self.names), -np.inf)
        self._limit_s = np.empty(len(self.names))
        self._slices: dict[str, slice] = {}
        at, operate = 0, campus.operate
        for path, one in self.devices.items():
            self._slices[path] = part = slice(at, at + len(one.points))
            self._limit_s[part] = operate.most_age_periods * max(one.declared.period_s, operate.period_s)
            at += len(one.points)

    def image(
        self, now_s: float, clocks_s: tuple[float, float], values: Mapping[str, Mapping[str, float]]
    ) -> Image:
        """The image of now.

        Args:
            now_s: Of the campaign.
            clocks_s: How far the monotonic clock of the guard's machine and its UTC are from it.
            values: What each device would show without faults, by path.
        """
        for path, one in self.devices.items():
            answered = one.answer(now_s, values[path])
            if answered is not None:
                part = self._slices[path]
                self._asked[part] = answered[0]
                self._values[part] = answered[1]
        shown = self._values.copy()
        quality = np.where(np.isnan(shown), int(Quality.NOT_IMPLEMENTED), int(Quality.GOOD))
        stale = now_s - self._asked > self._limit_s
        shown[stale], quality[stale] = nan, int(Quality.STALE)
        own, utc = clocks_s
        return Image(now_s + own, now_s + utc, self.names, shown, quality, self._asked + own, self._place)

    def forget(self) -> None:
        """The guard is a new process: it has read nothing yet."""
        self._values[:], self._asked[:] = nan, -np.inf

    @property
    def read_whole(self) -> bool:
        """Whether everything was read since."""
        return bool(np.isfinite(self._asked).all())
