"""The simulated site at work: a port for each device, the site moved on between the answers, faults as scripted.

Needs    campus, case; operate.devices.layouts_of; operate.simulated: device, site, server, faults.
Gives    SimulatedSite, simulate_devices.
Used by  cli, operate.commission (a rehearsal), tests, the demo.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from wattstack.errors import Fault, InputError
from wattstack.operate.devices.image import layouts_of, rating_mw
from wattstack.operate.simulated.device import SimulatedDevice
from wattstack.operate.simulated.faults import ScriptedFault
from wattstack.operate.simulated.server import Port
from wattstack.operate.simulated.site import Site

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.simulated.log import SiteLog

TICK_S = 0.02  # wall time from one state of the site to the next
LONGEST_TICK_S = 1.0  # a machine that slept does not make the site jump


class SimulatedSite:
    """All devices of a campus, simulated.

    Args:
        campus: Its sizes stand; its devices are tcp.
        speed: Seconds of the site in a second of the wall; timers of devices run on the wall.
        faults: By script.
        seed: Of noise and failures.
        say: Hears a line when a fault begins or ends.

    Attributes:
        site: What moves.
        devices: By path.
        log: Hears of each step what really happened; None: nobody.

    Raises:
        InputError: There are no devices, or some that are not simulated; sizes that do not stand.
    """

    def __init__(
        self,
        campus: Campus,
        speed: float = 1.0,
        faults: Iterable[ScriptedFault] = (),
        seed: int = 0,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        from wattstack.case import build_case

        _require(campus)
        self.campus, self.speed, self._say = campus, speed, say
        self.site = Site(campus, build_case(campus), seed)
        self.devices: dict[str, SimulatedDevice] = {}
        self._ports: dict[tuple[str, int], Port] = {}
        self._script = sorted(faults, key=lambda fault: fault.at_s)
        self._origin_s = 0.0
        self.log: SiteLog | None = None
        self._in_force: list[ScriptedFault] = []
        self._writing_s: dict[str, float] = {}
        self._tasks: list[asyncio.Task] = []
        for path, layout in layouts_of(campus).items():
            declared = campus.devices[path]
            store = self.site.stores.get(path.split("#", 1)[0])
            rating = rating_mw(campus, path) or self.site.firm_mw or 1.0
            energy = store.nameplate_mwh if store is not None else 9e4
            made = SimulatedDevice(path, layout, declared.address, rating, energy, _wall)
            self.devices[path] = made
            place = (declared.host, declared.port or 502)
            port = self._ports.setdefault(place, Port(*place, {}))
            port.units[declared.unit] = made
        self.tick(1e-3)

    def begin(self, utc_s: float) -> None:
        """Let it begin at a moment [s since 1970 UTC] instead of time.start; faults count from then."""
        self._origin_s = self.site.begin(utc_s)
        self.tick(1e-3)

    async def start(self) -> None:
        """Listen on every port and let the site move.

        Raises:
            InputError: A port is taken.
        """
        wrong = []
        for port in self._ports.values():
            try:
                await port.open()
            except OSError as error:
                wrong.append(
                    Fault(
                        f"{port.host}:{port.port}",
                        f"cannot be listened on: {error.strerror}. Free it, or change it.",
                    )
                )
        if wrong:
            await self.stop()
            raise InputError("devices", wrong)
        self._tasks.append(asyncio.create_task(self._run()))

    async def stop(self) -> None:
        """Shut all ports."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for port in self._ports.values():
            await port.shut()

    async def _run(self) -> None:
        last = _wall()
        while True:
            await asyncio.sleep(TICK_S)
            now = _wall()
            self.tick(min(now - last, LONGEST_TICK_S) * self.speed)
            last = now

    def tick(self, step_s: float) -> None:
        """Move everything on by so many seconds of the site."""
        self._play()
        site, asked, closed = self.site, {}, {}
        for path, device in self.devices.items():
            asset = path.split("#", 1)[0]
            wanted = device.decide()
            if wanted is not None:
                asked[asset] = (asked.get(asset) or 0.0) + wanted
            closed[asset] = closed.get(asset, True) and not device.spoiler.has("contactor")
        site.step(step_s, asked, closed)
        if self.log is not None:
            self.log.step(step_s)
        for path, device in self.devices.items():
            share = self.campus.devices[path].share_frac
            values = site.values(path.split("#", 1)[0], share)
            if device.spoiler.has("contactor"):
                values |= {"contactor": 0.0, "breaker": 0.0}
            device.refresh(values)

    def put(self, path: str, kind: str, value: float | None = None) -> None:
        """Let a fault begin now."""
        device = self.devices[path]
        device.spoiler.put(kind, value)
        if kind == "reboot":
            device.restart()
            self._spawn(self._port_of(path).shut())
        elif kind == "outage":
            self.site.grid_on = False
        elif kind == "no_start":
            self.site.fail_starts(path.split("#", 1)[0], True)
        self._say(f"{path}: {kind} begins")

    def lift(self, path: str, kind: str) -> None:
        """Let a fault end now."""
        self.devices[path].spoiler.lift(kind)
        if kind == "reboot":
            self._spawn(self._port_of(path).open())
        elif kind == "outage":
            self.site.grid_on = True
        elif kind == "no_start":
            self.site.fail_starts(path.split("#", 1)[0], False)
        self._say(f"{path}: {kind} ends")

    def _play(self) -> None:
        """What the script says for now."""
        now = self.site.time_s - self._origin_s
        for fault in [f for f in self._in_force if now >= f.at_s + f.lasts_s]:
            self._in_force.remove(fault)
            same = [f for f in self._in_force if (f.device, f.kind) == (fault.device, fault.kind)]
            if same:  # another one of its kind goes on
                self.devices[fault.device].spoiler.put(fault.kind, same[-1].value)
            else:
                self.lift(fault.device, fault.kind)
        while self._script and self._script[0].at_s <= now:
            fault = self._script.pop(0)
            self._in_force.append(fault)
            self.put(fault.device, fault.kind, fault.value)
        for path, device in self.devices.items():
            if device.spoiler.has("foreign") and _wall() - self._writing_s.get(path, -1.0) >= 1.0:
                self._writing_s[path] = _wall()
                device.someone_writes(device.spoiler.value("foreign", 0.0))

    def _port_of(self, path: str) -> Port:
        declared = self.campus.devices[path]
        return self._ports[declared.host, declared.port or 502]

    def _spawn(self, work) -> None:
        self._tasks.append(asyncio.ensure_future(work))


