"""The page of a chemistry shows voltage, efficiency, fade and passport, and opens offline."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.library import find
from wattstack.physics import cell_of
from wattstack.report import write_chemistry
from wattstack.report.figures.chemistry import Band, efficiency, fade, voltage


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "zinc.html"
    assert write_chemistry("library:zinc-halogen", path) == path
    return path.read_text(encoding="utf-8")


def figures_of(html: str) -> dict:
    data = re.search(r'<script type="application/json" id="figures">(.*?)</script>', html, re.DOTALL)
    return json.loads(data[1].replace("<\\/", "</"))


def test_the_page_has_its_sections_and_three_figures(page):
    assert re.findall(r'<section id="(\w+)">', page) == [
        "what",
        "voltage",
        "efficiency",
        "fade",
        "passport",
        "plan",
    ]
    assert set(figures_of(page)) == {"voltage-curve", "efficiency-curve", "fade-curve"}


def test_no_place_of_a_figure_has_the_name_of_a_section(page):
    names = re.findall(r' id="([\w-]+)"', page)
    assert len(names) == len(set(names))


def test_the_passport_shows_every_parameter_and_marks_low_confidence(page):
    cell = cell_of("zinc-halogen")
    table = page[page.index('<section id="passport">') : page.index('<section id="plan">')]
    for row in cell.passport:
        assert f">{row.key}</th>" in table
    assert table.count("<strong>low</strong>") == sum(row.confidence == "low" for row in cell.passport)
    assert f"{table.count('<strong>low</strong>')} of {len(cell.passport)} parameters" in page


def test_the_page_names_strip_law_and_the_figures_of_the_plan(page):
    assert "every 5 days" in page and "a strip every 5 days" in page
    assert "Zinc-bromine and zinc-halogen: what a strip brings back" in page
    for fact in find("chemistries", "zinc-halogen").facts:
        assert fact["item"] in page


def test_the_page_loads_nothing(page):
    assert "default-src 'none'" in page and "script-src 'sha256-" in page


def test_a_chemistry_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(InputError, match="zinc-halogenn"):
        write_chemistry("zinc-halogenn", tmp_path / "page.html")


def test_voltage_shows_both_branches_and_where_each_point_is_from():
    figure = voltage(cell_of("lfp-grid-2026"))
    discharge, charge, cited, assumed = figure.data
    assert np.all(np.array(charge["y"]) >= np.array(discharge["y"]))
    assert (cited["x"], cited["y"][0]) == ([20, 40, 50, 70, 90], 3.23)
    assert len(assumed["x"]) == 12 and "20 mV" in voltage(cell_of("lfp-grid-2026")).caption.replace(
        "24", "20"
    )
    plain = voltage(cell_of("edlc"))
    assert "no gap" in plain.caption and [key.name for key in plain.legend] == [
        "At rest",
        "Point of the source",
    ]


def test_efficiency_has_a_line_a_temperature_and_the_cited_points():
    by_temp = {10.0: np.array([0.9, np.nan]), 25.0: np.array([0.95, 0.9])}
    figure = efficiency([0.1, 0.5], by_temp, [(0.25, 0.93)])
    assert [trace["y"] for trace in figure.data] == [[90, None], [95, 90], [93.0]]
    assert figure.layout["xaxis"]["ticktext"] == ["0.1", "0.2", "0.5"]
    assert len(efficiency([0.1, 0.5], by_temp, []).data) == 2


def band(*ends: float) -> Band:
    year = np.arange(11.0)
    low, middle, high = (np.linspace(1.0, end, 11) for end in ends)
    return Band("law-a", year, low, middle, high, np.linspace(1.0, 0.95, 11))


def test_fade_says_what_is_left_or_how_long_four_fifths_last():
    assert band(0.8, 0.9, 0.95).said() == ("Left after 10 years", "90\xa0%", "80\xa0% to 95\xa0%")
    assert band(0.0, 0.5, 0.9).said() == (
        "Down to 80 % after",
        "4.0 years",
        "2.0 years to more than 10 years",
    )


def test_fade_draws_the_band_and_every_other_law():
    figure = fade(band(0.8, 0.9, 0.95), {"law-b": np.linspace(1, 0.7, 11)}, "A cycle a day.")
    assert [key.name for key in figure.legend] == [
        "law-a", "Nine makes of ten", "law-b", "At rest, nine tenths full",
    ]  # fmt: skip
    assert len(figure.data) == 5 and "other makes" in figure.caption
    assert "other makes" not in fade(band(0.8, 0.9, 0.95), {}, "A cycle a day.").caption
