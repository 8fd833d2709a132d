"""What stands in the registers of a kind of device: a template of the library, read and checked.

Needs    library, operate.devices.points, sunspec; units, errors.
Gives    Template, Register, read_template, UNITS.
Used by  operate.devices.layout, operate.simulated, operate.commission.

A template names each quantity as a channel without its asset ("power_mw"), so that the unit stands in the name, and the
unit of the register beside it; a unit that is no unit of the channel is a fault. Positive power goes into the campus
bus: batteries that discharge, generators, solar, import. A meter of a load is positive where it draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from wattstack.errors import Fault, InputError, nearest
from wattstack.library import Entry, find
from wattstack.operate.devices.points import TYPES
from wattstack.operate.devices.sunspec import model_places
from wattstack.units import KINDS

ASSETS = ("battery", "generator", "grid", "solar", "load", "ups")
RATING = "% of rating"  # of the asset's own power: its factor is known when the campus is
# end of a channel's name -> unit of the register -> (factor, const): value = raw x factor + const
UNITS: dict[str, Mapping[str, tuple[float, float]]] = {
    "_mw": {**KINDS["power"].scale, RATING: (0.01, 0.0)},
    "_mwh": KINDS["energy"].scale,
    "_degc": KINDS["temperature"].scale,
    "_frac": KINDS["frac"].scale,
    "soc": KINDS["frac"].scale,
    "_hz": {"Hz": (1.0, 0.0), "mHz": (1e-3, 0.0)},
    "_kv": {"V": (1e-3, 0.0), "kV": (1.0, 0.0)},
    "_v": {"V": (1.0, 0.0), "kV": (1e3, 0.0)},
    "_a": {"A": (1.0, 0.0), "kA": (1e3, 0.0)},
    "_s": {"s": (1.0, 0.0), "ms": (1e-3, 0.0), "min": (60.0, 0.0)},
    "_mvar": {"var": (1e-6, 0.0), "kvar": (1e-3, 0.0), "Mvar": (1.0, 0.0)},
    "_pu": {"1": (1.0, 0.0), "%": (0.01, 0.0)},
}
_KEYS = {
    "address", "table", "type", "word_order", "scale", "unit", "sign", "not_implemented", "write", "atomic_group",
    "value", "copy", "least", "most", "every_s", "model", "point",
}  # fmt: skip
_WHOLE = {
    "for", "sunspec", "points", "reversion", "heartbeat", "fence", "table", "word_order", "gap_registers",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Register:
    """One quantity, as the template says it.

    Attributes:
        name: Channel without its asset.
        address: First register; in a SunSpec model counted from its head.
        type: One of points.TYPES.
        table: "holding" or "input".
        model: Number of the SunSpec model, None where the address is the device's own.
        factor, const: Value in our unit = raw x factor x 10^scale factor + const.
        of_rating: The factor is still to be multiplied by the power of the asset.
        scale: Name of the register with the scale factor.
        little: The low word stands first.
        mark: Raw value that means not implemented; None: there is none.
        write: It may be written.
        group: Written together with all of this group, in one request.
        value: What is written, where it is always the same.
        copy: The quantity of the group whose value is written here too.
        least, most: What is believed.
        every_s: From one reading to the next; 0: each time.
    """

    name: str
    address: int
    type: str
    table: str = "holding"
    model: int | None = None
    factor: float = 1.0
    const: float = 0.0
    of_rating: bool = False
    scale: str | None = None
    little: bool = False
    mark: int | None = None
    write: bool = False
    group: str | None = None
    value: float | None = None
    copy: str | None = None
    least: float = float("-inf")
    most: float = float("inf")
    every_s: float = 0.0


@dataclass(frozen=True)
class Template:
    """A kind of device.

    Attributes:
        name: In the library.
        title: One line for people.
        assets: Kinds of assets it may speak for.
        registers: By channel; scale factors are among them.
        models: SunSpec models it must have, and those it may have; empty where its addresses are its own.
        optional: Of the models, those that may be missing.
        reversion: "seconds", "enable", "fallback" -> channel, as far as the device has them.
        heartbeat: Channel of the counter that the controller moves; None: there is none.
        gap_registers: Two quantities that stand so far apart are read in one request still.
        fence: "number", "beat" -> channel, where controllers on several machines agree on who may write; or nothing.
    """

    name: str
    title: str
    assets: tuple[str, ...]
    registers: Mapping[str, Register]
    models: tuple[int, ...] = ()
    optional: tuple[int, ...] = ()
    reversion: Mapping[str, str] = field(default_factory=dict)
    heartbeat: str | None = None
    gap_registers: int = 0
    fence: Mapping[str, str] = field(default_factory=dict)

    def group(self, name: str) -> tuple[Register, ...]:
        """The registers of an atomic group, in the order of their addresses."""
        members = [register for register in self.registers.values() if register.group == name]
        return tuple(sorted(members, key=lambda register: register.address))


@cache
def read_template(name: str) -> Template:
    """A template of the library.

    Args:
        name: "sunspec-storage", with or without "library:".

    Raises:
        InputError: It is not there; or all that is wrong with it at once: registers that overlap, units that are not
            those of their channel, groups with holes, names that lead nowhere.

    Example:
        >>> read_template("meter-generic").registers["power_mw"].type
        'int32'
    """
    return made_template(find("devices", name.removeprefix("library:")))


def made_template(entry: Entry) -> Template:
    """A template from its entry, see read_template."""
    values = entry.values
    faults: list[Fault] = [_unknown("", key, _WHOLE) for key in values if key not in _WHOLE]
    sunspec = values.get("sunspec") or {}
    registers: dict[str, Register] = {}
    for name, raw in values.get("points", {}).items():
        try:
            _add(registers, name, raw, values)
        except _WrongError as wrong:
            faults += wrong.faults
    made = Template(
        entry.name, entry.title, tuple(values.get("for", ())), registers,
        (*sunspec.get("models", ()), *sunspec.get("optional", ())), tuple(sunspec.get("optional", ())),
        dict(values.get("reversion", {})), values.get("heartbeat"),
        int(values.get("gap_registers", 120 if sunspec else 0)), dict(values.get("fence", {})),
    )  # fmt: skip
    faults += _between(made)
    if faults:
        raise InputError(f"template {entry.name}", faults)
    return made


class _WrongError(Exception):
    def __init__(self, *faults: Fault) -> None:
        self.faults = faults


def _unknown(where: str, key: str, known: set[str]) -> Fault:
    near = nearest(key, known)
    return Fault(
        f"{where}.{key}".lstrip("."),
        f"is not a key, must be one of: {', '.join(sorted(known))}. Nearest: {near}.",
    )


def _add(registers: dict[str, Register], name: str, raw: Mapping[str, Any], values: Mapping) -> None:
    """One point, and with a SunSpec model the scale factor that belongs to it."""
    where = f"points.{name}"
    faults = [_unknown(where, key, _KEYS) for key in raw if key not in _KEYS]
    if faults:
        raise _WrongError(*faults)
    place = None
    if "model" in raw:
        places = model_places(int(raw["model"]))
        if raw.get("point") not in places:
            near = nearest(str(raw.get("point")), places)
            said = f"is {raw.get('point')!r}, must be a point of model {raw['model']}. Nearest: {near}."
            raise _WrongError(Fault(f"{where}.point", said))
        place = places[raw["point"]]
    elif "address" not in raw or "type" not in raw:
        raise _WrongError(Fault(where, "has no address and type, must have both, or model and point."))
    kind = place.type if place else str(raw["type"])
    if kind not in TYPES:
        raise _WrongError(
            Fault(
                f"{where}.type",
                f"is {kind!r}, must be one of: {', '.join(TYPES)}. Nearest: {nearest(kind, TYPES)}.",
            )
        )
    unit = raw.get("unit", place.unit if place else "")
    factor, const = _factor(where, name, str(unit))
    scale, plain = _scale(registers, where, raw, place)
    registers[name] = Register(
        name, place.offset if place else int(raw["address"]), kind,
        table=str(raw.get("table", values.get("table", "holding"))),
        model=int(raw["model"]) if place else None,
        factor=factor * plain * float(raw.get("sign", 1)), const=const, of_rating=unit == RATING, scale=scale,
        little=str(raw.get("word_order", values.get("word_order", "big"))) == "little",
        mark=raw.get("not_implemented", TYPES[kind][3] if place else None),
        write=bool(raw.get("write", False)), group=raw.get("atomic_group"), value=raw.get("value"),
        copy=raw.get("copy"), least=float(raw.get("least", float("-inf"))), most=float(raw.get("most", float("inf"))),
        every_s=float(raw.get("every_s", 0.0)),
    )  # fmt: skip


def _factor(where: str, name: str, unit: str) -> tuple[float, float]:
    """What turns the register's unit into that of the channel's name."""
    ends = [end for end in UNITS if name.endswith(end) and (end != "soc" or name == "soc")]
    if not ends:
        if unit not in ("", "1"):
            said = (
                f"is {unit!r}, but a name without a unit has none. Name it with its unit, or take unit out."
            )
            raise _WrongError(Fault(f"{where}.unit", said))
        return 1.0, 0.0
    table = UNITS[max(ends, key=len)]
    if unit not in table:
        said = f"is {unit!r}, must be a unit of {name}: {', '.join(table)}. Mend the unit, or the name."
        raise _WrongError(Fault(f"{where}.unit", said))
    return table[unit]


def _scale(registers: dict[str, Register], where: str, raw: Mapping, place: Any) -> tuple[str | None, float]:
    """The register with the scale factor, or a plain factor."""
    asked = raw.get("scale", 1.0)
    if isinstance(asked, str):
        if not asked.startswith("point:"):
            raise _WrongError(Fault(f"{where}.scale", f"is {asked!r}, must be a number or point:NAME."))
        return asked.removeprefix("point:"), 1.0
    if place is None or place.scale is None:
        return None, float(asked)
    model = int(raw["model"])
    name = f"{model}.{place.scale}"
    there = model_places(model)[place.scale]
    registers.setdefault(
        name,
        Register(
            name, there.offset, "sunssf", model=model, mark=0x8000, every_s=float(raw.get("every_s", 0.0))
        ),
    )
    if float(raw.get("every_s", 0.0)) < registers[name].every_s:
        registers[name] = Register(name, there.offset, "sunssf", model=model, mark=0x8000)
    return name, float(asked)


def _between(made: Template) -> Iterator[Fault]:
    """What single points cannot know."""
    if not made.assets or not set(made.assets) <= set(ASSETS):
        yield Fault(
            "for", f"is {', '.join(made.assets) or 'missing'}, must name some of: {', '.join(ASSETS)}."
        )
    yield from _overlaps(made)
    names = made.registers
    for register in names.values():
        for key, other in (("scale", register.scale), ("copy", register.copy)):
            if other is not None and other not in names:
                yield Fault(f"points.{register.name}.{key}", f"names {other!r}. {_near(other, names)}")
        if register.table not in ("holding", "input"):
            yield Fault(f"points.{register.name}.table", f"is {register.table!r}, must be holding or input.")
        if register.write and register.table == "input":
            yield Fault(f"points.{register.name}.write", "is true, but an input register is never written.")
        if register.model is not None and register.model not in made.models:
            yield Fault(
                f"points.{register.name}.model",
                f"is {register.model}, must be one of sunspec.models or optional.",
            )
    for role, other in {
        **made.reversion,
        **{f"fence.{role}": name for role, name in made.fence.items()},
        **({"heartbeat": made.heartbeat} if made.heartbeat else {}),
    }.items():
        if other not in names:
            yield Fault(role, f"names {other!r}. {_near(other, names)}")
        elif not names[other].write:
            yield Fault(role, f"is {other}, which is not written. Give it write: true.")
    yield from _fence(made)
    yield from _holes(made)


def _fence(made: Template) -> Iterator[Fault]:
    """Number and beat go out in one request, and the number has room for many changes of hands."""
    if not made.fence:
        return
    if set(made.fence) != {"number", "beat"}:
        yield Fault("fence", f"has {', '.join(made.fence)}, must have number and beat.")
        return
    number, beat = (made.registers.get(made.fence[role]) for role in ("number", "beat"))
    if number is None or beat is None:
        return
    if number.type not in ("uint32", "uint64") or beat.type != "uint16":
        yield Fault(
            "fence", f"is of {number.type} and {beat.type}, must be a number of uint32 and a beat of uint16."
        )
    if number.group is None or number.group != beat.group or number.address > beat.address:
        yield Fault(
            "fence",
            "has a number and a beat that are not written together, must be one atomic_group, the number first.",
        )


def _near(word: str, names: Mapping[str, Register]) -> str:
    return f"Must be one of the points. Nearest: {nearest(word, names)}."


def _overlaps(made: Template) -> Iterator[Fault]:
    taken: dict[tuple, Register] = {}
    for register in made.registers.values():
        for k in range(TYPES[register.type][0]):
            other = taken.setdefault((register.model, register.table, register.address + k), register)
            same = (other.address, TYPES[other.type][0]) == (register.address, TYPES[register.type][0])
            if not same:
                yield Fault(
                    f"points.{register.name}",
                    f"overlaps {other.name} at register {register.address + k}. Mend one of the addresses.",
                )
                break


def _holes(made: Template) -> Iterator[Fault]:
    """An atomic group is one request: its registers stand one behind the other."""
    for group in dict.fromkeys(register.group for register in made.registers.values() if register.group):
        members = made.group(group)
        at = members[0].address
        for register in members:
            if not register.write:
                yield Fault(f"points.{register.name}", f"is in atomic_group {group}, must have write: true.")
            if register.address != at or register.model != members[0].model:
                yield Fault(
                    f"points.{register.name}",
                    f"is in atomic_group {group} and stands at register {register.address}, must stand at {at}: a "
                    "group is written in one request. Add what stands between with its value, or split the group.",
                )
                break
            at += TYPES[register.type][0]
