"""Benchmark `reserve`: days in which everything goes wrong, and whether energy was given away that an outage needs.

Needs    benchmarks.reserve_sites; wattstack.operate.campaign.
Gives    measure.
Used by  benchmarks.__main__.

RESERVE_CAMPAIGNS days of 24 h at the speed of the twin (the campaign: 10,000), in turn on three campuses, on all cores;
RESERVE_SOCKETS times 10 min over real sockets (the campaign: 50). What is counted stands in docs/campaign-reserve.md.
That the judge can find something is shown beside it: guards that are broken on purpose.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.guard_tools import free_port
from benchmarks.measure import version_of
from benchmarks.reserve_sites import SMALL, reserve_sites, small_site

CAMPAIGNS, SOCKETS, BROKEN = 600, 4, 60
AT_ONCE = 4  # over sockets, in one process
SHOWN = 8  # violations that are told of
GUARDS = ("no reserve", "fail open", "trusting")
KINDS = ("reserve", "service", "connection", "stale")


def _row(case: str, seconds: float, verdicts: Sequence, more: str = "") -> dict:
    kinds = ", ".join(f"{sum(getattr(v, kind) for v in verdicts)} {kind}" for kind in KINDS)
    decisions, outages = sum(v.decisions for v in verdicts), sum(v.outages for v in verdicts)
    told = [f"campaign {v.number}: {line}" for v in verdicts for line in v.told][:SHOWN]
    note = (
        f"{len(verdicts)} campaigns, {decisions} decisions, {outages} outages; {kinds}; "
        f"{sum(v.misled_mwh for v in verdicts):.1f} MWh given on the word of a gauge that lied alone{more}"
    )
    return {
        "case": case, "tool": "wattstack", "seconds": seconds, "objective": None, "peak_mb": None,
        "version": version_of("wattstack"), "note": "; ".join([note, *told]),
    }  # fmt: skip


def _sockets(count: int) -> list:
    """Campaigns over sockets, some at once."""
    from wattstack.operate.campaign import run_over_sockets

    found = []
    for first in range(0, count, AT_ONCE):
        sites = [small_site({p: free_port() for p in SMALL}, 0.1) for _ in range(min(AT_ONCE, count - first))]
        with tempfile.TemporaryDirectory() as folder:
            found += run_over_sockets(sites, Path(folder), first=first)
    return found


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    from wattstack.operate.campaign import run_campaigns

    count, over = (
        int(os.environ.get("RESERVE_CAMPAIGNS", CAMPAIGNS)),
        int(os.environ.get("RESERVE_SOCKETS", SOCKETS)),
    )
    sites = reserve_sites()
    say(f"reserve: {count} days at the speed of the twin, on {len(sites)} campuses in turn")
    began = time.perf_counter()

    def hear(verdict) -> None:
        for line in verdict.told:
            say(f"reserve: day {verdict.number}: {line}")

    days = run_campaigns(sites, count, hear=hear)
    took = time.perf_counter() - began
    less = f"; the whole campaign is 10,000: RESERVE_CAMPAIGNS=10000 takes {took / count * 1e4 / 60.0:.0f} min here"
    rows = [_row("a day at the speed of the twin", took / count, days, less if count < 10_000 else "")]
    say(f"reserve: {over} times 10 min over sockets, {AT_ONCE} at once")
    began = time.perf_counter()
    wired = _sockets(over)
    rows.append(_row("10 min over sockets", (time.perf_counter() - began) / max(over, 1), wired))
    caught = 0
    for broken in GUARDS:
        say(f"reserve: {BROKEN} days with a guard that is broken on purpose ({broken})")
        began = time.perf_counter()
        found = run_campaigns(sites[:1], BROKEN, broken=broken)
        caught += any(v.violations for v in found)
        rows.append(_row(f"broken on purpose: {broken}", (time.perf_counter() - began) / BROKEN, found))
    bar = float(sum(v.violations for v in (*days, *wired)))
    return {"bars": {"reserve.violations": bar, "reserve.broken_found": float(caught)}, "rows": rows}
