"""The page of a portfolio: sections appear where something was asked, numbers are the plan's, nothing is loaded."""

import json
import re
from html import unescape
from itertools import pairwise

import pytest

from tests.report import portfolio_made as made
from tests.report.reader import find_table, read
from wattstack.errors import InputError
from wattstack.plan.portfolio import (
    finance_summary,
    portfolio_files,
    time_to_power,
    write_portfolio_plan,
)
from wattstack.report import write_portfolio_report, write_report
from wattstack.report.portfolio.view import open_portfolio
from wattstack.report.portfolio.write import portfolio_page

ALWAYS = ["answer", "now", "sites", "orders", "factory", "money", "proof", "inputs", "limits"]
ASKED = {
    "holdback": "holdback", "compared": "coordination", "sweeps": "coordination", "risk": "risk",
    "replanned": "actual", "shares": "suppliers", "shortfalls": "suppliers", "chemistries": "chemistry",
}  # fmt: skip


def page_of(plan=None, **answers):
    return portfolio_page(open_portfolio(made.plan() if plan is None else plan, **answers))


@pytest.fixture(scope="module")
def whole():
    """The page with everything asked."""
    return page_of(**made.answers())


@pytest.fixture(scope="module")
def html(whole):
    return whole.html()


@pytest.fixture(scope="module")
def page(html):
    return read(html)


def test_a_plan_alone_has_only_its_own_sections():
    assert [name for name, _, _ in page_of().sections] == ALWAYS


@pytest.mark.parametrize(("answer", "section"), ASKED.items())
def test_a_section_appears_when_its_answer_was_computed(answer, section):
    names = [name for name, _, _ in page_of(**{answer: made.answers()[answer]}).sections]
    assert section in names
    assert set(names) == {*ALWAYS, section}


def test_everything_asked_stands_in_the_order_of_the_reader(whole):
    names = [name for name, _, _ in whole.sections]
    assert names[:3] == ["answer", "now", "holdback"]
    assert names[-3:] == ["proof", "inputs", "limits"]
    assert set(names) == {*ALWAYS, *ASKED.values()}


def test_every_headline_number_is_the_plans(page):
    plan, cards = made.plan(), page.cards
    finance = finance_summary(plan)
    expected = {
        "Net present value": plan.npv_m,
        "Gap of the proof": plan.gap_frac,
        "Capital": finance["capital_m"],
        "Lowest cash": finance["cash_trough_m"],
        "Internal rate of return": finance["irr"],
        "Energised at the end": plan.total("it_mw")[-1],
        "Value of coordination": made.answers()["compared"].value_of_coordination_m,
        "Batteries sold at home, FY2027": made.answers()["target"].outside_m,
    }
    for label, value in expected.items():
        assert cards[label] == pytest.approx(value, rel=1e-12), label


def test_the_certificate_is_told_in_words_and_to_the_last_figure(html, page):
    assert page.cards["Worth of the plan [M USD]"] == made.plan().npv_m
    assert page.cards["No plan is worth more than [M USD]"] == made.plan().bound_m
    assert "worth at least 159" in unescape(html)


def test_dates_of_first_half_and_all_are_those_of_the_plan(page):
    rows = find_table(page, "Site", "At the start [MW IT]")
    for row, site in zip(rows[1:], made.portfolio().sites, strict=True):
        dates = [
            "not by 2028Q2" if q is None else made.plan().portfolio.calendar.label(q)
            for q in time_to_power(made.plan(), site)
        ]
        assert [cell[0] for cell in row[4:7]] == dates


def test_orders_of_the_first_stage_add_up_to_what_the_table_says():
    rows = find_table(read(page_of().html()), "What", "Unit")
    paid = [
        row for row in portfolio_files(made.plan()).tables["orders"].records() if row["decision"] == "certain"
    ]
    assert rows[-1][-2][1] == pytest.approx(sum(row["cost_m"] for row in paid), rel=1e-9)


def test_what_to_order_today_is_told_in_sentences():
    text = unescape(page_of(risk=made.answers()["risk"]).html())
    assert "East: 10\xa0MW\xa0IT of servers first gen from one and two for" in text
    assert "North: commit the grid stage early (43\xa0%)" in text


def test_causes_stand_with_their_span_and_reason(page):
    causes = [c for c in made.answers()["holdback"].causes if c.site == "east"]
    rows = [row for row in find_table(page, "Site", "When")[1:] if row[0][0] == "East"]
    assert len(rows) == 1 + sum((a.resource, a.why) != (b.resource, b.why) for a, b in pairwise(causes))
    assert rows[0][1][0].startswith("2027Q1")


def test_reliefs_are_ranked_by_what_they_are_worth(page):
    worths = [row[-1][1] for row in find_table(page, "What", "Change")[1:]]
    assert worths == sorted(worths, reverse=True)
    assert worths[0] == max(r.worth_m for r in made.answers()["holdback"].reliefs)


def test_rents_in_the_page_are_those_of_the_plan(page):
    found = {r.rent_m for r in made.answers()["holdback"].rents}
    assert {row[1][1] for row in find_table(page, "Limit", "Rent [M USD]")[1:]} <= found


def test_the_four_plans_stand_beside_one_another(page):
    found = made.answers()["compared"]
    rows = find_table(page, "Plan", "Net present value [M USD]")
    plans = (found.coordinated, found.no_substitution, found.silo, found.silo_told)
    assert [row[1][1] for row in rows[1:]] == [plan.npv_m for plan in plans]
    assert page.cards["Standing in for one another"] == found.standing_in_m


