"""What went in, from whom, and what the model leaves out.

Needs    report.view.View.
Gives    inputs_section, inputs_of, limits_section.
Used by  report.write, report.run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattstack.report.html import SYNTHETIC, Cell, Num, Raw, bullets, esc, paragraph, table
from wattstack.report.view import View
from wattstack.report.words import quantity, step_words

LEFT_OUT = (
    "Perfect foresight: the running knows every price, the sun and the load of the whole year in advance. A real "
    "controller knows less and earns less.",
    "Real terms: one year of series stands for every year of the horizon; prices rise with inflation and no faster; "
    "the discount rate is real.",
    "No tax, no debt, no incentives.",
    "The battery does not age inside the plan: wear is a price per MWh discharged, and its end comes with its life.",
    "Charging and discharging at once is allowed where prices are negative; where it happens the proof gives the MWh "
    "and the money.",
    "Outages, ramps and swings shorter than a step are not simulated: backup is a floor under the stored energy.",
)


def inputs_section(view: View) -> str:
    """Every input with its checksum, and the passport of every library entry used."""
    return inputs_of(view.summary)


def inputs_of(summary: Mapping[str, Any]) -> str:
    """The same from plan.json or run.json."""
    inputs = summary["inputs"]
    many = len({record.get("scenario") for record in inputs}) > 1
    rows: list[list[Cell]] = []
    for r in inputs:
        name = f"{r['name']} ({r['scenario']})" if many else r["name"]
        mark = f" {SYNTHETIC}" if r["synthetic"] else ""
        sha = esc(r["sha256"])
        checksum = Raw(f'<code title="{sha}">{sha[:16]}</code>') if sha else "a number"
        file = Raw(f"<code>{esc(r['file'])}</code>") if r["file"] else ""
        rows.append(
            [Raw(esc(name) + mark), file, Num(f"{r['rows']:,}", int(r["rows"])), step_words(int(r["step_s"])),
             ". ".join(part for part in (r["source"], r["note"]) if part), checksum]
        )  # fmt: skip
    head = ["Series", "File", "Rows", "Step", "From, and what was done to it", "SHA-256, first 16 of 64"]
    html = table(head, rows, kind="text")
    made_up = dict.fromkeys(r["name"] for r in inputs if r["synthetic"])
    if made_up:
        warning = (
            f"{', '.join(made_up)}: made up, not measured. Good for trying out, no ground for a decision."
        )
        html = f'<div class="box alarm"><p>{SYNTHETIC} {esc(warning)}</p></div>' + html
    return html + "<h3>Facts from the library</h3>" + _passports(summary["library"])


def _passports(library: list[dict[str, Any]]) -> str:
    if not library:
        return paragraph("None was used: every number is the campus file's own.")
    keys = ("kind", "name", "source", "date", "status", "confidence")
    rows = [[str(entry.get(key, "")) for key in keys] for entry in library]
    note = "A draft, a claim or an assumption is no settled fact."
    return paragraph(note, "note") + table([key.capitalize() for key in keys], rows, kind="text")


def limits_section(view: View) -> str:
    """The box that says what the answer does not know."""
    steps = sorted({year.record["step_s"] for year in view.years})
    length = " and ".join(step_words(s) for s in steps)
    items = [f"Step: {length}. Inside a step everything is its mean; peaks shorter than that are not seen."]
    solvers = sorted({year.record["running"]["solver"] for year in view.years})
    if solvers == ["kernel"]:
        items.append("The running was solved by the exact kernel; nothing was left to the general solver.")
    else:
        items.append(f"Left to the general solver: the running of the year ({', '.join(solvers)}).")
    for year in view.years:
        if not year.record["running"]["proven"]:
            items.append(
                f"{year.name}: the bound of the running lies on the edge of the feasible and is not closed."
            )
    notes = list(dict.fromkeys([*view.summary["notes"], *(n for y in view.years for n in y.record["notes"])]))
    for text in LEFT_OUT:  # a note of this plan says the same thing closer
        head = text.partition(":")[0] + ":"
        closer = [note for note in notes if note.startswith(head)]
        items += closer or [text]
        notes = [note for note in notes if note not in closer]
    unserved = sum(year.record["unserved_mwh"] for year in view.years)
    if unserved > 1e-6:
        items.append(
            f"{quantity(unserved, 'MWh')} of load are not served, at the price of lost load in the campus file."
        )
    html = f'<div class="box"><h3>What this answer does not know</h3>{bullets(items)}</div>'
    return html + ("<h3>Notes on this plan</h3>" + bullets(notes) if notes else "")
