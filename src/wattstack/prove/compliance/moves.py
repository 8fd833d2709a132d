"""T1, T2, T3 without a band, T4: how far and how fast the power moves.

Needs    prove.compliance.look, verdict, code, prove.kernel.windows.
Gives    changes, slopes.
Used by  prove.compliance.check.

"20 MW/min" can be read four ways: greatest less least of any window (range), its last less its first (ends), mean of
a window less mean of the one before, sliding or by the clock. The range is never below the others.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from wattstack.prove.compliance.code import Rule, limit_of
from wattstack.prove.compliance.look import Look, Piece
from wattstack.prove.compliance.picture import Picture, picture_of
from wattstack.prove.compliance.verdict import Reading, SitePoint
from wattstack.prove.kernel.windows import steepest_excess, steepest_leg, widest_moves

_PER_MINUTE = ("mw_per_min", "rated_frac_per_min", "peak_frac_per_min")
_WORDS = {
    "range": "greatest less least in any {w} s",
    "ends": "last less first of any {w} s",
    "sliding-means": "mean of any {w} s less that of the {w} s before",
    "clock-means": "mean of a clock window of {w} s less that of the one before",
}


def changes(look: Look, rule: Rule, site: SitePoint) -> list[Reading]:
    """Change of power inside a window, in MW or MW/min.

    Args:
        look: The wave.
        rule: window_s, limit; readings (all four without), direction (up, down or both), exempt_after_fault_s.
        site: For limits in shares.

    Returns:
        One reading a window and way of reading.

    Raises:
        NoVerdict: Sampled too slowly, or no piece as long as the window.
    """
    limit = limit_of(rule, site, look.peak_mw)
    per_minute = any(key in rule.data["limit"] for key in _PER_MINUTE)
    beyond = rule.get("exempt_after_fault_s")
    free = None if beyond is None else look.faults(float(beyond))
    made = []
    for window_s in rule.windows_s:
        look.need_window_rate(window_s)
        scale, unit = (60.0 / window_s, "MW/min") if per_minute else (1.0, "MW")
        asked = rule.get("readings", list(_WORDS))
        longest = (2.0 if asked == ["clock-means"] else 1.0) * window_s
        pieces = look.long_enough(longest, free)
        for name in asked:
            moved, at, piece = _most(look, pieces, name, window_s, rule.get("direction", "both"))
            if piece is None:
                continue
            picture = _picture(look, piece, at, ("limit", limit / scale))
            said = _WORDS[name].format(w=f"{window_s:g}")
            made.append(Reading(said, moved * scale, limit, unit, at_s=at[1] * look.step_s, picture=picture))
    return made


def _picture(look: Look, piece: Piece, at: tuple[int, int], room: tuple[str, float]) -> Picture:
    """The samples of a window and beside it; what they may rise by is drawn above the lowest of them."""
    span = (at[0] - piece.first, at[1] - piece.first)
    lowest = float(np.min(piece.values[span[0] : span[1] + 1]))
    mark = (f"lowest of the window + {room[0]}", lowest + room[1])
    begin_s = piece.first * look.step_s
    return picture_of(piece.values, look.step_s, span, ("power_mw", "MW"), (mark,), begin_s)


def _most(
    look: Look, pieces: list[Piece], name: str, window_s: float, direction: str
) -> tuple[float, tuple[int, int], Piece | None]:
    """Greatest change in a direction: MW, first and last sample, piece; no piece where none is long enough."""
    steps = max(round(window_s / look.step_s), 1)
    best: tuple[float, tuple[int, int], Piece | None] = (-1.0, (0, 0), None)
    for piece in pieces:
        for change, first, last in _moves(look, piece, name, steps, direction):
            if change > best[0]:
                best = (change, (piece.first + first, piece.first + last), piece)
    return best


def _moves(look: Look, piece: Piece, name: str, steps: int, direction: str) -> list[tuple[float, int, int]]:
    """Greatest changes of a piece in the directions that count, each with its first and last sample."""
    if name == "range":
        key = ("widest", piece.first, len(piece.values), steps)
        rise, a, b, fall, c, d = look.once(key, lambda: widest_moves(piece.values, steps))
        both = [("up", rise, a, b), ("down", fall, c, d)]
        return [(float(x), int(i), int(j)) for way, x, i, j in both if direction in (way, "both")]
    values, offset = piece.values, 0
    if name == "ends":
        moved, span = values[steps:] - values[:-steps], steps
    else:
        if name == "clock-means":
            offset = -(piece.first + _since_midnight(look, steps)) % steps
        total = np.concatenate([[0.0], np.cumsum(values[offset:] - values[0])])
        means = (total[steps:] - total[:-steps]) / steps
        means = means[::steps] if name == "clock-means" else means
        lag = 1 if name == "clock-means" else steps
        moved, span = means[lag:] - means[:-lag], 2 * steps - 1
    if not moved.size:
        return []
    signed = {"up": moved, "down": -moved, "both": np.abs(moved)}[direction]
    at = int(signed.argmax())
    first = offset + at * (steps if name == "clock-means" else 1)
    return [(max(float(signed[at]), 0.0), first, first + span)]


def _since_midnight(look: Look, steps: int) -> int:
    """Samples from the last clock window's start to the first sample; 0 where the wave has no clock."""
    if look.wave.start is None:
        return 0
    begun = datetime.fromisoformat(look.wave.start)
    seconds = begun.hour * 3600 + begun.minute * 60 + begun.second + begun.microsecond * 1e-6
    return round(seconds / look.step_s) % steps


