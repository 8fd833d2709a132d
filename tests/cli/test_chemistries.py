"""`wattstack simulate --chemistries`: text, tables and a page of a small campus of two days."""

from __future__ import annotations

import pytest

from tests.twin.comparison_made import NAMES, comparison
from wattstack.cli.app import run as run_command
from wattstack.cli.chemistries import comparison_text


def test_a_line_a_chemistry_with_its_band_and_what_holds():
    lines = comparison_text(comparison()).splitlines()
    row = next(line for line in lines if line.strip().startswith("zinc-halogen-eos"))
    assert "50 MW, 100 MWh" in row
    assert "80% (79% .. 81%)" in row
    assert "300 M JPY" in row
    assert "low" in row
    assert lines[0].startswith(
        "SYNTHETIC made, battery.main: 2 years of steps of 15min, makes of cells: 3, sizes equal"
    )
    assert any(line.strip().startswith("Against lfp-grid-2026") for line in lines)
    assert "sizes planned for each" in comparison_text(comparison(names=NAMES[:1], replanned=True))


@pytest.fixture
def compared(campus_file, tmp_path, capsys):
    """Run the comparison of two chemistries on the campus of two days."""

    def run(*more: str) -> tuple[int, str]:
        sets = [
            "finance.exchange.USD=1",
            "control.kind=rules",
            "battery.main.power_mw=5",
            "battery.main.energy_mwh=20",
        ]
        words = [part for each in sets for part in ("--set", each)]
        code = run_command(
            ["simulate", str(campus_file), "-o", str(tmp_path / "out"), "--chemistries",
             "lfp-grid-2026, zinc-halogen-eos", "--draws", "1", "--step", "1h", *words, *more]
        )  # fmt: skip
        return code, capsys.readouterr().out

    return run


def test_the_command_writes_tables_and_a_page(compared, tmp_path):
    code, text = compared("--years", "2")
    assert code == 0
    assert "zinc-halogen-eos" in text
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"comparison.json", "years.csv", "worth.csv", "limits.csv", "sizes.csv", "report.html"}


def test_without_a_report_there_is_no_page(compared, tmp_path):
    code, _ = compared("--no-report")
    assert code == 0
    assert not (tmp_path / "out" / "report.html").exists()
