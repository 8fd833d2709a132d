"""What people read: the page of a plan, of a portfolio or of two plans, the spreadsheet, the page of a no,
the pages of a chemistry and of several compared.

Gives    write_report (also of a portfolio), write_portfolio_report, write_workbook, write_refusal,
         write_chemistry, write_comparison_page, write_commissioning_page, write_fit, write_smoothing_page,
         write_transient_page.
Used by  cli, the user.
"""

from typing import Any

_LAZY = {
    "write_chemistry": "chemistry",
    "write_commissioning_page": "commissioning",
    "write_comparison_page": "comparison",
    "write_fit": "fit",
    "write_portfolio_report": "portfolio.write",
    "write_refusal": "refusal",
    "write_report": "write",
    "write_smoothing_page": "smoothing",
    "write_transient_page": "transient",
    "write_workbook": "workbook",
}

__all__ = [
    "write_chemistry", "write_commissioning_page", "write_comparison_page", "write_fit", "write_portfolio_report",
    "write_refusal", "write_report", "write_smoothing_page", "write_transient_page", "write_workbook",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
