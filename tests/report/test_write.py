"""The page of a plan: every headline number is the plan's, every table the CSV's, and nothing is loaded."""

import json
import re
import time
from html import unescape

import pytest

from tests.report.reader import find_table, read
from wattstack.errors import InputError
from wattstack.plan import plan_files, write_plan
from wattstack.report import write_report
from wattstack.report.view import open_view
from wattstack.report.write import report_page


@pytest.fixture(scope="session")
def sakai_html(sakai_files):
    return report_page(open_view(sakai_files)).html()


@pytest.fixture(scope="session")
def sakai_page(sakai_html):
    return read(sakai_html)


def test_every_headline_number_is_the_plans(sakai, sakai_page):
    result, cards = sakai.scenarios[0], sakai_page.cards
    imported = sum(v for k, v in result.dispatch.take_mw.items() if k.startswith("grid.connection."))
    expected = {
        "Yearly cost": sakai.objective,
        "Saving a year": sakai.finance["saving_per_year"],
        "Net present value": sakai.finance["npv"],
        "Capital": sakai.finance["capital"],
        "Simple payback": sakai.finance["simple_payback_years"],
        "Peak import": imported.max(),
        "Emissions": result.emission_t.sum(),
        "Unserved load": result.dispatch.take_mw["unserved"].sum() * result.case.axis.step_h,
        "Cost of supply": sakai.finance["lcoe_per_mwh"],
        "Gap of the proof": sakai.gap_frac,
        "Power usage effectiveness": result.case.pue,
    }
    for label, value in expected.items():
        assert cards[label] == pytest.approx(value, rel=1e-12), label


def test_the_certificate_is_printed_with_every_figure(sakai, sakai_page):
    assert sakai_page.cards["Yearly cost of the plan [JPY]"] == sakai.objective
    assert sakai_page.cards["No plan costs less than [JPY]"] == sakai.bound


def test_the_bill_in_the_page_is_the_bill_of_the_plan_to_the_last_digit(sakai, sakai_page):
    rows = find_table(sakai_page, "Month", "Energy")
    assert rows[-1][0][0] == "Year"
    assert rows[-1][-1][1] == pytest.approx(sakai.scenarios[0].bill.total, rel=1e-14)
    energy = [row[1][1] for row in rows[1:-1]]
    assert energy == sakai.scenarios[0].bill.lines.loc["energy"].tolist()


def test_every_size_stands_in_the_table_of_what_to_build(sakai, sakai_page):
    rows = find_table(sakai_page, "Asset", "Size")
    assert [row[1][1] for row in rows[1:-1]] == list(sakai.sizes.values())
    assert rows[-1][3][1] == pytest.approx(sakai.finance["capital"])


def test_peaks_name_the_interval_that_set_them(sakai, sakai_page):
    rows = find_table(sakai_page, "Month", "Demand charge")
    peaks = sakai.scenarios[0].bill.peaks
    assert [row[2][1] for row in rows[1:]] == peaks["peak_mw"].tolist()
    assert [row[3][0].replace(" ", "T") for row in rows[1:]] == peaks["start_local"].tolist()


def test_the_cash_flow_in_the_page_is_that_of_the_plan(sakai, sakai_page):
    rows = find_table(sakai_page, "Year", "Capital")
    column = [cell[0] for cell in rows[0]].index("Net")
    assert [row[column][1] for row in rows[1:]] == sakai.cash_flow["net"].tolist()


def test_each_limit_is_told_in_its_sentence(sakai, sakai_html):
    text = unescape(sakai_html)
    assert all(value.sentence in text for value in sakai.marginal)


def test_inputs_stand_with_checksum_and_mark(sakai, sakai_html):
    for record in sakai.scenarios[0].case.inputs:
        assert record.sha256 in sakai_html
        assert record.file in sakai_html
    assert all(p["source"] in unescape(sakai_html) for p in sakai.scenarios[0].case.campus.passports)


def test_synthetic_input_is_named_in_the_title(sakai_html):
    assert "<title>SYNTHETIC" in sakai_html
    assert re.search(r'<h1>[^<]*<strong class="synthetic">SYNTHETIC</strong></h1>', sakai_html)


def test_measured_input_is_not_called_synthetic(two):
    assert (
        "SYNTHETIC"
        not in report_page(open_view(plan_files(two))).html().split("<script")[0].split("</style>")[1]
    )


def test_a_page_loads_nothing_from_elsewhere(sakai_html, sakai_page):
    assert all(address.startswith("#") for address in sakai_page.addresses)
    head = sakai_html.split("</style>")[0]
    assert "default-src 'none'" in head
    assert "url(" not in head
    assert "@import" not in head
    assert sakai_html.count("<script>") == 2


def test_a_page_is_smaller_than_seven_megabytes(sakai_html):
    assert len(sakai_html.encode()) < 7e6


def test_the_table_of_contents_reaches_every_section(sakai_html, sakai_page):
    sections = re.findall(r'<section id="([^"]+)"', sakai_html)
    assert sakai_page.addresses == [f"#{name}" for name in sections]
    assert len(sections) == 11  # what the duties take of the battery among them


def test_a_folder_and_a_plan_in_memory_make_the_same_page(sakai, tmp_path):
    write_plan(sakai, tmp_path / "out")
    one = write_report(sakai, tmp_path / "memory.html").read_bytes()
    two = write_report(tmp_path / "out", tmp_path / "folder.html").read_bytes()
    assert one == two


