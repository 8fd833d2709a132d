"""A campus file is read with all its faults at once and written back with its comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattstack.campus import Campus, SizeRange, read_campus, write_campus
from wattstack.campus.fields import largest
from wattstack.errors import InputError

EXAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*/*.yaml"))
    if path.parent.name != "portfolio" and path.name != "day.yaml"  # files of other kinds
]


def test_a_file_becomes_a_campus_that_knows_where_it_came_from(file_of, small_text):
    path = file_of(small_text)
    campus = read_campus(path)
    assert campus.battery["main"].power_mw == SizeRange(max=200)
    assert (campus.source, campus.base_dir) == ("campus.yaml", path.parent)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_examples_are_read(path):
    assert read_campus(path).size_paths


def test_all_faults_of_a_file_are_told_at_once_in_the_order_of_the_lines(told):
    faults = told(
        ("power_mw: {max: 200} ", "power_mw: {min: 300, max: 200} "),
        ("charge_eff: 0.95\n    disch", "charge_ef: 0.95\n    disch"),
        ("it_mw: 100}", "it_mw: '100'}"),
        ("firm_mw: 110", "firm_mw: -1"),
        ("price_per_mwh: series:price_per_mwh", "price_per_mwh: series:price_mwh"),
    )
    assert list(faults.items()) == [
        ("load.halls.it_mw", "is '100', must be a number [MW]. Write 100 without quotes. (line 10)"),
        ("grid.connection.firm_mw", "is -1, must be >= 0 MW. Give a value >= 0. (line 12)"),
        (
            "grid.tariff.energy.price_per_mwh",
            "is 'series:price_mwh', must name a series of this file. Nearest: 'series:price_per_mwh'. "
            "(line 14)",
        ),
        (
            "battery.main.charge_eff",
            "is missing, must be given. It is: MWh stored per MWh drawn from the bus; the chemistry brings "
            "it. (line 17)",
        ),
        (
            "battery.main.power_mw.min",
            "is 300, must not be above max 200. Lower min or raise max. (line 18)",
        ),
        ("battery.main.charge_ef", "is not a key here. Nearest: 'charge_eff'. (line 20)"),
    ]


def test_the_message_lists_path_and_sentence(file_of, small_text):
    with pytest.raises(InputError) as caught:
        read_campus(file_of(small_text.replace("it_mw", "it_kw")))
    assert str(caught.value) == (
        "campus.yaml has 2 faults:\n"
        "  load.halls.it_mw  is missing, must be given. It is: Rating of the IT equipment [MW]. (line 10)\n"
        "  load.halls.it_kw  is not a key here. Nearest: 'it_mw'. (line 10)"
    )


def test_no_fault_speaks_of_the_library_that_found_it(told):
    faults = told(
        place=3, load="[]", battery={"a": 1}, finance={"discount_rate_frac": 7}, text="wattstack: 1\n"
    )
    text = " ".join(faults.values())
    assert "pydantic" not in text and "Input should" not in text and "http" not in text


def test_another_version_says_which_one_is_read(told):
    assert told(("wattstack: 1", "wattstack: 2")) == {
        "wattstack": "is 2, must be 1: this program reads version 1 of the campus file. Write wattstack: "
        "1, or use "
        "the version of the program that the file was made for. (line 2)"
    }


def test_changes_lie_over_the_file_as_yaml(file_of, small_text):
    path = file_of(small_text)
    campus = read_campus(path, changes={"grid.connection.firm_mw": "{max: 90}", "battery.main.energy_mwh": 7})
    assert campus.grid.connection.firm_mw == SizeRange(max=90)
    assert campus.battery["main"].energy_mwh == 7
    with pytest.raises(InputError, match=r"grid.connection.firm  is not a key here. Nearest: 'firm_mw'"):
        read_campus(path, changes={"grid.connection.firm": "90"})


def test_a_change_that_is_no_yaml_is_told_with_its_path(file_of, small_text):
    with pytest.raises(
        InputError, match=r"^grid.connection.firm_mw: is not YAML at line 1, .*Close the bracket"
    ):
        read_campus(file_of(small_text), changes={"grid.connection.firm_mw": "{max: 3"})


def test_a_null_change_takes_a_key_out(file_of, small_text):
    assert read_campus(file_of(small_text), changes={"battery": "null"}).battery == {}


def test_an_overlay_lies_over_its_base_key_by_key(file_of, small_text):
    file_of(small_text, "base/campus.yaml")
    path = file_of(
        "extends: base/campus.yaml\n"
        "series: {price_per_mwh: {file: real.csv, unit: JPY/MWh}}\n"
        "grid: {connection: {firm_mw: 90}}\n"
        "battery: null\n",
        "real.yaml",
    )
    campus = read_campus(path)
    assert campus.grid.connection.firm_mw == 90
    assert campus.battery == {}
    price = campus.series["price_per_mwh"]
    assert (price.file, price.unit, price.column) == ("real.csv", "JPY/MWh", "price")
    assert (campus.source, campus.base_dir) == ("real.yaml", path.parent)


def test_files_named_in_the_base_are_found_from_the_overlay(file_of, small_text):
    text = small_text.replace("file: prices.csv", "file: ../prices.csv")
    scenario = "{weight_frac: 1, series: {price_per_mwh: {source: jepx, area: kansai, file: a.csv}}}"
    file_of(f"{text}scenarios:\n  a: {scenario}\n", "base/campus.yaml")
    campus = read_campus(file_of("extends: base/campus.yaml\nname: real\n", "real.yaml"))
    assert campus.series["price_per_mwh"].file == "prices.csv"
    assert campus.scenarios["a"].series["price_per_mwh"].file == "base/a.csv"


def test_a_fault_in_an_overlaid_file_names_file_and_line(file_of, small_text):
    file_of(small_text.replace("latitude_deg: 34.6", "latitude_deg: 134.6"))
    with pytest.raises(InputError) as caught:
        read_campus(file_of("extends: campus.yaml\nname: Real\n", "real.yaml"))
    assert [str(fault) for fault in caught.value.faults] == [
        "place.latitude_deg  is 134.6, must be <= 90 deg. Give a value <= 90. (line 4 of campus.yaml)",
        "name  is 'Real', must hold only a-z, 0-9, _ and -. Write my-campus. (line 2 of real.yaml)",
    ]


def test_overlays_do_not_run_in_a_circle(file_of):
    path = file_of("extends: b.yaml\n", "a.yaml")
    file_of("extends: a.yaml\n", "b.yaml")
    with pytest.raises(InputError, match=r"extends  is 'a.yaml', which runs in a circle. Take it out."):
        read_campus(path)


def test_an_overlay_over_nothing_says_so(file_of):
    with pytest.raises(InputError, match=r"bas.yaml: does not exist. Nearest: 'base.yaml'"):
        path = file_of("extends: bas.yaml\n", "real.yaml")
        file_of("name: a\n", "base.yaml")
        read_campus(path)
    with pytest.raises(InputError, match=r"extends  must be the name of a campus file. Write one."):
        read_campus(file_of("extends: [a.yaml]\n", "real.yaml"))


def test_writing_keeps_comments_order_and_all_that_was_not_changed(file_of, small_text, tmp_path):
    campus = read_campus(file_of(small_text))
    write_campus(campus.sized({"battery.main.power_mw": 57.25}), tmp_path / "sized.yaml")
    written = (tmp_path / "sized.yaml").read_text(encoding="utf-8")
    assert written == small_text.replace(
        "power_mw: {max: 200}                     # planned", written.split("main:\n    ")[1].split("\n")[0]
    )
    assert "power_mw: 57.25" in written and "# planned" in written and "# the halls" in written


def test_a_written_campus_reads_back_as_the_same_campus(file_of, small_text, tmp_path):
    sized = read_campus(file_of(small_text)).sized(
        {
            "battery.main.power_mw": 57.25,
            "battery.main.energy_mwh": 1 / 3 * 10,
            "grid.connection.firm_mw": 110.0,
        }
    )
    write_campus(sized, tmp_path / "sized.yaml")
    again = read_campus(tmp_path / "sized.yaml")
    assert again.model_dump() == sized.model_dump()
    write_campus(again, tmp_path / "twice.yaml")
    assert (tmp_path / "twice.yaml").read_bytes() == (tmp_path / "sized.yaml").read_bytes()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_sized_example_reads_back_as_the_same_campus(path, tmp_path):
    campus = read_campus(path)
    sized = campus.sized({name: largest(size) for name, size in campus.size_paths.items()})
    (tmp_path / "out").mkdir()
    write_campus(sized, tmp_path / "out" / "campus.yaml")
    again = read_campus(tmp_path / "out" / "campus.yaml")
    assert again.size_paths == sized.size_paths
    exclude = {"series", "scenarios"}  # their files are named from another folder
    assert again.model_dump(exclude=exclude) == sized.model_dump(exclude=exclude)
    for name, source in again.series.items():
        assert (again.base_dir / source.file).resolve() == (
            campus.base_dir / campus.series[name].file
        ).resolve()


def test_file_names_are_turned_to_the_folder_that_is_written_to(file_of, small_text, tmp_path):
    campus = read_campus(file_of(small_text, "sakai/campus.yaml"))
    (tmp_path / "out").mkdir()
    write_campus(campus, tmp_path / "out" / "campus.yaml")
    again = read_campus(tmp_path / "out" / "campus.yaml")
    assert again.series["price_per_mwh"].file == "../sakai/prices.csv"


def test_an_overlay_is_written_as_one_file(file_of, small_text, tmp_path):
    file_of(small_text)
    text = "extends: campus.yaml\nbattery: null\n# as offered\ngrid: {connection: {firm_mw: 90}}\n"
    text += "load: {yard: {draw_mw: 2}}\n"
    over = file_of(text, "real.yaml")
    campus = read_campus(over)
    write_campus(campus, tmp_path / "one.yaml")
    written = (tmp_path / "one.yaml").read_text(encoding="utf-8")
    assert "extends" not in written and "battery" not in written and "# the halls" in written
    assert read_campus(tmp_path / "one.yaml").model_dump() == campus.model_dump()


def test_a_campus_taken_apart_is_written_without_what_was_taken_out(file_of, small_text, tmp_path):
    path = file_of(small_text + "duties: {backup: {duration_h: 0.5}}\n")
    campus = read_campus(path, changes={"duties": "null", "battery.main.capital_per_mwh": 3})
    write_campus(campus, tmp_path / "less.yaml")
    written = (tmp_path / "less.yaml").read_text(encoding="utf-8")
    assert "duties" not in written and "capital_per_mwh: 3.0" in written
    assert read_campus(tmp_path / "less.yaml").model_dump() == campus.model_dump()


def test_a_tariff_by_name_opens_where_something_is_laid_over_it(file_of, small_text, tmp_path):
    text = small_text.replace(
        "  tariff:\n    energy: {price_per_mwh: series:price_per_mwh}\n",
        "  tariff: library:kansai-special-high-voltage   # the name\n",
    )
    campus = read_campus(file_of(text), changes={"grid.tariff.fixed_per_month": 5})
    write_campus(campus, tmp_path / "more.yaml")
    again = read_campus(tmp_path / "more.yaml")
    assert again.model_dump() == campus.model_dump()
    assert again.grid.tariff.demand["highest"].interval == "30min"
    tariff = (tmp_path / "more.yaml").read_text(encoding="utf-8").split("tariff:")[1].split("battery:")[0]
    assert tariff.split("# the name")[1].split() == [
        "extends:", "library:kansai-special-high-voltage", "fixed_per_month:", "5.0",
    ]  # fmt: skip
    over = file_of("extends: campus.yaml\ngrid: {tariff: {fixed_per_month: 5}}\n", "over.yaml")
    write_campus(read_campus(over), tmp_path / "over-out.yaml")
    assert read_campus(tmp_path / "over-out.yaml").model_dump() == campus.model_dump()


def test_a_campus_built_in_python_is_written_too(campus_of, tmp_path):
    campus = campus_of(solar={"roof": {"power_mw": {"max": 60}, "capital_per_mw": 1.5e8}},
                       series={"weather": {"source": "epw", "file": "a.epw"}})  # fmt: skip
    write_campus(campus, tmp_path / "campus.yaml")
    again = read_campus(tmp_path / "campus.yaml")
    assert again.size_paths == campus.size_paths
    assert again.time == campus.time
    assert isinstance(again, Campus)


def test_nothing_half_written_stands_where_writing_fails(campus_of, tmp_path):
    with pytest.raises(FileNotFoundError):
        write_campus(campus_of(), tmp_path / "nowhere" / "campus.yaml")
    assert list(tmp_path.iterdir()) == []
