"""The batteries of a campus as blocks of the twin: those that stand, those that are added later, those renewed.

Needs    campus.Battery, physics (block_of, make_blocks), physics.kernel.layout.
Gives    Fleet, make_fleet, most_auxiliary_mw.
Used by  twin.year, prove.

A battery is one block, and one more for each augmentation; a later block is there from the beginning of the run as a dead one,
so that nothing is compiled or allocated anew, and wakes at its year.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from wattstack.campus import Battery, Campus
from wattstack.physics import BlockSet, BlockSpec, block_of, make_blocks
from wattstack.physics.kernel import layout as block

HOT = 1.25  # draw of a chiller on the hottest day / at 35 degC, assumption
NONE = BlockSpec("none", None, None, 1.0, 1.0, 1.0)  # stands in, dead, where a campus has no battery


@dataclass
class Fleet:
    """Blocks, whose they are, and what is done to them from year to year.

    Attributes:
        blocks: Constants, ageing, state, age of all blocks.
        owner: Path of the battery of each block.
        label: Name of each block for tables ("battery.main", "battery.main.augmentation.first").
        wakes: Year in which each block begins.
        campus: As declared.
    """

    blocks: BlockSet
    owner: tuple[str, ...]
    label: tuple[str, ...]
    wakes: tuple[int, ...]
    campus: Campus
    _mode: np.ndarray = field(init=False)
    _new: tuple[np.ndarray, np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        """Put to sleep what comes later; remember what a new block looks like."""
        self._mode = self.blocks.blocks.rating[block.MODE].copy()
        self._new = self.blocks.state.copy(), self.blocks.age.copy()
        for b, year in enumerate(self.wakes):
            if year > 0:
                self.blocks.blocks.rating[block.MODE, b] = block.DEAD

    def begin_year(self, year: int) -> tuple[tuple[str, str], ...]:
        """Wake the blocks of this year, renew those that are worn out; returns what was done."""
        done = []
        for b, wakes in enumerate(self.wakes):
            name = self.owner[b].split(".")[1]
            worn_frac = self.campus.battery[name].replace_below_frac
            if wakes == year and year > 0:
                self._renew(b)
                done.append((self.label[b], "added"))
            elif wakes < year and worn_frac is not None and self.blocks.age[block.CAPACITY, b] < worn_frac:
                left = self.blocks.age[block.CAPACITY, b]
                self._renew(b)
                done.append((self.label[b], f"renewed at {left:.1%} of its first capacity"))
        if done or year == 0:
            self._share_power()
        return tuple(done)

    def _renew(self, b: int) -> None:
        self.blocks.state[:, b], self.blocks.age[:, b] = self._new[0][:, b], self._new[1][:, b]
        self.blocks.blocks.rating[block.MODE, b] = self._mode[b]

    def _share_power(self) -> None:
        """A battery keeps its converters: their power is shared by the nameplate of the blocks that are awake."""
        rating = self.blocks.blocks.rating
        for path in dict.fromkeys(self.owner):
            unit = self.campus.battery[path.split(".")[1]]
            mine = [
                b
                for b, owner in enumerate(self.owner)
                if owner == path and rating[block.MODE, b] != block.DEAD
            ]
            whole = rating[block.NAMEPLATE_MWH, mine].sum()
            for b in mine:
                part = rating[block.NAMEPLATE_MWH, b] / whole
                rating[block.DISCHARGE_MW, b] = unit.power_mw * part
                rating[block.CHARGE_MW, b] = unit.power_mw * unit.charge_power_frac * part


def make_fleet(campus: Campus, reservoir: bool = False, ageing: bool = True, years: int = 1) -> Fleet:
    """Blocks of every battery that has power and energy.

    Args:
        campus: Sizes stand.
        reservoir: The plan's battery: constant efficiencies, no ageing.
        ageing: False: cells as they begin, for ever.
        years: Years of the run; augmentations after it are left out.
    """
    specs, owner, label, wakes = [], [], [], []
    for name, unit in campus.battery.items():
        if not (unit.power_mw > 0.0 and unit.energy_mwh > 0.0):
            continue
        path = f"battery.{name}"
        specs.append(block_of(unit, name=path, base_dir=campus.base_dir, reservoir=reservoir))
        owner.append(path)
        label.append(path)
        wakes.append(0)
        for stage, more in unit.augmentation.items():
            if more.year < years and not reservoir:
                label.append(f"{path}.augmentation.{stage}")
                specs.append(block_of(_added(unit, more), name=label[-1], base_dir=campus.base_dir))
                owner.append(path)
                wakes.append(more.year)
    if not ageing:
        specs = [replace(spec, laws=None) for spec in specs]
    fleet = Fleet(make_blocks(specs or [NONE]), tuple(owner), tuple(label), tuple(wakes), campus)
    if not specs:
        fleet.blocks.blocks.rating[block.MODE] = block.DEAD
    return fleet


def most_auxiliary_mw(campus: Campus) -> float:
    """What the cooling and controls of all batteries draw at most [MW]: full cooling on a day hotter than the COP's."""
    kw = 0.0
    for unit in campus.battery.values():
        climate = unit.climate
        cooling = (
            0.0
            if climate.kind == "none"
            else HOT * climate.cooling_kw_per_mwh / climate.cop + climate.fan_kw_per_mwh
        )
        kw += (cooling + climate.idle_kw_per_mwh) * unit.energy_mwh / unit.usable_frac
        kw += 1000.0 * (unit.converter.standby_frac + unit.transformer.no_load_frac) * unit.power_mw
    return kw / 1000.0


def _added(unit: Battery, more) -> Battery:
    """The battery that an augmentation adds: new cells on the same converters."""
    power = unit.power_mw * more.energy_mwh / (unit.energy_mwh + more.energy_mwh)
    values = {"energy_mwh": more.energy_mwh, "power_mw": power, "start": type(unit.start)(soc=unit.start.soc)}
    if more.chemistry is not None:
        values["chemistry"] = more.chemistry
    return unit.model_copy(update=values)
