"""From the image of all devices to what the controllers read: assets instead of devices, only what may be believed.

Needs    campus, operate.devices.Image; operate.guard: aligned, alive, count.
Gives    Reader, Seen, Store.
Used by  operate.guard.mind.

The load is what remains: import + batteries + solar + engines as far as they are read; the rest counts into it.
Without the meter of the connection it is the sum of the load meters, where there is one for each load. What a gauge
shows is not believed where it cannot be: powers far above what stands, energy that came faster than any power brings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isnan, nan
from typing import TYPE_CHECKING

from wattstack.operate.devices import Image
from wattstack.operate.guard.aligned import Aligned
from wattstack.operate.guard.alive import POWERS, Alive
from wattstack.operate.guard.count import Count

if TYPE_CHECKING:
    from wattstack.campus import Campus

FAR = 1.5  # times what stands: more is not believed
BALANCE_FRAC, BALANCE_S = 0.05, 5.0
FLOWS_FRAC = 0.02  # of the rating: more than a meter shows of nothing
SOURCES = ("battery.", "solar.", "generator.")


@dataclass(slots=True)
class Store:
    """One battery device [MW, MWh]; NaN where it is not known. `off`: open, on local or locked out, it cannot serve."""

    power_mw: float = nan
    stored_mwh: float = nan
    soc: float = nan
    can_charge_mw: float = 0.0
    can_discharge_mw: float = 0.0
    off: bool = False


@dataclass(slots=True)
class Seen:
    """What the site is like.

    Attributes:
        values: By channel, as the controllers read it; what is not known is not there.
        stores: By device of a battery.
        doubts: By device or channel, what is not believed and why: alarms that stand.
        sure_load_mw: Load that the connection's own meter shows, and where it is dead or a source beside it is not seen
            the load meters too: on no other is the reserve spent; -inf: none.
        most_load_mw: For the reserve: the larger of what balance and load meters show, for one of them lies and nobody
            knows which; without load meters and what a source that is not read can give more; -inf: none shows it.
        grid_read: Whether the grid was seen to be there, or away; else it is taken to be as before.
    """

    values: dict[str, float] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    grid_read: bool = False
    sure_load_mw: float = -inf
    most_load_mw: float = -inf


class Reader:
    """Reads images.

    Args:
        campus: Sizes stand.
        speed: Seconds of the site in a second of the wall (simulated sites).
    """

    def __init__(self, campus: Campus, speed: float = 1.0) -> None:
        self.campus, self._speed = campus, speed
        self._of = {
            asset: [p for p in campus.devices if p.split("#")[0] == asset] for asset in _assets(campus)
        }
        self._sizes = {path: campus.device_mw(path) for path in campus.devices}
        self.alive = Alive(campus)
        self.counts: dict[str, Count] = {}
        self._unread: set[str] = set()  # devices whose power is not known
        self._grid_on = 1.0
        self._off_s: float | None = None
        self._aligned = Aligned(campus.operate.period_s)
        self._struck_s, self._balance = nan, {}

    def read(self, image: Image, out: frozenset[str]) -> Seen:
        """What is known of the site at the moment of an image.

        Args:
            image: Of the devices.
            out: Devices that are locked out: they can do nothing.
        """
        seen = Seen()
        still, back = self.alive.look(image)
        seen.doubts |= dict.fromkeys(still, "stands still: nothing it shows is used")
        dark = still | back
        get = lambda path, name: nan if path in dark else image.value(f"{path}.{name}")  # noqa: E731
        self._unread.clear()
        powers = {asset: self._power(asset, get, image, seen) for asset in self._of}
        for asset in self._of:
            if asset.startswith("battery."):
                self._battery(asset, get, image.time_s, out, seen)
        self._load(powers, image, seen)
        self._grid(get, seen)
        return seen

    def _power(self, asset: str, get, image: Image, seen: Seen) -> float:
        """Power of an asset as far as it is read; NaN where nothing is."""
        whole, any_read = 0.0, False
        for path in self._of[asset]:
            power, name = next(((p, n) for n in POWERS if not isnan(p := get(path, n))), (nan, ""))
            if abs(power) > FAR * self._sizes[path]:
                seen.doubts[path] = f"shows {power:g} MW where {self._sizes[path]:g} MW stand: not believed"
                power = nan
            if isnan(power):
                self._unread.add(path)
                self._aligned.forget(path)
            else:
                self._aligned.note(path, float(image.asked_s[image.place[f"{path}.{name}"]]), power)
                if asset == "grid.connection":
                    return power  # a second meter of it shows the same
                whole, any_read = whole + power, True
        return whole if any_read else nan

    def _battery(self, asset: str, get, time_s: float, out: frozenset[str], seen: Seen) -> None:
        unit = self.campus.battery[asset.split(".")[1]]
        stored = 0.0
        for path in self._of[asset]:
            share = self.campus.devices[path].share_frac
            store = seen.stores[path] = Store(power_mw=get(path, "power_mw"), soc=get(path, "soc"))
            store.stored_mwh = self._energy(path, get, float(unit.energy_mwh) * share, time_s, seen)
            stored += store.stored_mwh
            switched_off = get(path, "contactor") == 0.0 or get(path, "local") == 1.0 or path in out
            store.off = switched_off
            if switched_off or isnan(store.power_mw):
                continue
            most_in = float(unit.power_mw) * unit.charge_power_frac * share
            most_out = float(unit.power_mw) * share
            told_in, told_out = get(path, "can_charge_mw"), get(path, "can_discharge_mw")
            # without a word of the device: its rating, while there is energy
            known = not isnan(store.stored_mwh)
            store.can_charge_mw = min(max(told_in, 0.0), most_in) if not isnan(told_in) else most_in * known
            store.can_discharge_mw = (
                min(max(told_out, 0.0), most_out)
                if not isnan(told_out)
                else most_out * (store.stored_mwh > 0.0)
            )
        mine = [seen.stores[path] for path in self._of[asset]]
        seen.values[f"{asset}.can_charge_mw"] = sum(store.can_charge_mw for store in mine)
        seen.values[f"{asset}.can_discharge_mw"] = sum(store.can_discharge_mw for store in mine)
        if not isnan(stored):
            seen.values[f"{asset}.stored_mwh"] = stored

    def _energy(self, path: str, get, whole_mwh: float, time_s: float, seen: Seen) -> float:
        """Stored energy of a device, at most what was counted."""
        shown, soc = get(path, "stored_mwh"), get(path, "soc")
        if isnan(shown) and not isnan(soc):
            shown = soc * whole_mwh
        count, full = self.count(path), get(path, "can_charge_mw") == 0.0
        shown = min(max(shown, 0.0), whole_mwh) if not isnan(shown) else nan
        power = nan if path in self._unread else get(path, "power_mw")
        believed = count.believed(shown, power, full, time_s * self._speed / 3600.0)
        if count.off_mwh > 0.0:
            seen.doubts[path] = f"shows {shown:g} MWh where {count.most_mwh:.4g} MWh can be: not believed"
        return believed

    def count(self, path: str) -> Count:
        """What was counted into a battery device and out of it."""
        if path not in self.counts:
            unit = self.campus.battery[path.split("#", 1)[0].split(".")[1]]
            whole_mwh = float(unit.energy_mwh) * self.campus.devices[path].share_frac
            self.counts[path] = Count(whole_mwh, unit.charge_eff, unit.discharge_eff)
        return self.counts[path]

    def _load(self, powers: dict[str, float], image: Image, seen: Seen) -> None:
        """Import, sun, engines and what the campus draws, where they are known.

        The balance is struck when the meter has a new reading, of readings of one moment, and holds until the next one:
        a reading of before beside batteries of now would add what they just did, again and again.
        """
        known = lambda kind: sum(p for a, p in powers.items() if a.split(".")[0] == kind and not isnan(p))  # noqa: E731
        batteries, solar, engines = known("battery"), known("solar"), known("generator")
        seen.values |= {"solar_mw": max(solar, 0.0), "generator_mw": max(engines, 0.0)}
        draws = [powers[a] for a in powers if a.startswith("load.")]
        metered = sum(draws) if draws and len(draws) == len(self.campus.load) else nan
        imported = powers.get("grid.connection", nan)
        if not isnan(imported):
            self._strike()
            seen.values |= self._balance
        elif not isnan(metered):
            seen.values["load_mw"] = metered
            seen.values["grid.import_mw"] = metered - batteries - solar - engines
        hidden = sum(self._sizes[p] for p in self._unread if p.startswith(SOURCES))  # may be given
        sure = [self._balance["load_mw"]] if not isnan(imported) else []
        if not isnan(metered) and (self._unread or isnan(imported)):
            sure.append(metered - (hidden if isnan(imported) else 0.0))
        seen.sure_load_mw = min(sure, default=-inf)
        both = (seen.values.get("load_mw", nan) + (hidden if isnan(metered) else 0.0), metered)
        seen.most_load_mw = max((one for one in both if not isnan(one)), default=-inf)
        if self._unread and not isnan(metered):  # a source that is not seen would count into the load
            seen.values["load_mw"] = metered
        off = seen.values.get("load_mw", nan) - metered
        if not abs(off) > BALANCE_FRAC * sum(abs(p) for p in powers.values()) or isnan(imported):
            self._off_s = None
            return
        self._off_s = image.time_s if self._off_s is None else self._off_s
        if image.time_s - self._off_s > BALANCE_S:
            seen.doubts["balance"] = (
                f"meters do not add up: {off:+.4g} MW are missing. Look for a transformer that was turned round."
            )
            seen.values["load_mw"] = max(seen.values["load_mw"], metered)

    def _strike(self) -> None:
        """The balance of the newest moment that all gauges have a reading of, where it is a new one."""
        meter = next(path for path in self._of["grid.connection"] if path not in self._unread)
        sources = [p for a in self._of if a.startswith(SOURCES) for p in self._of[a] if p not in self._unread]
        moment_s = self._aligned.moment_s(meter, sources)
        if moment_s <= self._struck_s:
            return
        self._struck_s = moment_s
        imported = self._aligned.at(meter, moment_s)
        given = dict.fromkeys(SOURCES, 0.0)
        for path in sources:
            given[path.split(".", 1)[0] + "."] += self._aligned.at(path, moment_s)
        self._balance = {
            "grid.import_mw": imported, "load_mw": imported + sum(given.values()),
            "solar_mw": max(given["solar."], 0.0), "generator_mw": max(given["generator."], 0.0),
        }  # fmt: skip

    def _grid(self, get, seen: Seen) -> None:
        """Whether the grid is there; where nothing tells it, as before. A breaker through which power flows is closed,
        whatever its contact says."""
        for path in self._of.get("grid.connection", ()):
            breaker, voltage = get(path, "breaker"), get(path, "voltage_pu")
            well, source = get(path, "grid_well"), get(path, "source")
            flows_mw = max(
                (abs(p) for p in (get(path, name) for name in POWERS) if not isnan(p)), default=0.0
            )
            lies = breaker == 0.0 and FLOWS_FRAC * self._sizes[path] < flows_mw <= FAR * self._sizes[path]
            if lies:
                seen.doubts[f"{path}.breaker"] = f"shows open while {flows_mw:.3g} MW flow: not believed"
            signs = [breaker != 0.0 or lies, not voltage < 0.5, well != 0.0, source != 2.0]
            if not all(isnan(one) for one in (breaker, voltage, well, source)):
                self._grid_on, seen.grid_read = float(all(signs)), True
                break
        seen.values["grid.on"] = self._grid_on


def _assets(campus: Campus) -> list[str]:
    return list(dict.fromkeys(path.split("#")[0] for path in campus.devices))
