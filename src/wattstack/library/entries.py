"""Find an entry of the library by kind and name.

Needs    the YAML files beside this one: `<kind>/<name>.yaml`.
Gives    Entry, find, read_entry, names, kinds.
Used by  the door of this room.

An entry is read when it is asked for, once. It has a passport (what is known, from whom, how sure), values
that a declaration takes over, and facts: single figures with their own source that the values were made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from wattstack.errors import Fault, InputError, nearest

PASSPORT = ("source", "date", "status", "confidence")
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the library.

    Attributes:
        kind: "chemistries", "tariffs", "profiles", "fuels", "safety", "servers" or "grid_codes".
        name: Its name, as the campus file calls it.
        title: One line for people.
        source: Where it comes from, or what it is assumed from.
        date: State of the facts, ISO 8601 (a month is enough).
        status: "in force", "approved", "draft", "proposal", "claim" or "assumption".
        confidence: "high", "medium" or "low".
        currency: ISO 4217 code of its prices, None where it has none.
        values: What a declaration takes over, in our names and units.
        facts: Figures behind the values: item, value, unit, source.
        notes: What a reader must know.
        cell: Of a chemistry, the figures of one cell, each {value, unit, source, confidence}; else empty.
    """

    kind: str
    name: str
    title: str
    source: str
    date: str
    status: str
    confidence: str
    currency: str | None
    values: Mapping[str, Any]
    facts: tuple[Mapping[str, Any], ...]
    notes: str
    cell: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passport(self) -> dict[str, str]:
        """Kind, name, title, source, date, status, confidence, as reports print them."""
        keys = ("kind", "name", "title", *PASSPORT)
        return {key: getattr(self, key) for key in keys}


def kinds() -> tuple[str, ...]:
    """Kinds of entries there are.

    Example:
        >>> "fuels" in kinds()
        True
    """
    return tuple(sorted(folder.name for folder in _FOLDER.iterdir() if any(folder.glob("*.yaml"))))


@cache
def names(kind: str) -> tuple[str, ...]:
    """Names of all entries of a kind.

    Raises:
        InputError: There is no such kind.

    Example:
        >>> names("fuels")
        ('diesel', 'hydrogen', 'lng')
    """
    if kind not in kinds():
        raise InputError("library", [Fault(kind, _miss(kind, "a kind of entry", kinds()))])
    return tuple(sorted(path.stem for path in (_FOLDER / kind).glob("*.yaml")))


@cache
def find(kind: str, name: str) -> Entry:
    """One entry.

    Args:
        kind: One of `kinds()`.
        name: One of `names(kind)`, without "library:".

    Raises:
        InputError: There is no such kind or name; the nearest is named.

    Example:
        >>> find("chemistries", "lfp-grid-2026").status
        'assumption'
    """
    if name not in names(kind):
        raise InputError("library", [Fault(f"{kind}.{name}", _miss(name, f"one of the {kind}", names(kind)))])
    return read_entry(kind, _FOLDER / kind / f"{name}.yaml")


def read_entry(kind: str, path: Path) -> Entry:
    """An entry of the user's own, in a file of the same form as those of the library.

    Args:
        kind: One of `kinds()`.
        path: The YAML file; its name without the ending becomes the name of the entry.

    Raises:
        InputError: The file is not there, is no YAML, or lacks its title, passport or values.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(str(path), [f"cannot be read: {error.strerror}."]) from None
    except (YAMLError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, a date that is none
        raise InputError(str(path), [f"is no YAML: {' '.join(str(error).split())[:200]}"]) from None
    faults = [
        Fault(key, "is missing, must be given.")
        for key in ("title", "values", *(f"passport.{word}" for word in PASSPORT))
        if _lacks(raw, key)
    ]
    if faults:
        raise InputError(str(path), faults)
    return Entry(
        kind=kind,
        name=path.stem,
        title=raw["title"],
        source=raw["passport"]["source"],
        date=str(raw["passport"]["date"]),
        status=raw["passport"]["status"],
        confidence=raw["passport"]["confidence"],
        currency=raw.get("currency"),
        values=raw["values"],
        facts=tuple(raw.get("facts", ())),
        notes=raw.get("notes", ""),
        cell=raw.get("cell", {}),
    )


def _lacks(raw: Any, key: str) -> bool:
    """Whether a path of keys leads nowhere."""
    for part in key.split("."):
        if not isinstance(raw, Mapping) or part not in raw:
            return True
        raw = raw[part]
    return False


def _miss(word: str, wanted: str, known: tuple[str, ...]) -> str:
    near = nearest(word, known)
    mend = f"Nearest: '{near}'." if near else f"There are: {', '.join(known)}."
    return f"is not in the library, must be {wanted}. {mend}"
