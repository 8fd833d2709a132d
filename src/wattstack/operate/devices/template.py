"""What stands in the registers of a kind of device: a template of the library or of the user, read and checked.

Needs    library, operate.devices.form, points, sunspec; units, errors.
Gives    Template, Register, read_template, template_entry, UNITS.
Used by  operate.devices.layout, image; operate.simulated, operate.commission.

A template names each quantity as a channel without its asset ("power_mw"), so that the unit stands in the name, and the
unit of the register beside it; a unit that is no unit of the channel is a fault. Positive power goes into the campus
bus: batteries that discharge, generators, solar, import. A meter of a load is positive where it draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from wattstack.errors import Fault, InputError, nearest
from wattstack.library import Entry, find, read_entry
from wattstack.operate.devices.form import POINT, DeclaredPoint, DeclaredTemplate, declared
from wattstack.operate.devices.points import TYPES
from wattstack.operate.devices.sunspec import Place, model_places
from wattstack.units import KINDS

LIBRARY = "library:"
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
        name: In the library; of a file, its name without folder and ending.
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


def read_template(name: str, folder: Path | None = None) -> Template:
    """A template of the library, or of the user's own.

    Args:
        name: "library:sunspec-storage"; or a file, my-inverter.yaml.
        folder: That a relative file name starts from; None: where the program runs.

    Raises:
        InputError: It is not there; or all that is wrong with it at once: what may not stand in a key, registers that
            overlap, units that are not those of their channel, groups with holes, names that lead nowhere.

    Example:
        >>> read_template("library:meter-generic").registers["power_mw"].type
        'int32'
    """
    return _of_library(name) if name.startswith(LIBRARY) else made_template(template_entry(name, folder))


@cache
def _of_library(name: str) -> Template:
    return made_template(template_entry(name))


def template_entry(name: str, folder: Path | None = None) -> Entry:
    """What a template is made of, see read_template."""
    if name.startswith(LIBRARY):
        return find("devices", name.removeprefix(LIBRARY))
    return read_entry("devices", (folder or Path()) / name)


def made_template(entry: Entry) -> Template:
    """A template from its entry, see read_template."""
    form, faults, wrong = declared(entry.values)
    if form is not None:
        registers: dict[str, Register] = {}
        for name, point in form.points.items():
            try:
                _add(registers, name, point, form)
            except InputError as error:
                faults += error.faults
                wrong.add(name)
        sunspec = form.sunspec
        gap = 120 if sunspec else 0
        models, optional = (sunspec.models, sunspec.optional) if sunspec else ((), ())
        made = Template(
            entry.name, entry.title, form.assets, registers, (*models, *optional), optional,
            form.reversion.model_dump(exclude_none=True), form.heartbeat,
            gap if form.gap_registers is None else form.gap_registers, form.fence,
        )  # fmt: skip
        faults += _between(made, wrong)
    if faults:
        raise InputError(f"template {entry.name}", dict.fromkeys(faults))
    return made


def _add(registers: dict[str, Register], name: str, point: DeclaredPoint, form: DeclaredTemplate) -> None:
    """One point, and with a SunSpec model the scale factor that belongs to it.

    Raises:
        InputError: The model, the point in it or the unit is not known.
    """
    where = f"points.{name}"
    place = None if point.model is None else _place(where, point)
    kind = place.type if place else str(point.type)
    if kind not in TYPES:
        said = f"is {point.point}, which is of type {kind}, must be a number. Take it out, or name another."
        raise InputError(where, [Fault(f"{where}.point", said)])
    unit = point.unit if point.unit is not None else place.unit if place else ""
    factor, const = _factor(where, name, unit)
    scale, plain = _scale(registers, point, place)
    mark = TYPES[kind][3] if place and point.not_implemented is None else point.not_implemented
    registers[name] = Register(
        name, place.offset if place else int(point.address or 0), kind,
        table=point.table or form.table, model=point.model,
        factor=factor * plain * point.sign, const=const, of_rating=unit == RATING, scale=scale,
        little=(point.word_order or form.word_order) == "little", mark=mark,
        write=point.write, group=point.atomic_group, value=point.value, copy=point.copied,
        least=float("-inf") if point.least is None else point.least,
        most=float("inf") if point.most is None else point.most, every_s=point.every_s,
    )  # fmt: skip


def _place(where: str, point: DeclaredPoint) -> Place:
    """Where the standard has a point."""
    try:
        places = model_places(int(point.model or 0))
    except InputError as error:
        said = [Fault(f"{where}.model" if fault.where else "", fault.what) for fault in error.faults]
        raise InputError(where, said) from None
    if point.point not in places:
        near = nearest(str(point.point), places)
        said = f"is {point.point!r}, must be a point of model {point.model}. Nearest: {near}."
        raise InputError(where, [Fault(f"{where}.point", said)])
    return places[point.point]


def _factor(where: str, name: str, unit: str) -> tuple[float, float]:
    """What turns the register's unit into that of the channel's name."""
    ends = [end for end in UNITS if name.endswith(end) and (end != "soc" or name == "soc")]
    if not ends:
        if unit not in ("", "1"):
            said = (
                f"is {unit!r}, but a name without a unit has none. Name it with its unit, or take unit out."
            )
            raise InputError(where, [Fault(f"{where}.unit", said)])
        return 1.0, 0.0
    table = UNITS[max(ends, key=len)]
    if unit not in table:
        said = f"is {unit!r}, must be a unit of {name}: {', '.join(table)}. Mend the unit, or the name."
        raise InputError(where, [Fault(f"{where}.unit", said)])
    return table[unit]


def _scale(
    registers: dict[str, Register], point: DeclaredPoint, place: Place | None
) -> tuple[str | None, float]:
    """The register with the scale factor, or a plain factor."""
    if isinstance(point.scale, str):
        return point.scale.removeprefix(POINT), 1.0
    if place is None or place.scale is None:
        return None, point.scale
    model = int(point.model or 0)
    name = f"{model}.{place.scale}"
    there = model_places(model)[place.scale]
    known = registers.get(name)
    every_s = point.every_s if known is None else min(point.every_s, known.every_s)
    registers[name] = Register(name, there.offset, "sunssf", model=model, mark=0x8000, every_s=every_s)
    return name, point.scale


def _between(made: Template, wrong: Set[str]) -> Iterator[Fault]:
    """What single points cannot know; what leads to a key that is told already is not told again."""
    yield from _overlaps(made)
    names = made.registers
    for register in names.values():
        for key, other in (("scale", register.scale), ("copy", register.copy)):
            if other is not None and other not in names and other not in wrong:
                yield Fault(f"points.{register.name}.{key}", f"names {other!r}. {_near(other, names)}")
        scale = names.get(register.scale or "")
        if scale is not None and TYPES[scale.type][0] != 1:
            said = f"is {scale.name} of type {scale.type}, must be of type sunssf: a power of ten in one register."
            yield Fault(f"points.{register.name}.scale", said)
        if register.write and register.table == "input":
            yield Fault(f"points.{register.name}.write", "is true, but an input register is never written.")
        if (
            register.model not in (None, *made.models)
            and register.type != "sunssf"
            and "sunspec" not in wrong
        ):
            yield Fault(
                f"points.{register.name}.model",
                f"is {register.model}, must be one of sunspec.models or optional.",
            )
    roles = {**{f"reversion.{role}": name for role, name in made.reversion.items()},
             **{f"fence.{role}": name for role, name in made.fence.items()}}  # fmt: skip
    for role, other in (roles | ({"heartbeat": made.heartbeat} if made.heartbeat else {})).items():
        if other not in names:
            if other not in wrong:
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
    """Two quantities in one register: one of them would read, or overwrite, the other's.

    Scale factors alone may be named twice: they are no quantities, and the same number for all that use them.
    """
    taken: dict[tuple, Register] = {}
    for register in made.registers.values():
        words = TYPES[register.type][0]
        for at in range(register.address, register.address + words):
            other = taken.setdefault((register.model, register.table, at), register)
            if other is not register and {other.type, register.type} != {"sunssf"}:
                said = f"overlaps {other.name} at register {at}. Mend one of the addresses, or take one of them out."
                yield Fault(f"points.{register.name}", said)
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
