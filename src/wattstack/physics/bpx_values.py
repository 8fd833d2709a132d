"""Numbers, tables and expressions of a BPX file as functions, and every fault met on the way.

Needs    wattstack.errors.
Gives    BpxSection, curve_of.
Used by  physics.bpx.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wattstack.errors import Fault

Curve = Callable[[np.ndarray], np.ndarray]
_OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.UAdd: operator.pos, ast.USub: operator.neg,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable] = {
    "exp": np.exp, "tanh": np.tanh, "cosh": np.cosh, "sinh": np.sinh, "log": np.log, "sqrt": np.sqrt, "abs": np.abs,
}  # fmt: skip


class BpxSection:
    """One section of a file, read key by key; what is wrong is added to a list that all sections share.

    Args:
        raw: The section; anything but a mapping is a fault, and then nothing more is said of its keys.
        where: Its path in the file.
        faults: Where faults go.
    """

    def __init__(self, raw: Any, where: str, faults: list[Fault]):
        self.where, self.faults = where, faults
        self.there = isinstance(raw, Mapping)
        self.raw: Mapping[str, Any] = raw if self.there else {}
        if not self.there:
            faults.append(Fault(where, "is missing. A BPX file of a cell must have it."))

    def __contains__(self, key: str) -> bool:
        return key in self.raw

    def number(self, key: str, fallback_value: float | None = None) -> float:
        """A number above 0; without fallback_value it must be there."""
        value = self.raw.get(key, fallback_value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < np.inf:
            return float(value)
        self._fault(key, value, "a number above 0")
        return np.nan

    def share(self, key: str) -> float:
        """A number from 0 to 1 that must be there."""
        value = self.raw.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self._fault(key, value, "a number from 0 to 1")
        return np.nan

    def curve(self, key: str, fallback_value: float | None = None) -> Curve:
        """A number, a table {x, y} or an expression in x as a function; without fallback_value it must be there."""
        value = self.raw.get(key, fallback_value)
        try:
            return curve_of(value)
        except ValueError as error:
            self._fault(key, value, f"a number, a table {{x, y}} or an expression in x: {error}")
            return np.zeros_like

    def _fault(self, key: str, value: Any, wanted: str) -> None:
        if self.there:
            said = "is missing, must be" if value is None else f"is {str(value)[:40]}, must be"
            self.faults.append(Fault(f"{self.where}.{key}", f"{said} {wanted}."))


def curve_of(value: Any) -> Curve:
    """A function of arrays from a number, a table or an expression of BPX.

    Args:
        value: Number; {"x": [...], "y": [...]}, read straight between its points and held beyond them; or text with
            numbers, x, + - * / ** and the functions exp, tanh, cosh, sinh, log, sqrt, abs. It is never run as code.

    Raises:
        ValueError: It is none of these; the text says why.

    Example:
        >>> float(curve_of("2 * exp(-x) + 1")(0.0))
        3.0
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
        return lambda x: np.full_like(np.asarray(x, float), value)
    if isinstance(value, str):
        tree = _parsed(value)
        return lambda x: np.asarray(_evaluated(tree, np.asarray(x, float)), float)
    if isinstance(value, Mapping):
        return _table(value)
    raise ValueError("nothing is given" if value is None else "it is neither")


def _table(value: Mapping[str, Any]) -> Curve:
    try:
        x, y = np.asarray(value["x"], float), np.asarray(value["y"], float)
    except (KeyError, TypeError, ValueError):
        raise ValueError("a table must have x and y with numbers") from None
    if x.ndim != 1 or x.shape != y.shape or x.size < 2 or not np.isfinite([x, y]).all():
        raise ValueError("x and y must be lists of the same length, at least two numbers")
    if not (np.diff(x) > 0).all():
        raise ValueError("x of the table must rise")
    return lambda at: np.interp(at, x, y)


def _parsed(text: str) -> ast.expr:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise ValueError("it cannot be read as an expression") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            known = isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
            if not known or len(node.args) != 1 or node.keywords:
                raise ValueError(f"only these functions are known: {', '.join(_FUNCTIONS)}")
        elif isinstance(node, ast.Name):
            if node.id != "x" and node.id not in _FUNCTIONS:
                raise ValueError(f"{node.id!r} is not known, only x")
        elif isinstance(node, ast.Constant):
            if not isinstance(node.value, (int, float)):
                raise ValueError("only numbers may stand in it")
        elif not isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Load, *_OPERATORS)):
            raise ValueError("only + - * / ** may join its parts")
    return tree


def _evaluated(node: ast.expr, x: np.ndarray) -> Any:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_evaluated(node.left, x), _evaluated(node.right, x))
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_evaluated(node.operand, x))
    if isinstance(node, ast.Call):
        return _FUNCTIONS[node.func.id](_evaluated(node.args[0], x))
    return x if isinstance(node, ast.Name) else np.float64(node.value)
