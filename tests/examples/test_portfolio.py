"""The example portfolio: every row says where it is from, its weeks are weeks, and it reads without a warning."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from wattstack.cli.starter import starter_files
from wattstack.portfolio import read_portfolio

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "portfolio"
FILES = starter_files("portfolio")
TABLES = [name for name in FILES if name.endswith(".csv")]


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a table by column."""
    return list(csv.DictReader(io.StringIO(FILES[name].decode())))


@pytest.fixture(scope="module")
def portfolio():
    """The example, read."""
    return read_portfolio(EXAMPLE)


def test_two_sites_and_a_factory_of_a_gigawatt_hour_stand_in_it(portfolio):
    assert [site.name for site in portfolio.sites] == ["sakai", "bosquel"]
    factory = portfolio.factory
    assert factory.committed_lines * factory.line_gwh_per_year == 1.0
    largest = {target.site: target.facility_mw for target in portfolio.targets}
    assert largest == {"sakai": 250.0, "bosquel": 1000.0}
    assert portfolio.stages[0].power_mw == 150.0


def test_the_folder_is_read_like_the_file(portfolio):
    assert read_portfolio(EXAMPLE / "portfolio.yaml").items == portfolio.items


@pytest.mark.parametrize("name", [name for name in TABLES if "SYNTHETIC" not in name])
def test_a_row_is_as_long_as_its_header(name):
    lengths = {len(row) for row in csv.reader(io.StringIO(FILES[name].decode()))}
    assert len(lengths) == 1


@pytest.mark.parametrize("name", [name for name in TABLES if "source" in rows(name)[0]])
def test_a_row_names_a_source_that_is_there_or_says_that_it_is_assumed(name):
    known = {row["id"] for row in rows("sources.csv")}
    for row in rows(name):
        sources, assumed, _ = row["source"].partition("A:")
        assert sources.split() or assumed, row
        assert set(sources.split()) <= known, row


def test_every_source_has_a_publisher_an_address_and_a_date_and_is_used():
    text = b"".join(FILES[name] for name in FILES if name != "sources.csv").decode()
    for row in rows("sources.csv"):
        assert row["publisher"] and row["fact"]
        assert row["address"].startswith("http")
        assert row["date"][:2] == "20"
        assert row["confidence"] in ("high", "medium", "low")
        assert row["id"] in text, row["id"]


def test_what_is_made_up_says_so_in_its_name_and_where_it_is_read(portfolio):
    assert portfolio.synthetic == ("profiles",)
    assert "profiles_SYNTHETIC.csv" in FILES
    assert all("SYNTHETIC" in row["note"] for row in rows("progress_SYNTHETIC.csv"))


@pytest.mark.parametrize("site", ["sakai", "bosquel"])
def test_weeks_are_whole_and_their_mean_price_is_that_of_the_year(portfolio, site):
    weeks = [week for season in (1, 2, 3, 4) for week in portfolio.weeks[site, season]]
    assert [week.name for week in weeks] == 4 * ["normal", "stress"]
    assert {len(week.price_factor) for week in weeks} == {168}
    weights = np.array([week.weight for week in weeks])
    price = np.array([week.price_factor.mean() for week in weeks])
    assert np.average(price, weights=weights) == pytest.approx(1.0, abs=1e-3)
    for normal, stress in zip(weeks[::2], weeks[1::2], strict=True):
        assert stress.price_factor.mean() > normal.price_factor.mean()
        assert normal.available_frac.min() == 1.0


@pytest.mark.parametrize(("site", "low", "high"), [("sakai", 0.10, 0.16), ("bosquel", 0.09, 0.15)])
def test_the_sun_of_the_weeks_is_that_of_the_region(portfolio, site, low, high):
    weeks = [week for season in (1, 2, 3, 4) for week in portfolio.weeks[site, season]]
    mean = np.average([w.solar_frac.mean() for w in weeks], weights=[w.weight for w in weeks])
    assert low < mean < high
    assert max(week.solar_frac.max() for week in weeks) < 0.9


def test_non_firm_power_is_taken_away_in_working_hours_under_stress_only(portfolio):
    for (site, season), weeks in portfolio.weeks.items():
        taken = np.flatnonzero(weeks[1].available_frac < 1.0)
        assert set(taken // 24) <= set(range(5))
        assert (len(taken) > 0) == (site == "sakai" or season in (1, 4))
