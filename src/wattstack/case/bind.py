"""Bind a campus to its axis: every stamp checked, every quantity one number a step.

Needs    campus, series, physics, case.inputs, case.loads, case.rates, case.duty, case.solar_cache.
Gives    build_case, build_cases, check_case.
Used by  every verb, through the door of this room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wattstack.campus import Campus, largest
from wattstack.case.case import Case
from wattstack.case.duty import backup_reserve
from wattstack.case.inputs import Inputs, Reader, read_inputs
from wattstack.case.loads import campus_demand
from wattstack.case.rates import values_of
from wattstack.case.solar_cache import kept
from wattstack.errors import Fault, InputError
from wattstack.physics import running_cost_per_mwh, solar_frac, solar_notes, solar_version
from wattstack.series import LocalClock, TimeAxis, local_clock, make_axis, read_series

BASE = "base"
ENERGY = "energy"
FAR = 100.0  # times the highest load: a slip of kW for MW is a thousand
_OF_THE_CHAIN = {"tilt_deg", "azimuth_deg", "inverter_frac", "losses_frac", "albedo", "kind"}

Sun = Callable[[Campus, TimeAxis, Mapping[str, np.ndarray]], dict[str, np.ndarray]]


def build_case(campus: Campus, scenario: str | None = None) -> Case:
    """Bind a campus to its time axis.

    Args:
        campus: As declared.
        scenario: Name of one of its scenarios; None = the campus' own time and series.

    Returns:
        The case: load, prices, carbon, sun, reserve, one number a step, with a record of every input.

    Raises:
        InputError: Something is wrong with a series, a tariff or a duty; all faults of all series at once.
        StateError: No scenario has this name.
    """
    return _bound(campus, scenario, read_series, _sun_by_plant)


def build_cases(campus: Campus) -> list[Case]:
    """Bind every scenario of a campus; one case called "base" where it has none.

    Raises:
        InputError: As build_case, over all scenarios.
    """
    return _all_bound(campus, _sun_by_plant)


def check_case(campus: Campus) -> list[Case]:
    """The cases of build_cases without the photovoltaic chain: same reading and faults, solar_frac empty.

    Raises:
        InputError: As build_cases.
    """
    return _all_bound(campus, lambda *_: {})


def _all_bound(campus: Campus, sun: Sun) -> list[Case]:
    """Every scenario, their faults together; files that scenarios share are read once."""
    if not campus.scenarios:
        return [_bound(campus, None, read_series, sun)]
    read = _remembering()
    cases, faults = [], []
    for name, scenario in campus.scenarios.items():
        try:
            cases.append(_bound(campus, name, read, sun))
        except InputError as error:
            own = tuple(f"series.{series}" for series in scenario.series)
            faults += [
                Fault(f"scenarios.{name}.{f.where}" if f.where.startswith(own) else f.where, f.what)
                for f in error.faults
            ]
    if faults:
        raise InputError(campus.source, dict.fromkeys(faults))  # a shared series is told once
    return cases


def _remembering() -> Reader:
    """read_series that reads a file once; what was wrong with it is told again."""
    held: dict[str, Any] = {}

    def read(spec):
        key = repr(spec)
        if key not in held:
            held[key] = read_series(spec)
        return held[key]

    return read


def _bound(campus: Campus, scenario: str | None, read: Reader, sun: Sun) -> Case:
    """One case, or all that is wrong with it."""
    weight_frac = 1.0
    if scenario is not None:
        whole, campus = campus, campus.in_scenario(scenario)
        weight_frac = whole.scenarios[scenario].weight_frac
    axis = make_axis(campus.time.start, campus.time.end, campus.time.step)
    holidays = campus.grid.tariff.holidays if campus.grid is not None else ()
    clock = local_clock(axis, campus.place.time_zone, holidays)
    inputs = read_inputs(campus, axis, read)
    lines = _line_faults(campus)
    if inputs.faults or lines:
        raise InputError(campus.source, [*inputs.faults, *lines])
    demand = campus_demand(campus, clock, inputs.series, inputs.weather, axis.step_s)
    reserve, carried_mw = backup_reserve(campus, demand.total, clock)
    grid = _grid_values(campus, clock, inputs)
    return Case(
        campus=campus,
        name=scenario or BASE,
        weight_frac=weight_frac,
        axis=axis,
        month=clock.month,
        month_names=clock.month_names,
        local_weekday=clock.local_weekday,
        local_hour=clock.local_hour,
        local_month=clock.local_month,
        load_mw=demand.total,
        it_mw=demand.it,
        cooling_mw=demand.cooling,
        loss_mw=demand.loss,
        temp_air_degc=inputs.weather.get("temp_air_degc", np.zeros(0)),
        shed_mw=demand.shed,
        solar_frac=sun(campus, axis, inputs.weather),
        generator_cost_per_mwh={
            name: running_cost_per_mwh(unit, values_of(unit.fuel_price_per_mwh, clock, inputs.series))
            for name, unit in campus.generator.items()
        },
        reserve_mwh=reserve,
        reserve_mw=carried_mw,
        inputs=tuple(inputs.records),
        notes=(*_notes(campus, clock, inputs), *demand.notes, *_far_sizes(campus, demand.total)),
        **grid,
    )


def _grid_values(campus: Campus, clock: LocalClock, inputs: Inputs) -> dict[str, Any]:
    """Prices, carbon and curtailment of the grid; an island has none of them."""
    count = len(clock.local_hour)
    zero = np.zeros(count)
    carbon = values_of(campus.carbon.intensity_kg_per_mwh, clock, inputs.series)
    if campus.grid is None:
        return {
            "energy_lines_per_mwh": {}, "buy_price_per_mwh": zero, "sell_price_per_mwh": zero,
            "carbon_kg_per_mwh": carbon, "nonfirm_frac": zero,
        }  # fmt: skip
    tariff = campus.grid.tariff
    lines = {ENERGY: values_of(tariff.energy.price_per_mwh, clock, inputs.series)}
    for name, rate in tariff.energy.adders_per_mwh.items():
        lines[name] = values_of(rate, clock, inputs.series)
    sell = zero if tariff.export is None else values_of(tariff.export.price_per_mwh, clock, inputs.series)
    return {
        "energy_lines_per_mwh": lines,
        "buy_price_per_mwh": np.sum([lines[name] for name in sorted(lines)], axis=0),
        "sell_price_per_mwh": sell,
        "carbon_kg_per_mwh": carbon,
        "nonfirm_frac": 1.0 - values_of(campus.grid.connection.curtailed, clock, inputs.series),
    }


def _line_faults(campus: Campus) -> list[Fault]:
    """An adder that takes the name of the bill's own line."""
    if campus.grid is None or ENERGY not in campus.grid.tariff.energy.adders_per_mwh:
        return []
    where = f"grid.tariff.energy.adders_per_mwh.{ENERGY}"
    return [Fault(where, "has the name of the bill's line for price_per_mwh. Call it something else.")]


