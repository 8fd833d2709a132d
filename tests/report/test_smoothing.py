"""The page of a smoothing design: what it shows of mixes with and without a battery, with and without ramps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.prove.smoothing.conftest import COARSE, PRICES, campus, code  # noqa: F401 - fixtures
from wattstack.prove.smoothing import Layer, design_smoothing
from wattstack.report import write_smoothing_page
from wattstack.report.smoothing import is_smoothing


@pytest.fixture(scope="module")
def gentle(campus, code):  # noqa: F811 - the fixtures above
    """A code that the campus keeps as it is."""
    return design_smoothing(campus(), [code(2000, 100)], prices=PRICES, ground=COARSE)


@pytest.fixture(scope="module")
def mixed(campus, code):  # noqa: F811
    """A design with a battery."""
    return design_smoothing(campus(), [code(400, 7)], prices=PRICES, ground=COARSE, chemistries=())


def text_of(plan, folder) -> str:
    return write_smoothing_page(plan, folder / "page.html").read_text(encoding="utf-8")


def test_a_page_without_a_battery_has_no_section_of_one(gentle, tmp_path):
    text = text_of(gentle, tmp_path)
    assert "GPUs as they are keeps every rule" in text
    assert "The battery</h2>" not in text and "It averages over" not in text


def test_a_page_tells_ramps_loop_and_rack_where_they_are(mixed, tmp_path):
    layer = Layer(0.65, 0.02, 0.03, 300.0, 0.4)
    both = replace(mixed, mix=replace(mixed.mix, layer=layer))
    text = text_of(both, tmp_path)
    for said in (
        "Ramp of GPUs up",
        "Ramp of GPUs down",
        "It averages over",
        "Ramp of the fast loop",
        "Its corner",
    ):
        assert said in text
    calm = replace(
        mixed, mix=replace(mixed.mix, loop=replace(mixed.mix.loop, ramp_mw_per_min=None)), cycles={}
    )
    text = text_of(calm, tmp_path)
    assert "Ramp of the fast loop" not in text and "Its corner" in text
    assert "Full cycles a year" not in text


def test_a_page_leaves_out_what_there_is_none_of(mixed, tmp_path):
    none = replace(
        mixed, alternatives=tuple(replace(one, passes=False) for one in mixed.alternatives), stops=(), duty={}
    )
    none = replace(none, mix=replace(none.mix, storage="", loop=None))
    text = text_of(none, tmp_path)
    assert "What it costs</h2>" not in text and "Stops against ramps</h2>" not in text


def test_verdicts_of_a_rule_without_a_value_have_an_empty_cell(mixed, tmp_path):
    first, *rest = mixed.found.verdicts
    blank = replace(
        mixed, found=replace(mixed.found, verdicts=(replace(first, value=None, limit=None), *rest))
    )
    assert "The rules" in text_of(blank, tmp_path)


def test_many_mixes_stand_in_the_table_of_the_folder(mixed, tmp_path):
    many = replace(mixed, alternatives=mixed.alternatives * 20)
    assert "further mixes stand in alternatives.csv" in text_of(many, tmp_path)


def test_a_folder_of_a_design_is_told_from_one_that_was_planned_in(tmp_path, mixed):
    assert not is_smoothing(mixed) and not is_smoothing(tmp_path)
    (tmp_path / "smooth.json").write_text("{}")
    assert is_smoothing(tmp_path) and is_smoothing(str(tmp_path))
    (tmp_path / "plan.json").write_text("{}")
    assert not is_smoothing(tmp_path)
