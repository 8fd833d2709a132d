"""Makes of cells drawn from what the laws of ageing leave open.

Needs    physics.ageing (draw_factors), physics.blocks.BlockSpec.
Gives    Make, of_make.
Used by  twin (fleet, chemistries).

A law is fitted to one make. Which make is bought is not known beforehand (between makes), and the blocks of a plant are
not all alike (inside a make).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from wattstack.physics.ageing import BETWEEN_MAKES, WITHIN_MAKE, draw_factors
from wattstack.physics.blocks import BlockSpec


class Make(NamedTuple):
    """One of so many makes.

    Attributes:
        number: Which, 0 .. among - 1.
        among: How many there are.
        seed: Equal seeds give equal makes, for every chemistry.
    """

    number: int
    among: int
    seed: int = 0


def of_make(specs: Sequence[BlockSpec], make: Make) -> list[BlockSpec]:
    """The blocks with cells of this make: the make's own factors on every stress, and a little by block.

    Args:
        specs: The blocks as their laws say.
        make: Which make.
    """
    made = []
    for place, spec in enumerate(specs):
        laws = spec.laws
        if laws is not None:
            between = draw_factors(laws, make.among, make.seed, BETWEEN_MAKES)[make.number]
            within = draw_factors(laws, make.among, make.seed + 1 + place, WITHIN_MAKE)[make.number]
            laws = laws.times(between * within)
        made.append(replace(spec, laws=laws))
    return made
