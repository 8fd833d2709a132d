"""How a swing travels from the GPUs to the grid, and the lines of it.

Needs    series.Waveform, twin.transient.greatest_change.
Gives    chain_of, spectrum_of, thin.
Used by  prove.proof.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wattstack.series import Waveform
from wattstack.twin.transient import greatest_change

_EXCERPT_S = 12.0
_SEGMENT_S = 100.0  # ten periods of 0.1 Hz
_POINTS = 700  # of a spectrum, along the logarithm of frequency
_MOST = 900  # pairs of extremes that a curve is thinned to


def chain_of(wave: Waveform) -> dict[str, Any]:
    """Mean, greatest change within 5 s, and some seconds of every stage from the GPUs to the grid.

    Args:
        wave: Of the transient twin, with all its channels.
    """
    stages = _stages(wave)
    load = stages["campus"][1]
    _, end_s = greatest_change(load, wave.step_s)
    first = max(0, int((end_s - 0.75 * _EXCERPT_S) / wave.step_s))
    last = min(wave.count, first + int(_EXCERPT_S / wave.step_s))
    rows = []
    for name, (text, values) in stages.items():
        change, at_s = greatest_change(values, wave.step_s)
        moments, shown = thin(wave.time_s[first:last], values[first:last])
        rows.append(
            {
                "stage": name, "text": text, "mean_mw": float(values.mean()), "change_5s_mw": change,
                "change_5s_at_s": at_s, "excerpt": {"time_s": moments, "power_mw": shown},
            }
        )  # fmt: skip
    return {"stages": rows}


def _stages(wave: Waveform) -> dict[str, tuple[str, np.ndarray]]:
    """Stages in their order; those that are not in the wave are left out."""
    found = {}
    gpus = [v for name, v in wave.arrays.items() if name.endswith(".gpu_mw")]
    if gpus:
        found["gpu"] = ("servers with what their GPUs do against swings", np.sum(gpus, axis=0))
    found["it"] = ("power supplies, racks, network and storage", wave["it_mw"])
    ups = [v for name, v in wave.arrays.items() if name.startswith("ups.") and name.endswith(".power_mw")]
    if ups:
        found["ups"] = ("before the uninterruptible supplies", np.sum(ups, axis=0))
    found["campus"] = ("with cooling and all other loads", wave["load_mw"])
    found["grid"] = ("at the point of connection, behind batteries and generators", wave["power_mw"])
    return found


def spectrum_of(wave: Waveform) -> dict[str, Any] | None:
    """Lines of what is drawn from the grid and of what the campus draws: peak to peak of a sine at each frequency.

    Welch: Hann, segments of 100 s, half of each over the next; between the points shown the highest line counts.

    Args:
        wave: With power_mw, and load_mw where it is known.

    Returns:
        frequency_hz and a list a channel; None where the record is shorter than a segment or has a hole.
    """
    count = round(_SEGMENT_S / wave.step_s)
    channels = [name for name in ("load_mw", "power_mw") if name in wave.arrays]
    if wave.count < count or not all(np.isfinite(wave[name]).all() for name in channels):
        return None
    hertz = np.fft.rfftfreq(count, wave.step_s)[1:]
    edges = np.unique(np.round(np.geomspace(1, len(hertz) + 1, _POINTS)).astype(int)) - 1
    edges = edges[edges < len(hertz)]
    found: dict[str, Any] = {"segment_s": _SEGMENT_S, "frequency_hz": hertz[edges].tolist()}
    for name in channels:
        lines = _lines(np.asarray(wave[name], float), count)[1:]
        found[name] = np.maximum.reduceat(lines, edges).tolist()
    return found


def _lines(values: np.ndarray, count: int) -> np.ndarray:
    window = np.hanning(count + 1)[:-1]
    power = [
        np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2
        for start in range(0, len(values) - count + 1, count // 2)
        for part in (values[start : start + count],)
    ]
    # 2 / sum is the amplitude, 4 / sum peak to peak
    return 4.0 * np.sqrt(np.mean(power, axis=0)) / window.sum()


def thin(time_s: np.ndarray, values: np.ndarray) -> tuple[list[float], list[float]]:
    """Moments and values to draw: all of few, else the least and the greatest of each stretch, in order."""
    values = np.asarray(values, float)
    if len(values) > 2 * _MOST:
        width = -(-len(values) // _MOST)
        starts = np.arange(0, len(values), width)
        rows = [values[s : s + width] for s in starts]
        places = np.array([[s + r.argmin(), s + r.argmax()] for s, r in zip(starts, rows, strict=True)])
        places = np.unique(np.concatenate([places.ravel(), [len(values) - 1]]))
        time_s, values = time_s[places], values[places]
    return [round(t, 6) for t in np.asarray(time_s, float).tolist()], [
        float(f"{v:.6g}") for v in values.tolist()
    ]
