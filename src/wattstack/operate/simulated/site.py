"""A small live site behind the simulated devices: load, sun, stores, engines, grid, fractions of a second at a time.

Needs    case.Case (load, sun), campus; physics.kernel: reservoir, generator.
Gives    Site.
Used by  operate.simulated.run.

The year's twin moves in steps of minutes and decides itself; here somebody else decides, over wires. So store and
engines are the kernels of the twin, and the load is the case's, straight lines between the middles of its steps, with
noise of half a percent (assumption). Everything that remains goes over the connection; while the grid is away the store
forms the bus, and load that nobody can carry is not served.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wattstack.campus import Campus
from wattstack.case import Case
from wattstack.physics.kernel import generator as unit
from wattstack.physics.kernel.reservoir import reservoir_core

NOISE_FRAC, NOISE_S = 0.005, 5.0  # of the load, and how long a deviation lasts: assumption
HOLD_H = 1.0 / 12.0  # uninterruptible units without a declared energy: 5 min of their rating
DROOP_HZ = 0.05  # frequency error at full import: assumption, a meter shows a number that moves


@dataclass
class _Store:
    power_mw: float
    charge_mw: float
    energy_mwh: float
    charge_eff: float
    discharge_eff: float
    stored_mwh: float
    nameplate_mwh: float
    injection_mw: float = 0.0
    can_mw: tuple[float, float] = (0.0, 0.0)
    charged_mwh: float = 0.0
    discharged_mwh: float = 0.0


@dataclass
class _Engines:
    units: np.ndarray
    state: np.ndarray
    output_mw: float = 0.0
    energy_mwh: float = 0.0


@dataclass
class _Ups:
    """Units that carry their halls where the bus cannot."""

    share: float  # of the load of the campus that hangs on them
    power_mw: float
    energy_mwh: float
    recharge_mw: float
    stored_mwh: float
    carries_mw: float = 0.0
    draws_mw: float = 0.0


@dataclass
class _Meters:
    import_mw: float = 0.0
    imported_mwh: float = 0.0
    exported_mwh: float = 0.0
    unserved_mw: float = 0.0
    unserved_mwh: float = 0.0
    loads_mwh: dict[str, float] = field(default_factory=dict)
    solar_mwh: dict[str, float] = field(default_factory=dict)


class Site:
    """The site.

    Args:
        campus: Its sizes stand.
        case: Its load and sun.
        seed: Of the noise and of what fails to start.

    Attributes:
        time_s: Seconds since the beginning of the case.
        grid_on: Whether the grid is there.
        load_mw: Served and unserved together. drawn_mw: What of it the bus carries.
        ups: Uninterruptible units, by asset.
    """

    def __init__(self, campus: Campus, case: Case, seed: int = 0) -> None:
        self.campus, self.case = campus, case
        self.time_s, self.grid_on = 0.0, True
        self._noise, self._chance, self._seed = 0.0, np.random.default_rng(seed), seed
        self._begin_s = float(case.axis.start.astype("datetime64[ms]").astype(np.int64)) / 1000.0
        self.stores = {f"battery.{name}": _store(one) for name, one in campus.battery.items()}
        self.engines = {f"generator.{name}": _engines(one) for name, one in campus.generator.items()}
        self.meters = _Meters()
        connection = None if campus.grid is None else campus.grid.connection
        self.firm_mw = 0.0 if connection is None else float(connection.firm_mw)
        self.nominal_hz = float((connection and connection.frequency_hz) or 50)
        sizes = {f"load.{name}": _size(part) for name, part in campus.load.items()}
        whole = sum(sizes.values()) or 1.0
        self._shares = {path: size / whole for path, size in sizes.items()}
        self.ups = {f"ups.{name}": _ups(one, campus, self._shares) for name, one in campus.ups.items()}
        self.load_mw, self.solar_mw, self._limits = 0.0, {}, {}
        self.step(1e-3, {})

    @property
    def utc_s(self) -> float:
        """Its clock, seconds since 1970 UTC."""
        return self._begin_s + self.time_s

    def begin(self, utc_s: float) -> float:
        """Go to a moment; returns the seconds since the beginning of the case."""
        self.time_s = utc_s - self._begin_s
        return self.time_s

    def at(self, series: np.ndarray) -> float:
        """A series of the case now: straight lines between the middles of its steps; after the end it begins anew."""
        place = self.time_s / float(self.case.axis.step_s) - 0.5
        first = math.floor(place)
        share = place - first
        count = len(series)
        return float(series[first % count] * (1.0 - share) + series[(first + 1) % count] * share)

    def step(
        self, step_s: float, asked: Mapping[str, float | None], closed: Mapping[str, bool] | None = None
    ) -> None:
        """Move on.

        Args:
            step_s: Seconds of the site.
            asked: Power asked by asset [MW], into the bus; None or absent: nobody asks, it rests; of solar a limit.
            closed: By asset, False where its contactor is open.
        """
        closed = closed or {}
        self.time_s += step_s
        step_h = step_s / 3600.0
        keep = math.exp(-step_s / NOISE_S)
        self._noise = keep * self._noise + math.sqrt(1.0 - keep * keep) * float(
            self._chance.standard_normal()
        )
        self.load_mw = self.at(self.case.load_mw) * (1.0 + NOISE_FRAC * self._noise)
        self._sun(asked)
        for path, engines in self.engines.items():
            self._run_engines(engines, asked.get(path) or 0.0, step_s)
        left = self.load_mw - sum(self.solar_mw.values()) - sum(e.output_mw for e in self.engines.values())
        there = {path: store for path, store in self.stores.items() if closed.get(path, True)}
        wanted = asked if self.grid_on else _carried(left, there)
        for path, store in self.stores.items():
            left -= _move(store, (wanted.get(path) or 0.0) if path in there else 0.0, step_h, path in there)
        self._balance(left, step_h)

    def _sun(self, asked: Mapping[str, float | None]) -> None:
        for name, part in self.campus.solar.items():
            can = self.at(self.case.solar_frac[name]) * float(part.power_mw)
            limit = asked.get(f"solar.{name}")
            self.solar_mw[f"solar.{name}"] = can if limit is None else min(can, max(limit, 0.0))

    def _run_engines(self, engines: _Engines, asked_mw: float, step_s: float) -> None:
        if asked_mw <= 0.0:  # a stop resets what did not start
            failed = engines.state[unit.MODE] == unit.FAILED
            engines.state[unit.MODE, failed], engines.state[unit.TIMER_S, failed] = unit.OFF, 0.0
        count = engines.state.shape[1]
        engines.output_mw = sum(
            unit.unit_step(k, engines.units, engines.state, asked_mw / count, step_s, self._seed)
            for k in range(count)
        )
        engines.energy_mwh += engines.output_mw * step_s / 3600.0

    def _balance(self, left_mw: float, step_h: float) -> None:
        meters = self.meters
        short_mw = 0.0 if self.grid_on else max(left_mw, 0.0)
        meters.unserved_mw = self._bridge(short_mw, step_h)
        meters.import_mw = left_mw + sum(one.draws_mw for one in self.ups.values()) if self.grid_on else 0.0
        meters.imported_mwh += max(meters.import_mw, 0.0) * step_h
        meters.exported_mwh += max(-meters.import_mw, 0.0) * step_h
        meters.unserved_mwh += meters.unserved_mw * step_h
        self.drawn_mw = served = self.load_mw - short_mw
        for path, share in self._shares.items():
            meters.loads_mwh[path] = meters.loads_mwh.get(path, 0.0) + share * served * step_h
        for path, power in self.solar_mw.items():
            meters.solar_mwh[path] = meters.solar_mwh.get(path, 0.0) + power * step_h

    def _bridge(self, short_mw: float, step_h: float) -> float:
        """Uninterruptible units carry what the bus lacks, as far as they can; returns what nobody carries [MW]."""
        for one in self.ups.values():
            most = min(one.share * self.load_mw, one.power_mw, one.stored_mwh / step_h)
            one.carries_mw = min(short_mw, most)
            short_mw -= one.carries_mw
            room_mw = (one.energy_mwh - one.stored_mwh) / step_h
            one.draws_mw = min(one.recharge_mw, room_mw) if self.grid_on else 0.0
            one.stored_mwh = max(one.stored_mwh + (one.draws_mw - one.carries_mw) * step_h, 0.0)
        return short_mw

    def fail_starts(self, path: str, fails: bool) -> None:
        """Let engines not start, or as declared again."""
        declared = self.campus.generator[path.partition(".")[2]].start_failure_frac
        self.engines[path].units[unit.START_FAILURE_FRAC, :] = 1.0 if fails else declared

    def values(self, asset: str, share: float) -> dict[str, float]:
        """What a device of an asset may show, by channel without the asset.

        Args:
            asset: "battery.main".
            share: Share of the asset that the device is.
        """
        kind = asset.split(".", 1)[0]
        bus = {
            "frequency_hz": self.nominal_hz - DROOP_HZ * self._noise * 0.1,
            "voltage_pu": 1.0 - 0.002 * self._noise if self.grid_on else 0.0 if kind == "grid" else 1.0,
            "voltage_v": 480.0 * (1.0 - 0.002 * self._noise),
            "reactive_mvar": 0.0, "contactor": 1.0, "alarms": 0.0, "temp_degc": 25.0, "clock_s": math.floor(self.utc_s),
            "breaker": 1.0,
        }  # fmt: skip
        return bus | getattr(self, f"_{kind}")(asset, share)

    def _battery(self, asset: str, share: float) -> dict[str, float]:
        one = self.stores[asset]
        return {
            "power_mw": one.injection_mw * share,
            "stored_mwh": one.stored_mwh * share,
            "soc": one.stored_mwh / one.energy_mwh if one.energy_mwh else 0.0,
            "soh_frac": 1.0,
            "nameplate_mwh": one.nameplate_mwh * share,
            "rating_mw": one.power_mw * share,
            "dc_power_mw": one.injection_mw * share,
            "enter_service": 1.0,
            "strings_connected": 1.0,
            "temp_module_max_degc": 26.0,
            "temp_module_min_degc": 24.0,
            "can_charge_mw": one.can_mw[0] * share,
            "can_discharge_mw": one.can_mw[1] * share,
            "charged_mwh": one.charged_mwh * share,
            "discharged_mwh": one.discharged_mwh * share,
            "state": 3.0,
            "available": 1.0,
        }

    def _generator(self, asset: str, share: float) -> dict[str, float]:
        one = self.engines[asset]
        running = float((one.state[unit.MODE] == unit.RUNNING).any())
        return {
            "output_mw": one.output_mw * share,
            "power_mw": one.output_mw * share,
            "state": float(one.state[unit.MODE].max()),
            "running": running,
            "available": float((one.state[unit.MODE] != unit.FAILED).any()),
            "energy_mwh": one.energy_mwh * share,
            "rating_mw": float(one.units[unit.POWER_MW].sum()) * share,
        }

    def _solar(self, asset: str, share: float) -> dict[str, float]:
        power = self.solar_mw[asset] * share
        return {
            "output_mw": power,
            "power_mw": power,
            "dc_power_mw": power * 1.02,
            "energy_mwh": self.meters.solar_mwh[asset] * share,
            "state": 4.0 if power > 0.0 else 2.0,
        }

    def _grid(self, asset: str, share: float) -> dict[str, float]:
        meters = self.meters
        return {
            "power_mw": meters.import_mw,
            "energy_mwh": meters.imported_mwh,
            "export_energy_mwh": meters.exported_mwh,
            "source": 1.0 if self.grid_on else 2.0,
            "grid_well": float(self.grid_on),
            "frequency_hz": self.nominal_hz - DROOP_HZ * self._noise * 0.1 if self.grid_on else 0.0,
        }

    def _load(self, asset: str, share: float) -> dict[str, float]:
        served = self._shares[asset] * self.drawn_mw * share
        energy = self.meters.loads_mwh[asset] * share
        return {"draw_mw": served, "power_mw": served, "energy_mwh": energy}

    def _ups(self, asset: str, share: float) -> dict[str, float]:
        one = self.ups[asset]
        feeds_mw = max(one.share * self.load_mw, 1e-9)
        return {
            "draw_mw": one.draws_mw * share,
            "soc": one.stored_mwh / one.energy_mwh,
            "on_battery": float(one.carries_mw > 0.0),
            "bypass": 0.0,
            "left_s": 3600.0 * one.stored_mwh / feeds_mw,
            "load_frac": min(feeds_mw / one.power_mw, 1.0),
        }


def _size(part) -> float:
    size = getattr(part, "it_mw", None) or getattr(part, "draw_mw", None)
    return float(size) if isinstance(size, int | float) else 1.0


def _ups(one, campus: Campus, shares: Mapping[str, float]) -> _Ups:
    """Units as declared: absent numbers are 1.1 x the halls they feed, and 5 min of that (campus.Ups)."""
    halls = one.serves or [
        name for name, part in campus.load.items() if getattr(part, "it_mw", None) is not None
    ]
    fed_mw = sum(_size(campus.load[name]) for name in halls)
    power = one.power_mw or 1.1 * max(fed_mw, 1e-3)
    energy = one.energy_mwh or HOLD_H * power
    return _Ups(
        sum(shares[f"load.{name}"] for name in halls), power, energy, one.recharge_frac * power, energy
    )


def _store(one) -> _Store:
    energy, usable = float(one.energy_mwh), one.usable_frac
    low = one.soc_low if one.soc_low is not None else 0.5 * (1.0 - usable)
    stored = min(max((one.start.soc - low) / usable, 0.0), 1.0) * energy
    power = float(one.power_mw)
    return _Store(
        power,
        power * one.charge_power_frac,
        energy,
        one.charge_eff,
        one.discharge_eff,
        stored,
        energy / usable,
    )


def _engines(one) -> _Engines:
    power = float(one.power_mw) / one.units
    units = np.empty((unit.NUNIT, one.units))
    units[unit.POWER_MW], units[unit.MINIMUM_FRAC] = power, one.minimum_frac
    units[unit.START_S], units[unit.START_FAILURE_FRAC] = one.start_s, one.start_failure_frac
    units[unit.MTBF_S], units[unit.REPAIR_S] = np.inf, one.repair_h * 3600.0
    units[unit.RAMP_MW_PER_S] = one.ramp_frac_per_s * power
    return _Engines(units, unit.new_units(one.units))


def _carried(left_mw: float, stores: Mapping[str, _Store]) -> dict[str, float]:
    """What each store gives where they form the bus together: by what is in it, or fits: none is empty first."""
    rooms = {
        path: one.stored_mwh if left_mw > 0.0 else one.energy_mwh - one.stored_mwh
        for path, one in stores.items()
    }
    wanted: dict[str, float] = {}
    for path in sorted(stores, key=lambda p: stores[p].power_mw / max(rooms[p], 1e-9)):  # the weakest first
        whole = sum(rooms[p] for p in stores if p not in wanted)
        part = left_mw * rooms[path] / whole if whole > 0.0 else 0.0
        wanted[path] = min(max(part, -stores[path].charge_mw), stores[path].power_mw)
        left_mw -= wanted[path]
    return wanted


def _move(one: _Store, wanted_mw: float, step_h: float, closed: bool) -> float:
    """The store delivers what it can; returns it [MW]."""
    of = one.charge_mw, one.power_mw, one.energy_mwh, one.charge_eff, one.discharge_eff, 1.0
    one.stored_mwh, one.injection_mw, _, _ = reservoir_core(one.stored_mwh, wanted_mw, step_h, *of)
    # what it can in the minute that comes: a store that is all but empty says so before it is
    can = reservoir_core(one.stored_mwh, 0.0, 1.0 / 60.0, *of)[2:]
    one.can_mw = can if closed else (0.0, 0.0)
    one.charged_mwh += max(-one.injection_mw, 0.0) * step_h
    one.discharged_mwh += max(one.injection_mw, 0.0) * step_h
    return one.injection_mw
