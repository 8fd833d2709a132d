"""Zinc that strips: which devices of a battery are emptied and rest, by the scheduler that the twin uses.

Needs    campus; control: StripGroup, strips_of, strip_table, control.kernel.strip; physics: block_of, make_blocks,
         physics.kernel.layout; operate.guard.measure.
Gives    Strips.
Used by  operate.guard.mind, memory.

Each device of such a battery is a group. One that is emptied or rests is taken out of what the rules, the steps of
arbitration and the reserve count on; what it gives goes into the load, never into the grid.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import isnan
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from wattstack.control import StripGroup, strip_table, strips_of
from wattstack.control.kernel import strip as row
from wattstack.operate.guard.measure import Seen
from wattstack.physics import BlockSpec, block_of, make_blocks
from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel.ageing_rows import FULL_CYCLES, STRIPPED_AT

if TYPE_CHECKING:
    from wattstack.campus import Campus

KEPT = (row.PHASE, row.LEFT_H, row.HEAD_START, row.DUE, row.COUNT)
OVERDUE = 1.25  # intervals: it is told that the turn did not come
LONGEST_STEP_H = 1.0  # a clock that jumps is no time that passed


class Strips:
    """The strip schedule of a site.

    Args:
        campus: Sizes stand.

    Attributes:
        paths: Devices of batteries, in the order of the columns.
    """

    def __init__(self, campus: Campus) -> None:
        asked = strips_of(campus)
        self.paths = [path for path in campus.devices if path.startswith("battery.")]
        owner = [path.split("#")[0] for path in self.paths]
        places = {asset: k for k, asset in enumerate(dict.fromkeys(owner))}
        specs = [_spec(campus, path, asset) for path, asset in zip(self.paths, owner, strict=True)]
        groups = [
            StripGroup(
                asked.get(asset.partition(".")[2]), places[asset], owner[:k].count(asset), specs[k].soc_low
            )
            for k, asset in enumerate(owner)
        ]
        blocks = make_blocks(specs)
        self._fleet = blocks.blocks, blocks.ageing
        self.table, self._state, self._age = strip_table(groups), blocks.state, blocks.age
        self._mode = blocks.blocks.rating[at.MODE].copy()
        self._limits, self._free, self._set = (
            np.zeros((2, len(groups))),
            np.ones(len(groups)),
            np.zeros(len(groups)),
        )
        self._zone, self._before_s = ZoneInfo(campus.place.time_zone), None
        backup = campus.duties.backup
        self._error_frac = 0.0 if backup is None else backup.soc_error_frac

    def take_out(self, time_s: float, seen: Seen, reserve_mwh: float) -> dict[str, float]:
        """Decide which devices strip now and take them out of what is seen.

        Args:
            time_s: Of the site's clock.
            seen: Changed: what strips is not there, and what it gives is control.fixed_mw.
            reserve_mwh: Held back.

        Returns:
            Power of what strips, by device [MW].
        """
        step_h = 0.0 if self._before_s is None else (time_s - self._before_s) / 3600.0
        step_h, self._before_s = min(max(step_h, 0.0), LONGEST_STEP_H), time_s
        self._measure(seen, step_h)
        load = seen.values.get("load_mw")
        net = 0.0 if load is None else load - seen.values["solar_mw"] - seen.values["generator_mw"]
        local = datetime.fromtimestamp(time_s, UTC).astimezone(self._zone)
        hour = local.hour + local.minute / 60.0 + local.second / 3600.0
        site = (net, seen.values["grid.on"], reserve_mwh, self._error_frac)
        uncounted = row.strip_step(
            self.table,
            hour,
            step_h,
            site,
            self._fleet,
            self._state,
            self._age,
            self._limits,
            self._free,
            self._set,
        )
        out = {path: float(self._set[b]) for b, path in enumerate(self.paths) if self._free[b] < 0.5}
        seen.values["control.uncounted_mwh"] = float(uncounted)
        seen.values["control.fixed_mw"] = sum(out.values())
        for b, path in enumerate(self.paths):
            if self.table[row.DUE, b] > OVERDUE:
                seen.doubts[f"{path} strip"] = (
                    "is overdue: the reserve needs it, or it is not there to be stripped"
                )
        self._without(out, seen)
        return out

    def words(self, path: str) -> str:
        """What a device that is out of service does."""
        b = self.paths.index(path)
        if self.table[row.PHASE, b] == row.EMPTYING:
            return "is emptied to be stripped"
        return f"rests at 0 for {self.table[row.LEFT_H, b]:.2g} h more, is stripped"

    def _measure(self, seen: Seen, step_h: float) -> None:
        """What the scheduler reads of each device."""
        rating, state, age = self._fleet[0].rating, self._state, self._age
        for b, path in enumerate(self.paths):
            store = seen.stores[path]
            there = not isnan(store.power_mw) and not isnan(store.stored_mwh)
            rating[at.MODE, b] = self._mode[b] if there else at.DEAD
            self._limits[at.CAN_DISCHARGE, b] = store.can_discharge_mw
            state[at.SINCE_STRIP, b] += step_h
            if not there:
                continue
            usable = rating[at.NAMEPLATE_MWH, b]
            age[FULL_CYCLES, b] += 0.5 * abs(store.power_mw) * step_h / usable
            low = self.table[row.WINDOW_LOW, b]
            state[at.SOC, b] = low + store.stored_mwh / usable if isnan(store.soc) else store.soc

    def _without(self, out: dict[str, float], seen: Seen) -> None:
        """Let what is out of service not be there."""
        touched = dict.fromkeys(path.split("#")[0] for path in out)
        for path in out:
            del seen.stores[path]
        rating = self._fleet[0].rating
        for asset in touched:
            mine = [path for path in self.paths if path.split("#")[0] == asset and path in seen.stores]
            stores = [seen.stores[path] for path in mine]
            windows = [
                rating[at.NAMEPLATE_MWH, b] * (rating[at.SOC_HIGH, b] - rating[at.SOC_LOW, b])
                for b in map(self.paths.index, mine)
            ]
            seen.values[f"{asset}.can_charge_mw"] = sum(store.can_charge_mw for store in stores)
            seen.values[f"{asset}.can_discharge_mw"] = sum(store.can_discharge_mw for store in stores)
            seen.values[f"{asset}.stored_mwh"] = sum(store.stored_mwh for store in stores)
            seen.values[f"{asset}.usable_mwh"] = float(sum(windows))

    def saved(self) -> dict[str, list[float]]:
        """What must survive a restart, by device."""
        return {
            path: [float(v) for v in self.table[list(KEPT), b]]
            + [
                float(self._state[at.SINCE_STRIP, b]),
                float(self._age[FULL_CYCLES, b] - self._age[STRIPPED_AT, b]),
            ]
            for b, path in enumerate(self.paths)
        }

    def restore(self, saved: dict[str, list[float]]) -> None:
        """Take it back.

        Raises:
            ValueError: It is not whole.
        """
        for path, numbers in saved.items():
            if path not in self.paths:
                continue
            b, (*kept, since_h, cycles) = self.paths.index(path), map(float, numbers)
            if len(kept) != len(KEPT):
                raise ValueError(f"strip of {path} has {len(kept)} numbers, must have {len(KEPT)}")
            self.table[list(KEPT), b] = kept
            self._state[at.SINCE_STRIP, b] = since_h
            self._age[FULL_CYCLES, b], self._age[STRIPPED_AT, b] = cycles, 0.0
            out = self.table[row.PHASE, b] != row.SERVICE
            self._fleet[0].rating[at.SOC_LOW, b] = 0.0 if out else self.table[row.WINDOW_LOW, b]


def _spec(campus: Campus, path: str, asset: str) -> BlockSpec:
    unit, share = campus.battery[asset.partition(".")[2]], campus.devices[path].share_frac
    whole = block_of(unit, name=path, base_dir=campus.base_dir, reservoir=True)
    return replace(
        whole, nameplate_mwh=whole.nameplate_mwh * share, discharge_mw=whole.discharge_mw * share,
        charge_mw=whole.charge_mw * share,
    )  # fmt: skip
