"""The page of a fitted trace: the job to paste, how well it tells the trace, and what the trace could not tell.

Needs    physics.fit_load.FittedLoad, report.figures.fit, report.page.
Gives    write_fit.
Used by  cli.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wattstack.report.figures.fit import excerpt, fold, spectrum, unit_of
from wattstack.report.html import Num, bullets, esc, paragraph, table
from wattstack.report.page import Page

if TYPE_CHECKING:
    from wattstack.physics.fit_load import FittedLoad

# Of a fit that can be used: the bars of benchmark ai_load.
GOOD = {"line_hz": 0.01, "line_rms": 0.10, "deficit": 0.003, "coherence": 0.03, "fold": 0.10}


def write_fit(
    fitted: FittedLoad, source: str, declaration: str, notes: Sequence[str], path: str | Path
) -> Path:
    """Write the page: one file that opens offline.

    Args:
        fitted: From fit_job.
        source: The trace, as the user named it.
        declaration: The job as YAML, ready to paste.
        notes: What was said of the trace when it was read.
        path: File to write.

    Raises:
        InputError: The file cannot be written.
    """
    off = [name for name, error in fitted.errors.items() if abs(error) > GOOD[name]]
    lead = (
        f"One job with an iteration of {fitted.job.period_s:.4g} s. "
        + ("The model tells the trace within all bars." if not off else f"Outside its bar: {', '.join(off)}.")
        + " Below stands the job to paste under load.HALL.jobs."
    )
    page = Page(Path(source).name, "Fit of a power trace", lead, synthetic=False)
    page.add("job", "The job", f"<pre>{esc(declaration)}</pre>")
    page.add("goodness", "How well it fits", _goodness(fitted))
    for figure, title in ((excerpt, "Iterations"), (fold, "Fold"), (spectrum, "Spectrum")):
        page.add(f"s-{title.lower()}", title, page.figure(figure(fitted)))
    page.add("doubts", "What the trace does not tell", bullets(fitted.notes))
    page.add("trace", "The trace", bullets(notes) if notes else paragraph("Read as it stands."))
    return page.write(path)


def _goodness(fitted: FittedLoad) -> str:
    """Measured, modelled, error and bar, line by line."""
    factor, unit = unit_of(fitted.measured.mean_mw)
    a, b, errors = fitted.measured, fitted.model, fitted.errors

    def row(name: str, said: str, pair: tuple[float, float] | None, show: str) -> list:
        numbers = ["", ""] if pair is None else [Num(format(v, show), v) for v in pair]
        return [
            said,
            *numbers,
            Num(f"{errors[name]:+.2%}", errors[name]),
            Num(f"{GOOD[name]:.1%}", GOOD[name]),
        ]

    rows = [
        row("line_hz", "Frequency of the iteration [Hz]", (a.line_hz, b.line_hz), ".5g"),
        row("line_rms", f"Its line, rms [{unit}]", (factor * a.line_rms_mw, factor * b.line_rms_mw), ".4g"),
        row("deficit", "Mean below the plateau (error in points)", (a.deficit_frac, b.deficit_frac), ".2%"),
        row("fold", "Folded iteration, rms of the difference / peak to peak", None, ""),
    ]
    if fitted.coherence is not None:
        rows.append(row("coherence", "Coherence of the nodes", fitted.coherence, ".3f"))
    apart = f", and the nodes as read over {fitted.stagger_s:.2g} s" if fitted.stagger_s > 0.0 else ""
    sensor = (
        f"The sensor of the trace is taken as two lags of {fitted.sensor_s:.2g} s in a row{apart}; the model is seen "
        "through the same."
    )
    return table(["Mark", "Measured", "Model", "Error", "Bar"], rows) + paragraph(sensor, "note")
