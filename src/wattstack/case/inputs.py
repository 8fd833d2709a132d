"""Every series of a campus, read, checked and brought onto the axis; all faults of all files at once.

Needs    campus.SeriesSource, series (read_series, align, check_sun), case.uses.
Gives    Inputs, read_inputs.
Used by  case.bind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wattstack.campus import Campus, SeriesSource
from wattstack.case.case import InputRecord
from wattstack.case.uses import WEATHER, needs_weather, series_uses, used_kinds
from wattstack.errors import Fault, InputError
from wattstack.series import GapRule, Series, SourceSpec, TimeAxis, align, check_sun, read_series

Reader = Callable[[SourceSpec], Series]


@dataclass
class Inputs:
    """What was read.

    Attributes:
        series: Single series on the axis by name, shape (steps,).
        weather: Weather columns on the axis by our name, shape (steps,); empty where nothing asks for it.
        records: One per file read.
        notes: Sentences the report must show.
        faults: What is wrong, over all files.
    """

    series: dict[str, np.ndarray] = field(default_factory=dict)
    weather: dict[str, np.ndarray] = field(default_factory=dict)
    records: list[InputRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_inputs(campus: Campus, axis: TimeAxis, read: Reader = read_series) -> Inputs:
    """Read what the campus uses.

    Args:
        campus: As declared, of one scenario.
        axis: The time steps.
        read: Reads one source; scenarios that share files give one that remembers.

    Returns:
        Series on the axis, records, notes, and every fault found, its place relative to the campus file.
    """
    inputs = Inputs()
    kinds, inputs.faults = used_kinds(series_uses(campus))
    wanted = dict(kinds)
    if needs_weather(campus):
        wanted[WEATHER] = WEATHER
    for name, source in campus.series.items():
        if name not in wanted:
            inputs.notes.append(f"Series {name} is declared and nothing refers to it; it is not read.")
            continue
        _read_one(campus, axis, (name, source, wanted[name]), read, inputs)
    for name in wanted:
        if name not in campus.series:
            inputs.faults.append(
                Fault(f"series.{name}", "is missing and something refers to it. Add it to series.")
            )
    _weather_faults(campus, inputs)
    return inputs


def _read_one(
    campus: Campus, axis: TimeAxis, what: tuple[str, SeriesSource, str], read: Reader, inputs: Inputs
) -> None:
    """Read one series, bring it onto the axis, note what was done; what is wrong becomes faults."""
    name, source, kind = what
    where = f"series.{name}"
    try:
        series = read(source_spec(campus, name, source, kind))
        if kind == WEATHER:
            check_sun(series, campus.place.latitude_deg, campus.place.longitude_deg)
        fitted = align(series, axis, by_calendar=source.by_calendar, time_zone=campus.place.time_zone)
    except InputError as error:
        for fault in error.faults:
            place = f" {fault.where}" if fault.where else ""
            inputs.faults.append(Fault(where, f"{error.source}{place} {fault.what}"))
        return
    if kind == WEATHER:
        inputs.weather = fitted.columns
    else:
        inputs.series[name] = fitted.values
        if kind == "power" and fitted.values.min() < 0.0:
            first = int((fitted.values < 0.0).argmax())
            inputs.faults.append(
                Fault(
                    where,
                    f"is {fitted.values[first]:g} MW at {axis.stamps[first]}Z, must not be negative. A load "
                    "draws; declare what feeds in as solar or generator.",
                )
            )
    inputs.records.append(_record(series, fitted.notes))
    inputs.notes += _notes(series, source)


def source_spec(campus: Campus, name: str, source: SeriesSource, kind: str) -> SourceSpec:
    """A source of the campus file as the readers take it."""
    single = kind != WEATHER
    return SourceSpec(
        name=name,
        file=source.file,
        source=source.source,
        columns={name: source.column} if source.column is not None else dict(source.columns),
        units={name: source.unit} if source.unit is not None else dict(source.units),
        kinds={name: kind} if single else {},
        currency=campus.currency,
        time_column=source.time_column,
        time_zone=source.time_zone,
        stamp=source.stamp,
        area=source.area,
        gaps=GapRule(source.gaps.rule, source.gaps.at_most_s) if source.gaps is not None else None,
        publisher=source.publisher,
        synthetic=source.synthetic,
        base_dir=campus.base_dir,
        home_zone=campus.place.time_zone,
    )


def _record(series: Series, done: tuple[str, ...]) -> InputRecord:
    return InputRecord(
        name=series.name,
        file=Path(series.file).name if Path(series.file).is_absolute() else series.file,
        sha256=series.sha256,
        rows=series.rows,
        step_s=series.step_s,
        synthetic=series.synthetic,
        note=", ".join(done),
        source=series.source,
    )


def _notes(series: Series, source: SeriesSource) -> list[str]:
    """Sentences about one input."""
    notes = []
    if series.synthetic:
        notes.append(f"SYNTHETIC input: {series.name} is generated, not measured.")
    if source.by_calendar:
        notes.append(
            f"{series.name} is a typical year placed on the real one by month, day and hour: it does not "
            "move together with the series of that year."
        )
    return notes


def _weather_faults(campus: Campus, inputs: Inputs) -> None:
    """Columns that solar and cooling need and the weather does not have."""
    weather = inputs.weather
    if not weather:
        return
    where = f"series.{WEATHER}.columns"
    light = [name for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2") if name in weather]
    if campus.solar and "ghi_w_m2" not in light and len(light) < 2:
        inputs.faults.append(
            Fault(where, "have no light for solar, must have ghi_w_m2, or dni_w_m2 and dhi_w_m2. Add them.")
        )
    if campus.solar and "temp_air_degc" not in weather:
        inputs.faults.append(Fault(where, "have no temp_air_degc, must have it for solar. Add it."))
    humid = "wet_bulb_degc" in weather or {"temp_air_degc", "relative_humidity_frac"} <= set(weather)
    if campus.cooling is not None and not humid:
        inputs.faults.append(
            Fault(
                where,
                "have no humidity for cooling, must have wet_bulb_degc, or temp_air_degc and "
                "relative_humidity_frac. Add them.",
            )
        )
