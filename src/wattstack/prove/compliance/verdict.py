"""What a test answers, and what it was asked about.

Needs    errors, prove.compliance.picture.
Gives    SitePoint, Reading, Verdict, Compliance, NoVerdict, PASS, FAIL, NOT_APPLICABLE, NOT_MEASURABLE.
Used by  prove.compliance, its door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import inf, isfinite, log10
from typing import TYPE_CHECKING, Any

from wattstack.errors import Fault, InputError
from wattstack.prove.compliance.picture import Picture

if TYPE_CHECKING:
    import pandas

PASS, FAIL = "pass", "fail"
NOT_APPLICABLE, NOT_MEASURABLE = "not applicable", "not measurable"
BINDING = ("in force", "approved")
SILENT_FRAC = 1e-7  # of the limit: less is what the rounding of filters leaves, and no dB tell it
EQUAL_FRAC = 1e-9  # a value that is the limit but for rounding keeps it


@dataclass(frozen=True)
class SitePoint:
    """The point of connection that a wave is judged at.

    Attributes:
        rated_mw: Rating of the connection [MW]; limits in shares of Pn are shares of it.
        frequency_hz: Nominal frequency, 50 or 60 [Hz].
        short_circuit_mva: Short-circuit power of the grid there [MVA]; needed for voltage steps and flicker.
        x_over_r: Reactance / resistance of the grid.
        voltage_kv: Nominal voltage [kV]; some limits go by it.
        modes: Modes of the grid by name, each with frequency_hz, damping_frac and limit_mw (campus Mode).
        contracted_mw: Power of the contract [MW]; absent = rated_mw.
        frequency_curve: Bands (from_hz, to_hz, ride_s; None = for ever) of a code that leaves them to the user.
        shed_hz: Stage of load shedding that the operator has assigned [Hz]; absent = none.
        shed_frac: Share of the load that goes with it.

    Raises:
        InputError: A rating that is not above 0, a frequency other than 50 or 60 Hz.
    """

    rated_mw: float
    frequency_hz: float
    short_circuit_mva: float | None = None
    x_over_r: float = 10.0
    voltage_kv: float | None = None
    modes: Mapping[str, Any] = field(default_factory=dict)
    contracted_mw: float | None = None
    frequency_curve: tuple[tuple[float, float, float | None], ...] = ()
    shed_hz: float | None = None
    shed_frac: float = 1.0

    def __post_init__(self) -> None:
        faults = [
            Fault(name, f"is {value:g}, must be above 0.")
            for name in ("rated_mw", "short_circuit_mva", "x_over_r", "voltage_kv", "contracted_mw")
            if (value := getattr(self, name)) is not None and not value > 0.0
        ]
        if self.frequency_hz not in (50, 60):
            faults.append(Fault("frequency_hz", f"is {self.frequency_hz:g}, must be 50 or 60."))
        if not 0.0 < self.shed_frac <= 1.0:
            faults.append(Fault("shed_frac", f"is {self.shed_frac:g}, must be above 0 and at most 1."))
        if faults:
            raise InputError("point of connection", faults)

    @property
    def contract_mw(self) -> float:
        """Power of the contract [MW]."""
        return self.rated_mw if self.contracted_mw is None else self.contracted_mw


@dataclass(frozen=True)
class Reading:
    """One reading of a rule's text, measured.

    Attributes:
        name: "range in any 5 s, zero-phase filter".
        value: What was measured, in `unit`.
        limit: What it is held against, in `unit`.
        unit: MW, MW/min, MW/s, s, %, pu or a pure number ("").
        at_s: Moment of the worst case [s from the first sample]; None where it has none.
        at_least: The limit is a least, not a most.
        picture: The worst case drawn, None where nothing is to draw.
    """

    name: str
    value: float
    limit: float
    unit: str
    at_s: float | None = None
    at_least: bool = False
    picture: Picture | None = None

    @property
    def used_frac(self) -> float:
        """How much of the limit is used, 1 = all of it: what readings are ranked by."""
        over, under = (self.limit, self.value) if self.at_least else (self.value, self.limit)
        if under == 0.0:
            return 0.0 if over <= 0.0 else inf
        return over / under

    @property
    def kept(self) -> bool:
        """Whether the limit is kept; NaN keeps nothing."""
        return self.used_frac <= 1.0 + EQUAL_FRAC

    @property
    def margin(self) -> float:
        """What is left to the limit, in `unit`; below 0 = beyond it."""
        return self.value - self.limit if self.at_least else self.limit - self.value


class NoVerdict(Exception):  # noqa: N818 - an answer, not an error
    """A test cannot judge: the outcome, and why.

    Args:
        outcome: NOT_APPLICABLE or NOT_MEASURABLE.
        why: One sentence that says what would be needed.
    """

    def __init__(self, outcome: str, why: str):
        self.outcome, self.why = outcome, why
        super().__init__(why)


@dataclass(frozen=True)
class Verdict:
    """One rule of one code on one wave.

    Attributes:
        code: Name of the library entry, "ercot-lcl-10mw".
        rule: Key of the rule in it.
        test: "T1" to "T16".
        quantity: What is measured.
        text: The rule in a sentence of ours.
        outcome: "pass", "fail", "not applicable" or "not measurable".
        value: What was measured by the reading that rules, in `unit`; None without an outcome.
        limit: What it was held against, in `unit`.
        unit: Unit of both.
        margin: What is left to the limit, in `unit`; below 0 = beyond it.
        margin_frac: The same over the limit.
        margin_db: 20 log10(limit / value): what could be added, or must be taken off where below 0.
        worst_s: Moment of the worst case [s from the first sample].
        reading: The reading of the text that rules: the strictest.
        readings: Every reading that was looked at: name -> (value, limit, unit).
        window: Window, in words.
        filter: Filter, order and band, in words; "none" without one.
        status: "in force", "approved", "proposal", "draft", "claim" or "assumption".
        source: Where the rule comes from.
        date: State of the text.
        confidence: How sure its numbers are: "high", "medium", "low".
        note: What a reader must know: gaps, short record, assumptions.
        picture: The worst case drawn, None where there is none.
    """

    code: str
    rule: str
    test: str
    quantity: str
    text: str
    outcome: str
    value: float | None
    limit: float | None
    unit: str
    margin: float | None
    margin_frac: float | None
    margin_db: float | None
    worst_s: float | None
    reading: str
    readings: Mapping[str, tuple[float, float, str]]
    window: str
    filter: str
    status: str
    source: str
    date: str
    confidence: str
    note: str
    picture: Picture | None = field(default=None, repr=False, compare=False)

    @property
    def binding(self) -> bool:
        """Whether the rule is in force or approved; a draft or a proposal never is."""
        return self.status in BINDING

    def to_dict(self) -> dict[str, Any]:
        """The verdict without its picture, for JSON: what is not finite becomes None."""
        made = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name != "picture"}
        return made | {"binding": self.binding}


def margins(reading: Reading) -> tuple[float, float | None, float | None]:
    """Margin of a reading in its unit, over the limit, and in dB; None where limit or value is 0 but for rounding."""
    share = reading.margin / abs(reading.limit) if reading.limit else None
    used = reading.used_frac
    decibel = -20.0 * log10(used) if SILENT_FRAC < used < inf else None
    return reading.margin, share, decibel


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


@dataclass(frozen=True)
class Compliance:
    """Every rule of the codes asked for.

    Attributes:
        source: Where the wave comes from.
        synthetic: Whether the wave was made by a model.
        duration_s: Its length [s].
        rate_hz: Its samples a second [Hz].
        verdicts: In the order of the codes and their rules.
        notes: Of the wave: resampled, gaps.
    """

    source: str
    synthetic: bool
    duration_s: float
    rate_hz: float
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no rule fails that was judged, binding or not."""
        return not any(v.outcome == FAIL for v in self.verdicts)

    @property
    def binding_passed(self) -> bool:
        """Whether no rule fails that is in force or approved."""
        return not any(v.outcome == FAIL and v.binding for v in self.verdicts)

    def worst(self) -> Verdict | None:
        """The judged rule with the least margin over its limit; None where none could be judged."""
        judged = [v for v in self.verdicts if v.outcome in (PASS, FAIL)]
        return min(judged, key=lambda v: -inf if v.margin_frac is None else v.margin_frac, default=None)

    def table(self) -> pandas.DataFrame:
        """One row a verdict, every field but readings and picture."""
        import pandas as pd

        skip = ("picture", "readings")
        names = [f.name for f in fields(Verdict) if f.name not in skip]
        return pd.DataFrame(
            [{name: getattr(v, name) for name in names} for v in self.verdicts], columns=names
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        outcomes: Sequence[str] = (PASS, FAIL, NOT_MEASURABLE, NOT_APPLICABLE)
        worst = self.worst()
        return {
            "source": self.source,
            "synthetic": self.synthetic,
            "duration_s": self.duration_s,
            "rate_hz": self.rate_hz,
            "passed": self.passed,
            "binding_passed": self.binding_passed,
            "counts": {one: sum(v.outcome == one for v in self.verdicts) for one in outcomes},
            "worst": None if worst is None else {"code": worst.code, "rule": worst.rule},
            "notes": list(self.notes),
            "verdicts": [v.to_dict() for v in self.verdicts],
        }
