"""What is doubtful in a portfolio but not wrong: slips of units, prices that make it ration, suppliers that come late.

What is a hundred thousand times beyond doubt is refused: beside such a number a solver takes usual ones for rounding.

Needs    portfolio.rows.Gathered; units.PER_USD.
Gives    find_doubts.
Used by  portfolio.check.

The usual ranges are wide on purpose: who is outside has most likely slipped by a thousand. Assumptions.
"""

from __future__ import annotations

from wattstack.portfolio.parts import RESOURCES, Site
from wattstack.portfolio.rows import Found, Gathered
from wattstack.units import PER_USD

HOURS_PER_YEAR = 8766.0
MOST_MW = 20_000.0  # of anything at one site
MOST_MWH = 200_000.0  # of storage at one site
MOST_RESERVE_MWH_PER_MW = 24.0  # a day of computing from storage
SHORT_PAYBACK_YEARS = 2.0
FAR = 1e5  # times the largest usual value: no slip of a prefix, and beyond what can be solved
# table, field, usual range [USD], its unit, and what was most likely meant when it is a thousand times off
USUAL = (
    ("storage", "cost_per_kwh", (20.0, 2000.0), "{cur}/kWh", "M {cur}/MWh"),
    ("storage", "integration_per_kwh", (1.0, 2000.0), "{cur}/kWh", "M {cur}/MWh"),
    ("segments", "price_per_kwh", (20.0, 2000.0), "{cur}/kWh", "M {cur}/MWh"),
    ("sites", "price_per_mwh", (2.0, 1000.0), "{cur}/MWh", "{cur}/kWh"),
    ("generation", "running_per_mwh", (2.0, 2000.0), "{cur}/MWh", "{cur}/kWh"),
    ("servers", "capital_m_per_mw", (1.0, 500.0), "M {cur}/MW", "{cur}/kW"),
    ("servers", "revenue_m_per_mw_year", (0.5, 500.0), "M {cur}/MW/year", "{cur}/kW"),
    ("generation", "capital_m_per_mw", (0.1, 50.0), "M {cur}/MW", "{cur}/kW"),
    ("items", "capital_m_per_unit", (0.005, 100.0), "M {cur}/unit", "{cur}/kW"),
)
FACTORY = ("material_per_kwh", "conversion_start_per_kwh")
POWERS = (
    ("stages", "power_mw"), ("generation", "limit_mw"), ("targets", "facility_mw"), ("items", "start_units"),
    ("items", "pipeline_units"), ("sites", "it_start_mw"), ("sites", "servers_start_mw"), ("sites", "crew_mw"),
)  # fmt: skip
ENERGIES = ("storage_start_mwh", "outdoor_limit_mwh")


def find_doubts(all_parts: Gathered) -> None:
    """Add a warning for each number that is most likely a slip, a fault where it is far beyond, and for rationing."""
    _usual(all_parts)
    for table, name in POWERS:
        for found in all_parts.good(table):
            value = getattr(found.part, name)
            if value is not None and value > FAR * MOST_MW:
                all_parts.fault(found.fault(name, _too_much(value, FAR * MOST_MW, "MW")))
            elif value is not None and value > MOST_MW:
                what = f"is {value:g} MW, more than {MOST_MW:g}. Were kW meant ({value / 1e3:g} MW)?"
                all_parts.warn(found, name, what)
    for found in all_parts.good("sites"):
        _starts(all_parts, found)
    _late_suppliers(all_parts)
    _payback(all_parts)


def _starts(all_parts: Gathered, found: Found) -> None:
    """Stored energy in kWh, and more that runs at the start than there are servers."""
    site = found.part
    for name in ENERGIES:
        value = getattr(site, name)
        if value is not None and value > FAR * MOST_MWH:
            all_parts.fault(found.fault(name, _too_much(value, FAR * MOST_MWH, "MWh")))
        elif value is not None and value > MOST_MWH:
            what = f"is {value:,.0f} MWh, more than {MOST_MWH:,.0f}. Were kWh meant ({value / 1e3:,.0f} MWh)?"
            all_parts.warn(found, name, what)
    reserve = site.reserve_mwh_per_mw
    if reserve > MOST_RESERVE_MWH_PER_MW:
        what = (
            f"is {reserve:g} MWh/MW IT, more than a day of computing. Were kWh meant ({reserve / 1e3:g} MWh)?"
        )
        all_parts.warn(found, "reserve_mwh_per_mw", what)
    if site.campus is None and site.it_start_mw > site.servers_start_mw:
        what = f"is {site.it_start_mw:g} MW, but servers for {site.servers_start_mw:g} MW are there: no more can run."
        all_parts.warn(found, "it_start_mw", what)


def _per_usd(all_parts: Gathered) -> float | None:
    """Units of the portfolio's currency per USD, by its own rate or by order of magnitude."""
    reading = all_parts.reading
    known = 1.0 if reading.currency == "USD" else reading.exchange.get("USD")
    return known or PER_USD.get(reading.currency)


