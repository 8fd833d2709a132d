from wattstack.report.html import Num, Raw, bullets, facts, table


def test_what_a_user_wrote_is_escaped():
    evil = '<script>alert("x")</script>'
    html = (
        table([evil], [[evil]])
        + bullets([evil])
        + facts([(evil, evil)])
        + table([evil, evil], [[evil, evil]], kind="text")
    )
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_number_carries_its_full_value():
    assert Num("18.32 MW", 18.319812).html == '<data value="18.319812">18.32 MW</data>'


def test_a_number_that_is_not_defined_is_text():
    assert Num("none", None).html == "none"


def test_columns_of_numbers_stand_on_the_right():
    html = table(["Name", "Size"], [["a", Num("1", 1.0)], ["b", ""]], ["Sum", Num("1", 1.0)])
    assert html.count('<td class="n">') == 3
    assert "<tfoot>" in html


def test_tables_of_text_name_each_cell_for_a_phone():
    html = table(["Kind", "Source"], [["fuel", Raw("<b>x</b>")]], kind="text")
    assert '<td data-label="Source"><b>x</b></td>' in html
