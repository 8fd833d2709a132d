"""What supplier and grid operator charge: energy, demand, contracted power, export, and when each holds.

Needs    campus.fields, units.
Gives    Tariff, Energy, Demand, Ratchet, Contract, Export, Window, Period, Periods, Rate, Interval.
Used by  campus.grid, campus.generator, case, cost.tariff.

Windows are in the local clock of the campus. A declared holiday counts as a Sunday. A span over midnight
("22-6") belongs to the calendar day of each of its hours: Saturday 03:00 is Saturday.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, Tag

from wattstack.campus.fields import (
    Day,
    Declared,
    Frac,
    Name,
    NotNegative,
    Number,
    SeriesRef,
    Size,
    fault_error,
    one_of,
    quantity,
)
from wattstack.errors import Fault
from wattstack.units import STEP_S

Interval = Literal[*STEP_S]
_SPAN = re.compile(r"(\d{1,2})(?::(\d\d))?\s*-\s*(\d{1,2})(?::(\d\d))?")


def parse_span(text: str) -> tuple[float, float]:
    """Hours "8-20", "8:30-17" or, over midnight, "22-6" as (start, end) [h of the day].

    Raises:
        ValueError: The text is no such span, with the sentence to show.

    Example:
        >>> parse_span("8:30-17")
        (8.5, 17.0)
    """
    match = _SPAN.fullmatch(text.strip())
    if match:
        start = int(match[1]) + int(match[2] or 0) / 60
        end = int(match[3]) + int(match[4] or 0) / 60
        minutes_ok = int(match[2] or 0) < 60 and int(match[4] or 0) < 60
        if minutes_ok and start < 24 and end <= 24 and start != end:
            return start, end
    raise ValueError(f"is {text!r}, must be hours of the day as start-end. Write 8-20, 8:30-17 or 22-6.")


def _check_span(text: str) -> str:
    try:
        parse_span(text)
    except ValueError as error:
        raise fault_error(Fault("", str(error))) from None
    return text


Month = Annotated[int, Field(ge=1, le=12)]
Span = Annotated[str, AfterValidator(_check_span)]


class Window(Declared):
    """When something holds: months, kind of day, hours of the local clock. Absent = always.

    Example:
        >>> Window(days="weekday", hours=["22-6"]).mask(month=7, weekday=4, hour=23.5)
        True
    """

    months: tuple[Month, ...] = Field(
        (), strict=False, description="Months 1 .. 12 in which it holds; absent = all."
    )
    days: Literal["all", "weekday", "weekend"] = Field(
        "all", description="Kind of day: weekend = Saturday, Sunday and declared holidays."
    )
    hours: tuple[Span, ...] = Field(
        (), strict=False, description='Hours of the local clock, "8-20", "22-6" over midnight; absent = all.'
    )

    def faults(self) -> Iterable[Fault]:
        """A list that names nothing: it may be meant as always or as never."""
        for key in ("months", "hours"):
            if key in self.model_fields_set and not getattr(self, key):
                yield Fault(key, "is an empty list, must name at least one. Take it out for all of them.")

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """Hours as (start, end); end < start runs over midnight."""
        return tuple(parse_span(text) for text in self.hours)

    def mask(self, month: Any, weekday: Any, hour: Any) -> Any:
        """Whether the window holds, for numbers or arrays of one shape.

        Args:
            month: Local month 1 .. 12.
            weekday: Monday = 0 .. Sunday = 6; a holiday is given as 6.
            hour: Local hour as a fraction, 0 <= hour < 24.
        """
        holds = month >= 1
        if self.months:
            found = month == self.months[0]
            for other in self.months[1:]:
                found = found | (month == other)
            holds = holds & found
        if self.days != "all":
            holds = holds & ((weekday < 5) if self.days == "weekday" else (weekday >= 5))
        if self.hours:
            found = hour < 0
            for start, end in self.spans:
                inside = (hour >= start) & (hour < end) if start < end else (hour >= start) | (hour < end)
                found = found | inside
            holds = holds & found
        return holds


class Period(Window):
    """One row of a time-of-use table."""

    price_per_mwh: Number = quantity("currency/MWh", "Price in this window")


class Periods(Declared):
    """A time-of-use table: the first period whose window holds gives the price, every hour has one."""

    periods: dict[Name, Period] = Field(
        min_length=1, description="Price and window by name, first match wins."
    )

    def faults(self) -> Iterable[Fault]:
        """The first hour that no period holds."""
        edges = sorted(
            {0.0, *(edge % 24 for p in self.periods.values() for span in p.spans for edge in span)}
        )
        for month in range(1, 13):
            for weekday, day in ((0, "weekday"), (6, "weekend")):
                for hour in edges:
                    if not any(p.mask(month, weekday, hour) for p in self.periods.values()):
                        clock = f"{int(hour):02d}:{round(hour % 1 * 60):02d}"
                        yield Fault(
                            "periods",
                            f"leave out month {month}, {day}, {clock}: every hour must have a price. Add a "
                            "last period without months, days and hours, or widen one.",
                        )
                        return


Rate = Annotated[
    Annotated[Number, Tag("<number>")]
    | Annotated[SeriesRef, Tag("<series>")]
    | Annotated[Periods, Tag("<mapping>")],
    one_of(
        ("<number>", "<series>", "<mapping>"),
        "must be a number, a series or a table of periods. Write 12000, series:NAME or {periods: {...}}.",
    ),
]


class Energy(Declared):
    """What a MWh of import costs: a price and the adders beside it, each a line of the bill."""

    price_per_mwh: Rate = quantity("currency/MWh", "Energy price")
    adders_per_mwh: dict[Name, Rate] = Field(
        {}, description="Further lines per MWh of import by name (wheeling, levy) [currency/MWh]."
    )


class Ratchet(Declared):
    """Look-back: a month is billed for at least a share of the highest peak of the months before it."""

    share_frac: Frac = quantity("", "Share of the earlier peak that is billed at least")
    months: int = quantity("months", "How many months before are looked at", 11, ge=1, le=23)
    wrap: bool = Field(
        True,
        description="The months before the first are taken from the end of the series; false = no history.",
    )


def _one_price(month: float | None, year: float | None) -> Iterable[Fault]:
    if (month is None) == (year is None):
        state = "are both given" if month is not None else "are both missing"
        yield Fault(
            "price_per_mw_month",
            f"and price_per_mw_year {state}, must be exactly one. Give the month's price, or the year's.",
        )


class Demand(Window):
    """A charge on the highest mean import of a month or of the year, inside a window.

    Example:
        >>> Demand(price_per_mw_month=1_770_000, interval="30min").interval_s
        1800
    """

    price_per_mw_month: NotNegative | None = quantity(
        "currency/MW/month", "Charge on the highest of each month", None
    )
    price_per_mw_year: NotNegative | None = quantity(
        "currency/MW/year", "Charge on the highest of the year", None
    )
    interval: Interval | None = Field(
        None, description="Interval the meter averages over; absent = the step of the campus."
    )
    ratchet: Ratchet | None = Field(None, description="Look-back on earlier months; absent = none.")

    @property
    def interval_s(self) -> int | None:
        """Interval of the meter [s]; None = the step."""
        return None if self.interval is None else STEP_S[self.interval]

    def faults(self) -> Iterable[Fault]:
        """Both prices or none; a ratchet on a yearly peak; an empty window."""
        yield from super().faults()
        yield from _one_price(self.price_per_mw_month, self.price_per_mw_year)
        if self.ratchet is not None and self.price_per_mw_month is None:
            yield Fault(
                "ratchet",
                "looks back over months, must stand with price_per_mw_month. Take it out or bill by month.",
            )


class Contract(Window):
    """Contracted power: import inside the window stays at or below it, and it is paid whether used or not."""

    power_mw: Size = quantity("MW", "Contracted power: a number stands, a range is planned")
    price_per_mw_month: NotNegative | None = quantity(
        "currency/MW/month", "Price of a contracted MW and month", None
    )
    price_per_mw_year: NotNegative | None = quantity(
        "currency/MW/year", "Price of a contracted MW and year", None
    )
    at_least: Name | None = Field(None, description="Name of a contract that this one must not be below.")

    def faults(self) -> Iterable[Fault]:
        """Both prices or none; an empty window."""
        yield from super().faults()
        yield from _one_price(self.price_per_mw_month, self.price_per_mw_year)


class Export(Declared):
    """Sale of surplus into the grid."""

    price_per_mwh: Rate = quantity("currency/MWh", "What an exported MWh earns")
    limit_mw: NotNegative = quantity("MW", "Greatest export")


class Tariff(Declared):
    """The whole contract of supply; absent parts cost nothing."""

    extends: str | None = Field(
        None, pattern=r"^library:.+$", description="library:NAME of a tariff; what stands here goes over it."
    )
    energy: Energy = Field(description="Price per MWh of import.")
    demand: dict[Name, Demand] = Field({}, description="Charges on metered peaks, by name.")
    contract: dict[Name, Contract] = Field({}, description="Contracted powers, by name.")
    export: Export | None = Field(None, description="Sale into the grid; absent = no export.")
    fixed_per_month: NotNegative = quantity("currency/month", "Standing charge", 0.0)
    holidays: tuple[Day, ...] = Field(
        (), strict=False, description="Local dates that count as Sundays in every window."
    )

    def faults(self) -> Iterable[Fault]:
        """at_least that names no contract, itself, or runs in a circle."""
        for name, contract in self.contract.items():
            other = contract.at_least
            where = f"contract.{name}.at_least"
            if other is None:
                continue
            if other not in self.contract:
                known = ", ".join(sorted(set(self.contract) - {name})) or "none stands beside it"
                yield Fault(where, f"is {other!r}, must name another contract of this tariff ({known}).")
                continue
            seen = {name}
            while other is not None and other in self.contract and other not in seen:
                seen.add(other)
                other = self.contract[other].at_least
            if other == name:
                yield Fault(
                    where, "runs in a circle, must end at a contract without at_least. Take one of them out."
                )