def test_a_report_takes_less_than_half_a_second(sakai_files, tmp_path):
    seconds = []
    for number in range(3):
        began = time.perf_counter()
        write_report(sakai_files, tmp_path / f"{number}.html")
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.5


def test_two_scenarios_are_weighed_and_each_is_shown(two):
    page = report_page(open_view(two))
    reader = read(page.html())
    shares = [s.case.weight_frac / s.case.years for s in two.scenarios]
    emission = sum(w * s.emission_t.sum() for w, s in zip(shares, two.scenarios, strict=True))
    assert reader.cards["Emissions"] == pytest.approx(emission)
    assert {name.split("-")[0] for name in page.figures if name.endswith("duration")} == {"y0", "y1"}
    assert "Dry, weight 75" in page.html()
    assert "in the bill" in page.html()


def test_the_walk_from_today_ends_at_the_plan(two, sakai):
    for plan in (two, sakai):
        figure = report_page(open_view(plan)).figures["waterfall"]
        values = figure.data[0]["x"]
        assert sum(values[:-1]) == pytest.approx(values[-1], rel=1e-4)


def test_today_costs_what_finance_says_where_nothing_must_be_bought(sakai):
    assert open_view(sakai).today_per_year == pytest.approx(sakai.finance["baseline_cost_per_year"], rel=1e-9)


def test_a_campus_that_cannot_be_served_today_says_so(short):
    html = report_page(open_view(short)).html()
    page = read(html)
    assert "Without new assets the load cannot be served" in html
    assert "Saving a year" not in page.cards
    assert page.cards["Yearly cost"] == short.objective
    assert "cash_flow" not in re.findall(r'class="plot" id="([^"]+)"', html)


def test_a_plan_with_nothing_to_choose_is_reported(small):
    plan = small(battery=None, grid={"connection": {"firm_mw": 14.0}})
    html = report_page(open_view(plan)).html()
    assert "Build nothing" in html
    assert "Not drawn: no size was to be chosen" in html
    assert "None was used" not in html  # the AI profile is a fact of the library


def test_a_campus_of_plain_loads_has_no_halls(small):
    plan = small(load={"halls": None, "site": {"draw_mw": 5.0}}, battery=None)
    html = report_page(open_view(plan)).html()
    assert "no halls" in html
    assert "None was used" in html


def test_energy_burnt_is_told_in_megawatt_hours_and_money(small):
    noon = {"days": "all", "hours": ["11-14"], "price_per_mwh": -400.0}
    price = {"periods": {"peak": noon, "rest": {"price_per_mwh": 60.0}}}
    plan = small(
        grid={"tariff": {"energy": {"price_per_mwh": price}, "demand": None}},
        battery={"main": {"power_mw": 4.0, "energy_mwh": 4.0}},
    )
    assert plan.scenarios[0].dispatch.burnt_mwh > 0.0
    cards = read(report_page(open_view(plan)).html()).cards
    assert cards["Burnt by charging and discharging at once"] == pytest.approx(
        plan.scenarios[0].dispatch.burnt_mwh
    )
    assert cards["What forbidding that costs at most"] == pytest.approx(
        plan.scenarios[0].dispatch.burnt_worth
    )


def test_the_general_solver_is_named(small):
    two_kinds = {"main": {"power_mw": 2.0, "energy_mwh": 8.0}, "slow": {"power_mw": 1.0, "energy_mwh": 8.0,
                 "usable_frac": 0.9, "charge_eff": 0.8, "discharge_eff": 0.8, "capital_per_mw": 1.0,
                 "capital_per_mwh": 1.0, "life_years": 15.0}}  # fmt: skip
    html = report_page(open_view(small(battery=two_kinds))).html()
    assert "Left to the general solver" in html
    assert "The shadow prices of one solve" in html


def test_unserved_load_is_told(small):
    plan = small(grid={"connection": {"firm_mw": 9.0}}, battery=None, finance={"lost_load_per_mwh": 100.0})
    html = report_page(open_view(plan)).html()
    assert "of load are not served" in html


def test_compute_that_is_shed_is_drawn_and_told(small):
    plan = small(
        grid={"connection": {"firm_mw": 9.2}},
        battery=None,
        load={"halls": {"flexible_frac": 0.5, "shed_value_per_mwh": 500.0}},
    )
    page = report_page(open_view(plan))
    assert "of flexible compute are shed" in page.html()
    assert any(trace["name"] == "Load halls, shed" for f in page.figures.values() for trace in f.data)


def test_a_page_is_written_whole_or_not_at_all(two, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        write_report(two, tmp_path / "file" / "page.html")
    write_report(two, tmp_path / "new" / "page.html")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["page.html"]


def test_figures_are_data_not_scripts(sakai_html):
    data = re.search(
        r'<script type="application/json" id="figures">(.*?)</script>', sakai_html, re.DOTALL
    ).group(1)
    assert set(json.loads(data)) == set(re.findall(r'class="plot" id="([^"]+)"', sakai_html))


def test_the_door_names_what_it_has():
    from wattstack import report

    assert all(callable(getattr(report, name)) for name in report.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = report.no_such_name
