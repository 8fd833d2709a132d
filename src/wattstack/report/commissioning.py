"""The page of a commissioning: the verdict, what must be mended and how, every device and every check.

Needs    the findings as operate.commission leaves them in commission.json; report.page.
Gives    write_commissioning_page.
Used by  cli.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wattstack.report.html import Cell, Num, Raw, bullets, cards, esc, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.words import quantity

Found = Mapping[str, Any]
ORDER = ("failed", "doubtful", "not done", "passed")
KINDS = {
    "read": "Reading", "nameplate": "Against the nameplate", "balance": "Energy balance", "step": "Test step",
    "write": "Writing", "reversion": "Reversion", "fault": "Faults",
}  # fmt: skip
NOT_SHOWN = (
    "What was proved was so at that moment: a meter that reads next to nothing has no sign that could be proved.",
    "A test setpoint of a few percent says nothing about the full power, nor about heat, noise or protection.",
    "Reversion is measured from the last word to the device, with the timer that was set; not with its supply cut.",
    "The signature says that nothing was changed since, and who held the key. It does not say that a device is good.",
)


def write_commissioning_page(found: Found, path: str | Path) -> Path:
    """Write the page: one file that opens offline.

    Args:
        found: As commission.json holds it.
        path: File to write.

    Raises:
        InputError: The file cannot be written.
    """
    fat = found["kind"] == "FAT"
    over = (
        "Factory acceptance test against simulated devices"
        if fat
        else "Site acceptance test of the real devices"
    )
    page = Page(f"{found['campus']['name']}: commissioning ({found['kind']})", over, _lead(found), fat)
    page.add("answer", "The answer", _answer(found))
    page.add("mend", "What must be mended", _mends(found))
    page.add("devices", "Devices", _devices(found))
    groups = ["site", *found["devices"]]
    for device in groups:
        checks = [one for one in found["checks"] if one["device"] == device]
        if checks:
            title = "The site as a whole" if device == "site" else device
            page.add(f"of-{device.replace('.', '-').replace('#', '-')}", title, _checks(checks))
    page.add("points", "Every quantity as it was read", _points(found))
    page.add("inputs", "Inputs", _inputs(found))
    page.add("limits", "What this does not say", bullets(NOT_SHOWN))
    return page.write(path)


def _lead(found: Found) -> str:
    counts = found["counts"]
    whole = sum(counts.values())
    start = (
        "No device here is real: everything was simulated on one machine. " if found["kind"] == "FAT" else ""
    )
    if not counts["failed"]:
        said = f"All checks that could be made are passed: {counts['passed']} of {whole}"
        rest = [f"{counts[k]} {k}" for k in ("doubtful", "not done") if counts[k]]
        return start + said + (f", {' and '.join(rest)}." if rest else ".")
    worst = dict.fromkeys(
        c["device"] for c in found["checks"] if c["verdict"] == "failed" and c["device"] != "site"
    )
    where = f", at {', '.join(worst)}" if worst else ""
    return f"{start}{counts['failed']} of {whole} checks failed{where}. What must be mended stands below."


def _answer(found: Found) -> str:
    counts, campus = found["counts"], found["campus"]
    boxes: list[tuple[str, Cell, str]] = [
        ("Failed", Num(str(counts["failed"]), counts["failed"]), "must be mended"),
        ("Doubtful", Num(str(counts["doubtful"]), counts["doubtful"]), "may run, should be looked at"),
        ("Passed", Num(str(counts["passed"]), counts["passed"]), "within their limits"),
        ("Not done", Num(str(counts["not done"]), counts["not done"]), "with the reason"),
    ]
    options = found["options"]
    wrote = (
        f"test setpoints of {100 * options['step_frac']:g} % of the rating, {options['pairs']} times"
        if options["write"]
        else "nothing: read only"
    )
    rows: list[tuple[str, Cell]] = [
        ("Campus file", f"{campus['file']}, SHA-256 {campus['sha256']}"),
        ("Devices", "simulated" if found["kind"] == "FAT" else "real"),
        ("Written", wrote),
        ("Done", f"{_moment(found['began'])} to {_moment(found['ended'])}"),
        ("By", found["by"] or "not said"),
        ("With", f"wattstack {found['wattstack']}"),
    ]
    return cards(boxes) + facts(rows)


def _moment(utc: str) -> str:
    return utc.replace("T", " ").split(".")[0].removesuffix("Z") + " UTC"


def _mends(found: Found) -> str:
    rows = [
        [one["device"], _said(one), _verdict(one["verdict"]), one["mend"]]
        for verdict in ("failed", "doubtful")
        for one in sorted(found["checks"], key=lambda one: one["device"] == "site")
        if one["verdict"] == verdict
    ]
    if not rows:
        return paragraph("Nothing.")
    return table(["Device", "What was found", "Verdict", "How to mend it"], rows, kind="text")


def _said(one: Found) -> str:
    """What was found, and of what, where the text does not name it."""
    return one["text"] if one["text"].startswith(one["device"]) else f"{one['what']}: {one['text']}"


def _verdict(verdict: str) -> Cell:
    return Raw(f'<strong class="synthetic">{esc(verdict)}</strong>') if verdict == "failed" else verdict


def _devices(found: Found) -> str:
    rows: list[list[Cell]] = []
    for path, one in found["devices"].items():
        counts, took = one["checks"], one["reversion_measured_s"]
        marks = ", ".join(f"{counts[v]} {v}" for v in ORDER if counts[v])
        named = one["identity"]
        who = (
            ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in named.items())
            or "tells nothing of itself"
        )
        safe: Cell = Num(f"{took:.2f} s", took) if took is not None else "not measured"
        safe = safe if one["writable"] else "takes no setpoint"
        rows.append([path, one["template"], one["where"], who, marks or "not tested", safe])
    head = ["Device", "Template", "Reached at", "What it says it is", "Checks", "Falls back after"]
    return table(head, rows, kind="text")


def _checks(checks: Iterable[Found]) -> str:
    """Of one device: a table a kind of check, worst first."""
    checks, html = list(checks), ""
    for kind, title in KINDS.items():
        mine = sorted((c for c in checks if c["kind"] == kind), key=lambda c: ORDER.index(c["verdict"]))
        if not mine:
            continue
        rows = [
            [one["what"], _verdict(one["verdict"]), one["text"], _value(one["value"], one["unit"]),
             _value(one["limit"], one["unit"]), one["utc"][11:19]]
            for one in mine
        ]  # fmt: skip
        head = ["Looked at", "Verdict", "Found", "Measured", "Limit", "At (UTC)"]
        html += f"<h3>{esc(title)}</h3>" + table(head, rows, kind="text")
    return html


def _value(value: float | None, unit: str) -> Cell:
    return "" if value is None else Num(quantity(value, unit), value)


def _points(found: Found) -> str:
    html = paragraph(
        "Registers are hexadecimal, as they stood at the last reading; update is the mean of changes seen."
    )
    for path, one in found["devices"].items():
        if not one["points"]:
            continue
        rows = [
            [p["name"], _value(p["value"], ""), p["quality"], p["registers"], _value(p["age_s"], "s"),
             _value(p["update_s"], "s")]
            for p in one["points"]
        ]  # fmt: skip
        head = ["Quantity", "Value", "Quality", "Registers", "Age", "Update"]
        html += f"<details><summary>{esc(path)}</summary>{table(head, rows, kind='wide')}</details>"
    return html


def _inputs(found: Found) -> str:
    rows: list[list[Cell]] = [[f"template {name}", sha] for name, sha in found["templates"].items()]
    rows.insert(0, [found["campus"]["file"], found["campus"]["sha256"]])
    options = [(name.replace("_", " "), _option(value)) for name, value in found["options"].items()]
    return table(["Input", "SHA-256"], rows, kind="text") + "<h3>Options</h3>" + facts(options)


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) or "all" if isinstance(value, (list, tuple)) else f"{value:g}"
