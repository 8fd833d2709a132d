"""Where the numbers along time come from: one declaration per series of the campus file.

Needs    campus.fields.
Gives    SeriesSource, Gaps, WEATHER_COLUMNS.
Used by  campus, case (which hands it to series.read_series).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from wattstack.campus.fields import Declared, TimeZone, fault_error
from wattstack.errors import Fault

WEATHER_COLUMNS = (
    "ghi_w_m2", "dni_w_m2", "dhi_w_m2", "temp_air_degc", "wet_bulb_degc", "relative_humidity_frac",
    "wind_speed_m_s", "pressure_hpa",
)  # fmt: skip
JEPX_AREAS = (
    "system", "hokkaido", "tohoku", "tokyo", "chubu", "hokuriku", "kansai", "chugoku", "shikoku", "kyushu",
)  # fmt: skip
_UNITS_S = {"min": 60, "h": 3600, "d": 86400}


def duration_s(text: str) -> int:
    """A length of time in words, "45min", "3h", "2d", in seconds.

    Raises:
        ValueError: The text is no length of time, with the sentence to show.

    Example:
        >>> duration_s("3h")
        10800
    """
    match = re.fullmatch(r"(\d+)\s*(min|h|d)", text.strip())
    if not match or int(match[1]) == 0:
        raise ValueError(f"is {text!r}, must be a length of time. Write 30min, 3h or 1d.")
    return int(match[1]) * _UNITS_S[match[2]]


def _check_duration(text: str) -> str:
    try:
        duration_s(text)
    except ValueError as error:
        raise fault_error(Fault("", str(error))) from None
    return text


class Gaps(Declared):
    """A named rule that fills gaps up to a length; longer ones stay faults."""

    rule: Literal["hold", "interpolate", "day_before"] = Field(
        description="hold = last value, interpolate = straight line, day_before = same hour a day earlier."
    )
    at_most: Annotated[str, AfterValidator(_check_duration)] = Field(
        description="Longest gap that is filled, 30min, 3h, 1d."
    )

    @property
    def at_most_s(self) -> int:
        """Longest gap that is filled [s]."""
        return duration_s(self.at_most)


class SeriesSource(Declared):
    """One file and how to read it.

    Example:
        >>> SeriesSource(source="jepx", file="prices.csv", area="kansai").stamp
        'start'
    """

    source: Literal["csv", "parquet", "jepx", "entsoe", "epw"] = Field(description="Format of the file.")
    file: str = Field(min_length=1, description="File name, relative to the campus file.")
    column: str | None = Field(None, description="Column of the values (csv, parquet).")
    unit: str | None = Field(
        None, description='Unit of the column, "JPY/kWh", "MW", "%", "1" (csv, parquet).'
    )
    columns: dict[str, str] = Field({}, description="Weather: column of the file by our name.")
    units: dict[str, str] = Field(
        {}, description="Weather: unit by our name, where it is not the one in the name."
    )
    time_column: str = Field("time", description="Column of the stamps (csv, parquet).")
    time_zone: TimeZone | None = Field(
        None, description="Zone of stamps without offset (IANA, Asia/Tokyo); absent = stamps carry an offset."
    )
    stamp: Literal["start", "centre", "end"] = Field(
        "start", description="What a stamp marks of its interval; epw files mark the end."
    )
    synthetic: bool = Field(False, description="Generated, not measured; labelled so in every report.")
    by_calendar: bool = Field(
        False, description="A typical year, placed on the real one by month, day and hour."
    )
    publisher: str = Field("", description="Who publishes it, for the report.")
    gaps: Gaps | None = Field(None, description="Rule that fills gaps; absent = a gap is a fault.")
    area: str | None = Field(
        None, description="Price area: jepx (kansai), or entsoe where the file holds several (FR)."
    )

    @model_validator(mode="before")
    @classmethod
    def _stamp_of_the_format(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("source") == "epw":
            return {"stamp": "end", **value}
        return value

    @property
    def is_weather(self) -> bool:
        """Whether it gives several weather columns rather than one series."""
        return self.source == "epw" or bool(self.columns)

    def faults(self) -> Iterable[Fault]:
        """Keys that the format needs or cannot use."""
        if self.source in ("csv", "parquet"):
            yield from self._table_faults()
        if self.source == "jepx" and self.area not in JEPX_AREAS:
            state = "is missing" if self.area is None else f"is {self.area!r}"
            yield Fault("area", f"{state}, must be one of {', '.join(JEPX_AREAS)}.")
        if self.source not in ("jepx", "entsoe") and self.area is not None:
            yield Fault("area", f"belongs to source: jepx or entsoe, this is {self.source}. Take it out.")
        if self.source in ("jepx", "entsoe", "epw"):
            for key in ("column", "unit", "columns", "units"):
                if getattr(self, key):
                    yield Fault(
                        key, f"is not read: {self.source} files have known columns and units. Take it out."
                    )

    def _table_faults(self) -> Iterable[Fault]:
        if (self.column is None) == (not self.columns):
            state = "are both missing" if self.column is None else "are both given"
            yield Fault(
                "column",
                f"and columns {state}, must be exactly one. Give column, or for weather columns: {{...}}.",
            )
        if self.column is not None and self.unit is None:
            yield Fault("unit", 'is missing, must be given with column. Write unit: JPY/kWh, MW, "%" or "1".')
        for key, given in (("columns", self.columns), ("units", self.units)):
            for name in given:
                if name not in WEATHER_COLUMNS:
                    yield Fault(
                        f"{key}.{name}",
                        f"is not a weather column, must be one of {', '.join(WEATHER_COLUMNS)}.",
                    )