def slopes(look: Look, rule: Rule, site: SitePoint) -> list[Reading]:
    """T4: MW/s up and down, what stays inside the dynamic range being free.

    Two readings. Legs: a move from turning point to turning point that goes beyond the dynamic range must nowhere be
    steeper than the limit, over window_s. Allowance: between any two moments power may change by the dynamic range
    and the limit times the time between them (a bucket that fills at the limit).

    Args:
        look: The wave.
        rule: window_s, direction, limit with mw_per_s or rated_frac, and dynamic_range_mw.
        site: For limits in shares.

    Source:
        Structure of arXiv 2508.14318: ramp-up and ramp-down rate, and a dynamic range below which ramps are free.
    """
    limit = limit_of(rule, site)
    turn_mw = float(rule.data["limit"]["dynamic_range_mw"])
    window_s = rule.windows_s[0]
    look.need_window_rate(window_s)
    up = rule.get("direction", "both") != "down"
    steps = max(round(window_s / look.step_s), 1)
    leg = excess = (-1.0, (0, 0), None)
    for piece in look.long_enough(window_s):
        rise, i, fall, j = steepest_leg(piece.values, turn_mw, steps)
        change, at = (rise, i) if up else (fall, j)
        if change > leg[0]:
            leg = (float(change), (piece.first + int(at), piece.first + int(at) + steps), piece)
        way = piece.values if up else -piece.values
        over, a, b = steepest_excess(way, limit * look.step_s)
        if over > excess[0]:
            excess = (float(over), (piece.first + int(a), piece.first + int(b)), piece)
    seconds = steps * look.step_s
    return [
        Reading(
            f"slope over {seconds:g} s of any move beyond {turn_mw:g} MW",
            leg[0] / seconds, limit, "MW/s", leg[1][0] * look.step_s,
            picture=_picture(look, leg[2], leg[1], ("dynamic range", turn_mw)),
        ),
        Reading(
            f"change beyond {limit:g} MW/s between any two moments",
            excess[0], turn_mw, "MW", excess[1][1] * look.step_s,
            picture=_picture(look, excess[2], excess[1], ("dynamic range", turn_mw)),
        ),
    ]  # fmt: skip
