"""Filters and spectra of the tests, all of scipy in one place.

Needs    scipy.
Gives    keep_band, keep_below, between_samples, resonate, density, line_amplitude, SETTLE, RATE_PER_EDGE.
Used by  prove.compliance.

Butterworth, 4th order at each edge of the band unless the rule says otherwise, in second-order sections, zero-phase:
forwards and backwards, so of twice the order and -6 dB at the edges. Not causal, as a meter filters while time runs:
the delay of its lower edge puts the harmonics of a swing beside their places, and a square swing of 38 MW every 3 s
would read 95 MW, which nobody draws. The record is mirrored at both ends for three periods of the lower edge, and what
is settled by then is judged.
"""

from __future__ import annotations

from math import ceil, pi

import numpy as np

SETTLE = 2.5  # periods of the lower edge at each end of a filtered piece that are not judged
_MIRROR = 3.0  # periods of the lower edge that a piece is mirrored over
RATE_PER_EDGE = 200.0 / 55.0  # samples a period of the upper edge: 200 Hz where a rule reaches 55 Hz
_PEAK_SAMPLES = 20  # samples a period of the upper edge between which a peak hides 1.2 % at most
KEEP_EDGE = 1.8  # an edge moved out by this leaves 99 % at the named frequency (4th order, both ways)
HIGHEST_EDGE = 0.45  # of the rate, for an edge that is moved out


def keep_band(values: np.ndarray, rate_hz: float, band_hz: tuple[float, float], order: int) -> np.ndarray:
    """The part of a signal inside a band.

    Args:
        values: Samples, no NaN, shape (n,).
        rate_hz: Samples a second [Hz].
        band_hz: Lower and upper edge, -6 dB [Hz]; an upper edge at or above 0.98 of half the rate filters nothing.
        order: Of the Butterworth filter at each edge, before it is run both ways.

    Returns:
        Same shape, mean about 0.
    """
    from scipy.signal import sosfiltfilt

    sections = _sections(rate_hz, band_hz, order)
    pad = min(len(values) - 1, ceil(_MIRROR * rate_hz / band_hz[0]))
    centred = values - values.mean()
    longer = np.concatenate([centred[pad:0:-1], centred, centred[-2 : -pad - 2 : -1]])
    return sosfiltfilt(sections, longer, padtype=None)[pad : pad + len(values)]


def _sections(rate_hz: float, band_hz: tuple[float, float], order: int) -> np.ndarray:
    """High pass, then low pass: better conditioned than one band pass whose edges lie decades apart."""
    from scipy.signal import butter

    high = butter(order, band_hz[0], "highpass", fs=rate_hz, output="sos")
    if band_hz[1] >= 0.49 * rate_hz:
        return high
    return np.vstack([high, butter(order, band_hz[1], "lowpass", fs=rate_hz, output="sos")])


def keep_below(values: np.ndarray, rate_hz: float, edge_hz: float, order: int) -> np.ndarray:
    """A signal without what is faster than an edge, zero-phase; the edge is below half the rate."""
    from scipy.signal import butter, sosfiltfilt

    sections = butter(order, edge_hz, "lowpass", fs=rate_hz, output="sos")
    return sosfiltfilt(
        sections, values, padtype="even", padlen=min(len(values) - 1, ceil(6.0 * rate_hz / edge_hz))
    )


def between_samples(values: np.ndarray, rate_hz: float, edge_hz: float) -> tuple[np.ndarray, int]:
    """A band-limited signal on a finer step, so that its peaks between the samples are seen.

    Args:
        values: Samples of mean about 0.
        rate_hz: Their rate [Hz].
        edge_hz: Highest frequency in it [Hz].

    Returns:
        Samples and how many stand for one.
    """
    from scipy.signal import resample_poly

    finer = ceil(_PEAK_SAMPLES * edge_hz / rate_hz)
    return (values, 1) if finer <= 1 else (resample_poly(values, finer, 1), finer)


def resonate(values: np.ndarray, rate_hz: float, mode_hz: float, damping_frac: float) -> np.ndarray:
    """What a mode of the grid makes of a signal: y'' + 2 z w y' + w^2 y = w^2 x, at rest before the first sample.

    Source:
        Forced response of a second-order mode (Kundur, Power System Stability and Control, 12.2); the signal is held
        straight between samples (bilinear, warped to be exact at the mode).
    """
    from scipy.signal import bilinear, lfilter

    turn = 2.0 * pi * mode_hz
    warped = 2.0 * rate_hz * np.tan(turn / (2.0 * rate_hz))  # exact at the mode
    top, bottom = bilinear([warped**2], [1.0, 2.0 * damping_frac * warped, warped**2], fs=rate_hz)
    return lfilter(top, bottom, values)


def density(values: np.ndarray, rate_hz: float, segment_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Power spectral density by Welch's mean of Hann-windowed segments, half over one another.

    Args:
        values: Samples.
        rate_hz: Their rate [Hz].
        segment_s: Length of a segment [s]; the record where that is shorter.

    Returns:
        Frequencies [Hz] and density [unit^2/Hz].

    Source:
        Welch (1967), doi:10.1109/TAU.1967.1161901.
    """
    from scipy.signal import welch

    length = min(len(values), round(segment_s * rate_hz))
    return welch(values, rate_hz, window="hann", nperseg=length, detrend="linear")


def line_amplitude(
    frequency_hz: np.ndarray, power: np.ndarray, band_hz: tuple[float, float]
) -> tuple[float, float]:
    """Amplitude and frequency of the strongest line in a band.

    The power of a line lies in the main lobe of the Hann window, two bins to each side of its top: their sum is the
    power whatever lies between the bins, so there is no scalloping.

    Returns:
        Amplitude (half of peak to peak of the sine) and frequency [Hz]; 0 and 0 where the band holds no bin.
    """
    inside = np.flatnonzero((frequency_hz >= band_hz[0]) & (frequency_hz <= band_hz[1]))
    if not inside.size:
        return 0.0, 0.0
    top = inside[np.argmax(power[inside])]
    lobe = slice(max(top - 2, 0), top + 3)
    total = float(power[lobe].sum())
    if total <= 0.0:
        return 0.0, 0.0
    centre = float((frequency_hz[lobe] * power[lobe]).sum() / total)
    return float(np.sqrt(2.0 * total * (frequency_hz[1] - frequency_hz[0]))), centre
