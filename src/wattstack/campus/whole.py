"""What parts of a campus cannot know of each other: meters and steps, series, backup and batteries.

Needs    campus.devices, campus.duties, campus.fast, campus.fields, campus.running.
Gives    whole_faults.
Used by  campus.campus, once every part is right by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wattstack.campus.contract import Periods
from wattstack.campus.devices import device_faults
from wattstack.campus.duties import reserve_mw, reserve_mwh
from wattstack.campus.fast import fast_faults
from wattstack.campus.fields import ROUNDING, SeriesRef, largest, smallest
from wattstack.campus.load import Hall
from wattstack.campus.running import least_peak_mw, running_faults
from wattstack.errors import Fault
from wattstack.units import PER_USD

if TYPE_CHECKING:
    from wattstack.campus.campus import Campus

LEAST_USD_PER_MWH = 0.5  # energy that costs anything costs tens
LEAST_ADDER_USD_PER_MWH = 0.1  # beside it a levy may be small; one of 100 USD/MWh and more is rare
LEAST_USD_PER_MW = 50.0  # demand charges are thousands a month
FAR = 100.0  # times all that may serve a load: a slip of kW for MW is a thousand


def whole_faults(campus: Campus) -> Iterator[Fault]:
    """Faults between the parts of a campus, places from its top."""
    yield from _series_faults(campus)
    yield from _level_faults(campus)
    yield from _far_faults(campus)
    if campus.grid is not None:
        yield from _meter_faults(campus)
        yield from _contract_faults(campus)
    if campus.duties.backup is not None:
        yield from _backup_faults(campus)
    yield from running_faults(campus)
    yield from fast_faults(campus)
    yield from device_faults(campus)


def _series_faults(campus: Campus) -> Iterator[Fault]:
    groups = {"series": campus.series}
    groups |= {f"scenarios.{name}.series": scenario.series for name, scenario in campus.scenarios.items()}
    for where, group in groups.items():
        for name, source in group.items():
            if name == "weather" and not source.is_weather:
                yield Fault(
                    f"{where}.weather", "must give weather columns. Use columns: {...}, or source: epw."
                )
            if name != "weather" and source.is_weather:
                yield Fault(
                    f"{where}.{name}",
                    "gives weather columns, must give one series. Use column, or name it weather.",
                )


def _level_faults(campus: Campus) -> Iterator[Fault]:
    """Prices a thousand times too low: meant per kWh or per kW, written per MWh or per MW."""
    energy = {
        f"generator.{n}.fuel_price_per_mwh": unit.fuel_price_per_mwh for n, unit in campus.generator.items()
    }
    adders, power = {}, {}
    if campus.grid is not None:
        tariff = campus.grid.tariff
        energy["grid.tariff.energy.price_per_mwh"] = tariff.energy.price_per_mwh
        for name, rate in tariff.energy.adders_per_mwh.items():
            adders[f"grid.tariff.energy.adders_per_mwh.{name}"] = rate
        for name, demand in tariff.demand.items():
            power[f"grid.tariff.demand.{name}.price_per_mw_month"] = demand.price_per_mw_month
            power[f"grid.tariff.demand.{name}.price_per_mw_year"] = demand.price_per_mw_year
    per_usd = PER_USD.get(campus.currency, 0.0)
    levels = (
        (energy, LEAST_USD_PER_MWH, "Wh"),
        (adders, LEAST_ADDER_USD_PER_MWH, "Wh"),
        (power, LEAST_USD_PER_MW, "W"),
    )
    for prices, least, unit in levels:
        for where, rate in prices.items():
            price = _highest(rate)
            if 0.0 < price < least * per_usd:
                is_now = f"is {price:g} {campus.currency}/M{unit}, that is {price / 1000:g} per k{unit}"
                mend = f"Write {price * 1000:.10g} if you mean {price:g} per k{unit}, 0 if it is free."
                yield Fault(where, f"{is_now}, must be per M{unit}. {mend}")


def _highest(rate: float | SeriesRef | Periods | None) -> float:
    """The highest price that stands in the file, 0 where a series gives it."""
    if isinstance(rate, Periods):
        return max(period.price_per_mwh for period in rate.periods.values())
    return rate if isinstance(rate, float) else 0.0


def _far_faults(campus: Campus) -> Iterator[Fault]:
    """Loads so far above all that may serve them that kW were meant."""
    served_mw = sum(
        largest(size)
        for path, size in campus.size_paths.items()
        if path.startswith(("grid.connection.", "solar.", "generator."))
    )
    for name, load in campus.load.items():
        key = "it_mw" if isinstance(load, Hall) else "draw_mw"
        power_mw = getattr(load, key)
        if isinstance(power_mw, float) and power_mw > FAR * served_mw > 0.0:
            yield Fault(
                f"load.{name}.{key}",
                f"is {power_mw:,.10g} MW, {power_mw / served_mw:,.0f} times all that may serve it "
                f"({served_mw:,.4g} MW). Write {power_mw / 1000:.10g} if kW were meant.",
            )


def _meter_faults(campus: Campus) -> Iterator[Fault]:
    times = {"time": campus.time}
    times |= {f"scenarios.{n}.time": s.time for n, s in campus.scenarios.items() if s.time is not None}
    for name, demand in campus.grid.tariff.demand.items():
        for where, time in times.items():
            if demand.interval_s is not None and demand.interval_s % time.step_s:
                yield Fault(
                    f"grid.tariff.demand.{name}.interval",
                    f"is {demand.interval}, must be whole steps of {time.step} ({where}.step). Change one.",
                )


def _contract_faults(campus: Campus) -> Iterator[Fault]:
    contracts = campus.grid.tariff.contract
    for name, contract in contracts.items():
        if contract.at_least is None:
            continue
        least = smallest(contracts[contract.at_least].power_mw)
        if largest(contract.power_mw) * (1 + ROUNDING) < least:
            yield Fault(
                f"grid.tariff.contract.{name}.power_mw",
                f"ends at {largest(contract.power_mw):g}, must reach {contract.at_least}, which begins at "
                f"{least:g}. Raise it, or lower the other.",
            )


def _backup_faults(campus: Campus) -> Iterator[Fault]:
    """The largest battery against the least that the peak load can be: what needs no series to be known."""
    backup = campus.duties.backup
    where = "duties.backup"
    if not campus.battery:
        yield Fault(where, "needs a battery, none is declared. Add one, or take the duty out.")
        return
    load_mw = reserve_mw(least_peak_mw(campus), backup.load_frac)
    power_mw = sum(largest(battery.power_mw) for battery in campus.battery.values())
    energy_mwh = sum(largest(battery.energy_mwh) for battery in campus.battery.values())
    best_eff = max(battery.discharge_eff for battery in campus.battery.values())
    need_mwh = reserve_mwh(load_mw, backup.duration_h, best_eff, backup.soc_error_frac)
    names = ", ".join(campus.battery)
    if load_mw > power_mw * (1 + ROUNDING):
        yield Fault(
            where,
            f"asks for at least {load_mw:.4g} MW, the batteries ({names}) reach {power_mw:.4g} MW. "
            "Raise power_mw, or lower duties.backup.load_frac.",
        )
    if need_mwh > energy_mwh * (1 + ROUNDING):
        yield Fault(
            where,
            f"asks for at least {need_mwh:.4g} MWh ({load_mw:.4g} MW for {backup.duration_h:g} h), "
            f"the batteries ({names}) reach {energy_mwh:.4g} MWh. Raise energy_mwh, "
            "or shorten duties.backup.duration_h.",
        )
