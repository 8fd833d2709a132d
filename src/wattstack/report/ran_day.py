"""The page of a day that was run: plan, twin and site side by side, what went wrong, what was done and why.

Needs    report.page, report.figures.ran_day, report.html; FOLDER/day as operate wrote it.
Gives    day_page, is_day.
Used by  report.write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from wattstack.errors import InputError
from wattstack.report.figures.ran_day import ran_day_figure
from wattstack.report.html import Cell, Num, Raw, bullets, cards, esc, paragraph, table
from wattstack.report.page import Page
from wattstack.report.sections.inputs import inputs_of
from wattstack.report.words import Money, money_of, quantity

LAYOUT = 1
ROWS = (  # figure of day.json, its name, its unit
    ("load_mwh", "Load", "MWh"),
    ("imported_mwh", "Energy imported", "MWh"),
    ("solar_mwh", "Sun used", "MWh"),
    ("generated_mwh", "Engines", "MWh"),
    ("charged_mwh", "Battery charged", "MWh"),
    ("discharged_mwh", "Battery discharged", "MWh"),
    ("stored_start_mwh", "Stored when the day begins", "MWh"),
    ("stored_end_mwh", "Stored when it ends", "MWh"),
    ("highest_interval_mw", "Highest interval mean", "MW"),
    ("unserved_mwh", "Load that nobody carried", "MWh"),
    ("import_cost", "Energy from the grid", "money"),
    ("fuel_cost", "Fuel and running of engines", "money"),
    ("demand_share", "Demand charge, a day's share", "money"),
)
KINDS = {
    "silent": "answers nobody", "late": "answers late", "slow": "answers slowly", "outage": "the grid is away",
    "reboot": "restarts", "foreign": "someone else writes its setpoint", "no_start": "does not start",
    "frozen": "its registers stand still", "nan": "its values are marked as not there",
    "contactor": "its contactor opens",
    "local": "is switched to local", "clamp": "cuts its setpoints", "soc_jump": "shows a wrong charge",
}  # fmt: skip
LEFT_OUT = (
    "Devices and what moves behind them are simulated on this machine. Timers of devices and of connections run on the "
    "wall: where the site's clock runs faster, what takes a second there takes many of its seconds.",
    "The simulated battery has one efficiency each way and no auxiliaries; the twin has cells, heat and age.",
    "The plan knows the year. The twin was run over the days around with the controller of the site, without the noise "
    "of the load and without devices that fail; the outage it had too, by whole minutes.",
    "Uninterruptible units carry their halls while the site's bus cannot. The twin of the year has none: what it does "
    "not serve in the outage is what they carry.",
    "The lines between plan and day depend a little on their order, which is why it is fixed. Energy left in the store "
    "counts at what the plan says that it is worth when the day ends.",
)


@dataclass(frozen=True)
class DayView:
    """A day as its page sees it: day.json, traces by "who:channel", scale of amounts."""

    summary: dict[str, Any]
    channels: dict[str, np.ndarray]
    money: Money

    @property
    def synthetic(self) -> bool:
        """Whether any input is made up."""
        return any(record["synthetic"] for record in self.summary["inputs"])

    def clock(self, utc_s: float, seconds: bool = False) -> str:
        """A moment on the local clock."""
        moment = datetime.fromtimestamp(utc_s, UTC).astimezone(ZoneInfo(self.summary["place"]["time_zone"]))
        return f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"

    @property
    def start_s(self) -> float:
        """First moment, seconds since 1970 UTC."""
        return datetime.fromisoformat(self.summary["start"]).timestamp()

    @property
    def target_mw(self) -> float:
        """Target of the metered peak when the day ended; NaN: none was held."""
        target = self.channels.get("day:control.peak_mw", np.full(1, np.nan))
        known = target[np.isfinite(target)]
        return float(known[0]) if len(known) else float("nan")


def is_day(folder: Any) -> bool:
    """Whether a result is the folder of a day that was run beside plan and twin."""
    return isinstance(folder, (str, Path)) and (Path(folder) / "day" / "traces.parquet").is_file()


def open_day(folder: str | Path) -> DayView:
    """Read FOLDER/day.

    Raises:
        InputError: It cannot be read, or is of another layout.
    """
    from wattstack.series import read_traces

    place = Path(folder) / "day"
    try:
        summary = json.loads((place / "day.json").read_text(encoding="utf-8"))
        number = summary["wattstack_day"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            str(place / "day.json"), ["cannot be read. Report on the site's folder again."]
        ) from error
    if number != LAYOUT:
        raise InputError(str(place / "day.json"), [f"has layout {number}, must be {LAYOUT}. Write it again."])
    channels = dict(read_traces(place / "traces.parquet").arrays)
    largest = max(abs(figures["energy_cost"]) for figures in summary["figures"].values())
    return DayView(summary, channels, money_of(summary["currency"], largest))


def day_page(view: DayView) -> Page:
    """The page."""
    told = view.summary
    day = datetime.fromisoformat(told["start"])
    over = f"{day:%A} {day.day} {day:%B %Y}" + (", SIMULATED devices" if told["simulated"] else "")
    page = Page(f"{told['name']}: a day as it was run", over, _lead(view), view.synthetic)
    page.add("answer", "The answer", _headline(view))
    page.add(
        "clock",
        "The day on one clock",
        page.figure(ran_day_figure(told, view.channels, view.money, view.synthetic)),
    )
    if told["faults"]:
        page.add("wrong", "What went wrong, and what was done", _faults(view))
    page.add("beside", "Plan, twin and day", _beside(view))
    page.add("why", "Where the difference comes from", _lines(view))
    page.add("peaks", "Was the peak held?", _peaks(view))
    page.add("told", "What was told, and why", _events(view))
    page.add("inputs", "Inputs", inputs_of(told))
    page.add("limits", "Limits of this page", bullets(LEFT_OUT))
    return page


def _lead(view: DayView) -> str:
    told = view.summary
    how = f"{told['speed']:g} times as fast as the clock" if told["speed"] != 1.0 else "in real time"
    unserved = told["figures"]["day"]["unserved_mwh"]
    away = [end - begin for begin, end in told["away"] if np.isfinite(end)]
    words = f"The site was run {how}, a decision every {told['period_s']:g} s. {_peak_words(view)}"
    if away:
        served = (
            "and all load was served"
            if unserved < 0.005
            else f"and {quantity(unserved, 'MWh')} were not served"
        )
        words += f" The grid was away for {sum(away) / 60.0:.0f} min, {served}."
    return words


def _peak_words(view: DayView) -> str:
    highest, target = view.summary["figures"]["day"]["highest_interval_mw"], view.target_mw
    if not np.isfinite(target):
        return f"The highest interval was {quantity(highest, 'MW')}; no peak was held."
    net = view.channels["day:load_mw"] - view.channels["day:solar_mw"]
    off = highest - target
    held = (
        f"within {quantity(max(off, 0.001), 'MW', 2)} of"
        if off <= 0.005 * target
        else f"{quantity(off, 'MW', 3)} above"
    )
    return (
        f"Load less sun reached {quantity(float(np.nanmax(net)), 'MW')}; the highest billed interval was "
        f"{quantity(highest, 'MW')}, {held} its target of {quantity(target, 'MW')}."
    )


def _headline(view: DayView) -> str:
    told, money = view.summary, view.money
    plan, twin, day = (told["figures"][who] for who in ("plan", "twin", "day"))
    lines = {one["line"]: one for one in told["lines"]}
    more = lines["site"]["cost"] - lines["plan"]["cost"]
    target = view.target_mw
    held = (
        f"target {quantity(target, 'MW')}; plan {quantity(plan['highest_interval_mw'], 'MW')}"
        if np.isfinite(target)
        else ""
    )
    reserve = _reserve(view)
    no_units = f"twin: {quantity(twin['unserved_mwh'], 'MWh')}, it has no units of the halls"
    items: list[tuple[str, Cell, str]] = [
        ("Highest billed interval", _num(day["highest_interval_mw"], "MW"), held),
        ("Energy cost of the day", Num(money.text(day["energy_cost"]), day["energy_cost"]),
         f"{money.text(more, 3)} above the plan, what is left in store counted"),
        ("Load not served", _num(day["unserved_mwh"], "MWh"), no_units),
    ]  # fmt: skip
    if reserve is not None:
        note = f"with the grid there; at the worst error of the gauge {quantity(reserve[1], 'MWh', 2)}"
        items.append(("Least above the reserve", _num(reserve[0], "MWh", 3), note))
    returns = [wait for _, _, wait in _told_of_faults(view) if wait is not None]
    if returns:
        items.append(
            ("Lost devices came back", _num(max(returns), "s", 2), "on the wall, after they answered again")
        )
    return cards(items)


def _reserve(view: DayView) -> tuple[float, float] | None:
    """Least energy above the reserve while the grid was there, as read and at the worst error of the gauge [MWh]."""
    sure, reserve = (view.channels.get(f"day:control.{n}_mwh") for n in ("sure", "reserve"))
    if sure is None or reserve is None:
        return None
    hours = np.arange(len(sure)) * 60.0
    there = np.isfinite(sure) & np.isfinite(reserve)
    for begin, end in view.summary["away"]:
        there &= (hours < begin - 120.0) | (hours >= end + 120.0)
    if not there.any():
        return None
    stored = view.channels["day:stored_mwh"]
    return float((stored - reserve)[there].min()), float((sure - reserve)[there].min())


def _num(value: float, unit: str = "", figures: int = 4) -> Num:
    value = 0.0 if abs(value) < 5e-4 else value
    return Num(quantity(value, unit, figures), value)


def _told_of_faults(view: DayView) -> list[tuple[dict, str, float | None]]:
    """Of each fault: what was told first, and the seconds of the wall from its end to the device's return."""
    made = []
    events, speed = view.summary["events"], view.summary["speed"]
    for fault in view.summary["faults"]:
        begin_s = view.start_s + fault["at_s"]
        end_s = begin_s + fault.get("lasts_s", float("inf"))
        near = [e for e in events if begin_s <= e["utc_s"] < end_s + 60.0 * max(speed / 10.0, 1.0)]
        about = (fault["device"], "grid") if fault["kind"] == "outage" else (fault["device"],)
        alarms = (e["text"] for e in near if e["channel"] in about and e["level"] == "alarm")
        words = list(dict.fromkeys(alarms))
        words += [e["text"] for e in near if e["level"] == "command" and _matters(e, fault)][:2]
        back = [e["utc_s"] for e in near if e["text"] == "answers again" and e["channel"] == fault["device"]]
        wait = (max(back) - end_s) / speed if back and np.isfinite(end_s) else None
        made.append((fault, "; ".join(words[:3]), wait if wait is None else max(wait, 0.0)))
    return made


