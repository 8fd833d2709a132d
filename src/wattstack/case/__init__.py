"""A campus bound to one time axis: what every verb starts from.

Gives    build_case, build_cases, check_case; Case, InputRecord.
Used by  plan, report, cli.
"""

from wattstack.case.bind import build_case, build_cases, check_case
from wattstack.case.case import Case, InputRecord

__all__ = ["Case", "InputRecord", "build_case", "build_cases", "check_case"]