def _usual(all_parts: Gathered) -> None:
    per_usd, currency = _per_usd(all_parts), all_parts.reading.currency
    if per_usd is None:
        return
    for table, name, usual, unit, meant in USUAL:
        for found in all_parts.good(table):
            value = getattr(found.part, name)
            if value and value / per_usd > FAR * usual[1]:
                all_parts.fault(
                    found.fault(name, _too_much(value, FAR * usual[1] * per_usd, unit.format(cur=currency)))
                )
            elif value and not usual[0] <= value / per_usd <= usual[1]:
                all_parts.warn(found, name, _slip(value, (per_usd, currency), usual, unit, meant))
    factory = all_parts.factory
    for name in FACTORY if factory is not None else ():
        value, usual = getattr(factory, name), (1.0, 2000.0)
        if value and value / per_usd > FAR * usual[1]:
            what = _too_much(value, FAR * usual[1] * per_usd, f"{currency}/kWh")
            all_parts.fault(all_parts.tell_factory(name, what))
        elif value and not usual[0] <= value / per_usd <= usual[1]:
            what = _slip(value, (per_usd, currency), usual, "{cur}/kWh", "M {cur}/MWh")
            all_parts.reading.warnings.append(str(all_parts.tell_factory(name, what)))


def _too_much(value: float, most: float, unit: str) -> str:
    return (
        f"is {value:g} {unit}, must be at most {most:g}, and that is far beyond the usual. Look at its unit."
    )


def _slip(value: float, money: tuple[float, str], usual: tuple[float, float], unit: str, meant: str) -> str:
    per_usd, currency = money
    usd = value / per_usd
    other = "" if currency == "USD" else f" ({usd:,.3g} {unit.format(cur='USD')})"
    what = (
        f"is {value:,.6g} {unit.format(cur=currency)}{other}, usual are {usual[0]:,.10g} .. {usual[1]:,.10g} "
        f"{unit.format(cur='USD')}."
    )
    factor = next((f for f in (1e3, 1e-3) if usual[0] <= usd * f <= usual[1]), None)
    if factor is None:
        return f"{what} Look at its unit."
    return f"{what} Was it in {meant.format(cur=currency)} ({value * factor:,.6g} here)?"


def _late_suppliers(all_parts: Gathered) -> None:
    """Shares that reach 1 only when a later supplier begins: until then nothing can be ordered."""
    calendar = all_parts.calendar
    if calendar is None:
        return
    rows = [f for f in all_parts.good("suppliers") if calendar.number(f.part.from_quarter) is not None]
    for resource in dict.fromkeys(found.part.resource for found in rows):
        own = [found for found in rows if found.part.resource == resource]
        share = 0.0
        for found in sorted(own, key=lambda f: calendar.index(f.part.from_quarter)):
            share += found.part.share_max_frac
            if share >= 1.0 - 1e-6:
                if calendar.index(found.part.from_quarter) > 0:
                    what = (
                        f"is {found.part.from_quarter}: until then the shares of the suppliers of {resource} do "
                        "not reach 1, so none of it can be ordered."
                    )
                    all_parts.warn(found, "from_quarter", what)
                break


def _payback(all_parts: Gathered) -> None:
    """Warn where every MW pays back so fast that the plan only shares out what is short."""
    compute = all_parts.compute
    years = []
    for found in all_parts.good("sites") if compute is not None else ():
        halls_m = _site_cost_m(all_parts, found.part)
        for server in (f.part for f in all_parts.good("servers")):
            net_m = server.revenue_m_per_mw_year - compute.fixed_m_per_mw_year
            net_m -= _energy_m(found.part, compute.load_factor)
            if halls_m is not None and net_m > 0.0:
                years.append((halls_m + server.capital_m_per_mw) / net_m)
    if years and max(years) < SHORT_PAYBACK_YEARS:
        all_parts.reading.warnings.append(
            f"Every MW pays back within {min(years):.1f} .. {max(years):.1f} years, so the plan only shares out what "
            "is short. Look at revenue_m_per_mw_year and at the prices before you believe an NPV."
        )


def _site_cost_m(all_parts: Gathered, site: Site) -> float | None:
    """Price of the halls and transformers for a MW of IT power by the cheapest way, None without items."""
    total, compute = 0.0, all_parts.compute
    for resource in RESOURCES:
        prices = [
            f.part.capital_m_per_unit
            for f in all_parts.good("items")
            if f.part.site == site.name and f.part.resource == resource
        ]
        if not prices:
            return None
        units = site.pue / compute.hv_power_factor if resource == "hv" and compute is not None else 1.0
        total += min(prices) * units
    return total


def _energy_m(site: Site, load_factor: float) -> float:
    """Cost of energy of a MW of IT power in a year [M]."""
    return site.pue * load_factor * HOURS_PER_YEAR * (site.price_per_mwh + site.grid_fee_per_mwh) / 1e6
