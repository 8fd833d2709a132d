"""From campaigns to chances: weighted means with their standard errors, intervals, quantiles.

Gives    Estimate, weights_of, estimate, wilson, quantiles.
Used by  prove.outage.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

Z95 = 1.959963984540054
ROUNDING = 1e-12  # an error of less says nothing of the number of draws


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and how sure it is."""

    value: float
    sigma: float  # standard error


def weights_of(tilted: np.ndarray, log_ratio: np.ndarray) -> np.ndarray:
    """Weight of each campaign: declared likelihood over that of the mixture it was drawn from, (campaigns,).

    Args:
        tilted: 1 where it was drawn from the tilted odds.
        log_ratio: Log of declared / tilted likelihood of what happened in it.

    Source:
        Balance heuristic, Veach and Guibas (1995), doi:10.1145/218380.218498: the mean of weight x result over all
        campaigns is unbiased, whatever the tilt.

    Example:
        >>> weights_of(np.array([0.0, 1.0]), np.array([0.0, -np.log(3.0)])).tolist()
        [1.0, 0.5]
    """
    share = float(tilted.mean())
    if share == 0.0:
        return np.ones(len(tilted))
    return 1.0 / ((1.0 - share) + share * np.exp(-log_ratio))


def estimate(values: np.ndarray, group: np.ndarray, stratum: np.ndarray) -> Estimate:
    """Mean of values and its standard error, where members of a group depend on each other and groups do not.

    Args:
        values: Weight x result of each campaign.
        group: Number of its pair, rising from 0.
        stratum: Which odds it was drawn from; groups of a stratum are alike.

    Example:
        >>> one = estimate(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0, 0, 1, 1]), np.zeros(4))
        >>> one.value, one.sigma
        (0.5, 0.0)
    """
    total = len(values)
    sums = np.bincount(group, weights=values)
    sizes = np.bincount(group)
    of_group = np.zeros(len(sums))
    of_group[group] = stratum
    variance = 0.0
    for one in np.unique(of_group):
        mine = of_group == one
        count = int(mine.sum())
        if count > 1:
            mean = sums[mine].sum() / sizes[mine].sum()
            variance += count / (count - 1) * float(((sums[mine] - mean * sizes[mine]) ** 2).sum())
    return Estimate(float(values.sum() / total), sqrt(variance) / total)


def wilson(chance: Estimate, count: int) -> tuple[float, float]:
    """Interval that holds the chance with 95 % confidence.

    For plain draws it is Wilson's (1927, doi:10.1080/01621459.1927.10502953). Where draws are paired or weighted, the
    number of plain draws that would be as sure takes the place of `count` (effective size, Korn and Graubard 1998).

    Example:
        >>> low, high = wilson(Estimate(0.0, 0.0), 100)
        >>> low, round(high, 4)
        (0.0, 0.037)
    """
    p = min(max(chance.value, 0.0), 1.0)
    told = chance.sigma > ROUNDING and 0.0 < p < 1.0
    n = max(p * (1.0 - p) / chance.sigma**2, 1.0) if told else float(count)
    middle = (p + Z95**2 / (2.0 * n)) / (1.0 + Z95**2 / n)
    half = Z95 / (1.0 + Z95**2 / n) * sqrt(p * (1.0 - p) / n + Z95**2 / (4.0 * n * n))
    return max(middle - half, 0.0) if p > 0.0 else 0.0, min(middle + half, 1.0) if p < 1.0 else 1.0


def quantiles(values: np.ndarray, weights: np.ndarray, shares: tuple[float, ...]) -> list[float]:
    """Smallest values that at least such shares of the weight do not exceed.

    Example:
        >>> quantiles(np.array([3.0, 1.0, 2.0]), np.ones(3), (0.5, 1.0))
        [2.0, 3.0]
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    places = np.searchsorted(reached, np.array(shares) - 1e-12)
    return [float(values[order[min(place, len(values) - 1)]]) for place in places]
