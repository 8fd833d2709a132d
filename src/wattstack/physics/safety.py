"""Safety rules as data against the layout that is declared: kept, broken by how much, or not declared.

Needs    campus.Campus (battery.layout, battery.safety), library (kind `safety`).
Gives    check_safety, Finding.
Used by  cli.check, report.

A rule of the library says what is measured (a key of the layout, or nameplate_kwh), the least or most of it or what it
must hold, `where` it applies, and `unless` what else is enough. A finding is for a person to read: it neither stops a
plan nor replaces the text of a standard, and a rule that is kept here is no permit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wattstack.campus import Battery, Campus, largest
from wattstack.library import Entry, find

KEPT, BROKEN, NOT_DECLARED, NOT_APPLICABLE = "kept", "broken", "not declared", "does not apply"
NEAR = 1e-9  # two distances that are one, but for rounding
_FALLBACK = {"end_gap_m": "gap_m"}  # absent = the other
_UNITS = {"_kwh": "kWh", "_mm": "mm", "_m": "m", "_h": "h"}

Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One battery against one rule.

    Attributes:
        battery: Name of the battery.
        entry: Name of the library entry, "nfpa-855-2023".
        rule: Name of the rule in it, "gap".
        code: Code or standard, with its edition.
        jurisdiction: Where it holds.
        state: "kept", "broken", "not declared" or "does not apply".
        measured: What the layout says, None where it says nothing.
        missing_amount: How far it is off, in the unit of the measure; None where that is no number.
        text: The rule in a sentence.
        why: What it was held against, in words.
        mend: What would mend it, "" where nothing is to mend.
        source: Where the rule comes from.
        status: "in force", "draft", ...
        confidence: "high", "medium" or "low".
    """

    battery: str
    entry: str
    rule: str
    code: str
    jurisdiction: str
    state: str
    measured: Any
    missing_amount: float | None
    text: str
    why: str
    mend: str
    source: str
    status: str
    confidence: str


def check_safety(campus: Campus) -> tuple[Finding, ...]:
    """Every declared layout against every rule that its battery names.

    Args:
        campus: A size that is a range counts with its greatest.

    Returns:
        Findings in the order of batteries, entries and rules; empty where no battery names a rule.

    Source:
        The passports of the entries in library/safety.

    Example:
        >>> check_safety(campus)[0].state  # doctest: +SKIP
        'broken'
    """
    return tuple(
        _finding(name, battery, entry, key)
        for name, battery in campus.battery.items()
        for rule in battery.safety
        for entry in (find("safety", rule.removeprefix("library:")),)
        for key in entry.values["rules"]
    )


class _Facts:
    """What is known of a battery, by the names that rules use; None = not declared."""

    def __init__(self, battery: Battery):
        self._layout = battery.layout
        self.nameplate_kwh = 1000.0 * largest(battery.energy_mwh) * battery.nameplate_per_usable
        name = (battery.chemistry or "").removeprefix("library:")
        self.chemistry = name.split("-", 1)[0] or None

    def __call__(self, key: str) -> Any:
        if key in ("nameplate_kwh", "chemistry"):
            return getattr(self, key)
        if self._layout is None:
            return None
        value = getattr(self._layout, key)
        return self(_FALLBACK[key]) if value is None and key in _FALLBACK else value

    def holds(self, conditions: Mapping[str, Any]) -> bool | None:
        """Whether all conditions hold; None = what is declared does not tell."""
        answers = [self._holds_one(key, wanted) for key, wanted in conditions.items()]
        if False in answers:
            return False
        return None if None in answers else True

    def _holds_one(self, key: str, wanted: Any) -> bool | None:
        value = self(key)
        if value is None:
            return None
        if isinstance(wanted, list):
            return bool(set(value) & set(wanted)) if isinstance(value, tuple) else value in wanted
        if not isinstance(wanted, Mapping):
            return value >= wanted - NEAR
        if "above" in wanted:
            return value > wanted["above"]
        return value <= wanted["at_most"] + NEAR


