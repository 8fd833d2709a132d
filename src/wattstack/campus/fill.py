"""Fill declarations from the library: chemistry of a battery, fuel of a generator, tariff, profile of a hall.

Needs    library.find, library.names.
Gives    fill_from_library, merged.
Used by  campus.campus, before anything is validated; campus.file, for overlays.

What the campus gives stands, the entry fills the rest. Prices of an entry are in its own currency: they are
used in a campus of that currency, or turned by finance.exchange, never silently. Filling twice changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wattstack.campus.fields import is_number
from wattstack.campus.generator import FUEL_MWH_PER_MWH
from wattstack.errors import Fault, nearest
from wattstack.library import Entry, find, names

Raw = dict[str, Any]
_KINDS = {"safety": "safety rules", "grid_codes": "grid codes"}  # where the name of a kind is no plural
_MONEY = ("price_", "capital_", "fixed_per_", "wear_per_", "om_per_", "start_cost_", "fuel_price_")
_OF_SERVER = {
    "jobs": ("power_per_gpu_kw", "idle_frac", "overshoot_frac"), "inference": ("power_per_gpu_kw",),
}  # fmt: skip  # what a server brings
# Laid under what names no entry, so that the one fault told is the name.
_STAND_IN: Raw = {
    "chemistries": {"charge_eff": 1.0, "discharge_eff": 1.0, "capital_per_mw": 0.0},
    "fuels": {"fuel_price_per_mwh": 0.0, "emission_kg_per_mwh": 0.0},
    "tariffs": {"energy": {"price_per_mwh": 0.0}},
}


def merged(base: Any, over: Any) -> Any:
    """`over` laid over `base`, mappings key by key; null takes a key of the base out.

    Example:
        >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": None}})
        {'a': {'b': 3}}
    """
    if isinstance(over, Mapping) and isinstance(base, str) and base.startswith("library:"):
        base = {"extends": base}  # a tariff by name, and what is laid over it
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    result = dict(base)
    for key, value in over.items():
        if value is None and key in result:
            del result[key]
        else:
            result[key] = merged(result.get(key), value)
    return result


class _Filling:
    """One pass over a raw campus."""

    def __init__(self, raw: Raw):
        self.currency = raw.get("currency")
        finance = raw.get("finance")
        exchange = finance.get("exchange") if isinstance(finance, dict) else None
        self.exchange: Mapping[str, Any] = exchange if isinstance(exchange, dict) else {}
        self.faults: list[Fault] = []
        self.passports: dict[tuple[str, str], dict[str, str]] = {}

    def entry(self, kind: str, name: str, where: str, prefix: str = "library:") -> Entry | None:
        """The entry, noted for the report; a fault where there is none."""
        if name not in names(kind):
            near = nearest(name, names(kind))
            mend = f"Nearest: '{prefix}{near}'." if near else f"There are: {', '.join(names(kind))}."
            self.faults.append(
                Fault(
                    where,
                    f"is '{prefix}{name}', which is not among the {_KINDS.get(kind, kind)} of the library. {mend}",
                )
            )
            return None
        entry = find(kind, name)
        self.passports[kind, name] = entry.passport
        return entry

    def priced(self, entry: Entry, given: Raw, where: str) -> Any:
        """`given` laid over the entry's values, the money among them in the campus' currency."""
        values = entry.values
        if entry.currency and isinstance(self.currency, str) and entry.currency != self.currency:
            rate = self.exchange.get(entry.currency)
            if is_number(rate) and rate > 0:
                values = _exchanged(values, rate)
            elif needed := sorted(_money_missing(values, given)):
                theirs, ours = entry.currency, self.currency
                is_state = f"brings {', '.join(needed)} in {theirs}, this campus counts in {ours}."
                mend = f"Give them in {ours}, or finance.exchange.{theirs}: {ours} per {theirs}."
                self.faults.append(Fault(where, f"{is_state} {mend}"))
        return merged(values, given)


def fill_from_library(raw: Raw) -> tuple[Raw, list[Fault], list[dict[str, str]]]:
    """Fill a raw campus from the library.

    Args:
        raw: The campus as plain values, not yet validated; it is not changed.

    Returns:
        The filled campus, the faults found, and the passport of every entry used.
    """
    filling = _Filling(raw)
    filled = dict(raw)
    for section, fill in (("battery", _battery), ("generator", _generator), ("load", _hall)):
        parts = raw.get(section)
        if isinstance(parts, dict):
            filled[section] = {
                name: fill(filling, part, f"{section}.{name}") if isinstance(part, dict) else part
                for name, part in parts.items()
            }
    grid = raw.get("grid")
    if isinstance(grid, dict) and "tariff" in grid:
        filled["grid"] = {**grid, "tariff": _tariff(filling, grid["tariff"])}
    codes = grid.get("codes") if isinstance(grid, dict) else None
    for place, code in enumerate(codes if isinstance(codes, list) else ()):
        if name := _library_name(code):
            filling.entry("grid_codes", name, f"grid.codes.{place}")
    return filled, filling.faults, list(filling.passports.values())


def _battery(filling: _Filling, part: Raw, where: str) -> Raw:
    name = _library_name(part.get("chemistry"))
    filled = part
    if name is not None:
        entry = filling.entry("chemistries", name, f"{where}.chemistry")
        filled = merged(_STAND_IN["chemistries"], part)
        if entry:
            filled = filling.priced(entry, part, f"{where}.chemistry")
    _named(filling, part, where)
    return filled


def _named(filling: _Filling, part: Raw, where: str) -> None:
    """Note what else of the library a battery names: its safety rules, the chemistries that come later."""
    rules = part.get("safety")
    for place, rule in enumerate(rules if isinstance(rules, list) else ()):
        if name := _library_name(rule):
            filling.entry("safety", name, f"{where}.safety.{place}")
    later = part.get("augmentation")
    for key, added in later.items() if isinstance(later, dict) else ():
        if isinstance(added, dict) and (name := _library_name(added.get("chemistry"))):
            filling.entry("chemistries", name, f"{where}.augmentation.{key}.chemistry")


def _generator(filling: _Filling, part: Raw, where: str) -> Raw:
    name = part.get("fuel")
    if not isinstance(name, str):
        return part
    entry = filling.entry("fuels", name, f"{where}.fuel", prefix="")
    if entry is None:
        return merged(_STAND_IN["fuels"], part)
    given = dict(part)
    ratio = part.get("fuel_mwh_per_mwh", FUEL_MWH_PER_MWH)
    if is_number(ratio):
        given.setdefault("emission_kg_per_mwh", entry.values["emission_kg_per_fuel_mwh"] * ratio)
    given = filling.priced(entry, given, f"{where}.fuel")
    del given["emission_kg_per_fuel_mwh"]
    return given


def _hall(filling: _Filling, part: Raw, where: str) -> Raw:
    if "it_mw" not in part:
        return part
    part = _computing(filling, part, where)
    profile = part.get("profile", "ai")
    if not isinstance(profile, str) or profile.startswith("series:") or profile == "jobs":
        return part  # a series, and jobs, bring their own
    entry = filling.entry("profiles", profile, f"{where}.profile", prefix="")
    return {"idle_frac": entry.values["idle_frac"], **part} if entry else part


def _computing(filling: _Filling, part: Raw, where: str) -> Raw:
    """Jobs and serving with the numbers of their servers, the hall's where they name none."""
    filled = dict(part)
    for section, keys in _OF_SERVER.items():
        members = part.get(section)
        if not isinstance(members, dict):
            continue
        filled[section] = {}
        for key, member in members.items():
            own = isinstance(member, dict) and "server" in member
            name = (
                _library_name(member["server"] if own else part.get("server"))
                if isinstance(member, dict)
                else None
            )
            place = f"{where}.{section}.{key}.server" if own else f"{where}.server"
            entry = filling.entry("servers", name, place) if name else None
            brought = {k: entry.values[k] for k in keys if k in entry.values} if entry else {}
            stand_in = {"power_per_gpu_kw": 1e-6} if name and not entry else {}
            filled[section][key] = {**stand_in, **brought, **member} if isinstance(member, dict) else member
    return filled


