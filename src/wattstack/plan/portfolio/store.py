"""A portfolio plan on disk: the folder `out/` written all at once, and read back.

Needs    plan.folder, plan.portfolio.codec, tables, asked, money.
Gives    PortfolioFiles, portfolio_files, write_portfolio_plan, read_portfolio_plan, is_portfolio_plan.
Used by  cli, report (which looks at nothing but this content).

    plan.json        layout 1, below; equal inputs and versions give equal bytes: no clock times, no paths
    portfolio.json   every declaration, weeks included, so that the folder says all by itself; variants that the
                     analyses planned hold only what differs from the first
    answers.json     what was asked for beside the plan; absent where nothing was
    campus.*.yaml    the campus files of its sites
    timing.json      seconds: the one file that differs between equal runs
    *.csv            the tables of plan.portfolio.tables

plan.json: wattstack_plan (layout), kind "portfolio", name, currency, versions; sense "max", objective, bound,
gap_frac, whole, scenario, probability_frac; calendar; finance (money.finance_summary); solvers (calls by what
answered); rounds; notes, synthetic inputs, checksum of all declarations; then by period: amounts and prices by
kind, cash by line, see plan/portfolio/result.py for the keys.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, get_type_hints

from wattstack.campus import Campus, read_campus, write_campus
from wattstack.errors import InputError
from wattstack.plan.folder import json_text, package_versions, read_json, write_whole
from wattstack.plan.portfolio.answers import Answers
from wattstack.plan.portfolio.codec import decode, encode
from wattstack.plan.portfolio.money import finance_summary
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.table import Table
from wattstack.plan.portfolio.tables import OPTIONAL, portfolio_tables
from wattstack.portfolio import Portfolio

LAYOUT = 1
KIND = "portfolio"
STALE = ("report.html", "answers.json", "campus.*.yaml", *(f"{stem}.csv" for stem in OPTIONAL))
COMMAND = "wattstack plan PORTFOLIO.YAML"
# of a plan, told in other words
OTHERWISE = "portfolio", "npv_m", "bound_m", "gap_frac", "rounds", "timing"
PLAIN = tuple(f.name for f in fields(PortfolioPlan) if f.name not in OTHERWISE)


@dataclass(frozen=True)
class PortfolioFiles:
    """The content of `out/`, in memory or read.

    Attributes:
        summary: plan.json. plan: The same as a plan. answers: What was asked for beside it.
        tables: By stem of the CSV file.
        timing: timing.json; empty where the folder has none.
    """

    summary: dict[str, Any]
    plan: PortfolioPlan
    answers: Answers
    tables: dict[str, Table]
    timing: dict[str, Any] = field(default_factory=dict)


def portfolio_files(plan: PortfolioPlan, **answers: Any) -> PortfolioFiles:
    """The content of a plan's folder, without a folder.

    Args:
        plan: As solve_portfolio gives it.
        **answers: holdback, compared, sweeps, risk, chemistries, replanned, target: see asked.Answers.
    """
    asked = Answers(**answers)
    timing = {
        "stages_s": dict(plan.timing),
        "rounds_s": [found.seconds for found in plan.rounds],
        "sweeps_s": [sweep.seconds for sweep in asked.sweeps],
    }
    return PortfolioFiles(_summary(plan), plan, asked, portfolio_tables(plan, asked), timing)


def write_portfolio_plan(plan: PortfolioPlan, out: str | Path, **answers: Any) -> PortfolioFiles:
    """Write the folder of a portfolio plan: all of it, or nothing.

    Args:
        plan: As solve_portfolio gives it.
        out: Folder, made where it is missing.
        **answers: As in portfolio_files.

    Returns:
        What was written, for a report without reading it again.

    Raises:
        InputError: The folder cannot be written, or is the one of the portfolio's own files.
    """
    plan.portfolio.keep_input(out)
    files = portfolio_files(plan, **answers)
    write_whole(out, lambda folder: _write_all(files, folder, Path(out)), STALE)
    return files


def is_portfolio_plan(folder: str | Path) -> bool:
    """Whether a folder holds the plan of a portfolio.

    Raises:
        InputError: It holds no plan at all.
    """
    return read_json(Path(folder), "plan.json", COMMAND).get("kind") == KIND


def read_portfolio_plan(out: str | Path) -> PortfolioFiles:
    """Read a folder that write_portfolio_plan wrote; nothing else is needed.

    Raises:
        InputError: There is no plan of a portfolio in it, it is of another layout, or a file is broken.
    """
    folder = Path(out)
    summary = read_json(folder, "plan.json", COMMAND)
    layout = (summary.get("kind"), summary.get("wattstack_plan"))
    if layout != (KIND, LAYOUT):
        what = f"is of kind {layout[0]!r} and layout {layout[1]}, must be {KIND!r} and {LAYOUT}."
        raise InputError(str(folder / "plan.json"), [f"{what} Plan again with this version."])
    timing = read_json(folder, "timing.json", COMMAND) if (folder / "timing.json").is_file() else {}
    told = read_json(folder, "portfolio.json", COMMAND)
    asked = read_json(folder, "answers.json", COMMAND) if (folder / "answers.json").is_file() else {}
    try:
        portfolios = _portfolios(told, folder)
        special = {PortfolioPlan: lambda data: _plan(data, portfolios)}
        plan = _timed(_plan(summary, portfolios), timing)
        answers = decode(Answers, asked, special)
        seconds = timing.get("sweeps_s", [0.0] * len(answers.sweeps))
        sweeps = tuple(replace(s, seconds=t) for s, t in zip(answers.sweeps, seconds, strict=True))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"is not as it was written ({type(error).__name__}: {error}). Plan again into this folder."
        raise InputError(str(folder), [what]) from None
    answers = replace(answers, sweeps=sweeps)
    return PortfolioFiles(summary, plan, answers, portfolio_tables(plan, answers), timing)


def _write_all(files: PortfolioFiles, folder: Path, target: Path) -> None:
    for stem, table in files.tables.items():
        (folder / f"{stem}.csv").write_text(table.text(), encoding="utf-8")
    known = [files.plan.portfolio]
    asked = encode(files.answers, {PortfolioPlan: lambda plan: _plan_values(plan, known)})
    for sweep in asked["sweeps"]:
        sweep["seconds"] = 0.0
    contents = {"timing": files.timing, "plan": files.summary}
    if files.answers != Answers():
        contents["answers"] = asked
    contents["portfolio"] = _portfolio_values(known, folder, target)
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json_text(content), encoding="utf-8")


def _summary(plan: PortfolioPlan) -> dict[str, Any]:
    portfolio = plan.portfolio
    return {
        "wattstack_plan": LAYOUT,
        "kind": KIND,
        "name": portfolio.name,
        "currency": portfolio.currency,
        "versions": package_versions(),
        "sense": "max",
        **_certificate(plan),
        "calendar": {**encode(portfolio.calendar), "periods": list(portfolio.calendar.labels)},
        "finance": encode(finance_summary(plan)),
        "synthetic": list(portfolio.synthetic),
        "inputs": [{"name": "portfolio", "sha256": _checksum(portfolio)}],
        "rounds": _rounds(plan),
        **{name: encode(getattr(plan, name)) for name in PLAIN},
        "portfolio": 0,
    }


def _checksum(portfolio: Portfolio) -> str:
    """Of every declaration, wherever the portfolio stands."""
    values = encode(
        replace(portfolio, base_dir=Path(".")), {Campus: lambda campus: campus.model_dump(mode="json")}
    )
    return sha256(json.dumps(values).encode()).hexdigest()


def _certificate(plan: PortfolioPlan) -> dict[str, Any]:
    values = {"objective": plan.npv_m, "bound": plan.bound_m, "gap_frac": plan.gap_frac}
    return {name: encode(value) for name, value in values.items()}


def _rounds(plan: PortfolioPlan) -> list[dict[str, Any]]:
    """Convergence without the seconds."""
    return [{k: v for k, v in encode(found).items() if k != "seconds"} for found in plan.rounds]


def _plan_values(plan: PortfolioPlan, known: list[Portfolio]) -> dict[str, Any]:
    """A plan inside an answer; its portfolio is known by its place in portfolio.json."""
    at = next((i for i, p in enumerate(known) if p is plan.portfolio), None)
    if at is None:
        at = len(known)
        known.append(plan.portfolio)
    values = {name: encode(getattr(plan, name)) for name in PLAIN}
    return {**_certificate(plan), "rounds": _rounds(plan), **values, "portfolio": at}


def _plan(data: dict[str, Any], portfolios: list[Portfolio]) -> PortfolioPlan:
    values = {name: data[name] for name in (*PLAIN, "gap_frac", "portfolio")}
    values |= {"npv_m": data["objective"], "bound_m": data["bound"]}
    values["rounds"] = [{**found, "seconds": 0.0} for found in data["rounds"]]
    return decode(PortfolioPlan, values, {Portfolio: portfolios.__getitem__})


def _timed(plan: PortfolioPlan, timing: dict[str, Any]) -> PortfolioPlan:
    """The plan with the seconds it took."""
    seconds = timing.get("rounds_s", [found.seconds for found in plan.rounds])
    rounds = tuple(replace(found, seconds=s) for found, s in zip(plan.rounds, seconds, strict=True))
    return replace(plan, rounds=rounds, timing=timing.get("stages_s", {}))


def _portfolio_values(known: list[Portfolio], folder: Path, target: Path) -> dict[str, Any]:
    """Every portfolio as JSON values, the first whole, of the others what differs from it; campuses as files."""
    campuses: dict[str, Campus] = {}

    def kept(campus: Campus) -> str:
        name, number = f"campus.{campus.name}.yaml", 1
        while name in campuses and campuses[name] != campus:
            number += 1
            name = f"campus.{campus.name}.{number}.yaml"
        campuses[name] = campus
        return name

    values = []
    for portfolio in known:
        base_dir = Path(os.path.relpath(portfolio.base_dir, target))
        values.append(encode(replace(portfolio, base_dir=base_dir), {Campus: kept}))
    for name, campus in campuses.items():
        write_campus(campus, folder / name)
    first = values[0]
    others = [{k: v for k, v in found.items() if v != first[k]} for found in values[1:]]
    return {"portfolio": first, "variants": others}


def _portfolios(told: dict[str, Any], folder: Path) -> list[Portfolio]:
    kinds = get_type_hints(Portfolio)
    special = {Campus: lambda name: read_campus(folder / name)}
    first = decode(Portfolio, told["portfolio"], special)
    first = replace(first, base_dir=folder / first.base_dir)
    variants = (
        {name: decode(kinds[name], part, special) for name, part in data.items()} for data in told["variants"]
    )
    return [first, *(replace(first, **changed) for changed in variants)]
