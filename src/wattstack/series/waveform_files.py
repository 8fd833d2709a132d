"""Waveforms on disk: parquet and csv for tables, COMTRADE for the programs of grid studies.

Needs    errors, series.waveform, pyarrow.
Gives    write_waveform, told_of, COMTRADE_FORMS.
Used by  twin.transient, prove, cli; read back by series.read_waveform (parquet, csv).

A file appears whole or not at all: it is written beside its place, then moved. Equal waveforms, equal bytes. What was
made by a model says so in the file: metadata of parquet, the first line of csv's note beside it, the name of the
recording device in COMTRADE.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.series.waveform import Waveform

COMTRADE_FORMS = ("ascii", "float32")
_UNITS = {
    "mw": "MW",
    "mvar": "Mvar",
    "pu": "pu",
    "hz": "Hz",
    "mwh": "MWh",
    "frac": "1",
    "deg": "deg",
    "degc": "degC",
}
_FULL = 99_998  # five digits are what every reader of ASCII records takes, and to some 99999 means missing
_MISSING = np.float32(-np.finfo(np.float32).max)  # IEEE C37.111-2013, 8.6: missing data of FLOAT32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_waveform(
    wave: Waveform, path: str | Path, form: str = "ascii", nominal_hz: float = 50.0, site: str = "wattstack"
) -> tuple[Path, ...]:
    """Write a waveform by the ending of the name: .parquet, .csv, or .cfg for COMTRADE (.cfg and .dat).

    Args:
        wave: What to write.
        path: Where to; its folder is made.
        form: Of COMTRADE: "ascii" (revision 1999, integers of five digits and a scale, which every reader takes) or
            "float32" (revision 2013, all digits of single precision).
        nominal_hz: Nominal frequency of the grid, for COMTRADE.
        site: Station name, for COMTRADE.

    Returns:
        The files written.

    Raises:
        InputError: Another ending or form.

    Source:
        COMTRADE: IEEE C37.111-1999 and C37.111-2013 / IEC 60255-24:2013, sections 7 (configuration) and 8 (data).
        Moments of events are status channels that go from 0 to 1 there.
    """
    path = Path(path)
    if path.suffix not in (".parquet", ".csv", ".cfg"):
        raise InputError(path.name, ["must end in .parquet, .csv or .cfg (COMTRADE). Rename it."])
    if form not in COMTRADE_FORMS:
        raise InputError(
            path.name, [Fault("form", f"is {form!r}, must be one of: {', '.join(COMTRADE_FORMS)}.")]
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".cfg":
        return _write_comtrade(wave, path, form, nominal_hz, site)
    _moved(path, lambda beside: _write_table(wave, path.suffix, beside))
    return (path,)


def told_of(path: Path) -> dict[str, Any]:
    """What a parquet file of ours says of its waveform beside the samples; empty where it is another's.

    Returns:
        step_s, synthetic, start, events, notes of Waveform.
    """
    import pyarrow.parquet as pq

    keep = {key.decode(): value.decode() for key, value in (pq.read_schema(path).metadata or {}).items()}
    if "wattstack.synthetic" not in keep:
        return {}
    events = (line.split("\t", 1) for line in keep["wattstack.events"].splitlines())
    return {
        "step_s": float(keep["wattstack.step_s"]),
        "synthetic": keep["wattstack.synthetic"] == "true",
        "start": keep["wattstack.start"] or None,
        "events": tuple((float(at_s), text) for at_s, text in events),
        "notes": tuple(keep["wattstack.notes"].splitlines()),
    }


def _write_table(wave: Waveform, suffix: str, beside: Path) -> None:
    import pyarrow as pa

    table = pa.table(
        {"time_s": wave.time_s, **{name: np.asarray(v, float) for name, v in wave.arrays.items()}}
    )
    if suffix == ".csv":
        import pyarrow.csv as pv

        pv.write_csv(table, beside)
        return
    import pyarrow.parquet as pq

    keep = {
        "wattstack.step_s": repr(wave.step_s),
        "wattstack.source": wave.source,
        "wattstack.synthetic": str(wave.synthetic).lower(),
        "wattstack.start": wave.start or "",
        "wattstack.events": "\n".join(f"{at_s!r}\t{text}" for at_s, text in wave.events),
        "wattstack.notes": "\n".join(wave.notes),
    }
    pq.write_table(table.replace_schema_metadata(keep), beside, compression="zstd")


def _write_comtrade(wave: Waveform, path: Path, form: str, nominal_hz: float, site: str) -> tuple[Path, ...]:
    lows, highs = _ranges(wave)
    data = path.with_suffix(".dat")
    # a record of five digits holds a quantity to 1/200,000 of its range; single precision needs no scale
    scale = (
        np.where(highs > lows, (highs - lows) / (2 * _FULL), 1.0) if form == "ascii" else np.ones(len(lows))
    )
    offset = (highs + lows) / 2.0 if form == "ascii" else np.zeros(len(lows))
    _moved(
        path,
        lambda p: p.write_text(
            _configuration(wave, form, nominal_hz, site, (scale, offset)), "ascii", newline=""
        ),
    )
    if form == "ascii":
        _moved(data, lambda p: p.write_bytes(_ascii_records(wave, scale, offset)))
    else:
        _moved(data, lambda p: p.write_bytes(_float_records(wave)))
    return path, data


def _configuration(
    wave: Waveform, form: str, nominal_hz: float, site: str, scaling: tuple[np.ndarray, np.ndarray]
) -> str:
    """The .cfg file: one line a channel, then rates, moments and form; commas part fields, so words have none."""
    analog, status = len(wave.arrays), len(wave.events)
    device = _word("wattstack synthetic" if wave.synthetic else wave.source)
    lines = [
        f"{_word(site)},{device},{1999 if form == 'ascii' else 2013}",
        f"{analog + status},{analog}A,{status}D",
    ]
    low, high = (-_FULL, _FULL) if form == "ascii" else ("-3.4028235e+38", "3.4028235e+38")
    for n, (name, a, b) in enumerate(zip(wave.arrays, *scaling, strict=True), start=1):
        unit = _UNITS.get(name.rsplit("_", 1)[-1], "")
        lines.append(f"{n},{_word(name)},,,{unit},{a:.12g},{b:.12g},0,{low},{high},1,1,P")
    lines += [f"{n},{_word(text)},,,0" for n, (_, text) in enumerate(wave.events, start=1)]
    lines += [
        f"{nominal_hz:g}",
        "1",
        f"{wave.rate_hz:.12g},{wave.count}",
        _stamp(wave.start),
        _stamp(wave.start),
    ]
    lines += [form.upper(), f"{_time_factor(wave):.12g}"]
    if form == "float32":
        lines += ["0,0", "0,0"]  # times are UTC; the quality of their clock is not known
    return "".join(f"{line}\r\n" for line in lines)


def _ranges(wave: Waveform) -> tuple[np.ndarray, np.ndarray]:
    values = [np.asarray(v, float)[np.isfinite(v)] for v in wave.arrays.values()]
    return (
        np.array([v.min() if v.size else 0.0 for v in values]),
        np.array([v.max() if v.size else 0.0 for v in values]),
    )


def _ascii_records(wave: Waveform, scale: np.ndarray, offset: np.ndarray) -> bytes:
    """Number, moment, analog, status; what is missing is left empty."""
    columns = []
    for (_, values), a, b in zip(wave.arrays.items(), scale, offset, strict=True):
        whole = np.rint((np.nan_to_num(values) - b) / a).astype(np.int64).astype(str)
        columns.append(np.where(np.isfinite(values), whole, ""))
    moments = _moments(wave)
    rows = zip(
        (moments[0]).astype(str), moments[1].astype(str), *columns, *_status(wave).astype(str), strict=True
    )
    return "".join(",".join(row) + "\r\n" for row in rows).encode("ascii")


def _float_records(wave: Waveform) -> bytes:
    words = -(-len(wave.events) // 16)
    record = np.dtype([("n", "<u4"), ("t", "<u4"), ("a", "<f4", (len(wave.arrays),)), ("d", "<u2", (words,))])
    out = np.zeros(wave.count, dtype=record)
    out["n"], out["t"] = _moments(wave)
    for k, values in enumerate(wave.arrays.values()):
        out["a"][:, k] = np.where(np.isfinite(values), values, _MISSING)
    for k, on in enumerate(_status(wave)):
        out["d"][:, k // 16] |= on.astype(np.uint16) << (k % 16)
    return out.tobytes()


def _moments(wave: Waveform) -> tuple[np.ndarray, np.ndarray]:
    """Number of each sample from 1, and its moment in microseconds / time factor."""
    factor_s = _time_factor(wave) * 1e-6
    return np.arange(1, wave.count + 1), np.rint(wave.time_s / factor_s).astype(np.int64)


def _time_factor(wave: Waveform) -> float:
    """Microseconds a unit of time: more than 1 where 32 bits of microseconds would not reach the end."""
    return float(max(1, -(-int(wave.duration_s * 1e6) // (2**32 - 2))))


def _status(wave: Waveform) -> np.ndarray:
    """1 from the moment of each event on, shape (events, samples)."""
    moments = np.array([at_s for at_s, _ in wave.events]).reshape(-1, 1)
    return (wave.time_s + 0.5 * wave.step_s > moments).astype(np.int64)


def _stamp(start: str | None) -> str:
    moment = datetime.fromisoformat(start).astimezone(UTC) if start else _EPOCH
    return moment.strftime("%d/%m/%Y,%H:%M:%S.%f")


def _word(text: str) -> str:
    """Text of a field: ASCII, no comma, at most 64 characters."""
    plain = text.encode("ascii", "replace").decode("ascii").replace(",", ";").replace("\n", " ")
    return plain[:64]


def _moved(path: Path, write) -> None:
    beside = path.with_name(path.name + ".part")
    write(beside)
    os.replace(beside, path)
