"""The JSON schema of the campus file, for editors and for looking up what a key must be.

Needs    campus.Campus.
Gives    campus_schema, Lookup.
Used by  cli.schema; campus.problems and portfolio, to name the keys that stand at a place.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from wattstack.campus.campus import Campus
from wattstack.campus.fields import is_tag

Node = dict[str, Any]
# What the library or another file brings need not stand in the file.
_FILLED = {
    "Battery": ("charge_eff", "discharge_eff"),
    "Generator": ("fuel_price_per_mwh", "emission_kg_per_mwh"),
    "Inference": ("power_per_gpu_kw",),
    "Job": ("power_per_gpu_kw",),
}
_TITLES = {"<hall>": "Hall", "<plain>": "PlainLoad"}


@cache
def _schema() -> Node:
    schema = Campus.model_json_schema(mode="validation")
    parts = schema["$defs"]
    for name, keys in _FILLED.items():
        parts[name]["required"] = [key for key in parts[name]["required"] if key not in keys]
    parts["Tariff"].pop("required", None)
    for partial in (
        "Contract",
        "Demand",
        "Export",
        "Energy",
    ):  # the rest may come from the tariff that is extended
        parts[partial].pop("required", None)
    tariff = parts["Grid"]["properties"]["tariff"]
    parts["Grid"]["properties"]["tariff"] = {
        "anyOf": [{"type": "string", "pattern": "^library:.+$"}, {"$ref": tariff["$ref"]}],
        "description": tariff["description"],
    }
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "A campus file that this one is laid over; null takes a key of it out.",
    }
    schema["if"] = {"required": ["extends"]}
    schema["then"] = {}
    schema["else"] = {"required": schema.pop("required")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wattstack campus file, version 1",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def campus_schema() -> dict[str, Any]:
    """JSON schema of the campus file (draft 2020-12), a new copy each time.

    Example:
        >>> campus_schema()["properties"]["currency"]["pattern"]
        '^[A-Z]{3}$'
    """
    from copy import deepcopy

    return deepcopy(_schema())


class Lookup:
    """What the schema says of one place of the file.

    Args:
        place: Keys from the top; pydantic's own marks in "<>" choose between forms.
        schema: JSON schema of another declaration; none = the campus file.

    Example:
        >>> Lookup(("battery", "main", "power_mw")).unit
        'MW'
    """

    def __init__(self, place: Iterable[str], schema: Node | None = None):
        schema = _schema() if schema is None else schema
        self._definitions = schema.get("$defs", {})
        self.nodes: list[Node] = [schema]
        for part in place:
            if part in _TITLES:
                self.nodes = [n for n in self._plain() if n.get("title") == _TITLES[part]]
            elif not is_tag(part):
                self.nodes = [child for n in self._plain() for child in _children(n, part)]

    def _plain(self) -> list[Node]:
        """The nodes with references followed and alternatives laid side by side."""
        found, waiting = [], list(self.nodes)
        while waiting:
            node = waiting.pop(0)
            if "$ref" in node:
                waiting.append(self._definitions[node["$ref"].rsplit("/", 1)[1]])
            waiting.extend(node.get("anyOf", ()))
            waiting.extend(node.get("oneOf", ()))
            found.append(node)
        return found

    @property
    def keys(self) -> list[str]:
        """Keys that may stand there, in the order of the declarations."""
        return list(dict.fromkeys(key for node in self._plain() for key in node.get("properties", {})))

    @property
    def unit(self) -> str:
        """Unit of the number there, "" when it has none."""
        return next((node["unit"] for node in self._plain() if "unit" in node), "")

    @property
    def meaning(self) -> str:
        """What the key is, "" when unknown."""
        return next((node["description"] for node in self.nodes if "description" in node), "")


def _children(node: Node, key: str) -> list[Node]:
    if key in node.get("properties", {}):
        return [node["properties"][key]]
    children = list(node.get("patternProperties", {}).values())
    if isinstance(node.get("additionalProperties"), dict):
        children.append(node["additionalProperties"])
    if isinstance(node.get("items"), dict):
        children.append(node["items"])
    return children
