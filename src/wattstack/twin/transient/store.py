"""A run of seconds on disk: the folder written all at once, and read again.

Needs    plan (write_whole, package_versions, read_json), series (Waveform, write_waveform), twin.transient.run;
         pandas (when called).
Gives    write_transient, read_transient, transient_summary.
Used by  cli, prove, report.

    transient.json   layout 1: what was run, what happened, decisions, energies, marks of the wave, notes; equal inputs,
                     seed and versions give equal bytes
    wave.parquet     every sample of every channel (wave.csv where asked for)
    wave.cfg, .dat   the same as COMTRADE, where asked for
    happened.csv     moments and what happened
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from wattstack.campus import Campus
from wattstack.errors import Fault, InputError
from wattstack.plan import package_versions, read_json, write_whole
from wattstack.series import Waveform, write_waveform
from wattstack.twin.transient.build import ISLAND_HZ
from wattstack.twin.transient.events import Event
from wattstack.twin.transient.run import TransientRun

LAYOUT = 1
FILE = "transient.json"
WAVES = ("wave.parquet", "wave.csv")
STALE = (*WAVES, "wave.cfg", "wave.dat", "report.html")
AGAIN = "Run wattstack simulate --transient again."
WINDOW_S = 5.0  # of the greatest change that is told


def transient_summary(run: TransientRun, campus: Campus, events: Iterable[Event] = ()) -> dict[str, Any]:
    """What transient.json holds.

    Args:
        run: As simulate_transient gives it.
        campus: That was run.
        events: That were asked for.
    """
    wave = run.wave
    return {
        "wattstack_transient": LAYOUT,
        "kind": "transient",
        "name": run.name,
        "description": campus.description,
        "versions": package_versions(),
        "step_s": run.step_s,
        "sample_s": wave.step_s,
        "duration_s": wave.duration_s,
        "groups": run.groups,
        "seed": run.seed,
        "events": [str(event) for event in events],
        "channels": list(wave.arrays),
        "marks": marks(run),
        "energies": run.energies,
        "happened": [{"at_s": at_s, "what": what} for at_s, what in run.happened],
        "decisions": [{"at_s": at_s, "what": what} for at_s, what in run.decisions],
        "diverged": run.diverged,
        "library": campus.passports,
        "notes": list(run.notes),
    }


def write_transient(
    run: TransientRun,
    folder: str | Path,
    campus: Campus,
    events: Iterable[Event] = (),
    csv: bool = False,
    comtrade: bool = False,
) -> dict[str, Any]:
    """Write the folder of a run of seconds: all of it, or nothing.

    Args:
        run: As simulate_transient gives it.
        folder: Made where it is missing.
        campus: That was run.
        events: That were asked for.
        csv: The wave as csv instead of parquet.
        comtrade: The wave as COMTRADE too (IEEE C37.111-2013, float32).

    Returns:
        The summary that was written.

    Raises:
        InputError: The folder cannot be written.
    """
    summary = transient_summary(run, campus, events)

    def write(beside: Path) -> dict[str, Any]:
        import pandas as pd

        write_waveform(run.wave, beside / ("wave.csv" if csv else "wave.parquet"))
        if comtrade:
            nominal = ISLAND_HZ if campus.grid is None else float(campus.grid.connection.frequency_hz)
            write_waveform(run.wave, beside / "wave.cfg", "float32", nominal, run.name)
        lines = pd.DataFrame(run.happened, columns=["at_s", "what"])
        lines.to_csv(beside / "happened.csv", index=False, lineterminator="\n")
        text = json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False)
        (beside / FILE).write_text(text + "\n", encoding="utf-8")
        return summary

    return write_whole(folder, write, STALE, last=FILE)


def read_transient(folder: str | Path) -> tuple[TransientRun, dict[str, Any]]:
    """Read the folder of a run of seconds.

    Args:
        folder: As write_transient left it.

    Returns:
        The run, and what transient.json holds.

    Raises:
        InputError: transient.json or the wave is missing, or cannot be read, or is of another layout.
    """
    path = Path(folder)
    kept = read_json(path, FILE, "wattstack simulate --transient")
    if kept.get("wattstack_transient") != LAYOUT:
        what = f"is layout {kept.get('wattstack_transient')}, must be {LAYOUT}. {AGAIN}"
        raise InputError(str(path / FILE), [Fault("wattstack_transient", what)])
    file = next((path / name for name in WAVES if (path / name).is_file()), None)
    if file is None:
        what = f"is missing beside {FILE}, must be there. {AGAIN}"
        raise InputError(str(path), [Fault(WAVES[0], what)])
    arrays = _channels(file)
    lines, decided = (
        tuple((float(one["at_s"]), str(one["what"])) for one in kept[key])
        for key in ("happened", "decisions")
    )
    notes = tuple(kept["notes"])
    wave = Waveform(kept["sample_s"], arrays, f"transient twin of {kept['name']}", True, lines, None, notes)
    run = TransientRun(
        kept["name"], wave, lines, decided, kept["energies"], kept["diverged"], kept["seed"], kept["step_s"],
        kept["groups"], notes,
    )  # fmt: skip
    return run, kept


def _channels(file: Path) -> dict[str, np.ndarray]:
    """Samples of every channel of a wave that was written."""
    import pandas as pd

    try:
        table = pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file)
        return {str(name): table[name].to_numpy(float) for name in table.columns if name != "time_s"}
    except (ValueError, OSError) as error:  # pandas' parser errors and pyarrow's are both
        said = " ".join(str(error).split())[:120]
        raise InputError(str(file), [f"is no table of a wave: {said}. {AGAIN}"]) from None


def marks(run: TransientRun) -> dict[str, float]:
    """Numbers that tell a wave: power, its greatest change within 5 s and when, voltage, frequency, batteries."""
    wave = run.wave
    power = wave["power_mw"]
    change, at_s = greatest_change(power, wave.step_s)
    found = {
        "power_mean_mw": power.mean(), "power_max_mw": power.max(), "power_min_mw": power.min(),
        "change_5s_mw": change, "change_5s_at_s": at_s,
        "load_change_5s_mw": greatest_change(wave["load_mw"], wave.step_s)[0],
        "voltage_min_pu": wave["voltage_pu"].min(), "voltage_max_pu": wave["voltage_pu"].max(),
        "frequency_min_hz": wave["frequency_hz"].min(), "frequency_max_hz": wave["frequency_hz"].max(),
    }  # fmt: skip
    for name, values in wave.arrays.items():
        if name.startswith("battery.") and name.endswith(".power_mw"):
            found[f"{name.removesuffix('.power_mw')}.most_mw"] = np.abs(values).max()
    return {name: float(value) for name, value in found.items()}


def greatest_change(values: np.ndarray, step_s: float, window_s: float = WINDOW_S) -> tuple[float, float]:
    """Greatest peak to peak within any stretch of window_s, and the moment at which that stretch ends [s].

    Args:
        values: Samples, shape (n,), not filtered: the tests of grid codes filter as their texts say.
        step_s: Step of the samples.
        window_s: Length of the stretch.
    """
    from numpy.lib.stride_tricks import sliding_window_view

    block = max(1, round(0.02 / step_s))  # extremes of 20 ms first: windows are whole numbers of them
    count = max(1, len(values) // block)
    rows = values[: count * block].reshape(count, -1)
    width = min(count, max(1, round(window_s / (block * step_s))))
    high = sliding_window_view(rows.max(axis=1), width).max(axis=1)
    low = sliding_window_view(rows.min(axis=1), width).min(axis=1)
    place = int(np.argmax(high - low))
    return float(high[place] - low[place]), (place + width) * block * step_s
