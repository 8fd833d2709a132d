"""Figures of a run: a week from inside, the year by day, peaks against targets, cells over the years.

Needs    report.run.view.RunView, report.run.weeks.Week.
Gives    week_figure, reasons_of, import_by_day, peaks_figure, temperature_by_day, ageing_figure,
         imports_of_both.
Used by  report.run.sections, report.run.compare.

A year of minutes is half a million steps: a week is drawn step by step, a year as lowest, mean and highest of each day.
"""

from __future__ import annotations

import numpy as np

from wattstack.report.figures.base import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    SLATE,
    YELLOW,
    Figure,
    Key,
    area,
    axis,
    bars,
    colour_of,
    layout,
    line,
    rounded,
    titled,
    unit_label,
)
from wattstack.report.run.view import RunView
from wattstack.report.run.weeks import Week
from wattstack.report.words import month_name, name_of, percent, quantity, step_words

DOMAINS = ([0.52, 1.0], [0.33, 0.46], [0.1, 0.27], [0.0, 0.04])  # power, price, stored energy, reason
FIGURES = 4  # that count in a week's numbers: 0.1 MW of 999
REASON_COLOURS = (
    BLUE, RED, SKY, ORANGE, GREEN, PURPLE, YELLOW, "#7fd1b5", "#d9dfe5", SLATE, INK, "#8a3a00",
)  # fmt: skip  # by code of control.REASONS


def _reason_colour(code: float) -> str:
    """Colour of a reason of the controller."""
    return REASON_COLOURS[int(code) % len(REASON_COLOURS)]


def week_figure(view: RunView, week: Week, name: str) -> Figure:
    """Power, price of import, stored energy and the controller's reason, step by step, on one local clock."""
    span = slice(week.first, week.last)
    data, keys = _power(view, span)
    price = Key("Price of import", BLUE, "line")
    prices = view.get("grid.buy_price_per_mwh")[span]
    data.append(_changes(view, span, prices, price, view.money.per_mwh, "y2"))
    stored, stored_keys = _stored(view, span)
    reasons = _reasons(view, span)
    clock = {"x0": _stamp(view, span.start), "dx": view.summary["step_s"] * 1000}
    for trace in [*data, *stored]:
        if trace["x"] is None:  # step by step: the clock is told once
            trace.pop("x")
            trace.update(clock)
    ends = [_stamp(view, span.start), _stamp(view, span.stop - 1)]
    look = layout(
        view.synthetic,
        margin={"l": 58, "r": 14, "t": 24, "b": 44},
        xaxis=titled(f"Local time, {view.summary['place']['time_zone']}", anchor="y4", domain=[0, 1], range=ends,
                     tickformat="%a %-d", dtick=86400000, type="date", hoverformat="%a %d %b %H:%M"),
        yaxis=axis(domain=DOMAINS[0], rangemode="tozero"), yaxis2=axis(domain=DOMAINS[1], nticks=4),
        yaxis3=axis(domain=DOMAINS[2], rangemode="tozero", nticks=4),
        yaxis4=axis(domain=DOMAINS[3], showticklabels=False, ticks="", showgrid=False, zeroline=False, fixedrange=True),
    )  # fmt: skip
    texts = ("Power [MW]", f"Price [{view.money.per_mwh}]", "Stored energy [MWh]", "Why the battery does it")
    look["annotations"] += [unit_label(text, d[1]) for text, d in zip(texts, DOMAINS, strict=True)]
    caption = (
        f"From {_day_words(view, span.start)} to {_day_words(view, span.stop - 1)}, in steps of "
        f"{step_words(view.summary['step_s'])}. Chosen for: {week.reason}."
    )
    title = f"{week.why}, step by step"
    why = [Key(f"Battery: {key.name}", key.colour) for key, _ in reasons_of(view, span)] if reasons else []
    legend = (*keys, price, *stored_keys, *why)
    return Figure(name, title, caption, [*data, *stored, *reasons], look, 720, 700, legend)


def reasons_of(view: RunView, span: slice) -> list[tuple[Key, float]]:
    """Why the batteries did what they did, and the share of the steps; the commonest first."""
    from wattstack.control import reason_text

    codes, counts = np.unique(view.get("control.reason")[span], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(Key(reason_text(codes[i]), _reason_colour(codes[i])), counts[i] / counts.sum()) for i in order]


def _stamp(view: RunView, step: int) -> str:
    return str(view.local[step]).replace("T", " ")


