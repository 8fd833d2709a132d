"""The evidence for grid codes as one page: verdicts, worst cases, ride-throughs, spectrum, inputs.

Needs    prove.proof (ProofFiles), report.figures.evidence, report.page.
Gives    evidence_page, is_evidence, open_evidence.
Used by  report.write.

The page looks at nothing but compliance.json and pictures.json, so that it can be made again from the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.report.evidence_tables import (
    answer,
    chain_table,
    code_table,
    how_table,
    input_table,
    lead,
    limits,
    run_table,
    unmeasured,
    verdict_table,
)
from wattstack.report.figures import evidence as draw
from wattstack.report.html import Num, paragraph, table
from wattstack.report.page import Page

if TYPE_CHECKING:
    from wattstack.prove.proof import ProofFiles

FILE = "compliance.json"
MOST_MARKS = 12
APART_FRAC = 0.02


def is_evidence(result: Any) -> bool:
    """Whether a result is the evidence for grid codes, told by its type or by the compliance.json in its folder."""
    if isinstance(result, (str, Path)):
        folder = Path(result)
        others = ("plan.json", "run.json")
        return (folder / FILE).is_file() and not any((folder / name).is_file() for name in others)
    return type(result).__module__.startswith("wattstack.prove.proof")


def open_evidence(result: ProofFiles | str | Path) -> ProofFiles:
    """The content of a folder, or what was read already."""
    from wattstack.prove.proof import read_proof

    return read_proof(result) if isinstance(result, (str, Path)) else result


def evidence_page(files: ProofFiles) -> Page:
    """The page.

    Args:
        files: As write_proof, trace_files or read_proof give them.
    """
    s, pictures = files.summary, files.pictures
    of_trace = s["kind"] == "trace"
    over = "Grid codes on a trace" if of_trace else s["description"] or "Proof of grid codes"
    page = Page(f"{s['name']}: grid codes", over, lead(s), s["synthetic"])
    page.add("answer", "The answer", answer(s))
    page.add("verdicts", "Every rule and its verdict", verdict_table(s) + how_table(s))
    page.add("worst", "The worst cases", _worst(s, pictures, page))
    if pictures["runs"]:
        rides = [run for run in pictures["runs"] if run["kind"] in ("ride", "rejection", "order")]
        page.add("rides", "Through faults, losses and orders", _rides(rides, s, page))
        whole = [run for run in pictures["runs"] if run["kind"] in ("normal", "jobs")]
        page.add("running", "Jobs as they run", _running(whole, s, page))
    if pictures["chain"] is not None:
        figure = page.figure(draw.chain(pictures["chain"], s["synthetic"]))
        page.add("chain", "From GPU to grid", chain_table(pictures["chain"]) + figure)
    if pictures["spectrum"] is not None:
        figure = page.figure(draw.spectrum(pictures["spectrum"], _bands(s), s["synthetic"]))
        page.add("spectrum", "Spectrum", figure)
    if s["runs"]:
        page.add("runs", "What was run", run_table(s))
    page.add("unmeasured", "What could not be judged, and why", unmeasured(s))
    page.add("codes", "The grid codes", code_table(s))
    page.add("inputs", "Inputs and checksums", input_table(s))
    page.add("limits", "Limits of this evidence", limits(s))
    return page


def _worst(s: Mapping[str, Any], pictures: Mapping[str, Any], page: Page) -> str:
    """A picture of each rule that fails, and of the one with the least margin among those that pass."""
    judged = [v for v in s["verdicts"] if v["outcome"] in ("pass", "fail")]
    shown = [v for v in judged if v["outcome"] == "fail"]
    passing = [v for v in judged if v["outcome"] == "pass" and v["margin_frac"] is not None]
    if passing:
        shown.append(min(passing, key=lambda v: v["margin_frac"]))
    parts = []
    for k, verdict in enumerate(shown):
        picture = pictures["worst"].get(f"{verdict['code']}/{verdict['rule']}")
        if picture is not None:
            parts.append(page.figure(draw.worst(f"worst-{k}", verdict, picture, s["synthetic"])))
    if not parts:
        return paragraph("Nothing was judged that could be drawn.")
    note = (
        "Every rule that fails, then the tightest of those that pass; their numbers stand in the table above."
    )
    return paragraph(note, "note") + "".join(parts)


def _rides(runs: list[dict], s: Mapping[str, Any], page: Page) -> str:
    """A figure a run, with its verdicts above it."""
    if not runs:
        return paragraph("No rule of these codes asks for one.")
    records = {record["name"]: record for record in s["runs"]}
    parts = []
    for k, run in enumerate(runs):
        said = [_said(v) for v in records[run["name"]]["verdicts"]]
        parts.append(page.figure(draw.ride(f"ride-{k}", run, said, s["synthetic"])))
    return "".join(parts)


def _said(verdict: Mapping[str, Any]) -> str:
    """The verdict of one run on one rule, in words."""
    why = f" ({verdict['note']})" if verdict["outcome"] == "not measurable" else ""
    return f"{verdict['code']} {verdict['rule']}: {verdict['outcome']}{why}"


def _running(runs: list[dict], s: Mapping[str, Any], page: Page) -> str:
    """The long runs, what happened in them numbered."""
    parts = []
    for k, run in enumerate(runs):
        apart_s = APART_FRAC * (run["to_s"] - run["from_s"])
        marks: list[tuple[float, str]] = []
        rows = []
        for at_s, what in run["happened"]:
            if len(marks) < MOST_MARKS and (not marks or at_s - marks[-1][0] > apart_s):
                marks.append((at_s, str(len(marks) + 1)))
            rows.append([marks[-1][1], Num(f"{at_s:,.3f}", at_s), what])
        parts.append(page.figure(draw.seconds(f"running-{k}", run, marks, s["synthetic"])))
        if rows:
            parts.append(table(["Mark", "Second", "What"], rows))
    return "".join(parts)


def _bands(s: Mapping[str, Any]) -> list[tuple[str, float, float, float]]:
    """Bands of rules that limit MW in one: name, edges, limit peak to peak."""
    found = []
    for v in s["verdicts"]:
        if (
            v["test"] in ("T3", "T5")
            and v["unit"] == "MW"
            and v["limit"] is not None
            and v["band_hz"] is not None
        ):
            limit = v["limit"] * (2.0 if v["quantity"] == "periodic amplitude" else 1.0)
            found.append((f"{v['code']} {v['rule']}", v["band_hz"][0], v["band_hz"][1], limit))
    return found
