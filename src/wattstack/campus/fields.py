"""The words the campus file is written in: numbers with units, sizes, rates, shares, references to series.

Needs    pydantic.
Gives    Declared (base of every declaration), quantity, fault_error, one_of, kind_of, is_tag, is_number, smallest,
         largest, ROUNDING; the types Name, Number, NotNegative, Positive, Frac, Efficiency, Stamp, Day,
         TimeZone, SizeRange, Size, SeriesRef, Share, Level.
Used by  every declaration of this room.

A declaration is frozen and knows every key it may have. What a single field cannot know (min above max) it
tells in `faults`, several at a time, each with the key at fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from wattstack.errors import Fault, nearest

ROUNDING = 1e-6  # sizes that a plan solved for come back right to this share
NAME_PATTERN = r"^[A-Za-z0-9_-]{1,40}$"
TEMPLATE_PATTERN = r"^(library:.+|.*[^/]\.ya?ml)$"  # of a device: an entry of the library, or a file


def fault_error(*faults: Fault) -> PydanticCustomError:
    """The pydantic error that carries faults in our own words.

    Args:
        *faults: Their places are relative to where the error is raised.
    """
    text = " ".join(str(fault) for fault in faults)
    return PydanticCustomError("faults", "{text}", {"text": text, "faults": list(faults)})


def quantity(unit: str, text: str, default: Any = ..., **bounds: Any) -> Any:
    """A field with its unit in the description and in the JSON schema.

    Args:
        unit: Unit as a person writes it, "" for none.
        text: What the number is.
        default: Value when the key is absent; `...` makes the key required.
        **bounds: ge, gt, le, lt, as pydantic names them.
    """
    label = f"{text} [{unit}]" if unit else text
    extra = {"unit": unit} if unit else None
    return Field(default, description=label, json_schema_extra=extra, **bounds)


class Declared(BaseModel):
    """Base of every declaration: frozen, no unknown key, no text where a number belongs, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def faults(self) -> Iterable[Fault]:
        """What is wrong between the fields of this declaration, places relative to it."""
        return ()

    @model_validator(mode="after")
    def _between_fields(self) -> Declared:
        found = list(self.faults())
        if found:
            raise fault_error(*found)
        return self


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Number = Annotated[float, Field()]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Frac = Annotated[float, Field(ge=0, le=1)]
Efficiency = Annotated[float, Field(gt=0, le=1)]


def parse_stamp(value: Any, info: ValidationInfo) -> Any:
    """ISO 8601 text with an offset as an aware datetime; anything else is a fault in words.

    The context of the validation may name the `time_zone` of the campus: the hint has its offset then.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise fault_error(
                Fault("", f"is {value!r}, must be a date and time in ISO 8601. Write 2022-04-01T00:00+09:00.")
            ) from None
    if isinstance(value, datetime) and value.tzinfo is None:
        from wattstack.series import with_offset

        text = value.isoformat(timespec="minutes")
        like = with_offset(text, (info.context or {}).get("time_zone"))
        mend = f"Write {like}" + (
            f" or {text}Z." if not like.endswith("Z") else ", or the offset of your clock."
        )
        raise fault_error(Fault("", f"is {text} without an offset from UTC, must have one. {mend}"))
    return value


def parse_day(value: Any) -> Any:
    """ISO 8601 date text as a date."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise fault_error(Fault("", f"is {value!r}, must be a date. Write 2022-05-03.")) from None


