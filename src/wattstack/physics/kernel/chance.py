"""Random numbers by counting: the same for the same seed, place and count, in any order and on any machine.

Gives    uniform, normal.
Used by  physics.kernel.generator, twin, prove.

A draw is a hash of (seed, place, count): SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195), whose
finaliser is that of MurmurHash3 with Stafford's constants. There is no state to carry, so campaigns may run anywhere.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@njit(cache=True)
def _mixed(word):
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))


@njit(cache=True)
def uniform(seed, place, count):
    """A number of [0, 1) for whole numbers seed, place, count."""
    word = _mixed(np.uint64(seed) + _STEP)
    word = _mixed(word + _STEP * (np.uint64(place) + np.uint64(1)))
    word = _mixed(word + _STEP * (np.uint64(count) + np.uint64(1)))
    return (word >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True)
def normal(seed, place, count):
    """A number of the standard normal distribution (Box and Muller 1958), from the draws 2 count and 2 count + 1."""
    first = uniform(seed, place, 2 * count)
    second = uniform(seed, place, 2 * count + 1)
    return np.sqrt(-2.0 * np.log(1.0 - first)) * np.cos(2.0 * np.pi * second)
