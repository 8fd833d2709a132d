"""Plan and twin agree on what comes from outside and on the bill."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.twin import Setting, Twin
from wattstack.twin.kernel import layout as at


@pytest.fixture(scope="module")
def twin(small):
    return Twin(small(control={"kind": "rules"}), step="15min")


def test_load_prices_and_limits_of_the_twin_are_the_plans_on_shorter_steps(twin):
    drive, case = twin.drive(Setting(sure=True), 0).outside, twin.reference.case
    by_plan = drive.reshape(at.NDRIVE, case.axis.count, -1).mean(axis=2)
    assert np.allclose(by_plan[at.D_LOAD], case.load_mw, rtol=1e-12)
    assert np.allclose(by_plan[at.D_BUY], case.buy_price_per_mwh, rtol=1e-12)
    assert np.all(by_plan[at.D_IMPORT_LIMIT] == case.campus.grid.connection.firm_mw)


def test_the_reserve_of_the_twin_is_the_plans_less_the_margin_that_its_controller_adds(twin):
    backup, case = twin.campus.duties.backup, twin.reference.case
    reserve = twin.drive(Setting(), 0).outside[at.D_RESERVE][::2]
    assert np.allclose(reserve, case.reserve_mwh * (1.0 - backup.soc_error_frac), rtol=1e-9)


def test_targets_of_the_peaks_are_the_plans_peaks(twin):
    peaks = {name.rsplit(".", 1)[-1]: mw for name, mw in twin.reference.peaks_mw.items()}
    assert dict(zip(twin.case.month_names, twin.targets(), strict=True)) == pytest.approx(peaks)
