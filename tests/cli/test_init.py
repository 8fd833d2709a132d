"""A starter is written whole or not at all, and never over what stands there."""

from __future__ import annotations

import pytest

from wattstack.cli.app import run

FILES = ["campus.yaml", "grid_SYNTHETIC.csv", "prices_SYNTHETIC.csv", "weather_SYNTHETIC.csv"]


@pytest.mark.parametrize("starter", ["sakai", "bosquel"])
def test_a_starter_is_written_and_says_what_comes_next(starter, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["init", starter]) == 0
    day = ["day.yaml"] if starter == "sakai" else []
    assert sorted(p.name for p in (tmp_path / starter).iterdir()) == sorted(FILES + day)
    assert "next: wattstack check" in capsys.readouterr().out


def test_the_portfolio_is_written_with_its_tables(tmp_path, capsys):
    assert run(["init", "portfolio", "-o", str(tmp_path / "two")]) == 0
    names = {p.name for p in (tmp_path / "two").iterdir()}
    assert {"portfolio.yaml", "sites.csv", "sources.csv", "profiles_SYNTHETIC.csv"} <= names
    assert f"next: wattstack check {tmp_path / 'two' / 'portfolio.yaml'}" in capsys.readouterr().out


def test_without_a_name_it_is_sakai(tmp_path):
    assert run(["init", "-o", str(tmp_path / "mine")]) == 0
    assert "name: sakai" in (tmp_path / "mine" / "campus.yaml").read_text(encoding="utf-8")


def test_a_file_that_stands_there_is_not_replaced(tmp_path, capsys):
    (tmp_path / "campus.yaml").write_text("mine", encoding="utf-8")
    assert run(["init", "sakai", "-o", str(tmp_path)]) == 2
    assert "holds campus.yaml already" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["campus.yaml"]
    assert (tmp_path / "campus.yaml").read_text(encoding="utf-8") == "mine"


def test_force_replaces_it(tmp_path):
    (tmp_path / "campus.yaml").write_text("mine", encoding="utf-8")
    assert run(["init", "sakai", "-o", str(tmp_path), "--force"]) == 0
    assert "wattstack: 1" in (tmp_path / "campus.yaml").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run(["init", "sakai", "-o", str(tmp_path / "file" / "below")]) == 2
    assert "Not a directory" in capsys.readouterr().err


def test_a_starter_that_does_not_exist_is_bad_input(capsys):
    assert run(["init", "osaka"]) == 2
    assert "sakai" in capsys.readouterr().err
