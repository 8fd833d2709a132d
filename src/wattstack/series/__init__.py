"""WHEN: numbers along time, from a file to an axis.

    spec = SourceSpec("price_per_mwh", "prices.csv", columns={"price_per_mwh": "price_jpy_per_kwh"},
                      units={"price_per_mwh": "JPY/kWh"}, currency="JPY")
    series = read_series(spec)                 # UTC, our units, the file's own step, holes kept
    check_sun(series, 34.6, 135.5)             # weather: does the sun agree with the stamps?
    aligned = align(series, make_axis("2022-04-01T00:00+09:00", "2023-04-01T00:00+09:00", "30min"))
    aligned.columns["price_per_mwh"]           # shape (steps,)

Needs    errors, units, work; pyarrow where files are read.
Gives    the names below.
Used by  every room above.
"""

from __future__ import annotations

from importlib import import_module

from wattstack.series.axis import TimeAxis, make_axis, span_faults

_FILE_OF = {
    "LocalClock": "clock",
    "local_clock": "clock",
    "with_offset": "clock",
    "SourceSpec": "series",
    "GapRule": "series",
    "Series": "series",
    "read_series": "read",
    "align": "align",
    "check_sun": "sun",
    "channel": "channels",
    "Traces": "traces",
    "Waveform": "waveform",
    "read_waveform": "power_log",
    "JobLog": "job_log",
    "read_job_log": "job_log",
    "write_waveform": "waveform_files",
    "write_traces": "files",
    "read_traces": "files",
}

__all__ = ["TimeAxis", "make_axis", "span_faults", *_FILE_OF]  # noqa: PLE0604 - the table above is the one list of names


def __getattr__(name: str) -> object:
    """Fetch a name of the door from its file (PEP 562), so that an axis costs no file reader."""
    if name not in _FILE_OF:
        raise AttributeError(
            f"module 'wattstack.series' has no name {name!r}. It has: {', '.join(sorted(__all__))}."
        )
    value = getattr(import_module(f"wattstack.series.{_FILE_OF[name]}"), name)
    globals()[name] = value
    return value