def _matters(event: dict, fault: dict) -> bool:
    if fault["kind"] == "outage":
        return event["channel"].startswith("battery.") and "carries the campus" in event["text"]
    return "not read" in event["text"]


def _faults(view: DayView) -> str:
    rows: list[list[Cell]] = []
    for number, (fault, words, wait) in enumerate(_told_of_faults(view), 1):
        begin_s = view.start_s + fault["at_s"]
        lasts = f"{fault['lasts_s'] / 60.0:g} min" if "lasts_s" in fault else "to the end"
        back = "" if wait is None else f"used again {wait:.1f} s after it answered (on the wall)"
        rows.append(
            [f"{number}", view.clock(begin_s), lasts, fault["device"], KINDS.get(fault["kind"], fault["kind"]),
             words or "nothing had to be told", back]
        )  # fmt: skip
    return table(["", "At", "For", "Device", "What went wrong", "What was told", "Back"], rows, kind="text")


def _beside(view: DayView) -> str:
    figures, money = view.summary["figures"], view.money
    rows: list[list[Cell]] = []
    for name, words, unit in ROWS:
        values = [figures[who][name] for who in ("plan", "twin", "day")]
        show = (lambda v: Num(money.number(v), v)) if unit == "money" else _num
        head = f"{words} [{money.unit if unit == 'money' else unit}]"
        rows.append(
            [head, *(show(v) for v in values), show(values[2] - values[0]), show(values[2] - values[1])]
        )
    head = ["", "Plan", "Twin", "The day", "Day less plan", "Day less twin"]
    note = (
        "The plan knew the whole year. The twin is the same controller in a simulated site of finer physics, with the "
        "same outage. A day's share of the demand charge: what a month would pay whose highest interval was this "
        "day's, over its days."
    )
    return table(head, rows) + paragraph(note)


