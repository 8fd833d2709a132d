"""T3 and T5: variation inside a band of frequencies.

Needs    prove.compliance.look, filters, verdict, code, prove.kernel.windows.
Gives    variation, periodic.
Used by  prove.compliance.check.
"""

from __future__ import annotations

import numpy as np

from wattstack.prove.compliance import filters
from wattstack.prove.compliance.code import Rule, limit_of
from wattstack.prove.compliance.look import Look, Piece
from wattstack.prove.compliance.picture import Picture, picture_of
from wattstack.prove.compliance.verdict import NoVerdict, Reading, SitePoint
from wattstack.prove.kernel.windows import widest_moves

_SKIP = 20.0  # periods of an upper edge at each end that are not judged
_HELD = 3  # windows one after another that a periodic swing lasts at least
_BANDED = ("power in the band", "MW")
SEGMENT_S = 100.0  # of a spectrum: a line is known to 0.01 Hz


def variation(look: Look, rule: Rule, site: SitePoint) -> list[Reading]:
    """Greatest less least of the power in a band inside any window.

    Three readings: the filter as named (-6 dB at its edges); with its upper edge moved out so that 98 % is left
    there; and the difference without a lower edge. Where the window is longer than a period of the lower edge the
    difference says nothing, and the lower edge is moved out too.

    Args:
        look: The wave.
        rule: band_hz, window_s (one period of the lower edge without), order, limit.
        site: For limits in shares.

    Raises:
        NoVerdict: Sampled too slowly for the upper edge, or too short.
    """
    band, order = rule.band_hz, int(rule.get("order", 4))
    limit = limit_of(rule, site)
    look.need_band_rate(band[1])
    highest = max(band[1], min(filters.KEEP_EDGE * band[1], filters.HIGHEST_EDGE * look.rate_hz))
    made: list[Reading] = []
    short: NoVerdict | None = None
    for window_s in rule.windows_s or (1.0 / band[0],):
        slow = band[0] * window_s <= 1.0 + 1e-9  # the window itself leaves out what is slower
        kept = (band[0] if slow else band[0] / filters.KEEP_EDGE, highest)
        ways = (
            (f"any {window_s:g} s, filter of -6 dB at its edges", band),
            (f"any {window_s:g} s, filter that keeps 98 % at its {'upper edge' if slow else 'edges'}", kept),
        )
        for said, edges in ways:
            try:
                parts = look.banded(edges, order, window_s, filters.SETTLE / edges[0])
            except NoVerdict as refused:
                short = refused
                continue
            made.append(_widest(look, parts, window_s, (said, limit)))
        if slow:
            made += _difference(look, (highest, order), window_s, limit)
    if not made and short is not None:
        raise short
    if short is not None and all(reading.kept for reading in made):
        raise short
    return made


def _difference(look: Look, edge: tuple[float, int], window_s: float, limit: float) -> list[Reading]:
    """The reading without a lower edge, over pieces that a window fits into; none where there is no such piece."""
    below = look.once(("below", edge), lambda: _below(look, *edge))
    fit = [(piece, 1) for piece in below if len(piece.values) > round(window_s / look.step_s)]
    said = f"any {window_s:g} s, difference without a lower edge"
    return [_widest(look, fit, window_s, (said, limit))] if fit else []


def _below(look: Look, edge_hz: float, order: int) -> list[Piece]:
    """Pieces without what is faster than an edge, less its settling at each end."""
    made = []
    skip = round(_SKIP * look.rate_hz / edge_hz)
    for piece in look.pieces():
        kept = filters.keep_below(piece.values, look.rate_hz, edge_hz, order)
        if len(kept) > 2 * skip:
            made.append(Piece(piece.first + skip, kept[skip : len(kept) - skip]))
    return made


