"""`wattstack simulate CAMPUS.YAML --chemistries A,B,...`: the same campus with one chemistry after the other.

Needs    twin (compare_chemistries), report.write_comparison_page, cli.words.
Gives    chemistry_options, compare.
Used by  cli.simulate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattstack.cli.words import money, number, table

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.twin import Comparison

STEP = "15min"


def chemistry_options(command: Callable) -> Callable:
    """The options that a comparison of chemistries takes."""
    for option in reversed(
        (
            click.option(
                "--chemistries", metavar="A,B,...", default=None,
                help="Compare: run the campus with its battery replaced by each chemistry of the library, against the "
                "first of them. --step is 15min where it is not given.",
            ),
            click.option(
                "--draws", type=click.IntRange(1, 1000), default=9, show_default=True,
                help="With --chemistries: makes of cells drawn, each a run of all years.",
            ),
            click.option(
                "--replan", is_flag=True, help="With --chemistries: plan the sizes anew for each; they must be ranges."
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def compare(campus: Campus, folder: str, options: Mapping[str, Any]) -> int:
    """Compare chemistries into a folder, with a page; returns 1 where load was not served in some draw.

    Args:
        campus: Sizes stand, or are ranges.
        folder: It is written into.
        options: Of the command line: chemistries, draws, replan, years, step (None: 15min), seed, with_report.
    """
    from wattstack.twin import Trial, compare_chemistries, write_comparison

    trial = Trial(
        years=options["years"], draws=options["draws"], replan=options["replan"], step=options["step"] or STEP,
        seed=options["seed"],
    )  # fmt: skip
    names = [name.strip() for name in options["chemistries"].split(",") if name.strip()]
    comparison = compare_chemistries(campus, names, trial)
    write_comparison(comparison, folder)
    click.echo(comparison_text(comparison))
    if options["with_report"]:
        from wattstack.report import write_comparison_page

        click.echo(f"\nreport: {write_comparison_page(comparison, Path(folder) / 'report.html')}")
    return 1 if comparison.years["unserved_mwh"].max() > 0.0 else 0


def comparison_text(comparison: Comparison) -> str:
    """A comparison for a terminal: a line a chemistry, what holds, what to know.

    Args:
        comparison: As compare_chemistries gives it.
    """
    trial, currency = comparison.trial, comparison.currency
    mark = "SYNTHETIC " if comparison.synthetic else ""
    sizes = "planned for each" if comparison.replanned else "equal"
    head = (
        f"{mark}{comparison.name}, battery.{comparison.battery}: {trial['years']} years of steps of {trial['step']}, "
        f"makes of cells: {trial['draws']}, sizes {sizes}; middle (nine makes of ten)"
    )
    rows = [
        [
            "chemistry", "power, energy", "left at the end", "round trip, net",
            f"cost above {comparison.reference}", "break-even price of cells", "confidence",
        ]
    ]  # fmt: skip
    unit = f"{currency}/kWh"
    sure = {one["name"]: one["confidence"] for one in comparison.passports}
    for name, own in comparison.bands().items():
        size = comparison.sizes[name]
        stem = f"battery.{comparison.battery}"
        first = name == comparison.reference
        rows.append(
            [
                name, f"{number(size[f'{stem}.power_mw'])} MW, {number(size[f'{stem}.energy_mwh'])} MWh",
                _banded(own["usable_frac"], lambda v: f"{v:.0%}"),
                _banded(own["round_trip_net_eff"], lambda v: f"{v:.1%}"),
                "-" if first else _banded(own["difference"], lambda v: money(v, currency)),
                "-" if first else _banded(own["break_even_per_mwh"], lambda v: f"{number(v / 1000.0)} {unit}"),
                sure[name],
            ]
        )  # fmt: skip
    notes = "\n".join(f"  {text}" for text in (*comparison.conclusions(), *comparison.notes))
    return f"{head}\n\n{table(rows)}\n\n{notes}"


def _banded(band: tuple[float, float, float], words: Callable[[float], str]) -> str:
    low, middle, high = (words(v) for v in band)
    return middle if low == middle == high else f"{middle} ({low} .. {high})"
