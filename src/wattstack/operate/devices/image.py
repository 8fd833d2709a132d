"""The process image: every value of the site at one moment, with its age and what it is worth; and the cycle behind it.

Needs    campus; operate.devices.device, commands, layout, template, points.
Gives    Image, Devices, layouts_of, templates_of, rating_mw.
Used by  operate.guard, operate.commission; cli.check; benchmarks.

All registers of all devices are one array. An answer is copied into its place as it comes; at the end of a cycle, or at
its deadline, the array is decoded at once and the image stands. What did not come in time keeps its own, older time; a
value older than three of its periods is stale and is no number any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.operate.devices.commands import Command, Commander
from wattstack.operate.devices.device import NEVER, LiveDevice, Tell
from wattstack.operate.devices.form import REGISTERS
from wattstack.operate.devices.layout import Layout, lay_out
from wattstack.operate.devices.mqtt import MqttDevice, as_messages
from wattstack.operate.devices.points import FOREIGN, GOOD, STALE, TYPES, Decoder, Point
from wattstack.operate.devices.template import LIBRARY, Template, read_template

if TYPE_CHECKING:
    from wattstack.campus import Campus, Device

USABLE = (int(GOOD), int(FOREIGN))  # plain numbers: this is asked a hundred times a cycle


@dataclass(frozen=True, slots=True)
class Image:
    """All values as they were at one moment. Shape (channels,) each.

    Attributes:
        time_s: Moment it was frozen, monotonic.
        utc_s: The same, seconds since 1970 UTC: for records.
        names: Channels, "battery.main.power_mw"; of a second device "battery.main#2.power_mw".
        values: NaN where the quality is neither GOOD nor FOREIGN.
        quality: Of points.Quality.
        asked_s: When what brought the value was asked for, monotonic; -inf: never read.
        place: Index of a channel.
    """

    time_s: float
    utc_s: float
    names: tuple[str, ...]
    values: np.ndarray
    quality: np.ndarray
    asked_s: np.ndarray
    place: Mapping[str, int]

    def value(self, channel: str, usual: float = float("nan")) -> float:
        """A value that may be acted on; else `usual`."""
        k = self.place.get(channel)
        return self.values.item(k) if k is not None and self.quality.item(k) in USABLE else usual

    def age_s(self, channel: str) -> float:
        """Age of a value at the moment of the image; inf where there is none."""
        k = self.place.get(channel)
        return self.time_s - float(self.asked_s[k]) if k is not None else float("inf")

    def known(self, channel: str, most_age_s: float) -> bool:
        """Whether a value is there, is good and is not older than most_age_s."""
        k = self.place.get(channel)
        if k is None or self.quality.item(k) not in USABLE:
            return False
        return bool(self.time_s - self.asked_s[k] <= most_age_s)


class Devices:
    """All devices of a campus, read in one cycle and written one by one.

    Args:
        campus: Its `devices` say who is spoken to.
        tell: Called with path, level ("alarm", "command", "info") and text; None: nobody listens.
        layouts: By path, where a template does not come from the library.

    Attributes:
        names: Channels of the image.
        commands: What was asked of each device that takes a setpoint, and what became of it.
        cycle_s: What the last cycle took, from the first request to the image.

    Raises:
        InputError: Templates that are not there, not of this kind of asset, or at fault; all at once.
    """

    def __init__(
        self, campus: Campus, tell: Tell | None = None, layouts: Mapping[str, Layout] | None = None
    ) -> None:
        self._tell = tell or (lambda path, level, text: None)
        layouts = layouts if layouts is not None else layouts_of(campus)
        self._raw = bytearray(2 * sum(layout.length for layout in layouts.values()))
        blocks = sum(len(layout.blocks) for layout in layouts.values())
        self._times = np.full(blocks, NEVER)
        self.live: dict[str, LiveDevice] = {}
        self._commanders: dict[str, Commander] = {}
        self._slices: dict[str, slice] = {}
        self._period_s = campus.operate.period_s
        self._lay(campus, layouts)
        self._place = {name: k for k, name in enumerate(self.names)}
        self._tasks: list[asyncio.Task] = []
        self._missing, self._cycle, self._whole = 0, 0, None
        self.cycle_s = 0.0

    def _lay(self, campus: Campus, layouts: Mapping[str, Layout]) -> None:
        """Slices of all devices, one behind the other, and the one decoder."""
        at = block_at = 0
        points: list[Point] = []
        own, scale, limit = [], [], []
        for path, layout in layouts.items():
            declared = campus.devices[path]
            live = (MqttDevice if declared.transport == "mqtt" else LiveDevice)(
                path, declared, layout, memoryview(self._raw)[2 * at : 2 * (at + layout.length)],
                self._times[block_at : block_at + len(layout.blocks)], self._tell,
            )  # fmt: skip
            live.base_dir = campus.base_dir
            commander = Commander(live, self._tell, rating_mw(campus, path) or 0.0)
            live.on_up = commander.came_up
            self.live[path], self._commanders[path] = live, commander
            self._slices[path] = slice(len(points), len(points) + len(layout.points))
            for k, point in enumerate(layout.points):
                scale_at = None if point.scale is None else point.scale + at
                points.append(
                    replace(point, name=f"{path}.{point.name}", offset=point.offset + at, scale=scale_at)
                )
                own.append(block_at + layout.block_of[k])
                scale.append(block_at + layout.scale_block_of[k])
                every_s = max(layout.blocks[layout.block_of[k]].every_s, declared.period_s, self._period_s)
                limit.append(campus.operate.most_age_periods * every_s)
            at, block_at = at + layout.length, block_at + len(layout.blocks)
        self.names = tuple(point.name for point in points)
        self._decoder = Decoder(points, at)
        self._own, self._scale = np.array(own, dtype=np.intp), np.array(scale, dtype=np.intp)
        self._limit_s = np.array(limit)
        self._foreign = np.zeros(len(points), dtype=bool)

    @property
    def commands(self) -> dict[str, Command]:
        """What was asked of each device with a setpoint, and what became of it."""
        return {path: one.command for path, one in self._commanders.items() if one.writable}

    def commander(self, path: str) -> Commander:
        """Setpoints of one device."""
        return self._commanders[path]

    async def start(self) -> None:
        """Begin to look for the devices; returns at once."""
        self._tasks = [
            asyncio.create_task(live.run(), name=f"device {path}") for path, live in self.live.items()
        ]

    async def stop(self) -> None:
        """End all connections. Devices fall back by their own timers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def read(self, deadline_s: float) -> Image:
        """One cycle: ask all that are up, wait until all answered or the deadline is over, freeze.

        Args:
            deadline_s: From now on [s].
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._cycle += 1
        self._missing = 1  # this cycle itself: answers that come at once do not end it early
        finished = self._finisher(self._cycle)
        for live in self.live.values():
            self._missing += live.ask(began, finished)
        self._missing -= 1
        if self._missing:
            self._whole = loop.create_future()
            timer = loop.call_at(began + deadline_s, self._end_cycle)
            await self._whole
            timer.cancel()
        image = self.freeze()
        self.cycle_s = image.time_s - began
        return image

    def _finisher(self, cycle: int) -> Callable[[], None]:
        def finished() -> None:
            if cycle == self._cycle:
                self._missing -= 1
                if self._missing == 0:
                    self._end_cycle()

        return finished

    def _end_cycle(self) -> None:
        if self._whole is not None and not self._whole.done():
            self._whole.set_result(None)

    def freeze(self) -> Image:
        """The image of this moment, from what is there."""
        now, utc = asyncio.get_running_loop().time(), time.time()
        registers = np.frombuffer(self._raw, dtype=">u2").astype(np.uint16)
        values, quality = self._decoder.values(registers)
        asked = np.minimum(self._times[self._own], self._times[self._scale])
        stale = now - asked > self._limit_s
        values[stale], quality[stale] = np.nan, STALE
        self._foreign[:] = False
        for path, commander in self._commanders.items():
            if commander.writable:
                part = self._slices[path]
                if commander.check(values[part], quality[part], now):
                    self._foreign[part.start + commander.device.layout.place["setpoint_mw"]] = True
        quality[self._foreign & (quality == GOOD)] = FOREIGN
        return Image(now, utc, self.names, values, quality, asked, self._place)

    def outlived(self, image: Image) -> bool:
        """Whether something in an image has become older than it may since: it is not acted on."""
        old = asyncio.get_running_loop().time() - image.asked_s > self._limit_s
        return bool(np.any(old & ~np.isnan(image.values)))

    def command(self, path: str, setpoint_mw: float) -> bool:
        """Ask a device for a power, positive into the bus; returns whether something went out to it now."""
        return self._commanders[path].ask(setpoint_mw, asyncio.get_running_loop().time())


def layouts_of(campus: Campus) -> dict[str, Layout]:
    """The templates of all devices laid out; every fault of every template at once."""
    templates, faults = _templates(campus)
    made: dict[str, Layout] = {}
    for path, template in templates.items():
        try:
            laid = lay_out(template, rating_mw(campus, path))
            made[path] = as_messages(laid) if campus.devices[path].transport == "mqtt" else laid
        except InputError as error:
            faults += _told(path, error)
    if faults:
        raise InputError("devices", faults)
    return made


def templates_of(campus: Campus) -> dict[str, Template]:
    """The templates of all devices; sizes may be open still.

    Raises:
        InputError: A template that is not there or is wrong, or does not fit its device: every fault at once.
    """
    templates, faults = _templates(campus)
    if faults:
        raise InputError("devices", faults)
    return templates


def _templates(campus: Campus) -> tuple[dict[str, Template], list[Fault]]:
    """Each template is read once, and its faults are told at the first device that names it."""
    made: dict[str, Template] = {}
    faults: list[Fault] = []
    read: dict[str, Template | None] = {}
    for path, device in campus.devices.items():
        if device.template not in read:
            try:
                read[device.template] = read_template(device.template, campus.base_dir)
            except InputError as error:
                read[device.template] = None
                faults += _unread(path, device.template, error)
        template = read[device.template]
        if template is not None:
            made[path] = template
            faults += _misfits(path, device, template)
    return made, faults


def _misfits(path: str, device: Device, template: Template) -> Iterator[Fault]:
    """What a device asks of a template that it does not give."""
    kind = path.split(".", maxsplit=1)[0]
    if kind not in template.assets:
        said = f"is {device.template}, which speaks for {', '.join(template.assets)}, not for a {kind}."
        yield Fault(f"devices.{path}.template", said)
    seconds = template.reversion.get("seconds")
    if seconds is not None and device.revert_s < template.registers[seconds].factor:
        least_s = template.registers[seconds].factor
        said = f"is {device.revert_s:g}, must be at least {least_s:g}: it counts whole ones."
        yield Fault(f"devices.{path}.revert_s", said)
    own = [register for register in template.registers.values() if register.model is None]
    last = max((one.address + TYPES[one.type][0] - 1 for one in own), default=0)
    if own and device.address + last >= REGISTERS:
        said = f"is {device.address}, must be at most {REGISTERS - 1 - last}: its template goes up to register {last}."
        yield Fault(f"devices.{path}.address", said)


def _told(path: str, error: InputError) -> list[Fault]:
    return [Fault(f"devices.{path}.template {fault.where}".strip(), fault.what) for fault in error.faults]


def _unread(path: str, name: str, error: InputError) -> list[Fault]:
    """Why there is no template: at the device, but what is wrong inside of a file, in that file."""
    if name.startswith(LIBRARY):
        return _told(path, error)
    beside = "A name without a folder is looked for beside the campus file."
    return [
        Fault(f"{name} {fault.where}", fault.what)
        if fault.where
        else Fault(f"devices.{path}.template", f"is {name!r}, which {fault.what.rstrip('.')}. {beside}")
        for fault in error.faults
    ]


def rating_mw(campus: Campus, path: str) -> float | None:
    """Power of the device's share of its asset [MW], None where the asset has none that stands."""
    kind, _, name = path.split("#", maxsplit=1)[0].partition(".")
    if kind == "grid":
        size = None if campus.grid is None else campus.grid.connection.firm_mw
    elif kind == "load":
        part = campus.load[name]
        size = getattr(part, "it_mw", None) or getattr(part, "draw_mw", None)
    else:
        size = getattr(getattr(campus, kind)[name], "power_mw", None)
    return float(size) * campus.devices[path].share_frac if isinstance(size, int | float) else None
