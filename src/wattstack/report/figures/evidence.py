"""Figures of the evidence for grid codes: worst cases, ride-throughs, the spectrum, the way from GPU to grid.

Needs    report.figures.base.
Gives    worst, ride, seconds, spectrum, chain.
Used by  report.evidence.

Everything drawn comes from pictures.json, thinned there by its extremes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wattstack.report.figures.base import (
    ALARM,
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    Figure,
    Key,
    axis,
    layout,
    line,
    titled,
    unit_label,
)

DRAWN, LIMIT = Key("Drawn from the grid", BLUE, "line"), Key("Limit", ALARM, "line", "dash")
LOAD, BATTERY = Key("What the campus draws", GREY, "line"), Key("Battery, > 0 gives", GREEN, "line")
VOLTAGE, HERTZ = Key("Voltage", INK, "line"), Key("Frequency", INK, "line")
AIM = Key("To be drawn again", ORANGE, "line", "dash")
WINDOW = Key("Window of the worst case", "#f7d488")
EDGES = Key("Edges of the bands", ALARM, "line", "dash")
MUST = Key("Inside, the load must stay", ALARM, "line", "dash")
STAGES = {"gpu": PURPLE, "it": ORANGE, "ups": SKY, "campus": GREY, "grid": BLUE}


def worst(name: str, verdict: Mapping[str, Any], picture: Mapping[str, Any], synthetic: bool) -> Figure:
    """The samples around the worst moment of a rule, its window shaded, its limits as lines."""
    along_hz = picture["along"] == "frequency_hz"
    named = {"power_mw": "Power"}.get(picture["quantity"], picture["quantity"].capitalize())
    key = Key(named, BLUE, "line")
    label = f"{named} [{picture['unit']}]" if picture["unit"] else named
    data = [line(picture["time_s"], picture["values"], key, picture["unit"])]
    look = _look(label, "Frequency [Hz]" if along_hz else "Time [s]", synthetic)
    keys = [key]
    if picture["window"] is not None:
        look["shapes"].append(_band(*picture["window"]))
        keys.append(WINDOW)
    ends = [picture["time_s"][0], picture["time_s"][-1]]
    for what, value in picture["marks"]:
        data.append(line(ends, [value, value], LIMIT, f"{picture['unit']}: {what}", line={"width": 1.6}))
    if picture["marks"]:
        keys.append(
            Key(", ".join(dict.fromkeys(what for what, _ in picture["marks"])), ALARM, "line", "dash")
        )
    caption = f"{verdict['text']}. Read as: {verdict['reading']}."
    return Figure(
        name, f"{verdict['code']}: {verdict['quantity']}", caption, data, look, 320, 300, tuple(keys)
    )


def ride(name: str, run: Mapping[str, Any], verdicts: Sequence[str], synthetic: bool) -> Figure:
    """Voltage or frequency above with the curve that obliges to stay, power below with what must be drawn again.

    Args:
        name: Of the figure.
        run: Of pictures.json.
        verdicts: Of this run, in words.
        synthetic: Whether the wave was made by a model.
    """
    channels, by_hertz = run["channels"], bool(run["bands"]) or "Hz/s" in run["name"]
    upper, key, unit = ("frequency_hz", HERTZ, "Hz") if by_hertz else ("voltage_pu", VOLTAGE, "pu")
    data = [line(channels[upper]["time_s"], channels[upper]["values"], key, unit, yaxis="y2")]
    keys = [key]
    if run["curve"] is not None:
        data += _envelope(run["curve"], run["to_s"])
        keys.append(MUST)
    for low, high, ride_s in run["bands"]:
        words = "for ever" if ride_s < 0.0 else f"for {ride_s:g} s"
        for value in (low, high):
            data.append(
                line([run["from_s"], run["to_s"]], [value] * 2, MUST, f"Hz: edge of a band that is ridden {words}",
                     yaxis="y2", line={"width": 1.2})
            )  # fmt: skip
    if run["bands"]:
        keys.append(EDGES)
    for channel, own in (("load_mw", LOAD), ("power_mw", DRAWN), ("battery_mw", BATTERY)):
        if channel in channels:
            data.append(
                line(channels[channel]["time_s"], channels[channel]["values"], own, "MW", line={"width": 1.5})
            )
            keys.append(own)
    look = _look("Power [MW]", "Time [s]", synthetic, top=0.48)
    look["yaxis"]["domain"] = [0.0, 0.48]
    look["yaxis2"] = axis(domain=[0.6, 1.0], anchor="x", automargin=False)
    look["annotations"].append(unit_label(f"{key.name} [{unit}]", 1.0))
    for aim in run["aims"]:
        data.append(
            line([aim["from_s"], run["to_s"]], [aim["power_mw"]] * 2, AIM, f"MW: {aim['code']} {aim['rule']}")
        )
    if run["aims"]:
        keys.append(AIM)
    look["xaxis"]["range"] = [run["from_s"], run["to_s"]]
    title = run["text"][:1].upper() + run["text"][1:]
    caption = f"Run {run['name']}. {'; '.join(verdicts)}."
    return Figure(name, title, caption, data, look, 430, 430, tuple(keys))


def _envelope(curve: Mapping[str, Any], to_s: float) -> list[dict]:
    """Both edges of the curve of voltage and time, from the moment the voltage leaves its continuous band."""
    made = []
    for side in ("lower", "upper"):
        x, y, at_s = [], [], curve["from_s"]
        for until_s, value in curve[side]:
            end_s = to_s if until_s < 0.0 else min(curve["from_s"] + until_s, to_s)
            x += [at_s, end_s]
            y += [value, value]
            at_s = end_s
        made.append(line(x, y, MUST, "pu", yaxis="y2", line={"width": 1.5}))
    return made


def seconds(name: str, run: Mapping[str, Any], marks: Sequence[tuple[float, str]], synthetic: bool) -> Figure:
    """Power of a whole run, with what happened in it numbered."""
    channels = run["channels"]
    keys, data = [], []
    for channel, own in (("load_mw", LOAD), ("power_mw", DRAWN), ("battery_mw", BATTERY)):
        if channel in channels:
            data.append(
                line(channels[channel]["time_s"], channels[channel]["values"], own, "MW", line={"width": 1.2})
            )
            keys.append(own)
    look = _look("Power [MW]", "Time [s]", synthetic, top=1.06)
    look["margin"]["t"] = 46
    for at_s, number in marks:
        look["shapes"].append(
            {"type": "line", "xref": "x", "yref": "paper", "x0": at_s, "x1": at_s, "y0": 0, "y1": 1,
             "line": {"color": SOFT, "width": 1, "dash": "dot"}}
        )  # fmt: skip
        look["annotations"].append(
            {"text": number, "showarrow": False, "xref": "x", "yref": "paper", "x": at_s, "y": 1, "xanchor": "left",
             "yanchor": "bottom", "font": {"size": 11, "color": SOFT}}
        )  # fmt: skip
    title = "Normal running" if run["kind"] == "normal" else run["name"][:1].upper() + run["name"][1:]
    caption = run["text"][:1].upper() + run["text"][1:] + "."
    return Figure(name, title, caption, data, look, 380, 340, tuple(keys))


def spectrum(
    found: Mapping[str, Any], bands: Sequence[tuple[str, float, float, float]], synthetic: bool
) -> Figure:
    """Lines of what is drawn, peak to peak, with the bands and limits of rules that ask for one.

    Args:
        found: frequency_hz and channels.
        bands: Rule, both edges [Hz] and limit peak to peak [MW].
        synthetic: Whether the wave was made by a model.
    """
    data, keys = [], []
    for channel, key in (("load_mw", LOAD), ("power_mw", DRAWN)):
        if channel in found:
            data.append(line(found["frequency_hz"], [max(v, 1e-9) for v in found[channel]], key, "MW"))
            keys.append(key)
    dashes = ("dash", "dot", "dashdot", "longdash")
    for place, (rule, low, high, limit) in enumerate(bands):
        key = Key(f"{rule}: {limit:.3g} MW", ALARM, "line", dashes[place % len(dashes)])
        data.append(line([low, high], [limit, limit], key, "MW"))
        keys.append(key)
    look = _look("Peak to peak [MW]", "Frequency [Hz]", synthetic)
    look["xaxis"] |= {
        "type": "log",
        "tickvals": [0.01, 0.1, 1, 10, 100],
        "ticktext": ["0.01", "0.1", "1", "10", "100"],
    }
    top = max(max(found[name]) for name in ("load_mw", "power_mw") if name in found)
    most = max([top, *(limit for *_, limit in bands)])
    look["yaxis"] |= {"type": "log", "range": [_log10(most) - 6.0, _log10(most) + 0.3], "dtick": 1}
    caption = (
        f"Each line as the sine that it would be: Welch, Hann, segments of {found['segment_s']:g} s. A limit to a band "
        "is for all its lines together, so that each must stay well below it."
    )
    return Figure("evidence-spectrum", "Spectrum", caption, data, look, 420, 380, tuple(keys))


def _log10(value: float) -> float:
    from math import log10

    return log10(max(value, 1e-9))


def chain(found: Mapping[str, Any], synthetic: bool) -> Figure:
    """Some seconds of every stage from the GPUs to the grid, around the steepest moment of the campus."""
    keys = tuple(
        Key(stage["text"][:1].upper() + stage["text"][1:], STAGES[stage["stage"]], "line")
        for stage in found["stages"]
    )
    data = [
        line(stage["excerpt"]["time_s"], stage["excerpt"]["power_mw"], key, "MW", line={"width": 1.6})
        for stage, key in zip(found["stages"], keys, strict=True)
    ]
    caption = "What a stage takes off a swing is seen as the line below it that moves less."
    return Figure("evidence-chain", "Twelve seconds from GPU to grid", caption, data,
                  _look("Power [MW]", "Time [s]", synthetic), 400, 360, keys)  # fmt: skip


def _look(label: str, along: str, synthetic: bool, top: float = 1.0) -> dict:
    look = layout(synthetic, xaxis=titled(along, automargin=False), yaxis=axis(automargin=False))
    look["annotations"].append(unit_label(label, top))
    look["margin"] |= {"t": 34, "b": 52}  # fixed: margins that measure themselves turn in circles on a phone
    return look


def _band(first: float, last: float) -> dict:
    return {
        "type": "rect", "xref": "x", "yref": "paper", "x0": first, "x1": last, "y0": 0, "y1": 1,
        "fillcolor": WINDOW.colour, "opacity": 0.45, "line": {"width": 0}, "layer": "below",
    }  # fmt: skip