def _finding(name: str, battery: Battery, entry: Entry, key: str) -> Finding:
    rule, values = entry.values["rules"][key], entry.values
    facts = _Facts(battery)
    where = dict(rule.get("where", {}))
    if "chemistries" in values:
        where["chemistry"] = values["chemistries"]
    measured = facts(rule["measure"])
    missing, mend = None, ""
    if facts.holds(where) is False:
        state, why = NOT_APPLICABLE, _first_not(facts, where)
    elif (other := _exception(facts, rule)) is not None:
        state, why = KEPT, f"by exception: {_all_of(other)}"
    else:
        state, missing, why = _compared(facts, rule, measured)
        if state in (BROKEN, NOT_DECLARED):
            mend = _mend(facts, f"battery.{name}.layout", rule)
    return Finding(
        battery=name,
        entry=entry.name,
        rule=key,
        code=f"{values['code']} ({values['edition']})",
        jurisdiction=values["jurisdiction"],
        state=state,
        measured=measured,
        missing_amount=missing,
        text=rule["text"],
        why=why,
        mend=mend,
        source=rule.get("source", entry.source),
        status=entry.status,
        confidence=rule.get("confidence", entry.confidence),
    )


def _exception(facts: _Facts, rule: Rule) -> Mapping[str, Any] | None:
    """The first exception that is declared to hold."""
    return next((other for other in rule.get("unless", ()) if facts.holds(other)), None)


def _compared(facts: _Facts, rule: Rule, measured: Any) -> tuple[str, float | None, str]:
    """State, how far off, and against what."""
    key = rule["measure"]
    if "holds" in rule:
        wanted = rule["holds"]
        if measured is None:
            return NOT_DECLARED, None, f"{key} is not declared"
        if wanted is True:
            return (KEPT if measured else BROKEN), None, f"{key} is {str(measured).lower()}"
        met = bool(set(measured) & set(wanted))
        return (KEPT if met else BROKEN), None, f"{key}: {', '.join(measured) or 'none'}"
    least = "at_least" in rule
    limit = rule["at_least"] if least else rule["at_most"]
    if isinstance(limit, str):  # another key of the layout
        name, limit = limit, facts(limit)
        if limit is None:
            return NOT_DECLARED, None, f"{name} is not declared"
    if measured is None:
        return NOT_DECLARED, None, f"{key} is not declared"
    missing = limit - measured if least else measured - limit
    why = f"{key} is {_amount(key, measured)}, {'at least' if least else 'at most'} {_amount(key, limit)}"
    return (BROKEN, missing, why) if missing > NEAR else (KEPT, None, why)


def _mend(facts: _Facts, where: str, rule: Rule) -> str:
    """The ways out: keep the rule itself, or one of its exceptions."""
    key = rule["measure"]
    ways = []
    if "at_least" in rule:
        limit = rule["at_least"]
        value = facts(limit) if isinstance(limit, str) else limit
        ways.append(f"{where}.{key}: {value:g} or more" if value is not None else f"{where}.{limit}")
    elif "holds" in rule:
        ways.append(f"{where}.{key}: {'true' if rule['holds'] is True else _listed(rule['holds'])}")
    elif key != "nameplate_kwh":
        ways.append(f"{where}.{key}: {rule['at_most']:g} or less")
    ways += [_all_of(other) for other in rule.get("unless", ())]
    return "; or ".join(ways)


def _first_not(facts: _Facts, where: Mapping[str, Any]) -> str:
    """The first condition that keeps a rule from applying."""
    key = next(key for key, wanted in where.items() if facts.holds({key: wanted}) is False)
    value = facts(key)
    shown = ", ".join(value) or "none" if isinstance(value, tuple) else value
    return f"{key} is {_amount(key, shown) if isinstance(shown, float) else shown}"


def _all_of(conditions: Mapping[str, Any]) -> str:
    parts = []
    for key, wanted in conditions.items():
        if isinstance(wanted, list):
            parts.append(f"{key}: {_listed(wanted)}")
        elif isinstance(wanted, Mapping):
            parts += [f"{key}: {limit:g} or less" for limit in wanted.values()]
        else:
            parts.append(f"{key}: {wanted:g} or more")
    return " and ".join(parts)


def _listed(names: list[str]) -> str:
    return f"[{names[0]}]" if len(names) == 1 else f"one of [{', '.join(names)}]"


def _amount(key: str, value: float) -> str:
    unit = next((unit for end, unit in _UNITS.items() if key.endswith(end)), "")
    return f"{value:,.10g} {unit}".rstrip()
