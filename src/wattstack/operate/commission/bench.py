"""The site under test: cycles of all devices, setpoints in one place, and their release whatever happens.

Needs    campus, operate.devices; operate.commission.nameplate, checks.
Gives    Bench, Options, Row, power_of.
Used by  operate.commission.step, reversion, faults, run.

Nothing else writes. What was asked of a device is remembered, so that the end, an error or Ctrl-C can take it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import TYPE_CHECKING

from wattstack.campus import reserve_mw, reserve_mwh
from wattstack.errors import StateError
from wattstack.operate.commission.checks import Book
from wattstack.operate.commission.nameplate import FAR, POWERS
from wattstack.operate.devices import Devices, Image

if TYPE_CHECKING:
    from wattstack.campus import Campus

RELEASE_S = 1.0  # so long the release of all devices may take at the end


@dataclass(frozen=True, slots=True)
class Options:
    """How much is tested.

    Attributes:
        write: Whether anything is written.
        only: Devices that are tested; empty: all.
        reads: Readings of each device.
        step_frac: Test setpoint, share of the rating.
        pairs: How often the step is made.
        plateau_s: How long a level is held.
        start_engines: Whether generators are started.
        faults: Whether a simulated site is made to fail, fault by fault.
    """

    write: bool = False
    only: tuple[str, ...] = ()
    reads: int = 50
    step_frac: float = 0.02
    pairs: int = 3
    plateau_s: float = 2.0
    start_engines: bool = False
    faults: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One cycle.

    Attributes:
        time_s: Monotonic.
        powers: By device [MW]; what is not known is not there.
        step: 0 at rest, 1 at the step.
        since_s: Since the level changed.
        block: Number of the level, counted.
    """

    time_s: float
    powers: Mapping[str, float]
    step: float
    since_s: float
    block: int


@dataclass
class Bench:
    """The site.

    Attributes:
        campus: Sizes stand. devices: Connected. book: Takes the checks. options: How much is tested.
        image: The last one.
        held: Setpoints in force, written by us.
        rest: What each of them is released to.
        may_write: Whether the right to write is ours still; asked in every cycle and before every setpoint.
    """

    campus: Campus
    devices: Devices
    book: Book
    options: Options
    image: Image | None = None
    held: dict[str, float] = field(default_factory=dict)
    rest: dict[str, float] = field(default_factory=dict)
    may_write: Callable[[], bool] = lambda: True

    async def cycle(self, asked: Mapping[str, float] | None = None) -> Image:
        """Read all devices once, ask for setpoints, wait until the period is over."""
        loop = asyncio.get_running_loop()
        period_s = self.campus.operate.period_s
        began = loop.time()
        self.may_write()
        self.image = await self.devices.read(0.6 * period_s)
        for path, power in (asked or {}).items():
            self.ask(path, power)
        await asyncio.sleep(max(period_s - (loop.time() - began), 0.0))
        return self.image

    def ask(self, path: str, setpoint_mw: float) -> None:
        """Ask a device for a power; what it is released to was said before, or is 0.

        Raises:
            StateError: A guard has the right to write now.
        """
        if not self.may_write():
            self.held.clear()  # they are the guard's
            raise StateError(
                "A guard of this site took over: nothing more is written. Stop it, then commission again."
            )
        self.held[path] = setpoint_mw
        self.devices.command(path, setpoint_mw)

    async def release(self) -> list[str]:
        """Take everything back that was asked, quickly. Returns the devices that confirmed it."""
        if not self.held:
            return []
        loop = asyncio.get_running_loop()
        end = loop.time() + RELEASE_S
        asked = {path: self.rest.get(path, 0.0) for path in self.held}
        commands = self.devices.commands
        done: list[str] = []
        while loop.time() < end:
            await self.cycle(asked)
            done = [
                path
                for path, rest in asked.items()
                if commands[path].written_mw == rest
                and commands[path].taken_s >= commands[path].sent_s
                and self.stands(path, rest)
            ]
            if len(done) == len(asked):
                break
        self.held.clear()
        return done

    def stands(self, path: str, setpoint_mw: float) -> bool:
        """Whether the setpoint's register, as read last, holds a power."""
        device = self.devices.live[path]
        point = device.layout.points[device.layout.place["setpoint_mw"]]
        step = abs(point.factor) * 10.0 ** device.exponent("setpoint_mw")
        return abs(self.value(path, "setpoint_mw") - setpoint_mw) <= 0.51 * step

    def value(self, path: str, name: str) -> float:
        """A quantity of the last image; NaN where it is not known."""
        return nan if self.image is None else self.image.value(f"{path}.{name}")

    def power(self, path: str) -> float:
        """Power of a device in the last image; NaN where it is not known."""
        channel = power_of(self.devices, path)
        return nan if channel is None else self.value(path, channel)

    def powers(self) -> dict[str, float]:
        """All powers that are known."""
        return {path: power for path in self.devices.live if isfinite(power := self.power(path))}

    @property
    def meter(self) -> str:
        """The device at the connection whose power is known; "" where there is none."""
        meters = [path for path in self.devices.live if path.startswith("grid.")]
        return next((path for path in meters if isfinite(self.power(path))), "")

    def reserve_mwh(self) -> float:
        """Energy that all batteries together hold back [MWh], of the greatest load declared, the gauge at worst."""
        backup, swings = self.campus.duties.backup, self.campus.duties.smoothing
        held = 0.0 if swings is None else swings.energy_mwh
        if backup is None:
            return held
        units = self.campus.battery.values()
        eff = min((unit.discharge_eff for unit in units), default=1.0)
        whole = sum(float(unit.energy_mwh) for unit in units)
        load = max(self.load_mw(), self.declared_load_mw())
        return held + reserve_mwh(
            reserve_mw(load, backup.load_frac), backup.duration_h, eff, backup.soc_error_frac, whole
        )

    def load_mw(self) -> float:
        """What the load meters show, as far as it can be [MW]; 0 where there is none."""
        loads = [(path, self.power(path)) for path in self.devices.live if path.startswith("load.")]
        possible = [power for path, power in loads if 0.0 <= power <= FAR * self.campus.device_mw(path)]
        return sum(possible)

    def declared_load_mw(self) -> float:
        """Size of all loads, as far as they are numbers [MW]."""
        sizes = [getattr(p, "it_mw", None) or getattr(p, "draw_mw", None) for p in self.campus.load.values()]
        return sum(float(size) for size in sizes if isinstance(size, int | float))


def power_of(devices: Devices, path: str) -> str | None:
    """Channel of a device's power; None where its template has none."""
    place = devices.live[path].layout.place
    return next((name for name in POWERS if name in place), None)
