"""The page of a comparison: what holds, bands, prices, passports, and the word SYNTHETIC."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.report.reader import read
from tests.twin.comparison_made import NAMES, comparison
from wattstack.errors import InputError
from wattstack.report import write_comparison_page, write_report
from wattstack.twin import write_comparison

FIGURES = {"left-by-year", "worth", "running-by-year"}


def page_of(told, tmp_path) -> str:
    return write_comparison_page(told, tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    return page_of(comparison(), tmp_path_factory.mktemp("page"))


def figures_of(html: str) -> dict:
    data = re.search(r'<script type="application/json" id="figures">(.*?)</script>', html, re.DOTALL)
    return json.loads(data[1].replace("<\\/", "</"))


def test_the_page_says_what_holds_in_all_scenarios(page):
    assert "in all three zinc-halogen scenarios" in page
    assert page.count("Hangs on the scenario") == 1


def test_a_page_of_made_up_input_says_so(page, tmp_path):
    assert "SYNTHETIC" in page
    measured = replace(comparison(), inputs=())
    assert "SYNTHETIC" not in re.sub(r"<script.*?</script>", "", page_of(measured, tmp_path), flags=re.DOTALL)


def test_figures_have_a_band_and_a_line_for_each_chemistry(page):
    figures = figures_of(page)
    assert set(figures) == FIGURES
    assert len(figures["left-by-year"]["data"]) == 3 * len(NAMES)
    assert len(figures["running-by-year"]["data"]) == 3 * (len(NAMES) - 1)
    assert figures["worth"]["data"][0]["y"] == list(NAMES[:0:-1])
    assert figures["left-by-year"]["data"][2]["y"][0] == 100


def test_break_even_prices_stand_in_dollars_where_there_is_a_rate(page, tmp_path):
    prices = next(table for table in read(page).tables if table[0][2][0] == "Break-even [USD/kWh]")
    text, value = next(row[2] for row in prices if row[0][0] == "zinc-halogen-claim")
    assert text == "243"  # 256 less 200 M JPY on 100 MWh
    assert value == pytest.approx((38.4e6 - 2e6) / 150e3)
    plain = comparison(finance={**comparison().finance, "exchange": {}})
    assert "36,400" in page_of(plain, tmp_path)


def test_every_parameter_set_shows_its_confidence(page):
    assert page.count("<strong>low</strong>") == 3
    assert "rc_frac, rc_tau_s" in page


def test_limits_that_were_hit_stand_with_their_hours(page, tmp_path):
    assert "duties.backup: reserve not full" in page
    told = comparison()
    assert "No limit was hit." in page_of(replace(told, limits=told.limits.iloc[:0]), tmp_path)


def test_one_chemistry_alone_is_set_against_nothing(tmp_path):
    html = page_of(comparison(names=NAMES[:1], draws=1, replanned=True), tmp_path)
    assert "nothing to set it against" in html
    assert set(figures_of(html)) == {"left-by-year"}
    assert "once each" in html


def test_a_page_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_comparison_page(comparison(), tmp_path / "file" / "page.html")


def test_the_folder_of_a_comparison_is_a_result_to_report_and_stands_alone(page, tmp_path):
    write_comparison(comparison(), tmp_path / "out")
    written = write_report(tmp_path / "out", tmp_path / "again.html")
    assert written.read_text(encoding="utf-8") == page
    with pytest.raises(InputError, match="stands for itself"):
        write_report(tmp_path / "out", tmp_path / "two.html", tmp_path / "out")
