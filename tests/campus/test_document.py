"""What is no YAML, no file or no campus is told before anything else."""

from __future__ import annotations

import pytest

from wattstack.campus import read_campus
from wattstack.errors import InputError


def message(path):
    with pytest.raises(InputError) as caught:
        read_campus(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "name: a: b\n",
            "is not YAML at line 1, column 8 in `name: a: b`: mapping values are not allowed here. "
            "Put text that holds a colon in quotes, or look at the indentation.",
        ),
        (
            "load:\n\thalls: 3\n",
            "is not YAML at line 2, column 1 in `halls: 3`: found character '\\t' that cannot start any "
            "token. "
            "A tab stands there: indent with spaces.",
        ),
        (
            "place: {latitude_deg: 3\nname: b\n",
            "is not YAML at line 2, column 5 in `name: b`: expected ',' or '}', but got ':'. "
            "Close the bracket, or put a comma between its parts.",
        ),
        (
            "a:\n  - b\n c: 1\n",
            "is not YAML at line 3, column 2 in `c: 1`: expected <block end>, but found '<block mapping "
            "start>'. "
            "Look at the indentation of this line and of the line above it.",
        ),
        (
            "name: *main\n",
            "is not YAML at line 1, column 7 in `name: *main`: found undefined alias 'main'. "
            "An *alias needs its &anchor above it.",
        ),
        (
            "name: 'a\n",
            "is not YAML at line 1, column 7 in `name: 'a`: found unexpected end of stream. Close the "
            "quotes.",
        ),
        (
            "name: a\n---\nname: b\n",
            "is not YAML at line 2, column 1 in `---`: but found another document. "
            "Keep one document: take the line --- between them out.",
        ),
        (
            "a: \x07\n",
            "is not YAML: unacceptable character #x0007: special characters are not allowed. Save it as "
            "plain text.",
        ),
        ("- a\n- b\n", "holds a list at the top, must hold keys. Begin with wattstack: 1."),
        ("42\n", "holds a single value at the top, must hold keys. Begin with wattstack: 1."),
        ("", "is empty, must hold a campus. Start from `wattstack init`."),
        ("# only a comment\n", "is empty, must hold a campus. Start from `wattstack init`."),
        ("[" * 3000, "is nested too deep to be read. Take brackets or indentation out."),
    ],
)
def test_a_file_that_is_no_campus_says_what_to_look_at(file_of, text, sentence):
    assert message(file_of(text)) == f"campus.yaml: {sentence}"


def test_a_missing_file_names_the_nearest_in_its_folder(file_of):
    path = file_of("name: a\n")
    assert message(path.with_name("campis.yaml")) == "campis.yaml: does not exist. Nearest: 'campus.yaml'."


def test_a_missing_file_lists_what_stands_in_its_folder(file_of):
    path = file_of("name: a\n")
    assert message(path.with_name("x.yml")) == "x.yml: does not exist. In that folder stand: campus.yaml."


def test_a_missing_file_in_an_empty_folder_points_to_init(tmp_path):
    assert "Make one by `wattstack init`." in message(tmp_path / "campus.yaml")
    assert "Make one by `wattstack init`." in message(tmp_path / "nowhere" / "campus.yaml")


def test_a_folder_is_no_campus_file(tmp_path):
    assert message(tmp_path).endswith("is a folder, must be a YAML file. Name the file in it.")


def test_a_file_in_another_encoding_says_where(tmp_path):
    path = tmp_path / "campus.yaml"
    path.write_bytes(b"name: caf\xe9\n")
    assert message(path) == "campus.yaml: is not UTF-8 text (byte 9), must be. Save it as UTF-8."


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "prices.csv"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)  # sparse: costs no disk
    assert message(path) == (
        "prices.csv: has 200 MB, must be a few kB of text. Name the campus file, not a series."
    )


def test_a_file_that_may_not_be_read_says_so(tmp_path):
    path = tmp_path / ("x" * 300)
    assert "cannot be read: File name too long. Check the name and the rights." in message(path)


def test_two_components_of_one_name_are_told_with_both_lines(told):
    faults = told(
        ("battery:\n", "battery:\n  main: {power_mw: 1}\n"), ("name: test\n", "name: test\nname: again\n")
    )
    assert faults == {
        "name": "stands in lines 3 and 4, must stand once. Rename or remove one.",
        "battery.main": "stands in lines 17 and 19, must stand once. Rename or remove one.",
    } | {key: value for key, value in faults.items() if key.startswith("battery.main.")}


def test_a_name_that_stands_twice_is_a_fault_even_when_all_else_is_right(told):
    assert told(("  halls: {it_mw: 100} ", "  halls: {it_mw: 90}\n  halls: {it_mw: 100} ")) == {
        "load.halls": "stands in lines 10 and 11, must stand once. Rename or remove one."
    }


def test_an_alias_to_itself_a_strange_key_and_a_strange_tag_are_told(told):
    faults = told(description="&d {a: *d}", duties="{? [a, b] : 1}", finance="{horizon_years: !!int many}")
    assert faults["description.a"] == "holds itself through an alias. Write the value out."
    assert faults["duties"] == "has a key that is no name (line 24). Write a name."
    assert faults["finance.horizon_years"] == "is 'many', which does not fit its tag. Take it out."
    assert told(description="!secret x") == {
        "description": "has the tag !secret, which is not read. Take it out."
    }


def test_a_number_beyond_any_campus_is_told(told):
    assert told(("it_mw: 100}", "it_mw: 1e300}"), finance="{horizon_years: -2000000000000000}") == {
        "load.halls.it_mw": "is 1e300, must lie within 1e+15. Mend the number. (line 10)",
        "finance.horizon_years": "is -2000000000000000, must lie within 1e+15. Mend the number. (line 23)",
    }


def test_aliases_of_aliases_end(file_of):
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))
    assert (
        message(file_of(bomb))
        == "campus.yaml: holds more than 100000 values. Write fewer aliases of aliases."
    )


def test_merge_keys_of_older_yaml_are_no_keys(told):
    assert told(duties="{<<: {backup: {duration_h: 1}}}") == {
        "duties.<<": "is not a key here. There are: backup, smoothing. (line 23)"
    }


def test_a_byte_order_mark_and_windows_lines_are_read(file_of, small_text):
    assert read_campus(file_of("\ufeff" + small_text.replace("\n", "\r\n"))).name == "test"


def test_anchors_repeat_a_part(file_of, small_text):
    text = small_text.replace(
        "charge_eff: 0.95\n    discharge_eff: 0.95", "charge_eff: &e 0.9\n    discharge_eff: *e"
    )
    assert read_campus(file_of(text)).battery["main"].discharge_eff == 0.9
