"""The form of a template file: which keys there are and what may stand in each, told all at once.

Needs    campus (Declared, faults_of); operate.devices.points (types); errors, pydantic.
Gives    DeclaredTemplate, DeclaredPoint, declared, ASSETS.
Used by  operate.devices.template.

What a key leads to (a model of SunSpec, another point, a unit of the channel) is looked up by the template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from wattstack.campus import Declared, faults_of, quantity
from wattstack.errors import Fault
from wattstack.operate.devices.points import TYPES

ASSETS = ("battery", "generator", "grid", "solar", "load", "ups")
REGISTERS = 65_536  # that one table has
POINT = "point:"  # before the name of the register with a scale factor
Asset = Literal[*ASSETS]
Kind = Literal[*TYPES]
Table = Literal["holding", "input"]
Order = Literal["big", "little"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=80)]
PointName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Model = Annotated[int, Field(ge=1, le=65_534)]


def _fault(where: str, what: str) -> PydanticCustomError:
    """The error of pydantic that `faults_of` gives back as it is."""
    return PydanticCustomError("faults", "{text}", {"text": what, "faults": [Fault(where, what)]})


def _factor(value: Any) -> Any:
    """A number that is not 0, or the name of the point that has it."""
    if isinstance(value, str) and value.startswith(POINT) and len(value) > len(POINT):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < abs(value) < float("inf"):
        return float(value)
    said = "empty" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)[:40]
    raise _fault("", f"is {said}, must be a number other than 0, or point:NAME. Write 0.1, or point:soc_sf.")


class DeclaredPoint(Declared):
    """One quantity, as the file says it. An address of the device's own and a type; or a point of a SunSpec model."""

    address: int | None = quantity("", "First register", None, ge=0, lt=REGISTERS)
    type: Kind | None = Field(None, description="What stands there.")
    model: Model | None = Field(None, description="Number of the SunSpec model.")
    point: Text | None = Field(None, description="Name in that model.")
    table: Table | None = Field(None, description="Table of registers; absent = that of the template.")
    word_order: Order | None = Field(
        None, description="Which word stands first; absent = that of the template."
    )
    unit: Annotated[str, StringConstraints(max_length=20)] | None = Field(
        None, description="Of the register; absent = none, or that of the standard."
    )
    scale: Annotated[float | str, BeforeValidator(_factor)] = Field(
        1.0, description="Factor of the register, or point:NAME of the one that has it."
    )
    sign: Literal[1, -1] = Field(1, description="-1 turns it round.")
    not_implemented: int | None = quantity("", "Bits that mean: the device does not have it", None, ge=0)
    write: bool = Field(False, description="It may be written.")
    atomic_group: Text | None = Field(None, description="Written together with all that name this group.")
    value: float | None = Field(None, description="What is always written.")
    copied: Text | None = Field(
        None, alias="copy", description="Quantity of the group whose value is written here too."
    )
    least: float | None = Field(None, description="Least that is believed, in the unit of the name.")
    most: float | None = Field(None, description="Greatest that is believed, in the unit of the name.")
    every_s: float = quantity("s", "From one reading to the next; 0 = each time", 0.0, ge=0)

    def faults(self) -> Iterable[Fault]:
        """Neither address nor model, or both; registers past the end; a mark too wide; bounds that cross."""
        own, standard = (
            [key for key in keys if getattr(self, key) is not None]
            for keys in (("address", "type"), ("model", "point"))
        )
        if own and standard:
            yield Fault(
                "", f"has {own[0]} and {standard[0]}, must have address and type, or model and point."
            )
        elif not own and not standard:
            yield Fault("", "has no address and type, must have both, or model and point.")
        elif len(own or standard) == 1:
            lacking = ({"address", "type"} if own else {"model", "point"}) - {*own, *standard}
            yield Fault("", f"has no {lacking.pop()}, must have address and type, or model and point.")
        if self.type is not None:
            yield from self._wide(*TYPES[self.type][::2])
        if self.least is not None and self.most is not None and self.least >= self.most:
            yield Fault(
                "least", f"is {self.least:g}, must be below most {self.most:g}. Lower least or raise most."
            )

    def _wide(self, words: int, bits: int) -> Iterable[Fault]:
        if self.address is not None and self.address + words > REGISTERS:
            yield Fault(
                "address",
                f"is {self.address}, must be at most {REGISTERS - words}: {self.type} takes {words} registers.",
            )
        if self.not_implemented is not None and self.not_implemented >= 2**bits:
            yield Fault(
                "not_implemented",
                f"is {self.not_implemented:#x}, must fit into the {bits} bits of {self.type}. Write the raw registers.",
            )


class Reversion(Declared):
    """Quantities by which the device falls back by itself."""

    seconds: Text | None = Field(None, description="Quantity with the time after which it falls back.")
    enable: Text | None = Field(None, description="Quantity that switches it on.")
    fallback: Text | None = Field(None, description="Quantity with what it falls back to.")


class Models(Declared):
    """Models of a SunSpec device."""

    models: tuple[Model, ...] = Field((), strict=False, description="Numbers of those it must have.")
    optional: tuple[Model, ...] = Field((), strict=False, description="Numbers of those it may have.")


class DeclaredTemplate(Declared):
    """`values:` of a template file."""

    assets: tuple[Asset, ...] = Field(
        alias="for", min_length=1, strict=False, description="Kinds of assets it may speak for."
    )
    points: dict[PointName, DeclaredPoint] = Field(min_length=1, description="Quantities by their name.")
    sunspec: Models | None = Field(
        None, description="Models of SunSpec; absent = addresses are the device's own."
    )
    reversion: Reversion = Field(default_factory=Reversion, description="How it falls back by itself.")
    heartbeat: Text | None = Field(None, description="Quantity that the controller moves.")
    fence: dict[str, Text] = Field({}, description="Quantities by which controllers agree on who writes.")
    table: Table = Field("holding", description="Table of registers of all its points.")
    word_order: Order = Field("big", description="Which word stands first in all its points.")
    gap_registers: int | None = quantity(
        "", "Read across so many registers that are of no interest", None, ge=0, le=120
    )


@cache
def _schema() -> dict[str, Any]:
    return DeclaredTemplate.model_json_schema(mode="validation")


def declared(values: Any) -> tuple[DeclaredTemplate | None, list[Fault], set[str]]:
    """What is right of a template's values, and all that is not.

    Args:
        values: `values:` of the file, as YAML gives it.

    Returns:
        The template without what is at fault, None where too little is left; every fault; the keys at fault, of points
        their names: what leads there is no fault of its own.
    """
    try:
        return DeclaredTemplate.model_validate(values), [], set()
    except ValidationError as error:
        faults, places = faults_of(error, _schema()), [record["loc"] for record in error.errors()]
    if not isinstance(values, Mapping):
        return None, faults, set()
    left = {"for": list(ASSETS), **{key: value for key, value in values.items() if isinstance(key, str)}}
    wrong: set[str] = set()
    for place in places:
        is_point = place[:1] == ("points",) and len(place) > 1
        wrong.add(str(place[1] if is_point else place[0] if place else ""))
        if is_point:
            left["points"] = {name: one for name, one in left["points"].items() if name != place[1]}
        elif place:
            left.pop(str(place[0]), None)
    left.setdefault("for", list(ASSETS))
    try:
        return DeclaredTemplate.model_validate(left), faults, wrong
    except ValidationError:
        return None, faults, wrong
