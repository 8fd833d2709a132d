"""Declarations, plans and answers as plain JSON values, and back by their type hints.

Gives    encode, decode.
Used by  plan.portfolio.store.

What goes out comes back equal: floats keep every bit, arrays are lists of numbers, a mapping whose keys are not
all text is a list of {"key": ..., "value": ...}, infinity and not-a-number are text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

Special = Mapping[type, Callable[[Any], Any]]


def encode(value: Any, special: Special | None = None) -> Any:
    """A value as JSON values.

    Args:
        value: Dataclasses, declarations, mappings, tuples, lists, arrays, numbers, text, None.
        special: Types that are encoded in another way.
    """
    special = special or {}
    if type(value) in special:
        return special[type(value)](value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if isfinite(value) else str(float(value))
    if isinstance(value, np.ndarray | np.generic):
        return encode(value.tolist(), special)
    if isinstance(value, Path):
        return value.as_posix()
    if hasattr(type(value), "model_fields") or dataclasses.is_dataclass(value):
        return {name: encode(getattr(value, name), special) for name in _hints(type(value))}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {key: encode(part, special) for key, part in value.items()}
        return [{"key": encode(k, special), "value": encode(v, special)} for k, v in value.items()]
    return [encode(part, special) for part in value]


def decode(kind: Any, data: Any, special: Special | None = None) -> Any:
    """The value of a type that `encode` made `data` of.

    Args:
        kind: Its type, as in a type hint.
        data: JSON values.
        special: Types that were encoded in another way: what makes them of their data.

    Raises:
        KeyError, TypeError, ValueError: The data is not of that type.
    """
    special = special or {}
    if kind in special:
        return special[kind](data)
    origin, inner = get_origin(kind), get_args(kind)
    if inner and type(None) in inner:
        if data is None:
            return None
        return decode(next(arm for arm in inner if arm is not type(None)), data, special)
    if origin is tuple:
        return _decode_tuple(inner, data, special)
    if origin is Literal:
        return data
    if inner:  # a mapping; whatever names its kind, it comes back as a dict
        pairs = data.items() if isinstance(data, dict) else ((part["key"], part["value"]) for part in data)
        return {decode(inner[0], key, special): decode(inner[1], value, special) for key, value in pairs}
    if kind is np.ndarray:
        return np.array([float(part) for part in data])
    if hasattr(kind, "model_fields") or dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: decode(hints[name], part, special) for name, part in data.items()})
    return kind(data)


def _decode_tuple(inner: tuple[Any, ...], data: list, special: Special) -> tuple:
    if inner[-1] is Ellipsis:
        return tuple(decode(inner[0], part, special) for part in data)
    return tuple(decode(arm, part, special) for arm, part in zip(inner, data, strict=True))


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Types of the fields of a dataclass or a declaration, by name."""
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    return {name: field.annotation for name, field in kind.model_fields.items()}
