"""Benchmark `outage`: ten thousand campaigns of 72 h on two cores.

Needs    benchmarks.cases, files, battery; wattstack.prove.
Gives    measure.
Used by  benchmarks.__main__.

The campus of `q_peak` at fixed sizes with LFP cells of the library, its controller, a reserve of half an hour for a
fifth of the load and four engines. Reading, binding and the reference year are outside the timing, as is the first run,
which compiles; all that a campaign is, and the tables, are inside. Seconds are those of the processor over the two
cores; the clock on the wall, which neighbours on a shared machine move, stands in the note.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from benchmarks.battery import timed_row
from benchmarks.cases import make_case
from benchmarks.files import write_campus
from benchmarks.measure import Run, own_peak_mb, version_of

COUNT, HOURS, CORES, ROUNDS = 10_000, 72.0, 2, 3
SIZES = ("battery.main.power_mw", "battery.main.energy_mwh", "solar.roof.power_mw")
OVERLAY = """\
extends: campus.yaml
grid:
  connection: {reliability: {outages_per_year: 0.33, outage_h: {median: 0.2, p95: 6}, common_cause_frac: 0.05}}
battery: {main: {chemistry: library:lfp-grid-2026, capital_per_mw: 0}}
generator: {gas: {units: 4, start_s: 300}}
duties: {backup: {duration_h: 0.5, load_frac: 0.2}}
control: {kind: rules}
"""


def measure(say) -> dict:
    """Run the benchmark; `say` is called with a line about what comes next."""
    from wattstack import read_campus
    from wattstack.prove import OutageStudy
    from wattstack.work import Team

    case = make_case("q_peak")
    say("outage: the reference year")
    with tempfile.TemporaryDirectory() as folder:
        write_campus(Path(folder), case)
        path = Path(folder) / "outages.yaml"
        path.write_text(OVERLAY, encoding="utf-8")
        campus = read_campus(path).sized(dict(zip(SIZES, case.fixed, strict=True)))
        study = OutageStudy(campus, COUNT, HOURS)
    runs, walls, told = [], [], None
    with Team(workers=CORES) as team:
        for i in range(ROUNDS + 1):
            say(f"outage: {COUNT:,} campaigns of {HOURS:g} h" + (", and compiling" if i == 0 else ""))
            wall, began = time.perf_counter(), time.process_time()
            told = study.run(team)
            runs.append(Run((time.process_time() - began) / CORES, told.served.value, own_peak_mb()))
            walls.append(time.perf_counter() - wall)
    figures = told.figures
    note = (
        f"wall {min(walls[1:]):.1f} s on {os.cpu_count()} cores; {figures['steps'] / 1e6:.1f} M steps, "
        f"{figures['steps_of_a_second'] / 1e6:.1f} M of them of 1 s; objective = chance to be served"
    )
    row = timed_row("campaigns", "wattstack", runs[1:], version_of("wattstack"), note)
    return {"bars": {"outage.campaigns_seconds": row["seconds"]}, "rows": [row]}
