"""Faults by script: what goes wrong with which device, when, and for how long.

Needs    errors.
Gives    ScriptedFault, read_faults, faults_of, Spoiler, KINDS.
Used by  operate.simulated.device, site, run; operate.day, operate.prepare; cli.

A script is YAML, `faults:` and under it - {at_s: 60, device: battery.main, kind: silent, lasts_s: 10}. Times count from
the start of the site, in its own seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattstack.errors import Fault, InputError, nearest

# kind -> (what happens, value that is taken where none is given)
KINDS: dict[str, tuple[str, float | None]] = {
    "silent": ("no answer at all", None),
    "late": ("answers come after value seconds", 1.0),
    "slow": ("answers take value seconds", 0.08),
    "short": ("answers lack their last register", None),
    "wrong_unit": ("answers name another unit", None),
    "exception": ("answers are the exception of number value", 4.0),
    "reboot": ("connections end, what was written is lost, nobody listens meanwhile", None),
    "nan": ("measured values are marked as not implemented", None),
    "frozen": ("registers stand still", None),
    "sign": ("measured power has the other sign", None),
    "scale": ("measured power is value times too high", 1000.0),
    "soc_jump": ("the charge is read value too high", 0.3),
    "reject": ("writes are refused", None),
    "ignore_write": ("writes are confirmed and not taken", None),
    "clamp": ("setpoints are cut to value of the rating", 0.5),
    "local": ("its switch stands on local", None),
    "no_revert": ("it does not fall back by itself", None),
    "foreign": ("someone else writes value MW as its setpoint, every second", 0.0),
    "contactor": ("its contactor is open", None),
    "no_start": ("it does not start (generators)", None),
    "outage": ("the grid is away (grid.connection)", None),
}
_ONLY = {"no_start": "generator.", "outage": "grid.connection"}  # a kind that only some devices can have
_SIGNED = ("scale", "soc_jump", "foreign", None)  # value may lie below 0; None: of no known kind
_POWERS = ("power_mw", "output_mw", "draw_mw")
_MEASURED = (*_POWERS, "soc", "stored_mwh", "voltage_pu", "frequency_hz", "can_charge_mw", "can_discharge_mw")


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """One fault.

    Attributes:
        at_s: When it begins, site seconds from the start.
        device: Key of the device in the campus file.
        kind: One of KINDS.
        lasts_s: inf: to the end.
        value: What KINDS says of it.
    """

    at_s: float
    device: str
    kind: str
    lasts_s: float = math.inf
    value: float | None = None


def read_faults(path: Path, devices: tuple[str, ...]) -> tuple[ScriptedFault, ...]:
    """A script of faults.

    Args:
        path: A YAML file.
        devices: Keys of the devices there are.

    Raises:
        InputError: It cannot be read, or names what is not there; every fault at once.
    """
    from wattstack.campus import read_document

    document = read_document(path, holds="faults")
    raw, wrong = document.values.get("faults"), list(document.faults)
    wrong += [
        Fault(str(key), "is not a key of a script of faults, must be `faults`. Leave it out.")
        for key in document.values
        if key != "faults"
    ]
    wrong += faults_of(raw, devices)
    if wrong:
        raise InputError(str(path), wrong)
    made = (ScriptedFault(**one) for one in raw)
    return tuple(sorted(made, key=lambda fault: fault.at_s))


def faults_of(raw: Any, devices: tuple[str, ...]) -> list[Fault]:
    """What is wrong with a list of faults as it was read; see read_faults."""
    if not isinstance(raw, list):
        return [Fault("faults", "must be a list: [{at_s: 60, device: PATH, kind: silent}].")]
    return [fault for k, one in enumerate(raw) for fault in _wrong(f"faults[{k}]", one, devices)]


def _wrong(where: str, one: Any, devices: tuple[str, ...]) -> Iterator[Fault]:
    keys = ("at_s", "device", "kind", "lasts_s", "value")
    if not isinstance(one, Mapping):
        yield Fault(where, f"is {one!r}, must have the keys {', '.join(keys)}.")
        return
    for key in one:
        if key not in keys:
            yield Fault(f"{where}.{key}", f"is not a key. Nearest: {nearest(str(key), keys)}.")
    if "at_s" not in one:
        yield Fault(f"{where}.at_s", "is missing, must say when it begins.")
    device, kind = one.get("device"), one.get("kind")
    if device not in devices:
        near = nearest(str(device), devices)
        yield Fault(f"{where}.device", f"is {device!r}, must be a device of the campus. Nearest: {near}.")
    if not isinstance(kind, str) or kind not in KINDS:
        near = nearest(str(kind), KINDS)
        yield Fault(f"{where}.kind", f"is {kind!r}, must be one of: {', '.join(KINDS)}. Nearest: {near}.")
        kind = None
    elif isinstance(device, str) and not device.startswith(_ONLY.get(kind, "")):
        yield Fault(
            f"{where}.kind", f"is {kind}, must be of {_ONLY[kind]}: {KINDS[kind][0]}. Take another kind."
        )
    yield from _wrong_numbers(where, one, kind)


def _wrong_numbers(where: str, one: Mapping, kind: str | None) -> Iterator[Fault]:
    for key in ("at_s", "lasts_s"):
        value = one.get(key, 0.0)
        if not (_is_number(value) and value >= 0.0 and (key == "lasts_s" or math.isfinite(value))):
            yield Fault(f"{where}.{key}", f"is {value!r}, must be a number >= 0.")
    value = one.get("value", 1.0)
    if not _is_number(value) or not math.isfinite(value):
        yield Fault(f"{where}.value", f"is {value!r}, must be a number.")
    elif kind == "exception" and value not in range(1, 256):
        yield Fault(f"{where}.value", f"is {value!r}, must be the number of an exception: 1 .. 255.")
    elif kind not in _SIGNED and value < 0.0:
        yield Fault(f"{where}.value", f"is {value!r}, must be a number >= 0.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Spoiler:
    """The faults in force at one device.

    Args:
        energy_mwh: Of a battery: what its gauge of charge counts of.
    """

    def __init__(self, energy_mwh: float = 0.0) -> None:
        self.energy_mwh = energy_mwh
        self._on: dict[str, float] = {}

    def put(self, kind: str, value: float | None = None) -> None:
        """Let a fault begin."""
        usual = KINDS[kind][1]
        self._on[kind] = value if value is not None else (0.0 if usual is None else usual)

    def lift(self, kind: str) -> None:
        """Let it end."""
        self._on.pop(kind, None)

    def has(self, kind: str) -> bool:
        """Whether it is in force."""
        return kind in self._on

    @property
    def any(self) -> bool:
        """Whether there is one in force."""
        return bool(self._on)

    def value(self, kind: str, usual: float) -> float:
        """Its value."""
        return self._on.get(kind, usual)

    def frame(self, unit: int, pdu: bytes) -> tuple[float, int, bytes] | None:
        """An answer as it goes out: (seconds until then, unit, bytes); None: it does not."""
        on = self._on
        if not on:
            return 0.0, unit, pdu
        if "silent" in on:
            return None
        if "exception" in on:
            return 0.0, unit, bytes((pdu[0] | 0x80, int(on["exception"])))
        if "short" in on and pdu[0] in (3, 4) and len(pdu) > 4:
            pdu = bytes((pdu[0], pdu[1] - 2)) + pdu[2:-2]
        wait_s = max(on.get("late", 0.0), on.get("slow", 0.0))
        return wait_s, (unit + 1) & 0xFF if "wrong_unit" in on else unit, pdu

    def seen(self, name: str, value: float) -> float:
        """A quantity as the device shows it."""
        on = self._on
        if not on:
            return value
        if "nan" in on and name in _MEASURED:
            return math.nan
        if name in _POWERS:
            value *= (-1.0 if "sign" in on else 1.0) * on.get("scale", 1.0)
        if name in ("soc", "stored_mwh") and "soc_jump" in on:  # one gauge says both
            whole = 1.0 if name == "soc" else self.energy_mwh
            value = min(max(value + on["soc_jump"] * whole, 0.0), whole)
        return value
