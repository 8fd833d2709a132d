"""Strip of zinc, tick by tick: whose turn it is, what is given, what is nobody's reserve meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.campus import Battery, Campus, Strip
from wattstack.control import StripGroup, strip_of, strip_table, strips_of
from wattstack.control.kernel import strip as at
from wattstack.physics import BlockSpec, ageing_of, cell_of, make_blocks
from wattstack.physics.kernel import layout as block
from wattstack.physics.kernel.batch import advance_all, limits_all
from wattstack.physics.kernel.stored import stored_mwh

STEP_H = 0.25
WEEKLY = Strip(every_days=3, rest_h=2, at_hour=2, groups=4)


class Site:
    """A zinc battery of 40 MWh in groups on a load, with a clock; every tick is a quarter of an hour.

    Its store is kept by hand: what is given leaves it, without loss.
    """

    def __init__(
        self, strip: Strip = WEEKLY, load_mw: float = 10.0, reserve_mwh: float = 0.0, soc: float = 0.6
    ):
        cell = cell_of("library:zinc-halogen-eos")
        n = strip.groups
        spec = {"nameplate_mwh": 40.0 / n, "discharge_mw": 10.0 / n, "charge_mw": 10.0 / n, "start_soc": soc}
        self.set = make_blocks([BlockSpec(f"g{g}", cell, ageing_of(cell), **spec) for g in range(n)])
        self.fleet = self.set.blocks, self.set.ageing
        self.table = strip_table([StripGroup(strip, 0, g, 0.0) for g in range(n)])
        self.free, self.setpoint = np.ones(n), np.zeros(n)
        self.limits, self.flows = np.zeros((2, n)), np.zeros((block.NFLOW, n))
        self.load_mw, self.reserve_mwh, self.grid_on, self.hour = load_mw, reserve_mwh, 1.0, 0.0
        self.uncounted_mwh = 0.0

    def look(self) -> None:
        """What each group could give."""
        rating = self.set.blocks.rating
        stored = self.set.state[block.SOC] * rating[block.NAMEPLATE_MWH]
        self.limits[block.CAN_DISCHARGE] = np.minimum(rating[block.DISCHARGE_MW], stored / STEP_H)

    def move(self) -> None:
        """What is given leaves the store."""
        given = self.setpoint * STEP_H / self.set.blocks.rating[block.NAMEPLATE_MWH]
        self.set.state[block.SOC] -= given
        self.set.state[block.SINCE_STRIP] += STEP_H

    def tick(self) -> None:
        self.look()
        self.setpoint[:] = 0.0
        site = (self.load_mw, self.grid_on, self.reserve_mwh, 0.02)
        self.uncounted_mwh = at.strip_step(
            self.table, self.hour % 24.0, STEP_H, site, self.fleet, self.set.state, self.set.age, self.limits,
            self.free, self.setpoint,
        )  # fmt: skip
        self.move()
        self.hour += STEP_H

    def run(self, hours: float) -> np.ndarray:
        """Phases (ticks, groups)."""
        phases = []
        for _ in range(round(hours / STEP_H)):
            self.tick()
            phases.append(self.table[at.PHASE].copy())
        return np.array(phases)

    def until(self, phase: float, most_h: float = 96.0) -> int:
        """Tick until some group is in this phase; which."""
        for _ in range(round(most_h / STEP_H)):
            self.tick()
            if (self.table[at.PHASE] == phase).any():
                return int(np.argmax(self.table[at.PHASE] == phase))
        raise AssertionError("it never came")


class RealSite(Site):
    """The same with the cells of the twin."""

    def look(self) -> None:
        limits_all(self.set.blocks, self.set.state, self.set.age, 20.0, STEP_H * 3600.0, self.limits)

    def move(self) -> None:
        advance_all(
            *self.fleet, self.set.state, self.set.age, self.setpoint, 20.0, STEP_H * 3600.0, self.flows
        )


@pytest.fixture(scope="module")
def fortnight() -> tuple[Site, np.ndarray]:
    """Phases of two weeks in which nothing but the strip happens, kept half full by nobody."""
    site = Site()
    phases = []
    for _ in range(14 * 96):
        site.tick()
        out = site.table[at.PHASE] == at.SERVICE
        site.set.state[block.SOC, out] = 0.6  # the rules charge what is in service
        phases.append(site.table[at.PHASE].copy())
    return site, np.array(phases)


@pytest.mark.tiny
def test_one_group_of_a_battery_strips_at_a_time(fortnight):
    assert ((fortnight[1] != at.SERVICE).sum(axis=1) <= 1).all()


@pytest.mark.tiny
def test_no_group_waits_longer_than_its_days(fortnight):
    phases = fortnight[1]
    for group in range(4):
        starts = np.flatnonzero(np.diff((phases[:, group] != at.SERVICE).astype(int)) == 1)
        assert len(starts) >= 4
        assert (np.diff(starts) * STEP_H <= 72.0 + STEP_H).all()
        assert starts[0] * STEP_H <= 72.0


@pytest.mark.tiny
def test_a_round_opens_at_its_hour(fortnight):
    phases = fortnight[1]
    busy = (phases != at.SERVICE).any(axis=1)
    begins = (np.flatnonzero(np.diff(busy.astype(int)) == 1) + 1) * STEP_H
    days, first = np.unique(begins // 24.0, return_index=True)
    assert len(days) > 5
    assert (begins[first] % 24.0 == 2.0).all()


@pytest.mark.tiny
def test_groups_come_in_turn(fortnight):
    counts = fortnight[0].table[at.COUNT]
    assert counts.min() >= 4
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("kind", [pytest.param(Site, marks=pytest.mark.tiny), RealSite])
def test_a_group_is_emptied_before_it_rests(kind):
    site = kind()
    group = site.until(at.RESTING)
    assert site.set.state[block.SOC, group] <= at.LAST_SOC


@pytest.mark.tiny
def test_a_rest_is_as_long_as_asked():
    site = Site()
    group = site.until(at.RESTING)
    ticks = 1
    while site.table[at.PHASE, group] == at.RESTING:
        site.tick()
        ticks += 1
    assert ticks * STEP_H == WEEKLY.rest_h


@pytest.mark.tiny
def test_emptying_feeds_the_load_and_never_the_grid():
    site = Site(load_mw=0.4)
    group = site.until(at.EMPTYING)
    assert site.setpoint[group] == pytest.approx(0.4)
    site.load_mw = -3.0  # the sun gives more than the campus draws
    site.tick()
    assert site.setpoint[group] == 0.0
    assert site.table[at.PHASE, group] == at.EMPTYING


def test_after_a_strip_the_reversible_loss_is_gone():
    site = RealSite()
    site.set.state[block.SOC] = 0.9
    for _ in range(40):  # cycles build it up
        for power in (2.0, -2.0):
            for _ in range(8):
                asked = np.full(4, power)
                advance_all(*site.fleet, site.set.state, site.set.age, asked, 20.0, 900.0, site.flows)
    lost = site.set.state[block.REVERSIBLE].copy()
    assert (lost > 0.0).all()
    group = site.until(at.RESTING)
    site.run(WEEKLY.rest_h)
    assert site.table[at.COUNT, group] == 1.0
    assert site.set.state[block.REVERSIBLE, group] < 0.05 * lost[group]  # what an hour since has brought
    assert site.set.state[block.SINCE_STRIP, group] <= 1.0


@pytest.mark.tiny
def test_a_group_that_the_reserve_needs_waits_and_counts_no_more():
    site = Site(reserve_mwh=20.0)  # 24 MWh are stored, 18 without a group
    site.run(30.0)
    assert (site.table[at.PHASE] == at.SERVICE).all()
    assert (site.free == 1.0).all()
    assert site.table[at.LATE_H].sum() > 0.0
    waits = int(site.table[at.NEXT, 0]) - 1
    held = stored_mwh(site.set.blocks.rating, site.set.state, site.set.age, waits)
    assert site.uncounted_mwh == pytest.approx(held, rel=0.01)
    site.set.state[block.SOC] = 0.9  # charged by the rules, which missed that energy
    site.tick()
    assert (site.table[at.PHASE] == at.EMPTYING).sum() == 1


@pytest.mark.tiny
def test_an_outage_calls_back_a_group_that_is_not_empty_yet():
    site = Site()
    group = site.until(at.EMPTYING)
    site.grid_on = 0.0
    site.run(1.0)
    assert site.free[group] == 1.0
    assert site.table[at.COUNT, group] == 0.0
    site.grid_on = 1.0
    site.tick()
    assert site.free[group] == 0.0


@pytest.mark.tiny
def test_a_group_at_rest_is_not_called_back_by_an_outage():
    site = Site()
    group = site.until(at.RESTING)
    site.grid_on = 0.0
    site.tick()
    assert site.free[group] == 0.0


@pytest.mark.tiny
def test_cycles_bring_a_strip_forward():
    site = Site(Strip(every_cycles=2, rest_h=1, at_hour=0, groups=2))
    site.run(72.0)
    assert site.table[at.COUNT, 0] <= 1.0  # a head start at most: nothing was cycled
    before = site.table[at.COUNT].copy()
    for _ in range(3 * 24 * 4):
        site.tick()
        site.set.age[at.FULL_CYCLES] += 1.0 / 96.0
    assert (site.table[at.COUNT] > before).any()


@pytest.mark.tiny
def test_batteries_that_never_strip_take_no_table():
    table = strip_table([StripGroup(None, 0, 0, 0.05), StripGroup(None, 1, 0, 0.05)])
    assert table.shape == (at.NSTRIP, 0)


@pytest.mark.tiny
def test_a_battery_that_never_strips_is_left_alone_beside_one_that_does():
    table = strip_table([StripGroup(None, 0, 0, 0.0), StripGroup(WEEKLY, 1, 0, 0.1)])
    assert table[at.BATTERY].tolist() == [-1.0, 1.0]
    assert table[at.WINDOW_LOW, 1] == 0.1


def battery(**more) -> Battery:
    return Battery(power_mw=1, energy_mwh=4, charge_eff=0.9, discharge_eff=0.9, **more)


@pytest.mark.tiny
def test_what_is_declared_comes_before_what_the_chemistry_asks():
    declared = battery(chemistry="library:zinc-halogen-classic", strip=WEEKLY)
    assert strip_of(declared) is declared.strip
    assert strip_of(battery(chemistry="library:zinc-halogen-classic")).every_days == 3.0
    assert strip_of(battery(chemistry="library:lfp-grid-2026")) is None
    assert strip_of(battery()) is None
    units = {"zinc": declared, "lfp": battery()}
    assert list(strips_of(Campus.model_construct(battery=units))) == ["zinc"]
