"""Who may say how much: a fixed order of steps, each of which only narrows what the ones above it left.

Gives    ORDER, Feasible, Record.
Used by  operate.guard.mind.

The order is the reference's, highest first, and cannot be configured. A step that does not fit into what is left takes
the nearest point of it, and how far it was missed is its slack: shown, and told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan

ORDER = (
    "device", "connection", "island and lockout", "backup reserve", "instruction", "ramp", "peak", "smoothing", "cost",
)  # fmt: skip
TOLERANCE_MW = 1e-9


@dataclass(frozen=True, slots=True)
class Record:
    """What a step did.

    Attributes:
        step: Of ORDER.
        low_mw, high_mw: What is left after it.
        slack_mw: How far its own bounds were missed; 0 where they were kept.
        why: In words.
        narrowed: Whether it left less than there was.
    """

    step: str
    low_mw: float
    high_mw: float
    slack_mw: float
    why: str
    narrowed: bool


@dataclass(slots=True)
class Feasible:
    """What may still be asked of the batteries together [MW, positive into the bus].

    Example:
        >>> left = Feasible()
        >>> left.narrow("device", -10.0, 10.0, "ratings")
        >>> left.narrow("connection", 4.0, 50.0, "import at most 50 MW")
        >>> left.narrow("backup reserve", -10.0, 0.0, "reserve 62 MWh")
        >>> left.low_mw, left.high_mw, left.slacks
        (4.0, 4.0, {'backup reserve': 4.0})
    """

    low_mw: float = float("-inf")
    high_mw: float = float("inf")
    records: list[Record] = field(default_factory=list)

    def narrow(self, step: str, low_mw: float, high_mw: float, why: str) -> None:
        """Let a step speak; a bound that is no number is none.

        Args:
            step: Of ORDER, never one that stands above the last one that spoke.
            low_mw: At least.
            high_mw: At most.
            why: In words.
        """
        place = ORDER.index(step)
        if self.records and place < ORDER.index(self.records[-1].step):
            raise ValueError(f"{step} speaks after {self.records[-1].step}")
        low = self.low_mw if isnan(low_mw) else low_mw
        high = self.high_mw if isnan(high_mw) else max(high_mw, low)
        new_low = min(max(self.low_mw, low), self.high_mw)
        new_high = max(min(self.high_mw, high), new_low)
        slack = max(low - new_high, new_low - high, 0.0)
        slack = slack if slack > TOLERANCE_MW else 0.0
        narrowed = new_low > self.low_mw or new_high < self.high_mw
        self.low_mw, self.high_mw = new_low, new_high
        self.records.append(Record(step, new_low, new_high, slack, why, narrowed))

    @property
    def slacks(self) -> dict[str, float]:
        """Steps that could not be kept, and by how much [MW]."""
        worst: dict[str, float] = {}
        for record in self.records:
            if record.slack_mw > 0.0:
                worst[record.step] = max(worst.get(record.step, 0.0), record.slack_mw)
        return worst

    def pick(self, wish_mw: float) -> tuple[float, str]:
        """The point nearest to a wish, and who held it off; "" where nobody did."""
        power = min(max(wish_mw, self.low_mw), self.high_mw)
        if abs(power - wish_mw) <= TOLERANCE_MW * max(1.0, abs(wish_mw)):
            return power, ""
        for record in self.records:
            cut = min(max(wish_mw, record.low_mw), record.high_mw)
            if abs(cut - power) <= TOLERANCE_MW * max(1.0, abs(power)):
                who = self._edge(power) if record.slack_mw > 0.0 else record
                return power, f"{who.step}: {who.why}"
        return power, ""

    def _edge(self, power_mw: float) -> Record:
        """Who left no more than a power: the first whose bound it is."""
        near = TOLERANCE_MW * max(1.0, abs(power_mw))
        ends = (
            one
            for one in self.records
            if min(abs(one.low_mw - power_mw), abs(one.high_mw - power_mw)) <= near
        )
        return next(ends)
