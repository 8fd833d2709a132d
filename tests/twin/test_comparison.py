"""Bands over draws, what is set against the first chemistry, and which conclusions hold in every scenario."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.twin.comparison_made import NAMES, comparison, worth, years
from wattstack.errors import InputError
from wattstack.twin import Comparison, write_comparison
from wattstack.twin.comparison import band


def test_a_band_of_nine_lies_near_its_ends_and_leaves_out_what_is_no_number():
    low, middle, high = band([*range(1, 10), np.nan])
    assert (low, middle, high) == (1.4, 5.0, 8.6)
    assert np.isnan(band([np.nan])).all()


def test_the_reference_differs_from_itself_in_nothing():
    own = comparison().by_draw().loc[NAMES[0]]
    assert (own["difference"] == 0.0).all()


def test_a_difference_is_taken_in_the_same_draw():
    told = comparison().bands()
    assert told["zinc-halogen-eos"]["difference"] == (300e6, 300e6, 300e6)
    assert told["zinc-halogen-eos"]["present_value"] == (1300.1e6, 1301e6, 1301.9e6)


def test_a_year_against_the_reference_is_what_is_above_it():
    bands = comparison().by_year("running_cost", against=True)
    assert bands.loc[(NAMES[0], 1)].tolist() == [0.0, 0.0, 0.0]
    assert bands.loc[(NAMES[1], 2)].tolist() == [200e6, 200e6, 200e6]


def test_the_round_trip_with_auxiliaries_is_over_all_years():
    told = comparison().by_draw()
    assert told.loc[("lfp-grid-2026", 0), "round_trip_net_eff"] == pytest.approx(0.9)


def test_hours_with_a_short_reserve_are_those_of_the_draw():
    told = comparison().by_draw()
    assert told.loc[(NAMES[-1], 0), "reserve_short_h"] == 6.0
    assert told.loc[(NAMES[-1], 1), "reserve_short_h"] == 0.0


def test_what_holds_in_all_three_scenarios_is_told_apart_from_what_hangs_on_one():
    holds, *hangs = comparison().conclusions()
    assert holds.startswith("Against lfp-grid-2026, in all three zinc-halogen scenarios")
    assert "costs more over 2 years" in holds
    assert "gives back less of what it takes" in holds
    assert "usable energy" not in holds
    assert any("has kept more of its usable energy at the end (zinc-halogen-claim)" in text for text in hangs)
    assert any("(zinc-halogen-eos, zinc-halogen-classic)" in text for text in hangs)


def test_what_differs_by_the_make_alone_is_no_conclusion():
    table = worth()
    table.loc[table["draw"] == 0, "present_value"] = 1e9  # in one make of three all cost the same
    table.loc[(table["draw"] == 1) & (table["chemistry"] != NAMES[0]), "present_value"] = 9e8
    told = comparison(worth=table).conclusions()
    assert "costs" not in told[0]


def test_where_nothing_holds_that_is_said():
    same = years()
    for column in ("usable_frac", "discharged_mwh", "auxiliary_mwh", "running_cost"):
        same[column] = 1.0
    table = worth()
    table["present_value"] = 1e9
    told = comparison(years=same, worth=table)
    told = replace(told, limits=told.limits.iloc[:0])
    assert told.conclusions() == (
        "Against lfp-grid-2026, in all three zinc-halogen scenarios and in nine makes of ten, the battery differs in "
        "nothing that holds.",
    )


def test_one_scenario_alone_gives_no_conclusion():
    assert comparison(names=NAMES[:2]).conclusions() == ()
    assert comparison(names=NAMES[1:]).conclusions() == ()


def test_auxiliaries_of_different_sizes_are_not_compared():
    table = years()
    table.loc[table["chemistry"] != NAMES[0], "auxiliary_mwh"] = 1e6
    assert "auxiliaries" in comparison(years=table).conclusions()[0]
    assert "auxiliaries" not in comparison(years=table, replanned=True).conclusions()[0]


def test_the_folder_holds_every_draw_and_the_same_bytes_twice(tmp_path):
    for name in ("one", "two"):
        write_comparison(comparison(), tmp_path / name)
    files = {p.name: p.read_bytes() for p in (tmp_path / "one").iterdir()}
    assert set(files) == {"comparison.json", "years.csv", "worth.csv", "limits.csv", "sizes.csv"}
    assert files == {p.name: p.read_bytes() for p in (tmp_path / "two").iterdir()}
    told = json.loads(files["comparison.json"])
    assert told["bands"]["zinc-halogen-eos"]["difference"] == {"low": 300e6, "middle": 300e6, "high": 300e6}
    assert told["by_year"]["lfp-grid-2026"]["2"]["middle"] == pytest.approx(90.0)
    assert files["years.csv"].count(b"\n") == 1 + 4 * 3 * 2


def test_what_is_not_defined_is_null_in_the_file(tmp_path):
    table = worth()
    table.loc[table["chemistry"] == NAMES[1], "break_even_per_mwh"] = np.nan
    write_comparison(comparison(worth=table), tmp_path / "out")
    told = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert told["bands"][NAMES[1]]["break_even_per_mwh"] == {"low": None, "middle": None, "high": None}


def test_a_comparison_is_read_back_as_it_was_written(tmp_path):
    write_comparison(comparison(), tmp_path / "out")
    again = Comparison.read(tmp_path / "out")
    write_comparison(again, tmp_path / "again")
    for name in ("comparison.json", "years.csv", "worth.csv", "limits.csv", "sizes.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert again.chemistries == comparison().chemistries and again.inputs == comparison().inputs


def test_a_folder_that_holds_no_comparison_of_this_layout_is_refused_in_words(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Comparison.read(tmp_path)
    write_comparison(comparison(), tmp_path / "out")
    (tmp_path / "out" / "comparison.json").write_text('{"wattstack_comparison": 0}')
    with pytest.raises(InputError, match="another version"):
        Comparison.read(tmp_path / "out")
