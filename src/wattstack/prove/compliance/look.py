"""A wave made ready for the tests: pieces without holes, filtered once for all rules that ask the same.

Needs    series.Waveform, prove.compliance.filters, verdict.
Gives    Look, Piece, Excursion, stretches, means.
Used by  the tests of prove.compliance.

A hole of at most three samples is bridged by a straight line, a longer one cuts the record: no window lies across
it. Both are said. Where more than a twentieth of the samples is missing no rule passes: nothing vouches for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.prove.compliance import filters
from wattstack.prove.compliance.verdict import NOT_MEASURABLE, NoVerdict
from wattstack.series import Waveform

BRIDGE = 3  # samples
MOST_MISSING_FRAC = 0.05
SAMPLES_A_WINDOW = 10  # least number of samples in a window without a filter
_MERGE_S = 0.02  # excursions closer than a cycle of 50 Hz are one
BEFORE_S = 10.0  # what the load drew before an event is the mean of so long


@dataclass(frozen=True)
class Piece:
    """A stretch of a channel without holes: first sample of it in the wave, and its samples."""

    first: int
    values: np.ndarray


@dataclass(frozen=True)
class Excursion:
    """Time outside a continuous band: first and last sample outside it."""

    first: int
    last: int


class Look:
    """A wave as the tests look at it.

    Args:
        wave: With power_mw; reactive_mvar, voltage_pu, frequency_hz and plan_mw where rules ask for them.

    Raises:
        InputError: There is no power_mw in it, or no sample of it is there.
    """

    def __init__(self, wave: Waveform):
        self.wave = wave
        self.step_s = wave.step_s
        self.rate_hz = wave.rate_hz
        self._made: dict[object, object] = {}
        if not np.isfinite(wave["power_mw"]).any():
            raise InputError(wave.source, [Fault("power_mw", "has no sample that is a number.")])

    def once(self, key: object, make: Callable[[], object]) -> object:
        """What was made under a key, made when it is first asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def has(self, channel: str) -> bool:
        """Whether a channel is there with a number in it."""
        return channel in self.wave.arrays and bool(np.isfinite(self.wave[channel]).any())

    def need(self, channel: str, why: str) -> np.ndarray:
        """Samples of a channel with short holes bridged.

        Raises:
            NoVerdict: It is not in the wave.
        """
        if not self.has(channel):
            raise NoVerdict(NOT_MEASURABLE, f"{channel} is not in the wave: {why}")
        return self.once(("bridged", channel), lambda: _bridged(np.asarray(self.wave[channel], float)))

    @cached_property
    def power_mw(self) -> np.ndarray:
        """Power with short holes bridged."""
        return self.need("power_mw", "")

    @property
    def peak_mw(self) -> float:
        """Highest demand of the wave [MW]."""
        return float(np.nanmax(self.power_mw))

    @property
    def missing(self) -> np.ndarray:
        """Which samples of power are missing in the wave as it came."""
        return self.once("missing", lambda: ~np.isfinite(self.wave["power_mw"]))

    @property
    def too_much_missing(self) -> bool:
        """Whether so much is missing that nothing passes."""
        return float(self.missing.mean()) > MOST_MISSING_FRAC

    def notes(self) -> list[str]:
        """What holes there are and what became of them."""
        lost = int(self.missing.sum())
        if not lost:
            return []
        open_ = int((~np.isfinite(self.power_mw)).sum())
        said = f"{lost} of {len(self.missing)} samples are missing"
        if lost - open_:
            said += f", {lost - open_} in holes of at most {BRIDGE} bridged by a straight line"
        if open_:
            said += f", {open_} in longer ones that no window lies across"
        return [said]

    def pieces(self, free: np.ndarray | None = None) -> list[Piece]:
        """Stretches of power without holes.

        Args:
            free: Samples that a rule does not look at (while a fault lasts), shape (samples,); absent = none.
        """
        good = np.isfinite(self.power_mw) if free is None else np.isfinite(self.power_mw) & ~free
        return [Piece(first, self.power_mw[first : last + 1]) for first, last in stretches(good)]

    def long_enough(self, least_s: float, free: np.ndarray | None = None) -> list[Piece]:
        """Pieces that a window fits into.

        Raises:
            NoVerdict: There is none.
        """
        least = round(least_s / self.step_s)
        fit = [piece for piece in self.pieces(free) if len(piece.values) > least]
        if not fit:
            longest = max((len(p.values) - 1 for p in self.pieces(free)), default=0) * self.step_s
            raise NoVerdict(
                NOT_MEASURABLE,
                f"asks for {least_s:g} s without a hole, the longest piece has {longest:.6g} s",
            )
        return fit

    def need_rate(self, least_hz: float, why: str) -> None:
        """Refuse a wave that is sampled too slowly.

        Raises:
            NoVerdict: It is; says the rate that is needed.
        """
        if self.rate_hz < least_hz * (1.0 - 1e-9):
            raise NoVerdict(
                NOT_MEASURABLE,
                f"needs {least_hz:.4g} samples a second {why}, the wave has {self.rate_hz:.4g}",
            )

    def need_window_rate(self, window_s: float) -> None:
        """Refuse a wave with fewer than ten samples in a window."""
        self.need_rate(SAMPLES_A_WINDOW / window_s, f"(ten in a window of {window_s:g} s)")

    def need_band_rate(self, edge_hz: float) -> None:
        """Refuse a wave that aliases what a rule's upper edge asks for: 200 Hz for 55 Hz, others in proportion."""
        self.need_rate(filters.RATE_PER_EDGE * edge_hz, f"for a band that reaches {edge_hz:g} Hz")

    def banded(
        self, band_hz: tuple[float, float], order: int, least_s: float, settle_s: float
    ) -> list[tuple[Piece, int]]:
        """Band of power in every piece that is long enough, settled parts only, on a step fine enough for its peaks.

        Args:
            band_hz: Edges [Hz].
            order: At each edge.
            least_s: What must be left to be judged [s].
            settle_s: What is left out at each end [s].

        Returns:
            Pieces, whose `first` is in samples of the wave, and how many of their samples stand for one.

        Raises:
            NoVerdict: No piece is long enough.
        """
        self.long_enough(least_s + 2.0 * settle_s)
        made = self.once(("band", band_hz, order, settle_s), lambda: self._banded(band_hz, order, settle_s))
        least = round(least_s / self.step_s)
        return [(piece, times) for piece, times in made if len(piece.values) > least * times]

    def _banded(self, band_hz: tuple[float, float], order: int, settle_s: float) -> list[tuple[Piece, int]]:
        settle = round(settle_s / self.step_s)
        made = []
        for piece in self.long_enough(2.0 * settle_s):
            kept = filters.keep_band(piece.values, self.rate_hz, band_hz, order)
            fine, times = filters.between_samples(kept, self.rate_hz, band_hz[1])
            shown = fine[settle * times : len(fine) - settle * times - times + 1]  # to the last sample itself
            made.append((Piece(piece.first + settle, shown), times))
        return made

    def faults(self, after_s: float) -> np.ndarray | None:
        """Samples while the voltage is outside 0.9 .. 1.1 pu and `after_s` beyond; None where no voltage is known."""
        if not self.has("voltage_pu"):
            return None
        volts = self.need("voltage_pu", "")
        free = np.zeros(len(volts), bool)
        beyond = round(after_s / self.step_s)
        for one in self.excursions("voltage_pu", 0.9, 1.1):
            free[one.first : one.last + beyond + 1] = True
        return free

    def excursions(self, channel: str, low: float, high: float) -> list[Excursion]:
        """Times at which a channel lies outside low .. high; what is closer than 20 ms is one."""
        return self.once(("out", channel, low, high), lambda: self._excursions(channel, low, high))

    def _excursions(self, channel: str, low: float, high: float) -> list[Excursion]:
        values = self.need(channel, "")
        outside = (values < low) | (values > high)  # NaN is not outside
        merge = max(round(_MERGE_S / self.step_s), 1)
        joined: list[list[int]] = []
        for first, last in stretches(outside):
            if joined and first - joined[-1][1] <= merge:
                joined[-1][1] = last
            else:
                joined.append([first, last])
        return [Excursion(first, last) for first, last in joined]

    def before_mw(self, first: int, since: int = 0, length_s: float = BEFORE_S) -> float:
        """Mean power in the time before a sample [MW], not reaching back beyond sample `since`; NaN with none."""
        part = self.power_mw[max(since, first - max(round(length_s / self.step_s), 1), 0) : first]
        return float(np.nanmean(part)) if np.isfinite(part).any() else float("nan")

    def events(self, word: str | None) -> list[float]:
        """Moments of the events whose text has a word in it [s]; none for a rule that names no word."""
        return [] if word is None else [moment for moment, text in self.wave.events if word in text]


def stretches(good: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of every run of True.

    Example:
        >>> stretches(np.array([True, True, False, True]))
        [(0, 1), (3, 3)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _bridged(values: np.ndarray) -> np.ndarray:
    """Samples with holes of at most three bridged by a straight line; holes at the ends stay."""
    lost = ~np.isfinite(values)
    if not lost.any():
        return values
    values = np.where(lost, np.nan, values)
    for first, last in stretches(lost):
        if last - first < BRIDGE and first > 0 and last < len(values) - 1:
            values[first : last + 1] = np.interp(
                range(first, last + 1), [first - 1, last + 1], [values[first - 1], values[last + 1]]
            )
    return values


def means(values: np.ndarray, count: int) -> np.ndarray:
    """Means of every window of `count` samples; NaN where one is missing."""
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))])
    lost = np.concatenate([[0], np.cumsum(~np.isfinite(values))])
    return np.where(lost[count:] == lost[:-count], (total[count:] - total[:-count]) / count, np.nan)
