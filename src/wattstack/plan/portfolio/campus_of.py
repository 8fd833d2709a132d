"""The campus that stands at a site in one period of a portfolio plan, as a campus file ready for a plan of its own.

Needs    plan.portfolio.result, tiled, weeks, campus_text; campus.
Gives    campus_at, write_campus_at.
Used by  cli.

A site with a campus file gives that file with the sizes of the plan; any other site a new file, its series made
from the representative weeks and labelled SYNTHETIC.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattstack.campus import Campus, Generator, Hall, write_campus
from wattstack.errors import InputError
from wattstack.plan.portfolio.campus_text import DUST, Standing, Store, campus_text, series_text, slug
from wattstack.plan.portfolio.result import PortfolioPlan
from wattstack.plan.portfolio.tiled import tile_weeks
from wattstack.plan.portfolio.weeks import lost_hour_per_mwh


def campus_at(plan: PortfolioPlan, site: str, period: int) -> tuple[str, dict[str, str]]:
    """The campus file of a site without one of its own, and the series files beside it.

    Args:
        plan: A plan of a portfolio.
        site: Name of a site.
        period: Index of a period.

    Returns:
        Text of the campus file; text of every series file by its name.

    Raises:
        InputError: No such site or period, or nothing is energised there then: says from when on; or its weeks are
            those of a campus file.
    """
    standing = _standing(plan, site, period)
    weeks = plan.portfolio.weeks_of(standing.site, int(plan.portfolio.calendar.season[period]))
    if any(week.load_mw_per_mw is not None or week.sell_factor is not None for week in weeks):
        what = (
            "has weeks with a load or prices of sale of their own, which a file made of them would not hold."
        )
        raise InputError(site, [f"{what} Write the site's campus file with write_campus_at."])
    tiled = tile_weeks(plan.portfolio, standing.site, period)
    name = f"{slug(standing)}_SYNTHETIC.csv"
    return campus_text(standing, tiled, name), {name: series_text(standing, tiled)}


def write_campus_at(plan: PortfolioPlan, site: str, period: int, path: str | Path) -> tuple[Path, ...]:
    """Write the campus that stands at a site in a period, and its series next to it.

    Args:
        plan, site, period: As in campus_at; here sites with a campus file may be asked for, too.
        path: Campus file to write; its folder is made where it is missing.

    Returns:
        The files written, the campus file first.

    Raises:
        InputError: As campus_at; the files cannot be written, or would replace a campus file of the portfolio.
    """
    path = Path(path)
    _keep_inputs(plan, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if site in plan.portfolio.campuses:
            write_campus(_from_file(plan, site, period), path)
            return (path,)
        text, series = campus_at(plan, site, period)
        for name, content in series.items():
            (path.parent / name).write_text(content, encoding="utf-8")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(str(path), [f"cannot be written: {why}. Name another file with -o."]) from error
    return (path, *(path.parent / name for name in series))


def _keep_inputs(plan: PortfolioPlan, path: Path) -> None:
    """Refuse to write over a campus file that the portfolio reads."""
    for site in plan.portfolio.sites:
        if site.campus is not None and (plan.portfolio.base_dir / site.campus).resolve() == path.resolve():
            raise InputError(
                str(path), [f"is the campus file of site {site.name}. Name another file with -o."]
            )


def _check(plan: PortfolioPlan, site: str, period: int) -> None:
    calendar, known = plan.portfolio.calendar, [s.name for s in plan.portfolio.sites]
    if site not in known:
        raise InputError("site", [f"is {site!r}, must be one of {', '.join(known)}."])
    if not 0 <= period < calendar.count:
        asked, first, last = calendar.label(period), calendar.label(0), calendar.label(calendar.count - 1)
        raise InputError("period", [f"is {asked}, must lie in the horizon. Name one of {first} .. {last}."])


def _at(plan: PortfolioPlan, kind: str, site: str, period: int) -> dict[str, float]:
    """Amounts of a kind at a site in a period by name, dust left out."""
    found = {key[0]: float(v[period]) for key, v in plan.amounts.get(kind, {}).items() if key[-1] == site}
    return {name: value for name, value in found.items() if value > DUST}


def _energised(plan: PortfolioPlan, site: str, period: int) -> float:
    """Energised IT power [MW]; an error that says from when on where there is none."""
    calendar = plan.portfolio.calendar
    energised = plan.amounts["it_mw"][(site,)]
    if energised[period] > DUST:
        return float(energised[period])
    later = np.flatnonzero(energised > DUST)
    mend = f"Ask for {calendar.label(int(later[0]))}." if len(later) else "The plan never energises it."
    raise InputError(site, [f"has no compute energised in {calendar.label(period)}, must have some. {mend}"])


def _standing(plan: PortfolioPlan, name: str, period: int) -> Standing:
    """What stands at a site in a period."""
    _check(plan, name, period)
    portfolio = plan.portfolio
    generation = _at(plan, "generation_mw", name, period)
    offers = {o.tech: o for o in portfolio.generation if o.site == name}
    return Standing(
        portfolio=portfolio,
        site=portfolio.site(name),
        period=portfolio.calendar.label(period),
        it_mw=_energised(plan, name, period),
        firm_mw=sum(_at(plan, "firm_mw", name, period).values()),
        nonfirm_mw=sum(_at(plan, "nonfirm_mw", name, period).values()),
        stores=_stores(plan, name, period),
        generators={
            t: (mw, offers[t].running_per_mwh) for t, mw in generation.items() if offers[t].profile is None
        },
        solar_mw={t: mw for t, mw in generation.items() if offers[t].profile is not None},
        lost_per_mwh=lost_hour_per_mwh(portfolio, portfolio.site(name)),
    )


def _stores(plan: PortfolioPlan, site: str, period: int) -> dict[str, Store]:
    """Batteries by chemistry; what is held in reserve is counted apart."""
    offers = {o.chemistry: o for o in plan.portfolio.storage if o.site == site}
    free = _at(plan, "cycled_mwh", site, period)
    return {
        c: Store(mwh / offers[c].duration_h, mwh, max(mwh - free.get(c, 0.0), 0.0), offers[c].roundtrip_eff)
        for c, mwh in _at(plan, "storage_mwh", site, period).items()
    }


def _from_file(plan: PortfolioPlan, site: str, period: int) -> Campus:
    """The campus file of a site with what stands then: sizes it grew to, or what was ordered for it."""
    _check(plan, site, period)
    campus = plan.portfolio.campuses[site]
    grown = {key[0]: float(v[period]) for key, v in plan.amounts.get("size", {}).items() if key[1] == site}
    if grown:
        return campus.sized(grown)
    standing = _standing(plan, site, period)
    halls = {name: load for name, load in campus.load.items() if isinstance(load, Hall)}
    scale = standing.it_mw / sum(hall.it_mw for hall in halls.values()) if halls else 0.0
    load = {
        name: part.model_copy(update={"it_mw": part.it_mw * scale}) if name in halls else part
        for name, part in campus.load.items()
    }
    power = {"firm_mw": standing.firm_mw, "nonfirm_mw": standing.nonfirm_mw}
    connection = campus.grid.connection.model_copy(update=power)
    return campus.model_copy(
        update={
            "load": load,
            "grid": campus.grid.model_copy(update={"connection": connection}),
            "battery": {c: store.battery() for c, store in standing.stores.items()},
            "generator": {
                tech: Generator(
                    power_mw=mw, fuel_mwh_per_mwh=1.0, fuel_price_per_mwh=running, emission_kg_per_mwh=0.0
                )
                for tech, (mw, running) in standing.generators.items()
            },
        }
    )
