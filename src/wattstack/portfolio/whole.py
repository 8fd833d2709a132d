"""The whole portfolio.

Needs    portfolio.calendar, parts, market.
Gives    Portfolio, Money, Compute, Week, Late.
Used by  portfolio.file, portfolio.variants, plan.portfolio, report, cli.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from wattstack.campus import Campus, Declared, quantity
from wattstack.errors import InputError
from wattstack.portfolio.calendar import Calendar
from wattstack.portfolio.market import Factory, Scenario, Segment, Supplier, Supply, Target
from wattstack.portfolio.parts import Gate, GenerationOffer, Item, Server, Site, Stage, StorageOffer


class Money(Declared):
    """How money counts over time."""

    discount_rate_frac: float = quantity("", "Weighted cost of capital", 0.09, ge=0)
    deposit_frac: float = quantity(
        "", "Share of a price paid at order, the rest on delivery", 0.3, ge=0, le=1
    )
    residual_factor: float = quantity(
        "", "Share of the unused straight-line life paid back at the end", 0.9, ge=0, le=1
    )
    stage_life_q: int = quantity("periods", "Life of a grid stage", 160, gt=0)
    # annuity: every unit costs its annuity while it stands, nothing at the end
    capital_as: Literal["payments", "annuity"] = "payments"
    capital_budget_m: dict[int, float] = Field(
        default_factory=dict,
        description="Most capital spent in a fiscal year, empty = no limit [M]",
        json_schema_extra={"unit": "M"},
    )
    credit_limit_m: float | None = quantity("M", "Deepest cumulative cash allowed below zero", None, ge=0)
    battery_target_m: float | None = quantity(
        "M", "Domestic battery revenue aimed at in the target year", None, gt=0
    )
    battery_target_year: int = 2030


class Compute(Declared):
    """What a MW of IT power is and earns."""

    gpus_per_mw: float = quantity("1/MW", "GPUs per MW of IT power", 427.0, gt=0)
    load_factor: float = quantity("", "Mean draw of energised IT over its rating", 0.85, gt=0, le=1)
    fixed_m_per_mw_year: float = quantity("M/MW/year", "Staff, upkeep, network", 0.0, ge=0)
    shed_free_frac: float = quantity(
        "", "Share of load that can pause at the value of the lost hour", 0.2, ge=0, le=1
    )
    shed_penalty_factor: float = quantity("", "Beyond it: lost value times this", 3.0, ge=1)
    lost_hour_per_mwh: float | None = quantity(
        "currency/MWh", "Value of a lost hour; none = from the servers", None, ge=0
    )
    reserve_power_frac: float = quantity("", "Battery power held per IT power", 0.25, ge=0)
    hv_power_factor: float = quantity("", "MW of import per MVA of transformer", 0.95, gt=0, le=1)


@dataclass(frozen=True)
class Week:
    """A representative week (or any stretch): step length, hours it stands for over its own, hourly shapes.

    Attributes:
        name: "normal", "stress", "2027-W03", ...
        weight: How many such weeks a quarter has.
        step_h: Length of a step [h].
        price_factor: Energy price over the site's mean; shape (steps,).
        solar_frac: Output of solar over its peak power. available_frac: Share of non-firm power there.
        sell_factor: Price of energy sold over the site's mean; None = as bought, without the fee.
        load_mw_per_mw: Facility load of a MW of energised IT; None = flat at PUE x load factor.
    """

    name: str
    weight: float
    step_h: float
    price_factor: np.ndarray
    solar_frac: np.ndarray
    available_frac: np.ndarray
    sell_factor: np.ndarray | None = None
    load_mw_per_mw: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """Something that comes later than agreed, as progress tells; what is paid for it keeps its dates.

    Attributes:
        kind, key: "gate" (site, gate), "stage" (site, stage), "line" (factory,): all of it; or units of what stands
            somewhere: "there" (resource, site), "server_there" (generation, site), "storage_mwh" (chemistry, site),
            "generation_mw" (tech, site).
        periods: By how many; below 0 it came early. From the horizon on: not at all.
        due: Period in which the units should come, None for units that nobody expected, there from `periods` on.
        units: How many.
    """

    kind: str
    key: tuple[str, ...]
    periods: int
    due: int | None = None
    units: float = 0.0


@dataclass(frozen=True)
class Portfolio:
    """Everything read from a portfolio file, checked.

    Attributes:
        name: Of the file or folder.
        currency: ISO code; amounts `_m` are in millions of it. exchange: Units of it per unit of another.
        weeks: Representative weeks by (country or site, season 1 .. 4).
        synthetic: What of the input is made up (profiles), for labels.
        sources: Rows of sources by id, for reports.
        base_dir: Relative file names start here.
        campuses: Campus of every site that names a file, by site.
        warnings: What is doubtful but not wrong, for the user to read.
        late: What comes later than agreed, see wattstack.plan.portfolio.replan.
    """

    name: str
    currency: str
    calendar: Calendar
    money: Money
    compute: Compute
    sites: tuple[Site, ...]
    items: tuple[Item, ...] = ()
    stages: tuple[Stage, ...] = ()
    gates: tuple[Gate, ...] = ()
    servers: tuple[Server, ...] = ()
    storage: tuple[StorageOffer, ...] = ()
    generation: tuple[GenerationOffer, ...] = ()
    supply: tuple[Supply, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    factory: Factory | None = None
    segments: tuple[Segment, ...] = ()
    targets: tuple[Target, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    cvar_alpha_frac: float = 0.1
    cvar_weight: float = 0.0
    first_stage_q: int = 6
    weeks: dict[tuple[str, int], tuple[Week, ...]] = field(default_factory=dict)
    exchange: dict[str, float] = field(default_factory=dict)
    synthetic: tuple[str, ...] = ()
    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    base_dir: Path = Path(".")
    warnings: tuple[str, ...] = ()
    campuses: dict[str, Campus] = field(default_factory=dict)
    late: tuple[Late, ...] = ()

    def late_q(self, kind: str, *key: str) -> int:
        """Periods by which a gate, stage or line comes later than agreed."""
        return sum(late.periods for late in self.late if (late.kind, late.key) == (kind, key))

    def keep_input(self, folder: str | Path) -> None:
        """Refuse a folder for results where the input stands: tables of one name would take each other's place.

        Raises:
            InputError: The folder is the portfolio's own.
        """
        if Path(folder).resolve() == self.base_dir.resolve():
            what = "holds the portfolio itself, whose tables the results would replace. Name another folder."
            raise InputError(str(folder), [what])

    def gate_opens(self, gate: Gate) -> int:
        """First period in which a gate can be open: started at its earliest, and as late as it is."""
        lead = gate.lead_q + self.late_q("gate", gate.site, gate.gate)
        return max(self.calendar.index(gate.earliest_start), 0) + max(lead, 0)

    def committed_since(self) -> np.ndarray:
        """Periods since the committed lines of the factory began to produce, below 0 before; shape (periods,)."""
        factory = self.factory
        start = self.calendar.index(factory.committed_start) + self.late_q("line", factory.name)
        return np.arange(self.calendar.count) - start

    def jpy_bn(self, amount_m: float) -> float | None:
        """An amount in millions of the currency in billions of JPY; None where the portfolio names no rate for it."""
        rate = 1.0 if self.currency == "JPY" else self.exchange.get("JPY")
        return None if rate is None else amount_m / rate / 1000.0

    @property
    def standing_servers(self) -> str | None:
        """The generation that the servers there at the start are of, None without servers.

        Assumption: the one launched last by the first period; where none is launched by then, the one launched first.
        """
        first = self.calendar.number(self.calendar.first)
        launches = [(self.calendar.number(s.launch), s.generation) for s in self.servers]
        launched = [found for found in launches if found[0] <= first]
        found = max(launched, default=None) or min(launches, default=None)
        return None if found is None else found[1]

    def site(self, name: str) -> Site:
        """The site of a name."""
        return next(site for site in self.sites if site.name == name)

    def weeks_of(self, site: Site, season: int) -> tuple[Week, ...]:
        """Representative weeks of a site in a season: its own, else those of its country."""
        return self.weeks.get((site.name, season)) or self.weeks[(site.country, season)]
