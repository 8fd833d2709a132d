"""What marks the power of a training job in a trace: its line in the spectrum, its folded iteration, pauses, coherence.

Gives    Marks, marks_of, find_period, find_pauses, jitter_of, coherence, common_and_own, running_mean.
Used by  physics.fit_load, benchmarks.

One estimator for what was measured and for what the model makes, so that its own bias stands on both sides. Spectra are
Welch's (1967, doi:10.1109/TAU.1967.1161901) with Hann windows and half overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wattstack.errors import Fault, InputError

FOLD = 40  # parts of an iteration
TOP = FOLD // 4  # parts of the fold whose mean is the plateau: chance is averaged out, a percentile keeps it
_SEGMENTS = 6  # spectra that are averaged, half overlapped, at least
_LINE_BINS = 4  # half width of a line: main lobe of the Hann window and what jitter adds
_LINE_ABOVE = 8.0  # times the density around it that a line must reach: chance alone reaches 3 to 4
_PER_PERIOD = 24  # samples of an iteration that are enough to tell its frequency
_FASTEST = 0.42  # of the rate: above it a line cannot be told from its alias
_PAUSE_DROP = 0.03  # of the mean: what a pause must lower the mean over an iteration by
_CLEAR = 4.0  # spreads between the two levels of that mean, or there are no pauses
_STRETCH = 30  # iterations that are taken as one clock


@dataclass(frozen=True)
class Marks:
    """Marks of one trace while the job trains.

    Attributes:
        line_hz: Frequency of the iteration's line.
        line_rms_mw: Its root mean square [MW].
        mean_mw: Mean power [MW].
        plateau_mw: Mean of the fold's highest quarter [MW].
        deficit_frac: 1 - mean of the fold / plateau: depth x length of the dips, which no filter of a sensor changes as
            long as it reaches the plateau.
        sd_frac: Standard deviation / mean.
        fold_mw: Mean iteration, its lowest part in the middle [MW], shape (40,).
        frequency_hz: Frequencies of the density, shape (bins,).
        density_mw2_per_hz: Power spectral density, one-sided, shape (bins,).
    """

    line_hz: float
    line_rms_mw: float
    mean_mw: float
    plateau_mw: float
    deficit_frac: float
    sd_frac: float
    fold_mw: np.ndarray
    frequency_hz: np.ndarray
    density_mw2_per_hz: np.ndarray


def marks_of(
    power_mw: np.ndarray, step_s: float, training: np.ndarray, near_hz: float | None = None
) -> Marks:
    """Marks of a trace.

    Args:
        power_mw: Power, NaN where there is none, shape (samples,).
        step_s: Time from sample to sample [s].
        training: Samples that count, bool (samples,).
        near_hz: Frequency the line is looked for around; None = the strongest line there is.

    Raises:
        InputError: Too short, or without a line.
    """
    training = training & np.isfinite(power_mw)
    known = power_mw[training]
    if known.size < 64:
        raise InputError(
            "trace", [f"has {known.size} samples of training, must have 64 or more. Give a longer one."]
        )
    frequency_hz, density = spectrum(power_mw, step_s, training)
    peak = _peak(frequency_hz, density, near_hz)
    band = slice(max(peak - _LINE_BINS, 1), peak + _LINE_BINS + 1)
    line_hz = float(np.sum(frequency_hz[band] * density[band]) / np.sum(density[band]))
    line_hz = _sharpened(power_mw, step_s, training, line_hz)
    mean_mw, fold_mw = float(known.mean()), folded(power_mw, step_s, training, 1.0 / line_hz)
    plateau_mw = float(np.sort(fold_mw)[-TOP:].mean())
    return Marks(
        line_hz=line_hz,
        line_rms_mw=float(np.sqrt(np.sum(density[band]) * frequency_hz[1])),
        mean_mw=mean_mw,
        plateau_mw=plateau_mw,
        deficit_frac=1.0 - float(fold_mw.mean()) / plateau_mw,
        sd_frac=float(known.std() / mean_mw),
        fold_mw=fold_mw,
        frequency_hz=frequency_hz,
        density_mw2_per_hz=density,
    )


def spectrum(power_mw: np.ndarray, step_s: float, training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power spectral density of the samples that count, the others taken at the mean and made up for.

    Returns:
        Frequencies [Hz] and one-sided density [MW2/Hz].
    """
    counted = training & np.isfinite(power_mw)
    about = np.where(counted, power_mw - power_mw[counted].mean(), 0.0)
    length = 1 << int(np.log2(max(2 * about.size / (_SEGMENTS + 1), 16)))
    window = np.hanning(length + 1)[:-1]
    total, weight = np.zeros(length // 2 + 1), 0.0
    for begin in range(0, about.size - length + 1, length // 2):
        part, share = about[begin : begin + length], counted[begin : begin + length]
        kept = float(np.sum(window**2 * share))
        if kept < 0.25 * np.sum(window**2):
            continue
        total += np.abs(np.fft.rfft(part * window)) ** 2
        weight += kept
    density = 2.0 * step_s * total / max(weight, 1e-30)
    density[0] = 0.0
    return np.fft.rfftfreq(length, step_s), density


def _peak(frequency_hz: np.ndarray, density: np.ndarray, near_hz: float | None) -> int:
    """Bin of the iteration's line: the strongest for its frequency, and its root where it is a multiple."""
    last = int(np.searchsorted(frequency_hz, _FASTEST * 2.0 * frequency_hz[-1]))
    strength = density * frequency_hz
    strength[:3] = 0.0  # the mean and its drift
    strength[last:] = 0.0
    if near_hz is not None:
        strength[np.abs(frequency_hz / near_hz - 1.0) > 0.15] = 0.0
        return int(np.argmax(strength))
    peak = int(np.argmax(strength))
    for part in (2, 3):
        root = round(peak / part)
        around = slice(max(root - 1, 3), root + 2)
        if root > 3 and density[around].size and density[around].max() > 0.5 * density[peak]:
            peak = int(around.start + np.argmax(density[around]))
            break
    near = density[max(peak // 2, 3) : min(2 * peak, last)]
    if density[peak] < _LINE_ABOVE * np.median(near):
        raise InputError(
            "trace",
            [
                Fault(
                    "line",
                    f"at {frequency_hz[peak]:.4g} Hz stands {density[peak] / np.median(near):.2g} times above what "
                    f"lies around it, must stand {_LINE_ABOVE:g} times to be an iteration. Sample faster, give a "
                    "longer trace, or its period.",
                )
            ],
        )
    return peak


def find_period(power_mw: np.ndarray, step_s: float, near_s: float | None = None) -> float:
    """Period of the iteration, pauses not yet known [s].

    Raises:
        InputError: There is no line.
    """
    counted = np.isfinite(power_mw)
    frequency_hz, density = spectrum(power_mw, step_s, counted)
    peak = _peak(frequency_hz, density, None if near_s is None else 1.0 / near_s)
    band = slice(max(peak - 2, 1), peak + 3)
    return float(np.sum(density[band]) / np.sum(frequency_hz[band] * density[band]))


def stretches(training: np.ndarray, longest: int) -> list[slice]:
    """Runs of samples that count, cut where they are longer than `longest`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], training.astype(np.int8), [0]])))
    found = []
    for begin, end in edges.reshape(-1, 2):
        parts = max(round((end - begin) / longest), 1)
        cuts = np.linspace(begin, end, parts + 1).astype(int)
        found += [slice(a, b) for a, b in pairwise(cuts)]
    return found


def _phasors(power_mw: np.ndarray, step_s: float, runs: list[slice], hz: np.ndarray) -> np.ndarray:
    """Amplitude and phase of frequencies in each run, complex (runs, frequencies)."""
    found = np.empty((len(runs), hz.size), dtype=complex)
    for row, run in enumerate(runs):
        at_s = step_s * np.arange(run.start, run.stop)
        window = np.hanning(at_s.size + 2)[1:-1]
        part = power_mw[run]
        about = (part - np.sum(part * window) / window.sum()) * window
        found[row] = 2.0 * np.exp(-2j * np.pi * np.outer(hz, at_s)) @ about / window.sum()
    return found


def _long_enough(power_mw: np.ndarray, step_s: float, training: np.ndarray, period_s: float) -> list[slice]:
    runs = stretches(training & np.isfinite(power_mw), max(round(_STRETCH * period_s / step_s), 16))
    least = max(4.0 * period_s / step_s, 8)
    return [run for run in runs if run.stop - run.start >= least]


def _sharpened(power_mw: np.ndarray, step_s: float, training: np.ndarray, line_hz: float) -> float:
    """The frequency that most power of all stretches agrees on: finer than the bins of a spectrum."""
    block = max(int(1.0 / line_hz / step_s / _PER_PERIOD), 1)
    count = power_mw.size // block
    power_mw = power_mw[: count * block].reshape(count, block).mean(axis=1)
    training = training[: count * block].reshape(count, block).all(axis=1)
    step_s = step_s * block
    runs = _long_enough(power_mw, step_s, training, 1.0 / line_hz)
    if not runs:
        return line_hz
    hz = line_hz * np.linspace(0.96, 1.04, 401)
    weight = np.array([run.stop - run.start for run in runs], dtype=float)
    strength = weight @ np.abs(_phasors(power_mw, step_s, runs, hz)) ** 2
    return float(hz[np.argmax(strength)])


def parts_of(power_mw: np.ndarray, step_s: float, training: np.ndarray, period_s: float) -> np.ndarray:
    """Part of the fold, 0 .. 39, that each sample lies in, -1 where none; every stretch by its own phase."""
    parts = np.full(power_mw.size, -1)
    runs = _long_enough(power_mw, step_s, training, period_s)
    if not runs:
        return parts
    angle = np.angle(_phasors(power_mw, step_s, runs, np.array([1.0 / period_s])))[:, 0]
    for run, turn in zip(runs, angle, strict=True):
        place = (step_s * np.arange(run.start, run.stop) / period_s + turn / (2.0 * np.pi)) % 1.0
        parts[run] = np.minimum((place * FOLD).astype(int), FOLD - 1)
    return parts


def folded(power_mw: np.ndarray, step_s: float, training: np.ndarray, period_s: float) -> np.ndarray:
    """Mean iteration, lowest part in the middle [MW], shape (40,)."""
    parts = parts_of(power_mw, step_s, training, period_s)
    taken = parts >= 0
    if not taken.any():
        return np.full(FOLD, np.nan)
    counts = np.bincount(parts[taken], minlength=FOLD)
    fold = np.bincount(parts[taken], weights=power_mw[taken], minlength=FOLD) / np.maximum(counts, 1)
    known = counts > 0
    centres = (np.arange(FOLD) + 0.5) / FOLD
    return np.interp(centres, centres[known], fold[known], period=1.0)


def jitter_of(power_mw: np.ndarray, step_s: float, training: np.ndarray, period_s: float) -> float | None:
    """Standard deviation of the period / period, from how the phase of the line wanders; None where noise hides it.

    Phases of iterations m apart differ by m jitter^2 and twice the noise of a phase: a straight line over m.
    """
    apart: dict[int, list[float]] = {m: [] for m in range(2, 9)}  # windows of two iterations overlap at m = 1
    per = period_s / step_s
    for run in _long_enough(power_mw, step_s, training, period_s):
        count = int((run.stop - run.start) / per) - 1
        if count < 6:
            continue
        windows = [slice(run.start + round(k * per), run.start + round((k + 2) * per)) for k in range(count)]
        turn = np.unwrap(np.angle(_phasors(power_mw, step_s, windows, np.array([1.0 / period_s])))[:, 0])
        for m in apart:
            apart[m] += list(turn[m:] - turn[:-m])
    lags = np.array([m for m, turns in apart.items() if len(turns) > 4])
    if lags.size < 3:
        return None
    spread = np.array([np.mean(np.square(apart[m])) for m in lags])
    weight = np.sqrt([len(apart[m]) for m in lags])
    slope = float(np.polyfit(lags, spread, 1, w=weight)[0])
    return float(np.sqrt(slope) / (2.0 * np.pi)) if slope > 0.0 else None


def find_pauses(power_mw: np.ndarray, step_s: float, period_s: float) -> list[tuple[int, int]]:
    """Pauses of a job: stretches whose mean over one iteration lies clearly lower.

    Returns:
        First and last sample + 1 of each; empty where the mean over an iteration has one level only.
    """
    known = np.isfinite(power_mw)
    filled = np.interp(np.arange(power_mw.size), np.flatnonzero(known), power_mw[known])
    mean = running_mean(filled, period_s / step_s)
    threshold = _two_levels(mean)
    if threshold is None:
        return []
    low = (mean < threshold) & known
    edges = np.flatnonzero(np.diff(np.concatenate([[0], low.astype(np.int8), [0]]))).reshape(-1, 2)
    return [(int(a), int(b)) for a, b in edges if (b - a) * step_s >= 0.5 * period_s]


def running_mean(values: np.ndarray, length: float) -> np.ndarray:
    """Mean over `length` samples around each, a fraction of a sample counted as such."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(values.size) + 0.5
    begin, end = np.clip(at - length / 2, 0, values.size), np.clip(at + length / 2, 0, values.size)
    grid = np.arange(values.size + 1)
    return (np.interp(end, grid, total) - np.interp(begin, grid, total)) / (end - begin)


def _two_levels(mean: np.ndarray) -> float | None:
    """The value that parts two levels (Otsu 1979, doi:10.1109/TSMC.1979.4310076); None where there is one."""
    ordered = np.sort(mean)
    count = np.arange(1, ordered.size)
    below = np.cumsum(ordered)[:-1] / count
    above = (ordered.sum() - np.cumsum(ordered)[:-1]) / (ordered.size - count)
    between = count * (ordered.size - count) * (above - below) ** 2
    cut = int(np.argmax(between))
    low, high = ordered[: cut + 1], ordered[cut + 1 :]
    apart = np.median(high) - np.median(low)
    spread = max(float(np.median(np.abs(high - np.median(high)))), 1e-12)
    if apart < _PAUSE_DROP * np.median(high) or apart < _CLEAR * spread or low.size > high.size:
        return None
    return float(np.median(high) - 0.5 * apart)


def coherence(nodes_mw: np.ndarray, counted: np.ndarray) -> float:
    """Standard deviation of the sum / sum of standard deviations: 1 = all as one, 1 / sqrt(N) = independent.

    Args:
        nodes_mw: Power of the nodes, shape (nodes, samples); no log twice.
        counted: Samples that count, bool (samples,).
    """
    part = nodes_mw[:, counted]
    return float(part.sum(axis=0).std() / part.std(axis=1).sum())


def common_and_own(nodes_mw: np.ndarray, counted: np.ndarray) -> tuple[float, float]:
    """The a and b of sd(N) = mean x sqrt(a^2 + b^2 / N): what nodes share, and what each has by itself.

    Args:
        nodes_mw: Power of the nodes, shape (nodes, samples), two nodes or more; no log twice.
        counted: Samples that count, bool (samples,).
    """
    part = nodes_mw[:, counted]
    part = part / part.mean(axis=1, keepdims=True)
    one, whole, count = float(np.mean(part.var(axis=1))), float(part.mean(axis=0).var()), part.shape[0]
    own = max((one - whole) / (1.0 - 1.0 / count), 0.0)
    return float(np.sqrt(max(whole - own / count, 0.0))), float(np.sqrt(own))
