"""The same campus with a battery of another chemistry.

Needs    campus.Battery, campus.Campus, campus.fill; library.find, library.names.
Gives    with_chemistry.
Used by  twin.chemistries.
"""

from __future__ import annotations

from pydantic import ValidationError

from wattstack.campus.battery import Battery
from wattstack.campus.campus import Campus
from wattstack.campus.fill import fill_from_library
from wattstack.campus.problems import faults_of
from wattstack.errors import Fault, InputError, nearest
from wattstack.library import find, names

FAR_H = 1000.0  # no limit
# What belongs to the cells and not to the site: taken from the new chemistry, whatever the campus gave for the old one.
OF_THE_CELLS = {
    "chemistry", "usable_frac", "charge_eff", "discharge_eff", "self_discharge_frac_per_h", "charge_power_frac",
    "wear_per_mwh", "capital_per_mw", "capital_per_mwh", "fixed_per_mw_year", "life_years", "soc_low", "start", "cells",
    "climate", "strip", "layout", "safety",
}  # fmt: skip


def with_chemistry(campus: Campus, battery: str, chemistry: str, least_h: float = 0.0) -> Campus:
    """Replace the chemistry of one battery, and with it all that belongs to the cells: losses, window, prices, life.

    Sizes, converters, transformers, racks, upkeep and the rest of the campus stay. Prices are the library's, so that
    chemistries are compared at one source; they are turned into the currency of the campus by finance.exchange.

    Args:
        campus: As declared.
        battery: Name of the battery ("main").
        chemistry: Name of the entry, with or without "library:".
        least_h: Least energy_mwh / power_mw that its cells can do [h]; a duration_h of the campus may ask for more.

    Raises:
        InputError: There is no such chemistry, no rate of exchange for its prices, or sizes that its cells cannot have.

    Example:
        >>> with_chemistry(campus, "main", "zinc-halogen-eos").battery["main"].usable_frac   # doctest: +SKIP
        1.0
    """
    chemistry = chemistry.removeprefix("library:")
    _require_priced(campus, chemistry)
    stands = campus.battery[battery].model_dump(exclude_unset=True, exclude=OF_THE_CELLS)
    for added in stands.get("augmentation", {}).values():
        added.pop("chemistry", None)
        added.pop("capital_per_mwh", None)
    if least_h > 0.0:
        asked = stands.get("duration_h") or {}
        least_h = max(least_h, asked.get("min", 0.0))
        stands["duration_h"] = {"min": least_h, "max": max(least_h, asked.get("max", FAR_H))}
    raw = {
        "currency": campus.currency,
        "finance": {"exchange": dict(campus.finance.exchange)},
        "battery": {battery: {**stands, "chemistry": f"library:{chemistry}"}},
    }
    filled, _, passports = fill_from_library(raw)
    try:
        unit = Battery.model_validate(filled["battery"][battery])
    except ValidationError as error:
        faults = [
            Fault(f"battery.{battery}.{f.where}", f"with {chemistry} {f.what}") for f in faults_of(error)
        ]
        raise InputError(campus.source, faults) from None
    changed = campus.model_copy(update={"battery": {**campus.battery, battery: unit}})
    used = {unit.chemistry for unit in changed.battery.values()}
    kept = [
        one for one in campus.passports if one["kind"] != "chemistries" or f"library:{one['name']}" in used
    ]
    changed._passports = tuple({(one["kind"], one["name"]): one for one in (*kept, *passports)}.values())
    return changed


def _require_priced(campus: Campus, chemistry: str) -> None:
    """A chemistry that is there, and whose prices can be told in the currency of the campus."""
    if chemistry not in names("chemistries"):
        near = nearest(chemistry, names("chemistries"))
        mend = f"Nearest: '{near}'." if near else f"There are: {', '.join(names('chemistries'))}."
        raise InputError(
            "chemistries", [Fault(chemistry, f"is not among the chemistries of the library. {mend}")]
        )
    theirs = find("chemistries", chemistry).currency
    if theirs and theirs != campus.currency and theirs not in campus.finance.exchange:
        what = (
            f"is missing, must be given: {chemistry} is priced in {theirs}, this campus counts in {campus.currency}. "
            f"Write finance: {{exchange: {{{theirs}: ...}}}}, {campus.currency} per {theirs}."
        )
        raise InputError(campus.source, [Fault(f"finance.exchange.{theirs}", what)])
