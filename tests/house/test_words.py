"""Names carry their unit, public things explain themselves, and nothing of one machine is written down."""

from __future__ import annotations

import ast
import re

# The last words of a name that say its unit; x_per_y is a unit too.
UNITS = {
    "a", "ah", "bytes", "days", "db", "deg", "degc", "eff", "ev", "frac", "gb", "gwh", "h", "ha", "hpa", "hz", "j", "k",
    "kg",
    "kv", "kw", "m", "m2", "mb", "min", "month", "ms", "mva", "mvar", "mw", "mwh", "ohm", "pct", "pu", "s", "t", "usd",
    "v", "w", "w_m2", "year", "years",
}  # fmt: skip
PER = re.compile(
    r"_per_(mwh|mw|kwh|kw|t|kg|h|ha|day|year|quarter|month|k|line|unit|request)(_year|_month|_h)?$"
)
# Last words that need no unit: counts, pure numbers, money as such, and what takes the unit of its neighbour
# (of the column `unit` beside it).
PLAIN = {
    "aim", "albedo", "allowed", "amount", "annuity", "block", "bound", "capital", "const", "cop", "cost",
    "cycles", "declared", "dod", "dual", "end", "exchange", "exponent", "factor", "fixed", "floor", "gamma",
    "gap", "gpus", "high", "keep", "largest", "least", "length", "limit", "lines", "lost", "low", "lower",
    "margin", "max", "min", "money", "most", "npv", "objective", "penalty", "price", "pue", "quantity", "r",
    "rate", "scale", "seconds", "share", "sigma", "sign", "size", "slope", "soc", "speed", "start", "step", "target",
    "tolerance", "top", "total", "units", "until", "upper", "usual", "value", "weight", "worth", "x", "y",
}  # fmt: skip


def unit_said(name: str) -> bool:
    """Whether a name ends with a unit, or is a plain word."""
    stem = name.lower().lstrip("_")
    if PER.search(stem) or stem.rsplit("_", 1)[-1] in PLAIN | UNITS:
        return True
    return any(stem.endswith("_" + unit) for unit in UNITS)


def is_float(annotation: ast.expr | None) -> bool:
    """Whether an annotation is a float, or a float or nothing."""
    return annotation is not None and ast.unparse(annotation) in ("float", "float | None", "None | float")


def test_public_numbers_carry_their_unit(house):
    silent = []
    for path, tree in house.trees.items():
        for node in house.functions(tree):
            if not node.name.startswith("_"):
                arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
                silent += [
                    f"{path}:{a.lineno} {node.name}({a.arg})"
                    for a in arguments
                    if is_float(a.annotation) and not unit_said(a.arg)
                ]
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                silent += [
                    f"{path}:{f.lineno} {node.name}.{f.target.id}"
                    for f in node.body
                    if isinstance(f, ast.AnnAssign)
                    and isinstance(f.target, ast.Name)
                    and is_float(f.annotation)
                    and not unit_said(f.target.id)
                ]
    assert not silent, "no unit in the name of:\n" + "\n".join(silent)


def test_every_module_says_what_it_gives_and_to_whom(house):
    quiet = []
    for path, tree in house.trees.items():
        text = ast.get_docstring(tree, clean=False) or ""
        if path.endswith("__init__.py"):  # a door's names are what it gives, to all
            if not text:
                quiet.append(path)
        elif not all(re.search(rf"^\s*{word}\b", text, re.MULTILINE) for word in ("Gives", "Used by")):
            quiet.append(path)
    assert not quiet, f"a module header says what it gives and who uses it: {quiet}"


def test_public_things_have_a_docstring(house):
    bare = []
    for path, tree in house.trees.items():
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                bare.append(f"{path}:{node.lineno} {node.name}")
            if isinstance(node, ast.ClassDef):
                bare += [
                    f"{path}:{m.lineno} {node.name}.{m.name}"
                    for m in node.body
                    if isinstance(m, ast.FunctionDef)
                    and not m.name.startswith("_")
                    and not ast.get_docstring(m)
                ]
    assert not bare, "no docstring:\n" + "\n".join(bare)


def test_names_of_files_and_things_are_plain(house):
    odd = [p.as_posix() for p in house.tracked() if not re.fullmatch(r"[A-Za-z0-9_.+/-]+", p.as_posix())]
    for path, tree in house.trees.items():
        odd += [
            f"{path}:{node.lineno} {node.id}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and not node.id.isascii()
        ]
    assert not odd, odd


def test_no_file_names_a_machine_a_home_or_a_host(house):
    # Written in pieces, so that this file does not name them itself.
    words = ["/" + "work/", "/" + "home/", "/" + "Users/", "/" + "root/", "local" + "host", "C:" + "\\\\"]
    # this machine itself, and the addresses kept for examples (RFC 5737), name nobody
    pattern = re.compile("|".join(words) + r"|\b(?!127\.0\.0\.1|192\.0\.2\.)(?:\d{1,3}\.){3}\d{1,3}:\d+")
    found = []
    for path in house.tracked():
        try:
            text = (house.root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path}: {m.group()}" for m in pattern.finditer(text)]
    assert not found, found


def test_no_work_is_left_as_a_note(house):
    left = [
        f"{path}:{number}"
        for path, text in house.text.items()
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line)
    ]
    assert not left, left
