"""What dispatch is asked: one site's running over one axis, every length and bound linear in the sizes.

Gives    Amount, Supply, Storage, Commitment, Problem; SizeColumn, SizeRow for what is built.
Used by  dispatch.kernel (through supply), dispatch.linear, plan.

Quantities are in MW and MWh, costs per MWh, in the currency of the campus. An Amount is
`fixed + rate x size`: the size is a column of the plan, named by its path ("battery.main.power_mw").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattstack.errors import StateError

KINDS = ("import", "export", "solar", "generator", "shed", "unserved")


@dataclass(frozen=True, slots=True)
class Amount:
    """`fixed + rate x sizes[size]`, each a number or an array of shape (steps,).

    Example:
        >>> Amount(1.0, 0.5, "solar.roof.power_mw").at({"solar.roof.power_mw": 60.0})
        31.0
    """

    fixed: float | np.ndarray = 0.0
    rate: float | np.ndarray = 0.0
    size: str | None = None

    def at(self, sizes: Mapping[str, float]) -> float | np.ndarray:
        """The amount at these sizes."""
        return self.fixed if self.size is None else self.fixed + self.rate * sizes[self.size]


@dataclass(frozen=True, slots=True)
class Supply:
    """One line of the merit order: power that may be drawn at a marginal cost.

    Args:
        name: Channel stem ("grid.connection.firm", "solar.roof", "generator.gas", "unserved").
        kind: One of KINDS. All "import" lines together stay under the cap of their step. "export" is a
            line that starts full: its cost is the sell price, its power the export limit.
        cost_per_mwh: Marginal cost [currency/MWh], number or (steps,).
        power: Greatest power [MW]; fixed = inf for the last, unlimited line ("unserved").
    """

    name: str
    kind: str
    cost_per_mwh: float | np.ndarray
    power: Amount


@dataclass(frozen=True, slots=True)
class Storage:
    """One storage on the campus bus. Energies are usable MWh in the store, powers MW at the bus.

    Args:
        name: Channel stem ("battery.main").
        charge_eff, discharge_eff: One-way efficiencies, 0 < eff <= 1.
        kept_frac_per_h: 1 - self-discharge per hour.
        wear_charge_per_mwh, wear_discharge_per_mwh: Wear cost per MWh at the bus.
        charge, discharge: Power limits [MW].
        floor, ceiling: Bounds of the energy at the end of each step [MWh].
        start_mwh: Energy at the start; None = cyclic (the same as at the end, chosen freely).
        end_mwh: Energy at the end; None = free above the floor (or cyclic when start_mwh is None).
        end_at_least: end_mwh is a floor, not a value.
        end_value_per_mwh: Worth of one MWh left over at a free end.
    """

    name: str
    charge: Amount
    discharge: Amount
    ceiling: Amount
    floor: Amount = Amount()
    charge_eff: float = 1.0
    discharge_eff: float = 1.0
    kept_frac_per_h: float = 1.0
    wear_charge_per_mwh: float = 0.0
    wear_discharge_per_mwh: float = 0.0
    start_mwh: float | None = None
    end_mwh: float | None = None
    end_at_least: bool = False
    end_value_per_mwh: float = 0.0

    @property
    def cyclic(self) -> bool:
        """Whether the energy at the end equals that at the start, both free."""
        return self.start_mwh is None


@dataclass(frozen=True, slots=True)
class Commitment:
    """Unit commitment of one "generator" supply: it is off, or runs between its minimum and its power.

    Args:
        supply: Name of the supply line.
        minimum_frac: Least power while running, as a share of its power.
        start_cost_per_mw: Cost of one start, per MW of its power.
    """

    supply: str
    minimum_frac: float = 0.0
    start_cost_per_mw: float = 0.0


@dataclass(frozen=True)
class Problem:
    """Least-cost running of one site over one axis.

    minimise  sum over steps of step_h x (supply costs + wear), less what is left over in storage
    subject to  load + charging = supplies + discharging, and every limit below.

    Args:
        step_h: Length of a step [h].
        load_mw: Electric demand that no size moves, shape (steps,).
        supplies: The merit order, in any order.
        storages: None, one (kernel) or several (linear path).
        caps: Names of the size columns that cap the sum of all import lines (metered or contracted
            peaks), in the order of cap_index; a name may be any size column.
        cap_index: For each step the index into caps, -1 = no cap; shape (steps,).
        cap_steps: Number of steps the meter averages over; above 1 the linear path answers.
        block: For each step the block (month) its costs are booked to, 0 .. blocks - 1, never falling.
        commitments: Generators with a minimum load or a start cost: integers, linear path.
        floor_slack_per_mwh: Price of a stored MWh that the floor asks for and nothing can charge.
        sized_load: Electric demand on top that grows with a size ("it_mw"); its rate is never below 0.
    """

    step_h: float
    load_mw: np.ndarray
    supplies: tuple[Supply, ...]
    storages: tuple[Storage, ...] = ()
    caps: tuple[str, ...] = ()
    cap_index: np.ndarray | None = None
    cap_steps: int = 1
    block: np.ndarray | None = None
    commitments: tuple[Commitment, ...] = ()
    floor_slack_per_mwh: float = 1e6
    sized_load: Amount = Amount()

    @property
    def count(self) -> int:
        """Number of steps."""
        return len(self.load_mw)

    @property
    def sizes(self) -> tuple[str, ...]:
        """Every size column named by an amount or a cap, each once, in order of first mention."""
        names: dict[str, None] = {}
        amounts = [self.sized_load, *(s.power for s in self.supplies)]
        for store in self.storages:
            amounts += [store.charge, store.discharge, store.floor, store.ceiling]
        for amount in amounts:
            if amount.size is not None:
                names.setdefault(amount.size)
        for cap in self.caps:
            names.setdefault(cap)
        return tuple(names)

    def load_at(self, sizes: Mapping[str, float]) -> np.ndarray:
        """Electric demand at these sizes [MW], shape (steps,)."""
        return self.load_mw + self.sized_load.at(sizes)

    def require(self, sizes: Mapping[str, float]) -> None:
        """Raise StateError unless every size column has a finite, non-negative value."""
        for name in self.sizes:
            value = sizes.get(name)
            if value is None or not 0.0 <= value < float("inf"):
                raise StateError(f"size {name} is {value}, must be a finite number >= 0. Give it in sizes.")


@dataclass(frozen=True, slots=True)
class SizeColumn:
    """One size the plan chooses (or a metered peak it pays for).

    Args:
        name: Path or peak name, as the amounts and caps of a Problem name it ("battery.main.power_mw").
        cost: Yearly cost of one unit [currency/MW, currency/MWh].
        lower, upper: Bounds; equal where the size stands. The monolithic model needs upper finite.
        block: Size of one whole unit: the size is then a whole number of blocks. None = any size.
    """

    name: str
    cost: float = 0.0
    lower: float = 0.0
    upper: float = float("inf")
    block: float | None = None


@dataclass(frozen=True, slots=True)
class SizeRow:
    """One rule between sizes: lower <= sum of coefs x sizes <= upper.

    Args:
        name: What a reader would call the rule ("battery.main.duration_h").
        coefs: Factor by size name.
        lower, upper: Bounds, -inf and inf where there is none.
    """

    name: str
    coefs: Mapping[str, float]
    lower: float = float("-inf")
    upper: float = float("inf")
