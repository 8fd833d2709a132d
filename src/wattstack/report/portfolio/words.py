"""A portfolio in plain words: names of sites, things, causes, changes, and spans of quarters.

Gives    site_name, thing_name, bought_name, resource_name, cause_name, limit_name, listed, span_words, amount_words,
         unit_words, share_words, gap_words, fiscal_words, RESOURCES.
Used by  report.portfolio, report.figures.portfolio.
"""

from __future__ import annotations

from calendar import month_name
from collections.abc import Sequence

from wattstack.report.words import HAIR, name_of, percent, quantity

# Everything a site may lack, in the order of legends.
RESOURCES = {
    "shell": "Halls",
    "electrical": "Electrical gear",
    "cooling": "Cooling",
    "hv": "Transformers",
    "servers": "Servers",
    "storage": "Batteries",
    "grid": "Grid connection",
    "gate_permit": "Permit",
    "gate_land": "Purchase of land",
    "gate_fibre": "Fibre",
    "crew": "Commissioning crew",
    "fire_cap": "Fire distance of batteries",
    "land": "Room on the land",
    "not worth more": "Nothing: more is not worth its cost",
}
# Why more of it could not be had.
WHY = {
    "lead": "lead time not over", "supply": "shared supply used up", "stage": "all stages on", "gate": "not open yet",
    "limit": "at its limit", "": "",
}  # fmt: skip
ITEMS = {
    "shell": "halls",
    "electrical": "electrical gear",
    "cooling": "cooling",
    "hv": "transformers",
    "servers": "servers",
}
GENERATION = {"pv": "solar panels", "engine": "engines", "fuel_cell": "fuel cells"}
GATES = {"permit": "permit", "land": "purchase of land", "fibre": "fibre"}
UNITS = {"MW_IT": f"MW{HAIR}IT", "MW IT": f"MW{HAIR}IT", "stage": "of it", "gate": "of it", "line": "lines"}


def spaced(word: str) -> str:
    """A name of a file as words: "le_bosquel" becomes "le bosquel"."""
    return word.replace("_", " ").replace("-", " ")


def site_name(site: str) -> str:
    """A site as it is written in a sentence.

    Example:
        >>> site_name("le_bosquel"), site_name("SX1")
        ('Le Bosquel', 'SX1')
    """
    return " ".join(word if word != word.lower() else word.capitalize() for word in spaced(site).split())


def thing_name(kind: str, what: str) -> str:
    """What is ordered, in the middle of a sentence.

    Args:
        kind: "item", "server", "storage", "generation", "line", "stage", "gate", "size" or "given up".
        what: Its name in the portfolio.

    Example:
        >>> thing_name("item", "hv_fast"), thing_name("server", "B300"), thing_name("stage", "kansai_firm")
        ('fast transformers', 'servers B300', 'grid stage kansai firm')
    """
    if kind == "item":
        return _item_name(what) or spaced(what)
    if kind == "size":
        return name_of(what)
    if kind == "gate":
        return GATES.get(what, spaced(what))
    if kind == "line":
        return "factory lines"
    if kind == "generation":
        return GENERATION.get(what, spaced(what))
    head = {"server": "servers", "storage": "batteries", "stage": "grid stage", "given up": "sale of"}.get(
        kind, ""
    )
    name = chemistry_name(what) if kind == "storage" else spaced(what)
    return f"{head} {name}".strip()


def chemistry_name(chemistry: str) -> str:
    """A chemistry: a short name is one of letters.

    Example:
        >>> chemistry_name("lfp"), chemistry_name("zinc_bromine")
        ('LFP', 'zinc bromine')
    """
    return chemistry.upper() if len(chemistry) <= 4 else spaced(chemistry)


def _item_name(what: str) -> str:
    """An item in words, empty where it is none we know."""
    stem, _, way = what.partition("_")
    return f"{spaced(way)} {ITEMS[stem]}".strip() if stem in ITEMS else ""


def bought_name(resource: str) -> str:
    """What has suppliers or a shared supply, at the head of a line: an item, servers or a chemistry.

    Example:
        >>> bought_name("hv_fast"), bought_name("lfp"), bought_name("zinc_bromine")
        ('Fast transformers', 'LFP', 'Zinc bromine')
    """
    return first_large(_item_name(resource) or chemistry_name(resource))