def _widest(look: Look, parts: list[tuple[Piece, int]], window_s: float, what: tuple[str, float]) -> Reading:
    """Range in any window over all parts, as a reading."""
    most, where = -1.0, (0, 0)
    best: tuple[Piece, int] = parts[0]
    for piece, times in parts:
        steps = max(round(window_s / look.step_s * times), 1)
        key = ("range", id(piece.values), steps)
        rise, a, b, fall, c, d = look.once(key, lambda p=piece, s=steps: widest_moves(p.values, s))
        for moved, first, last in ((rise, a, b), (fall, c, d)):
            if moved > most:
                most, where, best = float(moved), (int(first), int(last)), (piece, times)
    piece, times = best
    step, begin = look.step_s / times, piece.first * look.step_s
    top = float(piece.values[list(where)].max())
    marks = (("highest", top), ("lowest that is allowed beside it", top - what[1]))
    picture = picture_of(piece.values, step, where, _BANDED, marks, begin)
    return Reading(what[0], most, what[1], "MW", at_s=begin + where[1] * step, picture=picture)


def periodic(look: Look, rule: Rule, site: SitePoint) -> list[Reading]:
    """Amplitude of a swing that goes on, half of its peak to peak.

    Two readings: the strongest line of the spectrum (Welch, Hann), and half the peak to peak of the band that is held
    over three windows of one period of the lower edge, one after another: a single step is no swing.

    Args:
        look: The wave.
        rule: band_hz, order, limit in MW of amplitude.
        site: For limits in shares of the rating.

    Raises:
        NoVerdict: Sampled too slowly for the upper edge, or too short.
    """
    band, order = rule.band_hz, int(rule.get("order", 4))
    limit = limit_of(rule, site)
    look.need_band_rate(band[1])
    window_s = 1.0 / band[0]
    parts = look.banded(band, order, _HELD * window_s, filters.SETTLE / band[0])
    return [_line(look, band, limit), _held(look, parts, window_s, limit)]


def spectrum(look: Look) -> tuple[np.ndarray, np.ndarray, Piece]:
    """Spectral density of the longest piece [MW^2/Hz], its frequencies [Hz] and the piece."""

    def make() -> tuple[np.ndarray, np.ndarray, Piece]:
        piece = max(look.pieces(), key=lambda p: len(p.values))
        return *filters.density(piece.values, look.rate_hz, SEGMENT_S), piece

    return look.once("spectrum", make)


def spectrum_picture(
    frequency: np.ndarray, power: np.ndarray, band: tuple[float, float], at_hz: float
) -> Picture:
    """Amplitude by frequency, from a tenth below the band to a tenth above it."""
    shown = (frequency >= 0.9 * band[0]) & (frequency <= 1.1 * band[1])
    amplitude = np.sqrt(2.0 * power[shown] * (frequency[1] - frequency[0]))
    return Picture(
        frequency[shown], amplitude, "amplitude a bin", "MW", along="frequency_hz", window=(at_hz, at_hz)
    )  # fmt: skip


def _line(look: Look, band: tuple[float, float], limit: float) -> Reading:
    frequency, power, piece = spectrum(look)
    amplitude, at_hz = filters.line_amplitude(frequency, power, band)
    picture = spectrum_picture(frequency, power, band, at_hz)
    said = f"amplitude of the strongest line, {at_hz:.3g} Hz (Welch, Hann)"
    return Reading(said, amplitude, limit, "MW", at_s=piece.first * look.step_s, picture=picture)


def _held(look: Look, parts: list[tuple[Piece, int]], window_s: float, limit: float) -> Reading:
    most, at, best = -1.0, 0, parts[0]
    for piece, times in parts:
        steps = round(window_s / look.step_s * times)
        count = len(piece.values) // steps
        blocks = piece.values[: count * steps].reshape(count, steps)
        swing = blocks.max(axis=1) - blocks.min(axis=1)
        held = np.minimum.reduce([swing[k : count - _HELD + 1 + k] for k in range(_HELD)])
        if held.size and held.max() > most:
            most, at, best = float(held.max()), int(held.argmax()) * steps, (piece, times)
    piece, times = best
    step, begin = look.step_s / times, piece.first * look.step_s
    last = at + _HELD * round(window_s / look.step_s * times)
    marks = (("limit", limit), ("limit", -limit))
    picture = picture_of(piece.values, step, (at, last), _BANDED, marks, begin)
    said = f"half of peak to peak held over {_HELD} windows of {window_s:g} s"
    return Reading(said, 0.5 * most, limit, "MW", at_s=begin + at * step, picture=picture)
