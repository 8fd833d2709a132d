import pytest

from wattstack.plan import plan_files, write_plan
from wattstack.report import write_report
from wattstack.report.compare import compare_page, cost_lines
from wattstack.report.view import open_view, view_of


@pytest.fixture(scope="session")
def tight(small):
    return small(grid={"connection": {"firm_mw": 9.2}})


def test_two_folders_stand_side_by_side_under_their_names(small, tight, tmp_path):
    write_plan(small(), tmp_path / "now")
    write_plan(tight, tmp_path / "later")
    html = write_report(tmp_path / "now", tmp_path / "page.html", tmp_path / "later").read_text()
    assert "<h1>now beside later</h1>" in html
    assert "Peak import" in html
    for value in (*small().sizes.values(), *tight.sizes.values()):
        assert f'value="{float(value)!r}"' in html


def test_differences_are_second_less_first(small, tight):
    html = compare_page(open_view(small()), open_view(tight)).html()
    change = tight.objective - small().objective
    assert f'value="{change!r}"' in html
    assert "(second) costs" in html


def test_the_lines_add_up_to_the_yearly_cost(small, sakai):
    for plan in (small(), sakai):
        assert sum(cost_lines(open_view(plan)).values()) == pytest.approx(plan.objective, rel=1e-12)


def test_the_walk_leads_from_one_cost_to_the_other(small, tight):
    figure = compare_page(open_view(tight), open_view(small())).figures["walk"]
    values = figure.data[0]["x"]
    assert sum(values[:-1]) == pytest.approx(values[-1], rel=1e-3)


def test_two_currencies_are_never_subtracted(small, sakai):
    page = compare_page(open_view(small()), open_view(sakai))
    assert "nothing is subtracted" in page.lead
    assert "walk" not in page.figures
    assert page.synthetic
    assert "not there" in page.html()


def test_inputs_that_differ_are_named(sakai):
    files = plan_files(sakai)
    changed = [dict(record) for record in files.summary["inputs"]]
    changed[0]["sha256"] = "0" * 64
    other = type(files)({**files.summary, "inputs": changed}, files.tables, files.traces, files.timing)
    html = compare_page(view_of(files, "a"), view_of(other, "b")).html()
    assert html.count("the same to the byte") == len(changed) - 1
    assert html.count(">different<") == 1
