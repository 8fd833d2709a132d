"""A grid code as the library has it, read into rules; what keeps a rule from applying to a point of connection.

Needs    library (kind `grid_codes`), errors, prove.compliance.verdict.
Gives    Rule, Code, read_code, refusal, limit_of.
Used by  prove.compliance.

A code is data: who asks, from which size, at which frequencies, and its rules by name. A rule says which of the tests
T1 to T16 judges it, over which window and band, against which limit, in which readings of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattstack.errors import Fault, InputError, nearest
from wattstack.library import Entry, find, read_entry
from wattstack.prove.compliance.verdict import NOT_APPLICABLE, NOT_MEASURABLE, NoVerdict, SitePoint

TESTS = tuple(f"T{number}" for number in range(1, 17))
STATUSES = ("in force", "approved", "proposal", "draft", "claim", "assumption")
# Keys of a rule beside test, quantity and text. Each test reads some of them; docs/codes says which.
_KEYS = {
    "test", "quantity", "text", "source", "date", "status", "confidence", "window_s", "band_hz", "order",
    "limit", "readings", "direction", "exempt_after_fault_s", "curve", "kept_frac", "after_s", "within_s",
    "at_most_frac", "rocof_window_s", "rocof_hz_per_s", "angle_jump_deg", "voltage_kv", "reference_mva", "lamp",
    "above_contract_frac", "order_event", "end_event", "hold_s", "cut_frac", "permission_event", "sequence",
    "returns_above_pu", "by_frequency",
}  # fmt: skip
_LIMITS = {
    "mw", "mw_per_min", "mw_per_s", "rated_frac", "rated_frac_per_min", "peak_frac_per_min", "frac", "s", "pct",
    "value", "of_mode", "dynamic_range_mw", "v", "h",
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One rule of a code.

    Attributes:
        name: Its key in the entry.
        test: "T1" to "T16".
        quantity: What is measured.
        text: The rule in a sentence.
        data: All its keys, as the entry has them.
        source: Own source, else that of the entry; likewise date, status and confidence.
        date: State of the text.
        status: "in force", "approved", "proposal", "draft", "claim" or "assumption".
        confidence: "high", "medium" or "low".
    """

    name: str
    test: str
    quantity: str
    text: str
    data: Mapping[str, Any]
    source: str
    date: str
    status: str
    confidence: str

    def get(self, key: str, default: Any = None) -> Any:
        """A key of the rule, or what stands for it."""
        return self.data.get(key, default)

    @property
    def windows_s(self) -> tuple[float, ...]:
        """Windows [s]: one, or several where the text leaves it open; empty without one."""
        window = self.get("window_s", ())
        return tuple(float(w) for w in window) if isinstance(window, list | tuple) else (float(window),)

    @property
    def band_hz(self) -> tuple[float, float] | None:
        """Band [Hz], None without one."""
        band = self.get("band_hz")
        return None if band is None else (float(band[0]), float(band[1]))


@dataclass(frozen=True)
class Code:
    """A grid code.

    Attributes:
        name: Name of its entry.
        title: One line for people.
        values: Operator, region, frequencies_hz, applies_above_mw.
        rules: In the order of the entry.
        entry: The entry itself.
    """

    name: str
    title: str
    values: Mapping[str, Any]
    rules: tuple[Rule, ...]
    entry: Entry


def read_code(code: str | Entry) -> Code:
    """A code by its name in the library ("library:ieso-3.0" or "ieso-3.0"), by a YAML file of your own, or as an entry.

    Raises:
        InputError: There is no such entry; every fault of the rules of a file of your own.

    Example:
        >>> read_code("ercot-lcl-10mw").rules[0].test
        'T3'
    """
    if isinstance(code, Entry):
        entry = code
    elif code.endswith((".yaml", ".yml")):
        entry = read_entry("grid_codes", Path(code))
    else:
        entry = find("grid_codes", code.removeprefix("library:"))
    faults = list(_faults(entry))
    if faults:
        raise InputError(f"grid code {entry.name}", faults)
    rules = tuple(
        Rule(
            name=name,
            test=raw["test"],
            quantity=raw["quantity"],
            text=raw["text"],
            data=raw,
            source=raw.get("source", entry.source),
            date=str(raw.get("date", entry.date)),
            status=raw.get("status", entry.status),
            confidence=raw.get("confidence", entry.confidence),
        )
        for name, raw in entry.values["rules"].items()
    )
    return Code(entry.name, entry.title, entry.values, rules, entry)


