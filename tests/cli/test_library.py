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


def test_a_chemistry_shows_every_parameter_of_its_cell_and_marks_what_is_not_sure(capsys):
    from wattstack.physics import cell_of

    assert run(["library", "chemistries", "zinc-bromine-flow"]) == 0
    text = capsys.readouterr().out
    cell = cell_of("zinc-bromine-flow")
    for row in cell.passport:
        assert f"\n  {row.key}  " in text
    assert text.count("(LOW CONFIDENCE)") == sum(row.confidence == "low" for row in cell.passport)
    assert "coulomb_eff  0.95  (LOW CONFIDENCE)\n          assumption" in text
    assert "  self_discharge_frac_per_day  0: 0; 0.05: 0.1; 0.2: 0.24; 1: 0.24 1/day  (medium)" in text
    assert "ageing law  zinc\n" in text
    assert "--plot zinc-bromine-flow.html" in text


def test_fits_to_other_makes_are_named_beside_the_law(capsys):
    assert run(["library", "chemistries", "lfp-grid-2026"]) == 0
    assert (
        "blast-lfp-250ah; beside it, fits to other makes: naumann-lfp, blast-lfp-sony"
        in capsys.readouterr().out
    )


def test_a_cell_that_does_not_age_says_so():
    from dataclasses import replace

    from wattstack.cli.passport import cell_lines
    from wattstack.physics import cell_of

    assert cell_lines(replace(cell_of("edlc"), laws=()))[-1] == "  ageing law  none"


def test_plots_of_a_chemistry_are_written(capsys, tmp_path):
    page = tmp_path / "edlc.html"
    assert run(["library", "chemistries", "edlc", "--plot", str(page)]) == 0
    assert f"plots: {page}" in capsys.readouterr().out
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_plots_of_anything_but_one_chemistry_are_refused(capsys, tmp_path):
    for asked in (["fuels", "lng"], ["chemistries"]):
        assert run(["library", *asked, "--plot", str(tmp_path / "no.html")]) == 2
        assert "--plot shows one chemistry" in capsys.readouterr().err
