"""What pydantic finds wrong, said in our words: is, must be, how to mend.

Needs    pydantic's error records, campus.schema.
Gives    faults_of.
Used by  campus.file; portfolio, for its tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from wattstack.campus.fields import NAME_PATTERN, TEMPLATE_PATTERN, is_tag
from wattstack.campus.schema import Lookup
from wattstack.errors import Fault, nearest

Record = dict[str, Any]
Look = Callable[[list[str]], Lookup]
_PATTERNS = {
    NAME_PATTERN: "must be a name of a-z, A-Z, 0-9, _ and -, at most 40 signs long. Rename it.",
    r"^[a-z0-9_-]+$": "must hold only a-z, 0-9, _ and -. Write my-campus.",
    r"^\d{4}-(0[1-9]|1[0-2])$": "must be a month of a year. Write 2022-04.",
    r"^[A-Z]{3}$": "must be the ISO 4217 code of a currency, three capital letters. Write JPY.",
    r"^library:.+$": "must name an entry of the library. Write library:NAME; `wattstack library` lists them.",
    TEMPLATE_PATTERN: "must be library:NAME (`wattstack library devices` lists them) or a file that ends in .yaml. "
    "Write one of the two.",
}


def faults_of(error: ValidationError, schema: dict[str, Any] | None = None) -> list[Fault]:
    """The faults of a validation.

    Args:
        error: What pydantic found.
        schema: JSON schema of what was validated; none = the campus file.
    """

    def look(place: list[str]) -> Lookup:
        return Lookup(place, schema)

    records = error.errors(include_url=False)
    found: list[Fault] = []
    for record in records:
        place = [str(part) for part in record["loc"] if part != "[key]"]
        where = ".".join(part for part in place if not is_tag(part))
        if record["type"] == "faults":
            found += [_placed(where, fault) for fault in record["ctx"]["faults"]]
        else:
            found.append(Fault(where, _sentence(record, place, look)))
    return list(dict.fromkeys(found))


def _placed(where: str, fault: Fault) -> Fault:
    return Fault(".".join(part for part in (where, fault.where) if part), fault.what)


def _sentence(record: Record, place: list[str], look: Look) -> str:
    kind, value = record["type"], record["input"]
    if place == ["wattstack"] and kind == "literal_error":
        return (
            f"is {shown(value)}, must be 1: this program reads version 1 of the campus file. "
            "Write wattstack: 1, or use the version of the program that the file was made for."
        )
    if kind == "form" and value is not None:
        return f"{'does not fit:' if isinstance(value, dict) else f'is {shown(value)},'} {record['msg']}"
    if kind not in ("missing", "extra_forbidden", "literal_error") and value is None:
        return f"is empty, must be given or taken out. {_meant(place, look)}".rstrip()
    return _SENTENCES.get(kind, _other)(record, place, look)


def shown(value: Any) -> str:
    """A value as a person reads it in a message, cut short.

    Example:
        >>> shown("8 MW"), shown(True), shown({"max": 3}), shown(None)
        ("'8 MW'", 'true', 'a mapping', 'empty')
    """
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return str(value) if abs(value) < 1e30 else "a number of more than 30 digits"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _meant(place: list[str], look: Look) -> str:
    meaning = look(place).meaning
    return f"It is: {meaning.rstrip('.')}." if meaning else ""


def _missing(record: Record, place: list[str], look: Look) -> str:
    return f"is missing, must be given. {_meant(place, look)}".rstrip()


def _unknown(record: Record, place: list[str], look: Look) -> str:
    known = [key for key in look(place[:-1]).keys if key != place[-1]]
    unfinished = [key for key in known if key.startswith(f"{place[-1]}_")]  # the unit left out: tilt
    near = unfinished[0] if unfinished else nearest(place[-1], known)
    return "is not a key here. " + (f"Nearest: '{near}'." if near else f"There are: {', '.join(known)}.")


def _number(record: Record, place: list[str], look: Look) -> str:
    value, lookup = record["input"], look(place)
    wanted = "a whole number" if record["type"].startswith("int") else "a number"
    unit = f" [{lookup.unit}]" if lookup.unit else ""
    mend = "Write it without quotes and without a unit."
    if isinstance(value, str):
        mend = _without_quotes(value, lookup.unit)
    elif isinstance(value, float) and wanted == "a whole number":
        mend = f"Write {round(value)}."
    elif isinstance(value, dict):
        mend = "Only a size can be a range." if set(value) & {"min", "max"} else "Write one number."
    return f"is {shown(value)}, must be {wanted}{unit}. {mend}"


def _without_quotes(text: str, unit: str) -> str:
    number, _, tail = text.strip().partition(" ")
    try:
        value = float(number)
    except ValueError:
        return "Write it without quotes and without a unit."
    if not tail:
        return f"Write {value:g} without quotes."
    if tail.strip() == unit:
        return f"Write {value:g}: the unit is in the name of the key."
    return f"Write the number alone, in {unit}." if unit else "Write the number alone."


def _bound(record: Record, place: list[str], look: Look) -> str:
    value, context = record["input"], record["ctx"]
    sign, key = next(
        (s, k) for s, k in ((">=", "ge"), (">", "gt"), ("<=", "le"), ("<", "lt")) if k in context
    )
    percent = key in ("le", "lt") and context[key] == 1 and 2 <= value <= 100
    mend = f"Write {value / 100:g} for {value:g} %." if percent else f"Give a value {sign} {context[key]:g}."
    unit = look(place).unit
    return f"is {shown(value)}, must be {sign} {context[key]:g}{f' {unit}' if unit else ''}. {mend}"


def _literal(record: Record, place: list[str], look: Look) -> str:
    options = [part.strip("'") for part in record["ctx"]["expected"].replace(" or ", ", ").split(", ")]
    near = nearest(record["input"], options) if isinstance(record["input"], str) else None
    mend = f"Nearest: '{near}'." if near else f"Write {options[0]}."
    what = f"one of {', '.join(options)}" if len(options) > 1 else f"{options[0]}, the only one yet"
    return f"is {shown(record['input'])}, must be {what}. {mend}"


def _pattern(record: Record, place: list[str], look: Look) -> str:
    rule = _PATTERNS.get(record["ctx"]["pattern"])
    return _other(record, place, look) if rule is None else f"is {shown(record['input'])}, {rule}"


def _text(record: Record, place: list[str], look: Look) -> str:
    return f'is {shown(record["input"])}, must be text. Put it in quotes: "{record["input"]}".'


def _mapping(record: Record, place: list[str], look: Look) -> str:
    keys = look(place).keys
    what = (
        f"keys ({', '.join(keys[:4])}{', ...' if len(keys) > 4 else ''})"
        if keys
        else "names, each with its keys"
    )
    return f"is {shown(record['input'])}, must hold {what}. Write them below it, indented."


def _short(record: Record, place: list[str], look: Look) -> str:
    return f"is empty, must hold at least one. {_meant(place, look)}".rstrip()


def _fixed(sentence: str) -> Callable[[Record, list[str], Look], str]:
    return lambda record, place, look: f"is {shown(record['input'])}, {sentence}"


def _other(record: Record, place: list[str], look: Look) -> str:
    """A kind of error that no declaration of this room is known to raise, still in one line."""
    return f"is {shown(record['input'])}, which does not fit: {record['msg']}. {_meant(place, look)}".rstrip()


_SENTENCES: dict[str, Callable[[Record, list[str], Look], str]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "float_type": _number,
    "int_type": _number,
    "int_from_float": _number,
    "greater_than_equal": _bound,
    "greater_than": _bound,
    "less_than_equal": _bound,
    "less_than": _bound,
    "literal_error": _literal,
    "string_pattern_mismatch": _pattern,
    "string_type": _text,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "dict_type": _mapping,
    "too_short": _short,
    "string_too_short": _short,
    "finite_number": _fixed("must be a finite number. Give a value, or take the key out."),
    "bool_type": _fixed("must be true or false. Write true without quotes."),
    "tuple_type": _fixed("must be a list. Put it in square brackets: [...]."),
    "datetime_type": _fixed("must be a date and time in ISO 8601. Write 2022-04-01T00:00+09:00."),
    "date_type": _fixed("must be a date. Write 2022-05-03."),
}