def _faults(entry: Entry) -> list[Fault]:
    """What is wrong with the rules of an entry."""
    faults = [
        Fault(f"values.{key}", "is missing, must be given.")
        for key in ("name", "operator", "region", "frequencies_hz", "rules")
        if key not in entry.values
    ]
    if not faults and not entry.values["rules"]:
        faults.append(Fault("values.rules", "is empty, must hold a rule at least."))
    for name, raw in (entry.values.get("rules") or {}).items():
        where = f"values.rules.{name}"
        for key in ("test", "quantity", "text"):
            if key not in raw:
                faults.append(Fault(f"{where}.{key}", "is missing, must be given."))
        if raw.get("test", "T1") not in TESTS:
            faults.append(Fault(f"{where}.test", f"is {raw['test']!r}, must be T1 to T16."))
        if raw.get("status", "draft") not in STATUSES:
            faults.append(
                Fault(f"{where}.status", f"is {raw['status']!r}, must be one of {', '.join(STATUSES)}.")
            )
        faults += [_unknown(f"{where}.{key}", key, _KEYS) for key in raw if key not in _KEYS]
        limit = raw.get("limit", {})
        faults += [_unknown(f"{where}.limit.{key}", key, _LIMITS) for key in limit if key not in _LIMITS]
        faults += [
            Fault(f"{where}.limit.{key}", f"is {value}, must be above 0.")
            for key, value in limit.items()
            if key in _LIMITS and key != "of_mode" and not value > 0
        ]
    return faults


def _unknown(where: str, key: str, known: set[str]) -> Fault:
    near = nearest(key, known)
    return Fault(where, "is not a key of a rule." + (f" Nearest: {near}." if near else ""))


def refusal(code: Code, rule: Rule, site: SitePoint) -> NoVerdict | None:
    """Why a rule does not apply to a point of connection; None where it does."""
    above = code.values.get("applies_above_mw")
    if above is not None and site.rated_mw <= above:
        return NoVerdict(
            NOT_APPLICABLE, f"applies above {above:g} MW, this connection is rated {site.rated_mw:g} MW"
        )
    if site.frequency_hz not in code.values["frequencies_hz"]:
        known = " and ".join(f"{f:g}" for f in code.values["frequencies_hz"])
        return NoVerdict(
            NOT_APPLICABLE, f"is written for a grid of {known} Hz, this one has {site.frequency_hz:g} Hz"
        )
    levels = rule.get("voltage_kv")
    if levels is not None and site.voltage_kv is None:
        return NoVerdict(
            NOT_MEASURABLE,
            f"is for {levels[0]:g} to {levels[1]:g} kV and the voltage of the connection is not given: "
            "grid.connection.voltage_kv, or --voltage-kv",
        )
    if levels is not None and not levels[0] <= site.voltage_kv <= levels[1]:
        return NoVerdict(
            NOT_APPLICABLE,
            f"is for {levels[0]:g} to {levels[1]:g} kV, this connection has {site.voltage_kv:g} kV",
        )
    return None


def limit_of(rule: Rule, site: SitePoint, peak_mw: float | None = None) -> float:
    """The limit of a rule in its own unit: the least of what the entry names, shares turned into MW.

    Args:
        rule: With `limit`.
        site: For limits in shares of the rating.
        peak_mw: Highest demand, for limits in shares of it [MW]; absent = the rating.

    Example:
        >>> limit_of(read_code("ieso-3.0").rules[2], SitePoint(rated_mw=150, frequency_hz=60))
        0.375
    """
    base = {"rated_frac": site.rated_mw, "rated_frac_per_min": site.rated_mw}
    base["peak_frac_per_min"] = site.rated_mw if peak_mw is None else peak_mw
    limits = {
        key: value for key, value in rule.data["limit"].items() if key not in ("of_mode", "dynamic_range_mw")
    }
    return min(float(value) * base.get(key, 1.0) for key, value in limits.items())
