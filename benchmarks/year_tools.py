"""Our campus year at one minute, ready to run again and again.

Needs    wattstack.twin, benchmarks.cases, files.
Gives    make_year_tool.
Used by  benchmarks.tools.

The campus of `q_peak` at fixed sizes, with LFP cells of the library. Reading the files, the plan's own running and
binding the series are outside the timing; outages, generators, cells, ageing, metering, bill and traces are inside.
Seconds are those of the processor, one core.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.cases import SiteCase, make_case
from benchmarks.files import write_campus
from benchmarks.peers import Answer

CONTROL = {
    "rules": {"kind": "rules"},
    "mpc": {"kind": "mpc"},  # the usual: 48 hours at 15 minutes, planned again every 15 minutes
    "simple": {"kind": "rules", "rules": ["self_consumption"]},
}


def make_year_tool(case_name: str) -> Callable[[], Answer]:
    """A year by "rules" or "mpc"; "simple": one load, solar, battery and grid, by self-consumption."""
    from wattstack import read_campus
    from wattstack.twin import Setting, Twin

    case = make_case("q_peak")
    names = ("battery.main.power_mw", "battery.main.energy_mwh", "solar.roof.power_mw")
    with tempfile.TemporaryDirectory() as folder:
        path = _write(Path(folder), case_name, case)
        twin = Twin(read_campus(path).sized(dict(zip(names, case.fixed, strict=True))), step="1min")
    twin.run(Setting())

    def run() -> Answer:
        began = time.process_time()
        made = twin.run(Setting())
        seconds = time.process_time() - began
        return Answer(seconds, made.running_cost_per_year, np.empty(0), np.empty(0))

    return run


def _write(folder: Path, case_name: str, case: SiteCase) -> Path:
    """The benchmark campus with cells and a controller; without its generator where it is to be simple."""
    path = write_campus(folder, case)
    text = path.read_text(encoding="utf-8")
    text = text.replace(
        "main: {power_mw", "main: {chemistry: library:lfp-grid-2026, capital_per_mw: 0, power_mw"
    )
    if case_name == "simple":
        text = text[: text.index("generator:")] + text[text.index("finance:") :]
    path.write_text(f"{text}control: {json.dumps(CONTROL[case_name])}\n", encoding="utf-8")
    return path
