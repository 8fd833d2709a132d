"""The page of a run: its sections in their order, in one file.

Needs    report.run.view, report.run.sections, report.page.
Gives    run_page.
Used by  report.write.
"""

from __future__ import annotations

from wattstack.report.page import Page
from wattstack.report.run.sections.against import against_section
from wattstack.report.run.sections.batteries import batteries_section
from wattstack.report.run.sections.headline import headline, lead
from wattstack.report.run.sections.limits import bill_section, limits_section, notes_section
from wattstack.report.run.sections.year import weeks_section, year_section
from wattstack.report.run.view import RunView
from wattstack.report.sections.inputs import inputs_of


def run_page(view: RunView) -> Page:
    """The page of one run."""
    page = Page(f"{view.name}: a simulated year", view.summary["description"] or "Simulated year", lead(view),
                view.synthetic)  # fmt: skip
    page.add("answer", "The answer", headline(view))
    page.add("against-twin", "Plan against twin", against_section(view, page))
    page.add("weeks", "Two weeks from inside", weeks_section(view, page))
    page.add("year", "The year, its peaks and its energy", year_section(view, page))
    page.add("batteries", "The batteries", batteries_section(view, page))
    page.add("limits-hit", "Limits that were hit", limits_section(view))
    page.add("bill", "The bill beside the plan's", bill_section(view))
    page.add("inputs", "Inputs", inputs_of(view.summary))
    page.add("limits", "Limits of the model", notes_section(view))
    return page
