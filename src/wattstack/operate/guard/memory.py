"""What the mind must not forget over a restart, as plain numbers and words.

Needs    control (beliefs of the store); operate.guard.mind.
Gives    remembered, recall, unreadable.
Used by  operate.guard.loop.

A store that was not read since is believed to have been emptied at full power: what is recalled is as old as it is.
"""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from wattstack.control import StoredBelief

if TYPE_CHECKING:
    from wattstack.operate.guard.mind import Mind

VERSION = 2  # of what is written; 1: without what strips
READER = 1  # oldest version that can read it: what it does not know it leaves out


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
        "month": mind.month,
        "reached_mw": mind.reached_mw,
        "interval_mwh": controller.interval_mwh,
        "import_mw": controller.import_mw,
        "last_s": controller.last_s,
        "highest_load_mw": _plain(controller.highest_load_mw),
        "lowest_load_mw": _plain(mind.lowest_mw),
        "stores": {p: [b.stored_mwh, b.error_mwh, b.read_s] for p, b in controller.beliefs.items()},
        "counts": {p: one.most_mwh for p, one in mind.reader.counts.items() if not isnan(one.most_mwh)},
        "still": mind.reader.alive.saved(time_s),
        "lockouts": mind.lockouts.why,
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
        mind.month, mind.reached_mw = str(state["month"]), float(state["reached_mw"])
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
        mind.lockouts.why |= {str(k): str(v) for k, v in state["lockouts"].items()}
        if mind.strips is not None:
            mind.strips.restore(state.get("strips", {}))
        mind.book.restore(state["requests"], max(float(state["utc_s"]), utc_s), time_s)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        told.append(f"what was saved is not whole: {type(error).__name__} {error}"[:200])
    return told


def _plain(number: float) -> float | None:
    return None if number != number else number  # noqa: PLR0124  NaN is not JSON
