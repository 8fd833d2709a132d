"""The page of a run of seconds: what it shows of much and of little."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twin.bay import bay, run
from wattstack.errors import InputError
from wattstack.report import write_report, write_transient_page
from wattstack.report.figures.transient import thinned
from wattstack.twin import transient
from wattstack.twin.transient import greatest_change, read_transient, transient_summary, write_transient


def test_no_peak_is_lost_where_many_samples_are_drawn():
    values = np.zeros(50_000)
    values[12_345], values[40_001] = 7.0, -3.0
    x, y = thinned(np.arange(50_000) * 0.001, values)
    assert max(y) == 7.0 and min(y) == -3.0
    assert x[y.index(7.0)] == pytest.approx(12.345)
    assert x == sorted(x) and len(x) < 3000


def test_few_samples_are_drawn_as_they_are():
    assert thinned(np.arange(3.0), np.array([1.0, 2.0, 3.0])) == ([0, 1, 2], [1, 2, 3])


def test_the_greatest_change_is_that_within_its_window():
    power = np.r_[np.zeros(2000), np.full(2000, 10.0), np.full(2000, 25.0)]
    assert greatest_change(power, 0.005, 5.0) == (15.0, pytest.approx(20.02, abs=0.03))
    assert greatest_change(power, 0.005, 15.0)[0] == 25.0
    assert greatest_change(np.ones(3), 0.005)[0] == 0.0


def test_a_page_of_a_campus_with_little_has_no_section_of_what_is_not_there(tmp_path):
    campus = bay(battery=None, control=None)
    done = run(campus, seconds=2.0)
    page = write_transient_page(done, transient_summary(done, campus), tmp_path / "page.html")
    text = page.read_text(encoding="utf-8")
    assert "Nothing but the jobs themselves." in text
    assert "Uninterruptible" not in text and "Batteries and generators" not in text


def test_a_page_tells_decisions_and_numbers_what_happened(tmp_path):
    campus = bay(ups={"main": {}}, battery={"main": {"power_mw": 5}})
    done = run(campus, ["crash:halls.big@1", "deep-sag@3"], 5.0)
    text = write_transient_page(done, transient_summary(done, campus), tmp_path / "p.html").read_text(
        encoding="utf-8"
    )
    assert "could not hold the reference" in text
    assert "at their end" in text
    assert "ups.main left the grid" in text


def test_the_door_of_seconds_has_no_other_names():
    with pytest.raises(AttributeError, match="no attribute"):
        transient.simulate_hours  # noqa: B018


def test_the_page_is_made_again_from_its_folder(tmp_path):
    campus = bay(battery={"main": {"power_mw": 5}})
    done = run(campus, ["crash:halls.big@1"], 4.0)
    for csv in (False, True):
        folder = tmp_path / f"out-{csv}"
        first = write_transient_page(
            done, write_transient(done, folder, campus, (), csv), tmp_path / "first.html"
        ).read_text(encoding="utf-8")
        again = write_report(folder, folder / "report.html").read_text(encoding="utf-8")
        assert again == first
        back = read_transient(folder)[0]
        assert all(np.array_equal(back.wave[name], values) for name, values in done.wave.arrays.items())
        assert (back.happened, back.energies, back.notes) == (done.happened, done.energies, done.notes)
    with pytest.raises(InputError, match="a run of seconds, which stands for itself"):
        write_report(folder, tmp_path / "both.html", folder)


def test_a_folder_of_seconds_without_its_wave_or_of_another_layout_is_refused(tmp_path):
    campus = bay()
    done = run(campus, seconds=1.0)
    write_transient(done, tmp_path / "out", campus)
    (tmp_path / "out" / "wave.parquet").write_text("no table")
    with pytest.raises(InputError, match="is no table of a wave"):
        read_transient(tmp_path / "out")
    (tmp_path / "out" / "wave.parquet").unlink()
    with pytest.raises(InputError, match="is missing beside transient"):
        read_transient(tmp_path / "out")
    told = (tmp_path / "out" / "transient.json").read_text(encoding="utf-8")
    (tmp_path / "out" / "transient.json").write_text(
        told.replace('"wattstack_transient": 1', '"wattstack_transient": 9')
    )
    with pytest.raises(InputError, match="is layout 9, must be 1"):
        read_transient(tmp_path / "out")


def test_a_design_of_smoothing_says_how_its_page_is_made(tmp_path):
    (tmp_path / "smooth.json").write_text("{}")
    with pytest.raises(InputError, match="wattstack smooth again"):
        write_report(tmp_path, tmp_path / "report.html")


def test_comtrade_lies_beside_the_wave_where_it_is_asked_for(tmp_path):
    campus = bay()
    done = run(campus, seconds=1.0)
    write_transient(done, tmp_path / "out", campus, comtrade=True)
    lines = (tmp_path / "out" / "wave.cfg").read_text().splitlines()
    assert lines[0].startswith("bay") and "60" in lines
    assert (tmp_path / "out" / "wave.dat").stat().st_size > done.wave.count * 4
    write_transient(done, tmp_path / "out", campus)
    assert not (tmp_path / "out" / "wave.cfg").exists()
