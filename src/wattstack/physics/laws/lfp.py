"""Two fits of NREL to lithium iron phosphate: a large grid cell, and the round cell of Naumann fitted anew.

Gives    BLAST_LFP_250AH, BLAST_LFP_SONY.
Used by  physics.laws.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.laws.law import DAY_S, Law, Number, Path, Range, Shape, Stress, graphite_v
from wattstack.physics.laws.naumann import RESISTANCE_NUMBERS, resistance


def _large(n: Mapping[str, float]) -> Shape:
    cycle = (n["p4"], n["p5"], n["p6"], n["p7"], n["p8"])
    return Shape(
        paths=(Path("calendar", row.TO_MAIN, n["pcal"]), Path("cycles", row.TO_MAIN, n["pcyc"])),
        times=(Stress(row.T_EYRING, (n["p1"], n["p2"], n["p3"], 1.0, 1.0, 1.0), 0, DAY_S),),
        cycles=(Stress(row.C_SUM_TWO_EXP, cycle, 1),),
        tables=(graphite_v(),),
    )


def _sony(n: Mapping[str, float]) -> Shape:
    live = ("q2", "q1_0", "q1_1", "q1_2", "q3_0", "q3_1", "q3_2", "q3_3", "q3_4")
    ohm_time, ohm_cycle = resistance(n, 2)
    return Shape(
        paths=(
            Path("calendar", row.TO_MAIN, form=row.SIGMOID_LIVE),
            Path("cycles", row.TO_MAIN, n["q6"]),
            Path("resistance", row.TO_RESISTANCE),
        ),
        times=(Stress(row.T_ANODE_LIVE, tuple(n[key] for key in live), 0, DAY_S), ohm_time),
        cycles=(
            Stress(row.C_CUBED_RATE, (n["q5_0"], n["q5_1"], n["q5_2"]), 1, inverse_exponent=1.0),
            ohm_cycle,
        ),
        tables=(graphite_v(),),
    )


BLAST_LFP_250AH = Law(
    name="blast-lfp-250ah",
    title="LFP/graphite, prismatic cell of more than 250 Ah, energy type",
    paper="Gasper et al. (2023), J. Energy Storage 73:109042, doi:10.1016/j.est.2023.109042; numbers as "
    "in BLAST-Lite "
    "(NREL)",
    fitted_on="calendar over temperature and state of charge; cycles at 10-45 degC, charging at no more "
    "than 0.65C (0.16C at "
    "10 degC). All cycled cells aged alike, so the cycle part undoes the calendar's temperature: do not "
    "use it far outside.",
    fits=Range(temp_degc=(10.0, 45.0), soc=(0.0, 1.0), dod=(0.8, 1.0), c_rate=(0.1, 1.0)),
    numbers={
        "p1": Number(8.37e4, "1/day^0.526", "calendar"),
        "p2": Number(-5.21e3, "K", "its course over 1/T"),
        "p3": Number(-3.56e3, "K/V", "its course over the anode's voltage / T"),
        "pcal": Number(0.526, "1", "power of time"),
        "p4": Number(4.38e-8, "1", "cycles"),
        "p5": Number(1.55e-8, "1", "their course over depth"),
        "p6": Number(1.68e-7, "h", "their course over the rate"),
        "p7": Number(2.19e3, "K", "their course over 1/T (worse in the cold)"),
        "p8": Number(1.55e5, "K", "the same, hot side"),
        "pcyc": Number(0.828, "1", "power of full equivalent cycles"),
    },
    shape=_large,
)

BLAST_LFP_SONY = Law(
    name="blast-lfp-sony",
    title="LFP/graphite, Sony/Murata 26650, 3 Ah round cell, fitted by NREL",
    paper="Gasper et al. (2022), J. Electrochem. Soc. 169:080518, doi:10.1149/1945-7111/ac86a8, on the "
    "data of Naumann "
    "(2018, 2020); resistance: Naumann; numbers as in BLAST-Lite (NREL)",
    fitted_on="as naumann-lfp. The break-in of more than three full cycles a day is left out: it belongs "
    "to the fast test.",
    fits=Range(temp_degc=(20.0, 40.0), soc=(0.0, 1.0), dod=(0.1, 1.0), c_rate=(0.2, 1.0)),
    numbers={
        "q2": Number(0.000130510034211874, "1/day", "pace of the calendar's sigmoid"),
        "q1_0": Number(0.989687151293590, "1", "its limit"),
        "q1_1": Number(-2881067.56019324, "K^2/V^0.5", "course of the limit over u^0.5 / T^2"),
        "q1_2": Number(8742.06309157261, "K/V^0.5", "course of the limit over u^0.5 / T"),
        "q3_0": Number(0.000332850281062177, "1", "its power"),
        "q3_1": Number(734553185711.369, "K^4/V^(1/3)", "course of the power over u^(1/3) / T^4"),
        "q3_2": Number(-2.82161575620780e-06, "1/(K^3 V^0.25)", "over u^0.25 T^3"),
        "q3_3": Number(-3284991315.45121, "K^3/V^(1/3)", "over u^(1/3) / T^3"),
        "q3_4": Number(0.00127227593657290, "1/(K^2 V^0.25)", "over u^0.25 T^2"),
        "q5_0": Number(-6.81260579372875e-06, "1", "cycles"),
        "q5_1": Number(2.59615973160844e-05, "1", "their course over depth"),
        "q5_2": Number(2.11559710307295e-06, "1", "their course over exp(depth^2 rate^3)"),
        "q6": Number(1.12847759334355, "1", "power of full equivalent cycles"),
        **RESISTANCE_NUMBERS,
    },
    shape=_sony,
)
