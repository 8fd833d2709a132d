"""A measured log made ready to be played: shares of its greatest power on one step.

Needs    series.read_waveform, campus.compute.Replay.
Gives    Log, read_log.
Used by  physics.compute.load.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.series import read_waveform

if TYPE_CHECKING:
    from wattstack.campus.compute import Replay
    from wattstack.series import Waveform

MOST_MISSING_FRAC = 0.2  # of the samples; assumption: with more, what is played is not what was measured
SLOW_S = 0.1  # sampled more slowly, the edges of iterations are not in the log


class Log(NamedTuple):
    """A log to be played.

    Attributes:
        frac: Power / full_mw, shape (samples,).
        full_mw: Greatest power of the campus that it stands for [MW].
        step_s: Time from sample to sample [s].
        begin_s: Moment of the log that the first moment is [s].
        notes: What a reader must know.
    """

    frac: np.ndarray
    full_mw: float
    step_s: float
    begin_s: float
    notes: tuple[str, ...]


def read_log(replay: Replay, base_dir: Path, name: str) -> Log:
    """Read a log of the campus file.

    Args:
        replay: As declared; a file name that is not absolute starts from base_dir.
        base_dir: Folder of the campus file.
        name: Its path in the campus file, for messages.

    Raises:
        InputError: As read_waveform, under its path in the campus file; samples mostly missing; no power at all; a
            beginning after its end.
    """
    wave = _read(replay, base_dir, name)
    power_mw = np.asarray(wave["power_mw"], float) * replay.scale
    known = np.isfinite(power_mw)
    faults = []
    if known.mean() < 1.0 - MOST_MISSING_FRAC:
        faults.append(
            Fault(
                name,
                f"has {known.mean():.0%} of its samples, must have {1 - MOST_MISSING_FRAC:.0%}. Take another stretch.",
            )
        )
    elif not power_mw[known].max() > 0.0 or power_mw[known].min() < 0.0:
        faults.append(Fault(name, "must draw power, and never give it. Look at its column and unit."))
    if replay.begin_s >= wave.duration_s:
        said = f"is {replay.begin_s:g}, must lie in the {wave.duration_s:,.6g} s of the log. Lower it."
        faults.append(Fault(f"{name}.begin_s", said))
    if faults:
        raise InputError(replay.file, faults)
    at = np.arange(len(power_mw))
    power_mw = np.interp(at, at[known], power_mw[known])
    full_mw = float(power_mw.max())
    notes = [f"{name}: {note}" for note in wave.notes]
    length = f"{wave.duration_s:,.6g} s measured"
    notes.append(f"{name} plays {replay.file}, {length}, again and again, {replay.scale:g} times its power.")
    if not known.all():
        notes.append(
            f"{name}: {1 - known.mean():.1%} of its samples are missing and stand on straight lines."
        )
    if wave.step_s > SLOW_S:
        notes.append(
            f"{name} was sampled every {wave.step_s:g} s: swings faster than {0.5 / wave.step_s:.2g} Hz are not in it."
        )
    return Log(power_mw / full_mw, full_mw, wave.step_s, replay.begin_s, tuple(notes))


def _read(replay: Replay, base_dir: Path, name: str) -> Waveform:
    """The log; what is wrong with it is told under its path in the campus file."""
    try:
        return read_waveform(
            base_dir / replay.file, replay.format, replay.column, replay.unit, where=replay.where or None
        )
    except InputError as error:
        faults = [Fault(f"{name} {fault.where}".strip(), fault.what) for fault in error.faults]
        raise InputError(error.source, faults) from None
