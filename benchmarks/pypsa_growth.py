"""three_sites in PyPSA, as its user would write it: `python benchmarks/pypsa_growth.py FOLDER METHOD`.

Reads growth.csv and growth.json of the folder, plans with HiGHS by METHOD (simplex, ipx, hipo) and prints one line
of JSON: the objective. Years are investment periods, and what is added in a year is a component of its own that
stands from then on. Nothing of wattstack is imported: the whole process is timed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pypsa


def network(series: pd.DataFrame, n: dict) -> pypsa.Network:
    """A bus a site with grid, gas and load; solar and battery of every year of building."""
    net = pypsa.Network()
    hours = pd.RangeIndex(len(series) // len(n["years"]))
    net.set_snapshots(pd.MultiIndex.from_product([n["years"], hours], names=["period", "timestep"]))
    net.investment_periods = n["years"]
    net.investment_period_weightings["objective"] = n["discount"]
    net.snapshot_weightings["objective"] = n["hours_a_year"] / len(hours)
    for site, grid_mw in enumerate(n["grid_mw"]):
        load, price, solar = (
            pd.Series(series[f"{name}_{site}"].to_numpy(), net.snapshots)
            for name in ("load", "price", "solar")
        )
        net.add("Bus", [f"campus {site}", f"store {site}"])
        net.add("Load", f"load {site}", bus=f"campus {site}", p_set=load)
        net.add("Generator", f"grid {site}", bus=f"campus {site}", p_nom=grid_mw, marginal_cost=price)
        net.add(
            "Generator", f"gas {site}", bus=f"campus {site}", p_nom=n["gas_mw"], marginal_cost=n["gas_price_per_mwh"]
        )  # fmt: skip
        for year in n["years"]:
            _add_built(net, n, site, year, solar)
    return net


def _add_built(net: pypsa.Network, n: dict, site: int, year: int, solar: pd.Series) -> None:
    """What is built at a site in a year."""
    power_most, energy_most, solar_most = n["most"]
    name = f"{site} {year}"
    net.add(
        "Generator", f"solar {name}", bus=f"campus {site}", build_year=year, p_nom_extendable=True,
        p_nom_max=solar_most, p_max_pu=solar, capital_cost=n["solar_price"],
    )  # fmt: skip
    net.add(
        "Store", f"energy {name}", bus=f"store {site}", build_year=year, e_nom_extendable=True,
        e_nom_max=energy_most, e_cyclic=True, e_cyclic_per_period=True, standing_loss=n["lost_frac_per_h"],
        capital_cost=n["energy_price"],
    )  # fmt: skip
    net.add(
        "Link", f"charge {name}", bus0=f"campus {site}", bus1=f"store {site}", build_year=year,
        efficiency=n["charge_eff"], p_nom_extendable=True, p_nom_max=power_most, capital_cost=n["power_price"],
    )  # fmt: skip
    net.add(
        "Link", f"discharge {name}", bus0=f"store {site}", bus1=f"campus {site}", build_year=year,
        efficiency=n["discharge_eff"], p_nom_extendable=True,
        marginal_cost=n["wear_per_mwh"] * n["discharge_eff"],
    )  # fmt: skip


def add_rules(net: pypsa.Network, n: dict) -> None:
    """What PyPSA has no component for: one rating for both links, the budget of each year, what may stand at most."""
    model = net.model
    links, stores, solar = model["Link-p_nom"], model["Store-e_nom"], model["Generator-p_nom"]
    sites = range(len(n["grid_mw"]))
    for site in sites:
        every = [f"{site} {year}" for year in n["years"]]
        for name in every:
            charge, discharge = links.sel(name=f"charge {name}"), links.sel(name=f"discharge {name}")
            model.add_constraints(n["discharge_eff"] * discharge - charge == 0, name=f"one rating {name}")
        for kind, sizes, most in zip(
            ("charge", "energy", "solar"), (links, stores, solar), n["most"], strict=True
        ):
            stands = sizes.sel(name=[f"{kind} {name}" for name in every]).sum()
            model.add_constraints(stands <= most, name=f"most {kind} {site}")
    for year, budget in zip(n["years"], n["budget_mwh"], strict=True):
        added = stores.sel(name=[f"energy {site} {year}" for site in sites]).sum()
        model.add_constraints(added <= budget, name=f"budget {year}")


def main() -> None:
    """Read, build, solve, print."""
    folder, method = Path(sys.argv[1]), sys.argv[2]
    n = json.loads((folder / "growth.json").read_text(encoding="utf-8"))
    net = network(pd.read_csv(folder / "growth.csv"), n)
    net.optimize.create_model(multi_investment_periods=True)
    add_rules(net, n)
    options = {"solver": method, "output_flag": False}
    net.optimize.solve_model(
        solver_name="highs", solver_options=options, io_api="direct", log_to_console=False
    )
    print(json.dumps({"objective": float(net.model.objective.value)}))


if __name__ == "__main__":
    main()
