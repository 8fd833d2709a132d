"""SunSpec: where the points of a model stand, and which models a device has.

Needs    errors; the models of SunSpec as JSON, which come with pysunspec2 (its files, not its client).
Gives    Place, model_places, find_models, BASES.
Used by  operate.devices.template, operate.devices.device, operate.simulated.

A device begins with "SunS" at one of three addresses; behind it stand its models, each with number and length, up to
the model 0xFFFF. SunSpec Device Information Model Specification 1.2. A scale factor is a register of the model.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wattstack.errors import Fault, InputError

BASES = (40_000, 50_000, 0)  # where "SunS" may stand
MARK = (0x5375, 0x6E53)  # "SunS"
LAST = 0xFFFF
MOST_MODELS = 60  # a chain that is longer is no chain
_UNITS = {
    "WH": "Wh", "VAR": "var", "Var": "var", "Varh": "varh", "Pct": "%", "C": "degC", "Secs": "s", "%WHRtg": "%",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """One point of a model.

    Attributes:
        offset: Registers from the head of the model (its number) on.
        type: As SunSpec names it; text and padding have types that no value has ("string", "pad").
        words: Registers it takes.
        scale: Name of the point with its scale factor, None where it has none.
        unit: As wattstack.units names it where it is a quantity, "" where it has none.
        write: Whether the standard lets it be written.
    """

    offset: int
    type: str
    words: int
    scale: str | None
    unit: str
    write: bool


@cache
def model_places(number: int, repeats: int = 1) -> Mapping[str, Place]:
    """The points of a model in their order, ID and L first.

    Args:
        number: Of the model.
        repeats: How often a group stands that may repeat; its points are named GROUP.1.POINT, GROUP.2.POINT.

    Raises:
        InputError: There is no such model, or its definition is not installed.

    Example:
        >>> model_places(704)["WSet"].unit
        'W'
    """
    definition = _definition(number)
    places: dict[str, Place] = {}
    _add(definition["group"], "", repeats, places)
    return places


def _definition(number: int) -> dict:
    from importlib.util import find_spec

    found = find_spec("sunspec2")
    if found is None or found.origin is None:
        raise InputError(
            "SunSpec", ["the definitions of its models are missing. Run: pip install wattstack[operate]."]
        )
    file = Path(found.origin).parent / "models" / "json" / f"model_{number}.json"
    if not file.is_file():
        raise InputError(
            "SunSpec", [Fault(f"model {number}", "is not known, must be a model of the standard.")]
        )
    return json.loads(file.read_text(encoding="utf-8"))


def _add(group: Mapping, prefix: str, repeats: int, places: dict[str, Place]) -> None:
    names = {point["name"] for point in group.get("points", ())}
    for point in group.get("points", ()):
        scale = point.get("sf")
        if isinstance(scale, str) and scale not in names and scale not in places:
            scale = None
        if isinstance(scale, str) and scale in names:
            scale = prefix + scale
        offset = sum(place.words for place in places.values())
        unit = _UNITS.get(point.get("units", ""), point.get("units", ""))
        places[prefix + point["name"]] = Place(
            offset,
            point["type"],
            int(point["size"]),
            scale if isinstance(scale, str) else None,
            unit,
            point.get("access") == "RW",
        )
    for inner in group.get("groups", ()):
        count = inner.get("count", 1)
        if count == 1:
            _add(inner, f"{prefix}{inner['name']}.", repeats, places)
            continue
        for k in range(1, (repeats if isinstance(count, str) or count == 0 else count) + 1):
            _add(inner, f"{prefix}{inner['name']}.{k}.", repeats, places)


async def find_models(
    read: Callable[[int, int], Awaitable[tuple[int, ...] | None]],
) -> dict[int, tuple[int, int]]:
    """Walk through a device.

    Args:
        read: Reads `count` holding registers from `address` on; None where the device does not give them.

    Returns:
        Address of the head of each model and registers it takes, head included, by number (the first of each);
        empty where this is no SunSpec device.
    """
    for base in BASES:
        if await read(base, 2) == MARK:
            return await _chain(read, base + 2)
    return {}


async def _chain(read: Callable, address: int) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for _ in range(MOST_MODELS):
        if address > 65_534 or (head := await read(address, 2)) is None or head[0] == LAST:
            break
        found.setdefault(head[0], (address, 2 + head[1]))
        address += 2 + head[1]
    return found
