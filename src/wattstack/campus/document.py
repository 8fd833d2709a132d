"""YAML text as plain values with the line of every key: the only place where the campus room reads YAML.

Needs    ruamel.yaml (YAML 1.2).
Gives    Document, read_document, parse_document.
Used by  campus.file, portfolio.file.

Stamps and dates stay text here: the declarations know what they must be. Duplicate keys are collected, not
raised one by one, and the first of them is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wattstack.errors import Fault, InputError, nearest

LIMIT_BYTES = 2_000_000
LIMIT_VALUES = 100_000
LIMIT_NUMBER = 1e15  # no price, power or cost of a campus comes near, in any currency
Keys = tuple[str, ...]
_TAG = "tag:yaml.org,2002:"
# What the parser says, and where to look then.
_HINTS = (
    ("\\t", "A tab stands there: indent with spaces."),
    ("mapping values are not allowed", "Put text that holds a colon in quotes, or look at the indentation."),
    ("could not find expected ':'", "A key needs a colon and a space after it."),
    ("<block end>", "Look at the indentation of this line and of the line above it."),
    ("expected ',' or", "Close the bracket, or put a comma between its parts."),
    ("cannot start any token", "Put text that begins with such a sign in quotes."),
    ("found undefined alias", "An *alias needs its &anchor above it."),
    ("single document", "Keep one document: take the line --- between them out."),
    ("quoted scalar", "Close the quotes."),
)


@dataclass(frozen=True)
class Document:
    """One YAML file, read.

    Attributes:
        name: File name without folder.
        folder: Folder that its relative file names start from.
        text: Its text.
        values: Plain dicts, lists, numbers, text; {} for an empty file.
        lines: Line (from 1) of every key path.
        faults: Keys that stand twice, values that are no YAML 1.2 value.
    """

    name: str
    folder: Path
    text: str
    values: dict[str, Any]
    lines: dict[Keys, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def read_document(path: str | Path, holds: str = "campus") -> Document:
    """Read one YAML file.

    Args:
        path: The file.
        holds: What it should hold, for messages.

    Raises:
        InputError: It does not exist, is no UTF-8 text, too large, no YAML, empty, or no mapping.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(str(path), ["is a folder, must be a YAML file. Name the file in it."])
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise InputError(
                path.name,
                [f"has {size / 1e6:.0f} MB, must be a few kB of text. Name the {holds} file, not a series."],
            )
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(path.name, [_missing(path)]) from None
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start}), must be. Save it as UTF-8."
        raise InputError(path.name, [message]) from None
    except OSError as error:
        raise InputError(
            path.name, [f"cannot be read: {error.strerror}. Check the name and the rights."]
        ) from None
    return parse_document(text, path.name, path.parent, holds)


def parse_document(text: str, name: str, folder: Path, holds: str = "campus") -> Document:
    """Parse YAML text; see read_document.

    Example:
        >>> parse_document("a: {b: 1}", "x.yaml", Path()).lines[("a", "b")]
        1
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
        if root is None:
            raise InputError(name, [f"is empty, must hold a {holds}. Start from `wattstack init`."])
        if root.tag != _TAG + "map":
            kind = "a list" if root.tag == _TAG + "seq" else "a single value"
            raise InputError(name, [f"holds {kind} at the top, must hold keys. Begin with wattstack: 1."])
        walk = _Walk(yaml.constructor, name)
        values = walk.value(root, ())
    except MarkedYAMLError as error:
        raise InputError(name, [_not_yaml(error, text)]) from None
    except YAMLError as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(name, [f"is not YAML: {first}. Save it as plain text."]) from None
    except RecursionError:
        raise InputError(name, ["is nested too deep to be read. Take brackets or indentation out."]) from None
    return Document(name, folder, text, values, walk.lines, tuple(walk.faults))


class _Walk:
    """Turn a node tree into plain values, noting lines and duplicate keys."""

    def __init__(self, constructor: Any, name: str):
        self.constructor = constructor
        self.name = name
        self.lines: dict[Keys, int] = {}
        self.faults: list[Fault] = []
        self.open: set[int] = set()
        self.count = 0

    def value(self, node: Any, where: Keys) -> Any:
        self.count += 1
        if self.count > LIMIT_VALUES:  # aliases of aliases grow without end
            raise InputError(
                self.name, [f"holds more than {LIMIT_VALUES} values. Write fewer aliases of aliases."]
            )
        if id(node) in self.open:
            self.faults.append(Fault(".".join(where), "holds itself through an alias. Write the value out."))
            return None
        self.open.add(id(node))
        try:
            if node.id == "mapping":
                return self._mapping(node, where)
            if node.id == "sequence":
                return [self.value(item, (*where, str(i))) for i, item in enumerate(node.value)]
            return self._scalar(node, where)
        finally:
            self.open.discard(id(node))

    def _mapping(self, node: Any, where: Keys) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar":
                self.faults.append(
                    Fault(".".join(where), f"has a key that is no name (line {line}). Write a name.")
                )
                continue
            key = str(key_node.value)
            keys = (*where, key)
            if key in found:
                both = f"stands in lines {self.lines[keys]} and {line}"
                self.faults.append(Fault(".".join(keys), f"{both}, must stand once. Rename or remove one."))
                continue
            self.lines[keys] = line
            found[key] = self.value(value_node, keys)
        return found

    def _scalar(self, node: Any, where: Keys) -> Any:
        if node.tag == _TAG + "timestamp":
            return node.value
        if not node.tag.startswith(_TAG):
            self.faults.append(
                Fault(".".join(where), f"has the tag {node.tag}, which is not read. Take it out.")
            )
            return None
        try:
            value = self.constructor.construct_object(node)
        except ValueError:
            self.faults.append(
                Fault(".".join(where), f"is {node.value!r}, which does not fit its tag. Take it out.")
            )
            return None
        if isinstance(value, int | float) and LIMIT_NUMBER < abs(value) < math.inf:
            shown = node.value if len(node.value) <= 20 else f"{node.value[:20]}..."
            what = f"is {shown}, must lie within {LIMIT_NUMBER:g}. Mend the number."
            self.faults.append(Fault(".".join(where), f"{what} (line {node.start_mark.line + 1})"))
            return None
        return value


def _not_yaml(error: Any, text: str) -> str:
    problem, mark = str(error.problem), error.problem_mark
    if "end of stream" in problem and error.context_mark is not None:
        mark = error.context_mark  # where it begins, not where the file ends
    said = f"{problem} {error.context}"
    hint = next(
        (hint for sign, hint in _HINTS if sign in said), "Look at the signs and the indentation there."
    )
    lines = text.splitlines()
    shown = lines[mark.line].strip() if mark.line < len(lines) else ""
    quoted = f" in `{shown[:60]}`" if shown else ""
    return f"is not YAML at line {mark.line + 1}, column {mark.column + 1}{quoted}: {problem}. {hint}"


def _neighbours(path: Path) -> Iterator[str]:
    if path.parent.is_dir():
        yield from sorted(p.name for p in path.parent.iterdir() if p.suffix in (".yaml", ".yml"))


def _missing(path: Path) -> str:
    known = list(_neighbours(path))
    near = nearest(path.name, known)
    if near:
        return f"does not exist. Nearest: '{near}'."
    if known:
        return f"does not exist. In that folder stand: {', '.join(known[:5])}."
    return "does not exist, and no YAML file stands in that folder. Make one by `wattstack init`."
