"""Who speaks for which asset: a device with its address, and how fast, how patiently and how safely it is spoken to.

Needs    campus.fields, campus.operate (names of files).
Gives    Device, DevicePath, device_faults.
Used by  campus.campus, operate.devices, operate.simulated.

The key is the asset: battery.main, grid.connection, generator.gas, solar.roof, load.halls, ups.main; a second device of
the same asset is written battery.main#2. What stands in its registers is a template, never code.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from wattstack.campus.fields import (
    TEMPLATE_PATTERN,
    Declared,
    Efficiency,
    NotNegative,
    Positive,
    quantity,
)
from wattstack.campus.operate import FileName
from wattstack.errors import Fault, nearest

if TYPE_CHECKING:
    from wattstack.campus.campus import Campus

DevicePath = Annotated[
    str,
    StringConstraints(
        pattern=r"^(grid\.connection|(battery|generator|solar|load|ups)\.[A-Za-z0-9_-]{1,40})(#[1-9][0-9]{0,3})?$"
    ),
]
TemplateName = Annotated[str, StringConstraints(pattern=TEMPLATE_PATTERN, max_length=400)]
_LOOPBACK = "".join(("local", "host"))  # the name that every machine has for itself


class Device(Declared):
    """One device behind Modbus or MQTT.

    Source:
        Times: assumption, inside what devices of the field answer in. A gap of 25 ms cured slow gateways. Reversion:
        SunSpec models 704 (WSetRvrtTms) and 715 (ControllerHb) let a device fall back by itself; 4 s leaves room to be
        safe within 5 s.

    Example:
        >>> Device(template="library:sunspec-storage", host="192.0.2.5").where
        '192.0.2.5:502 unit 1'
    """

    template: TemplateName = Field(
        description="What stands in its registers: library:NAME, or a file of your own."
    )
    transport: Literal["tcp", "tls", "rtu", "mqtt"] = Field("tcp", description="How it is reached.")
    host: str | None = Field(
        None, min_length=1, max_length=253, description="Name or address (tcp, tls, mqtt)."
    )
    port: int | None = quantity("", "Port; absent = 502, tls 802, mqtt 1883", None, ge=1, le=65535)
    serial: str | None = Field(None, description="Serial line (rtu), /dev/ttyUSB0.")
    baud: int = quantity("1/s", "Speed of the serial line (rtu)", 19_200, ge=300, le=1_000_000)
    parity: Literal["none", "even", "odd"] = Field("none", description="Parity of the serial line (rtu).")
    unit: int = quantity("", "Unit identifier", 1, ge=0, le=255)
    address: int = quantity("", "Added to every address of the template", 0, ge=0, le=65_535)
    topic: str | None = Field(None, description="Prefix of its topics (mqtt).")
    ca: FileName | None = Field(
        None, description="Certificates that its own is proved by, PEM (tls, mqtt); absent = the system's."
    )
    certificate: FileName | None = Field(None, description="Certificate that we show it, PEM (tls, mqtt).")
    key: FileName | None = Field(None, description="Key of that certificate, PEM, mode 600.")
    server_name: str | None = Field(
        None, min_length=1, description="Name in its certificate; absent = host (tls)."
    )
    password: FileName | None = Field(
        None, description="File (mode 600) with user:password (mqtt); absent = none."
    )
    period_s: Positive = quantity(
        "s", "From one reading to the next; the loop reads no faster than its own period", 0.1
    )
    timeout_s: Positive = quantity("s", "An answer that takes longer is none", 0.3)
    gap_s: NotNegative = quantity("s", "Rest between two requests", 0.0)
    write_interval_s: NotNegative = quantity(
        "s", "Least time between two writes of a setpoint: some devices wear", 0.0
    )
    write_step_mw: NotNegative = quantity("MW", "A setpoint that changes by less is not written", 0.0)
    revert_s: Positive = quantity("s", "Without a word for so long it falls back by itself", 4.0)
    reversion_measured_s: Positive | None = quantity(
        "s",
        "What that took when it was commissioned (`wattstack commission --record`); absent = never measured",
        None,
    )
    on_foreign_write: Literal["yield", "alarm", "take-back"] = Field(
        "alarm",
        description="When someone else wrote its setpoint: leave it, tell it and go on, or write again at once.",
    )
    share_frac: Efficiency = quantity("", "Share of the asset that this device is", 1.0)

    @property
    def where(self) -> str:
        """What it is reached by, unit included, as the file writes it."""
        return self._reached(str(self.serial), str(self.host), str(self.topic))

    @property
    def place(self) -> str:
        """The same in one spelling: two devices may not share it."""
        return self._reached(self.line, _one_host(str(self.host)), str(self.topic).strip().rstrip("/"))

    @property
    def line(self) -> str:
        """Its serial line in one spelling: devices of one line share it."""
        return os.path.normpath(re.sub("/+", "/", self.serial.strip())) if self.serial else ""

    def _reached(self, line: str, host: str, topic: str) -> str:
        if self.transport == "rtu":
            return f"{line} unit {self.unit}"
        at = f"{host}:{self.port or {'tcp': 502, 'tls': 802, 'mqtt': 1883}[self.transport]}"
        return f"{at} {topic}" if self.transport == "mqtt" else f"{at} unit {self.unit}"

    def faults(self) -> Iterable[Fault]:
        """An address that its transport does not use, or lacks."""
        needed = {"rtu": "serial", "mqtt": "topic"}.get(self.transport, "host")
        if getattr(self, needed) is None:
            yield Fault(needed, f"is missing, must be given with transport: {self.transport}.")
        if self.transport == "mqtt" and self.host is None:
            yield Fault("host", "is missing, must be given with transport: mqtt.")
        if self.transport == "rtu" and self.host is not None:
            yield Fault(
                "host", "stands beside transport: rtu, which has none. Take it out, or write transport: tcp."
            )
        if self.key is not None and self.certificate is None:
            yield Fault("key", "stands without its certificate. Give certificate too, or take key out.")
        if self.write_interval_s > 0.5 * self.revert_s:
            yield Fault(
                "write_interval_s",
                f"is {self.write_interval_s:g}, must be at most half of revert_s {self.revert_s:g}, or the device "
                "falls back between two writes. Raise revert_s or lower write_interval_s.",
            )
        if self.timeout_s < self.period_s * 0.1:
            yield Fault(
                "timeout_s", f"is {self.timeout_s:g}, must be at least a tenth of period_s {self.period_s:g}."
            )


def _one_host(text: str) -> str:
    """A host in one spelling; no name is looked up.

    Example:
        >>> _one_host("PLC-1. "), _one_host("0:0:0:0:0:0:0:1")
        ('plc-1', '::1')
    """
    name = text.strip().rstrip(".").lower().removeprefix("[").removesuffix("]")
    if name == _LOOPBACK:
        return "127.0.0.1"
    try:
        address = ip_address(name)
    except ValueError:
        return name
    return str(getattr(address, "ipv4_mapped", None) or address)


def device_faults(campus: Campus) -> Iterator[Fault]:
    """Devices of assets that are not there; two on one address; two speeds of one line; shares above the whole."""
    yield from _missing_assets(campus)
    yield from _twice(campus)
    shares: dict[str, float] = {}
    for path, device in campus.devices.items():
        asset = path.split("#")[0]
        shares[asset] = shares.get(asset, 0.0) + device.share_frac
    for asset, share in shares.items():
        if share > 1.0 + 1e-9 and asset != "grid.connection":
            yield Fault(
                f"devices.{asset}",
                f"and its others are {share:g} of the asset, must be 1 together. Give each its share_frac.",
            )


def _missing_assets(campus: Campus) -> Iterator[Fault]:
    """Devices of assets that this campus does not have."""
    assets = {
        f"{kind}.{name}"
        for kind in ("battery", "generator", "solar", "load", "ups")
        for name in getattr(campus, kind)
    }
    assets |= {"grid.connection"} if campus.grid is not None else set()
    for path in campus.devices:
        asset = path.split("#")[0]
        if asset not in assets:
            near = nearest(asset, sorted(assets))
            yield Fault(
                f"devices.{path}", f"speaks for {asset}, which this campus does not have. Nearest: {near}."
            )


def _twice(campus: Campus) -> Iterator[Fault]:
    """Two devices on one address, however each is spelled; a serial line that could not serve both of its devices."""
    taken: dict[str, str] = {}
    lines: dict[str, str] = {}
    for path, device in campus.devices.items():
        other = taken.setdefault(device.place, path)
        if other != path:
            spelled = campus.devices[other].where
            also = "" if spelled == device.where else f" ({spelled} is the same)"
            yield Fault(
                f"devices.{path}",
                f"is reached by {device.where}, as devices.{other} is{also}. Change one of them.",
            )
        if device.transport != "rtu":
            continue
        first = lines.setdefault(device.line, path)
        for key in ("baud", "parity"):
            mine, said = (getattr(campus.devices[one], key) for one in (path, first))
            if mine != said:
                yield Fault(
                    f"devices.{path}.{key}",
                    f"is {mine}, but devices.{first} has {said} on the same line {device.line}: a line has one. "
                    "Give both the same.",
                )
