"""Figures: what is drawn is what the plan says, every axis has its unit, synthetic input is named."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import StateError
from wattstack.report.days import chosen_days
from wattstack.report.figures.base import GREY, Key, colour_of, layout, rounded
from wattstack.report.figures.bundle import plotly_js
from wattstack.report.figures.days import day_figure
from wattstack.report.figures.flows import flows_svg
from wattstack.report.figures.money import Walk, flat_range, waterfall
from wattstack.report.figures.year import duration, monthly
from wattstack.report.view import open_view
from wattstack.report.words import money_of
from wattstack.report.write import report_page


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_rounding_for_the_page_keeps_five_figures_of_the_largest(values):
    array = np.array(values)
    largest = np.abs(array).max()
    assert np.abs(np.array(rounded(array)) - array).max() <= 1e-4 * largest + 1e-290  # less is nothing


def test_what_is_not_a_number_is_a_hole_in_the_line():
    assert rounded(np.array([1.0, np.nan])) == [1, None]
    assert rounded(np.zeros(2)) == [0, 0]
    assert rounded(np.array([5e-324])) == [0]
    assert rounded(np.array([1234567.0])) == [1234600]


def test_components_of_one_kind_have_their_own_shades():
    names = ["generator.gas", "generator.diesel", "battery.main.charge", "battery.main.discharge"]
    assert len({colour_of(name, names) for name in names[:2]}) == 2
    assert colour_of(names[2], names) == colour_of(names[3], names)
    assert colour_of("something.else") == GREY
    assert colour_of("load.halls.shed") != GREY


def test_every_figure_of_synthetic_input_says_so():
    assert "SYNTHETIC" in json.dumps(layout(True))
    assert "SYNTHETIC" not in json.dumps(layout(False))
    assert "SYNTHETIC" in flows_svg({"grid.import": 5.0, "load": -5.0}, True)


def test_all_figures_of_the_sakai_page_say_synthetic(sakai_files):
    page = report_page(open_view(sakai_files))
    assert page.figures
    assert all("SYNTHETIC" in json.dumps(figure.layout) for figure in page.figures.values())


def test_every_axis_of_the_sakai_page_names_its_unit(sakai_files):
    units = ("MW", "JPY", "%", "Round", "Year", "share", "Local time", "Energy [GWh")
    for figure in report_page(open_view(sakai_files)).figures.values():
        look = figure.layout
        told = [a["text"] for a in look["annotations"]] + [
            axis["title"]["text"] for name, axis in look.items() if name[1:5] == "axis" and "title" in axis
        ]
        assert any(unit in text for text in told for unit in units), figure.name


def test_the_duration_curve_falls_from_the_peak_to_the_least(sakai, sakai_files):
    figure = duration(open_view(sakai_files).years[0], "d", 135.0, True)
    load = figure.data[0]["y"]
    assert load == sorted(load, reverse=True)
    assert load[0] == pytest.approx(sakai.scenarios[0].case.load_mw.max(), rel=1e-4)
    assert load[-1] == pytest.approx(sakai.scenarios[0].case.load_mw.min(), rel=1e-4)


def test_the_months_add_up_to_the_year(sakai, sakai_files):
    figure = monthly(open_view(sakai_files).years[0], "m", True)
    line = next(trace for trace in figure.data if trace["type"] == "scatter")
    assert sum(line["y"]) == pytest.approx(sakai.scenarios[0].case.load_mwh / 1e3, rel=1e-4)
    drawn = next(trace for trace in figure.data if trace["name"] == "Grid import")
    assert sum(drawn["y"]) == pytest.approx(
        sakai.scenarios[0].balance.loc["year", "grid.import"] / 1e3, rel=1e-4
    )


def test_a_day_shows_its_own_steps(sakai, sakai_files):
    view = open_view(sakai_files)
    day = chosen_days(view.years[0])[2]
    figure = day_figure(view.years[0], day, "x", view.money, True)
    stored = next(trace for trace in figure.data if trace.get("yaxis") == "y3")
    kept = sakai.scenarios[0].dispatch.stored_mwh["battery.main"]
    assert stored["x"][-1] == 24
    assert stored["y"][1:] == pytest.approx(kept[day.first : day.last], abs=1e-2)
    assert stored["y"][0] == pytest.approx(kept[day.first - 1], abs=1e-2)
    price = next(trace for trace in figure.data if trace["name"] == "Price on the campus bus")
    assert price["y"][:-1] == pytest.approx(sakai.scenarios[0].price_per_mwh[day.first : day.last], rel=1e-3)


def test_bands_of_the_drawing_are_as_high_as_their_energy():
    svg = flows_svg({"grid.import": 750.0, "solar.roof": 250.0, "load": -1000.0, "unserved": 0.0}, False)
    broad = svg.split('class="flows narrow"')[0]
    assert 'height="187.5"' in broad
    assert 'height="62.5"' in broad
    assert "Unserved" not in svg


def test_nothing_is_drawn_where_nothing_flows():
    assert flows_svg({"load": 0.0}, False) == ""


def walk(start, steps, end):
    return Walk("w", "t", "c.", start, steps, end)


def test_a_walk_starts_at_zero_where_its_steps_are_large():
    figure = waterfall(walk(("a", 100.0), [("s", -60.0)], ("b", 40.0)), money_of("EUR", 100.0), False)
    assert figure.layout["xaxis"]["range"][0] <= 0.0
    assert "not at zero" not in figure.caption


def test_a_walk_of_small_steps_says_where_its_axis_starts():
    figure = waterfall(walk(("a", 100.0), [("s", -1.0)], ("b", 99.0)), money_of("EUR", 100.0), False)
    assert 90.0 < figure.layout["xaxis"]["range"][0] < 99.0
    assert "not at zero" in figure.caption


def test_a_walk_without_a_start_builds_up_its_end():
    figure = waterfall(walk(None, [("s", 30.0), ("u", -5.0)], ("b", 25.0)), money_of("EUR", 100.0), False)
    assert figure.data[0]["measure"] == ["relative", "relative", "total"]
    assert figure.data[0]["text"] == ["+30", "−5", "25"]


def test_the_flat_range_ends_where_the_line_crosses():
    value, extra = np.array([1.0, 2.0, 3.0, 4.0]), np.array([20.0, 0.0, 5.0, 15.0])
    assert flat_range(value, extra, 10.0) == (1.5, 3.5)
    assert flat_range(value, extra, 100.0) == (1.0, 4.0)
    assert flat_range(value, extra + 50.0, 10.0) == (2.0, 2.0)


def test_legends_have_only_shapes_that_can_be_drawn():
    assert Key("a", GREY).shape == "area"


def test_the_library_that_draws_is_found_without_importing_it():
    text = plotly_js()
    assert "plotly.js" in text[:200]
    assert "</script" not in text


def test_a_plotly_without_its_script_is_an_error_in_words():
    with pytest.raises(StateError, match="Install plotly again"):
        plotly_js("json")
    with pytest.raises(StateError, match="Install plotly again"):
        plotly_js("no_such_package")
