"""How a battery ages: a law by name, with its numbers, its range and its uncertainty.

Needs    physics.laws; physics.kernel.ageing (numba, imported when rows are stacked).
Gives    AgeingLaws, ageing_of, stack_ageing, draw_factors, outside, BETWEEN_MAKES, WITHIN_MAKE.
Used by  physics.blocks, physics.fade, twin, cli (passports).

A law is chosen by a chemistry's `laws: [{law: naumann-lfp, e_loss: 20000}]`; the first of the list is the one a battery
ages by. All numbers of a law can be overridden by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.errors import Fault, InputError, nearest
from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.laws import LAWS, Law
from wattstack.physics.laws.law import Shape

if TYPE_CHECKING:
    from wattstack.physics.kernel.ageing import Ageing

GATE_SOC = 0.001  # a move back of less is noise, not a turning point: assumption
BETWEEN_MAKES = 0.4  # sigma of the logarithm of k: peers' laws for "LFP" differ by 3.7 times at one duty
# the same between cells of one make: spread of cells in the tests of Naumann (2020), rounded up
WITHIN_MAKE = 0.1


@dataclass(frozen=True, eq=False)
class AgeingLaws:
    """One law, ready for blocks. From ageing_of.

    Args:
        law: The law; None: nothing ages.
        numbers: Its numbers by name, overrides put in.
        shape: Its paths and stresses.
        factors: A factor on each k, stresses of time first, (stresses,).
        nominal: Full equivalent cycles and rates are of the nominal capacity (else of what is left of it).
        gate_soc: Moves of the state of charge below it are noise.
    """

    law: Law | None
    numbers: Mapping[str, float]
    shape: Shape
    factors: np.ndarray
    nominal: bool = True
    gate_soc: float = GATE_SOC
    rows: np.ndarray = field(init=False, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "rows", self.shape.rows(self.nominal))

    def times(self, factors: float | Sequence[float]) -> AgeingLaws:
        """The same law, each k multiplied once more: a cell that ages faster (> 1) or slower."""
        return replace(self, factors=self.factors * np.asarray(factors, dtype=float))


def ageing_of(
    laws: Any, factors: float | Sequence[float] = 1.0, counts: str = "nominal", gate_soc: float = GATE_SOC
) -> AgeingLaws:
    """The law of a cell, checked.

    Args:
        laws: A cell (its `laws` count), a list of {"law": NAME, number: value, ...} (the first counts), one of
            these, or a name. A value may come with its passport, {"value": ..., "unit": ...}: the unit must be the
            law's. None or an empty list: nothing ages.
        factors: Factor on every k, or one for each (see draw_factors).
        counts: "nominal": full equivalent cycles and rates are of the nominal capacity, as the papers define them;
            "soc": of what is left of it, as peers do that count swings of the state of charge.
        gate_soc: Noise gate of the cycle count (soc, > 0).

    Raises:
        InputError: Unknown law or number (with the nearest), a number missing or not finite, factors that do not fit.

    Example:
        >>> ageing_of({"law": "naumann-lfp", "e_loss": 20000}).numbers["e_loss"]
        20000.0
    """
    chosen = _chosen(laws)
    if chosen is None:
        return AgeingLaws(None, {}, Shape(()), np.ones(0))
    name, given = chosen
    if name not in LAWS:
        raise InputError("ageing", [Fault("law", _unknown(name, LAWS, "law"))])
    law = LAWS[name]
    faults = list(_faults(law, given))
    if counts not in ("nominal", "soc"):
        faults.append(Fault("counts", f"is {counts!r}, must be nominal or soc."))
    if not 0 < gate_soc < 1:
        faults.append(Fault("gate_soc", f"is {gate_soc:g}, must be above 0 and below 1. 0.001 is usual."))
    if faults:
        raise InputError(f"ageing law {name}", faults)
    numbers = {key: float(_value(given.get(key, number.value))) for key, number in law.numbers.items()}
    shape = law.shape(numbers)
    count = len(shape.times) + len(shape.cycles)
    factors = np.asarray(factors, dtype=float)
    if factors.shape not in ((), (1,), (count,)) or not (np.isfinite(factors).all() and (factors >= 0).all()):
        what = (
            f"must be one number or {count}, one for each stress, finite and >= 0. draw_factors gives them."
        )
        raise InputError(f"ageing law {name}", [Fault("factors", what)])
    return AgeingLaws(law, numbers, shape, np.ones(count) * factors, counts == "nominal", gate_soc)


def _chosen(laws: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Name and overrides of the law that counts."""
    if laws is not None and not isinstance(laws, str | Mapping | Sequence):
        laws = laws.laws
    if isinstance(laws, Sequence) and not isinstance(laws, str):
        laws = laws[0] if laws else None
    if laws is None or isinstance(laws, str):
        return (laws, {}) if laws else None
    if not isinstance(laws.get("law"), str):
        known = ", ".join(LAWS)
        raise InputError("ageing", [Fault("law", f"is missing: say which. Known: {known}.")])
    return laws["law"], {key: value for key, value in laws.items() if key != "law"}


def _unknown(word: str, known: Mapping[str, Any], what: str) -> str:
    near = nearest(word, known)
    hint = f"Nearest: {near!r}." if near else f"Known: {', '.join(known)}."
    return f"{word!r} is not a known {what}. {hint}"


