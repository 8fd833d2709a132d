"""What is done to a battery over its life: energy added, cells renewed, zinc stripped.

Needs    campus.fields.
Gives    Augmentation, Strip.
Used by  campus.battery, physics.battery, control (strip), twin.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from wattstack.campus.fields import Declared, NotNegative, Positive, quantity
from wattstack.errors import Fault


class Augmentation(Declared):
    """Energy added in a later year: a block with its own birth date and, where named, its own chemistry.

    Example:
        >>> Augmentation(year=5, energy_mwh=40).chemistry is None
        True
    """

    year: int = quantity(
        "years", "It is there from the start of this year on; the first year is 0", ge=1, le=100
    )
    energy_mwh: Positive = quantity("MWh", "Usable energy that is added")
    chemistry: str | None = Field(
        None, pattern=r"^library:.+$", description="library:NAME; absent = the chemistry of the battery."
    )
    capital_per_mwh: NotNegative | None = quantity(
        "currency/MWh", "Investment per nameplate MWh; absent = as for the battery", None
    )


class Strip(Declared):
    """When zinc is taken off the electrodes: every group in turn is emptied to 0 and rests, whichever is due first.

    Source:
        A full discharge every few days: makers' manuals of zinc-bromine batteries. Hours and groups: assumption.

    Example:
        >>> Strip(every_days=4).rest_h
        4.0
    """

    every_days: Positive | None = quantity("days", "Longest time between two strips of a group", None)
    every_cycles: Positive | None = quantity("", "Most full cycles between two strips of a group", None)
    rest_h: Positive = quantity("h", "Time at 0 until all is stripped", 4.0)
    at_hour: NotNegative = quantity("h", "Hour of the local clock at which it may begin", 2.0, lt=24)
    groups: int = quantity(
        "", "Parts of the battery that strip in turn; one is out of service at a time", 8, ge=1
    )

    def faults(self) -> Iterable[Fault]:
        """No interval at all; more to do than time between two strips."""
        if self.every_days is None and self.every_cycles is None:
            yield Fault(
                "every_days",
                "is missing, must be given, or every_cycles. Write every_days: 4 for a strip each 4 days.",
            )
        elif self.every_days is not None and self.groups * self.rest_h > 24.0 * self.every_days:
            need_days = self.groups * self.rest_h / 24.0
            yield Fault(
                "every_days",
                f"is {self.every_days:g}, but {self.groups} groups in turn, {self.rest_h:g} h each, take {need_days:g} "
                "days. Strip less often, or in fewer groups.",
            )
