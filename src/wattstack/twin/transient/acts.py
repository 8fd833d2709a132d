"""Events as they act on a run: what a job is told, what is switched, what is ordered.

Needs    twin.transient.build, twin.transient.events, physics.compute, physics.kernel, twin.kernel.
Gives    Acts.
Used by  twin.transient.run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from wattstack.errors import Fault, InputError, nearest
from wattstack.physics.compute import throughput_frac
from wattstack.physics.kernel import feeder as net
from wattstack.physics.kernel import genset as gen
from wattstack.physics.kernel import inverter as inv
from wattstack.physics.kernel import load_rows as rows
from wattstack.twin.transient.build import Built
from wattstack.twin.transient.cells import tell_store
from wattstack.twin.transient.events import KINDS, Event
from wattstack.twin.transient.grid import SLACK_S

COMMANDS = {"start": rows.START, "stop": rows.STOP, "crash": rows.CRASH, "checkpoint": rows.CHECKPOINT}
UNITS_BACK_S = 1.0  # after the breaker has closed on a dead site its batteries come on: assumption
SLOWDOWN_FRAC = (0.0, 0.10, 0.25, 0.50)  # that jobs of tiers 0 .. 3 bear: Emerald Conductor, arXiv 2507.00909

SAYS: dict[str, Callable[[Event], str]] = {
    "sag": lambda e: (
        f"voltage of the grid at {1.0 - e.values['depth_frac']:.3g} pu for {e.values['length_s']:g} s"
    ),
    "sags": lambda e: (
        f"{e.values['count']:.0f} sags of the grid to {1.0 - e.values['depth_frac']:.3g} pu, each for "
        f"{e.values['length_s']:g} s, within {e.values['over_s']:g} s"
    ),
    "frequency": lambda e: (
        f"frequency of the grid moves by {e.values['change_hz']:+g} Hz at {e.values['rate_hz_per_s']:g} Hz/s"
    ),
    "phase": lambda e: f"angle of the grid jumps by {e.values['angle_deg']:+g} degrees",
    "grid": lambda e: f"the grid follows the profile {e.target}",
}


@dataclass(frozen=True)
class _Order:
    """A curtailment order: from what was drawn to what may be drawn."""

    at_s: float
    from_mw: float
    to_mw: float
    within_s: float
    hold_s: float

    def limit_mw(self, time_s: np.ndarray) -> np.ndarray:
        """What may be drawn, inf where it does not hold."""
        since = time_s - self.at_s
        share = np.clip(since / self.within_s, 0.0, 1.0) if self.within_s > 0.0 else 1.0
        limit = max(self.from_mw, self.to_mw) + (self.to_mw - max(self.from_mw, self.to_mw)) * share
        return np.where((since >= 0.0) & (since <= self.hold_s), limit, inf)


class Acts:
    """Events and what they do, step by step.

    Args:
        built: The campus.
        events: In order of time.
        step_s: Step of the loop.

    Raises:
        InputError: An event names what does not exist, or cannot act on this campus: all at once.
    """

    def __init__(self, built: Built, events: Sequence[Event], step_s: float):
        self.built, self.step_s = built, step_s
        self.queue = [(ceil(event.at_s / step_s - SLACK_S), event) for event in events]
        self.lines: list[tuple[float, str]] = []
        self.orders: list[_Order] = []
        self.called: dict[str, int] = {}  # generator -> step at which it is there
        self.lost: set[str] = set()
        self.dead = False
        self.wake_step: int | None = None
        self.full_cap = built.parts.load.jobs[rows.CAP].copy()
        faults = [fault for event in events for fault in self._faults(event)]
        if faults:
            raise InputError("events", faults)

    def act(self, step: int) -> None:
        """Do what is due at this step, and what the site does of itself: call generators, wake what slept."""
        while self.queue and self.queue[0][0] <= step:
            _, event = self.queue.pop(0)
            self.lines.append((step * self.step_s, self._do(event, step)))
        self._call_generators(step)
        for name, due in list(self.called.items()):
            if due <= step:
                self._switch_generator(name, True)
                self.lines.append((step * self.step_s, f"generator.{name} is on the bus"))
                self.called[name] = 1 << 62
        if self.wake_step is not None and step >= self.wake_step and self._bus(net.CLOSED) > 0.5:
            self._wake()
            self.lines.append((step * self.step_s, "batteries are back on the bus"))
        self._slow_jobs(step * self.step_s)

    def next_step(self, step: int) -> int:
        """Step of what comes next."""
        due = [self.queue[0][0]] if self.queue else []
        due += [s for s in (*self.called.values(), self.wake_step or 0) if s > step]
        return min(due, default=1 << 62)

    def import_limit_mw(self, time_s: np.ndarray) -> np.ndarray:
        """What may be drawn, by the connection and by orders."""
        limit = np.full(len(time_s), self.built.import_limit_mw)
        for order in self.orders:
            limit = np.minimum(limit, order.limit_mw(time_s))
        return limit

    # what an event does

    def _do(self, event: Event, step: int) -> str:
        kind, target = event.kind, event.target
        if kind in COMMANDS and target.removeprefix("generator.") in self.built.network.gensets:
            name = target.removeprefix("generator.")
            self._switch_generator(name, kind == "start")
            return f"generator.{name} is told to {kind}"
        if kind in COMMANDS:
            jobs = self._jobs(target)
            for j in jobs:
                self.built.moving.load.job_command[j] = COMMANDS[kind]
            names = ", ".join(self.built.load.jobs[j].removeprefix("load.") for j in jobs[:4])
            names += f" and {len(jobs) - 4} more" if len(jobs) > 4 else ""
            return f"{names}: {KINDS[kind].words.removeprefix('a job ')}"
        if kind == "loss":
            self._lose(target)
            return f"{target} is lost"
        if kind in ("island", "trip", "return"):
            return self._breaker(kind, step)
        if kind == "curtail":
            drawn = float(self._bus(net.GRID_MW))
            values = event.values
            self.orders.append(
                _Order(step * self.step_s, drawn, values["power_mw"], values["within_s"], values["hold_s"])
            )
            return (
                f"the operator orders {values['power_mw']:.4g} MW or less within {values['within_s']:g} s "
                f"({drawn:.4g} MW are drawn)"
            )
        return SAYS[kind](event)

    def _breaker(self, kind: str, step: int) -> str:
        bus, network = self.built.moving.network.bus, self.built.moving.network
        if kind == "return":
            bus[net.CLOSE_ORDER] = 1.0
            if self.dead:
                self.wake_step = step + ceil(UNITS_BACK_S / self.step_s)
            return "permission to return is given"
        bus[net.CLOSE_ORDER] = 0.0
        if kind == "island":
            return "the breaker to the grid is opened"
        self.dead = True
        network.inverters[inv.OFF] = 1.0
        network.genset_orders[gen.G_ON] = 0.0
        self.called.clear()
        tell_store(self.built.moving)
        return "the whole site is cut off: breaker, batteries and generators"

    def _wake(self) -> None:
        """Batteries after a trip: in step with the bus, giving nothing."""
        bus, rows_, network = (
            self.built.moving.network.bus,
            self.built.moving.network.inverters,
            self.built.network,
        )
        for i, name in enumerate(network.inverters):
            if f"battery.{name}" not in self.lost:
                rows_[:, i] = 0.0
                rows_[[inv.ANGLE_RAD, inv.LAST_RAD], i] = bus[net.BUS_RAD]
                rows_[[inv.EMF_PU, inv.SET_PU], i] = bus[net.VOLT_PU]
                rows_[inv.SOFTER, i] = 1.0
        tell_store(self.built.moving)
        self.dead, self.wake_step = False, None

    def _lose(self, target: str) -> None:
        kind, _, name = target.partition(".")
        self.lost.add(target)
        if kind == "battery":
            self.built.moving.network.inverters[inv.OFF, self.built.network.inverters.index(name)] = 1.0
            tell_store(self.built.moving)
        else:
            self.called.pop(name, None)
            self._switch_generator(name, False)

    def _switch_generator(self, name: str, on: bool) -> None:
        for i, other in enumerate(self.built.network.gensets):
            if other == name:
                running = on and f"generator.{name}" not in self.lost
                self.built.moving.network.genset_orders[gen.G_ON, i] = float(running)

    def _call_generators(self, step: int) -> None:
        """On an island generators are called, each there after its start; back on the grid they go."""
        if self._bus(net.CLOSED) > 0.5 and self.called:
            for name in self.called:
                self._switch_generator(name, False)
            self.called.clear()
        if self._bus(net.CLOSED) < 0.5 and not self.dead:
            for name in dict.fromkeys(self.built.network.gensets):
                if name not in self.called and f"generator.{name}" not in self.lost:
                    start_s = self.built.campus.generator[name].start_s
                    self.called[name] = step + ceil(start_s / self.step_s - SLACK_S)

    def _slow_jobs(self, time_s: float) -> None:
        """Jobs that bear it run slower while an order holds; the caps move with the order, not at once."""
        if not self.orders:
            return
        load = self.built.parts.load
        for j, name in enumerate(self.built.load.jobs):
            _, hall, _, job, *_ = name.split(".")
            declared = self.built.campus.load[hall].jobs[job]
            least = cap_frac(declared.tier) * declared.high_frac
            share = 0.0
            for order in self.orders:
                since = time_s - order.at_s
                if 0.0 <= since <= order.hold_s and order.from_mw > order.to_mw:
                    share = max(share, min(since / order.within_s, 1.0) if order.within_s > 0.0 else 1.0)
            full = min(self.full_cap[j], declared.high_frac)
            load.jobs[rows.CAP, j] = (
                self.full_cap[j] if share == 0.0 else full - share * max(full - least, 0.0)
            )

    # what events may name

    def _bus(self, row: int) -> float:
        return self.built.moving.network.bus[row]

    def _jobs(self, target: str) -> list[int]:
        """Numbers of the jobs that a name means: all, those of a hall, a job and its equals, one of them."""
        names = [name.removeprefix("load.") for name in self.built.load.jobs]
        asked = target.removeprefix("load.")
        found = []
        for j, name in enumerate(names):
            hall, _, job, *_ = name.split(".")
            if asked in ("all", hall, name, f"{hall}.{job}", name.replace(".jobs.", ".")):
                found.append(j)
        return found

    def _faults(self, event: Event) -> list[Fault]:
        known: Sequence[str] = ()
        generators = [f"generator.{name}" for name in dict.fromkeys(self.built.network.gensets)]
        if event.kind in COMMANDS:
            if (event.target in generators and event.kind in ("start", "stop")) or self._jobs(event.target):
                return []
            jobs = self.built.load.jobs
            known = ["all", *dict.fromkeys(".".join(name.split(".")[1::2][:2]) for name in jobs)]
            known += generators if event.kind in ("start", "stop") else []
        elif event.kind == "loss":
            known = [f"battery.{name}" for name in self.built.network.inverters] + generators
            if event.target in known:
                return []
        elif event.kind in ("island", "trip", "return") and self.built.campus.grid is None:
            return [Fault(str(event), "needs a grid, this campus has none. Take it out.")]
        else:
            return []
        near = nearest(event.target, known)
        mend = f"Nearest: {near}." if near else f"There are: {', '.join(known) or 'none'}."
        return [Fault(str(event), f"names {event.target!r}, which this campus does not have. {mend}")]


def cap_frac(tier: int) -> float:
    """Power under the slowdown that a tier bears / power without.

    Source:
        Slowdowns of the tiers: Emerald Conductor, arXiv 2507.00909. Throughput: physics.compute.throughput_frac.

    Example:
        >>> round(cap_frac(2), 2)
        0.57
    """
    low, high = 0.2, 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if throughput_frac(middle) < 1.0 - SLOWDOWN_FRAC[tier] else (low, middle)
    return high