@asynccontextmanager
async def simulate_devices(campus: Campus, **more) -> AsyncIterator[SimulatedSite]:
    """A simulated site that listens, as long as the block lasts; arguments as SimulatedSite."""
    site = SimulatedSite(campus, **more)
    await site.start()
    try:
        yield site
    finally:
        await site.stop()


def _wall() -> float:
    import time

    return time.monotonic()


def _require(campus: Campus) -> None:
    faults = [
        Fault(f"devices.{path}.transport", f"is {one.transport}, must be tcp: that is what is simulated.")
        for path, one in campus.devices.items()
        if one.transport != "tcp"
    ]
    if not campus.devices:
        faults.append(Fault("devices", "are none, must be given. Declare who speaks for which asset."))
    sizes: list[tuple[str, object]] = []
    if campus.grid is not None:
        sizes.append(("grid.connection.firm_mw", campus.grid.connection.firm_mw))
    for kind in ("battery", "generator", "solar"):
        for name, one in getattr(campus, kind).items():
            sizes.append((f"{kind}.{name}.power_mw", one.power_mw))
            if kind == "battery":
                sizes.append((f"{kind}.{name}.energy_mwh", one.energy_mwh))
    for where, size in sizes:
        if not isinstance(size, int | float):
            faults.append(Fault(where, "is a range, must stand. Run `wattstack plan` first."))
    if faults:
        raise InputError("devices", faults)
