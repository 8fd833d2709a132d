"""What may fail, as numbers: as declared, and tilted towards what is rare.

Needs    campus.Campus, campus.reliability; prove.kernel.layout.
Gives    Tilt, make_odds.
Used by  prove.ground, prove.outage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattstack.campus import Campus
from wattstack.errors import Fault, InputError
from wattstack.prove.kernel import layout as at

YEAR_S = 8760.0 * 3600.0
MOST_SHARE = 0.5  # a tilted chance stops here: beyond, what is as declared would be drawn too seldom


@dataclass(frozen=True, slots=True)
class Tilt:
    """How every other pair of campaigns is drawn, so that rare losses are met often; weights set it right.

    Attributes:
        length_sigma: Standard deviations by which the logarithm of the outage's length is moved up.
        failure_scale: Factor on every rate and chance of a failure (chances end at 0.5).

    Source:
        Deterministic mixture with the balance heuristic: Veach and Guibas (1995), doi:10.1145/218380.218498; Owen
        and Zhou (2000), doi:10.1080/01621459.2000.10473909. No weight is above the inverse of the share of pairs drawn
        as declared, so that a wrong tilt costs accuracy, never the answer.
    """

    length_sigma: float = 1.0
    failure_scale: float = 5.0

    def __post_init__(self) -> None:
        """Refuse what is no tilt."""
        faults = []
        if not 0.0 <= self.length_sigma <= 5.0:
            faults.append(Fault("length_sigma", f"is {self.length_sigma:g}, must be in 0 .. 5."))
        if not 1.0 <= self.failure_scale <= 1000.0:
            faults.append(Fault("failure_scale", f"is {self.failure_scale:g}, must be in 1 .. 1000."))
        if faults:
            raise InputError("tilt", faults)


def make_odds(
    campus: Campus, shares: list[tuple[str, int]], seed: int, antithetic: bool, tilt: Tilt | None
) -> at.Odds:
    """Numbers for the compiled campaigns.

    Args:
        campus: With a grid.
        shares: Battery path and number of its blocks for each block of the twin.
        seed: Of all draws, >= 0.
        antithetic: Whether campaigns come in mirrored pairs.
        tilt: None: all as declared.
    """
    told = tilt or Tilt(0.0, 1.0)
    grid = campus.grid.connection.outages
    common = grid.common_cause_frac
    declared = [grid.outages_per_year / YEAR_S, grid.outage_h.median, grid.outage_h.sigma, 0.0, common]
    both = np.array([declared, declared])
    both[at.TILTED, [at.SHIFT, at.HITS_UNITS]] = told.length_sigma, _more(common, told.failure_scale)
    units = np.zeros((2, at.NUNIT_ODDS, len(campus.generator)))
    for g, unit in enumerate(campus.generator.values()):
        share, rate = unit.common_cause_frac, 1.0 / (unit.mtbf_h * 3600.0)
        for way, factor in enumerate((1.0, told.failure_scale)):
            units[way, :, g] = (
                _more((1.0 - share) * unit.start_failure_frac, factor), _more(share * unit.start_failure_frac, factor),
                (1.0 - share) * rate * factor, share * rate * factor, unit.repair_h * 3600.0,
            )  # fmt: skip
    blocks = np.zeros((2, at.NBLOCK_ODDS, len(shares)))
    for b, (path, count) in enumerate(shares):
        known = campus.battery[path.split(".")[1]].reliability
        for way, factor in enumerate((1.0, told.failure_scale)):
            rate, repair_s = factor * known.failures_per_year / YEAR_S, known.repair_h * 3600.0
            alone, all_ = (1.0 - known.common_cause_frac) * rate, known.common_cause_frac * rate
            down = [_more(r * repair_s / (1.0 + r * repair_s), 1.0) for r in (alone, all_)]
            blocks[way, :, b] = alone, all_, *down, repair_s, count
    return at.Odds(both, units, blocks, seed, int(antithetic), int(tilt is not None))


def _more(chance: float, factor: float) -> float:
    """A chance times a factor, up to MOST_SHARE where it was below that."""
    return max(chance, min(chance * factor, MOST_SHARE))
