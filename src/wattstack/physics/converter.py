"""What the converter and the transformer of a battery lose.

Needs    physics.kernel.converter (when called); campus.Converter, campus.Transformer as declared.
Gives    ConverterLoss, TransformerLoss, losses_of, converter_dc_mw, converter_ac_mw.
Used by  physics.blocks; parity tests.

Loss / rating = fixed + linear p + square p^2 of the power on the alternating side, each way with its own numbers;
standby while nothing is asked. The transformer loses no_load always and load x p^2 on top.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from wattstack.errors import InputError

if TYPE_CHECKING:
    from wattstack.campus import Battery

Polynomial = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ConverterLoss:
    """Loss of a converter as shares of its rating.

    Attributes:
        standby_frac: Drawn from the bus while nothing is asked.
        discharge: (fixed, linear, square) while it gives to the bus.
        charge: The same while it takes from the bus.

    Source:
        Form: Schmidt and Sauer (1996), as used by Notton et al. (2010), doi:10.1016/j.renene.2009.07.013. Defaults:
        those of the campus file (campus.converter).
    """

    standby_frac: float = 0.001
    discharge: Polynomial = (0.004, 0.005, 0.008)
    charge: Polynomial = (0.004, 0.005, 0.008)


@dataclass(frozen=True, slots=True)
class TransformerLoss:
    """Loss of a transformer as shares of its rating.

    Source:
        Commission Regulation (EU) 548/2014, tier 2, 3,150 kVA in oil: 1,980 W and 23,000 W at most.
    """

    no_load_frac: float = 0.0006
    load_frac: float = 0.0073


NO_CONVERTER = ConverterLoss(0.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
NO_TRANSFORMER = TransformerLoss(0.0, 0.0)


def losses_of(battery: Battery) -> tuple[ConverterLoss, TransformerLoss]:
    """Losses as the campus file declares them."""
    declared = battery.converter
    polynomial = (declared.fixed_frac, declared.linear_frac, declared.square_frac)
    return (
        ConverterLoss(declared.standby_frac, polynomial, polynomial),
        TransformerLoss(battery.transformer.no_load_frac, battery.transformer.load_frac),
    )


def converter_dc_mw(loss: ConverterLoss, ac_mw: float, rated_mw: float) -> float:
    """Power the cells give (> 0) or take (< 0) while the converter runs at ac_mw on its alternating side.

    Args:
        loss: Of the converter.
        ac_mw: Power [MW], > 0 gives to the grid.
        rated_mw: Rating [MW], > 0.

    Raises:
        InputError: rated_mw is not above 0, or ac_mw is not a number.

    Example:
        >>> round(converter_dc_mw(ConverterLoss(discharge=(0.01, 0.0, 0.02)), 5.0, 10.0), 6)
        5.15
    """
    from wattstack.physics.kernel.converter import dc_of_ac

    _check(ac_mw, rated_mw)
    return rated_mw * dc_of_ac(ac_mw / rated_mw, *(loss.discharge if ac_mw > 0 else loss.charge))


def converter_ac_mw(loss: ConverterLoss, dc_mw: float, rated_mw: float) -> float:
    """Power on the alternating side while the cells give (> 0) or take (< 0) dc_mw: the inverse of converter_dc_mw.

    Cells that give less than the converter's own loss bring nothing out: 0.

    Raises:
        InputError: rated_mw is not above 0, or dc_mw is not a number.

    Example:
        >>> round(converter_ac_mw(ConverterLoss(discharge=(0.01, 0.0, 0.02)), 5.15, 10.0), 6)
        5.0
    """
    from wattstack.physics.kernel.converter import ac_of_dc_in, ac_of_dc_out

    _check(dc_mw, rated_mw)
    if dc_mw > 0:
        return rated_mw * ac_of_dc_out(dc_mw / rated_mw, *loss.discharge)
    return -rated_mw * ac_of_dc_in(-dc_mw / rated_mw, *loss.charge)


def _check(power_mw: float, rated_mw: float) -> None:
    if not rated_mw > 0:
        raise InputError("converter", [f"rated_mw is {rated_mw:g}, must be > 0. Give the rating in MW."])
    if isnan(power_mw):
        raise InputError("converter", ["the power is NaN, must be a number. Fill the gap by a named rule."])
