"""The report of one plan: its sections in their order, in one file.

Needs    report.view, report.page, report.sections; report.portfolio for the plan of a portfolio, report.run for a run.
Gives    write_report, report_page.
Used by  cli, the user.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.errors import InputError
from wattstack.report.evidence import evidence_page, is_evidence, open_evidence
from wattstack.report.outages import is_outages, open_outages, outages_page
from wattstack.report.page import Page
from wattstack.report.ran_day import day_page, is_day, open_day
from wattstack.report.sections.certainty import curve_section, proof_section, worth_section
from wattstack.report.sections.duties import duties_section
from wattstack.report.sections.headline import headline, lead
from wattstack.report.sections.inputs import inputs_section, limits_section
from wattstack.report.sections.money import bill_section, cash_section
from wattstack.report.sections.year import campus_section, year_section
from wattstack.report.smoothing import is_smoothing
from wattstack.report.transient import is_transient, rewrite_transient_page
from wattstack.report.view import View, open_view

if TYPE_CHECKING:
    from wattstack.plan import Plan, PlanFiles
    from wattstack.plan.portfolio import PortfolioFiles, PortfolioPlan
    from wattstack.report.run.view import RunView
    from wattstack.twin import Run, RunFiles

    Result = Plan | PlanFiles | PortfolioPlan | PortfolioFiles | Run | RunFiles | str | Path


def write_report(result: Result, path: str | Path, other: Result | None = None) -> Path:
    """Write the report of a plan or a run, or of two side by side, as one HTML file that opens offline.

    Args:
        result: A plan of a site or of a portfolio, or a run, in memory, the files of one, or an `out/` folder; the
            folder of a comparison of chemistries, of a day that was run, of outages, of a proof of grid codes, of a
            run of seconds.
        path: File to write.
        other: A second result; then the page compares the two. A run is laid beside a run or a plan of a site.

    Returns:
        The file.

    Raises:
        InputError: The folder holds no result that can be read, the file cannot be written, or a portfolio is to
            be laid beside a site, or what stands for itself (chemistries, a day, outages, a proof, seconds) beside
            anything.

    Example:
        >>> write_report("out/sakai", "out/sakai/report.html")  # doctest: +SKIP
    """
    alone = _alone(result, other, path)
    if alone is not None:
        return alone
    portfolios = [_is_portfolio(one) for one in (result, other) if one is not None]
    if all(portfolios):
        from wattstack.report.portfolio.write import write_portfolio_report, write_portfolios_beside

        if other is None:
            return write_portfolio_report(result, path)
        return write_portfolios_beside(result, other, path)
    if any(portfolios):
        what = "one result is of a portfolio, the other of a site: what one counts over years the other counts in one."
        raise InputError("wattstack report", [f"{what} Give two of one kind."])
    if other is None:
        return _page(_open(result)).write(path)
    pair = _open(result), _open(other)
    if all(isinstance(view, View) for view in pair):
        from wattstack.report.compare import compare_page

        return compare_page(*pair).write(path)
    from wattstack.report.run.compare import compare_runs

    return compare_runs(*pair).write(path)


def _alone(result: Any, other: Any, path: str | Path) -> Path | None:
    """Write the page of a result that is laid beside no other; None where it is one of the others."""
    kinds = (
        (_is_comparison, "a comparison of chemistries", _write_comparison),
        (is_day, "a day that was run", lambda one, path: day_page(open_day(one)).write(path)),
        (is_outages, "campaigns of outages", lambda one, path: outages_page(open_outages(one)).write(path)),
        (
            is_evidence,
            "a proof of grid codes",
            lambda one, path: evidence_page(open_evidence(one)).write(path),
        ),
        (is_transient, "a run of seconds", rewrite_transient_page),
        (is_smoothing, "a design of smoothing", _smoothing_page),
    )
    for is_one, what, write in kinds:
        mine = [one for one in (result, other) if one is not None and is_one(one)]
        if mine and other is not None:
            where = str(mine[0]) if isinstance(mine[0], (str, Path)) else "wattstack report"
            raise InputError(where, [f"is {what}, which stands for itself. Give its folder alone."])
        if mine:
            return write(result, path)
    return None


def _smoothing_page(folder: str | Path, path: str | Path) -> Path:
    """Refuse: the waves that the page draws are not in the folder."""
    what = (
        "holds a design of smoothing: its page is written by wattstack smooth alone, from waves that are not kept. "
        f"Look at report.html in it, or run wattstack smooth again with -o {folder}."
    )
    raise InputError(str(folder), [what])


def _write_comparison(result: str | Path, path: str | Path) -> Path:
    from wattstack.report.comparison import write_comparison_page
    from wattstack.twin import Comparison

    return write_comparison_page(Comparison.read(result), path)


def _open(result: Any) -> View | RunView:
    """The view of a plan of a site or of a run."""
    if _is_run(result):
        from wattstack.report.run.view import open_run

        return open_run(result)
    if isinstance(result, (str, Path)) and not (Path(result) / "plan.json").is_file():
        what = (
            "has neither plan.json nor run.json, so no result. Run wattstack plan or wattstack simulate with"
        )
        raise InputError(str(result), [f"{what} -o {result}."])
    return open_view(result)


def _page(view: View | RunView) -> Page:
    if isinstance(view, View):
        return report_page(view)
    from wattstack.report.run.write import run_page

    return run_page(view)


def _is_run(result: Any) -> bool:
    """Whether a result is a run, told by its type or by the run.json in its folder."""
    if isinstance(result, (str, Path)):
        folder = Path(result)
        return (folder / "run.json").is_file() and not (folder / "plan.json").is_file()
    return type(result).__module__.startswith("wattstack.twin.")


def _is_comparison(result: Any) -> bool:
    """Whether a result is the folder of a comparison of chemistries."""
    return isinstance(result, (str, Path)) and (Path(result) / "comparison.json").is_file()


def _is_portfolio(result: Any) -> bool:
    """Whether a result is that of a portfolio, told by its type or by what its folder says."""
    if isinstance(result, (str, Path)):
        from wattstack.plan.portfolio import is_portfolio_plan

        try:
            return is_portfolio_plan(result)
        except InputError:  # told by who reads it, in the words of a site
            return False
    from wattstack.plan import Plan, PlanFiles

    return not _is_run(result) and not isinstance(result, (Plan, PlanFiles))


def report_page(view: View) -> Page:
    """The page of one plan."""
    page = Page(
        f"{view.name}: site plan", view.summary["description"] or "Site plan", lead(view), view.synthetic
    )
    page.add("answer", "The answer", headline(view))
    page.add("worth", "What each limit is worth", worth_section(view))
    if duties := duties_section(view):
        page.add("duties", "What each duty takes of the battery", duties)
    page.add("campus", "The campus and its flows", campus_section(view))
    page.add("year", "The year and four days", year_section(view, page))
    page.add("bill", "The bill against today", bill_section(view, page))
    page.add("cash", "Cash flow", cash_section(view, page))
    page.add("around", "Around the optimum", curve_section(view, page))
    page.add("proof", "How sure this is", proof_section(view, page))
    page.add("inputs", "Inputs", inputs_section(view))
    page.add("limits", "Limits of the model", limits_section(view))
    return page
