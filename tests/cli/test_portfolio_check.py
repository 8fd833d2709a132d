"""`wattstack check` of a portfolio: one page, every fault at once, and no mixing of the two kinds of file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wattstack.cli.app import run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXAMPLE = EXAMPLES / "portfolio"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the example portfolio."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "two"))


@pytest.mark.parametrize("source", [EXAMPLE, EXAMPLE / "portfolio.yaml"], ids=["folder", "file"])
def test_the_page_names_sites_horizon_announced_power_supply_and_the_most_that_could_be(source, capsys):
    assert run(["check", str(source)]) == 0
    text = capsys.readouterr().out
    for part in (
        "two-sites: no fault found. SYNTHETIC: profiles.",
        "2027Q1 to 2033Q1, 25 quarters",
        "1,000 MW by 2031Q1",
        "1,000 MW firm, 160 non-firm",
        "electrical    40      120     150     MW IT a quarter",
        "could take 1.41 GWh for 367.4 M USD in fiscal 2030; aimed at are 637 M",
        "together",
    ):
        assert part in text, part
    assert len(text.splitlines()) < 50


def test_faults_of_several_tables_come_at_once(folder, capsys):
    for name, old, new in (
        ("stages.csv", "needs", "neds"),
        ("sites.csv", "1.25,81", "0.9,81"),
        ("servers.csv", ",20.2,", ",cheap,"),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert run(["check", str(folder)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("two-sites has ")
    assert "Nearest: 'needs_stage'" in err
    assert "sites.csv row 2, pue" in err
    assert "servers.csv row 2, capital_m_per_mw" in err
    assert all(len(line) < 400 for line in err.splitlines())


def test_a_warning_is_shown_below_the_page(folder, capsys):
    text = (folder / "storage.csv").read_text(encoding="utf-8")
    (folder / "storage.csv").write_text(
        text.replace("lfp,market,sakai,185", "lfp,market,sakai,5"), encoding="utf-8"
    )
    assert run(["check", str(folder)]) == 0
    warnings = capsys.readouterr().out.partition("\nwarnings\n")[2]
    assert "storage.csv" in warnings or "lfp" in warnings


def test_a_key_is_not_set_in_a_portfolio(capsys):
    assert run(["check", str(EXAMPLE), "--set", "currency=EUR"]) == 2
    assert "--set is for a campus file, this is a portfolio." in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told_as_before(tmp_path, capsys):
    assert run(["check", str(tmp_path / "portfolio.yaml")]) == 2
    assert "portfolio.yaml" in capsys.readouterr().err
