"""Figures of a fitted trace: some iterations, the folded one, the spectrum, measured and modelled.

Needs    physics.fit_load.FittedLoad.
Gives    excerpt, fold, spectrum.
Used by  report.fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.report.figures.base import BLUE, RED, Figure, Key, layout, line, rounded, titled, unit_label

if TYPE_CHECKING:
    from wattstack.physics.fit_load import FittedLoad

MEASURED, MODEL = Key("Measured", BLUE, "line"), Key("Model, through the sensor", RED, "line", "dash")
_FLOOR = 1e-5  # of the highest density: what is lower is not drawn


def unit_of(power_mw: float) -> tuple[float, str]:
    """Factor and unit that write a power with few noughts."""
    return (1.0, "MW") if power_mw >= 1.0 else (1e3, "kW") if power_mw >= 1e-3 else (1e6, "W")


def excerpt(fitted: FittedLoad) -> Figure:
    """Some iterations of the trace, and the stretch of the model that goes with them best."""
    factor, unit = unit_of(fitted.measured.mean_mw)
    cut, x = fitted.excerpt, rounded(fitted.excerpt.time_s)
    data = [
        line(x, rounded(factor * cut.measured_mw), MEASURED, unit),
        line(x, rounded(factor * cut.model_mw), MODEL, unit),
    ]
    caption = (
        "A stretch of the trace while the job trains. The model has a chance of its own: it goes with the trace in "
        "shape, not in every dip."
    )
    look = _look(f"Power [{unit}]", titled("Time [s]"))
    return Figure("excerpt", "Some iterations", caption, data, look, legend=(MEASURED, MODEL))


def fold(fitted: FittedLoad) -> Figure:
    """The mean iteration, its lowest part in the middle."""
    factor, unit = unit_of(fitted.measured.mean_mw)
    count = fitted.measured.fold_mw.size
    x = rounded((np.arange(count) + 0.5) / count * fitted.job.period_s)
    data = [
        line(x, rounded(factor * marks.fold_mw), key, unit)
        for marks, key in ((fitted.measured, MEASURED), (fitted.model, MODEL))
    ]
    caption = (
        f"All iterations laid over each other at their {fitted.job.period_s:.4g} s. The sensor makes dips shallower "
        f"and longer than they are; what lies below the plateau in all, {fitted.measured.deficit_frac:.2%}, it leaves."
    )
    look = _look(f"Power [{unit}]", titled("Time in the iteration [s]"))
    return Figure("fold", "The folded iteration", caption, data, look, legend=(MEASURED, MODEL))


def spectrum(fitted: FittedLoad) -> Figure:
    """Amplitude density over frequency."""
    factor, unit = unit_of(fitted.measured.mean_mw)
    data = []
    for marks, key in ((fitted.measured, MEASURED), (fitted.model, MODEL)):
        shown = marks.density_mw2_per_hz > _FLOOR * marks.density_mw2_per_hz.max()
        amplitude = factor * np.sqrt(marks.density_mw2_per_hz[shown])
        data.append(line(rounded(marks.frequency_hz[shown]), rounded(amplitude), key, f"{unit}/√Hz"))
    caption = (
        f"The line of the iteration stands at {fitted.measured.line_hz:.4g} Hz: "
        f"{factor * fitted.measured.line_rms_mw:.4g} {unit} rms measured, "
        f"{factor * fitted.model.line_rms_mw:.4g} {unit} modelled. Welch's spectrum, Hann window, pauses left out."
    )
    look = _look(f"Amplitude density [{unit}/√Hz]", titled("Frequency [Hz]", type="log"))
    look["yaxis"]["type"] = "log"
    return Figure("spectrum", "Spectrum", caption, data, look, legend=(MEASURED, MODEL))


def _look(label: str, xaxis: dict) -> dict:
    look = layout(False, xaxis=xaxis, yaxis=titled(""))
    look["annotations"].append(unit_label(label))
    return look
