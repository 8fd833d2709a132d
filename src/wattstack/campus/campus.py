"""The whole campus: where it is, over which time, what stands there or may be built, and on which terms.

Needs    the declarations of this room, series (span_faults), units.
Gives    Campus, Place, Time, Scenario.
Used by  case and everything above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from wattstack.campus.battery import Battery
from wattstack.campus.checks import reference_faults
from wattstack.campus.contract import Interval
from wattstack.campus.control import Control
from wattstack.campus.cooling import Cooling
from wattstack.campus.currency import Currency
from wattstack.campus.devices import Device, DevicePath
from wattstack.campus.duties import Duties, smoothing_battery
from wattstack.campus.fields import Declared, Frac, Name, SizeRange, Stamp, TimeZone, fault_error, quantity
from wattstack.campus.fill import fill_from_library
from wattstack.campus.finance import Carbon, Finance
from wattstack.campus.generator import Generator
from wattstack.campus.grid import Grid
from wattstack.campus.load import Load
from wattstack.campus.operate import Operate
from wattstack.campus.solar import Solar
from wattstack.campus.sources import SeriesSource
from wattstack.campus.ups import Ups
from wattstack.campus.whole import whole_faults
from wattstack.errors import Fault, StateError
from wattstack.series import span_faults
from wattstack.units import STEP_S


def _sum_to_one(scenarios: dict[str, Scenario]) -> dict[str, Scenario]:
    total = sum(scenario.weight_frac for scenario in scenarios.values())
    if scenarios and abs(total - 1.0) > 1e-6:
        raise fault_error(
            Fault(
                "", f"have weights that sum to {total:g}, must sum to 1. Change weight_frac of one of them."
            )
        )
    return scenarios


class Place(Declared):
    """Where the campus is; the sun and the local clock follow from it."""

    latitude_deg: float = quantity("deg", "Latitude, north positive", ge=-90, le=90)
    longitude_deg: float = quantity("deg", "Longitude, east positive", ge=-180, le=180)
    altitude_m: float = quantity("m", "Height above the sea", 0.0, ge=-500, le=9000)
    time_zone: TimeZone = Field(description="IANA time zone, Asia/Tokyo.")


class Time(Declared):
    """The span and the step everything is brought onto."""

    start: Stamp = Field(description="First moment, ISO 8601 with offset.")
    end: Stamp = Field(description="Moment after the last step, ISO 8601 with offset.")
    step: Interval = Field(description="Length of a step.")

    @property
    def step_s(self) -> int:
        """Length of a step [s]."""
        return STEP_S[self.step]

    @property
    def count(self) -> int:
        """Number of steps."""
        return round((self.end - self.start).total_seconds() / self.step_s)

    def faults(self) -> Iterable[Fault]:
        """End before start; span or start that is no whole number of steps."""
        return span_faults(self.start, self.end, self.step)


class Scenario(Declared):
    """Another year or another future: its own time and its own files for some of the series."""

    weight_frac: Frac = quantity("", "Weight of the scenario; all weights sum to 1")
    time: Time | None = Field(None, description="Its own span and step; absent = the campus'.")
    series: dict[Name, SeriesSource] = Field({}, description="Series that differ, each given whole.")


class Campus(Declared):
    """Everything the campus file says. Component mappings are by name; absent parts are None or empty.

    Attributes:
        base_dir: Folder that relative file names start from.
        source: Name of the file it came from, "campus" when built in Python.
        passports: Library entries it used, each with kind, name, source, date, status, confidence.
    """

    wattstack: Literal[1] = Field(description="Version of this format.")
    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")] = Field(description="Short name, a-z 0-9 _ -.")
    description: str = Field("", description="A sentence for the report.")
    place: Place = Field(description="Where the campus is.")
    currency: Currency = Field(description="ISO 4217 code of every price in this file, JPY.")
    time: Time = Field(description="Span and step.")
    series: dict[Name, SeriesSource] = Field({}, description="Series by name.")
    scenarios: Annotated[dict[Name, Scenario], AfterValidator(_sum_to_one)] = Field(
        {}, description="Years or futures planned together; absent = one."
    )
    load: dict[Name, Load] = Field(min_length=1, description="What draws power, by name.")
    cooling: Cooling | None = Field(None, description="Cooling of the halls; absent = no cooling power.")
    grid: Grid | None = Field(None, description="Connection and tariff; absent = an island.")
    carbon: Carbon = Field(default_factory=Carbon, description="Carbon of the grid and its price.")
    battery: dict[Name, Battery] = Field({}, description="Batteries by name.")
    solar: dict[Name, Solar] = Field({}, description="Photovoltaic plants by name.")
    generator: dict[Name, Generator] = Field({}, description="Generators by name.")
    ups: dict[Name, Ups] = Field({}, description="Uninterruptible supplies of the halls, by name.")
    duties: Duties = Field(default_factory=Duties, description="What is kept at every moment.")
    control: Control = Field(default_factory=Control, description="What runs it from minute to minute.")
    devices: dict[DevicePath, Device] = Field({}, description="Who speaks for which asset, by its path.")
    operate: Operate = Field(default_factory=Operate, description="How the live system runs.")
    finance: Finance = Field(default_factory=Finance, description="How money is weighed.")

    _base_dir: Path = PrivateAttr(default_factory=Path)
    _source: str = PrivateAttr("campus")
    _documents: tuple[tuple[str, dict[str, Any]], ...] = PrivateAttr(())  # (text, values) a file, base first
    _passports: tuple[dict[str, str], ...] = PrivateAttr(())

    def faults(self) -> Iterable[Fault]:
        """What single parts cannot know of each other."""
        return whole_faults(self)

    @model_validator(mode="wrap")
    @classmethod
    def _from_values(cls, value: Any, handler: ModelWrapValidatorHandler[Campus]) -> Campus:
        """Fill from the library, look at the whole, validate every part: all that is wrong in one error."""
        if not isinstance(value, dict):
            return handler(value)
        value, found, passports = fill_from_library(value)
        found += reference_faults(value)
        errors: list[InitErrorDetails] = []
        if found:
            errors.append({"type": fault_error(*found), "loc": (), "input": None})
        try:
            campus = handler(value)
        except ValidationError as error:
            errors += [_copied(record) for record in error.errors(include_url=False)]
        if errors:
            raise ValidationError.from_exception_data("Campus", errors)
        campus._passports = tuple(passports)
        return campus

    @property
    def base_dir(self) -> Path:
        """Folder that relative file names start from."""
        return self._base_dir

    @property
    def source(self) -> str:
        """Name of the file it came from."""
        return self._source

    @property
    def passports(self) -> list[dict[str, str]]:
        """Library entries used: kind, name, source, date, status, confidence."""
        return [dict(passport) for passport in self._passports]

    @property
    def smoothing_battery(self) -> str | None:
        """Name of the battery that holds `duties.smoothing`; None without the duty."""
        return smoothing_battery(self)

    @property
    def supply_mw(self) -> float:
        """What connection, batteries, generators and sun can give together [MW]; sizes must stand."""
        grid = self.grid
        most = 0.0 if grid is None else float(grid.connection.firm_mw) + float(grid.connection.nonfirm_mw)
        units = (*self.battery.values(), *self.generator.values(), *self.solar.values())
        return most + sum(float(unit.power_mw) for unit in units)

    def device_mw(self, path: str) -> float:
        """The most that can flow through a device [MW]: its share of its asset's power, or of loads and the connection
        all that stands."""
        kind, _, name = path.split("#", maxsplit=1)[0].partition(".")
        if kind in ("battery", "generator", "solar"):
            return float(getattr(self, kind)[name].power_mw) * self.devices[path].share_frac
        return self.supply_mw

    @property
    def size_paths(self) -> dict[str, float | SizeRange]:
        """Every size by its path, in the order of the file: a number stands, a SizeRange is planned."""
        found: dict[str, float | SizeRange] = {}
        for name, battery in self.battery.items():
            found[f"battery.{name}.power_mw"] = battery.power_mw
            found[f"battery.{name}.energy_mwh"] = battery.energy_mwh
        found.update({f"solar.{name}.power_mw": unit.power_mw for name, unit in self.solar.items()})
        found.update({f"generator.{name}.power_mw": unit.power_mw for name, unit in self.generator.items()})
        if self.grid is not None:
            found["grid.connection.firm_mw"] = self.grid.connection.firm_mw
            found["grid.connection.nonfirm_mw"] = self.grid.connection.nonfirm_mw
            for name, contract in self.grid.tariff.contract.items():
                found[f"grid.tariff.contract.{name}.power_mw"] = contract.power_mw
        return found

    def sized(self, sizes: Mapping[str, float]) -> Campus:
        """The same campus with these sizes standing.

        Args:
            sizes: Size by path ("battery.main.power_mw"); a path that is not named keeps its number or range.

        Raises:
            StateError: A path is no size of this campus, or a size is not a finite number >= 0.
        """
        known = self.size_paths
        campus = self
        for path, size in sizes.items():
            if path not in known:
                raise StateError(
                    f"{path} is no size of campus {self.name}, must be one of {', '.join(known)}."
                )
            if not (size >= 0 and isfinite(size)):
                raise StateError(
                    f"{path} is {size}, must be a finite number >= 0. Give the size that stands."
                )
            campus = _replaced(campus, path.split("."), float(size))
        return campus

    def in_scenario(self, name: str) -> Campus:
        """The same campus with the time and series of one scenario, and no scenarios.

        Raises:
            StateError: No scenario has this name.
        """
        if name not in self.scenarios:
            known = ", ".join(self.scenarios) or "none is declared"
            raise StateError(f"scenario {name!r} is not declared, must be one of: {known}.")
        chosen = self.scenarios[name]
        return self.model_copy(
            update={
                "time": chosen.time or self.time,
                "series": {**self.series, **chosen.series},
                "scenarios": {},
            }
        )


def _copied(record: Any) -> InitErrorDetails:
    """A line of one validation as a line of another; pydantic wants its kinds by name, ours as objects."""
    kind: Any = record["type"]
    if kind == "faults":
        kind = fault_error(*record["ctx"]["faults"])
    elif kind == "form":
        kind = PydanticCustomError("form", record["msg"])
    return {"type": kind, "loc": record["loc"], "input": record["input"], "ctx": record.get("ctx", {})}


def _replaced(node: Any, keys: list[str], value: float) -> Any:
    """A copy of a model or mapping with the value at the end of keys replaced."""
    key, *rest = keys
    if isinstance(node, dict):
        return {**node, key: _replaced(node[key], rest, value) if rest else value}
    return node.model_copy(update={key: _replaced(getattr(node, key), rest, value) if rest else value})
