"""A waveform: named quantities at steps of milliseconds to seconds, as a meter or the transient twin gives them.

Needs    errors.
Gives    Waveform.
Used by  series.power_log, physics (fitting), twin.transient, prove, report.

Traces hold hours of a year on whole seconds; a waveform holds minutes of milliseconds from a moment of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wattstack.errors import Fault, InputError, nearest


@dataclass(frozen=True)
class Waveform:
    """Quantities sampled at one constant step.

    Attributes:
        step_s: Time from one sample to the next [s].
        arrays: Channel -> samples, shape (samples,); NaN where a sample is missing. At the point of connection:
            power_mw (drawn from the grid, > 0), reactive_mvar, voltage_pu, frequency_hz; further ones by path.
        source: Where it comes from: a file, or the run that made it.
        synthetic: Whether it was made by a model.
        events: Moments [s from the first sample] and what happened then, in order of time.
        start: Moment of the first sample, ISO 8601 with offset; None where the source tells none.
        notes: What a reader must know (resampled, gaps, filter of the sensor).

    Raises:
        InputError: A step that is not above 0, arrays of different lengths, an array that is empty.

    Example:
        >>> wave = Waveform(0.005, {"power_mw": np.zeros(2000)}, source="made", synthetic=True)
        >>> wave.rate_hz, wave.duration_s
        (200.0, 10.0)
    """

    step_s: float
    arrays: Mapping[str, np.ndarray]
    source: str
    synthetic: bool
    events: tuple[tuple[float, str], ...] = ()
    start: str | None = None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        faults = []
        if not self.step_s > 0.0:
            faults.append(Fault("step_s", f"is {self.step_s}, must be above 0."))
        lengths = {name: np.shape(values) for name, values in self.arrays.items()}
        if (
            not lengths
            or len(set(lengths.values())) > 1
            or any(len(s) != 1 or not s[0] for s in lengths.values())
        ):
            faults.append(
                Fault("arrays", f"have shapes {lengths}, must be one length above 0 and one dimension.")
            )
        if faults:
            raise InputError(self.source, faults)

    def __getitem__(self, name: str) -> np.ndarray:
        """Samples of one channel.

        Raises:
            InputError: There is no such channel.
        """
        if name not in self.arrays:
            near = nearest(name, self.arrays)
            mend = f"Nearest: {near}." if near else f"There are: {', '.join(self.arrays)}."
            raise InputError(self.source, [Fault(name, f"is no channel of this waveform. {mend}")])
        return self.arrays[name]

    @property
    def count(self) -> int:
        """Number of samples."""
        return len(next(iter(self.arrays.values())))

    @property
    def rate_hz(self) -> float:
        """Samples a second."""
        return 1.0 / self.step_s

    @property
    def duration_s(self) -> float:
        """Length [s]."""
        return self.count * self.step_s

    @property
    def time_s(self) -> np.ndarray:
        """Moments of the samples from the first one [s], shape (samples,)."""
        return np.arange(self.count) * self.step_s
