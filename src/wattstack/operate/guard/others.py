"""What is asked of engines and of the sun: engines where the grid is away, lacks power, or somebody asks; the sun its
limit.

Needs    campus; operate.guard.engines, limits, measure.
Gives    Others.
Used by  operate.guard.mind.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from typing import TYPE_CHECKING

from wattstack.operate.devices import Image
from wattstack.operate.guard.engines import Engines
from wattstack.operate.guard.limits import Limits
from wattstack.operate.guard.measure import Seen

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.guard.mind import Decision

STAY_S = 60.0  # engines run on for so long after the grid came back


class Others:
    """Engines and solar parks.

    Args:
        campus: Sizes stand.
        speed: Seconds of the site in a second of the wall (simulated sites).

    Attributes:
        engines: What each of them does.
    """

    def __init__(self, campus: Campus, speed: float = 1.0) -> None:
        self.engines = Engines(campus, speed)
        self._sizes = {
            path: float(getattr(campus, kind)[name].power_mw) * campus.devices[path].share_frac
            for path in campus.devices
            for kind, _, name in [path.split("#")[0].partition(".")]
            if kind in ("generator", "solar")
        }
        self._island_s = self._load_mw = nan

    def decide(
        self, made: Decision, image: Image, seen: Seen, limits: Limits, out: Mapping[str, str]
    ) -> None:
        """Add setpoints and reasons of engines and solar parks to a decision."""
        load = self._load_mw = seen.values.get("load_mw", self._load_mw)  # a dead meter stops no engine
        can_in = sum(store.can_charge_mw for store in seen.stores.values())
        can_out = sum(store.can_discharge_mw for store in seen.stores.values())
        if isnan(load):
            return
        if seen.values["grid.on"] < 0.5:
            self._island_s = made.time_s
        elif made.time_s - self._island_s > STAY_S:
            self._island_s = nan
        island = not isnan(self._island_s)
        sun, engines = seen.values["solar_mw"], seen.values["generator_mw"]
        export = 0.0 if island else min(limits.export_mw, limits.told_export_mw)
        if island:
            need, why = load - sun, "carries the campus: the grid is away"
        else:
            need = load - sun - min(limits.import_mw, limits.told_import_mw) - can_out
            why = "the connection and the batteries cannot carry the load"
        most = max(load - sun + export + can_in, 0.0)
        self._engines(made, limits, (max(need, 0.0), most, why), out)
        self._called(made, image, most, island)
        parks = {p: 0.0 if p in out else s for p, s in self._sizes.items() if p.startswith("solar")}
        taken = max(load - engines + export + can_in, 0.0)
        self._split(made, parks, taken, "what campus and grid can take", {})

    def _engines(
        self, made: Decision, limits: Limits, need: tuple[float, float, str], out: Mapping[str, str]
    ) -> None:
        wanted, most, why = need
        sizes = {p: 0.0 if p in out else s for p, s in self._sizes.items() if p.startswith("generator")}
        asked = self._asked(limits, sizes) if made.mode in ("run", "shadow", "manual") else {}
        if sum(asked.values()) > wanted:
            wanted, why = sum(asked.values()), limits.engines[-1].why
        power = min(wanted, most)
        self._split(made, sizes, power, why if power > 0.0 else "nothing asks for it", asked)

    @staticmethod
    def _asked(limits: Limits, sizes: Mapping[str, float]) -> dict[str, float]:
        """What is asked of each engine [MW]: of the one that was named, else of all by their size."""
        asked = dict.fromkeys(sizes, 0.0)
        for band in limits.engines:
            mine = {p: s for p, s in sizes.items() if band.path in (None, p, p.split("#")[0])}
            whole, power = sum(mine.values()), min(max(0.0, band.low_mw), band.high_mw)
            for path, size in mine.items():
                asked[path] += power * size / whole if whole > 0.0 else 0.0
        return {path: min(power, sizes[path]) for path, power in asked.items()}

    def _called(self, made: Decision, image: Image, most_mw: float, island: bool) -> None:
        """What each engine can be asked for, after its starts and rests."""
        if not made.live or made.mode == "shadow":
            self.engines.watch(image)
            return
        wanted = {path: made.device_mw[path] for path in self._sizes if path.startswith("generator.")}
        for path, why in self.engines.ask(image, wanted, most_mw, island).items():
            asset = path.split("#")[0]
            made.reasons[asset] = f"{made.reasons[asset]}; {path} {why}"
        for path, power in wanted.items():
            made.asset_mw[path.split("#")[0]] += power - made.device_mw[path]
            made.device_mw[path] = power

    @staticmethod
    def _split(
        made: Decision, sizes: Mapping[str, float], power_mw: float, why: str, asked: Mapping[str, float]
    ) -> None:
        """What is asked of each first, the rest in proportion to what is left of each."""
        whole = sum(asked.values())
        kept = min(power_mw / whole, 1.0) if whole > 0.0 else 0.0
        room = sum(sizes.values()) - kept * whole
        part = min((power_mw - kept * whole) / room, 1.0) if room > 0.0 else 0.0
        for path, size in sizes.items():
            asset, mine = path.split("#")[0], kept * asked.get(path, 0.0)
            made.device_mw[path] = mine + part * (size - mine)
            made.asset_mw[asset] = made.asset_mw.get(asset, 0.0) + made.device_mw[path]
            made.reasons[asset] = why if made.asset_mw[asset] > 0.0 or not asked else "nothing asks for it"
