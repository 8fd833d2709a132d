"""What can be done with one number or eight: the words of physics.kernel.vector, as Python says them.

Gives    LANES, lanes_of; get, put, get_one, fetch; select, lower, upper, magnitude, root, whole, two_to, exponent_of,
         any_of, all_of; sum_of, highest_of; first, count, row_at.
Used by  physics.kernel.vector and vector_types alone, which tell the compiler what they mean.

Eight numbers are an array here: what runs where compiled code is switched off, and what compiled code is held to.
"""

from __future__ import annotations

import numpy as np
from numba import njit

LANES = 8


@njit(cache=True, forceinline=True)
def lanes_of(b):
    """The place of the eight blocks from b on."""
    return (b,)


def get(rows, field, b):
    """rows[field] at a place."""
    return rows[field, b[0] : b[0] + LANES].copy() if isinstance(b, tuple) else rows[field, b]


def put(rows, field, b, value):
    """Write rows[field] at a place."""
    rows[field, slice(b[0], b[0] + LANES) if isinstance(b, tuple) else b] = value


def get_one(values, b):
    """values, of one number a block, at a place."""
    return values[b[0] : b[0] + LANES].copy() if isinstance(b, tuple) else values[b]


def select(mask, one, other):
    """`one` where the mask holds, `other` where not; both are worked out."""
    return np.where(mask, one, other) if isinstance(mask, np.ndarray) else (one if mask else other)


def lower(a, b):
    """The lower of two; b where a is not a number."""
    return select(np.less(a, b), a, b)


def upper(a, b):
    """The higher of two; b where a is not a number."""
    return select(np.greater(a, b), a, b)


def magnitude(a):
    """Without its sign."""
    return np.abs(a)


def root(a):
    """Square root of a number >= 0."""
    return np.sqrt(a)


def whole(a):
    """The whole number next to a towards 0."""
    return np.trunc(a)


def two_to(shifted):
    """2^k from k + 1.5 x 2^52: the whole number k stands in the lowest bits."""
    bits = (np.asarray(shifted, dtype=np.float64).view(np.int64) + 1023) << 52
    return bits.view(np.float64)[()]


def exponent_of(a):
    """The whole number k with 2^k <= a < 2^(k + 1), of a normal number > 0."""
    return ((np.asarray(a, dtype=np.float64).view(np.int64) >> 52) - 1023).astype(np.float64)[()]


def any_of(mask):
    """Whether a mask holds anywhere."""
    return bool(np.any(mask))


def all_of(mask):
    """Whether a mask holds everywhere."""
    return bool(np.all(mask))


def sum_of(a):
    """All eight together; one is its own sum."""
    return np.sum(a)


def highest_of(a):
    """The highest of eight; one is its own highest."""
    return np.max(a)


def first(b):
    """First block of a place."""
    return b[0] if isinstance(b, tuple) else b


def count(b):
    """Blocks at a place."""
    return LANES if isinstance(b, tuple) else 1


def row_at(table, at, width):
    """A row of a table from place `at` (whole numbers): 4 or 8 neighbours, each a value."""
    at = at.astype(np.int64) if isinstance(at, np.ndarray) else int(at)
    return tuple(table[at + i] for i in range(width))


def fetch(rows, field, b):
    """Let the memory bring rows[field] at place b near, for later; nothing else happens, even past the last row."""