def known_zone(name: str) -> str:
    """A time zone of the IANA list, or a fault with the nearest."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # unknown, no file name, a folder
        near = nearest(name, available_timezones())
        mend = f"Nearest: '{near}'." if near else "Write Asia/Tokyo."
        raise fault_error(Fault("", f"is {name!r}, must be a time zone of the IANA list. {mend}")) from None
    return name


TimeZone = Annotated[str, AfterValidator(known_zone)]
Stamp = Annotated[datetime, BeforeValidator(parse_stamp)]
Day = Annotated[date, BeforeValidator(parse_day)]


class SizeRange(Declared):
    """A size the plan may choose, in the unit of its key.

    Example:
        >>> SizeRange(max=200, block=5).max
        200.0
    """

    min: float = Field(0.0, ge=0, description="Least size the plan may choose, in the unit of the key.")
    max: float = Field(gt=0, description="Greatest size the plan may choose, in the unit of the key.")
    block: float | None = Field(
        None, gt=0, description="Size of one whole unit; the plan then buys whole numbers of it."
    )

    @property
    def most(self) -> float:
        """Greatest size that can be chosen: whole blocks where it comes in blocks."""
        return self.max if self.block is None else self.block * int(self.max / self.block + 1e-9)

    def faults(self) -> Iterable[Fault]:
        """Min above max, block above max, no whole number of blocks inside."""
        if self.min > self.max:
            yield Fault(
                "min", f"is {self.min:g}, must not be above max {self.max:g}. Lower min or raise max."
            )
        elif self.block is not None and self.block > self.max:
            yield Fault(
                "block", f"is {self.block:g}, must not be above max {self.max:g}. Lower block or raise max."
            )
        elif self.most < self.min:
            yield Fault(
                "block",
                f"is {self.block:g}, but no whole number of blocks lies between min {self.min:g} and max "
                f"{self.max:g}. Widen the range or change block.",
            )


class SeriesRef(Declared):
    """A value that varies: the name of one of the campus' series, written `series:NAME`.

    Example:
        >>> SeriesRef.model_validate("series:price_per_mwh").name
        'price_per_mwh'
    """

    name: Name

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value.removeprefix("series:")}
        return value

    @model_serializer
    def _as_text(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"series:{self.name}"

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        """In the file a reference is text."""
        return {"type": "string", "pattern": "^series:[A-Za-z0-9_-]+$", "title": "SeriesRef"}


def is_number(value: Any) -> bool:
    """Whether a value of the file is a number (true and false are not)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_tag(part: str) -> bool:
    """Whether a part of a place is the mark of a form, "<number>", and no key of the file."""
    return part.startswith("<") and part.endswith(">")


def kind_of(value: Any) -> str | None:
    """Which form a value takes: tags "<number>", "<series>", "<mapping>", None = none of them.

    The angle brackets keep the tags apart from names when an error's place is told.
    """
    if is_number(value):
        return "<number>"
    if isinstance(value, SeriesRef) or (isinstance(value, str) and value.startswith("series:")):
        return "<series>"
    if isinstance(value, dict | BaseModel):
        return "<mapping>"
    return None


def one_of(allowed: tuple[str, ...], message: str) -> Discriminator:
    """Choose between the forms of a value by its tag; the message stands where none fits."""

    def tag(value: Any) -> str | None:
        kind = kind_of(value)
        return kind if kind in allowed else None

    return Discriminator(tag, custom_error_type="form", custom_error_message=message)


Size = Annotated[
    Annotated[NotNegative, Tag("<number>")] | Annotated[SizeRange, Tag("<mapping>")],
    one_of(
        ("<number>", "<mapping>"),
        "must be a number (it stands) or a range (the plan chooses). Write 40, or {max: 40}.",
    ),
]
Share = Annotated[
    Annotated[Frac, Tag("<number>")] | Annotated[SeriesRef, Tag("<series>")],
    one_of(("<number>", "<series>"), "must be a share 0 .. 1 or a series. Write 0.2, or series:NAME."),
]
Level = Annotated[
    Annotated[NotNegative, Tag("<number>")] | Annotated[SeriesRef, Tag("<series>")],
    one_of(("<number>", "<series>"), "must be a number >= 0 or a series. Write 3.0, or series:NAME."),
]


def smallest(size: float | SizeRange) -> float:
    """The least value a size can take.

    Example:
        >>> smallest(40.0), smallest(SizeRange(max=60))
        (40.0, 0.0)
    """
    return size.min if isinstance(size, SizeRange) else size


def largest(size: float | SizeRange) -> float:
    """The greatest value a size can take, whole blocks where it comes in blocks.

    Example:
        >>> largest(40.0), largest(SizeRange(max=60)), largest(SizeRange(max=60, block=25))
        (40.0, 60.0, 50.0)
    """
    return size.most if isinstance(size, SizeRange) else size