def _day_words(view: RunView, step: int) -> str:
    moment = view.local[step].item()
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def _week_numbers(values: np.ndarray) -> list[float]:
    return rounded(values, FIGURES)


def _power(view: RunView, span: slice) -> tuple[list[dict], list[Key]]:
    data, keys = [], []
    for stem, values in view.sources.items():
        if values[span].any():
            key = Key(name_of(stem), colour_of(stem, view.sources))
            data.append(area(None, _week_numbers(values[span]), key, "MW", "power"))
            keys.append(key)
    load = view.get("load_mw")[span] + view.get("auxiliary_mw")[span]
    lines = [(Key("Load, batteries' auxiliaries in it", INK, "line"), load)]
    extra = view.charge_mw[span] + view.get("grid.export_mw")[span]
    if extra.any():
        lines.append((Key("Load, charging and export", INK, "line", "dot"), load + extra))
    for key, values in lines:
        data.append(line(None, _week_numbers(values), key, "MW", line={"shape": "hv", "width": 1.3}))
        keys.append(key)
    told = (
        (Key("Target of the metered peak", RED, "line", "dash"), view.target_mw[span]),
        (Key("What the grid lets through", GREY, "line", "dashdot"), view.get("grid.import_limit_mw")[span]),
    )
    for key, values in told:
        if np.isfinite(values).all() and values.any():
            data.append(_changes(view, span, values, key, "MW", "y"))
            keys.append(key)
    return data, keys


def _changes(view: RunView, span: slice, values: np.ndarray, key: Key, unit: str, on: str) -> dict:
    """A line of what holds for many steps: only where it changes to the eye."""
    values = np.array(rounded(values, FIGURES - 1 if on == "y3" else FIGURES), dtype=float)
    picks = np.unique(np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1, [len(values) - 1]]))
    x = [_stamp(view, span.start + int(pick)) for pick in picks]
    return line(x, _week_numbers(values[picks]), key, unit, yaxis=on, line={"shape": "hv", "width": 1.6})


def _stored(view: RunView, span: slice) -> tuple[list[dict], list[Key]]:
    data, keys = [], []
    stems = view.ending(".stored_mwh")
    for stem in stems:
        values = view.get(f"{stem}.stored_mwh")[span]
        if not values.any():
            continue
        key = Key(f"{name_of(stem)}: stored energy", colour_of(stem, stems), "line")
        data.append(line(None, _week_numbers(values), key, "MWh", yaxis="y3", line={"width": 1.5}))
        keys.append(key)
    reserve = view.get("reserve_mwh")[span]
    if reserve.any():
        key = Key("Reserve for an outage", RED, "line", "dot")
        data.append(_changes(view, span, reserve, key, "MWh", "y3"))
        keys.append(key)
    return data, keys


def _reasons(view: RunView, span: slice) -> list[dict]:
    """A strip of colours, one a reason; a stretch of the same reason is one cell."""
    if not view.ending(".stored_mwh"):
        return []
    codes = view.get("control.reason")[span]
    edges = np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1])
    known = [float(code) for code in np.unique(codes)]
    share = 1.0 / len(known)
    scale = [
        [k * share + side, colour]
        for k, colour in enumerate(map(_reason_colour, known))
        for side in (0.0, share)
    ]
    scale[-1][0] = 1.0
    ends = [_stamp(view, span.start + int(e)) for e in edges] + [_stamp(view, span.stop - 1)]
    return [
        {
            "type": "heatmap", "x": ends, "y": [0, 1], "z": [[known.index(float(codes[e])) for e in edges]],
            "zmin": -0.5, "zmax": len(known) - 0.5, "colorscale": scale, "showscale": False, "yaxis": "y4",
            "hoverinfo": "skip",
        }
    ]  # fmt: skip


