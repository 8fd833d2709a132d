"""A device behind an MQTT broker: its values come as messages, its setpoints go as one.

Needs    aiomqtt (when it connects); operate.devices.device, layout, points.
Gives    MqttDevice, as_messages.
Used by  operate.devices.image.

Under the device's topic stands one topic a quantity, named as in its template, in our units: TOPIC/power_mw holds 1.5
or {"value": 1.5, "utc_s": 1790000000.0}; TOPIC itself may hold several, {"power_mw": 1.5, "soc": 0.5}. A retained
message says nothing about its age and is not read. What is written goes to TOPIC/set as one object, with QoS 1. MQTT
3.1.1.
"""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from wattstack.errors import InputError, StateError
from wattstack.operate.devices.device import LiveDevice
from wattstack.operate.devices.layout import Block, Layout
from wattstack.operate.devices.transport import PORTS, tls_context

WORDS = 4  # registers of a float64
LONGEST_BYTES = 65_536
CONNECT_S = 3.0


def as_messages(layout: Layout) -> Layout:
    """A layout whose quantities come one by one, as numbers in our units."""
    blocks = tuple(
        Block(None, "message", WORDS * k, WORDS, layout.blocks[own].every_s, WORDS * k)
        for k, own in enumerate(layout.block_of)
    )
    points = tuple(
        replace(
            point,
            offset=WORDS * k,
            type="float64",
            factor=1.0,
            const=0.0,
            scale=None,
            little=False,
            marked=False,
        )
        for k, point in enumerate(layout.points)
    )
    places = tuple(range(len(points)))
    return Layout(layout.template, blocks, points, places, places, WORDS * len(points))


class MqttDevice(LiveDevice):
    """A device behind a broker; it is up while the broker is. Its values grow old by themselves."""

    _client: Any = None

    @property
    def read_whole(self) -> bool:
        """Whether something came since the broker was there: nothing is needed to write."""
        return self.up and bool((self.times >= self._up_s).any())

    def ask(self, now_s: float, finished: Callable[[], None]) -> int:
        """Nothing is asked: what comes, comes."""
        return 0

    def read_again(self, name: str, done: Callable[[str | None], None]) -> None:
        """A broker cannot be asked: its echo comes when it comes."""

    def exponent(self, name: str) -> int:
        """There are no scale factors."""
        return 0

    def write(self, values: Mapping[str, float], done: Callable[[bytes, str | None], None]) -> None:
        """Publish quantities as one message; `done` is called when the broker has it."""
        if not all(isfinite(value) for value in values.values()):
            raise StateError(f"{self.path}: {dict(values)} cannot be written, must be finite numbers.")
        if not self.up:
            done(b"", f"down: {self.why}")
            return
        task = asyncio.get_running_loop().create_task(self._publish(json.dumps(dict(values)), done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _publish(self, text: str, done: Callable[[bytes, str | None], None]) -> None:
        from aiomqtt import MqttError

        try:
            await self._client.publish(
                f"{self.declared.topic}/set", text, qos=1, timeout=self.declared.timeout_s
            )
        except (MqttError, TimeoutError) as error:
            done(b"", f"broker did not take it: {error}")
            return
        done(b"", None)

    async def _stay(self) -> None:
        try:
            from aiomqtt import Client, MqttError, ProtocolVersion
        except ImportError:
            raise InputError(
                "devices", ["transport: mqtt needs aiomqtt. Run: pip install wattstack[operate]."]
            ) from None
        declared = self.declared
        self._tasks: set[asyncio.Task] = set()
        user, password = self._secret()
        tls = tls_context(declared, self.base_dir) if declared.ca else None
        try:
            async with Client(
                declared.host, declared.port or PORTS["mqtt"], username=user, password=password, timeout=CONNECT_S,
                protocol=ProtocolVersion.V311, tls_context=tls,
            ) as client:  # fmt: skip
                await client.subscribe([(declared.topic, 0), (f"{declared.topic}/+", 0)])
                self._client = client
                self.came()
                async for message in client.messages:
                    if not message.retain:
                        self.take(str(message.topic), bytes(message.payload))
        except MqttError as error:
            self.why = f"broker: {error}"

    def _secret(self) -> tuple[str | None, str | None]:
        """User and password from the file that is named."""
        if self.declared.password is None:
            return None, None
        file = self.base_dir / self.declared.password
        if file.stat().st_mode & 0o077:
            raise InputError(str(file), ["may be read by others, must have mode 600. Run: chmod 600."])
        user, _, password = file.read_text(encoding="utf-8").strip().partition(":")
        return user, password

    def take(self, topic: str, payload: bytes) -> None:
        """One message; what is no number of a known quantity is left."""
        rest = topic.removeprefix(self.declared.topic or "").removeprefix("/")
        if len(payload) > LONGEST_BYTES:
            return
        try:
            told = json.loads(payload, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return
        if rest:
            self._hold(rest, told)
        elif isinstance(told, Mapping):
            for name, value in told.items():
                self._hold(name, value)

    def _hold(self, name: str, told: Any) -> None:
        k, age_s = self.layout.place.get(name), 0.0
        if isinstance(told, Mapping):
            told, utc_s = told.get("value"), told.get("utc_s")
            if not _is_number(utc_s):
                return
            age_s = max(time.time() - utc_s, 0.0)
        if k is None or not _is_number(told):
            return
        seen_s = self.now() - age_s
        if seen_s >= self.times[k]:  # messages may overtake each other
            self.registers[2 * WORDS * k : 2 * WORDS * (k + 1)] = struct.pack(">d", told)
            self.times[k] = seen_s


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _refuse(word: str) -> float:
    raise ValueError(word)
