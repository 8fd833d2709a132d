"""Numbers, money and small tables as the command line prints them.

Gives    number, money, table, plain.
Used by  cli.summary, cli.result, cli.history, cli.audit.
"""

from __future__ import annotations

from collections.abc import Sequence

LARGE = 1000.0
TINY = 1e-9  # below it a difference of two solved values is rounding


def number(value: float) -> str:
    """A number to four figures, thousands apart; what is below 1e-9 is 0.

    Example:
        >>> number(1234567.8), number(18.3198), number(0.0)
        ('1,234,568', '18.32', '0')
    """
    value = float(value)
    if abs(value) < TINY:
        return "0"
    if abs(value) >= LARGE:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def money(value: float, currency: str) -> str:
    """An amount with its currency, large ones in millions.

    Example:
        >>> money(41_234_567, "JPY"), money(25060.4, "JPY")
        ('41.23 M JPY', '25,060 JPY')
    """
    if abs(value) >= 1e6:
        return f"{number(value / 1e6)} M {currency}"
    return f"{number(value)} {currency}"


def plain(text: str) -> str:
    """A text of somebody else on one line; what could rule a terminal or turn the reading order is shown by its number.

    Example:
        >>> plain("a\\n b\\x1b[2Jc \\u202ed")
        'a b\\\\x1b[2Jc \\\\u202ed'
    """
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in " ".join(text.split())
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, two blanks in and between; the last column is left as it is.

    Example:
        >>> print(table([["a", "1"], ["longer", "2"]]))
          a       1
          longer  2
    """
    width = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))] if rows else []
    lines = (
        "  " + "  ".join(f"{cell:<{wide}}" for cell, wide in zip(row, width, strict=True)) for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