def _sun_by_plant(campus: Campus, axis: TimeAxis, weather: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Output per MW of every photovoltaic plant, from the cache where it was computed before."""
    centre_utc = axis.stamps + np.timedelta64(axis.step_s // 2, "s")
    output = {}
    for name, unit in campus.solar.items():
        declared = unit.model_dump(include=_OF_THE_CHAIN)
        place = campus.place.model_dump(exclude={"time_zone"})
        parameters = f"{declared}|{place}|{axis}|{solar_version()}"
        output[name] = kept(
            parameters, weather, lambda unit=unit: solar_frac(unit, campus.place, centre_utc, weather)
        )
    return output


def _notes(campus: Campus, clock: LocalClock, inputs: Inputs) -> tuple[str, ...]:
    """What a reader of any result of this case must know."""
    span = f"{clock.month_names[0]} to {clock.month_names[-1]}"
    notes = [
        "Perfect foresight: price, load and sun are known beforehand. Real operation earns less.",
        f"Real terms: the series of {span} stand for every year of the horizon, at constant prices.",
    ]
    if campus.solar:
        notes += solar_notes(inputs.weather)
    if campus.cooling is not None and "wet_bulb_degc" not in inputs.weather:
        notes.append("Wet bulb is derived from temperature and humidity (Stull 2011).")
    return (*notes, *inputs.notes)


def _far_sizes(campus: Campus, load_mw: np.ndarray) -> list[str]:
    """Powers so far above the load that kW were surely meant; a note, for nothing forbids them."""
    peak_mw = float(load_mw.max())
    return [
        f"{path} is {largest(size):,.0f} MW, {largest(size) / peak_mw:,.0f} times the highest load: were kW meant?"
        for path, size in campus.size_paths.items()
        if path.endswith("_mw") and largest(size) > FAR * peak_mw > 0.0
    ]
