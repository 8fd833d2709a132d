"""The library as the command line shows it: every entry with its passport."""

from __future__ import annotations

from wattstack.cli.app import run
from wattstack.library import kinds, names


def test_all_entries_are_listed_by_kind(capsys):
    assert run(["library"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(kinds())
    for kind in kinds():
        for name in names(kind):
            assert any(line.startswith(f"  {name} ") for line in lines), name


def test_one_kind_is_listed_alone(capsys):
    assert run(["library", "fuels"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "fuels"
    assert len(lines) == 1 + len(names("fuels"))


def test_an_entry_shows_source_status_values_and_figures(capsys):
    assert run(["library", "chemistries", "lfp-grid-2026"]) == 0
    text = capsys.readouterr().out
    for word in (
        "source",
        "status      assumption",
        "confidence",
        "currency    USD",
        "usable_frac",
        "figures behind",
    ):
        assert word in text


def test_an_entry_without_prices_has_no_currency_and_long_values_are_cut(capsys):
    assert run(["library", "profiles", "ai"]) == 0
    text = capsys.readouterr().out
    assert "currency" not in text
    assert max(len(line) for line in text.split("values")[1].split("figures")[0].splitlines()) <= 110
    assert "..." in text


def test_a_slip_in_a_name_is_answered_with_the_nearest(capsys):
    assert run(["library", "chemistries", "lfp-grid"]) == 2
    assert "Nearest: 'lfp-grid-2026'" in capsys.readouterr().err


def test_a_kind_that_does_not_exist_is_bad_input(capsys):
    assert run(["library", "wines"]) == 2
    said = capsys.readouterr()
    assert "wines" in said.err
    assert said.out == ""


def test_safety_rules_are_sentences_with_the_doubt_of_each(capsys):
    assert run(["library", "safety", "fm-5-33"]) == 0
    text = capsys.readouterr().out
    assert (
        "rules\n  gap             Units stand 6 m (20 ft) apart, or have a barrier of 1 h between them\n"
        in text
    )
    assert (
        "  building        6 m (20 ft) to a building, or a barrier of 1 h (confidence low; that a space is kept"
        in text
    )
