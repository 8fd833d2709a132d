"""Rows of progress for the small portfolio and for `plain`."""

from __future__ import annotations

from wattstack.portfolio import Progress


def row(kind: str, name: str, due: str, **values) -> Progress:
    """Something at the east site as of 2027Q3, there when it was due unless told otherwise."""
    usual = {
        "as_of": "2027Q3", "site": "east", "kind": kind, "name": name, "baseline_quarter": due,
        "baseline_quantity": 1.0,
    }  # fmt: skip
    if "forecast_quarter" not in values:
        usual["actual_quarter"] = due
    return Progress(**{**usual, **values})


PERMIT = row("gate", "permit", "2027Q2", site="north", forecast_quarter="2028Q1")
FIRST = row("stage", "first", "2027Q4", site="north", forecast_quarter="2028Q1")
SHELLS = row("item", "shell", "2027Q3", baseline_quantity=10.0, forecast_quarter="2027Q4")
LINE = row("line", "lines", "2027Q2", site="factory", actual_quarter="2027Q3")
SERVERS = row(
    "order", "servers_first_gen", "2027Q3", site="north", baseline_quantity=8.0, forecast_quarter="2027Q3",
    status="committed",
)  # fmt: skip
