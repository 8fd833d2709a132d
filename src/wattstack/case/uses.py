"""Which series the campus uses, and as what: a price, a share, a power, a carbon intensity.

Needs    campus.Campus.
Gives    Use, series_uses, used_kinds, needs_weather.
Used by  case.inputs, which reads what is used.

A series means what it is used for: `draw_mw: series:site` makes `site` a power. Used as two things, it is a
fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wattstack.campus import Campus, Hall, SeriesRef
from wattstack.errors import Fault

WEATHER = "weather"


@dataclass(frozen=True, slots=True)
class Use:
    """One place of the campus file that refers to a series.

    Attributes:
        where: Path of the key ("grid.tariff.energy.price_per_mwh").
        name: Name of the series.
        kind: What it is there: price, frac, power or intensity.
    """

    where: str
    name: str
    kind: str


def _rates(campus: Campus) -> dict[str, Any]:
    """Every Rate of the campus by its path: prices per MWh of energy, adders, export and fuel."""
    rates: dict[str, Any] = {}
    if campus.grid is not None:
        tariff = campus.grid.tariff
        rates["grid.tariff.energy.price_per_mwh"] = tariff.energy.price_per_mwh
        for name, rate in tariff.energy.adders_per_mwh.items():
            rates[f"grid.tariff.energy.adders_per_mwh.{name}"] = rate
        if tariff.export is not None:
            rates["grid.tariff.export.price_per_mwh"] = tariff.export.price_per_mwh
    for name, unit in campus.generator.items():
        rates[f"generator.{name}.fuel_price_per_mwh"] = unit.fuel_price_per_mwh
    return rates


def series_uses(campus: Campus) -> list[Use]:
    """Every reference to a series, in the order of the file."""
    places = [(where, rate, "price") for where, rate in _rates(campus).items()]
    for name, load in campus.load.items():
        if isinstance(load, Hall):
            places.append((f"load.{name}.profile", load.profile, "frac"))
        else:
            places.append((f"load.{name}.draw_mw", load.draw_mw, "power"))
    if campus.grid is not None:
        places.append(("grid.connection.curtailed", campus.grid.connection.curtailed, "frac"))
    places.append(("carbon.intensity_kg_per_mwh", campus.carbon.intensity_kg_per_mwh, "intensity"))
    return [Use(where, value.name, kind) for where, value, kind in places if isinstance(value, SeriesRef)]


def used_kinds(uses: list[Use]) -> tuple[dict[str, str], list[Fault]]:
    """Kind of each used series by name, and a fault for each that is used as two things.

    Example:
        >>> used_kinds([Use("a", "x", "price"), Use("b", "x", "power")])[1][0].where
        'b'
    """
    kinds: dict[str, Use] = {}
    faults = []
    for use in uses:
        first = kinds.setdefault(use.name, use)
        if first.kind != use.kind:
            faults.append(
                Fault(
                    use.where,
                    f"takes series {use.name} as a {use.kind}, {first.where} takes it as a {first.kind}. "
                    "Declare two series.",
                )
            )
    return {name: use.kind for name, use in kinds.items()}, faults


def needs_weather(campus: Campus) -> bool:
    """Whether anything asks for the weather."""
    return bool(campus.solar) or campus.cooling is not None
