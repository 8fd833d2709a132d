"""The report of a portfolio plan: its sections in their order, in one file.

Needs    report.portfolio.view, sections; report.page.
Gives    write_portfolio_report, write_portfolios_beside, portfolio_page.
Used by  report.write, cli, the user.

A section appears only where its answer was computed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.report.page import Page
from wattstack.report.portfolio.sections.actual import actual_section
from wattstack.report.portfolio.sections.answer import answer_section, lead
from wattstack.report.portfolio.sections.coordination import coordination_section
from wattstack.report.portfolio.sections.factory import factory_section
from wattstack.report.portfolio.sections.holdback import holdback_section
from wattstack.report.portfolio.sections.inputs import inputs_section, limits_section
from wattstack.report.portfolio.sections.money import money_section
from wattstack.report.portfolio.sections.orders import now_section, orders_section
from wattstack.report.portfolio.sections.proof import proof_section
from wattstack.report.portfolio.sections.risk import risk_section
from wattstack.report.portfolio.sections.sites import sites_section
from wattstack.report.portfolio.sections.suppliers import chemistry_section, suppliers_section
from wattstack.report.portfolio.view import PortfolioView, open_portfolio

if TYPE_CHECKING:
    from wattstack.plan.portfolio import PortfolioFiles, PortfolioPlan


def write_portfolio_report(
    result: PortfolioPlan | PortfolioFiles | str | Path, path: str | Path, **answers: Any
) -> Path:
    """Write the report of a portfolio plan as one HTML file that opens offline.

    Args:
        result: A plan in memory, the files of one, or an `out/` folder.
        path: File to write.
        **answers: Of a plan in memory, what was asked beside it: holdback, compared, sweeps, risk, chemistries,
            replanned, target, shares, shortfalls, second_sources. Files and folders carry theirs.

    Returns:
        The file.

    Raises:
        InputError: The folder holds no plan that can be read, or the file cannot be written.

    Example:
        >>> write_portfolio_report("out/two-sites", "out/two-sites/report.html")  # doctest: +SKIP
    """
    return portfolio_page(open_portfolio(result, **answers)).write(path)


def write_portfolios_beside(
    first: PortfolioPlan | PortfolioFiles | str | Path,
    second: PortfolioPlan | PortfolioFiles | str | Path,
    path: str | Path,
) -> Path:
    """Write the page of two portfolio plans side by side.

    Args:
        first, second: Plans in memory, the files of them, or `out/` folders.
        path: File to write.

    Returns:
        The file.

    Raises:
        InputError: A folder holds no plan that can be read, or the file cannot be written.
    """
    from wattstack.report.portfolio.compare import compare_portfolios

    views = [open_portfolio(one) for one in (first, second)]
    labels = tuple(
        Path(one).resolve().name if isinstance(one, (str, Path)) else view.portfolio.name
        for one, view in zip((first, second), views, strict=True)
    )
    return compare_portfolios(*views, labels).write(path)


def portfolio_page(view: PortfolioView) -> Page:
    """The page of one portfolio plan."""
    asked = view.answers
    over = f"Portfolio plan, {view.labels[0]} to {view.labels[-1]}"
    if view.plan.scenario:
        over += f", future {view.plan.scenario}"
    page = Page(f"{view.portfolio.name}: portfolio plan", over, lead(view), view.synthetic)
    page.add("answer", "The answer", answer_section(view))
    page.add("now", "Orders to place now", now_section(view))
    if asked.holdback is not None:
        page.add("holdback", "What holds it back", holdback_section(view, page, asked.holdback))
    page.add("sites", "Each site over time", sites_section(view, page))
    page.add("orders", "Orders along time", orders_section(view, page))
    if view.portfolio.factory is not None:
        page.add("factory", "The battery factory", factory_section(view, page))
    page.add("money", "Money", money_section(view, page))
    if asked.compared is not None or asked.sweeps:
        page.add("coordination", "The value of coordination", coordination_section(view, page))
    if asked.risk is not None:
        page.add("risk", "Futures", risk_section(view, page, asked.risk))
    if asked.replanned is not None:
        page.add("actual", "Plan against actual", actual_section(view, page, asked.replanned))
    if asked.shares or asked.shortfalls:
        page.add("suppliers", "Suppliers", suppliers_section(view, page))
    if asked.chemistries:
        page.add("chemistry", "Which battery for which duty", chemistry_section(view, asked.chemistries))
    page.add("proof", "How sure this is", proof_section(view, page))
    page.add("inputs", "Inputs", inputs_section(view))
    page.add("limits", "Limits of the model", limits_section(view))
    return page
