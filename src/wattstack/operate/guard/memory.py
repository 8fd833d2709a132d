"""What the mind must not forget over a restart, or a change of controllers, as plain numbers and words.

Needs    control (beliefs of the store); operate.link; operate.guard.mind.
Gives    remembered, recall, follow, unreadable.
Used by  operate.guard.loop.

A store that was not read since is believed to have been emptied at full power: what is recalled is as old as it is.
"""

from __future__ import annotations

from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from wattstack.control import StoredBelief
from wattstack.operate.link import Request

if TYPE_CHECKING:
    from wattstack.operate.guard.mind import Mind

VERSION = 3  # of what is written; 1: without what strips; 2: without who writes, other months, signs of trips
READER = 1  # oldest version that can read it: what it does not know it leaves out
FRESH_S = 60.0  # what another controller knew so long ago is not followed; as far may two clocks be apart


def unreadable(state: dict[str, Any]) -> str:
    """Why a state cannot be read by this version; "" where it can."""
    needs = state.get("reader", state.get("version", 1))
    if not isinstance(needs, int) or needs > VERSION:
        return f"it is of version {state.get('version')}, and needs {needs} to be read, this is {VERSION}"
    return ""


def remembered(mind: Mind, campus_sum: str, utc_s: float, time_s: float) -> dict[str, Any]:
    """What is to be saved; `time_s` is monotonic."""
    controller = mind.controller
    return {
        "version": VERSION,
        "reader": READER,
        "campus": campus_sum,
        "utc_s": utc_s,
        "live": mind.live,
        "month": mind.billed.month,
        "reached_mw": mind.billed.now_mw,
        "months": mind.billed.reached_mw,
        "interval_mwh": controller.interval_mwh,
        "import_mw": controller.import_mw,
        "last_s": controller.last_s,
        "highest_load_mw": _plain(controller.highest_load_mw),
        "lowest_load_mw": _plain(mind.lowest_mw),
        "stores": {p: [b.stored_mwh, b.error_mwh, b.read_s] for p, b in controller.beliefs.items()},
        "counts": {p: one.most_mwh for p, one in mind.reader.counts.items() if not isnan(one.most_mwh)},
        "still": mind.reader.alive.saved(time_s),
        "lockouts": mind.lockouts.why,
        "signs": mind.lockouts.signs(),
        "requests": mind.book.saved(utc_s, time_s),
        "strips": {} if mind.strips is None else mind.strips.saved(),
    }


def recall(
    mind: Mind, state: dict[str, Any], campus_sum: str, time_s: float, utc_s: float = 0.0
) -> list[str]:
    """Give the mind back what was saved; returns what could not be, in words.

    Args:
        mind: Who goes on.
        state: As remembered.
        campus_sum: Of the campus file now.
        time_s: Now, monotonic.
        utc_s: Now, of records: what nobody renewed in between ends when it would have; one set back counts for nothing.
    """
    told = []
    if state.get("campus") != campus_sum:
        told.append("the campus file is another than before the restart: it is taken over now")
    try:
        controller = mind.controller
        mind.billed.month = str(state["month"])
        for month, reached_mw in {**state.get("months", {}), state["month"]: state["reached_mw"]}.items():
            mind.billed.reach(str(month), float(reached_mw))
        if state["last_s"] is not None:
            controller.interval_mwh = float(state["interval_mwh"])
            controller.import_mw, controller.last_s = float(state["import_mw"]), float(state["last_s"])
        if state["highest_load_mw"] is not None:
            mind.highest_mw = controller.highest_load_mw = float(state["highest_load_mw"])
        if state["lowest_load_mw"] is not None:
            mind.lowest_mw = float(state["lowest_load_mw"])
        for path, belief in state["stores"].items():
            if path in controller.paths:
                controller.beliefs[path] = StoredBelief(*map(float, belief))
        for path, most_mwh in state.get("counts", {}).items():
            if path in mind.campus.devices:
                mind.reader.count(path).most_mwh = float(most_mwh)
        away_s = max(utc_s - float(state["utc_s"]), 0.0)  # what shows the same after it stood all the while
        mind.reader.alive.restore(state.get("still", {}), time_s - away_s)
        signs = {str(name): float(value) for name, value in state.get("signs", {}).items()}
        mind.lockouts.restore(signs, {str(k): str(v) for k, v in state["lockouts"].items()})
        if mind.strips is not None:
            mind.strips.restore(state.get("strips", {}))
        mind.book.restore(state["requests"], max(float(state["utc_s"]), utc_s), time_s)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        told.append(f"what was saved is not whole: {type(error).__name__} {error}"[:200])
    return told


def follow(mind: Mind, state: dict[str, Any], time_s: float, utc_s: float) -> list[str]:
    """Give a mind that waits what the controller that writes knows and nobody can measure: requests in force, lockouts,
    the month's peak, the open interval, what strips. What it measures itself stands.

    Args:
        mind: Who waits.
        state: As the other remembered it.
        time_s: Now, monotonic.
        utc_s: Now, of records.

    Returns:
        In words, what is not taken over.
    """
    try:
        away_s = abs(utc_s - float(state["utc_s"]))
        if state.get("live") is not True or not away_s <= FRESH_S:
            return [
                f"what the other controller knew is {away_s:.0f} s old, or it does not write: not followed"
            ]
        reached = {str(month): float(reached_mw) for month, reached_mw in state["months"].items()}
        lockouts = {str(path): str(why) for path, why in state["lockouts"].items()}
        requests = [Request.model_validate(one) for one in state["requests"]]
        if mind.strips is not None:
            mind.strips.restore(state.get("strips", {}))
        _interval(mind, state)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"what the other controller knows is not whole: {type(error).__name__} {error}"[:200]]
    for month, reached_mw in reached.items():
        if isfinite(reached_mw):
            mind.billed.reach(month, reached_mw)
    mind.lockouts.follow(lockouts)
    return mind.book.follow(requests, utc_s, time_s)


def _interval(mind: Mind, state: dict[str, Any]) -> None:
    """The energy of the open interval, where we came in the middle of it: the larger of both counts."""
    controller, other_s = mind.controller, state["last_s"]
    if other_s is None or controller.last_s is None:
        return
    same = float(other_s) // controller.interval_s == controller.last_s // controller.interval_s
    energy_mwh = float(state["interval_mwh"])
    if same and isfinite(energy_mwh):
        controller.interval_mwh = max(controller.interval_mwh, energy_mwh)


def _plain(number: float) -> float | None:
    return None if number != number else number  # noqa: PLR0124  NaN is not JSON
