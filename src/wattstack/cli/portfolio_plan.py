"""`wattstack plan` on a portfolio: the plan first, then each analysis asked for, each on disk when it is done.

Needs    portfolio (read_portfolio, variants), plan.portfolio (the plan, its analyses, its folder), report, work.
Gives    plan_file, asked_portfolio, working_pool, doing, writable.
Used by  cli.plan, cli.replan.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattstack.errors import (
    GapError,
    InfeasibleError,
    InputError,
    StateError,
    WattstackError,
    counted,
    nearest,
)
from wattstack.work import Progress, Team, progress

if TYPE_CHECKING:
    from wattstack.plan.portfolio import Pool, PortfolioPlan
    from wattstack.portfolio import Portfolio

AXES = ("supply", "firm", "fire_cap", "grid_delay")
GAP_FRAC = 1e-4  # of whole stages, gates and lines
RELAXED_GAP_FRAC = 1e-5
UNANSWERED = (InfeasibleError, GapError, StateError)
Options = Mapping[str, Any]
Axis = tuple[str, tuple[float, ...]]


def plan_file(source: str, folder: str, options: Options) -> None:
    """Plan a portfolio into a folder, or write the campus that stands at a site in a quarter.

    Args:
        source: portfolio.yaml, meta.yaml or a folder with one of them.
        folder: Where the results go; the campus file itself with option `site`.
        options: By name, see cli.portfolio.portfolio_options; gap_frac and with_report of `wattstack plan`.

    Raises:
        InputError: The portfolio has faults, or an option names what is not there.
        InfeasibleError: No orders meet all limits. GapError: The gap was not reached. Of an analysis both are raised
            when all others are done and the report is written.
        KeyboardInterrupt: Stopped; says what stands on disk.
    """
    _check_options(options)
    portfolio = asked_portfolio(source, options["sites"])
    sweeps = [_axis(text, portfolio) for text in options["sweeps"]]
    if options["site"] is not None or options["quarter"] is not None:
        _write_campus(portfolio, folder, options)
        return
    portfolio.keep_input(folder)
    writable(Path(folder))
    with working_pool(options) as pool:
        plan = _solved(portfolio, pool, options)
        from wattstack.cli.portfolio_result import plan_text
        from wattstack.plan.portfolio import write_portfolio_plan

        files = write_portfolio_plan(plan, folder)
        click.echo(plan_text(plan))
        answers: dict[str, Any] = {}
        failed: list[WattstackError] = []
        for what, answer in _analyses(plan, pool, options, sweeps):
            with doing(what, pool, f"{folder} holds the plan and what was done before."):
                try:
                    found, text = answer()
                except UNANSWERED as error:  # the others may still be had
                    failed.append(type(error)(f"{what}: {error}"))
                    continue
                if not found:
                    continue
                answers.update(found)
                files = write_portfolio_plan(plan, folder, **_joined(answers))
            click.echo(f"\n{text}")
    if options["with_report"]:
        from wattstack.report import write_report

        click.echo(f"\nreport: {write_report(files, Path(folder) / 'report.html')}")
    asked = _gap_frac(options)
    if plan.gap_frac > asked * (1.0 + 1e-6):
        failed.append(
            GapError(
                f"the gap is {plan.gap_frac:.1e}, asked was {asked:g}: the plan stands in {folder} as it is."
            )
        )
    if failed:
        raise type(failed[0])("\n".join(map(str, failed)))


def _check_options(options: Options) -> None:
    """Refuse an option that says nothing without another one."""
    for name, needed in (("delay", "compare"), ("cvar_weight", "risk")):
        if options[name] and not options[needed]:
            raise InputError(
                f"--{name.replace('_', '-')}", [f"says something with --{needed} only. Add --{needed}."]
            )


def asked_portfolio(source: str, sites: str | None) -> Portfolio:
    """Read a portfolio, with the sites asked for only."""
    from wattstack.portfolio import read_portfolio
    from wattstack.portfolio.variants import only_sites

    portfolio = read_portfolio(source)
    for warning in portfolio.warnings:
        click.echo(f"warning: {warning}", err=True)
    if sites is None:
        return portfolio
    known = [site.name for site in portfolio.sites]
    names = [name.strip() for name in sites.split(",")]
    faults = [f"there is no site '{n}'.{_near(n, known)}" for n in names if n not in known]
    if faults:
        raise InputError("--sites", faults)
    return only_sites(portfolio, names)


def _near(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    return f" Nearest: '{near}'." if near else f" There are: {', '.join(known)}."


class Ticking:
    """Hands batches of running to a team, and moves the bar of whatever is being done on with each."""

    def __init__(self, visit: Callable[[list], list]):
        self._visit = visit
        self.bar: Progress | None = None

    def __call__(self, asked: list) -> list:
        """Run every (operation, point), in their order."""
        if self.bar is not None:
            self.bar.advance(note=f"({counted(round(self.bar.done), 'round')})")
        return self._visit(asked)


@contextmanager
def working_pool(options: Options) -> Iterator[Pool]:
    """A fresh pool of cuts; the running goes to threads, or to a cluster where that was asked for."""
    from wattstack.plan.portfolio import Pool

    with Team(workers=options["workers"] or 0, cluster=options["cluster"]) as team:
        yield Pool(visit=Ticking(team.visit))


def writable(folder: Path) -> None:
    """Find out before the work, not after it, that a folder cannot be written."""
    stands = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not stands.is_dir() or not os.access(stands, os.W_OK):
        what = "may not be written to" if stands.is_dir() else "is no folder"
        raise InputError(str(folder), [f"{stands.name or stands} {what}. Name another folder with -o."])


def _gap_frac(options: Options) -> float:
    return options["gap_frac"] or (GAP_FRAC if options["whole"] else RELAXED_GAP_FRAC)


def _solved(portfolio: Portfolio, pool: Pool, options: Options) -> PortfolioPlan:
    """The plan as asked for."""
    from wattstack.plan.portfolio import solve_portfolio

    with doing("the plan", pool, "Nothing was written."):
        return solve_portfolio(portfolio, pool=pool, gap_frac=_gap_frac(options), whole=options["whole"])


@contextmanager
def doing(what: str, pool: Pool, kept: str) -> Iterator[None]:
    """Show what is being done; where it is stopped, say what stands on disk.

    Args:
        what: In a few words: "the sweep along supply".
        pool: Its batches of running move the bar.
        kept: Said where it is stopped.
    """
    try:
        with progress(what[0].upper() + what[1:]) as bar:
            pool.visit.bar = bar
            yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Stopped during {what}. {kept}") from None
    finally:
        pool.visit.bar = None


Answer = tuple[dict[str, Any], str]


def _analyses(
    plan: PortfolioPlan, pool: Pool, options: Options, sweeps: list[Axis]
) -> Iterator[tuple[str, Callable[[], Answer]]]:
    """What was asked for beside the plan, in the order of a report: a name, and what does it."""
    portfolio = plan.portfolio
    if options["hold_back"]:
        yield "what holds it back", lambda: _holdback(plan, pool)
    if portfolio.money.battery_target_m is not None and portfolio.factory is not None:
        yield "the battery target", lambda: _target(plan, pool)
    if options["compare"]:
        yield "the comparison", lambda: _compared(portfolio, pool, options["delay"])
    for axis, values in sweeps:
        yield f"the sweep along {axis}", lambda a=axis, v=values: _sweep(portfolio, pool, a, v)
    if options["risk"]:
        yield "the futures", lambda: _risk(portfolio, pool, options["cvar_weight"])
        yield "the suppliers", lambda: _suppliers(plan, pool)
    if options["chemistry"]:
        yield "the chemistries", lambda: _chemistries(plan, pool)


def _joined(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers as the folder takes them: all sweeps under one name."""
    sweeps = tuple(found for name, found in answers.items() if name.startswith("sweep "))
    others = {name: found for name, found in answers.items() if not name.startswith("sweep ")}
    return others | ({"sweeps": sweeps} if sweeps else {})