def _lines(view: DayView) -> str:
    money = view.money
    rows: list[list[Cell]] = []
    names = {"plan": "The plan", "site": "The site itself"}
    for one in view.summary["lines"]:
        first = one["line"] == "plan"
        rows.append(
            [names.get(one["line"], one["line"].capitalize()), one["meaning"],
             "" if first else Num(money.number(one["difference"]), one["difference"]),
             Num(money.number(one["cost"]), one["cost"]),
             _num(one["highest_interval_mw"]), _num(one["unserved_mwh"])]
        )  # fmt: skip
    head = ["With", "What it adds", f"Changes the cost by [{money.unit}]", f"Cost of energy [{money.unit}]",
            "Highest interval [MW]", "Not served [MWh]"]  # fmt: skip
    note = "Cost of import and fuel, less what is more in store at the end than at the beginning, at the plan's worth."
    return table(head, rows, kind="text") + paragraph(note)


def _peaks(view: DayView) -> str:
    means, target = view.summary["intervals"]["day"], view.target_mw
    if not means or not np.isfinite(target):
        return paragraph("No peak was to be held on this day.")
    seconds = 86_400.0 / len(means) if len(means) else 0.0
    order = np.argsort(means)[::-1][:6]
    rows: list[list[Cell]] = []
    for place in sorted(order.tolist()):
        begin = view.start_s + place * seconds
        off = means[place] - target
        said = [
            e
            for e in view.summary["events"]
            if begin <= e["utc_s"] < begin + seconds and e["level"] in ("alarm", "command")
        ]
        why = said[-1]["text"] if said else "as told before"
        rows.append([view.clock(begin), _num(means[place], figures=6), _num(off, figures=3), why])
    step_s = view.summary["speed"] * view.summary["period_s"]
    note = (
        f"The six highest intervals. A decision holds for {step_s:g} s of the site; what the load does meanwhile "
        "cannot be taken back once an interval ends, which is why a mean may end a little above its target."
    )
    return table(
        ["Interval from", "Mean [MW]", "Above target [MW]", "Told last in it"], rows, kind="text"
    ) + paragraph(note)


def _events(view: DayView) -> str:
    events = view.summary["events"]
    main = [e for e in events if e["level"] in ("alarm", "command") or e["text"] == "answers again"]
    words = paragraph(
        f"{len(main)} alarms and commands with their reasons, each told when it came; all of it and the quieter lines: "
        "wattstack history FOLDER events."
    )
    rows: list[list[Cell]] = [
        [view.clock(e["utc_s"], True), e["level"], e["channel"],
         e["text"] + (f" ({e['count']} times)" if e["count"] > 1 else "")]
        for e in main
    ]  # fmt: skip
    inner = table(["At", "", "About", "What, and why"], rows, kind="text")
    few = len(rows) <= 30
    return words + (
        inner if few else f"<details><summary>{esc(len(rows))} lines</summary>{Raw(inner).html}</details>"
    )