def _by_day(view: RunView, values: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Local dates, and lowest, mean and highest value of each."""
    dates, first = np.unique(view.local.astype("datetime64[D]"), return_index=True)
    counts = np.diff(np.append(first, len(values)))
    low, high = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
    return [str(d) for d in dates], low, np.add.reduceat(values, first) / counts, high


def _band(x: list, ends: tuple[np.ndarray, np.ndarray], key: Key, unit: str) -> list[dict]:
    edge = {"line": {"width": 0}}
    lower = line(x, rounded(ends[0]), key, unit, **dict(edge))
    return [lower, line(x, rounded(ends[1]), key, unit, **dict(edge), fill="tonexty", fillcolor=key.colour)]


def import_by_day(view: RunView) -> Figure:
    """Lowest, mean and highest step of the import of every day, with the target of its month."""
    drawn = view.get("grid.import_mw")
    x, low, mean, high = _by_day(view, drawn)
    band, middle = Key("Lowest to highest step", "rgba(0,114,178,0.25)"), Key("Mean of the day", BLUE, "line")
    data = [*_band(x, (low, high), band, "MW"), line(x, rounded(mean), middle, "MW")]
    keys = [band, middle]
    target = view.target_mw
    if np.isfinite(target).all():
        key = Key("Target of the metered peak", RED, "line", "dash")
        held = _by_day(view, target)[2]
        data.append(line(x, rounded(held), key, "MW", line={"shape": "hv", "width": 1.8}))
        keys.append(key)
    look = layout(view.synthetic, xaxis=axis(type="date", tickformat="%b %Y", phone_ticks=4, nticks=8),
                  yaxis=axis(rangemode="tozero"))  # fmt: skip
    look["annotations"].append(unit_label("Import from the grid [MW]"))
    step = step_words(view.summary["step_s"])
    caption = (
        f"The highest step of {step} reaches {quantity(drawn.max(), 'MW')}. A single step may stand above its target: "
        "what is metered, and paid for, is the mean of an interval."
    )
    return Figure("import-days", "Import by day", caption, data, look, 320, 300, tuple(keys))


def peaks_figure(view: RunView) -> Figure | None:
    """Metered peak of each month beside its target; None where nothing is metered."""
    peaks = view.first_year("peaks")
    if "target_mw" not in peaks:
        return None
    months = [month_name(m) for m in peaks.index]
    metered, target = Key("Metered in the run", BLUE), Key("Target", RED, "dot")
    mark = {"size": 10, "color": RED, "symbol": "diamond"}
    data = [
        bars(months, rounded(peaks["peak_mw"].to_numpy(float)), metered, "MW"),
        {"type": "scatter", "mode": "markers", "x": months, "y": rounded(peaks["target_mw"].to_numpy(float)),
         "name": target.name, "marker": mark, "hovertemplate": "%{y:,.5~g} MW"},
    ]  # fmt: skip
    lowest = float(np.nanmin(peaks[["peak_mw", "target_mw"]].to_numpy(float)))
    highest = float(np.nanmax(peaks[["peak_mw", "target_mw"]].to_numpy(float)))
    start = max(lowest - max(0.5 * (highest - lowest), 0.05 * highest), 0.0)
    look = layout(view.synthetic, xaxis=axis(tickangle=-45, phone_ticks=6), bargap=0.4,
                  yaxis=axis(range=[start, highest + 0.15 * (highest - start)]))  # fmt: skip
    look["annotations"].append(unit_label("Highest interval mean [MW]"))
    caption = f"What the meter of the demand charge saw. The axis starts at {quantity(start, 'MW', 3)}, not at zero."
    return Figure(
        "peaks-month", "Peaks metered against targets", caption, data, look, 320, 300, (metered, target)
    )


def temperature_by_day(view: RunView) -> Figure | None:
    """Mean temperature of the cells by day, each battery a band; None where there is none."""
    stems = view.ending(".temp_cell_degc")
    data: list[dict] = []
    keys: list[Key] = []
    for stem in stems:
        x, low, mean, high = _by_day(view, view.get(f"{stem}.temp_cell_degc"))
        colour = colour_of(stem, stems)
        band = Key(f"{name_of(stem)}: lowest to highest of the day", f"{colour}40")
        middle = Key(f"{name_of(stem)}: mean of the day", colour, "line")
        data += [*_band(x, (low, high), band, "°C"), line(x, rounded(mean), middle, "°C")]
        keys += [band, middle]
    if not data:
        return None
    look = layout(
        view.synthetic, xaxis=axis(type="date", tickformat="%b %Y", phone_ticks=4, nticks=8), yaxis=axis()
    )
    look["annotations"].append(unit_label("Mean of the cells [°C]"))
    caption = "Cells age faster when warm; their heating, cooling and fans are the auxiliaries."
    return Figure("cell-temperature", "Temperature of the cells", caption, data, look, 260, 250, tuple(keys))


def ageing_figure(view: RunView) -> Figure:
    """Capacity left of each block at the end of every year of the run."""
    table = view.tables["batteries"]
    data, keys = [], []
    blocks = list(dict.fromkeys(table["block"]))
    shades, dashes = (GREEN, BLUE, ORANGE, PURPLE, RED), ("", "dash", "dot", "dashdot")
    for number, block in enumerate(blocks):
        rows = table[table["block"] == block]
        awake = rows[rows["discharged_mwh"] > 0.0]
        if awake.empty:
            continue
        key = Key(name_of(block), shades[number % len(shades)], "line", dashes[number % len(dashes)])
        x, y = [], []
        for row in awake.itertuples():  # a renewed block jumps up between two years
            x += [row.year * view.axis_years, (row.year + 1) * view.axis_years]
            y += [row.capacity_start_frac, row.capacity_frac]
        data.append(line(rounded(np.array(x)), rounded(100.0 * np.array(y)), key, "%"))
        keys.append(key)
    look = layout(view.synthetic, xaxis=titled("Years run"), yaxis=axis())
    look["annotations"].append(unit_label("Capacity left [%]"))
    caption = (
        "Share of the new block's. By the middle numbers of the chemistry's law: makes of one chemistry differ, "
        "see its page (wattstack library chemistries NAME)."
    )
    return Figure("ageing", "What is left of the batteries", caption, data, look, 320, 300, tuple(keys))


def makes_figure(view: RunView, path: str) -> Figure:
    """Capacity of a battery over the years, resistance where its law tells of it: by the law, and nine makes of ten."""
    rows = view.tables["makes"]
    rows = rows[rows["path"] == path]
    x, keys, data = rounded(rows["year"].to_numpy(float)), [], []
    panels = [("capacity", "Capacity", GREEN, ""), ("resistance", "Resistance", ORANGE, "dash")]
    told = bool((rows["resistance_frac"] != 1.0).any())
    for place, (name, words, colour, dash) in enumerate(panels if told else panels[:1]):
        on = {"yaxis": "y2"} if place else {}
        band = Key(f"{words}: nine makes of ten", f"{colour}40")
        middle = Key(f"{words}: by the law", colour, "line", dash)
        low, left, high = (
            100.0 * rows[f"{name}_{side}frac"].to_numpy(float) for side in ("low_", "", "high_")
        )
        data += [
            trace | on for trace in (*_band(x, (low, high), band, "%"), line(x, rounded(left), middle, "%"))
        ]
        keys += [middle, band]
    look = layout(view.synthetic, xaxis=titled("Years"), yaxis=axis())
    look["annotations"].append(unit_label("Capacity left [%]"))
    if told:
        look["xaxis"]["anchor"], look["yaxis"]["domain"] = "y2", [0.52, 1.0]
        look["yaxis2"] = axis(domain=[0.0, 0.4])
        look["annotations"].append(unit_label("Resistance, of new [%]", 0.4))
    last = rows.iloc[-1]
    caption = (
        f"The course of charge and temperature of the first year, repeated. After {last['year']:g} years "
        f"{percent(last['capacity_frac'])} are left by the law, {percent(last['capacity_low_frac'])} to "
        f"{percent(last['capacity_high_frac'])} in nine makes of ten. Each rate of the law is multiplied by a "
        "lognormal factor, sigma 0.4: an assumption, of the size by which published laws for one chemistry disagree."
    )
    caption += "" if told else " This law tells nothing of the resistance."
    height = 440 if told else 320
    name = f"makes-{path.replace('.', '-')}"
    title = f"{name_of(path)}: what is not known of its ageing"
    return Figure(name, title, caption, data, look, height, height - 10, tuple(keys))


def imports_of_both(pair: list[tuple[str, np.ndarray]], synthetic: bool) -> Figure:
    """Grid import of two results, each sorted from its highest to its lowest step."""
    shades = ((BLUE, ""), (RED, "dash"))
    keys = [
        Key(f"Import, {name}", colour, "line", dash)
        for (name, _), (colour, dash) in zip(pair, shades, strict=True)
    ]
    data = []
    for (_, values), key in zip(pair, keys, strict=True):
        picks = np.unique(np.linspace(0, len(values) - 1, min(320, len(values))).round().astype(int))
        share = rounded(100.0 * picks / max(len(values) - 1, 1), 4)
        data.append(line(share, rounded(np.sort(values)[::-1][picks]), key, "MW"))
    look = layout(synthetic, xaxis=titled("Share of the time [%]", range=[0, 100], dtick=20),
                  yaxis=axis(rangemode="tozero"))  # fmt: skip
    look["annotations"].append(unit_label("Power [MW]"))
    caption = "For how much of the time at least so much power is drawn from the grid."
    return Figure("durations", "Import-duration curves", caption, data, look, legend=tuple(keys))
