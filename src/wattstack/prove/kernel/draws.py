"""Draws of a campaign, and what each says of declared against tilted odds.

Needs    physics.kernel.chance, prove.kernel.layout.
Gives    draw, draw_normal, waiting, told_share, told_rate, told_shift, pair_of, way_of, moments_of.
Used by  prove.kernel.

Every draw is named by seed, pair, kind, item and count, so that any worker draws the same, and two designs meet the
same weather, outages and failures (common random numbers). The second campaign of a pair takes 1 - u and -z
(antithetic variates, Hammersley and Morton 1956).
"""

from __future__ import annotations

from math import log

import numpy as np
from numba import njit

from wattstack.physics.kernel.chance import normal, uniform
from wattstack.prove.kernel import layout as at

_EDGE = 2.0**-33  # neither 0 nor 1 is ever drawn, so that logarithms are finite
_NORMALS = 1 << 40  # normal numbers live at places of their own


@njit(cache=True)
def pair_of(campaign, antithetic):
    """Number of the pair, and whether this is its mirror."""
    if antithetic > 0:
        return campaign // 2, campaign % 2
    return campaign, 0


@njit(cache=True)
def way_of(pair, mixed):
    """Which odds a pair is drawn from."""
    return at.TILTED if mixed > 0 and pair % 2 == 1 else at.DECLARED


@njit(cache=True)
def draw(seed, who, kind, item, count):
    """A number between 0 and 1, neither of them; `who` = (pair, mirror)."""
    name = (kind << 40) + (item << 20) + count
    u = _EDGE + (1.0 - 2.0 * _EDGE) * uniform(seed, who[0], name)
    return 1.0 - u if who[1] else u


@njit(cache=True)
def draw_normal(seed, who, kind, item, count):
    """A number of the standard normal distribution."""
    z = normal(seed, who[0] + _NORMALS, (kind << 40) + (item << 20) + count)
    return -z if who[1] else z


@njit(cache=True)
def waiting(u, rate_per_s):
    """Time until something of a constant rate happens [s]; for ever where it never does."""
    return -log(u) / rate_per_s if rate_per_s > 0.0 else np.inf


@njit(cache=True)
def told_share(declared, tilted, yes, no):
    """Log of declared / tilted likelihood of so many times yes and no; 0 of 0 tells nothing."""
    told = 0.0
    if yes > 0.0 and declared != tilted:
        told += yes * log(declared / tilted)
    if no > 0.0 and declared != tilted:
        told += no * log((1.0 - declared) / (1.0 - tilted))
    return told


@njit(cache=True)
def told_rate(declared, tilted, times, exposed_s):
    """The same of a rate: so many times in so much time."""
    told = -(declared - tilted) * exposed_s
    if times > 0.0 and declared != tilted:
        told += times * log(declared / tilted)
    return told


@njit(cache=True)
def told_shift(shift, z):
    """The same of a normal number that was drawn around `shift` (or is taken as if it was)."""
    return 0.5 * shift * shift - shift * z


@njit(cache=True)
def moments_of(seed, antithetic, count, moments):
    """Moment of each campaign among so many, equal chances, int64 (count,)."""
    out = np.empty(count, np.int64)
    for i in range(count):
        u = draw(seed, pair_of(i, antithetic), at.D_MOMENT, 0, 0)
        out[i] = min(int(u * moments), moments - 1)
    return out
