"""The twin behind the seam: a live controller that reads and writes decides as the compiled year does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from wattstack.campus import Campus, read_campus
from wattstack.control import Measured, RuleController
from wattstack.errors import InputError
from wattstack.physics.kernel.layout import INJECTION
from wattstack.twin.drive import metering_steps
from wattstack.twin.kernel import layout as out
from wattstack.twin.kernel.year import run_steps
from wattstack.twin.plant import TwinPlant
from wattstack.twin.year import Setting, Twin

SAKAI = Path(__file__).parents[2] / "examples" / "sakai" / "campus.yaml"
SIZES = {
    "battery.main.power_mw": 60.0, "battery.main.energy_mwh": 150.0, "solar.roof.power_mw": 20.0,
    "generator.gas.power_mw": 30.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def sakai(tmp_path_factory) -> Campus:
    """The example for three days under rules, its sizes standing."""
    over = tmp_path_factory.mktemp("sakai") / "rules.yaml"
    over.write_text(
        f"extends: {SAKAI.as_posix()}\n"
        "time: {start: 2022-08-01T00:00+09:00, end: 2022-08-04T00:00+09:00, step: 30min}\n"
        "control: {kind: rules, rules: [limit, reserve, peak, time_of_use, refill]}\n"
    )
    return read_campus(over).sized(SIZES)


def compiled(twin: Twin, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Injection of all blocks and reasons of the compiled loop, (steps,) each."""
    plant = TwinPlant(twin)
    both = plant.fleet.blocks.blocks, plant.fleet.blocks.ageing
    run_steps(
        0, steps, float(twin.case.axis.step_s), plant.drive, plant.rules, 0, both, plant.units, plant.carry,
        plant.book.records,
    )  # fmt: skip
    records = plant.book.records
    return records.blocks[out.B_INJECTION, :, :steps].sum(axis=0), records.record[out.R_REASON, :steps]


def stepped(twin: Twin, steps: int) -> np.ndarray:
    """Injection when a controller reads and writes, (steps,)."""
    plant = TwinPlant(twin)
    interval, _ = metering_steps(twin.case)
    step_s = float(twin.case.axis.step_s)
    controller = RuleController(twin.campus, step_s, interval * step_s, twin.targets())
    given = np.zeros(steps)
    for t in range(steps):
        plant.write(controller.decide(plant.read()))
        given[t] = plant.carry.flows[INJECTION].sum()
    return given


def test_a_live_controller_decides_as_the_compiled_year_for_two_days(sakai):
    twin = Twin(sakai, step="5min")
    steps = 2 * 288
    year, reasons = compiled(twin, steps)
    assert np.ptp(year) > 10.0  # it moves
    assert len(np.unique(reasons)) > 2
    assert np.abs(stepped(twin, steps) - year).max() < 1e-9


def test_a_controller_leaves_groups_that_strip_alone(small):
    zinc = {"chemistry": "library:zinc-halogen-eos", "strip": {"every_days": 2, "rest_h": 2, "groups": 4}}
    campus = small(battery={"main": zinc}, control={"kind": "rules"}, duties=None)
    twin = Twin(campus, step="5min")
    steps = 3 * 288
    year, _ = compiled(twin, steps)
    assert np.abs(stepped(twin, steps) - year).max() < 1e-9


def test_an_image_is_the_same_however_often_it_is_read(sakai):
    plant = TwinPlant(Twin(sakai, step="30min"))
    assert plant.read() == plant.read()


def test_the_book_of_a_stepped_plant_is_that_of_a_year(sakai):
    twin = Twin(sakai, step="30min")
    plant = TwinPlant(twin, Setting(sure=True))
    controller = RuleController(twin.campus, 1800.0)
    for _ in range(4):
        plant.write(controller.decide(plant.read()))
    assert plant.step == 4
    assert (plant.book.record[out.R_IMPORT, :4] > 0.0).all()
    assert (plant.book.record[out.R_IMPORT, 4:] == 0.0).all()


def test_gauges_that_fall_silent_hand_over_to_belief_and_never_stop_the_controller(sakai):
    twin = Twin(sakai, step="5min")
    plant, controller = TwinPlant(twin), RuleController(twin.campus, 300.0, 1800.0, twin.targets())
    for step in range(36):
        image = plant.read()
        if step >= 12:
            lost = dict.fromkeys(image.values, float("nan"))
            image = Measured(image.time_s, lost)
        asked = controller.decide(image)
        plant.write(asked)
    assert asked.power_mw == {"battery.main": 0.0}  # its limits are not known
    assert "load not read" in asked.reason["battery.main"]
    assert "charge not read" in asked.reason["battery.main"]
    assert controller.beliefs["battery.main"].sure_mwh == 0.0


def test_an_image_does_not_count_a_group_that_strips(small):
    zinc = {"chemistry": "library:zinc-halogen-eos", "strip": {"every_days": 2, "rest_h": 2, "groups": 4}}
    plant = TwinPlant(
        Twin(small(battery={"main": zinc}, control={"kind": "rules"}, duties=None), step="30min")
    )
    controller = RuleController(plant.twin.campus, 1800.0)
    seen = set()
    for _ in range(2 * 48):
        image = plant.read()
        there = int(plant.carry.free.sum())
        seen.add(there)
        assert image.values["battery.main.usable_mwh"] == pytest.approx(30.0 * there / 4, rel=0.05)
        if there < 4:
            assert image.values["control.fixed_mw"] >= 0.0
        plant.write(controller.decide(image))
    assert seen == {3, 4}


def test_a_strip_of_the_chemistry_that_leaves_no_reserve_is_refused_before_the_run(small):
    zinc = {"chemistry": "library:zinc-halogen-eos", "power_mw": 5.1, "energy_mwh": 30}
    with pytest.raises(InputError, match=r"battery\.main\.strip\.groups.*while one group strips"):
        Twin(small(battery={"main": zinc}), step="5min")
