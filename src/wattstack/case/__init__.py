"""A campus bound to one time axis: what every verb starts from.

Gives    build_case, build_cases, check_case; Case, InputRecord; held_by, Held: what the duties hold of a battery.
Used by  plan, twin, report, cli.
"""

from wattstack.case.bind import build_case, build_cases, check_case
from wattstack.case.case import Case, InputRecord
from wattstack.case.duty import Held, held_by

__all__ = ["Case", "Held", "InputRecord", "build_case", "build_cases", "check_case", "held_by"]
