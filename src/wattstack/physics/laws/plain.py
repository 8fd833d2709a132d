"""Laws that are known from a data sheet only: zinc with what a strip brings back, and any cell by its warranty.

Gives    ZINC, RATED.
Used by  physics.laws.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.laws.law import DAY_S, ROOM_K, YEAR_S, Law, Number, Path, Range, Shape, Stress


def _zinc(n: Mapping[str, float]) -> Shape:
    lost = 1.0 - n["left_frac"]
    calendar = (lost / n["life_years"], ROOM_K, 1.0 / n["double_k"])
    cycle = (lost / n["life_cycles"], 0.0, 1.0 / ROOM_K, 0.0, 0.0)
    return Shape(
        paths=(
            Path("for good", row.TO_MAIN),
            Path("until the strip", row.TO_REVERSIBLE),
            Path("resistance", row.TO_RESISTANCE),
        ),
        times=(
            Stress(row.T_DOUBLING, calendar, 0, YEAR_S),
            Stress(row.T_DOUBLING, (n["reversible_per_day"], ROOM_K, 0.0), 1, DAY_S),
        ),
        cycles=(
            Stress(row.C_ARRHENIUS, cycle, 0),
            Stress(row.C_ARRHENIUS, (n["reversible_per_cycle"], 0.0, 1.0 / ROOM_K, 0.0, 0.0), 1),
            Stress(row.C_ARRHENIUS, (n["resistance_per_cycle"], 0.0, 1.0 / ROOM_K, 0.0, 0.0), 2),
        ),
    )


def _rated(n: Mapping[str, float]) -> Shape:
    lost = 1.0 - n["left_frac"]
    time, cycles = n["time_power"], n["cycle_power"]
    calendar = (lost / n["life_years"] ** time, ROOM_K, 1.0 / n["double_k"])
    cycle = (lost / n["life_cycles"] ** cycles, 0.0, 1.0 / ROOM_K, n["depth_power"], 0.0)
    return Shape(
        paths=(Path("calendar", row.TO_MAIN, time), Path("cycles", row.TO_MAIN, cycles)),
        times=(Stress(row.T_DOUBLING, calendar, 0, YEAR_S),),
        cycles=(Stress(row.C_ARRHENIUS, cycle, 1),),
    )


ZINC = Law(
    name="zinc",
    title="Zinc-bromine and zinc-halogen: what a strip brings back, and what it does not",
    paper="cycle life 5,000-6,000 and 15-20 years: makers (Eos, Redflow) as trade press has them; a strip "
    "every few days: Redflow "
    "ZBM2 manual. Size of the reversible loss, its growth, temperature: assumption",
    fitted_on="claims of makers, not a fit; no measured fade of these cells is published",
    fits=Range(temp_degc=(10.0, 45.0), soc=(0.0, 1.0), dod=(0.2, 1.0), c_rate=(0.0, 0.5)),
    numbers={
        "life_cycles": Number(5000.0, "cycles", "full cycles to left_frac"),
        "life_years": Number(20.0, "year", "years at 25 degC to left_frac"),
        "left_frac": Number(0.8, "1", "capacity at the end of either"),
        "double_k": Number(10.0, "K", "calendar twice as fast per so much more"),
        "reversible_per_cycle": Number(0.004, "1/cycle", "lost per full cycle since the strip"),
        "reversible_per_day": Number(0.001, "1/day", "lost per day since the strip"),
        "resistance_per_cycle": Number(4e-5, "1/cycle", "resistance grown per full cycle"),
    },
    shape=_zinc,
)

RATED = Law(
    name="rated",
    title="Any cell by what its maker warrants: so many years, so many cycles, so much left",
    paper="the data sheet of the cell, which must be given; form: Y = k^(1/p) x, as in the other laws",
    fitted_on="nothing: a promise is not a measurement",
    fits=Range(temp_degc=(15.0, 35.0), soc=(0.0, 1.0), dod=(0.0, 1.0), c_rate=(0.0, 1.0)),
    numbers={
        "life_years": Number(None, "year", "at rest at 25 degC, until left_frac"),
        "life_cycles": Number(None, "cycles", "full cycles in no time, until left_frac"),
        "left_frac": Number(None, "1", "capacity at the end of either"),
        "time_power": Number(0.5, "1", "power of time: film growth"),
        "cycle_power": Number(1.0, "1", "power of full equivalent cycles"),
        "double_k": Number(10.0, "K", "calendar twice as fast per so much more"),
        "depth_power": Number(0.0, "1", "wear per full equivalent cycle goes with depth to this power"),
    },
    shape=_rated,
)
