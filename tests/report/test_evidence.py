"""The page of the evidence: every rule, every run, the worst cases; made again from the folder."""

from __future__ import annotations

import numpy as np
import pytest

from tests.prove.proof.conftest import code, made
from tests.prove.proof.test_campus import RIDE
from wattstack.errors import InputError
from wattstack.prove.compliance import SitePoint, check_compliance, read_code
from wattstack.prove.proof import proof_files, prove_compliance, trace_files, write_proof
from wattstack.report import write_report
from wattstack.report.evidence import evidence_page
from wattstack.series import Waveform

BANDS = {"freq": {"test": "T9", "quantity": "power after / before", "text": "Stay",
                  "curve": [[58.8, 61.2, None], [57.0, 58.8, 25.0]]}}  # fmt: skip


@pytest.fixture(scope="module")
def proof():
    rules = {**RIDE, **BANDS}
    codes = ["ercot-lcl-10mw", "ieso-3.0", "msft-openai-nvidia", "lipa", code("ours", rules)]
    return prove_compliance(made(), codes, seconds=130.0)


@pytest.fixture(scope="module")
def page(proof):
    return evidence_page(proof_files(proof)).html()


def test_every_rule_stands_on_the_page_with_its_status(proof, page):
    for verdict in proof.compliance.verdicts:
        assert f"{verdict.code} {verdict.rule}" in page
        assert f"{verdict.status}, {verdict.date}" in page
    assert 'class="synthetic">FAIL' in page
    assert "could be judged are broken" in page and "SYNTHETIC" in page


def test_every_run_is_told_and_every_ride_drawn(proof, page):
    for run in proof.runs:
        assert run.drive.name in page
    rides = sum(run.drive.kind in ("ride", "rejection", "order") for run in proof.runs)
    assert sum(f'id="ride-{k}"' in page for k in range(rides + 1)) == rides
    assert 'id="running-0"' in page and 'id="running-1"' in page


def test_failing_rules_and_the_tightest_that_passes_are_drawn(proof, page):
    failing = sum(v.outcome == "fail" and v.picture is not None for v in proof.compliance.verdicts)
    assert sum(f'id="worst-{k}"' in page for k in range(30)) == failing + 1


def test_the_spectrum_has_the_limits_of_rules_in_a_band(proof):
    figure = evidence_page(proof_files(proof)).figures["evidence-spectrum"]
    names = {key.name for key in figure.legend}
    assert {"lipa slow-band: 10 MW", "lipa fast-band: 3.5 MW", "ercot-lcl-10mw variation: 10 MW"} <= names
    assert "ieso-3.0 periodic: 1 MW" in names, "to each side 0.25 % of 200 MW"


def test_what_was_not_judged_is_told_with_its_reason(page):
    assert "no schedule is given" in page


def test_edges_of_the_bands_of_frequency_are_drawn(proof):
    page = evidence_page(proof_files(proof))
    ride = next(f for f in page.figures.values() if "57 Hz" in f.title)
    assert "Edges of the bands" in {key.name for key in ride.legend}


def test_the_page_is_made_again_from_the_folder(proof, tmp_path):
    files = write_proof(proof, tmp_path / "out")
    first = write_report(files, tmp_path / "first.html").read_bytes()
    assert write_report(tmp_path / "out", tmp_path / "again.html").read_bytes() == first
    with pytest.raises(InputError, match="stands for itself"):
        write_report(tmp_path / "out", tmp_path / "two.html", tmp_path / "out")


def test_an_unstable_run_is_told_at_the_top(proof):
    files = proof_files(proof)
    files.summary["unstable"] = ["normal: battery.main swings"]
    html = evidence_page(files).html()
    assert "battery.main swings" in html and "A run was unstable." in html


def traced(power, codes, **more):
    wave = Waveform(0.005, {"power_mw": power}, "meter.csv", False, **more)
    site, read = SitePoint(150, 60), {name: read_code(name) for name in codes}
    return trace_files(check_compliance(wave, codes, site), wave, site, read)


def test_a_measured_trace_has_a_page_and_nothing_synthetic_on_it():
    t = np.arange(24000) * 0.005
    html = evidence_page(traced(100 + 4 * np.sin(2 * np.pi * 0.3 * t), ["ercot-lcl-10mw"])).html()
    assert "The rule is kept" in html and "SYNTHETIC" not in html
    assert "meter.csv" in html and 'id="rides"' not in html


def test_a_trace_too_short_for_anything_says_so():
    html = evidence_page(traced(np.full(400, 100.0), ["ieso-3.0"])).html()
    assert "No rule could be judged." in html and "Nothing was judged that could be drawn" in html
    assert 'id="spectrum"' not in html


def test_a_trace_with_every_rule_judged_says_that_none_is_left_out():
    t = np.arange(24000) * 0.005
    html = evidence_page(traced(100 + 4 * np.sin(2 * np.pi * 0.3 * t), ["ercot-lcl-10mw"])).html()
    assert "Every rule of every code was judged." in html
