"""The page of a run of seconds: the wave with what happened in it, its steepest moment, batteries, voltage, energy.

Needs    twin.transient (TransientRun, read_transient), report.figures.transient, report.page.
Gives    write_transient_page, is_transient, rewrite_transient_page.
Used by  cli, report.write.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.report.figures import transient as draw
from wattstack.report.html import Cell, Num, bullets, cards, paragraph, table
from wattstack.report.page import Page

if TYPE_CHECKING:
    from wattstack.twin.transient import TransientRun

FILE = "transient.json"
MOST_MARKS = 12  # numbers along a figure
APART_FRAC = 0.02  # of the length: what is nearer than this stands under one number


def is_transient(result: Any) -> bool:
    """Whether a result is the folder of a run of seconds, told by the transient.json in it."""
    return isinstance(result, (str, Path)) and (Path(result) / FILE).is_file()


def rewrite_transient_page(folder: str | Path, path: str | Path) -> Path:
    """Write the page of a run of seconds again, from its folder.

    Args:
        folder: As write_transient left it.
        path: File to write.

    Raises:
        InputError: The folder cannot be read, or the file not written.
    """
    from wattstack.twin.transient import read_transient

    return write_transient_page(*read_transient(folder), path)


def write_transient_page(run: TransientRun, summary: Mapping[str, Any], path: str | Path) -> Path:
    """Write the page: one file that opens offline.

    Args:
        run: As simulate_transient gives it.
        summary: As write_transient gives it.
        path: File to write.

    Raises:
        InputError: The file cannot be written.
    """
    wave, marks = run.wave, summary["marks"]
    groups = _groups(run)
    numbers = [(at_s, str(k + 1)) for k, (at_s, _) in enumerate(groups)][:MOST_MARKS]
    page = Page(
        f"{run.name}: {wave.duration_s:,.4g} seconds",
        summary["description"] or "Run of seconds",
        _lead(run, marks),
        False,
    )
    page.add("answer", "The answer", _answer(run, marks))
    page.add("wave", "The wave", page.figure(draw.connection(wave, numbers)))
    page.add("happened", "What happened", _happened(groups))
    page.add("steepest", "The steepest moment", page.figure(draw.steepest(wave, marks["change_5s_at_s"])))
    if any(name.startswith(("battery.", "generator.")) for name in wave.arrays):
        page.add("batteries", "Batteries and generators", page.figure(draw.batteries(wave, numbers)))
    if any(name.startswith("ups.") for name in wave.arrays):
        page.add("supplies", "Uninterruptible supplies", page.figure(draw.supplies(wave, numbers)))
    both = page.figure(draw.voltage(wave, numbers)) + page.figure(draw.frequency(wave, numbers))
    page.add("grid", "Voltage and frequency", both)
    page.add("energy", "Energy and decisions", _energy(run))
    page.add("limits", "Limits of the model", bullets([*run.notes, *NOT_KNOWN]))
    return page.write(path)


NOT_KNOWN = (
    "The grid is a voltage behind one impedance: other loads, lines and generators of its own are not there.",
    "Everything is balanced and of fundamental frequency: harmonics and what lies inside a cycle are left out.",
    "One draw of chance: phases of the jobs, pauses and failures are those of one seed.",
)


def _lead(run: TransientRun, marks: Mapping[str, float]) -> str:
    text = (
        f"The grid sees {marks['power_mean_mw']:,.4g} MW on average and at most {marks['change_5s_mw']:,.3g} MW of "
        f"change within 5 s; the campus itself changes by {marks['load_change_5s_mw']:,.3g} MW."
    )
    return f"{run.diverged} {text}" if run.diverged else text


def _answer(run: TransientRun, marks: Mapping[str, float]) -> str:
    boxes: list[tuple[str, Cell, str]] = [
        ("Change within 5 s", _mw(marks["change_5s_mw"]), "peak to peak, not filtered, drawn from the grid"),
        ("Of the campus itself", _mw(marks["load_change_5s_mw"]), "the same of what it draws"),
        (
            "Lowest voltage",
            Num(f"{marks['voltage_min_pu']:.3f} pu", marks["voltage_min_pu"]),
            "at the campus bus",
        ),
    ]
    most = {name: value for name, value in marks.items() if name.endswith(".most_mw")}
    if most:
        name, value = max(most.items(), key=lambda pair: pair[1])
        boxes.append(("Most of a battery", _mw(value), name.removesuffix(".most_mw")))
    words = [f"Unstable: {run.diverged}"] if run.diverged else []
    if run.energies["unheld_s"] > 0.0:
        words.append(
            f"For {run.energies['unheld_s']:.3g} s the batteries could not hold the reference of the fast loop."
        )
    return cards(boxes) + (bullets(words) if words else "")


def _mw(value: float) -> Num:
    return Num(f"{value:,.3g} MW", value)


def _groups(run: TransientRun) -> list[tuple[float, list[tuple[float, str]]]]:
    """What happened, lines close to each other together under the moment of the first."""
    apart_s = APART_FRAC * run.wave.duration_s
    found: list[tuple[float, list[tuple[float, str]]]] = []
    for at_s, what in run.happened:
        if not found or at_s - found[-1][0] > apart_s:
            found.append((at_s, []))
        found[-1][1].append((at_s, what))
    return found


def _happened(groups: list[tuple[float, list[tuple[float, str]]]]) -> str:
    if not groups:
        return paragraph("Nothing but the jobs themselves.")
    rows: list[list[Cell]] = [
        [str(k + 1), Num(f"{at_s:,.3f}", at_s), what]
        for k, (_, lines) in enumerate(groups)
        for at_s, what in lines
    ]
    note = "The first column is the number in the figures; what is close together shares one."
    return paragraph(note, "note") + table(["Mark", "Second", "What"], rows)


def _energy(run: TransientRun) -> str:
    rows: list[list[Cell]] = [
        [name.removesuffix("_mwh").replace("_", " "), Num(f"{value:,.4g}", value)]
        for name, value in run.energies.items()
        if name.endswith("_mwh")
    ]
    html = table(["Energy", "MWh"], rows)
    if run.decisions:
        lines: list[list[Cell]] = [[Num(f"{at_s:,.2f}", at_s), what] for at_s, what in run.decisions[:60]]
        html += table(["Second", "Decision"], lines)
    return html
