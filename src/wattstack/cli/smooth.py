"""`wattstack smooth`: the least-cost mix that makes the grid codes pass.

Needs    prove.smoothing, report, cli.sets, cli.words.
Gives    smooth, smoothing_text.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattstack.cli.portfolio_plan import writable
from wattstack.cli.sets import read_with_sets, sets_option
from wattstack.cli.words import money, number, table

if TYPE_CHECKING:
    from wattstack.prove.smoothing import Alternative, SmoothingPlan

HELP = """Find the least-cost mix of GPU floor, ramps, rack storage and battery that makes the grid codes pass.

CAMPUS.YAML has jobs in its halls, a connection with frequency_hz and short_circuit_mva, and usually a battery. Every
mix is put to the test by the twin of milliseconds: normal running, a checkpoint, a crash with its restart, a stop and
a start of the largest job; the rules that power alone can break are judged (T1 to T7, T12). Rules of voltage and
frequency are proved by `wattstack simulate --comply`.

\b
What is written into the folder:
  campus.yaml       the mix written in, ranges as they were: wattstack plan sizes all duties together
  sized.yaml        the same at the least sizes: wattstack simulate --transient
  smooth.json       mix, cost by part, duty of the battery, verdicts, alternatives, prices and where they are from
  alternatives.csv  every mix that was looked at: MW, MWh, cost by part, worst margin, passes or not
  report.html       one page that opens offline

\b
Examples:
  wattstack smooth campus.yaml -o out/smooth
  wattstack smooth campus.yaml --codes ercot-lcl-10mw,ieso-3.0 --margin 0.1
  wattstack smooth campus.yaml --gpu-hour 300 --set finance.exchange.USD=150
  wattstack plan out/smooth/campus.yaml -o out/planned

\b
Exit codes: 0 done, 1 no mix passes, 2 bad input, 3 ours, 130 stopped.
"""
ROWS = 12
_POSITIVE = click.FloatRange(0.0)


@click.command(help=HELP, short_help="Find the least-cost mix that smooths AI load for grid codes.")
@click.argument("campus_file", metavar="CAMPUS.YAML", type=click.Path())
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(),
    default="out-smooth",
    show_default=True,
    help="Folder written into.",
)
@click.option("--codes", metavar="A,B", help="Grid codes, by commas.  [default: grid.codes of the campus]")
@click.option(
    "--margin", type=click.FloatRange(0.0, 0.9), default=0.05, show_default=True,
    help="Least margin to every limit, share of it.",
)  # fmt: skip
@click.option(
    "--fast",
    metavar="A,B",
    help='Chemistries of a further battery; "none" = the batteries of the campus alone.',
)
@click.option("--all-jobs", "together", is_flag=True, help="Strike all jobs at once, not the largest alone.")
@click.option("--gpu-hour", type=_POSITIVE, help="Worth of an hour of a GPU.  [default: see smooth.json]")
@click.option("--energy-price", type=_POSITIVE, help="Price of a MWh drawn.  [default: mean of the tariff]")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of phases and pauses.")
@click.option(
    "--report/--no-report", "with_report", default=True, show_default=True, help="With report.html."
)
@sets_option
def smooth(campus_file: str, folder: str, **options: Any) -> int:
    """Design the smoothing of a campus into a folder."""
    from wattstack.prove.smoothing import design_smoothing, write_smoothing

    campus = read_with_sets(campus_file, options["sets"])
    writable(Path(folder))
    prices = {"value_per_gpu_h": options["gpu_hour"], "energy_per_mwh": options["energy_price"]}
    plan = design_smoothing(
        campus,
        _listed(options["codes"]),
        options["margin"],
        {key: value for key, value in prices.items() if value is not None},
        () if options["fast"] == "none" else _listed(options["fast"]),
        {"seed": options["seed"], "together": options["together"]},
    )
    write_smoothing(plan, folder)
    click.echo(smoothing_text(plan))
    if options["with_report"]:
        from wattstack.report import write_smoothing_page

        click.echo(f"\nreport: {write_smoothing_page(plan, Path(folder) / 'report.html')}")
    return 0 if plan.passes else 1


def _listed(words: str | None) -> list[str] | None:
    return None if not words else [word.strip() for word in words.split(",") if word.strip()]


def smoothing_text(plan: SmoothingPlan) -> str:
    """The design for a terminal.

    Args:
        plan: As design_smoothing gives it.
    """
    verb = "keeps" if plan.passes else "does NOT keep"
    head = (
        f"{plan.name}: {plan.mix.layer}; {_store(plan)} {verb} {', '.join(plan.codes)} "
        f"(margin {plan.margin_frac:+.0%}, {plan.ruled_by} binds); {plan.trials} trials"
    )
    parts = [(name, money(value, plan.currency)) for name, value in plan.costs.items() if value]
    cost = table([("a year", ""), *parts, ("together", money(plan.cost_per_year, plan.currency))])
    said = [head, cost]
    if plan.duty:
        said.append(
            f"duties.smoothing: {number(plan.duty['power_mw'])} MW both ways, {number(plan.duty['energy_mwh'])} MWh "
            f"either way, {number(plan.duty['throughput_mwh_per_h'])} MWh/h; charge moves between "
            f"{plan.duty['soc_low_frac']:.0%} and {plan.duty['soc_high_frac']:.0%} of its window"
        )
    said += [
        f"cannot be met: {one['code']} {one['rule']}, {number(one['value'])} {one['unit']} against "
        f"{number(one['limit'])} {one['unit']} less the margin of {one['margin_asked_frac']:.0%} at the nearest"
        for one in plan.short
    ]
    stops = [
        f"a stop of {number(one.step_mw)} MW against {number(one.ramp_mw_per_min)} MW/min ({one.code} {one.rule}): "
        f"{number(one.energy_mwh)} MWh, {number(one.ramp_min)} min"
        for one in plan.stops
    ]
    said += ["\n".join(stops)] if stops else []
    said.append(_alternatives(plan))
    return "\n\n".join([*said, *(f"note: {note}" for note in plan.notes)])


def _store(plan: SmoothingPlan) -> str:
    if not plan.mix.storage:
        return "no battery"
    return f"{plan.mix.store_name}, {number(plan.mix.power_mw)} MW, {number(plan.mix.energy_mwh)} MWh"


def _alternatives(plan: SmoothingPlan) -> str:
    rows = [("mix", "battery", "MW", "MWh", "cost a year", "worst margin", "rule", "")]
    rows += [_row(one, plan.currency) for one in plan.alternatives[:ROWS]]
    left = len(plan.alternatives) - ROWS
    more = f"\n  {left} further mixes stand in alternatives.csv" if left > 0 else ""
    return table(rows) + more


def _row(one: Alternative, currency: str) -> tuple[str, ...]:
    margin = "not run" if one.margin_frac is None else f"{one.margin_frac:+.0%}"
    verdict = {True: "pass", False: "FAIL", None: "-"}[one.passes]
    return (
        str(one.mix.layer), one.mix.store_name, number(one.mix.power_mw), number(one.mix.energy_mwh),
        money(one.cost_per_year, currency), margin, one.ruled_by, f"{verdict}  {one.note}",
    )  # fmt: skip
