"""How much lamps would flicker: Pst by the chain of IEC 61000-4-15 on relative changes of voltage, and dV10 of Japan.

Needs    scipy.
Gives    short_term, long_term, dv10, PST_WINDOW_S, LAMPS.
Used by  prove.compliance.voltage.

The chain of the standard from block 2 on, fed with the relative change of the rms voltage instead of the voltage
itself: the squaring demodulator and the filters that take the carrier out drop away, weighting by lamp and eye,
squaring, smoothing over 300 ms and the classifier stay. Against the standard's table of rectangular changes it is
within 5 % (tests). It starts settled: ten seconds mirrored go before the first.
"""

from __future__ import annotations

from functools import cache
from math import ceil, pi

import numpy as np

PST_WINDOW_S = 600.0
_PLT_WINDOWS = 12
_RATE_HZ = 400.0  # at which the weighting filter is true to the standard within 1 % up to 20 Hz
# Lamp -> k, lambda, w1 .. w4 over 2 pi [Hz], low-pass edge [Hz], sine of 8.8 Hz that is just seen, peak to peak [%].
LAMPS = {
    "230 V": (1.74802, 4.05981, 9.15494, 2.27979, 1.22535, 21.9, 35.0, 0.250),
    "120 V": (1.6357, 4.167375, 9.077169, 2.939902, 1.394468, 17.31512, 42.0, 0.321),
}
# Share of the time a level is exceeded [%], and its weight, after smoothing (IEC 61000-4-15, 5.7.2).
_LEVELS = (
    (0.0314, (0.1,)),
    (0.0525, (0.7, 1.0, 1.5)),
    (0.0657, (2.2, 3.0, 4.0)),
    (0.28, (6.0, 8.0, 10.0, 13.0, 17.0)),
    (0.08, (30.0, 50.0, 80.0)),
)
# Sensitivity of the eye by frequency, 10 Hz = 1, for dV10: lamps of 100 V, curve of Japanese guides, recalled.
_EYE_HZ = (0.01, 0.05, 0.1, 0.5, 1.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0)
_EYE = (0.026, 0.055, 0.075, 0.169, 0.26, 0.563, 0.78, 1.0, 0.845, 0.655, 0.357)


def short_term(change_pct: np.ndarray, rate_hz: float, lamp: str) -> tuple[np.ndarray, np.ndarray]:
    """Pst of every whole window of ten minutes, or of the record where it is shorter.

    Args:
        change_pct: Relative change of the rms voltage [%], shape (samples,), no NaN.
        rate_hz: Samples a second [Hz], 91 or more.
        lamp: "230 V" (50 Hz) or "120 V" (60 Hz).

    Returns:
        Pst, and first sample of each window.

    Source:
        IEC 61000-4-15:2010, blocks 3 to 5.
    """
    seen = _sensation(change_pct, rate_hz, lamp)
    window = min(round(PST_WINDOW_S * rate_hz), len(seen))
    firsts = np.arange(0, len(seen) - window + 1, window)
    return np.array([_classified(seen[first : first + window]) for first in firsts]), firsts


def long_term(short: np.ndarray) -> float:
    """Plt: cubic mean of twelve Pst, the greatest of all runs of twelve; of all there are where they are fewer."""
    count = min(_PLT_WINDOWS, len(short))
    cubes = np.convolve(short**3, np.ones(count) / count, mode="valid")
    return float(cubes.max() ** (1.0 / 3.0))


def _sensation(change_pct: np.ndarray, rate_hz: float, lamp: str) -> np.ndarray:
    """Instantaneous flicker sensation, 1 = just seen."""
    from scipy.signal import resample_poly, sosfilt

    finer = ceil(_RATE_HZ / rate_hz)
    if finer > 1:
        change_pct, rate_hz = resample_poly(change_pct, finer, 1, padtype="edge"), finer * rate_hz
    sections, scale = _chain(rate_hz, lamp)
    pad = min(len(change_pct) - 1, round(10.0 * rate_hz))
    longer = np.concatenate([change_pct[pad:0:-1], change_pct]) - change_pct.mean()
    weighted = sosfilt(sections, longer)
    smooth = 1.0 - np.exp(-1.0 / (0.3 * rate_hz))
    squared = sosfilt([[smooth, 0.0, 0.0, 1.0, smooth - 1.0, 0.0]], weighted**2)
    return squared[pad::finer] * scale


@cache
def _chain(rate_hz: float, lamp: str) -> tuple[np.ndarray, float]:
    """Filters of block 3 in sections, and the factor that makes a just-seen sine 1."""
    from scipy.signal import bilinear, butter, sosfilt, sosfreqz, tf2sos

    k, damp, w1, w2, w3, w4, edge, seen_pct = LAMPS[lamp]
    turn = 2.0 * pi
    top = k * turn * w1 * np.array([1.0 / (turn * w2), 1.0, 0.0])
    slow, fast = turn * w3, turn * w4
    lags = [1.0 / (slow * fast), 1.0 / slow + 1.0 / fast, 1.0]
    bottom = np.polymul([1.0, 2.0 * turn * damp, (turn * w1) ** 2], lags)
    sections = [
        butter(1, 0.05, "highpass", fs=rate_hz, output="sos"),
        tf2sos(*bilinear(np.concatenate([[0.0, 0.0], top]), bottom, fs=rate_hz)),
    ]
    if edge < 0.49 * rate_hz:
        sections.append(butter(6, edge, "lowpass", fs=rate_hz, output="sos"))
    whole = np.vstack(sections)
    through = abs(sosfreqz(whole, worN=[8.8], fs=rate_hz)[1][0])
    amplitude = 0.5 * seen_pct * through
    smooth = 1.0 - np.exp(-1.0 / (0.3 * rate_hz))
    time = np.arange(round(20.0 * rate_hz)) / rate_hz
    told = sosfilt([[smooth, 0.0, 0.0, 1.0, smooth - 1.0, 0.0]], (amplitude * np.sin(turn * 8.8 * time)) ** 2)
    return whole, 1.0 / float(told[len(told) // 2 :].max())


def _classified(seen: np.ndarray) -> float:
    """Pst of a window from how long which level is exceeded."""
    flat = [share for _, shares in _LEVELS for share in shares]
    levels = iter(np.quantile(seen, [1.0 - share / 100.0 for share in flat]))
    total = sum(weight * float(np.mean([next(levels) for _ in shares])) for weight, shares in _LEVELS)
    return float(np.sqrt(max(total, 0.0)))


def dv10(change_pct: np.ndarray, rate_hz: float) -> tuple[float, int]:
    """dV10 of the worst minute on a base of 100 V [V], and the first sample of that minute.

    Each component's peak to peak counts with the sensitivity of the eye at its frequency, all added as squares.

    Args:
        change_pct: Relative change of the rms voltage [%], a minute at least.
        rate_hz: Samples a second [Hz].

    Source:
        Definition of dV10 and curve of sensitivity as told in Japanese guides for arc furnaces; texts not at hand.
    """
    window = round(60.0 * rate_hz)
    hertz = np.fft.rfftfreq(window, 1.0 / rate_hz)
    eye = np.where((hertz > 0.0) & (hertz <= _EYE_HZ[-1]), np.interp(hertz, _EYE_HZ, _EYE), 0.0)
    worst, at = 0.0, 0
    for first in range(0, len(change_pct) - window + 1, window):
        swing = 4.0 / window * np.abs(np.fft.rfft(change_pct[first : first + window]))  # peak to peak
        level = float(np.sqrt(((eye * swing) ** 2).sum()))
        if level > worst:
            worst, at = level, first
    return worst, at