def _tariff(filling: _Filling, tariff: Any) -> Any:
    given = {"extends": tariff} if isinstance(tariff, str) else tariff
    if not isinstance(given, dict):
        return tariff
    where = "grid.tariff" if isinstance(tariff, str) else "grid.tariff.extends"
    name = _library_name(given.get("extends"))
    if name is None:
        return given
    entry = filling.entry("tariffs", name, where)
    return filling.priced(entry, given, where) if entry else merged(_STAND_IN["tariffs"], given)


def _library_name(value: Any) -> str | None:
    return value.removeprefix("library:") if isinstance(value, str) and value.startswith("library:") else None


def _is_money(key: str, parent: str) -> bool:
    return key.startswith(_MONEY) or parent == "adders_per_mwh"


def _exchanged(values: Any, rate: float, parent: str = "") -> Any:
    return {
        key: _exchanged(value, rate, key)
        if isinstance(value, Mapping)
        else value * rate
        if is_number(value) and _is_money(key, parent)
        else value
        for key, value in values.items()
    }


def _money_missing(values: Mapping[str, Any], given: Any, parent: str = "") -> Iterable[str]:
    """Names of priced keys of the entry that are not zero and that the campus does not give itself."""
    over = given if isinstance(given, Mapping) else {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            if key not in over or isinstance(over[key], Mapping):
                yield from _money_missing(value, over.get(key), key)
        elif is_number(value) and value != 0 and _is_money(key, parent) and key not in over:
            yield key
