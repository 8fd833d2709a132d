"""The campus with its flows of a year, as an SVG: sources on the left, the bus in the middle, uses on the right.

Gives    flows_svg, Band, bands_svg.
Used by  report.sections.campus, report.portfolio.sections.factory.

Drawn here and not by plotly.js, so that it stands without a script, in print, and in a second shape on a phone. The
height of a band is its energy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wattstack.report.figures.base import ALARM, FONT, INK, SOFT, colour_of
from wattstack.report.html import esc
from wattstack.report.words import name_of, percent, quantity

LEAST = 1e-4  # bands below this share of the whole are left out of the drawing; the table has them


@dataclass(frozen=True, slots=True)
class Shape:
    """Measures of one drawing [px]: width, room for labels at each side, size of print, gap between bands."""

    kind: str
    width: int
    label: int
    text: int
    gap: int
    band: int


SHAPES = (Shape("broad", 980, 215, 14, 38, 250), Shape("narrow", 360, 108, 11, 44, 210))
BAR = 14


@dataclass(frozen=True, slots=True)
class Band:
    """One band of the drawing: its name, its colour and its energy [MWh]."""

    name: str
    colour: str
    energy_mwh: float


def flows_svg(balance: Mapping[str, float], synthetic: bool) -> str:
    """The drawing, once broad and once narrow; the page shows the one that fits.

    Args:
        balance: MWh of the year, sources > 0, uses < 0; sums to zero.
        synthetic: Writes SYNTHETIC into it.
    """
    sides: tuple[list[Band], list[Band]] = ([], [])
    for side, sign in zip(sides, (1.0, -1.0), strict=True):
        names = [name for name, value in balance.items() if sign * value > 0.0]
        side += [Band(name_of(n), colour_of(n, names), sign * balance[n]) for n in names]
    return bands_svg(*sides, "Campus bus", synthetic, "Energy of the year: ")


def bands_svg(
    sources: Sequence[Band], uses: Sequence[Band], centre: str, synthetic: bool, told: str = ""
) -> str:
    """Sources on the left, what they meet in in the middle, uses on the right; nothing where nothing flows.

    Args:
        sources, uses: Both add up to the same energy.
        centre: Name of the middle.
        synthetic: Writes SYNTHETIC into it.
        told: What stands before the flows in the description for who cannot see it.
    """
    whole = sum(band.energy_mwh for band in sources)
    if whole <= 0:
        return ""
    shown = [[b for b in side if b.energy_mwh > LEAST * whole] for side in (sources, uses)]
    words = esc(told + _sentence(*shown))
    return "".join(_drawing(shape, shown, whole, (centre, words), synthetic) for shape in SHAPES)


def _drawing(shape: Shape, sides: list, whole: float, told: tuple[str, str], synthetic: bool) -> str:
    sources, uses = sides
    rows = max(len(sources), len(uses))
    height = shape.band + shape.gap * (rows - 1) + 4 * shape.text
    middle = height / 2
    left, right = shape.label, shape.width - shape.label
    centre, top = (left + right) / 2, middle - shape.band / 2
    parts = [
        f'<svg class="flows {shape.kind}" viewBox="0 0 {shape.width} {height:.0f}" role="img" ',
        f'aria-label="{told[1]}" font-family=\'{FONT}\' font-size="{shape.text}">',
        f'<rect x="{centre - BAR / 2}" y="{top:.1f}" width="{BAR}" height="{shape.band}" fill="{INK}"/>',
        *_side(shape, sources, (left, centre - BAR / 2, middle), whole, True),
        *_side(shape, uses, (right, centre + BAR / 2, middle), whole, False),
    ]
    below = top + shape.band + shape.text * 1.3
    for i, words in enumerate((told[0], quantity(whole / 1e3, "GWh", 3))):
        parts.append(
            f'<text x="{centre}" y="{below + 1.25 * i * shape.text:.1f}" text-anchor="middle" font-weight="600" '
            f'fill="{INK}" stroke="#fff" stroke-width="4" paint-order="stroke">{esc(words)}</text>'
        )
    if synthetic:
        mark = f'y="{shape.text + 2}" text-anchor="end" font-weight="700" fill="{ALARM}">SYNTHETIC</text>'
        parts.append(f'<text x="{shape.width}" {mark}')
    return "".join(parts) + "</svg>"


def _side(shape: Shape, items: list, at: tuple, whole: float, from_left: bool) -> list[str]:
    """The bars, bands and labels of one side; at = outer edge, edge of the bus, middle height."""
    outer, inner, middle = at
    scale, sign = shape.band / whole, 1 if from_left else -1
    total = sum(band.energy_mwh for band in items) * scale
    y, meet = middle - (total + shape.gap * (len(items) - 1)) / 2, middle - total / 2
    start, bend = outer + sign * BAR, (outer + inner) / 2
    out = []
    for band in items:
        thick, colour = band.energy_mwh * scale, band.colour
        ends = (y, meet, meet + thick, y + thick)
        out.append(
            f'<rect x="{outer if from_left else start}" y="{y:.1f}" width="{BAR}" '
            f'height="{max(thick, 1):.1f}" fill="{colour}"/>'
            f'<path d="M{start},{ends[0]:.1f} C{bend},{ends[0]:.1f} {bend},{ends[1]:.1f} {inner},{ends[1]:.1f} '
            f'V{ends[2]:.1f} C{bend},{ends[2]:.1f} {bend},{ends[3]:.1f} {start},{ends[3]:.1f} Z" '
            f'fill="{colour}" fill-opacity="0.4">'
            f"<title>{esc(band.name)}: {esc(quantity(band.energy_mwh, 'MWh'))}</title></path>"
        )
        out.append(_label(shape, band, whole, (outer - sign * 8, y + thick / 2)))
        y += thick + shape.gap
        meet += thick
    return out


def _label(shape: Shape, band: Band, whole: float, at: tuple) -> str:
    x, y = at
    energy = band.energy_mwh
    share = percent(energy / whole, 0 if energy >= 0.01 * whole else 1)
    words = _wrapped(band.name, 30 if shape.kind == "broad" else 16)
    lines = [*words, f"{quantity(energy / 1e3, 'GWh', 3)} · {share}"]
    height = shape.text * 1.25
    first = y - height * (len(lines) - 1) / 2 + shape.text * 0.35
    looks = [f'font-weight="600" fill="{INK}"'] * len(words) + [f'fill="{SOFT}"']
    spans = "".join(
        f'<tspan x="{x}" y="{first + i * height:.1f}" {look}>{esc(text)}</tspan>'
        for i, (text, look) in enumerate(zip(lines, looks, strict=True))
    )
    return f'<text text-anchor="{"end" if x < shape.width / 2 else "start"}">{spans}</text>'


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _sentence(sources: list, uses: list) -> str:
    told, used = (
        [f"{b.name} {quantity(b.energy_mwh / 1e3, 'GWh')}" for b in side] for side in (sources, uses)
    )
    return f"from {', '.join(told)} to {', '.join(used)}"
