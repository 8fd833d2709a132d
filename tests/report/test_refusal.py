import re

import pytest

from wattstack.errors import InfeasibleError
from wattstack.plan import plan_site
from wattstack.report import write_refusal


@pytest.fixture(scope="session")
def refused(small_campus):
    """A campus whose connection is far too small, and what plan_site says to it."""
    campus = small_campus(grid={"connection": {"firm_mw": 3.0}})
    with pytest.raises(InfeasibleError) as caught:
        plan_site(campus)
    return campus, caught.value


def test_a_no_says_what_is_missing_first_and_in_all(refused, tmp_path):
    campus, error = refused
    html = write_refusal(error, campus, tmp_path / "no.html").read_text()
    numbers = [float(v) for v in re.findall(r'<data value="([^"]+)"', html)]
    assert {error.details["missing_mw"], error.details["missing_mwh"]} <= set(numbers)
    assert "<h1>small: no plan</h1>" in html
    assert "2022-04-01" in html


def test_a_no_lists_every_mend_with_its_cost(refused, tmp_path):
    campus, error = refused
    html = write_refusal(error, campus, tmp_path / "no.html").read_text()
    assert error.details["mends"]
    for mend in error.details["mends"]:
        assert f'value="{mend["to"]!r}"' in html
        assert f'value="{mend["yearly_cost"]!r}"' in html


def test_the_page_of_a_no_loads_nothing_and_needs_no_script(refused, tmp_path):
    campus, error = refused
    html = write_refusal(error, campus, tmp_path / "no.html").read_text()
    assert "<script" not in html
    assert "script-src 'none'" in html
    assert len(html) < 50_000


def test_a_no_that_nothing_mends_says_so(refused, tmp_path):
    campus, error = refused
    bare = InfeasibleError(str(error))
    bare.details = {**error.details, "mends": []}
    assert "No single limit mends it" in write_refusal(bare, campus, tmp_path / "no.html").read_text()


def test_a_no_without_details_shows_its_words(refused, tmp_path):
    campus, _ = refused
    error = InfeasibleError("small: cannot be served.\n  first at noon: 2 MW missing.")
    html = write_refusal(error, campus, tmp_path / "no.html").read_text()
    assert "first at noon: 2 MW missing." in html
