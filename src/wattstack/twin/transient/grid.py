"""The grid behind the short-circuit impedance, moment by moment: voltage, frequency, angle, from all events together.

Needs    twin.transient.events.
Gives    GridDrive.
Used by  twin.transient.run.

Voltages of events multiply, deviations of frequency and jumps of angle add.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wattstack.twin.transient.events import Event

SLACK_S = 1e-9  # a moment that a step meets but for rounding is met


class GridDrive:
    """What the grid does of itself.

    Args:
        events: Of any kind; those that move the grid are used.
        nominal_hz: Nominal frequency.
    """

    def __init__(self, events: Iterable[Event], nominal_hz: float):
        self.events = [event for event in events if event.kind in MOVES]
        self.nominal_hz = nominal_hz

    def over(self, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Voltage [pu], frequency [Hz] and angle that jumps have added up to [rad] at these moments, each (n,)."""
        voltage, moved, angle = np.ones(len(time_s)), np.zeros(len(time_s)), np.zeros(len(time_s))
        for event in self.events:
            since = time_s - event.at_s + SLACK_S
            factor, change, jump = MOVES[event.kind](event, since, self.nominal_hz)
            voltage *= factor
            moved += change
            angle += jump
        return voltage, self.nominal_hz + moved, angle


def _sag(event: Event, since: np.ndarray, nominal_hz: float):
    deep = (since >= 0.0) & (since < event.values["length_s"])
    return 1.0 - event.values["depth_frac"] * deep, 0.0, 0.0


def _sags(event: Event, since: np.ndarray, nominal_hz: float):
    count = round(event.values["count"])
    between = event.values["over_s"] / max(count - 1, 1)
    place = np.clip(np.floor(since / between), 0, count - 1)
    deep = (since >= 0.0) & (since - place * between < event.values["length_s"])
    return 1.0 - event.values["depth_frac"] * deep, 0.0, 0.0


def _frequency(event: Event, since: np.ndarray, nominal_hz: float):
    change, rate = event.values["change_hz"], event.values["rate_hz_per_s"]
    size, hold = abs(change), event.values["hold_s"]
    there = np.clip(since * rate, 0.0, size)
    back = np.clip((since - size / rate - hold) * rate, 0.0, size) if np.isfinite(hold) else 0.0
    return 1.0, np.sign(change) * (there - back), 0.0


def _phase(event: Event, since: np.ndarray, nominal_hz: float):
    return 1.0, 0.0, np.deg2rad(event.values["angle_deg"]) * (since >= 0.0)


def _profile(event: Event, since: np.ndarray, nominal_hz: float):
    curve, on = event.profile, since >= 0.0
    time_s = np.asarray(curve.time_s, float)
    after = np.searchsorted(time_s, since, side="right")
    left, right = np.clip(after - 1, 0, len(time_s) - 1), np.clip(after, 0, len(time_s) - 1)
    width = time_s[right] - time_s[left]
    share = np.divide(since - time_s[left], width, out=np.zeros(len(since)), where=width > 0.0)
    voltage, moved = np.asarray(curve.voltage_pu, float), np.asarray(curve.frequency_hz, float)
    if not curve.relative_hz:
        moved = moved - nominal_hz
    voltage = voltage[left] + share * (voltage[right] - voltage[left])
    moved = moved[left] + share * (moved[right] - moved[left])
    return (
        np.where(on, voltage, 1.0),
        np.where(on, moved, 0.0),
        np.deg2rad(curve.angle_jump_deg) * (since >= curve.jump_s),
    )


MOVES = {"sag": _sag, "sags": _sags, "frequency": _frequency, "phase": _phase, "grid": _profile}
