"""The band of what is not known of the ageing: the course of a run through many makes of its cells."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.physics import BlockSpec, ageing_of, cell_of
from wattstack.twin.makes import COLUMNS, CellCourse, spread_of_makes


def course(chemistry: str, strip_days: float | None = None) -> CellCourse:
    """A charge and a discharge a day, for two days."""
    hours = np.arange(48)
    soc = 0.5 + 0.4 * np.sin(2.0 * np.pi * hours / 24.0)
    cell = cell_of(chemistry)
    spec = BlockSpec("battery.main", cell, ageing_of(cell), 2.0, 1.0, 1.0)
    return CellCourse("battery.main", spec, strip_days, soc, np.full(48, 25.0), 3600.0)


def test_the_band_holds_the_law_and_grows():
    table = spread_of_makes([course("nmc-2026")], years=1)
    assert tuple(table.columns) == COLUMNS
    assert table["year"].tolist() == list(range(11))
    width = (table["capacity_high_frac"] - table["capacity_low_frac"]).to_numpy()
    assert width[0] == 0.0 and (np.diff(width) > 0.0).all()
    assert table["capacity_frac"].between(table["capacity_low_frac"], table["capacity_high_frac"]).all()


def test_resistance_has_a_band_where_the_law_tells_of_it():
    last = spread_of_makes([course("vrla-2026")], years=1).iloc[-1]
    assert last["resistance_high_frac"] > last["resistance_frac"] > last["resistance_low_frac"] > 1.0


def test_a_run_of_more_years_is_told_to_its_end():
    assert spread_of_makes([course("lfp-grid-2026")], years=12)["year"].max() == 12


def test_stripped_zinc_keeps_what_a_strip_brings_back():
    often, seldom = (
        spread_of_makes([course("zinc-halogen-eos", days)], years=1)["capacity_frac"].iloc[-1] for days in (4.0, 40.0)
    )  # fmt: skip
    assert often > seldom


def test_without_a_battery_that_ages_there_is_nothing_to_tell():
    assert spread_of_makes([], years=1).empty


@pytest.mark.parametrize("changes", [{"start": {"age_years": 3.0}}])
def test_a_battery_that_begins_old_is_left_out(changes):
    from tests.twin.conftest import SMALL, merged
    from wattstack.campus import Campus
    from wattstack.physics.kernel import layout as block
    from wattstack.twin.fleet import make_fleet
    from wattstack.twin.kernel import layout as out
    from wattstack.twin.makes import courses_of

    for more, count in (({}, 1), (changes, 0)):
        campus = Campus.model_validate(merged(SMALL, {"battery": {"main": more}}))
        fleet = make_fleet(campus)
        kept = np.full((out.NBLOCK_RECORD, len(fleet.owner), 60), 0.5)
        assert fleet.blocks.blocks.rating[block.MODE, 0] != block.DEAD
        courses = courses_of(fleet, kept, 60.0)
        assert len(courses) == count
        assert all(one.soc.size == 12 and one.step_s == 300.0 for one in courses)
