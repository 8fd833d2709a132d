"""Benchmark `soak`: a day of the example's site at sixty times the wall: does memory grow, is a moment missed?

Needs    benchmarks.live_site; wattstack.operate.historian.
Gives    measure, growth, missed_frames, missed_intervals.
Used by  benchmarks.__main__.

An hour of the site, or SOAK_H hours (the campaign: 24), at 60 or SOAK_SPEED times the wall. What goes by the site's
clock (the plan, demand intervals, requests) goes that much faster; what goes by the wall does not: the guard's 0.1 s is
6 s of the site, a second of history a minute of it, devices fall back after their seconds.

Memory: what stands in RAM of guard, historian, planner and page each, every two seconds; the median of the last tenth
of the run over that of the first tenth after its first quarter, which is for warming up; the largest of the four.
Missed: frames that history lacks, and demand intervals of which beginning or end are not kept, which the guard did not
begin anew, or whose energy is not that of the meter's counter.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.live_site import Listener, LiveSite, usage
from benchmarks.measure import version_of

SAMPLE_S, WARM_FRAC, SETTLE_S = 2.0, 0.25, 5.0
WATCHED = ("guard", "historian", "planner", "face")
EVERY_S, INTERVAL_S = 1.0, 1800.0  # of history, on the wall; of the tariff, on the site's clock
ENERGY_FRAC = 0.05  # of an interval's energy: what the guard counts may differ by from what the meter does


def growth(samples: list[float]) -> float:
    """What a series grew by, after its first quarter.

    Example:
        >>> growth([50.0, 90.0] + 20 * [100.0] + 2 * [102.0])
        0.02
    """
    kept = samples[round(WARM_FRAC * len(samples)) :]
    part = max(len(kept) // 10, 1)
    return float(np.median(kept[-part:]) / np.median(kept[:part]) - 1.0)


def missed_frames(moments: np.ndarray, every_s: float) -> int:
    """Frames that are not there; a frame may come half a turn late or early.

    Example:
        >>> missed_frames(np.array([0.0, 60.0, 126.0, 180.0, 360.0]), 60.0)
        2
    """
    return int(np.maximum(np.rint(np.diff(moments) / every_s) - 1.0, 0.0).sum())


def missed_intervals(
    kept: dict[str, tuple[np.ndarray, np.ndarray]], every_s: float
) -> tuple[int, int, float]:
    """Demand intervals that were not closed.

    Args:
        kept: Moments and values of the guard's "control.interval_mwh" and the meter's "grid.connection.energy_mwh".
        every_s: From one frame to the next.

    Returns:
        Missed ones, whole ones in all, and by how much the guard's energy differed from the meter's, at most (share).
    """
    moments, counted = kept["control.interval_mwh"]
    read_s, meter = kept["grid.connection.energy_mwh"]
    missed, worst = 0, 0.0
    first, last = np.ceil(moments[0] / INTERVAL_S), np.floor(moments[-1] / INTERVAL_S)
    ends = INTERVAL_S * np.arange(first + 1, last + 1)
    for end in ends:
        mine = (moments >= end - INTERVAL_S) & (moments < end)
        after = (moments >= end) & (moments < end + 2.0 * every_s)
        if not mine.any() or not after.any() or moments[mine][-1] < end - 2.0 * every_s:
            missed += 1
            continue
        at = np.interp([end - INTERVAL_S, moments[mine][-1], end], read_s, meter)
        whole = at[2] - at[0]
        off = abs(counted[mine][-1] - (at[1] - at[0])) / max(whole, 1e-9)
        worst = max(worst, off)
        missed += not (off <= ENERGY_FRAC and counted[after][0] < max(counted[mine][-1], 1e-9))
    return missed, len(ends), worst


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    hours, speed = float(os.environ.get("SOAK_H", "1")), float(os.environ.get("SOAK_SPEED", "60"))
    for_s = hours * 3600.0 / speed
    with tempfile.TemporaryDirectory(prefix="soak") as name:
        folder = Path(name) / "live"
        say(f"soak: {hours:g} h of the site at {speed:g} times the wall: {for_s / 60.0:.1f} min")
        with LiveSite(folder, speed) as site, Listener(folder, ("control.overruns",)) as guard:
            site.wait((folder / "plan.json").exists)
            time.sleep(SETTLE_S)
            began_s, pids = guard.states[-1][1], site.pids()
            samples, gone = _sampled(site, for_s, say)
            ended_s, overruns = guard.states[-1][1], int(guard.states[-1][2][0])
        kept = _kept(folder, began_s, ended_s)
    return judged(
        samples, kept, {"speed": speed, "hours": hours, "gone": gone, "overruns": overruns, "of": len(pids)}
    )


def _sampled(site: LiveSite, for_s: float, say) -> tuple[dict[str, list[float]], int]:
    """Memory of each part every SAMPLE_S [MB], and how many processes were other ones than before."""
    samples: dict[str, list[float]] = {part: [] for part in WATCHED}
    began, pids, told, gone = time.monotonic(), site.pids(), 0, 0
    while (now := time.monotonic() - began) < for_s:
        for part, (rss_mb, _) in usage({part: pids[part] for part in WATCHED if part in pids}).items():
            samples[part].append(rss_mb)
        if now > (told + 1) * for_s / 12.0:
            told += 1
            fresh = site.pids()
            gone += sum(fresh.get(part) != pids[part] for part in pids)
            pids = fresh
            text = ", ".join(f"{part} {some[-1]:.0f}" for part, some in samples.items() if some)
            say(f"soak: {now / 60.0:.1f} of {for_s / 60.0:.1f} min; MB: {text}")
        time.sleep(min(SAMPLE_S, max(for_s / 50.0, 0.1)))
    return samples, gone


def _kept(folder: Path, began_s: float, ended_s: float) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What history has of the run."""
    from wattstack.operate.historian import Store

    store = Store(folder / "history.sqlite", read_only=True)
    try:
        names = ("control.interval_mwh", "grid.connection.energy_mwh")
        return {name: store.query(name, began_s, ended_s) for name in names}
    finally:
        store.close()


def judged(samples: dict[str, list[float]], kept: dict, run: dict) -> dict:
    """Bars and row."""
    every_s = EVERY_S * run["speed"]
    grown = {part: growth(some) for part, some in samples.items() if len(some) > 1}
    moments = kept["control.interval_mwh"][0]
    frames = missed_frames(moments, every_s)
    intervals, of, worst = missed_intervals(kept, every_s)
    rss = "; ".join(
        f"{part} {100 * grown[part]:+.1f} % of {np.median(samples[part]):.0f} MB" for part in grown
    )
    note = (
        f"{rss}; {frames} of {moments.size + frames} frames and {intervals} of {of} demand intervals missed, energy "
        f"within {100 * worst:.2g} % of the meter's; {run['overruns']} cycles overran their period; {run['gone']} of "
        f"{run['of']} processes had to be started again"
    )
    row = {
        "case": f"{run['hours']:g} h of the example's site at {run['speed']:g} x", "tool": "wattstack",
        "seconds": run["hours"] * 3600.0 / run["speed"], "objective": None,
        "peak_mb": max((max(some) for some in samples.values() if some), default=None),
        "version": version_of("wattstack"), "note": note,
    }  # fmt: skip
    bars = {
        "soak.rss_growth": max(grown.values()) if len(grown) == len(WATCHED) else None,
        "soak.missed_intervals": float(frames + intervals),
    }
    return {"bars": bars, "rows": [row]}
