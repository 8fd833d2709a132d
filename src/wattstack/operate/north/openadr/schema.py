"""Events and programs of OpenADR 3 as they come, checked: what cannot be understood is left out alone, and told.

Needs    pydantic.
Gives    Event, Program, Interval, Period, Payload, Descriptor, Asked, read_events, read_programs, seconds_of.
Used by  operate.north.openadr: schedule, signals, reports, way.

Keys that are not known are passed over (the specification allows private ones). A number is a number: no NaN, no text,
no true. Durations are seconds; P9999Y, which the specification reads as without end, is infinite.

Source: OpenADR 3.1.1, OpenAPI document, user guide 7.3; the objects used here are the same in 3.0.1 and 3.1.0.
"""

from __future__ import annotations

import re
from datetime import datetime
from math import inf
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

MOST_EVENTS, MOST_INTERVALS, MOST_PAYLOADS, MOST_VALUES = 500, 2000, 50, 2000
FOREVER_YEARS = 9999
BEGINNING = -inf  # a start of year 1: now
LAST_S = 253_402_300_799.0  # the end of the year 9999 in UTC
LARGEST_SWING_S = 366 * 86_400.0  # of a start: assumption
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,7})D)?"
    r"(?:T(?=\d)(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?"
)
# a month of 30 days: assumption
_UNITS_S = 365 * 86_400.0, 30 * 86_400.0, 7 * 86_400.0, 86_400.0, 3600.0, 60.0, 1.0


def seconds_of(text: Any) -> float:
    """A duration of ISO 8601 in seconds; from 9999 years on it has no end.

    Raises:
        ValueError: It is none.

    Example:
        >>> seconds_of("PT1H30M"), seconds_of("-PT5M"), seconds_of("P9999Y")
        (5400.0, -300.0, inf)
    """
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()[1:]):
        raise ValueError("must be a duration of ISO 8601, as PT15M")
    if int(found[2] or 0) >= FOREVER_YEARS:
        return inf
    total_s = sum(
        float(part or 0) * unit_s for part, unit_s in zip(found.groups()[1:], _UNITS_S, strict=True)
    )
    return -total_s if found[1] == "-" else total_s


def _length(value: Any) -> float:
    length_s = value if isinstance(value, float) else seconds_of(value)
    if not length_s >= 0.0:  # NaN too
        raise ValueError("must not be negative")
    return length_s


def _swing(value: Any) -> float:
    swing_s = abs(value if isinstance(value, float) else seconds_of(value))
    if not (swing_s <= LARGEST_SWING_S or swing_s == inf):  # a start must stay in a year that can be told
        raise ValueError("must be at most a year")
    return swing_s


def _moment(value: Any) -> float:
    """A time as seconds since 1970; the year 1 means now."""
    if isinstance(value, float):
        moment_s = value
    elif not isinstance(value, str):
        raise ValueError("must be a time of RFC 3339")
    elif value.startswith("0001-01-01"):
        return BEGINNING
    else:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError("must say its offset from UTC, as 2026-11-21T15:00:00Z")
        moment_s = found.timestamp()
    if not 0.0 <= moment_s <= LAST_S:  # NaN too
        raise ValueError("must be the year 1 (now), or a time from 1970 to 9999")
    return moment_s


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        if not -1e15 <= value <= 1e15:  # NaN and infinity too
            raise ValueError("must be a number")
        return float(value)
    return value


Length = Annotated[float, BeforeValidator(_length)]
Swing = Annotated[float, BeforeValidator(_swing)]
Moment = Annotated[float, BeforeValidator(_moment)]
Value = Annotated[float | str | dict[str, Any], BeforeValidator(_plain)]
Text = Annotated[str, Field(max_length=1000)]
Key = Annotated[str, Field(min_length=1, max_length=128)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Period(_Told):
    """When an interval begins (-inf: now, or where the one before ends), how long it is, how far its start may move."""

    start: Moment | None = None
    duration: Length | None = None
    randomize_start: Swing | None = None


class Payload(_Told):
    """What is announced: a type and its values."""

    type: Key
    values: Annotated[tuple[Value, ...], Field(max_length=MOST_VALUES)]


class Interval(_Told):
    """A piece of time with what holds in it."""

    id: int = 0
    interval_period: Period | None = None
    payloads: Annotated[tuple[Payload, ...], Field(max_length=MOST_PAYLOADS)] = ()


class Descriptor(_Told):
    """In which unit a type of payload is told."""

    payload_type: Key
    units: Key | None = None


class Asked(_Told):
    """A report that is asked for."""

    payload_type: Key
    reading_type: Key | None = None
    units: Key | None = None
    frequency: int = -1


class _Timed(_Told):
    id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]
    payload_descriptors: Annotated[tuple[Descriptor, ...], Field(max_length=MOST_PAYLOADS)] | None = None
    interval_period: Period | None = None


class Program(_Timed):
    """What events of one kind have in common."""

    program_name: Text = ""


class Event(_Timed):
    """Something announced."""

    program_id: Annotated[Key, Field(alias="programID")]
    event_name: Text | None = None
    modification_date_time: Text = ""
    duration: Length | None = None
    priority: Annotated[int, Field(ge=0)] | None = None
    targets: Annotated[tuple[str | dict[str, Any], ...], Field(max_length=1000)] | None = None
    report_descriptors: Annotated[tuple[Asked, ...], Field(max_length=MOST_PAYLOADS)] | None = None
    intervals: Annotated[tuple[Interval, ...], Field(max_length=MOST_INTERVALS)] | None = None

    @property
    def version(self) -> str:
        """Of this event as it is now: another one after each change."""
        return f"{self.id} {self.modification_date_time}"

    @property
    def changed_s(self) -> float:
        """When it was changed last, seconds since 1970; inf where that is not said."""
        try:
            return datetime.fromisoformat(self.modification_date_time).timestamp()
        except (ValueError, OverflowError, OSError):
            return inf

    @property
    def named_targets(self) -> frozenset[str]:
        """Whom it is for, as names: in 3.1 a list of names, in 3.0 of types with values."""
        found: set[str] = set()
        for one in self.targets or ():
            if isinstance(one, str):
                found.add(one)
            elif isinstance(one.get("values"), list):
                found.update(str(value) for value in one["values"][:MOST_VALUES])
        return frozenset(found)


_T = TypeVar("_T", Event, Program)


def read_events(raw: Any) -> tuple[list[Event], list[str]]:
    """Events of an answer.

    Args:
        raw: What came: a list of objects.

    Returns:
        events: Those that can be understood, at most MOST_EVENTS.
        faults: What is wrong with the others, in words.
    """
    return _read(Event, raw)


def read_programs(raw: Any) -> tuple[list[Program], list[str]]:
    """Programs of an answer, as read_events."""
    return _read(Program, raw)


def _read(kind: type[_T], raw: Any) -> tuple[list[_T], list[str]]:
    if not isinstance(raw, list):
        return [], ["the answer is no list"]
    found, faults = [], []
    for k, one in enumerate(raw[:MOST_EVENTS]):
        try:
            found.append(kind.model_validate(one))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            named = one.get("id", k) if isinstance(one, dict) else k
            where = ".".join(str(part) for part in first["loc"])
            words = f"{kind.__name__.lower()} {str(named)[:64]}: {where} {first['msg']}"[:300]
            faults.append(words.encode(errors="backslashreplace").decode())  # half a character is no text
    if len(raw) > MOST_EVENTS:
        faults.append(f"there are {len(raw)}, only the first {MOST_EVENTS} are looked at")
    return found, faults
