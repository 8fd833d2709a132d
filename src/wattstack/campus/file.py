"""YAML <-> Campus: all faults of a file at once, comments kept when a campus is written back.

Needs    campus.document, campus.problems, campus.Campus.
Gives    read_campus, write_campus.
Used by  the verbs: check, plan, and everything that starts from a file.

A file may begin with `extends: other.yaml`: it is laid over that file, key by key, null taking a key out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from wattstack.campus.campus import Campus
from wattstack.campus.document import Document, parse_document, read_document
from wattstack.campus.fields import known_zone
from wattstack.campus.fill import merged
from wattstack.campus.problems import faults_of
from wattstack.errors import Fault, InputError


def read_campus(path: str | Path, changes: Mapping[str, Any] | None = None) -> Campus:
    """Read a campus file.

    Args:
        path: YAML file.
        changes: Values by path laid over the file for this run ("grid.connection.firm_mw": 90); text is read
            as YAML ("{max: 90}").

    Raises:
        InputError: It cannot be read, or something in it is wrong: every fault at once.

    Example:
        >>> read_campus("no-such-file.yaml")
        Traceback (most recent call last):
        ...
        wattstack.errors.InputError: no-such-file.yaml: does not exist, ...
    """
    documents = _chain(Path(path))
    top = documents[-1]
    values: dict[str, Any] = {}
    for document in documents:
        values = merged(values, _with_files_at(document, top.folder))
    faults = [fault for document in documents for fault in document.faults]
    for where, change in (changes or {}).items():
        values = merged(values, _nested(where, change))
    try:
        campus = Campus.model_validate(values, context={"time_zone": _zone_of(values)})
    except ValidationError as error:
        told = {fault.where for fault in faults}  # what could not be read there was left out
        found = [fault for fault in faults_of(error) if fault.where not in told]
        raise InputError(top.name, [*faults, *_located(found, documents)]) from None
    if faults:
        raise InputError(top.name, faults)
    campus._base_dir = top.folder
    campus._source = top.name
    campus._documents = tuple((document.text, document.values) for document in documents)
    return campus


def _chain(path: Path) -> list[Document]:
    """The file and all it extends, the base first."""
    chain: list[Document] = []
    seen: list[Path] = []
    while True:
        document = read_document(path)
        chain.append(document)
        seen.append(path.resolve())
        base = document.values.pop("extends", None)
        if base is None:
            break
        if not isinstance(base, str):
            raise InputError(
                document.name, [Fault("extends", "must be the name of a campus file. Write one.")]
            )
        path = path.parent / base
        if path.resolve() in seen:
            raise InputError(
                document.name, [Fault("extends", f"is '{base}', which runs in a circle. Take it out.")]
            )
    return chain[::-1]


def _zone_of(values: dict[str, Any]) -> str | None:
    """The time zone of the place, where it is one."""
    place = values.get("place")
    name = place.get("time_zone") if isinstance(place, dict) else None
    try:
        return known_zone(name) if isinstance(name, str) else None
    except PydanticCustomError:  # told where the place is validated
        return None


def _with_files_at(document: Document, folder: Path) -> dict[str, Any]:
    """The values of a file, its relative file names turned to another folder."""
    values = deepcopy(document.values)  # what was written is needed as it was, to write it back
    _move_files(values, document.folder, folder)
    return values


def _move_files(values: Any, old: Path, new: Path) -> None:
    """Turn every relative file name, of series, cells and templates, from one folder to another, in place."""
    groups = [values, *_mappings(values.get("scenarios"))]
    named = [(source, "file") for group in groups for source in _mappings(group.get("series"))]
    named += [
        (part["cells"], "bpx")
        for part in _mappings(values.get("battery"))
        if isinstance(part.get("cells"), dict)
    ]
    named += [
        (device, "template")
        for device in _mappings(values.get("devices"))
        if not str(device.get("template")).startswith("library:")
    ]
    for part, key in named:
        file = part.get(key)
        if isinstance(file, str) and not os.path.isabs(file):
            part[key] = _moved(file, old, new)


def _moved(file: str, old: Path, new: Path) -> str:
    return file if old.resolve() == new.resolve() else Path(os.path.relpath(old / file, new)).as_posix()


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [part for part in value.values() if isinstance(part, dict)] if isinstance(value, dict) else []


def _nested(where: str, change: Any) -> dict[str, Any]:
    if isinstance(change, str):
        change = parse_document(f"value: {change}", where, Path()).values["value"]
    for key in reversed(where.split(".")):
        change = {key: change}
    return change


def _located(faults: list[Fault], documents: list[Document]) -> list[Fault]:
    """The faults with the line of their key, in the order of the lines."""
    found = []
    for fault in faults:
        place, line = _line_of(tuple(fault.where.split(".")), documents)
        name = f" of {documents[place].name}" if len(documents) > 1 else ""
        text = f"{fault.what} (line {line}{name})" if line else fault.what
        found.append((place, line, Fault(fault.where, text)))
    return [fault for _, _, fault in sorted(found, key=lambda row: row[:2])]


def _line_of(keys: tuple[str, ...], documents: list[Document]) -> tuple[int, int]:
    """The last file that has a key or the nearest one above it, and the line there; 0 = none has it."""
    for depth in range(len(keys), 0, -1):
        for place in range(len(documents) - 1, -1, -1):
            if line := documents[place].lines.get(keys[:depth]):
                return place, line
    return 0, 0


def write_campus(campus: Campus, path: str | Path) -> None:
    """Write a campus file; one that came from a file keeps its comments, its order and what was not changed.

    Args:
        campus: Usually `campus.sized(plan.sizes)`.
        path: File to write, in a folder that exists. Relative file names inside are turned to its folder.

    Example:
        >>> write_campus(campus, "out/campus.yaml")  # doctest: +SKIP
    """
    from ruamel.yaml import YAML

    path = Path(path)
    target = campus.model_dump(mode="json", exclude_unset=True)
    _move_files(target, campus.base_dir, path.parent)
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 120
    yaml.preserve_quotes = True
    scratch = path.with_name(path.name + ".part")
    with scratch.open("w", encoding="utf-8") as stream:
        yaml.dump(_updated(yaml, campus, target) if campus._documents else target, stream)
    scratch.replace(path)


def _updated(yaml: Any, campus: Campus, target: dict[str, Any]) -> Any:
    """The text the campus came from, overlays laid in, every value that differs from the target replaced."""
    values: dict[str, Any] = {}
    text: Any = {}
    for written, part_values in campus._documents:
        values = merged(values, part_values)
        part = yaml.load(written)
        text = _laid_in(text, part) if text else part
    text.pop("extends", None)
    before = Campus.model_validate(values).model_dump(mode="json", exclude_unset=True)
    _replace_changes(text, before, target)
    return text


def _laid_in(text: Any, over: Any) -> Any:
    """`merged`, in place, so that the comments of both stay."""
    for key, value in over.items():
        _open_library_name(text, key, value)
        if value is None and key in text:
            del text[key]
        elif isinstance(value, dict) and isinstance(text.get(key), dict):
            _laid_in(text[key], value)
        else:
            text[key] = value
    return text


def _open_library_name(text: Any, key: str, value: Any) -> None:
    """Turn `tariff: library:NAME` into the mapping it stands for, where keys are laid over it."""
    name = text.get(key)
    if isinstance(value, dict) and isinstance(name, str) and name.startswith("library:"):
        text[key] = {"extends": name}


def _replace_changes(text: Any, before: dict[str, Any], target: dict[str, Any]) -> None:
    for key in [key for key in before if key not in target]:
        text.pop(key, None)
    for key, value in target.items():
        old = before.get(key)
        if old == value and key in before:
            continue
        _open_library_name(text, key, value)
        if isinstance(value, dict) and isinstance(old, dict) and isinstance(text.get(key), dict):
            _replace_changes(text[key], old, value)
        else:
            text[key] = value
