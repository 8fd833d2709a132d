"""The folder of the evidence: whole, the same bytes twice, and complete enough for an interconnection engineer."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from tests.prove.compliance.conftest import made as wave_of
from tests.prove.proof.conftest import code, made
from wattstack.errors import InputError
from wattstack.prove.compliance import SitePoint, check_compliance, read_code
from wattstack.prove.proof import proof_files, prove_compliance, read_proof, trace_files, write_proof
from wattstack.series import read_waveform

KINDS = {
    "wattstack_compliance": int, "kind": str, "name": str, "description": str, "synthetic": bool, "versions": dict,
    "inputs": list, "site": dict, "codes": list, "library": list, "passed": bool, "binding_passed": bool,
    "counts": dict, "worst": dict, "unstable": list, "verdicts": list, "runs": list, "notes": list,
}  # fmt: skip
VERDICT = {
    "code", "rule", "test", "quantity", "text", "outcome", "value", "limit", "unit", "margin", "margin_frac",
    "margin_db", "worst_s", "reading", "readings", "window", "filter", "status", "source", "date", "confidence",
    "note", "binding", "band_hz", "run",
}  # fmt: skip
OUTCOMES = {"pass", "fail", "not applicable", "not measurable"}


def valid(summary: dict, pictures: dict) -> None:
    """Every key there, of its kind; every verdict whole; every run and picture that is named exists."""
    for key, kind in KINDS.items():
        assert isinstance(summary[key], kind), key
    for verdict in summary["verdicts"]:
        assert set(verdict) == VERDICT
        assert verdict["outcome"] in OUTCOMES and verdict["status"] and verdict["source"] and verdict["date"]
        assert (verdict["value"] is None) == (verdict["limit"] is None)
    assert sum(summary["counts"].values()) == len(summary["verdicts"])
    for entry in summary["codes"]:
        assert len(entry["sha256"]) == 64 and entry["source"] and entry["status"] and entry["date"]
    rules = {f"{v['code']}/{v['rule']}" for v in summary["verdicts"]}
    assert set(pictures["worst"]) <= rules
    assert [run["name"] for run in pictures["runs"]] == [run["name"] for run in summary["runs"]]


@pytest.fixture(scope="module")
def folder(proof, tmp_path_factory):
    path = tmp_path_factory.mktemp("proof") / "out"
    write_proof(proof, path, forms=("parquet", "comtrade"))
    return path


def test_the_folder_is_valid_and_reads_back_as_it_was_written(proof, folder):
    files = read_proof(folder)
    valid(files.summary, files.pictures)
    again = proof_files(proof)
    assert files.pictures == json.loads(json.dumps(again.pictures))
    runs = [{k: v for k, v in run.items() if k != "waves"} for run in files.summary["runs"]]
    assert {**files.summary, "runs": runs} == json.loads(json.dumps(again.summary))


def test_equal_inputs_give_equal_bytes(proof, folder, tmp_path):
    write_proof(proof, tmp_path / "again", forms=("parquet", "comtrade"))
    names = sorted(p.name for p in folder.iterdir())
    assert names == sorted(p.name for p in (tmp_path / "again").iterdir())
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_every_wave_is_there_with_its_checksum_and_tells_that_it_was_made(proof, folder):
    for run, record in zip(proof.runs, read_proof(folder).summary["runs"], strict=True):
        assert {p["file"].rpartition(".")[2] for p in record["waves"]} == {"parquet", "cfg", "dat"}
        for one in record["waves"]:
            assert sha256((folder / one["file"]).read_bytes()).hexdigest() == one["sha256"]
        wave = read_waveform(folder / record["waves"][0]["file"])
        assert wave.synthetic
        np.testing.assert_array_equal(wave["power_mw"], run.wave["power_mw"])
        assert "synthetic" in (folder / record["waves"][1]["file"]).read_text("ascii").splitlines()[0]


def test_the_table_of_verdicts_has_a_row_a_rule(proof, folder):
    table = pd.read_csv(folder / "verdicts.csv")
    assert list(table["outcome"]) == [v.outcome for v in proof.compliance.verdicts]
    assert list(table["run"]) == list(proof.run_of.values())


def test_an_older_proof_leaves_nothing_behind(proof, tmp_path):
    write_proof(proof, tmp_path, forms=("csv",))
    assert list(tmp_path.glob("wave-*.csv")) and (tmp_path / "compliance.json").is_file()
    write_proof(proof, tmp_path)
    assert not list(tmp_path.glob("wave-*.csv"))


def test_the_chain_and_the_spectrum_are_those_of_the_normal_run(proof):
    pictures = proof_files(proof).pictures
    stages = {one["stage"]: one for one in pictures["chain"]["stages"]}
    assert list(stages) == ["gpu", "it", "ups", "campus", "grid"]
    assert stages["grid"]["mean_mw"] == pytest.approx(float(proof.runs[0].wave["power_mw"].mean()), rel=1e-5)
    assert stages["grid"]["change_5s_mw"] < stages["campus"]["change_5s_mw"], "the battery smooths"
    spectrum = pictures["spectrum"]
    highest = spectrum["frequency_hz"][int(np.argmax(spectrum["load_mw"][5:])) + 5]
    assert highest == pytest.approx(1.0 / 3.0, abs=0.02)


def test_a_ride_is_drawn_with_its_curve_and_what_must_be_drawn_again(proof):
    runs = {run["name"]: run for run in proof_files(proof).pictures["runs"]}
    sag = runs["deep sag"]
    assert sag["from_s"] == pytest.approx(13.0, abs=0.01)
    assert [aim["rule"] for aim in sag["aims"]] == ["recovery"]
    assert sag["aims"][0]["from_s"] == pytest.approx(16.15)
    assert runs["loss and return"]["from_s"] == pytest.approx(50.0)
    rocof = runs["ieso-3.0:rocof:+5Hz/s"]
    assert max(rocof["channels"]["frequency_hz"]["values"]) == pytest.approx(62.5)


def test_a_curve_is_drawn_as_steps_of_time():
    from wattstack.prove.compliance.ride import Band
    from wattstack.prove.proof.rides import _envelope

    bands = (Band(0.9, 1.1, np.inf), Band(0.5, 0.9, 2.0), Band(0.0, 0.5, 0.15))
    assert _envelope(bands, lambda band: band.low, min) == [[0.15, 0.0], [2.0, 0.5], [-1.0, 0.9]]
    assert _envelope(bands, lambda band: band.high, max) == [[0.15, 1.1], [2.0, 1.1], [-1.0, 1.1]]


def test_a_trace_has_the_same_content_without_runs(tmp_path):
    t = np.arange(24000) * 0.005
    wave = replace(
        wave_of(100 + 6 * np.sin(2 * np.pi * 0.3 * t), 0.005, [(60.0, "curtail")]), synthetic=False
    )
    site, codes = SitePoint(150, 60), {"ercot-lcl-10mw": read_code("ercot-lcl-10mw")}
    (tmp_path / "trace.csv").write_text("x", encoding="utf-8")
    found = check_compliance(wave, list(codes), site)
    files = trace_files(found, wave, site, codes, tmp_path / "trace.csv")
    valid(files.summary, files.pictures)
    assert files.summary["kind"] == "trace" and not files.summary["synthetic"]
    assert files.summary["inputs"][0]["sha256"] == sha256(b"x").hexdigest()
    assert files.summary["events"] == [{"at_s": 60.0, "what": "curtail"}]
    line = files.pictures["spectrum"]
    assert max(line["power_mw"]) == pytest.approx(12.0, rel=0.01)


def test_a_trace_with_a_hole_or_of_seconds_has_no_spectrum():
    from wattstack.prove.proof.chain import spectrum_of

    power = np.full(24000, 100.0)
    assert spectrum_of(wave_of(power[:4000], 0.005)) is None
    power[100] = np.nan
    assert spectrum_of(wave_of(power, 0.005)) is None


def test_another_layout_and_another_form_are_refused(proof, folder, tmp_path):
    (tmp_path / "compliance.json").write_text('{"wattstack_compliance": 9}', encoding="utf-8")
    with pytest.raises(InputError, match="has layout 9"):
        read_proof(tmp_path)
    with pytest.raises(InputError, match="must be one of: parquet"):
        write_proof(proof, tmp_path / "x", forms=("xlsx",))
    with pytest.raises(InputError):
        read_proof(tmp_path / "nothing")


def test_edges_of_frequency_and_the_deadline_of_an_order_are_drawn():
    bands = {"test": "T9", "quantity": "power after / before", "text": "Stay",
             "curve": [[58.8, 61.2, None], [57.0, 58.8, 25.0]]}  # fmt: skip
    order = {"test": "T15", "quantity": "power under order / before", "text": "A quarter less", "within_s": 30,
             "order_event": "curtail", "hold_s": 120, "limit": {"frac": 0.75}}  # fmt: skip
    ride = {
        "test": "T8",
        "quantity": "power after / before",
        "text": "Stay",
        "curve": [[0.9, 1.1, None], [0.5, 0.9, 1.0]],
    }
    found = prove_compliance(made(), [code("ours", {"freq": bands, "order": order, "ride": ride})], 20.0)
    runs = {run["name"]: run for run in proof_files(found).pictures["runs"]}
    assert runs["ours:freq:57-58.8Hz"]["bands"] == [[58.8, 61.2, -1.0], [57.0, 58.8, 25.0]]
    assert [aim["from_s"] for aim in runs["ours:order:order"]["aims"]] == [630.0]
    curve = runs["ours:ride:0.5-0.9pu"]["curve"]
    assert curve["lower"] == [[1.0, 0.5], [-1.0, 0.9]] and curve["from_s"] == pytest.approx(15.0, abs=0.01)


def test_a_chain_without_supplies_and_without_its_sources_has_the_stages_it_has():
    from wattstack.prove.proof.chain import chain_of

    t = np.arange(4000) * 0.005
    power = 100 + 5 * np.sin(2 * np.pi * 0.3 * t)
    wave = wave_of(power, 0.005, it_mw=0.9 * power, load_mw=power)
    assert [one["stage"] for one in chain_of(wave)["stages"]] == ["it", "campus", "grid"]
