"""The seam between what decides and what is decided upon: read, decide, write.

Gives    Measured, Setpoints, Plant, Controller.
Used by  control.live, twin.plant, operate: the twin and the site stand behind the same three calls.

    measured = plant.read();  setpoints = controller.decide(measured);  plant.write(setpoints)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Protocol


@dataclass(frozen=True)
class Measured:
    """An image of the plant: all values as they were at one moment.

    Attributes:
        time_s: Moment of the image, seconds since 1970 UTC.
        values: By channel ("load_mw", "battery.main.stored_mwh").
        age_s: Age of a value at that moment [s], by channel; a channel that is not named is fresh.
    """

    time_s: float
    values: Mapping[str, float]
    age_s: Mapping[str, float] = field(default_factory=dict)

    def known(self, channel: str, most_age_s: float) -> bool:
        """Whether a value is there, is a number and is not older than most_age_s."""
        value = self.values.get(channel)
        return value is not None and not isnan(value) and self.age_s.get(channel, 0.0) <= most_age_s


@dataclass(frozen=True)
class Setpoints:
    """What is asked of the plant, and why.

    Attributes:
        power_mw: By path ("battery.main", "generator.gas"), positive into the bus.
        reason: By path, one line.
        valid_s: How long they hold; a device that hears nothing for so long falls back by itself.
    """

    power_mw: Mapping[str, float]
    reason: Mapping[str, str]
    valid_s: float


class Plant(Protocol):
    """What is controlled: the twin, or the site's devices."""

    def read(self) -> Measured:
        """The image of now."""

    def write(self, setpoints: Setpoints) -> None:
        """Ask this of the devices."""


class Controller(Protocol):
    """What decides."""

    def decide(self, measured: Measured) -> Setpoints:
        """What to ask of the plant, from the image and the controller's own memory."""
