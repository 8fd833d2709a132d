"""One device at work: found, read block by block, lost, found again.

Needs    campus.Device; operate.devices.layout, link, sunspec, transport.
Gives    LiveDevice, Tell.
Used by  operate.devices.image, commands; operate.commission.

A device is down until its connection stands and, where it speaks SunSpec, its models are found. Requests that are not
answered three times running take it down; it is tried again after 0.2 s, then ever later up to 2 s, so that one
that was mended works again within 5 s. A line is told at the loss and one at the return, not one a cycle.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattstack.errors import StateError, WattstackError
from wattstack.operate.devices.layout import FUNCTIONS, Block, Layout
from wattstack.operate.devices.link import READ_HOLDING, Request, read_request, write_request
from wattstack.operate.devices.points import encoded
from wattstack.operate.devices.sunspec import find_models
from wattstack.operate.devices.transport import Carrier, open_carrier

if TYPE_CHECKING:
    from wattstack.campus import Device as Declared

Tell = Callable[[str, str, str], None]  # path, level ("alarm", "command", "info"), text
FIRST_WAIT_S, MOST_WAIT_S = 0.2, 2.0
CONNECT_S = 1.0
SILENT = 3  # unanswered requests one after the other: it is gone
STEADY_S = 10.0  # up for so long: the next loss is tried again at once
NEVER = -np.inf


class _Reader:
    """One block of one device: its request, and what becomes of the answer."""

    __slots__ = (
        "answered",
        "asked_s",
        "block",
        "device",
        "every_s",
        "finished",
        "index",
        "pending",
        "request",
        "view",
    )

    def __init__(self, device: LiveDevice, index: int, block: Block, view: memoryview) -> None:
        self.device, self.index, self.block, self.view = device, index, block, view
        self.every_s = max(block.every_s, device.declared.period_s)
        self.request: Request | None = None
        self.asked_s, self.pending, self.answered = NEVER, False, False
        self.finished: Callable[[], None] | None = None

    def done(self, payload: bytes, error: str | None) -> None:
        """The answer, or why there is none."""
        self.pending = False
        self.answered |= error is None or error.startswith("exception")
        if error is None:
            self.view[:] = payload
            self.device.times[self.index] = self.asked_s
            self.device.silent = 0
        else:
            self.device.failed(error)
        finished, self.finished = self.finished, None
        if finished is not None:
            finished()


class LiveDevice:
    """A device and its connection.

    Args:
        path: Its key in the campus file ("battery.main#2").
        declared: As declared there.
        layout: Its template laid out.
        raw: Its slice of the registers, as bytes, high byte first.
        times: Its slice of the times of blocks (monotonic; -inf: never read).
        tell: Hears what befell it.

    Attributes:
        up: Whether it can be read and written.
        why: While it is down, why.
        silent: Requests running that were not answered.
        models: Of a SunSpec device, address and length of each model found.
        on_up: Called when it came up, before it is read: what must be set first.
    """

    def __init__(
        self, path: str, declared: Declared, layout: Layout, raw: memoryview, times: np.ndarray, tell: Tell
    ) -> None:
        self.path, self.declared, self.layout, self.times, self._tell = path, declared, layout, times, tell
        self.registers = raw
        self.readers = [
            _Reader(self, k, block, raw[2 * block.at : 2 * (block.at + block.count)])
            for k, block in enumerate(layout.blocks)
        ]
        self.up, self.why, self.silent = False, "not connected yet", 0
        self.models: dict[int, tuple[int, int]] = {}
        self.carrier: Carrier | None = None
        self.on_up: Callable[[], None] = lambda: None
        self._up_s = NEVER
        self.base_dir = Path()
        self._lost: asyncio.Event | None = None
        self._told: set[str] = set()
        self._known_lost = False

    def ask(self, now_s: float, finished: Callable[[], None]) -> int:
        """Ask for every block whose turn it is; `finished` is called once for each. Returns how many were asked."""
        asked = 0
        if not self.up:
            return 0
        for reader in self.readers:
            if reader.pending or reader.request is None or now_s - reader.asked_s < reader.every_s * 0.9:
                continue
            reader.asked_s, reader.pending, reader.finished = now_s, True, finished
            self.carrier.ask(reader.request, reader.done)
            asked += 1
        return asked

    @property
    def read_whole(self) -> bool:
        """Whether every block was answered since it came up: scale factors are those of now."""
        return self.up and all(reader.answered or reader.request is None for reader in self.readers)

    def now(self) -> float:
        """The clock of times and commands, monotonic."""
        return asyncio.get_running_loop().time()

    def write(self, values: Mapping[str, float], done: Callable[[bytes, str | None], None]) -> None:
        """Write quantities that stand side by side in one request, before all reads that wait.

        Args:
            values: In our units, by name, in the order of their registers.
            done: Called once with what was answered, or the reason why nothing was.

        Raises:
            StateError: A value does not fit, a scale factor was not read yet, a model is not there.
        """
        words: list[int] = []
        first = None
        for name, value in values.items():
            register = self.layout.template.registers[name]
            at = self.wire_address(register.model, register.address)
            if at is None:
                raise StateError(f"{self.path}: it lacks SunSpec model {register.model}.")
            first = at if first is None else first
            words += encoded(self.layout.points[self.layout.place[name]], value, self.exponent(name))
        if not self.up:
            done(b"", f"down: {self.why}")
            return
        self.carrier.ask(write_request(self.declared.unit, first, tuple(words)), done, first=True)

    def read_again(self, name: str, done: Callable[[str | None], None]) -> None:
        """Read the block of a quantity at once, before all reads that wait; done(error)."""
        reader, asked_s = self.readers[self.layout.block_of[self.layout.place[name]]], self.now()

        def answered(payload: bytes, error: str | None) -> None:
            if error is None:
                reader.view[:] = payload
                self.times[reader.index] = max(self.times[reader.index], asked_s)
            done(error)

        if self.up and reader.request is not None:
            self.carrier.ask(reader.request, answered, first=True)

    def holds(self, name: str, value: float) -> bool:
        """Whether the registers of a quantity stand as this value is written."""
        point = self.layout.points[self.layout.place[name]]
        words = encoded(point, value, self.exponent(name))
        raw = self.registers[2 * point.offset : 2 * (point.offset + point.words)]
        return bytes(raw) == b"".join(word.to_bytes(2, "big") for word in words)

    def exponent(self, name: str) -> int:
        """The scale factor of a quantity as it stands in the device now; 0 where it has none.

        Raises:
            StateError: It was not read yet.
        """
        k = self.layout.place[name]
        point = self.layout.points[k]
        if point.scale is None:
            return 0
        if self.times[self.layout.scale_block_of[k]] == NEVER:
            raise StateError(f"{self.path}: the scale factor of {name} was not read yet.")
        return int.from_bytes(self.registers[2 * point.scale : 2 * point.scale + 2], "big", signed=True)

    def wire_address(self, model: int | None, address: int) -> int | None:
        """Where a register stands on the wire; None where the device has no such model."""
        if model is None:
            return self.declared.address + address
        found = self.models.get(model)
        return None if found is None else found[0] + address

    def failed(self, error: str) -> None:
        """A request that brought nothing. An exception is an answer: the device is there."""
        if error.startswith("exception"):
            self.silent = 0
            if error not in self._told:
                self._told.add(error)
                self._tell(self.path, "alarm", f"refuses a request: {error}")
            return
        self.silent += 1
        if self.silent >= SILENT and self.up:
            self._end(error, self._lost)

    def _end(self, why: str, lost: asyncio.Event) -> None:
        """The connection that `lost` stands for is over; one of before is over already."""
        if lost is self._lost and not lost.is_set():
            self.up, self.why = False, why
            lost.set()

    async def run(self) -> None:
        """Find it, keep it, find it again, until cancelled."""
        loop, wait = asyncio.get_running_loop(), FIRST_WAIT_S
        while True:
            self._lost = asyncio.Event()
            self._up_s = np.inf
            try:
                await self._stay()
            except (OSError, TimeoutError, WattstackError) as error:
                self.why = str(error) or "no connection within its time"
            finally:
                self._lost.set()  # the end of the connection that we close says nothing of why
                self._close()
            self._went()
            wait = FIRST_WAIT_S if loop.time() - self._up_s > STEADY_S else wait
            await asyncio.sleep(wait)
            wait = min(2.0 * wait, MOST_WAIT_S)

    async def _stay(self) -> None:
        """Come up, and return or raise when it is lost."""
        await self._open()
        self.came()
        await self._lost.wait()

    def came(self) -> None:
        """It is there: what stands in it is not known yet."""
        self.up, self.silent, self._up_s = True, 0, self.now()
        if self._known_lost:
            self._known_lost = False
            self._tell(self.path, "info", "answers again")
        self.on_up()

    def _went(self) -> None:
        self.up = False
        if not self._known_lost:
            self._known_lost = True
            self._tell(self.path, "alarm", f"is lost: {self.why}")

    def _close(self) -> None:
        self.up = False
        carrier, self.carrier = self.carrier, None
        if carrier is not None:
            carrier.close()
        for reader in self.readers:
            reader.asked_s, reader.pending, reader.answered = NEVER, False, False

    async def _open(self) -> None:
        lost = self._lost
        async with asyncio.timeout(CONNECT_S):
            self.carrier = await open_carrier(self.declared, self.base_dir, lambda why: self._end(why, lost))
        async with asyncio.timeout(CONNECT_S + 20.0 * self.declared.timeout_s):
            template = self.layout.template
            self.models = await find_models(self._registers) if template.models else {}
        missing = [n for n in template.models if n not in self.models and n not in template.optional]
        if missing:
            has = ", ".join(str(n) for n in self.models) or "none"
            lacks = ", ".join(str(n) for n in missing)
            raise StateError(f"lacks SunSpec models {lacks}, has {has}. Take the template of the device.")
        for reader in self.readers:
            block = reader.block
            there = block.model is None or (
                block.model in self.models and block.address + block.count <= self.models[block.model][1]
            )
            at = self.wire_address(block.model, block.address) if there else None
            reader.request = (
                None
                if at is None
                else read_request(self.declared.unit, FUNCTIONS[block.table], at, block.count)
            )
        await self._probe()

    async def _probe(self) -> None:
        """One right answer: a connection that stands is not yet a device."""
        first = next((reader.request for reader in self.readers if reader.request is not None), None)
        if first is None:
            return
        _, error = await self.request(first)
        if error is not None and not error.startswith("exception"):
            raise StateError(error)

    async def _registers(self, address: int, count: int) -> tuple[int, ...] | None:
        payload, error = await self.request(read_request(self.declared.unit, READ_HOLDING, address, count))
        if error is not None and not error.startswith("exception"):
            raise StateError(error)
        return None if error else struct.unpack(f">{count}H", payload)

    async def request(self, request: Request) -> tuple[bytes, str | None]:
        """One request outside of the cycle, and its answer."""
        answer = asyncio.get_running_loop().create_future()
        if self.carrier is None:
            return b"", f"down: {self.why}"

        def done(payload: bytes, error: str | None) -> None:
            if not answer.done():
                answer.set_result((payload, error))

        self.carrier.ask(request, done)
        return await answer