def resource_name(resource: str) -> str:
    """A resource or gate at the head of a line."""
    return RESOURCES.get(resource, spaced(resource).capitalize())


def cause_name(resource: str, why: str) -> str:
    """What holds a site back, with why in two words."""
    short = WHY.get(why, why)
    return resource_name(resource) + (f" ({short})" if short else "")


def limit_name(kind: str, key: Sequence[str]) -> str:
    """A limit with whose it is.

    Example:
        >>> limit_name("supply", ("electrical",)), limit_name("stage", ("sakai", "kansai_firm"))
        ('Electrical gear, shared supply', 'Sakai: grid stage kansai firm')
    """
    names = [part for part in key if part]
    if kind == "supply":
        return f"{bought_name(names[0])}, shared supply"
    if kind == "segment":
        return f"Market {spaced(names[0])}, price step {' '.join(map(spaced, names[1:]))}"
    if kind == "line":
        return "Lines of the battery factory"
    if kind == "server":
        return f"Servers {spaced(names[0])}"
    if kind in ("crew", "fire_cap", "land"):
        return f"{site_name(names[0])}: {resource_name(kind).lower()}"
    if kind in ("stage", "gate"):
        return f"{site_name(names[0])}: {thing_name(kind, names[1])}"
    if kind in ("item", "storage", "generation"):
        return f"{site_name(names[1])}: {thing_name(kind, names[0])}"
    return " ".join((spaced(kind).capitalize(), *map(spaced, names)))


def first_large(text: str) -> str:
    """With a large first letter, for the head of a line."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A note as a sentence: a large letter first, a stop at the end.

    Example:
        >>> sentence("the orders were cut"), sentence("Done.")
        ('The orders were cut.', 'Done.')
    """
    return first_large(text) + ("" if text.endswith((".", "!", "?")) else ".")


def listed(items: Sequence[str]) -> str:
    """Names in a row: "a, b and c".

    Example:
        >>> listed(["a", "b", "c"]), listed(["a"])
        ('a, b and c', 'a')
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "none"


def span_words(labels: Sequence[str], first: int, last: int) -> str:
    """Periods from first to last, both included.

    Example:
        >>> span_words(("2027Q1", "2027Q2", "2027Q3"), 0, 2), span_words(("2027Q1",), 0, 0)
        ('2027Q1\xa0to\xa02027Q3', '2027Q1')
    """
    return labels[first] if first == last else f"{labels[first]}{HAIR}to{HAIR}{labels[last]}"


def amount_words(amount: float, unit: str) -> str:
    """An amount ordered: "40 MW IT", "2 lines", "whole" or "25 %" of a stage or gate.

    Example:
        >>> amount_words(40.0, "MW_IT"), amount_words(1.0, "stage"), amount_words(0.25, "gate")
        ('40\\xa0MW\\xa0IT', 'whole', '25\\xa0%')
    """
    if unit in ("stage", "gate"):
        return "whole" if amount > 1.0 - 1e-6 else percent(amount, 0)
    if unit == "line":
        return quantity(amount, "line" if abs(amount - 1.0) < 1e-6 else "lines", 3)
    return quantity(amount, UNITS.get(unit, unit), 3)


def fiscal_words(month: int) -> str:
    """How a fiscal year is named.

    Args:
        month: In which it begins, 1 .. 12.

    Example:
        >>> fiscal_words(4)
        'A fiscal year is named by the year it starts in: 2030 begins in April 2030.'
    """
    return f"A fiscal year is named by the year it starts in: 2030 begins in {month_name[month]} 2030."


def gap_words(gap_frac: float) -> str:
    """How much more any plan could be worth, in percent; nobody needs to know it finer than a millionth of one.

    Example:
        >>> gap_words(2.6e-9), gap_words(8.5e-7)
        ('0.000001\\xa0%', '0.000085\\xa0%')
    """
    return quantity(max(gap_frac, 1e-8) * 100.0, "%", 2)


def unit_words(unit: str) -> str:
    """A unit as it is printed."""
    return UNITS.get(unit, unit)


def share_words(frac: float) -> str:
    """A share in percent with no more figures than help: 0.4532 is 45 %, 0.0042 is 0.4 %.

    Example:
        >>> share_words(0.4532), share_words(0.0042)
        ('45\\xa0%', '0.4\\xa0%')
    """
    return quantity(frac * 100.0, "", 2 if abs(frac) >= 0.1 else 1) + HAIR + "%"
