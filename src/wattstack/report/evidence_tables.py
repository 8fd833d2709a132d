"""Tables and words of the evidence for grid codes.

Needs    report.html, report.words.
Gives    lead, answer, verdict_table, how_table, chain_table, run_table, unmeasured, code_table, input_table, limits.
Used by  report.evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattstack.report.html import Cell, Num, Raw, bullets, cards, esc, facts, paragraph, table

BINDING = ("in force", "approved")
MARKS = {
    "pass": "pass",
    "fail": "FAIL",
    "not applicable": "not applicable",
    "not measurable": "not measurable",
}
NOT_KNOWN = (
    "The grid is a voltage behind one impedance: other loads, lines and generators of its own are not there.",
    "Everything is balanced and of fundamental frequency: harmonics, unbalance and what lies inside a cycle are left "
    "out. Protection relays beside those named in the runs are left out.",
    "One draw of chance: phases of the jobs, pauses and failures are those of one seed.",
    "Limits to swings are judged in normal running and while jobs stop, start and crash, not while the grid itself "
    "is disturbed. Failures come by chance in normal running alone; while the grid acts jobs write no checkpoint "
    "either, so that what is seen is its doing.",
    "Where a rule speaks of frequency, that of the grid counts; a meter at the bus sees the swings of the campus on "
    "top.",
)
OF_TRACE = ("Judged is what the trace holds: nothing is known of what was not recorded in it.",)


def lead(s: Mapping[str, Any]) -> str:
    """The answer in one or two sentences."""
    failed = [v for v in s["verdicts"] if v["outcome"] == "fail"]
    counts = s["counts"]
    judged = counts["pass"] + counts["fail"]
    if not judged:
        return "No rule could be judged."
    if not failed:
        text = f"All {judged} rules that could be judged are kept." if judged > 1 else "The rule is kept."
    else:
        binding = sum(v["binding"] for v in failed)
        text = (
            f"{len(failed)} of {judged} rules that could be judged are broken, {binding} of them in force or "
        )
        text += "approved."
    worst = next((v for v in s["verdicts"] if _is(v, s["worst"])), None)
    if worst is not None and worst["value"] is not None:
        what = "Furthest beyond its limit" if failed else "The tightest"
        text += (
            f" {what} is {worst['code']}, {worst['quantity']}: {_number(worst['value'], worst['unit'])} against "
            f"{_number(worst['limit'], worst['unit'])}."
        )
    if counts["not measurable"]:
        text += f" {counts['not measurable']} could not be measured."
    return text + (" A run was unstable." if s["unstable"] else "")


def _is(verdict: Mapping[str, Any], named: Mapping[str, Any] | None) -> bool:
    return named is not None and (verdict["code"], verdict["rule"]) == (named["code"], named["rule"])


def answer(s: Mapping[str, Any]) -> str:
    """Headline numbers and the point of connection."""
    counts, site = s["counts"], s["site"]
    boxes: list[tuple[str, Cell, str]] = [
        ("Rules kept", Num(f"{counts['pass']}", counts["pass"]), f"of {counts['pass'] + counts['fail']} judged"),
        ("Rules broken", Num(f"{counts['fail']}", counts["fail"]), "whatever their status"),
        ("Binding rules", "all kept" if s["binding_passed"] else "broken", "in force or approved"),
        ("Not measurable", Num(f"{counts['not measurable']}", counts["not measurable"]),
         f"and {counts['not applicable']} not applicable"),
    ]  # fmt: skip
    rows: list[tuple[str, Cell]] = [
        ("Rating of the connection", _quantity(site["rated_mw"], "MW")),
        ("Contracted", _quantity(site["contracted_mw"], "MW")),
        ("Nominal frequency", _quantity(site["frequency_hz"], "Hz")),
        ("Voltage", _quantity(site["voltage_kv"], "kV")),
        ("Short-circuit power", _quantity(site["short_circuit_mva"], "MVA")),
        ("Reactance / resistance", _quantity(site["x_over_r"], "")),
    ]
    sizes = [(path, _quantity(size, "")) for path, size in s.get("sizes", {}).items()]
    html = cards(boxes) + "<h3>Point of connection</h3>" + facts(rows)
    if s["unstable"]:
        html += f'<div class="box alarm">{bullets(s["unstable"])}</div>'
    return html + ("<h3>Sizes</h3>" + facts(sizes) if sizes else "")


def _quantity(value: float | None, unit: str) -> Cell:
    return "not given" if value is None else Num(_number(value, unit), value)


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{text} {unit}".rstrip()


def verdict_table(s: Mapping[str, Any]) -> str:
    """A row a rule."""
    rows: list[list[Cell]] = []
    several = s["kind"] == "campus"
    for v in s["verdicts"]:
        at = "" if v["worst_s"] is None else f"{v['worst_s']:,.6g} s"
        if several and at:
            at += f" of {v['run']}"
        rows.append(
            [f"{v['code']} {v['rule']}", v["test"], f"{v['status']}, {v['date']}", _outcome(v["outcome"]),
             _cell(v["value"], v["unit"]), _cell(v["limit"], v["unit"]), _cell(v["margin"], v["unit"]),
             _shares(v), at]
        )  # fmt: skip
    head = ["Rule", "Test", "Status", "Verdict", "Value", "Limit", "Margin", "of the limit", "Worst moment"]
    note = (
        "Margin in the unit of the limit, as a share of it, and in dB where it is an amplitude; below zero it is "
        "beyond. A draft, a proposal, a claim or an assumption does not bind; it is judged all the same."
    )
    return paragraph(note, "note") + table(head, rows, kind="text")


def how_table(s: Mapping[str, Any]) -> str:
    """In whose words, by which reading and filter each judged rule was read."""
    rows: list[list[Cell]] = [
        [f"{v['code']} {v['rule']}", v["text"], v["reading"], v["window"], v["filter"], v["note"]]
        for v in s["verdicts"]
        if v["value"] is not None
    ]
    head = ["Rule", "In our words", "Reading that rules", "Window", "Filter", "Note"]
    note = "Where a text can be read in more than one way all readings are measured, and the strictest rules."
    return "<h3>How each was read</h3>" + paragraph(note, "note") + table(head, rows, kind="text")


def _outcome(outcome: str) -> Cell:
    word = esc(MARKS[outcome])
    return Raw(f'<strong class="synthetic">{word}</strong>') if outcome == "fail" else Raw(word)


def _cell(value: float | None, unit: str) -> Cell:
    return "" if value is None else Num(_number(value, unit), value)


def _shares(v: Mapping[str, Any]) -> str:
    parts = []
    if v["margin_frac"] is not None:
        parts.append(f"{v['margin_frac']:+,.0%}")
    if v["margin_db"] is not None and v["unit"] in ("MW", "%", "V", "MW/min", "MW/s"):
        parts.append(f"{v['margin_db']:+.1f} dB")
    return ", ".join(parts).replace("-", "\u2212")


def chain_table(chain: Mapping[str, Any]) -> str:
    """Mean and greatest change of every stage."""
    rows: list[list[Cell]] = [
        [stage["text"][:1].upper() + stage["text"][1:], Num(f"{stage['mean_mw']:,.4g}", stage["mean_mw"]),
         Num(f"{stage['change_5s_mw']:,.4g}", stage["change_5s_mw"]),
         Num(f"{stage['change_5s_at_s']:,.2f}", stage["change_5s_at_s"])]
        for stage in chain["stages"]
    ]  # fmt: skip
    head = ["Stage", "Mean [MW]", "Greatest change within 5 s [MW]", "Until second"]
    return paragraph("Of normal running; changes peak to peak, not filtered.", "note") + table(head, rows)


def run_table(s: Mapping[str, Any]) -> str:
    """Every run: what happened, how long, which rules, and its files."""
    rows: list[list[Cell]] = []
    for run in s["runs"]:
        files = "; ".join(f"{one['file']} {one['sha256'][:12]}" for one in run.get("waves", []))
        rules = ", ".join(
            f"{v['code']} {v['rule']}" for v in run["verdicts"] if v["outcome"] != "not applicable"
        )
        rows.append(
            [run["name"], run["text"], Num(f"{run['duration_s']:,.5g} s", run["duration_s"]),
             Num(f"{1000.0 * run['step_s']:g} ms", run["step_s"]), rules, files]
        )  # fmt: skip
    note = (
        "Waves lie beside this page; the first 12 of the 64 digits of their SHA-256 stand behind their names."
    )
    head = ["Run", "What happens", "Length", "Step", "Rules judged by it", "Files"]
    return paragraph(note, "note") + table(head, rows, kind="text")


def unmeasured(s: Mapping[str, Any]) -> str:
    """Rules without a verdict, and why."""
    rows: list[list[Cell]] = [
        [v["code"], v["rule"], v["text"], v["outcome"], v["note"]]
        for v in s["verdicts"]
        if v["outcome"] in ("not measurable", "not applicable")
    ]
    if not rows:
        return paragraph("Every rule of every code was judged.")
    return table(["Code", "Rule", "In our words", "Outcome", "Why"], rows, kind="text")


def code_table(s: Mapping[str, Any]) -> str:
    """Passport of every code."""
    rows: list[list[Cell]] = [
        [code["name"], code["title"], f"{code['operator']}, {code['region']}", code["source"], code["date"],
         code["status"], code["confidence"], code["notes"], _sha(code["sha256"])]
        for code in s["codes"]
    ]  # fmt: skip
    head = ["Code", "Title", "Operator", "Source", "State of", "Status", "Confidence", "Notes", "SHA-256"]
    note = (
        "A rule may have a source and a status of its own: they stand in compliance.json beside its verdict."
    )
    return paragraph(note, "note") + table(head, rows, kind="text")


def input_table(s: Mapping[str, Any]) -> str:
    """Files, versions, entries of the library."""
    rows: list[list[Cell]] = [
        [one["name"], Raw(f"<code>{esc(one['file'])}</code>") if one["file"] else "", _sha(one["sha256"])]
        for one in s["inputs"]
    ]
    html = table(["Input", "File", "SHA-256, first 16 of 64"], rows)
    html += facts([(name, version) for name, version in s["versions"].items()])
    if s["library"]:
        keys = ("kind", "name", "source", "date", "status", "confidence")
        entries = [[str(entry.get(key, "")) for key in keys] for entry in s["library"]]
        html += "<h3>Facts from the library</h3>"
        html += table([key.capitalize() for key in keys], entries, kind="text")
    return html


def _sha(checksum: str) -> Cell:
    return Raw(f'<code title="{esc(checksum)}">{esc(checksum[:16])}</code>') if checksum else ""


def limits(s: Mapping[str, Any]) -> str:
    """What the answer does not know."""
    left_out = OF_TRACE if s["kind"] == "trace" else NOT_KNOWN
    return f'<div class="box">{bullets(left_out)}</div>' + (bullets(s["notes"]) if s["notes"] else "")
