"""CSV files and lists in YAML as tables: what cannot be read is told with its file and row."""

from __future__ import annotations

import pytest

from tests.portfolio.small import write_small_tables
from wattstack.errors import InputError
from wattstack.portfolio import read_portfolio
from wattstack.portfolio import tables as tables_file


def test_a_missing_file_names_the_nearest(told):
    def change(raw):
        raw["tables"]["sources"] = "item.csv"

    assert told(change)["item.csv"] == "does not exist. Nearest: 'items.csv'."

    def far(raw):
        raw["tables"]["sources"] = "zzz.csv"

    assert told(far)["zzz.csv"].startswith("does not exist. In that folder stand: gates.csv, generation.csv,")


def test_a_missing_file_in_an_empty_folder_says_so(tmp_path):
    faults = []
    assert tables_file.read_table(tmp_path / "none" / "a.csv", "items", faults) is None
    assert str(faults[0]) == "a.csv  does not exist. In that folder stand: none."


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty, must begin with a row of column names. Write one."),
        (",,\n", "is empty, must begin with a row of column names. Write one."),
        ("a\n\x00\n", None),
        (
            "site;quarter\n",
            "parts its columns by semicolons, must by commas. Save it as CSV with commas and dots.",
        ),
        (
            "site\tquarter\n",
            "parts its columns by tabs, must by commas. Save it as CSV with commas and dots.",
        ),
    ],
)
def test_a_file_without_a_header_is_told(edited, tmp_path, text, what):
    path = write_small_tables(tmp_path)
    (tmp_path / "targets.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_portfolio(path)
    told = {fault.where: fault.what for fault in caught.value.faults}
    assert what is None or told["targets.csv"] == what


def test_a_quote_that_is_never_closed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(tables_file.csv, "field_size_limit", tables_file.csv.field_size_limit)
    (tmp_path / "a.csv").write_text('name\n"' + "x" * 200_000, encoding="utf-8")
    faults = []
    assert tables_file.read_table(tmp_path / "a.csv", "items", faults) is None
    assert str(faults[0]).startswith("a.csv  is no CSV: field larger than field limit")


def test_other_encodings_are_refused_and_a_mark_at_the_start_is_skipped(tmp_path):
    faults = []
    (tmp_path / "a.csv").write_bytes("item,nöte\n".encode("latin-1"))
    assert tables_file.read_table(tmp_path / "a.csv", "items", faults) is None
    assert str(faults[0]) == "a.csv  is not UTF-8 text (byte 6), must be. Save it as UTF-8."
    (tmp_path / "b.csv").write_bytes("item\nx\n".encode("utf-8-sig"))
    assert tables_file.read_table(tmp_path / "b.csv", "items", faults).columns == ("item",)


def test_a_folder_is_no_table(tmp_path):
    faults = []
    (tmp_path / "a.csv").mkdir()
    assert tables_file.read_table(tmp_path / "a.csv", "items", faults) is None
    assert str(faults[0]).startswith("a.csv  cannot be read: ")


def test_a_record_of_meters_is_no_table(tmp_path, monkeypatch):
    monkeypatch.setattr(tables_file, "LIMIT_BYTES", 3)
    (tmp_path / "a.csv").write_text("item\n", encoding="utf-8")
    faults = []
    assert tables_file.read_table(tmp_path / "a.csv", "items", faults) is None
    assert str(faults[0]) == "a.csv  has more than 200 MB. Name a table, not a record of meters."


def test_a_row_of_another_length_is_told(edited):
    faults = edited("targets.csv", "east,2027Q4,50", "east,2027Q4,50,60")
    mend = "Put text that holds a comma in quotes, or add the missing commas."
    assert faults == {"targets.csv row 2": f"has 4 cells, the header has 3. {mend}"}


def test_a_column_that_stands_twice_is_told(edited):
    faults = edited("targets.csv", "site,quarter,facility_mw", "site,quarter,quarter")
    assert faults["targets.csv, quarter"] == "stands twice in the header. Rename or remove one."


def test_empty_rows_are_passed_over_and_still_counted(edited):
    faults = edited("targets.csv", "east,2027Q4,50", ",,\neast,2027Q4,x")
    assert list(faults) == ["targets.csv row 3, facility_mw"]


@pytest.mark.parametrize(
    ("name", "value", "where", "what"),
    [
        ("items", {"a": 1}, "items", "must be a list of mappings, or stand in tables. Write - {...} rows."),
        ("sites", 3, "sites",
         "must be a list of mappings, or a mapping of names to mappings, or stand in tables. Write - {...} rows."),
        ("items", [3], "items.0", "must be a mapping, {column: value}. Write its keys."),
        ("sites", {"east": 3}, "sites.east", "must be a mapping, {column: value}. Write its keys."),
    ],
)  # fmt: skip
def test_a_table_in_yaml_is_a_list_or_names(told, name, value, where, what):
    assert told(lambda raw: raw.update({name: value}), tables=False)[f"portfolio.yaml {where}"] == what