def _holdback(plan: PortfolioPlan, pool: Pool) -> Answer:
    from wattstack.cli.portfolio_result import holdback_text
    from wattstack.plan.portfolio import hold_back

    found = hold_back(plan, pool)
    return {"holdback": found}, holdback_text(plan, found)


def _target(plan: PortfolioPlan, pool: Pool) -> Answer:
    from wattstack.cli.portfolio_result import target_text
    from wattstack.plan.portfolio import price_target

    found = price_target(plan, pool)
    return {"target": found}, target_text(found, plan.portfolio.currency)


def _compared(portfolio: Portfolio, pool: Pool, delay_q: int) -> Answer:
    from wattstack.cli.portfolio_result import compared_text
    from wattstack.plan.portfolio import compare_plans

    found = compare_plans(portfolio, pool, delay_q)
    return {"compared": found}, compared_text(found)


def _sweep(portfolio: Portfolio, pool: Pool, axis: str, values: tuple[float, ...]) -> Answer:
    from wattstack.cli.portfolio_result import sweep_text
    from wattstack.plan.portfolio import sweep_scarcity

    found = sweep_scarcity(portfolio, axis, values, pool)
    return {f"sweep {axis}": found}, sweep_text(found, portfolio.currency)


def _risk(portfolio: Portfolio, pool: Pool, cvar_weight: float | None) -> Answer:
    from wattstack.cli.portfolio_result import risk_text
    from wattstack.plan.portfolio import plan_futures

    found = plan_futures(portfolio, pool, cvar_weight=cvar_weight)
    return {"risk": found}, risk_text(found, portfolio.currency)


