"""A campus file in words: what stands at a site of a portfolio, with a comment on every number that was made.

Needs    portfolio, plan.portfolio.tiled; campus (Battery).
Gives    Standing, Store, campus_text, series_text, slug.
Used by  plan.portfolio.campus_of.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import sqrt

from wattstack.campus import Battery
from wattstack.plan.portfolio.table import Table
from wattstack.plan.portfolio.tiled import Tiled, light_on_the_level, zone_of
from wattstack.portfolio import Portfolio, Site

DUST = 1e-6  # less than a watt of a MW


@dataclass(frozen=True)
class Store:
    """A battery that stands.

    Attributes:
        power_mw, energy_mwh: At the bus; usable. held_mwh: Of it kept in reserve. roundtrip_eff: Both ways.
    """

    power_mw: float
    energy_mwh: float
    held_mwh: float
    roundtrip_eff: float

    @property
    def one_way_eff(self) -> float:
        """Efficiency of each way, taken alike."""
        return sqrt(self.roundtrip_eff)

    def battery(self) -> Battery:
        """As a declaration of a campus file."""
        eff = self.one_way_eff
        return Battery(power_mw=self.power_mw, energy_mwh=self.energy_mwh, charge_eff=eff, discharge_eff=eff)


@dataclass(frozen=True)
class Standing:
    """What stands at a site in a period.

    Attributes:
        portfolio, site, period: Where and when (label).
        it_mw, firm_mw, nonfirm_mw: Energised compute, import.
        stores: Batteries by chemistry. generators: (MW, running cost per MWh) by kind. solar_mw: Peak by kind.
        lost_per_mwh: Worth of a MWh of facility load that is lost.
    """

    portfolio: Portfolio
    site: Site
    period: str
    it_mw: float
    firm_mw: float
    nonfirm_mw: float
    stores: dict[str, Store]
    generators: dict[str, tuple[float, float]]
    solar_mw: dict[str, float]
    lost_per_mwh: float

    @property
    def drawn_mw(self) -> float:
        """What IT draws."""
        return self.it_mw * self.portfolio.compute.load_factor

    @property
    def load_mw(self) -> float:
        """What the campus draws."""
        return self.drawn_mw * self.site.pue


def slug(standing: Standing) -> str:
    """Name of the campus: small letters, figures, "-" and "_"."""
    return re.sub(r"[^a-z0-9_-]+", "-", f"{standing.site.name}-{standing.period}".lower())


def series_text(standing: Standing, tiled: Tiled) -> str:
    """The series of the campus as CSV: price, curtailment, and where there is solar the light."""
    site = standing.site
    arrays = {
        "price_per_mwh": tiled.price_factor * site.price_per_mwh,
        "curtailed_frac": 1.0 - tiled.available_frac,
    }
    if standing.solar_mw:
        light, temp = light_on_the_level(tiled, site.longitude_deg)
        arrays |= {"ghi_w_m2": light, "dhi_w_m2": light, "temp_air_degc": temp}
    columns = [[round(v, 6) for v in values.tolist()] for values in arrays.values()]
    return Table(("time", *arrays), tuple(zip(tiled.stamps, *columns, strict=True))).text()


def campus_text(standing: Standing, tiled: Tiled, series_file: str) -> str:
    """The campus file.

    Args:
        standing: What stands.
        tiled: Its series.
        series_file: Name of the file that series_text goes into.
    """
    parts = (
        _head(standing, tiled),
        _series(standing, series_file),
        _load(standing),
        _grid(standing),
        _batteries(standing),
        _plants(standing),
        _money(standing),
    )
    return "\n".join(part for part in parts if part)


def _n(value: float) -> str:
    return f"{value:.10g}"


def _head(standing: Standing, tiled: Tiled) -> str:
    site, portfolio = standing.site, standing.portfolio
    what = f"{site.name} as it stands in {standing.period} of portfolio {portfolio.name} (SYNTHETIC series)"
    return f"""\
# {what}
#
# Every size is what the portfolio plan has standing then. The series are SYNTHETIC: the representative weeks of the
# portfolio laid end to end. Put measured ones in their place, and ranges where the plan may choose.

wattstack: 1
name: {slug(standing)}
description: {json.dumps(what, ensure_ascii=False)}
place: {{latitude_deg: {_n(site.latitude_deg)}, longitude_deg: {_n(site.longitude_deg)}, time_zone: {zone_of(site)}}}
currency: {portfolio.currency}
time: {{start: {tiled.start.isoformat(timespec="minutes")}, end: {tiled.end.isoformat(timespec="minutes")}, \
step: {tiled.step}}}
"""


def _series(standing: Standing, file: str) -> str:
    common = (
        f"    source: csv\n    file: {file}\n    synthetic: true\n"
        "    publisher: representative weeks of the portfolio, laid end to end\n"
    )
    unit = f"{standing.portfolio.currency}/MWh"
    text = "series:\n"
    for name, said in (("price_per_mwh", unit), ("curtailed_frac", '"1"')):
        text += f"  {name}:\n{common}    column: {name}\n    unit: {said}\n"
    if standing.solar_mw:
        text += (
            "  weather:                      # made so that a level plant gives what the portfolio says of solar\n"
            f"{common}    columns: {{ghi_w_m2: ghi_w_m2, dhi_w_m2: dhi_w_m2, temp_air_degc: temp_air_degc}}\n"
        )
    return text


def _load(standing: Standing) -> str:
    compute, site = standing.portfolio.compute, standing.site
    flexible = ""
    if compute.shed_free_frac > 0.0:
        flexible = (
            f"    flexible_frac: {_n(min(compute.shed_free_frac * site.pue, 1.0))}      "
            f"# {_n(compute.shed_free_frac)} of all that is drawn may pause\n"
            f"    shed_value_per_mwh: {_n(standing.lost_per_mwh)}      # a MWh of facility load that is lost\n"
        )
    rest_mw = standing.load_mw - standing.drawn_mw
    return f"""\
