"""wattstack: plan, simulate and operate the power side of an AI data-centre campus from one YAML file.

The verbs, in the order they are used:

    >>> import wattstack as ws
    >>> campus = ws.read_campus("campus.yaml")            # doctest: +SKIP
    >>> plan = ws.plan_site(campus, gap_frac=1e-6)        # doctest: +SKIP
    >>> ws.write_plan(plan, "out")                        # doctest: +SKIP
    >>> ws.write_report("out", "out/report.html")         # doctest: +SKIP

Several sites over years are a portfolio:

    >>> plan = ws.plan_portfolio("portfolio.yaml", whole=True)  # doctest: +SKIP
    >>> plan.npv_m, plan.bound_m                                # doctest: +SKIP

Gives    the names in __all__; each is fetched from its room when it is first asked for, so that
         `import wattstack` costs next to nothing.
Used by  whoever writes Python against wattstack; inside the package rooms are entered by their own doors.
"""

from __future__ import annotations

from importlib import import_module

_ROOM_OF = {
    "Campus": "campus",
    "read_campus": "campus",
    "write_campus": "campus",
    "campus_schema": "campus",
    "Case": "case",
    "build_case": "case",
    "build_cases": "case",
    "dispatch_year": "dispatch",
    "Plan": "plan",
    "plan_site": "plan",
    "write_plan": "plan",
    "Portfolio": "portfolio",
    "read_portfolio": "portfolio",
    "PortfolioPlan": "plan.portfolio",
    "plan_portfolio": "plan.portfolio",
    "replan_portfolio": "plan.portfolio",
    "write_portfolio_plan": "plan.portfolio",
    "Run": "twin",
    "simulate_year": "twin",
    "write_run": "twin",
    "TransientRun": "twin.transient",
    "simulate_transient": "twin.transient",
    "write_transient": "twin.transient",
    "write_report": "report",
    "WattstackError": "errors",
    "InputError": "errors",
    "InfeasibleError": "errors",
}

__all__ = ["__version__", *_ROOM_OF]  # noqa: PLE0604 - the table above is the one list of names


def __getattr__(name: str) -> object:
    """Fetch a name of the door from its room (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("wattstack")
    if name not in _ROOM_OF:
        raise AttributeError(
            f"module 'wattstack' has no name {name!r}. It has: {', '.join(sorted(__all__))}."
        )
    return getattr(import_module(f"wattstack.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    """Names of the door, for completion in an interactive session."""
    return sorted(__all__)
