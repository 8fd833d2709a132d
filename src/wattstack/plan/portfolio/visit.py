"""What the master asks of the running of one site over one period: a function of capacities, visited point by point.

Needs    dispatch.Problem.
Gives    Visit, Operation, problems_key.
Used by  plan.portfolio.operation, weeks, year, search, written.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from wattstack.dispatch import Problem, SizeRow

if TYPE_CHECKING:
    from wattstack.plan.portfolio.blockwise import BlockEnds


@dataclass(frozen=True)
class Visit:
    """What one visit of a function V found, in plain currency per period.

    Attributes:
        value: Cost of a running at the point, V(y) or (year by year) what is known of it from above.
        const, grad: V(y') >= const + grad . y' for every y' >= 0; grad in the order of the function's names.
        solver: "kernel", or "linear" where several chemistries cycle.
        blocks: Where the cut falls apart into blocks: where they meet, and its rows (plan.portfolio.blockwise).
    """

    value: float
    const: float
    grad: np.ndarray
    solver: str
    blocks: tuple[BlockEnds, np.ndarray] | None = None


class Operation(ABC):
    """The least cost V of running a site over a period, as a function of named capacities.

    Attributes:
        key: Hash of all operating data: functions of equal key are one function.
        names: Its coordinates.
    """

    key: str
    names: tuple[str, ...]

    @abstractmethod
    def visit(self, y: np.ndarray) -> Visit:
        """Cost and cut at these capacities, shape (len(names),), all >= 0."""

    @abstractmethod
    def problems(self) -> list[tuple[Problem, float]]:
        """The running written out: problems whose sizes are the coordinates, each with the weight of its cost."""

    @property
    def standing_cost(self) -> float:
        """Cost of the period that no capacity changes, part of every visit's value [currency]."""
        return 0.0

    @cached_property
    def steps(self) -> int:
        """Steps that a visit runs through."""
        return sum(problem.count for problem, _ in self.problems())

    def own_columns(self) -> list[tuple[str, float, float]]:
        """Sizes of the written-out running that are no coordinates (metered peaks): name, cost, upper bound."""
        return []

    def own_rows(self) -> list[SizeRow]:
        """Rules that name such sizes."""
        return []


def problems_key(names: Sequence[str], problems: Sequence[tuple[Problem, float]], *more: object) -> str:
    """Hash of everything that running depends on: 24 characters."""
    digest = hashlib.sha256(repr((tuple(names), more)).encode())
    for problem, weight in problems:
        digest.update(repr(weight).encode())
        _feed(digest, problem)
    return digest.hexdigest()[:24]


def _feed(digest, value: object) -> None:
    """Put a value into a digest, part by part."""
    if isinstance(value, Problem):
        for part in vars(value).values():
            _feed(digest, part)
    elif isinstance(value, np.ndarray):
        digest.update(repr((value.dtype.str, value.shape)).encode() + value.tobytes())
    elif isinstance(value, tuple):
        digest.update(f"({len(value)}".encode())
        for part in value:
            _feed(digest, part)
    elif hasattr(value, "__dataclass_fields__"):
        digest.update(type(value).__name__.encode())
        _feed(digest, tuple(getattr(value, name) for name in value.__dataclass_fields__))
    else:
        digest.update(repr(value).encode())
