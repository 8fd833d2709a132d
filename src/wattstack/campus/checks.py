"""What the file tells wrong before any declaration is read: names that lead nowhere.

Needs    errors.
Gives    reference_faults.
Used by  campus.campus.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattstack.errors import Fault, nearest

Raw = dict[str, Any]


def reference_faults(raw: Raw) -> list[Fault]:
    """Series that are referred to and not declared, and weather that something needs and nobody gives."""
    series = raw.get("series", {})
    scenarios = raw.get("scenarios", {})
    if not isinstance(series, dict) or not isinstance(scenarios, dict):
        return []  # the declarations say what is wrong there
    own = {
        name: set(scenario["series"])
        for name, scenario in scenarios.items()
        if isinstance(scenario, dict) and isinstance(scenario.get("series"), dict)
    }
    everywhere = set.intersection(*own.values()) if own and len(own) == len(scenarios) else set()
    known = {*series, *everywhere}
    faults = []
    for scenario, given in own.items():
        for name in sorted(given - known):
            what = "stands neither in series nor in every scenario, so that others lack it."
            faults.append(Fault(f"scenarios.{scenario}.series.{name}", f"{what} {_near(name, known, '')}"))
    parts = {key: part for key, part in raw.items() if key not in ("series", "scenarios")}
    for where, name in _references(parts, ()):
        if name not in known:
            what = f"is 'series:{name}', must name a series of this file."
            faults.append(Fault(where, f"{what} {_near(name, known, 'series:')}"))
    if "weather" not in known:
        for section, why in (("solar", "solar"), ("cooling", "cooling")):
            if raw.get(section):
                faults.append(
                    Fault(
                        "series.weather",
                        f"is missing, must be given where there is {why}. Add it, or take out {why}.",
                    )
                )
    return faults


def _near(name: str, known: set[str], prefix: str) -> str:
    near = nearest(name, sorted(known))
    return f"Nearest: '{prefix}{near}'." if near else f"Add series.{name}."


def _references(node: Any, where: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _references(value, (*where, str(key)))
    elif isinstance(node, str) and node.startswith("series:"):
        yield ".".join(where), node.removeprefix("series:")
