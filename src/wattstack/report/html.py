"""Small pieces of HTML: escaped text, numbers that carry their full value, tables that scroll on a phone.

Gives    esc, Num, Raw, Cell, cell, table, facts, cards, paragraph, bullets, SYNTHETIC.
Used by  report.sections, report.compare, report.page.

Everything that comes from a file is escaped here; no other module writes `<` around a value of the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from wattstack.report.words import HAIR

SYNTHETIC = '<strong class="synthetic">SYNTHETIC</strong>'


def esc(text: object) -> str:
    """Text made safe for HTML."""
    return escape(str(text), quote=True)


class Num(NamedTuple):
    """A number as it is shown, and its full value, which the page carries beside it.

    Example:
        >>> Num("18.32 MW", 18.3198).html
        '<data value="18.3198">18.32 MW</data>'
    """

    text: str
    value: float | None

    @property
    def html(self) -> str:
        """The number as a `<data>` element; plain text where there is no value."""
        if self.value is None:
            return esc(self.text)
        value = self.value if type(self.value) in (int, float) else float(self.value)  # numpy writes its type
        return f'<data value="{value!r}">{esc(self.text)}</data>'


class Raw(NamedTuple):
    """HTML that is safe already: made by this room, never from a file."""

    html: str


Cell = Num | Raw | str


def cell(value: Cell) -> str:
    """One value as HTML."""
    return esc(value) if isinstance(value, str) else value.html


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    foot: Sequence[Cell] | None = None,
    kind: str = "",
) -> str:
    """A table in a frame that scrolls sideways where the screen is narrow; numbers stand on the right.

    Args:
        head: Column heads, with units.
        rows: Cells by row; the first column is the row's name.
        foot: A closing row, such as a sum.
        kind: "wide" = smaller print, for many columns; "text" = on a phone each row becomes a block of lines.
    """
    body = [list(row) for row in rows]
    number = [any(isinstance(row[i], Num) for row in body) for i in range(len(head))]
    heads = "".join(f'<th scope="col"{_right(n)}>{esc(h)}</th>' for h, n in zip(head, number, strict=True))
    labels = head if kind == "text" else [""] * len(head)
    lines = "".join(_row(row, number, labels) for row in body)
    last = f"<tfoot>{_row(list(foot), number, labels)}</tfoot>" if foot else ""
    kind = f' class="{kind}"' if kind else ""
    return (
        f'<div class="scroll" tabindex="0"><table{kind}><thead><tr>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody>{last}</table></div>"
    )


def _right(number: bool) -> str:
    return ' class="n"' if number else ""


def _label(text: str) -> str:
    return f' data-label="{esc(text)}"' if text else ""


def _row(row: list[Cell], number: list[bool], labels: Sequence[str]) -> str:
    first = f'<th scope="row"{_right(number[0])}>{cell(row[0])}</th>'
    rest = "".join(
        f"<td{_right(n)}{_label(label)}>{cell(c)}</td>"
        for c, n, label in zip(row[1:], number[1:], labels[1:], strict=True)
    )
    return f"<tr>{first}{rest}</tr>"


def facts(rows: Iterable[tuple[str, Cell]]) -> str:
    """What is known, line by line: a name and its value."""
    lines = "".join(f"<div><dt>{esc(name)}</dt><dd>{cell(value)}</dd></div>" for name, value in rows)
    return f'<dl class="facts">{lines}</dl>'


def cards(items: Iterable[tuple[str, Cell, str]]) -> str:
    """Headline numbers: a label, the number, and one line that says what it means."""
    boxes = []
    for label, value, note in items:
        number = cell(value).replace(HAIR, " ")  # where the card is narrow, the unit takes a line of its own
        boxes.append(
            f'<div class="card"><dt>{esc(label)}</dt><dd>{number}<span>{esc(note)}</span></dd></div>'
        )
    return f'<dl class="cards">{"".join(boxes)}</dl>'


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f'<p class="{kind}">{esc(text)}</p>' if kind else f"<p>{esc(text)}</p>"


def bullets(items: Iterable[str]) -> str:
    """A list of sentences."""
    return "<ul>" + "".join(f"<li>{esc(item)}</li>" for item in items) + "</ul>"