load:
  halls:
    it_mw: {_n(standing.it_mw)}
    profile: flat
    utilisation_frac: {_n(compute.load_factor)}      # load factor of the portfolio: idle and losses are in it
    idle_frac: 0
    ups_loss_frac: 0
{flexible}  cooling_and_losses: {{draw_mw: {_n(rest_mw)}}}      # PUE {_n(site.pue)}: a cooling law needs weather
"""


def _grid(standing: Standing) -> str:
    site = standing.site
    sold = f"{{price_per_mwh: series:price_per_mwh, limit_mw: {_n(standing.firm_mw)}}}"
    export = f"\n    export: {sold}" if site.export_allowed else ""
    return f"""\
grid:
  connection:
    firm_mw: {_n(standing.firm_mw)}
    nonfirm_mw: {_n(standing.nonfirm_mw)}
    curtailed: series:curtailed_frac
  tariff:
    energy: {{price_per_mwh: series:price_per_mwh, adders_per_mwh: {{fees: {_n(site.grid_fee_per_mwh)}}}}}{export}
"""


def _batteries(standing: Standing) -> str:
    """Batteries. Where one cycles it stands whole, its reserve a duty; where several do, each without its reserve."""
    stores = standing.stores
    if not stores:
        return ""
    cycling = [c for c, store in stores.items() if store.energy_mwh - store.held_mwh > DUST]
    if len(cycling) > 1:
        lines = [_battery(c, stores[c], stores[c].energy_mwh - stores[c].held_mwh) for c in cycling]
        whole = ""
    else:
        main = cycling[0] if cycling else max(stores, key=lambda c: stores[c].energy_mwh)
        lines, whole = [_battery(main, stores[main], stores[main].energy_mwh)], _duty(standing, stores[main])
        cycling = [main]
    for chemistry in stores:
        if chemistry not in cycling:
            lines.append(
                f"  # {chemistry}: {_n(stores[chemistry].energy_mwh)} MWh, all of it held in reserve, are left out\n"
            )
    return "battery:\n" + "".join(lines) + whole


def _battery(chemistry: str, store: Store, energy_mwh: float) -> str:
    eff = _n(store.one_way_eff)
    held = store.energy_mwh - energy_mwh
    note = f"      # of {_n(store.energy_mwh)} MWh, the rest is held in reserve" if held > DUST else ""
    sizes = f"power_mw: {_n(store.power_mw)}, energy_mwh: {_n(energy_mwh)}"
    return f"  {chemistry}: {{{sizes}, charge_eff: {eff}, discharge_eff: {eff}}}{note}\n"


def _duty(standing: Standing, store: Store) -> str:
    """The reserve: the power the portfolio asks for (else all that the battery has), the energy the plan holds."""
    if store.held_mwh <= DUST:
        return ""
    asked_mw = standing.portfolio.compute.reserve_power_frac * standing.it_mw or store.power_mw
    power_mw = min(asked_mw, store.power_mw, standing.load_mw) * (1.0 - 1e-9)
    duration_h = store.held_mwh * store.one_way_eff / power_mw * (1.0 - 1e-9)
    return f"""\
duties:
  backup: {{duration_h: {_n(duration_h)}, load_frac: {_n(power_mw / standing.load_mw)}, \
soc_error_frac: 0}}      # {_n(store.held_mwh)} MWh held
"""


def _plants(standing: Standing) -> str:
    text = ""
    if standing.generators:
        text += "generator:                      # the price is fuel, upkeep and carbon together, per MWh electric\n"
        for tech, (power_mw, running_per_mwh) in standing.generators.items():
            text += (
                f"  {tech}: {{power_mw: {_n(power_mw)}, fuel_mwh_per_mwh: 1, "
                f"fuel_price_per_mwh: {_n(running_per_mwh)}, emission_kg_per_mwh: 0}}\n"
            )
    if standing.solar_mw:
        text += "solar:\n"
        for tech, power_mw in standing.solar_mw.items():
            text += f"  {tech}: {{power_mw: {_n(power_mw)}, tilt_deg: 0, inverter_frac: 1, losses_frac: 0}}\n"
    return text


def _money(standing: Standing) -> str:
    portfolio = standing.portfolio
    lost = standing.lost_per_mwh * portfolio.compute.shed_penalty_factor
    unserved = f", lost_load_per_mwh: {_n(lost)}" if lost > 0.0 else ""
    return f"finance: {{discount_rate_frac: {_n(portfolio.money.discount_rate_frac)}{unserved}}}\n"
