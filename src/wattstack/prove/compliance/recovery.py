"""T10 and T11: how soon the load is back after a fault, and how a lost site returns.

Needs    prove.compliance.look, moves, verdict, code, prove.kernel.windows.
Gives    recovery, rejection.
Used by  prove.compliance.check.
"""

from __future__ import annotations

from math import inf, isfinite

import numpy as np

from wattstack.prove.compliance.code import Rule
from wattstack.prove.compliance.look import Excursion, Look, stretches
from wattstack.prove.compliance.picture import Picture, picture_of
from wattstack.prove.compliance.verdict import NOT_MEASURABLE, NoVerdict, Reading, SitePoint
from wattstack.prove.kernel.windows import widest_moves

_HELD_S = 1.0  # over which a held recovery is a mean
_LOST_FRAC = 0.1  # of the highest demand, below which a site is lost
_LOST_S = 10.0  # so long at least: assumption
_TRIP_S = 1.0  # within which it goes
_BACK_FRAC = 0.01  # of what was drawn before, by which a return is seen to begin


def recovery(look: Look, rule: Rule, site: SitePoint) -> tuple[list[Reading], list[str]]:
    """Time from the return of voltage until the load draws its share again.

    Two readings: the first sample that reaches the share, and the moment from which the mean of a second does. What
    was drawn before is the mean of ten seconds. With at_most_frac the load must not go beyond it either.

    Args:
        look: The wave, with voltage_pu.
        rule: returns_above_pu (0.9), kept_frac, within_s, at_most_frac.
        site: Not needed.

    Raises:
        NoVerdict: No voltage, no sag in it, or none that is long enough before the end of the wave.
    """
    look.need("voltage_pu", "recovery is counted from the return of voltage")
    share, within = float(rule.get("kept_frac")), float(rule.get("within_s"))
    sags = look.excursions("voltage_pu", float(rule.get("returns_above_pu", 0.9)), inf)
    if not sags:
        raise NoVerdict(
            NOT_MEASURABLE, "voltage never falls so low in this wave that there is something to recover from"
        )
    look.need_rate(20.0 / within, f"to see {within:g} s to a twentieth")
    worst: dict[str, tuple[float, Excursion, float]] = {}
    judged, highest, before, back = 0, (-inf, sags[0]), 0.0, True
    for place, sag in enumerate(sags):
        if back:  # else the load was not yet back from the sag before: what it drew before that one counts
            before = look.before_mw(sag.first, sags[place - 1].last + 1 if place else 0)
        end = sags[place + 1].first if place + 1 < len(sags) else len(look.power_mw)
        times = _times(look, sag, end, share * before) if before > 0.0 else {}
        left = (end - sag.last - 1) * look.step_s
        back = bool(times) and max(times.values()) < inf
        if not times or (left < within and min(times.values()) == inf):
            continue  # the next sag, or the end, came before the time was up
        judged += 1
        for said, taken in times.items():
            if said not in worst or taken > worst[said][0]:
                worst[said] = (taken, sag, left)
        top = float(np.nanmax(look.power_mw[sag.last + 1 : end])) / before
        highest = max(highest, (top, sag), key=lambda pair: pair[0])
    if not judged:
        raise NoVerdict(NOT_MEASURABLE, f"{len(sags)} sags, and after none of them {within:g} s in the wave")
    made = [
        Reading(said, taken if isfinite(taken) else left + look.step_s, within, "s",
                (sag.last + 1) * look.step_s, picture=_picture(look, sag, within, share))
        for said, (taken, sag, left) in worst.items()
    ]  # fmt: skip
    if rule.get("at_most_frac") is not None:
        top, sag = highest
        made.append(Reading("highest sample afterwards / before", top, float(rule.get("at_most_frac")), "pu",
                            (sag.last + 1) * look.step_s, picture=_picture(look, sag, within, share)))  # fmt: skip
    return made, [f"{len(sags)} sags, {judged} judged"]


