"""What the page draws: the assets of the campus, and the newest values of those channels that are drawn.

Needs    campus, operate.link, operate.keeper (its file of checksums), operate.face.live.
Gives    site_of, Picture, QUALITY.
Used by  operate.face: routes.
"""

from __future__ import annotations

import hashlib
import json
import time
from importlib.metadata import PackageNotFoundError, version
from ipaddress import ip_address
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.operate.face.live import Live
from wattstack.operate.face.shield import json_bytes
from wattstack.operate.keeper import CHECKSUMS
from wattstack.operate.link import Frame

if TYPE_CHECKING:
    from wattstack.campus import Campus

QUALITY = ("good", "not there", "bad", "stale", "written by others")  # of devices.Quality, as people read it
DRAWN = {
    "power_mw", "output_mw", "draw_mw", "soc", "stored_mwh", "can_charge_mw", "can_discharge_mw", "setpoint_mw",
    "voltage_pu", "frequency_hz", "state", "running", "available", "on_battery", "contactor", "breaker", "local",
    "grid_well", "left_s",
}  # fmt: skip
MOST_DRAWN = 400
MOST_PREFIXES = 100  # for which the places of the channels are kept


def site_of(campus: Campus, path: Path | None, simulated: bool | None) -> dict[str, Any]:
    """The campus as the page shows it: name, assets with their ratings, devices.

    Args:
        campus: Sizes stand or not.
        path: Its file, for its checksum.
        simulated: Whether the devices are; None = they are taken for it where all are on this machine.
    """
    connection = campus.grid.connection if campus.grid is not None else None
    return {
        "name": campus.name,
        "description": campus.description,
        "time_zone": campus.place.time_zone,
        "currency": campus.currency,
        "version": _version(),
        "simulated": on_this_machine(campus) if simulated is None else simulated,
        "checksum": checksums(path)[1],
        "period_s": campus.operate.period_s,
        "assets": list(_assets(campus)),
        "connection": None
        if connection is None
        else {
            "firm_mw": _number(connection.firm_mw),
            "nonfirm_mw": _number(connection.nonfirm_mw),
            "voltage_kv": connection.voltage_kv,
        },
        "devices": [
            {
                "path": key, "template": one.template.removeprefix("library:"), "transport": one.transport,
                "where": one.where,
            }
            for key, one in campus.devices.items()
        ],
        "quality": QUALITY,
    }  # fmt: skip


def on_this_machine(campus: Campus) -> bool:
    """Whether every device is reached on this machine: then they are simulated, or behind a tunnel."""
    return bool(campus.devices) and all(_loopback(one.host) for one in campus.devices.values())


def checksums(path: Path | None) -> tuple[str, str]:
    """SHA-256 of the campus file that runs, and of what lies there now; "" where there is none.

    Where somebody keeps a copy of the user's file running (operate.keeper), they are those of the user's file.
    """
    if path is None:
        return "", ""
    try:
        told = json.loads(path.with_name(CHECKSUMS).read_bytes())
        return str(told["running"]), str(told["now"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        now = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        now = ""
    return now, now


class Picture:
    """The newest of everything that is drawn, as bytes, made once for all who look on.

    Args:
        live: The guard.
        path: The campus file that runs; told where it, or the user's file that it was made of, is another now.
        ours: What this process adds: pending requests, alarms.
    """

    def __init__(self, live: Live, path: Path | None, ours: Any) -> None:
        self._live, self._path, self._ours = live, path, ours
        self._made: tuple[int, bytes] = (-1, b"")
        self._file: tuple[float, str] = (-1e9, "")
        self._places: dict[str | None, tuple[tuple[str, ...], tuple[str, ...], np.ndarray]] = {}

    def bytes(self) -> bytes:
        """JSON of everything but the values, with `kind`: picture."""
        if self._made[0] != self._live.version:
            self._made = self._live.version, json_bytes(self.now())
        return self._made[1]

    def now(self) -> dict[str, Any]:
        """The same as an object."""
        seen = self._live.seen
        return {
            "kind": "picture",
            "utc_s": self._live.utc_s,
            "guard": {"heard": seen.heard, "age_s": min(seen.age_s, 1e6)},
            "frame_utc_s": None if seen.frame is None else seen.frame.utc_s,
            "state": None if seen.state is None else seen.state.model_dump(mode="json", exclude={"kind"}),
            "channels": len(seen.names),
            "poor": 0
            if seen.frame is None
            else int(((seen.frame.quality != 0) & (seen.frame.quality != 1)).sum()),
            "file": self._checksum(),
            **self._ours(),
        }

    def frame(self, prefix: str | None) -> tuple[tuple[str, ...], bytes]:
        """Channels and the newest values of those that begin so; None: of those that are drawn.

        Returns:
            names: In the order of the values.
            body: float64 time of the measurement, float32 (names,) with NaN where there is none, uint8 (names,) of
                QUALITY; little-endian. Empty where nothing was heard yet.
        """
        seen = self._live.seen
        if seen.frame is None:
            return (), b""
        kept = self._places.get(prefix)
        if kept is None or kept[0] is not seen.names:
            places = [
                k
                for k, name in enumerate(seen.names)
                if (name.rpartition(".")[2] in DRAWN if prefix is None else name.startswith(prefix))
            ][: MOST_DRAWN if prefix is None else None]
            if len(self._places) >= MOST_PREFIXES:
                self._places.clear()
            names = tuple(seen.names[k] for k in places)
            kept = self._places[prefix] = seen.names, names, np.array(places, dtype=np.intp)
        _, names, chosen = kept
        return names, Frame(seen.frame.utc_s, seen.frame.values[chosen], seen.frame.quality[chosen]).packed()

    def all_values(self, prefix: str) -> dict[str, Any]:
        """Every value whose channel begins so: value (null where there is none) and quality in words."""
        seen = self._live.seen
        if seen.frame is None:
            return {"frame_utc_s": None, "values": {}}
        return {
            "frame_utc_s": seen.frame.utc_s,
            "values": {
                name: {
                    "value": float(value) if isfinite(value) else None,
                    "quality": QUALITY[min(int(quality), 4)],
                }
                for name, value, quality in zip(
                    seen.names, seen.frame.values, seen.frame.quality, strict=True
                )
                if name.startswith(prefix)
            },
        }

    def _checksum(self) -> str:
        if time.monotonic() - self._file[0] > 5.0:
            self._file = time.monotonic(), checksums(self._path)[1]
        return self._file[1]


def _assets(campus: Campus):
    for name, one in campus.load.items():
        size = getattr(one, "it_mw", None)
        yield {"path": f"load.{name}", "kind": "load", "name": name, "hall": size is not None,
               "power_mw": _number(size if size is not None else getattr(one, "draw_mw", None))}  # fmt: skip
    for kind in ("battery", "solar", "generator", "ups"):
        for name, one in getattr(campus, kind).items():
            found = {"path": f"{kind}.{name}", "kind": kind, "name": name, "power_mw": _number(one.power_mw)}
            if kind == "battery":
                found["energy_mwh"] = _number(one.energy_mwh)
            if kind == "ups":
                found["serves"] = list(one.serves) or [
                    n for n, load in campus.load.items() if hasattr(load, "it_mw")
                ]
            yield found


def _number(size: Any) -> float | None:
    return float(size) if isinstance(size, int | float) else None


def _loopback(host: str | None) -> bool:
    try:
        return host is not None and ip_address(host).is_loopback
    except ValueError:
        return False


def _version() -> str:
    try:
        return version("wattstack")
    except PackageNotFoundError:
        return "not installed"