def test_each_point_of_a_sweep_has_its_row(page):
    sweep = made.answers()["sweeps"][0]
    rows = find_table(page, "All shared supply, times what it is")
    assert [row[1][1] for row in rows[1:]] == [point.npv_m["coordinated"] for point in sweep.points]
    late = find_table(page, "Grid stages late by [quarters]")
    assert "Each for itself, told of the delay" in [cell[0] for cell in late[0]]
    assert "Each for itself, told of the delay" not in [cell[0] for cell in rows[0]]


def test_futures_stand_with_regret_and_what_planning_for_them_is_worth(page):
    risk = made.answers()["risk"]
    rows = find_table(page, "Future", "Chance")
    assert [row[5][1] for row in rows[1:]] == pytest.approx([f.regret_m for f in risk.futures])
    assert page.cards["Worth of planning for all futures (VSS)"] == risk.vss_m
    assert page.cards["Worth of knowing beforehand (EVPI)"] == risk.evpi_m


def test_slips_are_ranked_by_loss_and_told_together(page):
    found = made.answers()["replanned"]
    rows = find_table(page, "What is late")
    losses = [row[2][1] for row in rows[1:-2]]
    assert losses == sorted((s.kept_lost_m for s in found.slips), reverse=True)
    assert rows[-1][2][1] == pytest.approx(found.lost_kept_m)


def test_after_a_report_on_progress_today_is_its_date(html):
    assert f"In {made.AS_OF}, this quarter" in html or f"Nothing has to be ordered in {made.AS_OF}" in html


def test_suppliers_stand_with_the_worst_failure_first(page, html):
    rows = find_table(page, "If this one falls short")
    assert [row[0][0] for row in rows[1:]] == ["far", "one"]
    assert "no plan holds its orders then" in html
    assert find_table(page, "Country")[1][0][0] == "TW"
    assert find_table(page, "What", "Largest share now")[1][3][1] == 6.0


def test_chemistries_stand_with_their_worth(page):
    rows = find_table(page, "Chemistry")
    found = {c.worth_m for c in made.answers()["chemistries"]}
    assert {row[1][1] for row in rows[1:]} == found


def test_the_price_of_own_cells_first_is_told(html):
    assert re.search(r"they would cost it \S*3\.25", unescape(html))


def test_a_target_out_of_reach_says_the_most_that_can_be(html):
    text = unescape(html)
    assert "It cannot be reached: with every price step at home sold out it is at most" in text
    assert "out of reach" in text


def test_cash_by_fiscal_year_is_the_table_of_the_folder(page):
    rows = find_table(page, "Year", "Servers", "Batteries")
    table = portfolio_files(made.plan()).tables["fiscal_years"]
    assert [row[6][1] for row in rows[1:]] == pytest.approx(table.column("net_m"))
    assert rows[1][0][0] == "FY2026*"


def test_capital_by_what_it_is_paid_for_adds_up(page):
    rows = find_table(page, "Quarter", "Servers", "Halls")
    assert rows[-1][-1][1] == pytest.approx(finance_summary(made.plan())["capital_m"])


def test_exchange_rates_stand_the_way_people_read_them(page):
    rows = find_table(page, "", "Rate")
    assert [[cell[0] for cell in row] for row in rows[1:]] == [
        ["1 USD", "150\xa0JPY"],
        ["1 EUR", "1.2\xa0USD"],
    ]


def test_assumptions_are_marked_row_by_row(page, html):
    rows = find_table(page, "Table", "Row")[1:]
    marks = {(row[0][0], row[1][0]): row[3][0] for row in rows}
    assert marks["Prices and lead times", "shell East"] == "source"
    assert marks["Prices and lead times", "cooling East"] == "assumed"
    assert marks["Announced sizes", "North 2028Q2"] == "assumed"
    assert "https:/<wbr>/<wbr>example.org" in html


def test_what_the_answer_does_not_know_is_told(html):
    text = unescape(html)
    for words in (
        "Perfect foresight",
        "Orders that would arrive after it do not exist",
        "Learning:",
        "Parts of units",
    ):
        assert words in text
    assert "one price looks high" in text


def test_every_figure_says_which_inputs_are_assumed_or_made_up(whole):
    for name, figure in whole.figures.items():
        assert "SYNTHETIC" in json.dumps(figure.layout), name
        if name != "convergence":
            assert figure.rests_on, name


def test_names_of_sections_and_figures_are_told_apart(html):
    places = re.findall(r' id="([^"]+)"', html.split("<script")[0])
    assert len(places) == len(set(places))


def test_the_page_loads_nothing_from_elsewhere(html, page):
    assert all(address.startswith("#") for address in page.addresses)
    head = html.split("</style>")[0]
    assert "default-src 'none'" in head
    assert "url(" not in head
    assert html.count("<script>") == 2


def test_a_folder_and_a_plan_in_memory_make_the_same_page(tmp_path):
    asked = {"holdback": made.answers()["holdback"], "target": made.answers()["target"]}
    files = write_portfolio_plan(made.plan(), tmp_path / "out", **asked)
    one = write_portfolio_report(made.plan(), tmp_path / "memory.html", **asked).read_bytes()
    two = write_report(tmp_path / "out", tmp_path / "folder.html").read_bytes()
    three = write_report(files, tmp_path / "files.html").read_bytes()
    assert one == two == three


def test_a_folder_without_a_plan_is_told_as_before(tmp_path):
    with pytest.raises(InputError, match=r"plan\.json"):
        write_report(tmp_path, tmp_path / "page.html")
