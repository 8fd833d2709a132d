"""The page of the chemistries says what their cells come to when they are computed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from wattstack.library import names
from wattstack.physics import Steady, ageing_of, cell_of, dc_round_trip, fade

PAGE = (Path(__file__).parents[2] / "docs" / "chemistries.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if re.match(r"\| `[a-z0-9-]+` \| [\d.]+ \|", line)
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


def test_every_chemistry_stands_in_the_page():
    assert set(ROWS) == set(names("chemistries")) - {"zinc-halogen"}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_what_is_computed(name):
    nominal, rate, trips, left, strip, law, low = ROWS[name]
    cell = cell_of(name)
    c_rate = min(cell.charge_c_rate, cell.discharge_c_rate)
    assert (float(nominal), float(rate)) == (cell.nominal_v, c_rate)
    found = 100 * dc_round_trip(cell, [c_rate / 4, c_rate / 2, c_rate])
    said = [float("nan") if word == "-" else float(word) for word in trips.split(", ")]
    assert found == pytest.approx(said, abs=0.15, nan_ok=True)
    strip_days = cell.maintenance["strip_days"] if cell.maintenance else None
    assert strip == (f"{strip_days:g}" if strip_days else "-")
    duty = Steady(dod=0.8, c_rate=min(0.25, c_rate), cycles_per_day=0.8)
    after = fade(ageing_of(cell), duty, 10, strip_days=strip_days).capacity_frac[-1]
    assert 100 * after == pytest.approx(float(left), abs=0.6)
    first = cell.laws[0]["law"]
    assert law == f"[{first}](laws/{first}.md)"
    assert low == f"{np.sum([row.confidence == 'low' for row in cell.passport])} of {len(cell.passport)}"