def _suppliers(plan: PortfolioPlan, pool: Pool) -> Answer:
    from wattstack.cli.portfolio_result import suppliers_text
    from wattstack.plan.portfolio import weigh_suppliers

    found = weigh_suppliers(plan, pool)
    return found, suppliers_text(found, plan.portfolio.currency)


def _chemistries(plan: PortfolioPlan, pool: Pool) -> Answer:
    from wattstack.cli.portfolio_result import chemistry_text
    from wattstack.plan.portfolio import price_of_own_cells_first, value_chemistries

    portfolio, own_first_m = plan.portfolio, None
    found = value_chemistries(plan, pool)
    if portfolio.factory is not None and any(offer.origin == "own" for offer in portfolio.storage):
        own_first_m = price_of_own_cells_first(plan, pool)
    answers = {"chemistries": found, "own_cells_first_m": own_first_m}
    return answers, chemistry_text(found, portfolio.currency, own_first_m)


def _axis(text: str, portfolio: Portfolio) -> Axis:
    """`supply=0.5,1,2` as an axis and its values; what is not there is refused before any work."""
    axis, equals, listed = text.partition("=")
    name, _, resource = axis.partition(":")
    known = [supply.resource for supply in portfolio.supply]
    if name not in AXES or (resource and name != "supply"):
        raise InputError("--sweep", [f"'{axis}' is no axis.{_near(axis, [*AXES, 'supply:RESOURCE'])}"])
    if resource and resource not in known:
        raise InputError("--sweep", [f"there is no supply of '{resource}'.{_near(resource, known)}"])
    try:
        values = tuple(float(part) for part in listed.split(","))
    except ValueError:
        values = ()
    if not equals or not values or not all(0.0 <= value < float("inf") for value in values):
        raise InputError(
            "--sweep", [f"'{text}' must read AXIS=V1,V2,... with numbers >= 0, like supply=0.5,1,2."]
        )
    if axis == "grid_delay" and not all(value.is_integer() for value in values):
        raise InputError("--sweep", [f"'{text}' must name whole periods, like grid_delay=0,2,4."])
    return axis, values


def _write_campus(portfolio: Portfolio, target: str, options: Options) -> None:
    """Write the campus that stands at a site in a quarter, as the plan has it."""
    from wattstack.plan.portfolio import write_campus_at

    known = [site.name for site in portfolio.sites]
    if options["site"] not in known:
        said = f"there is no site '{options['site']}'." if options["site"] else "a site must be named too."
        raise InputError("--site", [said + _near(options["site"] or "", known)])
    if options["quarter"] not in portfolio.calendar.labels:
        first, last = portfolio.calendar.label(0), portfolio.calendar.label(portfolio.calendar.count - 1)
        said = f"is '{options['quarter']}'" if options["quarter"] else "is missing"
        raise InputError("--quarter", [f"{said}, must be one of {first} .. {last}."])
    if not Path(target).suffix:
        raise InputError("-o", [f"'{target}' must be a campus file with --site. Write -o campus.yaml."])
    writable(Path(target).absolute().parent)
    with working_pool(options) as pool:
        plan = _solved(portfolio, pool, options)
    period = portfolio.calendar.index(options["quarter"])
    for path in write_campus_at(plan, options["site"], period, target):
        click.echo(f"wrote {path}")
    click.echo(f"next: wattstack check {target}")
