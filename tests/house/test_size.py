"""A file is one idea in at most 400 lines; a function fits in 60 and takes at most six arguments.

A compiled loop may be longer: calls between its parts cost a third of its speed (dispatch.kernel.merge).
"""

from __future__ import annotations

import ast

MOST_LINES = 400
MOST_FUNCTION_LINES = 60
MOST_COMPILED_LINES = 120
MOST_ARGUMENTS = 6


def test_files_are_short(house):
    long = {}
    for path in house.tracked():
        if path.suffix == ".py":
            lines = len((house.root / path).read_text(encoding="utf-8").splitlines())
            if lines > MOST_LINES:
                long[path.as_posix()] = lines
    assert not long, f"more than {MOST_LINES} lines: {long}"


def test_functions_are_short(house):
    long = [
        f"{path}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path, tree in house.trees.items()
        for node in house.functions(tree)
        if node.end_lineno - node.lineno + 1
        > (MOST_COMPILED_LINES if compiled(node) else MOST_FUNCTION_LINES)
    ]
    assert not long, "\n".join(long)


def test_functions_take_few_arguments_outside_compiled_kernels(house):
    many = []
    for path, tree in house.trees.items():
        for node in house.functions(tree):
            count = len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs)
            count -= bool(node.args.args and node.args.args[0].arg in ("self", "cls"))
            if count > MOST_ARGUMENTS and not compiled(node):
                many.append(f"{path}:{node.lineno} {node.name} takes {count} arguments")
    assert not many, "\n".join(many)


def compiled(node: ast.FunctionDef) -> bool:
    """Whether numba compiles the function: a compiled loop takes its state as plain arrays and numbers."""
    return any("jit" in ast.unparse(mark) for mark in node.decorator_list)
