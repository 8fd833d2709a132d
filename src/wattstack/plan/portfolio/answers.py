"""What the analyses of a portfolio answer: what holds it back, coordination, risk, chemistry, plan against actual.

A door of its own: report and cli take the types of answers from here, and their makers from wattstack.plan.portfolio.

Needs    plan.portfolio.result, business.
Gives    Cause, Limit, Rent, Relief, Holdback, Compared, SweepPoint, Sweep, Future, Risk, Shortfall, SupplierShare,
         SecondSource, ChemistryValue, BatteryTarget, Slip, Replanned; Answers, all of them together.
Used by  plan.portfolio, report, cli.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from wattstack.plan.portfolio.business import BatteryTarget
from wattstack.plan.portfolio.result import PortfolioPlan

Dates = tuple[int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a site has no more in a period.

    Attributes:
        site, period: Where and when (index).
        resource: "shell", "electrical", "cooling", "hv", "servers", "storage", "grid", "gate_permit", "gate_land",
            "gate_fibre", "crew", "fire_cap", "land", or "not worth more".
        why: "lead", "supply", "stage", "gate", "limit" or "" (not worth more).
        rent_m_per_mw: Rent per MW of IT power and period, the ranking; 0 where nothing is energised, for the prices of
            an empty site are not unique.
    """

    site: str
    period: int
    resource: str
    why: str
    rent_m_per_mw: float


@dataclass(frozen=True)
class Limit:
    """Something that is limited: its kind and whose it is."""

    kind: str
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        """Both in a row."""
        return " ".join((self.kind, *(part for part in self.key if part)))


@dataclass(frozen=True)
class Rent(Limit):
    """What the owner of a limit earns: shadow price x limit over the horizon [M]."""

    rent_m: float


@dataclass(frozen=True)
class Relief(Limit):
    """What a change is worth, by planning again: "one period earlier" or "10 % more"."""

    change: str
    worth_m: float


@dataclass(frozen=True)
class Holdback:
    """What holds a plan back; time_to_power: period of the first, half and all MW by site."""

    causes: tuple[Cause, ...]
    rents: tuple[Rent, ...]
    reliefs: tuple[Relief, ...]
    time_to_power: Mapping[str, Dates]


@dataclass(frozen=True)
class Compared:
    """Four plans of one portfolio, in the order coordinated, no substitution, silo, silo told (None: no delay to tell).

    value_of_coordination_m = coordinated - silo = standing_in_m + timing_m. silo_causes: What the silo has least of,
    by site and period.
    """

    coordinated: PortfolioPlan
    no_substitution: PortfolioPlan
    silo: PortfolioPlan
    silo_told: PortfolioPlan | None
    delay_q: int = 0
    silo_causes: tuple[Cause, ...] = ()

    @property
    def plans(self) -> dict[str, PortfolioPlan]:
        """The plans there are, by name."""
        every = {
            "coordinated": self.coordinated, "no substitution": self.no_substitution, "silo": self.silo,
            "silo told": self.silo_told,
        }  # fmt: skip
        return {name: plan for name, plan in every.items() if plan is not None}

    @property
    def standing_in_m(self) -> float:
        """What standing in for one another is worth [M]."""
        return self.coordinated.npv_m - self.no_substitution.npv_m

    @property
    def timing_m(self) -> float:
        """What ordering to one date is worth [M]."""
        return self.no_substitution.npv_m - self.silo.npv_m

    @property
    def value_of_coordination_m(self) -> float:
        """Both together [M]."""
        return self.coordinated.npv_m - self.silo.npv_m

    @property
    def silo_lacks(self) -> dict[str, int]:
        """Site-periods in which each resource holds the silo back, the most first."""
        counts = Counter(cause.resource for cause in self.silo_causes if cause.why)
        return dict(counts.most_common())

    @property
    def notes(self) -> tuple[str, ...]:
        """What the other plans remark that the coordinated one does not."""
        every = dict.fromkeys(note for plan in self.plans.values() for note in plan.notes)
        return tuple(note for note in every if note not in self.coordinated.notes)

    @property
    def mw_periods(self) -> float:
        """MW-periods of energised compute that coordination adds."""
        return float(self.coordinated.total("it_mw").sum() - self.silo.total("it_mw").sum())


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """NPVs [M] and MW-periods of the four plans at one value of the axis; none of either where `reason` says why."""

    value: float
    npv_m: Mapping[str, float]
    mw_periods: Mapping[str, float]
    reason: str = ""


@dataclass(frozen=True)
class Sweep:
    """A sweep along one axis of scarcity: "supply", "grid_delay", "firm", "fire_cap" or "supply:RESOURCE"."""

    axis: str
    points: tuple[SweepPoint, ...]
    seconds: float


