"""The case in PyPSA, as its user would write it: `python benchmarks/pypsa_site.py FOLDER METHOD`.

Reads pypsa.csv and pypsa.json of the folder, sizes with HiGHS by METHOD (simplex, ipx, hipo), prints one line
of JSON: objective, battery MW, MWh, solar MW. Nothing of wattstack is imported: the whole process is timed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pypsa
import xarray as xr


def network(series: pd.DataFrame, n: dict) -> pypsa.Network:
    """A bus with grid, gas, solar and load, and a store behind a charging and a discharging link."""
    net = pypsa.Network()
    net.set_snapshots(pd.date_range("2023-01-01", periods=len(series), freq=f"{round(60 * n['step_h'])}min"))
    net.snapshot_weightings.loc[:, :] = n["step_h"]
    net.snapshot_weightings["objective"] /= n["years"]
    frames = {name: pd.Series(series[name].to_numpy(), net.snapshots) for name in series}
    power_most, energy_most, solar_most = n["most"]
    net.add("Bus", ["campus", "store"])
    net.add("Load", "load", bus="campus", p_set=frames["load_mw"])
    net.add("Generator", "grid", bus="campus", p_nom=n["grid_mw"], marginal_cost=frames["price_per_mwh"])
    net.add("Generator", "gas", bus="campus", p_nom=n["gas_mw"], marginal_cost=n["gas_price_per_mwh"])
    net.add(
        "Generator", "solar", bus="campus", p_nom_extendable=True, p_nom_max=solar_most,
        p_max_pu=frames["solar_frac"], capital_cost=n["solar_price"],
    )  # fmt: skip
    net.add(
        "Store", "energy", bus="store", e_nom_extendable=True, e_nom_max=energy_most, e_cyclic=True,
        standing_loss=n["lost_frac_per_h"], capital_cost=n["energy_price"],
    )  # fmt: skip
    net.add(
        "Link", "charge", bus0="campus", bus1="store", efficiency=n["charge_eff"], p_nom_extendable=True,
        p_nom_max=power_most, capital_cost=n["power_price"],
    )  # fmt: skip
    net.add(
        "Link", "discharge", bus0="store", bus1="campus", efficiency=n["discharge_eff"],
        p_nom_extendable=True, marginal_cost=n["wear_per_mwh"] * n["discharge_eff"],
    )  # fmt: skip
    return net


def add_rules(net: pypsa.Network, n: dict) -> None:
    """What PyPSA has no component for: one rating for both links, and monthly demand charges."""
    model = net.model
    rating = model["Link-p_nom"]
    model.add_constraints(
        n["discharge_eff"] * rating.sel(name="discharge", drop=True) - rating.sel(name="charge", drop=True)
        == 0,
        name="one rating",
    )
    months = pd.Index(net.snapshots.month.unique(), name="month")
    peak = model.add_variables(lower=0, upper=n["grid_mw"], coords=[months], name="peak")
    for month in months:
        steps = net.snapshots[net.snapshots.month == month]
        drawn = model["Generator-p"].loc[steps, "grid"]
        model.add_constraints(drawn - peak.loc[month] <= 0, name=f"peak of month {month}")
    model.objective += (xr.DataArray(n["peak_prices"], coords=[months]) * peak).sum()


def main() -> None:
    """Read, build, solve, print."""
    folder, method = Path(sys.argv[1]), sys.argv[2]
    n = json.loads((folder / "pypsa.json").read_text(encoding="utf-8"))
    net = network(pd.read_csv(folder / "pypsa.csv"), n)
    net.optimize.create_model()
    add_rules(net, n)
    options = {"solver": method, "output_flag": False}
    net.optimize.solve_model(
        solver_name="highs", solver_options=options, io_api="direct", log_to_console=False
    )
    sizes = [net.links.p_nom_opt["charge"], net.stores.e_nom_opt["energy"], net.generators.p_nom_opt["solar"]]
    print(json.dumps({"objective": net.model.objective.value, "sizes": np.asarray(sizes, float).tolist()}))


if __name__ == "__main__":
    main()
