"""Exponential, logarithm and power, of one number or of eight, without a call: what the laws of ageing are made of.

Needs    physics.kernel.vector.
Gives    decay, exponential, logarithm, power.
Used by  physics.kernel.lanes, paths, stress.

Series in pairs, so that nothing waits long for anything. One number and eight go through the same operations, hence
to the same bits.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel.vector import exponent_of, lower, select, two_to, upper

_SHIFT = 6755399441055744.0  # 1.5 x 2^52: adding it rounds to a whole number, kept in the lowest bits
_LOG2E, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
_MOST = 700.0  # e^700 and e^-700 are still numbers; beyond them there is no use for more
_ROOT_TWO = 1.4142135623730951


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def decay(x):
    """exp(-x) for x >= 0, to 1e-15 of it."""
    return _exp(0.0 - lower(x, _MOST))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def exponential(x):
    """exp(x) to 1e-15 of it; held at e^-700 and e^700."""
    return _exp(upper(lower(x, _MOST), 0.0 - _MOST))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _exp(y):
    """2^k exp(r) with |r| <= ln 2 / 2; the first term left out is r^13 / 13!, below 2e-16."""
    t = y * _LOG2E + _SHIFT
    k = t - _SHIFT
    r = (y - k * _LN2_HIGH) - k * _LN2_LOW
    square = r * r
    fourth = square * square
    low = (1.0 + r) + square * (0.5 + r * (1.0 / 6.0))
    middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + square * (1.0 / 720.0 + r * (1.0 / 5040.0))
    high = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + square * (1.0 / 3628800.0 + r * (1.0 / 39916800.0))
    return (low + fourth * (middle + fourth * (high + fourth * (1.0 / 479001600.0)))) * two_to(t)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def logarithm(a):
    """Natural logarithm of a normal number > 0, to 1e-15 of it, or of ln 2 where it is smaller than that.

    k ln 2 + 2 artanh(s), s = (m - 1) / (m + 1), m from root(1/2) to root(2), so |s| < 0.172; the first term left out is
    s^23 / 23, below 1e-18.
    """
    k = exponent_of(a)
    m = a * two_to(_SHIFT - k)
    above = m > _ROOT_TWO
    k, m = select(above, k + 1.0, k), select(above, 0.5 * m, m)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    square = z * z
    fourth = square * square
    low = (1.0 / 3.0 + z * (1.0 / 5.0)) + square * (1.0 / 7.0 + z * (1.0 / 9.0))
    high = (1.0 / 11.0 + z * (1.0 / 13.0)) + square * (1.0 / 15.0 + z * (1.0 / 17.0))
    top = 1.0 / 19.0 + z * (1.0 / 21.0)
    series = low + fourth * (high + fourth * top)
    return k * _LN2_HIGH + (2.0 * s + (2.0 * s * z * series + k * _LN2_LOW))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def power(a, p):
    """Power a^p, a >= 0; to 1e-15 x (1 + |ln of it|) of it, held at e^-700 and e^700; 0 where a is 0."""
    return select(a > 0.0, exponential(p * logarithm(a)), 0.0)
