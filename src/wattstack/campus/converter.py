"""What stands between the cells and the bus: the converter and the transformer, and what they lose.

Needs    campus.fields.
Gives    Converter, Transformer.
Used by  campus.battery, physics.battery.

Both are shares of the rating, the greater of charge and discharge power: loss / rating = a polynomial of the load p
= power / rating. The plan does not read them: its efficiencies hold all losses together.
"""

from __future__ import annotations

from collections.abc import Iterable

from wattstack.campus.fields import Declared, quantity
from wattstack.errors import Fault


class Converter(Declared):
    """Loss of the converter: fixed + linear x p + square x p^2 while it runs, standby while nothing is asked.

    Source:
        Form: Schmidt and Sauer (1996), as used by Notton et al. (2010), Renewable Energy 35(2):541. Defaults:
        assumption, 98.4 % at best and 98.3 % at full load, inside makers' 98-98.8 % for converters of 2-4 MW.

    Example:
        >>> round(1.0 - Converter().loss_frac(1.0), 4)
        0.983
    """

    standby_frac: float = quantity("", "Power drawn while nothing is asked / rating", 0.001, ge=0, lt=0.1)
    fixed_frac: float = quantity("", "Loss at no load while it runs / rating", 0.004, ge=0, lt=0.1)
    linear_frac: float = quantity("", "Loss that grows with power / rating", 0.005, ge=0, lt=0.1)
    square_frac: float = quantity("", "Loss that grows with power squared / rating", 0.008, ge=0, lt=0.2)

    def loss_frac(self, load_frac: float) -> float:
        """Loss / rating while it runs at this share of its rating."""
        return self.fixed_frac + load_frac * (self.linear_frac + load_frac * self.square_frac)

    def faults(self) -> Iterable[Fault]:
        """More drawn at rest than while it runs."""
        if self.standby_frac > self.fixed_frac:
            yield Fault(
                "standby_frac",
                f"is {self.standby_frac:g}, must not be above fixed_frac {self.fixed_frac:g}, the loss at no load "
                "while it runs. Lower standby_frac or raise fixed_frac.",
            )


class Transformer(Declared):
    """Loss of the transformer: no_load always, load x p^2 on top.

    Source:
        Commission Regulation (EU) 548/2014, tier 2, 3,150 kVA in oil: 1,980 W and 23,000 W at most.

    Example:
        >>> Transformer(no_load_frac=0.001).load_frac
        0.0073
    """

    no_load_frac: float = quantity("", "Loss at no load, always on / rating", 0.0006, ge=0, lt=0.1)
    load_frac: float = quantity("", "Loss of the windings at full load / rating", 0.0073, ge=0, lt=0.1)
