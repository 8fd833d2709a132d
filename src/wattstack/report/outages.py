"""The page of campaigns of outages: is the critical load carried, how long, what fails first, the worst cases.

Needs    prove (OutageFiles, read_outages), report.figures.outages, report.page.
Gives    outages_page, is_outages, open_outages.
Used by  report.write.

The page looks at nothing but the content of the folder, so that it can be made again from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattstack.report.figures import outages as draw
from wattstack.report.html import Cell, Num, bullets, cards, facts, paragraph, table
from wattstack.report.page import Page
from wattstack.report.sections.inputs import inputs_of
from wattstack.report.words import percent, quantity

if TYPE_CHECKING:
    from wattstack.prove import OutageFiles, Outages

FILE = "outages.json"
QUANTILES = {
    "unserved_50_percent_mwh": "half of the outages lose no more than",
    "unserved_90_percent_mwh": "nine of ten",
    "unserved_95_percent_mwh": "19 of 20",
    "unserved_99_percent_mwh": "99 of 100",
    "unserved_100_percent_mwh": "all that were met",
}
LIMITS = (
    "A campaign begins in the state in which the year's own controller left batteries and generators at that moment.",
    "Cells do not age within a campaign; fuel does not run out; every repair has the same mean.",
    "Whether the voltage holds in the first milliseconds is not told here: wattstack simulate --transient does.",
    "Less than a thousandth of the load missing in a step is no loss: the island's frequency takes it (assumption).",
)


def is_outages(result: Any) -> bool:
    """Whether a result is campaigns of outages, told by its type or by the outages.json in its folder."""
    if isinstance(result, (str, Path)):
        folder = Path(result)
        return (folder / FILE).is_file() and not any(
            (folder / one).is_file() for one in ("plan.json", "run.json")
        )
    return type(result).__module__ in ("wattstack.prove.result", "wattstack.prove.store")


def open_outages(result: Outages | OutageFiles | str | Path) -> OutageFiles:
    """The content of a folder, or of campaigns in memory."""
    from wattstack.prove import Outages, outage_files, read_outages

    if isinstance(result, (str, Path)):
        return read_outages(result)
    return outage_files(result) if isinstance(result, Outages) else result


def outages_page(files: OutageFiles) -> Page:
    """The page.

    Args:
        files: As write_outages, read_outages or open_outages give them.
    """
    s, tables = files.summary, files.tables
    synthetic = any(record["synthetic"] for record in s["inputs"])
    page = Page(
        f"{s['name']}: outages of the grid", s["description"] or "Outages of the grid", _lead(s), synthetic
    )
    page.add("answer", "The answer", _answer(s))
    page.add(
        "survival",
        "How long it holds",
        page.figure(draw.survival(tables["survival"], synthetic)) + _survival(s),
    )
    page.add("losses", "How much is lost", _losses(files, page, synthetic))
    page.add("causes", "What fails first", _causes(s))
    shown = draw.lengths(tables["lengths"], synthetic)
    page.add("lengths", "Long outages and short ones", page.figure(shown))
    if s["energy_mwh"] > 0.0:
        page.add("charge", "Charge when the grid goes", _charge(files, page, synthetic))
    page.add("worst", "The worst that were met", _worst(files, page, synthetic))
    page.add("drawn", "How it was drawn", _drawn(s))
    page.add("inputs", "Inputs", inputs_of(s))
    page.add("limits", "Limits of the model", _limits(s))
    return page


def _lead(s: dict) -> str:
    served = s["served"]
    told = f"{percent(served['served_frac'], 2)} of {s['count']:,} outages pass without loss of critical load"
    sure = f"with 95 % confidence {percent(served['low_frac'], 2)} to {percent(served['high_frac'], 2)}"
    critical = f"Critical is {percent(s['critical_frac'], 0)} of the load"
    return f"{told}; {sure}. {critical}; each is followed {s['duration_h']:g} h."


def _answer(s: dict) -> str:
    served, figures, unserved = s["served"], s["figures"], s["unserved"]
    worst = figures["unserved_100_percent_mwh"]
    boxes: list[tuple[str, Cell, str]] = [
        ("Critical load served", Num(percent(served["served_frac"], 2), served["served_frac"]),
         f"{percent(served['low_frac'], 2)} to {percent(served['high_frac'], 2)} with 95 % confidence"),
        ("Losses a year", Num(quantity(figures["lost_per_year"], "", 2), figures["lost_per_year"]),
         f"expected, with {s['outages_per_year']:g} outages a year"),
        ("Not served, mean", Num(quantity(unserved["unserved_mwh"], "MWh", 3), unserved["unserved_mwh"]),
         f"an outage, give or take {quantity(unserved['error_mwh'], 'MWh', 2)}"),
        ("Not served, worst met", Num(quantity(worst, "MWh"), worst), "in one outage"),
    ]  # fmt: skip
    rows: list[tuple[str, Cell]] = [
        ("Length of an outage, mean", Num(quantity(figures["outage_h"], "h", 3), figures["outage_h"])),
        ("Stored when the grid goes, mean", Num(quantity(figures["stored_mwh"], "MWh"), figures["stored_mwh"])),
        ("Not critical and dropped, mean", Num(quantity(figures["dropped_mwh"], "MWh"), figures["dropped_mwh"])),
        ("From generators, mean", Num(quantity(figures["generated_mwh"], "MWh"), figures["generated_mwh"])),
        ("Starts of generating units, mean", Num(quantity(figures["starts"], "", 3), figures["starts"])),
    ]  # fmt: skip
    return cards(boxes) + facts(rows)


def _survival(s: dict) -> str:
    wanted = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, s["duration_h"])
    rows: list[list[Cell]] = [
        [f"{one['until_h']:g} h", Num(percent(one["served_frac"], 3), one["served_frac"]),
         Num(percent(one["low_frac"], 3), one["low_frac"]), Num(percent(one["high_frac"], 3), one["high_frac"])]
        for one in s["survival"] if one["until_h"] in wanted
    ]  # fmt: skip
    return table(["No loss up to", "Chance", "At least", "At most"], rows)


def _losses(files: OutageFiles, page: Page, synthetic: bool) -> str:
    figures = files.summary["figures"]
    if not figures["lost_campaigns"]:
        return paragraph("Critical load was lost in none of them.")
    rows: list[list[Cell]] = [
        [words, Num(quantity(figures[key], "MWh"), figures[key])] for key, words in QUANTILES.items()
    ]
    head = ["Of the outages", "Critical load not served"]
    return page.figure(draw.losses(files.tables["campaigns"], synthetic)) + table(head, rows)


def _causes(s: dict) -> str:
    if not s["causes"]:
        return paragraph("Critical load was lost in none of them: there is nothing to tell.")
    rows: list[list[Cell]] = [
        [one["cause"], one["part"], one["shortage"], Num(percent(one["share_frac"]), one["share_frac"]),
         Num(f"{one['campaigns']:,.0f}", one["campaigns"]),
         Num(quantity(one["unserved_mwh"], "", 3), one["unserved_mwh"])]
        for one in s["causes"]
    ]  # fmt: skip
    note = (
        "The first thing that failed before load was lost, and what was missing in that second. “nothing failed” means "
        "that all worked as declared and did not reach: a matter of the design, not of chance."
    )
    head = ["Failed first", "Of", "Lacked then", "Share of losses", "Campaigns", "MWh an outage"]
    return paragraph(note, "note") + table(head, rows, kind="text")


def _charge(files: OutageFiles, page: Page, synthetic: bool) -> str:
    s, campaigns = files.summary, files.tables["campaigns"]
    lost = campaigns["unserved_h"].to_numpy() > 0.0
    html = page.figure(draw.charge(campaigns, s["energy_mwh"], synthetic))
    if not lost.any() or lost.all():
        return html
    stored, weight = campaigns["stored_mwh"].to_numpy(), campaigns["weight"].to_numpy()
    means = [float(np.average(stored[mine], weights=weight[mine])) for mine in (~lost, lost)]
    rows: list[tuple[str, Cell]] = [
        (f"Stored in outages that were {word}, mean", Num(quantity(mean, "MWh"), mean))
        for word, mean in zip(("carried", "not carried"), means, strict=True)
    ]
    return html + facts(rows)


def _worst(files: OutageFiles, page: Page, synthetic: bool) -> str:
    courses, campaigns = files.tables["worst"], files.tables["campaigns"]
    if courses.empty:
        return paragraph("Critical load was lost in none of them.")
    parts = [paragraph("Powers are on the scale of what is to be carried without the grid.", "note")]
    for place, number in enumerate(dict.fromkeys(courses["campaign"]), start=1):
        row = campaigns.iloc[int(number)]
        began = str(row["start_utc"]).replace("T", " ").removesuffix("Z")
        further = int(row["outages"]) - 1
        more = f" and {further} more within {files.summary['duration_h']:g} h" if further else ""
        part = f" ({row['part']})" if row["part"] else ""
        caption = (
            f"The grid goes at {began} UTC, for {quantity(row['outage_h'], 'h', 3)}{more}. First: "
            f"{row['cause']}{part}; after {quantity(row['loss_h'], 'h', 3)} load is lost for want of "
            f"{row['shortage']}. Not served: {quantity(row['unserved_mwh'], 'MWh')} in "
            f"{quantity(row['unserved_h'], 'h', 3)}."
        )
        title = f"Campaign {int(number):,}"
        course = courses[courses["campaign"] == number]
        parts.append(page.figure(draw.worst(f"outage-worst-{place}", title, caption, course, synthetic)))
    return "".join(parts)


def _drawn(s: dict) -> str:
    figures, tilt = s["figures"], s["tilt"]
    equal = figures["effective_campaigns"]
    rows: list[tuple[str, Cell]] = [
        ("Campaigns", Num(f"{s['count']:,}", s["count"])),
        ("Of them lost critical load", Num(f"{figures['lost_campaigns']:,.0f}", figures["lost_campaigns"])),
        ("As sure as so many equal ones", Num(f"{equal:,.0f}", equal)),
        ("Seed", str(s["seed"])),
        ("Steps of a second", Num(f"{figures['steps_of_a_second']:,.0f}", figures["steps_of_a_second"])),
    ]  # fmt: skip
    said = [
        "Each campaign begins at a moment of the year drawn by chance, when the grid goes, with the weather, load and "
        "charge of that moment.",
    ]
    if s["antithetic"]:
        said.append("They come in mirrored pairs; the error is that of the pairs' means.")
    if tilt is None:
        said.append(
            "All were drawn as declared. Where losses are rare, --rare draws every other pair with longer outages and "
            "more failures and weighs it back: it says more of them with as many campaigns."
        )
    else:
        said.append(
            "Importance sampling: every other pair was drawn with outages longer by "
            f"{tilt['length_sigma']:g} standard deviations of their logarithm and failures {tilt['failure_scale']:g} "
            "times as frequent, and weighs what it "
            "would have as declared (balance heuristic). Every share and mean of this page is weighted so; the worst "
            "cases are shown whatever they weigh."
        )
    return facts(rows) + bullets(said)


def _limits(s: dict) -> str:
    html = f'<div class="box"><h3>What this answer does not know</h3>{bullets(LIMITS)}</div>'
    return html + ("<h3>Notes</h3>" + bullets(s["notes"]) if s["notes"] else "")
