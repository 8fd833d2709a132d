"""What an ageing law is: numbers with names, a range it was fitted in, and the paths and stresses made of them.

Needs    physics.kernel.ageing_rows (codes only).
Gives    Law, Number, Range, Shape, Path, Stress, graphite_v, spread_table.
Used by  physics.laws, physics.ageing.

A law does not compute: it writes rows of numbers for physics.kernel. A new law is a new file here and a page in
docs/laws; a new formula is a branch in physics.kernel.stress.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wattstack.physics.kernel import ageing_rows as row

DAY_S, YEAR_S = 86400.0, 365.0 * 86400.0
GAS_CONSTANT = 8.3144598  # J/(mol K), CODATA 2014: the digits that the fits were made with
ROOM_K = 298.15
NO_LIMIT = 1e9  # a budget that never is the lower one


@dataclass(frozen=True)
class Number:
    """One number of a law: its value (None: whoever uses the law must give it), its unit, what it is.

    Example:
        >>> Number(17126, "J/mol", "activation energy").unit
        'J/mol'
    """

    value: float | None
    unit: str
    meaning: str


@dataclass(frozen=True)
class Range:
    """What a law was fitted on, each as (lowest, highest): outside it a law extrapolates."""

    temp_degc: tuple[float, float]
    soc: tuple[float, float]
    dod: tuple[float, float]
    c_rate: tuple[float, float]


@dataclass(frozen=True)
class Path:
    """A loss y that grows along a curve of what was added up, Y.

    Args:
        name: What it is, in words.
        target: TO_MAIN, TO_OTHER (the second of two capacity budgets), TO_RESISTANCE or TO_REVERSIBLE.
        exponent: y = Y^exponent; of RELAX, the time constant in units of x.
        form: POWER, SIGMOID, KNEE, RELAX or SIGMOID_LIVE (physics.kernel.paths).
        limit: Of a sigmoid its end, of a knee the loss where it begins.
        slope: Of a knee, how much faster it goes on.
    """

    name: str
    target: int
    exponent: float = 1.0
    form: int = row.POWER
    limit: float = 0.0
    slope: float = 1.0


@dataclass(frozen=True)
class Stress:
    """One stress, k of time or of cycles, that drives a path.

    Args:
        form: T_... or C_..., the formula in physics.kernel.stress.
        own: Its numbers, at most ten.
        path: Which path it drives.
        x_scale: Seconds, or full equivalent cycles, in one unit of x.
        inverse_exponent: What is added up is k to this power, times dx; None: 1 / the path's exponent.
        each: Counts cycles whatever their depth, not full equivalent cycles.
    """

    form: int
    own: tuple[float, ...]
    path: int = 0
    x_scale: float = 1.0
    inverse_exponent: float | None = None
    each: bool = False


@dataclass(frozen=True)
class Shape:
    """A law with its numbers put in: paths, stresses of time, stresses of cycles; starts of the two capacity budgets.

    resistance_follows = (a, b): resistance is at least a + b / the other budget. warm = (a, b, c): how the two budgets
    follow temperature and come back with it, exp(-a t - b t^2) and exp(-c t), t = 1/T - 1/298.15 K. tables: at most
    two functions of the state of charge, (1001,) each.
    """

    paths: tuple[Path, ...]
    times: tuple[Stress, ...] = ()
    cycles: tuple[Stress, ...] = ()
    base: tuple[float, float] = (1.0, NO_LIMIT)
    resistance_follows: tuple[float, float] = (0.0, 0.0)
    warm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tables: tuple[np.ndarray, ...] = ()

    def rows(self, nominal: bool) -> np.ndarray:
        """The law as physics.kernel reads it, float64[NLAW]; nominal: see physics.ageing.ageing_of."""
        law = np.zeros(row.NLAW)
        stresses = (*self.times, *self.cycles)
        law[[row.N_TIME, row.N_MECH, row.N_PATH]] = len(self.times), len(stresses), len(self.paths)
        law[row.NOMINAL] = nominal
        law[[row.BASE_MAIN, row.BASE_OTHER]] = self.base
        law[[row.OTHER_OHM, row.OTHER_OHM_INVERSE]] = self.resistance_follows
        law[[row.WARM_MAIN, row.WARM_MAIN_SQUARE, row.WARM_OTHER]] = self.warm
        for i, path in enumerate(self.paths):
            at = row.PATHS + i * row.PATH_WIDTH
            law[at : at + row.PATH_WIDTH] = path.form, path.exponent, path.limit, path.slope, path.target
        for m, stress in enumerate(stresses):
            at = row.MECHS + m * row.MECH_WIDTH
            root = (
                1.0 / self.paths[stress.path].exponent
                if stress.inverse_exponent is None
                else stress.inverse_exponent
            )
            law[at : at + row.M_OWN] = stress.form, stress.path, root, stress.x_scale, stress.each
            law[at + row.M_OWN : at + row.M_OWN + len(stress.own)] = stress.own
        for t, table in enumerate(self.tables):
            at = row.TABLES + t * row.TABLE_WIDTH
            law[at : at + row.TABLE_WIDTH] = table
        return law


@dataclass(frozen=True)
class Law:
    """An ageing law as its paper gives it.

    Args:
        name: What a chemistry calls it.
        title: One line: cell, format, chemistry.
        paper: Where the law and its numbers are from, with DOI.
        fitted_on: What was tested.
        fits: Range of the test.
        numbers: By name; those without a value must be given.
        shape: Numbers by name -> Shape.
    """

    name: str
    title: str
    paper: str
    fitted_on: str
    fits: Range
    numbers: Mapping[str, Number]
    shape: Callable[[Mapping[str, float]], Shape]


def spread_table(soc: Sequence[float], values: Sequence[float]) -> np.ndarray:
    """A function of the state of charge given at some points, as a table of the kernel (1001,)."""
    return np.interp(np.linspace(0.0, 1.0, row.TABLE_WIDTH), soc, values)


def graphite_v() -> np.ndarray:
    """Voltage of a graphite electrode against lithium over the cell's state of charge (1001,) [V].

    Source:
        Safari, Delacourt (2011), doi:10.1149/1.3567007; lithium in graphite 0.0085 .. 0.78 after
        Schimpe et al. (2018), doi:10.1149/2.1181714jes.
    """
    x = 0.0085 + np.linspace(0.0, 1.0, row.TABLE_WIDTH) * (0.78 - 0.0085)
    return (
        0.6379
        + 0.5416 * np.exp(-305.5309 * x)
        + 0.044 * np.tanh(-(x - 0.1958) / 0.1088)
        - 0.1978 * np.tanh((x - 1.0571) / 0.0854)
        - 0.6875 * np.tanh((x + 0.0117) / 0.0529)
        - 0.0175 * np.tanh((x - 0.5692) / 0.0875)
    )
