"""What a portfolio is made of at its sites: sites, things built, grid stages, gates, servers, storage, generation.

Needs    campus.Declared, quantity.
Gives    Site, Item, Stage, Gate, Server, StorageOffer, GenerationOffer.
Used by  portfolio.whole, portfolio.file, plan.portfolio.

Capital is in millions of the portfolio's currency (`_m`), prices of energy in the currency itself. `lead_q`
and `life_q` count periods of the portfolio's calendar (quarters, or years where a period is a year).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wattstack.campus import Declared, quantity

YEARS = (1900, 2200)  # in which a price may be given
RESOURCES = ("shell", "electrical", "cooling", "hv")


class Site(Declared):
    """A campus and the room it has.

    A site with a `campus` file and no items grows by that file's planned sizes; with items it takes prices,
    weather and load shape from the file, and the rest from here.
    """

    name: str
    country: str = ""
    latitude_deg: float = quantity("deg", "Latitude", 0.0, ge=-90, le=90)
    longitude_deg: float = quantity("deg", "Longitude", 0.0, ge=-180, le=180)
    campus: str | None = None
    land_ha: float = quantity("ha", "Land that may be built on", 0.0, ge=0)
    it_mw_per_ha: float = quantity("MW/ha", "IT power that halls on a hectare hold", 18.0, gt=0)
    storage_mwh_per_ha: float = quantity("MWh/ha", "Storage on a hectare", 400.0, gt=0)
    pue: float = quantity("", "Facility power per IT power", 1.2, ge=1)
    price_per_mwh: float = quantity("currency/MWh", "Mean energy price", 0.0, ge=0)
    grid_fee_per_mwh: float = quantity("currency/MWh", "Fees on top, the same in every hour", 0.0)
    export_allowed: bool = False
    crew_mw: float | None = quantity(
        "MW IT a period", "Most that can be commissioned in a period", None, ge=0
    )
    it_start_mw: float = quantity("MW IT", "Energised at the start", 0.0, ge=0)
    servers_start_mw: float = quantity(
        "MW IT", "Servers there at the start, of the generation launched last by then", 0.0, ge=0
    )
    storage_start_mwh: float = quantity(
        "MWh", "Storage there at the start, of the first bought chemistry", 0.0, ge=0
    )
    reserve_mwh_per_mw: float = quantity("MWh/MW IT", "Stored energy held back to ride through", 0.0, ge=0)
    outdoor_limit_mwh: float | None = quantity(
        "MWh", "Most storage that may stand outdoors, for fire distance", None, ge=0
    )
    load_growth_frac: float = quantity("1/year", "Yearly growth of a campus file's load", 0.0, gt=-1)
    price_growth_frac: float = quantity(
        "1/year", "Yearly growth of grid prices, bought and sold, above the currency's own", 0.0, gt=-1
    )
    campus_weeks: int = quantity(
        "", "Weeks of a campus file that stand for a period where the site has items; 0 = every week", 4, ge=0
    )
    note: str = ""
    source: str = ""


class Item(Declared):
    """Something ordered for a site: shells, electrical gear, cooling [MW IT], transformers [MVA].

    `item` may be a dearer, quicker way to the same resource: shell_prefab, hv_fast.
    """

    item: str
    site: str
    unit: str = ""
    capital_m_per_unit: float = quantity("M/unit", "Price", ge=0)
    lead_q: int = quantity("periods", "From order to arrival", 0, ge=0)
    life_q: int = quantity("periods", "Life from arrival", 160, gt=0)
    start_units: float = quantity("MW IT or MVA", "There at the start", 0.0, ge=0)
    pipeline_units: float = quantity("MW IT or MVA", "Ordered and paid before the start", 0.0, ge=0)
    pipeline_quarter: str | None = None
    may_order: bool = True  # false: what stands and is in the pipeline stays, no more comes
    note: str = ""
    source: str = ""

    @property
    def resource(self) -> str:
        """The resource this gives: the item's first word."""
        return self.item.split("_", 1)[0]


class Stage(Declared):
    """A stage of a grid connection."""

    site: str
    stage: str
    kind: Literal["firm", "nonfirm"]
    power_mw: float = quantity("MW", "Import power of this stage", ge=0)
    earliest_energised: str
    commit_lead_q: int = quantity("periods", "From commitment to energised", 0, ge=0)
    capital_m: float = quantity("M", "Price", 0.0, ge=0)
    needs_stage: str | None = None
    replaced_by: str | None = None
    note: str = ""
    source: str = ""


class Gate(Declared):
    """A gate: "land" and "permit" open orders of shells, "fibre" opens energising."""

    site: str
    gate: Literal["land", "permit", "fibre"]
    capital_m: float = quantity("M", "Price", 0.0, ge=0)
    lead_q: int = quantity("periods", "From order to arrival", 0, ge=0)
    earliest_start: str
    note: str = ""
    source: str = ""


class Server(Declared):
    """A generation of servers, sold by the MW of IT power."""

    generation: str
    first_order: str
    last_order: str
    lead_q: int = quantity("periods", "From order to arrival", ge=0)
    capital_m_per_mw: float = quantity("M/MW IT", "Price", ge=0)
    launch: str
    revenue_m_per_mw_year: float = quantity("M/MW IT/year", "Revenue at launch, sold share included", ge=0)
    revenue_fall_frac: float = quantity("1/year", "Yearly fall of that revenue", 0.0, ge=0, lt=1)
    life_q: int = quantity("periods", "Life from arrival", 20, gt=0)
    note: str = ""
    source: str = ""


class StorageOffer(Declared):
    """A chemistry at a site: bought installed ("market"), or cells of the own factory ("own")."""

    chemistry: str
    origin: Literal["market", "own"]
    site: str
    cost_per_kwh: float | None = quantity(
        "currency/kWh", "Installed price in the base year; none for own cells", None, ge=0
    )
    cost_year: int = Field(2027, ge=YEARS[0], le=YEARS[1])
    cost_fall_frac: float = quantity("1/year", "Yearly fall of that price", 0.0, ge=0, lt=1)
    integration_per_kwh: float = quantity("currency/kWh", "Work around own cells", 0.0, ge=0)
    lead_q: int = quantity("periods", "From order to arrival", 0, ge=0)
    duration_h: float = quantity("h", "Energy over power", gt=0)
    roundtrip_eff: float = quantity("", "Energy out over energy in", gt=0, le=1)
    om_frac_per_year: float = quantity("1/year", "Yearly upkeep over price", 0.0, ge=0, le=1)
    life_q: int = quantity("periods", "Life from arrival", 60, gt=0)
    indoor_ok: bool = False
    density_factor: float = quantity("", "Energy on a hectare over the site's usual", 1.0, gt=0)
    may_order: bool = True  # false: what stands at the start stays, no more comes
    note: str = ""
    source: str = ""


class GenerationOffer(Declared):
    """A source on a site: "engine" and "fuel_cell" run at will, one with a `profile` as the weather lets it."""

    site: str
    tech: str
    capital_m_per_mw: float = quantity("M/MW", "Price", ge=0)
    lead_q: int = quantity("periods", "From order to arrival", 0, ge=0)
    running_per_mwh: float = quantity("currency/MWh", "Fuel, upkeep and carbon", 0.0, ge=0)
    limit_mw: float = quantity("MW", "Most that may stand", ge=0)
    earliest_energised: str
    life_q: int = quantity("periods", "Life from arrival", 80, gt=0)
    profile: str | None = None
    note: str = ""
    source: str = ""