def _times(look: Look, sag: Excursion, end: int, aim: float) -> dict[str, float]:
    """Time to the aim in both readings [s]; inf where it is not reached by `end`."""
    later = look.power_mw[sag.last + 1 : end]
    if not later.size:
        return {}
    reached = np.flatnonzero(later >= aim * (1.0 - 1e-9))
    first = int(reached[0]) * look.step_s if reached.size else inf
    steps = max(min(round(_HELD_S / look.step_s), later.size), 1)
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(later))])
    means = (total[steps:] - total[:-steps]) / steps
    good = np.flatnonzero(means >= aim * (1.0 - 1e-9))
    held = int(good[0]) * look.step_s if good.size else inf
    return {"first sample there": first, f"from where on the mean of {_HELD_S:g} s is there": held}


def _picture(look: Look, sag: Excursion, within: float, share: float) -> Picture:
    mark = share * look.before_mw(sag.first)
    marks = (("to be reached", mark),) if isfinite(mark) else ()
    span = (sag.first, sag.last + 1 + round(within / look.step_s))
    return picture_of(look.power_mw, look.step_s, span, ("power_mw", "MW"), marks)


def rejection(look: Look, rule: Rule, site: SitePoint) -> tuple[list[Reading], list[str]]:
    """The whole site is lost and comes back: no faster than the ramp limits, and only when it is allowed to.

    Args:
        look: The wave; an event with the words of permission_event marks the operator's consent.
        rule: limit in mw_per_min, window_s; permission_event ("return permitted").
        site: Not needed.

    Raises:
        NoVerdict: The site is not lost in this wave, or does not come back in it.
    """
    power = look.power_mw
    trip = _trip(look)
    if trip is None:
        raise NoVerdict(
            NOT_MEASURABLE,
            f"the site is never lost in this wave (below {_LOST_FRAC:.0%} within {_TRIP_S:g} s, for {_LOST_S:g} s)",
        )
    gone, before = trip
    base = float(np.nanmin(power[gone:]))
    back = np.flatnonzero(power[gone:] > max(_LOST_FRAC * before, base + _BACK_FRAC * before))
    if not back.size:
        raise NoVerdict(NOT_MEASURABLE, "the site is lost and does not come back in this wave")
    begins = gone + int(back[0])
    part = np.nan_to_num(power[max(begins - 1, gone) :], nan=base)
    limit, made = float(rule.data["limit"]["mw_per_min"]), []
    for window_s in rule.windows_s:
        look.need_window_rate(window_s)
        rise, a, b, *_ = widest_moves(part, round(window_s / look.step_s))
        marks = (("lowest + limit", float(part[a]) + limit * window_s / 60.0),)
        picture = picture_of(part, look.step_s, (a, b), ("power_mw", "MW"), marks, begins * look.step_s)
        said, at_s = f"rise in any {window_s:g} s of the return", (begins + b) * look.step_s
        made.append(Reading(said, rise * 60.0 / window_s, limit, "MW/min", at_s, picture=picture))
    word = rule.get("permission_event")
    notes = [f"lost at {gone * look.step_s:.4g} s, comes back from {begins * look.step_s:.4g} s"]
    if word is not None:
        allowed = [
            moment for moment in look.events(word) if gone * look.step_s <= moment <= begins * look.step_s
        ]
        made.append(
            Reading(f"returns without '{word}'", 0.0 if allowed else 1.0, 0.0, "", begins * look.step_s)
        )
    return made, notes


def _trip(look: Look) -> tuple[int, float] | None:
    """First sample at which the site is lost, and what it drew before [MW]; a dip that is over sooner is no loss."""
    power = look.power_mw
    for first, last in stretches(power < _LOST_FRAC * look.peak_mw):
        before = look.before_mw(first)
        falls = power[max(first - round(_TRIP_S / look.step_s), 0)] > 2.0 * _LOST_FRAC * look.peak_mw
        if falls and (last - first) * look.step_s >= _LOST_S:
            return first, before
    return None
