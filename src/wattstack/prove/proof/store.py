"""The evidence on disk: the folder written all at once, and read back.

Needs    plan (write_whole, read_json, package_versions), series.write_waveform, prove.proof.
Gives    ProofFiles, proof_files, trace_files, write_proof, read_proof.
Used by  cli, report (which looks at nothing but this content).

    compliance.json  layout 1, below; equal inputs, seed and versions give equal bytes: no clock times, no paths
    pictures.json    what the page draws: worst cases, runs, chain from GPU to grid, spectrum
    verdicts.csv     a row a rule
    wave-*.parquet   what each run drew, or .csv, and .cfg with .dat (COMTRADE) where asked for

compliance.json: wattstack_compliance (layout), kind "campus" or "trace", name, description, synthetic; versions; inputs
with SHA-256; site; codes with source, date, status and SHA-256 of their values; library (passports of other entries);
seed; passed, binding_passed, counts, worst; verdicts (those of Compliance, band, run); runs: name, kind, text,
duration_s, step_s, events, happened, unstable, notes, waves with SHA-256, verdicts of that run; sizes; notes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.plan import package_versions, read_json, write_whole
from wattstack.prove.compliance import Code, Compliance, Picture, SitePoint, Verdict
from wattstack.prove.proof.campus import CampusCompliance
from wattstack.prove.proof.chain import spectrum_of
from wattstack.prove.proof.rides import drawn_of
from wattstack.prove.proof.run import ProvedRun
from wattstack.series import Waveform, write_waveform

LAYOUT = 1
FILE = "compliance.json"
PICTURES = "pictures.json"
COMMAND = "wattstack simulate CAMPUS.YAML --comply"
STALE = (PICTURES, "verdicts.csv", "wave-*", "report.html")
FORMS = ("parquet", "csv", "comtrade")


@dataclass(frozen=True)
class ProofFiles:
    """The content of the folder, in memory or read.

    Attributes:
        summary: compliance.json.
        pictures: pictures.json.
    """

    summary: dict[str, Any]
    pictures: dict[str, Any]


def proof_files(proof: CampusCompliance, campus_file: str | Path | None = None) -> ProofFiles:
    """The content of the folder of a campus, without its waves.

    Args:
        proof: As prove_compliance gives it.
        campus_file: The file the campus was read from, for its checksum.
    """
    campus, found = proof.campus, proof.compliance
    verdicts = [_verdict(v, proof.codes, proof.run_of[v.code, v.rule]) for v in found.verdicts]
    summary = {
        "wattstack_compliance": LAYOUT,
        "kind": "campus",
        "name": campus.name,
        "description": campus.description,
        "synthetic": True,
        "versions": package_versions(),
        "inputs": [_file_record("campus file", campus_file), _values_record("campus as it was run", campus)],
        "site": _site(proof.site),
        "codes": [_code(code) for code in proof.codes.values()],
        "library": campus.passports,
        "seed": proof.seed,
        **_totals(found),
        "passed": proof.passed,
        "unstable": list(proof.unstable),
        "verdicts": verdicts,
        "runs": [_run(run) for run in proof.runs],
        "sizes": {path: float(size) for path, size in campus.size_paths.items()},
        "notes": list(found.notes),
    }
    normal = proof.runs[0]
    pictures = {
        "worst": {f"{v.code}/{v.rule}": _picture(v.picture) for v in found.verdicts if v.picture is not None},
        "runs": [drawn_of(run, proof.codes, proof.site) for run in proof.runs],
        "chain": normal.chain,
        "spectrum": normal.spectrum,
    }
    return ProofFiles(_plain(summary), _plain(pictures))


def trace_files(
    found: Compliance,
    wave: Waveform,
    site: SitePoint,
    codes: Mapping[str, Code],
    trace_file: str | Path | None = None,
) -> ProofFiles:
    """The same content of a trace that was judged.

    Args:
        found: As check_compliance gives it.
        wave: That was judged.
        site: Its point of connection.
        codes: It was judged by, by name.
        trace_file: The file it was read from, for its checksum.
    """
    summary = {
        "wattstack_compliance": LAYOUT,
        "kind": "trace",
        "name": Path(found.source).name,
        "description": "",
        "synthetic": found.synthetic,
        "versions": package_versions(),
        "inputs": [_file_record("trace", trace_file)],
        "site": _site(site),
        "codes": [_code(code) for code in codes.values()],
        "library": [],
        **_totals(found),
        "unstable": [],
        "verdicts": [_verdict(v, codes, "trace") for v in found.verdicts],
        "runs": [],
        "duration_s": found.duration_s,
        "rate_hz": found.rate_hz,
        "events": [{"at_s": at_s, "what": what} for at_s, what in wave.events],
        "notes": list(found.notes),
    }
    pictures = {
        "worst": {f"{v.code}/{v.rule}": _picture(v.picture) for v in found.verdicts if v.picture is not None},
        "runs": [],
        "chain": None,
        "spectrum": spectrum_of(wave),
    }
    return ProofFiles(_plain(summary), _plain(pictures))


def write_proof(
    proof: CampusCompliance,
    folder: str | Path,
    campus_file: str | Path | None = None,
    forms: Iterable[str] = ("parquet",),
) -> ProofFiles:
    """Write the folder of a campus: all of it, or nothing.

    Args:
        proof: As prove_compliance gives it.
        folder: Made where it is missing.
        campus_file: The file the campus was read from, for its checksum.
        forms: Of the waves: "parquet", "csv", "comtrade".

    Raises:
        InputError: The folder cannot be written; a form that there is not.
    """
    forms = tuple(dict.fromkeys(forms))
    wrong = [form for form in forms if form not in FORMS]
    if wrong:
        raise InputError("forms", [f"is {wrong[0]!r}, must be one of: {', '.join(FORMS)}."])
    files = proof_files(proof, campus_file)

    def write(beside: Path) -> ProofFiles:
        for run, record in zip(proof.runs, files.summary["runs"], strict=True):
            written = [
                path for form in forms for path in _write_wave(run, beside, form, proof.site.frequency_hz)
            ]
            record["waves"] = [{"file": p.name, "sha256": _sha(p.read_bytes())} for p in written]
        table = proof.compliance.table()
        table["run"] = [record["run"] for record in files.summary["verdicts"]]
        table.to_csv(beside / "verdicts.csv", index=False, lineterminator="\n")
        for name, content in ((PICTURES, files.pictures), (FILE, files.summary)):
            indent = 1 if name == FILE else None
            text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False)
            (beside / name).write_text(text + "\n", encoding="utf-8")
        return files

    return write_whole(folder, write, STALE, last=FILE)


def read_proof(folder: str | Path) -> ProofFiles:
    """Read a folder that write_proof wrote.

    Raises:
        InputError: There is nothing of the kind in it, it is of another layout, or a file is missing.
    """
    folder = Path(folder)
    summary = read_json(folder, FILE, COMMAND)
    if summary.get("wattstack_compliance") != LAYOUT:
        found = summary.get("wattstack_compliance", "no layout number")
        raise InputError(str(folder / FILE), [f"has layout {found}, must be {LAYOUT}. Simulate again."])
    return ProofFiles(summary, read_json(folder, PICTURES, COMMAND))


def _write_wave(run: ProvedRun, beside: Path, form: str, nominal_hz: float) -> tuple[Path, ...]:
    stem = f"wave-{re.sub(r'[^a-z0-9.+-]+', '-', run.drive.name.lower())}"
    if form != "comtrade":
        return write_waveform(run.wave, beside / f"{stem}.{form}")
    events = tuple((at_s, what) for at_s, what in run.wave.events)[:60]
    wave = replace(run.wave, events=events)
    return write_waveform(wave, beside / f"{stem}.cfg", "float32", nominal_hz, run.wave.source.split(":")[0])


def _verdict(verdict: Verdict, codes: Mapping[str, Code], run: str) -> dict[str, Any]:
    """The verdict with the run that ruled and the band of its rule."""
    rule = next(rule for rule in codes[verdict.code].rules if rule.name == verdict.rule)
    return {**verdict.to_dict(), "band_hz": rule.band_hz, "run": run}


def _totals(found: Compliance) -> dict[str, Any]:
    whole = found.to_dict()
    return {key: whole[key] for key in ("passed", "binding_passed", "counts", "worst")}


def _site(site: SitePoint) -> dict[str, Any]:
    record = {
        "rated_mw": site.rated_mw, "contracted_mw": site.contract_mw, "frequency_hz": site.frequency_hz,
        "short_circuit_mva": site.short_circuit_mva, "x_over_r": site.x_over_r, "voltage_kv": site.voltage_kv,
        "shed_hz": site.shed_hz,
    }  # fmt: skip
    modes = {
        name: {"frequency_hz": m.frequency_hz, "damping_frac": m.damping_frac, "limit_mw": m.limit_mw}
        for name, m in site.modes.items()
    }
    return record | {"modes": modes}


def _code(code: Code) -> dict[str, Any]:
    """Passport of a code, its notes and the checksum of its values."""
    values = json.dumps(code.entry.values, sort_keys=True, default=str, ensure_ascii=False)
    return {
        **code.entry.passport,
        "title": code.title,
        "operator": code.values["operator"],
        "region": code.values["region"],
        "notes": code.entry.notes,
        "sha256": _sha(values.encode()),
    }


def _run(run: ProvedRun) -> dict[str, Any]:
    drive = run.drive
    return {
        "name": drive.name,
        "kind": drive.kind,
        "text": drive.text,
        "duration_s": run.wave.duration_s,
        "step_s": drive.step_s,
        "sample_s": run.wave.step_s,
        "events": [str(event) for event in drive.events],
        "said": [{"at_s": at_s, "what": what} for at_s, what in drive.said],
        "happened": [{"at_s": at_s, "what": what} for at_s, what in run.happened],
        "unstable": run.diverged,
        "notes": list(run.notes),
        "verdicts": [_short(v) for v in run.verdicts],
    }


def _short(verdict: Verdict) -> dict[str, Any]:
    keys = ("code", "rule", "test", "outcome", "value", "limit", "unit", "worst_s", "reading", "note")
    return {key: getattr(verdict, key) for key in keys}


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "time_s": _rounded(picture.time_s), "values": _rounded(picture.values), "quantity": picture.quantity,
        "unit": picture.unit, "along": picture.along, "marks": [list(mark) for mark in picture.marks],
        "window": None if picture.window is None else list(picture.window),
    }  # fmt: skip


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{v:.8g}") for v in np.asarray(values, float).tolist()]


def _file_record(what: str, path: str | Path | None) -> dict[str, Any]:
    known = path is not None and Path(path).is_file()
    return {
        "name": what, "file": Path(path).name if path is not None else "",
        "sha256": _sha(Path(path).read_bytes()) if known else "",
    }  # fmt: skip


def _values_record(what: str, campus: Campus) -> dict[str, Any]:
    """Checksum of every declared value, whatever files they came from and whatever was set on the command line."""
    return {"name": what, "file": "", "sha256": _sha(campus.model_dump_json().encode())}


def _sha(data: bytes) -> str:
    return sha256(data).hexdigest()


def _plain(value: Any) -> Any:
    """Values as JSON knows them: what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.floating | np.integer):
        value = value.item()
    return None if isinstance(value, float) and not isfinite(value) else value
