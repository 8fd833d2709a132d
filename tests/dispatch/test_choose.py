"""Who answers: the kernel where it is exact, else the linear path, and why in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wattstack.dispatch import Amount, Commitment, Problem, Storage, Supply, dispatch_year, why_not_kernel
from wattstack.errors import StateError

pytestmark = pytest.mark.tiny

GRID = Supply("grid", "import", np.array([10.0, 50.0]), Amount(0.0, 1.0, "grid_mw"))
LOST = Supply("lost", "unserved", 900.0, Amount(np.inf))
UNIT = Storage("a", Amount(1.0), Amount(1.0), ceiling=Amount(1.0), start_mwh=0.0)
PLAIN = Problem(1.0, np.array([2.0, 2.0]), (GRID, LOST), (UNIT,))
SIZES = {"grid_mw": 5.0}


def test_one_storage_goes_to_the_kernel():
    assert why_not_kernel(PLAIN, SIZES) is None
    assert dispatch_year(PLAIN, SIZES).solver == "kernel"
    assert dispatch_year(replace(PLAIN, storages=()), SIZES).solver == "kernel"


def test_two_storages_go_to_the_linear_path():
    two = replace(PLAIN, storages=(UNIT, replace(UNIT, name="b")))
    assert why_not_kernel(two) == "a and b are several storages on one bus, the kernel holds one"
    assert dispatch_year(two, SIZES).solver == "piqp"


def test_a_commitment_goes_to_the_integers():
    gas = Supply("gas", "generator", 30.0, Amount(1.0))
    unit = replace(PLAIN, supplies=(GRID, gas, LOST), commitments=(Commitment("gas", 0.5),))
    assert why_not_kernel(unit).startswith("gas has a minimum load or a start cost")
    assert dispatch_year(unit, SIZES).solver == "highs"


def test_a_peak_over_several_steps_goes_to_the_linear_path():
    meter = replace(PLAIN, caps=("peak",), cap_index=np.array([0, 0]), cap_steps=2)
    assert why_not_kernel(meter) == "the peak is metered over 2 steps, the kernel meters every step"
    assert dispatch_year(meter, {**SIZES, "peak": 1.0}).solver == "piqp"
    assert why_not_kernel(replace(PLAIN, cap_steps=2)) is None


def test_selling_above_buying_names_its_first_step():
    sell = Supply("sell", "export", 40.0, Amount(0.0, 1.0, "sell_mw"))
    retail = replace(PLAIN, supplies=(GRID, sell, LOST))
    assert why_not_kernel(retail).startswith("step 0: selling pays more than buying costs")
    assert why_not_kernel(replace(retail, supplies=(replace(GRID, cost_per_mwh=1.0), sell, LOST))).startswith(
        "step 0 and 1 more:"
    )
    assert dispatch_year(retail, {**SIZES, "sell_mw": 1.0}).solver == "highs"


def test_a_line_that_does_not_stand_is_no_reason():
    sell = Supply("sell", "export", 40.0, Amount(0.0, 1.0, "sell_mw"))
    retail = replace(PLAIN, supplies=(GRID, sell, LOST))
    assert dispatch_year(retail, {**SIZES, "sell_mw": 0.0}).solver == "kernel"
    dear = replace(retail, supplies=(replace(GRID, cost_per_mwh=40.0), sell, LOST))
    assert why_not_kernel(dear) is None


def test_a_negative_size_is_refused():
    with pytest.raises(StateError, match="size grid_mw is -1"):
        dispatch_year(PLAIN, {"grid_mw": -1.0})
