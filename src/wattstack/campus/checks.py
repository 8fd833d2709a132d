"""What the file tells wrong before any declaration is read: keys of later versions, names that lead nowhere.

Needs    errors.
Gives    take_out_not_yet, reference_faults.
Used by  campus.campus.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wattstack.errors import Fault, nearest

Raw = dict[str, Any]
# Keys of the design that no verb reads yet; "*" stands for any name.
NOT_YET: dict[tuple[str, ...], str] = {
    ("devices",): "`wattstack operate`",
}


def take_out_not_yet(raw: Raw) -> tuple[Raw, list[Fault]]:
    """The campus without keys that are not supported yet, and one fault for each of them.

    Example:
        >>> take_out_not_yet({"name": "a", "devices": {}})[1][0].where
        'devices'
    """
    faults: list[Fault] = []
    for keys, verb in NOT_YET.items():
        raw = _without(raw, keys, (), verb, faults)
    return raw, faults


def _without(node: Any, keys: tuple[str, ...], where: tuple[str, ...], verb: str, faults: list[Fault]) -> Any:
    if not isinstance(node, dict):
        return node
    key, *rest = keys
    if rest:
        names = list(node) if key == "*" else [key] if key in node else []
        return {
            k: _without(v, tuple(rest), (*where, k), verb, faults) if k in names else v
            for k, v in node.items()
        }
    if key not in node:
        return node
    faults.append(
        Fault(".".join((*where, key)), f"is not supported yet: it comes with {verb}. Take it out for now.")
    )
    return {k: v for k, v in node.items() if k != key}


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
