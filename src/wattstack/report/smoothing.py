"""The page of a smoothing design: the mix, what it costs, the proof, what else was looked at.

Needs    prove.smoothing.SmoothingPlan, report.figures.smoothing, report.page.
Gives    write_smoothing_page, is_smoothing.
Used by  cli, report.write.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.report.figures import smoothing as draw
from wattstack.report.html import Cell, Num, bullets, cards, facts, paragraph, table
from wattstack.report.page import Page

if TYPE_CHECKING:
    from wattstack.prove.compliance import Verdict
    from wattstack.prove.smoothing import Alternative, SmoothingPlan

FILE = "smooth.json"
MOST_ROWS = 40
PART_WORDS = {
    "energy": "energy of floor and ramps", "throughput": "throughput lost", "rack": "rack storage",
    "battery": "battery", "wear": "wear", "losses": "losses",
}  # fmt: skip


def is_smoothing(result: Any) -> bool:
    """Whether a result is the folder of a design of smoothing, which may have been planned in since."""
    if not isinstance(result, (str, Path)):
        return False
    folder = Path(result)
    return (folder / FILE).is_file() and not any(
        (folder / name).is_file() for name in ("plan.json", "run.json")
    )


def write_smoothing_page(plan: SmoothingPlan, path: str | Path) -> Path:
    """Write the page: one file that opens offline.

    Args:
        plan: As design_smoothing gives it.
        path: File to write.

    Raises:
        InputError: The file cannot be written.
    """
    page = Page(f"{plan.name}: smoothing", ", ".join(plan.codes), _lead(plan), False)
    page.add("answer", "The answer", _answer(plan))
    both = page.figure(draw.before_after(plan)) + page.figure(draw.edges(plan))
    page.add("wave", "Before and after", both)
    page.add("verdicts", "The rules", _verdicts(plan))
    if plan.mix.storage:
        page.add("battery", "The battery", page.figure(draw.charge(plan)) + _duty(plan))
    if any(one.passes for one in plan.alternatives):
        page.add("costs", "What it costs", page.figure(draw.costs(plan)) + _costs(plan))
    page.add("alternatives", "What else was looked at", _alternatives(plan))
    if plan.stops:
        page.add("stops", "Stops against ramps", _stops(plan))
    page.add("grounds", "Prices and limits of the model", bullets(plan.notes))
    return page.write(path)


def _lead(plan: SmoothingPlan) -> str:
    if not plan.passes:
        rules = ", ".join(f"{one['code']} {one['rule']}" for one in plan.short)
        return f"No mix that was looked at keeps every rule. The nearest, {plan.mix.layer}, misses {rules}."
    return (
        f"{_mix(plan.mix)} keeps every rule that power alone can break, with {plan.margin_frac:.0%} to spare; "
        f"{plan.ruled_by} binds."
    )


def _mix(mix) -> str:
    if not mix.storage:
        return str(mix.layer)
    return f"{mix.layer}, beside {mix.power_mw:,.3g} MW of {mix.store_name},"


def _answer(plan: SmoothingPlan) -> str:
    worst = plan.before.worst()
    boxes: list[tuple[str, Cell, str]] = [
        ("Cost a year", _money(plan.cost_per_year, plan), "all parts, at the prices below"),
        ("Margin", Num(f"{plan.margin_frac:.0%}", plan.margin_frac), f"of the limit, {plan.ruled_by}"),
        ("Before", Num(f"{worst.value:,.3g} {worst.unit}", worst.value),
         f"against {worst.limit:,.3g}, {worst.code} {worst.rule}"),
    ]  # fmt: skip
    if plan.duty:
        boxes.append(
            (
                "Battery for swings",
                Num(f"{plan.mix.power_mw:,.3g} MW", plan.mix.power_mw),
                plan.mix.store_name,
            )
        )
    layer = plan.mix.layer
    rows: list[tuple[str, Cell]] = [("GPU floor", Num(f"{layer.floor_frac:.0%}", layer.floor_frac))]
    if layer.ramp_down_frac_per_s is not None:
        rows.append(
            ("Ramp of GPUs down", Num(f"{layer.ramp_down_frac_per_s:g} /s", layer.ramp_down_frac_per_s))
        )
    if layer.ramp_up_frac_per_s is not None:
        rows.append(("Ramp of GPUs up", Num(f"{layer.ramp_up_frac_per_s:g} /s", layer.ramp_up_frac_per_s)))
    rows.append(("Rack storage", Num(f"{layer.rack_j:,.0f} J per GPU", layer.rack_j)))
    if layer.rack_j:
        rows.append(("It averages over", Num(f"{layer.average_s:.3g} s", layer.average_s)))
    if plan.mix.loop is not None:
        loop = plan.mix.loop
        if loop.ramp_mw_per_min is not None:
            rows.append(
                ("Ramp of the fast loop", Num(f"{loop.ramp_mw_per_min:.3g} MW/min", loop.ramp_mw_per_min))
            )
        rows.append(("Its corner", Num(f"{loop.corner_s:.3g} s", loop.corner_s)))
    return cards(boxes) + facts(rows)


def _verdicts(plan: SmoothingPlan) -> str:
    before = {(v.code, v.rule): v for v in plan.before.verdicts}
    rows: list[list[Cell]] = [
        [f"{v.code} {v.rule}", v.test, v.status, _value(before.get((v.code, v.rule))), _value(v),
         "" if v.limit is None else Num(f"{v.limit:,.4g} {v.unit}", v.limit), v.outcome]
        for v in plan.found.verdicts
    ]  # fmt: skip
    note = "Where a text can be read in two ways the stricter reading rules; drafts and proposals are judged as well."
    return paragraph(note, "note") + table(
        ["Rule", "Test", "Status", "As it is", "With the mix", "Limit", "Verdict"], rows
    )


def _value(verdict: Verdict | None) -> Cell:
    if verdict is None or verdict.value is None:
        return ""
    return Num(f"{verdict.value:,.4g} {verdict.unit}", verdict.value)


def _duty(plan: SmoothingPlan) -> str:
    duty = plan.duty
    rows: list[tuple[str, Cell]] = [
        ("Power, both ways", Num(f"{duty['power_mw']:,.4g} MW", duty["power_mw"])),
        ("Energy, either way", Num(f"{duty['energy_mwh']:,.4g} MWh", duty["energy_mwh"])),
        (
            "Usable energy that this power asks of the cells",
            Num(f"{plan.mix.energy_mwh:,.4g} MWh", plan.mix.energy_mwh),
        ),
        ("Throughput", Num(f"{duty['throughput_mwh_per_h']:,.3g} MWh/h", duty["throughput_mwh_per_h"])),
        ("Charge moves between", f"{duty['soc_low_frac']:.0%} and {duty['soc_high_frac']:.0%}"),
    ]
    cycles = plan.cycles
    if cycles:
        rows += [
            (
                "Full cycles a year",
                Num(f"{cycles['full_cycles_per_year']:,.0f}", cycles["full_cycles_per_year"]),
            ),
            ("Deepest cycle", Num(f"{cycles['deepest_frac']:.1%}", cycles["deepest_frac"])),
        ]
    return facts(rows)


def _costs(plan: SmoothingPlan) -> str:
    rows: list[list[Cell]] = [
        [PART_WORDS[part], _money(value, plan)] for part, value in plan.costs.items() if value
    ]
    return table(["Part", "A year"], rows, foot=["together", _money(plan.cost_per_year, plan)])


def _alternatives(plan: SmoothingPlan) -> str:
    rows = [_row(k, one, plan) for k, one in enumerate(plan.alternatives[:MOST_ROWS])]
    left = len(plan.alternatives) - MOST_ROWS
    more = paragraph(f"{left} further mixes stand in alternatives.csv.", "note") if left > 0 else ""
    head = [
        "",
        "At GPUs and racks",
        "Battery",
        "MW",
        "MWh",
        "Cost a year",
        "Worst margin",
        "Rule",
        "Passes",
        "Note",
    ]
    return table(head, rows, kind="wide") + more


def _row(place: int, one: Alternative, plan: SmoothingPlan) -> list[Cell]:
    mix = one.mix
    margin: Cell = "not run" if one.margin_frac is None else Num(f"{one.margin_frac:.0%}", one.margin_frac)
    verdict = {True: "yes", False: "no", None: ""}[one.passes]
    return [
        str(place + 1), str(mix.layer), mix.store_name, Num(f"{mix.power_mw:,.3g}", mix.power_mw),
        Num(f"{mix.energy_mwh:,.3g}", mix.energy_mwh), _money(one.cost_per_year, plan), margin, one.ruled_by, verdict,
        one.note,
    ]  # fmt: skip


def _stops(plan: SmoothingPlan) -> str:
    rows: list[list[Cell]] = [
        [f"{one.code} {one.rule}", Num(f"{one.ramp_mw_per_min:,.4g} MW/min", one.ramp_mw_per_min),
         Num(f"{one.step_mw:,.4g} MW", one.step_mw), Num(f"{one.energy_mwh:,.3g} MWh", one.energy_mwh),
         Num(f"{one.ramp_min:,.3g} min", one.ramp_min)]
        for one in plan.stops
    ]  # fmt: skip
    note = (
        "A stop of the largest job from its mean to idle: energy dP^2 / 2r, time dP / r, at the limit itself."
    )
    return paragraph(note, "note") + table(["Rule", "Ramp", "Step", "Energy", "Time"], rows)


def _money(value: float, plan: SmoothingPlan) -> Num:
    text = f"{value / 1e6:,.4g} M {plan.currency}" if abs(value) >= 1e6 else f"{value:,.4g} {plan.currency}"
    return Num(text, value)
