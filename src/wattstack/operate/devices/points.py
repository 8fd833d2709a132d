"""What stands in registers: types, word orders, scale factors, marks of not implemented, both ways.

Needs    errors, numpy.
Gives    Point, Decoder, Quality, encoded, TYPES.
Used by  operate.devices (image, device), operate.simulated.

A device is a stretch of 16-bit registers, as Modbus brings them, high byte first. The decoder turns the registers of
all devices into the values of all points at once, so that an image of 20,000 points costs less than a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from wattstack.errors import Fault, InputError, StateError, nearest

# type -> (registers, kind, bits, mark of not implemented); marks: SunSpec Information Model Specification
TYPES: dict[str, tuple[int, str, int, int | None]] = {
    "int16": (1, "int", 16, 0x8000),
    "uint16": (1, "uint", 16, 0xFFFF),
    "enum16": (1, "uint", 16, 0xFFFF),
    "bitfield16": (1, "uint", 16, 0xFFFF),
    "sunssf": (1, "int", 16, 0x8000),
    "int32": (2, "int", 32, 0x8000_0000),
    "uint32": (2, "uint", 32, 0xFFFF_FFFF),
    "acc32": (2, "uint", 32, None),
    "bitfield32": (2, "uint", 32, 0xFFFF_FFFF),
    "float32": (2, "float", 32, None),
    "int64": (4, "int", 64, 0x8000_0000_0000_0000),
    "uint64": (4, "uint", 64, 0xFFFF_FFFF_FFFF_FFFF),
    "float64": (4, "float", 64, None),
}
_LEAST_EXPONENT, _MOST_EXPONENT = -10, 10  # sunssf: SunSpec Information Model Specification


class Quality(IntEnum):
    """What a value is worth.

    GOOD: read, believed. NOT_IMPLEMENTED: the device does not have it. BAD: read, cannot be. STALE: read too long ago,
    or never. FOREIGN: a setpoint that someone else wrote.
    """

    GOOD = 0
    NOT_IMPLEMENTED = 1
    BAD = 2
    STALE = 3
    FOREIGN = 4


GOOD, NOT_IMPLEMENTED, BAD, STALE, FOREIGN = Quality


@dataclass(frozen=True, slots=True)
class Point:
    """One quantity of a device and how it stands in its registers.

    Attributes:
        name: Channel ("battery.main.power_mw").
        offset: First register, counted from the beginning of the device's stretch.
        type: One of TYPES.
        factor: Value in our unit = raw x factor x 10^scale factor.
        const: Added after that, in our unit.
        scale: Offset of the register with the scale factor (sunssf), None where there is none.
        little: The low word stands first.
        marked: A raw value equal to the mark means that the device does not have the quantity.
        own_mark: The mark, where it is not the usual one of the type.
        least, most: A value outside is not believed: its quality is bad.
    """

    name: str
    offset: int
    type: str
    factor: float = 1.0
    const: float = 0.0
    scale: int | None = None
    little: bool = False
    marked: bool = True
    own_mark: int | None = None
    least: float = -np.inf
    most: float = np.inf

    @property
    def words(self) -> int:
        """Registers it takes."""
        return TYPES[self.type][0]

    @property
    def mark(self) -> int | None:
        """Raw value that means not implemented, None where there is none."""
        usual = TYPES[self.type][3]
        return (usual if self.own_mark is None else self.own_mark) if self.marked else None


class Decoder:
    """Registers of one stretch or of many, one after the other, to values.

    Args:
        points: What to decode; offsets count from the beginning of the whole stretch.
        registers: Length of the stretch.

    Raises:
        InputError: A type that is not known, registers beyond the stretch, two points that overlap in part; all at
            once.

    Example:
        >>> decoder = Decoder([Point("power_mw", 0, "int16", factor=0.001)], 1)
        >>> decoder.values(np.array([0xFC18], dtype=np.uint16))[0].tolist()
        [-1.0]
    """

    def __init__(self, points: Sequence[Point], registers: int) -> None:
        faults = list(_faults(points, registers))
        if faults:
            raise InputError("registers", faults)
        self.names = tuple(point.name for point in points)
        self._groups = []
        for (kind, bits), places in _by_kind(points).items():
            members = [points[i] for i in places]
            words = bits // 16
            at = np.array([m.offset for m in members])[:, None] + np.arange(words)
            at = np.where(np.array([m.little for m in members])[:, None], at[:, ::-1], at)
            marks = [m.mark for m in members]
            self._groups.append(
                (kind, np.array(places), at, np.array([mark is not None for mark in marks]),
                 np.array([mark or 0 for mark in marks], dtype=np.uint64))
            )  # fmt: skip
        self._factor = np.array([point.factor for point in points])
        self._const = np.array([point.const for point in points])
        scaled = [i for i, point in enumerate(points) if point.scale is not None]
        self._scaled = np.array(scaled, dtype=np.intp)
        self._scale_at = np.array([points[i].scale for i in scaled], dtype=np.intp)
        self._least = np.array([point.least for point in points])
        self._most = np.array([point.most for point in points])

    def values(self, registers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and qualities of all points.

        Args:
            registers: uint16 of this machine's byte order, shape (registers,).

        Returns:
            Values, NaN where the quality is not GOOD, shape (points,); qualities GOOD, NOT_IMPLEMENTED or BAD.
        """
        count = len(self.names)
        value, quality = np.empty(count), np.zeros(count, dtype=np.uint8)
        for kind, places, at, has_mark, mark in self._groups:
            raw = _joined(registers[at])
            value[places] = _number(raw, kind, at.shape[1] * 16)
            quality[places[has_mark & (raw == mark)]] = NOT_IMPLEMENTED
        if self._scaled.size:
            exponent = registers[self._scale_at].view(np.int16).astype(float)
            right = (exponent >= _LEAST_EXPONENT) & (exponent <= _MOST_EXPONENT)
            value[self._scaled] *= 10.0 ** np.where(right, exponent, 0.0)
            wrong = self._scaled[~right]
            quality[wrong] = np.where(quality[wrong] == GOOD, BAD, quality[wrong])
        value = value * self._factor + self._const
        with np.errstate(invalid="ignore"):
            outside = ~((value >= self._least) & (value <= self._most)) | ~np.isfinite(value)
        quality[outside & (quality == GOOD)] = BAD
        value[quality != GOOD] = np.nan
        return value, quality


