"""The page: one HTML file that opens offline, with its style, its script, its figures and the library that draws them.

Needs    report.html, report.figures.bundle, assets/page.css, assets/page.js.
Gives    Page, legend.
Used by  report.write, report.compare, report.refusal.

The file loads nothing: a content security policy in its head forbids it, and allows only the three scripts whose
checksums it names. Without scripts the text, the tables and the drawing of the flows still stand.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from wattstack.errors import InputError
from wattstack.report.figures.base import Figure, Key
from wattstack.report.figures.bundle import plotly_js
from wattstack.report.html import SYNTHETIC, esc, paragraph


@dataclass
class Page:
    """A page being put together: sections in their order, figures as they are used.

    Attributes:
        title: Name of the result.
        over: The line above the title.
        lead: The answer in one or two sentences.
        synthetic: Whether any input is made up: said in the title and in every figure.
        sections: (id, title, HTML).
        figures: By id.
    """

    title: str
    over: str
    lead: str
    synthetic: bool
    sections: list[tuple[str, str, str]] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)

    def add(self, name: str, title: str, html: str) -> None:
        """Add a section; the table of contents lists it."""
        self.sections.append((name, title, html))

    def figure(self, figure: Figure, with_legend: bool = True) -> str:
        """Take a figure in; returns the HTML of its place."""
        self.figures[figure.name] = figure
        return (
            f"<figure><h3>{esc(figure.title)}</h3>"
            f"<figcaption>{esc(figure.caption)}"
            + (legend(figure.legend) if with_legend else "")
            + f'</figcaption><div class="plot" id="{esc(figure.name)}" style="min-height:{figure.phone_height}px" '
            f'role="img" aria-label="{esc(figure.title)}"><p class="late">The figure is drawn by a script in this '
            "file. Its numbers stand in the CSV tables.</p></div>"
            + (paragraph(figure.rests_on, "rests") if figure.rests_on else "")
            + "</figure>"
        )

    def html(self) -> str:
        """The whole file."""
        script = _asset("page.js")
        figures = json.dumps(
            {f.name: f.spec for f in self.figures.values()}, separators=(",", ":"), allow_nan=False
        )
        scripts = [plotly_js(), script] if self.figures else []
        policy = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; "
            "form-action 'none'; script-src "
        ) + (" ".join(map(_checksum, scripts)) or "'none'")
        mark = f" {SYNTHETIC}" if self.synthetic else ""
        name = f"{'SYNTHETIC · ' if self.synthetic else ''}{self.title}"
        contents = "".join(f'<li><a href="#{esc(i)}">{esc(t)}</a></li>' for i, t, _ in self.sections)
        body = "".join(f'<section id="{esc(i)}"><h2>{esc(t)}</h2>{h}</section>' for i, t, h in self.sections)
        data = '<script type="application/json" id="figures">' + figures.replace("</", "<\\/") + "</script>"
        return "".join(
            [
                '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
                f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{esc(name)}</title><style>{_asset('page.css')}</style></head>\n",
                f'<body><div class="sheet"><header><p class="over">{esc(self.over)}</p>',
                f"<h1>{esc(self.title)}{mark}</h1>{paragraph(self.lead, 'lead')}</header>\n",
                f'<nav aria-label="Contents"><p>Contents</p><ol>{contents}</ol></nav>\n<main>{body}</main>\n',
                "<footer>Written by wattstack. This file loads nothing from elsewhere and can be kept.</footer></div>",
                data if self.figures else "",
                *(f"\n<script>{text}</script>" for text in scripts),
                "</body></html>\n",
            ]
        )

    def write(self, path: str | Path) -> Path:
        """Write the file at once: it is whole, or it is not there.

        Raises:
            InputError: The file cannot be written.
        """
        path = Path(path)
        scratch = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_text(self.html(), encoding="utf-8")
            os.replace(scratch, path)
        except OSError as error:
            why = error.strerror or str(error)
            raise InputError(str(path), [f"cannot be written: {why}. Name another file with -o."]) from error
        return path


def _asset(name: str) -> str:
    return (files("wattstack.report") / "assets" / name).read_text(encoding="utf-8")


def _checksum(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def legend(keys: Iterable[Key]) -> str:
    """What the colours and shapes of a figure mean."""
    return (
        '<ul class="legend">' + "".join(f"<li>{_swatch(key)}{esc(key.name)}</li>" for key in keys) + "</ul>"
    )


def _swatch(key: Key) -> str:
    """What a colour looks like in the figure: a patch, plain or hatched, a line, a mark."""
    dash = {"dash": "6 3", "dot": "2 3", "dashdot": "6 3 2 3", "longdash": "9 3"}.get(key.dash, "")
    shape = {
        "area": f'<rect x="1" y="1" width="20" height="10" rx="2" fill="{key.colour}"/>',
        "hatch": f'<rect x="1" y="1" width="20" height="10" fill="none" stroke="{key.colour}"/>'
        f'<path d="M2 11L11 1M9 11L18 1M16 11L21 5" stroke="{key.colour}" stroke-width="1.4"/>',
        "ring": f'<circle cx="11" cy="6" r="4" fill="#fff" stroke="{key.colour}" stroke-width="1.8"/>',
        "disc": f'<circle cx="11" cy="6" r="4.6" fill="{key.colour}"/>',
        "bar": f'<path d="M11 0V12" stroke="{key.colour}" stroke-width="2.5"/>',
        "line": f'<path d="M0 6H22" stroke="{key.colour}" stroke-width="2.5" stroke-dasharray="{dash}"/>',
        "dot": f'<path d="M11 0L17 6L11 12L5 6Z" fill="{key.colour}"/>',
    }[key.shape]
    return f'<svg width="22" height="12" aria-hidden="true">{shape}</svg>'