@dataclass(frozen=True)
class Future:
    """One scenario under three plans: the two-stage one, the base plan's orders kept, and knowing it before."""

    scenario: str
    probability_frac: float
    two_stage: PortfolioPlan
    base_kept_m: float
    knowing_m: float

    @property
    def regret_m(self) -> float:
        """What not knowing costs in this future [M]."""
        return self.knowing_m - self.two_stage.npv_m


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One supplier's shortfall as a future: its chance and the NPV lost.

    Attributes:
        lost_m: With the orders of the first stage kept, the rest planned again. Infinite where no plan has them.
        known_lost_m: Had it been known from the start.
    """

    resource: str
    supplier: str
    probability_frac: float
    lost_m: float
    known_lost_m: float = 0.0


@dataclass(frozen=True, slots=True)
class SupplierShare:
    """Share of a supplier in spend and in units, and its country."""

    resource: str
    supplier: str
    origin: str
    spend_m: float
    spend_frac: float
    units_frac: float


@dataclass(frozen=True)
class SecondSource:
    """What it costs to order less from any one supplier of a resource, and what that insures.

    Attributes:
        share_max_frac: Share that no supplier may exceed. usual_share_frac: Largest share limit as it is.
        cost_m: NPV given up. shortfalls: NPV lost in each supplier's shortfall as it is. insured: The same with the
            second source.
    """

    resource: str
    share_max_frac: float
    usual_share_frac: float
    cost_m: float
    shortfalls: tuple[Shortfall, ...]
    insured: tuple[Shortfall, ...]

    @property
    def worst_saved_m(self) -> float:
        """What the second source saves of the worst shortfall [M]."""
        return max(s.lost_m for s in self.shortfalls) - max(s.lost_m for s in self.insured)

    @property
    def expected_saved_m(self) -> float:
        """What it saves on average: chance x loss saved, over all suppliers [M]."""
        pairs = zip(self.shortfalls, self.insured, strict=True)
        return sum(a.probability_frac * (a.lost_m - b.lost_m) for a, b in pairs)


@dataclass(frozen=True)
class Risk:
    """The two-stage plan over all futures.

    expected_m = mean NPV of the two-stage plan; vss_m = expected_m - mean with base orders kept; evpi_m = mean
    knowing - expected_m; cvar_m = mean of the worst alpha_frac. contracts_m: of the VSS, what comes from grid stages
    committed and gates started as late as the plan without futures does, which a delay punishes.
    """

    futures: tuple[Future, ...]
    first_stage_q: int
    expected_m: float
    base_kept_m: float
    knowing_m: float
    cvar_m: float
    alpha_frac: float
    cvar_weight: float
    gap_frac: float
    shortfalls: tuple[Shortfall, ...] = ()
    shares: tuple[SupplierShare, ...] = ()
    notes: tuple[str, ...] = ()
    contracts_m: float = 0.0

    @property
    def vss_m(self) -> float:
        """Value of the stochastic solution [M]."""
        return self.expected_m - self.base_kept_m

    @property
    def evpi_m(self) -> float:
        """Expected value of perfect information [M]."""
        return self.knowing_m - self.expected_m


@dataclass(frozen=True, slots=True)
class ChemistryValue:
    """What a chemistry is worth and costs by duty; costs None where it may not or does not serve.

    Attributes:
        worth_m: NPV lost with it forbidden [M].
        reserve_per_mwh: A MWh held, and year. power_per_mw: A MW held for an hour, and year.
        shifting_per_mwh: A MWh delivered at a cycle a day. curtailed_per_mwh: A MWh delivered while the power of a
            flexible connection is taken away. All in currency; formulas in plan/portfolio/chemistry.py.
        where: Where it may stand, in words. held_mwh: There at the end of the plan.
    """

    chemistry: str
    worth_m: float
    reserve_per_mwh: float | None
    power_per_mw: float | None
    shifting_per_mwh: float | None
    curtailed_per_mwh: float | None
    where: str
    held_mwh: float


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip: what it costs alone, orders kept and replanned; what undoing it alone is worth in the joint case."""

    site: str
    kind: str
    name: str
    late_q: int
    kept_lost_m: float
    replanned_lost_m: float
    mw_periods_lost: float
    undone_m: float


@dataclass(frozen=True)
class Replanned:
    """Plan against actual: the old plan, its orders under the new dates, and the replanned one.

    actions: What to change now, in words, with amounts.
    """

    as_of: str
    before: PortfolioPlan
    kept: PortfolioPlan
    replanned: PortfolioPlan
    slips: tuple[Slip, ...]
    actions: tuple[str, ...]
    facts: tuple[str, ...] = ()

    @property
    def ranked(self) -> tuple[Slip, ...]:
        """Slips by what they cost with orders kept, the most first."""
        return tuple(sorted(self.slips, key=lambda slip: (-slip.kept_lost_m, -slip.replanned_lost_m)))

    @property
    def lost_kept_m(self) -> float:
        """NPV lost if nothing is changed [M]."""
        return self.before.npv_m - self.kept.npv_m

    @property
    def lost_replanned_m(self) -> float:
        """NPV lost in the joint case after replanning [M]."""
        return self.before.npv_m - self.replanned.npv_m

    @property
    def sum_kept_m(self) -> float:
        """What the slips cost one by one, orders kept [M]; they interact, so the joint figure is another one."""
        return sum(slip.kept_lost_m for slip in self.slips)

    @property
    def sum_replanned_m(self) -> float:
        """What the slips cost one by one after replanning [M]."""
        return sum(slip.replanned_lost_m for slip in self.slips)

    @property
    def won_back_m(self) -> float:
        """Of it won back by replanning [M]."""
        return self.replanned.npv_m - self.kept.npv_m


@dataclass(frozen=True)
class Answers:
    """Answers of the analyses; None or empty = not asked for.

    Shares, shortfalls and second sources here are of the plan itself; those of a plan for all futures are in `risk`.
    own_cells_first_m: NPV lost where campuses take cells of the own factory only, wherever those are offered [M].
    """

    holdback: Holdback | None = None
    compared: Compared | None = None
    sweeps: tuple[Sweep, ...] = ()
    risk: Risk | None = None
    chemistries: tuple[ChemistryValue, ...] = ()
    own_cells_first_m: float | None = None
    replanned: Replanned | None = None
    target: BatteryTarget | None = None
    shares: tuple[SupplierShare, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    second_sources: tuple[SecondSource, ...] = ()
