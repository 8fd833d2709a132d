"""Where a worker runs campaigns: what all share, and arrays of its own that it writes to again and again.

Needs    prove.kernel, physics.BlockSet, twin.kernel.layout.
Gives    Stand, run_span, run_course.
Used by  prove.outage, through work.Team.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.prove.kernel import layout as at
from wattstack.twin.kernel import layout as twin

if TYPE_CHECKING:
    from wattstack.physics import BlockSet


@dataclass
class Stand:
    """A campus ready for campaigns. It travels to a worker once; one worker at a time uses it.

    Attributes:
        ground: Year, and state at every moment.
        odds: What may fail.
        rules: The controller, as in the twin at steps of a minute.
        blocks: Batteries as blocks that do not age.
        units: Generating units as unit_step takes them.
    """

    ground: at.Ground
    odds: at.Odds
    rules: twin.Rules
    blocks: BlockSet
    units: np.ndarray
    _bench: at.Bench | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """What travels: not the bench."""
        return {**self.__dict__, "_bench": None}

    @property
    def bench(self) -> at.Bench:
        """Arrays of this stand alone, made when first used."""
        if self._bench is None:
            self._bench = _new_bench(self)
        return self._bench


def run_span(stand: Stand, span: tuple[int, int]) -> np.ndarray:
    """Run campaigns span[0] .. span[1] - 1; each depends on its number alone.

    Returns:
        Rows of prove.kernel.layout, (campaigns, NOUT).
    """
    from wattstack.prove.kernel.campaign import run_campaigns

    out = np.zeros((span[1] - span[0], at.NOUT))
    run_campaigns(*span, stand.odds, stand.ground, stand.rules, stand.bench, out)
    return out


def run_course(stand: Stand, number: int) -> np.ndarray:
    """Run one campaign again, minute by minute to be seen: rows C_... of prove.kernel.layout, (NCOURSE, minutes)."""
    from wattstack.prove.kernel.campaign import run_campaigns

    course = np.zeros((at.NCOURSE, stand.ground.seconds // 60))
    bench = stand.bench._replace(course=course)
    run_campaigns(number, number + 1, stand.odds, stand.ground, stand.rules, bench, np.zeros((1, at.NOUT)))
    return course


def _new_bench(stand: Stand) -> at.Bench:
    blocks, ground = stand.blocks, stand.ground
    own = type(blocks.blocks)(*(array.copy() for array in blocks.blocks))
    units, owners = stand.units.shape[1], len(ground.generator)
    carry = twin.new_carry(
        blocks.state.copy(), blocks.age.copy(), np.zeros(ground.units.shape[1:]), ground.target, 0,
        np.zeros(ground.strip.shape[1:]),
    )._replace(plan=ground.plan)  # fmt: skip
    records = twin.Records(
        np.zeros((twin.NRECORD, 1)),
        np.zeros((twin.NBLOCK_RECORD, blocks.state.shape[1], 0)),
        np.zeros((units, 0)),
    )
    generators = stand.odds.unit.shape[2]
    return at.Bench(
        carry=carry, drive=twin.Drive(np.zeros((twin.NDRIVE, 1)), np.zeros((owners, 1))), records=records,
        units=stand.units.copy(), fleet=(own, blocks.ageing), rating=blocks.blocks.rating, age=blocks.age,
        column=np.zeros(twin.NDRIVE + generators), unit=np.zeros((at.NUNIT_ROW, units)),
        generator=np.zeros((at.NGENERATOR_ROW, generators)),
        block=np.zeros((at.NBLOCK_ROW, stand.odds.block.shape[2])), note=np.zeros(at.NNOTE),
        course=np.zeros((at.NCOURSE, 0)),
    )  # fmt: skip
