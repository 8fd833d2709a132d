"""Chemistries compared on the small campus: equal terms, the same bits, money by hand, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wattstack.errors import InputError
from wattstack.twin import Trial, compare_chemistries
from wattstack.twin.chemistry_worth import Priced, present_value_of

NAMES = ["lfp-grid-2026", "zinc-halogen-claim", "zinc-halogen-eos"]
QUICK = Trial(years=3, draws=3, step="30min", workers=1)
RULES = {"kind": "rules"}


@pytest.fixture(scope="module")
def compared(small):
    return compare_chemistries(small(control=RULES), NAMES, QUICK)


def test_all_chemistries_have_the_sizes_of_the_campus(compared):
    assert compared.sizes.loc["battery.main.energy_mwh"].tolist() == [30.0, 30.0, 30.0]
    assert compared.chemistries == tuple(NAMES)
    assert len(compared.years) == 3 * 3 * 3


def test_the_answer_is_the_same_for_any_number_of_workers(small, compared):
    again = compare_chemistries(small(control=RULES), NAMES, replace(QUICK, workers=2))
    pd.testing.assert_frame_equal(again.years, compared.years, check_exact=True)
    pd.testing.assert_frame_equal(again.worth, compared.worth, check_exact=True)


def test_makes_differ_in_what_they_keep(compared):
    last = compared.years[compared.years["year"] == 3]
    for _, own in last.groupby("chemistry"):
        assert own["usable_frac"].nunique() == 3
        assert own["usable_frac"].between(0.9, 1.0).all()


def test_zinc_alone_is_stripped(compared):
    hours = compared.by_draw()["strip_h_per_year"].groupby(level="chemistry").min()
    assert hours["lfp-grid-2026"] == 0.0
    assert hours["zinc-halogen-eos"] > hours["zinc-halogen-claim"] > 0.0


def test_at_its_break_even_price_a_chemistry_costs_what_the_first_does(compared):
    worth = compared.worth.set_index(["chemistry", "draw"])
    price = compared.finance["capital_per_mwh"]["zinc-halogen-eos"]
    ours, first = worth.loc["zinc-halogen-eos"], worth.loc["lfp-grid-2026"]
    moved = ours["present_value"] + (ours["break_even_per_mwh"] - price) * ours["energy_mwh"]
    assert moved.to_numpy() == pytest.approx(first["present_value"].to_numpy(), rel=1e-9)
    own = compared.finance["capital_per_mwh"]["lfp-grid-2026"]
    assert first["break_even_per_mwh"].to_numpy() == pytest.approx(own)


def test_parts_sum_to_the_present_value(compared):
    parts = compared.worth[["capital", "running", "upkeep", "renewal", "residual"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(compared.worth["present_value"].to_numpy())
    assert (compared.worth["residual"] < 0.0).all()


def test_prices_are_the_librarys_in_the_currency_of_the_campus(compared):
    assert compared.finance["capital_per_mwh"]["lfp-grid-2026"] == 100000 * 150
    assert {one["name"] for one in compared.library} >= set(NAMES)
    assert compared.passports[1]["confidence"] == "low"


def test_replanned_sizes_are_no_faster_than_the_cells(small):
    sizes = {"power_mw": {"max": 40}, "energy_mwh": {"min": 5, "max": 100}}
    campus = small(battery={"main": sizes}, control=RULES)
    told = compare_chemistries(campus, NAMES[::2], replace(QUICK, years=1, draws=1, replan=True))
    power, energy = told.sizes.loc["battery.main.power_mw"], told.sizes.loc["battery.main.energy_mwh"]
    assert power["lfp-grid-2026"] <= 0.5 * energy["lfp-grid-2026"] / 0.95 * (1 + 1e-9)
    assert power["zinc-halogen-eos"] <= 0.35 * energy["zinc-halogen-eos"] * (1 + 1e-9)
    assert told.replanned


def test_a_campus_of_ranges_is_planned_once_for_equal_sizes(small):
    campus = small(
        battery={"main": {"power_mw": {"min": 5, "max": 40}, "energy_mwh": {"min": 20, "max": 80}}},
        control=RULES,
    )
    told = compare_chemistries(
        campus, ["lfp-grid-2026", "zinc-halogen-classic"], replace(QUICK, years=1, draws=1)
    )
    assert told.sizes["lfp-grid-2026"].equals(told.sizes["zinc-halogen-classic"])


def test_a_power_that_the_cells_cannot_give_is_told(small):
    campus = small(battery={"main": {"power_mw": 12, "energy_mwh": 30}}, control=RULES)
    told = compare_chemistries(campus, ["library:zinc-halogen-classic"], replace(QUICK, years=1, draws=1))
    assert any("cannot give all its power" in note for note in told.notes)
    assert told.conclusions() == ()


def test_the_battery_of_most_energy_is_replaced_and_the_others_stay(small):
    more = {"chemistry": "library:lto-2026", "power_mw": 5, "energy_mwh": 1}
    told = compare_chemistries(
        small(battery={"quick": more}, duties=None, control=RULES),
        NAMES[:1],
        replace(QUICK, years=1, draws=1),
    )
    assert told.battery == "main"
    assert "battery.main is replaced; battery.quick stays as it is." in told.notes
    assert told.years["usable_mwh"].iloc[0] == pytest.approx(30.0, rel=0.01)


@pytest.mark.parametrize(
    ("names", "trial", "words"),
    [
        ([], QUICK, "are none"),
        (["lfp-grid-2026", "library:lfp-grid-2026"], QUICK, "is named twice"),
        (["lfp-grid"], QUICK, "Nearest: 'lfp-grid-2026'"),
        (NAMES, replace(QUICK, years=0), "must be 1 or more"),
        (NAMES, replace(QUICK, draws=0), "must be 1 or more"),
        (NAMES, replace(QUICK, replan=True), "must be ranges to be planned"),
    ],
)
def test_what_cannot_be_compared_is_refused(small, names, trial, words):
    with pytest.raises(InputError, match=words):
        compare_chemistries(small(control=RULES), names, trial)


def test_a_campus_without_a_battery_or_an_exchange_is_refused(small):
    with pytest.raises(InputError, match="must be there to be replaced"):
        compare_chemistries(small(battery=None, duties=None), NAMES, QUICK)
    own = {"chemistry": None, "charge_eff": 0.95, "discharge_eff": 0.95}
    with pytest.raises(InputError, match=r"finance\.exchange\.USD"):
        compare_chemistries(small(finance=None, battery={"main": own}), NAMES, QUICK)


def test_a_battery_that_does_not_pay_is_not_run(small):
    dear = small(
        battery={"main": {"power_mw": {"max": 10}, "energy_mwh": {"max": 30}}},
        finance={"exchange": {"USD": 15000}}, duties=None, control=RULES,
    )  # fmt: skip
    with pytest.raises(InputError, match="does not pay here"):
        compare_chemistries(dear, NAMES[:1], replace(QUICK, replan=True))


class _Year:
    """What the money needs of a year: what was renewed, and what is left of each block."""

    def __init__(self, year: int, events: tuple = (), capacity: float = 1.0):
        self.year, self.events = year, events
        index = ["battery.main", "battery.main.augmentation.more", "battery.other"]
        self.batteries = pd.DataFrame({"capacity_frac": [capacity, 1.0, 1.0]}, index=index)


def money(**changes) -> Priced:
    table = pd.DataFrame(
        {"capital": [100.0, 1000.0], "fixed_per_year": [10.0, 0.0], "life_years": [4.0, 10.0]},
        index=["battery.main.power_mw", "battery.main.energy_mwh"],
    )
    values = {
        "table": table, "path": "battery.main", "price_per_mwh": 10.0, "nameplate_mwh": 100.0, "life_years": 10.0,
        "renew_frac": 0.6, "added": {"battery.main.augmentation.more": 20.0}, "rate_frac": 0.0, "pass_years": 1.0,
    }  # fmt: skip
    return Priced(**(values | changes))


def test_present_value_by_hand_without_interest():
    # 2 of 10 years of cells gone: 80 % by life, (0.8 - 0.6) / 0.4 = 50 % by fade counts; converters 2 of 4 years
    told = present_value_of(money(), [_Year(0), _Year(1, capacity=0.8)], [5.0, 7.0])
    assert told["capital"] == 1100.0
    assert told["running"] == 12.0
    assert told["upkeep"] == 20.0
    assert told["renewal"] == 0.0
    assert told["residual"] == pytest.approx(-(0.5 * 1000.0 + 0.5 * 100.0))
    assert told["energy_mwh"] == pytest.approx(50.0)
    assert told["present_value"] == pytest.approx(1100 + 12 + 20 - 550)


def test_cells_renewed_and_added_are_paid_in_their_year_and_credited_by_their_own_age():
    done = (("battery.main", "renewed at 59.0 % of its first capacity"), ("battery.main.augmentation.more", "added"),
            ("battery.other", "renewed"))  # fmt: skip
    told = present_value_of(money(rate_frac=0.25), [_Year(0), _Year(1, done)], [0.0, 0.0])
    assert told["renewal"] == pytest.approx((1000.0 + 200.0) / 1.25)
    assert told["residual"] == pytest.approx(-(0.9 * 1200.0 + 0.5 * 100.0) / 1.25**2)
    assert told["energy_mwh"] == pytest.approx(100.0 + 120.0 / 1.25 - 0.9 * 120.0 / 1.25**2)


def test_what_wears_out_within_the_run_is_bought_again():
    told = present_value_of(money(), [_Year(y) for y in range(6)], [0.0] * 6)
    assert told["renewal"] == 100.0  # converters after 4 years
    assert told["residual"] == pytest.approx(-(0.4 * 1000.0 + 0.5 * 100.0))


def test_a_year_is_discounted_by_the_years_of_its_pass():
    short = present_value_of(money(rate_frac=0.21, pass_years=0.5), [_Year(0), _Year(1)], [1.1, 1.21])
    assert short["running"] == pytest.approx(2.0)
    assert short["upkeep"] == pytest.approx(5.0 / 1.1 + 5.0 / 1.21)
    assert np.isfinite(short["present_value"])
