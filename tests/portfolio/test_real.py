"""The real portfolio reads as it is, all three sites. Needs the real input beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattstack.portfolio import is_portfolio, read_portfolio, read_progress
from wattstack.portfolio.variants import repeated_sites, under_scenario

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "portfolio"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not REAL.is_dir(), reason="the real input (../shared/data) is not beside this checkout"
    ),
]


@pytest.fixture(scope="module")
def portfolio():
    """The real portfolio."""
    return read_portfolio(REAL)


def test_the_folder_is_a_portfolio_of_three_sites_and_26_quarters(portfolio):
    assert is_portfolio(REAL)
    assert [site.name for site in portfolio.sites] == ["sakai", "bosquel", "tomakomai"]
    assert (portfolio.calendar.labels[0], portfolio.calendar.labels[-1]) == ("2026Q4", "2033Q1")
    assert portfolio.warnings == ()


def test_amounts_are_those_of_the_tables(portfolio):
    assert portfolio.exchange == pytest.approx({"JPY": 1 / 157, "EUR": 1.16})
    sakai = portfolio.site("sakai")
    assert (sakai.pue, sakai.price_per_mwh, sakai.reserve_mwh_per_mw, sakai.outdoor_limit_mwh) == (
        1.25,
        81,
        0.5,
        250,
    )
    assert sum(len(part) for part in (portfolio.items, portfolio.stages, portfolio.gates)) == 16 + 11 + 7
    assert portfolio.stages[1].replaced_by == "kansai_firm"
    assert portfolio.factory.ramps["base"][-1] == 0.9
    assert (portfolio.factory.committed_lines, portfolio.factory.committed_start) == (2, "2028Q1")
    assert {limit.resource for limit in portfolio.supply} == {
        "servers", "hv", "hv_fast", "electrical", "lfp", "shell_prefab",
    }  # fmt: skip
    assert portfolio.segments[0].access_gwh[2030] == 0.25
    assert [s.segment for s in portfolio.segments if not s.domestic] == ["export"]
    assert portfolio.scenarios[2].grid_delay_q == {"sakai": 3, "bosquel": 4, "tomakomai": 2}
    assert portfolio.sources["S43"]["confidence"] == "high"


def test_weeks_are_168_hours_and_their_mean_price_is_the_tariff(portfolio):
    assert set(portfolio.weeks) == {(country, season) for country in ("JP", "FR") for season in (1, 2, 3, 4)}
    for country in ("JP", "FR"):
        weeks = [week for season in (1, 2, 3, 4) for week in portfolio.weeks[country, season]]
        assert all(len(week.price_factor) == 168 for week in weeks)
        hours = sum(week.weight * 168 for week in weeks)
        assert sum(week.weight * week.price_factor.sum() for week in weeks) / hours == pytest.approx(
            1.0, abs=2e-3
        )
    assert portfolio.synthetic == ("profiles",)


def test_its_progress_reads(portfolio):
    rows = read_progress(REAL / "progress.csv", portfolio)
    assert [row.name for row in rows if row.kind == "order"] == ["servers_Rubin"]
    assert {row.as_of for row in rows} == {"2027Q4"}


def test_its_futures_and_copies_are_portfolios(portfolio):
    for scenario in portfolio.scenarios:
        assert under_scenario(portfolio, scenario.scenario).calendar == portfolio.calendar
    assert len(repeated_sites(portfolio, 10).sites) == 30
