"""Campus files bound to their axes, once for all plans of a sweep.

Needs    case.build_cases.
Gives    cases_of, Same, KEPT.
Used by  plan.portfolio.year, campus_weeks.
"""

from __future__ import annotations

from functools import lru_cache

from wattstack.campus import Campus
from wattstack.case import Case, build_cases

KEPT = 16  # campuses; a year of quarter-hours is some ten megabytes


class Same:
    """A campus that equals itself alone: what is made of it can be kept for the next plan."""

    def __init__(self, campus: Campus):
        self.campus = campus

    def __hash__(self) -> int:
        return id(self.campus)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.campus is self.campus


@lru_cache(maxsize=KEPT)
def _cases(same: Same) -> tuple[Case, ...]:
    return tuple(build_cases(same.campus))


def cases_of(campus: Campus) -> tuple[Case, ...]:
    """The cases of a campus, one a scenario, as build_cases makes them; the same again for the same object.

    Raises:
        InputError: A series is missing or wrong.
    """
    return _cases(Same(campus))
