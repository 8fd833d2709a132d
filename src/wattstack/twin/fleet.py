"""The batteries of a campus as blocks of the twin: those that stand, those that are added later, those renewed.

Needs    campus.Battery, control.strip, physics (block_of, make_blocks, outside), physics.kernel, the layout here.
Gives    Fleet, make_fleet, most_auxiliary_mw.
Used by  twin.year, prove.

A battery is one block, or one for each group where it strips, and one more for each augmentation; a later block is
there from the beginning of the run as a dead one, so that nothing is compiled or allocated anew, and wakes at its
year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from wattstack.campus import Battery, Campus, Strip
from wattstack.control import StripGroup, strip_of, strip_table
from wattstack.control.kernel import strip
from wattstack.physics import BlockSet, BlockSpec, Make, block_of, cell_of, make_blocks, of_make, outside
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.ageing import new_age
from wattstack.twin.kernel import layout as out

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
        strip: Table of what strips and when (control.strip_table).
        specs: What each block is made from; empty without a battery.
    """

    blocks: BlockSet
    owner: tuple[str, ...]
    label: tuple[str, ...]
    wakes: tuple[int, ...]
    campus: Campus
    strip: np.ndarray
    specs: tuple[BlockSpec, ...]
    _mode: np.ndarray = field(init=False)
    _new: tuple[np.ndarray, np.ndarray] = field(init=False)
    _low: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Put to sleep what comes later; remember what a new block looks like."""
        self._mode = self.blocks.blocks.rating[block.MODE].copy()
        self._new = self.blocks.state.copy(), new_age(self.blocks.ageing, len(self.label))
        self._low = self.blocks.blocks.rating[block.SOC_LOW].copy()
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

    def extrapolated(self, kept: np.ndarray) -> Iterator[str]:
        """Where a year left the range that the law of a block was fitted in; `kept` is the record of the blocks."""
        for b, spec in enumerate(self.specs):
            laws = spec.laws
            if laws is None or laws.law is None or self.blocks.blocks.rating[block.MODE, b] == block.DEAD:
                continue
            temp, soc = kept[out.B_TEMP, b], kept[out.B_SOC, b]
            c_rate = (
                np.abs(kept[out.B_INJECTION, b]).max() / self.blocks.blocks.rating[block.NAMEPLATE_MWH, b]
            )
            fits = laws.law.fits
            for sentence in outside(
                laws,
                temp_degc=(temp.min(), temp.max()),
                soc=(soc.min(), soc.max()),
                c_rate=(fits.c_rate[0], max(c_rate, fits.c_rate[0])),  # rests are in every range
            ):
                yield f"{self.label[b]}: {sentence}"

    def _renew(self, b: int) -> None:
        self.blocks.state[:, b], self.blocks.age[:, b] = self._new[0][:, b], self._new[1][:, b]
        self.blocks.blocks.rating[block.MODE, b] = self._mode[b]
        self.blocks.blocks.rating[block.SOC_LOW, b] = self._low[b]
        if self.strip.shape[1]:
            self.strip[[strip.PHASE, strip.DUE, strip.HEAD_START], b] = 0.0

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
                block.follow(rating, b)


def make_fleet(
    campus: Campus, reservoir: bool = False, ageing: bool = True, years: int = 1, make: Make | None = None
) -> Fleet:
    """Blocks of every battery that has power and energy.

    Args:
        campus: Sizes stand.
        reservoir: The plan's battery: constant efficiencies, no ageing.
        ageing: False: cells as they begin, for ever.
        years: Years of the run; augmentations after it are left out.
        make: Cells of one make of many; None: as their laws say.
    """
    members = [
        member
        for name, unit in campus.battery.items()
        if unit.power_mw > 0.0 and unit.energy_mwh > 0.0
        for member in _members(campus, name, unit, reservoir, years)
    ]
    specs = [member.spec if ageing else replace(member.spec, laws=None) for member in members]
    specs = specs if make is None else of_make(specs, make)
    owner = tuple(f"battery.{member.name}" for member in members)
    places = {path: place for place, path in enumerate(dict.fromkeys(owner))}
    groups = [
        StripGroup(member.strip, places[path], member.group, member.spec.soc_low)
        for member, path in zip(members, owner, strict=True)
    ]
    fleet = Fleet(
        make_blocks(specs or [NONE]), owner, tuple(member.spec.name for member in members),
        tuple(member.wakes for member in members), campus, strip_table(groups), tuple(specs),
    )  # fmt: skip
    if not specs:
        fleet.blocks.blocks.rating[block.MODE] = block.DEAD
    return fleet


class _Member(NamedTuple):
    """A block to be: of which battery, awake from which year, which group where it strips."""

    name: str
    spec: BlockSpec
    wakes: int
    strip: Strip | None
    group: int


def _members(campus: Campus, name: str, unit: Battery, reservoir: bool, years: int) -> Iterator[_Member]:
    """The groups of a battery, then what is added to it later: one more group where that strips too."""
    path = f"battery.{name}"
    asked = None if reservoir else strip_of(unit)
    count = 1 if asked is None else asked.groups
    whole = block_of(unit, name=path, base_dir=campus.base_dir, reservoir=reservoir)
    for group in range(count):
        label = path if count == 1 else f"{path}.group.{group + 1}"
        part = replace(
            whole, name=label, nameplate_mwh=whole.nameplate_mwh / count, discharge_mw=whole.discharge_mw / count,
            charge_mw=whole.charge_mw / count,
        )  # fmt: skip
        yield _Member(name, part, 0, asked, group)
    for stage, more in unit.augmentation.items():
        if more.year < years and not reservoir:
            added = _added(unit, more)
            spec = block_of(added, name=f"{path}.augmentation.{stage}", base_dir=campus.base_dir)
            yield _Member(name, spec, more.year, strip_of(added), count)


def most_auxiliary_mw(campus: Campus) -> float:
    """What cooling, pumps and controls of all batteries draw at most [MW]: full cooling on the hottest day."""
    kw = 0.0
    for unit in campus.battery.values():
        climate = unit.climate
        cooled = 0.0 if climate.kind == "none" else HOT * climate.cooling_kw_per_mwh / climate.cop
        # fans blow where nothing cools, too
        per_mwh = cooled + climate.fan_kw_per_mwh + climate.idle_kw_per_mwh
        if unit.chemistry is not None:
            cell = cell_of(unit.chemistry)
            per_mwh += 1000.0 * cell.auxiliary_w / cell.energy_wh  # pumps
        kw += per_mwh * unit.energy_mwh / unit.usable_frac
        kw += 1000.0 * (unit.converter.standby_frac + unit.transformer.no_load_frac) * unit.power_mw
    return kw / 1000.0


def _added(unit: Battery, more) -> Battery:
    """The battery that an augmentation adds: new cells on the same converters."""
    power = unit.power_mw * more.energy_mwh / (unit.energy_mwh + more.energy_mwh)
    values = {"energy_mwh": more.energy_mwh, "power_mw": power, "start": type(unit.start)(soc=unit.start.soc)}
    if more.chemistry is not None:
        values |= {"chemistry": more.chemistry, "strip": None}
    return unit.model_copy(update=values)