def _value(given: Any) -> Any:
    """The value of a number that may come with its passport."""
    return given.get("value") if isinstance(given, Mapping) else given


def _faults(law: Law, given: Mapping[str, Any]) -> Iterator[Fault]:
    for key in given:
        if key not in law.numbers:
            yield Fault(key, _unknown(key, law.numbers, f"number of {law.name}"))
    for key, number in law.numbers.items():
        stated = given.get(key, number.value)
        value, words = _value(stated), f"{number.meaning} [{number.unit}]"
        if isinstance(stated, Mapping) and stated.get("unit", number.unit) != number.unit:
            yield Fault(
                key, f"is in {stated['unit']!r}, must be in {number.unit!r}: {number.meaning}. Convert it."
            )
        if value is None:
            yield Fault(key, f"is missing: this law cannot do without it. Give {words}.")
        elif isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            yield Fault(key, f"is {value!r}, must be a finite number: {words}.")
        elif value <= 0 and (
            number.value is None or key.startswith(("life_", "halve_", "double_", "tau_", "capacity_ah"))
        ):
            yield Fault(key, f"is {value:g}, must be above 0: {words}.")


def stack_ageing(laws: Sequence[AgeingLaws | None], ageing_frac: Sequence[float] | None = None) -> Ageing:
    """The laws of many blocks as the arrays that compiled code takes.

    Args:
        laws: One for each block; None: it stays new.
        ageing_frac: Speed of ageing of each block / that of its law (spread between racks); 1 where not given.

    Returns:
        Ageing for physics.kernel.ageing; blocks of equal laws share their rows.
    """
    from wattstack.physics.kernel.ageing import Ageing

    block = np.ones((row.NBLOCK, len(laws)))
    kinds: dict[bytes, int] = {}
    rows = []
    for b, given in enumerate(laws):
        one = ageing_of(None) if given is None else given
        key = one.rows.tobytes()
        if key not in kinds:
            kinds[key] = len(rows)
            rows.append(one.rows)
        block[row.KIND, b], block[row.GATE, b] = kinds[key], one.gate_soc
        block[row.FACTOR : row.FACTOR + one.factors.size, b] = one.factors
    if ageing_frac is not None:
        block[row.FACTOR :] *= np.asarray(ageing_frac, dtype=float)
    return Ageing(block, np.array(rows).reshape(-1, row.NLAW))


def draw_factors(laws: AgeingLaws, count: int, seed: int, sigma: float = BETWEEN_MAKES) -> np.ndarray:
    """Draw how much faster or slower than its law a cell may age: lognormal, median 1, each k by itself.

    Each k is spread evenly: of nine draws one lies in each ninth of its distribution. Laws drawn with one seed share
    the draws of their first, second, ... stress, so that what is compared differs by the law and not by luck.

    Args:
        laws: The law.
        count: How many draws.
        seed: Equal seeds give equal draws.
        sigma: Of the logarithm: BETWEEN_MAKES (0.4) for a make not yet chosen, WITHIN_MAKE (0.1) between cells of one.

    Returns:
        Factors, (count, stresses): ageing_of(..., factors=draw[i]) or laws.times(draw[i]).

    Source:
        Assumption, of the size of the disagreement of published laws (3.7 times for LFP at one duty). Spread: middles
        of a Latin hypercube, McKay, Beckman and Conover (1979), doi:10.2307/1268522.
    """
    if not 0 <= sigma < np.inf:
        raise InputError(
            "draw_factors", [Fault("sigma", f"is {sigma:g}, must be >= 0. 0.4 between makes, 0.1 in one.")]
        )
    usual = NormalDist()
    spread = np.array([usual.inv_cdf((i + 0.5) / count) for i in range(count)])
    draws = [np.random.default_rng((seed, k)).permutation(spread) for k in range(laws.factors.size)]
    return np.exp(sigma * np.array(draws).reshape(-1, count).T)


def outside(laws: AgeingLaws, **seen: tuple[float, float]) -> list[str]:
    """Say where a run left the range that its law was fitted in. Nothing is clipped: there the law extrapolates.

    Args:
        laws: The law.
        seen: temp_degc, soc, dod, c_rate: (lowest, highest) of the run.

    Returns:
        One sentence for each range that was left; empty when none was.

    Example:
        >>> outside(ageing_of("naumann-lfp"), temp_degc=(-5.0, 30.0))
        ['naumann-lfp was fitted at 0 .. 60 degC; here -5 .. 30: 5 below. What it says there is extrapolated.']
    """
    if laws.law is None:
        return []
    units = {"temp_degc": " degC", "soc": " state of charge", "dod": " depth", "c_rate": "C"}
    words = []
    for key, (low, high) in seen.items():
        if key not in units:
            raise InputError("outside", [Fault(key, _unknown(key, units, "range of a law"))])
        least, most = getattr(laws.law.fits, key)
        left = [f"{least - low:g} below"] if low < least else []
        left += [f"{high - most:g} above"] if high > most else []
        if left:
            words.append(
                f"{laws.law.name} was fitted at {least:g} .. {most:g}{units[key]}; here {low:g} .. {high:g}: "
                f"{', '.join(left)}. What it says there is extrapolated."
            )
    return words
