"""How a device is reached: TCP, TLS or a serial line, behind one face.

Needs    campus.Device; operate.devices.link, rtu.
Gives    Carrier, open_carrier.
Used by  operate.devices.device.

Modbus/TCP Security (MB-TCP-Security v21) is the frame of Modbus TCP inside TLS, with a certificate on either side: the
same link, so that the same proofs of every answer hold.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wattstack.operate.devices.link import Link, Request

if TYPE_CHECKING:
    from wattstack.campus import Device

PORTS = {"tcp": 502, "tls": 802, "mqtt": 1883}


class Carrier(Protocol):
    """What brings requests to a device and answers back, one at a time."""

    def ask(self, request: Request, done: Callable[[bytes, str | None], None], first: bool = False) -> None:
        """Send it when its turn comes, and call `done(payload, error)` once."""

    def close(self) -> None:
        """End it."""


async def open_carrier(device: Device, base_dir: Path, on_lost: Callable[[str], None]) -> Carrier:
    """Connect to a device.

    Args:
        device: As declared, tcp, tls or rtu.
        base_dir: Folder that its certificates are relative to.
        on_lost: Called when the connection ends.

    Raises:
        OSError: It cannot be reached, or its certificate is not trusted.
    """
    if device.transport == "rtu":
        from wattstack.operate.devices.rtu import open_serial

        return await open_serial(device, on_lost)
    context = tls_context(device, base_dir) if device.transport == "tls" else None
    _, link = await asyncio.get_running_loop().create_connection(
        lambda: Link(device.timeout_s, device.gap_s, on_lost),
        device.host,
        device.port or PORTS[device.transport],
        ssl=context,
        server_hostname=(device.server_name or device.host) if context else None,
    )
    return link


def tls_context(device: Device, base_dir: Path) -> ssl.SSLContext:
    """TLS 1.2 or later, the other side proved by its certificate, ours shown where we have one."""
    context = ssl.create_default_context(cafile=str(base_dir / device.ca) if device.ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if device.certificate is not None:
        context.load_cert_chain(
            base_dir / device.certificate, base_dir / device.key if device.key is not None else None
        )
    return context
