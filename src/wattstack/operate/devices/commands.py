"""Setpoints to one device: written as a whole, as seldom as may be, read back, and seen in the measured power.

Needs    operate.devices.device, layout, points.
Gives    Commander, Command, follows.
Used by  operate.devices.image; operate.commission.

A setpoint goes out with all that its group holds (mode, fallback, reversion timer) in one request; the heartbeat goes
last, and only where the setpoint was taken. What was written is looked for in the registers of the next readings, then
in the measured power. A setpoint is renewed three times within the device's reversion time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, isnan

import numpy as np

from wattstack.errors import StateError
from wattstack.operate.devices.device import LiveDevice, Tell
from wattstack.operate.devices.points import TYPES

RENEW = 3.0  # writes within the reversion time
HEARTBEAT_S = 1.0
CALM_S = 5.0  # a foreign hand is gone when it was not seen for so long
REFUSED_S = 1.0  # from one refusal to the next try
FOLLOW_S = 5.0  # the measured power has so long to come near
NEAR_FRAC, NEAR_SHARE = 0.02, 0.1  # of the rating, of the setpoint: assumption, above losses and meter error
SETPOINT = "setpoint_mw"
POWER = ("power_mw", "output_mw")


def follows(
    setpoint_mw: float,
    measured_mw: float,
    rating_mw: float,
    limits_mw: tuple[float, float] = (np.inf, np.inf),
) -> bool:
    """Whether a measured power is what was asked, as far as the device can.

    Args:
        setpoint_mw: Asked, positive into the bus.
        measured_mw: Measured, so too.
        rating_mw: Power of the device: what is a small difference.
        limits_mw: What it can take up and give now [MW], both >= 0.

    Example:
        >>> follows(5.0, 4.9, 10.0), follows(5.0, 0.0, 10.0), follows(5.0, 0.0, 10.0, (10.0, 0.0))
        (True, False, True)
    """
    expected = min(max(setpoint_mw, -limits_mw[0]), limits_mw[1])
    return abs(measured_mw - expected) <= NEAR_FRAC * rating_mw + NEAR_SHARE * abs(expected)


@dataclass(slots=True)
class Command:
    """What was asked of a device, and what became of it.

    Attributes:
        asked_mw: Asked last; NaN before.
        written_mw: Written last; NaN before, and where what stands in the device is not known.
        state: "none", "sent", "held" (read back), "followed" (measured too), "ignored", "changed" (the device made
            another of it), "not followed", "refused", "foreign", "yielded", "local", "reverted", "unreachable".
        why: In words, where it is not as it should be.
        sent_s, taken_s: Monotonic, when it went out and when the device confirmed it.
    """

    asked_mw: float = float("nan")
    written_mw: float = float("nan")
    state: str = "none"
    why: str = ""
    sent_s: float = -np.inf
    taken_s: float = -np.inf


_FINE = ("none", "sent", "held", "followed")


class Commander:
    """Setpoints of one device.

    Args:
        device: Its connection.
        tell: Hears of refusals, of foreign hands, of what is not followed.
        rating_mw: Power of the device [MW].

    Attributes:
        command: What was asked, and what became of it.
        writable: Whether its template has a setpoint.
    """

    def __init__(self, device: LiveDevice, tell: Tell, rating_mw: float) -> None:
        self.device, self._tell, self.rating_mw = device, tell, rating_mw
        registers = device.layout.template.registers
        self.writable = SETPOINT in registers and registers[SETPOINT].write
        self.command = Command()
        self._place = device.layout.place
        self._group = registers[SETPOINT].group if self.writable else None
        self._switches = self._watched()
        self._is_set, self._unset, self._set_error = False, 0, None
        self._beat, self._beat_s = 0, -np.inf
        self._before_mw = self._last_read_mw = float("nan")
        self._off_s: float | None = None  # since when the measured power is elsewhere
        self._flying = self._proved = False
        self._foreign_s = -np.inf  # when a foreign hand was seen last

    def came_up(self) -> None:
        """The device is there (again): what stands in it is not known, and its reversion is to be set."""
        self.command.written_mw = float("nan")
        self._flying = self._is_set = self._proved = False
        self.command.sent_s = self.command.taken_s = self._beat_s = -np.inf

    def _set_up(self) -> None:
        """Reversion, modes and whatever else is always the same, where it is not part of the setpoint's own group.

        No setpoint goes out before all of it was confirmed: a device that would hold for ever gets none.
        """
        template = self.device.layout.template
        roles = set(template.reversion.values())
        fixed = [
            r for r in template.registers.values() if r.write and (r.value is not None or r.name in roles)
        ]
        groups = dict.fromkeys(r.group for r in fixed if r.group not in (None, self._group))
        parts = [self.values_of(group, {}) for group in groups]
        parts += [self.values_of(None, {r.name: r.value or 0.0}) for r in fixed if r.group is None]
        self._unset, self._set_error = len(parts), None
        self._flying, self._is_set = bool(parts), not parts
        for values in parts:
            self._put(values, self._one_set)

    def _watched(self) -> list[tuple[str, float, float]]:
        """What must stand as it was written, beside the setpoint: (name, value, tolerance)."""
        layout, found = self.device.layout, []
        for register in layout.template.registers.values():
            seconds = register.name == layout.template.reversion.get("seconds")
            value = self.device.declared.revert_s if seconds else register.value
            if value is not None and (seconds or register.name.endswith("_on")):
                found.append((register.name, value, 0.51 * abs(register.factor) if seconds else 0.0))
        return found if self.writable else []

    def _one_set(self, error: str | None) -> None:
        self._unset -= 1
        self._set_error = self._set_error or error
        if self._unset == 0:
            self._flying, self._is_set = False, self._set_error is None
            self._refused(self._set_error)

    def ask(self, setpoint_mw: float, now_s: float) -> bool:
        """Ask for a power; it is written where it has to be. Returns whether something went out.

        Raises:
            StateError: The device takes no setpoint, or this is no number.
        """
        if not self.writable or not isfinite(setpoint_mw):
            raise StateError(
                f"{self.device.path}: {setpoint_mw} cannot be asked: it must be a number, of a device with a setpoint."
            )
        command, declared = self.command, self.device.declared
        command.asked_mw = setpoint_mw
        if not self.device.up:
            self._state("unreachable", self.device.why)
        if not self.device.read_whole or command.state in ("yielded", "local") or self._flying:
            return False
        since = now_s - command.sent_s
        new = isnan(command.written_mw) or abs(setpoint_mw - command.written_mw) > declared.write_step_mw
        rest_s = max(declared.write_interval_s, REFUSED_S if command.state == "refused" else 0.0)
        if not (new or since >= declared.revert_s / RENEW) or since < rest_s:
            self._heartbeat(now_s)
            return False
        try:
            if not self._is_set:
                self._set_up()
            if not self._is_set:
                return True  # the setpoint goes out when that was confirmed
            self._before_mw, self._flying, self._proved = self._last_read_mw, True, False
            command.sent_s, command.written_mw = now_s, setpoint_mw
            self._put(self.values_of(self._group, {SETPOINT: setpoint_mw}), self._taken)
        except StateError as error:
            self._flying = False
            self._not_taken("refused", str(error))
            return False
        if new and command.state in (*_FINE, "unreachable", "reverted"):
            self._state("sent", "")
        return True

    def release(self) -> None:
        """Write again, after it was left to someone else or stood on local."""
        if self.command.state in ("yielded", "local"):
            self.command.state, self.command.written_mw, self.command.why = "none", float("nan"), ""

    def values_of(self, group: str | None, asked: Mapping[str, float]) -> dict[str, float]:
        """What a group is written with; without a group, what is asked.

        Raises:
            StateError: A register of the group has no value.
        """
        template = self.device.layout.template
        names = asked if group is None else [register.name for register in template.group(group)]
        found: dict[str, float] = {}
        for name in names:
            register = template.registers[name]
            value = asked.get(name, asked.get(register.copy or "", register.value))
            if name == template.reversion.get("seconds"):
                value = self.device.declared.revert_s
            if value is None:
                raise StateError(
                    f"{self.device.path}: {name} has no value to write. Give it one in the template."
                )
            found[name] = value
        return found

    def _put(self, values: Mapping[str, float], done: Callable[[str | None], None]) -> None:
        """Write what stands together in one request.

        Raises:
            StateError: A value does not fit, or cannot be written now.
        """
        self.device.write(values, lambda payload, error: done(error))

    def _taken(self, error: str | None) -> None:
        self._flying = False
        if error is not None:
            self._refused(error)
            return
        self.command.taken_s = self.device.now()
        if self.command.state == "refused":
            self._state("sent", "")
        self.device.read_again(SETPOINT, self._read_back)
        self._heartbeat(self.command.taken_s)

    def _read_back(self, error: str | None) -> None:
        """Read at once after it was taken: what stands there later and is something else is not the device's answer."""
        if error is None and not self._flying and isfinite(self.command.written_mw):
            block_of = self.device.layout.block_of
            beside = [  # of the block that was read
                (name, value)
                for name, value, _ in self._switches
                if block_of[self._place[name]] == block_of[self._place[SETPOINT]]
            ]
            self._proved = all(
                self.device.holds(*one) for one in [(SETPOINT, self.command.written_mw), *beside]
            )

    def _refused(self, error: str | None) -> None:
        if error is not None:
            self._not_taken("refused" if error.startswith("exception") else "unreachable", error)

    def _not_taken(self, state: str, why: str) -> None:
        self.command.written_mw = float("nan")
        self.command.sent_s = self.device.now()  # the next try waits its time
        self._state(state, why)

    def _heartbeat(self, now_s: float) -> None:
        name = self.device.layout.template.heartbeat
        if (
            name is None
            or self._flying
            or self.command.state == "refused"
            or now_s - self._beat_s < HEARTBEAT_S
        ):
            return
        bits = 16 * TYPES[self.device.layout.template.registers[name].type][0]
        self._beat = (self._beat + 1) % (2 ** min(bits, 31) - 1)
        self._beat_s = now_s
        try:
            self._put({name: float(self._beat)}, lambda error: None)
        except StateError as error:  # a model that this device may lack, and does
            self._beat_s = np.inf
            self._tell(self.device.path, "alarm", f"heartbeat cannot be written: {error}")

    def check(self, values: np.ndarray, quality: np.ndarray, now_s: float) -> bool:
        """Look for what was written, in what was read since. Returns whether a foreign hand is on the setpoint.

        Args:
            values: Of the points of this device, in the order of its layout.
            quality: So too.
            now_s: Monotonic.
        """
        command = self.command
        if not self.writable or not self.device.up or self._flying:
            return False
        if self._is_local(values, quality):
            self._state("local", "its switch stands on local")
            return False
        if command.state == "local":
            self.release()
        k = self._place[SETPOINT]
        if quality[k] != 0 or self.device.times[self.device.layout.block_of[k]] <= command.taken_s:
            return False
        read, self._last_read_mw = float(values[k]), float(values[k])
        if command.state == "yielded" or isnan(command.written_mw):
            return command.state == "yielded"
        step = abs(self.device.layout.points[k].factor) * 10.0 ** self.device.exponent(SETPOINT)
        if abs(read - command.written_mw) > 0.51 * step:
            said = f"{read:g} MW stands where {command.written_mw:g} MW was written"
            return self._elsewhere(said, abs(read - self._before_mw) < 1e-9, now_s)
        for name, wanted, tolerance in self._switches:
            there = self._place[name]
            if quality[there] == 0 and abs(values[there] - wanted) > tolerance:
                said = f"{name} is {values[there]:g} where {wanted:g} was written"
                return self._elsewhere(said, False, now_s)
        self._proved = True
        self._power(values, quality, now_s)
        return False

    def _is_local(self, values: np.ndarray, quality: np.ndarray) -> bool:
        k = self._place.get("local")
        return k is not None and quality[k] == 0 and values[k] == 1.0

    def _elsewhere(self, said: str, as_before: bool, now_s: float) -> bool:
        """The registers hold something else than was written; True: by a foreign hand."""
        command, declared = self.command, self.device.declared
        if now_s - command.sent_s > declared.revert_s:
            command.written_mw = float("nan")
            self._state("reverted", f"{said}: nobody renewed it for {declared.revert_s:g} s")
            return False
        if self._proved:  # it stood there before
            self._foreign_s = now_s
            if declared.on_foreign_write == "yield":
                self._state("yielded", f"{said}: someone else writes, it is left to them")
                return True
            self._state("foreign", f"{said}: someone else writes")
            if declared.on_foreign_write == "take-back":
                command.written_mw, command.sent_s = float("nan"), -np.inf
            return True
        if command.state == "foreign":
            return True
        if as_before:
            self._state("ignored", f"{said}: the device confirmed it and did not take it")
        else:
            self._state("changed", f"{said}: the device made another of it")
        return False

    def _power(self, values: np.ndarray, quality: np.ndarray, now_s: float) -> None:
        """The register holds it: does the power?"""
        command = self.command
        k = next((self._place[name] for name in POWER if name in self._place), None)
        if k is None or quality[k] != 0:
            self._state("held", "")
            return
        limits = tuple(self._limit(values, quality, name) for name in ("can_charge_mw", "can_discharge_mw"))
        if self.device.path.startswith("solar."):  # a setpoint is the most it may give: the sun may give less
            limits = limits[0], min(limits[1], float(values[k]))
        if follows(command.written_mw, float(values[k]), self.rating_mw, limits):
            self._off_s = None
            self._state("followed", "")
            return
        self._off_s = now_s if self._off_s is None else self._off_s
        if now_s - self._off_s >= FOLLOW_S:
            said = f"{values[k]:g} MW is measured where {command.written_mw:g} MW was asked"
            self._state("not followed", f"{said}, for {FOLLOW_S:g} s and more")
        elif command.state != "not followed":
            self._state("held", "")

    def _limit(self, values: np.ndarray, quality: np.ndarray, name: str) -> float:
        k = self._place.get(name)
        return float(values[k]) if k is not None and quality[k] == 0 else float("inf")

    def _state(self, state: str, why: str) -> None:
        """Take a state over; tell it once, where it is not as it should be or is so again."""
        old = self.command.state
        if old == "foreign" and state in _FINE and self.device.now() - self._foreign_s < CALM_S:
            return
        self.command.state, self.command.why = state, why
        if state in (old, "unreachable"):  # the loss itself is told by the device
            return
        if state not in _FINE:
            self._tell(self.device.path, "alarm", f"setpoint {state}: {why}")
        elif old not in (*_FINE, "unreachable"):
            self._tell(self.device.path, "info", f"setpoint {state} again")
