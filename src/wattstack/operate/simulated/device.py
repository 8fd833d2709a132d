"""A simulated device: the registers of its template, filled from the site, and the manners of a real one.

Needs    operate.devices (layout, points, sunspec); operate.simulated.server, faults.
Gives    SimulatedDevice.
Used by  operate.simulated.run.

What really works: the setpoint with its mode, cut to what the device can; the reversion timer and the heartbeat, after
which it falls back by itself; local and remote; the contactor; writes that are refused, taken and ignored, or clamped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, isfinite, log10

import numpy as np

from wattstack.errors import StateError
from wattstack.operate.devices.layout import Layout, point_of
from wattstack.operate.devices.points import TYPES, Decoder, Point, encoded
from wattstack.operate.devices.sunspec import BASES, LAST, MARK, model_places
from wattstack.operate.devices.template import Register
from wattstack.operate.simulated.faults import Spoiler
from wattstack.operate.simulated.server import FAILURE, ILLEGAL_ADDRESS

_NAMEPLATE = {"Mn": "wattstack", "Opt": "simulated", "Vr": "1"}
_NO_NUMBER = {32: (0x7FC0, 0), 64: (0x7FF8, 0, 0, 0)}  # floats
_LARGEST = {"_frac": 2.0, "soc": 2.0, "_hz": 100.0, "_v": 2000.0, "_degc": 200.0, "_pu": 2.0, "_s": 1e5}


class SimulatedDevice:
    """One device behind a unit identifier.

    Args:
        path: Its key in the campus file.
        layout: Its template laid out.
        address: Added to every address of the template.
        rating_mw, energy_mwh: Of what it speaks for: they choose the scale factors.
        clock: Wall time [s], monotonic: reversion runs on it.

    Attributes:
        setpoint_mw: In force now: written, or fallen back to; None where nobody ever wrote one.
        fell_back: Whether its own timer took the setpoint away.
        spoiler: Faults in force.
    """

    def __init__(
        self,
        path: str,
        layout: Layout,
        address: int,
        rating_mw: float,
        energy_mwh: float,
        clock: Callable[[], float],
    ) -> None:
        self.path, self.layout, self.clock = path, layout, clock
        self.spoiler = Spoiler(energy_mwh)
        self.rating_mw, self.energy_mwh = rating_mw, energy_mwh
        self._tables = {"holding": bytearray(2 * 65_536), "input": bytearray(2 * 65_536)}
        self._known = {"holding": np.zeros(65_536, bool), "input": np.zeros(65_536, bool)}
        self._writable = np.zeros(65_536, bool)
        self._heads: dict[int, int] = {}
        self._exponents: dict[str, int] = {}
        self._points: dict[str, tuple[Register, Point, int]] = {}
        self._lay(address)
        self.setpoint_mw: float | None = None
        self.fell_back = False
        self._written_s = self._beat_s = None
        self._beats = 0

    # -- registers -----------------------------------------------------------------------------------------------

    def _lay(self, address: int) -> None:
        template = self.layout.template
        if template.models:
            self._lay_models(address + BASES[0])
        scales: dict[str, int] = {}
        for register in template.registers.values():
            if register.scale is not None:
                wanted = self._exponent(register)
                scales[register.scale] = max(scales.get(register.scale, -10), wanted)
        self._exponents = scales
        for name, register in template.registers.items():
            at = (address if register.model is None else self._heads[register.model]) + register.address
            point = point_of(register, 0, None, self.rating_mw)
            self._points[name] = (register, point, at)
            words = TYPES[register.type][0]
            self._known[register.table][at : at + words] = True
            if register.write:
                self._writable[at : at + words] = True
            if name in scales:
                self._put(register.table, at, (scales[name] & 0xFFFF,))
        for block in self.layout.blocks:  # a device that is read across small gaps has registers there
            at = block.address + (address if block.model is None else self._heads[block.model])
            self._known[block.table][at : at + block.count] = True
        for name in self._points:
            if name not in scales:
                self.show(name, 0.0)

    def _lay_models(self, base: int) -> None:
        """SunS, then each model with its head; what the template does not speak of is marked as not implemented."""
        at = base
        self._put("holding", at, MARK)
        at += 2
        for number in self.layout.template.models:
            places = model_places(number)
            length = sum(place.words for place in places.values())
            self._heads[number] = at
            for name, place in places.items():
                self._put("holding", at + place.offset, _blank(name, place, self.path))
            self._put("holding", at, (number, length - 2))
            at += length
        self._put("holding", at, (LAST, 0))
        self._known["holding"][base : at + 2] = True

    def _exponent(self, register: Register) -> int:
        """The scale factor that lets the greatest expected value fit."""
        ends = [end for end in _LARGEST if register.name.endswith(end)]
        largest = _LARGEST[ends[0]] if ends else 1.5 * self.rating_mw
        if register.name.endswith("_mwh"):
            largest = 1.5 * self.energy_mwh
        _, kind, bits, _ = TYPES[register.type]
        room = 0.9 * 2 ** (bits - 1 if kind == "int" else bits)
        need = ceil(log10(max(largest / abs(register.factor), 1e-9) / room))
        return max(-3, min(need, 10))

    def _put(self, table: str, at: int, registers: tuple[int, ...]) -> None:
        self._tables[table][2 * at : 2 * (at + len(registers))] = b"".join(
            r.to_bytes(2, "big") for r in registers
        )

    def show(self, name: str, value: float) -> None:
        """Let a quantity stand in its registers; one that is no number is marked as not implemented."""
        register, point, at = self._points[name]
        words, kind, bits, _ = TYPES[register.type]
        if not isfinite(value):
            parts = tuple(((point.mark or 0) >> (16 * k)) & 0xFFFF for k in reversed(range(words)))
            self._put(register.table, at, _NO_NUMBER[bits] if kind == "float" else parts)
            return
        exponent = self._exponents.get(register.scale, 0) if register.scale else 0
        if kind == "uint" and name.endswith("_mwh"):  # counters roll over
            span = (2.0**bits - 2.0) * abs(point.factor) * 10.0**exponent
            value %= span
        try:
            self._put(register.table, at, encoded(point, value, exponent))
        except StateError:
            low, high = (-(2 ** (bits - 1)) + 1, 2 ** (bits - 1) - 1) if kind == "int" else (0, 2**bits - 2)
            end = high if (value - point.const) / point.factor > 0.0 else low
            self._put(
                register.table,
                at,
                encoded(point, end * point.factor * 10.0**exponent + point.const, exponent),
            )

    def shown(self, name: str) -> float:
        """What stands in the registers of a quantity; NaN where it is not implemented."""
        register, point, at = self._points[name]
        raw = bytes(self._tables[register.table][2 * at : 2 * (at + point.words)])
        value = Decoder([point], point.words).values(np.frombuffer(raw, ">u2").astype(np.uint16))[0][0]
        return float(value) * 10.0 ** (self._exponents.get(register.scale, 0) if register.scale else 0)

    # -- Modbus --------------------------------------------------------------------------------------------------

    def read(self, function: int, address: int, count: int) -> bytes | int:
        """Registers, or an exception where it has none."""
        table = "holding" if function == 3 else "input"
        if address + count > 65_536 or not self._known[table][address : address + count].all():
            return ILLEGAL_ADDRESS
        return bytes(self._tables[table][2 * address : 2 * (address + count)])

    def write(self, address: int, registers: tuple[int, ...]) -> int:
        """Take a write as the device in its present mood does."""
        end = address + len(registers)
        if end > 65_536 or not self._writable[address:end].all():
            return ILLEGAL_ADDRESS
        if self.spoiler.has("reject") or self.is_local:
            return FAILURE
        if self.spoiler.has("ignore_write"):
            return 0
        self._take(address, registers)
        return 0

    def _take(self, address: int, registers: tuple[int, ...]) -> None:
        self._put("holding", address, registers)
        now = self.clock()
        heartbeat = self.layout.template.heartbeat
        if "setpoint_mw" in self._points and self._touches("setpoint_mw", address, len(registers)):
            self._written_s, self.fell_back = now, False
            limit = self.spoiler.value("clamp", 0.5) * self.rating_mw
            if self.spoiler.has("clamp") and abs(self.shown("setpoint_mw")) > limit:
                self.show("setpoint_mw", limit if self.shown("setpoint_mw") > 0.0 else -limit)
        if heartbeat is not None and self._touches(heartbeat, address, len(registers)):
            self._beat_s = now

    def _touches(self, name: str, address: int, count: int) -> bool:
        _, point, at = self._points[name]
        return address < at + point.words and at < address + count

    def spoil(self, unit: int, pdu: bytes) -> tuple[float, int, bytes] | None:
        """Frames, as the faults in force let them go out."""
        return self.spoiler.frame(unit, pdu)

    # -- manners -------------------------------------------------------------------------------------------------

    @property
    def is_local(self) -> bool:
        """Whether its switch stands on local: writes are refused."""
        return self.spoiler.has("local")

    def someone_writes(self, setpoint_mw: float) -> None:
        """A second master writes the setpoint."""
        _, point, at = self._points["setpoint_mw"]
        scale = self._points["setpoint_mw"][0].scale
        self._take(at, encoded(point, setpoint_mw, self._exponents.get(scale, 0) if scale else 0))

    def restart(self) -> None:
        """Everything that was written is gone."""
        for name, (register, _, _) in self._points.items():
            if register.write:
                self.show(name, 0.0)
        self.setpoint_mw, self.fell_back, self._written_s, self._beat_s = None, False, None, None

    def decide(self) -> float | None:
        """The setpoint in force [MW]; None where nobody asks anything of it."""
        if "setpoint_mw" not in self._points or self._written_s is None:
            return None
        template, now = self.layout.template, self.clock()
        on = "setpoint_on" not in self._points or self.shown("setpoint_on") == 1.0
        seconds = self._role("seconds", 0.0)
        left_s = seconds - (now - self._written_s)
        if template.heartbeat is not None and self._beat_s is not None and seconds > 0.0:
            left_s = min(left_s, seconds - (now - self._beat_s))
        if "revert_left_s" in self._points:
            self.show("revert_left_s", max(left_s, 0.0) if seconds > 0.0 else 0.0)
        armed = seconds > 0.0 and self._role("enable", 1.0) == 1.0 and not self.spoiler.has("no_revert")
        if not self.fell_back and armed and left_s <= 0.0:
            self.fell_back = True
            on = self._fall_back() and on
        self.setpoint_mw = self.shown("setpoint_mw") if on else None
        return self.setpoint_mw

    def _fall_back(self) -> bool:
        """What it does when nobody speaks to it: its fallback, or without one nothing that was asked holds any more."""
        fallback = self.layout.template.reversion.get("fallback")
        if fallback is not None:
            self.show("setpoint_mw", self.shown(fallback))
            return True
        if "setpoint_on" in self._points:
            self.show("setpoint_on", 0.0)
        return False

    def _role(self, role: str, otherwise: float) -> float:
        name = self.layout.template.reversion.get(role)
        return otherwise if name is None else self.shown(name)

    def refresh(self, values: Mapping[str, float]) -> None:
        """Show the quantities of the site, as the faults in force let them be seen.

        Args:
            values: By channel without its asset.
        """
        if self.spoiler.has("frozen"):
            return
        self._beats += 1
        own = {"device_heartbeat": float(self._beats % 60_000), "local": float(self.is_local)}
        for name, (register, _, _) in self._points.items():
            if register.write or name in self._exponents or name == "revert_left_s":
                continue
            if name in own:
                self.show(name, own[name])
            elif name in values:
                self.show(name, self.spoiler.seen(name, values[name]))
            else:
                self.show(name, float("nan"))


def _blank(name: str, place, path: str) -> tuple[int, ...]:
    """A point that the template does not speak of: text, or marked as not implemented."""
    if place.type == "string":
        text = {**_NAMEPLATE, "Md": "simulated", "SN": path}.get(name, "")
        raw = text.encode()[: 2 * place.words].ljust(2 * place.words, b"\0")
        return tuple(int.from_bytes(raw[2 * k : 2 * k + 2], "big") for k in range(place.words))
    mark = TYPES[place.type][3] if place.type in TYPES else 0x8000 if place.type == "pad" else 0xFFFF
    mark = 0 if mark is None else mark
    return tuple((mark >> (16 * k)) & 0xFFFF for k in reversed(range(place.words)))