def encoded(point: Point, value: float, exponent: int = 0) -> tuple[int, ...]:
    """The registers that hold a value.

    Args:
        point: What to write.
        value: In our unit.
        exponent: Scale factor that stands in the device now.

    Returns:
        Registers in the order they are written.

    Raises:
        StateError: The value is not finite, or does not fit into the type.

    Example:
        >>> encoded(Point("setpoint_mw", 0, "int32", factor=0.001), -1.5)
        (65535, 64036)
    """
    words, kind, bits, _usual = TYPES[point.type]
    raw = (value - point.const) / point.factor / 10.0**exponent
    if not np.isfinite(raw):
        raise StateError(f"{point.name}: {value} cannot be written, must be a finite number.")
    if kind == "float":
        pattern = int(np.array(raw, np.dtype(f"f{bits // 8}")).view(np.dtype(f"u{bits // 8}")))
    else:
        whole = round(raw)
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind == "int" else (0, 2**bits - 1)
        pattern = whole & (2**bits - 1)
        if not low <= whole <= high or pattern == point.mark:
            raise StateError(
                f"{point.name}: {value:g} is {whole} in the register, must fit into {point.type} ({low} .. {high})."
            )
    parts = tuple((pattern >> (16 * k)) & 0xFFFF for k in range(words))
    return parts if point.little else parts[::-1]


def _by_kind(points: Sequence[Point]) -> dict[tuple[str, int], list[int]]:
    groups: dict[tuple[str, int], list[int]] = {}
    for place, point in enumerate(points):
        groups.setdefault(TYPES[point.type][1:3], []).append(place)
    return groups


def _joined(words: np.ndarray) -> np.ndarray:
    """Words, the high one first, as one whole number, shape (points, words) -> (points,)."""
    raw = words[:, 0].astype(np.uint64)
    for k in range(1, words.shape[1]):
        raw = (raw << np.uint64(16)) | words[:, k]
    return raw


def _number(raw: np.ndarray, kind: str, bits: int) -> np.ndarray:
    narrow = raw.astype(f"u{bits // 8}")
    if kind == "uint":
        return narrow.astype(float)
    with np.errstate(invalid="ignore"):  # a signalling NaN is no number, and no warning
        return narrow.view(f"{'i' if kind == 'int' else 'f'}{bits // 8}").astype(float)


def _faults(points: Sequence[Point], registers: int):
    taken: dict[int, Point] = {}
    for point in points:
        if point.type not in TYPES:
            near = nearest(point.type, TYPES)
            yield Fault(
                point.name, f"is of type {point.type!r}, must be one of: {', '.join(TYPES)}. Nearest: {near}."
            )
            continue
        if point.offset < 0 or point.offset + point.words > registers:
            yield Fault(
                point.name,
                f"takes registers {point.offset} .. {point.offset + point.words - 1}, must lie in "
                f"0 .. {registers - 1}.",
            )
        for register in range(point.offset, point.offset + point.words):
            other = taken.setdefault(register, point)
            if other is not point and (other.offset, other.words) != (point.offset, point.words):
                yield Fault(
                    point.name, f"overlaps {other.name} at register {register}. Mend one of the addresses."
                )
                break
